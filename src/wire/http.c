/* http.c - messages of HTTP/1.1: the reader from byte to byte. Heads are read by http_head.c. */
#include "wire/http.h"

#include <stdlib.h>
#include <string.h>

#include "wire/http_head.h"

/* -- States ------------------------------------------------------------------------------- */

enum { IN_HEAD, IN_BODY, IN_CLOSE, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, IN_TRAILER, ENDED, FAILED };

#define CHUNK_LINE_MAX 256 /* size and extensions, which are ignored (RFC 9112 7.1.1) */

struct step {
    struct hf_bytes  in;
    size_t          *used;
    struct hf_bytes *data;
};

static enum hf_http_event
bad(struct hf_http_reader *r)
{
    r->state = FAILED;
    return HF_HTTP_BAD;
}

static enum hf_http_event
refused(struct hf_http_reader *r, int status, const char *why)
{
    (void)hf_http_refuse(r, status, why);
    return bad(r);
}

/* An early look at bytes that are no complete head yet: do not wait for what can never be right. */
static enum hf_http_event
head_waits(struct hf_http_reader *r, struct hf_bytes in)
{
    const uint8_t *lf = in.n == 0 ? NULL : memchr(in.p, '\n', in.n);
    size_t         line = lf == NULL ? in.n : (size_t)(lf - in.p);

    if (lf != NULL && (line == 0 || lf[-1] != '\r'))
        return refused(r, 400, "a line that does not end in CR LF (RFC 9112 2.2)");
    if (line > r->limits.line + 1)
        return refused(r, 414, "the request line is too long");
    if (in.n > r->limits.head)
        return refused(r, 431, "the head is too large");
    return HF_HTTP_MORE;
}

static enum hf_http_event
step_head(struct hf_http_reader *r, struct step *s)
{
    static const int after[] = { ENDED, IN_BODY, CHUNK_SIZE, IN_CLOSE };
    size_t           skip = 0, n;

    if (!r->response && !r->blank && s->in.n >= 2 && memcmp(s->in.p, "\r\n", 2) == 0) {
        r->blank = true; /* one empty line before a request is forgiven (RFC 9112 2.2) */
        r->scanned = 0;
        *s->used = skip = 2;
        s->in = hf_bytes(s->in.p + 2, s->in.n - 2);
    }
    if (s->in.n == 0 || (!r->blank && s->in.n == 1 && s->in.p[0] == '\r'))
        return HF_HTTP_MORE;
    if ((n = hf_http_head_end(r, s->in)) == 0)
        return head_waits(r, s->in);
    if (n > r->limits.head)
        return refused(r, 431, "the head is too large");
    if (hf_http_head_read(r, hf_bytes(s->in.p, n)) != HF_OK)
        return bad(r);
    *s->used = skip + n;
    r->scanned = 0;
    r->left = r->head.length;
    r->state = after[r->head.framing];
    if (r->head.framing == HF_HTTP_LENGTH && r->left == 0)
        r->state = ENDED;
    return HF_HTTP_HEAD;
}

/* As much of the body as is there, up to r->left. */
static enum hf_http_event
step_data(struct hf_http_reader *r, struct step *s, int next)
{
    size_t n = s->in.n < r->left ? s->in.n : (size_t)r->left;

    if (n == 0)
        return HF_HTTP_MORE;
    *s->data = hf_bytes(s->in.p, n);
    *s->used = n;
    r->left -= n;
    r->total += n;
    if (r->left == 0)
        r->state = next;
    return HF_HTTP_DATA;
}

static enum hf_http_event
step_close(struct hf_http_reader *r, struct step *s)
{
    if (s->in.n > r->limits.body - r->total)
        return refused(r, 413, "the body is too large");
    r->left = s->in.n;
    return step_data(r, s, IN_CLOSE);
}

/* One line of at most `max` bytes with CR LF. HF_HTTP_DATA means: *line is there, *used set. */
static enum hf_http_event
step_line(struct hf_http_reader *r, struct step *s, size_t max, struct hf_bytes *line)
{
    const uint8_t *lf = NULL;

    if (s->in.n > r->scanned)
        lf = memchr(s->in.p + r->scanned, '\n', s->in.n - r->scanned);
    if (lf == NULL) {
        r->scanned = s->in.n;
        return s->in.n > max ? refused(r, 400, "a line of the chunked body is too long")
                             : HF_HTTP_MORE;
    }
    *line = hf_bytes(s->in.p, (size_t)(lf - s->in.p));
    if (line->n > max)
        return refused(r, 400, "a line of the chunked body is too long");
    if (line->n == 0 || lf[-1] != '\r')
        return refused(r, 400, "a line that does not end in CR LF (RFC 9112 7.1)");
    *s->used = line->n + 1;
    line->n--;
    r->scanned = 0;
    return HF_HTTP_DATA;
}

/* The value of a hexadecimal digit; -1 for anything else. */
static int
digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 1*HEXDIG [";" extension] (RFC 9112 section 7.1). */
static bool
read_size(struct hf_bytes line, uint64_t *size)
{
    size_t i = 0;

    for (*size = 0; i < line.n && i < 15 && digit(line.p[i]) >= 0; i++)
        *size = *size << 4 | (uint64_t)digit(line.p[i]);
    return i != 0 && (i == line.n || (line.p[i] == ';' && hf_http_is_value(line)));
}

static enum hf_http_event
step_size(struct hf_http_reader *r, struct step *s)
{
    struct hf_bytes    line;
    enum hf_http_event e = step_line(r, s, CHUNK_LINE_MAX, &line);

    if (e != HF_HTTP_DATA)
        return e;
    if (!read_size(line, &r->left))
        return refused(r, 400, "malformed chunk size (RFC 9112 7.1)");
    if (r->left > r->limits.body - r->total)
        return refused(r, 413, "the body is too large");
    r->state = r->left == 0 ? IN_TRAILER : CHUNK_DATA;
    return HF_HTTP_DATA;
}

static enum hf_http_event
step_chunk_end(struct hf_http_reader *r, struct step *s)
{
    if (s->in.n != 0 && (s->in.p[0] != '\r' || (s->in.n > 1 && s->in.p[1] != '\n')))
        return refused(r, 400, "a chunk is longer than its size (RFC 9112 7.1)");
    if (s->in.n < 2)
        return HF_HTTP_MORE;
    *s->used = 2;
    r->state = CHUNK_SIZE;
    return HF_HTTP_DATA;
}

/* Trailer fields are checked and dropped (RFC 9112 7.1.2 lets a recipient discard them). */
static enum hf_http_event
step_trailer(struct hf_http_reader *r, struct step *s)
{
    struct hf_http_field field;
    struct hf_bytes      line;
    enum hf_http_event   e = step_line(r, s, r->limits.line, &line);

    if (e != HF_HTTP_DATA)
        return e;
    r->trailer += *s->used;
    if (r->trailer > r->limits.head)
        return refused(r, 431, "the trailer is too large");
    if (line.n == 0)
        r->state = ENDED;
    else if (hf_http_field_read(r, line, &field) != HF_OK)
        return bad(r);
    return HF_HTTP_DATA;
}

static enum hf_http_event
step(struct hf_http_reader *r, struct step *s)
{
    switch (r->state) {
    case IN_HEAD:
        return step_head(r, s);
    case IN_BODY:
        return step_data(r, s, ENDED);
    case IN_CLOSE:
        return step_close(r, s);
    case CHUNK_SIZE:
        return step_size(r, s);
    case CHUNK_DATA:
        return step_data(r, s, CHUNK_END);
    case CHUNK_END:
        return step_chunk_end(r, s);
    case IN_TRAILER:
        return step_trailer(r, s);
    case ENDED:
        return HF_HTTP_END;
    default:
        return HF_HTTP_BAD;
    }
}

enum hf_http_event
hf_http_read(struct hf_http_reader *r, struct hf_bytes in, size_t *used, struct hf_bytes *data)
{
    enum hf_http_event e;
    size_t             done = 0, n;

    *data = hf_bytes(NULL, 0);
    do { /* lines between chunks give no event of their own */
        struct step s = { hf_bytes(in.n == done ? NULL : in.p + done, in.n - done), &n, data };

        n = 0;
        e = step(r, &s);
        done += n;
    } while (e == HF_HTTP_DATA && data->n == 0);
    *used = done;
    return e;
}

/* -- Reader's life ----------------------------------------------------------------------------- */

struct hf_http_limits
hf_http_limits(uint64_t body)
{
    return (struct hf_http_limits){ .line = 8 << 10, .head = 16 << 10, .body = body };
}

void
hf_http_reader_next(struct hf_http_reader *r)
{
    r->refuse = 0;
    r->state = IN_HEAD;
    r->blank = false;
    r->scanned = r->trailer = 0;
    r->left = r->total = 0;
}

void
hf_http_reader_init(struct hf_http_reader *r, bool response, struct hf_http_limits limits)
{
    memset(r, 0, sizeof(*r));
    r->response = response;
    r->limits = limits;
    hf_http_reader_next(r);
}

void
hf_http_head_again(struct hf_http_reader *r, struct hf_bytes head)
{
    if (head.n >= 2 && memcmp(head.p, "\r\n", 2) == 0)
        head = hf_bytes(head.p + 2, head.n - 2);
    if (hf_http_head_read(r, head) != HF_OK)
        abort();
}

bool
hf_http_reader_close(const struct hf_http_reader *r)
{
    return r->state == IN_CLOSE || r->state == ENDED;
}
