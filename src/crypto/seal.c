#include "crypto/seal.h"

#include <argon2.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/evp.h"
#include "crypto/sm/sm4.h"

#define SALT 24u
#define NONCE 12u
#define TAG 16u

/* Key and nonce of one blob. */
struct blob_key {
    uint8_t key[32], nonce[NONCE];
};

struct aead {
    const char    *name;
    enum hf_digest digest; /* of HKDF and HMAC */
    int (*seal)(const struct blob_key *k, struct hf_bytes header, struct hf_bytes context,
                struct hf_bytes plain, uint8_t *out, uint8_t tag[TAG]);
    int (*open)(const struct blob_key *k, struct hf_bytes header, struct hf_bytes context,
                struct hf_bytes ct, uint8_t *out, const uint8_t tag[TAG]);
};

/* -- AES-256-GCM -------------------------------------------------------------------- */

static int
aes_crypt(bool sealing, const struct blob_key *k, const struct hf_bytes in[3], uint8_t *out,
          uint8_t *tag)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int             n, end,
        ok = ctx != NULL &&
             EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), k->key, k->nonce, sealing, NULL) == 1;

    for (int i = 0; ok == 1 && i < 2; i++)
        ok = EVP_CipherUpdate(ctx, NULL, &n, in[i].p, (int)in[i].n);
    if (ok == 1 && in[2].n != 0)
        ok = EVP_CipherUpdate(ctx, out, &n, in[2].p, (int)in[2].n);
    if (ok == 1 && !sealing)
        ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag);
    if (ok == 1)
        ok = EVP_CipherFinal_ex(ctx, out + in[2].n, &end);
    if (ok == 1 && sealing)
        ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, tag);
    EVP_CIPHER_CTX_free(ctx);
    return ok == 1;
}

static int
aes_seal(const struct blob_key *k, struct hf_bytes header, struct hf_bytes context,
         struct hf_bytes plain, uint8_t *out, uint8_t tag[TAG])
{
    return aes_crypt(true, k, (struct hf_bytes[]){ header, context, plain }, out, tag);
}

static int
aes_open(const struct blob_key *k, struct hf_bytes header, struct hf_bytes context,
         struct hf_bytes ct, uint8_t *out, const uint8_t tag[TAG])
{
    uint8_t copy[TAG];

    memcpy(copy, tag, TAG);
    return aes_crypt(false, k, (struct hf_bytes[]){ header, context, ct }, out, copy);
}

/* -- SM4-GCM ------------------------------------------------------------------------- */

static int
sm4_crypt(bool sealing, const struct blob_key *k, const struct hf_bytes in[3], uint8_t *out,
          uint8_t tag[TAG])
{
    struct hf_sm4_gcm_key key;
    struct hf_sm4_gcm     gcm;
    enum hf_rc            rc;

    hf_sm4_gcm_key_set(&key, k->key); /* SM4 takes the first 16 bytes of what was derived */
    if ((rc = hf_sm4_gcm_init(&gcm, &key, hf_bytes(k->nonce, NONCE))) == HF_OK &&
        (rc = hf_sm4_gcm_aad(&gcm, &key, in[0])) == HF_OK &&
        (rc = hf_sm4_gcm_aad(&gcm, &key, in[1])) == HF_OK)
        rc = sealing ? hf_sm4_gcm_encrypt(&gcm, &key, in[2].p, out, in[2].n)
                     : hf_sm4_gcm_decrypt(&gcm, &key, in[2].p, out, in[2].n);
    hf_sm4_gcm_tag(&gcm, &key, tag);
    hf_sm4_gcm_key_clear(&key);
    return rc == HF_OK;
}

static int
sm4_seal(const struct blob_key *k, struct hf_bytes header, struct hf_bytes context,
         struct hf_bytes plain, uint8_t *out, uint8_t tag[TAG])
{
    return sm4_crypt(true, k, (struct hf_bytes[]){ header, context, plain }, out, tag);
}

/* The caller cleanses out when this fails. */
static int
sm4_open(const struct blob_key *k, struct hf_bytes header, struct hf_bytes context,
         struct hf_bytes ct, uint8_t *out, const uint8_t tag[TAG])
{
    uint8_t want[TAG];

    return sm4_crypt(false, k, (struct hf_bytes[]){ header, context, ct }, out, want) &&
           hf_bytes_eq_secret(hf_bytes(want, TAG), hf_bytes(tag, TAG));
}

static const struct aead aeads[] = {
    [HF_AEAD_AES256_GCM] = { "aes-256-gcm", HF_DIGEST_SHA256, aes_seal, aes_open },
    [HF_AEAD_SM4_GCM] = { "sm4-gcm", HF_DIGEST_SM3, sm4_seal, sm4_open },
};

const char *
hf_aead_name(enum hf_aead aead)
{
    return aeads[aead].name;
}

bool
hf_aead_named(const char *name, enum hf_aead *out)
{
    for (size_t i = 1; i < HF_COUNT(aeads); i++)
        if (strcmp(aeads[i].name, name) == 0) {
            *out = (enum hf_aead)i;
            return true;
        }
    return false;
}

/* -- Derivation ------------------------------------------------------------------------- */

static EVP_KDF       *hkdf_fetched;
static pthread_once_t hkdf_once = PTHREAD_ONCE_INIT;

static void
fetch_hkdf(void)
{
    if ((hkdf_fetched = EVP_KDF_fetch(NULL, "HKDF", NULL)) == NULL)
        abort();
}

static OSSL_PARAM
octets(const char *name, struct hf_bytes b)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)b.p, b.n);
}

/* RFC 5869: n bytes from key, salt and info. */
static enum hf_rc
hkdf(const struct hf_seal_key *key, enum hf_digest d, struct hf_bytes salt, struct hf_bytes info,
     void *out, size_t n)
{
    OSSL_PARAM   p[5];
    EVP_KDF_CTX *ctx;
    int          ok;

    pthread_once(&hkdf_once, fetch_hkdf);
    if ((ctx = EVP_KDF_CTX_new(hkdf_fetched)) == NULL)
        return hf_fail(HF_E_NOMEM, "key derivation");
    p[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                            (char *)(uintptr_t)hf_digest_name(d), 0);
    p[1] = octets(OSSL_KDF_PARAM_KEY, hf_bytes(key->byte, sizeof(key->byte)));
    p[2] = octets(OSSL_KDF_PARAM_SALT, salt);
    p[3] = octets(OSSL_KDF_PARAM_INFO, info);
    p[4] = OSSL_PARAM_construct_end();
    ok = EVP_KDF_derive(ctx, out, n, p) == 1;
    EVP_KDF_CTX_free(ctx);
    return ok ? HF_OK : hf_fail_evp("key derivation");
}

static enum hf_rc
blob_key(const struct hf_seal_key *key, enum hf_aead aead, const uint8_t *salt,
         struct blob_key *out)
{
    return hkdf(key, aeads[aead].digest, hf_bytes(salt, SALT), hf_bytes_str("hufu sealed blob 1"),
                out, sizeof(*out));
}

/* -- Sealing ---------------------------------------------------------------------------- */

enum hf_rc
hf_seal(const struct hf_seal_key *key, struct hf_bytes context, struct hf_bytes plain,
        struct hf_wr *sealed)
{
    size_t          from = sealed->n;
    uint8_t        *p = hf_wr_space(sealed, plain.n + HF_SEAL_EXTRA);
    struct blob_key k;
    enum hf_rc      rc;

    if (p == NULL || plain.n > (1u << 30))
        return hf_fail(HF_E_TOOBIG, "sealing: %zu bytes are too many", plain.n);
    memcpy(p, (uint8_t[]){ 'H', 'S', 1, (uint8_t)key->aead }, 4);
    hf_random(p + 4, SALT);
    if ((rc = blob_key(key, key->aead, p + 4, &k)) == HF_OK &&
        !aeads[key->aead].seal(&k, hf_bytes(p, 28), context, plain, p + 28, p + 28 + plain.n))
        rc = hf_fail_evp("sealing");
    OPENSSL_cleanse(&k, sizeof(k));
    if (rc != HF_OK)
        hf_wr_cut(sealed, from);
    return rc;
}

enum hf_rc
hf_unseal(const struct hf_seal_key *key, struct hf_bytes context, struct hf_bytes sealed,
          struct hf_wr *plain)
{
    size_t          from = plain->n, n = sealed.n - HF_SEAL_EXTRA;
    const uint8_t  *p = sealed.p;
    struct blob_key k;
    uint8_t        *out;
    enum hf_rc      rc;

    if (sealed.n < HF_SEAL_EXTRA || sealed.n > (1u << 30) || memcmp(p, "HS\1", 3) != 0 ||
        p[3] == 0 || p[3] >= HF_COUNT(aeads))
        return hf_fail(HF_E_FORMAT, "sealed data: no such format");
    if ((out = hf_wr_space(plain, n + 1)) ==
        NULL) /* room for one byte, so that empty data has an address */
        return hf_fail(plain->rc, "sealed data");
    hf_wr_cut(plain, from + n);
    if ((rc = blob_key(key, p[3], p + 4, &k)) == HF_OK &&
        !aeads[p[3]].open(&k, hf_bytes(p, 28), context, hf_bytes(p + 28, n), out, p + 28 + n)) {
        OPENSSL_cleanse(out, n);
        (void)hf_fail_evp("opening");
        rc = hf_fail(HF_E_VERIFY, "sealed data: key or context is another, or it was changed");
    }
    OPENSSL_cleanse(&k, sizeof(k));
    if (rc != HF_OK)
        hf_wr_cut(plain, from);
    return rc;
}

enum hf_rc
hf_seal_mac(const struct hf_seal_key *key, struct hf_bytes context, struct hf_bytes data,
            uint8_t out[32])
{
    enum hf_digest d = aeads[key->aead].digest;
    uint8_t        k[32];
    size_t         n = 32;
    enum hf_rc     rc = hkdf(key, d, hf_bytes_str("hufu keyed digest 1"), context, k, sizeof(k));

    if (rc == HF_OK && EVP_Q_mac(NULL, "HMAC", NULL, hf_digest_name(d), NULL, k, sizeof(k), data.p,
                                 data.n, out, 32, &n) == NULL)
        rc = hf_fail_evp("keyed digest");
    OPENSSL_cleanse(k, sizeof(k));
    return rc;
}

/* -- Passphrases -------------------------------------------------------------------------- */

struct hf_argon
hf_argon_new(void)
{
    struct hf_argon a = { .memory_kib = 65536, .passes = 3, .lanes = 1 };

    hf_random(a.salt, sizeof(a.salt));
    return a;
}

/* What a damaged or hostile file may make us spend is bounded here: 1 GiB, 16 passes. */
bool
hf_argon_sane(const struct hf_argon *a)
{
    return a->memory_kib >= 8192 && a->memory_kib <= 1u << 20 && a->passes >= 1 &&
           a->passes <= 16 && a->lanes >= 1 && a->lanes <= 8;
}

enum hf_rc
hf_argon_key(const struct hf_argon *a, struct hf_bytes passphrase, uint8_t out[32])
{
    int rc;

    if (!hf_argon_sane(a))
        return hf_fail(HF_E_FORMAT, "argon2id: costs are out of bounds");
    rc = argon2id_hash_raw(a->passes, a->memory_kib, a->lanes, passphrase.p, passphrase.n, a->salt,
                           sizeof(a->salt), out, 32);
    return rc == ARGON2_OK ? HF_OK : hf_fail(HF_E_SYSTEM, "argon2id: %s", argon2_error_message(rc));
}
