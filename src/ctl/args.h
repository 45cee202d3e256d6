/*
 * args.h - the words of a command line as the arguments of an operation, by its grammar
 * (base/op.h).
 *
 * Files are read here: `file` gives the file's text (DER becomes PEM), `secret`
 * the first line of the named file, `serial` and `certificate` may name a
 * certificate's file instead. `path-out` stays here.
 */
#ifndef HF_CTL_ARGS_H
#define HF_CTL_ARGS_H

#include <jansson.h>

#include "base/op.h"

/* Options of the command line itself, before or after the operation's name. */
struct hf_globals {
    const char *data_dir, *server, *ca_file, *token_file, *request_id;
    int64_t     timeout_s; /* 0: the client's own */
    bool        json, help;
};

/*
 * Take global options off argv from *at on, until the first word that is none.
 * E_ARG for one without its value or with a bad one.
 */
HF_CHECKED enum hf_rc hf_globals_read(int argc, char **argv, int *at, struct hf_globals *g);

/*
 * What follows the operation's name. *own_args is the object to send, *out_path
 * the value of the path-out argument or NULL. With --help the rest is not looked
 * at. E_ARG names what is wrong; E_ABSENT, E_TOOBIG and so on are about files.
 */
HF_CHECKED enum hf_rc hf_args_read(const struct hf_op *op, int argc, char **argv,
                                   struct hf_globals *g, json_t **own_args, const char **out_path);

/* Global options for help and completion: name, kind ("" for a switch), help, in both languages. */
struct hf_global_option {
    const char *name, *kind, *help, *help_zh;
};
const struct hf_global_option *hf_global_options(void); /* the last has name == NULL */

#endif
