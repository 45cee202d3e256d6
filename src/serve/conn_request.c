#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "serve/conn_part.h"

/* -- Answers --------------------------------------------------------------------------------- */

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
    if (c->out.n == 0 && hf_conn_to_send(c)->n == 0)
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
void
hf_conn_refuse(struct hf_conn *c, int status, enum hf_rc rc, bool close)
{
    struct hf_answer *a = &c->loop->answer;

    hf_answer_refuse(a, status, rc);
    if (status == 405)
        hf_http_put_str(&a->fields, "Allow", c->door->methods);
    c->closing |= close;
    put_answer(c, a);
}

void
hf_conn_answered(struct hf_conn *c)
{
    put_answer(c, &c->answer);
    hf_answer_clear(&c->answer);
    hf_answer_init(&c->answer);
    end_request(c);
}

/* -- Requests -------------------------------------------------------------------------------- */

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
        hf_conn_refuse(c, c->refusal, rc, true); /* rather than read a body that nobody wants */
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
        hf_conn_refuse(c, c->refusal, find_door(c), false);
    } else if (!answer_quickly(c)) {
        if (c->door->answer != NULL || c->door->many != NULL) {
            c->phase = WANTED;
            return;
        }
        hf_conn_refuse(c, 404, hf_fail(HF_E_ABSENT, "there is nothing at this address"), false);
    }
    end_request(c);
}

/* -- On a handler thread ---------------------------------------------------------------------- */

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

void
hf_conn_ask(struct hf_conn *c)
{
    refresh_head(c);
    c->job.together = c->door->many != NULL;
    c->job.run = c->job.together ? run_requests : run_request;
}

/* -- From the bytes to requests ---------------------------------------------------------------- */

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
        hf_conn_refuse(c, c->reader.refuse, c->reader.refuse == 413 ? HF_E_TOOBIG : HF_E_FORMAT,
                       true);
        return false;
    case HF_HTTP_MORE:
        break;
    }
    return false;
}

/* Work through the bytes that are there. */
void
hf_conn_advance(struct hf_conn *c)
{
    if (c->idle && c->n > c->start) { /* the first bytes of a request */
        c->idle = false;
        c->deadline = hf_tick_ms() + c->loop->limits.head_ms;
    }
    while (c->phase == READING && !c->closing && !c->ended && c->cap != 0 &&
           hf_conn_to_send(c)->n + c->out.n < HF_CONN_HIGH_WATER)
        if (!advance_once(c))
            break;
}
