/*
 * rows.h - audit records and heads as rows of the store; only src/audit includes this.
 */
#ifndef HF_AUDIT_ROWS_H
#define HF_AUDIT_ROWS_H

#include "audit/record.h"
#include "store/store.h"

/* The columns that hf_audit_row() reads, in its order. */
#define HF_AUDIT_COLUMNS                                                                           \
    "id, node, origin, number, at, event, result, actor_kind, actor_id, actor, strength, address," \
    " object, reason, request, detail, seq, hash"

/* The present row of q. Text is copied into the arena; seq is 0 while it is not sealed. */
void hf_audit_row(struct hf_query *q, struct hf_arena *a, struct hf_audit_record *out);

#define HF_AUDIT_HEAD_COLUMNS "node, seq, at, hash, key, signature"
void hf_audit_head_row(struct hf_query *q, struct hf_arena *a, struct hf_audit_head *out);

/*
 * The last sealed record of a node: its number and hash; 0 and the node's
 * genesis when there is none.
 */
HF_CHECKED enum hf_rc hf_audit_tail(struct hf_db *db, const char *node, int64_t *seq,
                                    int64_t *at_ms, uint8_t hash[HF_AUDIT_HASH]);

/* The last head of a node; out->seq is 0 when there is none. */
HF_CHECKED enum hf_rc hf_audit_last_head(struct hf_db *db, const char *node, struct hf_arena *a,
                                         struct hf_audit_head *out);

/* Records of a node that are not sealed: how many, and the time of the first (0 without any). */
HF_CHECKED enum hf_rc hf_audit_fresh(struct hf_db *db, const char *node, int64_t *n,
                                     int64_t *oldest_ms);

/* The names of all nodes that have records, sorted, in the arena. */
HF_CHECKED enum hf_rc hf_audit_nodes(struct hf_db *db, struct hf_arena *a, const char ***names,
                                     size_t *n);

/* The public key called by this fingerprint; E_ABSENT if the store has none. */
HF_CHECKED enum hf_rc hf_audit_key_row(struct hf_db *db, const uint8_t key[HF_AUDIT_HASH],
                                       struct hf_arena *a, struct hf_bytes *spki);

#endif
