/*
 * sm4_arm64.c - SM4 with the SM4 instructions of ARMv8.2: SM4E does four
 * rounds of one block. Four blocks run side by side to hide its latency.
 */
#include "crypto/sm/sm4_impl.h"

#if defined(__aarch64__)

#include <arm_neon.h>
#include <openssl/crypto.h>
#include <string.h>

#define TARGET __attribute__((target("arch=armv8.2-a+sm4")))
#define INLINE __attribute__((always_inline)) static inline

#define SIDE 4 /* blocks side by side */

TARGET INLINE void
load_keys(uint32x4_t k[8], const uint32_t rk[32])
{
    for (int i = 0; i < 8; i++)
        k[i] = vld1q_u32(rk + 4 * i);
}

/* n blocks of words, n a constant; the words leave in reverse order. */
TARGET INLINE void
rounds(uint32x4_t x[], const uint32x4_t k[8], const int n)
{
    for (int r = 0; r < 8; r++)
        for (int i = 0; i < n; i++)
            x[i] = vsm4eq_u32(x[i], k[r]);
    for (int i = 0; i < n; i++) {
        x[i] = vrev64q_u32(x[i]);
        x[i] = vextq_u32(x[i], x[i], 2);
    }
}

TARGET INLINE uint32x4_t
words(const uint8_t *p)
{
    return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(p)));
}

TARGET INLINE uint8x16_t
bytes(uint32x4_t x)
{
    return vrev32q_u8(vreinterpretq_u8_u32(x));
}

TARGET INLINE void
ecb_some(const uint32x4_t k[8], const uint8_t *in, uint8_t *out, const int n)
{
    uint32x4_t x[SIDE];

    for (int i = 0; i < n; i++)
        x[i] = words(in + 16 * i);
    rounds(x, k, n);
    for (int i = 0; i < n; i++)
        vst1q_u8(out + 16 * i, bytes(x[i]));
}

TARGET void
hf_sm4_arm64_ecb(const uint32_t rk[32], const uint8_t *in, uint8_t *out, size_t n)
{
    uint32x4_t k[8];

    load_keys(k, rk);
    for (; n >= SIDE; n -= SIDE, in += 16 * SIDE, out += 16 * SIDE)
        ecb_some(k, in, out, SIDE);
    for (; n > 0; n--, in += 16, out += 16)
        ecb_some(k, in, out, 1);
}

TARGET INLINE void
ctr_some(const uint32x4_t k[8], uint32x4_t *ctr, const uint8_t *in, uint8_t *out, const int n)
{
    const uint32x4_t one = { 0, 0, 0, 1 };
    uint32x4_t       x[SIDE];

    for (int i = 0; i < n; i++) {
        x[i] = *ctr;
        *ctr = vaddq_u32(*ctr, one);
    }
    rounds(x, k, n);
    for (int i = 0; i < n; i++)
        vst1q_u8(out + 16 * i, veorq_u8(bytes(x[i]), vld1q_u8(in + 16 * i)));
}

TARGET void
hf_sm4_arm64_ctr(const uint32_t rk[32], const uint8_t counter[16], const uint8_t *in, uint8_t *out,
                 size_t n)
{
    uint32x4_t k[8], ctr = words(counter);

    load_keys(k, rk);
    for (; n >= SIDE; n -= SIDE, in += 16 * SIDE, out += 16 * SIDE)
        ctr_some(k, &ctr, in, out, SIDE);
    for (; n > 0; n--, in += 16, out += 16)
        ctr_some(k, &ctr, in, out, 1);
}

TARGET INLINE uint8x16_t
cbc_some(const uint32x4_t k[8], uint8x16_t chain, const uint8_t *in, uint8_t *out, const int n)
{
    uint32x4_t x[SIDE];
    uint8x16_t before[SIDE + 1];

    before[0] = chain;
    for (int i = 0; i < n; i++) {
        before[i + 1] = vld1q_u8(in + 16 * i);
        x[i] = vreinterpretq_u32_u8(vrev32q_u8(before[i + 1]));
    }
    rounds(x, k, n);
    for (int i = 0; i < n; i++)
        vst1q_u8(out + 16 * i, veorq_u8(bytes(x[i]), before[i]));
    return before[n];
}

TARGET void
hf_sm4_arm64_cbc_decrypt(const uint32_t rk[32], uint8_t iv[16], const uint8_t *in, uint8_t *out,
                         size_t n)
{
    uint32x4_t k[8];
    uint8x16_t chain = vld1q_u8(iv);

    load_keys(k, rk);
    for (; n >= SIDE; n -= SIDE, in += 16 * SIDE, out += 16 * SIDE)
        chain = cbc_some(k, chain, in, out, SIDE);
    for (; n > 0; n--, in += 16, out += 16)
        chain = cbc_some(k, chain, in, out, 1);
    vst1q_u8(iv, chain);
}

TARGET void
hf_sm4_arm64_chain(const uint32_t rk[32], uint8_t iv[16], const uint8_t *in, uint8_t *out, size_t n)
{
    uint32x4_t k[8], x = words(iv);

    load_keys(k, rk);
    for (; n > 0; n--, in += 16) {
        x = veorq_u32(x, words(in));
        rounds(&x, k, 1);
        if (out != NULL) {
            vst1q_u8(out, bytes(x));
            out += 16;
        }
    }
    vst1q_u8(iv, bytes(x));
}

#endif
