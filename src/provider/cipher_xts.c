/*
 * cipher_xts.c - SM4-XTS (provider-cipher(7)). The key is the data key and
 * then the tweak key; each update is one data unit. The parameter
 * xts_standard is "GB" (GB/T 17964-2021, the default) or "IEEE", as in later
 * versions of libcrypto.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/proverr.h>
#include <stdlib.h>
#include <string.h>

#include "provider/cipher.h"

#define PARAM_STANDARD "xts_standard"

static const struct cipher_facts xts = { EVP_CIPH_XTS_MODE, 1, 32, 16, false, true };

struct ctx {
    bool              encrypt, keyed, has_tweak;
    enum hf_sm4_xts   kind;
    struct hf_sm4_key data, tweak_key;
    uint8_t           tweak[16];
};

static void *
new_of(const struct cipher_facts *facts)
{
    (void)facts;
    return calloc(1, sizeof(struct ctx));
}

static void
freectx(void *ctx)
{
    OPENSSL_cleanse(ctx, ctx == NULL ? 0 : sizeof(struct ctx));
    free(ctx);
}

static void *
dupctx(void *ctx)
{
    struct ctx *copy = malloc(sizeof(*copy));

    if (copy != NULL)
        *copy = *(struct ctx *)ctx;
    return copy;
}

static int
set_ctx_params(void *ctx, const OSSL_PARAM params[])
{
    struct ctx       *c = ctx;
    const OSSL_PARAM *p;
    const char       *name;
    size_t            n;

    if (params == NULL)
        return 1;
    if ((p = OSSL_PARAM_locate_const(params, PARAM_STANDARD)) != NULL) {
        if (!OSSL_PARAM_get_utf8_string_ptr(p, &name))
            return 0;
        if (OPENSSL_strcasecmp(name, "GB") != 0 && OPENSSL_strcasecmp(name, "IEEE") != 0)
            return prov_refuse("xts_standard is GB or IEEE");
        c->kind = OPENSSL_strcasecmp(name, "GB") == 0 ? HF_SM4_XTS_GB : HF_SM4_XTS_IEEE;
    }
    if ((p = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_KEYLEN)) != NULL &&
        (!OSSL_PARAM_get_size_t(p, &n) || n != xts.key))
        return prov_refuse("SM4-XTS keys have 32 bytes");
    return 1;
}

static int
start(struct ctx *c, bool encrypt, const unsigned char *key, size_t key_n, const unsigned char *iv,
      size_t iv_n)
{
    c->encrypt = encrypt;
    if (key != NULL && key_n != xts.key)
        return prov_refuse("SM4-XTS keys have 32 bytes");
    if (iv != NULL && iv_n != xts.iv)
        return prov_refuse("an XTS tweak has 16 bytes");
    if (key != NULL && CRYPTO_memcmp(key, key + 16, 16) == 0) { /* IEEE 1619-2018 6.1 */
        ERR_raise(ERR_LIB_PROV, PROV_R_XTS_DUPLICATED_KEYS);
        return 0;
    }
    if (key != NULL) {
        hf_sm4_key_set(&c->data, key);
        hf_sm4_key_set(&c->tweak_key, key + 16);
        c->keyed = true;
    }
    if (iv != NULL) {
        memcpy(c->tweak, iv, iv_n);
        c->has_tweak = true;
    }
    return 1;
}

CIPHER_STARTS

static int
update(void *ctx, unsigned char *out, size_t *out_n, size_t room, const unsigned char *in, size_t n)
{
    struct ctx *c = ctx;
    enum hf_rc  rc;

    if (!c->keyed || !c->has_tweak)
        return prov_refuse("no key or no tweak");
    if (room < n)
        return prov_refuse("output buffer is too small");
    *out_n = n;
    rc = c->encrypt ? hf_sm4_xts_encrypt(c->kind, &c->data, &c->tweak_key, c->tweak, in, out, n)
                    : hf_sm4_xts_decrypt(c->kind, &c->data, &c->tweak_key, c->tweak, in, out, n);
    return rc == HF_OK ? 1 : prov_error();
}

static int
get_ctx_params(void *ctx, OSSL_PARAM params[])
{
    struct ctx *c = ctx;

    return cipher_answer_size(params, OSSL_CIPHER_PARAM_KEYLEN, xts.key) &&
           cipher_answer_size(params, OSSL_CIPHER_PARAM_IVLEN, xts.iv) &&
           cipher_answer_bytes(params, OSSL_CIPHER_PARAM_IV, c->tweak, sizeof(c->tweak)) &&
           cipher_answer_bytes(params, OSSL_CIPHER_PARAM_UPDATED_IV, c->tweak, sizeof(c->tweak));
}

static const OSSL_PARAM *
gettable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_IVLEN, NULL),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_IV, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_UPDATED_IV, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return list;
}

static const OSSL_PARAM *
settable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_utf8_string(PARAM_STANDARD, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return list;
}

CIPHER_TABLE(xts, update, cipher_no_final, update);
