/*
 * keymgmt.c - SM2 keys (provider-keymgmt(7)).
 *
 * libcrypto falls back to its own SM2 as soon as one of these operations is
 * missing, so all are here. There is one group; it is called "SM2".
 */
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/proverr.h>
#include <stdlib.h>
#include <string.h>

#include "provider/prov.h"

#define GROUP "SM2"

/* -- Keys ------------------------------------------------------------------- */

struct prov_key *
prov_key_new(void)
{
    struct prov_key *key = OPENSSL_secure_zalloc(sizeof(*key)); /* the plain heap if there is none */

    if (key != NULL)
        atomic_init(&key->refs, 1);
    return key;
}

struct prov_key *
prov_key_ref(struct prov_key *key)
{
    atomic_fetch_add(&key->refs, 1);
    return key;
}

void
prov_key_free(struct prov_key *key)
{
    if (key == NULL || atomic_fetch_sub(&key->refs, 1) > 1)
        return;
    hf_sm2_key_clear(&key->pair);
    OPENSSL_secure_clear_free(key, sizeof(*key));
}

enum hf_rc
prov_key_set_pub(struct prov_key *key, struct hf_bytes p)
{
    struct hf_sm2_pub pub;
    enum hf_rc        rc = hf_sm2_pub_read(p, &pub);

    if (rc != HF_OK)
        return rc;
    key->pub = pub;
    key->has_pub = true;
    return HF_OK;
}

enum hf_rc
prov_key_set_priv(struct prov_key *key, struct hf_bytes d, struct hf_bytes p)
{
    struct hf_sm2_pub given;
    enum hf_rc        rc;

    if (p.n > 0 && (rc = hf_sm2_pub_read(p, &given)) != HF_OK)
        return rc;
    if ((rc = hf_sm2_key_read(d, &key->pair)) != HF_OK)
        return rc;
    if (p.n > 0 && !hf_sm2_pub_eq(&given, &key->pair.pub)) {
        hf_sm2_key_clear(&key->pair);
        return hf_fail(HF_E_FORMAT, "public and private SM2 key do not belong together");
    }
    key->pub = key->pair.pub;
    key->has_pub = key->has_priv = true;
    return HF_OK;
}

enum hf_rc
prov_key_z(struct prov_key *key, struct hf_bytes id, uint8_t z[32])
{
    int        unknown = 0;
    enum hf_rc rc;

    if (!hf_bytes_eq(id, hf_bytes_str(HF_SM2_DEFAULT_ID)))
        return hf_sm2_z(&key->pub, id, z);
    if (atomic_load_explicit(&key->z_state, memory_order_acquire) == 2) {
        memcpy(z, key->z, 32);
        return HF_OK;
    }
    if ((rc = hf_sm2_z(&key->pub, id, z)) != HF_OK)
        return rc;
    if (atomic_compare_exchange_strong(&key->z_state, &unknown, 1)) {
        memcpy(key->z, z, 32);
        atomic_store_explicit(&key->z_state, 2, memory_order_release);
    }
    return HF_OK;
}

/* -- Life, comparison ------------------------------------------------------- */

static void *
new_key(void *prov)
{
    (void)prov;
    return prov_key_new();
}

static void
free_key(void *key)
{
    prov_key_free(key);
}

static void *
dup(const void *from, int selection)
{
    const struct prov_key *key = from;
    struct prov_key       *copy = prov_key_new();

    if (copy == NULL)
        return NULL;
    if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0 && key->has_pub) {
        copy->pub = key->pub;
        copy->has_pub = true;
    }
    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 && key->has_priv) {
        copy->pair = key->pair;
        copy->pub = key->pub;
        copy->has_pub = copy->has_priv = true;
    }
    return copy;
}

/* A decoder's product: reference is where it keeps its pointer. */
static void *
load(const void *reference, size_t n)
{
    struct prov_key *key;

    if (n != sizeof(key))
        return NULL;
    memcpy(&key, reference, sizeof(key));
    memset((void *)(uintptr_t)reference, 0, n); /* taken over */
    return key;
}

static int
has(const void *data, int selection)
{
    const struct prov_key *key = data;

    if (key == NULL)
        return 0;
    if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0 && !key->has_pub)
        return 0;
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || key->has_priv;
}

static int
match(const void *a, const void *b, int selection)
{
    const struct prov_key *x = a, *y = b;

    if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0)
        return 1;
    if (x->has_pub && y->has_pub) /* the private key follows from the public one */
        return hf_sm2_pub_eq(&x->pub, &y->pub);
    return 0;
}

/* What was read was checked: the point on reading, the pair by computing the point from d. */
static int
validate(const void *data, int selection, int kind)
{
    (void)kind;
    return has(data, selection & OSSL_KEYMGMT_SELECT_KEYPAIR);
}

/* -- Import ----------------------------------------------------------------- */

static int
group_is_ours(const OSSL_PARAM params[])
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_GROUP_NAME);
    const char       *name;

    return p != NULL && OSSL_PARAM_get_utf8_string_ptr(p, &name) &&
           OPENSSL_strcasecmp(name, GROUP) == 0;
}

/* A private key as 32 bytes, big endian. */
static int
get_private(const OSSL_PARAM *p, uint8_t d[32])
{
    BIGNUM *bn = BN_secure_new();
    int     ok = bn != NULL && OSSL_PARAM_get_BN(p, &bn) && BN_bn2binpad(bn, d, 32) == 32;

    BN_clear_free(bn);
    return ok;
}

static int
import_key(void *data, int selection, const OSSL_PARAM params[])
{
    struct prov_key  *key = data;
    const OSSL_PARAM *pub = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PUB_KEY);
    const OSSL_PARAM *priv = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PRIV_KEY);
    struct hf_bytes   p = { NULL, 0 };
    uint8_t           d[32];
    enum hf_rc        rc = HF_OK;

    if (!group_is_ours(params))
        return prov_refuse("the group of an SM2 key is called SM2");
    if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0 && pub != NULL)
        p = hf_bytes(pub->data, pub->data_size);
    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 && priv != NULL) {
        if (!get_private(priv, d))
            return prov_refuse("an SM2 private key has at most 32 bytes");
        rc = prov_key_set_priv(key, hf_bytes(d, sizeof(d)), p);
        OPENSSL_cleanse(d, sizeof(d));
    } else if (p.n > 0) {
        rc = prov_key_set_pub(key, p);
    }
    return rc == HF_OK ? 1 : prov_error();
}

#define KEY_TYPES                                                                                  \
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),                                   \
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),                                 \
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_PRIV_KEY, NULL, 0), OSSL_PARAM_END

static const OSSL_PARAM *
key_types(int selection)
{
    static const OSSL_PARAM list[] = { KEY_TYPES };

    return (selection & OSSL_KEYMGMT_SELECT_ALL) == 0 ? NULL : list;
}

/* -- Export ----------------------------------------------------------------- */

static int
push_private(OSSL_PARAM_BLD *bld, const struct prov_key *key, BIGNUM **bn)
{
    *bn = BN_secure_new();
    if (*bn == NULL || BN_bin2bn(key->pair.d, 32, *bn) == NULL)
        return 0;
    BN_set_flags(*bn, BN_FLG_CONSTTIME);
    return OSSL_PARAM_BLD_push_BN_pad(bld, OSSL_PKEY_PARAM_PRIV_KEY, *bn, 32);
}

int
prov_key_export(const struct prov_key *key, int selection, OSSL_CALLBACK *cb, void *arg)
{
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    OSSL_PARAM     *params = NULL;
    BIGNUM         *bn = NULL;
    uint8_t         point[65];
    int             ok = 0;

    if (bld == NULL || !OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, GROUP, 0))
        goto out;
    if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0 && key->has_pub) {
        hf_sm2_pub_write(&key->pub, point);
        if (!OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)))
            goto out;
    }
    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 && key->has_priv &&
        !push_private(bld, key, &bn))
        goto out;
    if ((params = OSSL_PARAM_BLD_to_param(bld)) != NULL)
        ok = cb(params, arg);
out:
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_clear_free(bn);
    return ok;
}

static int
export_key(void *key, int selection, OSSL_CALLBACK *cb, void *arg)
{
    return prov_key_export(key, selection, cb, arg);
}

/* -- Parameters ------------------------------------------------------------- */

static const struct {
    const char *name;
    int         value;
} numbers[] = {
    { OSSL_PKEY_PARAM_BITS, 256 },
    { OSSL_PKEY_PARAM_SECURITY_BITS, 128 },
    { OSSL_PKEY_PARAM_MAX_SIZE, HF_SM2_DER_MAX },
};

static const struct {
    const char *name, *value;
} texts[] = {
    { OSSL_PKEY_PARAM_GROUP_NAME, GROUP },
    { OSSL_PKEY_PARAM_DEFAULT_DIGEST, "SM3" },
    { OSSL_PKEY_PARAM_EC_FIELD_TYPE, SN_X9_62_prime_field },
    { OSSL_PKEY_PARAM_EC_ENCODING, "named_curve" },
    { OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed" },
};

/* 32 bytes as the unsigned number that p asks for; NULL p is fine. */
static int
set_number(OSSL_PARAM *p, const uint8_t *bytes)
{
    BIGNUM *bn;
    int     ok;

    if (p == NULL)
        return 1;
    bn = BN_secure_new();
    ok = bn != NULL && BN_bin2bn(bytes, 32, bn) != NULL && OSSL_PARAM_set_BN(p, bn);
    BN_clear_free(bn);
    return ok;
}

static int
get_point(const struct prov_key *key, OSSL_PARAM params[])
{
    static const char *const names[] = { OSSL_PKEY_PARAM_PUB_KEY,
                                         OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY };
    uint8_t                  point[65];

    hf_sm2_pub_write(&key->pub, point);
    for (size_t i = 0; i < HF_COUNT(names); i++) {
        OSSL_PARAM *p = OSSL_PARAM_locate(params, names[i]);

        if (p != NULL && !OSSL_PARAM_set_octet_string(p, point, sizeof(point)))
            return 0;
    }
    return set_number(OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_EC_PUB_X), point + 1) &&
           set_number(OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_EC_PUB_Y), point + 33);
}

static int
get_params(void *data, OSSL_PARAM params[])
{
    const struct prov_key *key = data;
    OSSL_PARAM            *p;

    for (size_t i = 0; i < HF_COUNT(numbers); i++)
        if ((p = OSSL_PARAM_locate(params, numbers[i].name)) != NULL &&
            !OSSL_PARAM_set_int(p, numbers[i].value))
            return 0;
    for (size_t i = 0; i < HF_COUNT(texts); i++)
        if ((p = OSSL_PARAM_locate(params, texts[i].name)) != NULL &&
            !OSSL_PARAM_set_utf8_string(p, texts[i].value))
            return 0;
    if (key->has_pub && !get_point(key, params))
        return 0;
    return !key->has_priv ||
           set_number(OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_PRIV_KEY), key->pair.d);
}

static const OSSL_PARAM *
gettable_params(void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_FIELD_TYPE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_PUB_X, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_PUB_Y, NULL, 0),
        KEY_TYPES,
    };

    (void)prov;
    return list;
}

static int
set_params(void *data, const OSSL_PARAM params[])
{
    const OSSL_PARAM *p;

    if (params == NULL)
        return 1;
    p = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY);
    if (p == NULL)
        return 1;
    if (((struct prov_key *)data)->has_priv)
        return prov_refuse("the public key of a key pair follows from the private one");
    if (p->data_type != OSSL_PARAM_OCTET_STRING ||
        prov_key_set_pub(data, hf_bytes(p->data, p->data_size)) != HF_OK)
        return prov_error();
    atomic_store(&((struct prov_key *)data)->z_state, 0);
    return 1;
}

static const OSSL_PARAM *
settable_params(void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)prov;
    return list;
}

static const char *
operation_name(int operation)
{
    (void)operation;
    return "SM2";
}

/* -- Generation ------------------------------------------------------------- */

struct gen {
    int selection;
};

static int
gen_set_params(void *gen, const OSSL_PARAM params[])
{
    (void)gen;
    if (params == NULL || OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_GROUP_NAME) == NULL)
        return 1;
    return group_is_ours(params) ? 1 : prov_refuse("the group of an SM2 key is called SM2");
}

static void *
gen_init(void *prov, int selection, const OSSL_PARAM params[])
{
    struct gen *gen = calloc(1, sizeof(*gen));

    (void)prov;
    if (gen == NULL)
        return NULL;
    gen->selection = selection;
    if (!gen_set_params(gen, params)) {
        free(gen);
        return NULL;
    }
    return gen;
}

static int
gen_set_template(void *gen, void *like)
{
    (void)gen;
    return like != NULL; /* every key here is of the one group */
}

static const OSSL_PARAM *
gen_settable_params(void *gen, void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)gen;
    (void)prov;
    return list;
}

static void *
generate(void *data, OSSL_CALLBACK *cb, void *arg)
{
    const struct gen *gen = data;
    struct prov_key  *key = prov_key_new();

    (void)cb;
    (void)arg;
    if (key == NULL || (gen->selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0)
        return key; /* parameters alone: there is nothing to choose */
    if (hf_sm2_key_generate(&key->pair) != HF_OK) {
        prov_error();
        prov_key_free(key);
        return NULL;
    }
    key->pub = key->pair.pub;
    key->has_pub = key->has_priv = true;
    return key;
}

static void
gen_cleanup(void *gen)
{
    free(gen);
}

const OSSL_DISPATCH prov_sm2_keymgmt[] = {
    FN(OSSL_FUNC_KEYMGMT_NEW, new_key),
    FN(OSSL_FUNC_KEYMGMT_FREE, free_key),
    FN(OSSL_FUNC_KEYMGMT_DUP, dup),
    FN(OSSL_FUNC_KEYMGMT_LOAD, load),
    FN(OSSL_FUNC_KEYMGMT_HAS, has),
    FN(OSSL_FUNC_KEYMGMT_MATCH, match),
    FN(OSSL_FUNC_KEYMGMT_VALIDATE, validate),
    FN(OSSL_FUNC_KEYMGMT_IMPORT, import_key),
    FN(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, key_types),
    FN(OSSL_FUNC_KEYMGMT_EXPORT, export_key),
    FN(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, key_types),
    FN(OSSL_FUNC_KEYMGMT_GET_PARAMS, get_params),
    FN(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, gettable_params),
    FN(OSSL_FUNC_KEYMGMT_SET_PARAMS, set_params),
    FN(OSSL_FUNC_KEYMGMT_SETTABLE_PARAMS, settable_params),
    FN(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, operation_name),
    FN(OSSL_FUNC_KEYMGMT_GEN_INIT, gen_init),
    FN(OSSL_FUNC_KEYMGMT_GEN_SET_TEMPLATE, gen_set_template),
    FN(OSSL_FUNC_KEYMGMT_GEN_SET_PARAMS, gen_set_params),
    FN(OSSL_FUNC_KEYMGMT_GEN_SETTABLE_PARAMS, gen_settable_params),
    FN(OSSL_FUNC_KEYMGMT_GEN, generate),
    FN(OSSL_FUNC_KEYMGMT_GEN_CLEANUP, gen_cleanup),
    FN_END,
};
