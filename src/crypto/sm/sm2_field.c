/* What of the field and the curve does not depend on the tier: constants, bytes, inverse, root. */
#include <openssl/crypto.h>

#include "crypto/sm/sm2_int.h"
#include "crypto/sm/sm2_word.h"

/* clang-format off */
#define W(a, b, c, d) { { UINT64_C(a), UINT64_C(b), UINT64_C(c), UINT64_C(d) } }
/* clang-format on */

/* GB/T 32918.5 2: the recommended curve. All but p itself times R = 2^256. */
const struct sm2_fe hf_sm2_p =
    W(0xffffffffffffffff, 0xffffffff00000000, 0xffffffffffffffff, 0xfffffffeffffffff);
const struct sm2_fe hf_sm2_fe_one =
    W(0x0000000000000001, 0x00000000ffffffff, 0x0000000000000000, 0x0000000100000000);
const struct sm2_fe hf_sm2_fe_r2 =
    W(0x0000000200000003, 0x00000002ffffffff, 0x0000000100000001, 0x0000000400000002);
const struct sm2_fe hf_sm2_fe_b =
    W(0x90d230632bc0dd42, 0x71cf379ae9b537ab, 0x527981505ea51c3c, 0x240fe188ba20e2c8);
const struct sm2_aff hf_sm2_base = {
    W(0x61328990f418029e, 0x3e7981eddca6c050, 0xd6a1ed99ac24c3c3, 0x91167a5ee1c13b05),
    W(0xc1354e593c2d0ddd, 0xc1f5e5788d3295fa, 0x8d4cfb066e2a48f8, 0x63cd65d481d735bd),
};

/* R^3: makes the inverse of aR into that of a, times R. */
static const struct sm2_fe r3 =
    W(0x0000001200000016, 0x0000000efffffff8, 0x0000000a0000000c, 0x0000001b00000009);
/* (p + 1) / 4 */
static const uint64_t root_exponent[4] = { 0x4000000000000000, 0xffffffffc0000000,
                                           0xffffffffffffffff, 0x3fffffffbfffffff };

bool
hf_sm2_fe_read(struct sm2_fe *r, const uint8_t in[32])
{
    hf_sm2_load(r->v, in);
    if (!hf_sm2_below(r->v, hf_sm2_p.v))
        return false;
    hf_sm2_ops()->mul(r, r, &hf_sm2_fe_r2);
    return true;
}

void
hf_sm2_fe_write(uint8_t out[32], const struct sm2_fe *a)
{
    static const struct sm2_fe one = { { 1 } };
    struct sm2_fe              plain;

    hf_sm2_ops()->mul(&plain, a, &one);
    hf_sm2_store(out, plain.v);
}

void
hf_sm2_fe_inv(struct sm2_fe *r, const struct sm2_fe *a)
{
    hf_sm2_modinv(r->v, a->v, true);
    hf_sm2_ops()->mul(r, r, &r3);
}

/* p is 3 modulo 4, so a root of a square is its power (p + 1) / 4. */
bool
hf_sm2_fe_sqrt(struct sm2_fe *r, const struct sm2_fe *a)
{
    const struct hf_sm2_ops *o = hf_sm2_ops();
    struct sm2_fe            t = hf_sm2_fe_one, check;

    for (int i = 253; i >= 0; i--) {
        o->sqr(&t, &t);
        if (root_exponent[i / 64] >> (i % 64) & 1)
            o->mul(&t, &t, a);
    }
    o->sqr(&check, &t);
    o->sub(&check, &check, a);
    *r = t;
    return hf_sm2_is_zero(check.v);
}

/* r = x^3 - 3x + b */
void
hf_sm2_curve_rhs(struct sm2_fe *r, const struct sm2_fe *x)
{
    const struct hf_sm2_ops *o = hf_sm2_ops();
    struct sm2_fe            t;

    o->sqr(&t, x);
    for (int i = 0; i < 3; i++)
        o->sub(&t, &t, &hf_sm2_fe_one);
    o->mul(&t, &t, x);
    o->add(r, &t, &hf_sm2_fe_b);
}

bool
hf_sm2_on_curve(const struct sm2_aff *p)
{
    struct sm2_fe yy, rhs;

    hf_sm2_curve_rhs(&rhs, &p->x);
    hf_sm2_ops()->sqr(&yy, &p->y);
    hf_sm2_ops()->sub(&yy, &yy, &rhs);
    return hf_sm2_is_zero(yy.v);
}

/* p with the inverse of its Z given */
static void
scale(struct sm2_aff *r, const struct sm2_jac *p, const struct sm2_fe *zi)
{
    const struct hf_sm2_ops *o = hf_sm2_ops();
    struct sm2_fe            zz;

    o->sqr(&zz, zi);
    o->mul(&r->x, &p->x, &zz);
    o->mul(&zz, &zz, zi);
    o->mul(&r->y, &p->y, &zz);
    OPENSSL_cleanse(&zz, sizeof(zz));
}

bool
hf_sm2_affine(struct sm2_aff *r, const struct sm2_jac *p)
{
    struct sm2_fe zi;

    hf_sm2_fe_inv(&zi, &p->z);
    scale(r, p, &zi);
    OPENSSL_cleanse(&zi, sizeof(zi));
    return !hf_sm2_is_zero(p->z.v);
}

void
hf_sm2_affine_pair(struct sm2_aff r[2], const struct sm2_jac p[2])
{
    const struct hf_sm2_ops *o = hf_sm2_ops();
    struct sm2_fe            both, zi;

    o->mul(&both, &p[0].z, &p[1].z);
    hf_sm2_fe_inv(&both, &both);
    o->mul(&zi, &both, &p[1].z);
    scale(&r[0], &p[0], &zi);
    o->mul(&zi, &both, &p[0].z);
    scale(&r[1], &p[1], &zi);
    OPENSSL_cleanse(&both, sizeof(both));
    OPENSSL_cleanse(&zi, sizeof(zi));
}
