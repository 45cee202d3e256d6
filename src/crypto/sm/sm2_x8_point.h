/*
 * sm2_x8_point.h - points and digits eight at a time, over sm2_x8.h; to be included by the kernels.
 *
 * Scalars are recoded into odd signed digits as in sm2_recode.h, so no
 * addition here meets infinity on purpose. The two cases that the formulas do
 * not cover, equal and opposite points, both give H = 0 and so Z = 0, and Z
 * stays 0 whatever follows: a lane whose Z is 0 at the end is computed again
 * by the caller, one at a time.
 *
 * Bounds in units of 2^256 (see sm2_x8.h) stand behind the lines: X and Y of
 * results are at most 2 and a little, Z at most 1.5; affine operands at most
 * 1, or 16 where said.
 */
#ifndef HF_CRYPTO_SM_SM2_X8_POINT_H
#define HF_CRYPTO_SM_SM2_X8_POINT_H

#include "base/attr.h"
#include "crypto/sm/sm2_int.h"
#include "crypto/sm/sm2_x8.h"

/* Not every kernel uses every function. */
#define X8_SHARED X8 HF_UNUSED static

HF_UNUSED static const uint64_t one_d[5] = { 0x10, 0xffffffff0000, 0, 0, 0x100000 }; /* R mod p */
HF_UNUSED static const uint64_t r2_d[5] = { 0x20000000300, 0xffffffff00000, 0x100000002,
                                            0x200000001000, 0x4000000 };               /* R^2 */
HF_UNUSED static const uint64_t to_words_d[5] = { 0x1, 0xffffffff000, 0, 0, 0x10000 }; /* 2^256 */

X8_SHARED __attribute__((noinline)) void
mul(struct x8_fe *r, const struct x8_fe *a, const struct x8_fe *b)
{
    x8_mul_inline(r, a, b);
}

X8_SHARED __attribute__((noinline)) void
sqr(struct x8_fe *r, const struct x8_fe *a)
{
    x8_sqr_inline(r, a);
}

/* -- In and out ------------------------------------------------------------------ */

/* Rows of eight words to columns. */
X8_INLINE void
transpose(__m512i t[8])
{
    __m512i a[8], b[8];

    X8_UNROLL
    for (int i = 0; i < 8; i += 2) {
        a[i] = _mm512_unpacklo_epi64(t[i], t[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 1]);
    }
    X8_UNROLL
    for (int i = 0; i < 8; i += 4) {
        b[i] = _mm512_shuffle_i64x2(a[i], a[i + 2], 0x88);
        b[i + 1] = _mm512_shuffle_i64x2(a[i + 1], a[i + 3], 0x88);
        b[i + 2] = _mm512_shuffle_i64x2(a[i], a[i + 2], 0xdd);
        b[i + 3] = _mm512_shuffle_i64x2(a[i + 1], a[i + 3], 0xdd);
    }
    X8_UNROLL
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0xdd);
    }
}

/* Four vectors of words, lowest first, to digits; shifted left by `up` bits, 0 or 4. */
X8_INLINE void
from_words(struct x8_fe *r, const __m512i w[4], unsigned up)
{
    const __m512i mask = x8_set(X8_MASK);

    r->v[0] = _mm512_and_si512(mask, _mm512_slli_epi64(w[0], up));
    r->v[1] = _mm512_and_si512(
        mask, _mm512_or_si512(_mm512_srli_epi64(w[0], 52 - up), _mm512_slli_epi64(w[1], 12 + up)));
    r->v[2] = _mm512_and_si512(
        mask, _mm512_or_si512(_mm512_srli_epi64(w[1], 40 - up), _mm512_slli_epi64(w[2], 24 + up)));
    r->v[3] = _mm512_and_si512(
        mask, _mm512_or_si512(_mm512_srli_epi64(w[2], 28 - up), _mm512_slli_epi64(w[3], 36 + up)));
    r->v[4] = _mm512_srli_epi64(w[3], 16 - up);
}

/* Eight numbers of four words each, wherever they are. */
X8_INLINE void
load_words(__m512i w[4], const uint64_t *const from[8])
{
    __m512i t[8];

    X8_UNROLL
    for (int i = 0; i < 8; i++)
        t[i] = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)from[i]));
    transpose(t);
    X8_UNROLL
    for (int i = 0; i < 4; i++)
        w[i] = t[i];
}

/*
 * Eight affine points from memory in the one-at-a-time form. Shifting by 4 bits
 * makes a 2^256 into a 2^260, at most 16 units: it must still fit the digits.
 */
X8_INLINE void
load_points(struct x8_aff *r, const struct sm2_aff *const from[8])
{
    __m512i t[8];

    X8_UNROLL
    for (int i = 0; i < 8; i++)
        t[i] = _mm512_loadu_si512(from[i]);
    transpose(t);
    from_words(&r->x, t, 4);
    from_words(&r->y, t + 4, 4);
}

/* The one number below p that is congruent to a. */
X8_SHARED void
canonical(struct x8_fe *a)
{
    const uint64_t p[5] = { X8_MASK, X8_P1, X8_MASK, X8_MASK, X8_P4 };
    struct x8_fe   t;

    x8_carry(a);
    x8_fold(a);
    for (int round = 0; round < 3; round++) {
        __mmask8 negative;

        X8_UNROLL
        for (int i = 0; i < 5; i++)
            t.v[i] = _mm512_sub_epi64(a->v[i], x8_set(p[i]));
        x8_carry(&t);
        negative = _mm512_movepi64_mask(t.v[4]);
        X8_UNROLL
        for (int i = 0; i < 5; i++)
            a->v[i] = _mm512_mask_mov_epi64(t.v[i], negative, a->v[i]);
    }
}

/* Canonical digits to words, number i at out[i]. */
X8_SHARED void
to_words(struct sm2_fe out[8], const struct x8_fe *a)
{
    __m512i t[8];

    t[0] = _mm512_or_si512(a->v[0], _mm512_slli_epi64(a->v[1], 52));
    t[1] = _mm512_or_si512(_mm512_srli_epi64(a->v[1], 12), _mm512_slli_epi64(a->v[2], 40));
    t[2] = _mm512_or_si512(_mm512_srli_epi64(a->v[2], 24), _mm512_slli_epi64(a->v[3], 28));
    t[3] = _mm512_or_si512(_mm512_srli_epi64(a->v[3], 36), _mm512_slli_epi64(a->v[4], 16));
    t[4] = t[5] = t[6] = t[7] = _mm512_setzero_si512();
    transpose(t);
    for (int i = 0; i < 8; i++)
        _mm256_storeu_si256((__m256i *)(void *)out[i].v, _mm512_castsi512_si256(t[i]));
}

X8_SHARED __mmask8
zero_lanes(const struct x8_fe *a)
{
    struct x8_fe t = *a;
    __m512i      any;

    canonical(&t);
    any = _mm512_or_si512(_mm512_or_si512(t.v[0], t.v[1]), _mm512_or_si512(t.v[2], t.v[3]));
    any = _mm512_or_si512(any, t.v[4]);
    return _mm512_testn_epi64_mask(any, any);
}

/* -- Points ---------------------------------------------------------------------- */

/*
 * As in sm2_curve_body.h. Inlined, for it is nine tenths of a multiplication
 * of a point, and passing operands would cost one part in ten.
 */
X8_SHARED void
jac_double(struct x8_jac *r, const struct x8_jac *p)
{
    struct x8_fe a, b, v, t;

    x8_sqr_inline(&t, &p->z);           /* 1.2 */
    x8_sqr_inline(&b, &p->y);           /* 1.3 */
    x8_mul_inline(&r->z, &p->y, &p->z); /* 1.2 */
    x8_add(&a, &p->x, &t);              /* 3.3 */
    x8_sub(&t, &p->x, &t);              /* 5.1 */
    x8_mul_inline(&a, &a, &t);          /* 2.1 */
    x8_mul_inline(&v, &b, &p->x);       /* 1.2 */
    x8_half(&t, &a);                    /* 1.6 */
    x8_add(&a, &a, &t);                 /* 3.7 */
    x8_sqr_inline(&b, &b);              /* 1.2 */
    x8_sqr_inline(&t, &a);              /* 1.9 */
    X8_UNROLL
    for (int i = 0; i < 5; i++)
        r->x.v[i] = _mm512_sub_epi64(t.v[i], _mm512_slli_epi64(v.v[i], 1));
    x8_fold(&r->x);            /* 2 */
    x8_sub(&v, &v, &r->x);     /* 4.3 */
    x8_mul_inline(&v, &v, &a); /* 2 */
    X8_UNROLL
    for (int i = 0; i < 5; i++)
        r->y.v[i] = _mm512_sub_epi64(v.v[i], b.v[i]);
    x8_fold(&r->y); /* 2 */
}

/* The end of both additions: u1 and s1 are the first point's x and y, at most 2.2. */
X8_INLINE void
jac_finish(struct x8_jac *r, const struct x8_fe *h, const struct x8_fe *rr, const struct x8_fe *u1,
           const struct x8_fe *s1)
{
    struct x8_fe h2, h3, v, t;

    sqr(&h2, h);
    mul(&h3, h, &h2);
    mul(&v, u1, &h2);
    sqr(&t, rr);
    X8_UNROLL
    for (int i = 0; i < 5; i++)
        t.v[i] = _mm512_sub_epi64(_mm512_sub_epi64(t.v[i], h3.v[i]), _mm512_slli_epi64(v.v[i], 1));
    x8_fold(&t);
    r->x = t;
    x8_sub(&v, &v, &t);
    mul(&v, &v, rr);
    mul(&h3, &h3, s1);
    X8_UNROLL
    for (int i = 0; i < 5; i++)
        r->y.v[i] = _mm512_sub_epi64(v.v[i], h3.v[i]);
    x8_fold(&r->y);
}

/* +-q: y is negated in the lanes of neg. q of at most 16 units. r may be p. */
X8_SHARED void
add_aff(struct x8_jac *r, const struct x8_jac *p, const struct x8_aff *q, __mmask8 neg)
{
    const uint64_t d[5] = { 6 * X8_MASK, 6 * X8_P1, 6 * X8_MASK, 6 * X8_MASK, 6 * X8_P4 };
    struct x8_fe   zz, h, rr, x = p->x, y = p->y;

    sqr(&zz, &p->z);       /* 1.2 */
    mul(&h, &q->x, &zz);   /* 2.2 */
    mul(&zz, &zz, &p->z);  /* 1.2 */
    x8_sub(&h, &h, &x);    /* 5.2 */
    mul(&rr, &q->y, &zz);  /* 2.2 */
    mul(&r->z, &p->z, &h); /* 1.5 */
    X8_UNROLL
    for (int i = 0; i < 5; i++) {
        rr.v[i] = _mm512_mask_sub_epi64(rr.v[i], neg, _mm512_setzero_si512(), rr.v[i]);
        rr.v[i] = _mm512_sub_epi64(_mm512_add_epi64(rr.v[i], x8_set(d[i])), y.v[i]);
    }
    x8_fold(&rr); /* 2 */
    jac_finish(r, &h, &rr, &x, &y);
}

/* +-q in Jacobian form. r may be p. */
X8_SHARED void
add_jac(struct x8_jac *r, const struct x8_jac *p, const struct x8_jac *q, __mmask8 neg)
{
    struct x8_fe z1, z2, u1, s1, h, rr;

    sqr(&z2, &q->z);
    sqr(&z1, &p->z);
    mul(&u1, &p->x, &z2);
    mul(&h, &q->x, &z1);
    mul(&z2, &z2, &q->z);
    mul(&z1, &z1, &p->z);
    x8_sub(&h, &h, &u1); /* 4.2 */
    mul(&s1, &p->y, &z2);
    mul(&rr, &q->y, &z1);
    mul(&z2, &p->z, &q->z);
    X8_UNROLL
    for (int i = 0; i < 5; i++) {
        rr.v[i] = _mm512_mask_sub_epi64(rr.v[i], neg, _mm512_setzero_si512(), rr.v[i]);
        rr.v[i] = _mm512_sub_epi64(rr.v[i], s1.v[i]);
    }
    x8_fold(&rr);
    mul(&r->z, &z2, &h);
    jac_finish(r, &h, &rr, &u1, &s1);
}

X8_SHARED void
from_aff(struct x8_jac *r, const struct x8_aff *q, __mmask8 neg)
{
    const struct x8_fe one = x8_const(one_d);

    r->z = one;
    mul(&r->x, &q->x, &one); /* 16 units to 2 */
    mul(&r->y, &q->y, &one);
    X8_UNROLL
    for (int i = 0; i < 5; i++)
        r->y.v[i] = _mm512_mask_sub_epi64(r->y.v[i], neg, _mm512_setzero_si512(), r->y.v[i]);
    x8_fold(&r->y);
}

/* -- Digits ---------------------------------------------------------------------- */

/* Eight scalars made odd (n - k for even k), as words, and which were replaced. */
struct odd8 {
    __m512i  w[5];
    __mmask8 even;
};

X8_SHARED void
make_odd(struct odd8 *r, const uint64_t k[8][4])
{
    const uint64_t *from[8];
    __m512i         w[4], borrow = _mm512_setzero_si512();

    for (int i = 0; i < 8; i++)
        from[i] = k[i];
    load_words(w, from);
    r->even = _mm512_testn_epi64_mask(w[0], x8_set(1));
    for (int i = 0; i < 4; i++) {
        __m512i  n = x8_set(hf_sm2_n[i]), d = _mm512_sub_epi64(n, w[i]);
        __mmask8 b = _mm512_cmplt_epu64_mask(n, w[i]) |
                     (_mm512_cmpeq_epi64_mask(n, w[i]) & _mm512_test_epi64_mask(borrow, borrow));

        d = _mm512_sub_epi64(d, borrow);
        borrow = _mm512_maskz_mov_epi64(b, x8_set(1));
        r->w[i] = _mm512_mask_mov_epi64(w[i], r->even, d);
    }
    r->w[4] = _mm512_setzero_si512();
}

/* The digit of `width` bits at bit `at`: index of its magnitude, and the lanes to be negated. */
X8_INLINE __m512i
digit8(const struct odd8 *k, unsigned at, unsigned width, bool top, __mmask8 *neg)
{
    unsigned word = at / 64, shift = at % 64;
    __m512i  bits = _mm512_srl_epi64(k->w[word], _mm_cvtsi32_si128((int)shift)), flip;

    if (shift + width + 1 > 64)
        bits = _mm512_or_si512(
            bits, _mm512_sll_epi64(k->w[word + 1], _mm_cvtsi32_si128((int)(64 - shift))));
    *neg = top ? 0 : _mm512_testn_epi64_mask(bits, x8_set(UINT64_C(1) << width));
    flip = _mm512_maskz_mov_epi64(*neg, x8_set(UINT64_MAX));
    *neg ^= k->even;
    bits = _mm512_and_si512(_mm512_xor_si512(bits, flip), x8_set((UINT64_C(1) << width) - 1));
    return _mm512_srli_epi64(bits, 1);
}

#endif
