/*
 * sm2_x8_int.h - the kernels of sm2_x8.c for those that call them.
 *
 * To be called only where hf_sm2_x8_here().
 */
#ifndef HF_CRYPTO_SM_SM2_X8_INT_H
#define HF_CRYPTO_SM_SM2_X8_INT_H

#include "crypto/sm/sm2_int.h"

#define HF_SM2_X8_GROUPS 8 /* groups of eight that share an inversion */

/* Room for the Jacobian points of that many groups, in the kernels' own form. */
struct sm2_x8_points {
    _Alignas(64) uint64_t w[HF_SM2_X8_GROUPS][15 * 8];
};

/* Does the processor have AVX-512 IFMA, and HUFU_CPU permit it? */
bool hf_sm2_x8_here(void);

/* Group g of r = k G in each lane; constant time. */
void hf_sm2_x8_base_mul(struct sm2_x8_points *r, size_t g, const uint64_t k[8][4]);

/*
 * Affine form of n groups, at most HF_SM2_X8_GROUPS, by one inversion; point l
 * of group g at out[8 g + l]. zero[g] has a bit for each lane that is infinity
 * or was not computed, whose result means nothing. Spoils p. Constant time.
 */
void hf_sm2_x8_affine(struct sm2_aff *out, unsigned char *zero, struct sm2_x8_points *p, size_t n);

/*
 * The sum of n points, 8 to 80, those negated whose bit in neg is set: eight
 * at a time, then the eight. Z = 0 says that it is infinity or was not
 * computed. Constant time, for points in memory whose places are not secret.
 */
void hf_sm2_x8_sum(struct sm2_jac *r, const struct sm2_aff *const *p, const uint8_t *neg,
                   unsigned n);

/*
 * Eight verifications: x of s G + t P against v, and v only. All by tables of
 * the keys or none.
 */
struct hf_sm2_x8_verify {
    bool                   tables;
    const struct sm2_comb *table[8];
    const struct sm2_aff  *point[8];
    uint64_t               s[8][4], t[8][4], v[8][4];
};

/* Bit l of *good: lane l verifies. Bit l of *odd_ones: it was not computed, do it alone. */
void hf_sm2_x8_verify(const struct hf_sm2_x8_verify *in, unsigned *good, unsigned *odd_ones);

#endif
