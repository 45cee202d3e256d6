#include "crypto/sm/sm3.h"

#include <openssl/crypto.h>
#include <string.h>

#include "crypto/sm/sm3_impl.h"

const uint32_t hf_sm3_iv[8] = { 0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
                                0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e };

static void
put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

void
hf_sm3_put(const uint32_t h[8], uint8_t out[HF_SM3_LEN])
{
    for (unsigned i = 0; i < 8; i++)
        put32(out + 4 * i, h[i]);
}

void
hf_sm3_finish(uint32_t h[8], const uint8_t *p, uint64_t total)
{
    uint8_t  last[2 * HF_SM3_BLOCK] = { 0 };
    size_t   left = total % HF_SM3_BLOCK, n = left < 56 ? 1 : 2;
    uint8_t *length = last + n * HF_SM3_BLOCK - 8;

    if (left > 0)
        memcpy(last, p, left);
    last[left] = 0x80;
    put32(length, (uint32_t)(total >> 29));
    put32(length + 4, (uint32_t)(total << 3));
    hf_sm3_impl()->blocks(h, last, n);
    OPENSSL_cleanse(last, left);
}

/* -- One message ------------------------------------------------------------ */

void
hf_sm3_init(struct hf_sm3 *c)
{
    memcpy(c->h, hf_sm3_iv, sizeof(c->h));
    c->n = 0;
}

void
hf_sm3_update(struct hf_sm3 *c, const void *data, size_t n)
{
    const uint8_t *p = data;
    size_t         have = c->n % HF_SM3_BLOCK, room = HF_SM3_BLOCK - have;

    if (n == 0)
        return;
    c->n += n;
    if (have > 0) {
        if (n < room) {
            memcpy(c->buf + have, p, n);
            return;
        }
        memcpy(c->buf + have, p, room);
        hf_sm3_impl()->blocks(c->h, c->buf, 1);
        p += room;
        n -= room;
    }
    hf_sm3_impl()->blocks(c->h, p, n / HF_SM3_BLOCK);
    if (n % HF_SM3_BLOCK > 0)
        memcpy(c->buf, p + n / HF_SM3_BLOCK * HF_SM3_BLOCK, n % HF_SM3_BLOCK);
}

void
hf_sm3_final(struct hf_sm3 *c, uint8_t out[HF_SM3_LEN])
{
    hf_sm3_finish(c->h, c->buf, c->n);
    hf_sm3_put(c->h, out);
    OPENSSL_cleanse(c, sizeof(*c));
}

void
hf_sm3(const void *p, size_t n, uint8_t out[HF_SM3_LEN])
{
    uint32_t       h[8];
    size_t         whole = n / HF_SM3_BLOCK;
    const uint8_t *rest = n == 0 ? NULL : (const uint8_t *)p + whole * HF_SM3_BLOCK;

    memcpy(h, hf_sm3_iv, sizeof(h));
    hf_sm3_impl()->blocks(h, p, whole);
    hf_sm3_finish(h, rest, n);
    hf_sm3_put(h, out);
}

/* -- HMAC ------------------------------------------------------------------- */

/* The state after the key block xored with `pad` (RFC 2104 section 2). */
static void
key_block(uint32_t h[8], const uint8_t key[HF_SM3_BLOCK], uint8_t pad)
{
    uint8_t block[HF_SM3_BLOCK];

    for (unsigned i = 0; i < HF_SM3_BLOCK; i++)
        block[i] = key[i] ^ pad;
    memcpy(h, hf_sm3_iv, sizeof(hf_sm3_iv));
    hf_sm3_impl()->blocks(h, block, 1);
    OPENSSL_cleanse(block, sizeof(block));
}

void
hf_sm3_hmac_key(struct hf_sm3_hmac_key *k, struct hf_bytes key)
{
    uint8_t block[HF_SM3_BLOCK] = { 0 };

    if (key.n > sizeof(block))
        hf_sm3(key.p, key.n, block);
    else if (key.n > 0)
        memcpy(block, key.p, key.n);
    key_block(k->inner, block, 0x36);
    key_block(k->outer, block, 0x5c);
    OPENSSL_cleanse(block, sizeof(block));
}

void
hf_sm3_hmac_key_clear(struct hf_sm3_hmac_key *k)
{
    OPENSSL_cleanse(k, sizeof(*k));
}

void
hf_sm3_hmac_init(struct hf_sm3_hmac *c, const struct hf_sm3_hmac_key *k)
{
    memcpy(c->in.h, k->inner, sizeof(c->in.h));
    c->in.n = HF_SM3_BLOCK;
    memcpy(c->outer, k->outer, sizeof(c->outer));
}

void
hf_sm3_hmac_update(struct hf_sm3_hmac *c, const void *p, size_t n)
{
    hf_sm3_update(&c->in, p, n);
}

void
hf_sm3_hmac_final(struct hf_sm3_hmac *c, uint8_t out[HF_SM3_LEN])
{
    uint8_t inner[HF_SM3_LEN];

    hf_sm3_final(&c->in, inner);
    hf_sm3_finish(c->outer, inner, HF_SM3_BLOCK + sizeof(inner));
    hf_sm3_put(c->outer, out);
    OPENSSL_cleanse(inner, sizeof(inner));
    OPENSSL_cleanse(c, sizeof(*c));
}

void
hf_sm3_hmac(struct hf_bytes key, struct hf_bytes msg, uint8_t out[HF_SM3_LEN])
{
    struct hf_sm3_hmac_key k;
    struct hf_sm3_hmac     c;

    hf_sm3_hmac_key(&k, key);
    hf_sm3_hmac_init(&c, &k);
    hf_sm3_hmac_update(&c, msg.p, msg.n);
    hf_sm3_hmac_final(&c, out);
    hf_sm3_hmac_key_clear(&k);
}
