#include "main/settings.h"

#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "ctl/ctl.h"
#include "ctl/help.h"
#include "ctl/show.h"
#include "main/ops.h"
#include "serve/second.h"

enum hf_rc
hf_settings_check(const struct hf_conf *conf)
{
    enum hf_level level;

    if (!hf_log_level_named(hf_conf_text(conf, "log_level"), &level))
        return hf_fail_field(HF_E_ARG, "log_level", "must be error, warn, info or debug");
    return hf_second_check(hf_conf_text(conf, "second"), hf_all_ops());
}

/* -- hufu config list -------------------------------------------------------------------------- */

#define REPLY_MAX ((size_t)64 << 10)

static const struct hf_op row = { .name = "config list",
                                  .columns = "name,value,set,applies,meaning" };

struct ask {
    const char *data; /* NULL: the defaults */
    bool        json, help;
};

static bool
read_arguments(struct ask *a, int argc, char **argv)
{
    static const struct option options[] = {
        { "data", required_argument, NULL, 'd' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    optind = 0; /* start anew, whatever was read before */
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == '?')
            return false;
        if (c == 'd')
            a->data = optarg;
        a->json |= c == 'j';
        a->help |= c == 'h';
    }
    return optind == argc;
}

/* A file that is not there is no fault of it: then every setting has its default. A directory is. */
static enum hf_rc
load(const char *data, struct hf_conf **out)
{
    char       path[PATH_MAX];
    enum hf_rc rc;

    if (data == NULL)
        return hf_conf_read(hf_bytes(NULL, 0), out);
    if (access(data, F_OK) != 0)
        return hf_fail_field(HF_E_ABSENT, "--data", "there is no %s", data);
    if ((size_t)snprintf(path, sizeof(path), "%s/hufu.conf", data) >= sizeof(path))
        return hf_fail_field(HF_E_ARG, "--data", "is too long");
    if ((rc = hf_conf_load(path, out)) == HF_OK && (rc = hf_settings_check(*out)) != HF_OK) {
        hf_conf_free(*out);
        return hf_because(rc, "%s", path);
    }
    return rc;
}

/* Append s with the passwords of an address of a database hidden: user:password@host, ?password=…, &sslpassword=… */
static void
put_hidden(struct hf_wr *w, const char *s)
{
    const char *user = strstr(s, "://"), *colon, *value, *rest = s;

    if (user != NULL) {
        size_t n = strcspn(user + 3, "/?"); /* who and where */

        colon = memchr(user + 3, ':', n);
        rest = memrchr(user + 3, '@', n);
        if (colon != NULL && rest != NULL && colon < rest) {
            hf_wr_put(w, hf_bytes(s, (size_t)(colon - s)));
            hf_wr_str(w, ":***");
        } else {
            rest = s;
        }
    }
    while ((value = strstr(rest, "password=")) != NULL) {
        value += strlen("password=");
        hf_wr_put(w, hf_bytes(rest, (size_t)(value - rest)));
        hf_wr_str(w, "***");
        rest = value + strcspn(value, "&");
    }
    hf_wr_str(w, rest);
}

static json_t *
shown(const char *value)
{
    struct hf_wr w = hf_wr(REPLY_MAX);
    json_t      *text;

    put_hidden(&w, value);
    text = json_stringn(w.n == 0 ? "" : (const char *)w.p, w.n);
    hf_wr_clear(&w);
    return text;
}

static json_t *
item(const struct hf_conf *conf, const struct hf_setting *s, bool chinese)
{
    return json_pack("{s:s, s:o, s:s, s:b, s:s, s:s}", "name", s->name, "value",
                     shown(hf_conf_text(conf, s->name)), "default", s->value, "set",
                     hf_conf_is_set(conf, s->name), "applies", s->reload ? "reload" : "restart",
                     "meaning", chinese ? s->help_zh : s->help);
}

static int
print(const struct hf_conf *conf, bool json)
{
    struct hf_wr w = hf_wr(REPLY_MAX);
    json_t      *items = json_array(), *reply = json_pack("{s:o}", "items", items);
    bool         chinese = hf_help_chinese(), ok;

    for (const struct hf_setting *s = hf_settings(); s->name != NULL; s++)
        json_array_append_new(items, item(conf, s, chinese));
    if (json)
        ok = json_dumpf(reply, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
    else {
        hf_show_reply(&w, &row, reply);
        ok = w.rc == HF_OK && fwrite(w.p, 1, w.n, stdout) == w.n;
    }
    json_decref(reply);
    hf_wr_clear(&w);
    return ok && fflush(stdout) == 0 ? HF_EXIT_DONE : HF_EXIT_REFUSED;
}

int
hf_config_list_main(int argc, char **argv)
{
    struct ask      a = { 0 };
    struct hf_conf *conf;
    int             status;

    if (!read_arguments(&a, argc, argv)) {
        fprintf(stderr, "usage: hufu config list " HF_CONFIG_LIST_ARGS "\n");
        return HF_EXIT_USAGE;
    }
    if (a.help) {
        printf(
            "usage: hufu config list " HF_CONFIG_LIST_ARGS "\n\n"
            "Lists every setting: its value, whether DIR/hufu.conf sets it, whether a change applies on reload\n"
            "(SIGHUP) or at the next start, and its meaning. Without --data: the defaults.\n");
        return HF_EXIT_DONE;
    }
    if (load(a.data, &conf) != HF_OK) {
        fprintf(stderr, "hufu config list: %s\n", hf_reason());
        return HF_EXIT_REFUSED;
    }
    status = print(conf, a.json);
    hf_conf_free(conf);
    return status;
}
