/*
 * sm4_gfni.c - SM4 with GFNI on 256-bit vectors, for processors without AVX-512.
 */
#include "crypto/sm/sm4_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <openssl/crypto.h>
#include <string.h>

#define TARGET __attribute__((target("gfni,avx,avx2")))
#define NAME(x) hf_sm4_gfni_##x
#define V __m256i
#define VB 2
#define DEEP 4
#define WIDE 2

#define LOADU(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STOREU(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define SET1(x) _mm256_set1_epi32((int)(x))
#define LANE16(x) _mm256_broadcastsi128_si256(x)
#define XOR(a, b) _mm256_xor_si256(a, b)
#define XOR3(a, b, c) XOR(a, XOR(b, c))
#define ADD(a, b) _mm256_add_epi32(a, b)
#define SHUF(x, m) _mm256_shuffle_epi8(x, m)
#define LO32(a, b) _mm256_unpacklo_epi32(a, b)
#define HI32(a, b) _mm256_unpackhi_epi32(a, b)
#define LO64(a, b) _mm256_unpacklo_epi64(a, b)
#define HI64(a, b) _mm256_unpackhi_epi64(a, b)
#define INDEX _mm256_set_epi32(7, 5, 3, 1, 6, 4, 2, 0)

#define SBOX_INIT                                                                                  \
    const V into = _mm256_set1_epi64x(0x34ac259e022dbc52);                                         \
    const V from = _mm256_set1_epi64x((long long)0xd72d8e511e6c8b19)
#define SBOX(x)                                                                                    \
    _mm256_gf2p8affineinv_epi64_epi8(_mm256_gf2p8affine_epi64_epi8(x, into, 0x65), from, 0xd3)

/* a ^ L(t): L(t) = t ^ rol24(t) ^ rol2(t ^ rol8(t) ^ rol16(t)), GB/T 32907 6.2.3 */
#define LINEAR(a, t) linear(a, t)
__attribute__((always_inline)) TARGET static inline V
linear(V a, V t)
{
    const V rol8 = LANE16(_mm_set_epi64x(0x0e0d0c0f0a09080b, 0x0605040702010003));
    const V rol16 = LANE16(_mm_set_epi64x(0x0d0c0f0e09080b0a, 0x0504070601000302));
    const V rol24 = LANE16(_mm_set_epi64x(0x0c0f0e0d080b0a09, 0x0407060500030201));
    V       u = XOR3(t, SHUF(t, rol8), SHUF(t, rol16));

    u = _mm256_or_si256(_mm256_slli_epi32(u, 2), _mm256_srli_epi32(u, 30));
    return XOR(u, XOR3(a, t, SHUF(t, rol24)));
}

#include "crypto/sm/sm4_wide_body.h"

#endif
