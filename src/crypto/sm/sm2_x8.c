/*
 * Products of secret scalars, eight at once, and one sum by eight lanes: the
 * kernels under batches of keys and signatures and under sm2_mul.c.
 */
#if defined(__x86_64__)

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/crypto.h>

#include "crypto/sm/cpu.h"
#include "crypto/sm/sm2_x8_int.h"
#include "crypto/sm/sm2_x8_point.h"

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
    struct x8_comb        *t =
        mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

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
    mul(a, a, &one); /* 16 units to 2 */
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

    for (size_t g = 0; g < n; g++) { /* a Z of 0 must not spoil the others */
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
    const __m512i at =
        _mm512_and_si512(x8_set(7), _mm512_add_epi64(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0),
                                                     _mm512_set1_epi64(by)));

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

        for (unsigned l = 0; l < 8; l++) { /* lanes without a point repeat the first */
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

/* -- Whether to use it ------------------------------------------------------------------- */

static bool           here;
static pthread_once_t here_once = PTHREAD_ONCE_INIT;

/* The known product in every lane, by the secret way. */
static bool
base_mul_right(void)
{
    struct sm2_x8_points p;
    struct sm2_aff       a[8];
    uint64_t             k[8][4];
    unsigned char        zero;
    bool                 right;

    for (int l = 0; l < 8; l++)
        memcpy(k[l], hf_sm2_known_d, sizeof(k[l]));
    hf_sm2_x8_base_mul(&p, 0, (const uint64_t(*)[4])k);
    hf_sm2_x8_affine(a, &zero, &p, 1);
    right = zero == 0;
    for (int l = 0; l < 8; l++)
        right &= memcmp(&a[l], &hf_sm2_known_point, sizeof(a[l])) == 0;
    return right;
}

/* And by the public way, as s G + (d - s) G with another s in each lane; the last one is wrong. */
static bool
verify_right(void)
{
    struct hf_sm2_x8_verify v = { .tables = false };
    unsigned                good, odd;
    uint8_t                 x[32];

    hf_sm2_fe_write(x, &hf_sm2_known_point.x);
    for (unsigned l = 0; l < 8; l++) {
        v.point[l] = &hf_sm2_base;
        v.s[l][0] = 1000001 + l;
        v.s[l][2] = l << 17;
        hf_sm2_n_sub(v.t[l], hf_sm2_known_d, v.s[l]);
        hf_sm2_load(v.v[l], x);
    }
    v.v[7][1] ^= 2;
    hf_sm2_x8_verify(&v, &good, &odd);
    return good == 0x7f && odd == 0;
}

static void
find_out(void)
{
    here = hf_cpu()->avx512 && hf_cpu()->ifma && base_mul_right() && verify_right();
}

bool
hf_sm2_x8_here(void)
{
    pthread_once(&here_once, find_out);
    return here;
}

#else
typedef int hf_sm2_x8_is_for_x86_64;
#endif
