#include "serve/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "serve/conn_part.h"

const struct hf_conn_limits hf_conn_limits = {
    .connections = 2000,
    .head_ms = 10000,
    .body_ms = 20000,
    .idle_ms = 60000,
    .write_ms = 20000,
};

#define LINGER_MS 2000 /* after the last answer, for the peer to read it */
#define GRACE_MS 300   /* for the first bytes of a connection when draining */

static void settle(struct hf_conn *c);

/* -- Life ------------------------------------------------------------------------------ */

static void
conn_free(struct hf_conn *c)
{
    if (c->reading)
        event_del(&c->readable);
    if (c->writing)
        event_del(&c->writable);
    close(c->fd);
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        c->loop->first = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    c->loop->count--;
    if (!c->lent)
        free(c->in);
    hf_tls_free(c->tls);
    hf_answer_clear(&c->answer);
    hf_wr_clear(&c->out);
    hf_wr_clear(&c->wire);
    free(c);
}

static void
set_event(struct event *e, bool *have, bool want)
{
    if (*have == want)
        return;
    *have = want;
    if ((want ? event_add(e, NULL) : event_del(e)) != 0)
        abort(); /* out of memory */
}

/* -- Events --------------------------------------------------------------------------------- */

/* Decrypt what has been fed. */
static void
read_tls(struct hf_conn *c)
{
    enum hf_rc rc = HF_OK;

    while (rc == HF_OK && c->phase == READING && !c->closing) {
        size_t got;

        if (!hf_conn_room(c)) {
            c->ended = true;
            return;
        }
        rc = hf_tls_read(c->tls, c->in + c->n, c->cap - c->n, &got);
        c->n += got;
        if (rc == HF_OK)
            hf_conn_advance(c);
        if (c->lent)
            hf_conn_tidy(c);
    }
    if (rc != HF_OK && rc != HF_E_AGAIN)
        c->ended = true;
}

/* Bytes of a TLS connection. False: broken. */
static bool
receive_tls(struct hf_conn *c)
{
    ssize_t n = recv(c->fd, c->loop->read, 16 << 10, 0);

    if (n == -1)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (n == 0) {
        c->ended = true;
        return true;
    }
    if (hf_tls_feed(c->tls, hf_bytes(c->loop->read, (size_t)n)) != HF_OK)
        return false;
    if (c->phase == HANDSHAKE)
        c->phase = WANTED;
    else
        read_tls(c);
    return true;
}

static bool
receive_plain(struct hf_conn *c)
{
    ssize_t n;

    if (!hf_conn_room(c))
        return false;
    n = recv(c->fd, c->in + c->n, c->cap - c->n, 0);
    if (n == -1)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (n == 0)
        c->ended = true;
    c->n += (size_t)n;
    hf_conn_advance(c);
    return true;
}

/* What the peer still sends after the end is thrown away, so that it gets our last answer (RFC
 * 9112 9.6). */
static bool
receive_rest(struct hf_conn *c)
{
    ssize_t n = recv(c->fd, c->loop->read, HF_LOOP_READ, 0);

    return n > 0 || (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct hf_conn *c = arg;
    bool            alive = c->phase == LINGER ? receive_rest(c)
                            : c->tls != NULL   ? receive_tls(c)
                                               : receive_plain(c);

    if (alive)
        settle(c);
    else
        conn_free(c);
}

/* The peer is gone while a handler thread works for it: nothing is sent any more. */
static void
give_up(struct hf_conn *c)
{
    c->ended = true;
    c->sent = 0;
    hf_wr_clear(&c->out);
    hf_wr_clear(&c->wire);
    set_event(&c->writable, &c->writing, false);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct hf_conn *c = arg;

    if (!hf_conn_flush(c)) {
        if (c->phase == BUSY)
            give_up(c);
        else
            conn_free(c);
        return;
    }
    hf_conn_advance(c); /* requests that waited for room */
    settle(c);
}

/* On a handler thread. */
static void
run_handshake(struct hf_job *job, struct hf_arena *arena)
{
    struct hf_conn *c = (struct hf_conn *)job;

    (void)arena;
    c->handshake = hf_tls_handshake(c->tls);
    if (c->handshake != HF_OK && c->handshake != HF_E_AGAIN)
        hf_log(HF_INFO, "tls.handshake", HF_F_STR("from", c->address), HF_F_REASON);
}

static void
start_job(struct hf_conn *c)
{
    c->job.together = false;
    if (c->tls != NULL && !c->handshaken) {
        c->job.run = run_handshake;
    } else {
        hf_conn_ask(c);
    }
    c->phase = BUSY;
    hf_pool_put(c->loop->pool, &c->job);
}

static void
start_linger(struct hf_conn *c)
{
    if (c->tls != NULL) {
        hf_tls_close(c->tls);
        (void)hf_conn_flush(c);
    }
    shutdown(c->fd, SHUT_WR);
    c->phase = LINGER;
    c->deadline = hf_tick_ms() + LINGER_MS;
}

/* After anything happened: keep what is needed, send, decide what to wait for. */
static void
settle(struct hf_conn *c)
{
    bool quiet;

    hf_conn_tidy(c);
    if (!hf_conn_flush(c)) {
        conn_free(c);
        return;
    }
    if (c->phase == WANTED) /* from here on the loop leaves its request, or handshake, alone */
        start_job(c);
    quiet = c->phase == HANDSHAKE || c->phase == READING;
    if (quiet && c->ended && !hf_conn_unsent(c)) {
        conn_free(c);
        return;
    }
    if (quiet && c->closing && !hf_conn_unsent(c))
        start_linger(c);
    set_event(&c->writable, &c->writing, hf_conn_unsent(c));
    set_event(&c->readable, &c->reading,
              c->phase == LINGER || (quiet && !c->closing && !c->ended &&
                                     hf_conn_to_send(c)->n < HF_CONN_HIGH_WATER));
}

/* -- From outside ------------------------------------------------------------------------------ */

/* When all places are taken the connection that is idle for longest gives way. */
static bool
make_place(struct hf_loop *l)
{
    struct hf_conn *oldest = NULL;

    if (l->count < l->limits.connections)
        return true;
    for (struct hf_conn *c = l->first; c != NULL; c = c->next)
        if (c->phase == LINGER || (c->phase == READING && c->idle && !hf_conn_unsent(c)))
            if (oldest == NULL || c->deadline <= oldest->deadline) /* newest first in the list */
                oldest = c;
    if (oldest == NULL)
        return false;
    conn_free(oldest);
    return true;
}

static struct hf_conn *
conn_new(struct hf_loop *l, int fd, unsigned on)
{
    struct hf_conn *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    if (on == HF_ON_HTTPS && (l->tls == NULL || hf_tls_new(l->tls, &c->tls) != HF_OK)) {
        free(c);
        return NULL;
    }
    c->loop = l;
    c->fd = fd;
    c->on = on;
    c->phase = c->tls != NULL ? HANDSHAKE : READING;
    c->deadline = hf_tick_ms() + l->limits.head_ms;
    c->out = hf_wr(HF_ANSWER_MAX + (1 << 20));
    c->wire = hf_wr(HF_ANSWER_MAX * 2);
    hf_http_reader_init(&c->reader, false, hf_http_limits(HF_DOOR_BODY_MAX));
    hf_answer_init(&c->answer);
    return c;
}

void
hf_conn_open(struct hf_loop *l, int fd, unsigned on, const char *address)
{
    struct hf_conn *c;

    if (!make_place(l) || (c = conn_new(l, fd, on)) == NULL) {
        hf_log(HF_WARN, "http.no_room", HF_F_INT("connections", (int64_t)l->count));
        close(fd);
        return;
    }
    strncpy(c->address, address, sizeof(c->address) - 1);
    c->next = l->first;
    if (l->first != NULL)
        l->first->prev = c;
    l->first = c;
    l->count++;
    if (event_assign(&c->readable, l->base, fd, EV_READ | EV_PERSIST, on_readable, c) != 0 ||
        event_assign(&c->writable, l->base, fd, EV_WRITE | EV_PERSIST, on_writable, c) != 0)
        abort();
    set_event(&c->readable, &c->reading, true);
}

static void
handshake_done(struct hf_conn *c)
{
    c->phase = HANDSHAKE;
    if (c->handshake == HF_E_AGAIN)
        return;
    c->handshaken = true;
    if (c->handshake != HF_OK) {
        c->closing = true; /* an alert may be on its way out */
        return;
    }
    c->phase = READING;
    read_tls(c); /* a request may have come along */
}

static void
job_done(struct hf_conn *c)
{
    if (c->tls != NULL && !c->handshaken) {
        handshake_done(c);
    } else {
        c->phase = READING;
        hf_conn_answered(c);
        hf_conn_advance(c);
        if (c->tls != NULL && c->phase == READING)
            read_tls(c);
    }
    settle(c);
}

void
hf_conn_done(struct hf_loop *l, struct hf_job *done)
{
    (void)l;
    while (done != NULL) {
        struct hf_conn *c = (struct hf_conn *)done;

        done = done->next;
        job_done(c);
    }
}

/* A peer that is too slow with a request is told so, if that is still possible (RFC 9110 15.5.9).
 */
static void
expire(struct hf_conn *c)
{
    if (c->phase == READING && !c->closing && (c->in_request || c->n > c->start)) {
        hf_conn_refuse(c, 408, hf_fail(HF_E_SHORT, "the request did not come in time"), true);
        settle(c);
        return;
    }
    conn_free(c);
}

void
hf_conn_sweep(struct hf_loop *l)
{
    int64_t         now = hf_tick_ms();
    struct hf_conn *next;

    for (struct hf_conn *c = l->first; c != NULL; c = next) {
        next = c->next;
        if (c->phase == BUSY)
            continue;
        if (hf_conn_unsent(c)) {
            if (now >= c->write_deadline)
                conn_free(c);
        } else if (now >= c->deadline) {
            expire(c);
        }
    }
}

void
hf_conn_drain(struct hf_loop *l)
{
    struct hf_conn *next;
    int64_t         now = hf_tick_ms();

    l->draining = true;
    for (struct hf_conn *c = l->first; c != NULL; c = next) {
        next = c->next;
        if (c->phase == BUSY || c->phase == LINGER || c->in_request || c->n > c->start)
            continue; /* its answer closes it; it has until its deadline to finish the request */
        if (hf_conn_unsent(c))
            c->closing = true;
        else
            c->deadline = now + GRACE_MS; /* bytes of a request may wait in the socket */
    }
}

enum hf_rc
hf_loop_init(struct hf_loop *l)
{
    l->read = malloc(HF_LOOP_READ);
    l->arena = hf_arena();
    l->date_s = -1;
    hf_answer_init(&l->answer);
    return l->read != NULL ? HF_OK : hf_fail(HF_E_NOMEM, "loop");
}

void
hf_loop_clear(struct hf_loop *l)
{
    while (l->first != NULL)
        conn_free(l->first);
    free(l->read);
    hf_arena_clear(&l->arena);
    hf_answer_clear(&l->answer);
}
