/*
 * sm4_aesni.c - SM4 with AES-NI, for x86-64 processors without GFNI.
 *
 * AESENCLAST with a zero key inverts in the AES field and applies the affine
 * map and ShiftRows of AES. Nibble tables (byte shuffles) map into that field
 * before and turn the AES affine map into that of SM4 after it; ShiftRows is
 * undone in the rotations of the linear map, which shuffle bytes anyway.
 */
#include "crypto/sm/sm4_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <openssl/crypto.h>
#include <string.h>

#define TARGET  __attribute__((target("aes,ssse3,avx,avx2")))
#define NAME(x) hf_sm4_aesni_##x
#define DEEP    4
#define WIDE    2

#include "crypto/sm/sm4_v256.h"
#define XOR3(a, b, c) XOR(a, XOR(b, c))

/* Words as numbers. */
#define ENTER(v)   SHUF(v, LANE16(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203)))
#define LEAVE(v)   ENTER(v)
#define COUNTED(v) (v)

#define BYTES16(b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15)          \
    _mm_set_epi8((char)(b15), (char)(b14), (char)(b13), (char)(b12), (char)(b11), (char)(b10), \
                 (char)(b9), (char)(b8), (char)(b7), (char)(b6), (char)(b5), (char)(b4),       \
                 (char)(b3), (char)(b2), (char)(b1), (char)(b0))
#define INTO_LOW                                                                                \
    BYTES16(0x65, 0x41, 0xfd, 0xd9, 0x0a, 0x2e, 0x92, 0xb6, 0x0f, 0x2b, 0x97, 0xb3, 0x60, 0x44, \
            0xf8, 0xdc)
#define INTO_HIGH                                                                               \
    BYTES16(0x00, 0xc9, 0x67, 0xae, 0x80, 0x49, 0xe7, 0x2e, 0x4a, 0x83, 0x2d, 0xe4, 0xca, 0x03, \
            0xad, 0x64)
#define FROM_LOW                                                                                \
    BYTES16(0x2f, 0xa5, 0xc4, 0x4e, 0x30, 0xba, 0xdb, 0x51, 0xca, 0x40, 0x21, 0xab, 0xd5, 0x5f, \
            0x3e, 0xb4)
#define FROM_HIGH                                                                               \
    BYTES16(0x00, 0x50, 0x14, 0x44, 0x89, 0xd9, 0x9d, 0xcd, 0xde, 0x8e, 0xca, 0x9a, 0x57, 0x07, \
            0x43, 0x13)

/* A linear map by two nibble tables; the low one carries its constant. */
__attribute__((always_inline)) TARGET static inline V
nibbles(V x, __m128i low, __m128i high)
{
    const V mask = _mm256_set1_epi8(0x0f);

    return XOR(SHUF(LANE16(low), _mm256_and_si256(x, mask)),
               SHUF(LANE16(high), _mm256_and_si256(_mm256_srli_epi32(x, 4), mask)));
}

/* The S-box, but with the bytes of the four words still in AES row order. */
__attribute__((always_inline)) TARGET static inline V
aes_last(V x)
{
    const __m128i zero = _mm_setzero_si128();

    return _mm256_set_m128i(_mm_aesenclast_si128(_mm256_extracti128_si256(x, 1), zero),
                            _mm_aesenclast_si128(_mm256_castsi256_si128(x), zero));
}
#define SBOX(x) nibbles(aes_last(nibbles(x, INTO_LOW, INTO_HIGH)), FROM_LOW, FROM_HIGH)

/* a ^ L(t), L(t) = t ^ rol24(t) ^ rol2(t ^ rol8(t) ^ rol16(t)), undoing ShiftRows on the way. */
__attribute__((always_inline)) TARGET static inline V
linear(V a, V t)
{
    const V rol0 = LANE16(_mm_set_epi64x(0x0306090c0f020508, 0x0b0e0104070a0d00));
    const V rol8 = LANE16(_mm_set_epi64x(0x06090c030205080f, 0x0e01040b0a0d0007));
    const V rol16 = LANE16(_mm_set_epi64x(0x090c030605080f02, 0x01040b0e0d00070a));
    const V rol24 = LANE16(_mm_set_epi64x(0x0c030609080f0205, 0x040b0e0100070a0d));
    V       s = SHUF(t, rol0), u = XOR3(s, SHUF(t, rol8), SHUF(t, rol16));

    u = _mm256_or_si256(_mm256_slli_epi32(u, 2), _mm256_srli_epi32(u, 30));
    return XOR(u, XOR3(a, s, SHUF(t, rol24)));
}

#define MIX(u, x) linear(u, SBOX(x))

#include "crypto/sm/sm4_round_body.h"
#include "crypto/sm/sm4_wide_body.h"
#include "crypto/sm/sm4_chain_body.h"
#include "crypto/sm/sm4_streams_body.h"

/* ShiftRows does nothing to four equal words. */
TARGET uint32_t
hf_sm4_aesni_tau(uint32_t v)
{
    return FIRST(SBOX(SET1(v)));
}

#endif
