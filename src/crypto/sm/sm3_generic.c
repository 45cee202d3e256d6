/*
 * sm3_generic.c - SM3 compression in portable C (GB/T 32905-2016 5.3).
 */
#include "crypto/sm/sm3_impl.h"

#define ROL32(x, n) ((uint32_t)((x) << (n)) | ((x) >> (32 - (n))))
#define P0(x) ((x) ^ ROL32(x, 9) ^ ROL32(x, 17))
#define P1(x) ((x) ^ ROL32(x, 15) ^ ROL32(x, 23))

static inline uint32_t
be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
expand(uint32_t w[68], const uint8_t *p)
{
    for (unsigned j = 0; j < 16; j++)
        w[j] = be32(p + 4 * j);
    for (unsigned j = 16; j < 68; j++) {
        uint32_t x = w[j - 16] ^ w[j - 9] ^ ROL32(w[j - 3], 15);

        w[j] = P1(x) ^ ROL32(w[j - 13], 7) ^ w[j - 6];
    }
}

/* One round on v = A..H, which the caller renames instead of moving. */
#define ROUND(FF, GG, a, b, c, d, e, f, g, h, t, j)                                                \
    do {                                                                                           \
        uint32_t r_ = ROL32(a, 12), s_ = ROL32(r_ + (t) + (e), 7);                                 \
                                                                                                   \
        (d) += (w[j] ^ w[(j) + 4]) + FF(a, b, c) + (s_ ^ r_);                                      \
        (h) += w[j] + GG(e, f, g) + s_;                                                            \
        (b) = ROL32(b, 9);                                                                         \
        (f) = ROL32(f, 19);                                                                        \
        (h) = P0(h);                                                                               \
        (t) = ROL32(t, 1);                                                                         \
    } while (0)
#define ROUNDS4(FF, GG, t, j)                                                                      \
    do {                                                                                           \
        ROUND(FF, GG, a, b, c, d, e, f, g, h, t, j);                                               \
        ROUND(FF, GG, d, a, b, c, h, e, f, g, t, (j) + 1);                                         \
        ROUND(FF, GG, c, d, a, b, g, h, e, f, t, (j) + 2);                                         \
        ROUND(FF, GG, b, c, d, a, f, g, h, e, t, (j) + 3);                                         \
    } while (0)

#define XOR3(x, y, z) ((x) ^ (y) ^ (z))
#define MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define CHOICE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))

static void
compress(uint32_t v[8], const uint8_t *p)
{
    uint32_t a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
    uint32_t w[68], t0 = 0x79cc4519, t1 = ROL32(0x7a879d8aU, 16);

    expand(w, p);
    for (unsigned j = 0; j < 16; j += 4)
        ROUNDS4(XOR3, XOR3, t0, j);
    for (unsigned j = 16; j < 64; j += 4)
        ROUNDS4(MAJORITY, CHOICE, t1, j);
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
