/*
 * sm3_avx512.c - SM3 over 16 messages at once, one 32-bit lane each.
 */
#include "crypto/sm/sm3_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define INLINE __attribute__((always_inline)) static inline

#define LANES 16

#define ROL(x, n)     _mm512_rol_epi32(x, n)
#define ADD(x, y)     _mm512_add_epi32(x, y)
#define XOR(x, y)     _mm512_xor_si512(x, y)
#define XOR3(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0x96)
#define MAJ(x, y, z)  _mm512_ternarylogic_epi32(x, y, z, 0xe8)
#define CHO(x, y, z)  _mm512_ternarylogic_epi32(x, y, z, 0xca)

/* Word w of the 16 lanes' current block into row w, for w = 0..15. */
TARGET INLINE void
load(__m512i x[16], const uint8_t *const p[LANES])
{
    const __m512i swap =
        _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
    __m512i t[16];

    for (int i = 0; i < 16; i++)
        x[i] = _mm512_shuffle_epi8(_mm512_loadu_si512(p[i]), swap);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i += 4) { /* 4 x 4 words within 128 bits */
        __m512i a = _mm512_unpacklo_epi32(x[i], x[i + 1]);
        __m512i b = _mm512_unpackhi_epi32(x[i], x[i + 1]);
        __m512i c = _mm512_unpacklo_epi32(x[i + 2], x[i + 3]);
        __m512i d = _mm512_unpackhi_epi32(x[i + 2], x[i + 3]);

        t[i] = _mm512_unpacklo_epi64(a, c);
        t[i + 1] = _mm512_unpackhi_epi64(a, c);
        t[i + 2] = _mm512_unpacklo_epi64(b, d);
        t[i + 3] = _mm512_unpackhi_epi64(b, d);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) { /* 4 x 4 runs of 128 bits */
        __m512i a = _mm512_shuffle_i32x4(t[i], t[i + 4], 0x88);
        __m512i b = _mm512_shuffle_i32x4(t[i], t[i + 4], 0xdd);
        __m512i c = _mm512_shuffle_i32x4(t[i + 8], t[i + 12], 0x88);
        __m512i d = _mm512_shuffle_i32x4(t[i + 8], t[i + 12], 0xdd);

        x[i] = _mm512_shuffle_i32x4(a, c, 0x88);
        x[i + 8] = _mm512_shuffle_i32x4(a, c, 0xdd);
        x[i + 4] = _mm512_shuffle_i32x4(b, d, 0x88);
        x[i + 12] = _mm512_shuffle_i32x4(b, d, 0xdd);
    }
}

/* W[j+16] over W[j]; all indices modulo 16. */
#define EXPAND(j)                                                                     \
    do {                                                                              \
        __m512i x_ = XOR3(w[(j)&15], w[((j) + 7) & 15], ROL(w[((j) + 13) & 15], 15)); \
                                                                                      \
        x_ = XOR3(x_, ROL(x_, 15), ROL(x_, 23));                                      \
        w[(j)&15] = XOR3(x_, ROL(w[((j) + 3) & 15], 7), w[((j) + 10) & 15]);          \
    } while (0)

#define ROUND(FF, GG, a, b, c, d, e, f, g, h, j)                                           \
    do {                                                                                   \
        __m512i r_ = ROL(a, 12);                                                           \
        __m512i s_ = ROL(ADD(ADD(r_, e), _mm512_set1_epi32((int)hf_sm3_t[j])), 7);         \
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
compress(__m512i v[8], const uint8_t *const p[LANES])
{
    __m512i a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
    __m512i w[16];

    load(w, p);
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
hf_sm3_wide_avx512(uint32_t *h, const uint8_t **p, size_t n)
{
    __m512i v[8];

    for (int i = 0; i < 8; i++)
        v[i] = _mm512_loadu_si512(h + LANES * i);
    for (; n > 0; n--) {
        compress(v, p);
        for (int i = 0; i < LANES; i++)
            p[i] += HF_SM3_BLOCK;
    }
    for (int i = 0; i < 8; i++)
        _mm512_storeu_si512(h + LANES * i, v[i]);
}

#endif
