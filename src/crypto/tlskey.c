#include "crypto/tlskey.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crypto/evp.h"
#include "crypto/keys_tls.h"
#include "crypto/pub_evp.h"

#define REFERENCE "hufu-key" /* our own parameter: a pointer to struct remote */

/* What the EVP_PKEY holds: who to ask, for which key, and the public half. */
struct remote {
    atomic_int      refs;
    struct hf_keys *keys;
    char            id[HF_KEY_ID_MAX + 1];
    struct hf_pub  *pub;
};

static void
remote_free(void *arg)
{
    struct remote *r = arg;

    if (r == NULL || atomic_fetch_sub(&r->refs, 1) != 1)
        return;
    hf_pub_free(r->pub);
    free(r);
}

/* -- Key management (provider-keymgmt(7)) ------------------------------------------------- */

/* libcrypto wants an object to import into: a holder of one reference. */
struct holder {
    struct remote *remote;
};

static void *
key_new(void *provider)
{
    return calloc(1, sizeof(struct holder));
}

static void
key_free(void *key)
{
    struct holder *h = key;

    if (h != NULL)
        remote_free(h->remote);
    free(h);
}

static int
key_has(const void *key, int selection)
{
    const struct holder *h = key;

    return h != NULL && h->remote != NULL;
}

static int
key_import(void *key, int selection, const OSSL_PARAM params[])
{
    struct holder    *h = key;
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, REFERENCE);
    const void       *at;
    size_t            n;

    if (p == NULL || OSSL_PARAM_get_octet_ptr(p, &at, &n) != 1)
        return 0;
    h->remote = (struct remote *)(uintptr_t)at;
    atomic_fetch_add(&h->remote->refs, 1);
    return 1;
}

static const OSSL_PARAM *
key_import_types(int selection)
{
    static const OSSL_PARAM types[] = { OSSL_PARAM_octet_ptr(REFERENCE, NULL, 0), OSSL_PARAM_END };

    return types;
}

/* The public half only. Refusing the private one is what makes libcrypto sign here. */
static int
key_export(void *key, int selection, OSSL_CALLBACK *give, void *arg)
{
    struct holder *h = key;
    OSSL_PARAM    *params = NULL;
    int            ok;

    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ||
        EVP_PKEY_todata(hf_pub_evp(h->remote->pub), EVP_PKEY_PUBLIC_KEY, &params) != 1)
        return 0;
    ok = give(params, arg);
    OSSL_PARAM_free(params);
    return ok;
}

static const OSSL_PARAM *
key_export_types(int selection)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
        OSSL_PARAM_END,
    };

    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ? NULL : types;
}

static int
key_get_params(void *key, OSSL_PARAM params[])
{
    const struct holder *h = key;

    return EVP_PKEY_get_params(hf_pub_evp(h->remote->pub), params);
}

static const OSSL_PARAM *
key_gettable(void *provider)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
        OSSL_PARAM_END,
    };

    return types;
}

static const char *
ec_operation(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

static const char *
rsa_operation(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "RSA" : NULL;
}

#define FN(id, function)                                                                           \
    {                                                                                              \
        id, (void (*)(void))(function)                                                             \
    }
#define KEY_FUNCTIONS(operation)                                                                   \
    FN(OSSL_FUNC_KEYMGMT_NEW, key_new), FN(OSSL_FUNC_KEYMGMT_FREE, key_free),                      \
        FN(OSSL_FUNC_KEYMGMT_HAS, key_has), FN(OSSL_FUNC_KEYMGMT_IMPORT, key_import),              \
        FN(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, key_import_types),                                      \
        FN(OSSL_FUNC_KEYMGMT_EXPORT, key_export),                                                  \
        FN(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, key_export_types),                                      \
        FN(OSSL_FUNC_KEYMGMT_GET_PARAMS, key_get_params),                                          \
        FN(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, key_gettable),                                       \
        FN(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, operation),                                     \
    {                                                                                              \
        0, NULL                                                                                    \
    }

static const OSSL_DISPATCH ec_key[] = { KEY_FUNCTIONS(ec_operation) };
static const OSSL_DISPATCH rsa_key[] = { KEY_FUNCTIONS(rsa_operation) };

/* -- Signatures (provider-signature(7)) ------------------------------------------------------ */

struct signing {
    struct remote *remote;
    enum hf_digest digest;
    enum hf_pad    pad;
    bool           salt_fits; /* PSS: as long as the digest, the only one RFC 8446 allows */
};

static void *
sig_new(void *provider, const char *properties)
{
    return calloc(1, sizeof(struct signing));
}

static void
sig_free(void *ctx)
{
    struct signing *s = ctx;

    if (s != NULL)
        remote_free(s->remote);
    free(s);
}

static void *
sig_dup(void *ctx)
{
    struct signing *copy = malloc(sizeof(*copy));

    if (copy == NULL)
        return NULL;
    *copy = *(struct signing *)ctx;
    if (copy->remote != NULL)
        atomic_fetch_add(&copy->remote->refs, 1);
    return copy;
}

static enum hf_digest
digest_named(const char *name)
{
    for (enum hf_digest d = HF_DIGEST_SHA256; d <= HF_DIGEST_SHA512; d++)
        if (name != NULL && EVP_MD_is_a(hf_digest_evp(d), name))
            return d;
    return HF_DIGEST_NONE;
}

/* A parameter that may come as a number or as a word. */
static bool
number_or_word(const OSSL_PARAM *p, int *number, const char **word)
{
    *word = NULL;
    return p->data_type == OSSL_PARAM_UTF8_STRING ? OSSL_PARAM_get_utf8_string_ptr(p, word) == 1
                                                  : OSSL_PARAM_get_int(p, number) == 1;
}

static bool
set_pad(struct signing *s, const OSSL_PARAM *p)
{
    const char *word;
    int         number = 0;

    if (!number_or_word(p, &number, &word))
        return false;
    if (number == RSA_PKCS1_PSS_PADDING ||
        (word != NULL && strcmp(word, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0))
        s->pad = HF_PAD_PSS;
    else if (number == RSA_PKCS1_PADDING ||
             (word != NULL && strcmp(word, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0))
        s->pad = HF_PAD_PKCS1;
    else
        return false;
    return true;
}

static bool
set_salt(struct signing *s, const OSSL_PARAM *p)
{
    const char *word;
    int         number = 0;

    if (!number_or_word(p, &number, &word))
        return false;
    s->salt_fits =
        word != NULL ? strcmp(word, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) == 0 ||
                           atoi(word) == (int)hf_digest_size(s->digest)
                     : number == RSA_PSS_SALTLEN_DIGEST || number == (int)hf_digest_size(s->digest);
    return s->salt_fits;
}

static int
sig_set_params(void *ctx, const OSSL_PARAM params[])
{
    struct signing   *s = ctx;
    const OSSL_PARAM *p;
    const char       *name;

    if (params == NULL)
        return 1;
    if ((p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE)) != NULL &&
        !set_pad(s, p))
        return 0;
    if ((p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN)) != NULL &&
        !set_salt(s, p))
        return 0;
    if ((p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST)) != NULL)
        return OSSL_PARAM_get_utf8_string_ptr(p, &name) == 1 && digest_named(name) == s->digest;
    return 1;
}

static const OSSL_PARAM *
sig_settable(void *ctx, void *provider)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
        OSSL_PARAM_END,
    };

    return types;
}

static int
sig_init(void *ctx, const char *digest, void *key, const OSSL_PARAM params[])
{
    struct signing      *s = ctx;
    const struct holder *h = key;

    if (h == NULL || (s->digest = digest_named(digest)) == HF_DIGEST_NONE)
        return 0;
    remote_free(s->remote);
    s->remote = h->remote;
    atomic_fetch_add(&s->remote->refs, 1);
    s->pad = EVP_PKEY_is_a(hf_pub_evp(s->remote->pub), "RSA") ? HF_PAD_PKCS1 : HF_PAD_NONE;
    s->salt_fits = false;
    return sig_set_params(s, params);
}

/* The question to `keys`. */
static int
ask_for(const struct signing *s, struct hf_bytes tbs, uint8_t *out, size_t *n, size_t size)
{
    uint8_t      digest[HF_DIGEST_MAX];
    struct hf_wr sig = hf_wr(size);
    enum hf_rc   rc;

    if ((rc = hf_digest(s->digest, &tbs, 1, digest)) == HF_OK)
        rc = hf_keys_tls_sign(s->remote->keys, s->remote->id, s->pad, s->digest,
                              hf_bytes(digest, hf_digest_size(s->digest)), &sig);
    if (rc == HF_OK) {
        memcpy(out, sig.p, sig.n);
        *n = sig.n;
    } else {
        hf_log(HF_ERROR, "tls.sign-failed", HF_F_STR("key", s->remote->id), HF_F_REASON);
    }
    hf_wr_clear(&sig);
    return rc == HF_OK;
}

static int
sig_sign(void *ctx, unsigned char *out, size_t *n, size_t size, const unsigned char *tbs,
         size_t tbs_n)
{
    struct signing *s = ctx;
    size_t          most;

    if (s->remote == NULL || (s->pad == HF_PAD_PSS && !s->salt_fits))
        return 0;
    most = (size_t)EVP_PKEY_get_size(hf_pub_evp(s->remote->pub));
    if (out == NULL) {
        *n = most;
        return 1;
    }
    return size >= most && ask_for(s, hf_bytes(tbs, tbs_n), out, n, size);
}

static const OSSL_DISPATCH signature[] = {
    FN(OSSL_FUNC_SIGNATURE_NEWCTX, sig_new),
    FN(OSSL_FUNC_SIGNATURE_FREECTX, sig_free),
    FN(OSSL_FUNC_SIGNATURE_DUPCTX, sig_dup),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, sig_init),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, sig_sign),
    FN(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, sig_set_params),
    FN(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, sig_settable),
    { 0, NULL },
};

/* -- The provider (provider-base(7)) -------------------------------------------------------------
 */

static const OSSL_ALGORITHM keys_of[] = {
    { "EC:id-ecPublicKey:1.2.840.10045.2.1", "provider=hufu-keys", ec_key, "keys held by hufu" },
    { "RSA:rsaEncryption:1.2.840.113549.1.1.1", "provider=hufu-keys", rsa_key,
      "keys held by hufu" },
    { NULL, NULL, NULL, NULL },
};
static const OSSL_ALGORITHM signatures_of[] = {
    { "ECDSA", "provider=hufu-keys", signature, "signatures made by hufu" },
    { "RSA:rsaEncryption:1.2.840.113549.1.1.1", "provider=hufu-keys", signature,
      "signatures made by hufu" },
    { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *
query(void *provider, int operation, int *no_cache)
{
    *no_cache = 0;
    return operation == OSSL_OP_KEYMGMT     ? keys_of
           : operation == OSSL_OP_SIGNATURE ? signatures_of
                                            : NULL;
}

static int
provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
              void **ctx)
{
    static const OSSL_DISPATCH functions[] = { FN(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
                                               { 0, NULL } };

    *out = functions;
    *ctx = (void *)(uintptr_t)handle;
    return 1;
}

static OSSL_LIB_CTX  *apart; /* lives as long as the process */
static pthread_once_t apart_once = PTHREAD_ONCE_INIT;

static void
make_apart(void)
{
    OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();

    if (ctx != NULL && OSSL_PROVIDER_add_builtin(ctx, "hufu-keys", provider_init) == 1 &&
        OSSL_PROVIDER_load(ctx, "hufu-keys") != NULL)
        apart = ctx;
}

/* -- The door ---------------------------------------------------------------------------------- */

static enum hf_rc
wrap(struct remote *r, EVP_PKEY **out)
{
    const char   *type = EVP_PKEY_is_a(hf_pub_evp(r->pub), "RSA") ? "RSA" : "EC";
    OSSL_PARAM    params[2];
    EVP_PKEY_CTX *ctx;
    int           ok;

    pthread_once(&apart_once, make_apart);
    if (apart == NULL)
        return hf_fail_evp("TLS key provider");
    params[0] = OSSL_PARAM_construct_octet_ptr(REFERENCE, (void **)&r, sizeof(*r));
    params[1] = OSSL_PARAM_construct_end();
    ctx = EVP_PKEY_CTX_new_from_name(apart, type, NULL);
    ok = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
         EVP_PKEY_fromdata(ctx, out, EVP_PKEY_KEYPAIR, params) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok ? HF_OK : hf_fail_evp("TLS key");
}

enum hf_rc
hf_tls_key(struct hf_keys *keys, const char *id, EVP_PKEY **out)
{
    struct remote *r = calloc(1, sizeof(*r));
    struct hf_wr   spki = hf_wr(4096);
    enum hf_rc     rc;

    *out = NULL;
    if (r == NULL)
        return hf_fail(HF_E_NOMEM, "TLS key");
    r->refs = 1;
    r->keys = keys;
    snprintf(r->id, sizeof(r->id), "%s", id);
    if ((rc = hf_keys_public(keys, id, &spki)) == HF_OK)
        rc = hf_pub_read(hf_wr_bytes(&spki), &r->pub);
    if (rc == HF_OK && hf_pub_alg(r->pub) == HF_ALG_SM2)
        rc = hf_fail(HF_E_POLICY, "TLS key %s: libssl has no SM2; use a P-256 or RSA key", id);
    if (rc == HF_OK)
        rc = wrap(r, out);
    hf_wr_clear(&spki);
    remote_free(r);
    return rc;
}
