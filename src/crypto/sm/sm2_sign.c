/* Digests, signing and verifying, one at a time (GB/T 32918.2). */
#include <string.h>

#include <openssl/crypto.h>

#include "crypto/sm/sm2_int.h"
#include "crypto/sm/sm2_word.h"

/* a, b and the base point as 5.5 wants them: 128 bytes, the same for every key. */
static const uint8_t curve_bytes[128] = {
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
    0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7,
    0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93,
    0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94,
    0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,
    0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53,
    0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0,
};

enum hf_rc
hf_sm2_z(const struct hf_sm2_pub *pub, struct hf_bytes id, uint8_t z[32])
{
    struct hf_sm3 c;
    uint8_t       entl[2];

    if (id.n > HF_SM2_ID_MAX)
        return hf_fail(HF_E_TOOBIG, "SM2 identity: %zu bytes, at most %u (GB/T 32918.2 5.5)", id.n,
                       HF_SM2_ID_MAX);
    entl[0] = (uint8_t)(id.n >> 5);
    entl[1] = (uint8_t)(id.n << 3);
    hf_sm3_init(&c);
    hf_sm3_update(&c, entl, sizeof(entl));
    hf_sm3_update(&c, id.p, id.n);
    hf_sm3_update(&c, curve_bytes, sizeof(curve_bytes));
    hf_sm3_update(&c, pub->xy, sizeof(pub->xy));
    hf_sm3_final(&c, z);
    return HF_OK;
}

enum hf_rc
hf_sm2_digest(const struct hf_sm2_pub *pub, struct hf_bytes id, struct hf_bytes msg, uint8_t e[32])
{
    struct hf_sm3 c;
    uint8_t       z[32];
    enum hf_rc    rc;

    if ((rc = hf_sm2_z(pub, id, z)) != HF_OK)
        return rc;
    hf_sm3_init(&c);
    hf_sm3_update(&c, z, sizeof(z));
    hf_sm3_update(&c, msg.p, msg.n);
    hf_sm3_final(&c, e);
    return HF_OK;
}

/* -- Signing ------------------------------------------------------------------- */

/* s = (1+d)^-1 (k + r) - r, the same number as A6 with one multiplication. */
bool
hf_sm2_sign_with(const struct hf_sm2_key *key, const uint8_t e[32], const uint64_t k[4],
                 const uint8_t x1[32], struct hf_sm2_sig *sig)
{
    uint64_t r[4], s[4], sum[4];
    bool     good;

    hf_sm2_load(r, e);
    hf_sm2_load(s, x1);
    hf_sm2_n_reduce(r, r);
    hf_sm2_n_reduce(s, s);
    hf_sm2_n_add(r, r, s);
    hf_sm2_n_add(sum, k, r);
    hf_sm2_n_montmul(s, key->inv, sum);
    hf_sm2_n_sub(s, s, r);
    hf_sm2_store(sig->r, r);
    hf_sm2_store(sig->s, s);
    good = !hf_sm2_is_zero(r) & !hf_sm2_is_zero(sum) & !hf_sm2_is_zero(s);
    OPENSSL_cleanse(sum, sizeof(sum));
    return good;
}

enum hf_rc
hf_sm2_sign(const struct hf_sm2_key *key, const uint8_t e[32], struct hf_sm2_sig *out)
{
    uint64_t       k[4];
    struct sm2_jac j;
    struct sm2_aff p;
    uint8_t        x1[32];
    bool           good;
    enum hf_rc     rc;

    do {
        if ((rc = hf_sm2_nonce(key, e, k)) != HF_OK)
            break;
        hf_sm2_comb_mul(&j, hf_sm2_base_comb(), k);
        good = hf_sm2_affine(&p, &j); /* false when k is 0 */
        hf_sm2_fe_write(x1, &p.x);
        good &= hf_sm2_sign_with(key, e, k, x1, out);
    } while (!good);
    OPENSSL_cleanse(k, sizeof(k));
    OPENSSL_cleanse(&j, sizeof(j));
    OPENSSL_cleanse(&p, sizeof(p));
    if (rc != HF_OK)
        memset(out, 0, sizeof(*out));
    return rc;
}

/* -- Verifying ----------------------------------------------------------------- */

bool
hf_sm2_sig_scalars(const struct hf_sm2_sig *sig, uint64_t r[4], uint64_t s[4], uint64_t t[4])
{
    hf_sm2_load(r, sig->r);
    hf_sm2_load(s, sig->s);
    if (hf_sm2_is_zero(r) || hf_sm2_is_zero(s) || !hf_sm2_below(r, hf_sm2_n) ||
        !hf_sm2_below(s, hf_sm2_n))
        return false;
    hf_sm2_n_add(t, r, s);
    return !hf_sm2_is_zero(t);
}

void
hf_sm2_sig_target(const uint64_t r[4], const uint8_t e[32], uint64_t v[4])
{
    hf_sm2_load(v, e);
    hf_sm2_n_reduce(v, v);
    hf_sm2_n_sub(v, r, v);
}

/* Is v the affine x of p, without inverting: X = v Z^2? */
static bool
x_is(const struct sm2_jac *p, const uint64_t v[4])
{
    const struct hf_sm2_ops *o = hf_sm2_ops();
    struct sm2_fe            x = { { v[0], v[1], v[2], v[3] } }, zz;

    o->mul(&x, &x, &hf_sm2_fe_r2);
    o->sqr(&zz, &p->z);
    o->mul(&x, &x, &zz);
    o->sub(&x, &x, &p->x);
    return hf_sm2_is_zero(x.v);
}

bool
hf_sm2_sig_two_targets(const uint64_t v[4])
{
    static const uint64_t p_less_n[4] = { 0xac440bf6c62abedc, 0x8dfc2093de39fad5, 0, 0 };

    return hf_sm2_below(v, p_less_n);
}

/* B6: R = (e + x1) mod n = r. x1 is below p, so it is v, or v + n where that is below p. */
static bool
x_matches(const struct sm2_jac *p, const uint64_t v[4])
{
    uint64_t      w[4];
    unsigned char c = 0;

    if (hf_sm2_is_zero(p->z.v))
        return false;
    if (x_is(p, v))
        return true;
    if (!hf_sm2_sig_two_targets(v))
        return false;
    for (int i = 0; i < 4; i++)
        w[i] = sm2_adc(v[i], hf_sm2_n[i], &c);
    return x_is(p, w);
}

enum hf_rc
hf_sm2_verify(const struct hf_sm2_pub *pub, const uint8_t e[32], const struct hf_sm2_sig *sig)
{
    uint64_t               r[4], s[4], t[4], v[4];
    const struct sm2_comb *table;
    struct sm2_aff         p = hf_sm2_pub_point(pub);
    struct sm2_jac         j;

    if (!hf_sm2_sig_scalars(sig, r, s, t))
        return hf_fail(HF_E_VERIFY, "SM2 signature: r, s or r + s out of range "
                                    "(GB/T 32918.2 7.1 B1, B2, B5)");
    hf_sm2_sig_target(r, e, v);
    table = hf_sm2_cache_get(pub);
    hf_sm2_pair_mul_public(&j, s, table, &p, t);
    hf_sm2_cache_put(table);
    if (!x_matches(&j, v))
        return hf_fail(HF_E_VERIFY, "SM2 signature does not match (GB/T 32918.2 7.1 B7)");
    return HF_OK;
}
