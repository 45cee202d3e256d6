/*
 * ops.h - what can be done to persons, sessions, applications and tickets.
 */
#ifndef HF_IDENTITY_OPS_H
#define HF_IDENTITY_OPS_H

#include "base/op.h"

extern const struct hf_op hf_identity_ops[]; /* ends with name == NULL */

#endif
