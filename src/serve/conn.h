/*
 * conn.h - connections of the web process: sockets, codecs, time-outs; requests in, answers out.
 *
 * Everything here runs on the loop thread; handler threads see a connection
 * only through its job, and the loop leaves it alone in the meantime. A
 * connection reads while it has room for requests, so that pipelined requests
 * wait in the socket and nothing grows without limit.
 */
#ifndef HF_SERVE_CONN_H
#define HF_SERVE_CONN_H

#include <event2/event.h>

#include "serve/door.h"
#include "serve/pool.h"
#include "serve/tls.h"

/* Times in milliseconds; a test sets its own. */
struct hf_conn_limits {
    size_t connections; /* at one time */
    int64_t
        head_ms; /* from the first byte (or from connecting) to the end of the head or handshake */
    int64_t body_ms;  /* for the body, and 1 ms more for each 16 bytes of it */
    int64_t idle_ms;  /* between requests */
    int64_t write_ms; /* without the peer taking anything */
};
extern const struct hf_conn_limits hf_conn_limits; /* what the product runs with */

#define HF_LOOP_READ ((size_t)64 << 10)

/* The loop and what its connections share. */
struct hf_loop {
    struct event_base     *base;
    const struct hf_serve *serve;
    struct hf_pool        *pool;
    struct hf_tls_context *tls; /* for connections to come; NULL: https is closed */
    struct hf_conn_limits  limits;
    struct hf_conn        *first; /* all connections */
    size_t                 count;
    bool                   draining;
    /* scratch of the answer at hand */
    uint8_t         *read; /* HF_LOOP_READ bytes */
    struct hf_arena  arena;
    struct hf_answer answer;
    int64_t          date_s;
    char             date[HF_HTTP_DATE];
};

/* base, serve, pool, tls and limits are the caller's. E_NOMEM. */
HF_CHECKED enum hf_rc hf_loop_init(struct hf_loop *l);
/* Closes all connections. No job may be running. */
void hf_loop_clear(struct hf_loop *l);

/* Take over an accepted, non-blocking socket. Closes it if there is no room. */
void hf_conn_open(struct hf_loop *l, int fd, unsigned on, const char *address);

/* Handler threads have finished these. */
void hf_conn_done(struct hf_loop *l, struct hf_job *done);

/* Close what has been silent for too long. Call every quarter of a second or so. */
void hf_conn_sweep(struct hf_loop *l);

/*
 * The process ends: connections without a request are closed, the others after
 * the answer to it has been written out. The loop is empty when l->count is 0.
 */
void hf_conn_drain(struct hf_loop *l);

#endif
