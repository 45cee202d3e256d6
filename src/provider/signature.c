/*
 * signature.c - SM2 signatures (GB/T 32918.2; provider-signature(7)).
 *
 * The identity is 1234567812345678 unless the parameter distid says
 * otherwise (GM/T 0009-2012 10; libcrypto's own provider would take none).
 * Signing and verifying of messages put Z in front; the plain operations take
 * the finished digest e. Signatures are DER.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/proverr.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sm/sm3.h"
#include "provider/prov.h"

struct ctx {
    struct prov_key *key; /* referenced */
    struct hf_sm3    digest;
    bool             has_z; /* Z has gone into the digest */
    bool             own_id;
    size_t           id_n;
    uint8_t         *id; /* owned; meaningful when own_id */
};

/* AlgorithmIdentifier of SM2 with SM3, 1.2.156.10197.1.501 (GM/T 0006) */
static const uint8_t algorithm_id[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x81,
                                        0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75 };

/* -- Life ------------------------------------------------------------------- */

static void *
newctx(void *prov, const char *properties)
{
    (void)prov;
    (void)properties;
    return calloc(1, sizeof(struct ctx));
}

static void
freectx(void *ctx)
{
    struct ctx *c = ctx;

    if (c == NULL)
        return;
    prov_key_free(c->key);
    free(c->id);
    OPENSSL_cleanse(c, sizeof(*c));
    free(c);
}

static void *
dupctx(void *ctx)
{
    const struct ctx *c = ctx;
    struct ctx       *copy = malloc(sizeof(*copy));

    if (copy == NULL)
        return NULL;
    *copy = *c;
    if (c->key != NULL)
        prov_key_ref(c->key);
    copy->id = NULL;
    if (c->id_n > 0 && (copy->id = malloc(c->id_n)) == NULL) {
        freectx(copy);
        return NULL;
    }
    if (c->id_n > 0)
        memcpy(copy->id, c->id, c->id_n);
    return copy;
}

/* -- Parameters ------------------------------------------------------------- */

static int
set_id(struct ctx *c, const OSSL_PARAM *p)
{
    uint8_t *copy = NULL;

    if (c->has_z)
        return prov_refuse("distid comes before the message");
    if (p->data_type != OSSL_PARAM_OCTET_STRING || p->data_size > HF_SM2_ID_MAX)
        return prov_refuse("distid: at most 8191 bytes (GB/T 32918.2 5.5)");
    if (p->data_size > 0 && (copy = malloc(p->data_size)) == NULL)
        return 0;
    if (p->data_size > 0)
        memcpy(copy, p->data, p->data_size);
    free(c->id);
    c->id = copy;
    c->id_n = p->data_size;
    c->own_id = true;
    return 1;
}

static bool
is_sm3(const char *name)
{
    return OPENSSL_strcasecmp(name, "SM3") == 0 || strcmp(name, "1.2.156.10197.1.401") == 0;
}

static int
set_ctx_params(void *ctx, const OSSL_PARAM params[])
{
    const OSSL_PARAM *p;
    const char       *name;
    size_t            n;

    if (params == NULL)
        return 1;
    if ((p = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_DIST_ID)) != NULL && !set_id(ctx, p))
        return 0;
    if ((p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST)) != NULL &&
        (!OSSL_PARAM_get_utf8_string_ptr(p, &name) || !is_sm3(name)))
        return prov_refuse("SM2 signs with SM3");
    if ((p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST_SIZE)) != NULL &&
        (!OSSL_PARAM_get_size_t(p, &n) || n != HF_SM3_LEN))
        return prov_refuse("SM2 signs digests of 32 bytes");
    return 1;
}

static const OSSL_PARAM *
settable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_DIST_ID, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
        OSSL_PARAM_size_t(OSSL_SIGNATURE_PARAM_DIGEST_SIZE, NULL),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return list;
}

static int
get_ctx_params(void *ctx, OSSL_PARAM params[])
{
    OSSL_PARAM *p;

    (void)ctx;
    if ((p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID)) != NULL &&
        !OSSL_PARAM_set_octet_string(p, algorithm_id, sizeof(algorithm_id)))
        return 0;
    if ((p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST)) != NULL &&
        !OSSL_PARAM_set_utf8_string(p, "SM3"))
        return 0;
    return (p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST_SIZE)) == NULL ||
           OSSL_PARAM_set_size_t(p, HF_SM3_LEN);
}

static const OSSL_PARAM *
gettable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
        OSSL_PARAM_size_t(OSSL_SIGNATURE_PARAM_DIGEST_SIZE, NULL),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return list;
}

/* -- Digests ---------------------------------------------------------------- */

static int
start(struct ctx *c, void *key, const OSSL_PARAM params[])
{
    if (key != NULL) {
        prov_key_free(c->key);
        c->key = prov_key_ref(key);
    }
    if (c->key == NULL || !c->key->has_pub)
        return prov_refuse("no SM2 key");
    hf_sm3_init(&c->digest);
    c->has_z = false;
    return set_ctx_params(c, params);
}

static int
sign_init(void *ctx, void *key, const OSSL_PARAM params[])
{
    if (!start(ctx, key, params))
        return 0;
    return ((struct ctx *)ctx)->key->has_priv ? 1 : prov_refuse("signing needs a private key");
}

static int
verify_init(void *ctx, void *key, const OSSL_PARAM params[])
{
    return start(ctx, key, params);
}

static bool
digest_is_ours(const char *name)
{
    return name == NULL || name[0] == '\0' || is_sm3(name);
}

static int
digest_sign_init(void *ctx, const char *digest, void *key, const OSSL_PARAM params[])
{
    return digest_is_ours(digest) ? sign_init(ctx, key, params)
                                  : prov_refuse("SM2 signs with SM3");
}

static int
digest_verify_init(void *ctx, const char *digest, void *key, const OSSL_PARAM params[])
{
    return digest_is_ours(digest) ? verify_init(ctx, key, params)
                                  : prov_refuse("SM2 signs with SM3");
}

static int
put_z(struct ctx *c)
{
    struct hf_bytes id = c->own_id ? hf_bytes(c->id, c->id_n) : hf_bytes_str(HF_SM2_DEFAULT_ID);
    uint8_t         z[32];

    if (c->has_z)
        return 1;
    if (prov_key_z(c->key, id, z) != HF_OK)
        return prov_error();
    hf_sm3_update(&c->digest, z, sizeof(z));
    c->has_z = true;
    return 1;
}

static int
digest_update(void *ctx, const unsigned char *in, size_t n)
{
    struct ctx *c = ctx;

    if (c->key == NULL || !put_z(c))
        return 0;
    hf_sm3_update(&c->digest, in, n);
    return 1;
}

/* e, and the context ready for another message. */
static int
digest_end(struct ctx *c, uint8_t e[HF_SM3_LEN])
{
    if (c->key == NULL || !put_z(c))
        return 0;
    hf_sm3_final(&c->digest, e);
    hf_sm3_init(&c->digest);
    c->has_z = false;
    return 1;
}

/* -- Signatures ------------------------------------------------------------- */

static int
sign(void *ctx, unsigned char *sig, size_t *sig_n, size_t room, const unsigned char *e, size_t n)
{
    struct ctx       *c = ctx;
    struct hf_sm2_sig s;
    uint8_t           der[HF_SM2_DER_MAX];
    size_t            der_n;

    if (sig == NULL) {
        *sig_n = HF_SM2_DER_MAX;
        return 1;
    }
    if (n != HF_SM3_LEN)
        return prov_refuse("SM2 signs digests of 32 bytes");
    if (c->key == NULL || !c->key->has_priv)
        return prov_refuse("signing needs a private key");
    if (hf_sm2_sign(&c->key->pair, e, &s) != HF_OK)
        return prov_error();
    der_n = hf_sm2_sig_write(&s, der);
    if (room < der_n)
        return prov_refuse("room for the signature is too small");
    memcpy(sig, der, der_n);
    *sig_n = der_n;
    return 1;
}

static int
verify(void *ctx, const unsigned char *sig, size_t sig_n, const unsigned char *e, size_t n)
{
    struct ctx       *c = ctx;
    struct hf_sm2_sig s;

    if (n != HF_SM3_LEN)
        return prov_refuse("SM2 signs digests of 32 bytes");
    if (c->key == NULL)
        return 0;
    if (hf_sm2_sig_read(hf_bytes(sig, sig_n), &s) != HF_OK)
        return prov_error();
    return hf_sm2_verify(&c->key->pub, e, &s) == HF_OK;
}

static int
digest_sign_final(void *ctx, unsigned char *sig, size_t *sig_n, size_t room)
{
    uint8_t e[HF_SM3_LEN];

    if (sig == NULL)
        return sign(ctx, NULL, sig_n, 0, NULL, 0);
    return digest_end(ctx, e) && sign(ctx, sig, sig_n, room, e, sizeof(e));
}

static int
digest_verify_final(void *ctx, const unsigned char *sig, size_t sig_n)
{
    uint8_t e[HF_SM3_LEN];

    return digest_end(ctx, e) && verify(ctx, sig, sig_n, e, sizeof(e));
}

static int
digest_sign(void *ctx, unsigned char *sig, size_t *sig_n, size_t room, const unsigned char *in,
            size_t n)
{
    if (sig == NULL)
        return sign(ctx, NULL, sig_n, 0, NULL, 0);
    return digest_update(ctx, in, n) && digest_sign_final(ctx, sig, sig_n, room);
}

static int
digest_verify(void *ctx, const unsigned char *sig, size_t sig_n, const unsigned char *in, size_t n)
{
    return digest_update(ctx, in, n) && digest_verify_final(ctx, sig, sig_n);
}

const OSSL_DISPATCH prov_sm2_signature[] = {
    FN(OSSL_FUNC_SIGNATURE_NEWCTX, newctx),
    FN(OSSL_FUNC_SIGNATURE_FREECTX, freectx),
    FN(OSSL_FUNC_SIGNATURE_DUPCTX, dupctx),
    FN(OSSL_FUNC_SIGNATURE_SIGN_INIT, sign_init),
    FN(OSSL_FUNC_SIGNATURE_SIGN, sign),
    FN(OSSL_FUNC_SIGNATURE_VERIFY_INIT, verify_init),
    FN(OSSL_FUNC_SIGNATURE_VERIFY, verify),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, digest_sign_init),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, digest_update),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, digest_sign_final),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, digest_sign),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, digest_verify_init),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, digest_update),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, digest_verify_final),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, digest_verify),
    FN(OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, get_ctx_params),
    FN(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, gettable_ctx_params),
    FN(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, set_ctx_params),
    FN(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, settable_ctx_params),
    FN_END,
};
