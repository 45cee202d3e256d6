/*
 * cipher.h - what the SM4 ciphers of the provider have in common.
 */
#ifndef HF_PROVIDER_CIPHER_H
#define HF_PROVIDER_CIPHER_H

#include <openssl/evp.h>

#include "crypto/sm/sm4.h"
#include "provider/prov.h"

/* What EVP asks about a cipher before there is a key. */
struct cipher_facts {
    unsigned mode; /* EVP_CIPH_..._MODE */
    size_t   block, key, iv;
    bool     aead, own_iv_length;
};

int               cipher_get_facts(const struct cipher_facts *f, OSSL_PARAM params[]);
const OSSL_PARAM *cipher_gettable_params(void *prov);

/* One member of params as a size, an unsigned or a copy of bytes, where it is asked for. */
int cipher_answer_size(OSSL_PARAM params[], const char *name, size_t value);
int cipher_answer_bytes(OSSL_PARAM params[], const char *name, const void *p, size_t n);

/* Final of a mode that holds nothing back. */
int cipher_no_final(void *ctx, unsigned char *out, size_t *out_n, size_t room);

/* Both of EVP's starts, over the file's own start() and set_ctx_params(). */
#define CIPHER_STARTS                                                                              \
    static int encrypt_init(void *ctx, const unsigned char *key, size_t key_n,                     \
                            const unsigned char *iv, size_t iv_n, const OSSL_PARAM params[])       \
    {                                                                                              \
        return start(ctx, true, key, key_n, iv, iv_n) && set_ctx_params(ctx, params);              \
    }                                                                                              \
    static int decrypt_init(void *ctx, const unsigned char *key, size_t key_n,                     \
                            const unsigned char *iv, size_t iv_n, const OSSL_PARAM params[])       \
    {                                                                                              \
        return start(ctx, false, key, key_n, iv, iv_n) && set_ctx_params(ctx, params);             \
    }

/*
 * The table prov_sm4_<mode> of one mode whose facts are in a cipher_facts of
 * that name. From the file: new_of(facts), freectx, dupctx, the parameters'
 * functions by their usual names, and the three that handle data.
 */
#define CIPHER_TABLE(mode, update, final, one_shot)                                                \
    static void *mode##_new(void *prov)                                                            \
    {                                                                                              \
        (void)prov;                                                                                \
        return new_of(&mode);                                                                      \
    }                                                                                              \
    static int mode##_facts(OSSL_PARAM params[])                                                   \
    {                                                                                              \
        return cipher_get_facts(&mode, params);                                                    \
    }                                                                                              \
    const OSSL_DISPATCH prov_sm4_##mode[] = {                                                      \
        FN(OSSL_FUNC_CIPHER_NEWCTX, mode##_new),                                                   \
        FN(OSSL_FUNC_CIPHER_FREECTX, freectx),                                                     \
        FN(OSSL_FUNC_CIPHER_DUPCTX, dupctx),                                                       \
        FN(OSSL_FUNC_CIPHER_ENCRYPT_INIT, encrypt_init),                                           \
        FN(OSSL_FUNC_CIPHER_DECRYPT_INIT, decrypt_init),                                           \
        FN(OSSL_FUNC_CIPHER_UPDATE, update),                                                       \
        FN(OSSL_FUNC_CIPHER_FINAL, final),                                                         \
        FN(OSSL_FUNC_CIPHER_CIPHER, one_shot),                                                     \
        FN(OSSL_FUNC_CIPHER_GET_PARAMS, mode##_facts),                                             \
        FN(OSSL_FUNC_CIPHER_GETTABLE_PARAMS, cipher_gettable_params),                              \
        FN(OSSL_FUNC_CIPHER_GET_CTX_PARAMS, get_ctx_params),                                       \
        FN(OSSL_FUNC_CIPHER_GETTABLE_CTX_PARAMS, gettable_ctx_params),                             \
        FN(OSSL_FUNC_CIPHER_SET_CTX_PARAMS, set_ctx_params),                                       \
        FN(OSSL_FUNC_CIPHER_SETTABLE_CTX_PARAMS, settable_ctx_params),                             \
        FN_END,                                                                                    \
    }

#endif
