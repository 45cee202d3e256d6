/* completion.c - scripts that complete operations, options and words, made from the tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/args.h"
#include "ctl/ctl.h"

#define OUTPUT_MAX ((size_t)4 << 20)

struct tables {
    const struct hf_command   *commands;
    const struct hf_op *const *ops;
};

/* Call fn for each name with its grammar: commands, then operations that are not hidden. */
static void
each(const struct tables *t, void (*fn)(struct hf_wr *w, const struct hf_op *op), struct hf_wr *w)
{
    for (const struct hf_command *c = t->commands; c->name != NULL; c++) {
        struct hf_op as_op = { .name = c->name, .args = "", .help = c->help };

        fn(w, &as_op);
    }
    for (const struct hf_op *const *table = t->ops; *table != NULL; table++)
        for (const struct hf_op *op = *table; op->name != NULL; op++)
            if ((op->flags & HF_OP_HIDDEN) == 0)
                fn(w, op);
}

static bool
is_path(const struct hf_arg *a)
{
    return strcmp(a->word, "file") == 0 || strcmp(a->word, "path-out") == 0 ||
           strcmp(a->word, "secret") == 0 || strcmp(a->word, "serial") == 0 ||
           strcmp(a->word, "certificate") == 0;
}

/* -- bash (and zsh, which runs bash's) --------------------------------------------------------- */

static void
bash_name(struct hf_wr *w, const struct hf_op *op)
{
    hf_wr_fmt(w, "    '%s'\n", op->name);
}

/* One line of the case on "$op $previous": what may follow an option. */
static void
bash_values(struct hf_wr *w, const struct hf_op *op)
{
    struct hf_arg arg[HF_OP_ARGS_MAX];
    size_t        n = hf_op_args(op, arg);

    for (size_t i = 0; i < n; i++) {
        if (arg[i].positional || arg[i].is_switch)
            continue;
        if (strchr(arg[i].word, '|') != NULL) {
            hf_wr_fmt(w, "    '%s --%s') words='", op->name, arg[i].name);
            for (const char *p = arg[i].word; *p != '\0'; p++)
                hf_wr_u8(w, (uint8_t)(*p == '|' ? ' ' : *p));
            hf_wr_str(w, "' ;;\n");
        } else {
            hf_wr_fmt(w, "    '%s --%s') %s ;;\n", op->name, arg[i].name,
                      is_path(&arg[i]) ? "files=1" : "return");
        }
    }
}

static void
bash_options(struct hf_wr *w, const struct hf_op *op)
{
    struct hf_arg arg[HF_OP_ARGS_MAX];
    size_t        n = hf_op_args(op, arg);
    bool          files = false;

    hf_wr_fmt(w, "    '%s') words='", op->name);
    for (size_t i = 0; i < n; i++) {
        if (!arg[i].positional)
            hf_wr_fmt(w, "--%s ", arg[i].name);
        files |= arg[i].positional && is_path(&arg[i]);
    }
    hf_wr_fmt(w, "--json --help'%s ;;\n", files ? " files=1" : "");
}

static void
bash_script(struct hf_wr *w, const struct tables *t)
{
    hf_wr_str(w, "_hufu()\n{\n"
                 "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
                 "  local op= name words= files= said=() i skip=\n"
                 "  local names=(\n");
    each(t, bash_name, w);
    hf_wr_str(
        w, "  )\n"
           "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
           "    if [ -n \"$skip\" ]; then skip=; continue; fi\n"
           "    case ${COMP_WORDS[i]} in\n"
           "    --data|--server|--cacert|--token-file|--request-id|--timeout) [ ${#said[@]} = 0 ] "
           "&& skip=1 ;;\n"
           "    -*) ;;\n"
           "    *) said+=(\"${COMP_WORDS[i]}\") ;;\n"
           "    esac\n"
           "  done\n"
           "  for name in \"${names[@]}\"; do\n"
           "    case \"${said[*]} \" in \"$name \"*) [ ${#name} -gt ${#op} ] && op=$name ;; esac\n"
           "  done\n"
           "  case $previous in --data) COMPREPLY=($(compgen -d -- \"$current\")); return ;;\n"
           "  --cacert|--token-file) COMPREPLY=($(compgen -f -- \"$current\")); return ;; esac\n"
           "  if [ -z \"$op\" ]; then\n"
           "    for name in \"${names[@]}\"; do\n"
           "      if [ ${#said[@]} = 0 ]; then words+=\" ${name%% *}\"\n"
           "      elif [ \"${name%% *}\" = \"${said[0]}\" ]; then words+=\" ${name#* }\"; fi\n"
           "    done\n"
           "    [ ${#said[@]} = 0 ] && words+=' help --data --server --cacert --token-file --help "
           "--version'\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "    return\n"
           "  fi\n"
           "  case \"$op $previous\" in\n");
    each(t, bash_values, w);
    hf_wr_str(w, "  *) case $op in\n");
    each(t, bash_options, w);
    hf_wr_str(w, "    esac ;;\n"
                 "  esac\n"
                 "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
                 "  [ -n \"$files\" ] && COMPREPLY+=($(compgen -f -- \"$current\"))\n"
                 "}\n"
                 "complete -o filenames -F _hufu hufu\n");
}

static void
zsh_script(struct hf_wr *w, const struct tables *t)
{
    hf_wr_str(w, "#compdef hufu\nautoload -U +X bashcompinit && bashcompinit\n");
    bash_script(w, t);
}

/* -- fish -------------------------------------------------------------------------------------- */

/* Text between single quotes. */
static void
fish_quoted(struct hf_wr *w, const char *s)
{
    hf_wr_u8(w, '\'');
    for (; *s != '\0'; s++) {
        if (*s == '\'' || *s == '\\')
            hf_wr_u8(w, '\\');
        hf_wr_u8(w, (uint8_t)*s);
    }
    hf_wr_u8(w, '\'');
}

static void
fish_words(struct hf_wr *w, const struct hf_arg *a)
{
    if (strchr(a->word, '|') != NULL) {
        hf_wr_str(w, " -x -a '");
        for (const char *p = a->word; *p != '\0'; p++)
            hf_wr_u8(w, (uint8_t)(*p == '|' ? ' ' : *p));
        hf_wr_u8(w, '\'');
    } else if (!a->is_switch) {
        hf_wr_str(w, is_path(a) ? " -r -F" : " -x");
    }
}

static void
fish_op(struct hf_wr *w, const struct hf_op *op)
{
    struct hf_arg arg[HF_OP_ARGS_MAX];
    size_t        n = hf_op_args(op, arg), first = strcspn(op->name, " ");

    if (op->name[first] == '\0') {
        hf_wr_fmt(w, "complete -c hufu -n __fish_use_subcommand -f -a %s -d ", op->name);
    } else {
        hf_wr_fmt(w, "complete -c hufu -n __fish_use_subcommand -f -a %.*s\n", (int)first,
                  op->name);
        hf_wr_fmt(w, "complete -c hufu -n '__hufu_group %.*s' -f -a %s -d ", (int)first, op->name,
                  op->name + first + 1);
    }
    fish_quoted(w, op->help);
    hf_wr_u8(w, '\n');
    for (size_t i = 0; i < n; i++) {
        if (arg[i].positional)
            continue;
        hf_wr_fmt(w, "complete -c hufu -n '__hufu_op %s' -l %s", op->name, arg[i].name);
        fish_words(w, &arg[i]);
        hf_wr_str(w, " -d ");
        fish_quoted(w, arg[i].kind->help);
        hf_wr_u8(w, '\n');
    }
}

static void
fish_script(struct hf_wr *w, const struct tables *t)
{
    hf_wr_str(w, "function __hufu_words\n"
                 "    for w in (commandline -opc)[2..-1]\n"
                 "        string match -q -- '-*' $w; or echo $w\n"
                 "    end\n"
                 "end\n"
                 "function __hufu_group\n"
                 "    set -l said (__hufu_words)\n"
                 "    test (count $said) -ge 1; and contains -- $argv[1] $said; and test $said[-1] "
                 "= $argv[1]\n"
                 "end\n"
                 "function __hufu_op\n"
                 "    string match -q -- \"*$argv*\" (string join ' ' (__hufu_words))\n"
                 "end\n");
    for (const struct hf_global_option *o = hf_global_options(); o->name != NULL; o++) {
        hf_wr_fmt(w, "complete -c hufu -l %s%s -d ", o->name, o->kind[0] == '\0' ? "" : " -r");
        fish_quoted(w, o->help);
        hf_wr_u8(w, '\n');
    }
    each(t, fish_op, w);
}

/* -- Shells ------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    void (*write)(struct hf_wr *w, const struct tables *t);
} shells[] = { { "bash", bash_script }, { "zsh", zsh_script }, { "fish", fish_script } };

int
hf_ctl_completion(int argc, char **argv, const struct hf_command *commands,
                  const struct hf_op *const *ops)
{
    struct tables t = { commands, ops };
    struct hf_wr  w = hf_wr(OUTPUT_MAX);
    bool          ok;

    for (size_t i = 0; argc == 2 && i < HF_COUNT(shells); i++) {
        if (strcmp(argv[1], shells[i].name) != 0)
            continue;
        shells[i].write(&w, &t);
        ok = w.rc == HF_OK && fwrite(w.p, 1, w.n, stdout) == w.n && fflush(stdout) == 0;
        hf_wr_clear(&w);
        return ok ? HF_EXIT_DONE : HF_EXIT_REFUSED;
    }
    fprintf(stderr, "usage: hufu completion bash|zsh|fish\n");
    return HF_EXIT_USAGE;
}
