/*
 * The OpenSSL provider, linked in as in our program: against libcrypto's own
 * provider in both directions, through the interfaces that programs use.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "crypto/sm/sm2.h"
#include "provider/der.h"
#include "provider/provider.h"
#include "unit/t.h"
#include "unit/vectors.h"

static uint64_t seed = 0x853c49e6;

static uint32_t
any(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 16) % below);
}

static void
any_bytes(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)any(256);
}

/* Ours is preferred in this context; the other one knows only libcrypto's. */
static OSSL_LIB_CTX *
ours(void)
{
    static OSSL_LIB_CTX *ctx;

    if (ctx == NULL) {
        ctx = OSSL_LIB_CTX_new();
        T_OK(hf_provider_use(ctx));
    }
    return ctx;
}

static OSSL_LIB_CTX *
plain(void)
{
    static OSSL_LIB_CTX *ctx;

    if (ctx == NULL) {
        ctx = OSSL_LIB_CTX_new();
        T_TRUE(OSSL_PROVIDER_load(ctx, "default") != NULL);
    }
    return ctx;
}

static bool
is_ours(const OSSL_PROVIDER *prov)
{
    return strcmp(OSSL_PROVIDER_get0_name(prov), HF_PROVIDER_NAME) == 0;
}

/* -- Choice ----------------------------------------------------------------- */

static void
fetches_prefer_ours(void)
{
    static const char *const ciphers[] = {
        "SM4-ECB", "SM4-CBC", "SM4",     "SM4-CTR",
        "SM4-GCM", "SM4-CCM", "SM4-XTS", "1.2.156.10197.1.104.2"
    };
    EVP_MD        *md = EVP_MD_fetch(ours(), "SM3", NULL);
    EVP_KEYMGMT   *keys = EVP_KEYMGMT_fetch(ours(), "SM2", NULL);
    EVP_SIGNATURE *sig = EVP_SIGNATURE_fetch(ours(), "SM2", NULL);

    T_TRUE(md != NULL && is_ours(EVP_MD_get0_provider(md)));
    T_TRUE(keys != NULL && is_ours(EVP_KEYMGMT_get0_provider(keys)));
    T_TRUE(sig != NULL && is_ours(EVP_SIGNATURE_get0_provider(sig)));
    for (size_t i = 0; i < HF_COUNT(ciphers); i++) {
        EVP_CIPHER *c = EVP_CIPHER_fetch(ours(), ciphers[i], NULL);

        T_TRUE(c != NULL && is_ours(EVP_CIPHER_get0_provider(c)));
        EVP_CIPHER_free(c);
    }
    EVP_MD_free(md);
    EVP_KEYMGMT_free(keys);
    EVP_SIGNATURE_free(sig);
}

/* -- Digest ----------------------------------------------------------------- */

static void
digests_as_libcrypto(void)
{
    static uint8_t in[5000];
    EVP_MD        *a = EVP_MD_fetch(ours(), "SM3", NULL), *b = EVP_MD_fetch(plain(), "SM3", NULL);
    EVP_MD_CTX    *c = EVP_MD_CTX_new(), *copy = EVP_MD_CTX_new();
    uint8_t        x[32], y[32];
    int            bad = 0;

    T_EQ(EVP_MD_get_size(a), 32);
    T_EQ(EVP_MD_get_block_size(a), 64);
    any_bytes(in, sizeof(in));
    for (size_t n = 0; n < sizeof(in); n += 1 + any(40)) {
        T_EQ(EVP_DigestInit_ex2(c, a, NULL), 1);
        T_EQ(EVP_DigestUpdate(c, in, n / 3), 1);
        T_EQ(EVP_MD_CTX_copy_ex(copy, c), 1);
        T_EQ(EVP_DigestUpdate(copy, in + n / 3, n - n / 3), 1);
        T_EQ(EVP_DigestFinal_ex(copy, x, NULL), 1);
        T_EQ(EVP_Digest(in, n, y, NULL, b, NULL), 1);
        bad += memcmp(x, y, 32) != 0;
    }
    T_EQ(bad, 0);
    EVP_MD_CTX_free(c);
    EVP_MD_CTX_free(copy);
    EVP_MD_free(a);
    EVP_MD_free(b);
}

/* HMAC, PBKDF2 and HKDF of libcrypto on our digest. */
static void
macs_and_kdfs_use_our_digest(void)
{
    uint8_t       key[20], msg[333], x[32], y[32];
    size_t        n;
    const EVP_MD *md = EVP_MD_fetch(ours(), "SM3", NULL);

    any_bytes(key, sizeof(key));
    any_bytes(msg, sizeof(msg));
    T_TRUE(EVP_Q_mac(ours(), "HMAC", NULL, "SM3", NULL, key, sizeof(key), msg, sizeof(msg), x, 32,
                     &n));
    T_TRUE(EVP_Q_mac(plain(), "HMAC", NULL, "SM3", NULL, key, sizeof(key), msg, sizeof(msg), y, 32,
                     &n));
    T_BYTES(hf_bytes(x, 32), hf_bytes(y, 32));
    {
        OSSL_PARAM cipher[] = { OSSL_PARAM_construct_utf8_string("cipher", (char[]){ "SM4-CBC" },
                                                                 0),
                                OSSL_PARAM_construct_end() };

        T_TRUE(EVP_Q_mac(ours(), "CMAC", NULL, NULL, cipher, key, 16, msg, sizeof(msg), x, 16, &n));
        T_TRUE(
            EVP_Q_mac(plain(), "CMAC", NULL, NULL, cipher, key, 16, msg, sizeof(msg), y, 16, &n));
        T_BYTES(hf_bytes(x, 16), hf_bytes(y, 16));
    }
    T_EQ(PKCS5_PBKDF2_HMAC("pw", 2, key, sizeof(key), 3, md, 32, x), 1);
    EVP_MD_free((EVP_MD *)(uintptr_t)md);
    md = EVP_MD_fetch(plain(), "SM3", NULL);
    T_EQ(PKCS5_PBKDF2_HMAC("pw", 2, key, sizeof(key), 3, md, 32, y), 1);
    T_BYTES(hf_bytes(x, 32), hf_bytes(y, 32));
    EVP_MD_free((EVP_MD *)(uintptr_t)md);
}

/* -- Ciphers ---------------------------------------------------------------- */

/* In pieces; gives the length, or -1. */
static int
crypt(OSSL_LIB_CTX *ctx, const char *name, bool encrypt, bool padding, const uint8_t *key,
      const uint8_t *iv, const uint8_t *in, size_t n, uint8_t *out, bool pieces)
{
    EVP_CIPHER     *cipher = EVP_CIPHER_fetch(ctx, name, NULL);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int             total = 0, some, ok;

    ok = EVP_CipherInit_ex2(c, cipher, key, iv, encrypt, NULL);
    EVP_CIPHER_CTX_set_padding(c, padding);
    for (size_t at = 0; ok && at < n;) {
        size_t step = pieces ? 1 + any(50) : n;

        step = step < n - at ? step : n - at;
        ok = EVP_CipherUpdate(c, out + total, &some, in + at, (int)step);
        total += some;
        at += step;
    }
    ok = ok && EVP_CipherFinal_ex(c, out + total, &some);
    EVP_CIPHER_CTX_free(c);
    EVP_CIPHER_free(cipher);
    return ok ? total + some : -1;
}

static void
ciphers_as_libcrypto(void)
{
    static const char *const names[] = { "SM4-ECB", "SM4-CBC", "SM4-CTR" };
    static uint8_t           in[3000], x[3100], y[3100];
    uint8_t                  key[16], iv[16];
    int                      bad = 0;

    any_bytes(in, sizeof(in));
    for (int i = 0; i < 3000; i++) {
        size_t n = any(i % 10 == 0 ? sizeof(in) : 200);
        bool   padding = any(2) == 0;
        int    xn, yn;

        if (!padding && i % 3 != 2)
            n = n / 16 * 16;
        any_bytes(key, 16);
        any_bytes(iv, 16);
        xn = crypt(ours(), names[i % 3], true, padding, key, iv, in, n, x, true);
        yn = crypt(plain(), names[i % 3], true, padding, key, iv, in, n, y, false);
        bad += xn != yn || memcmp(x, y, (size_t)xn) != 0;
        xn = crypt(ours(), names[i % 3], false, padding, key, iv, y, (size_t)yn, x, true);
        bad += xn != (int)n || memcmp(x, in, n) != 0;
    }
    T_EQ(bad, 0);
    T_EQ(crypt(ours(), "SM4-CBC", true, false, key, iv, in, 17, x, false), -1);
    T_EQ(crypt(ours(), "SM4-CBC", false, true, key, iv, in, 17, x, false), -1);
    T_EQ(crypt(ours(), "SM4-CBC", false, true, key, iv, in, 0, x, false), -1);
}

/* Update in place while a block is held back. */
static void
decrypts_in_place(void)
{
    uint8_t         key[16] = { 1 }, iv[16] = { 2 }, in[96], buf[112];
    EVP_CIPHER     *cipher = EVP_CIPHER_fetch(ours(), "SM4-CBC", NULL);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    uint8_t         got[112];
    int             n, total = 0, len;

    any_bytes(in, sizeof(in));
    len = crypt(plain(), "SM4-CBC", true, true, key, iv, in, sizeof(in), buf, false);
    T_EQ(len, 112);
    T_EQ(EVP_DecryptInit_ex2(c, cipher, key, iv, NULL), 1);
    for (int at = 0; at < len; at += 56) {
        T_EQ(EVP_DecryptUpdate(c, buf + at, &n, buf + at, 56), 1);
        memcpy(got + total, buf + at, (size_t)n);
        total += n;
    }
    T_EQ(EVP_DecryptFinal_ex(c, got + total, &n), 1);
    T_BYTES(hf_bytes(got, (size_t)(total + n)), hf_bytes(in, sizeof(in)));
    EVP_CIPHER_CTX_free(c);
    EVP_CIPHER_free(cipher);
}

/* One AEAD vector through EVP; true when decryption accepts the tag. */
static bool
aead_opens(const char *name, const struct t_vector *v, uint8_t *out, int *made)
{
    EVP_CIPHER     *cipher = EVP_CIPHER_fetch(ours(), name, NULL);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    struct hf_bytes iv = t_field(v, "iv"), aad = t_field(v, "aad"), ct = t_field(v, "ct");
    struct hf_bytes tag = t_field(v, "tag");
    bool            is_ccm = strcmp(name, "SM4-CCM") == 0;
    int             n = 0, more = 0;
    bool            ok;

    ok = EVP_DecryptInit_ex2(c, cipher, NULL, NULL, NULL) == 1 &&
         EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, (int)iv.n, NULL) == 1 &&
         EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)tag.n, (void *)(uintptr_t)tag.p) == 1 &&
         EVP_DecryptInit_ex2(c, NULL, t_field(v, "key").p, iv.p, NULL) == 1 &&
         (!is_ccm || EVP_DecryptUpdate(c, NULL, &n, NULL, (int)ct.n) == 1) &&
         (aad.n == 0 || EVP_DecryptUpdate(c, NULL, &n, aad.p, (int)aad.n) == 1) &&
         EVP_DecryptUpdate(c, out, &n, ct.p, (int)ct.n) == 1 &&
         EVP_DecryptFinal_ex(c, out + n, &more) == 1;
    *made = n + more;
    EVP_CIPHER_CTX_free(c);
    EVP_CIPHER_free(cipher);
    ERR_clear_error();
    return ok;
}

static bool
aead_seals(const char *name, const struct t_vector *v, uint8_t *out, uint8_t *tag_out)
{
    EVP_CIPHER     *cipher = EVP_CIPHER_fetch(ours(), name, NULL);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    struct hf_bytes iv = t_field(v, "iv"), aad = t_field(v, "aad"), msg = t_field(v, "msg");
    size_t          tag_n = t_field(v, "tag").n;
    bool            is_ccm = strcmp(name, "SM4-CCM") == 0;
    int             n = 0;
    bool            ok;

    ok = EVP_EncryptInit_ex2(c, cipher, NULL, NULL, NULL) == 1 &&
         EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, (int)iv.n, NULL) == 1 &&
         (!is_ccm || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)tag_n, NULL) == 1) &&
         EVP_EncryptInit_ex2(c, NULL, t_field(v, "key").p, iv.p, NULL) == 1 &&
         (!is_ccm || EVP_EncryptUpdate(c, NULL, &n, NULL, (int)msg.n) == 1) &&
         (aad.n == 0 || EVP_EncryptUpdate(c, NULL, &n, aad.p, (int)aad.n) == 1) &&
         EVP_EncryptUpdate(c, out, &n, msg.p, (int)msg.n) == 1 &&
         EVP_EncryptFinal_ex(c, out + n, &n) == 1 &&
         EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, (int)tag_n, tag_out) == 1;
    EVP_CIPHER_CTX_free(c);
    EVP_CIPHER_free(cipher);
    ERR_clear_error();
    return ok;
}

static void
check_aead(const char *name, const char *file, int count)
{
    FILE           *f = t_vectors_open(file);
    struct t_vector v;
    uint8_t         out[1024], tag[256];
    int             n = 0, made;

    while (f != NULL && t_vector_next(f, &v)) {
        struct hf_bytes msg = t_field(&v, "msg"), ct = t_field(&v, "ct"), t = t_field(&v, "tag");

        n++;
        T_EQ(aead_opens(name, &v, out, &made), v.valid);
        if (!v.valid)
            continue;
        T_BYTES(hf_bytes(out, (size_t)made), msg);
        T_TRUE(aead_seals(name, &v, out, tag));
        T_BYTES(hf_bytes(out, ct.n), ct);
        T_BYTES(hf_bytes(tag, t.n), t);
    }
    T_EQ(n, count);
    if (f != NULL)
        fclose(f);
}

static void
aead_gives_the_wycheproof_answers(void)
{
    check_aead("SM4-GCM", "sm4_gcm.txt", 104);
    check_aead("SM4-CCM", "sm4_ccm.txt", 184);
}

/* The example of GB/T 17964-2021 for XTS. */
static void
xts_gives_the_standards_example(void)
{
    uint8_t key[32], iv[16], in[56], want[56], out[56];

    t_hex("2b7e151628aed2a6abf7158809cf4f3c000102030405060708090a0b0c0d0e0f", key, 32);
    t_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", iv, 16);
    t_hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
          "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17",
          in, 56);
    t_hex("e9538251c71d7b80bbe4483fef497bd12c5c581bd6242fc51e08964fb4f60fdb"
          "0ba42f63499279213d318d2c11f6886e903be7f93a1b3479",
          want, 56);
    T_EQ(crypt(ours(), "SM4-XTS", true, false, key, iv, in, 56, out, false), 56);
    T_BYTES(hf_bytes(out, 56), hf_bytes(want, 56));
    T_EQ(crypt(ours(), "SM4-XTS", false, false, key, iv, want, 56, out, false), 56);
    T_BYTES(hf_bytes(out, 56), hf_bytes(in, 56));
    memcpy(key + 16, key, 16);
    T_EQ(crypt(ours(), "SM4-XTS", true, false, key, iv, in, 56, out, false), -1);
}

/* -- SM2 -------------------------------------------------------------------- */

static EVP_PKEY *
generate(OSSL_LIB_CTX *ctx)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(ctx, NULL, "SM2");

    T_TRUE(key != NULL);
    return key;
}

/* The same key in another context, through its parts. */
static EVP_PKEY *
moved(EVP_PKEY *key, OSSL_LIB_CTX *to, int selection)
{
    OSSL_PARAM   *params = NULL;
    EVP_PKEY     *copy = NULL;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(to, "SM2", NULL);

    T_EQ(EVP_PKEY_todata(key, selection, &params), 1);
    T_EQ(EVP_PKEY_fromdata_init(c), 1);
    T_EQ(EVP_PKEY_fromdata(c, &copy, selection, params), 1);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(c);
    return copy;
}

static size_t
sign_message(OSSL_LIB_CTX *ctx, EVP_PKEY *key, const char *id, const uint8_t *in, size_t n,
             uint8_t sig[80])
{
    EVP_MD_CTX   *c = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pc = NULL;
    size_t        sig_n = 80;

    T_EQ(EVP_DigestSignInit_ex(c, &pc, "SM3", ctx, NULL, key, NULL), 1);
    if (id != NULL)
        T_EQ(EVP_PKEY_CTX_set1_id(pc, id, (int)strlen(id)), 1);
    T_EQ(EVP_DigestSign(c, sig, &sig_n, in, n), 1);
    EVP_MD_CTX_free(c);
    return sig_n;
}

static bool
verify_message(OSSL_LIB_CTX *ctx, EVP_PKEY *key, const char *id, const uint8_t *in, size_t n,
               const uint8_t *sig, size_t sig_n)
{
    EVP_MD_CTX   *c = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pc = NULL;
    int           ok;

    T_EQ(EVP_DigestVerifyInit_ex(c, &pc, "SM3", ctx, NULL, key, NULL), 1);
    if (id != NULL)
        T_EQ(EVP_PKEY_CTX_set1_id(pc, id, (int)strlen(id)), 1);
    ok = EVP_DigestVerifyUpdate(c, in, n / 2) == 1 &&
         EVP_DigestVerifyUpdate(c, in + n / 2, n - n / 2) == 1 &&
         EVP_DigestVerifyFinal(c, sig, sig_n) == 1;
    EVP_MD_CTX_free(c);
    ERR_clear_error();
    return ok;
}

static void
signatures_cross_both_ways(void)
{
    static const char *const ids[] = { HF_SM2_DEFAULT_ID, "alice@example.com", "x" };
    uint8_t                  in[200], sig[80];
    size_t                   n;

    for (int i = 0; i < 60; i++) {
        const char *id = ids[i % 3];
        EVP_PKEY   *a = generate(i % 2 == 0 ? ours() : plain());
        EVP_PKEY   *mine = moved(a, ours(), EVP_PKEY_KEYPAIR);
        EVP_PKEY   *theirs = moved(a, plain(), EVP_PKEY_KEYPAIR);
        EVP_PKEY *public = moved(a, ours(), EVP_PKEY_PUBLIC_KEY);

        any_bytes(in, sizeof(in));
        T_TRUE(is_ours(EVP_PKEY_get0_provider(mine)));
        T_FALSE(is_ours(EVP_PKEY_get0_provider(theirs)));
        T_EQ(EVP_PKEY_eq(mine, public), 1);
        n = sign_message(ours(), mine, i % 3 == 0 ? NULL : id, in, sizeof(in), sig);
        T_TRUE(verify_message(plain(), theirs, id, in, sizeof(in), sig, n));
        T_TRUE(verify_message(ours(), public, id, in, sizeof(in), sig, n));
        n = sign_message(plain(), theirs, id, in, sizeof(in), sig);
        T_TRUE(verify_message(ours(), public, i % 3 == 0 ? NULL : id, in, sizeof(in), sig, n));
        T_FALSE(verify_message(ours(), public, "other", in, sizeof(in), sig, n));
        in[any(200)] ^= 1;
        T_FALSE(verify_message(ours(), public, id, in, sizeof(in), sig, n));
        EVP_PKEY_free(a);
        EVP_PKEY_free(mine);
        EVP_PKEY_free(theirs);
        EVP_PKEY_free(public);
    }
}

static void
digests_are_signed_as_they_are(void)
{
    EVP_PKEY     *key = generate(ours());
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(ours(), key, NULL);
    uint8_t       e[33] = { 7 }, sig[80];
    size_t        n = sizeof(sig);

    T_EQ(EVP_PKEY_sign_init(c), 1);
    T_EQ(EVP_PKEY_sign(c, sig, &n, e, 32), 1);
    T_EQ(EVP_PKEY_verify_init(c), 1);
    T_EQ(EVP_PKEY_verify(c, sig, n, e, 32), 1);
    T_TRUE(EVP_PKEY_verify(c, sig, n, e, 33) != 1);
    T_TRUE(EVP_PKEY_verify(c, sig, n - 1, e, 32) != 1);
    sig[n - 1] ^= 1;
    T_TRUE(EVP_PKEY_verify(c, sig, n, e, 32) != 1);
    ERR_clear_error();
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(key);
}

static size_t
asym(OSSL_LIB_CTX *ctx, EVP_PKEY *key, bool encrypt, const uint8_t *in, size_t n, uint8_t *out,
     size_t room)
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(ctx, key, NULL);
    int           ok;

    if (encrypt)
        ok = EVP_PKEY_encrypt_init(c) == 1 && EVP_PKEY_encrypt(c, out, &room, in, n) == 1;
    else
        ok = EVP_PKEY_decrypt_init(c) == 1 && EVP_PKEY_decrypt(c, out, &room, in, n) == 1;
    EVP_PKEY_CTX_free(c);
    ERR_clear_error();
    return ok ? room : 0;
}

static void
encryption_crosses_both_ways(void)
{
    uint8_t in[300], ct[500], back[500];

    for (int i = 0; i < 30; i++) {
        EVP_PKEY *mine = generate(ours()), *theirs = moved(mine, plain(), EVP_PKEY_KEYPAIR);
        size_t    n = 1 + any(sizeof(in) - 1), ct_n;

        any_bytes(in, n);
        ct_n = asym(ours(), mine, true, in, n, ct, sizeof(ct));
        T_EQ(asym(plain(), theirs, false, ct, ct_n, back, sizeof(back)), n);
        T_BYTES(hf_bytes(back, n), hf_bytes(in, n));
        ct_n = asym(plain(), theirs, true, in, n, ct, sizeof(ct));
        T_EQ(asym(ours(), mine, false, ct, ct_n, back, sizeof(back)), n);
        T_BYTES(hf_bytes(back, n), hf_bytes(in, n));
        ct[ct_n - 1 - any((uint32_t)n)] ^= 1;
        T_EQ(asym(ours(), mine, false, ct, ct_n, back, sizeof(back)), 0);
        EVP_PKEY_free(mine);
        EVP_PKEY_free(theirs);
    }
}

static size_t
agree(EVP_PKEY *self, EVP_PKEY *peer, const OSSL_PARAM params[], uint8_t out[64])
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(ours(), self, NULL);
    size_t        n = 64;

    T_EQ(EVP_PKEY_derive_init_ex(c, params), 1);
    T_EQ(EVP_PKEY_derive_set_peer(c, peer), 1);
    T_EQ(EVP_PKEY_derive(c, out, &n), 1);
    EVP_PKEY_CTX_free(c);
    return n;
}

static void
plain_agreement_is_symmetric(void)
{
    EVP_PKEY *a = generate(ours()), *b = generate(ours());
    uint8_t   x[64], y[64];

    T_EQ(agree(a, b, NULL, x), 32);
    T_EQ(agree(b, a, NULL, y), 32);
    T_BYTES(hf_bytes(x, 32), hf_bytes(y, 32));
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
}

/* A key pair of the standard's example, from d. */
static EVP_PKEY *
key_from(const char *hex)
{
    uint8_t           d[32], point[65];
    struct hf_sm2_key pair;
    OSSL_PARAM_BLD   *bld = OSSL_PARAM_BLD_new();
    OSSL_PARAM       *params;
    EVP_PKEY_CTX     *c = EVP_PKEY_CTX_new_from_name(ours(), "SM2", NULL);
    EVP_PKEY         *key = NULL;
    BIGNUM           *bn;

    t_hex(hex, d, sizeof(d));
    T_OK(hf_sm2_key_read(hf_bytes(d, 32), &pair));
    hf_sm2_pub_write(&pair.pub, point);
    bn = BN_bin2bn(d, 32, NULL);
    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0);
    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, bn);
    params = OSSL_PARAM_BLD_to_param(bld);
    T_EQ(EVP_PKEY_fromdata_init(c), 1);
    T_EQ(EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, params), 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_free(bn);
    EVP_PKEY_CTX_free(c);
    return key;
}

/* GB/T 32918.5-2017 annex B, the key exchange example. */
static void
exchange_gives_the_standards_example(void)
{
    EVP_PKEY *a = key_from("81eb26e941bb5af16df116495f90695272ae2cd63d6c4ae1678418be48230029");
    EVP_PKEY *b = key_from("785129917d45a9ea5437a59356b82338eaadda6ceb199088f14ae10defa229b5");
    uint8_t   ra[32], rb[32], pa[65], pb[65], x[64], y[64], want[16];
    struct hf_sm2_key pair;
    int               yes = 1, no = 0;

    t_hex("d4de15474db74d06491c440d305e012400990f3e390c7e87153c12db2ea60bb3", ra, 32);
    t_hex("7e07124814b309489125eaed101113164ebf0f3458c5bd88335c1f9d596243d6", rb, 32);
    t_hex("6c89347354de2484c60b4ab1fde4c6e5", want, 16);
    T_OK(hf_sm2_key_read(hf_bytes(ra, 32), &pair));
    hf_sm2_pub_write(&pair.pub, pa);
    T_OK(hf_sm2_key_read(hf_bytes(rb, 32), &pair));
    hf_sm2_pub_write(&pair.pub, pb);
    {
        OSSL_PARAM from_a[] = { OSSL_PARAM_construct_int("sm2-initiator", &yes),
                                OSSL_PARAM_construct_octet_string("sm2-self-ephemeral", ra, 32),
                                OSSL_PARAM_construct_octet_string("sm2-peer-ephemeral", pb, 65),
                                OSSL_PARAM_construct_end() };
        OSSL_PARAM from_b[] = { OSSL_PARAM_construct_int("sm2-initiator", &no),
                                OSSL_PARAM_construct_octet_string("sm2-self-ephemeral", rb, 32),
                                OSSL_PARAM_construct_octet_string("sm2-peer-ephemeral", pa, 65),
                                OSSL_PARAM_construct_end() };

        T_EQ(agree(a, b, from_a, x), 16);
        T_EQ(agree(b, a, from_b, y), 16);
    }
    T_BYTES(hf_bytes(x, 16), hf_bytes(want, 16));
    T_BYTES(hf_bytes(y, 16), hf_bytes(want, 16));
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
}

/* -- Reading and writing keys ----------------------------------------------- */

static void
parsed_keys_are_ours_at_once(void)
{
    EVP_PKEY            *key = generate(plain()), *back;
    uint8_t             *der = NULL, *again = NULL;
    const uint8_t       *p;
    PKCS8_PRIV_KEY_INFO *p8;
    int                  n, m;

    p8 = EVP_PKEY2PKCS8(key);
    n = i2d_PUBKEY(key, &der);
    p = der;
    back = d2i_PUBKEY_ex(NULL, &p, n, ours(), NULL);
    T_TRUE(back != NULL && is_ours(EVP_PKEY_get0_provider(back)));
    m = i2d_PUBKEY(back, &again);
    T_BYTES(hf_bytes(again, (size_t)m), hf_bytes(der, (size_t)n));
    EVP_PKEY_free(back);
    back = EVP_PKCS82PKEY_ex(p8, ours(), NULL);
    T_TRUE(back != NULL && is_ours(EVP_PKEY_get0_provider(back)));
    EVP_PKEY_free(back);
    PKCS8_PRIV_KEY_INFO_free(p8);
    OPENSSL_free(der);
    OPENSSL_free(again);
    EVP_PKEY_free(key);
}

/* Write with `from`, read with `to`; the private key under a passphrase too. */
static void
through_pem(OSSL_LIB_CTX *from, OSSL_LIB_CTX *to, bool sealed)
{
    EVP_PKEY   *key = generate(from), *back, *public;
    BIO        *mem = BIO_new(BIO_s_mem());
    EVP_CIPHER *cipher = sealed ? EVP_CIPHER_fetch(from, "SM4-CBC", NULL) : NULL;
    char       *text;
    long        n;

    T_EQ(PEM_write_bio_PrivateKey_ex(mem, key, cipher, (const unsigned char *)"secret",
                                     sealed ? 6 : 0, NULL, NULL, from, NULL),
         1);
    T_EQ(PEM_write_bio_PUBKEY_ex(mem, key, from, NULL), 1);
    n = BIO_get_mem_data(mem, &text);
    T_TRUE(n > 100 &&
           (memmem(text, (size_t)n, "BEGIN ENCRYPTED PRIVATE KEY", 27) != NULL) == sealed);
    back = PEM_read_bio_PrivateKey_ex(mem, NULL, NULL, (void *)(uintptr_t) "secret", to, NULL);
    T_TRUE(back != NULL);
    public = PEM_read_bio_PUBKEY_ex(mem, NULL, NULL, NULL, to, NULL);
    T_TRUE(public != NULL);
    T_TRUE(EVP_PKEY_is_a(back, "SM2"));
    if (to == ours() && !sealed) /* libcrypto opens sealed keys for its own decoder only */
        T_TRUE(is_ours(EVP_PKEY_get0_provider(back)));
    if (to == ours())
        T_TRUE(is_ours(EVP_PKEY_get0_provider(public)));
    T_EQ(EVP_PKEY_eq(back, public), 1);
    T_EQ(EVP_PKEY_eq(key, public), 1);
    EVP_PKEY_free(key);
    EVP_PKEY_free(back);
    EVP_PKEY_free(public);
    EVP_CIPHER_free(cipher);
    BIO_free(mem);
}

static void
keys_pass_through_pem(void)
{
    through_pem(ours(), ours(), false);
    through_pem(ours(), ours(), true);
    through_pem(ours(), plain(), false);
    through_pem(ours(), plain(), true);
    through_pem(plain(), ours(), false);
    through_pem(plain(), ours(), true);
}

static void
keys_answer_and_refuse(void)
{
    EVP_PKEY     *key = generate(ours()), *copy = EVP_PKEY_dup(key), *other = generate(ours());
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(ours(), key, NULL);
    char          group[20];
    uint8_t       point[65], bad[65] = { 4 };
    size_t        n;
    BIGNUM       *d = NULL;

    T_EQ(EVP_PKEY_get_bits(key), 256);
    T_EQ(EVP_PKEY_get_security_bits(key), 128);
    T_EQ(EVP_PKEY_get_group_name(key, group, sizeof(group), NULL), 1);
    T_STR(group, "SM2");
    T_EQ(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &n),
         1);
    T_EQ(n, 65);
    T_EQ(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &d), 1);
    T_EQ(EVP_PKEY_eq(key, copy), 1);
    T_EQ(EVP_PKEY_eq(key, other), 0);
    T_EQ(EVP_PKEY_check(c), 1);
    T_EQ(EVP_PKEY_public_check(c), 1);
    T_EQ(EVP_PKEY_set1_encoded_public_key(other, bad, sizeof(bad)), 0);
    ERR_clear_error();
    BN_clear_free(d);
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(key);
    EVP_PKEY_free(copy);
    EVP_PKEY_free(other);
}

/* Every truncation and every flipped byte of the two structures. */
static void
damaged_keys_are_refused(void)
{
    EVP_PKEY            *key = generate(ours());
    PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key);
    uint8_t             *spki = NULL, *pkcs8 = NULL;
    int             spki_n = i2d_PUBKEY(key, &spki), pkcs8_n = i2d_PKCS8_PRIV_KEY_INFO(p8, &pkcs8);
    struct hf_bytes d, point;

    T_OK(hf_spki_read(hf_bytes(spki, (size_t)spki_n), &point));
    T_EQ(point.n, 65);
    T_OK(hf_pkcs8_read(hf_bytes(pkcs8, (size_t)pkcs8_n), &d, &point));
    T_EQ(d.n, 32);
    for (int i = 0; i < spki_n; i++) {
        T_TRUE(hf_spki_read(hf_bytes(spki, (size_t)i), &point) != HF_OK);
        spki[i] ^= 0x21;
        if (i < HF_SPKI_HEAD) /* later bytes are the point's, which is checked as such */
            T_TRUE(hf_spki_read(hf_bytes(spki, (size_t)spki_n), &point) != HF_OK);
        spki[i] ^= 0x21;
    }
    for (int i = 0; i < pkcs8_n; i++) {
        bool value = false;

        T_OK(hf_pkcs8_read(hf_bytes(pkcs8, (size_t)pkcs8_n), &d, &point));
        value = (pkcs8 + i >= d.p && pkcs8 + i < d.p + d.n) ||
                (pkcs8 + i >= point.p && pkcs8 + i < point.p + point.n);
        T_TRUE(hf_pkcs8_read(hf_bytes(pkcs8, (size_t)i), &d, &point) != HF_OK);
        pkcs8[i] ^= 0x21;
        if (!value)
            T_TRUE(hf_pkcs8_read(hf_bytes(pkcs8, (size_t)pkcs8_n), &d, &point) != HF_OK);
        pkcs8[i] ^= 0x21;
    }
    OPENSSL_free(spki);
    OPENSSL_free(pkcs8);
    PKCS8_PRIV_KEY_INFO_free(p8);
    EVP_PKEY_free(key);
}

/* -- Certificates ----------------------------------------------------------- */

static X509 *
certificate(OSSL_LIB_CTX *ctx, EVP_PKEY *key)
{
    X509      *x = X509_new_ex(ctx, NULL);
    X509_NAME *name = X509_get_subject_name(x);
    EVP_MD    *md = EVP_MD_fetch(ctx, "SM3", NULL);

    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(x, name);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    T_EQ(X509_set_pubkey(x, key), 1);
    T_TRUE(X509_sign(x, key, md) > 0);
    EVP_MD_free(md);
    return x;
}

static void
certificates_verify_by_default(void)
{
    EVP_PKEY      *key = generate(ours()), *theirs = moved(key, plain(), EVP_PKEY_KEYPAIR);
    X509          *x = certificate(ours(), key), *read;
    uint8_t       *der = NULL;
    const uint8_t *p;
    int            n = i2d_X509(x, &der);

    T_EQ(X509_verify(x, key), 1);
    T_EQ(X509_get_signature_nid(x), NID_SM2_with_SM3);
    p = der;
    read = X509_new_ex(ours(), NULL);
    T_TRUE(d2i_X509(&read, &p, n) != NULL);
    T_TRUE(is_ours(EVP_PKEY_get0_provider(X509_get0_pubkey(read))));
    T_EQ(X509_verify(read, X509_get0_pubkey(read)), 1);
    X509_free(read);
    /* libcrypto's own provider agrees, once it is told the identity */
    p = der;
    read = X509_new_ex(plain(), NULL);
    T_TRUE(d2i_X509(&read, &p, n) != NULL);
    T_TRUE(X509_verify(read, theirs) != 1);
    X509_set0_distinguishing_id(read, ASN1_OCTET_STRING_new());
    ASN1_OCTET_STRING_set(X509_get0_distinguishing_id(read),
                          (const unsigned char *)HF_SM2_DEFAULT_ID, 16);
    T_EQ(X509_verify(read, theirs), 1);
    ERR_clear_error();
    X509_free(read);
    X509_free(x);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    EVP_PKEY_free(theirs);
}

T_MAIN(T(fetches_prefer_ours), T(digests_as_libcrypto), T(macs_and_kdfs_use_our_digest),
       T(ciphers_as_libcrypto), T(decrypts_in_place), T(aead_gives_the_wycheproof_answers),
       T(xts_gives_the_standards_example), T(signatures_cross_both_ways),
       T(digests_are_signed_as_they_are), T(encryption_crosses_both_ways),
       T(plain_agreement_is_symmetric), T(exchange_gives_the_standards_example),
       T(parsed_keys_are_ours_at_once), T(keys_pass_through_pem), T(keys_answer_and_refuse),
       T(damaged_keys_are_refused), T(certificates_verify_by_default))
