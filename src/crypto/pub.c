#include "crypto/pub.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/evp.h"
#include "crypto/pub_evp.h"
#include "crypto/sigalg.h"
#include "crypto/sm/sm2.h"
#include "crypto/sm_evp.h"
#include "crypto/tlv.h"

struct hf_pub {
    atomic_int        refs;
    enum hf_alg       alg;
    bool              rsa, ed25519;
    struct hf_sigalg  pss; /* an RSA key that is for RSASSA-PSS alone; by name, or NULL: any */
    unsigned          bits;
    EVP_PKEY         *pkey; /* NULL for SM2 by our own arithmetic */
    struct hf_sm2_pub sm2;
    struct hf_bytes   bits_of_key; /* contents of subjectPublicKey, within spki */
    size_t            n;
    uint8_t           spki[];
};

/*
 * Contents of AlgorithmIdentifier for the curves, and length of an
 * uncompressed point. P-521 only occurs in certificates of others.
 */
static const struct {
    enum hf_alg alg;
    const char *type, *group;
    const char *id;
    size_t      id_n, point_n;
    unsigned    bits;
} curves[] = {
    { HF_ALG_SM2, "SM2", "SM2",
      "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d", 19, 65, 256 },
    { HF_ALG_P256, "EC", "prime256v1",
      "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 19, 65, 256 },
    { HF_ALG_P384, "EC", "secp384r1",
      "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22", 16, 97, 384 },
    { HF_ALG_NONE, "EC", "secp521r1",
      "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23", 16, 133, 521 },
};
static const uint8_t ec_oid[] = { 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const uint8_t rsa_id[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                  0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 }; /* RFC 3279 2.3.1: NULL */
static const uint8_t pss_id[] = {
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a
};
static const uint8_t ed25519_id[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 }; /* RFC 8410 3 */

/* -- Reading --------------------------------------------------------------------- */

static enum hf_rc
from_params(const char *type, const char *query, OSSL_PARAM *params, EVP_PKEY **out)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, query);
    int           ok = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
             EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok ? HF_OK : hf_fail_evp("public key");
}

static enum hf_rc
read_curve(struct hf_pub *pub, size_t row)
{
    struct hf_bytes point = pub->bits_of_key;
    const char     *query = NULL;
    OSSL_PARAM      params[3];
    enum hf_rc      rc;

    if (point.n != 0 && point.p[0] != 0x04)
        return hf_fail(HF_E_POLICY, "public key: point is not in uncompressed form (SEC 1 2.3.3)");
    if (point.n != curves[row].point_n)
        return hf_fail(HF_E_FORMAT, "public key: point has %zu bytes instead of %zu", point.n,
                       curves[row].point_n);
    pub->alg = curves[row].alg;
    pub->bits = curves[row].bits;
    if (pub->alg == HF_ALG_SM2) {
        if ((rc = hf_sm2_pub_read(point, &pub->sm2)) != HF_OK || !hf_sm_by_libcrypto())
            return rc;
        query = HF_SM_EVP_OWN;
    }
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                 (char *)(uintptr_t)curves[row].group, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  (void *)(uintptr_t)point.p, point.n);
    params[2] = OSSL_PARAM_construct_end();
    if (from_params(curves[row].type, query, params, &pub->pkey) != HF_OK)
        return hf_fail(HF_E_FORMAT, "public key: point is not on the curve");
    return HF_OK;
}

static enum hf_rc
read_ed25519(struct hf_pub *pub)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(
            OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)pub->bits_of_key.p, pub->bits_of_key.n),
        OSSL_PARAM_construct_end(),
    };

    if (pub->bits_of_key.n != 32)
        return hf_fail(HF_E_FORMAT, "public key: %zu bytes instead of 32 (RFC 8410 4)",
                       pub->bits_of_key.n);
    pub->ed25519 = true;
    pub->bits = 256;
    return from_params("ED25519", NULL, params, &pub->pkey);
}

static unsigned
bit_length(struct hf_bytes number)
{
    unsigned n = (unsigned)number.n * 8;

    for (uint8_t top = number.n == 0 ? 0 : number.p[0]; n != 0 && (top & 0x80) == 0; n--)
        top = (uint8_t)(top << 1);
    return n;
}

/* Length first, so that no arithmetic is done on a number of absurd size. */
static enum hf_rc
check_rsa(struct hf_bytes n, struct hf_bytes e, unsigned *bits)
{
    *bits = bit_length(n);
    if (*bits < 2048 || *bits > 8192)
        return hf_fail(HF_E_POLICY, "RSA key: %u bits are not within 2048 to 8192", *bits);
    if ((n.p[n.n - 1] & 1) == 0)
        return hf_fail(HF_E_FORMAT, "RSA key: modulus is even");
    if (e.n > 8 || (e.p[e.n - 1] & 1) == 0 || bit_length(e) < 17)
        return hf_fail(HF_E_POLICY, "RSA key: exponent is even, below 65537 or above 64 bits");
    return HF_OK;
}

static enum hf_rc
rsa_params(struct hf_bytes n, struct hf_bytes e, EVP_PKEY **out)
{
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    BIGNUM         *bn_n = BN_bin2bn(n.p, (int)n.n, NULL), *bn_e = BN_bin2bn(e.p, (int)e.n, NULL);
    OSSL_PARAM     *params = NULL;
    enum hf_rc      rc;

    if (bld == NULL || bn_n == NULL || bn_e == NULL ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn_n) != 1 ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, bn_e) != 1 ||
        (params = OSSL_PARAM_BLD_to_param(bld)) == NULL)
        rc = hf_fail_evp("RSA key");
    else
        rc = from_params("RSA", NULL, params, out);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_free(bn_n);
    BN_free(bn_e);
    return rc;
}

static enum hf_rc
read_rsa(struct hf_pub *pub)
{
    struct hf_rd    r = hf_rd(pub->bits_of_key), seq = hf_tlv_in(&r, HF_TLV_SEQUENCE);
    struct hf_bytes n = hf_tlv_number(&seq), e = hf_tlv_number(&seq);
    enum hf_rc      rc;

    if ((rc = hf_rd_end(&seq, "RSA public key")) != HF_OK ||
        (rc = hf_rd_end(&r, "RSA public key")) != HF_OK ||
        (rc = check_rsa(n, e, &pub->bits)) != HF_OK)
        return rc;
    pub->rsa = true;
    for (enum hf_alg a = HF_ALG_RSA2048; a <= HF_ALG_RSA4096; a++)
        if (hf_alg_rsa_bits(a) == pub->bits)
            pub->alg = a;
    return rsa_params(n, e, &pub->pkey);
}

/* RFC 4055 1.2 and 3.1: with parameters, digest and MGF1 are given and the salt has a least length. */
static enum hf_rc
read_pss_key(struct hf_pub *pub, struct hf_bytes id)
{
    enum hf_rc rc;

    pub->pss = (struct hf_sigalg){ HF_SIG_RSA_PSS, HF_DIGEST_NONE, 0, "RSASSA-PSS" };
    /* the same AlgorithmIdentifier as of a signature; a short length stands before its contents */
    if (id.n > sizeof(pss_id) && id.n < 128 &&
        (rc = hf_sigalg_read(hf_bytes(id.p - 2, id.n + 2), &pub->pss)) != HF_OK)
        return rc;
    return id.n < 128
               ? read_rsa(pub)
               : hf_fail(HF_E_POLICY, "public key: RSASSA-PSS parameters of %zu bytes", id.n);
}

static enum hf_rc
read_kind(struct hf_pub *pub, struct hf_bytes id, bool foreign)
{
    for (size_t i = 0; i < HF_COUNT(curves); i++)
        if ((foreign || curves[i].alg != HF_ALG_NONE) &&
            hf_bytes_eq(id, hf_bytes(curves[i].id, curves[i].id_n)))
            return read_curve(pub, i);
    if (hf_bytes_eq(id, hf_bytes(rsa_id, sizeof(rsa_id))))
        return read_rsa(pub);
    if (foreign && hf_bytes_eq(id, hf_bytes(ed25519_id, sizeof(ed25519_id))))
        return read_ed25519(pub);
    if (foreign && id.n >= sizeof(pss_id) && memcmp(id.p, pss_id, sizeof(pss_id)) == 0)
        return read_pss_key(pub, id);
    if (id.n >= sizeof(ec_oid) && memcmp(id.p, ec_oid, sizeof(ec_oid)) == 0)
        return hf_fail(HF_E_POLICY,
                       "public key: curve is not one of SM2, P-256, P-384, or is not named");
    return hf_fail(HF_E_POLICY, "public key: algorithm is not one of SM2, ECDSA, RSA");
}

static enum hf_rc
read_spki(struct hf_bytes spki, bool foreign, struct hf_pub **out)
{
    struct hf_pub  *pub;
    struct hf_rd    r, seq;
    struct hf_bytes id;
    enum hf_rc      rc;

    *out = NULL;
    if (spki.n > 4096)
        return hf_fail(HF_E_TOOBIG, "public key: larger than 4096 bytes");
    if ((pub = calloc(1, sizeof(*pub) + spki.n)) == NULL)
        return hf_fail(HF_E_NOMEM, "public key");
    pub->refs = 1;
    pub->n = spki.n;
    if (spki.n != 0)
        memcpy(pub->spki, spki.p, spki.n);
    r = hf_rd(hf_bytes(pub->spki, pub->n));
    seq = hf_tlv_in(&r, HF_TLV_SEQUENCE);
    id = hf_tlv(&seq, HF_TLV_SEQUENCE);
    pub->bits_of_key = hf_tlv_bits(&seq);
    if ((rc = hf_rd_end(&seq, "SubjectPublicKeyInfo")) == HF_OK &&
        (rc = hf_rd_end(&r, "SubjectPublicKeyInfo")) == HF_OK)
        rc = read_kind(pub, id, foreign);
    if (rc == HF_OK)
        *out = pub;
    else
        hf_pub_free(pub);
    ERR_clear_error();
    return rc;
}

enum hf_rc
hf_pub_read(struct hf_bytes spki, struct hf_pub **out)
{
    return read_spki(spki, false, out);
}

enum hf_rc
hf_pub_read_foreign(struct hf_bytes spki, struct hf_pub **out)
{
    return read_spki(spki, true, out);
}

struct hf_pub *
hf_pub_ref(struct hf_pub *pub)
{
    atomic_fetch_add(&pub->refs, 1);
    return pub;
}

void
hf_pub_free(struct hf_pub *pub)
{
    if (pub == NULL || atomic_fetch_sub(&pub->refs, 1) != 1)
        return;
    EVP_PKEY_free(pub->pkey);
    free(pub);
}

struct hf_bytes
hf_pub_spki(const struct hf_pub *pub)
{
    return hf_bytes(pub->spki, pub->n);
}

enum hf_alg
hf_pub_alg(const struct hf_pub *pub)
{
    return pub->alg;
}

unsigned
hf_pub_bits(const struct hf_pub *pub)
{
    return pub->bits;
}

EVP_PKEY *
hf_pub_evp(const struct hf_pub *pub)
{
    return pub->pkey;
}

enum hf_rc
hf_pub_key_id(const struct hf_pub *pub, uint8_t out[20])
{
    return hf_digest(HF_DIGEST_SHA1, &pub->bits_of_key, 1, out);
}

/* -- Verifying ------------------------------------------------------------------- */

/* RFC 4055 3.3: the digest that the key is for, and no shorter salt. */
static bool
pss_suits(const struct hf_sigalg *key, const struct hf_sigalg *alg)
{
    return alg->kind == HF_SIG_RSA_PSS && (key->digest == HF_DIGEST_NONE ||
                                           (key->digest == alg->digest && key->salt <= alg->salt));
}

static enum hf_rc
check_suits(const struct hf_pub *pub, const struct hf_sigalg *alg)
{
    bool suits = pub->ed25519             ? alg->kind == HF_SIG_ED25519
                 : pub->pss.name != NULL  ? pss_suits(&pub->pss, alg)
                 : pub->rsa               ? alg->kind == HF_SIG_RSA || alg->kind == HF_SIG_RSA_PSS
                 : pub->alg == HF_ALG_SM2 ? alg->kind == HF_SIG_SM2
                                          : alg->kind == HF_SIG_ECDSA;

    return suits ? HF_OK
                 : hf_fail(HF_E_POLICY, "%s does not suit the key (%s)", alg->name,
                           pub->ed25519              ? "Ed25519"
                           : pub->pss.name != NULL   ? pub->pss.name
                           : pub->rsa                ? "RSA"
                           : pub->alg == HF_ALG_NONE ? "p521"
                                                     : hf_alg_name(pub->alg));
}

static int
set_pss(EVP_PKEY_CTX *ctx, const struct hf_sigalg *alg)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, hf_digest_evp(alg->digest)) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, alg->salt) == 1;
}

static enum hf_rc
verify_sm2(const struct hf_pub *pub, const char *id, struct hf_bytes tbs, struct hf_bytes sig)
{
    struct hf_sm2_sig s;
    uint8_t           e[32];
    enum hf_rc        rc;

    if (pub->pkey != NULL)
        return hf_sm2_evp_verify(pub->pkey, id, tbs, sig);
    if ((rc = hf_sm2_digest(&pub->sm2, hf_bytes_str(id), tbs, e)) != HF_OK)
        return rc;
    if (hf_sm2_sig_read(sig, &s) != HF_OK || hf_sm2_verify(&pub->sm2, e, &s) != HF_OK)
        return hf_fail(HF_E_VERIFY, "SM3withSM2 signature does not verify");
    return HF_OK;
}

/* libcrypto insists on DER in r and s by itself. */
static enum hf_rc
verify_evp(const struct hf_pub *pub, const struct hf_sigalg *alg, struct hf_bytes tbs,
           struct hf_bytes sig)
{
    EVP_MD_CTX   *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key = NULL;
    /* Ed25519 has its own */
    const EVP_MD *md = alg->digest == HF_DIGEST_NONE ? NULL : hf_digest_evp(alg->digest);
    int           ok = 0;

    if (ctx == NULL)
        return hf_fail(HF_E_NOMEM, "verification");
    if (EVP_DigestVerifyInit(ctx, &key, md, NULL, pub->pkey) != 1)
        goto out;
    if (alg->kind == HF_SIG_RSA_PSS && !set_pss(key, alg))
        goto out;
    ok = EVP_DigestVerify(ctx, sig.p, sig.n, tbs.p, tbs.n) == 1;
out:
    EVP_MD_CTX_free(ctx); /* and key, which is its own */
    ERR_clear_error();
    return ok ? HF_OK : hf_fail(HF_E_VERIFY, "%s signature does not verify", alg->name);
}

/* One verification; id is the SM2 identity. */
static enum hf_rc
verify_once(const struct hf_pub *pub, const struct hf_sigalg *alg, const char *id,
            struct hf_bytes tbs, struct hf_bytes sig)
{
    return alg->kind == HF_SIG_SM2 ? verify_sm2(pub, id, tbs, sig) : verify_evp(pub, alg, tbs, sig);
}

enum hf_rc
hf_pub_verify(const struct hf_pub *pub, struct hf_bytes sig_alg, struct hf_bytes tbs,
              struct hf_bytes sig)
{
    struct hf_sigalg alg;
    enum hf_rc       rc;

    if ((rc = hf_sigalg_read(sig_alg, &alg)) != HF_OK || (rc = check_suits(pub, &alg)) != HF_OK)
        return rc;
    return verify_once(pub, &alg, HF_SM2_DEFAULT_ID, tbs, sig);
}

enum hf_rc
hf_pub_verify_request(const struct hf_pub *pub, struct hf_bytes sig_alg, struct hf_bytes tbs,
                      struct hf_bytes sig, bool *empty_id)
{
    struct hf_sigalg alg;
    enum hf_rc       rc;

    *empty_id = false;
    if ((rc = hf_sigalg_read(sig_alg, &alg)) != HF_OK || (rc = check_suits(pub, &alg)) != HF_OK)
        return rc;
    rc = verify_once(pub, &alg, HF_SM2_DEFAULT_ID, tbs, sig);
    if (rc == HF_OK || alg.kind != HF_SIG_SM2)
        return rc;
    rc = verify_once(pub, &alg, "", tbs, sig); /* PKI-45 */
    *empty_id = rc == HF_OK;
    return rc;
}

/* -- Several at once ------------------------------------------------------------- */

#define TOGETHER 64 /* the kernels take eight at a time; more of them only hide what is left over */

/* SM2 by our own arithmetic, and a signature that says so? */
static bool
goes_together(const struct hf_pub_check *c)
{
    struct hf_sigalg alg;

    return c->pub->alg == HF_ALG_SM2 && c->pub->pkey == NULL &&
           hf_sigalg_read(c->sig_alg, &alg) == HF_OK && alg.kind == HF_SIG_SM2;
}

/* At most TOGETHER of them, under one identity. */
static void
verify_together(struct hf_pub_check *const *list, size_t n, const char *id)
{
    struct hf_sm2_verify_job job[TOGETHER];
    struct hf_pub_check     *of[TOGETHER];
    uint8_t                  e[TOGETHER][32];
    size_t                   m = 0;

    for (size_t i = 0; i < n; i++) {
        const struct hf_sm2_pub *pub = &list[i]->pub->sm2;

        if (hf_sm2_sig_read(list[i]->sig, &job[m].sig) != HF_OK ||
            hf_sm2_digest(pub, hf_bytes_str(id), list[i]->tbs, e[m]) != HF_OK)
            continue; /* not good, as it was */
        job[m].pub = pub;
        job[m].e = e[m];
        of[m++] = list[i];
    }
    (void)hf_sm2_verify_batch(job, m);
    for (size_t i = 0; i < m; i++)
        of[i]->good = job[i].ok;
}

/* Under the default identity, and those that may and did not pass under the empty one. */
static void
verify_either(struct hf_pub_check *const *list, size_t n)
{
    struct hf_pub_check *again[TOGETHER];
    size_t               m = 0;

    verify_together(list, n, HF_SM2_DEFAULT_ID);
    for (size_t i = 0; i < n; i++)
        if (!list[i]->good && list[i]->empty_too)
            again[m++] = list[i];
    verify_together(again, m, "");
    for (size_t i = 0; i < m; i++)
        again[i]->empty_id = again[i]->good;
}

static void
verify_alone(struct hf_pub_check *c)
{
    enum hf_rc rc = c->empty_too
                        ? hf_pub_verify_request(c->pub, c->sig_alg, c->tbs, c->sig, &c->empty_id)
                        : hf_pub_verify(c->pub, c->sig_alg, c->tbs, c->sig);

    c->good = rc == HF_OK;
}

bool
hf_pub_verify_batch(struct hf_pub_check *check, size_t n)
{
    struct hf_pub_check *list[TOGETHER];
    size_t               m = 0;
    bool                 all = true;

    for (size_t i = 0; i < n; i++) {
        check[i].good = check[i].empty_id = false;
        if (!goes_together(&check[i]))
            verify_alone(&check[i]);
        else
            list[m++] = &check[i];
        if (m == TOGETHER || (i + 1 == n && m != 0)) {
            verify_either(list, m);
            m = 0;
        }
    }
    for (size_t i = 0; i < n; i++)
        all &= check[i].good;
    return all;
}
