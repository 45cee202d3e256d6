#include "provider/provider.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/proverr.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sm/sm3.h"
#include "crypto/sm/sm4.h"
#include "provider/prov.h"

int
prov_error(void)
{
    ERR_raise_data(ERR_LIB_PROV, PROV_R_BAD_ENCODING, "%s", hf_reason());
    return 0;
}

int
prov_refuse(const char *why)
{
    ERR_raise_data(ERR_LIB_PROV, ERR_R_PASSED_INVALID_ARGUMENT, "%s", why);
    return 0;
}

/* -- What there is ---------------------------------------------------------- */

#define IS "provider=" HF_PROVIDER_NAME

static const OSSL_ALGORITHM digests[] = {
    { "SM3:1.2.156.10197.1.401", IS, prov_sm3, "GB/T 32905" },
    { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM ciphers[] = {
    { "SM4-ECB:1.2.156.10197.1.104.1", IS, prov_sm4_ecb, NULL },
    { "SM4-CBC:SM4:1.2.156.10197.1.104.2", IS, prov_sm4_cbc, NULL },
    { "SM4-CTR:1.2.156.10197.1.104.7", IS, prov_sm4_ctr, NULL },
    { "SM4-GCM:1.2.156.10197.1.104.8", IS, prov_sm4_gcm, NULL },
    { "SM4-CCM:1.2.156.10197.1.104.9", IS, prov_sm4_ccm, NULL },
    { "SM4-XTS:1.2.156.10197.1.104.10", IS, prov_sm4_xts, NULL },
    { NULL, NULL, NULL, NULL },
};

#define SM2 "SM2:1.2.156.10197.1.301"

static const OSSL_ALGORITHM keymgmts[] = {
    { SM2, IS, prov_sm2_keymgmt, NULL },
    { NULL, NULL, NULL, NULL },
};
static const OSSL_ALGORITHM signatures[] = {
    { SM2, IS, prov_sm2_signature, NULL },
    { NULL, NULL, NULL, NULL },
};
static const OSSL_ALGORITHM asym_ciphers[] = {
    { SM2, IS, prov_sm2_cipher, NULL },
    { NULL, NULL, NULL, NULL },
};
static const OSSL_ALGORITHM exchanges[] = {
    { SM2, IS, prov_sm2_exchange, NULL },
    { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM encoders[] = {
    { SM2, IS ",output=der,structure=SubjectPublicKeyInfo", prov_spki_to_der, NULL },
    { SM2, IS ",output=pem,structure=SubjectPublicKeyInfo", prov_spki_to_pem, NULL },
    { NULL, NULL, NULL, NULL },
};
static const OSSL_ALGORITHM decoders[] = {
    { SM2, IS ",input=der,structure=SubjectPublicKeyInfo", prov_der_to_spki, NULL },
    { SM2, IS ",input=der,structure=PrivateKeyInfo", prov_der_to_pkcs8, NULL },
    { NULL, NULL, NULL, NULL },
};

static const struct {
    int                   operation;
    const OSSL_ALGORITHM *table;
} operations[] = {
    { OSSL_OP_DIGEST, digests },        { OSSL_OP_CIPHER, ciphers },
    { OSSL_OP_KEYMGMT, keymgmts },      { OSSL_OP_SIGNATURE, signatures },
    { OSSL_OP_KEYEXCH, exchanges },     { OSSL_OP_ASYM_CIPHER, asym_ciphers },
    { OSSL_OP_ENCODER, encoders },      { OSSL_OP_DECODER, decoders },
};

static const OSSL_ALGORITHM *
query(void *ctx, int operation, int *no_store)
{
    (void)ctx;
    *no_store = 0;
    for (size_t i = 0; i < HF_COUNT(operations); i++)
        if (operations[i].operation == operation)
            return operations[i].table;
    return NULL;
}

/* -- The provider itself ---------------------------------------------------- */

static const OSSL_PARAM *
gettable(void *ctx)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_DEFN(OSSL_PROV_PARAM_NAME, OSSL_PARAM_UTF8_PTR, NULL, 0),
        OSSL_PARAM_DEFN(OSSL_PROV_PARAM_VERSION, OSSL_PARAM_UTF8_PTR, NULL, 0),
        OSSL_PARAM_DEFN(OSSL_PROV_PARAM_STATUS, OSSL_PARAM_INTEGER, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)ctx;
    return list;
}

static int
get_params(void *ctx, OSSL_PARAM params[])
{
    OSSL_PARAM *p;

    (void)ctx;
    if ((p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_NAME)) != NULL &&
        !OSSL_PARAM_set_utf8_ptr(p, "Hufu SM2, SM3 and SM4"))
        return 0;
    if ((p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_VERSION)) != NULL &&
        !OSSL_PARAM_set_utf8_ptr(p, HF_VERSION))
        return 0;
    if ((p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_STATUS)) != NULL &&
        !OSSL_PARAM_set_int(p, 1))
        return 0;
    return 1;
}

static void
teardown(void *ctx)
{
    free(ctx);
}

/* The standards' examples, once at load, with the kernels that will be used. */
static bool
self_test(void)
{
    static const uint8_t key[16] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                     0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10 };
    static const uint8_t sm3_abc[4] = { 0x66, 0xc7, 0xf0, 0xf4 };
    static const uint8_t sm4_key[4] = { 0x68, 0x1e, 0xdf, 0x34 };
    struct hf_sm4_key    k;
    uint8_t              digest[HF_SM3_LEN], block[16];

    hf_sm3("abc", 3, digest);
    hf_sm4_key_set(&k, key);
    hf_sm4_ecb_encrypt(&k, key, block, 1);
    return memcmp(digest, sm3_abc, sizeof(sm3_abc)) == 0 &&
           memcmp(block, sm4_key, sizeof(sm4_key)) == 0;
}

static const OSSL_DISPATCH provider_functions[] = {
    FN(OSSL_FUNC_PROVIDER_TEARDOWN, teardown),
    FN(OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, gettable),
    FN(OSSL_FUNC_PROVIDER_GET_PARAMS, get_params),
    FN(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
    FN_END,
};

/* The name that libcrypto looks for in a module (provider(7)). */
HF_EXPORT OSSL_provider_init_fn OSSL_provider_init;

int
OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                   const OSSL_DISPATCH **out, void **ctx)
{
    struct prov *prov;

    if (!self_test())
        return prov_refuse("self-test of SM3 or SM4 failed");
    if ((prov = calloc(1, sizeof(*prov))) == NULL)
        return 0;
    prov->handle = handle;
    for (; in->function_id != 0; in++) {
        if (in->function_id == OSSL_FUNC_BIO_READ_EX)
            prov->bio_read = OSSL_FUNC_BIO_read_ex(in);
        else if (in->function_id == OSSL_FUNC_BIO_WRITE_EX)
            prov->bio_write = OSSL_FUNC_BIO_write_ex(in);
    }
    *out = provider_functions;
    *ctx = prov;
    return 1;
}

/* -- Linked into a program -------------------------------------------------- */

enum hf_rc
hf_provider_use(OSSL_LIB_CTX *ctx)
{
    char text[200];

    if (OSSL_PROVIDER_add_builtin(ctx, HF_PROVIDER_NAME, OSSL_provider_init) == 1 &&
        OSSL_PROVIDER_load(ctx, "default") != NULL &&
        OSSL_PROVIDER_load(ctx, HF_PROVIDER_NAME) != NULL &&
        EVP_set_default_properties(ctx, "?" IS) == 1)
        return HF_OK;
    ERR_error_string_n(ERR_peek_last_error(), text, sizeof(text));
    return hf_fail(HF_E_CRYPTO, "loading the built-in SM provider: %s", text);
}
