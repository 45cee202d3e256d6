/*
 * sm3_arm64.c - SM3 compression with the SM3 instructions of ARMv8.2.
 */
#include "crypto/sm/sm3_impl.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#define TARGET __attribute__((target("arch=armv8.2-a+sm4")))
#define INLINE __attribute__((always_inline)) static inline

/* W[j+16..j+19] from the sixteen words before. */
TARGET INLINE uint32x4_t
expand(uint32x4_t w0, uint32x4_t w4, uint32x4_t w8, uint32x4_t w12)
{
    uint32x4_t x = vsm3partw1q_u32(w0, vextq_u32(w4, w8, 3), w12);

    return vsm3partw2q_u32(x, vextq_u32(w8, w12, 2), vextq_u32(w0, w4, 3));
}

/* One round on ad = (D, C, B, A), eh = (H, G, F, E); i is a constant. */
#define ROUND(V, j, i)                                                          \
    do {                                                                        \
        uint32x4_t s_ = vsm3ss1q_u32(ad, eh, vdupq_n_u32(hf_sm3_t[(j) + (i)])); \
                                                                                \
        ad = vsm3tt1##V##q_u32(ad, s_, veorq_u32(x0, x1), i);                   \
        eh = vsm3tt2##V##q_u32(eh, s_, x0, i);                                  \
    } while (0)

#define ROUNDS4(V, j)                \
    do {                             \
        ROUND(V, j, 0);              \
        ROUND(V, j, 1);              \
        ROUND(V, j, 2);              \
        ROUND(V, j, 3);              \
        x4 = expand(x0, x1, x2, x3); \
        x0 = x1;                     \
        x1 = x2;                     \
        x2 = x3;                     \
        x3 = x4;                     \
    } while (0)

TARGET INLINE uint32x4_t
load(const uint8_t *p)
{
    return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(p)));
}

/* The words of a half of the state, reversed: A in the highest lane. */
TARGET INLINE uint32x4_t
reversed(uint32x4_t v)
{
    v = vrev64q_u32(v);
    return vextq_u32(v, v, 2);
}

TARGET void
hf_sm3_blocks_arm64(uint32_t h[8], const uint8_t *p, size_t n)
{
    uint32x4_t ad0 = reversed(vld1q_u32(h)), eh0 = reversed(vld1q_u32(h + 4));

    for (; n > 0; n--, p += HF_SM3_BLOCK) {
        uint32x4_t ad = ad0, eh = eh0, x0 = load(p), x1 = load(p + 16), x2 = load(p + 32);
        uint32x4_t x3 = load(p + 48), x4;

        for (int j = 0; j < 16; j += 4)
            ROUNDS4(a, j);
        for (int j = 16; j < 64; j += 4)
            ROUNDS4(b, j);
        ad0 = veorq_u32(ad0, ad);
        eh0 = veorq_u32(eh0, eh);
    }
    vst1q_u32(h, reversed(ad0));
    vst1q_u32(h + 4, reversed(eh0));
}

#endif
