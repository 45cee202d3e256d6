/* sm_rows_sm2.h - the SM2 rows of bench_sm. */
#ifndef HF_TESTS_BENCH_SM_ROWS_SM2_H
#define HF_TESTS_BENCH_SM_ROWS_SM2_H

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "bench/sm_bench.h"
#include "crypto/sm/sm2.h"

#define SM2_KEYS  64
#define THEIRS    "provider=default"

static struct hf_sm2_key        b_key[SM2_KEYS];
static struct hf_sm2_key        b_eph[2];
static struct hf_sm2_sig        b_sig[SM2_KEYS];
static struct hf_sm2_sign_job   b_sign[SM2_KEYS];
static struct hf_sm2_verify_job b_verify[SM2_KEYS];
static uint8_t                  b_e[SM2_KEYS][32], b_der[SM2_KEYS][HF_SM2_DER_MAX];
static size_t                   b_der_n[SM2_KEYS];
static struct hf_wr             b_cipher;
static EVP_PKEY                *b_pkey[SM2_KEYS];
static EVP_PKEY_CTX            *b_ctx_sign, *b_ctx_verify[SM2_KEYS], *b_ctx_gen, *b_ctx_enc, *b_ctx_dec;
static EC_GROUP                *b_group;
static EC_POINT                *b_point, *b_point_eph, *b_result;
static BIGNUM                  *b_scalar, *b_half;
static BN_CTX                  *b_bn;

/* The same key in libcrypto's default provider. */
static EVP_PKEY *
b_make_pkey(const struct hf_sm2_key *key)
{
    EVP_PKEY_CTX   *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", THEIRS);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    BIGNUM         *d = BN_bin2bn(key->d, 32, NULL);
    uint8_t         pub[65];
    OSSL_PARAM     *params;
    EVP_PKEY       *pkey = NULL;

    hf_sm2_pub_write(&key->pub, pub);
    SM_MUST(OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0));
    SM_MUST(OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, pub, sizeof(pub)));
    SM_MUST(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d));
    params = OSSL_PARAM_BLD_to_param(bld);
    SM_MUST(EVP_PKEY_fromdata_init(ctx) == 1);
    SM_MUST(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) == 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_free(d);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static EVP_PKEY_CTX *
b_ctx(size_t i, int (*init)(EVP_PKEY_CTX *))
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, b_pkey[i], THEIRS);

    SM_MUST(ctx != NULL && init(ctx) == 1);
    return ctx;
}

static void
b_setup_points(void)
{
    uint8_t pub[65];

    b_bn = BN_CTX_new();
    b_group = EC_GROUP_new_by_curve_name(NID_sm2);
    b_point = EC_POINT_new(b_group);
    b_point_eph = EC_POINT_new(b_group);
    b_result = EC_POINT_new(b_group);
    hf_sm2_pub_write(&b_key[1].pub, pub);
    SM_MUST(EC_POINT_oct2point(b_group, b_point, pub, sizeof(pub), b_bn) == 1);
    hf_sm2_pub_write(&b_eph[1].pub, pub);
    SM_MUST(EC_POINT_oct2point(b_group, b_point_eph, pub, sizeof(pub), b_bn) == 1);
    b_scalar = BN_bin2bn(b_key[0].d, 32, NULL);
    b_half = BN_bin2bn(b_key[2].d, 16, NULL);
}

/* Everything the rows use; once. */
static void
b_setup(void)
{
    static bool done;

    hf_sm2_cache_limit(0);
    hf_sm2_cache_limit(SM2_KEYS);
    if (done)
        return;
    done = true;
    SM_MUST(hf_sm2_key_generate_batch(b_key, SM2_KEYS) == HF_OK);
    SM_MUST(hf_sm2_key_generate_batch(b_eph, 2) == HF_OK);
    for (size_t i = 0; i < SM2_KEYS; i++) {
        b_e[i][0] = (uint8_t)i;
        SM_MUST(hf_sm2_sign(&b_key[i], b_e[i], &b_sig[i]) == HF_OK);
        b_der_n[i] = hf_sm2_sig_write(&b_sig[i], b_der[i]);
        b_pkey[i] = b_make_pkey(&b_key[i]);
        b_ctx_verify[i] = b_ctx(i, EVP_PKEY_verify_init);
        b_sign[i] = (struct hf_sm2_sign_job){ .key = &b_key[i], .e = b_e[i] };
        b_verify[i] = (struct hf_sm2_verify_job){ &b_key[i].pub, b_e[i], b_sig[i], false };
    }
    b_ctx_sign = b_ctx(0, EVP_PKEY_sign_init);
    b_ctx_enc = b_ctx(0, EVP_PKEY_encrypt_init);
    b_ctx_dec = b_ctx(0, EVP_PKEY_decrypt_init);
    b_ctx_gen = EVP_PKEY_CTX_new_from_name(NULL, "SM2", THEIRS);
    SM_MUST(EVP_PKEY_keygen_init(b_ctx_gen) == 1);
    b_cipher = hf_wr(512);
    SM_MUST(hf_sm2_encrypt_der(&b_key[0].pub, hf_bytes(b_e[0], 32), &b_cipher) == HF_OK);
    b_setup_points();
}

static void
b_setup_cold(void)
{
    b_setup();
    hf_sm2_cache_limit(0);
}

static void
b_setup_warm(void)
{
    b_setup();
    for (size_t i = 0; i < SM2_KEYS; i++)
        hf_sm2_cache_warm(&b_key[i].pub);
}

/* -- Ours ------------------------------------------------------------------------ */

static void
b_our_sign(size_t n)
{
    struct hf_sm2_sig sig;

    while (n-- > 0)
        SM_MUST(hf_sm2_sign(&b_key[0], b_e[n % SM2_KEYS], &sig) == HF_OK);
}

static void
b_our_sign_batch(size_t n)
{
    for (size_t i = 0; i < n; i += SM2_KEYS)
        SM_MUST(hf_sm2_sign_batch(b_sign, n - i < SM2_KEYS ? n - i : SM2_KEYS) == HF_OK);
}

static void
b_our_verify(size_t n)
{
    while (n-- > 0) {
        size_t i = n % SM2_KEYS;

        SM_MUST(hf_sm2_verify(&b_key[i].pub, b_e[i], &b_sig[i]) == HF_OK);
    }
}

static void
b_our_verify_batch(size_t n)
{
    for (size_t i = 0; i < n; i += SM2_KEYS)
        SM_MUST(hf_sm2_verify_batch(b_verify, n - i < SM2_KEYS ? n - i : SM2_KEYS));
}

static void
b_our_generate(size_t n)
{
    struct hf_sm2_key key;

    while (n-- > 0)
        SM_MUST(hf_sm2_key_generate(&key) == HF_OK);
}

static void
b_our_generate_batch(size_t n)
{
    static struct hf_sm2_key key[SM2_KEYS];

    for (size_t i = 0; i < n; i += SM2_KEYS)
        SM_MUST(hf_sm2_key_generate_batch(key, n - i < SM2_KEYS ? n - i : SM2_KEYS) == HF_OK);
}

static void
b_our_ecdh(size_t n)
{
    uint8_t xy[64];

    while (n-- > 0)
        SM_MUST(hf_sm2_ecdh(&b_key[0], &b_key[1].pub, xy) == HF_OK);
}

static void
b_our_kx(size_t n)
{
    struct hf_sm2_kx kx = { true, &b_key[0], &b_eph[0], &b_key[1].pub, &b_eph[1].pub, b_e[0], b_e[1] };
    uint8_t          key[48];

    while (n-- > 0)
        SM_MUST(hf_sm2_kx_derive(&kx, key, sizeof(key), NULL) == HF_OK);
}

static void
b_our_encrypt(size_t n)
{
    struct hf_wr w = hf_wr(512);

    while (n-- > 0) {
        hf_wr_cut(&w, 0);
        SM_MUST(hf_sm2_encrypt_der(&b_key[0].pub, hf_bytes(b_e[0], 32), &w) == HF_OK);
    }
    hf_wr_clear(&w);
}

static void
b_our_decrypt(size_t n)
{
    struct hf_wr w = hf_wr_secret(512);

    while (n-- > 0) {
        hf_wr_cut(&w, 0);
        SM_MUST(hf_sm2_decrypt_der(&b_key[0], hf_wr_bytes(&b_cipher), &w) == HF_OK);
    }
    hf_wr_clear(&w);
}

static void
b_our_pub_read(size_t n)
{
    struct hf_sm2_pub pub;

    while (n-- > 0)
        SM_MUST(hf_sm2_pub_read(hf_bytes(b_key[n % SM2_KEYS].pub.xy, 64), &pub) == HF_OK);
}

/* -- Theirs ---------------------------------------------------------------------- */

static void
b_their_sign(size_t n)
{
    uint8_t sig[HF_SM2_DER_MAX];

    while (n-- > 0) {
        size_t len = sizeof(sig);

        SM_MUST(EVP_PKEY_sign(b_ctx_sign, sig, &len, b_e[n % SM2_KEYS], 32) == 1);
    }
}

static void
b_their_verify(size_t n)
{
    while (n-- > 0) {
        size_t i = n % SM2_KEYS;

        SM_MUST(EVP_PKEY_verify(b_ctx_verify[i], b_der[i], b_der_n[i], b_e[i], 32) == 1);
    }
}

static void
b_their_generate(size_t n)
{
    while (n-- > 0) {
        EVP_PKEY *pkey = NULL;

        SM_MUST(EVP_PKEY_generate(b_ctx_gen, &pkey) == 1);
        EVP_PKEY_free(pkey);
    }
}

/* The default provider has no derivation for SM2 keys: the point multiplication under it. */
static void
b_their_ecdh(size_t n)
{
    BIGNUM *x = BN_new();

    while (n-- > 0) {
        SM_MUST(EC_POINT_mul(b_group, b_result, NULL, b_point, b_scalar, b_bn) == 1);
        SM_MUST(EC_POINT_get_affine_coordinates(b_group, b_result, x, NULL, b_bn) == 1);
    }
    BN_free(x);
}

/* t (P + x R) by libcrypto's points. */
static void
b_their_kx(size_t n)
{
    BIGNUM *x = BN_new(), *y = BN_new();

    while (n-- > 0) {
        SM_MUST(EC_POINT_mul(b_group, b_result, NULL, b_point_eph, b_half, b_bn) == 1);
        SM_MUST(EC_POINT_add(b_group, b_result, b_result, b_point, b_bn) == 1);
        SM_MUST(EC_POINT_mul(b_group, b_result, NULL, b_result, b_scalar, b_bn) == 1);
        SM_MUST(EC_POINT_get_affine_coordinates(b_group, b_result, x, y, b_bn) == 1);
    }
    BN_free(x);
    BN_free(y);
}

static void
b_their_encrypt(size_t n)
{
    uint8_t out[512];

    while (n-- > 0) {
        size_t len = sizeof(out);

        SM_MUST(EVP_PKEY_encrypt(b_ctx_enc, out, &len, b_e[0], 32) == 1);
    }
}

static void
b_their_decrypt(size_t n)
{
    uint8_t out[512];

    while (n-- > 0) {
        size_t len = sizeof(out);

        SM_MUST(EVP_PKEY_decrypt(b_ctx_dec, out, &len, b_cipher.p, b_cipher.n) == 1);
    }
}

static void
b_their_pub_read(size_t n)
{
    uint8_t pub[65] = { 4 };

    while (n-- > 0) {
        memcpy(pub + 1, b_key[n % SM2_KEYS].pub.xy, 64);
        SM_MUST(EC_POINT_oct2point(b_group, b_result, pub, sizeof(pub), b_bn) == 1);
    }
}

static const struct sm_row sm2_rows[] = {
    { "SM2 portable sign", b_setup_cold, b_our_sign, b_their_sign, 8, true, 0 },
    { "SM2 portable verify, key seen first", b_setup_cold, b_our_verify, b_their_verify, 3, true, 0 },
    { "SM2 portable verify, key known", b_setup_warm, b_our_verify, b_their_verify, 0, true, 0 },
    { "SM2 portable ECDH", b_setup_cold, b_our_ecdh, b_their_ecdh, 0, true, 0 },
    { "SM2 sign", b_setup_cold, b_our_sign, b_their_sign, 25, false, 0 },
    { "SM2 sign, batch of 64", b_setup_cold, b_our_sign_batch, b_their_sign, 100, false, 0 },
    { "SM2 verify, key seen first", b_setup_cold, b_our_verify, b_their_verify, 6, false, 0 },
    { "SM2 verify, key known", b_setup_warm, b_our_verify, b_their_verify, 20, false, 0 },
    { "SM2 verify, batch of 64, keys new", b_setup_cold, b_our_verify_batch, b_their_verify, 28,
      false, 0 },
    { "SM2 verify, batch of 64, keys known", b_setup_warm, b_our_verify_batch, b_their_verify, 0,
      false, 0 },
    { "SM2 key generation", b_setup_cold, b_our_generate, b_their_generate, 25, false, 0 },
    { "SM2 key generation, batch of 64", b_setup_cold, b_our_generate_batch, b_their_generate, 0,
      false, 0 },
    { "SM2 ECDH", b_setup_cold, b_our_ecdh, b_their_ecdh, 6, false, 0 },
    { "SM2 key exchange, shared key", b_setup_cold, b_our_kx, b_their_kx, 6, false, 0 },
    { "SM2 encrypt 32 B, recipient new", b_setup_cold, b_our_encrypt, b_their_encrypt, 0, false, 0 },
    { "SM2 encrypt 32 B, recipient known", b_setup_warm, b_our_encrypt, b_their_encrypt, 0, false, 0 },
    { "SM2 decrypt 32 B", b_setup_cold, b_our_decrypt, b_their_decrypt, 6, false, 0 },
    { "SM2 public key from octets", b_setup_cold, b_our_pub_read, b_their_pub_read, 0, false, 0 },
    { .name = NULL },
};

#endif
