/*
 * sm2_recode.h - scalars as odd signed digits.
 *
 * An odd k below 2^256 is the sum of d_i 2^(wi) with every d_i odd and
 * |d_i| < 2^w, where d_i = (bits wi..wi+w of k, lowest set) - 2^w, and the
 * topmost digit is the rest with its lowest bit set. An even k is replaced by
 * n - k and the result negated. Nothing here branches on k.
 */
#ifndef HF_CRYPTO_SM_SM2_RECODE_H
#define HF_CRYPTO_SM_SM2_RECODE_H

#include "crypto/sm/sm2_int.h"
#include "crypto/sm/sm2_word.h"

/* r = k or n - k, whichever is odd; gives the mask of "n - k was taken". */
static inline uint64_t
hf_sm2_make_odd(uint64_t r[5], const uint64_t k[4])
{
    uint64_t      even = sm2_hide((k[0] & 1) - 1), t;
    unsigned char c = 0;

    for (int i = 0; i < 4; i++) {
        t = sm2_sbb(hf_sm2_n[i], k[i], &c);
        r[i] = k[i] ^ ((k[i] ^ t) & even);
    }
    r[4] = 0;
    return even;
}

/*
 * Digit at bit `at` of the odd k, of w bits: its sign as a mask (all ones for
 * negative) and the index of its magnitude among 1, 3, 5, ...
 */
static inline uint64_t
hf_sm2_odd_digit(const uint64_t k[5], unsigned at, unsigned w, bool top, uint64_t *index)
{
    unsigned word = at / 64, shift = at % 64;
    uint64_t bits = k[word] >> shift, neg;

    if (shift != 0)
        bits |= k[word + 1] << (64 - shift);
    neg = top ? 0 : ((bits >> w) & 1) - 1;
    *index = ((bits ^ neg) & ((UINT64_C(1) << w) - 1)) >> 1;
    return sm2_hide(neg);
}

#endif
