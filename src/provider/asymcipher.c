/*
 * asymcipher.c - SM2 encryption (GB/T 32918.4; provider-asym_cipher(7)), in
 * the DER form of GM/T 0009-2012 7.2.
 */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "provider/prov.h"

/* C1 and C3 with their headers: SEQUENCE, two INTEGERs of 33, OCTET STRINGs of 32 and of the text.
 */
#define OVERHEAD 120

struct ctx {
    struct prov_key *key; /* referenced */
};

static void *
newctx(void *prov)
{
    (void)prov;
    return calloc(1, sizeof(struct ctx));
}

static void
freectx(void *ctx)
{
    struct ctx *c = ctx;

    if (c != NULL)
        prov_key_free(c->key);
    free(c);
}

static void *
dupctx(void *ctx)
{
    const struct ctx *c = ctx;
    struct ctx       *copy = newctx(NULL);

    if (copy != NULL && c->key != NULL)
        copy->key = prov_key_ref(c->key);
    return copy;
}

static int
set_ctx_params(void *ctx, const OSSL_PARAM params[])
{
    const OSSL_PARAM *p;
    const char       *name;

    (void)ctx;
    if (params == NULL)
        return 1;
    if ((p = OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_DIGEST)) != NULL &&
        (!OSSL_PARAM_get_utf8_string_ptr(p, &name) || OPENSSL_strcasecmp(name, "SM3") != 0))
        return prov_refuse("SM2 encrypts with SM3");
    return 1;
}

static const OSSL_PARAM *
settable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_DIGEST, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return list;
}

static int
get_ctx_params(void *ctx, OSSL_PARAM params[])
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_ASYM_CIPHER_PARAM_DIGEST);

    (void)ctx;
    return p == NULL || OSSL_PARAM_set_utf8_string(p, "SM3");
}

static int
init(void *ctx, void *key, const OSSL_PARAM params[])
{
    struct ctx *c = ctx;

    if (key != NULL) {
        prov_key_free(c->key);
        c->key = prov_key_ref(key);
    }
    return set_ctx_params(ctx, params);
}

/* What was written into w, to the caller's buffer. */
static int
hand_over(struct hf_wr *w, enum hf_rc rc, unsigned char *out, size_t *out_n, size_t room)
{
    struct hf_bytes made;
    int             ok = 0;

    if (rc != HF_OK || hf_wr_end(w, &made) != HF_OK) {
        prov_error();
    } else if (made.n > room) {
        prov_refuse("output buffer is too small");
    } else {
        memcpy(out, made.p, made.n);
        *out_n = made.n;
        ok = 1;
    }
    hf_wr_clear(w);
    return ok;
}

static int
encrypt(void *ctx, unsigned char *out, size_t *out_n, size_t room, const unsigned char *in,
        size_t n)
{
    struct ctx  *c = ctx;
    struct hf_wr w = hf_wr(n + OVERHEAD);

    if (c->key == NULL || !c->key->has_pub)
        return prov_refuse("encryption needs a public key");
    if (out == NULL) {
        *out_n = n + OVERHEAD;
        return 1;
    }
    return hand_over(&w, hf_sm2_encrypt_der(&c->key->pub, hf_bytes(in, n), &w), out, out_n, room);
}

static int
decrypt(void *ctx, unsigned char *out, size_t *out_n, size_t room, const unsigned char *in,
        size_t n)
{
    struct ctx  *c = ctx;
    struct hf_wr w = hf_wr_secret(n);

    if (c->key == NULL || !c->key->has_priv)
        return prov_refuse("decryption needs a private key");
    if (out == NULL) {
        *out_n = n;
        return 1;
    }
    return hand_over(&w, hf_sm2_decrypt_der(&c->key->pair, hf_bytes(in, n), &w), out, out_n, room);
}

const OSSL_DISPATCH prov_sm2_cipher[] = {
    FN(OSSL_FUNC_ASYM_CIPHER_NEWCTX, newctx),
    FN(OSSL_FUNC_ASYM_CIPHER_FREECTX, freectx),
    FN(OSSL_FUNC_ASYM_CIPHER_DUPCTX, dupctx),
    FN(OSSL_FUNC_ASYM_CIPHER_ENCRYPT_INIT, init),
    FN(OSSL_FUNC_ASYM_CIPHER_ENCRYPT, encrypt),
    FN(OSSL_FUNC_ASYM_CIPHER_DECRYPT_INIT, init),
    FN(OSSL_FUNC_ASYM_CIPHER_DECRYPT, decrypt),
    FN(OSSL_FUNC_ASYM_CIPHER_GET_CTX_PARAMS, get_ctx_params),
    FN(OSSL_FUNC_ASYM_CIPHER_GETTABLE_CTX_PARAMS, settable_ctx_params),
    FN(OSSL_FUNC_ASYM_CIPHER_SET_CTX_PARAMS, set_ctx_params),
    FN(OSSL_FUNC_ASYM_CIPHER_SETTABLE_CTX_PARAMS, settable_ctx_params),
    FN_END,
};
