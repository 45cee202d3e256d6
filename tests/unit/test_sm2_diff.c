/*
 * SM2 of every tier against libcrypto's default provider.
 *
 * libcrypto's answers are computed once, from random and edge-case numbers;
 * then each tier works in a process of its own (the tier is chosen once a
 * process) and must give the same. HF_DIFF_ITEMS says how many cases there
 * are (five operations each, and more in batches); HF_DIFF_SEED which.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "crypto/sm/cpu.h"
#include "crypto/sm/sm2_int.h"
#include "unit/t.h"

#if defined(__SANITIZE_ADDRESS__)
#define ITEMS 400
#else
#define ITEMS 2550      /* eight operations each: over 20,000 */
#endif
#define SEALED 200      /* of them with an encryption each way */

struct item {
    uint8_t           d[32], k[32], e[32];
    uint8_t           pub[64];          /* dG */
    uint8_t           kg[64];           /* kG */
    uint8_t           shared[64];       /* k times the pub of the item before */
    struct hf_sm2_sig sig;              /* right for d, k, e ... */
    struct hf_sm2_sig changed;          /* ... and possibly changed, with */
    bool              verdict;          /* what libcrypto says to it */
    bool              signs;            /* k may be used for a signature */
};

static struct item *item;
static size_t       items;
static EC_GROUP    *group;
static BN_CTX      *ctx;
static BIGNUM      *n;

static uint64_t seed = 0x2545f4914f6cdd1d;

static uint64_t
next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x9e3779b97f4a7c15;
}

static void
random_bytes(uint8_t out[32])
{
    for (int i = 0; i < 32; i++)
        out[i] = (uint8_t)(next() >> 33);
}

/* Numbers that make digits of the recodings and carries special; else random. */
static void
interesting(uint8_t out[32])
{
    uint64_t kind = next() % 16, small = next() % 80, bit = next() % 256;

    random_bytes(out);
    if (kind == 0) {                            /* small */
        memset(out, 0, 32);
        out[31] = (uint8_t)(1 + small);
    } else if (kind == 1) {                     /* n less something small */
        BIGNUM *b = BN_dup(n);

        T_TRUE(BN_sub_word(b, 1 + small) && BN_bn2binpad(b, out, 32) == 32);
        BN_free(b);
    } else if (kind == 2) {                     /* one bit */
        memset(out, 0, 32);
        out[31 - bit / 8] = (uint8_t)(1 << bit % 8);
    } else if (kind == 3) {                     /* ones from there on */
        memset(out, 0, 32);
        memset(out + 32 - bit / 8, 0xff, bit / 8);
        out[31 - bit / 8] = (uint8_t)((1u << bit % 8) - 1u);
    } else if (kind == 4) {                     /* runs of zeros and ones */
        memset(out + next() % 24, next() % 2 ? 0xff : 0, 8);
    }
}

static void
point_bytes(const EC_POINT *p, uint8_t xy[64])
{
    uint8_t b[65];

    T_EQ(EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, b, sizeof(b), ctx), 65);
    memcpy(xy, b + 1, 64);
}

/* s = (k - r d)/(1 + d), the textbook's form, r = e + x. False where it cannot be. */
static bool
reference_sign(struct item *it)
{
    BIGNUM *d = BN_bin2bn(it->d, 32, NULL), *k = BN_bin2bn(it->k, 32, NULL);
    BIGNUM *r = BN_bin2bn(it->kg, 32, NULL), *s = BN_bin2bn(it->e, 32, NULL), *t = BN_new();
    bool    good;

    T_TRUE(BN_mod_add(r, r, s, n, ctx));
    T_TRUE(BN_mod_mul(s, r, d, n, ctx) && BN_mod_sub(s, k, s, n, ctx));
    T_TRUE(BN_add_word(d, 1) && BN_mod_inverse(d, d, n, ctx) != NULL);
    T_TRUE(BN_mod_mul(s, s, d, n, ctx) && BN_mod_add(t, r, k, n, ctx));
    good = !BN_is_zero(r) && !BN_is_zero(s) && !BN_is_zero(t);
    T_TRUE(BN_bn2binpad(r, it->sig.r, 32) == 32 && BN_bn2binpad(s, it->sig.s, 32) == 32);
    BN_free(d), BN_free(k), BN_free(r), BN_free(s), BN_free(t);
    return good;
}

/* Half of them stay right. */
static void
change(struct item *it)
{
    uint8_t *number = next() % 2 ? it->changed.r : it->changed.s;
    BIGNUM  *b = BN_bin2bn(number, 32, NULL);

    it->changed = it->sig;
    switch (next() % 14) {
    case 0: memset(number, 0, 32); break;
    case 1: T_TRUE(BN_bn2binpad(n, number, 32) == 32); break;
    case 2: memset(number, 0xff, 32); break;
    case 3: number[next() % 32] ^= (uint8_t)(1 << next() % 8); break;
    case 4: random_bytes(number); break;
    case 5: BN_bin2bn(it->sig.r, 32, b);        /* r + s = n */
        T_TRUE(BN_sub(b, n, b) && BN_bn2binpad(b, it->changed.s, 32) == 32);
        break;
    case 6: BN_bin2bn(it->sig.r, 32, b);        /* r + n, where that has 32 bytes */
        if (BN_add(b, b, n) && BN_num_bits(b) <= 256)
            T_TRUE(BN_bn2binpad(b, it->changed.r, 32) == 32);
        break;
    default: break;
    }
    BN_free(b);
}

static EVP_PKEY *
their_key(const struct item *it, bool private)
{
    EVP_PKEY_CTX   *c = EVP_PKEY_CTX_new_from_name(NULL, "SM2", "provider=default");
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    BIGNUM         *d = BN_bin2bn(it->d, 32, NULL);
    uint8_t         pub[65] = { 4 };
    OSSL_PARAM     *params;
    EVP_PKEY       *pkey = NULL;

    memcpy(pub + 1, it->pub, 64);
    T_TRUE(OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0));
    T_TRUE(OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, pub, sizeof(pub)));
    if (private)
        T_TRUE(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d));
    params = OSSL_PARAM_BLD_to_param(bld);
    T_TRUE(EVP_PKEY_fromdata_init(c) == 1);
    T_TRUE(EVP_PKEY_fromdata(c, &pkey, private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) == 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_free(d);
    EVP_PKEY_CTX_free(c);
    return pkey;
}

static bool
their_verdict(const struct item *it)
{
    EVP_PKEY     *pkey = their_key(it, false);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, "provider=default");
    uint8_t       der[HF_SM2_DER_MAX];
    size_t        len = hf_sm2_sig_write(&it->changed, der);
    bool          good;

    T_TRUE(EVP_PKEY_verify_init(c) == 1);
    good = EVP_PKEY_verify(c, der, len, it->e, 32) == 1;
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(pkey);
    return good;
}

static void
make_item(size_t i)
{
    struct item *it = &item[i];
    EC_POINT    *p = EC_POINT_new(group), *q = EC_POINT_new(group);
    BIGNUM      *d, *k;
    uint8_t      b[65] = { 4 };

    do {
        interesting(it->d);
        d = BN_bin2bn(it->d, 32, NULL);
        T_TRUE(BN_add_word(d, 1));              /* d in [1, n-2] */
        if (BN_cmp(d, n) < 0 && !BN_is_one(d))
            break;
        BN_free(d);
    } while (true);
    do {
        interesting(it->k);
        k = BN_bin2bn(it->k, 32, NULL);
        if (BN_cmp(k, n) < 0 && !BN_is_zero(k))
            break;
        BN_free(k);
    } while (true);
    interesting(it->e);
    T_TRUE(BN_sub_word(d, 1));
    T_TRUE(EC_POINT_mul(group, p, d, NULL, NULL, ctx) == 1);
    point_bytes(p, it->pub);
    T_TRUE(EC_POINT_mul(group, p, k, NULL, NULL, ctx) == 1);
    point_bytes(p, it->kg);
    memcpy(b + 1, item[i > 0 ? i - 1 : i].pub, 64);
    T_TRUE(EC_POINT_oct2point(group, q, b, sizeof(b), ctx) == 1);
    T_TRUE(EC_POINT_mul(group, p, NULL, q, k, ctx) == 1);
    point_bytes(p, it->shared);
    it->signs = reference_sign(it);
    change(it);
    it->verdict = their_verdict(it);
    EC_POINT_free(p);
    EC_POINT_free(q);
    BN_free(d);
    BN_free(k);
}

static void
libcrypto_answers(void)
{
    size_t right = 0;

    items = getenv("HF_DIFF_ITEMS") != NULL ? strtoul(getenv("HF_DIFF_ITEMS"), NULL, 10) : ITEMS;
    if (getenv("HF_DIFF_SEED") != NULL)
        seed ^= strtoull(getenv("HF_DIFF_SEED"), NULL, 10) * 0x9e3779b97f4a7c15;
    item = calloc(items, sizeof(*item));
    group = EC_GROUP_new_by_curve_name(NID_sm2);
    ctx = BN_CTX_new();
    T_TRUE(item != NULL && group != NULL && items > SEALED);
    n = BN_dup(EC_GROUP_get0_order(group));
    for (size_t i = 0; i < items && t_bad == 0; i++) {
        make_item(i);
        right += item[i].verdict;
    }
    T_TRUE(right > items / 3 && right < items * 9 / 10);
}

/* -- What a tier must reproduce -------------------------------------------------- */

static unsigned long done;      /* operations of this tier */

/* Key pair from d, signature from k, shared point, verdict. */
static void
same_single(size_t i, struct hf_sm2_key *key)
{
    const struct item *it = &item[i];
    struct hf_sm2_key  eph;
    struct hf_sm2_pub  before;
    struct hf_sm2_sig  sig;
    struct sm2_jac     j;
    struct sm2_aff     a;
    uint8_t            xy[64];
    uint64_t           k[4];

    T_OK(hf_sm2_key_read(hf_bytes(it->d, 32), key));
    T_TRUE(memcmp(key->pub.xy, it->pub, 64) == 0);
    hf_sm2_load(k, it->k);
    hf_sm2_comb_mul(&j, hf_sm2_base_comb(), k);
    T_TRUE(hf_sm2_affine(&a, &j));
    hf_sm2_fe_write(xy, &a.x);
    hf_sm2_fe_write(xy + 32, &a.y);
    T_TRUE(memcmp(xy, it->kg, 64) == 0);
    T_EQ(hf_sm2_sign_with(key, it->e, k, xy, &sig), it->signs);
    T_TRUE(memcmp(&sig, &it->sig, sizeof(sig)) == 0);
    T_OK(hf_sm2_pub_read(hf_bytes(item[i > 0 ? i - 1 : i].pub, 64), &before));
    memcpy(eph.d, it->k, 32);
    T_OK(hf_sm2_ecdh(&eph, &before, xy));
    T_TRUE(memcmp(xy, it->shared, 64) == 0);
    T_EQ(hf_sm2_verify(&key->pub, it->e, &it->changed) == HF_OK, it->verdict);
    done += 5;
}

/* libcrypto verifies what this tier signed in a batch. */
static void
their_verify(size_t i, const struct hf_sm2_sig *sig)
{
    struct item copy = item[i];

    copy.changed = *sig;
    T_TRUE(their_verdict(&copy));
}

static void
same_batches(struct hf_sm2_key *key)
{
    struct hf_sm2_verify_job *v = calloc(items, sizeof(*v));
    struct hf_sm2_sign_job   *s = calloc(items, sizeof(*s));

    T_TRUE(v != NULL && s != NULL);
    for (size_t i = 0; i < items; i++) {
        v[i] = (struct hf_sm2_verify_job){ &key[i].pub, item[i].e, item[i].changed, false };
        s[i] = (struct hf_sm2_sign_job){ .key = &key[i], .e = item[i].e };
    }
    (void)hf_sm2_verify_batch(v, items);
    for (size_t i = 0; i < items; i++)
        T_EQ(v[i].ok, item[i].verdict);
    T_OK(hf_sm2_sign_batch(s, items));
    for (size_t i = 0; i < items; i++)
        v[i].sig = s[i].sig;
    T_TRUE(hf_sm2_verify_batch(v, items));
    for (size_t i = 0; i < items; i += 23)
        their_verify(i, &s[i].sig);
    done += 3 * items;
    free(v);
    free(s);
}

/* One ciphertext each way, of as many bytes as the number of the item says. */
static void
same_sealing(size_t i, const struct hf_sm2_key *key)
{
    EVP_PKEY     *pkey = their_key(&item[i], true);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, "provider=default");
    uint8_t       plain[SEALED + 1], out[SEALED + 1], sealed[SEALED + 200];
    size_t        len = i + 1, sealed_len = sizeof(sealed), out_len = sizeof(out);
    struct hf_wr  w = hf_wr_secret(1024);

    for (size_t b = 0; b < len; b++)
        plain[b] = (uint8_t)(i + b * 5);
    T_TRUE(EVP_PKEY_encrypt_init(c) == 1);
    T_TRUE(EVP_PKEY_encrypt(c, sealed, &sealed_len, plain, len) == 1);
    T_OK(hf_sm2_decrypt_der(key, hf_bytes(sealed, sealed_len), &w));
    T_BYTES(hf_wr_bytes(&w), hf_bytes(plain, len));
    hf_wr_cut(&w, 0);
    T_OK(hf_sm2_encrypt_der(&key->pub, hf_bytes(plain, len), &w));
    T_TRUE(EVP_PKEY_decrypt_init(c) == 1);
    T_TRUE(EVP_PKEY_decrypt(c, out, &out_len, w.p, w.n) == 1);
    T_BYTES(hf_bytes(out, out_len), hf_bytes(plain, len));
    hf_wr_clear(&w);
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(pkey);
    done += 2;
}

static void
run_tier(void)
{
    struct hf_sm2_key *key = calloc(items, sizeof(*key));

    T_TRUE(key != NULL);
    for (size_t i = 0; i < items && t_bad == 0; i++)
        same_single(i, &key[i]);
    if (t_bad == 0)
        same_batches(key);
    for (size_t i = 0; i < SEALED && t_bad == 0; i++)
        same_sealing(i, &key[i]);
    free(key);
}

static void
tier(enum hf_cpu_tier t)
{
    int   status = -1;
    pid_t pid;

    T_TRUE(item != NULL);
    fflush(stdout);
    if ((pid = fork()) == 0) {
        setenv("HUFU_CPU", hf_cpu_tier_name(t), 1);
        if (hf_cpu_tier() != t) {
            printf("  SKIP: this machine has no %s\n", hf_cpu_tier_name(t));
            _exit(0);
        }
        run_tier();
        printf("  %s: %lu operations agree\n", hf_cpu_tier_name(t), done);
        fflush(stdout);
        _exit(t_bad != 0);
    }
    T_TRUE(pid != -1 && waitpid(pid, &status, 0) == pid);
    T_EQ(status, 0);
}

static void tier_generic(void) { tier(HF_CPU_GENERIC); }
static void tier_bmi2(void) { tier(HF_CPU_BMI2); }
static void tier_avx2(void) { tier(HF_CPU_AVX2); }
static void tier_gfni(void) { tier(HF_CPU_GFNI); }
static void tier_avx512(void) { tier(HF_CPU_AVX512); }

T_MAIN(T(libcrypto_answers), T(tier_generic), T(tier_bmi2), T(tier_avx2), T(tier_gfni),
       T(tier_avx512))
