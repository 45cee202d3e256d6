#include "pki/weak.h"

#include <openssl/bn.h>
#include <string.h>

#include "base/text.h"
#include "wire/oid.h"

/* -- Curves ------------------------------------------------------------------------ */

/* X coordinates of public keys whose private key is known; the negative key has the same one. */
static const struct {
    enum hf_oid curve;
    const char *x, *why;
} known[] = {
    { HF_OID_SM2, "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7",
      "its private key is 1" },
    { HF_OID_SM2, "56cefd60d7c87c000d58ef57fa73ba4d9c0dfa08c08a7331495c2e1da3f2bd52",
      "its private key is 2" },
    { HF_OID_SM2, "a97f7cd4b3c993b4be2daa8cdb41e24ca13f6bd945302244e26918f1d0509ebf",
      "its private key is 3" },
    { HF_OID_SM2, "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020",
      "its private key is printed in GM/T 0003.5" },
    { HF_OID_P256, "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
      "its private key is 1" },
    { HF_OID_P256, "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978",
      "its private key is 2" },
    { HF_OID_P256, "5ecbe4d1a6330a44c8f7ef951d4bf165e6c6b721efada985fb41661bc6e7fd6c",
      "its private key is 3" },
    { HF_OID_P256, "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
      "its private key is printed in RFC 6979 A.2.5" },
    { HF_OID_P384,
      "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e387276"
      "0"
      "ab7",
      "its private key is 1" },
    { HF_OID_P384,
      "08d999057ba3d2d969260045c55b97f089025959a6f434d651d207d19fb96e9e4fe0e86ebe0e64f85b96a9c75295"
      "d"
      "f61",
      "its private key is 2" },
};

static enum hf_rc
check_curve(enum hf_oid curve, struct hf_bytes point)
{
    char   text[2 * 66 + 1];
    size_t half = (point.n - 1) / 2;

    if (point.n < 3 || point.p[0] != 4 || half > 66)
        return hf_fail_field(HF_E_POLICY, "csr", "subjectPublicKey is no uncompressed point");
    hf_hex(hf_bytes(point.p + 1, half), text);
    for (size_t i = 0; i < HF_COUNT(known); i++)
        if (known[i].curve == curve && strcmp(known[i].x, text) == 0)
            return hf_fail_field(HF_E_POLICY, "csr", "the public key is publicly broken: %s",
                                 known[i].why);
    return HF_OK;
}

/* -- RSA ----------------------------------------------------------------------------- */

static bool
is_prime(unsigned n)
{
    for (unsigned d = 2; d * d <= n; d++)
        if (n % d == 0)
            return false;
    return true;
}

#define SMALL_PRIMES_TO 1000
#define ROCA_PRIMES_TO 168

/*
 * Is r in the multiplicative group that 65537 generates modulo the prime p?
 * A modulus of the ROCA class is, for every small prime: both factors are of
 * the form k*M + 65537^a mod M with M the product of these primes.
 */
static bool
is_power_of_f4(unsigned r, unsigned p)
{
    unsigned v = 1;

    do {
        if (v == r)
            return true;
        v = v * (65537 % p) % p;
    } while (v != 1);
    return false;
}

/* Trial division, and the ROCA fingerprint on the way. */
static const char *
why_not_modulus(const BIGNUM *n)
{
    bool roca = true;

    for (unsigned p = 3; p < SMALL_PRIMES_TO; p += 2) {
        unsigned r;

        if (!is_prime(p))
            continue;
        if ((r = (unsigned)BN_mod_word(n, p)) == 0)
            return "the RSA modulus has a small prime factor";
        if (p < ROCA_PRIMES_TO && p != 3 && roca)
            roca = is_power_of_f4(r, p);
    }
    return roca ? "the RSA modulus is of the ROCA class (CVE-2017-15361)" : NULL;
}

/* *root becomes the integer part of the square root of n (Newton's method from above). */
static bool
square_root(BIGNUM *root, const BIGNUM *n, BN_CTX *ctx)
{
    BIGNUM *next = BN_CTX_get(ctx);

    if (next == NULL || !BN_one(root) || !BN_lshift(root, root, (BN_num_bits(n) + 1) / 2))
        return false;
    for (;;) {
        if (!BN_div(next, NULL, n, root, ctx) || !BN_add(next, next, root) ||
            !BN_rshift1(next, next))
            return false;
        if (BN_cmp(next, root) >= 0)
            return true;
        if (BN_copy(root, next) == NULL)
            return false;
    }
}

#define FERMAT_ROUNDS 100

/*
 * Fermat: n = a*a - b*b with a just above the square root of n, if the two
 * factors are close. b*b grows by 2a + 1 from one a to the next.
 */
static enum hf_rc
fermat(const BIGNUM *n, BN_CTX *ctx, bool *found)
{
    BIGNUM *a = BN_CTX_get(ctx), *b2 = BN_CTX_get(ctx), *b = BN_CTX_get(ctx), *t = BN_CTX_get(ctx);
    bool    ok = t != NULL && square_root(a, n, ctx) && BN_add_word(a, 1) && BN_sqr(b2, a, ctx) &&
              BN_sub(b2, b2, n);

    *found = false;
    for (int i = 0; ok && !*found && i < FERMAT_ROUNDS; i++) {
        /* a square is 0, 1, 4 or 9 modulo 16: three of four need no root */
        unsigned r = (unsigned)BN_mod_word(b2, 16);

        if (r == 0 || r == 1 || r == 4 || r == 9) {
            ok = square_root(b, b2, ctx) && BN_sqr(t, b, ctx);
            *found = ok && BN_cmp(t, b2) == 0;
        }
        ok =
            ok && BN_add(b2, b2, a) && BN_add(b2, b2, a) && BN_add_word(b2, 1) && BN_add_word(a, 1);
    }
    return ok ? HF_OK : hf_fail(HF_E_CRYPTO, "arithmetic on an RSA modulus");
}

static enum hf_rc
check_rsa(struct hf_bytes key)
{
    struct hf_rd    r = hf_rd(key), seq = hf_der_open(&r, HF_DER_SEQUENCE);
    struct hf_bytes modulus = hf_der_magnitude(hf_der_integer(&seq));
    struct hf_bytes exponent = hf_der_magnitude(hf_der_integer(&seq));
    BN_CTX         *ctx = NULL;
    BIGNUM         *n = NULL;
    const char     *why;
    bool            close = false;
    enum hf_rc      rc;

    hf_der_shut(&r, &seq);
    if ((rc = hf_rd_end(&r, "RSA public key")) != HF_OK)
        return rc;
    if (exponent.n < 3 || exponent.n > 8 || (exponent.p[exponent.n - 1] & 1) == 0)
        return hf_fail_field(HF_E_POLICY, "csr",
                             "the RSA exponent is even, below 65537 or beyond 64 bits");
    if ((ctx = BN_CTX_new()) == NULL || (n = BN_bin2bn(modulus.p, (int)modulus.n, NULL)) == NULL)
        rc = hf_fail(HF_E_NOMEM, "RSA modulus");
    else if ((why = why_not_modulus(n)) != NULL)
        rc = hf_fail_field(HF_E_POLICY, "csr", "%s", why);
    else if ((rc = fermat(n, ctx, &close)) == HF_OK && close)
        rc = hf_fail_field(HF_E_POLICY, "csr",
                           "the two factors of the RSA modulus are too close (CVE-2022-26320)");
    BN_free(n);
    BN_CTX_free(ctx);
    return rc;
}

enum hf_rc
hf_weak_check(struct hf_bytes spki)
{
    struct hf_rd    r = hf_rd(spki), seq = hf_der_open(&r, HF_DER_SEQUENCE);
    struct hf_bytes alg = hf_der_raw(&seq, HF_DER_SEQUENCE), params = { NULL, 0 };
    struct hf_bytes key = hf_der_bits(&seq, NULL);
    struct hf_rd    p;
    enum hf_rc      rc;

    hf_der_shut(&r, &seq);
    if ((rc = hf_rd_end(&r, "SubjectPublicKeyInfo")) != HF_OK)
        return rc;
    switch (hf_alg_id(alg, &params)) {
    case HF_OID_RSA:
        return check_rsa(key);
    case HF_OID_EC:
    case HF_OID_SM2:
        p = hf_rd(params);
        return check_curve(hf_oid_find(hf_der_take(&p, HF_DER_OID)), key);
    default:
        return HF_OK; /* crypto/pub.h refuses what it does not know */
    }
}
