/*
 * sm4_gfni.c - SM4 with GFNI on 256-bit vectors, for processors without AVX-512.
 */
#include "crypto/sm/sm4_impl.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <openssl/crypto.h>
#include <string.h>

#include "crypto/sm/sm4_gfni.h"

#define TARGET  __attribute__((target("gfni,avx,avx2")))
#define NAME(x) hf_sm4_gfni_##x
#define DEEP    4
#define WIDE    2

#include "crypto/sm/sm4_v256.h"
#define XOR3(a, b, c) XOR(a, XOR(b, c))

#include "crypto/sm/sm4_gfni_body.h"
#include "crypto/sm/sm4_round_body.h"
#include "crypto/sm/sm4_wide_body.h"
#include "crypto/sm/sm4_chain_body.h"
#include "crypto/sm/sm4_streams_body.h"

TARGET uint32_t
hf_sm4_gfni_tau(uint32_t v)
{
    V x = AFFINE(SET1(v), SETQ(SM4_INTO), SM4_INTO_ADD);

    return FIRST(INVERT(x, SETQ(SM4_FROM), 0xd3));
}

/* Round keys as words of the rounds, here and in sm4_avx512*.c, with the constant that goes there.
 */
TARGET void
hf_sm4_gfni_keys(uint32_t rk[32])
{
    for (int i = 0; i < 32; i += 8)
        STOREU(rk + i, AFFINE(SHUF(LOADU(rk + i), SM4_SWAP), SETQ(SM4_INTO), SM4_INTO_ADD));
}

#endif
