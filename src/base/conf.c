#include "base/conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

#define FILE_MAX ((size_t)64 << 10)

static const struct hf_setting settings[] = {
    { "org", HF_SET_TEXT, "", 0, 0, false, "name of the institution", "机构名称" },
    { "store", HF_SET_TEXT, "sqlite", 0, 0, false,
      "sqlite (a file in the data directory) or postgres://user@host1,host2/name?...",
      "sqlite（数据目录中的文件）或 postgres://user@host1,host2/name?..." },
    { "https", HF_SET_TEXT, "127.0.0.1:8443", 0, 0, false,
      "address:port of console, API and sign-in", "控制台、接口与登录的 地址:端口" },
    { "http", HF_SET_TEXT, "127.0.0.1:8080", 0, 0, false,
      "address:port of CRL and OCSP (plain HTTP, RFC 5280 4.2.1.13)",
      "CRL 与 OCSP 的 地址:端口（明文 HTTP，RFC 5280 4.2.1.13）" },
    { "http_url", HF_SET_TEXT, "", 0, 0, true,
      "start of the CRL and OCSP addresses in certificates; empty: http://<http>",
      "证书中 CRL 与 OCSP 地址的开头；空则为 http://<http>" },
    { "https_names", HF_SET_TEXT, "localhost", 0, 0, false,
      "names and addresses in Hufu's own server certificate, separated by commas",
      "虎符自身服务器证书中的名称与地址，以逗号分隔" },
    { "workers", HF_SET_INT, "4", 1, 64, false, "handler threads of the web process",
      "web 进程的处理线程数" },
    { "password_hashes", HF_SET_INT, "2", 1, 64, false, "password hashes computed at one time",
      "同时计算的口令散列数" },
    { "session_idle_s", HF_SET_INT, "1800", 60, 604800, true, "a session ends after this silence",
      "会话无操作多久后结束" },
    { "session_life_s", HF_SET_INT, "43200", 60, 2592000, true, "a session ends after this time",
      "会话最长时间" },
    { "ticket_life_s", HF_SET_INT, "60", 5, 300, true, "a service ticket is good for this time",
      "服务票据的有效时间" },
    { "crl_life_s", HF_SET_INT, "86400", 60, 31536000, true,
      "from thisUpdate to nextUpdate of a CRL", "CRL 从 thisUpdate 到 nextUpdate 的时间" },
    { "ocsp_life_s", HF_SET_INT, "3600", 60, 2592000, true,
      "from thisUpdate to nextUpdate of an OCSP answer",
      "OCSP 应答从 thisUpdate 到 nextUpdate 的时间" },
    { "ocsp_cache_mb", HF_SET_INT, "16", 1, 4096, false, "memory for pre-signed OCSP answers",
      "预签 OCSP 应答所用的内存" },
    { "dual_control", HF_SET_FLAG, "on", 0, 0, true,
      "operations marked `second` wait for another person", "标有 second 的操作须另一人确认" },
    { "second", HF_SET_TEXT, "", 0, 0, true,
      "further operations that wait for another person, separated by commas: cert revoke, …",
      "另须他人确认的操作，以逗号分隔：cert revoke, …" },
    { "pending_life_s", HF_SET_INT, "604800", 60, 31536000, true,
      "a pending operation expires after this time", "待确认的操作多久后失效" },
    { "log_level", HF_SET_TEXT, "info", 0, 0, true, "error, warn, info or debug",
      "error、warn、info 或 debug" },
    { NULL, HF_SET_TEXT, NULL, 0, 0, false, NULL, NULL },
};

struct hf_conf {
    char *value[HF_COUNT(settings)]; /* NULL: the default */
};

const struct hf_setting *
hf_settings(void)
{
    return settings;
}

static size_t
index_of(const char *name)
{
    size_t i = 0;

    while (settings[i].name != NULL && strcmp(settings[i].name, name) != 0)
        i++;
    return i;
}

static enum hf_rc
check_value(const struct hf_setting *s, const char *value)
{
    int64_t v;

    switch (s->kind) {
    case HF_SET_INT:
        return hf_int_read(s->name, value, s->low, s->high, &v);
    case HF_SET_FLAG:
        return strcmp(value, "on") == 0 || strcmp(value, "off") == 0
                   ? HF_OK
                   : hf_fail_field(HF_E_ARG, s->name, "must be on or off");
    case HF_SET_TEXT:
        break;
    }
    return hf_utf8_is_text(hf_bytes_str(value))
               ? HF_OK
               : hf_fail_field(HF_E_ARG, s->name, "is not plain UTF-8 text");
}

enum hf_rc
hf_conf_set(struct hf_conf *conf, const char *name, const char *value)
{
    size_t     i = index_of(name);
    enum hf_rc rc;

    if (settings[i].name == NULL)
        return hf_fail_field(HF_E_ARG, name, "is not a setting; see: hufu config list");
    if ((rc = check_value(&settings[i], value)) != HF_OK)
        return rc;
    free(conf->value[i]);
    conf->value[i] = strdup(value);
    return conf->value[i] == NULL ? hf_fail(HF_E_NOMEM, "configuration") : HF_OK;
}

static char *
trim(char *s)
{
    size_t n;

    s += strspn(s, " \t");
    n = strlen(s);
    while (n != 0 && strchr(" \t\r", s[n - 1]) != NULL)
        s[--n] = '\0';
    return s;
}

static enum hf_rc
read_line(struct hf_conf *conf, char *line)
{
    char *equals;

    line = trim(line);
    if (*line == '\0' || *line == '#')
        return HF_OK;
    if ((equals = strchr(line, '=')) == NULL)
        return hf_fail(HF_E_FORMAT, "needs the form name = value");
    *equals = '\0';
    return hf_conf_set(conf, trim(line), trim(equals + 1));
}

static enum hf_rc
read_lines(struct hf_conf *conf, char *text)
{
    char      *line, *rest = text;
    enum hf_rc rc;

    for (int number = 1; (line = strsep(&rest, "\n")) != NULL; number++)
        if ((rc = read_line(conf, line)) != HF_OK)
            return hf_because(rc, "configuration line %d", number);
    return HF_OK;
}

enum hf_rc
hf_conf_read(struct hf_bytes text, struct hf_conf **out)
{
    struct hf_conf *conf = calloc(1, sizeof(*conf));
    char           *copy = NULL;
    enum hf_rc      rc;

    *out = NULL;
    if (conf == NULL || (copy = strndup(text.n == 0 ? "" : (const char *)text.p, text.n)) == NULL) {
        rc = hf_fail(HF_E_NOMEM, "configuration");
        goto out;
    }
    if (text.n != 0 && strlen(copy) != text.n) {
        rc = hf_fail(HF_E_FORMAT, "configuration: has a NUL character");
        goto out;
    }
    if ((rc = read_lines(conf, copy)) != HF_OK)
        goto out;
    *out = conf;
    conf = NULL;
out:
    free(copy);
    hf_conf_free(conf);
    return rc;
}

enum hf_rc
hf_conf_load(const char *path, struct hf_conf **out)
{
    struct hf_wr text = hf_wr(FILE_MAX);
    enum hf_rc   rc = hf_file_read(path, &text);

    *out = NULL;
    if (rc == HF_OK || rc == HF_E_ABSENT)
        rc = hf_conf_read(hf_wr_bytes(&text), out);
    hf_wr_clear(&text);
    return rc == HF_OK ? HF_OK : hf_because(rc, "%s", path);
}

enum hf_rc
hf_conf_keep(struct hf_conf *conf, const struct hf_conf *old)
{
    for (size_t i = 0; settings[i].name != NULL; i++) {
        if (settings[i].reload)
            continue;
        free(conf->value[i]);
        conf->value[i] = old->value[i] == NULL ? NULL : strdup(old->value[i]);
        if (old->value[i] != NULL && conf->value[i] == NULL)
            return hf_fail(HF_E_NOMEM, "configuration");
    }
    return HF_OK;
}

const char *
hf_conf_text(const struct hf_conf *conf, const char *name)
{
    size_t i = index_of(name);

    if (settings[i].name == NULL)
        abort();
    return conf->value[i] != NULL ? conf->value[i] : settings[i].value;
}

int64_t
hf_conf_int(const struct hf_conf *conf, const char *name)
{
    return strtoll(hf_conf_text(conf, name), NULL, 10);
}

bool
hf_conf_flag(const struct hf_conf *conf, const char *name)
{
    return strcmp(hf_conf_text(conf, name), "on") == 0;
}

bool
hf_conf_is_set(const struct hf_conf *conf, const char *name)
{
    return conf->value[index_of(name)] != NULL;
}

void
hf_conf_free(struct hf_conf *conf)
{
    if (conf == NULL)
        return;
    for (size_t i = 0; i < HF_COUNT(settings); i++)
        free(conf->value[i]);
    free(conf);
}
