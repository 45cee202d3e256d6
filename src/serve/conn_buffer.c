#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/text.h"
#include "serve/conn_part.h"

#define KEEP_MAX ((size_t)16 << 10) /* buffers larger than this are given back when empty */

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
bool
hf_conn_room(struct hf_conn *c)
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
void
hf_conn_tidy(struct hf_conn *c)
{
    if (c->cap == 0)
        return;
    if (c->lent || (!c->in_request && c->start != 0))
        unlend(c);
}

/* -- Output ------------------------------------------------------------------------------ */

struct hf_wr *
hf_conn_to_send(struct hf_conn *c)
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
bool
hf_conn_flush(struct hf_conn *c)
{
    struct hf_wr *w = hf_conn_to_send(c);

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

bool
hf_conn_unsent(struct hf_conn *c)
{
    return hf_conn_to_send(c)->n != 0 || c->out.n != 0;
}
