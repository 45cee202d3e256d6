#include "loop/process.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/conf.h"

static int stop_event = -1,
           reload_event = -1; /* for the signal handler: one process, one of each */

const struct hf_listener *
hf_process_listener(const struct hf_process *p, const char *name, const struct hf_listener *after)
{
    size_t i = after == NULL ? 0 : (size_t)(after - p->listener) + 1;

    for (; i < p->listeners; i++)
        if (strcmp(p->listener[i].name, name) == 0)
            return &p->listener[i];
    return NULL;
}

void
hf_process_ready(const struct hf_process *p)
{
    ssize_t put;

    do
        put = write(p->ready_fd, "r", 1);
    while (put == -1 && errno == EINTR);
}

bool
hf_process_wait_stop(const struct hf_process *p, int timeout_ms)
{
    struct pollfd f = { .fd = p->stop_fd, .events = POLLIN };
    int           n;

    do
        n = poll(&f, 1, timeout_ms);
    while (n == -1 && errno == EINTR && timeout_ms == -1);
    return n == 1;
}

bool
hf_process_stopping(const struct hf_process *p)
{
    return hf_process_wait_stop(p, 0);
}

enum hf_rc
hf_process_conf(const struct hf_process *p, struct hf_conf **out)
{
    char       path[PATH_MAX];
    uint64_t   times;
    ssize_t    got = p->reload_fd > 0 ? read(p->reload_fd, &times, sizeof(times)) : 0;
    enum hf_rc rc;

    (void)got; /* nothing to clear at the start */
    if (snprintf(path, sizeof(path), "%s/hufu.conf", p->data_dir) >= (int)sizeof(path))
        return hf_fail(HF_E_TOOBIG, "%s: path is too long", p->data_dir);
    if ((rc = hf_conf_load(path, out)) != HF_OK)
        return rc;
    for (size_t i = 0; rc == HF_OK && i < p->overrides; i++)
        rc = hf_conf_set(*out, p->override[i].name, p->override[i].value);
    if (rc != HF_OK) {
        hf_conf_free(*out);
        *out = NULL;
    }
    return rc;
}

static void
on_signal(int sig)
{
    int      saved = errno;
    uint64_t one = 1;
    ssize_t  put = write(sig == SIGHUP ? reload_event : stop_event, &one, sizeof(one));

    (void)put; /* an eventfd that is full is readable already */
    errno = saved;
}

int
hf_process_signals(struct hf_process *p)
{
    struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    struct sigaction usual = { .sa_handler = SIG_DFL };
    sigset_t         none;

    if ((p->stop_fd = stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
        return -1;
    if ((p->reload_fd = reload_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
        return -1;
    sigemptyset(&none);
    if (sigaction(SIGTERM, &act, NULL) == -1 || sigaction(SIGHUP, &act, NULL) == -1 ||
        sigaction(SIGINT, &ignore, NULL) == -1 || sigaction(SIGPIPE, &ignore, NULL) == -1 ||
        sigaction(SIGCHLD, &usual, NULL) == -1 || prctl(PR_SET_PDEATHSIG, SIGTERM) == -1)
        return -1;
    return sigprocmask(SIG_SETMASK, &none, NULL);
}
