#include "loop/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#define PAUSE_FIRST_MS 20
#define PAUSE_MAX_MS 1000
#define STEADY_MS 3000 /* a child that lived so long starts with a short pause again */
#define GAVE_UP_MS 500 /* what never was ready has nothing to finish */
#define CHILDREN_MAX 16

struct run {
    struct hf_supervise *s;
    int                  signals; /* signalfd */
    sigset_t             former;  /* mask */
    bool                 announced, stopping, gave_up;
    size_t               stop;    /* the child being stopped */
    int64_t              kill_at; /* when it is killed */
};

/* -- Starting ---------------------------------------------------------------------------- */

static void
child_main(struct run *r, struct hf_child *c, int ready_fd, pid_t parent)
{
    const struct rlimit none = { 0, 0 };
    char                comm[16];

    c->process.ready_fd = ready_fd;
    for (size_t i = 0; i < r->s->n; i++) /* the siblings' ready pipes are not ours */
        if (r->s->child[i].ready_fd != -1)
            close(r->s->child[i].ready_fd);
    close(r->signals);
    hf_log_name(c->process.name);
    snprintf(comm, sizeof(comm), "hufu %s", c->process.name);
    prctl(PR_SET_NAME, comm);
    /* passwords and tokens pass through: no process of ours leaves its memory on a disk */
    if (setrlimit(RLIMIT_CORE, &none) == -1 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
        hf_process_signals(&c->process) == -1 || getppid() != parent)
        _exit(1);
    if (r->s->in_child != NULL)
        r->s->in_child(&c->process, r->s->arg);
    _exit(c->run(&c->process));
}

static void
start(struct run *r, struct hf_child *c)
{
    int   fd[2];
    pid_t parent = getpid();

    c->started = hf_tick_ms();
    c->start_at = c->started + PAUSE_MAX_MS; /* should forking fail, so long until the next try */
    if (pipe(fd) == -1) {
        hf_log(HF_ERROR, "process.start-failed", HF_F_STR("name", c->process.name),
               HF_F_INT("errno", errno));
        return;
    }
    if ((c->pid = fork()) == 0) {
        close(fd[0]);
        child_main(r, c, fd[1], parent);
    }
    close(fd[1]);
    if (c->pid == -1) {
        hf_log(HF_ERROR, "process.start-failed", HF_F_STR("name", c->process.name),
               HF_F_INT("errno", errno));
        c->pid = 0;
        close(fd[0]);
        return;
    }
    c->ready_fd = fd[0];
    c->ready = false;
}

/* -- What happens --------------------------------------------------------------------------- */

static void
now_ready(struct run *r, struct hf_child *c)
{
    char byte;

    c->ready = read(c->ready_fd, &byte, 1) == 1; /* nothing: it has ended, and waitpid says more */
    close(c->ready_fd);
    c->ready_fd = -1;
    for (size_t i = 0; i < r->s->n; i++)
        if (!r->s->child[i].ready)
            return;
    if (!r->announced && r->s->ready != NULL)
        r->s->ready(r->s->arg);
    r->announced = true;
}

static void
begin_stop(struct run *r)
{
    if (r->stopping)
        return;
    r->stopping = true;
    if (r->s->stopping != NULL)
        r->s->stopping(r->s->arg);
}

/* A child ended. A crash is worth another try; giving up before the first "ready" is not. */
static void
ended(struct run *r, struct hf_child *c, int status)
{
    int64_t now = hf_tick_ms(), lived = now - c->started;
    int     code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    int     sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    c->pid = 0;
    if (c->ready_fd != -1)
        now_ready(r, c);
    c->ready = false;
    if (r->stopping)
        return;
    c->pause_ms = lived >= STEADY_MS || c->pause_ms == 0 ? PAUSE_FIRST_MS
                  : c->pause_ms * 2 < PAUSE_MAX_MS       ? c->pause_ms * 2
                                                         : PAUSE_MAX_MS;
    c->start_at = now + c->pause_ms;
    hf_log(HF_ERROR, "process.ended", HF_F_STR("name", c->process.name), HF_F_INT("status", code),
           HF_F_INT("signal", sig), HF_F_INT("lived_ms", lived),
           HF_F_INT("restart_ms", c->pause_ms));
    if (!r->announced && sig == 0) {
        r->gave_up = true;
        begin_stop(r);
    }
}

static void
reap(struct run *r)
{
    int   status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < r->s->n; i++)
            if (r->s->child[i].pid == pid)
                ended(r, &r->s->child[i], status);
}

static void
reload(struct run *r)
{
    if (r->s->reload != NULL && !r->s->reload(r->s->arg))
        return;
    for (size_t i = 0; i < r->s->n; i++)
        if (r->s->child[i].pid != 0)
            kill(r->s->child[i].pid, SIGHUP);
}

static void
read_signals(struct run *r)
{
    struct signalfd_siginfo info;

    while (read(r->signals, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGCHLD)
            reap(r);
        else if (info.ssi_signo == SIGHUP)
            reload(r);
        else
            begin_stop(r);
    }
}

/* -- Deadlines -------------------------------------------------------------------------------- */

/* Stop one after the other: who asks goes before who answers. False when all have ended. */
static bool
step_stop(struct run *r, int64_t now, int64_t *next)
{
    for (; r->stop < r->s->n; r->stop++, r->kill_at = 0) {
        struct hf_child *c = &r->s->child[r->stop];

        if (c->pid == 0)
            continue;
        if (r->kill_at == 0) {
            r->kill_at = now + (r->gave_up ? GAVE_UP_MS : c->drain_ms);
            kill(c->pid, SIGTERM);
        } else if (now >= r->kill_at) {
            hf_log(HF_ERROR, "process.killed", HF_F_STR("name", c->process.name),
                   HF_F_INT("drain_ms", c->drain_ms));
            kill(c->pid, SIGKILL);
            r->kill_at = now + 1000;
        }
        *next = r->kill_at;
        return true;
    }
    return false;
}

static void
step_start(struct run *r, int64_t now, int64_t *next)
{
    for (size_t i = 0; i < r->s->n; i++) {
        struct hf_child *c = &r->s->child[i];

        if (c->pid == 0 && now >= c->start_at)
            start(r, c);
        if (c->pid == 0 && c->start_at < *next)
            *next = c->start_at;
    }
}

static void
wait_for_something(struct run *r, int64_t next)
{
    struct pollfd f[CHILDREN_MAX + 1] = { { r->signals, POLLIN, 0 } };
    int64_t       now = hf_tick_ms();

    for (size_t i = 0; i < r->s->n; i++) /* negative descriptors are passed over */
        f[i + 1] = (struct pollfd){ r->s->child[i].ready_fd, POLLIN, 0 };
    if (poll(f, (nfds_t)r->s->n + 1,
             next <= now          ? 0
             : next - now > 60000 ? 60000
                                  : (int)(next - now)) <= 0)
        return;
    for (size_t i = 0; i < r->s->n; i++)
        if (f[i + 1].revents != 0)
            now_ready(r, &r->s->child[i]);
    if (f[0].revents != 0)
        read_signals(r);
}

static enum hf_rc
catch_signals(struct run *r)
{
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGHUP);
    sigaddset(&mask, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &mask, &r->former) == -1 ||
        (r->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
        return hf_fail_errno("signals");
    return HF_OK;
}

enum hf_rc
hf_supervise(struct hf_supervise *s)
{
    struct run r = { .s = s };
    enum hf_rc rc;

    if (s->n > CHILDREN_MAX)
        return hf_fail(HF_E_BUG, "more than %d children", CHILDREN_MAX);
    if ((rc = catch_signals(&r)) != HF_OK)
        return rc;
    for (size_t i = 0; i < s->n; i++) {
        s->child[i].pid = 0;
        s->child[i].ready_fd = -1;
        s->child[i].start_at = 0;
        s->child[i].pause_ms = 0;
    }
    for (;;) {
        int64_t now = hf_tick_ms(), next = INT64_MAX;

        if (r.stopping && !step_stop(&r, now, &next))
            break;
        if (!r.stopping)
            step_start(&r, now, &next);
        wait_for_something(&r, next);
    }
    close(r.signals);
    sigprocmask(SIG_SETMASK, &r.former, NULL);
    return r.gave_up ? hf_fail(HF_E_STATE, "the server could not start; its log says why") : HF_OK;
}
