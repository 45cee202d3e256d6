/*
 * encode.c - SM2 public keys as SubjectPublicKeyInfo, DER and PEM
 * (provider-encoder(7)). Private keys and text go through libcrypto's own
 * encoders, to which the key is exported; that is where encryption under a
 * passphrase is done.
 */
#include <openssl/evp.h>
#include <string.h>

#include "provider/der.h"
#include "provider/prov.h"

/* The context of an encoder is the provider: there is nothing to configure. */
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

static int
does_selection(void *prov, int selection)
{
    (void)prov;
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 &&
           (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0;
}

static int
put(const struct prov *prov, OSSL_CORE_BIO *out, const void *p, size_t n)
{
    size_t done = 0;

    return prov->bio_write != NULL && prov->bio_write(out, p, n, &done) == 1 && done == n;
}

static int
spki_of(const void *data, uint8_t der[HF_SPKI_LEN])
{
    const struct prov_key *key = data;

    if (key == NULL || !key->has_pub)
        return prov_refuse("no public key to write");
    memcpy(der, hf_spki_head, HF_SPKI_HEAD);
    hf_sm2_pub_write(&key->pub, der + HF_SPKI_HEAD);
    return 1;
}

static int
encode_der(void *ctx, OSSL_CORE_BIO *out, const void *key, const OSSL_PARAM abstract[],
           int selection, OSSL_PASSPHRASE_CALLBACK *cb, void *arg)
{
    uint8_t der[HF_SPKI_LEN];

    (void)abstract;
    (void)cb;
    (void)arg;
    if (!does_selection(ctx, selection))
        return prov_refuse("only public keys are written here");
    return spki_of(key, der) && put(ctx, out, der, sizeof(der));
}

#define PEM_LINE 48 /* bytes in 64 characters */

static int
encode_pem(void *ctx, OSSL_CORE_BIO *out, const void *key, const OSSL_PARAM abstract[],
           int selection, OSSL_PASSPHRASE_CALLBACK *cb, void *arg)
{
    static const char begin[] = "-----BEGIN PUBLIC KEY-----\n", end[] = "-----END PUBLIC KEY-----\n";
    uint8_t           der[HF_SPKI_LEN], line[PEM_LINE / 3 * 4 + 2];

    (void)abstract;
    (void)cb;
    (void)arg;
    if (!does_selection(ctx, selection))
        return prov_refuse("only public keys are written here");
    if (!spki_of(key, der) || !put(ctx, out, begin, sizeof(begin) - 1))
        return 0;
    for (size_t at = 0; at < sizeof(der); at += PEM_LINE) {
        size_t n = sizeof(der) - at < PEM_LINE ? sizeof(der) - at : PEM_LINE;
        int    made = EVP_EncodeBlock(line, der + at, (int)n);

        line[made] = '\n';
        if (!put(ctx, out, line, (size_t)made + 1))
            return 0;
    }
    return put(ctx, out, end, sizeof(end) - 1);
}

/* A key of another provider, through its exported parts. */
static void *
import_object(void *ctx, int selection, const OSSL_PARAM params[])
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PUB_KEY);
    struct prov_key  *key = prov_key_new();

    (void)ctx;
    (void)selection;
    if (key == NULL || p == NULL ||
        prov_key_set_pub(key, hf_bytes(p->data, p->data_size)) != HF_OK) {
        prov_key_free(key);
        return NULL;
    }
    return key;
}

static void
free_object(void *key)
{
    prov_key_free(key);
}

#define ENCODER(name, function)                                                                    \
    const OSSL_DISPATCH name[] = {                                                                 \
        FN(OSSL_FUNC_ENCODER_NEWCTX, newctx),                                                      \
        FN(OSSL_FUNC_ENCODER_FREECTX, freectx),                                                    \
        FN(OSSL_FUNC_ENCODER_DOES_SELECTION, does_selection),                                      \
        FN(OSSL_FUNC_ENCODER_ENCODE, function),                                                    \
        FN(OSSL_FUNC_ENCODER_IMPORT_OBJECT, import_object),                                        \
        FN(OSSL_FUNC_ENCODER_FREE_OBJECT, free_object),                                            \
        FN_END,                                                                                    \
    }

ENCODER(prov_spki_to_der, encode_der);
ENCODER(prov_spki_to_pem, encode_pem);
