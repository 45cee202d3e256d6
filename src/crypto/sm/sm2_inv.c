/*
 * Inversion by divsteps (Bernstein and Yang, "Fast constant-time gcd
 * computation and modular inversion", 2019), in the variant that starts at
 * delta = 1/2, for which 590 steps suffice with 256-bit numbers.
 *
 * One step takes (delta, f, g), f odd, to (1 - delta, g, (g - f)/2) when delta
 * is positive and g odd, else to (1 + delta, f, (g + (g mod 2) f)/2). Ten
 * rounds of 59 steps: each runs on the low words of f and g alone and collects
 * the steps in a 2x2 matrix, which is then applied to all of f and g and,
 * modulo m, to d and e, where d and e times x are f and g. At the end f is the
 * greatest common divisor 1 or -1, or m itself when x was 0 (and d then 0).
 *
 * Numbers are five signed limbs of 62 bits. The matrix of a round is scaled
 * by 2^62, 59 of it from the steps and 2^3 put in at the start.
 */
#include <openssl/crypto.h>

#include "crypto/sm/sm2_int.h"
#include "crypto/sm/sm2_word.h"

#define LIMBS 5
#define LOW62 ((int64_t)(UINT64_MAX >> 2))

struct limbs {
    int64_t v[LIMBS];
};

struct matrix {
    int64_t u, v, q, r;
};

struct modulus {
    struct limbs m;
    uint64_t     inverse; /* 1/m mod 2^62 */
};

static struct limbs
to_limbs(const uint64_t a[4])
{
    return (struct limbs){ {
        (int64_t)(a[0] & (uint64_t)LOW62),
        (int64_t)((a[0] >> 62 | a[1] << 2) & (uint64_t)LOW62),
        (int64_t)((a[1] >> 60 | a[2] << 4) & (uint64_t)LOW62),
        (int64_t)((a[2] >> 58 | a[3] << 6) & (uint64_t)LOW62),
        (int64_t)(a[3] >> 56),
    } };
}

static void
from_limbs(uint64_t r[4], const struct limbs *a)
{
    const int64_t *v = a->v;

    r[0] = (uint64_t)v[0] | (uint64_t)v[1] << 62;
    r[1] = (uint64_t)v[1] >> 2 | (uint64_t)v[2] << 60;
    r[2] = (uint64_t)v[2] >> 4 | (uint64_t)v[3] << 58;
    r[3] = (uint64_t)v[3] >> 6 | (uint64_t)v[4] << 56;
}

/* 59 steps on the low words. zeta is -(delta + 1/2); gives its new value. */
static int64_t
steps59(int64_t zeta, uint64_t f, uint64_t g, struct matrix *t)
{
    uint64_t u = 8, v = 0, q = 0, r = 8;

    for (int i = 0; i < 59; i++) {
        uint64_t positive = sm2_hide((uint64_t)(zeta >> 63));
        uint64_t odd = sm2_hide((uint64_t)0 - (g & 1));

        g += ((f ^ positive) - positive) & odd;
        q += ((u ^ positive) - positive) & odd;
        r += ((v ^ positive) - positive) & odd;
        positive &= odd; /* now: both, so f and g change places */
        zeta = (zeta ^ (int64_t)positive) - 1;
        f += g & positive;
        u += q & positive;
        v += r & positive;
        g >>= 1;
        u <<= 1;
        v <<= 1;
    }
    *t = (struct matrix){ (int64_t)u, (int64_t)v, (int64_t)q, (int64_t)r };
    return zeta;
}

/* (f, g) = t (f, g) / 2^62, exactly. */
static void
apply_fg(struct limbs *f, struct limbs *g, const struct matrix *t)
{
    sm2_i128 cf = 0, cg = 0;

    for (int i = 0; i < LIMBS; i++) {
        int64_t fi = f->v[i], gi = g->v[i];

        cf += (sm2_i128)t->u * fi + (sm2_i128)t->v * gi;
        cg += (sm2_i128)t->q * fi + (sm2_i128)t->r * gi;
        if (i > 0) {
            f->v[i - 1] = (int64_t)cf & LOW62;
            g->v[i - 1] = (int64_t)cg & LOW62;
        }
        cf >>= 62;
        cg >>= 62;
    }
    f->v[LIMBS - 1] = (int64_t)cf;
    g->v[LIMBS - 1] = (int64_t)cg;
}

/*
 * (d, e) = t (d, e) / 2^62 modulo m. Both stay in (-2m, m): a negative one is
 * raised by m first, and then as many m are added as make the low limb zero.
 */
static void
apply_de(struct limbs *d, struct limbs *e, const struct matrix *t, const struct modulus *mod)
{
    int64_t  sd = d->v[LIMBS - 1] >> 63, se = e->v[LIMBS - 1] >> 63;
    int64_t  md = (t->u & sd) + (t->v & se), me = (t->q & sd) + (t->r & se);
    sm2_i128 cd = (sm2_i128)t->u * d->v[0] + (sm2_i128)t->v * e->v[0];
    sm2_i128 ce = (sm2_i128)t->q * d->v[0] + (sm2_i128)t->r * e->v[0];

    md -= (int64_t)((mod->inverse * (uint64_t)cd + (uint64_t)md) & (uint64_t)LOW62);
    me -= (int64_t)((mod->inverse * (uint64_t)ce + (uint64_t)me) & (uint64_t)LOW62);
    cd += (sm2_i128)mod->m.v[0] * md;
    ce += (sm2_i128)mod->m.v[0] * me;
    cd >>= 62;
    ce >>= 62;
    for (int i = 1; i < LIMBS; i++) {
        int64_t di = d->v[i], ei = e->v[i];

        cd += (sm2_i128)t->u * di + (sm2_i128)t->v * ei + (sm2_i128)mod->m.v[i] * md;
        ce += (sm2_i128)t->q * di + (sm2_i128)t->r * ei + (sm2_i128)mod->m.v[i] * me;
        d->v[i - 1] = (int64_t)cd & LOW62;
        e->v[i - 1] = (int64_t)ce & LOW62;
        cd >>= 62;
        ce >>= 62;
    }
    d->v[LIMBS - 1] = (int64_t)cd;
    e->v[LIMBS - 1] = (int64_t)ce;
}

/* a += m & mask, limbs brought back to 62 bits below the signed top. */
static void
add_masked(struct limbs *a, const struct limbs *m, int64_t mask)
{
    int64_t carry = 0;

    for (int i = 0; i < LIMBS; i++) {
        carry += a->v[i] + (m->v[i] & mask);
        a->v[i] = i < LIMBS - 1 ? carry & LOW62 : carry;
        carry >>= 62;
    }
}

/* d in (-2m, m), negated where sign is -1, into [0, m). */
static void
normalise(struct limbs *d, int64_t sign, const struct limbs *m)
{
    int64_t carry = 0;

    add_masked(d, m, d->v[LIMBS - 1] >> 63);
    for (int i = 0; i < LIMBS; i++) {
        carry += (d->v[i] ^ sign) - sign;
        d->v[i] = i < LIMBS - 1 ? carry & LOW62 : carry;
        carry >>= 62;
    }
    add_masked(d, m, d->v[LIMBS - 1] >> 63);
}

void
hf_sm2_modinv(uint64_t r[4], const uint64_t x[4], bool of_p)
{
    const struct modulus mod = {
        to_limbs(of_p ? hf_sm2_p.v : hf_sm2_n),
        of_p ? UINT64_C(0x3fffffffffffffff) : UINT64_C(0x0d8061778dcaf68b),
    };
    struct limbs  d = { { 0 } }, e = { { 1 } }, f = mod.m, g = to_limbs(x);
    struct matrix t;
    int64_t       zeta = -1;

    for (int i = 0; i < 10; i++) {
        zeta = steps59(zeta, (uint64_t)f.v[0], (uint64_t)g.v[0], &t);
        apply_de(&d, &e, &t, &mod);
        apply_fg(&f, &g, &t);
    }
    normalise(&d, f.v[LIMBS - 1] >> 63, &mod.m);
    from_limbs(r, &d);
    OPENSSL_cleanse(&d, sizeof(d));
    OPENSSL_cleanse(&e, sizeof(e));
    OPENSSL_cleanse(&f, sizeof(f));
    OPENSSL_cleanse(&g, sizeof(g));
    OPENSSL_cleanse(&t, sizeof(t));
}
