/*
 * Eight points at once: the kernels under the batch calls.
 *
 * Scalars are recoded into odd signed digits as in sm2_curve_body.h, so no
 * addition here meets infinity on purpose. The two cases that the formulas do
 * not cover, equal and opposite points, both give H = 0 and so Z = 0, and Z
 * stays 0 whatever follows: a lane whose Z is 0 at the end is computed again
 * by the caller, one at a time. That happens for secret scalars only when the
 * scalar is one of two fixed numbers or zero.
 *
 * Bounds in units of 2^256 (see sm2_x8.h): X and Y of results at most 2 and a
 * little, Z at most 1.5; affine operands at most 1, or 16 where said.
 */
#if defined(__x86_64__)

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/crypto.h>

#include "crypto/sm/cpu.h"
#include "crypto/sm/sm2_int.h"
#include "crypto/sm/sm2_x8.h"
#include "crypto/sm/sm2_x8_int.h"

static const uint64_t one_d[5] = { 0x10, 0xffffffff0000, 0, 0, 0x100000 };          /* R mod p */
static const uint64_t r2_d[5] = { 0x20000000300, 0xffffffff00000, 0x100000002,
                                  0x200000001000, 0x4000000 };                       /* R^2 */
static const uint64_t to_words_d[5] = { 0x1, 0xffffffff000, 0, 0, 0x10000 };        /* 2^256 */

X8 static __attribute__((noinline)) void
mul(struct x8_fe *r, const struct x8_fe *a, const struct x8_fe *b)
{
    x8_mul_inline(r, a, b);
}

X8 static __attribute__((noinline)) void
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
    r->v[1] = _mm512_and_si512(mask, _mm512_or_si512(_mm512_srli_epi64(w[0], 52 - up),
                                                     _mm512_slli_epi64(w[1], 12 + up)));
    r->v[2] = _mm512_and_si512(mask, _mm512_or_si512(_mm512_srli_epi64(w[1], 40 - up),
                                                     _mm512_slli_epi64(w[2], 24 + up)));
    r->v[3] = _mm512_and_si512(mask, _mm512_or_si512(_mm512_srli_epi64(w[2], 28 - up),
                                                     _mm512_slli_epi64(w[3], 36 + up)));
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
X8 static void
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
X8 static void
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

X8 static __mmask8
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
X8 static void
jac_double(struct x8_jac *r, const struct x8_jac *p)
{
    struct x8_fe a, b, v, t;

    x8_sqr_inline(&t, &p->z);               /* 1.2 */
    x8_sqr_inline(&b, &p->y);               /* 1.3 */
    x8_mul_inline(&r->z, &p->y, &p->z);     /* 1.2 */
    x8_add(&a, &p->x, &t);                  /* 3.3 */
    x8_sub(&t, &p->x, &t);                  /* 5.1 */
    x8_mul_inline(&a, &a, &t);              /* 2.1 */
    x8_mul_inline(&v, &b, &p->x);           /* 1.2 */
    x8_half(&t, &a);                        /* 1.6 */
    x8_add(&a, &a, &t);                     /* 3.7 */
    x8_sqr_inline(&b, &b);                  /* 1.2 */
    x8_sqr_inline(&t, &a);                  /* 1.9 */
    X8_UNROLL
    for (int i = 0; i < 5; i++)
        r->x.v[i] = _mm512_sub_epi64(t.v[i], _mm512_slli_epi64(v.v[i], 1));
    x8_fold(&r->x);                         /* 2 */
    x8_sub(&v, &v, &r->x);                  /* 4.3 */
    x8_mul_inline(&v, &v, &a);              /* 2 */
    X8_UNROLL
    for (int i = 0; i < 5; i++)
        r->y.v[i] = _mm512_sub_epi64(v.v[i], b.v[i]);
    x8_fold(&r->y);                         /* 2 */
}

/* The end of both additions: u1 and s1 are the first point's x and y, at most 2.2. */
X8_INLINE void
jac_finish(struct x8_jac *r, const struct x8_fe *h, const struct x8_fe *rr,
           const struct x8_fe *u1, const struct x8_fe *s1)
{
    struct x8_fe h2, h3, v, t;

    sqr(&h2, h);
    mul(&h3, h, &h2);
    mul(&v, u1, &h2);
    sqr(&t, rr);
    X8_UNROLL
    for (int i = 0; i < 5; i++)
        t.v[i] = _mm512_sub_epi64(_mm512_sub_epi64(t.v[i], h3.v[i]),
                                  _mm512_slli_epi64(v.v[i], 1));
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
X8 static void
add_aff(struct x8_jac *r, const struct x8_jac *p, const struct x8_aff *q, __mmask8 neg)
{
    const uint64_t d[5] = { 6 * X8_MASK, 6 * X8_P1, 6 * X8_MASK, 6 * X8_MASK, 6 * X8_P4 };
    struct x8_fe   zz, h, rr, x = p->x, y = p->y;

    sqr(&zz, &p->z);                /* 1.2 */
    mul(&h, &q->x, &zz);            /* 2.2 */
    mul(&zz, &zz, &p->z);           /* 1.2 */
    x8_sub(&h, &h, &x);             /* 5.2 */
    mul(&rr, &q->y, &zz);           /* 2.2 */
    mul(&r->z, &p->z, &h);          /* 1.5 */
    X8_UNROLL
    for (int i = 0; i < 5; i++) {
        rr.v[i] = _mm512_mask_sub_epi64(rr.v[i], neg, _mm512_setzero_si512(), rr.v[i]);
        rr.v[i] = _mm512_sub_epi64(_mm512_add_epi64(rr.v[i], x8_set(d[i])), y.v[i]);
    }
    x8_fold(&rr);                   /* 2 */
    jac_finish(r, &h, &rr, &x, &y);
}

/* +-q in Jacobian form. r may be p. */
X8 static void
add_jac(struct x8_jac *r, const struct x8_jac *p, const struct x8_jac *q, __mmask8 neg)
{
    struct x8_fe z1, z2, u1, s1, h, rr;

    sqr(&z2, &q->z);
    sqr(&z1, &p->z);
    mul(&u1, &p->x, &z2);
    mul(&h, &q->x, &z1);
    mul(&z2, &z2, &q->z);
    mul(&z1, &z1, &p->z);
    x8_sub(&h, &h, &u1);            /* 4.2 */
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

X8 static void
from_aff(struct x8_jac *r, const struct x8_aff *q, __mmask8 neg)
{
    const struct x8_fe one = x8_const(one_d);

    r->z = one;
    mul(&r->x, &q->x, &one);        /* 16 units to 2 */
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

X8 static void
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
        bits = _mm512_or_si512(bits, _mm512_sll_epi64(k->w[word + 1],
                                                      _mm_cvtsi32_si128((int)(64 - shift))));
    *neg = top ? 0 : _mm512_testn_epi64_mask(bits, x8_set(UINT64_C(1) << width));
    flip = _mm512_maskz_mov_epi64(*neg, x8_set(UINT64_MAX));
    *neg ^= k->even;
    bits = _mm512_and_si512(_mm512_xor_si512(bits, flip), x8_set((UINT64_C(1) << width) - 1));
    return _mm512_srli_epi64(bits, 1);
}

/* -- Secret multiples of the base point -------------------------------------------- */

/* The comb by digits: entry i of digit d of row j at [j][d][i], so that permutes can look it up. */
struct x8_comb {
    uint64_t at[SM2_COMB_ROWS][10][SM2_COMB_COLS];
};

static const struct x8_comb *x8_base;
static pthread_once_t        x8_base_once = PTHREAD_ONCE_INIT;

X8 static void
make_x8_base(void)
{
    const struct sm2_comb *c = hf_sm2_base_comb();
    struct x8_comb        *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (t == MAP_FAILED)
        abort();
    for (int j = 0; j < SM2_COMB_ROWS; j++)
        for (int i = 0; i < SM2_COMB_COLS; i += 8) {
            const struct sm2_aff *from[8];
            struct x8_aff         p;

            for (int l = 0; l < 8; l++)
                from[l] = &c->at[j][i + l];
            load_points(&p, from);
            canonical(&p.x);
            canonical(&p.y);
            for (int d = 0; d < 5; d++) {
                _mm512_storeu_si512(&t->at[j][d][i], p.x.v[d]);
                _mm512_storeu_si512(&t->at[j][5 + d][i], p.y.v[d]);
            }
        }
    if (mprotect(t, sizeof(*t), PROT_READ) == -1)
        abort();
    x8_base = t;
}

/* Entry index of the 64 words at t, all of which are read, in each lane. */
X8_INLINE __m512i
look_up(const uint64_t t[64], __m512i index, __mmask8 bit4, __mmask8 bit5)
{
    __m512i q[4];

    X8_UNROLL
    for (int i = 0; i < 4; i++)
        q[i] = _mm512_permutex2var_epi64(_mm512_load_si512(t + 16 * i), index,
                                         _mm512_load_si512(t + 16 * i + 8));
    q[0] = _mm512_mask_mov_epi64(q[0], bit4, q[1]);
    q[2] = _mm512_mask_mov_epi64(q[2], bit4, q[3]);
    return _mm512_mask_mov_epi64(q[0], bit5, q[2]);
}

X8_INLINE void
look_up_point(struct x8_aff *r, const uint64_t row[10][SM2_COMB_COLS], __m512i index)
{
    __mmask8 bit4 = _mm512_test_epi64_mask(index, x8_set(16));
    __mmask8 bit5 = _mm512_test_epi64_mask(index, x8_set(32));

    X8_UNROLL
    for (int d = 0; d < 5; d++) {
        r->x.v[d] = look_up(row[d], index, bit4, bit5);
        r->y.v[d] = look_up(row[5 + d], index, bit4, bit5);
    }
}

_Static_assert(sizeof(struct x8_jac) == sizeof(((struct sm2_x8_points *)0)->w[0]),
               "a group of points has another size");

X8 void
hf_sm2_x8_base_mul(struct sm2_x8_points *out, size_t g, const uint64_t k[8][4])
{
    struct odd8   odd;
    struct x8_jac r;
    struct x8_aff q;
    __mmask8      neg;
    __m512i       index;

    pthread_once(&x8_base_once, make_x8_base);
    make_odd(&odd, k);
    index = digit8(&odd, 0, SM2_COMB_BITS, false, &neg);
    look_up_point(&q, x8_base->at[0], index);
    from_aff(&r, &q, neg);
    for (unsigned j = 1; j < SM2_COMB_ROWS; j++) {
        index = digit8(&odd, j * SM2_COMB_BITS, SM2_COMB_BITS, j == SM2_COMB_ROWS - 1, &neg);
        look_up_point(&q, x8_base->at[j], index);
        add_aff(&r, &r, &q, neg);
    }
    memcpy(out->w[g], &r, sizeof(r));
    OPENSSL_cleanse(&odd, sizeof(odd));
    OPENSSL_cleanse(&q, sizeof(q));
    OPENSSL_cleanse(&r, sizeof(r));
}

/* -- Public multiples ---------------------------------------------------------------- */

/* *r += k * (point of the comb of each lane); started from nothing when `first`. */
X8 static void
comb_add(struct x8_jac *r, const struct sm2_comb *const t[8], const uint64_t k[8][4], bool first)
{
    struct odd8           odd;
    const struct sm2_aff *from[8];
    struct x8_aff         q;
    uint64_t              index[8];
    __mmask8              neg;

    make_odd(&odd, k);
    for (unsigned j = 0; j < SM2_COMB_ROWS; j++) {
        _mm512_storeu_si512(index, digit8(&odd, j * SM2_COMB_BITS, SM2_COMB_BITS,
                                          j == SM2_COMB_ROWS - 1, &neg));
        for (int l = 0; l < 8; l++)
            from[l] = &t[l]->at[j][index[l]];
        load_points(&q, from);
        if (first && j == 0)
            from_aff(r, &q, neg);
        else
            add_aff(r, r, &q, neg);
    }
}

#define WIN_BITS 5u
#define WIN_COLS 16
#define WIN_TOP  51u

/* One lane's multiple as it is kept: fifteen digits, and one unused word. */
struct lane_point {
    uint64_t d[16];
};

X8 static void
store_lanes(struct lane_point out[8], const struct x8_jac *p)
{
    __m512i t[16];

    for (int i = 0; i < 5; i++) {
        t[i] = p->x.v[i];
        t[5 + i] = p->y.v[i];
        t[10 + i] = p->z.v[i];
    }
    t[15] = _mm512_setzero_si512();
    transpose(t);
    transpose(t + 8);
    for (int l = 0; l < 8; l++) {
        _mm512_storeu_si512(out[l].d, t[l]);
        _mm512_storeu_si512(out[l].d + 8, t[8 + l]);
    }
}

X8 static void
load_lanes(struct x8_jac *p, const struct lane_point in[WIN_COLS][8], const uint64_t index[8])
{
    __m512i t[16];

    X8_UNROLL
    for (int l = 0; l < 8; l++) {
        t[l] = _mm512_loadu_si512(in[index[l]][l].d);
        t[8 + l] = _mm512_loadu_si512(in[index[l]][l].d + 8);
    }
    transpose(t);
    transpose(t + 8);
    X8_UNROLL
    for (int i = 0; i < 5; i++) {
        p->x.v[i] = t[i];
        p->y.v[i] = t[5 + i];
        p->z.v[i] = t[10 + i];
    }
}

/* r = k * p in each lane */
X8 static void
window_mul(struct x8_jac *r, const struct x8_aff *p, const uint64_t k[8][4])
{
    struct lane_point t[WIN_COLS][8];
    struct x8_jac     q, twice;
    struct odd8       odd;
    uint64_t          index[8];
    __mmask8          neg;

    make_odd(&odd, k);
    from_aff(&q, p, 0);
    jac_double(&twice, &q);
    store_lanes(t[0], &q);
    from_aff(r, p, odd.even);
    for (int i = 1; i < WIN_COLS; i++) {
        add_jac(&q, &q, &twice, 0);
        store_lanes(t[i], &q);
    }
    for (unsigned j = WIN_TOP; j-- > 0;) {
        for (unsigned i = 0; i < WIN_BITS; i++)
            jac_double(r, r);
        _mm512_storeu_si512(index, digit8(&odd, j * WIN_BITS, WIN_BITS, false, &neg));
        load_lanes(&q, t, index);
        add_jac(r, r, &q, neg);
    }
}

/* X = v Z^2, in which lanes? */
X8 static __mmask8
x_is(const struct x8_jac *p, const uint64_t v[8][4])
{
    const struct x8_fe r2 = x8_const(r2_d);
    const uint64_t    *from[8];
    struct x8_fe       x, zz;
    __m512i            w[4];

    for (int i = 0; i < 8; i++)
        from[i] = v[i];
    load_words(w, from);
    from_words(&x, w, 0);
    mul(&x, &x, &r2);
    sqr(&zz, &p->z);
    mul(&x, &x, &zz);
    x8_sub(&x, &x, &p->x);
    return zero_lanes(&x);
}

X8 void
hf_sm2_x8_verify(const struct hf_sm2_x8_verify *in, unsigned *good, unsigned *odd_ones)
{
    const struct sm2_comb *g[8];
    struct x8_aff          p;
    struct x8_jac          r;

    for (int i = 0; i < 8; i++)
        g[i] = hf_sm2_base_comb();
    if (in->tables) {
        comb_add(&r, in->table, in->t, true);
    } else {
        load_points(&p, in->point);
        window_mul(&r, &p, in->t);
    }
    comb_add(&r, g, in->s, false);
    *odd_ones = zero_lanes(&r.z);
    *good = x_is(&r, in->v) & ~*odd_ones;
}

/* -- Affine results -------------------------------------------------------------------- */

/* 1/a in each lane, none of which is 0, by one inversion: Montgomery's trick across the lanes. */
X8 static void
invert_lanes(struct x8_fe *a)
{
    const struct x8_fe       one = x8_const(one_d), down = x8_const(to_words_d);
    const struct hf_sm2_ops *o = hf_sm2_ops();
    struct sm2_fe            in[8], out[8], rest;
    const uint64_t          *from[8];
    __m512i                  w[4];

    mul(a, a, &down);
    canonical(a);
    to_words(in, a);
    out[0] = in[0];
    for (int l = 1; l < 8; l++)
        o->mul(&out[l], &out[l - 1], &in[l]);
    hf_sm2_fe_inv(&rest, &out[7]);
    for (int l = 7; l > 0; l--) {
        o->mul(&out[l], &rest, &out[l - 1]);
        o->mul(&rest, &rest, &in[l]);
    }
    out[0] = rest;
    for (int l = 0; l < 8; l++)
        from[l] = out[l].v;
    load_words(w, from);
    from_words(a, w, 4);
    mul(a, a, &one);                /* 16 units to 2 */
    OPENSSL_cleanse(in, sizeof(in));
    OPENSSL_cleanse(out, sizeof(out));
}

/* p with the inverse of its Z given, to eight points in the one-at-a-time form. */
X8 static void
scale(struct sm2_aff out[8], const struct x8_jac *p, const struct x8_fe *zi)
{
    const struct x8_fe down = x8_const(to_words_d);
    struct x8_fe       x, y, zz;
    struct sm2_fe      lane[2][8];

    sqr(&zz, zi);
    mul(&x, &p->x, &zz);
    mul(&zz, &zz, zi);
    mul(&y, &p->y, &zz);
    mul(&x, &x, &down);
    mul(&y, &y, &down);
    canonical(&x);
    canonical(&y);
    to_words(lane[0], &x);
    to_words(lane[1], &y);
    for (int l = 0; l < 8; l++)
        out[l] = (struct sm2_aff){ lane[0][l], lane[1][l] };
}

X8 void
hf_sm2_x8_affine(struct sm2_aff *out, unsigned char *zero, struct sm2_x8_points *points, size_t n)
{
    const struct x8_fe one = x8_const(one_d);
    struct x8_jac     *p = (struct x8_jac *)(void *)points->w;
    struct x8_fe       prefix[HF_SM2_X8_GROUPS], inv, zi;

    for (size_t g = 0; g < n; g++) {        /* a Z of 0 must not spoil the others */
        zero[g] = zero_lanes(&p[g].z);
        for (int i = 0; i < 5; i++)
            p[g].z.v[i] = _mm512_mask_mov_epi64(p[g].z.v[i], zero[g], one.v[i]);
        if (g == 0)
            prefix[g] = p[g].z;
        else
            mul(&prefix[g], &prefix[g - 1], &p[g].z);
    }
    inv = prefix[n - 1];
    invert_lanes(&inv);
    for (size_t g = n; g-- > 0;) {
        zi = inv;
        if (g > 0) {
            mul(&zi, &inv, &prefix[g - 1]);
            mul(&inv, &inv, &p[g].z);
        }
        scale(out + 8 * g, &p[g], &zi);
    }
    OPENSSL_cleanse(prefix, sizeof(prefix));
    OPENSSL_cleanse(&inv, sizeof(inv));
    OPENSSL_cleanse(&zi, sizeof(zi));
}

/* -- One sum by eight lanes ------------------------------------------------------------ */

/* Lane l of the result is lane l + by of p (around). */
X8 static void
shift_lanes(struct x8_jac *r, const struct x8_jac *p, int by)
{
    const __m512i at = _mm512_and_si512(x8_set(7), _mm512_add_epi64(
        _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0), _mm512_set1_epi64(by)));

    X8_UNROLL
    for (int i = 0; i < 5; i++) {
        r->x.v[i] = _mm512_permutexvar_epi64(at, p->x.v[i]);
        r->y.v[i] = _mm512_permutexvar_epi64(at, p->y.v[i]);
        r->z.v[i] = _mm512_permutexvar_epi64(at, p->z.v[i]);
    }
}

/* Keep the lanes of `mask` of a, take the others from b. */
X8 static void
keep_lanes(struct x8_jac *a, const struct x8_jac *b, __mmask8 mask)
{
    X8_UNROLL
    for (int i = 0; i < 5; i++) {
        a->x.v[i] = _mm512_mask_mov_epi64(b->x.v[i], mask, a->x.v[i]);
        a->y.v[i] = _mm512_mask_mov_epi64(b->y.v[i], mask, a->y.v[i]);
        a->z.v[i] = _mm512_mask_mov_epi64(b->z.v[i], mask, a->z.v[i]);
    }
}

/* Lane 0, one at a time again. */
X8 static void
first_lane(struct sm2_jac *r, const struct x8_jac *p)
{
    const struct x8_fe  down = x8_const(to_words_d);
    const struct x8_fe *in[3] = { &p->x, &p->y, &p->z };
    struct sm2_fe      *out[3] = { &r->x, &r->y, &r->z }, lane[8];
    struct x8_fe        t;

    for (int i = 0; i < 3; i++) {
        mul(&t, in[i], &down);
        canonical(&t);
        to_words(lane, &t);
        *out[i] = lane[0];
    }
    OPENSSL_cleanse(lane, sizeof(lane));
}

X8 void
hf_sm2_x8_sum(struct sm2_jac *r, const struct sm2_aff *const *p, const uint8_t *neg, unsigned n)
{
    const struct sm2_aff *from[8];
    struct x8_aff         q;
    struct x8_jac         sum, old;

    for (unsigned at = 0; at < n; at += 8) {
        unsigned here = n - at < 8 ? n - at : 8;
        __mmask8 minus = 0;

        for (unsigned l = 0; l < 8; l++) {      /* lanes without a point repeat the first */
            from[l] = p[at + (l < here ? l : 0)];
            minus |= (__mmask8)((l < here ? neg[at + l] & 1u : 0u) << l);
        }
        load_points(&q, from);
        if (at == 0) {
            from_aff(&sum, &q, minus);
            continue;
        }
        old = sum;
        add_aff(&sum, &sum, &q, minus);
        if (here < 8)
            keep_lanes(&sum, &old, (__mmask8)((1u << here) - 1));
    }
    for (int by = 4; by > 0; by /= 2) {
        shift_lanes(&old, &sum, by);
        add_jac(&sum, &sum, &old, 0);
    }
    first_lane(r, &sum);
    OPENSSL_cleanse(&q, sizeof(q));
    OPENSSL_cleanse(&sum, sizeof(sum));
    OPENSSL_cleanse(&old, sizeof(old));
}

bool
hf_sm2_x8_here(void)
{
    return hf_cpu()->avx512 && hf_cpu()->ifma;
}

#else

#include <stdlib.h>

#include "crypto/sm/sm2_x8_int.h"

bool
hf_sm2_x8_here(void)
{
    return false;
}

void
hf_sm2_x8_base_mul(struct sm2_x8_points *r, size_t g, const uint64_t k[8][4])
{
    (void)r, (void)g, (void)k;
    abort();        /* nobody calls what is not here */
}

void
hf_sm2_x8_affine(struct sm2_aff *out, unsigned char *zero, struct sm2_x8_points *p, size_t n)
{
    (void)out, (void)zero, (void)p, (void)n;
    abort();
}

void
hf_sm2_x8_sum(struct sm2_jac *r, const struct sm2_aff *const *p, const uint8_t *neg, unsigned n)
{
    (void)r, (void)p, (void)neg, (void)n;
    abort();
}

void
hf_sm2_x8_verify(const struct hf_sm2_x8_verify *in, unsigned *good, unsigned *odd_ones)
{
    (void)in, (void)good, (void)odd_ones;
    abort();
}

#endif
