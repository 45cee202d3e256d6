#include "loop/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

#define BACKLOG 1024

/* -- TCP -------------------------------------------------------------------------- */

union address {
    struct sockaddr     any;
    struct sockaddr_in  v4;
    struct sockaddr_in6 v6;
};

static enum hf_rc
not_an_address(const char *text)
{
    return hf_fail(
        HF_E_ARG,
        "%s: is not ADDRESS:PORT with a numeric address, like 127.0.0.1:8443 or [::1]:8443", text);
}

static enum hf_rc
read_address(const char *text, union address *a, socklen_t *n)
{
    const char *colon = strrchr(text, ':');
    char        host[64];
    int64_t     port;
    size_t      len = colon == NULL ? 0 : (size_t)(colon - text);
    bool        six = len > 2 && text[0] == '[' && text[len - 1] == ']';

    memset(a, 0, sizeof(*a));
    if (len == 0 || len >= sizeof(host) || hf_int_read("port", colon + 1, 0, 65535, &port) != HF_OK)
        return not_an_address(text);
    snprintf(host, sizeof(host), "%.*s", (int)(six ? len - 2 : len), six ? text + 1 : text);
    if (six) {
        a->v6.sin6_family = AF_INET6;
        a->v6.sin6_port = htons((uint16_t)port);
        *n = sizeof(a->v6);
        return inet_pton(AF_INET6, host, &a->v6.sin6_addr) == 1 ? HF_OK : not_an_address(text);
    }
    a->v4.sin_family = AF_INET;
    a->v4.sin_port = htons((uint16_t)port);
    *n = sizeof(a->v4);
    return inet_pton(AF_INET, host, &a->v4.sin_addr) == 1 ? HF_OK : not_an_address(text);
}

static enum hf_rc
cannot_listen(const char *what)
{
    if (errno == EADDRINUSE)
        return hf_fail(HF_E_EXISTS, "%s: the port is in use by another program", what);
    if (errno == EACCES || errno == EPERM)
        return hf_fail(HF_E_DENIED,
                       "%s: not permitted (ports below 1024 need CAP_NET_BIND_SERVICE)", what);
    if (errno == EADDRNOTAVAIL)
        return hf_fail(HF_E_ARG, "%s: this machine has no such address", what);
    return hf_fail_errno("%s", what);
}

static uint16_t
port_of(int fd)
{
    union address a;
    socklen_t     n = sizeof(a);

    if (getsockname(fd, &a.any, &n) == -1)
        return 0;
    return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

enum hf_rc
hf_listen_check(const char *address)
{
    union address a;
    socklen_t     n;

    return read_address(address, &a, &n);
}

enum hf_rc
hf_listen_tcp(const char *address, int *fd, uint16_t *port)
{
    union address a;
    socklen_t     n = 0;
    int           on = 1;
    enum hf_rc    rc;

    *fd = -1;
    if ((rc = read_address(address, &a, &n)) != HF_OK)
        return rc;
    if ((*fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
        return hf_fail_errno("%s", address);
    if (setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
        bind(*fd, &a.any, n) == -1 || listen(*fd, BACKLOG) == -1) {
        rc = cannot_listen(address);
        close(*fd);
        *fd = -1;
        return rc;
    }
    *port = port_of(*fd);
    return HF_OK;
}

/* -- Unix --------------------------------------------------------------------------- */

static enum hf_rc
bind_unix(int fd, const char *path, bool stream)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    struct stat        st;
    mode_t             mask;
    int                rc;

    if (strlen(path) >= sizeof(a.sun_path))
        return hf_fail(
            HF_E_TOOBIG,
            "%s: longer than %zu bytes, too long for a socket; use a shorter data directory", path,
            sizeof(a.sun_path) - 1);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
        return hf_fail(HF_E_EXISTS, "%s: exists and is not a socket", path);
    if (unlink(path) == -1 && errno != ENOENT)
        return hf_fail_errno("%s", path);
    mask = umask(0177);
    rc = bind(fd, (struct sockaddr *)&a, sizeof(a));
    umask(mask);
    if (rc == -1 || (stream && listen(fd, BACKLOG) == -1))
        return cannot_listen(path);
    return HF_OK;
}

enum hf_rc
hf_listen_unix(const char *path, bool stream, int *fd)
{
    enum hf_rc rc;

    *fd = socket(AF_UNIX, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd == -1)
        return hf_fail_errno("%s", path);
    if ((rc = bind_unix(*fd, path, stream)) != HF_OK) {
        close(*fd);
        *fd = -1;
    }
    return rc;
}
