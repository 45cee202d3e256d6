#include "ctl/client.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/text.h"
#include "crypto/alg.h"
#include "ctl/link.h"
#include "wire/http.h"

#define REPLY_MAX ((size_t)256 << 20)
#define ATTEMPTS 5

struct hf_client {
    struct hf_link   link;
    SSL_CTX         *ctx;       /* NULL on a Unix socket */
    char             path[512]; /* of the Unix socket */
    char             host[256], port[8];
    char             authority[272]; /* for the Host field */
    int              timeout_ms;
    struct hf_secret token;
    struct hf_wr     request; /* secret: it carries the token, and passwords */
    struct hf_wr     server_cert;
    bool             used; /* the connection has answered before */
};

/* -- Opening ------------------------------------------------------------------------------- */

/* "https://host[:port]" with an optional slash at the end. */
static enum hf_rc
read_url(struct hf_client *c, const char *url)
{
    const char *host = url + 8, *end, *port = "443", *colon;
    size_t      n;

    if (strncasecmp(url, "https://", 8) != 0)
        return hf_fail_field(HF_E_ARG, "server", "must start with https://");
    n = strlen(host);
    if (n != 0 && host[n - 1] == '/')
        n--;
    if (n == 0 || n >= sizeof(c->host) || strcspn(host, "/?#@ ") < n)
        return hf_fail_field(HF_E_ARG, "server", "must look like https://host:port");
    (void)snprintf(c->authority, sizeof(c->authority), "%.*s", (int)n, host);
    host = c->authority;
    end = *host == '[' ? strchr(host, ']') : NULL;
    if (*host == '[' && end == NULL)
        return hf_fail_field(HF_E_ARG, "server", "has a [ without ]");
    if ((colon = strchr(end == NULL ? host : end, ':')) != NULL)
        port = colon + 1;
    n = end != NULL     ? (size_t)(end - host - 1)
        : colon != NULL ? (size_t)(colon - host)
                        : strlen(host);
    memcpy(c->host, end != NULL ? host + 1 : host, n);
    if (n == 0 || *port == '\0' || strlen(port) >= sizeof(c->port) ||
        port[strspn(port, "0123456789")] != '\0')
        return hf_fail_field(HF_E_ARG, "server", "must look like https://host:port");
    strcpy(c->port, port);
    return HF_OK;
}

static enum hf_rc
set_up_tls(struct hf_client *c, const struct hf_client_to *to)
{
    enum hf_rc rc = read_url(c, to->server);

    if (rc != HF_OK)
        return rc;
    if ((c->ctx = SSL_CTX_new(TLS_client_method())) == NULL)
        return hf_fail(HF_E_NOMEM, "TLS");
    SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(c->ctx, SSL_MODE_AUTO_RETRY);
    if (SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION) != 1)
        return hf_fail(HF_E_CRYPTO, "TLS");
    if (to->ca_file != NULL ? SSL_CTX_load_verify_file(c->ctx, to->ca_file) != 1
                            : SSL_CTX_set_default_verify_paths(c->ctx) != 1) {
        ERR_clear_error();
        return hf_fail_field(HF_E_ARG, "cacert", "%s holds no certificates that can be read",
                             to->ca_file == NULL ? "the system's store" : to->ca_file);
    }
    return HF_OK;
}

static enum hf_rc
set_up_local(struct hf_client *c, const char *data_dir)
{
    if (data_dir == NULL)
        return hf_fail(HF_E_ARG, "neither a data directory nor a server is given");
    if ((size_t)snprintf(c->path, sizeof(c->path), "%s/run/hufu.sock", data_dir) >= sizeof(c->path))
        return hf_fail_field(HF_E_ARG, "data", "is too long");
    strcpy(c->authority, "localhost");
    return HF_OK;
}

enum hf_rc
hf_client_open(const struct hf_client_to *to, struct hf_client **out)
{
    struct hf_client *c = calloc(1, sizeof(*c));
    enum hf_rc        rc;

    *out = NULL;
    if (c == NULL)
        return hf_fail(HF_E_NOMEM, "client");
    c->link.fd = -1;
    c->timeout_ms = to->timeout_ms != 0 ? to->timeout_ms : 30000;
    c->request = hf_wr_secret(REPLY_MAX);
    c->server_cert = hf_wr(64 << 10);
    rc = to->server != NULL ? set_up_tls(c, to) : set_up_local(c, to->data_dir);
    if (rc != HF_OK) {
        hf_client_close(c);
        return rc;
    }
    *out = c;
    return HF_OK;
}

void
hf_client_close(struct hf_client *c)
{
    if (c == NULL)
        return;
    hf_link_close(&c->link);
    SSL_CTX_free(c->ctx);
    hf_secret_clear(&c->token);
    hf_wr_clear(&c->request);
    hf_wr_clear(&c->server_cert);
    free(c);
}

enum hf_rc
hf_client_token(struct hf_client *c, struct hf_bytes token)
{
    for (size_t i = 0; i < token.n; i++)
        if (token.p[i] <= ' ' || token.p[i] > '~')
            return hf_fail_field(HF_E_ARG, "token", "has a character that no token has");
    return hf_secret_set(&c->token, token);
}

static void
remember_certificate(struct hf_client *c)
{
    X509          *cert = SSL_get0_peer_certificate(c->link.ssl);
    unsigned char *der = NULL;
    int            n = cert == NULL ? 0 : i2d_X509(cert, &der);

    hf_wr_cut(&c->server_cert, 0);
    if (n > 0)
        hf_wr_put(&c->server_cert, hf_bytes(der, (size_t)n));
    OPENSSL_free(der);
}

struct hf_bytes
hf_client_server_certificate(const struct hf_client *c)
{
    return hf_wr_bytes(&c->server_cert);
}

static enum hf_rc
connect_it(struct hf_client *c)
{
    enum hf_rc rc;

    c->used = false;
    if (c->ctx == NULL)
        return hf_link_unix(&c->link, c->path, c->timeout_ms);
    if ((rc = hf_link_tls(&c->link, c->ctx, c->host, c->port, c->timeout_ms)) == HF_OK)
        remember_certificate(c);
    return rc;
}

/* -- One exchange ---------------------------------------------------------------------------------
 */

static void
reply_init(struct hf_client_reply *reply)
{
    *reply = (struct hf_client_reply){ .raw = hf_wr_secret(REPLY_MAX) };
}

void
hf_client_reply_clear(struct hf_client_reply *reply)
{
    json_decref(reply->body);
    reply->body = NULL;
    hf_wr_clear(&reply->raw);
}

static void
write_request(struct hf_client *c, const char *method, const char *target, const char *type,
              const char *id, struct hf_bytes body)
{
    struct hf_wr *w = &c->request;

    hf_wr_cut(w, 0);
    hf_http_put_request(w, method, target, c->authority);
    if (c->token.n != 0) {
        hf_wr_str(w, "Authorization: Bearer ");
        hf_wr_put(w, hf_secret_bytes(&c->token));
        hf_wr_str(w, "\r\n");
    }
    if (type != NULL)
        hf_http_put_str(w, "Content-Type", type);
    if (id != NULL)
        hf_http_put_str(w, "Hufu-Request-Id", id);
    hf_http_put_str(w, "Accept", "*/*");
    hf_http_put_body(w, body);
}

static void
take_head(const struct hf_http_head *h, struct hf_client_reply *reply)
{
    const struct hf_bytes *type = hf_http_find(h, "content-type");
    size_t                 n = 0;

    reply->status = h->status;
    while (type != NULL && n < type->n && n < sizeof(reply->type) - 1 && type->p[n] != ';') {
        reply->type[n] = (char)type->p[n];
        n++;
    }
    reply->type[n] = '\0';
}

/* What the reader makes of the bytes that are there. *done: the response is complete. */
static enum hf_rc
read_events(struct hf_http_reader *r, struct hf_wr *in, struct hf_client_reply *reply, bool *done)
{
    size_t at = 0;

    for (;;) {
        struct hf_bytes    data;
        size_t             used;
        enum hf_http_event e = hf_http_read(r, hf_bytes(in->p + at, in->n - at), &used, &data);

        at += used;
        if (e == HF_HTTP_HEAD)
            take_head(&r->head, reply);
        else if (e == HF_HTTP_DATA)
            hf_wr_put(&reply->raw, data);
        else if (e == HF_HTTP_BAD)
            return HF_E_PEER;
        else if (e == HF_HTTP_END && r->head.status < 200)
            hf_http_reader_next(r); /* 100 Continue: the real one follows */
        else {
            *done = e == HF_HTTP_END;
            memmove(in->p, in->p + at, in->n - at);
            hf_wr_cut(in, in->n - at);
            return HF_OK;
        }
    }
}

static enum hf_rc
read_reply(struct hf_client *c, bool head_only, struct hf_client_reply *reply)
{
    struct hf_http_reader r;
    struct hf_wr          in = hf_wr_secret(1 << 20);
    bool                  done = false;
    enum hf_rc            rc = HF_OK;

    hf_http_reader_init(&r, true, hf_http_limits(REPLY_MAX));
    r.no_body = head_only;
    while (rc == HF_OK && !done) {
        uint8_t *space = hf_wr_space(&in, 16 << 10);
        size_t   got;

        if (space == NULL) {
            rc = hf_fail(HF_E_NOMEM, "reply");
            break;
        }
        rc = hf_link_read(&c->link, space, 16 << 10, &got);
        hf_wr_cut(&in, in.n - (16 << 10) + got);
        if (rc == HF_OK && got == 0) {
            rc = hf_http_reader_close(&r)
                     ? HF_OK
                     : hf_fail(HF_E_PEER, "the server closed the connection without an answer");
            break;
        }
        if (rc == HF_OK)
            rc = read_events(&r, &in, reply, &done);
    }
    if (rc == HF_OK && reply->raw.rc != HF_OK)
        rc = hf_fail(reply->raw.rc, "the answer is too large");
    if (rc != HF_OK || !r.head.keep_alive || in.n != 0)
        hf_link_close(&c->link);
    hf_wr_clear(&in);
    return rc;
}

/* Send what is written in c->request. *sent: the server may have seen it. */
static enum hf_rc
exchange(struct hf_client *c, bool head_only, struct hf_client_reply *reply, bool *sent)
{
    enum hf_rc rc = HF_OK;

    *sent = false;
    reply_init(reply);
    if (c->request.rc != HF_OK)
        return hf_fail(c->request.rc, "the request is too large");
    if (c->link.fd == -1 && (rc = connect_it(c)) != HF_OK)
        return rc;
    *sent = true;
    if ((rc = hf_link_write(&c->link, hf_wr_bytes(&c->request))) != HF_OK) {
        hf_link_close(&c->link);
        return rc;
    }
    if ((rc = read_reply(c, head_only, reply)) != HF_OK)
        return rc;
    c->used = true;
    if (strcmp(reply->type, "application/json") == 0 && reply->raw.n != 0)
        reply->body = json_loadb((const char *)reply->raw.p, reply->raw.n, JSON_DECODE_ANY, NULL);
    return HF_OK;
}

enum hf_rc
hf_client_send(struct hf_client *c, const char *method, const char *target, const char *type,
               struct hf_bytes body, struct hf_client_reply *reply)
{
    bool       sent;
    enum hf_rc rc;

    write_request(c, method, target, type, NULL, body);
    rc = exchange(c, strcmp(method, "HEAD") == 0, reply, &sent);
    hf_wr_cut(&c->request, 0);
    return rc;
}

/* -- Operations -------------------------------------------------------------------------------- */

static void
sleep_ms(int ms)
{
    struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

    while (nanosleep(&t, &t) == -1 && errno == EINTR)
        continue;
}

/* {"error":{"code","field","message"}}: fail as the server did. */
static enum hf_rc
fail_as_server(const struct hf_client_reply *reply)
{
    json_t     *error = json_object_get(reply->body, "error");
    const char *code = json_string_value(json_object_get(error, "code"));
    const char *field = json_string_value(json_object_get(error, "field"));
    const char *message = json_string_value(json_object_get(error, "message"));

    if (code == NULL || message == NULL)
        return hf_fail(HF_E_PEER, "the server answered with status %d", reply->status);
    hf_reason_set(field == NULL ? "" : field, message);
    return hf_rc_named(code) == HF_OK ? HF_E_BUG : hf_rc_named(code);
}

static void
make_request_id(char out[33])
{
    uint8_t b[16];

    hf_random(b, sizeof(b));
    hf_hex(hf_bytes(b, sizeof(b)), out);
}

/* Write the request of an operation into c->request. */
static enum hf_rc
write_call(struct hf_client *c, const char *op, const json_t *args, const char *request_id)
{
    char   target[128] = "/api/v1/";
    char  *body = json_dumps(args, JSON_COMPACT);
    size_t n = strlen(target);

    if (body == NULL)
        return hf_fail(HF_E_ARG, "the arguments are not JSON");
    for (; *op != '\0' && n < sizeof(target) - 1; op++)
        target[n++] = *op == ' ' ? '/' : *op;
    write_request(c, "POST", target, "application/json", request_id, hf_bytes_str(body));
    OPENSSL_cleanse(body, strlen(body));
    free(body);
    return HF_OK;
}

enum hf_rc
hf_client_call(struct hf_client *c, const char *op, const json_t *args, const char *request_id,
               struct hf_client_reply *reply)
{
    char       made[33];
    bool       sent = false;
    enum hf_rc rc;

    reply_init(reply);
    if (request_id == NULL) {
        make_request_id(made);
        request_id = made;
    }
    if ((rc = write_call(c, op, args, request_id)) != HF_OK)
        return rc;
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
        hf_client_reply_clear(reply);
        rc = exchange(c, false, reply, &sent);
        if (rc != HF_E_PEER || (!sent && attempt == 1) || attempt == ATTEMPTS)
            break;
        sleep_ms(50 << attempt); /* the answer was lost: 0.1, 0.2, 0.4, 0.8 s */
    }
    hf_wr_cut(&c->request, 0);
    if (rc == HF_OK && reply->status != 200 && reply->status != 202)
        rc = fail_as_server(reply);
    return rc;
}
