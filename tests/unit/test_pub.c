/* test_pub.c - algorithms, public keys, verification against keys that libcrypto makes. */
#include "unit/t.h"
#include "unit/vectors.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/text.h"
#include "crypto/alg.h"
#include "crypto/pub.h"

static struct hf_bytes
hex(const char *text)
{
    static uint8_t buf[4][1024];
    static int     turn;
    struct hf_wr   w = hf_wr(1024);
    uint8_t       *at = buf[turn++ & 3];
    size_t         n;

    if (hf_unhex(text, &w) != HF_OK)
        abort();
    n = w.n;
    memcpy(at, w.p, n);
    hf_wr_clear(&w);
    return hf_bytes(at, n);
}

/* GB/T 32905 A.1, FIPS 180-4 examples: the digest of "abc". */
static void
digests_of_abc(void)
{
    static const struct {
        enum hf_digest d;
        const char    *hex;
    } rows[] = {
        { HF_DIGEST_SM3, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" },
        { HF_DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { HF_DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
        { HF_DIGEST_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                            "8086072ba1e7cc2358baeca134c825a7" },
    };
    struct hf_bytes runs[] = { hf_bytes_str("a"), hf_bytes_str(""), hf_bytes_str("bc") };
    uint8_t         out[HF_DIGEST_MAX];

    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        T_OK(hf_digest(rows[i].d, runs, 3, out));
        T_BYTES(hf_bytes(out, hf_digest_size(rows[i].d)), hex(rows[i].hex));
    }
    T_RC(hf_digest(HF_DIGEST_NONE, runs, 1, out), HF_E_BUG);
    T_RC(hf_digest((enum hf_digest)99, runs, 1, out), HF_E_BUG);
}

static void
names_go_both_ways(void)
{
    for (enum hf_alg a = HF_ALG_SM2; a <= HF_ALG_RSA4096; a++) {
        T_EQ(hf_alg_named(hf_alg_name(a)), a);
        T_TRUE(hf_alg_signature_id(a).n >= 12);
        T_TRUE(hf_digest_size(hf_alg_digest(a)) >= 32);
    }
    T_EQ(hf_alg_named("none"), HF_ALG_NONE);
    T_EQ(hf_alg_named("dsa"), HF_ALG_NONE);
    T_STR(hf_alg_name((enum hf_alg)77), "none");
}

struct pair {
    EVP_PKEY      *pkey;
    struct hf_pub *pub;
    uint8_t       *spki;
    size_t         n;
};

static struct pair
make_pair(const char *type, const char *group, size_t bits)
{
    struct pair p = { 0 };

    p.pkey = bits != 0 ? EVP_PKEY_Q_keygen(NULL, NULL, type, bits)
                       : EVP_PKEY_Q_keygen(NULL, NULL, type, group);
    p.n = (size_t)i2d_PUBKEY(p.pkey, &p.spki);
    return p;
}

static void
drop(struct pair *p)
{
    hf_pub_free(p->pub);
    EVP_PKEY_free(p->pkey);
    OPENSSL_free(p->spki);
}

static struct hf_bytes
sign(EVP_PKEY *pkey, const char *md, const char *id, bool pss, const char *message, uint8_t *sig)
{
    EVP_MD_CTX   *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    size_t        n = 1024;

    if (id != NULL && EVP_PKEY_CTX_set1_id(key, id, (int)strlen(id)) != 1)
        abort();
    EVP_MD_CTX_set_pkey_ctx(ctx, key);
    if (EVP_DigestSignInit_ex(ctx, NULL, md, NULL, NULL, pkey, NULL) != 1)
        abort();
    if (pss && (EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) != 1 ||
                EVP_PKEY_CTX_set_rsa_pss_saltlen(key, 32) != 1))
        abort();
    if (EVP_DigestSign(ctx, sig, &n, (const uint8_t *)message, strlen(message)) != 1)
        abort();
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_CTX_free(key);
    return hf_bytes(sig, n);
}

static void
verifies_each_kind_and_refuses_flips(void)
{
    static const struct {
        const char *type, *group, *md, *id;
        size_t      bits;
        enum hf_alg alg;
    } rows[] = {
        { "SM2", "SM2", "SM3", "1234567812345678", 0, HF_ALG_SM2 },
        { "EC", "P-256", "SHA256", NULL, 0, HF_ALG_P256 },
        { "EC", "P-384", "SHA384", NULL, 0, HF_ALG_P384 },
        { "RSA", NULL, "SHA256", NULL, 2048, HF_ALG_RSA2048 },
    };
    uint8_t sig[1024];

    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct pair     p = make_pair(rows[i].type, rows[i].group, rows[i].bits);
        struct hf_bytes s = sign(p.pkey, rows[i].md, rows[i].id, false, "message", sig);
        struct hf_bytes id = hf_alg_signature_id(rows[i].alg);

        T_OK(hf_pub_read(hf_bytes(p.spki, p.n), &p.pub));
        T_EQ(hf_pub_alg(p.pub), rows[i].alg);
        T_BYTES(hf_pub_spki(p.pub), hf_bytes(p.spki, p.n));
        T_OK(hf_pub_verify(p.pub, id, hf_bytes_str("message"), s));
        T_RC(hf_pub_verify(p.pub, id, hf_bytes_str("massage"), s), HF_E_VERIFY);
        T_RC(hf_pub_verify(p.pub, id, hf_bytes_str("message"), hf_bytes(s.p, s.n - 1)), HF_E_VERIFY);
        for (size_t at = 0; at < s.n; at += 7) {
            sig[at] ^= 0x40;
            T_RC(hf_pub_verify(p.pub, id, hf_bytes_str("message"), s), HF_E_VERIFY);
            sig[at] ^= 0x40;
        }
        T_RC(hf_pub_verify(p.pub, hf_alg_signature_id(i == 0 ? HF_ALG_P256 : HF_ALG_SM2),
                           hf_bytes_str("message"), s), HF_E_POLICY);
        drop(&p);
    }
}

static void
requests_may_use_the_empty_identity(void)
{
    struct pair     p = make_pair("SM2", "SM2", 0);
    uint8_t         sig[1024];
    struct hf_bytes s = sign(p.pkey, "SM3", "", false, "request", sig);
    struct hf_bytes id = hf_alg_signature_id(HF_ALG_SM2), m = hf_bytes_str("request");
    bool            empty = false;

    T_OK(hf_pub_read(hf_bytes(p.spki, p.n), &p.pub));
    T_RC(hf_pub_verify(p.pub, id, m, s), HF_E_VERIFY);
    T_OK(hf_pub_verify_request(p.pub, id, m, s, &empty));
    T_TRUE(empty);
    s = sign(p.pkey, "SM3", "1234567812345678", false, "request", sig);
    T_OK(hf_pub_verify_request(p.pub, id, m, s, &empty));
    T_FALSE(empty);
    s = sign(p.pkey, "SM3", "somebody", false, "request", sig);
    T_RC(hf_pub_verify_request(p.pub, id, m, s, &empty), HF_E_VERIFY);
    T_FALSE(empty);
    drop(&p);
}

/* Of every four an SM2 signature under the default identity, under the empty one, under another, and one by P-256. */
static void
batches_say_of_each_what_the_single_call_says(void)
{
    enum { N = 150 };
    static const char *const ids[] = { "1234567812345678", "", "somebody", NULL };
    struct pair              p[4] = { make_pair("SM2", "SM2", 0), make_pair("SM2", "SM2", 0), make_pair("SM2", "SM2", 0),
                                      make_pair("EC", "P-256", 0) };
    static uint8_t           sig[N][1024];
    static struct hf_pub_check check[N];

    for (size_t k = 0; k < 4; k++)
        T_OK(hf_pub_read(hf_bytes(p[k].spki, p[k].n), &p[k].pub));
    for (size_t i = 0; i < N; i++) {
        size_t k = i % 4;

        check[i] = (struct hf_pub_check){ .pub = p[k].pub, .sig_alg = hf_alg_signature_id(k == 3 ? HF_ALG_P256 : HF_ALG_SM2),
                                          .tbs = hf_bytes_str("request"), .empty_too = i % 8 < 4, .good = true, .empty_id = true };
        check[i].sig = sign(p[k].pkey, k == 3 ? "SHA256" : "SM3", ids[k], false, "request", sig[i]);
        if (i % 24 > 20) /* damaged: in its length, in its numbers */
            sig[i][i % 24 == 21 ? 1 : 20] ^= 1;
        if (i == 100)
            check[i].sig_alg = hf_alg_signature_id(HF_ALG_P256); /* does not suit the key */
    }
    T_FALSE(hf_pub_verify_batch(check, N));
    for (size_t i = 0; i < N; i++) {
        struct hf_pub_check *c = &check[i];
        bool                 empty = false;
        enum hf_rc           rc = c->empty_too ? hf_pub_verify_request(c->pub, c->sig_alg, c->tbs, c->sig, &empty)
                                               : hf_pub_verify(c->pub, c->sig_alg, c->tbs, c->sig);

        T_EQ(c->good, rc == HF_OK);
        T_EQ(c->empty_id, empty);
        T_EQ(c->good, i != 100 && i % 24 <= 20 && (i % 4 == 0 || i % 4 == 3 || (i % 4 == 1 && c->empty_too)));
    }
    for (size_t i = 0; i < N; i += 4)
        check[i / 4] = check[i];
    T_TRUE(hf_pub_verify_batch(check, 5)); /* good ones alone: 0, 4, 8, 12, 16 */
    T_TRUE(hf_pub_verify_batch(check, 0));
    for (size_t k = 0; k < 4; k++)
        drop(&p[k]);
}

static void
pss_is_read_and_verified(void)
{
    struct pair     p = make_pair("RSA", NULL, 2048);
    uint8_t         sig[1024];
    struct hf_bytes s = sign(p.pkey, "SHA256", NULL, true, "m", sig);
    static const char good[] = "304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
                               "a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120";

    T_OK(hf_pub_read(hf_bytes(p.spki, p.n), &p.pub));
    T_OK(hf_pub_verify(p.pub, hex(good), hf_bytes_str("m"), s));
    T_RC(hf_pub_verify(p.pub, hex(good), hf_bytes_str("n"), s), HF_E_VERIFY);
    T_RC(hf_pub_verify(p.pub, hex("300d06092a864886f70d01010a3000"), hf_bytes_str("m"), s), HF_E_POLICY);
    for (size_t n = 0; n < 67; n++)
        T_TRUE(hf_pub_verify(p.pub, hf_bytes(hex(good).p, n), hf_bytes_str("m"), s) != HF_OK);
    drop(&p);
}

static void
broken_digests_are_named(void)
{
    static const struct {
        const char *id, *text;
    } rows[] = {
        { "300d06092a864886f70d0101050500", "SHA-1" },
        { "300d06092a864886f70d0101040500", "MD5" },
        { "300906072a8648ce3d0401", "SHA-1" },
        { "3005060355041d", "unknown" },
        { "300506032b6570", "Ed25519" },
    };
    struct pair p = make_pair("RSA", NULL, 2048);

    T_OK(hf_pub_read(hf_bytes(p.spki, p.n), &p.pub));
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        T_RC(hf_pub_verify(p.pub, hex(rows[i].id), hf_bytes_str("m"), hf_bytes_str("s")), HF_E_POLICY);
        T_TRUE(strstr(hf_reason(), rows[i].text) != NULL);
    }
    T_RC(hf_pub_verify(p.pub, hex("300c06082a811ccf550183750101"), hf_bytes_str("m"), hf_bytes_str("s")),
         HF_E_TRAILING);
    drop(&p);
}

/* Keys that only certificates of others have. */
static void
foreign_keys_are_read_and_verified(void)
{
    static const struct {
        const char *type, *group;
        const char *good, *bad; /* signature algorithms */
        bool        digest;
    } rows[] = {
        { "EC", "P-521", "300a06082a8648ce3d040304", "300506032b6570", true },
        { "ED25519", NULL, "300506032b6570", "300706032b65700500", false },
        { "ED25519", NULL, "300506032b6570", "300a06082a8648ce3d040302", false },
    };

    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct pair    p = make_pair(rows[i].type, rows[i].group, 0);
        EVP_MD_CTX    *ctx = EVP_MD_CTX_new();
        uint8_t        sig[256];
        size_t         n = sizeof(sig);
        struct hf_pub *own;

        T_RC(hf_pub_read(hf_bytes(p.spki, p.n), &own), HF_E_POLICY);
        for (size_t k = 0; k < p.n; k++)
            T_TRUE(hf_pub_read_foreign(hf_bytes(p.spki, k), &own) != HF_OK);
        T_OK(hf_pub_read_foreign(hf_bytes(p.spki, p.n), &p.pub));
        T_TRUE(EVP_DigestSignInit(ctx, NULL, rows[i].digest ? EVP_sha512() : NULL, NULL, p.pkey) == 1 &&
               EVP_DigestSign(ctx, sig, &n, (const uint8_t *)"m", 1) == 1);
        T_OK(hf_pub_verify(p.pub, hex(rows[i].good), hf_bytes_str("m"), hf_bytes(sig, n)));
        T_RC(hf_pub_verify(p.pub, hex(rows[i].good), hf_bytes_str("n"), hf_bytes(sig, n)), HF_E_VERIFY);
        T_RC(hf_pub_verify(p.pub, hex(rows[i].good), hf_bytes_str("m"), hf_bytes(sig, n - 1)), HF_E_VERIFY);
        T_TRUE(hf_pub_verify(p.pub, hex(rows[i].bad), hf_bytes_str("m"), hf_bytes(sig, n)) != HF_OK);
        EVP_MD_CTX_free(ctx);
        drop(&p);
    }
}

static void
public_keys_are_read_strictly(void)
{
    struct pair    p = make_pair("EC", "P-256", 0), weak = make_pair("RSA", NULL, 1024);
    struct pair    other = make_pair("EC", "P-521", 0), rsa = make_pair("RSA", NULL, 2048);
    struct hf_pub *pub;
    uint8_t        copy[512];

    for (size_t n = 0; n < p.n; n++)
        T_TRUE(hf_pub_read(hf_bytes(p.spki, n), &pub) != HF_OK);
    for (size_t n = 0; n < rsa.n; n++)
        T_TRUE(hf_pub_read(hf_bytes(rsa.spki, n), &pub) != HF_OK);
    memcpy(copy, p.spki, p.n);
    for (size_t i = 0; i < p.n; i++) {
        copy[i] ^= 1; /* any change leaves the curve, the form or the algorithm */
        T_TRUE(hf_pub_read(hf_bytes(copy, p.n), &pub) != HF_OK);
        copy[i] ^= 1;
    }
    copy[p.n] = 0;
    T_RC(hf_pub_read(hf_bytes(copy, p.n + 1), &pub), HF_E_TRAILING);
    T_RC(hf_pub_read(hf_bytes(weak.spki, weak.n), &pub), HF_E_POLICY);
    T_TRUE(strstr(hf_reason(), "1024 bits") != NULL);
    T_RC(hf_pub_read(hf_bytes(other.spki, other.n), &pub), HF_E_POLICY);
    T_RC(hf_pub_read(hex("302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
                     &pub), HF_E_POLICY);
    drop(&p), drop(&weak), drop(&other), drop(&rsa);
}

/* The key identifier as `openssl x509` computes it. */
static void
key_id_is_of_the_bits(void)
{
    struct pair p = make_pair("SM2", "SM2", 0);
    uint8_t     id[20], want[20];

    T_OK(hf_pub_read(hf_bytes(p.spki, p.n), &p.pub));
    T_OK(hf_pub_key_id(p.pub, id));
    T_EQ(EVP_Digest(p.spki + 26, 65, want, NULL, EVP_sha1(), NULL), 1);
    T_BYTES(hf_bytes(id, 20), hf_bytes(want, 20));
    T_EQ(hf_pub_bits(p.pub), 256);
    hf_pub_free(hf_pub_ref(p.pub));
    drop(&p);
}

/* Wycheproof; one RSA vector is called acceptable there (a DigestInfo without NULL): we refuse it. */
static void
wycheproof_signatures(void)
{
    static const char pss[] = "304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
                              "a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120";
    static const struct {
        const char *file, *pss;
        enum hf_alg alg;
        unsigned    vectors;
    } rows[] = {
        { "ecdsa_secp256r1_sha256.txt", NULL, HF_ALG_P256, 484 },
        { "ecdsa_secp384r1_sha384.txt", NULL, HF_ALG_P384, 504 },
        { "rsa_signature_2048_sha256.txt", NULL, HF_ALG_RSA2048, 259 },
        { "rsa_pss_2048_sha256_mgf1_32.txt", pss, HF_ALG_RSA2048, 108 },
    };
    static struct t_vector v;

    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        FILE    *f = t_vectors_open(rows[i].file);
        unsigned n = 0;

        T_TRUE(f != NULL);
        while (f != NULL && t_vector_next(f, &v)) {
            struct hf_pub *pub = NULL;
            enum hf_rc     rc = hf_pub_read(t_field(&v, "spki"), &pub);

            if (strstr(v.comment, "SmallPublicKey") != NULL) { /* an exponent of 3 */
                T_EQ(rc, HF_E_POLICY);
                v.valid = false;
            }
            if (rc == HF_OK)
                rc = hf_pub_verify(pub, rows[i].pss != NULL ? hex(pss) : hf_alg_signature_id(rows[i].alg),
                                   t_field(&v, "msg"), t_field(&v, "sig"));
            if ((rc == HF_OK) != v.valid)
                printf("  %s: %s\n", rows[i].file, v.comment);
            T_EQ(rc == HF_OK, v.valid);
            hf_pub_free(pub);
            n++;
        }
        T_EQ(n, rows[i].vectors);
        if (f != NULL)
            fclose(f);
    }
}

T_MAIN(T(digests_of_abc), T(wycheproof_signatures), T(names_go_both_ways), T(verifies_each_kind_and_refuses_flips),
       T(requests_may_use_the_empty_identity), T(batches_say_of_each_what_the_single_call_says), T(pss_is_read_and_verified), T(broken_digests_are_named),
       T(foreign_keys_are_read_and_verified), T(public_keys_are_read_strictly),
       T(key_id_is_of_the_bits))
