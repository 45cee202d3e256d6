/*
 * ops.h - every operation of the product, in one place.
 */
#ifndef HF_MAIN_OPS_H
#define HF_MAIN_OPS_H

#include "base/op.h"

/* The tables of all parts, ended by NULL; each table ends with name == NULL. */
const struct hf_op *const *hf_all_ops(void);

#endif
