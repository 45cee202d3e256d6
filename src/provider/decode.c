/*
 * decode.c - SM2 keys from SubjectPublicKeyInfo and PrivateKeyInfo
 * (provider-decoder(7)), straight into keys of this provider.
 */
#include <openssl/core_object.h>
#include <openssl/crypto.h>
#include <string.h>

#include "provider/der.h"
#include "provider/prov.h"

#define KEY_MAX 1024 /* bytes of DER; an SM2 PrivateKeyInfo has about 140 */

static void *
newctx(void *prov)
{
    return prov;
}

static void
freectx(void *ctx)
{
    (void)ctx;
}

/* Exactly n bytes. */
static bool
take(const struct prov *prov, OSSL_CORE_BIO *in, uint8_t *p, size_t n)
{
    size_t done = 0, some;

    for (; done < n; done += some)
        if (prov->bio_read == NULL || prov->bio_read(in, p + done, n - done, &some) != 1 ||
            some == 0)
            return false;
    return true;
}

/* One DER SEQUENCE of at most KEY_MAX bytes; gives its length, 0 if there is none. */
static size_t
take_element(const struct prov *prov, OSSL_CORE_BIO *in, uint8_t der[KEY_MAX])
{
    size_t head = 2, n;

    if (!take(prov, in, der, head) || der[0] != 0x30)
        return 0;
    n = der[1];
    if (n > 0x80 && n <= 0x82) {
        size_t more = n - 0x80;

        if (!take(prov, in, der + 2, more))
            return 0;
        n = more == 1 ? der[2] : (size_t)der[2] << 8 | der[3];
        head += more;
    } else if (n >= 0x80) {
        return 0;
    }
    if (head + n > KEY_MAX || !take(prov, in, der + head, n))
        return 0;
    return head + n;
}

/* Give the key to libcrypto, which takes it over through keymgmt's load. */
static int
hand_over(struct prov_key *key, OSSL_CALLBACK *cb, void *arg)
{
    int        type = OSSL_OBJECT_PKEY, ok;
    OSSL_PARAM params[4];

    params[0] = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type);
    params[1] = OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, (char[]){ "SM2" }, 0);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE, &key, sizeof(key));
    params[3] = OSSL_PARAM_construct_end();
    ok = cb(params, arg);
    prov_key_free(key); /* NULL when it was taken over */
    return ok;
}

static bool
read_spki(struct hf_bytes der, struct prov_key *key)
{
    struct hf_bytes point;

    return hf_spki_read(der, &point) == HF_OK && prov_key_set_pub(key, point) == HF_OK;
}

static bool
read_pkcs8(struct hf_bytes der, struct prov_key *key)
{
    struct hf_bytes d, point;

    return hf_pkcs8_read(der, &d, &point) == HF_OK && prov_key_set_priv(key, d, point) == HF_OK;
}

/* Finding something else is not an error: another decoder may know it. */
static int
decode(const struct prov *prov, OSSL_CORE_BIO *in, OSSL_CALLBACK *cb, void *arg,
       bool (*read)(struct hf_bytes der, struct prov_key *key))
{
    uint8_t          der[KEY_MAX];
    size_t           n = take_element(prov, in, der);
    struct prov_key *key = n == 0 ? NULL : prov_key_new();
    bool             got = key != NULL && read(hf_bytes(der, n), key);

    OPENSSL_cleanse(der, sizeof(der));
    if (got)
        return hand_over(key, cb, arg);
    prov_key_free(key);
    return 1;
}

static int
decode_spki(void *ctx, OSSL_CORE_BIO *in, int selection, OSSL_CALLBACK *cb, void *arg,
            OSSL_PASSPHRASE_CALLBACK *pass, void *pass_arg)
{
    (void)selection;
    (void)pass;
    (void)pass_arg;
    return decode(ctx, in, cb, arg, read_spki);
}

static int
decode_pkcs8(void *ctx, OSSL_CORE_BIO *in, int selection, OSSL_CALLBACK *cb, void *arg,
             OSSL_PASSPHRASE_CALLBACK *pass, void *pass_arg)
{
    (void)selection;
    (void)pass;
    (void)pass_arg;
    return decode(ctx, in, cb, arg, read_pkcs8);
}

static int
does_public(void *prov, int selection)
{
    (void)prov;
    return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0;
}

static int
does_private(void *prov, int selection)
{
    (void)prov;
    return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

/* For a program that has another provider's key management in mind. */
static int
export_object(void *ctx, const void *reference, size_t n, OSSL_CALLBACK *cb, void *arg)
{
    struct prov_key *key;

    (void)ctx;
    if (n != sizeof(key))
        return 0;
    memcpy(&key, reference, sizeof(key));
    return prov_key_export(key, OSSL_KEYMGMT_SELECT_ALL, cb, arg);
}

#define DECODER(name, does, function)                                                              \
    const OSSL_DISPATCH name[] = {                                                                 \
        FN(OSSL_FUNC_DECODER_NEWCTX, newctx),                                                      \
        FN(OSSL_FUNC_DECODER_FREECTX, freectx),                                                    \
        FN(OSSL_FUNC_DECODER_DOES_SELECTION, does),                                                \
        FN(OSSL_FUNC_DECODER_DECODE, function),                                                    \
        FN(OSSL_FUNC_DECODER_EXPORT_OBJECT, export_object),                                        \
        FN_END,                                                                                    \
    }

DECODER(prov_der_to_spki, does_public, decode_spki);
DECODER(prov_der_to_pkcs8, does_private, decode_pkcs8);
