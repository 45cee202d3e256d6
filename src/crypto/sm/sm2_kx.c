/* Key exchange, GB/T 32918.3 6.1. */
#include <string.h>

#include <openssl/crypto.h>

#include "crypto/sm/sm2_int.h"

/* A4: 2^w + (x mod 2^w) with w = 127, from the x of an ephemeral point. */
static void
half_of_x(const struct hf_sm2_pub *ephemeral, uint64_t x[4])
{
    hf_sm2_load(x, ephemeral->xy);
    x[1] |= UINT64_C(1) << 63;
    x[2] = 0;
    x[3] = 0;
}

/* A5: t = (d + x1 r) mod n, the secret of both steps. */
static void
make_t(const struct hf_sm2_kx *kx, uint64_t t[4])
{
    uint64_t d[4], r[4];

    half_of_x(&kx->self_ephemeral->pub, t);
    hf_sm2_n_to_mont(t, t);
    hf_sm2_load(r, kx->self_ephemeral->d);
    hf_sm2_n_montmul(t, t, r);
    hf_sm2_load(d, kx->self->d);
    hf_sm2_n_add(t, t, d);
    OPENSSL_cleanse(d, sizeof(d));
    OPENSSL_cleanse(r, sizeof(r));
}

/* A7: U = t (P + x2 R), of the peer's points: the bracket is public and done first. */
bool
hf_sm2_kx_bracket(const struct hf_sm2_kx *kx, struct sm2_aff *out)
{
    const struct hf_sm2_ops *o = hf_sm2_ops();
    struct sm2_aff           p = hf_sm2_pub_point(kx->peer);
    struct sm2_aff           r = hf_sm2_pub_point(kx->peer_ephemeral);
    struct sm2_jac           j, sum;
    uint64_t                 x[4];

    half_of_x(kx->peer_ephemeral, x);
    o->point_mul_public(&j, &r, x);
    o->add_public(&sum, &j, &p);
    return hf_sm2_affine(out, &sum);
}

bool
hf_sm2_kx_shared(const struct hf_sm2_kx *kx, const struct sm2_aff *bracket, uint8_t xy[64])
{
    struct sm2_aff a;
    struct sm2_jac j;
    uint64_t       t[4];
    bool           finite;

    make_t(kx, t);
    hf_sm2_ops()->point_mul(&j, bracket, t);
    finite = hf_sm2_affine(&a, &j); /* not when t = 0 */
    hf_sm2_fe_write(xy, &a.x);
    hf_sm2_fe_write(xy + 32, &a.y);
    OPENSSL_cleanse(t, sizeof(t));
    OPENSSL_cleanse(&j, sizeof(j));
    OPENSSL_cleanse(&a, sizeof(a));
    return finite;
}

/* SM3(first || yU || SM3(xU || ZA || ZB || x1 || y1 || x2 || y2)), steps A9 and A10. */
static void
make_confirm(uint8_t first, const uint8_t xy[64], const uint8_t inner[32], uint8_t out[32])
{
    struct hf_sm3 c;

    hf_sm3_init(&c);
    hf_sm3_update(&c, &first, 1);
    hf_sm3_update(&c, xy + 32, 32);
    hf_sm3_update(&c, inner, 32);
    hf_sm3_final(&c, out);
}

static void
confirm_both(const uint8_t xy[64], const uint8_t *z[2], const uint8_t *point[2],
             struct hf_sm2_kx_confirm *out)
{
    struct hf_sm3 c;
    uint8_t       inner[32];

    hf_sm3_init(&c);
    hf_sm3_update(&c, xy, 32);
    hf_sm3_update(&c, z[0], 32);
    hf_sm3_update(&c, z[1], 32);
    hf_sm3_update(&c, point[0], 64);
    hf_sm3_update(&c, point[1], 64);
    hf_sm3_final(&c, inner);
    make_confirm(2, xy, inner, out->s_responder);
    make_confirm(3, xy, inner, out->s_initiator);
    OPENSSL_cleanse(inner, sizeof(inner));
}

enum hf_rc
hf_sm2_kx_derive(const struct hf_sm2_kx *kx, uint8_t *key, size_t n,
                 struct hf_sm2_kx_confirm *confirm)
{
    unsigned       self = kx->initiator ? 0 : 1;
    const uint8_t *z[2], *point[2];
    uint8_t        in[128];
    struct sm2_aff bracket;

    z[self] = kx->self_z;
    z[self ^ 1] = kx->peer_z;
    point[self] = kx->self_ephemeral->pub.xy;
    point[self ^ 1] = kx->peer_ephemeral->xy;
    if (!hf_sm2_kx_bracket(kx, &bracket) || !hf_sm2_kx_shared(kx, &bracket, in)) {
        OPENSSL_cleanse(key, n);
        return hf_fail(HF_E_VERIFY, "SM2 key exchange: the shared point is infinity "
                                    "(GB/T 32918.3 6.1 A7)");
    }
    memcpy(in + 64, z[0], 32);
    memcpy(in + 96, z[1], 32);
    hf_sm3_kdf(hf_bytes(in, sizeof(in)), key, n);
    if (confirm != NULL)
        confirm_both(in, z, point, confirm);
    OPENSSL_cleanse(in, sizeof(in));
    return HF_OK;
}
