/*
 * sm4_avx512.c - SM4 with GFNI on 512-bit vectors.
 */
#include "crypto/sm/sm4_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <openssl/crypto.h>
#include <string.h>

#include "crypto/sm/sm4_gfni.h"

#define TARGET  __attribute__((target("gfni,avx512f,avx512bw,avx512dq,avx512vl")))
#define NAME(x) hf_sm4_avx512_##x
#define DEEP    4
#define WIDE    2

#define V               __m512i
#define VB              4
#define LOADU(p)        _mm512_loadu_si512(p)
#define JOIN(p)         join(p)
#define STOREU(p, v)    _mm512_storeu_si512(p, v)
#define SET1(x)         _mm512_set1_epi32((int)(x))
#define SETQ(x)         _mm512_set1_epi64((long long)(x))
#define LANE16(x)       _mm512_broadcast_i32x4(x)
#define XOR(a, b)       _mm512_xor_si512(a, b)
#define XOR3(a, b, c)   _mm512_ternarylogic_epi32(a, b, c, 0x96)
#define ADD(a, b)       _mm512_add_epi32(a, b)
#define SHUF(x, m)      _mm512_shuffle_epi8(x, m)
#define LO32(a, b)      _mm512_unpacklo_epi32(a, b)
#define HI32(a, b)      _mm512_unpackhi_epi32(a, b)
#define LO64(a, b)      _mm512_unpacklo_epi64(a, b)
#define HI64(a, b)      _mm512_unpackhi_epi64(a, b)
#define INDEX           _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0)
#define AFFINE(x, m, c) _mm512_gf2p8affine_epi64_epi8(x, m, c)
#define INVERT(x, m, c) _mm512_gf2p8affineinv_epi64_epi8(x, m, c)

#define ROL16(v) _mm512_rol_epi32(v, 16)
#define ROL24(v) _mm512_rol_epi32(v, 8) /* of words that lie in memory */

/* A vector of blocks that were stored one by one. */
#define LOAD16(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
__attribute__((always_inline)) TARGET static inline V
join(const uint8_t *p)
{
    V v = _mm512_castsi128_si512(LOAD16(p));

    v = _mm512_inserti32x4(v, LOAD16(p + 16), 1);
    v = _mm512_inserti32x4(v, LOAD16(p + 32), 2);
    return _mm512_inserti32x4(v, LOAD16(p + 48), 3);
}

#include "crypto/sm/sm4_gfni_body.h"
#include "crypto/sm/sm4_round_body.h"
#include "crypto/sm/sm4_wide_body.h"
#include "crypto/sm/sm4_streams_body.h"

#endif
