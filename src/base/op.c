#include "base/op.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* -- Who asks --------------------------------------------------------------- */

static const char *const may_words[] = {
#define X(name, word, text) word,
    HF_MAY_LIST(X)
#undef X
};

static const struct {
    const char      *word;
    enum hf_strength strength;
} strengths[] = {
    { "none", HF_STRENGTH_NONE },
    { "password", HF_STRENGTH_PASSWORD },
    { "certificate", HF_STRENGTH_CERTIFICATE },
};

const char *
hf_may_word(enum hf_may may)
{
    return may < HF_MAY_COUNT ? may_words[may] : "";
}

bool
hf_may_named(const char *word, enum hf_may *out)
{
    for (int i = 0; i < HF_MAY_COUNT; i++) {
        if (strcmp(may_words[i], word) == 0) {
            *out = (enum hf_may)i;
            return true;
        }
    }
    return false;
}

const char *
hf_strength_word(enum hf_strength s)
{
    for (size_t i = 0; i < HF_COUNT(strengths); i++)
        if (strengths[i].strength == s)
            return strengths[i].word;
    return "none";
}

bool
hf_strength_named(const char *word, enum hf_strength *out)
{
    for (size_t i = 0; i < HF_COUNT(strengths); i++) {
        if (strcmp(strengths[i].word, word) == 0) {
            *out = strengths[i].strength;
            return true;
        }
    }
    return false;
}

bool
hf_actor_may(const struct hf_actor *actor, enum hf_may may)
{
    return (actor->may >> may & 1) != 0;
}

/* -- The call ---------------------------------------------------------------- */

const char *
hf_arg_text(const struct hf_call *c, const char *member)
{
    return json_string_value(json_object_get(c->args, member));
}

int64_t
hf_arg_int(const struct hf_call *c, const char *member, int64_t otherwise)
{
    json_t *v = json_object_get(c->args, member);

    return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

bool
hf_arg_flag(const struct hf_call *c, const char *member)
{
    return json_is_true(json_object_get(c->args, member));
}

json_t *
hf_arg_list(const struct hf_call *c, const char *member)
{
    json_t *v = json_object_get(c->args, member);

    return json_is_array(v) ? v : NULL;
}

void
hf_reply_text(struct hf_call *c, const char *member, const char *text)
{
    json_t *v = text == NULL ? NULL : json_string(text);

    hf_reply_set(c, member, v != NULL ? v : json_null());
}

void
hf_reply_int(struct hf_call *c, const char *member, int64_t value)
{
    hf_reply_set(c, member, json_integer(value));
}

void
hf_reply_flag(struct hf_call *c, const char *member, bool value)
{
    hf_reply_set(c, member, json_boolean(value));
}

void
hf_reply_time(struct hf_call *c, const char *member, int64_t ms)
{
    char text[HF_TIME_TEXT];

    hf_reply_text(c, member, ms == 0 ? NULL : hf_time_text(ms, text));
}

void
hf_reply_set(struct hf_call *c, const char *member, json_t *own_value)
{
    if (json_object_set_new(c->reply, member, own_value) != 0)
        abort(); /* out of memory: the supervisor starts the process anew */
}

/* -- The grammar ---------------------------------------------------------------- */

static const struct hf_arg_kind kinds[] = {
    { "serial", HF_ARG_TEXT, 1, 128, "serial number, hexadecimal", "证书序列号（十六进制）" },
    { "file", HF_ARG_TEXT, 1, 262144, "path of a file to read; - is standard input",
      "要读取的文件；- 为标准输入" },
    { "certificate", HF_ARG_TEXT, 1, 262144, "serial number, or path of a certificate file",
      "证书序列号或证书文件" },
    { "path-out", HF_ARG_TEXT, 1, 4096, "path of a file to write", "要写入的文件" },
    { "profile", HF_ARG_TEXT, 1, 64, "name of a certificate profile", "证书模板名称" },
    { "ca", HF_ARG_TEXT, 1, 64, "name of an authority", "CA 名称" },
    { "login", HF_ARG_TEXT, 1, 64, "login name", "登录名" },
    { "app", HF_ARG_TEXT, 1, 64, "name of a relying application", "应用名称" },
    { "role", HF_ARG_TEXT, 1, 32, "role", "角色" },
    { "name", HF_ARG_TEXT, 1, 128, "name to show", "显示名称" },
    { "unit", HF_ARG_TEXT, 1, 128, "organisation unit", "单位" },
    { "text", HF_ARG_TEXT, 1, 1024, "free text", "文本" },
    { "san", HF_ARG_TEXT, 1, 4096, "alternative names: dns:HOST,ip:ADDRESS,email:ADDRESS",
      "备用名称：dns:、ip:、email:" },
    { "cidr", HF_ARG_TEXT, 1, 64, "address or network, such as 10.1.0.0/16",
      "地址或网段，如 10.1.0.0/16" },
    { "url", HF_ARG_TEXT, 1, 2048, "address", "网址" },
    { "time", HF_ARG_TEXT, 1, 40, "time, RFC 3339", "时间（RFC 3339）" },
    { "id", HF_ARG_TEXT, 1, 64, "identifier", "标识" },
    { "secret", HF_ARG_TEXT, 1, 256, "a secret; the command line reads it from a file",
      "秘密（从文件读取）" },
    { "days", HF_ARG_INT, 1, 36500, "days", "天数" },
    { "count", HF_ARG_INT, 1, 1000, "how many at the most", "最多条数" },
    { "seconds", HF_ARG_INT, 1, 31536000, "seconds", "秒数" },
    { "number", HF_ARG_INT, 0, INT64_C(9007199254740991), "number", "编号" },
    { "word", HF_ARG_TEXT, 1, 64, "one of the words", "可选值之一" },
    { "switch", HF_ARG_FLAG, 0, 0, "", "" },
    /* switches that need a word of explanation, by their names */
    { "chain", HF_ARG_FLAG, 0, 0, "append the certificates of the authorities above",
      "附带上级 CA 的证书" },
    { "password", HF_ARG_FLAG, 0, 0, "make a one-time password and show it once",
      "生成一次性口令并只显示一次" },
    { "all", HF_ARG_FLAG, 0, 0, "everybody's, not only one's own", "所有人的，而不只是自己的" },
};

static const struct hf_arg_kind *
kind_of(const char *word)
{
    for (size_t i = 0; i < HF_COUNT(kinds); i++)
        if (strcmp(kinds[i].word, word) == 0)
            return &kinds[i];
    return strchr(word, '|') != NULL ? kind_of("word") : NULL;
}

static void
set_names(struct hf_arg *a, const char *p, size_t n)
{
    if (n == 0 || n >= sizeof(a->name))
        abort();
    memcpy(a->name, p, n);
    for (size_t i = 0; i <= n; i++)
        a->member[i] = (char)(a->name[i] == '-' ? '_' : a->name[i]);
}

/* "<kind>" at p: remember it, return what follows. */
static const char *
take_kind(struct hf_arg *a, const char *p)
{
    const char *end = strchr(p, '>');

    if (end == NULL || (size_t)(end - p) > sizeof(a->word))
        abort();
    memcpy(a->word, p + 1, (size_t)(end - p - 1));
    if ((a->kind = kind_of(a->word)) == NULL)
        abort();
    return end + 1;
}

/* One argument without its square brackets; returns what follows. */
static const char *
take_arg(struct hf_arg *a, const char *p)
{
    if (*p == '<') {
        a->positional = true;
        p = take_kind(a, p);
        set_names(a, a->word, strlen(a->word));
        return p;
    }
    if (strncmp(p, "--", 2) != 0)
        abort();
    p += 2;
    set_names(a, p, strcspn(p, " ]"));
    p += strlen(a->name);
    if (strncmp(p, " <", 2) == 0)
        return take_kind(a, p + 1);
    a->is_switch = true;
    if ((a->kind = kind_of(a->name)) == NULL || a->kind->type != HF_ARG_FLAG)
        a->kind = kind_of("switch");
    return p;
}

size_t
hf_op_args(const struct hf_op *op, struct hf_arg out[HF_OP_ARGS_MAX])
{
    const char *p = op->args;
    size_t      n = 0;

    for (p += strspn(p, " "); *p != '\0'; p += strspn(p, " ")) {
        struct hf_arg *a = &out[n];

        if (n++ == HF_OP_ARGS_MAX)
            abort();
        memset(a, 0, sizeof(*a));
        a->required = *p != '[';
        p = take_arg(a, p + !a->required);
        if (!a->required && *p++ != ']')
            abort();
        if (strncmp(p, "...", 3) == 0) {
            a->repeated = true;
            p += 3;
        }
    }
    return n;
}

bool
hf_arg_word_in(const char *words, const char *text)
{
    size_t n = strlen(text);

    for (const char *p = words; p != NULL; p = strchr(p, '|')) {
        p += *p == '|';
        if (strncmp(p, text, n) == 0 && (p[n] == '\0' || p[n] == '|') && n != 0)
            return true;
    }
    return false;
}

static enum hf_rc
check_text(const struct hf_arg *a, const json_t *v)
{
    const char *s = json_string_value(v);
    size_t      n = json_string_length(v);
    bool        text_file = strcmp(a->word, "file") == 0 || strcmp(a->word, "certificate") == 0;

    if (s == NULL)
        return hf_fail_field(HF_E_ARG, a->member, "must be a string");
    if ((int64_t)n < a->kind->low)
        return hf_fail_field(HF_E_ARG, a->member, "must not be empty");
    if ((int64_t)n > a->kind->high)
        return hf_fail_field(HF_E_ARG, a->member, "longer than %lld bytes",
                             (long long)a->kind->high);
    if (strlen(s) != n || (!text_file && !hf_utf8_is_text(hf_bytes(s, n))))
        return hf_fail_field(HF_E_ARG, a->member, "has control characters in it");
    if (strchr(a->word, '|') != NULL && !hf_arg_word_in(a->word, s))
        return hf_fail_field(HF_E_ARG, a->member, "must be one of %s", a->word);
    return HF_OK;
}

static enum hf_rc
check_value(const struct hf_arg *a, const json_t *v)
{
    if (a->kind->type == HF_ARG_FLAG)
        return json_is_boolean(v) ? HF_OK
                                  : hf_fail_field(HF_E_ARG, a->member, "must be true or false");
    if (a->kind->type == HF_ARG_TEXT)
        return check_text(a, v);
    if (!json_is_integer(v))
        return hf_fail_field(HF_E_ARG, a->member, "must be a whole number");
    if (json_integer_value(v) < a->kind->low || json_integer_value(v) > a->kind->high)
        return hf_fail_field(HF_E_ARG, a->member, "must lie between %lld and %lld",
                             (long long)a->kind->low, (long long)a->kind->high);
    return HF_OK;
}

static enum hf_rc
check_arg(const struct hf_arg *a, const json_t *v)
{
    enum hf_rc rc = HF_OK;

    if (v == NULL)
        return a->required ? hf_fail_field(HF_E_ARG, a->member, "is missing") : HF_OK;
    if (!a->repeated)
        return check_value(a, v);
    if (!json_is_array(v) || json_array_size(v) > 256)
        return hf_fail_field(HF_E_ARG, a->member, "must be an array of at most 256");
    for (size_t i = 0; i < json_array_size(v) && rc == HF_OK; i++)
        rc = check_value(a, json_array_get(v, i));
    return rc;
}

enum hf_rc
hf_op_check(const struct hf_op *op, const json_t *args)
{
    struct hf_arg arg[HF_OP_ARGS_MAX];
    size_t        n = hf_op_args(op, arg), known = 0;
    enum hf_rc    rc;
    const char   *member;
    json_t       *v;

    if (!json_is_object(args))
        return hf_fail(HF_E_ARG, "arguments must be a JSON object");
    for (size_t i = 0; i < n; i++) {
        v = json_object_get(args, arg[i].member);
        if (strcmp(arg[i].word, "path-out") == 0) {
            arg[i].member[0] = '\0'; /* never sent */
            continue;
        }
        if ((rc = check_arg(&arg[i], v)) != HF_OK)
            return rc;
        known += v != NULL;
    }
    if (known == json_object_size(args))
        return HF_OK;
    json_object_foreach ((json_t *)args, member, v) {
        size_t i = 0;

        while (i < n && strcmp(arg[i].member, member) != 0)
            i++;
        if (i == n)
            return hf_fail_field(HF_E_ARG, member, "is not an argument of %s", op->name);
    }
    return HF_OK;
}
