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
 * Sets c->committed.
 */
HF_CHECKED enum hf_rc hf_act_commit(struct hf_call *c,
                                    enum hf_rc (*fn)(struct hf_db *tx, void *arg), void *arg);

/* One audit record on its own: a refusal, a failed sign-in, a start or stop. */
struct hf_event {
    int64_t                at_ms;
    const char            *name;   /* stable: "login.refused" */
    const char            *result; /* "ok", or the name of an enum hf_rc */
    const struct hf_actor *actor;  /* NULL: the system itself */
    const char            *object; /* NULL is "" */
    const char            *reason; /* text of the failure, NULL is "" */
    const json_t          *detail; /* object or NULL */
};
HF_CHECKED enum hf_rc hf_audit_put(struct hf_db *tx, const struct hf_event *event);  /* within a transaction */
HF_CHECKED enum hf_rc hf_audit_write(struct hf_store *store, const struct hf_event *event); /* in its own */

/*
 * Has this request id been answered before? Then *reply is a new reference to
 * what was answered. E_EXISTS if the id belongs to other arguments or another
 * actor. HF_OK with *reply NULL if it is new.
 */
HF_CHECKED enum hf_rc hf_act_recall(const struct hf_call *c, json_t **reply);

#endif
