#include "ctl/args.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "wire/pem.h"
#include "wire/x509.h"

#define FILE_MAX ((size_t)1 << 20)

/* -- Global options ------------------------------------------------------------------------- */

static const struct hf_global_option global_options[] = {
    { "data", "dir", "data directory of a server on this machine; or the variable HUFU_DATA",
      "本机服务器的数据目录，或环境变量 HUFU_DATA" },
    { "server", "url", "https://host:port of a server", "服务器地址 https://主机:端口" },
    { "cacert", "file", "roots to trust, PEM; otherwise the system's",
      "信任的根证书（PEM），缺省为系统的" },
    { "token-file", "file", "file with the token of a session", "会话令牌所在文件" },
    { "request-id", "id", "a request with the same id is done once", "相同标识的请求只执行一次" },
    { "timeout", "seconds", "how long to wait for each answer", "等待应答的秒数" },
    { "json", "", "print the server's answer as it is", "原样输出服务器的 JSON 应答" },
    { "help", "", "explain", "显示帮助" },
    { NULL, NULL, NULL, NULL },
};

/* Where the value of each goes, in the same order. */
static const size_t global_places[] = {
    offsetof(struct hf_globals, data_dir),   offsetof(struct hf_globals, server),
    offsetof(struct hf_globals, ca_file),    offsetof(struct hf_globals, token_file),
    offsetof(struct hf_globals, request_id), offsetof(struct hf_globals, timeout_s),
    offsetof(struct hf_globals, json),       offsetof(struct hf_globals, help),
};

const struct hf_global_option *
hf_global_options(void)
{
    return global_options;
}

/* "--name" or "--name=value": is it this option? *value points behind '=' or is NULL. */
static bool
names_option(const char *word, const char *name, const char **value)
{
    size_t n = strlen(name);

    *value = NULL;
    if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, n) != 0)
        return false;
    if (word[2 + n] == '=')
        *value = word + 3 + n;
    return word[2 + n] == '\0' || word[2 + n] == '=';
}

/* The value of an option: after '=', or the next word. */
static enum hf_rc
take_value(int argc, char **argv, int *at, const char *name, const char **value)
{
    if (*value != NULL)
        return HF_OK;
    if (*at + 1 >= argc)
        return hf_fail(HF_E_ARG, "--%s needs a value", name);
    *value = argv[++*at];
    return HF_OK;
}

/* argv[*at], if it is a global option. *taken says so; *at stays on its last word. */
static enum hf_rc
take_global(int argc, char **argv, int *at, struct hf_globals *g, bool *taken)
{
    const struct hf_global_option *o = global_options;
    const char                    *value;
    enum hf_rc                     rc;
    void                          *place;

    while (o->name != NULL && !names_option(argv[*at], o->name, &value))
        o++;
    if (!(*taken = o->name != NULL))
        return HF_OK;
    place = (char *)g + global_places[o - global_options];
    if (o->kind[0] == '\0') {
        if (value != NULL)
            return hf_fail(HF_E_ARG, "--%s takes no value", o->name);
        *(bool *)place = true;
        return HF_OK;
    }
    if ((rc = take_value(argc, argv, at, o->name, &value)) != HF_OK)
        return rc;
    if (strcmp(o->kind, "seconds") == 0)
        return hf_int_read(o->name, value, 1, 86400, place);
    *(const char **)place = value;
    return HF_OK;
}

enum hf_rc
hf_globals_read(int argc, char **argv, int *at, struct hf_globals *g)
{
    enum hf_rc rc;
    bool       taken = true;

    for (; *at < argc; ++*at)
        if ((rc = take_global(argc, argv, at, g, &taken)) != HF_OK || !taken)
            return rc;
    return HF_OK;
}

/* -- Values ------------------------------------------------------------------------------------ */

/* A binary file is DER: what travels is PEM. */
static enum hf_rc
der_to_pem(const struct hf_arg *a, struct hf_bytes der, json_t **value)
{
    struct hf_wr pem = hf_wr(FILE_MAX * 2);
    enum hf_rc   rc = HF_OK;

    if (der.p[0] != 0x30) {
        rc = hf_fail(HF_E_ARG, "%s: the file is neither text nor DER", a->name);
    } else {
        hf_pem_put(&pem, strcmp(a->name, "csr") == 0 ? HF_PEM_CSR : HF_PEM_CERT, der);
        *value = json_stringn((const char *)pem.p, pem.n);
    }
    hf_wr_clear(&pem);
    return rc;
}

static enum hf_rc
file_value(const struct hf_arg *a, const char *path, json_t **value)
{
    struct hf_wr text = hf_wr_secret(FILE_MAX);
    enum hf_rc   rc = hf_file_read(path, &text);

    if (rc != HF_OK)
        rc = hf_because(rc, "%s", path);
    else if (text.n == 0)
        rc = hf_fail(HF_E_ARG, "%s: %s is empty", a->name, path);
    else if (hf_utf8_valid(hf_wr_bytes(&text)) && memchr(text.p, '\0', text.n) == NULL)
        *value = json_stringn((const char *)text.p, text.n);
    else
        rc = der_to_pem(a, hf_wr_bytes(&text), value);
    hf_wr_clear(&text);
    return rc;
}

static enum hf_rc
secret_value(const char *path, json_t **value)
{
    struct hf_secret s;
    enum hf_rc       rc = hf_secret_from_file(&s, path);

    if (rc == HF_OK && (*value = json_stringn((const char *)s.byte, s.n)) == NULL)
        rc = hf_fail(HF_E_ARG, "%s: the secret is not UTF-8", path);
    hf_secret_clear(&s);
    return rc;
}

static enum hf_rc
serial_of_file(const char *path, struct hf_wr *text, struct hf_wr *der, json_t **value)
{
    char           hex[2 * 64 + 1];
    struct hf_cert cert;
    enum hf_rc     rc;

    if ((rc = hf_file_read(path, text)) != HF_OK ||
        (rc = hf_pem_or_der(hf_wr_bytes(text), HF_PEM_CERT, der)) != HF_OK ||
        (rc = hf_cert_read(hf_wr_bytes(der), &cert)) != HF_OK)
        return rc;
    if (cert.serial.n > 1 && cert.serial.p[0] == 0) /* the sign octet of a DER INTEGER */
        cert.serial = hf_bytes(cert.serial.p + 1, cert.serial.n - 1);
    if (cert.serial.n > 64)
        return hf_fail(HF_E_FORMAT, "the serial number is too long");
    *value = json_string(hf_hex(cert.serial, hex));
    return HF_OK;
}

/* Is it no hexadecimal number, but the name of a file? */
static bool
names_a_file(const char *word)
{
    struct stat st;

    if (word[strspn(word, "0123456789abcdefABCDEF:")] == '\0')
        return false;
    return strcmp(word, "-") == 0 || (stat(word, &st) == 0 && !S_ISDIR(st.st_mode));
}

/* A file's name stands for the serial number of the certificate in it. */
static enum hf_rc
serial_value(const char *word, json_t **value)
{
    struct hf_wr text = hf_wr(FILE_MAX), der = hf_wr(FILE_MAX);
    enum hf_rc   rc;

    if (!names_a_file(word)) {
        *value = json_string(word);
        return HF_OK;
    }
    rc = serial_of_file(word, &text, &der, value);
    hf_wr_clear(&text);
    hf_wr_clear(&der);
    return rc == HF_OK ? HF_OK : hf_because(rc, "%s", word);
}

static enum hf_rc
word_value(const struct hf_arg *a, const char *word, json_t **value)
{
    int64_t    n;
    enum hf_rc rc = HF_OK;

    *value = NULL;
    if (a->kind->type == HF_ARG_INT) {
        if ((rc = hf_int_read(a->name, word, a->kind->low, a->kind->high, &n)) == HF_OK)
            *value = json_integer(n);
    } else if (strcmp(a->word, "file") == 0) {
        rc = file_value(a, word, value);
    } else if (strcmp(a->word, "secret") == 0) {
        rc = secret_value(word, value);
    } else if (strcmp(a->word, "certificate") == 0 && names_a_file(word)) {
        rc = file_value(a, word, value);
    } else if (strcmp(a->word, "serial") == 0) {
        rc = serial_value(word, value);
    } else {
        *value = json_string(word);
    }
    if (rc == HF_OK && *value == NULL)
        rc = hf_fail(HF_E_ARG, "%s: is not UTF-8 text", a->name);
    return rc;
}

/* -- Arguments ------------------------------------------------------------------------------------
 */

struct reading {
    struct hf_arg arg[HF_OP_ARGS_MAX];
    size_t        n;
    json_t       *args;
    const char  **out_path;
};

static enum hf_rc
put_value(struct reading *r, const struct hf_arg *a, const char *word)
{
    json_t    *value, *present = json_object_get(r->args, a->member);
    enum hf_rc rc;

    if (strcmp(a->word, "path-out") == 0) {
        *r->out_path = word;
        return HF_OK;
    }
    if (present != NULL && !a->repeated)
        return hf_fail(HF_E_ARG, "%s%s is given twice", a->positional ? "" : "--", a->name);
    if ((rc = word_value(a, word, &value)) != HF_OK)
        return rc;
    if (!a->repeated) {
        json_object_set_new(r->args, a->member, value);
        return HF_OK;
    }
    if (present == NULL)
        json_object_set_new(r->args, a->member, present = json_array());
    json_array_append_new(present, value);
    return HF_OK;
}

/* An option of the operation. *taken: it was one. */
static enum hf_rc
take_option(struct reading *r, int argc, char **argv, int *at, bool *taken)
{
    const struct hf_arg *a = r->arg, *end = r->arg + r->n;
    const char          *value;
    enum hf_rc           rc;

    while (a < end && (a->positional || !names_option(argv[*at], a->name, &value)))
        a++;
    if (!(*taken = a < end))
        return HF_OK;
    if (a->is_switch) {
        if (value != NULL)
            return hf_fail(HF_E_ARG, "--%s takes no value", a->name);
        json_object_set_new(r->args, a->member, json_true());
        return HF_OK;
    }
    if ((rc = take_value(argc, argv, at, a->name, &value)) != HF_OK)
        return rc;
    return put_value(r, a, value);
}

/* The next argument by position that has no value yet. */
static enum hf_rc
take_position(struct reading *r, const char *word)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct hf_arg *a = &r->arg[i];

        if (a->positional && (a->repeated || json_object_get(r->args, a->member) == NULL))
            return put_value(r, a, word);
    }
    return hf_fail(HF_E_ARG, "\"%s\" is one word too many", word);
}

static enum hf_rc
take_word(struct reading *r, int argc, char **argv, int *at, struct hf_globals *g, bool *only_words)
{
    bool       taken;
    enum hf_rc rc;

    if (*only_words || strncmp(argv[*at], "--", 2) != 0)
        return take_position(r, argv[*at]);
    if (strcmp(argv[*at], "--") == 0) {
        *only_words = true;
        return HF_OK;
    }
    if ((rc = take_option(r, argc, argv, at, &taken)) != HF_OK || taken)
        return rc;
    if ((rc = take_global(argc, argv, at, g, &taken)) != HF_OK || taken)
        return rc;
    return hf_fail(HF_E_ARG, "%s is not an option here", argv[*at]);
}

static enum hf_rc
check_missing(const struct reading *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct hf_arg *a = &r->arg[i];
        bool                 given = strcmp(a->word, "path-out") == 0 ? *r->out_path != NULL
                                                                      : json_object_get(r->args, a->member) != NULL;

        if (a->required && !given)
            return hf_fail(HF_E_ARG, a->positional ? "<%s> is missing" : "--%s is missing",
                           a->name);
    }
    return HF_OK;
}

enum hf_rc
hf_args_read(const struct hf_op *op, int argc, char **argv, struct hf_globals *g, json_t **own_args,
             const char **out_path)
{
    struct reading r = { .args = json_object(), .out_path = out_path };
    bool           only_words = false;
    enum hf_rc     rc = HF_OK;

    *own_args = NULL;
    *out_path = NULL;
    r.n = hf_op_args(op, r.arg);
    for (int at = 0; rc == HF_OK && !g->help && at < argc; at++)
        rc = take_word(&r, argc, argv, &at, g, &only_words);
    if (rc == HF_OK && !g->help)
        rc = check_missing(&r);
    if (rc == HF_OK)
        *own_args = json_incref(r.args);
    json_decref(r.args);
    return rc;
}
