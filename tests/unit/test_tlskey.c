/* test_tlskey.c - handshakes of libssl with a private key that is held elsewhere. */
#include "unit/t.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/keys.h"
#include "crypto/tlskey.h"

static char            dir[64];
static struct hf_keys *keys;

static void
open_keys(void)
{
    snprintf(dir, sizeof(dir), "/tmp/hufu-tls.XXXXXX");
    if (mkdtemp(dir) == NULL || hf_keys_open_local(dir, false, NULL, &keys) != HF_OK)
        abort();
}

static void
close_keys(void)
{
    char command[128];

    hf_keys_close(keys);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    if (system(command) != 0)
        abort();
}

/* A certificate for the key's public half, signed by a throw-away authority. */
static X509 *
certify(EVP_PKEY *pkey)
{
    EVP_PKEY      *ca = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509          *x = X509_new();
    X509_NAME     *name = X509_get_subject_name(x);
    struct hf_wr   spki = hf_wr(4096);
    const uint8_t *p;
    EVP_PKEY      *pub;

    if (hf_keys_public(keys, "server-test", &spki) != HF_OK)
        abort();
    p = spki.p;
    pub = d2i_PUBKEY(NULL, &p, (long)spki.n);
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(x, name);
    X509_set_pubkey(x, pub);
    X509_sign(x, ca, EVP_sha256());
    EVP_PKEY_free(pub), EVP_PKEY_free(ca);
    hf_wr_clear(&spki);
    return x;
}

/* Let both ends speak over memory until neither has anything to say. */
static bool
handshake(SSL *server, SSL *client)
{
    for (int i = 0; i < 20; i++) {
        int c = SSL_do_handshake(client), s = SSL_do_handshake(server);

        if (c == 1 && s == 1)
            return true;
        if ((c != 1 && SSL_get_error(client, c) != SSL_ERROR_WANT_READ) ||
            (s != 1 && SSL_get_error(server, s) != SSL_ERROR_WANT_READ))
            return false;
    }
    return false;
}

static bool
talk(SSL_CTX *sctx, int version, const char *ciphers, const char *sigalgs)
{
    SSL_CTX *cctx = SSL_CTX_new(TLS_client_method());
    SSL     *server, *client;
    BIO     *a, *b;
    bool     ok;

    SSL_CTX_set_min_proto_version(cctx, version);
    SSL_CTX_set_max_proto_version(cctx, version);
    if (ciphers != NULL)
        T_EQ(SSL_CTX_set_cipher_list(cctx, ciphers), 1);
    if (sigalgs != NULL)
        T_EQ(SSL_CTX_set1_sigalgs_list(cctx, sigalgs), 1);
    server = SSL_new(sctx), client = SSL_new(cctx);
    BIO_new_bio_pair(&a, 65536, &b, 65536);
    SSL_set_bio(server, a, a), SSL_set_bio(client, b, b);
    SSL_set_accept_state(server), SSL_set_connect_state(client);
    ok = handshake(server, client); /* the client verifies the handshake's signature itself */
    SSL_free(server), SSL_free(client);
    SSL_CTX_free(cctx);
    ERR_clear_error();
    return ok;
}

static SSL_CTX *
server_with(enum hf_alg alg)
{
    struct hf_wr spki = hf_wr(4096);
    SSL_CTX     *ctx = SSL_CTX_new(TLS_server_method());
    EVP_PKEY    *pkey;
    X509        *x;

    open_keys();
    T_OK(hf_keys_generate(keys, "server-test", alg, &spki));
    T_OK(hf_tls_key(keys, "server-test", &pkey));
    x = certify(pkey);
    T_EQ(SSL_CTX_use_certificate(ctx, x), 1);
    T_EQ(SSL_CTX_use_PrivateKey(ctx, pkey), 1);
    T_EQ(SSL_CTX_check_private_key(ctx), 1);
    X509_free(x);
    EVP_PKEY_free(pkey);
    hf_wr_clear(&spki);
    return ctx;
}

static void
ecdsa_handshakes(void)
{
    static const enum hf_alg algs[] = { HF_ALG_P256, HF_ALG_P384 };

    for (size_t i = 0; i < 2; i++) {
        SSL_CTX *ctx = server_with(algs[i]);

        T_TRUE(talk(ctx, TLS1_3_VERSION, NULL, NULL));
        T_TRUE(talk(ctx, TLS1_2_VERSION, NULL, NULL));
        T_TRUE(talk(ctx, TLS1_3_VERSION, NULL, i == 0 ? "ECDSA+SHA256" : "ECDSA+SHA384"));
        SSL_CTX_free(ctx);
        close_keys();
    }
}

static void
rsa_handshakes(void)
{
    SSL_CTX *ctx = server_with(HF_ALG_RSA2048);

    T_TRUE(talk(ctx, TLS1_3_VERSION, NULL, NULL));
    T_TRUE(talk(ctx, TLS1_3_VERSION, NULL, "RSA-PSS+SHA512"));
    T_TRUE(talk(ctx, TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", "RSA+SHA256"));
    T_TRUE(talk(ctx, TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", "RSA-PSS+SHA384"));
    T_FALSE(talk(ctx, TLS1_2_VERSION, "AES128-GCM-SHA256", NULL)); /* RSA key transport needs the key */
    SSL_CTX_free(ctx);
    close_keys();
}

static void
another_certificate_does_not_fit(void)
{
    SSL_CTX  *ctx = server_with(HF_ALG_P256);
    EVP_PKEY *other;
    struct hf_wr spki = hf_wr(4096);

    T_OK(hf_keys_generate(keys, "server-other", HF_ALG_P256, &spki));
    T_OK(hf_tls_key(keys, "server-other", &other));
    T_EQ(SSL_CTX_use_PrivateKey(ctx, other), 0);
    ERR_clear_error();
    EVP_PKEY_free(other);
    hf_wr_clear(&spki);
    SSL_CTX_free(ctx);
    close_keys();
}

static void
only_keys_for_tls_sign(void)
{
    static uint8_t sig[256];
    struct hf_wr   spki = hf_wr(4096);
    EVP_PKEY      *pkey;
    EVP_MD_CTX    *md = EVP_MD_CTX_new();
    size_t         n = sizeof(sig);

    open_keys();
    T_OK(hf_keys_generate(keys, "issuing", HF_ALG_P256, &spki));
    T_OK(hf_tls_key(keys, "issuing", &pkey));
    T_EQ(EVP_DigestSignInit_ex(md, NULL, "SHA256", NULL, NULL, pkey, NULL), 1);
    T_EQ(EVP_DigestSign(md, sig, &n, (const uint8_t *)"x", 1), 0);
    T_TRUE(strstr(hf_reason(), "not one for TLS") != NULL);
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(pkey);
    hf_wr_clear(&spki);
    T_OK(hf_keys_generate(keys, "server-sm2", HF_ALG_SM2, &spki));
    T_RC(hf_tls_key(keys, "server-sm2", &pkey), HF_E_POLICY);
    T_RC(hf_tls_key(keys, "server-none", &pkey), HF_E_ABSENT);
    hf_wr_clear(&spki);
    close_keys();
}

int
main(int argc, char **argv)
{
    static const struct t_test tests[] = {
        T(ecdsa_handshakes), T(rsa_handshakes), T(another_certificate_does_not_fit), T(only_keys_for_tls_sign),
    };

    hf_log_level(-1); /* a refused signature is provoked here */
    return t_run(tests, HF_COUNT(tests), argc > 1 ? argv[1] : "");
}
