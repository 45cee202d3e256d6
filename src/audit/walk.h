/*
 * walk.h - through one node's chain in the store, in order; only src/audit includes this.
 */
#ifndef HF_AUDIT_WALK_H
#define HF_AUDIT_WALK_H

#include "audit/rows.h"

struct hf_audit_visitor {
    enum hf_rc (*record)(void *arg, const struct hf_audit_record *r);
    enum hf_rc (*head)(void *arg, const struct hf_audit_head *head); /* after its record */
    void *arg;
};

/*
 * Records and heads with from < seq <= to. Memory is bounded: a few hundred
 * records are read at a time, each by a query of its own.
 */
HF_CHECKED enum hf_rc hf_audit_walk(struct hf_db *db, const char *node, int64_t from, int64_t to,
                                    const struct hf_audit_visitor *v);

/* Every public key that signed heads. spki lives until the function returns. */
HF_CHECKED enum hf_rc
hf_audit_walk_keys(struct hf_db *db, enum hf_rc (*key)(void *arg, struct hf_bytes spki), void *arg);

#endif
