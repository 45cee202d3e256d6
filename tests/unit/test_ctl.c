/* test_ctl.c - words of a command line to arguments, replies to text, help, "did you mean". */
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "ctl/args.h"
#include "ctl/help.h"
#include "ctl/show.h"
#include "serve/sso.h"
#include "unit/t.h"

static enum hf_rc
nothing(struct hf_call *c)
{
    (void)c;
    return HF_OK;
}

static const struct hf_op ctl_ops[] = {
    { .name = "cert issue",
      .args = "--profile <profile> --csr <file> [--out <path-out>] [--chain] [--days <days>] [--san <san>]...",
      .help = "Issue.", .help_zh = "\xe7\xad\xbe\xe5\x8f\x91", .may = HF_MAY_CERT_ISSUE, .audit = "x", .out = "pem", .run = nothing },
    { .name = "cert revoke", .args = "<serial> [--reason <unspecified|keyCompromise>] [--password <secret>]",
      .help = "Revoke.", .may = HF_MAY_CERT_REVOKE, .flags = HF_OP_SECOND, .audit = "y", .run = nothing },
    { .name = "cert list", .args = "[<text>] [--limit <count>]", .help = "List.", .may = HF_MAY_CA_READ,
      .flags = HF_OP_READ, .columns = "serial,subject,state", .run = nothing },
    { .name = "whoami", .args = "", .help = "Who.", .may = HF_MAY_SIGNED_IN, .flags = HF_OP_READ, .run = nothing },
    { .name = "secret thing", .args = "", .help = "Hidden.", .may = HF_MAY_SIGNED_IN,
      .flags = HF_OP_READ | HF_OP_HIDDEN, .run = nothing },
    { 0 },
};
static const struct hf_op *const ops[] = { ctl_ops, NULL };
static const struct hf_command commands[] = { { "init", NULL, "--data <text>", "Begin.", NULL }, { NULL, NULL, NULL, NULL, NULL } };

static char folder[] = "/tmp/hufu-ctl-XXXXXX";

static const char *
file(const char *name, const char *text)
{
    static char path[4][128];
    static int  n;
    char       *p = path[n++ % 4];

    if (strstr(folder, "XXXXXX") != NULL)
        T_TRUE(mkdtemp(folder) != NULL);
    snprintf(p, 128, "%s/%s", folder, name);
    T_OK(hf_file_write(p, hf_bytes_str(text), 0600));
    return p;
}

/* Words up to NULL; the arguments as sorted JSON into out. */
static enum hf_rc
read_words(const struct hf_op *op, const char *const *words, char out[512], struct hf_globals *g, const char **path)
{
    char      *argv[16];
    int        argc = 0;
    json_t    *args;
    char      *text;
    enum hf_rc rc;

    for (; words[argc] != NULL; argc++)
        argv[argc] = (char *)words[argc];
    rc = hf_args_read(op, argc, argv, g, &args, path);
    text = rc == HF_OK ? json_dumps(args, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    snprintf(out, 512, "%s", text == NULL ? "" : text);
    free(text);
    json_decref(args);
    return rc;
}

#define WORDS(...) (const char *const[]){ __VA_ARGS__, NULL }

static void
words_become_arguments(void)
{
    struct hf_globals g = { 0 };
    const char       *path;
    char              out[512];

    T_OK(read_words(&ctl_ops[0], WORDS("--profile", "tls", "--csr", file("csr", "PEM text\n"), "--out=x.pem", "--san", "dns:a",
                                       "--chain", "--days=30", "--san=dns:b", "--json"), out, &g, &path));
    T_STR(out, "{\"chain\":true,\"csr\":\"PEM text\\n\",\"days\":30,\"profile\":\"tls\",\"san\":[\"dns:a\",\"dns:b\"]}");
    T_STR(path, "x.pem");
    T_TRUE(g.json);
    T_OK(read_words(&ctl_ops[1], WORDS("--password", file("pw", "s3cret\nmore"), "--", "-1"), out, &g, &path));
    T_STR(out, "{\"password\":\"s3cret\",\"serial\":\"-1\"}");
    T_OK(read_words(&ctl_ops[2], WORDS("--limit", "5"), out, &g, &path));
    T_STR(out, "{\"limit\":5}");
    g = (struct hf_globals){ 0 };
    T_OK(read_words(&ctl_ops[1], WORDS("--help"), out, &g, &path)); /* nothing is missing when help is wanted */
    T_TRUE(g.help);
}

static void
wrong_words_are_named(void)
{
    static const struct {
        int         op;
        const char *words[8], *reason;
    } cases[] = {
        { 0, { "--csr", "/etc/hostname" }, "--profile is missing" },
        { 0, { "--profile" }, "--profile needs a value" },
        { 0, { "--profile", "a", "--profile", "b" }, "--profile is given twice" },
        { 0, { "--chain=yes" }, "takes no value" },
        { 0, { "--days", "x" }, "days" },
        { 0, { "--days", "0" }, "days" },
        { 0, { "--nothing" }, "--nothing is not an option" },
        { 1, { "" }, NULL },
        { 1, { "--reason", "unspecified" }, "<serial> is missing" },
        { 1, { "aa", "bb" }, "one word too many" },
        { 3, { "x" }, "one word too many" },
        { 3, { "--json=1" }, "takes no value" },
        { 3, { "--timeout", "0" }, "timeout" },
    };
    char out[512];

    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        struct hf_globals g = { 0 };
        const char       *path;
        enum hf_rc        rc = read_words(&ctl_ops[cases[i].op], cases[i].words, out, &g, &path);

        if (cases[i].reason == NULL)
            continue;
        T_EQ(rc, HF_E_ARG);
        if (strstr(hf_reason(), cases[i].reason) == NULL) {
            t_bad++;
            printf("  \"%s\" does not say \"%s\"\n", hf_reason(), cases[i].reason);
        }
    }
    {
        struct hf_globals g = { 0 };
        const char       *path;

        T_RC(read_words(&ctl_ops[0], WORDS("--csr", "/nowhere/x"), out, &g, &path), HF_E_ABSENT);
        T_RC(read_words(&ctl_ops[0], WORDS("--csr", file("empty", "")), out, &g, &path), HF_E_ARG);
        T_RC(read_words(&ctl_ops[0], WORDS("--csr", file("bin", "\xff\xfe")), out, &g, &path), HF_E_ARG);
    }
}

static void
binary_requests_travel_as_pem(void)
{
    struct hf_globals g = { 0 };
    const char       *path;
    char              out[512];

    T_OK(read_words(&ctl_ops[0], WORDS("--profile", "a", "--csr", file("der", "\x30\x03\x02\x01\xff")), out, &g, &path));
    T_TRUE(strstr(out, "-----BEGIN CERTIFICATE REQUEST-----\\nMAMCAf8=") != NULL);
}

static void
global_options_come_first_too(void)
{
    char             *argv[] = { "hufu", "--data", "d", "--json", "--server=https://x", "cert", "list" };
    struct hf_globals g = { 0 };
    int               at = 1;

    T_OK(hf_globals_read(7, argv, &at, &g));
    T_EQ(at, 5);
    T_STR(g.data_dir, "d");
    T_STR(g.server, "https://x");
    T_TRUE(g.json);
    at = 1;
    T_RC(hf_globals_read(2, argv, &at, &g), HF_E_ARG);
}

/* -- Showing ------------------------------------------------------------------------------------- */

static const char *
shown(const struct hf_op *op, const char *reply)
{
    static char  text[4096];
    struct hf_wr w = hf_wr(4000);
    json_t      *j = json_loads(reply, 0, NULL);

    hf_show_reply(&w, op, j);
    snprintf(text, sizeof(text), "%.*s", (int)w.n, (const char *)w.p);
    json_decref(j);
    hf_wr_clear(&w);
    return text;
}

static void
lists_are_tables(void)
{
    T_STR(shown(&ctl_ops[2], "{\"items\":[{\"serial\":\"1\",\"subject\":\"\xe4\xb8\xad\xe6\x96\x87\",\"state\":\"ok\"},"
                             "{\"serial\":\"22222222\",\"subject\":\"b\",\"state\":null}],\"next\":null,\"total\":2}"),
          "SERIAL    SUBJECT  STATE\n"
          "1         \xe4\xb8\xad\xe6\x96\x87     ok\n"
          "22222222  b        -\n");
    T_STR(shown(&ctl_ops[2], "{\"items\":[],\"next\":null}"), "none\n");
    T_TRUE(strstr(shown(&ctl_ops[2], "{\"items\":[{\"serial\":\"1\"}],\"next\":\"k9\",\"total\":8}"),
                  "1 of 8; more with --after k9\n") != NULL);
}

static void
other_replies_are_fields(void)
{
    T_STR(shown(&ctl_ops[3], "{\"a\":true,\"long\":[1,\"x\"],\"in\":{\"n\":1},\"pem\":\"L1\\nL2\\n\"}"),
          "a:    yes\nlong: 1, x\nin:\n  n: 1\npem:\nL1\nL2\n");
    T_STR(shown(&ctl_ops[1], "{\"pending\":{\"id\":\"77\",\"expires\":\"soon\"}}"),
          "waits for another person: hufu approval approve 77\nexpires: soon\n");
}

static void
a_server_cannot_drive_the_terminal(void)
{
    const char *text = shown(&ctl_ops[3], "{\"a\\u001b\":\"x\\u001b[2Jy\\u0007\\u009b\\u202ez\"}");

    T_STR(text, "a?: x?[2Jy???z\n");
}

/* -- Help ----------------------------------------------------------------------------------------- */

static void
help_comes_from_the_tables(void)
{
    struct hf_wr w = hf_wr(65536);

    hf_help_list(&w, commands, ops, NULL, false);
    hf_wr_u8(&w, '\0');
    T_TRUE(strstr((char *)w.p, "  cert issue   Issue.\n") != NULL);
    T_TRUE(strstr((char *)w.p, "  init         Begin.\n") != NULL);
    T_TRUE(strstr((char *)w.p, "secret thing") == NULL);
    T_TRUE(strstr((char *)w.p, "--token-file <file>") != NULL);
    hf_wr_cut(&w, 0);
    hf_help_list(&w, commands, ops, "cert", true);
    hf_wr_u8(&w, '\0');
    T_TRUE(strstr((char *)w.p, "\xe7\xad\xbe\xe5\x8f\x91") != NULL && strstr((char *)w.p, "whoami") == NULL);
    hf_wr_cut(&w, 0);
    hf_help_op(&w, &ctl_ops[1], false);
    hf_wr_u8(&w, '\0');
    T_TRUE(strstr((char *)w.p, "usage: hufu cert revoke <serial>") != NULL);
    T_TRUE(strstr((char *)w.p, "Another person must confirm.") != NULL);
    hf_wr_clear(&w);
}

static void
near_names_are_offered(void)
{
    T_STR(hf_help_near(commands, ops, "cert isue"), "cert issue");
    T_STR(hf_help_near(commands, ops, "whoam"), "whoami");
    T_STR(hf_help_near(commands, ops, "cret list"), "cert list");
    T_TRUE(hf_help_near(commands, ops, "completely different") == NULL);
    T_TRUE(hf_help_near(commands, ops, "") == NULL);
    T_TRUE(hf_help_is_group(commands, ops, "cert"));
    T_FALSE(hf_help_is_group(commands, ops, "ce"));
}

static void
the_language_is_the_users(void)
{
    setenv("LC_ALL", "", 1);
    setenv("LC_MESSAGES", "", 1);
    setenv("LANG", "zh_CN.UTF-8", 1);
    T_TRUE(hf_help_chinese());
    setenv("LC_ALL", "C", 1);
    T_FALSE(hf_help_chinese());
}

static void
xml_text_is_escaped(void)
{
    struct hf_wr w = hf_wr(256);

    hf_xml_text(&w, "<a b=\"c\">&'\x01\n\xe4\xbd\xa0");
    T_BYTES(hf_wr_bytes(&w), hf_bytes_str("&lt;a b=&quot;c&quot;&gt;&amp;&apos;\xef\xbf\xbd\n\xe4\xbd\xa0"));
    hf_wr_clear(&w);
}

static void
clean_up(void)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -rf %s", folder);
    T_EQ(system(command), 0);
}

T_MAIN(T(words_become_arguments), T(wrong_words_are_named), T(binary_requests_travel_as_pem),
       T(global_options_come_first_too), T(lists_are_tables), T(other_replies_are_fields),
       T(a_server_cannot_drive_the_terminal), T(help_comes_from_the_tables), T(near_names_are_offered),
       T(the_language_is_the_users), T(xml_text_is_escaped), T(clean_up))
