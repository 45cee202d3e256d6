/*
 * sm2_x8.h - the field of SM2 eight times side by side, with AVX-512 IFMA.
 *
 * An element is five vectors of 52-bit digits, lowest first, Montgomery with
 * R = 2^260. Values are not reduced to below p: a value must only be below
 * 16 * 2^256 = R, so that its digits fit, and is otherwise tracked by a bound
 * in units of 2^256. A product of values of at most a and b units is of at
 * most 1 + ab/16 units. x8_carry() makes digits of 52 bits out of sums of
 * them that are not negative; x8_fold() does so for any small sum, negative
 * too, and leaves at most 2 units.
 *
 * Reduction: q*p = -q + q(p1+1) 2^52 - q 2^104 + q(p4+1) 2^208 where p1 and p4
 * are the digits of p that are not all ones, and the quotient digit q is the
 * lowest digit itself: four multiply-adds a digit.
 *
 * To be included by files that compile for that instruction set.
 */
#ifndef HF_CRYPTO_SM_SM2_X8_H
#define HF_CRYPTO_SM_SM2_X8_H

#include <immintrin.h>
#include <stdint.h>

#define X8        __attribute__((target("avx512f,avx512ifma,avx512dq,avx512bw,avx512vl,bmi2")))
#define X8_INLINE X8 static inline __attribute__((always_inline))

/* Loops over digits must vanish for the digits to stay in registers. */
#define X8_UNROLL _Pragma("GCC unroll 10")

struct x8_fe {
    __m512i v[5];
};

struct x8_aff {
    struct x8_fe x, y;
};

struct x8_jac {
    struct x8_fe x, y, z;
};

#define X8_MASK UINT64_C(0x000fffffffffffff)
#define X8_P1   UINT64_C(0x000ff00000000fff)
#define X8_P4   UINT64_C(0x0000fffffffeffff)

X8_INLINE __m512i
x8_set(uint64_t a)
{
    return _mm512_set1_epi64((long long)a);
}

/*
 * Zero that the processor makes while renaming. The compiler would copy one
 * zero register instead, which costs the ports that the products need.
 */
X8_INLINE __m512i
x8_zero(void)
{
    __m512i z;

    __asm__ volatile("vpxord %0, %0, %0" : "=v"(z));
    return z;
}

X8_INLINE struct x8_fe
x8_const(const uint64_t d[5])
{
    struct x8_fe r;

    X8_UNROLL
    for (int i = 0; i < 5; i++)
        r.v[i] = x8_set(d[i]);
    return r;
}

/* Digits of 52 bits again; the topmost keeps what is above. */
X8_INLINE void
x8_carry(struct x8_fe *r)
{
    const __m512i mask = x8_set(X8_MASK);

    X8_UNROLL
    for (int i = 0; i < 4; i++) {
        r->v[i + 1] = _mm512_add_epi64(r->v[i + 1], _mm512_srai_epi64(r->v[i], 52));
        r->v[i] = _mm512_and_si512(r->v[i], mask);
    }
}

/*
 * The same after subtracting h*p, h being one less than the multiple of 2^256
 * in the topmost digit: 2^256 - p has the digits 1, 2^44 - 2^12, 0, 0, 2^16.
 */
X8_INLINE void
x8_fold(struct x8_fe *r)
{
    __m512i h = _mm512_sub_epi64(_mm512_srai_epi64(r->v[4], 48), x8_set(1));

    r->v[4] = _mm512_sub_epi64(r->v[4], _mm512_slli_epi64(h, 48));
    r->v[0] = _mm512_add_epi64(r->v[0], h);
    r->v[1] = _mm512_add_epi64(r->v[1], _mm512_slli_epi64(h, 44));
    r->v[1] = _mm512_sub_epi64(r->v[1], _mm512_slli_epi64(h, 12));
    r->v[4] = _mm512_add_epi64(r->v[4], _mm512_slli_epi64(h, 16));
    x8_carry(r);
}

X8_INLINE void
x8_add(struct x8_fe *r, const struct x8_fe *a, const struct x8_fe *b)
{
    X8_UNROLL
    for (int i = 0; i < 5; i++)
        r->v[i] = _mm512_add_epi64(a->v[i], b->v[i]);
    x8_carry(r);
}

/* a - b + 3p, for b of at most 2 units and a little */
X8_INLINE void
x8_sub(struct x8_fe *r, const struct x8_fe *a, const struct x8_fe *b)
{
    const uint64_t d[5] = { 3 * X8_MASK, 3 * X8_P1, 3 * X8_MASK, 3 * X8_MASK, 3 * X8_P4 };

    X8_UNROLL
    for (int i = 0; i < 5; i++)
        r->v[i] = _mm512_add_epi64(_mm512_sub_epi64(a->v[i], b->v[i]), x8_set(d[i]));
    x8_carry(r);
}

X8_INLINE void
x8_triple(struct x8_fe *r, const struct x8_fe *a)
{
    X8_UNROLL
    for (int i = 0; i < 5; i++)
        r->v[i] = _mm512_add_epi64(_mm512_add_epi64(a->v[i], a->v[i]), a->v[i]);
    x8_carry(r);
}

/* a/2: p added where a is odd, then all digits shifted. */
X8_INLINE void
x8_half(struct x8_fe *r, const struct x8_fe *a)
{
    const uint64_t p[5] = { X8_MASK, X8_P1, X8_MASK, X8_MASK, X8_P4 };
    const __mmask8 odd = _mm512_test_epi64_mask(a->v[0], x8_set(1));
    const __m512i  mask = x8_set(X8_MASK);
    struct x8_fe   t;

    X8_UNROLL
    for (int i = 0; i < 5; i++)
        t.v[i] = _mm512_mask_add_epi64(a->v[i], odd, a->v[i], x8_set(p[i]));
    x8_carry(&t);
    X8_UNROLL
    for (int i = 0; i < 4; i++)
        r->v[i] = _mm512_and_si512(
            mask, _mm512_or_si512(_mm512_srli_epi64(t.v[i], 1), _mm512_slli_epi64(t.v[i + 1], 51)));
    r->v[4] = _mm512_srli_epi64(t.v[4], 1);
}

/* r = lo[0..9] + hi[0..9] divided by R, modulo p. */
X8_INLINE void
x8_reduce(struct x8_fe *r, __m512i t[10])
{
    const __m512i p1 = x8_set(X8_P1 + 1), p4 = x8_set(X8_P4 + 1), mask = x8_set(X8_MASK);

    X8_UNROLL
    for (int i = 0; i < 5; i++) {
        __m512i q = _mm512_and_si512(t[i], mask);

        t[i + 1] = _mm512_madd52lo_epu64(t[i + 1], q, p1);
        t[i + 2] = _mm512_madd52hi_epu64(t[i + 2], q, p1);
        t[i + 4] = _mm512_madd52lo_epu64(t[i + 4], q, p4);
        t[i + 5] = _mm512_madd52hi_epu64(t[i + 5], q, p4);
        t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srai_epi64(t[i], 52));
        t[i + 2] = _mm512_sub_epi64(t[i + 2], q);
    }
    X8_UNROLL
    for (int i = 0; i < 5; i++)
        r->v[i] = t[i + 5];
    x8_carry(r);
}

X8_INLINE void
x8_mul_inline(struct x8_fe *r, const struct x8_fe *a, const struct x8_fe *b)
{
    __m512i lo[10], hi[10];

    X8_UNROLL
    for (int i = 0; i < 10; i++)
        lo[i] = x8_zero(), hi[i] = x8_zero();
    X8_UNROLL
    for (int i = 0; i < 5; i++) {
        X8_UNROLL
        for (int j = 0; j < 5; j++) {
            lo[i + j] = _mm512_madd52lo_epu64(lo[i + j], a->v[i], b->v[j]);
            hi[i + j + 1] = _mm512_madd52hi_epu64(hi[i + j + 1], a->v[i], b->v[j]);
        }
    }
    X8_UNROLL
    for (int i = 1; i < 10; i++)
        lo[i] = _mm512_add_epi64(lo[i], hi[i]);
    x8_reduce(r, lo);
}

/* Products of different digits once and doubled, and the squares. */
X8_INLINE void
x8_sqr_inline(struct x8_fe *r, const struct x8_fe *a)
{
    __m512i lo[10], hi[10];

    X8_UNROLL
    for (int i = 0; i < 10; i++)
        lo[i] = x8_zero(), hi[i] = x8_zero();
    X8_UNROLL
    for (int i = 0; i < 5; i++) {
        X8_UNROLL
        for (int j = i + 1; j < 5; j++) {
            lo[i + j] = _mm512_madd52lo_epu64(lo[i + j], a->v[i], a->v[j]);
            hi[i + j + 1] = _mm512_madd52hi_epu64(hi[i + j + 1], a->v[i], a->v[j]);
        }
    }
    X8_UNROLL
    for (int i = 1; i < 9; i++) {
        lo[i] = _mm512_add_epi64(lo[i], hi[i]);
        lo[i] = _mm512_add_epi64(lo[i], lo[i]);
    }
    X8_UNROLL
    for (int i = 0; i < 5; i++) {
        lo[2 * i] = _mm512_madd52lo_epu64(lo[2 * i], a->v[i], a->v[i]);
        lo[2 * i + 1] = _mm512_madd52hi_epu64(lo[2 * i + 1], a->v[i], a->v[i]);
    }
    x8_reduce(r, lo);
}

#endif
