/*
 * sm2_word.h - words with carries, and masks that compilers do not see through.
 */
#ifndef HF_CRYPTO_SM_SM2_WORD_H
#define HF_CRYPTO_SM_SM2_WORD_H

#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

__extension__ typedef unsigned __int128 sm2_u128;
__extension__ typedef __int128          sm2_i128;

/*
 * The value itself, but unknown to the optimiser: without it compilers turn
 * a selection by mask back into a branch.
 */
static inline uint64_t
sm2_hide(uint64_t x)
{
    __asm__("" : "+r"(x));
    return x;
}

/* All ones when x is not 0. */
static inline uint64_t
sm2_mask_nz(uint64_t x)
{
    return sm2_hide((uint64_t)0 - ((x | ((uint64_t)0 - x)) >> 63));
}

/* All ones when a == b. */
static inline uint64_t
sm2_mask_eq(uint64_t a, uint64_t b)
{
    return ~sm2_mask_nz(a ^ b);
}

/* mask ? b : a, in a general register: a vector would wait for the stores of its words. */
static inline uint64_t
sm2_choose(uint64_t a, uint64_t b, uint64_t mask)
{
    return a ^ sm2_hide((a ^ b) & mask);
}

#if defined(__x86_64__)

/* a + b + *c; *c becomes the carry, 0 or 1. */
static inline uint64_t
sm2_adc(uint64_t a, uint64_t b, unsigned char *c)
{
    unsigned long long r;

    *c = _addcarry_u64(*c, a, b, &r);
    return r;
}

/* a - b - *c; *c becomes the borrow, 0 or 1. */
static inline uint64_t
sm2_sbb(uint64_t a, uint64_t b, unsigned char *c)
{
    unsigned long long r;

    *c = _subborrow_u64(*c, a, b, &r);
    return r;
}

#else

static inline uint64_t
sm2_adc(uint64_t a, uint64_t b, unsigned char *c)
{
    sm2_u128 t = (sm2_u128)a + b + *c;

    *c = (unsigned char)(t >> 64);
    return (uint64_t)t;
}

static inline uint64_t
sm2_sbb(uint64_t a, uint64_t b, unsigned char *c)
{
    sm2_u128 t = (sm2_u128)a - b - *c;

    *c = (unsigned char)((t >> 64) & 1);
    return (uint64_t)t;
}

#endif

#endif
