/*
 * sm3_bmi2.c - SM3 compression with BMI2 and AVX2.
 */
#include "crypto/sm/sm3_impl.h"

#if defined(__x86_64__)

#define TARGET     __attribute__((target("bmi,bmi2,avx,avx2"), no_sanitize("address", "undefined")))
#define ROLV(x, n) _mm_or_si128(_mm_slli_epi32(x, n), _mm_srli_epi32(x, 32 - (n)))
#define BLOCKS     hf_sm3_blocks_bmi2
#include "crypto/sm/sm3_x86_body.h"

#endif
