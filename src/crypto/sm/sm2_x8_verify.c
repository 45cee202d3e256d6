/* Eight verifications at once: products of public scalars. */
#if defined(__x86_64__)

#include <string.h>

#include "crypto/sm/sm2_x8_int.h"
#include "crypto/sm/sm2_x8_point.h"

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
        _mm512_storeu_si512(
            index, digit8(&odd, j * SM2_COMB_BITS, SM2_COMB_BITS, j == SM2_COMB_ROWS - 1, &neg));
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

#else
typedef int hf_sm2_x8_verify_is_for_x86_64;
#endif
