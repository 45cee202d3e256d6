/*
 * ghash_x86.c - GHASH with carry-less multiplication; the arithmetic is that
 * of ghash_generic.c. Up to 16 blocks share one reduction: each is multiplied
 * by its own power of the key. h[15] is the key, h[0] its 16th power.
 */
#include "crypto/sm/sm4_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET      __attribute__((target("pclmul,ssse3,avx")))
#define TARGET_WIDE __attribute__((target("pclmul,vpclmulqdq,avx512f,avx512bw,avx512dq,avx512vl")))
#define INLINE      __attribute__((always_inline)) static inline

/* Sums of partial products: low and high halves, and what straddles them. */
struct sums {
    __m128i low, mid, high;
};

TARGET INLINE __m128i
load(const uint8_t *p)
{
    const __m128i reverse = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);

    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), reverse);
}

TARGET INLINE void
store(uint8_t *p, __m128i v)
{
    const __m128i reverse = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);

    _mm_storeu_si128((__m128i *)(void *)p, _mm_shuffle_epi8(v, reverse));
}

TARGET INLINE void
add_product(struct sums *s, __m128i a, __m128i h)
{
    s->low = _mm_xor_si128(s->low, _mm_clmulepi64_si128(a, h, 0x00));
    s->high = _mm_xor_si128(s->high, _mm_clmulepi64_si128(a, h, 0x11));
    s->mid = _mm_xor_si128(s->mid, _mm_clmulepi64_si128(a, h, 0x01));
    s->mid = _mm_xor_si128(s->mid, _mm_clmulepi64_si128(a, h, 0x10));
}

/* Modulo x^128 + x^127 + x^126 + x^121 + 1, from the low end, divided by x^128. */
TARGET INLINE __m128i
reduce(const struct sums *s)
{
    const __m128i poly = _mm_set_epi64x(0, (long long)0xc200000000000000);
    __m128i       low = _mm_xor_si128(s->low, _mm_slli_si128(s->mid, 8));
    __m128i       high = _mm_xor_si128(s->high, _mm_srli_si128(s->mid, 8));

    low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, poly, 0x00));
    low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, poly, 0x00));
    return _mm_xor_si128(high, low);
}

TARGET static void
init(struct hf_ghash_key *k, const uint8_t h[16])
{
    __m128i key, power;

    hf_ghash_generic.init(k, h);
    power = key = _mm_load_si128((const __m128i *)(const void *)k->h[15]);
    for (int i = 14; i >= 0; i--) {
        struct sums s = { _mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128() };

        add_product(&s, power, key);
        power = reduce(&s);
        _mm_store_si128((__m128i *)(void *)k->h[i], power);
    }
}

/* At most 16 blocks. */
TARGET INLINE __m128i
few(const struct hf_ghash_key *k, __m128i y, const uint8_t *p, size_t n)
{
    struct sums s = { _mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128() };

    for (size_t i = 0; i < n; i++) {
        __m128i h = _mm_load_si128((const __m128i *)(const void *)k->h[16 - n + i]);

        add_product(&s, _mm_xor_si128(load(p + 16 * i), y), h);
        y = _mm_setzero_si128();
    }
    return reduce(&s);
}

TARGET static void
blocks(const struct hf_ghash_key *k, uint8_t y[16], const uint8_t *p, size_t n)
{
    __m128i a = load(y);

    while (n > 0) {
        size_t m = n < 16 ? n : 16;

        a = few(k, a, p, m);
        p += 16 * m;
        n -= m;
    }
    store(y, a);
}

/* -- Four blocks a vector --------------------------------------------------- */

TARGET_WIDE INLINE __m128i
add_lanes(__m512i v)
{
    __m256i h = _mm256_xor_si256(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));

    return _mm_xor_si128(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
}

#define XOR3(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)

/* Sixteen blocks. */
TARGET_WIDE INLINE __m128i
sixteen(const struct hf_ghash_key *k, __m128i y, const uint8_t *p)
{
    const __m512i reverse =
        _mm512_broadcast_i32x4(_mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f));
    __m512i low = _mm512_setzero_si512(), mid = low, high = low, first = _mm512_castsi128_si512(y);
    struct sums s;

    first = _mm512_maskz_mov_epi64(3, first); /* y into the first block only */
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        __m512i h = _mm512_load_si512(k->h[4 * i]);
        __m512i a = _mm512_shuffle_epi8(_mm512_loadu_si512(p + 64 * i), reverse);

        if (i == 0)
            a = _mm512_xor_si512(a, first);
        low = _mm512_xor_si512(low, _mm512_clmulepi64_epi128(a, h, 0x00));
        high = _mm512_xor_si512(high, _mm512_clmulepi64_epi128(a, h, 0x11));
        mid = XOR3(mid, _mm512_clmulepi64_epi128(a, h, 0x01), _mm512_clmulepi64_epi128(a, h, 0x10));
    }
    s.low = add_lanes(low);
    s.mid = add_lanes(mid);
    s.high = add_lanes(high);
    return reduce(&s);
}

TARGET_WIDE static void
blocks_wide(const struct hf_ghash_key *k, uint8_t y[16], const uint8_t *p, size_t n)
{
    __m128i a = load(y);

    for (; n >= 16; n -= 16, p += 16 * 16)
        a = sixteen(k, a, p);
    if (n > 0)
        a = few(k, a, p, n);
    store(y, a);
}

const struct hf_ghash_impl hf_ghash_pclmul = { init, blocks };
const struct hf_ghash_impl hf_ghash_vpclmul = { init, blocks_wide };

#endif
