/*
 * sm3_generic.c - SM3 compression in portable C (GB/T 32905-2016 5.3).
 */
#include "crypto/sm/sm3_impl.h"

#define ROL32(x, n) ((uint32_t)((x) << (n)) | ((x) >> (32 - (n))))
#define P0(x)       ((x) ^ ROL32(x, 9) ^ ROL32(x, 17))
#define P1(x)       ((x) ^ ROL32(x, 15) ^ ROL32(x, 23))

static inline uint32_t
be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* W[j+4] over W[j-12], which is not needed any more; indices modulo 16. */
#define AHEAD(j)                                                                             \
    do {                                                                                     \
        uint32_t x_ = w[((j) + 4) & 15] ^ w[((j) + 11) & 15] ^ ROL32(w[((j) + 1) & 15], 15); \
                                                                                             \
        w[((j) + 4) & 15] = P1(x_) ^ ROL32(w[((j) + 7) & 15], 7) ^ w[((j) + 14) & 15];       \
    } while (0)
#define NOTHING(j) (void)0

/* One round on v = A..H, which the caller renames instead of moving. */
#define ROUND(FF, GG, a, b, c, d, e, f, g, h, j)                               \
    do {                                                                       \
        uint32_t r_ = ROL32(a, 12), s_ = ROL32(r_ + (e) + t[j], 7);            \
                                                                               \
        (d) = FF(a, b, c) + (d) + (s_ ^ r_) + (w[(j)&15] ^ w[((j) + 4) & 15]); \
        (h) = GG(e, f, g) + (h) + s_ + w[(j)&15];                              \
        (b) = ROL32(b, 9);                                                     \
        (f) = ROL32(f, 19);                                                    \
        (h) = P0(h);                                                           \
    } while (0)
#define ROUNDS4(FF, GG, E, j)                           \
    do {                                                \
        E(j);                                           \
        ROUND(FF, GG, a, b, c, d, e, f, g, h, j);       \
        E((j) + 1);                                     \
        ROUND(FF, GG, d, a, b, c, h, e, f, g, (j) + 1); \
        E((j) + 2);                                     \
        ROUND(FF, GG, c, d, a, b, g, h, e, f, (j) + 2); \
        E((j) + 3);                                     \
        ROUND(FF, GG, b, c, d, a, f, g, h, e, (j) + 3); \
    } while (0)

#define XOR3(x, y, z)     ((x) ^ (y) ^ (z))
#define MAJORITY(x, y, z) (((x) & ((y) ^ (z))) + ((y) & (z)))
#define CHOICE(x, y, z)   (((x) & (y)) + (~(x) & (z)))

static void
compress(uint32_t v[8], const uint8_t *p)
{
    uint32_t        a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
    const uint32_t *t = hf_sm3_t;
    uint32_t        w[16];

    for (unsigned j = 0; j < 16; j++)
        w[j] = be32(p + 4 * j);
    ROUNDS4(XOR3, XOR3, NOTHING, 0);
    ROUNDS4(XOR3, XOR3, NOTHING, 4);
    ROUNDS4(XOR3, XOR3, NOTHING, 8);
    ROUNDS4(XOR3, XOR3, AHEAD, 12);
    for (unsigned i = 16; i < 64; i += 16) {
        t += 16;
        ROUNDS4(MAJORITY, CHOICE, AHEAD, 0);
        ROUNDS4(MAJORITY, CHOICE, AHEAD, 4);
        ROUNDS4(MAJORITY, CHOICE, AHEAD, 8);
        ROUNDS4(MAJORITY, CHOICE, AHEAD, 12);
    }
    v[0] ^= a;
    v[1] ^= b;
    v[2] ^= c;
    v[3] ^= d;
    v[4] ^= e;
    v[5] ^= f;
    v[6] ^= g;
    v[7] ^= h;
}

void
hf_sm3_blocks_generic(uint32_t h[8], const uint8_t *p, size_t n)
{
    for (; n > 0; n--, p += HF_SM3_BLOCK)
        compress(h, p);
}
