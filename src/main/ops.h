/*
 * ops.h - all operations of the product: the parts' tables, gathered.
 */
#ifndef HF_MAIN_OPS_H
#define HF_MAIN_OPS_H

#include "base/op.h"

/* Tables, each ending with name == NULL; NULL after the last. */
const struct hf_op *const *hf_all_ops(void);

#endif
