/*
 * cipher_aead.c - SM4-GCM and SM4-CCM (provider-cipher(7)).
 *
 * GCM takes its data in pieces; as everywhere in EVP, the caller must not
 * trust decrypted text before Final has accepted the tag. CCM takes the
 * length of the text first (an update without buffers), then additional data
 * at once, then the text at once.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/proverr.h>
#include <stdlib.h>
#include <string.h>

#include "provider/cipher.h"

#define NONCE_MAX 512

static const struct cipher_facts gcm = { EVP_CIPH_GCM_MODE, 1, 16, 12, true, true };
static const struct cipher_facts ccm = { EVP_CIPH_CCM_MODE, 1, 16, 7, true, true };

struct ctx {
    const struct cipher_facts *facts;
    bool                       encrypt, keyed, has_nonce;
    bool                       running; /* GCM: started; CCM: text was seen */
    bool                       has_tag; /* given for decryption, or computed */
    size_t                     nonce_n, tag_n, aad_n;
    uint8_t                    nonce[NONCE_MAX], tag[16];
    uint8_t                   *aad; /* CCM: owned, until the text comes */
    struct hf_sm4_gcm          gcm;
    struct hf_sm4_gcm_key      key; /* CCM uses key.sm4 only */
};

/* -- Life ------------------------------------------------------------------- */

static void *
new_of(const struct cipher_facts *facts)
{
    struct ctx *c = aligned_alloc(64, (sizeof(*c) + 63) / 64 * 64);

    if (c == NULL)
        return NULL;
    memset(c, 0, sizeof(*c));
    c->facts = facts;
    c->nonce_n = facts->iv;
    c->tag_n = facts == &gcm ? 16 : 12;
    return c;
}

static void
forget_aad(struct ctx *c)
{
    free(c->aad);
    c->aad = NULL;
    c->aad_n = 0;
}

static void
freectx(void *ctx)
{
    struct ctx *c = ctx;

    if (c == NULL)
        return;
    forget_aad(c);
    OPENSSL_cleanse(c, sizeof(*c));
    free(c);
}

static void *
dupctx(void *ctx)
{
    const struct ctx *c = ctx;
    struct ctx       *copy = new_of(c->facts);

    if (copy == NULL)
        return NULL;
    *copy = *c;
    copy->aad = NULL;
    if (c->aad_n > 0 && (copy->aad = malloc(c->aad_n)) == NULL) {
        freectx(copy);
        return NULL;
    }
    if (c->aad_n > 0)
        memcpy(copy->aad, c->aad, c->aad_n);
    return copy;
}

/* -- Parameters ------------------------------------------------------------- */

static int
set_tag(struct ctx *c, const OSSL_PARAM *p)
{
    if (p->data_type != OSSL_PARAM_OCTET_STRING || p->data_size < 4 || p->data_size > 16 ||
        (c->facts == &ccm && p->data_size % 2 != 0))
        return prov_refuse("a tag has 4 to 16 bytes, for CCM an even number");
    if (p->data != NULL && c->encrypt)
        return prov_refuse("a tag is given for decryption only");
    c->tag_n = p->data_size;
    if (p->data != NULL) {
        memcpy(c->tag, p->data, p->data_size);
        c->has_tag = true;
    }
    return 1;
}

static int
set_nonce_length(struct ctx *c, const OSSL_PARAM *p)
{
    size_t n;

    if (!OSSL_PARAM_get_size_t(p, &n))
        return 0;
    if (n == 0 || n > NONCE_MAX || (c->facts == &ccm && (n < 7 || n > 13)))
        return prov_refuse("nonce length: 1 to 512 bytes for GCM, 7 to 13 for CCM");
    if (n != c->nonce_n)
        c->has_nonce = false;
    c->nonce_n = n;
    return 1;
}

static int
set_ctx_params(void *ctx, const OSSL_PARAM params[])
{
    struct ctx       *c = ctx;
    const OSSL_PARAM *p;
    size_t            n;

    if (params == NULL)
        return 1;
    if ((p = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_AEAD_TAG)) != NULL && !set_tag(c, p))
        return 0;
    if ((p = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_AEAD_IVLEN)) != NULL &&
        !set_nonce_length(c, p))
        return 0;
    if ((p = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_KEYLEN)) != NULL &&
        (!OSSL_PARAM_get_size_t(p, &n) || n != c->facts->key))
        return prov_refuse("SM4 keys have 16 bytes");
    return 1;
}

static const OSSL_PARAM *
settable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, NULL),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return list;
}

static int
get_ctx_params(void *ctx, OSSL_PARAM params[])
{
    struct ctx *c = ctx;
    OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_CIPHER_PARAM_AEAD_TAG);

    if (p != NULL) {
        if (!c->encrypt || !c->has_tag || p->data_size == 0 || p->data_size > 16)
            return prov_refuse("there is a tag after an encryption only");
        if (!OSSL_PARAM_set_octet_string(p, c->tag, p->data_size))
            return 0;
    }
    return cipher_answer_size(params, OSSL_CIPHER_PARAM_KEYLEN, c->facts->key) &&
           cipher_answer_size(params, OSSL_CIPHER_PARAM_IVLEN, c->nonce_n) &&
           cipher_answer_size(params, OSSL_CIPHER_PARAM_AEAD_TAGLEN, c->tag_n) &&
           cipher_answer_bytes(params, OSSL_CIPHER_PARAM_IV, c->nonce, c->nonce_n) &&
           cipher_answer_bytes(params, OSSL_CIPHER_PARAM_UPDATED_IV, c->nonce, c->nonce_n);
}

static const OSSL_PARAM *
gettable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_IVLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_AEAD_TAGLEN, NULL),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_IV, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_UPDATED_IV, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return list;
}

/* -- Start ------------------------------------------------------------------ */

static int
start(struct ctx *c, bool encrypt, const unsigned char *key, size_t key_n, const unsigned char *iv,
      size_t iv_n)
{
    c->encrypt = encrypt;
    c->running = false;
    c->has_tag = c->has_tag && !encrypt;
    forget_aad(c);
    if (key != NULL && key_n != c->facts->key)
        return prov_refuse("SM4 keys have 16 bytes");
    if (iv != NULL && (iv_n == 0 || iv_n > NONCE_MAX || (c->facts == &ccm && iv_n > 13)))
        return prov_refuse("nonce length");
    if (key != NULL && c->facts == &gcm)
        hf_sm4_gcm_key_set(&c->key, key);
    else if (key != NULL)
        hf_sm4_key_set(&c->key.sm4, key);
    c->keyed = c->keyed || key != NULL;
    if (iv != NULL) {
        memcpy(c->nonce, iv, iv_n);
        c->nonce_n = iv_n;
        c->has_nonce = true;
    }
    return 1;
}

CIPHER_STARTS

static int
ready(struct ctx *c)
{
    if (!c->keyed || !c->has_nonce)
        return prov_refuse("no key, or no fresh nonce");
    return 1;
}

/* -- GCM -------------------------------------------------------------------- */

static int
gcm_begin(struct ctx *c)
{
    if (c->running)
        return 1;
    if (!ready(c))
        return 0;
    if (hf_sm4_gcm_init(&c->gcm, &c->key, hf_bytes(c->nonce, c->nonce_n)) != HF_OK)
        return prov_error();
    c->running = true;
    return 1;
}

static int
gcm_update(void *ctx, unsigned char *out, size_t *out_n, size_t room, const unsigned char *in,
           size_t n)
{
    struct ctx *c = ctx;
    enum hf_rc  rc;

    if (!gcm_begin(c))
        return 0;
    *out_n = n;
    if (out == NULL)
        rc = hf_sm4_gcm_aad(&c->gcm, &c->key, hf_bytes(in, n));
    else if (room < n)
        return prov_refuse("output buffer is too small");
    else if (c->encrypt)
        rc = hf_sm4_gcm_encrypt(&c->gcm, &c->key, in, out, n);
    else
        rc = hf_sm4_gcm_decrypt(&c->gcm, &c->key, in, out, n);
    return rc == HF_OK ? 1 : prov_error();
}

static int
gcm_final(void *ctx, unsigned char *out, size_t *out_n, size_t room)
{
    struct ctx *c = ctx;
    uint8_t     tag[16];
    bool        match;

    (void)out;
    (void)room;
    *out_n = 0;
    if (!gcm_begin(c))
        return 0;
    if (!c->encrypt && !c->has_tag)
        return prov_refuse("no tag to compare with");
    hf_sm4_gcm_tag(&c->gcm, &c->key, tag);
    c->running = false;
    c->has_nonce = false; /* a nonce serves once */
    if (c->encrypt) {
        memcpy(c->tag, tag, 16);
        c->has_tag = true;
        return 1;
    }
    match = hf_bytes_eq_secret(hf_bytes(tag, c->tag_n), hf_bytes(c->tag, c->tag_n));
    OPENSSL_cleanse(tag, sizeof(tag));
    c->has_tag = false;
    return match;
}

/* -- CCM -------------------------------------------------------------------- */

static int
ccm_aad(struct ctx *c, const unsigned char *in, size_t n)
{
    if (c->aad != NULL)
        return prov_refuse("CCM takes its additional data at once");
    if (n > 0 && (c->aad = malloc(n)) == NULL)
        return 0;
    if (n > 0)
        memcpy(c->aad, in, n);
    c->aad_n = n;
    return 1;
}

static int
ccm_text(struct ctx *c, unsigned char *out, const unsigned char *in, size_t n)
{
    struct hf_sm4_aead r = { hf_bytes(c->nonce, c->nonce_n),
                             hf_bytes(c->aad, c->aad_n),
                             hf_bytes(in, n),
                             out,
                             c->tag,
                             c->tag_n };
    enum hf_rc         rc;

    if (c->running)
        return prov_refuse("CCM takes its text at once");
    if (!ready(c))
        return 0;
    if (!c->encrypt && !c->has_tag)
        return prov_refuse("no tag to compare with");
    rc = c->encrypt ? hf_sm4_ccm_seal(&c->key.sm4, &r) : hf_sm4_ccm_open(&c->key.sm4, &r);
    c->running = true;
    c->has_nonce = false;
    c->has_tag = c->encrypt && rc == HF_OK;
    forget_aad(c);
    return rc == HF_OK ? 1 : prov_error();
}

static int
ccm_update(void *ctx, unsigned char *out, size_t *out_n, size_t room, const unsigned char *in,
           size_t n)
{
    struct ctx *c = ctx;

    *out_n = n;
    if (out == NULL && in == NULL)
        return 1; /* the length of the text, which we learn with the text */
    if (out == NULL)
        return ccm_aad(c, in, n);
    if (room < n)
        return prov_refuse("output buffer is too small");
    return ccm_text(c, out, in, n);
}

static int
ccm_final(void *ctx, unsigned char *out, size_t *out_n, size_t room)
{
    struct ctx *c = ctx;
    uint8_t     nothing[1] = { 0 };

    (void)out;
    (void)room;
    *out_n = 0;
    return c->running || ccm_text(c, nothing, nothing, 0);
}

CIPHER_TABLE(gcm, gcm_update, gcm_final, gcm_update);
CIPHER_TABLE(ccm, ccm_update, ccm_final, ccm_update);
