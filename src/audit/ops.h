/*
 * ops.h - what can be done with the audit trail (see base/op.h).
 */
#ifndef HF_AUDIT_OPS_H
#define HF_AUDIT_OPS_H

#include "base/op.h"

/* Ends with a row without a name. */
extern const struct hf_op hf_audit_ops[];

#endif
