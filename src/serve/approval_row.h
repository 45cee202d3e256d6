/*
 * approval_row.h - one operation that waits, or waited, as the store has it. For approval*.c alone.
 */
#ifndef HF_SERVE_APPROVAL_ROW_H
#define HF_SERVE_APPROVAL_ROW_H

#include "base/op.h"
#include "store/store.h"

/* Strings live in the arena of the request. args and result are JSON, result is empty until it is done. */
struct hf_approval {
    const char     *id, *op, *args, *state;
    struct hf_actor asker;
    int64_t         asked_at, expires_at, decided_at;
    const char     *decided_kind, *decided_login, *note, *result;
};

/* The columns of a SELECT that hf_approval_row() reads. */
#define HF_APPROVAL_COLUMNS                                                                        \
    "id, op, args, state, asker_kind, asker_id, asker_login, asker_unit, asker_strength, "         \
    "asker_may, "                                                                                  \
    "asker_address, asked_at, expires_at, decided_at, decided_kind, decided_login, note, result"

/* What waits and is due shows as expired, whether or not `work` has come by. */
void hf_approval_row(struct hf_query *q, struct hf_arena *a, int64_t now_ms,
                     struct hf_approval *out);

/* The one that the argument `id` names; the record of the call is about it. E_ABSENT. */
HF_CHECKED enum hf_rc hf_approval_find(struct hf_call *c, struct hf_approval *out);

/* One person stays one person, whichever session he uses; so does the local administrator. */
bool hf_approval_asked_by(const struct hf_approval *p, const struct hf_actor *actor);

/* Operations, in approval.c */
enum hf_rc hf_approval_approve(struct hf_call *c);
enum hf_rc hf_approval_reject(struct hf_call *c);

#endif
