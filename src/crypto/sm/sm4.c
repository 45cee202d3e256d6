/*
 * sm4.c - keys, and the modes that are only the block cipher: ECB, CBC, CTR.
 */
#include "crypto/sm/sm4.h"

#include <openssl/crypto.h>
#include <string.h>

#include "crypto/sm/sm4_impl.h"

/* -- Keys ------------------------------------------------------------------- */

static uint32_t
rol32(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

/* CK of GB/T 32907 7.3: byte j of word i is 7 * (4i + j) modulo 256. */
static uint32_t
constant(unsigned i)
{
    uint32_t ck = 0;

    for (unsigned j = 0; j < 4; j++)
        ck = ck << 8 | ((4 * i + j) * 7 & 0xff);
    return ck;
}

void
hf_sm4_key_set(struct hf_sm4_key *k, const uint8_t key[HF_SM4_KEY])
{
    static const uint32_t     fk[4] = { 0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc };
    const struct hf_sm4_impl *impl = hf_sm4_impl();
    uint32_t                  w[4];

    for (unsigned i = 0; i < 4; i++)
        w[i] = hf_sm4_be32(key + 4 * i) ^ fk[i];
    for (unsigned i = 0; i < 32; i++) {
        uint32_t t = w[(i + 1) % 4] ^ w[(i + 2) % 4] ^ w[(i + 3) % 4] ^ constant(i);

        t = impl->tau(t);
        w[i % 4] ^= t ^ rol32(t, 13) ^ rol32(t, 23);
        k->enc[i] = k->dec[31 - i] = w[i % 4];
    }
    if (impl->keys != NULL) {
        impl->keys(k->enc);
        impl->keys(k->dec);
    }
    OPENSSL_cleanse(w, sizeof(w));
}

void
hf_sm4_key_clear(struct hf_sm4_key *k)
{
    OPENSSL_cleanse(k, sizeof(*k));
}

/* -- ECB, CBC --------------------------------------------------------------- */

void
hf_sm4_ecb_encrypt(const struct hf_sm4_key *k, const uint8_t *in, uint8_t *out, size_t blocks)
{
    hf_sm4_impl()->ecb(k->enc, in, out, blocks);
}

void
hf_sm4_ecb_decrypt(const struct hf_sm4_key *k, const uint8_t *in, uint8_t *out, size_t blocks)
{
    hf_sm4_impl()->ecb(k->dec, in, out, blocks);
}

void
hf_sm4_cbc_encrypt(const struct hf_sm4_key *k, uint8_t iv[HF_SM4_BLOCK], const uint8_t *in,
                   uint8_t *out, size_t blocks)
{
    hf_sm4_impl()->chain(k->enc, iv, in, out, blocks);
}

void
hf_sm4_cbc_decrypt(const struct hf_sm4_key *k, uint8_t iv[HF_SM4_BLOCK], const uint8_t *in,
                   uint8_t *out, size_t blocks)
{
    hf_sm4_impl()->cbc_decrypt(k->dec, iv, in, out, blocks);
}

/* -- CTR -------------------------------------------------------------------- */

void
hf_sm4_ctr_init(struct hf_sm4_ctr *c, const uint8_t iv[HF_SM4_BLOCK])
{
    memcpy(c->counter, iv, HF_SM4_BLOCK);
    c->used = 0;
}

static void
counter_add(uint8_t counter[HF_SM4_BLOCK], uint64_t n)
{
    for (unsigned i = HF_SM4_BLOCK; i-- > 0 && n > 0;) {
        n += counter[i];
        counter[i] = (uint8_t)n;
        n >>= 8;
    }
}

/* Whole blocks; the kernels count in 32 bits, so stop where those wrap. */
static void
ctr_blocks(struct hf_sm4_ctr *c, const struct hf_sm4_key *k, const uint8_t *in, uint8_t *out,
           size_t n)
{
    while (n > 0) {
        uint64_t room = ((uint64_t)1 << 32) - hf_sm4_be32(c->counter + 12);
        size_t   m = n < room ? n : (size_t)room;

        hf_sm4_impl()->ctr(k->enc, c->counter, in, out, m);
        counter_add(c->counter, m);
        in += HF_SM4_BLOCK * m;
        out += HF_SM4_BLOCK * m;
        n -= m;
    }
}

void
hf_sm4_ctr_update(struct hf_sm4_ctr *c, const struct hf_sm4_key *k, const uint8_t *in, uint8_t *out,
                  size_t n)
{
    static const uint8_t zero[HF_SM4_BLOCK];
    size_t               whole;

    for (; n > 0 && c->used > 0; n--) {
        *out++ = *in++ ^ c->pad[c->used];
        c->used = (c->used + 1) % HF_SM4_BLOCK;
    }
    whole = n / HF_SM4_BLOCK;
    ctr_blocks(c, k, in, out, whole);
    in += HF_SM4_BLOCK * whole;
    out += HF_SM4_BLOCK * whole;
    n -= HF_SM4_BLOCK * whole;
    if (n > 0)
        ctr_blocks(c, k, zero, c->pad, 1);
    for (; n > 0; n--, c->used++)
        *out++ = *in++ ^ c->pad[c->used];
}
