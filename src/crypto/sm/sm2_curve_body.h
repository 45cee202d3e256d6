/*
 * sm2_curve_body.h - points of the SM2 curve, over whichever field came before.
 *
 * Compiled once a tier: sm2_generic.c and sm2_adx.c include their field
 * (fe_mul, fe_sqr, fe_add, fe_sub, fe_half) and then this file, which ends in
 * the table SM2_OPS named SM2_OPS_NAME.
 *
 * Secret scalars are recoded into odd signed digits (sm2_recode.h). No digit is
 * zero, so no addition meets infinity; and two equal points can meet only in
 * the last addition:
 *
 *   comb: before row j the sum is odd and less than 2^(7j) in magnitude, the
 *   term at least 2^(7j), and all integers stay below n until the last row;
 *   window: the accumulator is 32 times something not zero, the term less
 *   than 32, and again everything is below n/2 until the last window.
 *
 * There it does happen (k = n - 6 for the window), so the last addition also
 * doubles and selects by mask. Opposite points give H = 0 and hence Z = 0,
 * infinity, without any care.
 */

#include "crypto/sm/sm2_recode.h"

static inline bool
fe_zero_public(const struct sm2_fe *a)
{
    return (a->v[0] | a->v[1] | a->v[2] | a->v[3]) == 0;
}

static inline uint64_t
fe_zero_mask(const struct sm2_fe *a)
{
    return ~sm2_mask_nz(a->v[0] | a->v[1] | a->v[2] | a->v[3]);
}

/* r = mask ? a : r, mask all ones or all zeros. */
static inline void
fe_move(struct sm2_fe *r, const struct sm2_fe *a, uint64_t mask)
{
    for (int i = 0; i < 4; i++) /* word by word: a wide load would wait for narrow stores */
        r->v[i] ^= sm2_hide((r->v[i] ^ a->v[i]) & mask);
}

/* a = mask ? -a : a */
static inline void
fe_negate(struct sm2_fe *a, uint64_t mask)
{
    static const struct sm2_fe zero;
    struct sm2_fe              t;

    fe_sub(&t, &zero, a);
    fe_move(a, &t, mask);
}

/*
 * 4M + 4S, in the form whose Z is YZ instead of 2YZ: with B = Y^2 and
 * A = 3/2 (X - Z^2)(X + Z^2), X' = A^2 - 2XB and Y' = A(XB - X') - B^2.
 * Gives infinity for infinity.
 */
static void
jac_double(struct sm2_jac *r, const struct sm2_jac *p)
{
    struct sm2_fe a, b, v, t;

    fe_sqr(&t, &p->z);
    fe_sqr(&b, &p->y);
    fe_mul(&r->z, &p->y, &p->z);
    fe_add(&a, &p->x, &t);
    fe_sub(&t, &p->x, &t);
    fe_mul(&a, &a, &t);
    fe_mul(&v, &b, &p->x);
    fe_half(&t, &a);
    fe_add(&a, &a, &t);
    fe_sqr(&b, &b);
    fe_sqr(&t, &a);
    fe_sub(&t, &t, &v);
    fe_sub(&r->x, &t, &v);
    fe_sub(&v, &v, &r->x);
    fe_mul(&v, &v, &a);
    fe_sub(&r->y, &v, &b);
}

/* The end that both additions share, from H, R and the first point's scaled x and y. */
static inline void
jac_finish(struct sm2_jac *r, const struct sm2_fe *h, const struct sm2_fe *rr,
           const struct sm2_fe *u1, const struct sm2_fe *s1)
{
    struct sm2_fe h2, h3, v, t;

    fe_sqr(&h2, h);
    fe_mul(&h3, h, &h2);
    fe_mul(&v, u1, &h2);
    fe_sqr(&t, rr);
    fe_sub(&t, &t, &h3);
    fe_sub(&t, &t, &v);
    fe_sub(&r->x, &t, &v);
    fe_sub(&v, &v, &r->x);
    fe_mul(&v, &v, rr);
    fe_mul(&h3, &h3, s1);
    fe_sub(&r->y, &v, &h3);
}

/*
 * 8M + 3S. Neither is infinity and they differ; r is another object than p.
 * Gives H and R for those who must know.
 */
static void
jac_add_aff(struct sm2_jac *r, const struct sm2_jac *p, const struct sm2_aff *q, struct sm2_fe *h,
            struct sm2_fe *rr)
{
    struct sm2_fe zz;

    fe_sqr(&zz, &p->z);
    fe_mul(h, &q->x, &zz);
    fe_mul(&zz, &zz, &p->z);
    fe_sub(h, h, &p->x);
    fe_mul(rr, &q->y, &zz);
    fe_mul(&r->z, &p->z, h);
    fe_sub(rr, rr, &p->y);
    jac_finish(r, h, rr, &p->x, &p->y);
}

/* 12M + 4S, same conditions. */
static void
jac_add(struct sm2_jac *r, const struct sm2_jac *p, const struct sm2_jac *q, struct sm2_fe *h,
        struct sm2_fe *rr)
{
    struct sm2_fe z1, z2, u1, s1;

    fe_sqr(&z2, &q->z);
    fe_sqr(&z1, &p->z);
    fe_mul(&u1, &p->x, &z2);
    fe_mul(h, &q->x, &z1);
    fe_mul(&z2, &z2, &q->z);
    fe_mul(&z1, &z1, &p->z);
    fe_sub(h, h, &u1);
    fe_mul(&s1, &p->y, &z2);
    fe_mul(rr, &q->y, &z1);
    fe_mul(&z2, &p->z, &q->z);
    fe_sub(rr, rr, &s1);
    fe_mul(&r->z, &z2, h);
    jac_finish(r, h, rr, &u1, &s1);
}

/* -- Secret scalars ---------------------------------------------------------- */

/* What the last addition does besides: where both points were equal, double instead. */
static void
fix_equal(struct sm2_jac *sum, const struct sm2_jac *p, const struct sm2_fe *h,
          const struct sm2_fe *rr)
{
    uint64_t       equal = fe_zero_mask(h) & fe_zero_mask(rr);
    struct sm2_jac twice;

    jac_double(&twice, p);
    fe_move(&sum->x, &twice.x, equal);
    fe_move(&sum->y, &twice.y, equal);
    fe_move(&sum->z, &twice.z, equal);
    OPENSSL_cleanse(&twice, sizeof(twice));
}

static void
comb_mul(struct sm2_jac *r, const struct sm2_comb *t, const uint64_t k[4])
{
    uint64_t       odd[5], index, neg, even = hf_sm2_make_odd(odd, k);
    struct sm2_aff q;
    struct sm2_jac sum[2]; /* by turns: copies would wait for the stores */
    struct sm2_fe  h, rr;

    neg = hf_sm2_odd_digit(odd, 0, SM2_COMB_BITS, false, &index);
    hf_sm2_pick(&q, t->at[0], SM2_COMB_COLS, index);
    fe_negate(&q.y, neg);
    sum[0] = (struct sm2_jac){ q.x, q.y, hf_sm2_fe_one };
    for (unsigned j = 1; j < SM2_COMB_ROWS; j++) {
        neg =
            hf_sm2_odd_digit(odd, j * SM2_COMB_BITS, SM2_COMB_BITS, j == SM2_COMB_ROWS - 1, &index);
        hf_sm2_pick(&q, t->at[j], SM2_COMB_COLS, index);
        fe_negate(&q.y, neg);
        jac_add_aff(&sum[j & 1], &sum[~j & 1], &q, &h, &rr);
    }
    *r = sum[(SM2_COMB_ROWS - 1) & 1];
    fix_equal(r, &sum[SM2_COMB_ROWS & 1], &h, &rr);
    fe_negate(&r->y, even);
    OPENSSL_cleanse(odd, sizeof(odd));
    OPENSSL_cleanse(sum, sizeof(sum));
    OPENSSL_cleanse(&q, sizeof(q));
}

#define WIN_BITS 5u
#define WIN_COLS 16
#define WIN_TOP  51u /* the topmost digit is bit 255 made odd: always 1 */

/*
 * t[i] = (2i + 1) p. 2P is kept at the Z of the last multiple, which makes an
 * addition 5M + 2S (Meloni); Z of t[i] is h[i] times that of t[i-1].
 */
static void
odd_multiples(struct sm2_jac *t, struct sm2_fe *h, size_t n, const struct sm2_aff *p)
{
    struct sm2_fe x, y, a, b, c, w;

    fe_sqr(&b, &p->y); /* 2P as (x, y) with Z = y of p, and p with that Z */
    fe_mul(&t[0].x, &p->x, &b);
    fe_sqr(&t[0].y, &b);
    t[0].z = p->y;
    fe_sqr(&c, &p->x);
    fe_sub(&c, &c, &hf_sm2_fe_one);
    fe_half(&a, &c);
    fe_add(&a, &a, &c);
    fe_sqr(&x, &a);
    fe_sub(&x, &x, &t[0].x);
    fe_sub(&x, &x, &t[0].x);
    fe_sub(&y, &t[0].x, &x);
    fe_mul(&y, &y, &a);
    fe_sub(&y, &y, &t[0].y);
    for (size_t i = 1; i < n; i++) {
        fe_sub(&h[i], &x, &t[i - 1].x);
        fe_mul(&t[i].z, &t[i - 1].z, &h[i]);
        fe_sqr(&c, &h[i]);
        fe_sub(&a, &y, &t[i - 1].y);
        fe_mul(&x, &x, &c);
        fe_mul(&w, &t[i - 1].x, &c);
        fe_sub(&b, &x, &w);
        fe_mul(&y, &y, &b);
        fe_sqr(&c, &a);
        fe_sub(&c, &c, &x);
        fe_sub(&t[i].x, &c, &w);
        fe_sub(&b, &x, &t[i].x);
        fe_mul(&b, &b, &a);
        fe_sub(&t[i].y, &b, &y);
    }
}

/* Affine form of what odd_multiples() gives, by one inversion: h leads from one Z to the next. */
static void
normalise_public(struct sm2_aff *out, const struct sm2_jac *in, const struct sm2_fe *h, size_t n)
{
    struct sm2_fe zi, zz;

    hf_sm2_fe_inv(&zi, &in[n - 1].z);
    for (size_t i = n; i-- > 0;) {
        fe_sqr(&zz, &zi);
        fe_mul(&out[i].x, &in[i].x, &zz);
        fe_mul(&zz, &zz, &zi);
        fe_mul(&out[i].y, &in[i].y, &zz);
        if (i > 0)
            fe_mul(&zi, &zi, &h[i]);
    }
}

/* The multiples are brought to affine form first: that costs less than it saves. */
static void
point_mul(struct sm2_jac *r, const struct sm2_aff *p, const uint64_t k[4])
{
    uint64_t       odd[5], index, neg, even = hf_sm2_make_odd(odd, k);
    struct sm2_jac multiples[WIN_COLS], sum[2];
    struct sm2_aff t[WIN_COLS], q;
    struct sm2_fe  h, rr, step[WIN_COLS];

    odd_multiples(multiples, step, WIN_COLS, p);
    normalise_public(t, multiples, step, WIN_COLS);
    sum[WIN_TOP & 1] = multiples[0];
    for (unsigned j = WIN_TOP; j-- > 0;) {
        struct sm2_jac *from = &sum[~j & 1];

        for (unsigned i = 0; i < WIN_BITS; i++)
            jac_double(from, from);
        neg = hf_sm2_odd_digit(odd, j * WIN_BITS, WIN_BITS, false, &index);
        hf_sm2_pick(&q, t, WIN_COLS, index);
        fe_negate(&q.y, neg);
        jac_add_aff(&sum[j & 1], from, &q, &h, &rr);
    }
    *r = sum[0];
    fix_equal(r, &sum[1], &h, &rr);
    fe_negate(&r->y, even);
    OPENSSL_cleanse(odd, sizeof(odd));
    OPENSSL_cleanse(sum, sizeof(sum));
    OPENSSL_cleanse(&q, sizeof(q));
}

/* -- Public scalars ------------------------------------------------------------ */

/* Any two points; r is another object than p. */
static void
add_aff_public(struct sm2_jac *r, const struct sm2_jac *p, const struct sm2_aff *q)
{
    struct sm2_fe h, rr;

    if (fe_zero_public(&p->z)) {
        *r = (struct sm2_jac){ q->x, q->y, hf_sm2_fe_one };
        return;
    }
    jac_add_aff(r, p, q, &h, &rr);
    if (fe_zero_public(&h) && fe_zero_public(&rr))
        jac_double(r, p);
}

static void
add_jac_public(struct sm2_jac *r, const struct sm2_jac *p, const struct sm2_jac *q)
{
    struct sm2_fe h, rr;

    if (fe_zero_public(&p->z) || fe_zero_public(&q->z)) {
        *r = fe_zero_public(&p->z) ? *q : *p;
        return;
    }
    jac_add(r, p, q, &h, &rr);
    if (fe_zero_public(&h) && fe_zero_public(&rr))
        jac_double(r, p);
}

/* *r += k * (point of the comb t) */
static void
comb_add_public(struct sm2_jac *r, const struct sm2_comb *t, const uint64_t k[4])
{
    uint64_t       odd[5], index, neg, even;
    struct sm2_jac sum[2];
    struct sm2_aff q;

    if (hf_sm2_is_zero(k))
        return;
    even = hf_sm2_make_odd(odd, k);
    sum[1] = *r;
    for (unsigned j = 0; j < SM2_COMB_ROWS; j++) {
        neg =
            hf_sm2_odd_digit(odd, j * SM2_COMB_BITS, SM2_COMB_BITS, j == SM2_COMB_ROWS - 1, &index);
        q = t->at[j][index];
        if ((neg ^ even) != 0)
            fe_negate(&q.y, UINT64_MAX);
        add_aff_public(&sum[j & 1], &sum[~j & 1], &q);
    }
    *r = sum[(SM2_COMB_ROWS - 1) & 1];
}

/*
 * Width-5 non-adjacent form of k: digits zero or odd, below 16 in magnitude,
 * and four zeros after each that is not zero. Gives how many there are.
 */
static unsigned
naf5(int8_t digit[258], const uint64_t k[4])
{
    uint64_t a[5] = { k[0], k[1], k[2], k[3], 0 };
    unsigned n = 0;

    for (unsigned i = 0; i < 257; i++) {
        int d = 0;

        if (a[0] & 1) {
            unsigned char c = 0;

            d = (int)(a[0] & 31);
            d = d > 15 ? d - 32 : d;
            a[0] -= (uint64_t)d;    /* clears the low five bits */
            c = d < 0 && a[0] < 32; /* and may have carried out */
            for (int w = 1; w < 5; w++)
                a[w] = sm2_adc(a[w], 0, &c);
            n = i + 1;
        }
        digit[i] = (int8_t)d;
        for (int w = 0; w < 4; w++)
            a[w] = a[w] >> 1 | a[w + 1] << 63;
        a[4] >>= 1;
    }
    return n;
}

/* r = k * p */
static void
point_mul_public(struct sm2_jac *r, const struct sm2_aff *p, const uint64_t k[4])
{
    struct sm2_jac t[8], q, sum[2] = { { { { 0 } }, { { 0 } }, { { 0 } } } };
    struct sm2_fe  step[8];
    int8_t         digit[258];
    unsigned       n = naf5(digit, k), now = 0;

    odd_multiples(t, step, 8, p);
    for (unsigned i = n; i-- > 0;) {
        if (i + 1 < n)
            jac_double(&sum[now], &sum[now]);
        if (digit[i] == 0)
            continue;
        q = t[(digit[i] < 0 ? -digit[i] : digit[i]) / 2];
        if (digit[i] < 0)
            fe_negate(&q.y, UINT64_MAX);
        add_jac_public(&sum[now ^ 1], &sum[now], &q);
        now ^= 1;
    }
    *r = sum[now];
}

static void
pair_mul_public(struct sm2_jac *r, const struct sm2_comb *g, const uint64_t s[4],
                const struct sm2_comb *pt, const struct sm2_aff *p, const uint64_t t[4])
{
    if (pt == NULL) {
        point_mul_public(r, p, t);
    } else {
        *r = (struct sm2_jac){ { { 0 } }, { { 0 } }, { { 0 } } };
        comb_add_public(r, pt, t);
    }
    comb_add_public(r, g, s);
}

/* -- Tables -------------------------------------------------------------------- */

/* 256 S + 15 M: a^(p-2), p - 2 being 31 ones, a zero, then 4 x 32 ones ... in runs. */
static void
fe_inv_chain(struct sm2_fe *r, const struct sm2_fe *a)
{
    /* x[i] = a^(2^run[i] - 1), each from two before it: run[i] = run[from] + run[by] */
    static const struct {
        uint8_t run, from, by;
    } make[] = {
        { 1, 0, 0 },  { 2, 0, 0 },  { 3, 1, 0 },  { 6, 2, 2 },  { 12, 3, 3 },
        { 15, 4, 2 }, { 30, 5, 5 }, { 31, 6, 0 }, { 32, 7, 0 },
    };
    /* then: square `n` times, multiply by x[with] */
    static const struct {
        uint8_t n, with;
    } walk[] = {
        { 33, 8 }, { 32, 8 }, { 32, 8 }, { 32, 8 }, { 32, 255 }, { 31, 7 }, { 31, 7 }, { 2, 0 },
    };
    struct sm2_fe x[HF_COUNT(make)], t;

    x[0] = *a;
    for (size_t i = 1; i < HF_COUNT(make); i++) {
        t = x[make[i].from];
        for (unsigned n = 0; n < make[make[i].by].run; n++)
            fe_sqr(&t, &t);
        fe_mul(&x[i], &t, &x[make[i].by]);
    }
    t = x[7];
    for (size_t i = 0; i < HF_COUNT(walk); i++) {
        for (unsigned n = 0; n < walk[i].n; n++)
            fe_sqr(&t, &t);
        if (walk[i].with != 255)
            fe_mul(&t, &t, &x[walk[i].with]);
    }
    *r = t;
}

static void
comb_build_public(struct sm2_comb *t, const struct sm2_aff *p)
{
    struct sm2_jac row[SM2_COMB_COLS], base;
    struct sm2_aff first = *p;
    struct sm2_fe  step[SM2_COMB_COLS];

    for (unsigned j = 0; j < SM2_COMB_ROWS; j++) {
        odd_multiples(row, step, SM2_COMB_COLS, &first);
        normalise_public(t->at[j], row, step, SM2_COMB_COLS);
        base = row[0];
        for (unsigned i = 0; i < SM2_COMB_BITS; i++)
            jac_double(&base, &base);
        normalise_public(&first, &base, NULL, 1);
    }
}

/* -- The table of this tier ------------------------------------------------------ */

static void
call_mul(struct sm2_fe *r, const struct sm2_fe *a, const struct sm2_fe *b)
{
    fe_mul(r, a, b);
}

static void
call_sqr(struct sm2_fe *r, const struct sm2_fe *a)
{
    fe_sqr(r, a);
}

static void
call_add(struct sm2_fe *r, const struct sm2_fe *a, const struct sm2_fe *b)
{
    fe_add(r, a, b);
}

static void
call_sub(struct sm2_fe *r, const struct sm2_fe *a, const struct sm2_fe *b)
{
    fe_sub(r, a, b);
}

static void
call_half(struct sm2_fe *r, const struct sm2_fe *a)
{
    fe_half(r, a);
}

const struct hf_sm2_ops SM2_OPS = {
    .name = SM2_OPS_NAME,
    .mul = call_mul,
    .sqr = call_sqr,
    .add = call_add,
    .sub = call_sub,
    .half = call_half,
    .inv_chain = fe_inv_chain,
    .comb_mul = comb_mul,
    .point_mul = point_mul,
    .point_mul_public = point_mul_public,
    .pair_mul_public = pair_mul_public,
    .add_public = add_aff_public,
    .join_public = add_jac_public,
    .comb_build_public = comb_build_public,
};
