#include "crypto/sm_evp.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/evp.h"
#include "crypto/sm/sm2.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool           by_libcrypto;

static void
choose(void)
{
    const char *word = secure_getenv("HUFU_SM");

    by_libcrypto = word != NULL && strcmp(word, "libcrypto") == 0;
}

bool
hf_sm_by_libcrypto(void)
{
    pthread_once(&once, choose);
    return by_libcrypto;
}

/* The identity goes in with the start: Z is the first thing that is hashed. */
static void
set_identity(OSSL_PARAM params[2], const char *id)
{
    params[0] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_DIST_ID, (void *)(uintptr_t)id,
                                                  strlen(id));
    params[1] = OSSL_PARAM_construct_end();
}

enum hf_rc
hf_sm2_evp_sign(EVP_PKEY *key, struct hf_bytes message, struct hf_wr *sig)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    OSSL_PARAM  params[2];
    uint8_t     der[HF_SM2_DER_MAX];
    size_t      n = sizeof(der);
    int         ok;

    set_identity(params, HF_SM2_DEFAULT_ID);
    ok = ctx != NULL &&
         EVP_DigestSignInit_ex(ctx, NULL, "SM3", NULL, HF_SM_EVP_OWN, key, params) == 1 &&
         EVP_DigestSign(ctx, der, &n, message.p, message.n) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok)
        return hf_fail_evp("signing");
    hf_wr_put(sig, hf_bytes(der, n));
    return sig->rc == HF_OK ? HF_OK : hf_fail(sig->rc, "signing: %s", hf_rc_text(sig->rc));
}

enum hf_rc
hf_sm2_evp_verify(EVP_PKEY *key, const char *id, struct hf_bytes message, struct hf_bytes sig)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    OSSL_PARAM  params[2];
    int         ok;

    set_identity(params, id);
    ok = ctx != NULL &&
         EVP_DigestVerifyInit_ex(ctx, NULL, "SM3", NULL, HF_SM_EVP_OWN, key, params) == 1 &&
         EVP_DigestVerify(ctx, sig.p, sig.n, message.p, message.n) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok ? HF_OK : hf_fail(HF_E_VERIFY, "SM3withSM2 signature does not verify");
}
