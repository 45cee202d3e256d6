/*
 * sm4_v256.h - the vector operations of sm4_round_body.h on 256 bits, apart
 * from XOR3, which the files define by what the processor has.
 */
#define V  __m256i
#define VB 2

#define LOADU(p)        _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define JOIN(p)         _mm256_inserti128_si256(_mm256_castsi128_si256(LOAD16(p)), LOAD16((p) + 16), 1)
#define LOAD16(p)       _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STOREU(p, v)    _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define SET1(x)         _mm256_set1_epi32((int)(x))
#define SETQ(x)         _mm256_set1_epi64x((long long)(x))
#define FIRST(v)        (uint32_t) _mm_cvtsi128_si32(_mm256_castsi256_si128(v))
#define LANE16(x)       _mm256_broadcastsi128_si256(x)
#define XOR(a, b)       _mm256_xor_si256(a, b)
#define ADD(a, b)       _mm256_add_epi32(a, b)
#define SHUF(x, m)      _mm256_shuffle_epi8(x, m)
#define LO32(a, b)      _mm256_unpacklo_epi32(a, b)
#define HI32(a, b)      _mm256_unpackhi_epi32(a, b)
#define LO64(a, b)      _mm256_unpacklo_epi64(a, b)
#define HI64(a, b)      _mm256_unpackhi_epi64(a, b)
#define INDEX           _mm256_set_epi32(7, 5, 3, 1, 6, 4, 2, 0)
#define AFFINE(x, m, c) _mm256_gf2p8affine_epi64_epi8(x, m, c)
#define INVERT(x, m, c) _mm256_gf2p8affineinv_epi64_epi8(x, m, c)
