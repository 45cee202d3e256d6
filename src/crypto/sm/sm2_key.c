/* Key pairs and public keys. */
#include <string.h>

#include <openssl/crypto.h>

#include "crypto/sm/sm2_int.h"

/* n - 1, which private keys are below (GB/T 32918.1 6.1): it would make 1 + d zero. */
static const uint64_t d_limit[4] = { 0x53bbf40939d54122, 0x7203df6b21c6052b, 0xffffffffffffffff,
                                     0xfffffffeffffffff };

/* -- Public keys ------------------------------------------------------------- */

void
hf_sm2_pub_set(struct hf_sm2_pub *pub, const struct sm2_aff *p)
{
    memcpy(pub->in, p, sizeof(pub->in));
    hf_sm2_fe_write(pub->xy, &p->x);
    hf_sm2_fe_write(pub->xy + 32, &p->y);
}

struct sm2_aff
hf_sm2_pub_point(const struct hf_sm2_pub *pub)
{
    struct sm2_aff p;

    memcpy(&p, pub->in, sizeof(p));
    return p;
}

/* GB/T 32918.1 4.2.10: the root of x^3 + ax + b whose lowest bit is `odd`. */
static enum hf_rc
decompress(struct sm2_aff *p, bool odd)
{
    static const struct sm2_fe zero;
    uint8_t                    y[32];

    hf_sm2_curve_rhs(&p->y, &p->x);
    if (!hf_sm2_fe_sqrt(&p->y, &p->y))
        return hf_fail(HF_E_FORMAT, "SM2 public key: no point has this x (GB/T 32918.1 4.2.10)");
    hf_sm2_fe_write(y, &p->y);
    if ((y[31] & 1) != odd)
        hf_sm2_ops()->sub(&p->y, &zero, &p->y);
    return HF_OK;
}

static enum hf_rc
read_xy(const uint8_t *xy, struct sm2_aff *p)
{
    if (!hf_sm2_fe_read(&p->x, xy) || !hf_sm2_fe_read(&p->y, xy + 32))
        return hf_fail(HF_E_FORMAT, "SM2 public key: coordinate not below p (GB/T 32918.1 6.2)");
    if (!hf_sm2_on_curve(p))
        return hf_fail(HF_E_FORMAT, "SM2 public key: not a point of the curve "
                                    "(GB/T 32918.1 6.2)");
    return HF_OK;
}

static enum hf_rc
read_point(struct hf_bytes in, struct sm2_aff *p)
{
    unsigned   form = in.n > 0 ? in.p[0] : 0;
    enum hf_rc rc;

    if (in.n == 64)
        return read_xy(in.p, p);
    if (in.n == 33 && (form == 2 || form == 3)) {
        if (!hf_sm2_fe_read(&p->x, in.p + 1))
            return hf_fail(HF_E_FORMAT, "SM2 public key: x not below p (GB/T 32918.1 6.2)");
        return decompress(p, form == 3);
    }
    if (in.n != 65 || (form != 4 && form != 6 && form != 7))
        return hf_fail(HF_E_FORMAT,
                       "SM2 public key: %zu bytes of form %u are no point "
                       "(GB/T 32918.1 4.2.9)",
                       in.n, form);
    if ((rc = read_xy(in.p + 1, p)) != HF_OK)
        return rc;
    if (form != 4 && (in.p[64] & 1) != (form & 1))
        return hf_fail(HF_E_FORMAT, "SM2 public key: hybrid form contradicts y "
                                    "(GB/T 32918.1 4.2.9)");
    return HF_OK;
}

enum hf_rc
hf_sm2_pub_read(struct hf_bytes in, struct hf_sm2_pub *out)
{
    struct sm2_aff p;
    enum hf_rc     rc = read_point(in, &p);

    if (rc == HF_OK)
        hf_sm2_pub_set(out, &p);
    else
        memset(out, 0, sizeof(*out));
    return rc;
}

void
hf_sm2_pub_write(const struct hf_sm2_pub *pub, uint8_t out[65])
{
    out[0] = 4;
    memcpy(out + 1, pub->xy, 64);
}

bool
hf_sm2_pub_eq(const struct hf_sm2_pub *a, const struct hf_sm2_pub *b)
{
    return memcmp(a->xy, b->xy, 64) == 0;
}

/* -- Key pairs --------------------------------------------------------------- */

void
hf_sm2_key_finish(struct hf_sm2_key *key, const uint64_t d[4], const uint64_t inverse[4])
{
    hf_sm2_store(key->d, d);
    hf_sm2_n_to_mont(key->inv, inverse);
    hf_sm3_hmac_key(&key->mac, hf_bytes(key->d, 32));
}

void
hf_sm2_key_make(struct hf_sm2_key *key, const uint64_t d[4])
{
    static const uint64_t one[4] = { 1 };
    struct sm2_jac        j;
    struct sm2_aff        p;
    uint64_t              t[4];

    hf_sm2_comb_mul(&j, hf_sm2_base_comb(), d);
    (void)hf_sm2_affine(&p, &j); /* d is not 0 */
    hf_sm2_pub_set(&key->pub, &p);
    hf_sm2_n_add(t, d, one);
    hf_sm2_n_inv(t, t);
    hf_sm2_key_finish(key, d, t);
    OPENSSL_cleanse(&j, sizeof(j));
    OPENSSL_cleanse(t, sizeof(t));
}

bool
hf_sm2_scalar_good(const uint64_t k[4])
{
    return hf_sm2_below(k, d_limit) & !hf_sm2_is_zero(k);
}

enum hf_rc
hf_sm2_key_read(struct hf_bytes d, struct hf_sm2_key *out)
{
    uint64_t k[4];
    bool     right;

    memset(out, 0, sizeof(*out));
    if (d.n != 32)
        return hf_fail(HF_E_FORMAT, "SM2 private key: %zu bytes instead of 32", d.n);
    hf_sm2_load(k, d.p);
    right = hf_sm2_scalar_good(k);
    if (right)
        hf_sm2_key_make(out, k);
    OPENSSL_cleanse(k, sizeof(k));
    if (!right)
        return hf_fail(HF_E_FORMAT, "SM2 private key: not in [1, n-2] (GB/T 32918.1 6.1)");
    return HF_OK;
}

enum hf_rc
hf_sm2_random_scalar(uint64_t k[4])
{
    uint8_t    wide[64];
    enum hf_rc rc;

    do {
        if ((rc = hf_sm2_random_key(wide, sizeof(wide))) != HF_OK)
            return rc;
        hf_sm2_n_wide(k, wide);
    } while (!hf_sm2_scalar_good(k));
    OPENSSL_cleanse(wide, sizeof(wide));
    return HF_OK;
}

enum hf_rc
hf_sm2_key_generate(struct hf_sm2_key *out)
{
    uint64_t   d[4];
    enum hf_rc rc;

    memset(out, 0, sizeof(*out));
    if ((rc = hf_sm2_random_scalar(d)) != HF_OK)
        return rc;
    hf_sm2_key_make(out, d);
    OPENSSL_cleanse(d, sizeof(d));
    return HF_OK;
}

void
hf_sm2_key_clear(struct hf_sm2_key *key)
{
    OPENSSL_cleanse(key, sizeof(*key));
}
