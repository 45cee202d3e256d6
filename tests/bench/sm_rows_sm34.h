/*
 * sm_rows_sm34.h - the rows of SM3 and SM4, and of what programs see through
 * the provider. libcrypto 3.0 has no SM4-GCM: its CTR mode stands in for it.
 */
#ifndef HF_TESTS_BENCH_SM_ROWS_SM34_H
#define HF_TESTS_BENCH_SM_ROWS_SM34_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <string.h>

#include "bench/sm_bench.h"
#include "crypto/sm/sm3.h"
#include "crypto/sm/sm4.h"
#include "provider/provider.h"

#define C_BIG 16384
#define C_MANY 64

static uint8_t               c_in[C_MANY][C_BIG], c_out[C_MANY][C_BIG], c_iv[C_MANY][16];
static uint8_t               c_digest[C_MANY][HF_SM3_LEN];
static struct hf_sm4_key     c_key;
static struct hf_sm4_gcm_key c_gcm;
static EVP_MD               *c_md;
static EVP_CIPHER_CTX       *c_ecb, *c_cbc, *c_cbc_dec, *c_ctr;

static EVP_CIPHER_CTX *
c_theirs(const char *name, int encrypt)
{
    EVP_CIPHER     *cipher = EVP_CIPHER_fetch(NULL, name, "provider=default");
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    SM_MUST(cipher != NULL &&
            EVP_CipherInit_ex2(ctx, cipher, c_in[0], c_in[1], encrypt, NULL) == 1);
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    return ctx;
}

static void
c_setup(void)
{
    if (c_md != NULL)
        return;
    for (size_t i = 0; i < C_MANY * C_BIG; i++)
        c_in[i / C_BIG][i % C_BIG] = (uint8_t)(i * 167 + (i >> 8));
    c_md = EVP_MD_fetch(NULL, "SM3", "provider=default");
    c_ecb = c_theirs("SM4-ECB", 1);
    c_cbc = c_theirs("SM4-CBC", 1);
    c_cbc_dec = c_theirs("SM4-CBC", 0);
    c_ctr = c_theirs("SM4-CTR", 1);
    hf_sm4_key_set(&c_key, c_in[0]);
    hf_sm4_gcm_key_set(&c_gcm, c_in[0]);
}

/* -- SM3 -------------------------------------------------------------------- */

static void
c_their_sm3(size_t n)
{
    while (n-- > 0)
        SM_MUST(EVP_Digest(c_in[0], C_BIG, c_digest[0], NULL, c_md, NULL) == 1);
}

static void
c_our_sm3(size_t n)
{
    while (n-- > 0)
        hf_sm3(c_in[0], C_BIG, c_digest[0]);
}

static void
c_their_sm3_short(size_t n)
{
    while (n-- > 0)
        SM_MUST(EVP_Digest(c_in[0], 64, c_digest[0], NULL, c_md, NULL) == 1);
}

static void
c_our_sm3_short(size_t n)
{
    while (n-- > 0)
        hf_sm3(c_in[0], 64, c_digest[0]);
}

/* n messages of len bytes, C_MANY at a time. */
static void
c_many(size_t n, size_t len)
{
    struct hf_bytes msg[C_MANY];

    for (size_t i = 0; i < C_MANY; i++)
        msg[i] = hf_bytes(c_in[i], len);
    for (; n > 0; n -= n < C_MANY ? n : C_MANY)
        hf_sm3_many(msg, n < C_MANY ? n : C_MANY, c_digest);
}

static void
c_our_sm3_many(size_t n)
{
    c_many((n + C_MANY - 1) / C_MANY * C_MANY, C_BIG);
}

static void
c_our_sm3_many_short(size_t n)
{
    c_many((n + C_MANY - 1) / C_MANY * C_MANY, 64);
}

/* -- SM4 -------------------------------------------------------------------- */

static void
c_their(EVP_CIPHER_CTX *ctx, size_t n)
{
    int len;

    while (n-- > 0)
        SM_MUST(EVP_CipherUpdate(ctx, c_out[0], &len, c_in[0], C_BIG) == 1);
}

static void
c_their_ecb(size_t n)
{
    c_their(c_ecb, n);
}

static void
c_their_cbc(size_t n)
{
    c_their(c_cbc, n);
}

static void
c_their_cbc_dec(size_t n)
{
    c_their(c_cbc_dec, n);
}

static void
c_their_ctr(size_t n)
{
    c_their(c_ctr, n);
}

static void
c_our_ecb(size_t n)
{
    while (n-- > 0)
        hf_sm4_ecb_encrypt(&c_key, c_in[0], c_out[0], C_BIG / 16);
}

static void
c_our_cbc(size_t n)
{
    while (n-- > 0)
        hf_sm4_cbc_encrypt(&c_key, c_iv[0], c_in[0], c_out[0], C_BIG / 16);
}

static void
c_our_cbc_dec(size_t n)
{
    while (n-- > 0)
        hf_sm4_cbc_decrypt(&c_key, c_iv[0], c_in[0], c_out[0], C_BIG / 16);
}

static void
c_our_ctr(size_t n)
{
    struct hf_sm4_ctr ctr;

    hf_sm4_ctr_init(&ctr, c_in[1]);
    while (n-- > 0)
        hf_sm4_ctr_update(&ctr, &c_key, c_in[0], c_out[0], C_BIG);
}

static void
c_our_xts(size_t n)
{
    while (n-- > 0)
        SM_MUST(hf_sm4_xts_encrypt(HF_SM4_XTS_GB, &c_key, &c_key, c_in[1], c_in[0], c_out[0],
                                   C_BIG) == HF_OK);
}

static void
c_gcm_run(size_t n, size_t len, bool open)
{
    uint8_t            tag[16];
    struct hf_sm4_aead r = {
        hf_bytes(c_in[1], 12), hf_bytes(c_in[2], 13), hf_bytes(c_in[0], len), c_out[0], tag, 16
    };

    SM_MUST(hf_sm4_gcm_seal(&c_gcm, &r) == HF_OK);
    if (open) {
        r.in = hf_bytes(c_out[0], len);
        r.out = c_out[1];
    }
    while (n-- > 0)
        SM_MUST((open ? hf_sm4_gcm_open(&c_gcm, &r) : hf_sm4_gcm_seal(&c_gcm, &r)) == HF_OK);
}

static void
c_our_gcm(size_t n)
{
    c_gcm_run(n, C_BIG, false);
}

static void
c_our_gcm_open(size_t n)
{
    c_gcm_run(n, C_BIG, true);
}

static void
c_our_gcm_record(size_t n)
{
    c_gcm_run(n, 1024, false);
}

static void
c_our_gcm_short(size_t n)
{
    c_gcm_run(n, 64, false);
}

/* 64 records of 64 bytes, a key each. */
static void
c_our_gcm_many(size_t n)
{
    static uint8_t               tag[C_MANY][16];
    static struct hf_sm4_gcm_key key[C_MANY];
    struct hf_sm4_gcm_job        job[C_MANY];

    for (size_t i = 0; i < C_MANY; i++) {
        struct hf_sm4_aead r = { hf_bytes(c_in[1], 12),
                                 hf_bytes(c_in[2], 13),
                                 hf_bytes(c_in[i], 64),
                                 c_out[i],
                                 tag[i],
                                 16 };

        key[i] = c_gcm;
        job[i] = (struct hf_sm4_gcm_job){ .key = &key[i], .record = r };
    }
    for (size_t done = 0; done < n; done += C_MANY)
        SM_MUST(hf_sm4_gcm_seal_many(job, C_MANY) == HF_OK);
}

static void
c_their_length(size_t n, int len)
{
    int done;

    while (n-- > 0)
        SM_MUST(EVP_CipherInit_ex2(c_ctr, NULL, NULL, c_in[1], 1, NULL) == 1 &&
                EVP_CipherUpdate(c_ctr, c_out[0], &done, c_in[0], len) == 1);
}

static void
c_their_record(size_t n)
{
    c_their_length(n, 1024);
}

static void
c_their_short(size_t n)
{
    c_their_length(n, 64);
}

static void
c_our_ccm(size_t n)
{
    uint8_t            tag[16];
    struct hf_sm4_aead r = {
        hf_bytes(c_in[1], 12), hf_bytes(c_in[2], 13), hf_bytes(c_in[0], C_BIG), c_out[0], tag, 16
    };

    while (n-- > 0)
        SM_MUST(hf_sm4_ccm_seal(&c_key, &r) == HF_OK);
}

/* n records of 16 KiB, `streams` side by side. */
static void
c_streams(size_t n, size_t streams)
{
    struct hf_sm4_cbc_job job[C_MANY];

    for (size_t done = 0; done < n; done += streams) {
        for (size_t i = 0; i < streams; i++)
            job[i] = (struct hf_sm4_cbc_job){ &c_key, c_iv[i], c_in[i], c_out[i], C_BIG / 16 };
        hf_sm4_cbc_encrypt_many(job, streams);
    }
}

static void
c_our_cbc_4(size_t n)
{
    c_streams((n + 3) / 4 * 4, 4);
}

static void
c_our_cbc_8(size_t n)
{
    c_streams((n + 7) / 8 * 8, 8);
}

static void
c_our_cbc_12(size_t n)
{
    c_streams((n + 11) / 12 * 12, 12);
}

static void
c_our_cbc_16(size_t n)
{
    c_streams((n + 15) / 16 * 16, 16);
}

static void
c_our_cbc_32(size_t n)
{
    c_streams((n + 31) / 32 * 32, 32);
}

/* 64 records of 1 KiB, many connections at once. */
static void
c_our_cbc_records(size_t n)
{
    struct hf_sm4_cbc_job job[C_MANY];

    for (size_t done = 0; done < n; done += C_MANY) {
        for (size_t i = 0; i < C_MANY; i++)
            job[i] = (struct hf_sm4_cbc_job){ &c_key, c_iv[i], c_in[i], c_out[i], 64 };
        hf_sm4_cbc_encrypt_many(job, C_MANY);
    }
}

static void
c_their_cbc_record(size_t n)
{
    int len;

    while (n-- > 0)
        SM_MUST(EVP_CipherUpdate(c_cbc, c_out[0], &len, c_in[0], 1024) == 1);
}

/* -- Through the provider --------------------------------------------------- */

static struct c_side {
    OSSL_LIB_CTX *ctx;
    EVP_PKEY     *key;
    X509         *cert;
    EVP_CIPHER   *cipher;
    uint8_t       spki[128], der[1024];
    int           spki_n, der_n;
    OSSL_PARAM   *params;
} c_a, c_b; /* ours, theirs */

static void
c_certificate(struct c_side *s)
{
    static const char id[] = "1234567812345678";
    X509_NAME        *name;
    EVP_MD           *md = EVP_MD_fetch(s->ctx, "SM3", NULL);
    EVP_MD_CTX       *c = EVP_MD_CTX_new();
    EVP_PKEY_CTX     *pc = NULL;

    s->cert = X509_new_ex(s->ctx, NULL);
    name = X509_get_subject_name(s->cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"bench", -1, -1, 0);
    X509_set_issuer_name(s->cert, name);
    X509_gmtime_adj(X509_getm_notBefore(s->cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(s->cert), 3600);
    SM_MUST(X509_set_pubkey(s->cert, s->key) == 1);
    SM_MUST(EVP_DigestSignInit_ex(c, &pc, "SM3", s->ctx, NULL, s->key, NULL) == 1);
    SM_MUST(EVP_PKEY_CTX_set1_id(pc, id, 16) == 1 && X509_sign_ctx(s->cert, c) > 0);
    X509_set0_distinguishing_id(s->cert, ASN1_OCTET_STRING_new());
    ASN1_OCTET_STRING_set(X509_get0_distinguishing_id(s->cert), (const unsigned char *)id, 16);
    EVP_MD_CTX_free(c);
    EVP_MD_free(md);
}

static void
c_side(struct c_side *s)
{
    uint8_t *p;

    s->key = EVP_PKEY_Q_keygen(s->ctx, NULL, "SM2");
    SM_MUST(s->key != NULL && EVP_PKEY_todata(s->key, EVP_PKEY_PUBLIC_KEY, &s->params) == 1);
    p = s->spki;
    s->spki_n = i2d_PUBKEY(s->key, &p);
    c_certificate(s);
    p = s->der;
    s->der_n = i2d_X509(s->cert, &p);
    s->cipher = EVP_CIPHER_fetch(s->ctx, "SM4-CBC", NULL);
    SM_MUST(s->spki_n > 0 && s->der_n > 0 && s->cipher != NULL);
}

static void
c_setup_provider(void)
{
    c_setup();
    hf_sm2_cache_limit(64); /* rows of SM2 turn it off */
    if (c_a.ctx != NULL)
        return;
    c_a.ctx = OSSL_LIB_CTX_new();
    c_b.ctx = OSSL_LIB_CTX_new();
    SM_MUST(hf_provider_use(c_a.ctx) == HF_OK && OSSL_PROVIDER_load(c_b.ctx, "default") != NULL);
    c_side(&c_a);
    c_side(&c_b);
}

static void
c_fromdata(struct c_side *s, size_t n)
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(s->ctx, "SM2", NULL);

    SM_MUST(EVP_PKEY_fromdata_init(c) == 1);
    while (n-- > 0) {
        EVP_PKEY *key = NULL;

        SM_MUST(EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, s->params) == 1);
        EVP_PKEY_free(key);
    }
    EVP_PKEY_CTX_free(c);
}

static void
c_d2i_pubkey(struct c_side *s, size_t n)
{
    while (n-- > 0) {
        const uint8_t *p = s->spki;
        EVP_PKEY      *key = d2i_PUBKEY_ex(NULL, &p, s->spki_n, s->ctx, NULL);

        SM_MUST(key != NULL);
        EVP_PKEY_free(key);
    }
}

static void
c_d2i_x509(struct c_side *s, size_t n)
{
    while (n-- > 0) {
        const uint8_t *p = s->der;
        X509          *x = X509_new_ex(s->ctx, NULL);

        SM_MUST(d2i_X509(&x, &p, s->der_n) != NULL);
        X509_free(x);
    }
}

static void
c_x509_verify(struct c_side *s, size_t n)
{
    while (n-- > 0)
        SM_MUST(X509_verify(s->cert, s->key) == 1);
}

static void
c_issue(struct c_side *s, size_t n)
{
    while (n-- > 0) {
        X509_free(s->cert);
        c_certificate(s);
    }
}

static void
c_sign(struct c_side *s, size_t n)
{
    while (n-- > 0) {
        EVP_MD_CTX *c = EVP_MD_CTX_new();
        uint8_t     sig[80];
        size_t      len = sizeof(sig);

        SM_MUST(EVP_DigestSignInit_ex(c, NULL, "SM3", s->ctx, NULL, s->key, NULL) == 1 &&
                EVP_DigestSign(c, sig, &len, c_in[0], 256) == 1);
        EVP_MD_CTX_free(c);
    }
}

static void
c_cbc_decrypt(struct c_side *s, size_t n)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int             len;

    SM_MUST(EVP_DecryptInit_ex2(c, s->cipher, c_in[0], c_in[1], NULL) == 1);
    EVP_CIPHER_CTX_set_padding(c, 0);
    while (n-- > 0)
        SM_MUST(EVP_DecryptUpdate(c, c_out[0], &len, c_in[0], C_BIG) == 1);
    EVP_CIPHER_CTX_free(c);
}

#define C_BOTH(what)                                                                               \
    static void what##_ours(size_t n)                                                              \
    {                                                                                              \
        what(&c_a, n);                                                                             \
    }                                                                                              \
    static void what##_theirs(size_t n)                                                            \
    {                                                                                              \
        what(&c_b, n);                                                                             \
    }
C_BOTH(c_fromdata)
C_BOTH(c_d2i_pubkey)
C_BOTH(c_d2i_x509)
C_BOTH(c_x509_verify)
C_BOTH(c_issue)
C_BOTH(c_sign)
C_BOTH(c_cbc_decrypt)

static const struct sm_row sm34_rows[] = {
    { "SM3 portable 16 KiB", c_setup, c_our_sm3, c_their_sm3, 0, true, C_BIG },
    { "SM4 portable CTR 16 KiB", c_setup, c_our_ctr, c_their_ctr, 0, true, C_BIG },
    { "SM4 portable GCM 16 KiB against CTR", c_setup, c_our_gcm, c_their_ctr, 0, true, C_BIG },
    { "SM4 portable CBC encrypt, 1 stream", c_setup, c_our_cbc, c_their_cbc, 0, true, C_BIG },
    { "SM3 16 KiB", c_setup, c_our_sm3, c_their_sm3, 1.35, false, C_BIG },
    { "SM3 64 B", c_setup, c_our_sm3_short, c_their_sm3_short, 0, false, 0 },
    { "SM3 64 messages of 16 KiB", c_setup, c_our_sm3_many, c_their_sm3, 10, false, C_BIG },
    { "SM3 64 messages of 64 B", c_setup, c_our_sm3_many_short, c_their_sm3_short, 0, false, 0 },
    { "SM4-ECB 16 KiB", c_setup, c_our_ecb, c_their_ecb, 25, false, C_BIG },
    { "SM4-CTR 16 KiB", c_setup, c_our_ctr, c_their_ctr, 25, false, C_BIG },
    { "SM4-GCM seal 16 KiB against CTR", c_setup, c_our_gcm, c_their_ctr, 25, false, C_BIG },
    { "SM4-GCM open 16 KiB against CTR", c_setup, c_our_gcm_open, c_their_ctr, 25, false, C_BIG },
    { "SM4-GCM seal 1 KiB against CTR", c_setup, c_our_gcm_record, c_their_record, 0, false, 1024 },
    { "SM4-GCM seal 64 B against CTR", c_setup, c_our_gcm_short, c_their_short, 0, false, 64 },
    { "SM4-GCM seal 64 records of 64 B", c_setup, c_our_gcm_many, c_their_short, 0, false, 64 },
    { "SM4-CBC decrypt 16 KiB", c_setup, c_our_cbc_dec, c_their_cbc_dec, 25, false, C_BIG },
    { "SM4-CBC encrypt, 1 stream", c_setup, c_our_cbc, c_their_cbc, 0, false, C_BIG },
    { "SM4-CBC encrypt, 4 streams", c_setup, c_our_cbc_4, c_their_cbc, 0, false, C_BIG },
    { "SM4-CBC encrypt, 8 streams", c_setup, c_our_cbc_8, c_their_cbc, 15, false, C_BIG },
    { "SM4-CBC encrypt, 12 streams", c_setup, c_our_cbc_12, c_their_cbc, 15, false, C_BIG },
    { "SM4-CBC encrypt, 16 streams", c_setup, c_our_cbc_16, c_their_cbc, 15, false, C_BIG },
    { "SM4-CBC encrypt, 32 streams", c_setup, c_our_cbc_32, c_their_cbc, 15, false, C_BIG },
    { "SM4-CBC encrypt, 64 records of 1 KiB", c_setup, c_our_cbc_records, c_their_cbc_record, 15,
      false, 1024 },
    { "SM4-XTS 16 KiB against ECB", c_setup, c_our_xts, c_their_ecb, 0, false, C_BIG },
    { "SM4-CCM 16 KiB against CTR", c_setup, c_our_ccm, c_their_ctr, 0, false, C_BIG },
    { "EVP DigestSign 256 B, new context", c_setup_provider, c_sign_ours, c_sign_theirs, 0, false,
      0 },
    { "EVP SM4-CBC decrypt 16 KiB", c_setup_provider, c_cbc_decrypt_ours, c_cbc_decrypt_theirs, 0,
      false, C_BIG },
    { "EVP_PKEY_fromdata, public SM2 key", c_setup_provider, c_fromdata_ours, c_fromdata_theirs, 0,
      false, 0 },
    { "d2i_PUBKEY, SM2", c_setup_provider, c_d2i_pubkey_ours, c_d2i_pubkey_theirs, 0, false, 0 },
    { "d2i_X509, SM2 certificate", c_setup_provider, c_d2i_x509_ours, c_d2i_x509_theirs, 0, false,
      0 },
    { "X509_verify, parsed certificate", c_setup_provider, c_x509_verify_ours, c_x509_verify_theirs,
      0, false, 0 },
    { "build and sign a certificate, libcrypto", c_setup_provider, c_issue_ours, c_issue_theirs, 0,
      false, 0 },
    { .name = NULL },
};

#endif
