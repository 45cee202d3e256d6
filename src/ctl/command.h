/*
 * command.h - commands that run in the process that is called, without a server.
 *
 * Everything else that `hufu` understands is an operation (base/op.h), sent to
 * a running server. Help, completion and the manual page list both.
 */
#ifndef HF_CTL_COMMAND_H
#define HF_CTL_COMMAND_H

#include "base/op.h"

struct hf_command {
    const char *name; /* one or two words: "init", "cert verify" */
    /* argv[0] is the last word of the name; gives the exit status */
    int (*run)(int argc, char **argv);
    const char *args; /* for help, in the notation of base/op.h */
    const char *help, *help_zh;
};

/* All of them, gathered in src/main/hufu.c; the last has name == NULL. */
const struct hf_command *hf_commands(void);

#endif
