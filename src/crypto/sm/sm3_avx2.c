/*
 * sm3_avx2.c - SM3 over 8 messages at once, one 32-bit lane each.
 */
#include "crypto/sm/sm3_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE __attribute__((always_inline)) static inline

#define LANES 8

#define ROL(x, n)     _mm256_or_si256(_mm256_slli_epi32(x, n), _mm256_srli_epi32(x, 32 - (n)))
#define ADD(x, y)     _mm256_add_epi32(x, y)
#define XOR(x, y)     _mm256_xor_si256(x, y)
#define AND(x, y)     _mm256_and_si256(x, y)
#define XOR3(x, y, z) XOR(x, XOR(y, z))
#define MAJ(x, y, z)  XOR(AND(x, XOR(y, z)), AND(y, z))
#define CHO(x, y, z)  XOR(z, AND(x, XOR(y, z)))

/* Four words of 8 lanes, from 16 bytes at `at` of each lane's block. */
TARGET INLINE void
load4(__m256i x[4], const uint8_t *const p[LANES], size_t at)
{
    const __m256i swap =
        _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
    __m256i t[4], a, b, c, d;

    for (int i = 0; i < 4; i++) {
        __m128i lo = _mm_loadu_si128((const __m128i *)(const void *)(p[i] + at));
        __m128i hi = _mm_loadu_si128((const __m128i *)(const void *)(p[i + 4] + at));

        t[i] = _mm256_shuffle_epi8(_mm256_set_m128i(hi, lo), swap);
    }
    a = _mm256_unpacklo_epi32(t[0], t[1]);
    b = _mm256_unpackhi_epi32(t[0], t[1]);
    c = _mm256_unpacklo_epi32(t[2], t[3]);
    d = _mm256_unpackhi_epi32(t[2], t[3]);
    x[0] = _mm256_unpacklo_epi64(a, c);
    x[1] = _mm256_unpackhi_epi64(a, c);
    x[2] = _mm256_unpacklo_epi64(b, d);
    x[3] = _mm256_unpackhi_epi64(b, d);
}

/* W[j+16] over W[j]; all indices modulo 16. */
#define EXPAND(j)                                                                     \
    do {                                                                              \
        __m256i x_ = XOR3(w[(j)&15], w[((j) + 7) & 15], ROL(w[((j) + 13) & 15], 15)); \
                                                                                      \
        x_ = XOR3(x_, ROL(x_, 15), ROL(x_, 23));                                      \
        w[(j)&15] = XOR3(x_, ROL(w[((j) + 3) & 15], 7), w[((j) + 10) & 15]);          \
    } while (0)

#define ROUND(FF, GG, a, b, c, d, e, f, g, h, j)                                           \
    do {                                                                                   \
        __m256i r_ = ROL(a, 12);                                                           \
        __m256i s_ = ROL(ADD(ADD(r_, e), _mm256_set1_epi32((int)hf_sm3_t[j])), 7);         \
                                                                                           \
        d = ADD(ADD(d, XOR(w[(j)&15], w[((j) + 4) & 15])), ADD(FF(a, b, c), XOR(s_, r_))); \
        h = ADD(ADD(h, w[(j)&15]), ADD(GG(e, f, g), s_));                                  \
        b = ROL(b, 9);                                                                     \
        f = ROL(f, 19);                                                                    \
        h = XOR3(h, ROL(h, 9), ROL(h, 17));                                                \
    } while (0)

/* Four rounds; E is what the schedule has to do before round j of them. */
#define ROUNDS4(FF, GG, E, j)                           \
    do {                                                \
        E((j) + 4);                                     \
        ROUND(FF, GG, a, b, c, d, e, f, g, h, j);       \
        E((j) + 5);                                     \
        ROUND(FF, GG, d, a, b, c, h, e, f, g, (j) + 1); \
        E((j) + 6);                                     \
        ROUND(FF, GG, c, d, a, b, g, h, e, f, (j) + 2); \
        E((j) + 7);                                     \
        ROUND(FF, GG, b, c, d, a, f, g, h, e, (j) + 3); \
    } while (0)
#define NOTHING(j) (void)0
#define AHEAD(j)   EXPAND(j) /* W[j] replaces W[j-16], whose last use was round j-16 */

TARGET static void
compress(__m256i v[8], const uint8_t *const p[LANES])
{
    __m256i a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
    __m256i w[16];

    for (size_t i = 0; i < 4; i++)
        load4(w + 4 * i, p, 16 * i);
    ROUNDS4(XOR3, XOR3, NOTHING, 0);
    ROUNDS4(XOR3, XOR3, NOTHING, 4);
    ROUNDS4(XOR3, XOR3, NOTHING, 8);
    ROUNDS4(XOR3, XOR3, AHEAD, 12);
#pragma GCC unroll 3
    for (int j = 16; j < 64; j += 16) {
        ROUNDS4(MAJ, CHO, AHEAD, j);
        ROUNDS4(MAJ, CHO, AHEAD, j + 4);
        ROUNDS4(MAJ, CHO, AHEAD, j + 8);
        ROUNDS4(MAJ, CHO, AHEAD, j + 12);
    }
    v[0] = XOR(v[0], a);
    v[1] = XOR(v[1], b);
    v[2] = XOR(v[2], c);
    v[3] = XOR(v[3], d);
    v[4] = XOR(v[4], e);
    v[5] = XOR(v[5], f);
    v[6] = XOR(v[6], g);
    v[7] = XOR(v[7], h);
}

TARGET void
hf_sm3_wide_avx2(uint32_t *h, const uint8_t **p, size_t n)
{
    __m256i v[8];

    for (int i = 0; i < 8; i++)
        v[i] = _mm256_loadu_si256((const __m256i *)(const void *)(h + LANES * i));
    for (; n > 0; n--) {
        compress(v, p);
        for (int i = 0; i < LANES; i++)
            p[i] += HF_SM3_BLOCK;
    }
    for (int i = 0; i < 8; i++)
        _mm256_storeu_si256((__m256i *)(void *)(h + LANES * i), v[i]);
}

#endif
