#include "ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ctl/args.h"
#include "ctl/client.h"
#include "ctl/help.h"
#include "ctl/show.h"

#define OUTPUT_MAX ((size_t)512 << 20)

struct ctl {
    const struct hf_command   *commands;
    const struct hf_op *const *ops;
    struct hf_globals          g;
};

/* -- Printing ------------------------------------------------------------------------------- */

static int
print(struct hf_wr *w, FILE *to, int status)
{
    bool ok = w->rc == HF_OK && (w->n == 0 || fwrite(w->p, 1, w->n, to) == w->n) && fflush(to) == 0;

    hf_wr_clear(w);
    if (ok)
        return status;
    fprintf(stderr, "hufu: the answer cannot be written\n");
    return HF_EXIT_REFUSED;
}

/* The last failure, for people; what the server sent may hold anything. */
static void
complain(const char *what, enum hf_rc rc)
{
    fprintf(stderr, "hufu%s%s: ", *what == '\0' ? "" : " ", what);
    for (const char *p = hf_reason(); *p != '\0'; p++)
        fputc((unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p, stderr);
    fprintf(stderr, " (%s)\n", hf_rc_name(rc));
}

static int
usage(const struct hf_op *op, enum hf_rc rc)
{
    complain(op->name, rc);
    fprintf(stderr, "usage: hufu %s %s\n", op->name, op->args);
    return HF_EXIT_USAGE;
}

/* -- Names ---------------------------------------------------------------------------------------
 */

/* The operation that the first words name, the longest such; *words is their number. */
static const struct hf_op *
find_op(const struct hf_op *const *ops, int argc, char **argv, int *words)
{
    char                name[128] = "";
    const struct hf_op *found = NULL;

    *words = 0;
    for (int i = 0; i < argc && i < 3 && strlen(name) + strlen(argv[i]) + 2 < sizeof(name); i++) {
        strcat(strcat(name, i == 0 ? "" : " "), argv[i]);
        for (const struct hf_op *const *table = ops; *table != NULL; table++) {
            for (const struct hf_op *op = *table; op->name != NULL; op++) {
                if (strcmp(op->name, name) != 0)
                    continue;
                found = op;
                *words = i + 1;
            }
        }
    }
    return found;
}

static const struct hf_command *
find_command(const struct hf_command *commands, int argc, char **argv)
{
    for (const struct hf_command *c = commands; c->name != NULL; c++) {
        char two[128] = "";

        if (argc >= 1 && strcmp(c->name, argv[0]) == 0)
            return c;
        if (argc >= 2 && strlen(argv[0]) + strlen(argv[1]) + 2 < sizeof(two) &&
            strcmp(c->name, strcat(strcat(strcat(two, argv[0]), " "), argv[1])) == 0)
            return c;
    }
    return NULL;
}

static int
unknown(const struct ctl *ctl, int argc, char **argv)
{
    char        words[128] = "";
    const char *near;

    for (int i = 0; i < argc && i < 2 && argv[i][0] != '-' &&
                    strlen(words) + strlen(argv[i]) + 2 < sizeof(words);
         i++)
        strcat(strcat(words, i == 0 ? "" : " "), argv[i]);
    if (find_command(ctl->commands, argc, argv) != NULL) {
        fprintf(stderr, "hufu: \"%s\" needs no server; its options come behind it: hufu %s …\n",
                words, words);
        return HF_EXIT_USAGE;
    }
    near = hf_help_near(ctl->commands, ctl->ops, words);
    fprintf(stderr, "hufu: there is no \"%s\"", words);
    if (near != NULL)
        fprintf(stderr, "; did you mean \"%s\"?", near);
    fprintf(stderr, "\nhufu help lists everything there is.\n");
    return HF_EXIT_USAGE;
}

/* Help on whatever the words name: nothing, a group, an operation, a command. */
static int
help(const struct ctl *ctl, int argc, char **argv)
{
    struct hf_wr             w = hf_wr(OUTPUT_MAX);
    bool                     chinese = hf_help_chinese();
    int                      words;
    const struct hf_op      *op = find_op(ctl->ops, argc, argv, &words);
    const struct hf_command *command = find_command(ctl->commands, argc, argv);

    if (op != NULL)
        hf_help_op(&w, op, chinese);
    else if (command != NULL)
        hf_help_command(&w, command, chinese);
    else if (argc == 0 || hf_help_is_group(ctl->commands, ctl->ops, argv[0]))
        hf_help_list(&w, ctl->commands, ctl->ops, argc == 0 ? NULL : argv[0], chinese);
    else
        return unknown(ctl, argc, argv);
    return print(&w, stdout, HF_EXIT_DONE);
}

/* -- Asking the server ------------------------------------------------------------------------- */

static enum hf_rc
open_client(const struct hf_globals *g, struct hf_client **client)
{
    struct hf_client_to to = { .data_dir = g->data_dir,
                               .server = g->server,
                               .ca_file = g->ca_file,
                               .timeout_ms = (int)g->timeout_s * 1000 };
    struct hf_secret    token;
    enum hf_rc          rc;

    if (to.data_dir == NULL && to.server == NULL)
        to.data_dir = getenv("HUFU_DATA");
    if (to.data_dir == NULL && to.server == NULL)
        return hf_fail(HF_E_ARG, "say where: --data DIR, --server URL, or the variable HUFU_DATA");
    if (g->data_dir != NULL && g->server != NULL)
        return hf_fail(HF_E_ARG, "--data and --server exclude each other");
    if ((rc = hf_client_open(&to, client)) != HF_OK || g->token_file == NULL)
        return rc;
    if ((rc = hf_secret_from_file(&token, g->token_file)) == HF_OK)
        rc = hf_client_token(*client, hf_secret_bytes(&token));
    hf_secret_clear(&token);
    return rc;
}

/* One page of what the operation names; it leaves the reply. */
static enum hf_rc
write_page(const struct hf_op *op, struct hf_file_new *file, json_t *reply)
{
    json_t     *v = json_object_get(reply, op->out == NULL ? "" : op->out);
    char       *text = NULL;
    const char *body = json_string_value(v);
    enum hf_rc  rc;

    if (v == NULL)
        return hf_fail(HF_E_PEER, "the answer has nothing to write to %s", file->path);
    if (body == NULL)
        body = text = json_dumps(v, JSON_INDENT(2) | JSON_ENCODE_ANY);
    rc = hf_file_new_put(file, hf_bytes_str(body));
    free(text);
    if (rc == HF_OK)
        json_object_del(reply, op->out);
    return rc;
}

/*
 * The member that the operation names goes into the file; the rest is shown.
 * A text that comes in pages is asked for to its end: the file is whole or not there.
 */
static enum hf_rc
write_out(struct hf_client *client, const struct hf_op *op, json_t *args, const char *path,
          struct hf_client_reply *reply)
{
    struct hf_file_new file;
    const char        *next;
    enum hf_rc         rc = hf_file_new_open(path, 0644, &file);

    if (rc != HF_OK)
        return rc;
    rc = write_page(op, &file, reply->body);
    while (rc == HF_OK &&
           (next = json_string_value(json_object_get(reply->body, "next"))) != NULL) {
        json_object_set_new(args, "after", json_string(next));
        hf_client_reply_clear(reply);
        if ((rc = hf_client_call(client, op->name, args, NULL, reply)) == HF_OK)
            rc = write_page(op, &file, reply->body);
    }
    return hf_file_new_close(&file, rc);
}

static int
show(const struct ctl *ctl, const struct hf_op *op, struct hf_client_reply *reply)
{
    struct hf_wr w = hf_wr(OUTPUT_MAX);

    if (ctl->g.json) {
        hf_wr_put(&w, hf_wr_bytes(&reply->raw));
        hf_wr_u8(&w, '\n');
    } else if (reply->body != NULL) {
        hf_show_reply(&w, op, reply->body);
    }
    return print(&w, stdout, HF_EXIT_DONE);
}

/* Answered or not, accepted or not: what is printed, and the exit status. */
static int
conclude(const struct ctl *ctl, const struct hf_op *op, const char *out_path, enum hf_rc rc,
         struct hf_client_reply *reply)
{
    int status =
        json_is_false(json_object_get(reply->body, "valid")) ? HF_EXIT_REFUSED : HF_EXIT_DONE;

    if (rc == HF_OK && out_path != NULL && strcmp(out_path, "-") == 0)
        return status;
    if (rc == HF_OK)
        return show(ctl, op, reply) == HF_EXIT_DONE ? status : HF_EXIT_REFUSED;
    complain(op->name, rc);
    if (ctl->g.json && reply->body != NULL)
        (void)show(ctl, op, reply);
    return rc == HF_E_PEER && reply->status == 0 ? HF_EXIT_AWAY : HF_EXIT_REFUSED;
}

static int
ask(const struct ctl *ctl, const struct hf_op *op, json_t *args, const char *out_path)
{
    struct hf_client      *client = NULL;
    struct hf_client_reply reply = { 0 };
    enum hf_rc             rc = open_client(&ctl->g, &client);
    int                    status;

    if (rc == HF_OK) {
        rc = hf_client_call(client, op->name, args, ctl->g.request_id, &reply);
        if (rc == HF_OK && out_path != NULL && json_object_get(reply.body, "pending") == NULL)
            rc = write_out(client, op, args, out_path, &reply);
        status = conclude(ctl, op, out_path, rc, &reply);
    } else {
        complain("", rc);
        status = rc == HF_E_ARG ? HF_EXIT_USAGE : HF_EXIT_REFUSED;
    }
    hf_client_reply_clear(&reply);
    hf_client_close(client);
    return status;
}

/* Do the arguments stand a chance? What the server would refuse for its form is refused here. */
static int
run_op(struct ctl *ctl, const struct hf_op *op, int argc, char **argv)
{
    const char *out_path;
    json_t     *args;
    int         status;
    enum hf_rc  rc = hf_args_read(op, argc, argv, &ctl->g, &args, &out_path);

    if (rc == HF_E_ARG)
        return usage(op, rc);
    if (rc != HF_OK) {
        complain(op->name, rc);
        return HF_EXIT_REFUSED;
    }
    if (ctl->g.help) {
        struct hf_wr w = hf_wr(OUTPUT_MAX);

        hf_help_op(&w, op, hf_help_chinese());
        json_decref(args);
        return print(&w, stdout, HF_EXIT_DONE);
    }
    if ((rc = hf_op_check(op, args)) != HF_OK)
        status = usage(op, rc);
    else
        status = ask(ctl, op, args, out_path);
    json_decref(args);
    return status;
}

int
hf_ctl(int argc, char **argv, const struct hf_command *commands, const struct hf_op *const *ops)
{
    struct ctl          ctl = { commands, ops, { 0 } };
    const struct hf_op *op;
    int                 at = 1, words;
    enum hf_rc          rc = hf_globals_read(argc, argv, &at, &ctl.g);

    if (rc != HF_OK) {
        complain("", rc);
        return HF_EXIT_USAGE;
    }
    if (at < argc && strcmp(argv[at], "help") == 0)
        return help(&ctl, argc - at - 1, argv + at + 1);
    if (at == argc) {
        (void)help(&ctl, 0, NULL);
        return ctl.g.help ? HF_EXIT_DONE : HF_EXIT_USAGE;
    }
    if ((op = find_op(ops, argc - at, argv + at, &words)) != NULL)
        return run_op(&ctl, op, argc - at - words, argv + at + words);
    if (ctl.g.help || at + 1 == argc || strcmp(argv[at + 1], "--help") == 0)
        return help(&ctl, 1, argv + at);
    return unknown(&ctl, argc - at, argv + at);
}
