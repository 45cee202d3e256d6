/*
 * The arithmetic under SM2 against libcrypto's BN: both fields of one element
 * (portable, ADX), the eightfold one, and the order, at all edges of carries.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>

#include "crypto/sm/cpu.h"
#include "crypto/sm/sm2_int.h"
#include "unit/t.h"

#if defined(__x86_64__)
#include "crypto/sm/sm2_x8.h"
#endif

#if defined(__SANITIZE_ADDRESS__)
#define ROUNDS 3000
#else
#define ROUNDS 25000
#endif

static BN_CTX *ctx;
static BIGNUM *p, *n, *r256_inv, *r260_inv, *half, *x, *y, *z;

static void
setup(void)
{
    BIGNUM *r = BN_new();

    if (ctx != NULL) {
        BN_free(r);
        return;
    }
    ctx = BN_CTX_new();
    x = BN_new(), y = BN_new(), z = BN_new();
    r256_inv = BN_new(), r260_inv = BN_new(), half = BN_new();
    T_TRUE(BN_hex2bn(&p, "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF"));
    T_TRUE(BN_hex2bn(&n, "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123"));
    T_TRUE(BN_set_bit(r, 256));
    T_TRUE(BN_mod_inverse(r256_inv, r, p, ctx) != NULL);
    BN_zero(r);
    T_TRUE(BN_set_bit(r, 260));
    T_TRUE(BN_mod_inverse(r260_inv, r, p, ctx) != NULL);
    T_TRUE(BN_set_word(r, 2));
    T_TRUE(BN_mod_inverse(half, r, p, ctx) != NULL);
    BN_free(r);
}

/* Reproducible: a failure shows again. */
static uint64_t
next(void)
{
    static uint64_t s = 0x9e3779b97f4a7c15;

    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    return s;
}

static const uint64_t edge_words[] = {
    0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
    0x8000000000000000, 0xfffffffe00000000, 0xfffffffeffffffff, 0xffffffff00000000,
    0xffffffff00000001, 0xfffffffffffffffe, 0xffffffffffffffff, 0xfffffffefffffffe,
};

/* A number below m, mostly made of words that carry. */
static void
edge_number(uint64_t a[4], const uint64_t m[4])
{
    uint64_t kind = next() % 8;

    do {
        for (int i = 0; i < 4; i++)
            a[i] = kind == 0 || next() % 8 == 0 ? next()
                                                : edge_words[next() % HF_COUNT(edge_words)];
        if (kind == 1) {            /* just below the modulus, or small */
            memcpy(a, m, 32);
            a[0] -= 1 + next() % 4;
        } else if (kind == 2) {
            a[1] = a[2] = a[3] = 0;
        }
    } while (!hf_sm2_below(a, m));
}

static void
to_bn(BIGNUM *out, const uint64_t a[4])
{
    uint8_t b[32];

    hf_sm2_store(b, a);
    T_TRUE(BN_bin2bn(b, 32, out) != NULL);
}

static bool
is(const uint64_t a[4], const BIGNUM *want)
{
    uint8_t b[32], w[32];

    hf_sm2_store(b, a);
    return BN_bn2binpad(want, w, 32) == 32 && memcmp(b, w, 32) == 0;
}

/* -- One at a time --------------------------------------------------------------- */

static void
field_of(const struct hf_sm2_ops *o)
{
    struct sm2_fe a, b, r;

    setup();
    for (int i = 0; i < ROUNDS && t_bad == 0; i++) {
        edge_number(a.v, hf_sm2_p.v);
        edge_number(b.v, hf_sm2_p.v);
        to_bn(x, a.v);
        to_bn(y, b.v);
        o->mul(&r, &a, &b);
        T_TRUE(BN_mod_mul(z, x, y, p, ctx) && BN_mod_mul(z, z, r256_inv, p, ctx));
        T_TRUE(is(r.v, z));
        o->sqr(&r, &a);
        T_TRUE(BN_mod_sqr(z, x, p, ctx) && BN_mod_mul(z, z, r256_inv, p, ctx));
        T_TRUE(is(r.v, z));
        o->add(&r, &a, &b);
        T_TRUE(BN_mod_add(z, x, y, p, ctx));
        T_TRUE(is(r.v, z));
        o->sub(&r, &a, &b);
        T_TRUE(BN_mod_sub(z, x, y, p, ctx));
        T_TRUE(is(r.v, z));
        o->half(&r, &a);
        T_TRUE(BN_mod_mul(z, x, half, p, ctx));
        T_TRUE(is(r.v, z));
        r = a;                      /* results may be operands */
        o->mul(&r, &r, &r);
        o->sqr(&b, &a);
        T_TRUE(memcmp(&r, &b, sizeof(r)) == 0);
    }
}

static void
portable_field(void)
{
    field_of(&hf_sm2_ops_generic);
}

static void
adx_field(void)
{
#if defined(__x86_64__)
    if (hf_cpu()->bmi2 && hf_cpu()->adx)
        field_of(&hf_sm2_ops_adx);
    else
        printf("  SKIP: no ADX here\n");
#endif
}

static void
inverses(void)
{
    struct sm2_fe a, b;
    uint64_t      r[4];

    setup();
    for (int i = 0; i < ROUNDS / 10 && t_bad == 0; i++) {
        edge_number(a.v, hf_sm2_p.v);
        if (i == 0)
            memset(&a, 0, sizeof(a));
        to_bn(x, a.v);
        hf_sm2_modinv(r, a.v, true);
        if (hf_sm2_is_zero(a.v)) {
            T_TRUE(hf_sm2_is_zero(r));
        } else {
            T_TRUE(BN_mod_inverse(z, x, p, ctx) != NULL);
            T_TRUE(is(r, z));
        }
        hf_sm2_fe_inv(&b, &a);
        hf_sm2_ops()->inv_chain(&a, &a);
        T_TRUE(memcmp(&a, &b, sizeof(a)) == 0);
        edge_number(a.v, hf_sm2_n);
        to_bn(x, a.v);
        hf_sm2_n_inv(r, a.v);
        if (!hf_sm2_is_zero(a.v)) {
            T_TRUE(BN_mod_inverse(z, x, n, ctx) != NULL);
            T_TRUE(is(r, z));
        }
    }
}

static void
the_order(void)
{
    static const uint64_t all[4] = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };
    uint64_t              a[4], b[4], r[4];
    uint8_t               wide[64];

    setup();
    for (int i = 0; i < ROUNDS && t_bad == 0; i++) {
        edge_number(a, hf_sm2_n);
        edge_number(b, hf_sm2_n);
        to_bn(x, a);
        to_bn(y, b);
        hf_sm2_n_add(r, a, b);
        T_TRUE(BN_mod_add(z, x, y, n, ctx) && is(r, z));
        hf_sm2_n_sub(r, a, b);
        T_TRUE(BN_mod_sub(z, x, y, n, ctx) && is(r, z));
        hf_sm2_n_to_mont(r, a);
        hf_sm2_n_montmul(r, r, b);
        T_TRUE(BN_mod_mul(z, x, y, n, ctx) && is(r, z));
        edge_number(a, all);        /* any 256 and 512 bits */
        edge_number(b, all);
        to_bn(x, a);
        hf_sm2_n_reduce(r, a);
        T_TRUE(BN_nnmod(z, x, n, ctx) && is(r, z));
        hf_sm2_store(wide, a);
        hf_sm2_store(wide + 32, b);
        hf_sm2_n_wide(r, wide);
        T_TRUE(BN_bin2bn(wide, 64, x) != NULL && BN_nnmod(z, x, n, ctx) && is(r, z));
    }
}

/* -- Eight at a time ------------------------------------------------------------- */

#if defined(__x86_64__)

/* 52-bit digits of lane l, signed, as a number. */
X8 static void
lane_bn(BIGNUM *out, const struct x8_fe *a, int l)
{
    BIGNUM *d = BN_new();

    BN_zero(out);
    for (int i = 4; i >= 0; i--) {
        int64_t digit[8];

        _mm512_storeu_si512(digit, a->v[i]);
        T_TRUE(BN_lshift(out, out, 52));
        T_TRUE(BN_set_word(d, (uint64_t)(digit[l] < 0 ? -digit[l] : digit[l])));
        T_TRUE(digit[l] < 0 ? BN_sub(out, out, d) : BN_add(out, out, d));
    }
    BN_free(d);
}

/* Is lane l of a congruent to want, with digits of 52 bits and at most `units` of 2^256? */
X8 static bool
lane_is(const struct x8_fe *a, int l, const BIGNUM *want, unsigned units)
{
    BIGNUM *got = BN_new(), *w = BN_new();
    bool    good = true;

    for (int i = 0; i < 5; i++) {
        int64_t digit[8];

        _mm512_storeu_si512(digit, a->v[i]);
        good &= digit[l] >= 0 && digit[l] >> 52 == 0;
    }
    lane_bn(got, a, l);
    T_TRUE(BN_set_word(w, units) && BN_lshift(w, w, 256));
    good &= BN_cmp(got, w) <= 0;
    T_TRUE(BN_nnmod(got, got, p, ctx) && BN_nnmod(w, want, p, ctx));
    good &= BN_cmp(got, w) == 0;
    BN_free(got);
    BN_free(w);
    return good;
}

/* Digits that carry, the number below `units` of 2^256. */
X8 static void
edge_lanes(struct x8_fe *a, unsigned units)
{
    static const uint64_t edge[] = {
        0, 1, 0xfff, 0x1000, 0xff00000000fff, 0xff00000001000, 0xfffffffffffff, 0xffffffffffffe,
        0x8000000000000, 0x7ffffffffffff, 0xfffffffeffff, 0xfff00000000,
    };

    for (int i = 0; i < 5; i++) {
        uint64_t d[8];

        for (int l = 0; l < 8; l++) {
            d[l] = next() % 4 == 0 ? next() : edge[next() % HF_COUNT(edge)];
            d[l] &= X8_MASK;
            if (i == 4)
                d[l] %= (uint64_t)units << 48;
            if (i == 4 && next() % 4 == 0)
                d[l] = ((uint64_t)units << 48) - 1;
        }
        a->v[i] = _mm512_loadu_si512(d);
    }
}

X8 static void
eightfold(void)
{
    struct x8_fe a, b, r[7];

    setup();
    for (int i = 0; i < ROUNDS / 10 && t_bad == 0; i++) {
        edge_lanes(&a, 5);
        edge_lanes(&b, 4);
        x8_mul_inline(&r[0], &a, &b);
        x8_sqr_inline(&r[1], &a);
        x8_add(&r[2], &a, &b);
        x8_half(&r[3], &a);
        edge_lanes(&b, 2);
        x8_sub(&r[4], &a, &b);
        x8_triple(&r[5], &b);
        for (int j = 0; j < 5; j++)     /* a difference that may be negative */
            r[6].v[j] = _mm512_sub_epi64(b.v[j], _mm512_slli_epi64(a.v[j], 1));
        x8_fold(&r[6]);
        for (int l = 0; l < 8; l++) {
            lane_bn(x, &a, l);
            lane_bn(y, &b, l);
            T_TRUE(BN_mod_sqr(z, x, p, ctx) && BN_mod_mul(z, z, r260_inv, p, ctx));
            T_TRUE(lane_is(&r[1], l, z, 3));
            T_TRUE(BN_mod_mul(z, x, half, p, ctx) && lane_is(&r[3], l, z, 3));
            T_TRUE(BN_mod_sub(z, x, y, p, ctx) && lane_is(&r[4], l, z, 8));
            T_TRUE(BN_copy(z, y) && BN_mul_word(z, 3) && lane_is(&r[5], l, z, 6));
            T_TRUE(BN_sub(z, y, x) && BN_sub(z, z, x) && lane_is(&r[6], l, z, 3));
        }
    }
    for (int i = 0; i < ROUNDS / 10 && t_bad == 0; i++) {
        edge_lanes(&a, 5);
        edge_lanes(&b, 4);
        x8_mul_inline(&r[0], &a, &b);
        x8_add(&r[2], &a, &b);
        for (int l = 0; l < 8; l++) {
            lane_bn(x, &a, l);
            lane_bn(y, &b, l);
            T_TRUE(BN_mod_mul(z, x, y, p, ctx) && BN_mod_mul(z, z, r260_inv, p, ctx));
            T_TRUE(lane_is(&r[0], l, z, 3));
            T_TRUE(BN_mod_add(z, x, y, p, ctx) && lane_is(&r[2], l, z, 9));
        }
    }
}

#endif

static void
eightfold_field(void)
{
#if defined(__x86_64__)
    if (hf_cpu()->avx512 && hf_cpu()->ifma) {
        eightfold();
        return;
    }
#endif
    printf("  SKIP: no AVX-512 IFMA here\n");
}

/* -- Tables ---------------------------------------------------------------------- */

/* The comb that was built is what its definition says, entry by entry, by another way. */
static void
the_comb_is_odd_multiples(void)
{
    const struct sm2_comb *t = hf_sm2_base_comb();

    for (unsigned row = 0; row < SM2_COMB_ROWS; row++)
        for (unsigned i = 0; i < SM2_COMB_COLS; i += row % 9 == 0 ? 1 : 21) {
            unsigned       at = row * SM2_COMB_BITS;
            uint64_t       k[5] = { 0 };
            struct sm2_jac j;
            struct sm2_aff a;

            k[at / 64] = (uint64_t)(2 * i + 1) << at % 64;
            if (at % 64 > 57)
                k[at / 64 + 1] = (uint64_t)(2 * i + 1) >> (64 - at % 64);
            if (k[4] != 0 || !hf_sm2_below(k, hf_sm2_n))
                continue;           /* entries above n are never reached by a scalar below it */
            hf_sm2_ops_generic.point_mul(&j, &hf_sm2_base, k);
            T_TRUE(hf_sm2_affine(&a, &j));
            T_TRUE(memcmp(&a, &t->at[row][i], sizeof(a)) == 0);
        }
}

static void
picking_reads_the_right_entry(void)
{
    const struct sm2_comb *t = hf_sm2_base_comb();
    struct sm2_aff         a;

    (void)hf_sm2_ops();
    for (uint64_t i = 0; i < SM2_COMB_COLS; i++) {
        hf_sm2_pick(&a, t->at[3], SM2_COMB_COLS, i);
        T_TRUE(memcmp(&a, &t->at[3][i], sizeof(a)) == 0);
        hf_sm2_pick(&a, t->at[5], 16, i % 16);
        T_TRUE(memcmp(&a, &t->at[5][i % 16], sizeof(a)) == 0);
    }
}

T_MAIN(T(portable_field), T(adx_field), T(inverses), T(the_order), T(eightfold_field),
       T(the_comb_is_odd_multiples), T(picking_reads_the_right_entry))
