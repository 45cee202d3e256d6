/*
 * sm4_avx512.c - SM4 with GFNI on 512-bit vectors.
 *
 * The S-box is S(x) = A*inv(A*x + 0xd3) + 0xd3 over the SM4 field. That field
 * is isomorphic to the AES field of the instructions; the map is folded into
 * the two affine steps (root 0xd6 of the SM4 polynomial in the AES field).
 */
#include "crypto/sm/sm4_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <openssl/crypto.h>
#include <string.h>

#define TARGET __attribute__((target("gfni,avx512f,avx512bw,avx512dq,avx512vl")))
#define NAME(x) hf_sm4_avx512_##x
#define V __m512i
#define VB 4
#define DEEP 4
#define WIDE 2

#define LOADU(p) _mm512_loadu_si512(p)
#define STOREU(p, v) _mm512_storeu_si512(p, v)
#define SET1(x) _mm512_set1_epi32((int)(x))
#define LANE16(x) _mm512_broadcast_i32x4(x)
#define XOR(a, b) _mm512_xor_si512(a, b)
#define XOR3(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0x96)
#define ADD(a, b) _mm512_add_epi32(a, b)
#define SHUF(x, m) _mm512_shuffle_epi8(x, m)
#define LO32(a, b) _mm512_unpacklo_epi32(a, b)
#define HI32(a, b) _mm512_unpackhi_epi32(a, b)
#define LO64(a, b) _mm512_unpacklo_epi64(a, b)
#define HI64(a, b) _mm512_unpackhi_epi64(a, b)
#define INDEX _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0)

#define SBOX_INIT                                                                                  \
    const V into = _mm512_set1_epi64(0x34ac259e022dbc52);                                          \
    const V from = _mm512_set1_epi64((long long)0xd72d8e511e6c8b19)
#define SBOX(x)                                                                                    \
    _mm512_gf2p8affineinv_epi64_epi8(_mm512_gf2p8affine_epi64_epi8(x, into, 0x65), from, 0xd3)

/* a ^ L(t): L(t) = t ^ rol24(t) ^ rol2(t ^ rol8(t) ^ rol16(t)), GB/T 32907 6.2.3 */
#define LINEAR(a, t) linear(a, t)
__attribute__((always_inline)) TARGET static inline V
linear(V a, V t)
{
    const V rol8 = LANE16(_mm_set_epi64x(0x0e0d0c0f0a09080b, 0x0605040702010003));
    const V rol16 = LANE16(_mm_set_epi64x(0x0d0c0f0e09080b0a, 0x0504070601000302));
    const V rol24 = LANE16(_mm_set_epi64x(0x0c0f0e0d080b0a09, 0x0407060500030201));
    V       u = _mm512_rol_epi32(XOR3(t, SHUF(t, rol8), SHUF(t, rol16)), 2);

    return XOR(u, XOR3(a, t, SHUF(t, rol24)));
}

#include "crypto/sm/sm4_wide_body.h"

#endif
