/*
 * conn_part.h - a connection and the three files that work on it. For conn*.c alone.
 *
 *   conn.c          sockets, events, phases, time-outs
 *   conn_buffer.c   where bytes are kept on their way in and out
 *   conn_request.c  requests in those bytes, and their answers
 *
 * A handler thread has a connection's job from BUSY on until it is given back;
 * it touches request, answer and handshake, and nobody else does meanwhile.
 */
#ifndef HF_SERVE_CONN_PART_H
#define HF_SERVE_CONN_PART_H

#include <event2/event_struct.h>

#include "serve/conn.h"

#define HF_CONN_HIGH_WATER ((size_t)256 << 10) /* of unsent answers: no further request is begun */

enum hf_conn_phase {
    HANDSHAKE, /* TLS is not there yet */
    READING,   /* between requests, or in the middle of one */
    WANTED,    /* a request or handshake step is complete and needs a handler thread */
    BUSY,      /* a handler thread has it */
    LINGER,    /* everything is said; wait for the peer to close */
};

struct hf_conn {
    struct hf_job      job; /* first, so that a job is its connection */
    struct hf_conn    *next, *prev;
    struct hf_loop    *loop;
    struct event       readable, writable;
    int                fd;
    enum hf_conn_phase phase;
    unsigned           on;
    char               address[64];
    struct hf_tls     *tls;
    bool               reading, writing; /* events that are added */
    bool               handshaken;
    bool               closing; /* after what is in the queue */
    bool               ended;   /* the peer has ended, or nothing can be sent any more */
    bool               idle;    /* between requests, and no byte of the next one is there */
    int64_t            deadline, write_deadline;
    enum hf_rc         handshake; /* result of the step a handler thread made */

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

/* -- conn_buffer.c -------------------------------------------------------------------------- */

/* Make room behind in + n: the loop's buffer while nothing is kept, memory of its own otherwise. False: none. */
bool hf_conn_room(struct hf_conn *c);

/* Between requests: forget what has been read, give buffers back that are empty. */
void hf_conn_tidy(struct hf_conn *c);

/* What goes to the socket: `out`, or under TLS `wire`. */
struct hf_wr *hf_conn_to_send(struct hf_conn *c);

/* Send what there is, as far as the socket takes it. False: the connection is broken. */
bool hf_conn_flush(struct hf_conn *c);

/* Is there something that has not been sent? */
bool hf_conn_unsent(struct hf_conn *c);

/* -- conn_request.c ------------------------------------------------------------------------- */

/* Work through the bytes that are there; WANTED when a request needs a handler thread. */
void hf_conn_advance(struct hf_conn *c);

/* Let a handler thread work on the request at hand; and what it has answered goes into the queue. */
void hf_conn_ask(struct hf_conn *c);
void hf_conn_answered(struct hf_conn *c);

/* Answer with a failure. The connection ends, unless the request is complete and harmless. */
void hf_conn_refuse(struct hf_conn *c, int status, enum hf_rc rc, bool close);

#endif
