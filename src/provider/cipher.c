/*
 * cipher.c - SM4 in ECB, CBC and CTR mode (provider-cipher(7)).
 */
#include "provider/cipher.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/proverr.h>
#include <stdlib.h>
#include <string.h>

/* -- Shared answers --------------------------------------------------------- */

int
cipher_answer_size(OSSL_PARAM params[], const char *name, size_t value)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, name);

    return p == NULL || OSSL_PARAM_set_size_t(p, value);
}

int
cipher_answer_bytes(OSSL_PARAM params[], const char *name, const void *bytes, size_t n)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, name);
    const void *ptr = bytes;

    if (p == NULL)
        return 1;
    if (p->data_type == OSSL_PARAM_OCTET_PTR)
        return OSSL_PARAM_set_octet_ptr(p, ptr, n);
    if (p->data != NULL && p->data_size < n)
        return prov_refuse("buffer for the value is too small");
    return OSSL_PARAM_set_octet_string(p, bytes, n);
}

int
cipher_get_facts(const struct cipher_facts *f, OSSL_PARAM params[])
{
    OSSL_PARAM *p;

    if ((p = OSSL_PARAM_locate(params, OSSL_CIPHER_PARAM_MODE)) != NULL &&
        !OSSL_PARAM_set_uint(p, f->mode))
        return 0;
    if ((p = OSSL_PARAM_locate(params, OSSL_CIPHER_PARAM_AEAD)) != NULL &&
        !OSSL_PARAM_set_int(p, f->aead))
        return 0;
    if ((p = OSSL_PARAM_locate(params, OSSL_CIPHER_PARAM_CUSTOM_IV)) != NULL &&
        !OSSL_PARAM_set_int(p, f->own_iv_length))
        return 0;
    return cipher_answer_size(params, OSSL_CIPHER_PARAM_KEYLEN, f->key) &&
           cipher_answer_size(params, OSSL_CIPHER_PARAM_BLOCK_SIZE, f->block) &&
           cipher_answer_size(params, OSSL_CIPHER_PARAM_IVLEN, f->iv);
}

const OSSL_PARAM *
cipher_gettable_params(void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_MODE, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_IVLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_BLOCK_SIZE, NULL),
        OSSL_PARAM_int(OSSL_CIPHER_PARAM_AEAD, NULL),
        OSSL_PARAM_int(OSSL_CIPHER_PARAM_CUSTOM_IV, NULL),
        OSSL_PARAM_END,
    };

    (void)prov;
    return list;
}

int
cipher_no_final(void *ctx, unsigned char *out, size_t *out_n, size_t room)
{
    (void)ctx;
    (void)out;
    (void)room;
    *out_n = 0;
    return 1;
}

/* -- A context -------------------------------------------------------------- */

struct ctx {
    const struct cipher_facts *facts;
    bool                       encrypt, keyed, padding;
    struct hf_sm4_key          key;
    uint8_t                    first_iv[16], iv[16]; /* as given; the chain now */
    struct hf_sm4_ctr          ctr;
    uint8_t                    held[16]; /* an incomplete block, or the last one of a decryption */
    size_t                     held_n;
};

static const struct cipher_facts ecb = { EVP_CIPH_ECB_MODE, 16, 16, 0, false, false };
static const struct cipher_facts cbc = { EVP_CIPH_CBC_MODE, 16, 16, 16, false, false };
static const struct cipher_facts ctr = { EVP_CIPH_CTR_MODE, 1, 16, 16, false, false };

static void *
new_of(const struct cipher_facts *facts)
{
    struct ctx *c = calloc(1, sizeof(*c));

    if (c != NULL) {
        c->facts = facts;
        c->padding = true;
    }
    return c;
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
    unsigned          padding;
    size_t            n;

    if (params == NULL)
        return 1;
    if ((p = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_PADDING)) != NULL) {
        if (!OSSL_PARAM_get_uint(p, &padding))
            return 0;
        c->padding = padding != 0;
    }
    if ((p = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_KEYLEN)) != NULL &&
        (!OSSL_PARAM_get_size_t(p, &n) || n != c->facts->key))
        return prov_refuse("SM4 keys have 16 bytes");
    return 1;
}

static int
start(struct ctx *c, bool encrypt, const unsigned char *key, size_t key_n, const unsigned char *iv,
      size_t iv_n)
{
    c->encrypt = encrypt;
    if (key != NULL && key_n != c->facts->key)
        return prov_refuse("SM4 keys have 16 bytes");
    if (iv != NULL && iv_n != c->facts->iv)
        return prov_refuse("the IV must have 16 bytes");
    if (key != NULL) {
        hf_sm4_key_set(&c->key, key);
        c->keyed = true;
    }
    if (iv != NULL)
        memcpy(c->first_iv, iv, iv_n);
    memcpy(c->iv, c->first_iv, sizeof(c->iv));
    hf_sm4_ctr_init(&c->ctr, c->iv);
    c->held_n = 0;
    return 1;
}

CIPHER_STARTS

/* -- Data ------------------------------------------------------------------- */

static void
crypt_blocks(struct ctx *c, const uint8_t *in, uint8_t *out, size_t blocks)
{
    if (c->facts == &ecb && c->encrypt)
        hf_sm4_ecb_encrypt(&c->key, in, out, blocks);
    else if (c->facts == &ecb)
        hf_sm4_ecb_decrypt(&c->key, in, out, blocks);
    else if (c->encrypt)
        hf_sm4_cbc_encrypt(&c->key, c->iv, in, out, blocks);
    else
        hf_sm4_cbc_decrypt(&c->key, c->iv, in, out, blocks);
}

static int
no_key(void)
{
    ERR_raise(ERR_LIB_PROV, PROV_R_NO_KEY_SET);
    return 0;
}

/* Whole blocks of held || in to out, the rest into held. out_n is a multiple of 16. */
static void
block_run(struct ctx *c, uint8_t *out, size_t out_n, const uint8_t *in, size_t n)
{
    size_t fill = 16 - c->held_n;

    if (c->held_n > 0 && out_n > 0) {
        memcpy(c->held + c->held_n, in, fill);
        crypt_blocks(c, c->held, out, 1);
        in += fill;
        n -= fill;
        out += 16;
        out_n -= 16;
        c->held_n = 0;
    }
    crypt_blocks(c, in, out, out_n / 16);
    if (n > out_n)
        memcpy(c->held + c->held_n, in + out_n, n - out_n);
    c->held_n += n - out_n;
}

/* Whole blocks go out; what is left over waits. A padded decryption keeps its last block. */
static int
block_update(void *ctx, unsigned char *out, size_t *out_n, size_t room, const unsigned char *in,
             size_t n)
{
    struct ctx *c = ctx;
    size_t      all = c->held_n + n, keep = all % 16;
    uint8_t    *copy;

    if (!c->keyed)
        return no_key();
    if (keep == 0 && all > 0 && !c->encrypt && c->padding)
        keep = 16;
    if (all - keep > room)
        return prov_refuse("output buffer is too small");
    *out_n = all - keep;
    if (c->held_n == 0 || in != out || n == 0) {
        block_run(c, out, *out_n, in, n);
        return 1;
    }
    /* in place, and the output runs ahead of the input by what was held */
    if ((copy = malloc(n)) == NULL)
        return 0;
    memcpy(copy, in, n);
    block_run(c, out, *out_n, copy, n);
    OPENSSL_cleanse(copy, n);
    free(copy);
    return 1;
}

static int
wrong_length(void)
{
    ERR_raise(ERR_LIB_PROV, PROV_R_WRONG_FINAL_BLOCK_LENGTH);
    return 0;
}

/* PKCS #7: the last block, with as many bytes of padding as they say. */
static int
pad_last(struct ctx *c, unsigned char *out, size_t *out_n, size_t room)
{
    uint8_t pad = (uint8_t)(16 - c->held_n);

    if (room < 16)
        return prov_refuse("output buffer is too small");
    memset(c->held + c->held_n, pad, pad);
    crypt_blocks(c, c->held, out, 1);
    c->held_n = 0;
    *out_n = 16;
    return 1;
}

/* What is wrong with a padding shows, as with libcrypto's own provider: use GCM. */
static int
unpad_last(struct ctx *c, unsigned char *out, size_t *out_n, size_t room)
{
    uint8_t pad, bad = 0;

    if (c->held_n != 16)
        return wrong_length();
    crypt_blocks(c, c->held, c->held, 1);
    c->held_n = 0;
    pad = c->held[15];
    for (unsigned i = 0; i < 16; i++)
        bad |= i < pad ? c->held[15 - i] ^ pad : 0;
    if (pad == 0 || pad > 16 || bad != 0) {
        ERR_raise(ERR_LIB_PROV, PROV_R_BAD_DECRYPT);
        return 0;
    }
    if (room < 16u - pad)
        return prov_refuse("output buffer is too small");
    memcpy(out, c->held, 16u - pad);
    *out_n = 16u - pad;
    return 1;
}

static int
block_final(void *ctx, unsigned char *out, size_t *out_n, size_t room)
{
    struct ctx *c = ctx;

    *out_n = 0;
    if (!c->keyed)
        return no_key();
    if (!c->padding)
        return c->held_n == 0 ? 1 : wrong_length();
    return c->encrypt ? pad_last(c, out, out_n, room) : unpad_last(c, out, out_n, room);
}

static int
stream_update(void *ctx, unsigned char *out, size_t *out_n, size_t room, const unsigned char *in,
              size_t n)
{
    struct ctx *c = ctx;

    if (!c->keyed)
        return no_key();
    if (room < n)
        return prov_refuse("output buffer is too small");
    hf_sm4_ctr_update(&c->ctr, &c->key, in, out, n);
    *out_n = n;
    return 1;
}

/* EVP_Cipher(): whole blocks, no padding. */
static int
one_shot(void *ctx, unsigned char *out, size_t *out_n, size_t room, const unsigned char *in,
         size_t n)
{
    struct ctx *c = ctx;

    if (c->facts == &ctr)
        return stream_update(ctx, out, out_n, room, in, n);
    if (!c->keyed)
        return no_key();
    if (room < n || n % 16 != 0)
        return prov_refuse("whole blocks only");
    crypt_blocks(c, in, out, n / 16);
    *out_n = n;
    return 1;
}

static int
get_ctx_params(void *ctx, OSSL_PARAM params[])
{
    struct ctx    *c = ctx;
    const uint8_t *now = c->facts == &ctr ? c->ctr.counter : c->iv;
    OSSL_PARAM    *p;

    if ((p = OSSL_PARAM_locate(params, OSSL_CIPHER_PARAM_PADDING)) != NULL &&
        !OSSL_PARAM_set_uint(p, c->padding))
        return 0;
    if ((p = OSSL_PARAM_locate(params, OSSL_CIPHER_PARAM_NUM)) != NULL &&
        !OSSL_PARAM_set_uint(p, c->ctr.used))
        return 0;
    return cipher_answer_size(params, OSSL_CIPHER_PARAM_KEYLEN, c->facts->key) &&
           cipher_answer_size(params, OSSL_CIPHER_PARAM_IVLEN, c->facts->iv) &&
           cipher_answer_bytes(params, OSSL_CIPHER_PARAM_IV, c->first_iv, c->facts->iv) &&
           cipher_answer_bytes(params, OSSL_CIPHER_PARAM_UPDATED_IV, now, c->facts->iv);
}

static const OSSL_PARAM *
gettable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_IVLEN, NULL),
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_PADDING, NULL),
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_NUM, NULL),
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
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_PADDING, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return list;
}

CIPHER_TABLE(ecb, block_update, block_final, one_shot);
CIPHER_TABLE(cbc, block_update, block_final, one_shot);
CIPHER_TABLE(ctr, stream_update, cipher_no_final, one_shot);
