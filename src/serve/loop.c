/* loop.c - the loop of the web process: listeners, handler threads coming back, stop and reload. */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "serve/web.h"

#define SWEEP_MS 250
#define REMAKE_MS 60000
#define ACCEPTS 64 /* of one listener before the others get their turn */
#define SOURCES_MAX 16

struct source {
    struct web   *web;
    struct event *event;
    int           fd;
    unsigned      on;
};

/* Runs on a handler thread: what SIGHUP and the minute ask for. */
struct remake {
    struct hf_job          job; /* first */
    struct web            *web;
    bool                   reload, busy;
    struct hf_tls_context *made;
};

struct web {
    const struct hf_process *process;
    struct hf_web           *how;
    struct hf_loop           loop;
    struct source            source[SOURCES_MAX];
    size_t                   sources;
    struct event            *stop, *reload, *done, *sweep;
    struct remake            remake;
    int64_t                  remake_at, drain_until; /* ticks; drain_until 0: not yet */
};

/* -- Listeners --------------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned    on;
} listener_kinds[] = { { "https", HF_ON_HTTPS }, { "http", HF_ON_HTTP }, { "local", HF_ON_LOCAL } };

/* The Unix socket is for the server's own user and root alone, whatever the modes of folders say.
 */
static bool
is_local_admin(int fd)
{
    struct ucred peer;
    socklen_t    n = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
        (peer.uid == 0 || peer.uid == geteuid()))
        return true;
    hf_log(HF_WARN, "local.refused");
    return false;
}

/* The peer's address as text; IPv4 inside IPv6 as IPv4. */
static void
address_text(const struct sockaddr_storage *from, char out[INET6_ADDRSTRLEN])
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)from;

    strcpy(out, "unix");
    if (from->ss_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)from)->sin_addr, out, INET6_ADDRSTRLEN);
    else if (from->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        inet_ntop(AF_INET, six->sin6_addr.s6_addr + 12, out, INET6_ADDRSTRLEN);
    else if (from->ss_family == AF_INET6)
        inet_ntop(AF_INET6, &six->sin6_addr, out, INET6_ADDRSTRLEN);
}

/* Accept one connection. False: there is none waiting. */
static bool
accept_one(struct source *s)
{
    struct sockaddr_storage from = { 0 };
    socklen_t               n = sizeof(from);
    char                    address[INET6_ADDRSTRLEN];
    int one = 1, fd = accept4(s->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd == -1) {
        if (errno == ECONNABORTED || errno == EINTR)
            return true;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            hf_log(HF_WARN, "accept", HF_F_INT("errno", errno));
        return false;
    }
    if (s->on == HF_ON_LOCAL && !is_local_admin(fd)) {
        close(fd);
        return true;
    }
    if (s->on != HF_ON_LOCAL)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    address_text(&from, address);
    hf_conn_open(&s->web->loop, fd, s->on, address);
    return true;
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
    for (int i = 0; i < ACCEPTS && accept_one(arg); i++)
        continue;
}

static enum hf_rc
listen_all(struct web *w)
{
    for (size_t k = 0; k < HF_COUNT(listener_kinds); k++) {
        const struct hf_listener *l = NULL;

        while ((l = hf_process_listener(w->process, listener_kinds[k].name, l)) != NULL) {
            struct source *s = &w->source[w->sources];

            if (w->sources == SOURCES_MAX)
                return hf_fail(HF_E_ARG, "too many listeners");
            *s = (struct source){ w, NULL, l->fd, listener_kinds[k].on };
            if ((s->event = event_new(w->loop.base, l->fd, EV_READ | EV_PERSIST, on_accept, s)) ==
                    NULL ||
                event_add(s->event, NULL) != 0)
                return hf_fail(HF_E_SYSTEM, "listening on %s", l->address);
            w->sources++;
        }
    }
    return HF_OK;
}

static void
stop_listening(struct web *w)
{
    for (size_t i = 0; i < w->sources; i++)
        event_free(w->source[i].event);
    w->sources = 0;
}

/* -- Certificates and settings anew --------------------------------------------------------- */

static void
run_remake(struct hf_job *job, struct hf_arena *arena)
{
    struct remake *r = (struct remake *)job;

    (void)arena;
    if (r->reload && r->web->how->reload != NULL)
        r->web->how->reload(r->web->how->serve);
    r->made = r->web->how->remake_tls == NULL ? NULL : r->web->how->remake_tls(r->web->how->serve);
}

static void
start_remake(struct web *w, bool reload)
{
    w->remake_at = hf_tick_ms() + REMAKE_MS;
    if (w->remake.busy)
        return;
    w->remake.busy = true;
    w->remake.reload = reload;
    hf_pool_put(w->loop.pool, &w->remake.job);
}

static void
remake_done(struct web *w)
{
    w->remake.busy = false;
    if (w->remake.made == NULL)
        return;
    hf_tls_context_free(w->loop.tls);
    w->loop.tls = w->remake.made;
    w->remake.made = NULL;
}

/* -- Events ------------------------------------------------------------------------------- */

static void
end_when_empty(struct web *w)
{
    if (w->drain_until != 0 && (w->loop.count == 0 || hf_tick_ms() >= w->drain_until))
        event_base_loopbreak(w->loop.base);
}

static void
on_done(evutil_socket_t fd, short what, void *arg)
{
    struct web    *w = arg;
    struct hf_job *next;

    for (struct hf_job *job = hf_pool_done(w->loop.pool); job != NULL; job = next) {
        next = job->next;
        job->next = NULL;
        if (job == &w->remake.job)
            remake_done(w);
        else
            hf_conn_done(&w->loop, job);
    }
    end_when_empty(w);
}

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct web *w = arg;

    hf_conn_sweep(&w->loop);
    if (hf_tick_ms() >= w->remake_at && w->drain_until == 0)
        start_remake(w, false);
    end_when_empty(w);
}

static void
on_reload(evutil_socket_t fd, short what, void *arg)
{
    uint64_t count;
    ssize_t  got = read(fd, &count, sizeof(count));

    (void)got;
    start_remake(arg, true);
}

/*
 * Asked to stop. Connections that wait to be accepted hold requests that
 * somebody has sent already: they are served too.
 */
static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
    struct web *w = arg;

    event_del(w->stop);
    for (size_t i = 0; i < w->sources; i++)
        while (accept_one(&w->source[i]))
            continue;
    stop_listening(w);
    w->drain_until = hf_tick_ms() + w->how->drain_ms;
    hf_conn_drain(&w->loop);
    hf_log(HF_INFO, "web.drain", HF_F_INT("connections", (int64_t)w->loop.count));
    end_when_empty(w);
}

static struct event *
watch(struct web *w, int fd, event_callback_fn fn)
{
    struct event *e = event_new(w->loop.base, fd, EV_READ | EV_PERSIST, fn, w);

    if (e != NULL && event_add(e, NULL) == 0)
        return e;
    if (e != NULL)
        event_free(e);
    return NULL;
}

static enum hf_rc
watch_all(struct web *w, int pool_fd)
{
    struct timeval every = { .tv_usec = SWEEP_MS * 1000 };

    w->stop = watch(w, w->process->stop_fd, on_stop);
    w->reload = watch(w, w->process->reload_fd, on_reload);
    w->done = watch(w, pool_fd, on_done);
    w->sweep = event_new(w->loop.base, -1, EV_PERSIST, on_sweep, w);
    if (w->stop == NULL || w->reload == NULL || w->done == NULL || w->sweep == NULL ||
        event_add(w->sweep, &every) != 0)
        return hf_fail(HF_E_SYSTEM, "the event loop cannot be set up");
    return listen_all(w);
}

static void
free_event(struct event *e)
{
    if (e != NULL)
        event_free(e);
}

static void
web_clear(struct web *w)
{
    stop_listening(w);
    free_event(w->stop);
    free_event(w->reload);
    free_event(w->done);
    free_event(w->sweep);
    hf_pool_free(w->loop.pool); /* first of all: no job runs after it */
    hf_loop_clear(&w->loop);
    hf_tls_context_free(w->remake.made);
    hf_tls_context_free(w->loop.tls);
    if (w->loop.base != NULL)
        event_base_free(w->loop.base);
    free(w);
}

enum hf_rc
hf_web_serve(const struct hf_process *p, struct hf_web *how)
{
    struct web *w = calloc(1, sizeof(*w));
    enum hf_rc  rc;
    int         pool_fd;

    if (w == NULL || (w->loop.base = event_base_new()) == NULL) {
        free(w);
        return hf_fail(HF_E_NOMEM, "event loop");
    }
    w->process = p;
    w->how = how;
    w->loop.serve = how->serve;
    w->loop.limits = how->limits;
    w->loop.tls = how->own_tls;
    how->own_tls = NULL;
    w->remake.job.run = run_remake;
    w->remake.web = w;
    w->remake_at = hf_tick_ms() + REMAKE_MS;
    if ((rc = hf_loop_init(&w->loop)) == HF_OK &&
        (rc = hf_pool_new(how->workers, &w->loop.pool, &pool_fd)) == HF_OK &&
        (rc = watch_all(w, pool_fd)) == HF_OK) {
        hf_process_ready(p);
        if (event_base_dispatch(w->loop.base) == -1)
            rc = hf_fail(HF_E_SYSTEM, "event loop");
    }
    web_clear(w);
    return rc;
}
