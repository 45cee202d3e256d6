#include "crypto/alg.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/evp.h"
#include "crypto/sm/sm3.h"

/* AlgorithmIdentifiers, DER: RFC 5758 3.2 and GM/T 0006 without parameters, RFC 4055 5 with NULL.
 */
static const uint8_t id_sm2[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x81,
                                  0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75 };
static const uint8_t id_p256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                   0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
static const uint8_t id_p384[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                   0x48, 0xce, 0x3d, 0x04, 0x03, 0x03 };
static const uint8_t id_rsa[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                  0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00 };

static const struct {
    const char    *name, *type, *group;
    unsigned       rsa_bits;
    enum hf_digest digest;
    const uint8_t *id;
    size_t         id_n;
} algs[] = {
    [HF_ALG_NONE] = { "none", NULL, NULL, 0, HF_DIGEST_NONE, NULL, 0 },
    [HF_ALG_SM2] = { "sm2", "SM2", "SM2", 0, HF_DIGEST_SM3, id_sm2, sizeof(id_sm2) },
    [HF_ALG_P256] = { "p256", "EC", "prime256v1", 0, HF_DIGEST_SHA256, id_p256, sizeof(id_p256) },
    [HF_ALG_P384] = { "p384", "EC", "secp384r1", 0, HF_DIGEST_SHA384, id_p384, sizeof(id_p384) },
    [HF_ALG_RSA2048] = { "rsa2048", "RSA", NULL, 2048, HF_DIGEST_SHA256, id_rsa, sizeof(id_rsa) },
    [HF_ALG_RSA3072] = { "rsa3072", "RSA", NULL, 3072, HF_DIGEST_SHA256, id_rsa, sizeof(id_rsa) },
    [HF_ALG_RSA4096] = { "rsa4096", "RSA", NULL, 4096, HF_DIGEST_SHA256, id_rsa, sizeof(id_rsa) },
};

static const struct {
    const char *name, *evp;
    size_t      size;
} digests[] = {
    [HF_DIGEST_NONE] = { "none", NULL, 0 },
    [HF_DIGEST_SM3] = { "sm3", "SM3", 32 },
    [HF_DIGEST_SHA256] = { "sha256", "SHA256", 32 },
    [HF_DIGEST_SHA384] = { "sha384", "SHA384", 48 },
    [HF_DIGEST_SHA512] = { "sha512", "SHA512", 64 },
    [HF_DIGEST_SHA1] = { "sha1", "SHA1", 20 },
};

static EVP_MD        *fetched[HF_COUNT(digests)];
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

/* -- Kinds of key ------------------------------------------------------------ */

/* A value from outside the enumeration reads as HF_ALG_NONE. */
static size_t
row(enum hf_alg alg)
{
    return (size_t)alg < HF_COUNT(algs) ? (size_t)alg : HF_ALG_NONE;
}

const char *
hf_alg_name(enum hf_alg alg)
{
    return algs[row(alg)].name;
}

enum hf_alg
hf_alg_named(const char *name)
{
    for (size_t i = HF_ALG_NONE + 1; i < HF_COUNT(algs); i++)
        if (strcmp(algs[i].name, name) == 0)
            return (enum hf_alg)i;
    return HF_ALG_NONE;
}

enum hf_digest
hf_alg_digest(enum hf_alg alg)
{
    return algs[row(alg)].digest;
}

struct hf_bytes
hf_alg_signature_id(enum hf_alg alg)
{
    return hf_bytes(algs[row(alg)].id, algs[row(alg)].id_n);
}

const char *
hf_alg_group(enum hf_alg alg)
{
    return algs[row(alg)].group;
}

unsigned
hf_alg_rsa_bits(enum hf_alg alg)
{
    return algs[row(alg)].rsa_bits;
}

const char *
hf_alg_type(enum hf_alg alg)
{
    return algs[row(alg)].type;
}

/* -- Digests ------------------------------------------------------------------ */

static void
fetch_all(void)
{
    for (size_t i = HF_DIGEST_NONE + 1; i < HF_COUNT(digests); i++)
        if ((fetched[i] = EVP_MD_fetch(NULL, digests[i].evp, NULL)) == NULL)
            abort();
}

const EVP_MD *
hf_digest_evp(enum hf_digest d)
{
    pthread_once(&fetch_once, fetch_all);
    return (size_t)d < HF_COUNT(fetched) ? fetched[d] : NULL;
}

const char *
hf_digest_name(enum hf_digest d)
{
    return (size_t)d < HF_COUNT(digests) ? digests[d].name : digests[0].name;
}

size_t
hf_digest_size(enum hf_digest d)
{
    return (size_t)d < HF_COUNT(digests) ? digests[d].size : 0;
}

static enum hf_rc
digest_sm3(const struct hf_bytes *run, size_t runs, uint8_t *out)
{
    struct hf_sm3 c;

    hf_sm3_init(&c);
    for (size_t i = 0; i < runs; i++)
        if (run[i].n != 0)
            hf_sm3_update(&c, run[i].p, run[i].n);
    hf_sm3_final(&c, out);
    return HF_OK;
}

enum hf_rc
hf_digest(enum hf_digest d, const struct hf_bytes *run, size_t runs, uint8_t *out)
{
    const EVP_MD *md = hf_digest_evp(d);
    EVP_MD_CTX   *ctx;
    int           ok;

    if (d == HF_DIGEST_SM3 && !hf_sm_by_libcrypto())
        return digest_sm3(run, runs, out);
    if (md == NULL)
        return hf_fail(HF_E_BUG, "digest %d is not one", (int)d);
    if ((ctx = EVP_MD_CTX_new()) == NULL)
        return hf_fail(HF_E_NOMEM, "digest");
    ok = EVP_DigestInit_ex2(ctx, md, NULL);
    for (size_t i = 0; ok == 1 && i < runs; i++)
        ok = EVP_DigestUpdate(ctx, run[i].p, run[i].n);
    ok = ok == 1 ? EVP_DigestFinal_ex(ctx, out, NULL) : 0;
    EVP_MD_CTX_free(ctx);
    return ok == 1 ? HF_OK : hf_fail_evp("digest");
}

/* -- Random and failures -------------------------------------------------------- */

void
hf_random(void *out, size_t n)
{
    uint8_t *p = out;

    while (n != 0) {
        int part = n > INT_MAX ? INT_MAX : (int)n;

        if (RAND_priv_bytes(p, part) != 1)
            abort(); /* nothing that needs randomness may go on without it */
        p += part;
        n -= (size_t)part;
    }
}

enum hf_rc
hf_fail_evp(const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char   *text = code == 0 ? NULL : ERR_reason_error_string(code);

    ERR_clear_error();
    return hf_fail(HF_E_CRYPTO, "%s: %s", what, text == NULL ? "libcrypto gave no reason" : text);
}

int64_t
hf_random_id(void)
{
    uint64_t v;

    hf_random(&v, sizeof(v));
    return (int64_t)(v >> 11) + 1;
}
