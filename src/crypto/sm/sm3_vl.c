/*
 * sm3_vl.c - SM3 compression with BMI2 and the vector rotates of AVX-512VL.
 */
#include "crypto/sm/sm3_impl.h"

#if defined(__x86_64__)

#define TARGET \
    __attribute__((target("bmi,bmi2,avx2,avx512f,avx512vl"), no_sanitize("address", "undefined")))
#define ROLV(x, n) _mm_rol_epi32(x, n)
#define BLOCKS     hf_sm3_blocks_avx512
#include "crypto/sm/sm3_x86_body.h"

#endif
