#include "serve/tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

struct hf_tls_context {
    SSL_CTX *ctx;
};

struct hf_tls {
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
};

/* Authenticated encryption with forward secrecy, nothing else. */
static const char ciphers_12[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/* The text of libssl's oldest error; the queue is emptied. */
static enum hf_rc
fail_ssl(enum hf_rc rc, const char *what)
{
    unsigned long code = ERR_get_error();
    const char   *text = code == 0 ? NULL : ERR_reason_error_string(code);

    ERR_clear_error();
    return hf_fail(rc, "TLS: %s: %s", what, text == NULL ? "no reason given" : text);
}

/* Only HTTP/1.1 is spoken (RFC 7301 section 3.2: no_application_protocol otherwise). */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in,
                unsigned in_n, void *arg)
{
    for (unsigned i = 0; i < in_n; i += in[i] + 1U) {
        if (in[i] == 8 && i + 9 <= in_n && memcmp(in + i + 1, "http/1.1", 8) == 0) {
            *out = in + i + 1;
            *n = 8;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static enum hf_rc
load_chain(SSL_CTX *ctx, struct hf_bytes pem)
{
    BIO       *bio = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
    X509      *cert = NULL;
    enum hf_rc rc = HF_OK;
    int        n = 0;

    while (bio != NULL && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL &&
           rc == HF_OK) {
        if (n++ == 0 ? SSL_CTX_use_certificate(ctx, cert) != 1
                     : SSL_CTX_add1_chain_cert(ctx, cert) != 1)
            rc = fail_ssl(HF_E_CRYPTO, "server certificate");
        X509_free(cert);
    }
    BIO_free(bio);
    ERR_clear_error();
    return n == 0 && rc == HF_OK ? hf_fail(HF_E_FORMAT, "TLS: no certificate in the chain") : rc;
}

static enum hf_rc
set_up(SSL_CTX *ctx, struct hf_bytes pem, EVP_PKEY *key)
{
    static const unsigned char id[] = "hufu";
    enum hf_rc                 rc;

    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ctx, ciphers_12) != 1 ||
        SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1) != 1)
        return fail_ssl(HF_E_CRYPTO, "settings");
    if ((rc = load_chain(ctx, pem)) != HF_OK)
        return rc;
    if (SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_check_private_key(ctx) != 1)
        return fail_ssl(HF_E_CRYPTO, "key of the server certificate");
    return HF_OK;
}

enum hf_rc
hf_tls_context(struct hf_bytes chain_pem, EVP_PKEY *key, struct hf_tls_context **out)
{
    struct hf_tls_context *c = calloc(1, sizeof(*c));
    enum hf_rc             rc;

    *out = NULL;
    if (c == NULL || (c->ctx = SSL_CTX_new(TLS_server_method())) == NULL) {
        free(c);
        return hf_fail(HF_E_NOMEM, "TLS");
    }
    if ((rc = set_up(c->ctx, chain_pem, key)) != HF_OK) {
        hf_tls_context_free(c);
        return rc;
    }
    *out = c;
    return HF_OK;
}

void
hf_tls_context_free(struct hf_tls_context *c)
{
    if (c == NULL)
        return;
    SSL_CTX_free(c->ctx); /* connections hold references of their own */
    free(c);
}

enum hf_rc
hf_tls_new(struct hf_tls_context *c, struct hf_tls **out)
{
    struct hf_tls *t = calloc(1, sizeof(*t));

    *out = NULL;
    if (t == NULL || (t->ssl = SSL_new(c->ctx)) == NULL)
        goto fail;
    t->in = BIO_new(BIO_s_mem());
    t->out = BIO_new(BIO_s_mem());
    if (t->in == NULL || t->out == NULL) {
        BIO_free(t->in);
        BIO_free(t->out);
        goto fail;
    }
    SSL_set_bio(t->ssl, t->in, t->out);
    SSL_set_accept_state(t->ssl);
    *out = t;
    return HF_OK;
fail:
    hf_tls_free(t);
    return hf_fail(HF_E_NOMEM, "TLS connection");
}

void
hf_tls_free(struct hf_tls *t)
{
    if (t == NULL)
        return;
    SSL_free(t->ssl);
    free(t);
}

enum hf_rc
hf_tls_feed(struct hf_tls *t, struct hf_bytes cipher)
{
    size_t put;

    if (cipher.n != 0 && (BIO_write_ex(t->in, cipher.p, cipher.n, &put) != 1 || put != cipher.n))
        return fail_ssl(HF_E_NOMEM, "input");
    return HF_OK;
}

enum hf_rc
hf_tls_handshake(struct hf_tls *t)
{
    int r;

    ERR_clear_error();
    if ((r = SSL_do_handshake(t->ssl)) == 1)
        return HF_OK;
    if (SSL_get_error(t->ssl, r) == SSL_ERROR_WANT_READ)
        return HF_E_AGAIN;
    return fail_ssl(HF_E_FORMAT, "handshake");
}

enum hf_rc
hf_tls_read(struct hf_tls *t, uint8_t *p, size_t n, size_t *got)
{
    int r;

    ERR_clear_error();
    *got = 0;
    if (n == 0)
        return HF_E_AGAIN;
    if ((r = SSL_read_ex(t->ssl, p, n, got)) == 1)
        return HF_OK;
    switch (SSL_get_error(t->ssl, r)) {
    case SSL_ERROR_WANT_READ:
        return HF_E_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return HF_E_SHORT;
    default:
        return fail_ssl(HF_E_FORMAT, "record");
    }
}

enum hf_rc
hf_tls_write(struct hf_tls *t, struct hf_bytes plain)
{
    ERR_clear_error();
    while (plain.n != 0) {
        size_t put;

        if (SSL_write_ex(t->ssl, plain.p, plain.n, &put) != 1)
            return fail_ssl(HF_E_CRYPTO, "write");
        plain = hf_bytes(plain.p + put, plain.n - put);
    }
    return HF_OK;
}

void
hf_tls_take(struct hf_tls *t, struct hf_wr *w)
{
    char *p;
    long  n = BIO_get_mem_data(t->out, &p);

    if (n > 0)
        hf_wr_put(w, hf_bytes(p, (size_t)n));
    (void)BIO_reset(t->out);
}

void
hf_tls_close(struct hf_tls *t)
{
    ERR_clear_error();
    if (SSL_is_init_finished(t->ssl))
        (void)SSL_shutdown(t->ssl); /* one way: the answer to it is not awaited */
    ERR_clear_error();
}
