/*
 * act.h - an act: a change to the store and its audit record, in one transaction.
 *
 * An operation prepares what it needs (parses, asks `keys` for signatures) and
 * then commits once. Either the change, the audit record and the remembered
 * reply are all there, or nothing is.
 */
#ifndef HF_AUDIT_ACT_H
#define HF_AUDIT_ACT_H

#include "base/op.h"
#include "store/store.h"

/*
 * Run fn in a transaction, write c's audit record (event c->op->audit, result
 * "ok", c->object, c->detail as fn left them) and remember c->reply under
 * c->request_id, then commit. fn may run more than once: see hf_store_write().
 * c->within, if set, is called after fn in the same transaction and may fail it.
 * Sets c->committed. The reply as it stands when fn returns is remembered for a
 * day, unless the operation is marked HF_OP_SECRET or set c->session. If the
 * same request was done in the meantime, c->reply becomes what that gave.
 */
HF_CHECKED enum hf_rc hf_act_commit(struct hf_call *c,
                                    enum hf_rc (*fn)(struct hf_db *tx, void *arg), void *arg);

/*
 * One audit record on its own: a refusal, a failed sign-in, a start or stop. Texts may come from
 * outside: long ones are cut, and what is not UTF-8 is written in hexadecimal.
 */
struct hf_event {
    int64_t                at_ms;
    const char            *name;       /* stable: "login.refused" */
    const char            *result;     /* "ok", or the name of an enum hf_rc */
    const struct hf_actor *actor;      /* NULL: the system itself */
    const char            *object;     /* NULL is "" */
    const char            *reason;     /* text of the failure, NULL is "" */
    const json_t          *detail;     /* object or NULL */
    const char            *request_id; /* chosen by the client; NULL is "" */
};
/* within a transaction */
HF_CHECKED enum hf_rc hf_audit_put(struct hf_db *tx, const struct hf_event *event);
/* in its own */
HF_CHECKED enum hf_rc hf_audit_write(struct hf_store *store, const struct hf_event *event);

/*
 * Has this request id been answered before? Then *reply is a new reference to
 * what was answered. E_EXISTS if the id belongs to other arguments or another
 * actor, or if it was done and its answer is not kept (a secret was in it).
 * HF_OK with *reply NULL if it is new.
 */
HF_CHECKED enum hf_rc hf_act_recall(const struct hf_call *c, json_t **reply);

/* Forget requests older than a day. A duty of `work`, every few minutes. */
HF_CHECKED enum hf_rc hf_act_forget_step(const struct hf_env *env, int64_t now_ms);

#endif
