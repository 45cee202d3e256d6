/*
 * approval.h - dual control: what one person asks for, another confirms.
 *
 * An operation that needs a second person is kept with its arguments and its
 * asker until somebody else, who holds `approve` and the operation's own
 * permission, confirms or rejects it, or until it expires. Confirmed, it runs
 * as the asker's, and approval and act are one transaction: an approval is
 * spent exactly once. The local administrator counts as one person.
 */
#ifndef HF_SERVE_APPROVAL_H
#define HF_SERVE_APPROVAL_H

#include "base/op.h"

/* "approval list|show|approve|reject"; ends with a row without a name. */
extern const struct hf_op hf_serve_ops[];

/*
 * Keep the call, which has passed its checks, for another person. Its reply
 * becomes {"pending":{"id","expires"}}. E_STATE for arguments that are secrets.
 */
HF_CHECKED enum hf_rc hf_approval_ask(struct hf_call *c);

/* A duty of `work`: put what has expired on record. Cheap when nothing has. */
HF_CHECKED enum hf_rc hf_approval_step(const struct hf_env *env, int64_t now_ms);

#endif
