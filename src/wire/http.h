/*
 * http.h - HTTP/1.1 messages (RFC 9112): bytes in, events out; and back.
 *
 * A strict reader for both sides. A message that could be understood in two
 * ways is refused, never repaired: both Content-Length and Transfer-Encoding,
 * repeated or signed lengths, bare LF, folded lines, white space before the
 * colon, control characters, missing or repeated Host. No I/O, no allocation,
 * no policy: sockets, time-outs and routes are serve's business.
 *
 * The reader works on a buffer of the caller:
 *
 *     switch (hf_http_read(&r, in, &used, &data)) {
 *     case HF_HTTP_MORE: wait for bytes behind `in`, then call with all of it again
 *     case HF_HTTP_HEAD: r.head is ready; its runs borrow from `in`
 *     case HF_HTTP_DATA: `data` is the next part of the body, borrowed from `in`
 *     case HF_HTTP_END:  the message is complete; call hf_http_reader_next() for the next one
 *     case HF_HTTP_BAD:  r.refuse is the status to answer (0 when reading responses); close
 *     }
 *
 * After each call the first `used` bytes are done with: the next call gets
 * what follows them. Memory of the head must stay as long as r.head is used.
 */
#ifndef HF_WIRE_HTTP_H
#define HF_WIRE_HTTP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"

#define HF_HTTP_FIELDS_MAX 64

struct hf_http_limits {
    size_t   line; /* of the request or status line, bytes: 414 beyond */
    size_t   head; /* of the whole head: 431 beyond; also of the trailer */
    uint64_t body; /* after decoding: 413 beyond */
};

/* 8 KiB line, 16 KiB head, and the body given. */
struct hf_http_limits hf_http_limits(uint64_t body);

struct hf_http_field {
    struct hf_bytes name;  /* a token, as sent: compare with hf_http_is() */
    struct hf_bytes value; /* without white space around it */
};

enum hf_http_framing {
    HF_HTTP_NO_BODY,
    HF_HTTP_LENGTH,      /* Content-Length */
    HF_HTTP_CHUNKED,     /* Transfer-Encoding: chunked */
    HF_HTTP_UNTIL_CLOSE, /* responses only */
};

struct hf_http_head {
    /* of a request */
    struct hf_bytes method; /* "GET" */
    struct hf_bytes path;   /* before '?', still percent-encoded; "*" for OPTIONS * */
    struct hf_bytes query;  /* after '?', still encoded */
    struct hf_bytes host;   /* of the target or the Host field, with port; empty in 1.0 without */
    /* of a response */
    int status;
    /* of both */
    int                  minor; /* HTTP/1.minor: 0 or 1 */
    enum hf_http_framing framing;
    uint64_t             length;     /* HF_HTTP_LENGTH */
    bool                 keep_alive; /* another message may follow on this connection */
    /* Expect: 100-continue, to be answered before the body comes */
    bool                 expect;
    size_t               fields;
    struct hf_http_field field[HF_HTTP_FIELDS_MAX];
};

enum hf_http_event { HF_HTTP_MORE, HF_HTTP_HEAD, HF_HTTP_DATA, HF_HTTP_END, HF_HTTP_BAD };

struct hf_http_reader {
    struct hf_http_limits limits;
    struct hf_http_head   head;
    bool                  response;
    bool                  no_body; /* set by a client that has asked HEAD */
    int                   refuse;  /* after HF_HTTP_BAD; the reason is in hf_reason() */
    /* inside */
    int      state;
    bool     blank;   /* an empty line was skipped before the request line */
    size_t   scanned; /* bytes of an unfinished head or line that hold no line end */
    uint64_t left;    /* of the body or the chunk */
    uint64_t total;   /* body bytes so far */
    size_t   trailer; /* trailer bytes so far */
};

void hf_http_reader_init(struct hf_http_reader *r, bool response, struct hf_http_limits limits);

/* Forget the message that has ended; limits stay. */
void hf_http_reader_next(struct hf_http_reader *r);

enum hf_http_event hf_http_read(struct hf_http_reader *r, struct hf_bytes in, size_t *used,
                                struct hf_bytes *data);

/*
 * The bytes of a head that was read before have moved to `head`: point r->head
 * at them. They must be the same bytes; aborts otherwise.
 */
void hf_http_head_again(struct hf_http_reader *r, struct hf_bytes head);

/* A response may end with its connection: true if this one is complete by that. */
bool hf_http_reader_close(const struct hf_http_reader *r);

/* Is the name of the field, or a token, this lower-case word? Case does not matter (RFC 9110 5.1). */
bool hf_http_is(struct hf_bytes name, const char *lower);

/* The value of the only field of this name. NULL if there is none or more than one. */
const struct hf_bytes *hf_http_find(const struct hf_http_head *head, const char *lower);

/* The value of one cookie (RFC 6265 section 4.2.1); empty if absent or given twice. */
struct hf_bytes hf_http_cookie(const struct hf_http_head *head, const char *name);

/* -- Targets and forms ------------------------------------------------------------ */

/*
 * Percent-decode a path. The result is UTF-8 without control characters, starts
 * with '/', and has no empty, "." or ".." segment and no encoded '/'. E_FORMAT otherwise.
 */
HF_CHECKED enum hf_rc hf_http_path(struct hf_bytes path, struct hf_arena *a, const char **out);

/* Percent-decode anything, '+' stays. The result may be any bytes. E_FORMAT for a wrong '%'. */
HF_CHECKED enum hf_rc hf_http_unescape(struct hf_bytes text, struct hf_wr *out);

struct hf_form_pair {
    const char *name, *value;
};
#define HF_FORM_MAX 64
struct hf_form {
    size_t              n;
    struct hf_form_pair pair[HF_FORM_MAX];
};

/*
 * Names and values of a query or an application/x-www-form-urlencoded body.
 * Strict: E_FORMAT for a wrong %, for bytes that are not UTF-8 or are NUL, for
 * an empty name; E_ARG naming the parameter that is given twice, unless
 * `repeats`; E_TOOBIG beyond HF_FORM_MAX pairs.
 */
HF_CHECKED enum hf_rc hf_form_read(struct hf_bytes text, bool repeats, struct hf_arena *a,
                                   struct hf_form *out);
const char *hf_form_get(const struct hf_form *form, const char *name); /* NULL if absent */

/* Percent-encode for one path segment or one value of a query (RFC 3986 unreserved stay). */
void hf_http_escape(struct hf_bytes text, struct hf_wr *out);

/* -- Writing ------------------------------------------------------------------------ */

/* "HTTP/1.1 200 OK\r\n". Then fields, then hf_http_put_body() or _put_chunked(). */
void hf_http_put_status(struct hf_wr *w, int status);
void hf_http_put_request(struct hf_wr *w, const char *method, const char *target, const char *host);

/* A field. Aborts if name or value could break the message: both come from us. */
void hf_http_put_field(struct hf_wr *w, const char *name, struct hf_bytes value);
void hf_http_put_str(struct hf_wr *w, const char *name, const char *value);

/* Content-Length, end of the head, body. */
void hf_http_put_body(struct hf_wr *w, struct hf_bytes body);

/* Transfer-Encoding: chunked and the end of the head; then chunks, then an empty one to end. */
void hf_http_put_chunked(struct hf_wr *w);
void hf_http_put_chunk(struct hf_wr *w, struct hf_bytes part);

const char *hf_http_reason(int status); /* "Not Found" */

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7); out has room for 30. */
#define HF_HTTP_DATE 30
char *hf_http_date(int64_t unix_s, char out[HF_HTTP_DATE]);

/* The same date read back, in that form only. E_FORMAT otherwise. */
HF_CHECKED enum hf_rc hf_http_date_read(struct hf_bytes text, int64_t *unix_s);

#endif
