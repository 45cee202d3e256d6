/*
 * sm4_chain.c - one CBC stream: 32 dependent rounds a block, so latency is
 * all that counts.
 */
#include <string.h>

#include "crypto/sm/sm4_impl.h"

void
hf_sm4_chain_by_ecb(const struct hf_sm4_impl *impl, const uint32_t rk[32], uint8_t iv[16],
                    const uint8_t *in, uint8_t *out, size_t n)
{
    for (; n > 0; n--, in += HF_SM4_BLOCK) {
        for (unsigned i = 0; i < HF_SM4_BLOCK; i++)
            iv[i] ^= in[i];
        impl->ecb(rk, iv, iv, 1);
        if (out != NULL) {
            memcpy(out, iv, HF_SM4_BLOCK);
            out += HF_SM4_BLOCK;
        }
    }
}

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("gfni,avx512f,avx512vl,avx512bw")))
#define INLINE __attribute__((always_inline)) static inline

#define XOR3(a, b, c) _mm_ternarylogic_epi32(a, b, c, 0x96)

/*
 * One round on words in the low lanes. `sum` is what enters the S-box; the new
 * word is a ^ L(S(sum)), and next ^ that enters the next one. Both come out of
 * the same two terms, so that the new word itself is off the critical path.
 */
TARGET INLINE __m128i
step(__m128i *a, __m128i sum, __m128i next)
{
    const __m128i into = _mm_set1_epi64x(0x34ac259e022dbc52);
    const __m128i from = _mm_set1_epi64x((long long)0xd72d8e511e6c8b19);
    __m128i       t = _mm_gf2p8affine_epi64_epi8(sum, into, 0x65);
    __m128i       u, v;

    t = _mm_gf2p8affineinv_epi64_epi8(t, from, 0xd3);
    u = XOR3(t, _mm_rol_epi32(t, 2), _mm_rol_epi32(t, 10));
    v = XOR3(*a, _mm_rol_epi32(t, 18), _mm_rol_epi32(t, 24));
    *a = _mm_xor_si128(u, v);
    return XOR3(next, u, v);
}

/* The round key of the round after next comes in with the words that are known. */
#define KEYED(r, x, y) XOR3(_mm_cvtsi32_si128((int)rk[r]), x, y)

TARGET INLINE void
block(const uint32_t rk[32], __m128i x[4])
{
    __m128i a = x[0], b = x[1], c = x[2], d = x[3];
    __m128i sum = _mm_xor_si128(KEYED(0, b, c), d);

    for (unsigned r = 0; r < 28; r += 4) {
        sum = step(&a, sum, KEYED(r + 1, c, d));
        sum = step(&b, sum, KEYED(r + 2, d, a));
        sum = step(&c, sum, KEYED(r + 3, a, b));
        sum = step(&d, sum, KEYED(r + 4, b, c));
    }
    sum = step(&a, sum, KEYED(29, c, d));
    sum = step(&b, sum, KEYED(30, d, a));
    sum = step(&c, sum, KEYED(31, a, b));
    (void)step(&d, sum, sum);
    x[0] = d;
    x[1] = c;
    x[2] = b;
    x[3] = a;
}

/* Words one by one into the low lanes, and back. */
TARGET INLINE void
spread(__m128i x[4], __m128i v)
{
    v = _mm_shuffle_epi8(v, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
    x[0] = v;
    x[1] = _mm_srli_si128(v, 4);
    x[2] = _mm_srli_si128(v, 8);
    x[3] = _mm_srli_si128(v, 12);
}

TARGET INLINE __m128i
gather(const __m128i x[4])
{
    return _mm_unpacklo_epi64(_mm_unpacklo_epi32(x[0], x[1]), _mm_unpacklo_epi32(x[2], x[3]));
}

TARGET void
hf_sm4_chain_avx512(const struct hf_sm4_impl *impl, const uint32_t rk[32], uint8_t iv[16],
                    const uint8_t *in, uint8_t *out, size_t n)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i       x[4], p[4];

    (void)impl;
    spread(x, _mm_loadu_si128((const __m128i *)(const void *)iv));
    for (; n > 0; n--, in += HF_SM4_BLOCK) {
        spread(p, _mm_loadu_si128((const __m128i *)(const void *)in));
        for (unsigned i = 0; i < 4; i++)
            x[i] = _mm_xor_si128(x[i], p[i]);
        block(rk, x);
        if (out != NULL) {
            _mm_storeu_si128((__m128i *)(void *)out, _mm_shuffle_epi8(gather(x), swap));
            out += HF_SM4_BLOCK;
        }
    }
    _mm_storeu_si128((__m128i *)(void *)iv, _mm_shuffle_epi8(gather(x), swap));
}

#endif
