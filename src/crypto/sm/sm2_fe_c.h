/*
 * sm2_fe_c.h - the field of SM2 in portable C, to be inlined.
 *
 * p = 2^256 - 2^224 - 2^96 + 2^64 - 1. Modulo 2^128 the inverse of -p is
 * 1 + 2^64 - 2^96, so Montgomery's quotient for two words t1:t0 at once is
 *
 *     q0 = t0,  q1 = t1 + t0 - (t0 << 32)
 *
 * and (T + q*p) / 2^128 = (T >> 128) + (q1, 0, q0, q1) - (A, B, A, C) + c with
 * A = q >> 32 (its low word), C = q1 >> 32, B = (q0 << 32) + C, low word first,
 * where c is the carry of t1 + t0 less the borrow of - (t0 << 32): the
 * reduction needs no multiplication.
 */
#ifndef HF_CRYPTO_SM_SM2_FE_C_H
#define HF_CRYPTO_SM_SM2_FE_C_H

#include "crypto/sm/sm2_int.h"
#include "crypto/sm/sm2_word.h"

/* Chains of carries are written out: a loop would have to save the carry at each turn. */

#define SM2_P1 UINT64_C(0xffffffff00000000)
#define SM2_P3 UINT64_C(0xfffffffeffffffff)

/* r = t mod p for t < 2p, t[4] being the bit above. */
static inline void
fe_fold(struct sm2_fe *r, const uint64_t t[4], uint64_t top)
{
    unsigned char c = 0;
    uint64_t      d[4], keep;

    d[0] = sm2_sbb(t[0], UINT64_MAX, &c);
    d[1] = sm2_sbb(t[1], SM2_P1, &c);
    d[2] = sm2_sbb(t[2], UINT64_MAX, &c);
    d[3] = sm2_sbb(t[3], SM2_P3, &c);
    (void)sm2_sbb(top, 0, &c);
    keep = sm2_hide((uint64_t)0 - c);
    r->v[0] = sm2_choose(d[0], t[0], keep);
    r->v[1] = sm2_choose(d[1], t[1], keep);
    r->v[2] = sm2_choose(d[2], t[2], keep);
    r->v[3] = sm2_choose(d[3], t[3], keep);
}

static inline void
fe_add(struct sm2_fe *r, const struct sm2_fe *a, const struct sm2_fe *b)
{
    unsigned char c = 0;
    uint64_t      t[4];

    t[0] = sm2_adc(a->v[0], b->v[0], &c);
    t[1] = sm2_adc(a->v[1], b->v[1], &c);
    t[2] = sm2_adc(a->v[2], b->v[2], &c);
    t[3] = sm2_adc(a->v[3], b->v[3], &c);
    fe_fold(r, t, c);
}

static inline void
fe_sub(struct sm2_fe *r, const struct sm2_fe *a, const struct sm2_fe *b)
{
    unsigned char c = 0;
    uint64_t      t[4], m;

    t[0] = sm2_sbb(a->v[0], b->v[0], &c);
    t[1] = sm2_sbb(a->v[1], b->v[1], &c);
    t[2] = sm2_sbb(a->v[2], b->v[2], &c);
    t[3] = sm2_sbb(a->v[3], b->v[3], &c);
    m = sm2_hide((uint64_t)0 - c);
    c = 0;
    r->v[0] = sm2_adc(t[0], m, &c);
    r->v[1] = sm2_adc(t[1], m & SM2_P1, &c);
    r->v[2] = sm2_adc(t[2], m, &c);
    r->v[3] = sm2_adc(t[3], m & SM2_P3, &c);
}

/* a/2: an odd a becomes even by adding p. */
static inline void
fe_half(struct sm2_fe *r, const struct sm2_fe *a)
{
    uint64_t      m = sm2_hide((uint64_t)0 - (a->v[0] & 1)), t[4];
    unsigned char c = 0;

    t[0] = sm2_adc(a->v[0], m, &c);
    t[1] = sm2_adc(a->v[1], m & SM2_P1, &c);
    t[2] = sm2_adc(a->v[2], m, &c);
    t[3] = sm2_adc(a->v[3], m & SM2_P3, &c);
    r->v[0] = t[0] >> 1 | t[1] << 63;
    r->v[1] = t[1] >> 1 | t[2] << 63;
    r->v[2] = t[2] >> 1 | t[3] << 63;
    r->v[3] = t[3] >> 1 | (uint64_t)c << 63;
}

/* t += row * word at t[0..4]; t[4] was 0 or is overwritten by the top. */
static inline void
fe_row(uint64_t t[5], const uint64_t a[4], uint64_t b)
{
    sm2_u128 acc = (sm2_u128)a[0] * b + t[0];

    t[0] = (uint64_t)acc;
    acc = (sm2_u128)a[1] * b + t[1] + (uint64_t)(acc >> 64);
    t[1] = (uint64_t)acc;
    acc = (sm2_u128)a[2] * b + t[2] + (uint64_t)(acc >> 64);
    t[2] = (uint64_t)acc;
    acc = (sm2_u128)a[3] * b + t[3] + (uint64_t)(acc >> 64);
    t[3] = (uint64_t)acc;
    t[4] += (uint64_t)(acc >> 64);
}

/* Divide t[0..6] by 2^128 as the head of this file says: result in t[2..6]. */
static inline void
fe_reduce2(uint64_t t[7])
{
    uint64_t      q0 = t[0], lo = q0 << 32, q1 = t[1] + q0 - lo;
    uint64_t      a = q1 << 32 | q0 >> 32, top = q1 >> 32;
    unsigned char c = 0;

    t[1] = sm2_adc(t[1], q0, &c);
    t[2] = sm2_adc(t[2], q1, &c);
    t[3] = sm2_adc(t[3], 0, &c);
    t[4] = sm2_adc(t[4], q0, &c);
    t[5] = sm2_adc(t[5], q1, &c);
    t[6] += c;
    c = 0;
    (void)sm2_sbb(t[1], lo, &c);
    t[2] = sm2_sbb(t[2], a, &c);
    t[3] = sm2_sbb(t[3], lo + top, &c);
    t[4] = sm2_sbb(t[4], a, &c);
    t[5] = sm2_sbb(t[5], top, &c);
    t[6] -= c;
}

static inline void
fe_mul(struct sm2_fe *r, const struct sm2_fe *a, const struct sm2_fe *b)
{
    uint64_t t[9] = { 0 };

    fe_row(t, a->v, b->v[0]);
    fe_row(t + 1, a->v, b->v[1]);
    fe_reduce2(t);
    fe_row(t + 2, a->v, b->v[2]);
    fe_row(t + 3, a->v, b->v[3]);
    fe_reduce2(t + 2);
    fe_fold(r, t + 4, t[8]);
}

/*
 * The products of different words once, doubled by shifting, and the squares.
 * t[8] of the first half of the reduction is kept apart until the second.
 */
static inline void
fe_sqr(struct sm2_fe *r, const struct sm2_fe *a)
{
    const uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3];
    uint64_t       t[9], high;
    sm2_u128       m, s0, s1, s2, s3;
    unsigned char  c = 0;

    m = (sm2_u128)a0 * a1;
    t[1] = (uint64_t)m;
    m = (sm2_u128)a0 * a2 + (uint64_t)(m >> 64);
    t[2] = (uint64_t)m;
    m = (sm2_u128)a0 * a3 + (uint64_t)(m >> 64);
    t[3] = (uint64_t)m;
    t[4] = (uint64_t)(m >> 64);
    m = (sm2_u128)a1 * a2 + t[3];
    t[3] = (uint64_t)m;
    m = (sm2_u128)a1 * a3 + t[4] + (uint64_t)(m >> 64);
    t[4] = (uint64_t)m;
    m = (sm2_u128)a2 * a3 + (uint64_t)(m >> 64);
    t[5] = (uint64_t)m;
    high = (uint64_t)(m >> 64);
    t[7] = high >> 63;
    high = high << 1 | t[5] >> 63;
    t[5] = t[5] << 1 | t[4] >> 63;
    t[4] = t[4] << 1 | t[3] >> 63;
    t[3] = t[3] << 1 | t[2] >> 63;
    t[2] = t[2] << 1 | t[1] >> 63;
    t[1] = t[1] << 1;
    s0 = (sm2_u128)a0 * a0;
    s1 = (sm2_u128)a1 * a1;
    s2 = (sm2_u128)a2 * a2;
    s3 = (sm2_u128)a3 * a3;
    t[0] = (uint64_t)s0;
    t[1] = sm2_adc(t[1], (uint64_t)(s0 >> 64), &c);
    t[2] = sm2_adc(t[2], (uint64_t)s1, &c);
    t[3] = sm2_adc(t[3], (uint64_t)(s1 >> 64), &c);
    t[4] = sm2_adc(t[4], (uint64_t)s2, &c);
    t[5] = sm2_adc(t[5], (uint64_t)(s2 >> 64), &c);
    high = sm2_adc(high, (uint64_t)s3, &c);
    t[7] = sm2_adc(t[7], (uint64_t)(s3 >> 64), &c);
    t[6] = 0;
    fe_reduce2(t);
    c = 0;
    t[6] = sm2_adc(t[6], high, &c);
    t[7] = sm2_adc(t[7], 0, &c);
    t[8] = c;
    fe_reduce2(t + 2);
    fe_fold(r, t + 4, t[8]);
}

#endif
