#include "identity/password.h"

#include <argon2.h>
#include <pthread.h>
#include <string.h>

#include "crypto/alg.h"

#define MEMORY_KIB 19456 /* OWASP's floor for argon2id with t = 2, p = 1 */
#define PASSES 2
#define LANES 1
#define SALT_BYTES 16
#define TAG_BYTES 32

/* -- Bounded: hashes at one time are memory ----------------------------------- */

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  gate_free = PTHREAD_COND_INITIALIZER;
static int             running, waiting;

static enum hf_rc
enter(const struct hf_conf *conf)
{
    int        most = (int)hf_conf_int(conf, "password_hashes");
    enum hf_rc rc = HF_OK;

    pthread_mutex_lock(&gate_lock);
    if (running >= most && waiting >= 16 * most) {
        rc = hf_fail(HF_E_BUSY, "too many sign-ins at this moment; try again in a few seconds");
    } else {
        waiting++;
        while (running >= most)
            pthread_cond_wait(&gate_free, &gate_lock);
        waiting--;
        running++;
    }
    pthread_mutex_unlock(&gate_lock);
    return rc;
}

static void
leave(void)
{
    pthread_mutex_lock(&gate_lock);
    running--;
    pthread_cond_signal(&gate_free);
    pthread_mutex_unlock(&gate_lock);
}

/* -- Hashing --------------------------------------------------------------------- */

enum hf_rc
hf_password_hash(const struct hf_conf *conf, struct hf_bytes password, char phc[HF_PASSWORD_PHC])
{
    uint8_t    salt[SALT_BYTES];
    enum hf_rc rc = enter(conf);
    int        status;

    phc[0] = '\0';
    if (rc != HF_OK)
        return rc;
    hf_random(salt, sizeof(salt));
    status = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.p, password.n, salt,
                                   sizeof(salt), TAG_BYTES, phc, HF_PASSWORD_PHC);
    leave();
    if (status != ARGON2_OK)
        return hf_fail(HF_E_CRYPTO, "argon2: %s", argon2_error_message(status));
    return HF_OK;
}

/* What an unknown login is compared with: made once, of a random password. */
static char           nobody[HF_PASSWORD_PHC];
static pthread_once_t nobody_once = PTHREAD_ONCE_INIT;

static void
make_nobody(void)
{
    uint8_t random[SALT_BYTES + TAG_BYTES];

    hf_random(random, sizeof(random));
    (void)argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, random, TAG_BYTES, random + TAG_BYTES,
                                SALT_BYTES, TAG_BYTES, nobody, sizeof(nobody));
}

enum hf_rc
hf_password_verify(const struct hf_conf *conf, struct hf_bytes password, const char *phc)
{
    enum hf_rc rc = enter(conf);
    int        status;

    if (rc != HF_OK)
        return rc;
    pthread_once(&nobody_once, make_nobody);
    status = argon2id_verify(phc == NULL ? nobody : phc, password.p, password.n);
    leave();
    if (status == ARGON2_OK && phc != NULL)
        return HF_OK;
    if (status == ARGON2_OK || status == ARGON2_VERIFY_MISMATCH)
        return hf_fail(HF_E_AUTH, "login or password is wrong");
    return hf_fail(HF_E_CRYPTO, "argon2: %s", argon2_error_message(status));
}

enum hf_rc
hf_password_acceptable(const char *field, const char *login, struct hf_bytes password)
{
    bool     seen[256] = { false };
    unsigned different = 0;

    if (password.n < 10)
        return hf_fail_field(HF_E_ARG, field, "needs at least 10 characters");
    if (password.n > 256)
        return hf_fail_field(HF_E_ARG, field, "longer than 256 bytes");
    if (hf_bytes_eq(password, hf_bytes_str(login)))
        return hf_fail_field(HF_E_ARG, field, "must not be the login name");
    for (size_t i = 0; i < password.n; i++) {
        different += !seen[password.p[i]];
        seen[password.p[i]] = true;
    }
    if (different < 5)
        return hf_fail_field(HF_E_ARG, field, "needs at least five different characters");
    return HF_OK;
}

/* A uniformly drawn letter or digit, none of those that look alike. */
static char
random_letter(void)
{
    static const char letters[31] = "abcdefghjkmnpqrstuvwxyz23456789";
    uint8_t           v;

    do {
        hf_random(&v, 1);
        v &= 31;
    } while (v == 31);
    return letters[v];
}

void
hf_password_one_time(char out[HF_PASSWORD_ONE_TIME])
{
    for (size_t i = 0; i < 23; i++)
        out[i] = i % 6 == 5 ? '-' : random_letter();
    out[23] = '\0';
}
