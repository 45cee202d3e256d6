#include "ctl/help.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/args.h"
#include "ctl/show.h"

bool
hf_help_chinese(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (size_t i = 0; i < HF_COUNT(names); i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && *value != '\0')
            return strncmp(value, "zh", 2) == 0;
    }
    return false;
}

/* -- Every name there is ---------------------------------------------------------------------- */

struct name {
    const char *name, *help;
};

#define NAMES_MAX 512

static bool
in_group(const char *name, const char *group)
{
    size_t n = strcspn(name, " ");

    return group == NULL || (strlen(group) == n && memcmp(name, group, n) == 0);
}

static bool
same_group(const char *a, const char *b)
{
    size_t n = strcspn(a, " ");

    return strcspn(b, " ") == n && memcmp(a, b, n) == 0;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->name, ((const struct name *)b)->name);
}

/* Names of the group (NULL: all that are not hidden), sorted. */
static size_t
gather(const struct hf_command *commands, const struct hf_op *const *ops, const char *group,
       bool chinese, struct name out[NAMES_MAX])
{
    size_t n = 0;

    for (const struct hf_command *c = commands; c->name != NULL && n < NAMES_MAX; c++)
        if (in_group(c->name, group))
            out[n++] =
                (struct name){ c->name, chinese && c->help_zh != NULL ? c->help_zh : c->help };
    for (; *ops != NULL; ops++)
        for (const struct hf_op *op = *ops; op->name != NULL && n < NAMES_MAX; op++)
            if ((op->flags & HF_OP_HIDDEN) == 0 && in_group(op->name, group))
                out[n++] = (struct name){ op->name,
                                          chinese && op->help_zh != NULL ? op->help_zh : op->help };
    qsort(out, n, sizeof(out[0]), by_name);
    return n;
}

bool
hf_help_is_group(const struct hf_command *commands, const struct hf_op *const *ops,
                 const char *word)
{
    struct name all[NAMES_MAX];

    return gather(commands, ops, word, false, all) != 0;
}

/* -- Lists ---------------------------------------------------------------------------------------
 */

static void
put_padded(struct hf_wr *w, const char *text, size_t width)
{
    hf_wr_str(w, text);
    for (size_t n = hf_show_width(text); n < width + 2; n++)
        hf_wr_u8(w, ' ');
}

static void
put_globals(struct hf_wr *w, bool chinese)
{
    hf_wr_str(w, chinese ? "\n通用选项：\n" : "\nOptions of every operation:\n");
    for (const struct hf_global_option *o = hf_global_options(); o->name != NULL; o++) {
        char text[64] = "  --";

        strcat(strcat(text, o->name), o->kind[0] == '\0' ? "" : " <");
        strcat(strcat(text, o->kind), o->kind[0] == '\0' ? "" : ">");
        put_padded(w, text, 24);
        hf_wr_str(w, chinese ? o->help_zh : o->help);
        hf_wr_str(w, "\n");
    }
}

void
hf_help_list(struct hf_wr *w, const struct hf_command *commands, const struct hf_op *const *ops,
             const char *group, bool chinese)
{
    struct name all[NAMES_MAX];
    size_t      n = gather(commands, ops, group, chinese, all), width = 0;

    if (group == NULL)
        hf_wr_str(w, chinese ? "用法：hufu [--data 目录 | --server 网址] 操作 参数…\n"
                             : "usage: hufu [--data DIR | --server URL] OPERATION ARGUMENT…\n");
    for (size_t i = 0; i < n; i++)
        if (strlen(all[i].name) > width)
            width = strlen(all[i].name);
    for (size_t i = 0; i < n; i++) {
        if (group == NULL && (i == 0 || !same_group(all[i - 1].name, all[i].name)))
            hf_wr_str(w, "\n");
        hf_wr_str(w, "  ");
        put_padded(w, all[i].name, width);
        hf_wr_str(w, all[i].help);
        hf_wr_str(w, "\n");
    }
    if (group == NULL)
        put_globals(w, chinese);
    hf_wr_str(w,
              chinese ? "\n详见：hufu 操作 --help\n" : "\nMore about one: hufu OPERATION --help\n");
}

/* -- One operation ----------------------------------------------------------------------------- */

static void
put_arg(struct hf_wr *w, const struct hf_arg *a, size_t width, bool chinese)
{
    char text[224] = "";

    if (!a->positional)
        strcat(strcat(text, "--"), a->name);
    if (!a->is_switch)
        strcat(strcat(strcat(text, a->positional ? "<" : " <"), a->word), ">");
    hf_wr_str(w, "  ");
    put_padded(w, text, width);
    hf_wr_str(w, chinese ? a->kind->help_zh : a->kind->help);
    if (a->required)
        hf_wr_str(w, chinese ? "（必需）" : " (required)");
    if (a->repeated)
        hf_wr_str(w, chinese ? "（可重复）" : " (may be repeated)");
    hf_wr_str(w, "\n");
}

static size_t
arg_width(const struct hf_arg *a)
{
    return (a->positional ? 0 : 2 + strlen(a->name) + 1) + (a->is_switch ? 0 : strlen(a->word) + 2);
}

void
hf_help_op(struct hf_wr *w, const struct hf_op *op, bool chinese)
{
    struct hf_arg arg[HF_OP_ARGS_MAX];
    size_t        n = hf_op_args(op, arg), width = 0;

    hf_wr_str(w, chinese ? "用法：hufu " : "usage: hufu ");
    hf_wr_str(w, op->name);
    hf_wr_str(w, op->args[0] == '\0' ? "" : " ");
    hf_wr_str(w, op->args);
    hf_wr_str(w, "\n\n");
    hf_wr_str(w, chinese && op->help_zh != NULL ? op->help_zh : op->help);
    hf_wr_str(w, "\n");
    if (n != 0)
        hf_wr_str(w, "\n");
    for (size_t i = 0; i < n; i++)
        if (arg_width(&arg[i]) > width && arg_width(&arg[i]) < 44)
            width = arg_width(&arg[i]);
    for (size_t i = 0; i < n; i++)
        put_arg(w, &arg[i], width, chinese);
    hf_wr_fmt(w, chinese ? "\n所需权限：%s\n" : "\nNeeds the permission: %s\n",
              hf_may_word(op->may));
    if ((op->flags & HF_OP_SECOND) != 0)
        hf_wr_str(w, chinese ? "需要另一人确认。\n" : "Another person must confirm.\n");
    if ((op->flags & HF_OP_CREDENTIAL) != 0)
        hf_wr_str(w, chinese
                         ? "涉及有角色的人员时，需要另一人确认。\n"
                         : "Another person must confirm if it is about somebody with a role.\n");
}

void
hf_help_command(struct hf_wr *w, const struct hf_command *c, bool chinese)
{
    hf_wr_fmt(w, chinese ? "用法：hufu %s %s\n\n%s\n" : "usage: hufu %s %s\n\n%s\n", c->name,
              c->args, chinese && c->help_zh != NULL ? c->help_zh : c->help);
}

/* -- Did you mean ------------------------------------------------------------------------------ */

static size_t
least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

/* How many letters must be put in, taken out or changed to make b of a; both at most 63 long. */
static size_t
distance(const char *a, const char *b)
{
    size_t row[64], n = strlen(b);

    if (strlen(a) > 63 || n > 63)
        return 64;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t above = row[j + 1];

            row[j + 1] = least(above + 1, row[j] + 1, diagonal + (a[i] != b[j]));
            diagonal = above;
        }
    }
    return row[n];
}

const char *
hf_help_near(const struct hf_command *commands, const struct hf_op *const *ops, const char *words)
{
    struct name all[NAMES_MAX];
    size_t      n = gather(commands, ops, NULL, false, all), best = 4;
    const char *near = NULL;

    for (size_t i = 0; i < n; i++) {
        size_t d = distance(words, all[i].name);

        if (d < best && d * 2 < strlen(all[i].name)) {
            best = d;
            near = all[i].name;
        }
    }
    return near;
}
