#include "serve/conn.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

const struct hf_conn_limits hf_conn_limits = {
    .connections = 2000,
    .head_ms = 10000,
    .body_ms = 20000,
    .idle_ms = 60000,
    .write_ms = 20000,
};

#define HIGH_WATER ((size_t)256 << 10) /* of unsent answers: no further request is begun */
#define KEEP_MAX ((size_t)16 << 10)    /* buffers larger than this are given back when empty */
#define LINGER_MS 2000                 /* after the last answer, for the peer to read it */
#define GRACE_MS 300                   /* for the first bytes of a connection when draining */

enum phase {
    HANDSHAKE, /* TLS is not there yet */
    READING,   /* between requests, or in the middle of one */
    WANTED,    /* a request or handshake step is complete and needs a handler thread */
    BUSY,      /* a handler thread has it */
    LINGER,    /* everything is said; wait for the peer to close */
};

struct hf_conn {
    struct hf_job   job; /* first, so that a job is its connection */
    struct hf_conn *next, *prev;
    struct hf_loop *loop;
    struct event    readable, writable;
    int             fd;
    enum phase      phase;
    unsigned        on;
    char            address[64];
    struct hf_tls  *tls;
    bool            reading, writing; /* events that are added */
    bool            handshaken;
    bool            closing; /* after what is in the queue */
    bool            ended;   /* the peer has ended, or nothing can be sent any more */
    bool            idle;    /* between requests, and no byte of the next one is there */
    int64_t         deadline, write_deadline;
    enum hf_rc      handshake; /* result of the step a handler thread made */

    /* input: [0, start) is done with, [start, n) is to be read */
    uint8_t *in;
    size_t   start, n, cap;
    bool     lent;  /* in is the loop's */
    bool     stale; /* in has moved since the head was read */

    /* the request at hand: head, then body, both inside [0, start) of in */
    struct hf_http_reader reader;
    bool                  in_request;
    size_t                head_at, head_n, body_n;
    bool                  head_only;
    int refusal; /* status of a request without body that no door answers; 0: none */
    const struct hf_door *door;
    struct hf_request     request;
    struct hf_answer      answer; /* written by the handler thread */

    struct hf_wr out;  /* plaintext; for plain connections what is sent */
    struct hf_wr wire; /* ciphertext to be sent */
    size_t       sent; /* of out or wire */
};

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

/* -- Input ------------------------------------------------------------------------------- */

/* Close the gap between what the request at hand has kept and what is still to be read. */
static void
compact(struct hf_conn *c)
{
    size_t end = c->in_request ? c->head_at + c->head_n + c->body_n : 0;

    memmove(c->in + end, c->in + c->start, c->n - c->start);
    c->n -= c->start - end;
    c->start = end;
}

/* Where to read to: the loop's buffer while nothing is kept, memory of its own otherwise. */
static bool
make_room(struct hf_conn *c)
{
    size_t   cap;
    uint8_t *p;

    if (c->cap == 0) {
        c->in = c->loop->read;
        c->cap = HF_LOOP_READ;
        c->lent = true;
        c->start = c->n = 0;
        return true;
    }
    if (c->cap - c->n >= 4096)
        return true;
    compact(c);
    if (c->cap - c->n >= 4096)
        return true;
    cap = c->cap * 2 < HF_LOOP_READ ? HF_LOOP_READ : c->cap * 2;
    if (c->lent || (p = realloc(c->in, cap)) == NULL)
        return false;
    c->in = p;
    c->cap = cap;
    c->stale = true;
    return true;
}

/* Give the loop its buffer back: copy what is still needed of it. */
static void
unlend(struct hf_conn *c)
{
    size_t   from = c->in_request ? c->head_at : c->start;
    size_t   n = c->n - from;
    uint8_t *p = n == 0 ? NULL : malloc(n + 1024);

    if (n != 0 && p == NULL)
        abort();
    if (n != 0)
        memcpy(p, c->in + from, n);
    if (!c->lent)
        free(c->in);
    c->in = p;
    c->cap = n == 0 ? 0 : n + 1024;
    c->n = n;
    c->start -= from;
    c->head_at = 0;
    c->lent = false;
    c->stale = true;
}

/* Between requests: forget what has been read. Memory of the own buffer is given back when empty.
 */
static void
tidy_input(struct hf_conn *c)
{
    if (c->cap == 0)
        return;
    if (c->lent || (!c->in_request && c->start != 0))
        unlend(c);
}

/* -- Output ------------------------------------------------------------------------------ */

static struct hf_wr *
to_send(struct hf_conn *c)
{
    return c->tls != NULL ? &c->wire : &c->out;
}

static void
seal(struct hf_conn *c)
{
    if (c->tls == NULL)
        return;
    if (c->out.n != 0 && hf_tls_write(c->tls, hf_wr_bytes(&c->out)) != HF_OK) {
        hf_log(HF_WARN, "tls.write", HF_F_REASON);
        c->ended = true;
    }
    hf_wr_cut(&c->out, 0);
    hf_tls_take(c->tls, &c->wire);
}

static void
emptied(struct hf_wr *w)
{
    if (w->cap > KEEP_MAX)
        hf_wr_clear(w);
    hf_wr_cut(w, 0);
}

/* Send what there is. False: the connection is broken. */
static bool
flush(struct hf_conn *c)
{
    struct hf_wr *w = to_send(c);

    seal(c);
    while (c->sent < w->n) {
        ssize_t n = send(c->fd, w->p + c->sent, w->n - c->sent, MSG_NOSIGNAL);

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return true;
        if (n == -1)
            return false;
        c->sent += (size_t)n;
        c->write_deadline = hf_tick_ms() + c->loop->limits.write_ms;
    }
    c->sent = 0;
    emptied(w);
    if (w != &c->out)
        emptied(&c->out);
    return true;
}

static bool
unsent(struct hf_conn *c)
{
    return to_send(c)->n != 0 || c->out.n != 0;
}

static const char *
date_now(struct hf_loop *l, int64_t now_ms)
{
    if (l->date_s != now_ms / 1000) {
        l->date_s = now_ms / 1000;
        hf_http_date(l->date_s, l->date);
    }
    return l->date;
}

/* Put the answer to the request at hand in the queue. */
static void
put_answer(struct hf_conn *c, const struct hf_answer *a)
{
    if (!c->reader.head.keep_alive || c->loop->draining)
        c->closing = true;
    if (c->out.n == 0 && to_send(c)->n == 0)
        c->write_deadline = hf_tick_ms() + c->loop->limits.write_ms;
    hf_answer_write(a, date_now(c->loop, hf_now_ms()), c->head_only, c->closing, c->on, &c->out);
    if (c->out.rc != HF_OK) { /* cannot be said in full: say nothing */
        hf_log(HF_ERROR, "http.answer", HF_F_STR("door", c->door == NULL ? "" : c->door->name));
        hf_wr_clear(&c->out);
        c->ended = true;
    }
}

static void
end_request(struct hf_conn *c)
{
    c->in_request = c->head_only = false;
    c->idle = true;
    c->refusal = 0;
    c->door = NULL;
    c->body_n = 0;
    hf_http_reader_next(&c->reader);
    c->reader.limits = hf_http_limits(HF_DOOR_BODY_MAX);
    c->deadline = hf_tick_ms() + c->loop->limits.idle_ms;
}

/* Answer with a failure. The connection ends, unless the request is complete and harmless. */
static void
refuse(struct hf_conn *c, int status, enum hf_rc rc, bool close)
{
    struct hf_answer *a = &c->loop->answer;

    hf_answer_refuse(a, status, rc);
    if (status == 405)
        hf_http_put_str(&a->fields, "Allow", c->door->methods);
    c->closing |= close;
    put_answer(c, a);
}

/* -- Requests ------------------------------------------------------------------------------- */

static enum hf_rc
find_door(struct hf_conn *c)
{
    struct hf_http_head *h = &c->reader.head;

    if ((c->door = hf_door_find(h->path, c->on)) == NULL) {
        c->refusal = 404;
        return hf_fail(HF_E_ABSENT, "there is nothing at this address");
    }
    if ((c->request.method = hf_door_method(c->door, h->method)) == NULL) {
        c->refusal = 405;
        return hf_fail(HF_E_ARG, "this method is not offered here");
    }
    c->reader.limits.body = c->door->body_max;
    if (h->framing == HF_HTTP_LENGTH && h->length > c->door->body_max) {
        c->refusal = 413;
        return hf_fail(HF_E_TOOBIG, "the body is larger than %zu bytes", c->door->body_max);
    }
    return HF_OK;
}

static void
on_head(struct hf_conn *c)
{
    struct hf_http_head *h = &c->reader.head;
    enum hf_rc           rc = find_door(c);

    c->head_only = hf_bytes_eq(h->method, hf_bytes_str("HEAD"));
    c->deadline = hf_tick_ms() + c->loop->limits.body_ms + (int64_t)(h->length / 16);
    if (h->framing == HF_HTTP_NO_BODY)
        return;
    if (rc != HF_OK)
        refuse(c, c->refusal, rc, true); /* rather than read a body that nobody wants */
    else if (h->expect && c->start == c->n)
        hf_wr_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void
fill_request(struct hf_conn *c, struct hf_arena *arena)
{
    c->request.head = &c->reader.head;
    c->request.body = hf_bytes(c->in + c->head_at + c->head_n, c->body_n);
    c->request.on = c->on;
    c->request.address = c->address;
    c->request.arena = arena;
    c->request.now_ms = hf_now_ms();
}

static void
refresh_head(struct hf_conn *c)
{
    if (c->stale)
        hf_http_head_again(&c->reader, hf_bytes(c->in + c->head_at, c->head_n));
    c->stale = false;
}

/* Answer on the loop. False: a handler thread has to. */
static bool
answer_quickly(struct hf_conn *c)
{
    struct hf_loop *l = c->loop;
    bool            done;

    if (c->door->quick == NULL)
        return false;
    fill_request(c, &l->arena);
    hf_answer_reset(&l->answer);
    if ((done = c->door->quick(l->serve, &c->request, &l->answer)))
        put_answer(c, &l->answer);
    hf_arena_reset(&l->arena);
    return done;
}

static void
on_request(struct hf_conn *c)
{
    refresh_head(c);
    if (c->refusal != 0) {
        refuse(c, c->refusal, find_door(c), false);
    } else if (!answer_quickly(c)) {
        if (c->door->answer != NULL || c->door->many != NULL) {
            c->phase = WANTED;
            return;
        }
        refuse(c, 404, hf_fail(HF_E_ABSENT, "there is nothing at this address"), false);
    }
    end_request(c);
}

/* On a handler thread. */
static void
run_request(struct hf_job *job, struct hf_arena *arena)
{
    struct hf_conn *c = (struct hf_conn *)job;

    fill_request(c, arena);
    hf_answer_reset(&c->answer);
    c->door->answer(c->loop->serve, &c->request, &c->answer);
}

/* The requests of the list for one door. Gives the first that is for another one. */
static struct hf_job *
run_for_one_door(struct hf_job *job, struct hf_arena *arena)
{
    const struct hf_conn    *first = (const struct hf_conn *)job;
    const struct hf_request *request[HF_POOL_TOGETHER];
    struct hf_answer        *answer[HF_POOL_TOGETHER];
    size_t                   n = 0;

    for (; job != NULL && n < HF_POOL_TOGETHER; job = job->next) {
        struct hf_conn *c = (struct hf_conn *)job;

        if (c->door->many != first->door->many)
            break;
        fill_request(c, arena);
        hf_answer_reset(&c->answer);
        request[n] = &c->request;
        answer[n++] = &c->answer;
    }
    first->door->many(first->loop->serve, request, answer, n);
    return job;
}

/* On a handler thread: a list. */
static void
run_requests(struct hf_job *job, struct hf_arena *arena)
{
    while (job != NULL)
        job = run_for_one_door(job, arena);
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

/* A part of the body: close the gaps that chunk sizes leave. */
static void
take_body(struct hf_conn *c, struct hf_bytes data)
{
    uint8_t *to = c->in + c->head_at + c->head_n + c->body_n;

    if (to != data.p)
        memmove(to, data.p, data.n);
    c->body_n += data.n;
}

/* One event of the reader. False: nothing more can be done now. */
static bool
advance_once(struct hf_conn *c)
{
    struct hf_bytes    data;
    size_t             used, at = c->start;
    enum hf_http_event e = hf_http_read(&c->reader, hf_bytes(c->in + at, c->n - at), &used, &data);

    c->start += used;
    switch (e) {
    case HF_HTTP_HEAD:
        c->in_request = true;
        c->head_at = at;
        c->head_n = used;
        c->body_n = 0;
        c->stale = false;
        on_head(c);
        return true;
    case HF_HTTP_DATA:
        take_body(c, data);
        return true;
    case HF_HTTP_END:
        on_request(c);
        return true;
    case HF_HTTP_BAD:
        refuse(c, c->reader.refuse, c->reader.refuse == 413 ? HF_E_TOOBIG : HF_E_FORMAT, true);
        return false;
    case HF_HTTP_MORE:
        break;
    }
    return false;
}

/* Work through the bytes that are there. */
static void
advance(struct hf_conn *c)
{
    if (c->idle && c->n > c->start) { /* the first bytes of a request */
        c->idle = false;
        c->deadline = hf_tick_ms() + c->loop->limits.head_ms;
    }
    while (c->phase == READING && !c->closing && !c->ended && c->cap != 0 &&
           to_send(c)->n + c->out.n < HIGH_WATER)
        if (!advance_once(c))
            break;
}

/* -- Events --------------------------------------------------------------------------------- */

/* Decrypt what has been fed. */
static void
read_tls(struct hf_conn *c)
{
    enum hf_rc rc = HF_OK;

    while (rc == HF_OK && c->phase == READING && !c->closing) {
        size_t got;

        if (!make_room(c)) {
            c->ended = true;
            return;
        }
        rc = hf_tls_read(c->tls, c->in + c->n, c->cap - c->n, &got);
        c->n += got;
        if (rc == HF_OK)
            advance(c);
        if (c->lent)
            tidy_input(c);
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

    if (!make_room(c))
        return false;
    n = recv(c->fd, c->in + c->n, c->cap - c->n, 0);
    if (n == -1)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (n == 0)
        c->ended = true;
    c->n += (size_t)n;
    advance(c);
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

    if (!flush(c)) {
        if (c->phase == BUSY)
            give_up(c);
        else
            conn_free(c);
        return;
    }
    advance(c); /* requests that waited for room */
    settle(c);
}

static void
start_job(struct hf_conn *c)
{
    c->job.together = false;
    if (c->tls != NULL && !c->handshaken) {
        c->job.run = run_handshake;
    } else {
        refresh_head(c);
        c->job.together = c->door->many != NULL;
        c->job.run = c->job.together ? run_requests : run_request;
    }
    c->phase = BUSY;
    hf_pool_put(c->loop->pool, &c->job);
}

static void
start_linger(struct hf_conn *c)
{
    if (c->tls != NULL) {
        hf_tls_close(c->tls);
        (void)flush(c);
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

    tidy_input(c);
    if (!flush(c)) {
        conn_free(c);
        return;
    }
    if (c->phase == WANTED) /* from here on the loop leaves its request, or handshake, alone */
        start_job(c);
    quiet = c->phase == HANDSHAKE || c->phase == READING;
    if (quiet && c->ended && !unsent(c)) {
        conn_free(c);
        return;
    }
    if (quiet && c->closing && !unsent(c))
        start_linger(c);
    set_event(&c->writable, &c->writing, unsent(c));
    set_event(&c->readable, &c->reading,
              c->phase == LINGER ||
                  (quiet && !c->closing && !c->ended && to_send(c)->n < HIGH_WATER));
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
        if (c->phase == LINGER || (c->phase == READING && c->idle && !unsent(c)))
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
        put_answer(c, &c->answer);
        hf_answer_clear(&c->answer);
        hf_answer_init(&c->answer);
        end_request(c);
        advance(c);
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
        refuse(c, 408, hf_fail(HF_E_SHORT, "the request did not come in time"), true);
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
        if (unsent(c)) {
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
        if (unsent(c))
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
