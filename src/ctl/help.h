/*
 * help.h - help from the tables of commands and operations, English or Chinese, and "did you mean".
 */
#ifndef HF_CTL_HELP_H
#define HF_CTL_HELP_H

#include "ctl/command.h"

/* Chinese, when LC_ALL, LC_MESSAGES or LANG (the first that is set) begins with zh. */
bool hf_help_chinese(void);

/* All commands and operations by group; or only those whose first word is `group`. */
void hf_help_list(struct hf_wr *w, const struct hf_command *commands,
                  const struct hf_op *const *ops, const char *group, bool chinese);

/* Usage line, purpose, arguments. */
void hf_help_op(struct hf_wr *w, const struct hf_op *op, bool chinese);
void hf_help_command(struct hf_wr *w, const struct hf_command *command, bool chinese);

/* Is it the first word of any name? */
bool hf_help_is_group(const struct hf_command *commands, const struct hf_op *const *ops,
                      const char *word);

/* The name most like `words`, or NULL if none is near. */
const char *hf_help_near(const struct hf_command *commands, const struct hf_op *const *ops,
                         const char *words);

#endif
