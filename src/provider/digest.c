/*
 * digest.c - SM3 (provider-digest(7)).
 */
#include <openssl/crypto.h>
#include <stdlib.h>

#include "crypto/sm/sm3.h"
#include "provider/prov.h"

static void *
newctx(void *prov)
{
    (void)prov;
    return calloc(1, sizeof(struct hf_sm3));
}

static void
freectx(void *ctx)
{
    OPENSSL_cleanse(ctx, ctx == NULL ? 0 : sizeof(struct hf_sm3));
    free(ctx);
}

static void *
dupctx(void *ctx)
{
    struct hf_sm3 *copy = malloc(sizeof(*copy));

    if (copy != NULL)
        *copy = *(struct hf_sm3 *)ctx;
    return copy;
}

static int
init(void *ctx, const OSSL_PARAM params[])
{
    (void)params;
    hf_sm3_init(ctx);
    return 1;
}

static int
update(void *ctx, const unsigned char *in, size_t n)
{
    hf_sm3_update(ctx, in, n);
    return 1;
}

static int
final(void *ctx, unsigned char *out, size_t *n, size_t room)
{
    if (room < HF_SM3_LEN)
        return prov_refuse("room for less than 32 bytes of digest");
    hf_sm3_final(ctx, out);
    *n = HF_SM3_LEN;
    return 1;
}

static int
digest(void *prov, const unsigned char *in, size_t in_n, unsigned char *out, size_t *n, size_t room)
{
    (void)prov;
    if (room < HF_SM3_LEN)
        return prov_refuse("room for less than 32 bytes of digest");
    hf_sm3(in, in_n, out);
    *n = HF_SM3_LEN;
    return 1;
}

static const struct {
    const char *name;
    size_t      value;
} facts[] = {
    { OSSL_DIGEST_PARAM_BLOCK_SIZE, HF_SM3_BLOCK },
    { OSSL_DIGEST_PARAM_SIZE, HF_SM3_LEN },
};

static int
get_params(OSSL_PARAM params[])
{
    OSSL_PARAM *p;

    for (size_t i = 0; i < HF_COUNT(facts); i++)
        if ((p = OSSL_PARAM_locate(params, facts[i].name)) != NULL &&
            !OSSL_PARAM_set_size_t(p, facts[i].value))
            return 0;
    if ((p = OSSL_PARAM_locate(params, OSSL_DIGEST_PARAM_XOF)) != NULL && !OSSL_PARAM_set_int(p, 0))
        return 0;
    if ((p = OSSL_PARAM_locate(params, OSSL_DIGEST_PARAM_ALGID_ABSENT)) != NULL &&
        !OSSL_PARAM_set_int(p, 0))
        return 0;
    return 1;
}

static const OSSL_PARAM *
gettable_params(void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_size_t(OSSL_DIGEST_PARAM_BLOCK_SIZE, NULL),
        OSSL_PARAM_size_t(OSSL_DIGEST_PARAM_SIZE, NULL),
        OSSL_PARAM_int(OSSL_DIGEST_PARAM_XOF, NULL),
        OSSL_PARAM_int(OSSL_DIGEST_PARAM_ALGID_ABSENT, NULL),
        OSSL_PARAM_END,
    };

    (void)prov;
    return list;
}

const OSSL_DISPATCH prov_sm3[] = {
    FN(OSSL_FUNC_DIGEST_NEWCTX, newctx),
    FN(OSSL_FUNC_DIGEST_FREECTX, freectx),
    FN(OSSL_FUNC_DIGEST_DUPCTX, dupctx),
    FN(OSSL_FUNC_DIGEST_INIT, init),
    FN(OSSL_FUNC_DIGEST_UPDATE, update),
    FN(OSSL_FUNC_DIGEST_FINAL, final),
    FN(OSSL_FUNC_DIGEST_DIGEST, digest),
    FN(OSSL_FUNC_DIGEST_GET_PARAMS, get_params),
    FN(OSSL_FUNC_DIGEST_GETTABLE_PARAMS, gettable_params),
    FN_END,
};
