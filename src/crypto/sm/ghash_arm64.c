/*
 * ghash_arm64.c - GHASH with PMULL; the arithmetic is that of ghash_generic.c,
 * the sharing of reductions that of ghash_x86.c.
 */
#include "crypto/sm/sm4_impl.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#define TARGET __attribute__((target("arch=armv8-a+crypto")))
#define INLINE __attribute__((always_inline)) static inline

struct sums {
    uint64x2_t low, mid, high;
};

/* 16 bytes as a big-endian number: lane 0 is the low half. */
TARGET INLINE uint64x2_t
load(const uint8_t *p)
{
    uint8x16_t v = vrev64q_u8(vld1q_u8(p));

    return vreinterpretq_u64_u8(vextq_u8(v, v, 8));
}

TARGET INLINE void
store(uint8_t *p, uint64x2_t v)
{
    uint8x16_t b = vrev64q_u8(vreinterpretq_u8_u64(v));

    vst1q_u8(p, vextq_u8(b, b, 8));
}

TARGET INLINE uint64x2_t
product(uint64x2_t a, int i, uint64x2_t b, int j)
{
    poly64_t x = (poly64_t)(i == 0 ? vgetq_lane_u64(a, 0) : vgetq_lane_u64(a, 1));
    poly64_t y = (poly64_t)(j == 0 ? vgetq_lane_u64(b, 0) : vgetq_lane_u64(b, 1));

    return vreinterpretq_u64_p128(vmull_p64(x, y));
}

TARGET INLINE void
add_product(struct sums *s, uint64x2_t a, uint64x2_t h)
{
    s->low = veorq_u64(s->low, product(a, 0, h, 0));
    s->high = veorq_u64(s->high, product(a, 1, h, 1));
    s->mid = veorq_u64(s->mid, veorq_u64(product(a, 1, h, 0), product(a, 0, h, 1)));
}

TARGET INLINE uint64x2_t
reduce(const struct sums *s)
{
    const uint64x2_t poly = vdupq_n_u64(0xc200000000000000), zero = vdupq_n_u64(0);
    uint64x2_t       low = veorq_u64(s->low, vextq_u64(zero, s->mid, 1));
    uint64x2_t       high = veorq_u64(s->high, vextq_u64(s->mid, zero, 1));

    low = veorq_u64(vextq_u64(low, low, 1), product(low, 0, poly, 0));
    low = veorq_u64(vextq_u64(low, low, 1), product(low, 0, poly, 0));
    return veorq_u64(high, low);
}

TARGET static void
init(struct hf_ghash_key *k, const uint8_t h[16])
{
    uint64x2_t key, power;

    hf_ghash_generic.init(k, h);
    power = key = vreinterpretq_u64_u8(vld1q_u8(k->h[15]));
    for (int i = 14; i >= 0; i--) {
        struct sums s = { vdupq_n_u64(0), vdupq_n_u64(0), vdupq_n_u64(0) };

        add_product(&s, power, key);
        power = reduce(&s);
        vst1q_u8(k->h[i], vreinterpretq_u8_u64(power));
    }
}

TARGET static void
blocks(const struct hf_ghash_key *k, uint8_t y[16], const uint8_t *p, size_t n)
{
    uint64x2_t a = load(y);

    while (n > 0) {
        size_t      m = n < 16 ? n : 16;
        struct sums s = { vdupq_n_u64(0), vdupq_n_u64(0), vdupq_n_u64(0) };

        for (size_t i = 0; i < m; i++) {
            uint64x2_t b = load(p + 16 * i);

            if (i == 0)
                b = veorq_u64(b, a);
            add_product(&s, b, vreinterpretq_u64_u8(vld1q_u8(k->h[16 - m + i])));
        }
        a = reduce(&s);
        p += 16 * m;
        n -= m;
    }
    store(y, a);
}

const struct hf_ghash_impl hf_ghash_arm64 = { init, blocks };

#endif
