/*
 * ghash_generic.c - GHASH (SP 800-38D 6.4) in portable C.
 *
 * Blocks are read as big-endian 128-bit numbers, which reverses GHASH's bits
 * and bytes at once; a product then needs an extra factor x, put into the key,
 * and reduces modulo x^128 + x^127 + x^126 + x^121 + 1 from the low end (the
 * form of POLYVAL, RFC 8452 appendix A). Carry-less products are made of
 * integer ones with three empty bits between the bits that count.
 */
#include <string.h>

#include "crypto/sm/sm4_impl.h"

static uint64_t
be64(const uint8_t *p)
{
    return (uint64_t)hf_sm4_be32(p) << 32 | hf_sm4_be32(p + 4);
}

static void
put64(uint8_t *p, uint64_t v)
{
    for (unsigned i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

/* The low 64 bits of the carry-less product. */
static uint64_t
product_low(uint64_t a, uint64_t b)
{
    const uint64_t m = 0x1111111111111111;
    uint64_t       x[4], y[4], r = 0;

    for (unsigned i = 0; i < 4; i++) {
        x[i] = a & m << i;
        y[i] = b & m << i;
    }
    for (unsigned s = 0; s < 4; s++) { /* sums of two indices that are s modulo 4 */
        uint64_t z = 0;

        for (unsigned i = 0; i < 4; i++)
            z ^= x[i] * y[(s - i) & 3];
        r |= z & m << s;
    }
    return r;
}

static uint64_t
reverse(uint64_t v)
{
    v = (v >> 1 & 0x5555555555555555) | (v & 0x5555555555555555) << 1;
    v = (v >> 2 & 0x3333333333333333) | (v & 0x3333333333333333) << 2;
    v = (v >> 4 & 0x0f0f0f0f0f0f0f0f) | (v & 0x0f0f0f0f0f0f0f0f) << 4;
    return __builtin_bswap64(v);
}

/* r[0..1] = a * b; the high half is the low half of the mirrored product. */
static void
product(uint64_t r[2], uint64_t a, uint64_t b)
{
    r[0] = product_low(a, b);
    r[1] = reverse(product_low(reverse(a), reverse(b))) >> 1;
}

/* Fold the word v[0] into v[1..2] and forget it. */
static void
fold(uint64_t v[3])
{
    v[1] ^= v[0] << 63 ^ v[0] << 62 ^ v[0] << 57;
    v[2] ^= v[0] ^ v[0] >> 1 ^ v[0] >> 2 ^ v[0] >> 7;
}

static void
multiply(uint64_t y[2], const uint64_t h[2])
{
    uint64_t low[2], high[2], mid[2], v[4];

    product(low, y[0], h[0]);
    product(high, y[1], h[1]);
    product(mid, y[0] ^ y[1], h[0] ^ h[1]);
    v[0] = low[0];
    v[1] = low[1] ^ mid[0] ^ low[0] ^ high[0];
    v[2] = high[0] ^ mid[1] ^ low[1] ^ high[1];
    v[3] = high[1];
    fold(v);
    fold(v + 1);
    y[0] = v[2];
    y[1] = v[3];
}

static void
init(struct hf_ghash_key *k, const uint8_t h[16])
{
    uint64_t hi = be64(h), lo = be64(h + 8), carry = 0 - (hi >> 63);

    hi = (hi << 1 | lo >> 63) ^ (carry & 0xc200000000000000);
    lo = lo << 1 ^ (carry & 1);
    memset(k, 0, sizeof(*k));
    memcpy(k->h[15], &lo, sizeof(lo));
    memcpy(k->h[15] + 8, &hi, sizeof(hi));
}

static void
blocks(const struct hf_ghash_key *k, uint8_t y[16], const uint8_t *p, size_t n)
{
    uint64_t a[2] = { be64(y + 8), be64(y) }, h[2];

    memcpy(h, k->h[15], sizeof(h));
    for (; n > 0; n--, p += 16) {
        a[0] ^= be64(p + 8);
        a[1] ^= be64(p);
        multiply(a, h);
    }
    put64(y, a[1]);
    put64(y + 8, a[0]);
}

const struct hf_ghash_impl hf_ghash_generic = { init, blocks };
