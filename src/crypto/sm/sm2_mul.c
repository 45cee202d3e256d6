/*
 * The products that callers ask for, by one lane or by eight.
 *
 * A comb has 37 rows, so k G is a sum of 37 points that do not depend on each
 * other: eight lanes add five each and then each other. Where that meets a
 * case its formulas do not cover, Z is 0, and it is done again by one lane.
 *
 * For the multiples of one point that happens with two scalars only. As
 * integers, the sum over a set of rows lies between 2^(7j) less a 127th and
 * 127 times 2^(7j) and a 127th more, j being its topmost row; so of two sets
 * that are added, neither of which has all rows between, the sums are never
 * equal or opposite. Nor are they modulo n while they add up to less than n,
 * which fails in the last addition alone: that of the even rows E and the odd
 * rows O, k = E + O. E = O modulo n means E - O = n, and as the digits of a
 * number are unique, that k has those of n with the odd rows negated.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "crypto/sm/sm2_int.h"
#include "crypto/sm/sm2_recode.h"
#include "crypto/sm/sm2_x8_int.h"

static bool
comb_mul_wide(struct sm2_jac *r, const struct sm2_comb *t, const uint64_t k[4])
{
    struct sm2_aff        q[SM2_COMB_ROWS];
    const struct sm2_aff *p[SM2_COMB_ROWS];
    uint8_t               minus[SM2_COMB_ROWS];
    uint64_t              odd[5], index, neg, even = hf_sm2_make_odd(odd, k);

    for (unsigned j = 0; j < SM2_COMB_ROWS; j++) {
        neg =
            hf_sm2_odd_digit(odd, j * SM2_COMB_BITS, SM2_COMB_BITS, j == SM2_COMB_ROWS - 1, &index);
        hf_sm2_pick(&q[j], t->at[j], SM2_COMB_COLS, index);
        minus[j] = (uint8_t)((neg ^ even) & 1);
        p[j] = &q[j];
    }
    hf_sm2_x8_sum(r, p, minus, SM2_COMB_ROWS);
    OPENSSL_cleanse(q, sizeof(q));
    OPENSSL_cleanse(minus, sizeof(minus));
    OPENSSL_cleanse(odd, sizeof(odd));
    return !hf_sm2_is_zero(r->z.v);
}

void
hf_sm2_comb_mul(struct sm2_jac *r, const struct sm2_comb *t, const uint64_t k[4])
{
    if (!hf_sm2_x8_here() || !comb_mul_wide(r, t, k))
        hf_sm2_ops()->comb_mul(r, t, k);
}

/* The points whose sum is k times that of the comb, to p and minus; gives how many. */
static unsigned
comb_points(const struct sm2_comb *t, const uint64_t k[4], const struct sm2_aff **p, uint8_t *minus)
{
    uint64_t odd[5], index, neg, even = hf_sm2_make_odd(odd, k);

    for (unsigned j = 0; j < SM2_COMB_ROWS; j++) {
        neg =
            hf_sm2_odd_digit(odd, j * SM2_COMB_BITS, SM2_COMB_BITS, j == SM2_COMB_ROWS - 1, &index);
        p[j] = &t->at[j][index];
        minus[j] = (uint8_t)((neg ^ even) & 1);
    }
    return SM2_COMB_ROWS;
}

static bool
pair_mul_wide(struct sm2_jac *r, const uint64_t s[4], const struct sm2_comb *pt,
              const struct sm2_aff *p, const uint64_t t[4])
{
    const struct sm2_aff *term[2 * SM2_COMB_ROWS];
    uint8_t               minus[2 * SM2_COMB_ROWS];
    struct sm2_jac        g, tp;
    unsigned              n = comb_points(hf_sm2_base_comb(), s, term, minus);

    if (pt != NULL) {
        n += comb_points(pt, t, term + n, minus + n);
        hf_sm2_x8_sum(r, term, minus, n);
        return !hf_sm2_is_zero(r->z.v);
    }
    hf_sm2_x8_sum(&g, term, minus, n);
    if (hf_sm2_is_zero(g.z.v))
        return false;
    hf_sm2_ops()->point_mul_public(&tp, p, t);
    hf_sm2_ops()->join_public(r, &g, &tp);
    return true;
}

void
hf_sm2_pair_mul_public(struct sm2_jac *r, const uint64_t s[4], const struct sm2_comb *pt,
                       const struct sm2_aff *p, const uint64_t t[4])
{
    if (!hf_sm2_x8_here() || !pair_mul_wide(r, s, pt, p, t))
        hf_sm2_ops()->pair_mul_public(r, hf_sm2_base_comb(), s, pt, p, t);
}
