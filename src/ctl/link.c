#include "ctl/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* Reads and writes give up after timeout_ms without progress. */
static void
set_times(int fd, int timeout_ms)
{
    struct timeval t = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

enum hf_rc
hf_link_unix(struct hf_link *l, const char *path, int timeout_ms)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof(to.sun_path))
        return hf_fail(HF_E_ARG, "the path of the socket is too long: %s", path);
    strcpy(to.sun_path, path);
    if ((l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
        return hf_fail_errno("socket");
    set_times(l->fd, timeout_ms);
    if (connect(l->fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return HF_OK;
    (void)hf_fail_errno("no server answers at %s", path);
    hf_link_close(l);
    return HF_E_PEER;
}

/* connect() with a time limit. */
static bool
connect_within(int fd, const struct addrinfo *to, int timeout_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    int           flags = fcntl(fd, F_GETFL), error = 0;
    socklen_t     n = sizeof(error);

    (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    if (connect(fd, to->ai_addr, to->ai_addrlen) == -1) {
        if (errno != EINPROGRESS)
            return false;
        if (poll(&p, 1, timeout_ms) != 1) {
            errno = ETIMEDOUT;
            return false;
        }
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == -1 || error != 0) {
            errno = error;
            return false;
        }
    }
    return fcntl(fd, F_SETFL, flags) == 0;
}

static enum hf_rc
connect_tcp(struct hf_link *l, const char *host, const char *port, int timeout_ms)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *all;
    int             one = 1, e = getaddrinfo(host, port, &hints, &all), saved = 0;

    if (e != 0)
        return hf_fail(HF_E_PEER, "%s: %s", host, gai_strerror(e));
    for (const struct addrinfo *to = all; to != NULL; to = to->ai_next) {
        if ((l->fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
            continue;
        if (connect_within(l->fd, to, timeout_ms))
            break;
        saved = errno;
        close(l->fd);
        l->fd = -1;
    }
    freeaddrinfo(all);
    if (l->fd == -1)
        return hf_fail(HF_E_PEER, "no server answers at %s port %s: %s", host, port,
                       strerror(saved));
    set_times(l->fd, timeout_ms);
    (void)setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return HF_OK;
}

static enum hf_rc
fail_tls(struct hf_link *l, const char *host)
{
    long          verify = l->ssl == NULL ? X509_V_OK : SSL_get_verify_result(l->ssl);
    unsigned long code = ERR_get_error();
    const char   *text = code == 0 ? NULL : ERR_reason_error_string(code);

    ERR_clear_error();
    if (verify != X509_V_OK)
        text = X509_verify_cert_error_string(verify);
    hf_link_close(l);
    return hf_fail(HF_E_PEER, "TLS with %s: %s", host, text == NULL ? "no answer" : text);
}

static bool
expect_name(SSL *ssl, const char *host)
{
    uint8_t any[16];

    if (inet_pton(AF_INET, host, any) == 1 || inet_pton(AF_INET6, host, any) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

enum hf_rc
hf_link_tls(struct hf_link *l, SSL_CTX *ctx, const char *host, const char *port, int timeout_ms)
{
    static const unsigned char protocols[] = "\x08http/1.1";
    enum hf_rc                 rc = connect_tcp(l, host, port, timeout_ms);

    if (rc != HF_OK)
        return rc;
    ERR_clear_error();
    if ((l->ssl = SSL_new(ctx)) == NULL || !expect_name(l->ssl, host) ||
        SSL_set_fd(l->ssl, l->fd) != 1 ||
        SSL_set_alpn_protos(l->ssl, protocols, sizeof(protocols) - 1) != 0 ||
        SSL_connect(l->ssl) != 1)
        return fail_tls(l, host);
    return HF_OK;
}

enum hf_rc
hf_link_write(struct hf_link *l, struct hf_bytes b)
{
    while (b.n != 0) {
        size_t  put = 0;
        ssize_t n;

        if (l->ssl != NULL) {
            ERR_clear_error();
            if (SSL_write_ex(l->ssl, b.p, b.n, &put) != 1)
                return hf_fail(HF_E_PEER, "the connection broke while sending");
        } else {
            if ((n = send(l->fd, b.p, b.n, MSG_NOSIGNAL)) == -1 && errno == EINTR)
                continue;
            if (n == -1)
                return hf_fail(HF_E_PEER, "the connection broke while sending: %s",
                               strerror(errno));
            put = (size_t)n;
        }
        b = hf_bytes(b.p + put, b.n - put);
    }
    return HF_OK;
}

enum hf_rc
hf_link_read(struct hf_link *l, uint8_t *p, size_t n, size_t *got)
{
    ssize_t r;

    *got = 0;
    if (l->ssl != NULL) {
        int e;

        ERR_clear_error();
        if (SSL_read_ex(l->ssl, p, n, got) == 1)
            return HF_OK;
        e = SSL_get_error(l->ssl, 0);
        ERR_clear_error();
        return e == SSL_ERROR_ZERO_RETURN
                   ? HF_OK
                   : hf_fail(HF_E_PEER, "the connection broke, or no answer in time");
    }
    do
        r = recv(l->fd, p, n, 0);
    while (r == -1 && errno == EINTR);
    if (r == -1)
        return hf_fail(HF_E_PEER, "no answer: %s",
                       errno == EAGAIN ? "time is up" : strerror(errno));
    *got = (size_t)r;
    return HF_OK;
}

void
hf_link_close(struct hf_link *l)
{
    if (l->ssl != NULL) {
        (void)SSL_shutdown(l->ssl);
        SSL_free(l->ssl);
        ERR_clear_error();
    }
    if (l->fd != -1)
        close(l->fd);
    l->ssl = NULL;
    l->fd = -1;
}
