/*
 * sm4_avx512vl.c - CBC encryption of one and of eight streams with AVX-512 on
 * 256-bit vectors: two GFNI instructions a cycle instead of one, which is what
 * a chain waits for.
 */
#include "crypto/sm/sm4_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "crypto/sm/sm4_gfni.h"

#define TARGET  __attribute__((target("gfni,avx512f,avx512bw,avx512dq,avx512vl")))
#define NAME(x) hf_sm4_avx512vl_##x
#define DEEP    1
#define WIDE    1

#include "crypto/sm/sm4_v256.h"
#define XOR3(a, b, c) _mm256_ternarylogic_epi32(a, b, c, 0x96)

#define ROL16(v) _mm256_rol_epi32(v, 16)
#define ROL24(v) _mm256_rol_epi32(v, 8) /* of words that lie in memory */

#include "crypto/sm/sm4_gfni_body.h"
#include "crypto/sm/sm4_round_body.h"
#include "crypto/sm/sm4_chain_body.h"
#include "crypto/sm/sm4_streams_body.h"

#endif
