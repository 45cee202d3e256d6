/*
 * ctl.h - the command line: every operation, from its row in the tables.
 *
 *     hufu [--data DIR | --server URL --cacert FILE --token-file FILE] OPERATION ARGUMENT… [--json]
 *
 * Exit status: 0 done (or waiting for a second person), 1 refused or invalid,
 * 2 usage, 3 the server cannot be reached.
 */
#ifndef HF_CTL_CTL_H
#define HF_CTL_CTL_H

#include "ctl/command.h"

enum { HF_EXIT_DONE = 0, HF_EXIT_REFUSED = 1, HF_EXIT_USAGE = 2, HF_EXIT_AWAY = 3 };

/* argv as main() has it. commands: for help and completion; running them is main's business. */
int hf_ctl(int argc, char **argv, const struct hf_command *commands,
           const struct hf_op *const *ops);

/* `hufu completion bash|zsh|fish`: the script to standard output. argv[1] is the shell. */
int hf_ctl_completion(int argc, char **argv, const struct hf_command *commands,
                      const struct hf_op *const *ops);

#endif
