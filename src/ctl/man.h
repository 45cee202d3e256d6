/*
 * man.h - the manual page hufu(1) in mdoc, generated from the tables of commands and operations.
 */
#ifndef HF_CTL_MAN_H
#define HF_CTL_MAN_H

#include "ctl/command.h"

/* `hufu man` prints it; man/hufu.1 is its output, and a test insists on that. */
void hf_man_put(struct hf_wr *w, const struct hf_command *commands, const struct hf_op *const *ops);

#endif
