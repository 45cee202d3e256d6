#include "crypto/pkey.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/evp.h"
#include "crypto/pub.h"
#include "crypto/sm/sm2.h"
#include "crypto/sm/sm3.h"
#include "crypto/sm_evp.h"

#define CONTEXTS 16 /* kept ready a key; more threads make and drop their own */

struct hf_pkey {
    atomic_int  refs;
    enum hf_alg alg;
    EVP_PKEY   *pkey;
    uint8_t    *spki;
    size_t      spki_n;
    /* SM2 by our own arithmetic: the same key for our own arithmetic, in the secure heap */
    struct hf_sm2_key *sm2;
    uint8_t            z[32];
    struct hf_sm3      sm2_z; /* SM3 after Z (GB/T 32918.2 5.5), where every message goes on */
    pthread_mutex_t    lock;  /* over the contexts */
    EVP_PKEY_CTX      *ready[CONTEXTS];
    size_t             n_ready;
};

/* -- Making and reading ------------------------------------------------------------- */

/* The private number of an SM2 key, and what every signature begins with. */
static enum hf_rc
read_sm2(struct hf_pkey *key)
{
    BIGNUM    *bn = NULL;
    uint8_t    d[32];
    enum hf_rc rc;

    if (key->alg != HF_ALG_SM2 || hf_sm_by_libcrypto())
        return HF_OK;
    if ((key->sm2 = OPENSSL_secure_zalloc(sizeof(*key->sm2))) == NULL)
        return hf_fail(HF_E_NOMEM, "private key");
    if (EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &bn) != 1 ||
        BN_bn2binpad(bn, d, sizeof(d)) != sizeof(d))
        rc = hf_fail_evp("private key");
    else if ((rc = hf_sm2_key_read(hf_bytes(d, sizeof(d)), key->sm2)) == HF_OK)
        rc = hf_sm2_z(&key->sm2->pub, hf_bytes_str(HF_SM2_DEFAULT_ID), key->z);
    if (rc == HF_OK) {
        hf_sm3_init(&key->sm2_z);
        hf_sm3_update(&key->sm2_z, key->z, sizeof(key->z));
    }
    BN_clear_free(bn);
    OPENSSL_cleanse(d, sizeof(d));
    return rc;
}

/* The public half is read by the same strict reader as everybody else's. */
static enum hf_rc
describe(struct hf_pkey *key)
{
    struct hf_pub *pub;
    enum hf_rc     rc;
    int            n = i2d_PUBKEY(key->pkey, &key->spki);

    if (n <= 0)
        return hf_fail_evp("private key");
    key->spki_n = (size_t)n;
    if ((rc = hf_pub_read(hf_bytes(key->spki, key->spki_n), &pub)) != HF_OK)
        return hf_because(rc, "private key");
    key->alg = hf_pub_alg(pub);
    hf_pub_free(pub);
    if (key->alg == HF_ALG_NONE)
        return hf_fail(HF_E_POLICY, "private key: RSA of 2048, 3072 or 4096 bits only");
    return read_sm2(key);
}

enum hf_rc
hf_pkey_from_evp(EVP_PKEY *own_pkey, struct hf_pkey **out)
{
    struct hf_pkey *key = calloc(1, sizeof(*key));
    enum hf_rc      rc;

    *out = NULL;
    if (key == NULL) {
        EVP_PKEY_free(own_pkey);
        return hf_fail(HF_E_NOMEM, "private key");
    }
    key->refs = 1;
    key->pkey = own_pkey;
    pthread_mutex_init(&key->lock, NULL);
    if ((rc = describe(key)) == HF_OK)
        *out = key;
    else
        hf_pkey_free(key);
    return rc;
}

enum hf_rc
hf_pkey_generate(enum hf_alg alg, struct hf_pkey **out)
{
    const char *type = hf_alg_type(alg);
    EVP_PKEY   *pkey;

    *out = NULL;
    if (type == NULL)
        return hf_fail_field(HF_E_ARG, "algorithm",
                             "is not one of sm2, p256, p384, rsa2048, rsa3072, rsa4096");
    if (hf_alg_rsa_bits(alg) != 0)
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t)hf_alg_rsa_bits(alg));
    else if (alg == HF_ALG_SM2)
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, type);
    else
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, type, hf_alg_group(alg));
    return pkey == NULL ? hf_fail_evp("key generation") : hf_pkey_from_evp(pkey, out);
}

/*
 * Does the public half belong to the private one? libcrypto's reader takes
 * both as they come, and its own check tests RSA primes for seconds. What one
 * half signs, the other must verify.
 */
static enum hf_rc
check_pair(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *sign = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    EVP_PKEY_CTX *verify = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    uint8_t       digest[32], sig[1024];
    size_t        n = sizeof(sig);
    int           ok;

    hf_random(digest, sizeof(digest));
    ok = sign != NULL && verify != NULL && EVP_PKEY_sign_init(sign) == 1 &&
         EVP_PKEY_verify_init(verify) == 1 &&
         EVP_PKEY_sign(sign, sig, &n, digest, sizeof(digest)) == 1 &&
         EVP_PKEY_verify(verify, sig, n, digest, sizeof(digest)) == 1;
    EVP_PKEY_CTX_free(sign);
    EVP_PKEY_CTX_free(verify);
    ERR_clear_error();
    return ok ? HF_OK : hf_fail(HF_E_VERIFY, "private key: its public key does not belong to it");
}

enum hf_rc
hf_pkey_read(struct hf_bytes pkcs8, struct hf_pkey **out)
{
    const uint8_t       *p = pkcs8.p;
    PKCS8_PRIV_KEY_INFO *info;
    EVP_PKEY            *pkey = NULL;
    enum hf_rc           rc;

    *out = NULL;
    if (pkcs8.n > 16384)
        return hf_fail(HF_E_TOOBIG, "private key: larger than 16384 bytes");
    info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)pkcs8.n);
    if (info == NULL || p != pkcs8.p + pkcs8.n || (pkey = EVP_PKCS82PKEY(info)) == NULL)
        rc = hf_fail(HF_E_FORMAT, "private key: not a PrivateKeyInfo (RFC 5208) of a known kind");
    else
        rc = check_pair(pkey);
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_clear_error();
    if (rc == HF_OK)
        return hf_pkey_from_evp(pkey, out);
    EVP_PKEY_free(pkey);
    return rc;
}

enum hf_rc
hf_pkey_write(const struct hf_pkey *key, struct hf_wr *secret)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pkey);
    uint8_t             *der = NULL;
    int                  n = info == NULL ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    struct hf_bytes      all;

    PKCS8_PRIV_KEY_INFO_free(info);
    if (n <= 0)
        return hf_fail_evp("private key");
    hf_wr_put(secret, hf_bytes(der, (size_t)n));
    OPENSSL_clear_free(der, (size_t)n);
    return hf_wr_end(secret, &all);
}

struct hf_pkey *
hf_pkey_ref(struct hf_pkey *key)
{
    atomic_fetch_add(&key->refs, 1);
    return key;
}

void
hf_pkey_free(struct hf_pkey *key)
{
    if (key == NULL || atomic_fetch_sub(&key->refs, 1) != 1)
        return;
    for (size_t i = 0; i < key->n_ready; i++)
        EVP_PKEY_CTX_free(key->ready[i]);
    OPENSSL_secure_clear_free(key->sm2, sizeof(*key->sm2));
    EVP_PKEY_free(key->pkey);
    OPENSSL_free(key->spki);
    pthread_mutex_destroy(&key->lock);
    OPENSSL_cleanse(key, sizeof(*key));
    free(key);
}

enum hf_alg
hf_pkey_alg(const struct hf_pkey *key)
{
    return key->alg;
}

struct hf_bytes
hf_pkey_spki(const struct hf_pkey *key)
{
    return hf_bytes(key->spki, key->spki_n);
}

/* -- Signing --------------------------------------------------------------------------- */

static EVP_PKEY_CTX *
new_context(const struct hf_pkey *key, enum hf_pad pad, enum hf_digest d)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    int           ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1;

    if (ok == 1 && pad != HF_PAD_NONE)
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, pad == HF_PAD_PSS ? RSA_PKCS1_PSS_PADDING
                                                                 : RSA_PKCS1_PADDING);
    if (ok == 1)
        ok = EVP_PKEY_CTX_set_signature_md(ctx, hf_digest_evp(d));
    if (ok == 1 && pad == HF_PAD_PSS)
        ok = EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, hf_digest_evp(d)) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
    if (ok == 1)
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

static EVP_PKEY_CTX *
take_context(struct hf_pkey *key)
{
    EVP_PKEY_CTX *ctx = NULL;

    pthread_mutex_lock(&key->lock);
    if (key->n_ready != 0)
        ctx = key->ready[--key->n_ready];
    pthread_mutex_unlock(&key->lock);
    return ctx != NULL
               ? ctx
               : new_context(key, hf_alg_rsa_bits(key->alg) != 0 ? HF_PAD_PKCS1 : HF_PAD_NONE,
                             hf_alg_digest(key->alg));
}

static void
give_context(struct hf_pkey *key, EVP_PKEY_CTX *ctx)
{
    pthread_mutex_lock(&key->lock);
    if (key->n_ready < CONTEXTS) {
        key->ready[key->n_ready++] = ctx;
        ctx = NULL;
    }
    pthread_mutex_unlock(&key->lock);
    EVP_PKEY_CTX_free(ctx);
}

/* One signature of a digest, appended as it is. */
static enum hf_rc
sign_one(EVP_PKEY_CTX *ctx, struct hf_bytes digest, struct hf_wr *sig)
{
    size_t   n = 0, from = sig->n;
    uint8_t *p;

    if (EVP_PKEY_sign(ctx, NULL, &n, digest.p, digest.n) != 1)
        return hf_fail_evp("signing");
    if ((p = hf_wr_space(sig, n)) == NULL)
        return hf_fail(sig->rc, "signing: %s", hf_rc_text(sig->rc));
    if (EVP_PKEY_sign(ctx, p, &n, digest.p, digest.n) != 1)
        return hf_fail_evp("signing");
    hf_wr_cut(sig, from + n);
    return HF_OK;
}

static enum hf_rc
sign_evp(struct hf_pkey *key, const struct hf_bytes *message, size_t n, struct hf_wr *runs)
{
    EVP_PKEY_CTX  *ctx = take_context(key);
    enum hf_digest d = hf_alg_digest(key->alg);
    uint8_t        e[HF_DIGEST_MAX];
    enum hf_rc     rc = ctx == NULL ? hf_fail_evp("signing") : HF_OK;

    for (size_t i = 0; rc == HF_OK && i < n; i++) {
        size_t mark = hf_wr_open(runs, 4);

        if ((rc = hf_digest(d, &message[i], 1, e)) == HF_OK)
            rc = sign_one(ctx, hf_bytes(e, hf_digest_size(d)), runs);
        hf_wr_close(runs, mark, 4);
    }
    if (rc == HF_OK)
        give_context(key, ctx);
    else
        EVP_PKEY_CTX_free(ctx);
    return rc;
}

static enum hf_rc
sign_sm2_evp(struct hf_pkey *key, const struct hf_bytes *message, size_t n, struct hf_wr *runs)
{
    enum hf_rc rc = HF_OK;

    for (size_t i = 0; rc == HF_OK && i < n; i++) {
        size_t mark = hf_wr_open(runs, 4);

        rc = hf_sm2_evp_sign(key->pkey, message[i], runs);
        hf_wr_close(runs, mark, 4);
    }
    return rc;
}

#define BATCH 128
#define SHORT 2048 /* longer messages are not worth copying behind their Z */

/* How many messages from the first on are short; *bytes: what they take with their Z. */
static size_t
count_short(const struct hf_bytes *message, size_t n, size_t *bytes)
{
    size_t m = 0;

    for (*bytes = 0; m < n && message[m].n <= SHORT; m++)
        *bytes += 32 + message[m].n;
    return m;
}

/* SM3(Z || message) of at most BATCH: together if they are short, for that is four times as fast. */
static void
digest_sm2(const struct hf_pkey *key, const struct hf_bytes *message, size_t n, uint8_t (*e)[32])
{
    struct hf_bytes run[BATCH];
    size_t          bytes, together = count_short(message, n, &bytes);
    uint8_t        *copy = together > 1 ? malloc(bytes) : NULL, *at = copy;

    if (copy == NULL)
        together = 0;
    for (size_t m = 0; m < together; m++) {
        memcpy(at, key->z, 32);
        if (message[m].n != 0)
            memcpy(at + 32, message[m].p, message[m].n);
        run[m] = hf_bytes(at, 32 + message[m].n);
        at += run[m].n;
    }
    hf_sm3_many(run, together, e);
    for (size_t m = together; m < n; m++) {
        struct hf_sm3 c = key->sm2_z;

        hf_sm3_update(&c, message[m].p, message[m].n);
        hf_sm3_final(&c, e[m]);
    }
    free(copy);
}

/* As many at a time as the kernels like; what is signed is SM3(Z || message). */
static enum hf_rc
sign_sm2(struct hf_pkey *key, const struct hf_bytes *message, size_t n, struct hf_wr *runs)
{
    struct hf_sm2_sign_job job[BATCH];
    uint8_t                e[BATCH][32], der[HF_SM2_DER_MAX];
    enum hf_rc             rc;

    for (size_t done = 0, part; done < n; done += part) {
        part = n - done < BATCH ? n - done : BATCH;
        digest_sm2(key, message + done, part, e);
        for (size_t i = 0; i < part; i++)
            job[i] = (struct hf_sm2_sign_job){ .key = key->sm2, .e = e[i] };
        if ((rc = hf_sm2_sign_batch(job, part)) != HF_OK)
            return rc;
        for (size_t i = 0; i < part; i++)
            hf_wr_run(runs, hf_bytes(der, hf_sm2_sig_write(&job[i].sig, der)));
    }
    return HF_OK;
}

enum hf_rc
hf_pkey_sign(struct hf_pkey *key, const struct hf_bytes *message, size_t n, struct hf_wr *runs)
{
    struct hf_bytes all;
    enum hf_rc      rc = key->sm2 != NULL         ? sign_sm2(key, message, n, runs)
                         : key->alg == HF_ALG_SM2 ? sign_sm2_evp(key, message, n, runs)
                                                  : sign_evp(key, message, n, runs);

    return rc == HF_OK ? hf_wr_end(runs, &all) : rc;
}

enum hf_rc
hf_pkey_sign_digest(struct hf_pkey *key, enum hf_pad pad, enum hf_digest d, struct hf_bytes digest,
                    struct hf_wr *sig)
{
    bool          rsa = hf_alg_rsa_bits(key->alg) != 0;
    EVP_PKEY_CTX *ctx;
    enum hf_rc    rc;

    if (key->alg == HF_ALG_SM2 || (pad != HF_PAD_NONE) != rsa || pad > HF_PAD_PSS)
        return hf_fail(HF_E_ARG, "signing a digest: %s with padding %d", hf_alg_name(key->alg),
                       (int)pad);
    if (d < HF_DIGEST_SHA256 || d > HF_DIGEST_SHA512 || digest.n != hf_digest_size(d))
        return hf_fail(HF_E_ARG, "signing a digest: %zu bytes of %s", digest.n, hf_digest_name(d));
    if ((ctx = new_context(key, pad, d)) == NULL)
        return hf_fail_evp("signing");
    rc = sign_one(ctx, digest, sig);
    EVP_PKEY_CTX_free(ctx);
    return rc;
}
