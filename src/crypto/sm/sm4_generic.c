/*
 * sm4_generic.c - SM4 in portable C without tables.
 *
 * Bit-sliced: plane i of a word holds bit i of each of its bytes, for 32
 * blocks at once. A plane is a vector of four 32-bit lanes, lane b for byte b
 * of the word (0 the lowest), bit j for block j. Rotating a word by 8 bits is
 * then rotating lanes, and the S-box is a circuit on the planes.
 *
 * One or two blocks take a shorter way: planes spread over a 64-bit integer.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "crypto/sm/sm4_impl.h"
#include "crypto/sm/sm4_sbox.h"

typedef uint32_t v4 __attribute__((vector_size(16)));

#define BLOCKS 32

/* rol by 8, 16, 24 bits of the words behind a plane */
#define ROL8(v)  __builtin_shufflevector(v, v, 3, 0, 1, 2)
#define ROL16(v) __builtin_shufflevector(v, v, 2, 3, 0, 1)
#define ROL24(v) __builtin_shufflevector(v, v, 1, 2, 3, 0)

/* -- Between blocks and planes ---------------------------------------------- */

/* Exchange the bits of a above `shift` with those of b below, as the mask says. */
static inline void
exchange(v4 *a, v4 *b, unsigned shift, uint32_t mask)
{
    v4 t = ((*a >> shift) ^ *b) & mask;

    *b ^= t;
    *a ^= t << shift;
}

/* Transpose 32 x 32 bits in each of the four lanes. */
static void
transpose_bits(v4 r[32])
{
    static const uint32_t mask[5] = { 0x0000ffff, 0x00ff00ff, 0x0f0f0f0f, 0x33333333, 0x55555555 };

    for (unsigned level = 0, width = 16; level < 5; level++, width /= 2)
        for (unsigned i = 0; i < 32; i++)
            if ((i & width) == 0)
                exchange(&r[i], &r[i + width], width, mask[level]);
}

/* Lane w of row b becomes lane b of row w. */
static inline void
transpose_lanes(v4 r[4])
{
    v4 a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5);
    v4 b = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
    v4 c = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
    v4 d = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);

    r[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    r[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    r[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    r[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

static void
load(v4 x[4][8], const uint8_t *in)
{
    v4 rows[BLOCKS];

    for (unsigned j = 0; j < BLOCKS; j++)
        for (unsigned w = 0; w < 4; w++)
            rows[j][w] = hf_sm4_be32(in + 16 * j + 4 * w);
    transpose_bits(rows);
    for (unsigned i = 0; i < 8; i++) { /* row 8b+i is bit i of byte b of the four words */
        v4 t[4] = { rows[i], rows[8 + i], rows[16 + i], rows[24 + i] };

        transpose_lanes(t);
        for (unsigned w = 0; w < 4; w++)
            x[w][i] = t[w];
    }
}

static void
put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

/* The words leave in reverse order (GB/T 32907 7.1 b). */
static void
unload(v4 x[4][8], uint8_t *out)
{
    v4 rows[BLOCKS];

    for (unsigned i = 0; i < 8; i++) {
        v4 t[4] = { x[3][i], x[2][i], x[1][i], x[0][i] };

        transpose_lanes(t);
        for (unsigned b = 0; b < 4; b++)
            rows[8 * b + i] = t[b];
    }
    transpose_bits(rows);
    for (unsigned j = 0; j < BLOCKS; j++)
        for (unsigned w = 0; w < 4; w++)
            put32(out + 16 * j + 4 * w, rows[j][w]);
}

/* -- Rounds ----------------------------------------------------------------- */

/* x0 ^= L(S(x1 ^ x2 ^ x3 ^ rk)) */
static inline void
round_of(v4 x0[8], const v4 x1[8], const v4 x2[8], const v4 x3[8], uint32_t rk)
{
    v4 key = { rk, rk >> 8, rk >> 16, rk >> 24 }, t[8], u[8];

    for (unsigned i = 0; i < 8; i++)
        t[i] = x1[i] ^ x2[i] ^ x3[i] ^ (0 - ((key >> i) & 1));
    SM4_SBOX(v4, t);
    for (unsigned i = 0; i < 8; i++)
        u[i] = t[i] ^ ROL8(t[i]) ^ ROL16(t[i]);
    for (unsigned i = 0; i < 8; i++) /* u rotated by two bits: from two planes below */
        x0[i] ^= t[i] ^ ROL24(t[i]) ^ (i >= 2 ? u[i - 2] : ROL8(u[i + 6]));
}

static void
pass(const uint32_t rk[32], const uint8_t *in, uint8_t *out)
{
    v4 x[4][8];

    load(x, in);
    for (unsigned r = 0; r < 32; r += 4) {
        round_of(x[0], x[1], x[2], x[3], rk[r]);
        round_of(x[1], x[2], x[3], x[0], rk[r + 1]);
        round_of(x[2], x[3], x[0], x[1], rk[r + 2]);
        round_of(x[3], x[0], x[1], x[2], rk[r + 3]);
    }
    unload(x, out);
}

/* The S-box on each byte of two words. */
static inline uint64_t
sbox8(uint64_t v)
{
    uint64_t x[8], r = 0;

    for (unsigned i = 0; i < 8; i++)
        x[i] = (v >> i) & 0x0101010101010101;
    SM4_SBOX(uint64_t, x);
    for (unsigned i = 0; i < 8; i++)
        r |= (x[i] & 0x0101010101010101) << i;
    return r;
}

static inline uint64_t
rol2x32(uint64_t v, unsigned n)
{
    uint64_t low = 0xffffffffU >> (32 - n); /* the bits that wrap around */

    low |= low << 32;
    return ((v << n) & ~low) | ((v >> (32 - n)) & low);
}

uint32_t
hf_sm4_generic_tau(uint32_t v)
{
    return (uint32_t)sbox8(v);
}

static void
pass2(const uint32_t rk[32], const uint8_t *in, uint8_t *out, unsigned n)
{
    uint64_t x[4];

    for (unsigned w = 0; w < 4; w++) {
        x[w] = hf_sm4_be32(in + 4 * w);
        if (n == 2)
            x[w] |= (uint64_t)hf_sm4_be32(in + 16 + 4 * w) << 32;
    }
    for (unsigned r = 0; r < 32; r++) {
        uint64_t k = (uint64_t)rk[r] << 32 | rk[r];
        uint64_t t = sbox8(x[(r + 1) % 4] ^ x[(r + 2) % 4] ^ x[(r + 3) % 4] ^ k);
        uint64_t u = t ^ rol2x32(t, 8) ^ rol2x32(t, 16);

        x[r % 4] ^= t ^ rol2x32(t, 24) ^ rol2x32(u, 2);
    }
    for (unsigned w = 0; w < 4; w++) {
        put32(out + 4 * w, (uint32_t)x[3 - w]);
        if (n == 2)
            put32(out + 16 + 4 * w, (uint32_t)(x[3 - w] >> 32));
    }
}

/* -- The kernel ------------------------------------------------------------- */

void
hf_sm4_generic_ecb(const uint32_t rk[32], const uint8_t *in, uint8_t *out, size_t n)
{
    uint8_t last[16 * BLOCKS];

    for (; n >= BLOCKS; n -= BLOCKS, in += sizeof(last), out += sizeof(last))
        pass(rk, in, out);
    if (n == 0)
        return;
    if (n <= 2) {
        pass2(rk, in, out, (unsigned)n);
        return;
    }
    memcpy(last, in, 16 * n);
    memset(last + 16 * n, 0, sizeof(last) - 16 * n);
    pass(rk, last, last);
    memcpy(out, last, 16 * n);
    OPENSSL_cleanse(last, sizeof(last));
}

void
hf_sm4_generic_ctr(const uint32_t rk[32], const uint8_t counter[16], const uint8_t *in,
                   uint8_t *out, size_t n)
{
    uint8_t  pad[16 * BLOCKS];
    uint32_t c = hf_sm4_be32(counter + 12);

    while (n > 0) {
        size_t m = n < BLOCKS ? n : BLOCKS;

        for (size_t j = 0; j < m; j++) {
            memcpy(pad + 16 * j, counter, 12);
            put32(pad + 16 * j + 12, c++);
        }
        hf_sm4_generic_ecb(rk, pad, pad, m);
        for (size_t i = 0; i < 16 * m; i++)
            out[i] = in[i] ^ pad[i];
        in += 16 * m;
        out += 16 * m;
        n -= m;
    }
    OPENSSL_cleanse(pad, sizeof(pad));
}

void
hf_sm4_generic_cbc_decrypt(const uint32_t rk[32], uint8_t iv[16], const uint8_t *in, uint8_t *out,
                           size_t n)
{
    uint8_t plain[16 * BLOCKS], next[16];

    while (n > 0) {
        size_t m = n < BLOCKS ? n : BLOCKS;

        hf_sm4_generic_ecb(rk, in, plain, m);
        memcpy(next, in + 16 * (m - 1), 16);
        for (size_t i = 16 * m; i-- > 16;) /* backwards, for in == out */
            out[i] = plain[i] ^ in[i - 16];
        for (size_t i = 0; i < 16; i++)
            out[i] = plain[i] ^ iv[i];
        memcpy(iv, next, 16);
        in += 16 * m;
        out += 16 * m;
        n -= m;
    }
    OPENSSL_cleanse(plain, sizeof(plain));
}

void
hf_sm4_generic_chain(const uint32_t rk[32], uint8_t iv[16], const uint8_t *in, uint8_t *out,
                     size_t n)
{
    for (; n > 0; n--, in += 16) {
        for (unsigned i = 0; i < 16; i++)
            iv[i] ^= in[i];
        hf_sm4_generic_ecb(rk, iv, iv, 1);
        if (out != NULL) {
            memcpy(out, iv, 16);
            out += 16;
        }
    }
}
