#include "loop/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

/* Wait until fd is ready for events. E_BUSY at the deadline. */
static enum hf_rc
wait_for(int fd, short events, int64_t deadline)
{
    for (;;) {
        struct pollfd f = { .fd = fd, .events = events };
        int64_t       left = deadline == INT64_MAX ? -1 : deadline - hf_tick_ms();
        int           n = 0;

        if (left > 0 || deadline == INT64_MAX)
            n = poll(&f, 1, left > 60000 ? 60000 : (int)left);
        if (n == 1)
            return HF_OK;
        if (n == -1 && errno != EINTR)
            return hf_fail_errno("poll");
        if (deadline != INT64_MAX && hf_tick_ms() >= deadline)
            return hf_fail(HF_E_BUSY, "no answer in time");
    }
}

enum hf_rc
hf_frame_send(int fd, struct hf_bytes message, int64_t deadline)
{
    uint8_t       head[4] = { (uint8_t)(message.n >> 24), (uint8_t)(message.n >> 16),
                              (uint8_t)(message.n >> 8), (uint8_t)message.n };
    struct iovec  part[2] = { { head, 4 }, { (void *)(uintptr_t)message.p, message.n } };
    struct msghdr m = { .msg_iov = part, .msg_iovlen = 2 };
    enum hf_rc    rc;

    if (message.n > UINT32_MAX)
        return hf_fail(HF_E_TOOBIG, "message: %zu bytes", message.n);
    while (part[0].iov_len + part[1].iov_len != 0) {
        ssize_t put = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (put == -1 && (errno == EAGAIN || errno == EINTR)) {
            if ((rc = wait_for(fd, POLLOUT, deadline)) != HF_OK)
                return rc;
            continue;
        }
        if (put == -1)
            return hf_fail(HF_E_PEER, "sending: %s", strerror(errno));
        for (int i = 0; i < 2; i++) {
            size_t n = (size_t)put < part[i].iov_len ? (size_t)put : part[i].iov_len;

            part[i].iov_base = (uint8_t *)part[i].iov_base + n;
            part[i].iov_len -= n;
            put -= (ssize_t)n;
        }
    }
    return HF_OK;
}

/* n bytes; *got says how many came before the other side closed. */
static enum hf_rc
receive(int fd, uint8_t *p, size_t n, size_t *got, int64_t deadline)
{
    enum hf_rc rc;

    for (*got = 0; *got < n;) {
        ssize_t in = recv(fd, p + *got, n - *got, MSG_DONTWAIT);

        if (in == 0)
            return hf_fail(HF_E_PEER, "the other side closed the connection");
        if (in > 0) {
            *got += (size_t)in;
        } else if (errno == EAGAIN || errno == EINTR) {
            if ((rc = wait_for(fd, POLLIN, deadline)) != HF_OK)
                return rc;
        } else {
            return hf_fail(HF_E_PEER, "receiving: %s", strerror(errno));
        }
    }
    return HF_OK;
}

enum hf_rc
hf_frame_receive(int fd, struct hf_wr *out, int64_t deadline)
{
    uint8_t    head[4], *p;
    size_t     got, n;
    enum hf_rc rc;

    if ((rc = receive(fd, head, sizeof(head), &got, deadline)) != HF_OK)
        return rc == HF_E_PEER && got == 0 ? HF_E_ABSENT : rc;
    n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (n > out->max)
        return hf_fail(HF_E_TOOBIG, "message: %zu bytes, at most %zu are taken", n, out->max);
    if (n == 0)
        return HF_OK;
    if ((p = hf_wr_space(out, n)) == NULL)
        return hf_fail(out->rc, "message: %zu bytes", n);
    return receive(fd, p, n, &got, deadline);
}

enum hf_rc
hf_unix_connect(const char *path, int *fd)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    enum hf_rc         rc;

    *fd = -1;
    if (strlen(path) >= sizeof(a.sun_path))
        return hf_fail(HF_E_TOOBIG, "%s: longer than %zu bytes, too long for a socket", path,
                       sizeof(a.sun_path) - 1);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    if ((*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
        return hf_fail_errno("socket");
    while (connect(*fd, (struct sockaddr *)&a, sizeof(a)) == -1) {
        if (errno == EINTR)
            continue;
        rc = errno == ECONNREFUSED || errno == ENOENT ? HF_E_STATE : HF_E_PEER;
        (void)hf_fail(rc, "%s: %s", path, strerror(errno));
        close(*fd);
        *fd = -1;
        return rc;
    }
    return HF_OK;
}
