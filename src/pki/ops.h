/*
 * ops.h - what can be done to authorities, profiles and certificates (see base/op.h).
 */
#ifndef HF_PKI_OPS_H
#define HF_PKI_OPS_H

#include "base/op.h"

/* Ends with a row without a name. */
extern const struct hf_op hf_pki_ops[];

#endif
