/*
 * dispatch.h - an operation, from "somebody asks" to its reply. The one way in, whatever the face.
 *
 * In order: permission, arguments against the grammar, an answer remembered
 * under the request id, a second person where one is needed, the operation
 * itself. What is refused of operations that change something leaves an audit
 * record; what anonymous callers do so only as far as the record is not flooded.
 */
#ifndef HF_SERVE_DISPATCH_H
#define HF_SERVE_DISPATCH_H

#include "base/op.h"

struct hf_outcome {
    json_t     *reply;   /* owned: the operation's reply, or {"pending":{"id","expires"}} */
    bool        pending; /* waits for another person */
    const char *session; /* of a sign-in; lives as long as the arena. It is in no reply. */
    bool        session_end;
};

struct hf_asking {
    const struct hf_env       *env;
    const struct hf_op *const *ops;
    const struct hf_op        *op;
    json_t                    *args; /* borrowed */
    const struct hf_actor     *actor;
    const char                *request_id; /* "" without */
    struct hf_arena           *arena;
    int64_t                    now_ms;
};

HF_CHECKED enum hf_rc hf_dispatch(const struct hf_asking *asking, struct hf_outcome *out);

/*
 * A face has refused the request before it got here (malformed arguments, a
 * foreign site, no session): put it on record like any other refusal. args may
 * be NULL. Keeps the reason of the failure.
 */
void hf_dispatch_refused(const struct hf_asking *asking, enum hf_rc rc);

/* The row of this name in any of the tables, or NULL. */
const struct hf_op *hf_op_find(const struct hf_op *const *ops, const char *name);

/* Up to 64 of [A-Za-z0-9._-], at least one. */
bool hf_request_id_ok(const char *id);

/* May the actor ask for this? E_AUTH before signing in, E_DENIED after. */
HF_CHECKED enum hf_rc hf_op_permitted(const struct hf_op *op, const struct hf_actor *actor);

#endif
