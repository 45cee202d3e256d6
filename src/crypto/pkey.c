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

#define CONTEXTS 16 /* kept ready a key; more threads make and drop their own */

struct hf_pkey {
    atomic_int      refs;
    enum hf_alg     alg;
    EVP_PKEY       *pkey;
    uint8_t        *spki;
    size_t          spki_n;
    uint8_t         z[32]; /* SM2: see make_z() */
    pthread_mutex_t lock;  /* over the contexts */
    EVP_PKEY_CTX   *ready[CONTEXTS];
    size_t          n_ready;
};

/* GB/T 32918.2 5.5 for the curve of GB/T 32918.5: ENTL, identity, a, b, G; the public key follows. */
static const uint8_t z_prefix[] =
    "\x00\x80" "1234567812345678"
    "\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    "\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xfc"
    "\x28\xe9\xfa\x9e\x9d\x9f\x5e\x34\x4d\x5a\x9e\x4b\xcf\x65\x09\xa7"
    "\xf3\x97\x89\xf5\x15\xab\x8f\x92\xdd\xbc\xbd\x41\x4d\x94\x0e\x93"
    "\x32\xc4\xae\x2c\x1f\x19\x81\x19\x5f\x99\x04\x46\x6a\x39\xc9\x94"
    "\x8f\xe3\x0b\xbf\xf2\x66\x0b\xe1\x71\x5a\x45\x89\x33\x4c\x74\xc7"
    "\xbc\x37\x36\xa2\xf4\xf6\x77\x9c\x59\xbd\xce\xe3\x6b\x69\x21\x53"
    "\xd0\xa9\x87\x7c\xc6\x2a\x47\x40\x02\xdf\x32\xe5\x21\x39\xf0\xa0";

/* -- Making and reading ------------------------------------------------------------- */

static enum hf_rc
make_z(struct hf_pkey *key)
{
    const struct hf_bytes run[] = { hf_bytes(z_prefix, sizeof(z_prefix) - 1),
                                    hf_bytes(key->spki + key->spki_n - 64, 64) };

    return key->alg == HF_ALG_SM2 ? hf_digest(HF_DIGEST_SM3, run, 2, key->z) : HF_OK;
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
    return make_z(key);
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
        return hf_fail_field(HF_E_ARG, "algorithm", "is not one of sm2, p256, p384, rsa2048, rsa3072, rsa4096");
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
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, pad == HF_PAD_PSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING);
    if (ok == 1 && key->alg != HF_ALG_SM2)
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
    return ctx != NULL ? ctx
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
sign_runs(struct hf_pkey *key, EVP_PKEY_CTX *ctx, const struct hf_bytes *message, size_t n,
          struct hf_wr *runs)
{
    enum hf_digest d = hf_alg_digest(key->alg);
    enum hf_rc     rc = HF_OK;
    bool           sm2 = key->alg == HF_ALG_SM2;

    for (size_t i = 0; rc == HF_OK && i < n; i++) {
        struct hf_bytes run[] = { hf_bytes(key->z, sizeof(key->z)), message[i] };
        uint8_t         e[HF_DIGEST_MAX];
        size_t          mark;

        if ((rc = hf_digest(d, sm2 ? run : run + 1, sm2 ? 2 : 1, e)) != HF_OK)
            break;
        mark = hf_wr_open(runs, 4);
        rc = sign_one(ctx, hf_bytes(e, hf_digest_size(d)), runs);
        hf_wr_close(runs, mark, 4);
    }
    return rc;
}

enum hf_rc
hf_pkey_sign(struct hf_pkey *key, const struct hf_bytes *message, size_t n, struct hf_wr *runs)
{
    EVP_PKEY_CTX   *ctx = take_context(key);
    struct hf_bytes all;
    enum hf_rc      rc;

    if (ctx == NULL)
        return hf_fail_evp("signing");
    rc = sign_runs(key, ctx, message, n, runs);
    if (rc == HF_OK)
        give_context(key, ctx);
    else
        EVP_PKEY_CTX_free(ctx);
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
        return hf_fail(HF_E_ARG, "signing a digest: %s with padding %d", hf_alg_name(key->alg), (int)pad);
    if (d < HF_DIGEST_SHA256 || d > HF_DIGEST_SHA512 || digest.n != hf_digest_size(d))
        return hf_fail(HF_E_ARG, "signing a digest: %zu bytes of %s", digest.n, hf_digest_name(d));
    if ((ctx = new_context(key, pad, d)) == NULL)
        return hf_fail_evp("signing");
    rc = sign_one(ctx, digest, sig);
    EVP_PKEY_CTX_free(ctx);
    return rc;
}
