/*
 * seal.h - duties of `work`: chaining new audit records and signing heads.
 *
 * Each node has one chain, and its own `work` is the only one that writes it;
 * a second one (a mistake, or the old one after a fail-over) is kept off by
 * the transaction, and on PostgreSQL by an advisory lock on the node's name.
 */
#ifndef HF_AUDIT_SEAL_H
#define HF_AUDIT_SEAL_H

#include "base/op.h"

/*
 * Seal what is there: records in the order of their ids, in transactions of a
 * bounded number. Does nothing and writes nothing when there is none; call it
 * every few milliseconds, or when told of a change of topic "audit".
 */
HF_CHECKED enum hf_rc hf_audit_seal_step(const struct hf_env *env, int64_t now_ms);

/*
 * Sign a head with key "audit" if one is due: records were sealed since the
 * last one, and it is old, or many were, or nothing new has come for a moment.
 * The last head is also kept in DATA/audit.head, outside of the database, so
 * that a database put back to an older state is found out.
 */
HF_CHECKED enum hf_rc hf_audit_head_step(const struct hf_env *env, int64_t now_ms);

/* The same whenever a record was sealed since the last head. */
HF_CHECKED enum hf_rc hf_audit_head_now(const struct hf_env *env, int64_t now_ms);

#endif
