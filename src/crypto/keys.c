#include "crypto/keys.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "crypto/answer.h"
#include "crypto/ask.h"
#include "crypto/keys_tls.h"
#include "crypto/sealkey.h"
#include "loop/datalock.h"
#include "loop/frame.h"

#define IDLE_MAX 64
#define PAUSE_MAX_MS 200
#define NOBODY_MS 2000 /* the supervisor keeps the socket open: if nobody listens, it has ended */

struct hf_keys {
    char           *path; /* of the socket, or NULL: the ring is here */
    struct hf_ring *ring;
    int             lock_fd; /* of the data directory, with the ring */
    pthread_mutex_t lock;
    int             idle[IDLE_MAX]; /* connections nobody uses now */
    size_t          n;
};

/* -- Opening -------------------------------------------------------------------------- */

static struct hf_keys *
keys_new(void)
{
    struct hf_keys *keys = calloc(1, sizeof(*keys));

    if (keys != NULL) {
        keys->lock_fd = -1;
        pthread_mutex_init(&keys->lock, NULL);
    }
    return keys;
}

enum hf_rc
hf_keys_open(const char *socket_path, struct hf_keys **out)
{
    struct hf_keys *keys = keys_new();

    *out = NULL;
    if (keys == NULL || (keys->path = strdup(socket_path)) == NULL) {
        hf_keys_close(keys);
        return hf_fail(HF_E_NOMEM, "keys");
    }
    *out = keys;
    return HF_OK;
}

void
hf_keys_close(struct hf_keys *keys)
{
    if (keys == NULL)
        return;
    for (size_t i = 0; i < keys->n; i++)
        close(keys->idle[i]);
    hf_ring_close(keys->ring);
    if (keys->lock_fd != -1)
        close(keys->lock_fd);
    pthread_mutex_destroy(&keys->lock);
    free(keys->path);
    free(keys);
}

static enum hf_rc
make_folder(const char *data_dir, const char *name, char path[PATH_MAX])
{
    if (snprintf(path, PATH_MAX, "%s/%s", data_dir, name) >= PATH_MAX - 16)
        return hf_fail(HF_E_TOOBIG, "%s: path is too long", data_dir);
    return hf_folder_make(path, 0700);
}

static enum hf_rc
local_ring(const char *data_dir, const struct hf_seal_key *key, struct hf_ring **out)
{
    char       path[PATH_MAX];
    enum hf_rc rc;
    int        folder;

    if ((rc = make_folder(data_dir, "keys", path)) != HF_OK)
        return rc;
    if ((folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
        return hf_fail_errno("%s", path);
    if ((rc = hf_ring_open(folder, key, out)) != HF_OK)
        close(folder);
    return rc;
}

static enum hf_rc
local_seal_key(const char *data_dir, bool sm, const struct hf_secret *passphrase,
               struct hf_seal_key *out)
{
    char       path[PATH_MAX];
    enum hf_rc rc;

    if ((rc = make_folder(data_dir, "secrets", path)) != HF_OK)
        return rc;
    snprintf(path + strlen(path), 16, "/seal.key");
    rc = hf_sealkey_load(path, passphrase, out);
    if (rc == HF_E_ABSENT)
        rc = hf_sealkey_make(path, sm ? HF_AEAD_SM4_GCM : HF_AEAD_AES256_GCM, passphrase, out);
    return rc;
}

enum hf_rc
hf_keys_open_local(const char *data_dir, bool sm, const struct hf_secret *passphrase,
                   struct hf_keys **out)
{
    struct hf_keys    *keys = keys_new();
    struct hf_seal_key key;
    enum hf_rc         rc;

    *out = NULL;
    if (keys == NULL)
        return hf_fail(HF_E_NOMEM, "keys");
    if ((rc = hf_data_lock(data_dir, 0, &keys->lock_fd)) == HF_OK &&
        (rc = local_seal_key(data_dir, sm, passphrase, &key)) == HF_OK)
        rc = local_ring(data_dir, &key, &keys->ring);
    OPENSSL_cleanse(&key, sizeof(key));
    if (rc == HF_OK)
        *out = keys;
    else
        hf_keys_close(keys);
    return rc;
}

/* -- Asking over the socket -------------------------------------------------------------- */

static bool
take_idle(struct hf_keys *keys, int *fd)
{
    bool any;

    pthread_mutex_lock(&keys->lock);
    if ((any = keys->n != 0))
        *fd = keys->idle[--keys->n];
    pthread_mutex_unlock(&keys->lock);
    return any;
}

static void
give_idle(struct hf_keys *keys, int fd)
{
    bool kept;

    pthread_mutex_lock(&keys->lock);
    if ((kept = keys->n < IDLE_MAX))
        keys->idle[keys->n++] = fd;
    pthread_mutex_unlock(&keys->lock);
    if (!kept)
        close(fd);
}

/* Once, over a connection of the pool or a new one. *stale: it was an old one, try again at once.
 */
static enum hf_rc
ask_once(struct hf_keys *keys, struct hf_bytes question, struct hf_wr *answer, int64_t deadline,
         bool *stale)
{
    enum hf_rc rc = HF_OK;
    int        fd;

    *stale = take_idle(keys, &fd);
    if (!*stale)
        rc = hf_unix_connect(keys->path, &fd);
    if (rc != HF_OK)
        return rc;
    if ((rc = hf_frame_send(fd, question, deadline)) == HF_OK)
        rc = hf_frame_receive(fd, answer, deadline);
    if (rc == HF_OK)
        give_idle(keys, fd);
    else
        close(fd);
    return rc;
}

static void
pause_ms(unsigned ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = (long)ms * 1000000 }, NULL);
}

/*
 * Until there is an answer or the time is over. Asking again is safe: only
 * generate changes anything, and its tag recognises the repetition.
 */
static enum hf_rc
ask_socket(struct hf_keys *keys, struct hf_bytes question, struct hf_wr *answer)
{
    int64_t    begun = hf_tick_ms(), deadline = begun + HF_KEYS_ASK_MS;
    unsigned   pause = 2;
    enum hf_rc rc;
    bool       stale;

    for (;;) {
        hf_wr_cut(answer, 0);
        rc = ask_once(keys, question, answer, deadline, &stale);
        if (rc == HF_OK)
            return rc;
        if (rc == HF_E_STATE && deadline > begun + NOBODY_MS)
            deadline = begun + NOBODY_MS;
        if ((rc != HF_E_PEER && rc != HF_E_ABSENT && rc != HF_E_STATE) ||
            hf_tick_ms() + pause >= deadline)
            return hf_because(HF_E_KEYDEV, "asking keys");
        if (!stale) {
            pause_ms(pause);
            pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
        }
    }
}

/* The whole of it. *rest views answer, which the caller clears. */
static enum hf_rc
ask(struct hf_keys *keys, const struct hf_ask *a, struct hf_wr *answer, struct hf_rd *rest)
{
    struct hf_wr    w = hf_wr_secret(HF_KEYS_BYTES);
    struct hf_bytes question;
    enum hf_rc      rc;

    hf_ask_write(a, &w);
    if ((rc = hf_wr_end(&w, &question)) == HF_OK) {
        if (keys->ring != NULL)
            hf_answer(keys->ring, HF_ASKER_SELF, question, answer);
        else
            rc = ask_socket(keys, question, answer);
    }
    hf_wr_clear(&w);
    return rc == HF_OK ? hf_answer_read(hf_wr_bytes(answer), rest) : rc;
}

/* An answer that is nothing but bytes goes to out; out may be NULL when none are expected. */
static enum hf_rc
ask_bytes(struct hf_keys *keys, const struct hf_ask *a, struct hf_wr *out)
{
    struct hf_wr    answer = hf_wr_secret(HF_KEYS_BYTES);
    struct hf_rd    rest;
    struct hf_bytes all;
    enum hf_rc      rc = ask(keys, a, &answer, &rest);

    if (rc == HF_OK && out != NULL) {
        hf_wr_put(out, hf_rd_take(&rest, hf_rd_left(&rest)));
        rc = hf_wr_end(out, &all);
    }
    if (rc == HF_OK)
        rc = hf_rd_end(&rest, "answer of keys");
    hf_wr_clear(&answer);
    return rc;
}

/* -- Questions --------------------------------------------------------------------------------- */

static enum hf_rc
set_id(struct hf_ask *a, const char *id)
{
    if (!hf_key_id_ok(hf_bytes_str(id)))
        return hf_fail_field(HF_E_ARG, "key",
                             "is not an id of a-z, 0-9, '-', '_', '.', at most %u long",
                             HF_KEY_ID_MAX);
    snprintf(a->id, sizeof(a->id), "%s", id);
    return HF_OK;
}

static enum hf_rc
set_context(struct hf_ask *a, const char *context)
{
    a->context = hf_bytes_str(context);
    return a->context.n <= 255 ? HF_OK : hf_fail(HF_E_TOOBIG, "context: longer than 255 bytes");
}

static enum hf_rc
read_made(struct hf_rd *rest, struct hf_wr *spki, struct hf_wr *share, unsigned shares)
{
    struct hf_bytes all;
    enum hf_rc      rc;

    hf_wr_put(spki, hf_rd_run(rest));
    for (unsigned i = 0; i < shares; i++)
        hf_wr_put(&share[i], hf_rd_run(rest));
    rc = hf_rd_end(rest, "answer of keys");
    for (unsigned i = 0; rc == HF_OK && i < shares; i++)
        rc = hf_wr_end(&share[i], &all);
    return rc == HF_OK ? hf_wr_end(spki, &all) : rc;
}

static enum hf_rc
generate(struct hf_keys *keys, struct hf_ask *a, const char *id, struct hf_wr *spki,
         struct hf_wr *share)
{
    struct hf_wr answer = hf_wr_secret(HF_KEYS_BYTES);
    struct hf_rd rest;
    enum hf_rc   rc = set_id(a, id);

    a->kind = HF_ASK_GENERATE;
    hf_random(a->tag, sizeof(a->tag));
    if (rc == HF_OK && (rc = ask(keys, a, &answer, &rest)) == HF_OK)
        rc = read_made(&rest, spki, share, a->protection == HF_KEY_SHARES ? a->of : 0);
    hf_wr_clear(&answer);
    return rc;
}

enum hf_rc
hf_keys_generate(struct hf_keys *keys, const char *id, enum hf_alg alg, struct hf_wr *spki)
{
    struct hf_ask a = { .alg = alg, .protection = HF_KEY_SEALED };

    return generate(keys, &a, id, spki, NULL);
}

enum hf_rc
hf_keys_generate_protected(struct hf_keys *keys, const char *id, enum hf_alg alg,
                           const struct hf_key_protection *how, struct hf_wr *spki,
                           struct hf_wr *share)
{
    struct hf_ask a = { .alg = alg, .open_s = how->open_s };

    if (how->passphrase != NULL) {
        a.protection = HF_KEY_PASSPHRASE;
        a.data = hf_secret_bytes(how->passphrase);
    } else {
        if (how->need < 2 || how->need > how->of || how->of > HF_KEY_SHARES_MAX)
            return hf_fail_field(HF_E_ARG, "shares",
                                 "%u of %u: between 2 and all, of at most %u (PKI-61)", how->need,
                                 how->of, HF_KEY_SHARES_MAX);
        a.protection = HF_KEY_SHARES;
        a.need = how->need;
        a.of = how->of;
    }
    return generate(keys, &a, id, spki, share);
}

enum hf_rc
hf_keys_unlock(struct hf_keys *keys, const char *id, const struct hf_secret *passphrase,
               unsigned open_s)
{
    struct hf_ask a = { .kind = HF_ASK_UNLOCK,
                        .open_s = open_s,
                        .data = hf_secret_bytes(passphrase) };
    enum hf_rc    rc = set_id(&a, id);

    return rc == HF_OK ? ask_bytes(keys, &a, NULL) : rc;
}

/* n runs in one buffer. */
static enum hf_rc
pack(const struct hf_bytes *run, size_t n, struct hf_wr *w, struct hf_ask *a)
{
    if (n > HF_KEYS_VECTOR)
        return hf_fail(HF_E_TOOBIG, "%zu in one question, at most %u", n, HF_KEYS_VECTOR);
    for (size_t i = 0; i < n; i++)
        hf_wr_run(w, run[i]);
    a->n = (uint32_t)n;
    return hf_wr_end(w, &a->runs);
}

enum hf_rc
hf_keys_unlock_shares(struct hf_keys *keys, const char *id, const struct hf_bytes *share, size_t n,
                      unsigned open_s)
{
    struct hf_ask a = { .kind = HF_ASK_UNLOCK_SHARES, .open_s = open_s };
    struct hf_wr  w = hf_wr_secret(65536);
    enum hf_rc    rc = set_id(&a, id);

    if (rc == HF_OK && (rc = pack(share, n, &w, &a)) == HF_OK)
        rc = ask_bytes(keys, &a, NULL);
    hf_wr_clear(&w);
    return rc;
}

enum hf_rc
hf_keys_lock(struct hf_keys *keys, const char *id)
{
    struct hf_ask a = { .kind = HF_ASK_LOCK };
    enum hf_rc    rc = set_id(&a, id);

    return rc == HF_OK ? ask_bytes(keys, &a, NULL) : rc;
}

enum hf_rc
hf_keys_info(struct hf_keys *keys, const char *id, struct hf_key_info *out)
{
    struct hf_ask a = { .kind = HF_ASK_INFO };
    struct hf_wr  answer = hf_wr_secret(HF_KEYS_BYTES);
    struct hf_rd  rest;
    enum hf_rc    rc = set_id(&a, id);

    memset(out, 0, sizeof(*out));
    if (rc == HF_OK && (rc = ask(keys, &a, &answer, &rest)) == HF_OK)
        rc = hf_answer_info(&rest, out);
    hf_wr_clear(&answer);
    return rc;
}

enum hf_rc
hf_keys_public(struct hf_keys *keys, const char *id, struct hf_wr *spki)
{
    struct hf_ask a = { .kind = HF_ASK_PUBLIC };
    enum hf_rc    rc = set_id(&a, id);

    return rc == HF_OK ? ask_bytes(keys, &a, spki) : rc;
}

/* All or nothing: writers get their signatures only when all of them are there. */
static enum hf_rc
unpack(struct hf_rd rest, struct hf_wr *sig, size_t n)
{
    struct hf_rd    check = rest;
    struct hf_bytes all;
    enum hf_rc      rc;

    for (size_t i = 0; i < n; i++)
        (void)hf_rd_run(&check);
    rc = hf_rd_end(&check, "signatures from keys");
    for (size_t i = 0; rc == HF_OK && i < n; i++) {
        hf_wr_put(&sig[i], hf_rd_run(&rest));
        rc = hf_wr_end(&sig[i], &all);
    }
    return rc;
}

enum hf_rc
hf_keys_sign(struct hf_keys *keys, const char *id, const struct hf_bytes *message, size_t n,
             struct hf_wr *sig)
{
    struct hf_ask a = { .kind = HF_ASK_SIGN };
    struct hf_wr  w = hf_wr(HF_KEYS_BYTES), answer = hf_wr(HF_KEYS_BYTES);
    struct hf_rd  rest;
    enum hf_rc    rc = set_id(&a, id);

    if (rc == HF_OK && (rc = pack(message, n, &w, &a)) == HF_OK &&
        (rc = ask(keys, &a, &answer, &rest)) == HF_OK)
        rc = unpack(rest, sig, n);
    hf_wr_clear(&w);
    hf_wr_clear(&answer);
    return rc;
}

enum hf_rc
hf_keys_tls_sign(struct hf_keys *keys, const char *id, enum hf_pad pad, enum hf_digest d,
                 struct hf_bytes digest, struct hf_wr *sig)
{
    struct hf_ask a = { .kind = HF_ASK_TLS_SIGN, .pad = pad, .digest = d, .data = digest };
    enum hf_rc    rc = set_id(&a, id);

    return rc == HF_OK ? ask_bytes(keys, &a, sig) : rc;
}

/* -- The sealing key -----------------------------------------------------------------------------
 */

static enum hf_rc
with_context(struct hf_keys *keys, enum hf_ask_kind kind, const char *context, struct hf_bytes data,
             struct hf_wr *out)
{
    struct hf_ask a = { .kind = kind, .data = data };
    enum hf_rc    rc = set_context(&a, context);

    return rc == HF_OK ? ask_bytes(keys, &a, out) : rc;
}

enum hf_rc
hf_keys_seal(struct hf_keys *keys, const char *context, struct hf_bytes plain, struct hf_wr *sealed)
{
    return with_context(keys, HF_ASK_SEAL, context, plain, sealed);
}

enum hf_rc
hf_keys_unseal(struct hf_keys *keys, const char *context, struct hf_bytes sealed,
               struct hf_wr *plain)
{
    return with_context(keys, HF_ASK_UNSEAL, context, sealed, plain);
}

enum hf_rc
hf_keys_mac(struct hf_keys *keys, const char *context, struct hf_bytes data, uint8_t out[32])
{
    struct hf_wr w = hf_wr_secret(32);
    enum hf_rc   rc = with_context(keys, HF_ASK_MAC, context, data, &w);

    if (rc == HF_OK && w.n != 32)
        rc = hf_fail(HF_E_KEYDEV, "answer of keys: %zu bytes of keyed digest", w.n);
    if (rc == HF_OK)
        memcpy(out, w.p, 32);
    hf_wr_clear(&w);
    return rc;
}
