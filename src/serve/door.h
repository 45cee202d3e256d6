/*
 * door.h - what stands between a parsed HTTP request and whoever answers it.
 *
 * A door is a row of the table in doors.c: a place in the path, the methods
 * and listeners it is open to, how large a body may be, and the function that
 * answers. `quick` runs on the loop thread and must not block; what it leaves
 * unanswered, and every row without it, goes to `answer` on a handler thread,
 * or to `many` together with others that wait for the same.
 */
#ifndef HF_SERVE_DOOR_H
#define HF_SERVE_DOOR_H

#include "base/op.h"
#include "wire/http.h"

/* One for the process; lives as long as it. Read by all threads. */
struct hf_serve {
    struct hf_env              env;
    const struct hf_op *const *ops; /* tables of operations, the last is NULL */
    /* Who holds a session token: identity's hf_session_actor(), or a test's own. NULL: nobody ever. */
    enum hf_rc (*session_actor)(const struct hf_env *env, const char *token, int64_t now_ms,
                                struct hf_arena *a, struct hf_actor *out);
};

/* Listeners, as bits. */
enum { HF_ON_HTTPS = 1, HF_ON_HTTP = 2, HF_ON_LOCAL = 4 };

struct hf_request {
    const struct hf_http_head *head;
    const char                *method; /* one of the door's */
    struct hf_bytes            body;
    unsigned                   on;      /* the listener it came by */
    const char                *address; /* of the peer, "unix" on HF_ON_LOCAL */
    struct hf_arena           *arena;   /* of the request */
    int64_t                    now_ms;
};

struct hf_answer {
    int             status; /* 200 at the start */
    const char     *type;   /* Content-Type, lives as long as the process; NULL: no body */
    struct hf_wr    fields; /* more header fields, written with hf_http_put_field() */
    struct hf_wr    body;
    struct hf_bytes lasting; /* a body that lives as long as the process; used when body is empty */
};

struct hf_door {
    const char *name;
    const char *path;    /* exact; or everything below it, when it ends with '/' */
    const char *methods; /* "GET HEAD POST" */
    unsigned    on;      /* HF_ON_... */
    size_t      body_max;
    bool (*quick)(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a);
    void (*answer)(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a);
    void (*many)(const struct hf_serve *s, const struct hf_request *const *r,
                 struct hf_answer *const *a, size_t n);
};

/* The largest body_max of all doors. */
#define HF_DOOR_BODY_MAX ((size_t)2 << 20)

/* The row with the longest path that fits, open on this listener. NULL if there is none. */
const struct hf_door *hf_door_find(struct hf_bytes path, unsigned on);

/* The method of the request as a constant if the door has it, or NULL. */
const char *hf_door_method(const struct hf_door *door, struct hf_bytes method);

/* -- Answers ---------------------------------------------------------------------- */

#define HF_ANSWER_MAX ((size_t)256 << 20)

void hf_answer_init(struct hf_answer *a);
void hf_answer_reset(struct hf_answer *a); /* empty again, memory stays */
void hf_answer_clear(struct hf_answer *a);

/*
 * {"error":{"code":…,"field":…,"message":…,"id":…}} with the status of the
 * code's class and the text of this thread's last failure. id: of the request
 * or the audit record, "" without.
 */
void hf_answer_error(struct hf_answer *a, enum hf_rc rc, const char *id);
/* The same with a status of the caller's choice: those HTTP itself asks for. */
void hf_answer_refuse(struct hf_answer *a, int status, enum hf_rc rc);

/* HTTP status of a failure: by class, E_AUTH and E_TOOBIG by themselves. */
int hf_status_of(enum hf_rc rc);

/* Fill the body with JSON; takes the value over. */
void hf_answer_json(struct hf_answer *a, json_t *own_value);

/*
 * Put the whole message into out: status line, Date, the answer's fields,
 * Content-Length, and the body unless head_only.
 */
void hf_answer_write(const struct hf_answer *a, const char *date, bool head_only, bool close,
                     unsigned on, struct hf_wr *out);

#endif
