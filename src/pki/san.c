#include "pki/san.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "wire/ext.h"

static const struct {
    const char     *word;
    unsigned        bit;
    enum hf_gn_kind kind;
} kinds[] = {
    { "dns", HF_SAN_DNS, HF_GN_DNS },
    { "ip", HF_SAN_IP, HF_GN_IP },
    { "email", HF_SAN_EMAIL, HF_GN_EMAIL },
    { "uri", HF_SAN_URI, HF_GN_URI },
};

static const char *
word_of(unsigned bit)
{
    for (size_t i = 0; i < HF_COUNT(kinds); i++)
        if (kinds[i].bit == bit)
            return kinds[i].word;
    return "";
}

/* -- One name -------------------------------------------------------------------- */

static bool
is_address(const char *s)
{
    uint8_t raw[16];

    return inet_pton(AF_INET, s, raw) == 1 || inet_pton(AF_INET6, s, raw) == 1;
}

static const char *
why_not_label(const char *p, size_t n)
{
    if (n == 0)
        return "has an empty label";
    if (n > 63)
        return "has a label of more than 63 characters (RFC 1035 2.3.4)";
    if (p[0] == '-' || p[n - 1] == '-')
        return "has a label that begins or ends with a hyphen (RFC 1123 2.1)";
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)p[i]) && p[i] != '-')
            return "has a character outside a-z, 0-9 and '-' (write other scripts as xn-- labels)";
    return NULL;
}

/* What is wrong with a lower-case DNS name, NULL if nothing (RFC 5280 4.2.1.6, RFC 9525 6.3). */
static const char *
why_not_dns(const char *s)
{
    const char *p = strncmp(s, "*.", 2) == 0 ? s + 2 : s, *why;
    size_t      n;

    if (is_address(s))
        return "is an address: give it as ip:";
    if (strlen(s) > 253)
        return "is longer than 253 characters (RFC 1035 2.3.4)";
    if (strchr(p, '*') != NULL)
        return "has a wildcard that is not the whole leftmost label (RFC 9525 6.3)";
    if (p != s && strchr(p, '.') == NULL)
        return "has a wildcard right below a top-level domain";
    for (;; p += n + 1) {
        n = strcspn(p, ".");
        if ((why = why_not_label(p, n)) != NULL)
            return why;
        if (p[n] == '\0')
            return NULL;
    }
}

/* Lower case, no final dot. */
static void
normalise_dns(char *s)
{
    size_t n = strlen(s);

    for (size_t i = 0; i < n; i++)
        s[i] = (char)tolower((unsigned char)s[i]);
    if (n > 1 && s[n - 1] == '.')
        s[n - 1] = '\0';
}

static const char *
normalise_ip(char *s, struct hf_arena *a, const char **out)
{
    uint8_t raw[16];
    char   *text = hf_arena_get(a, INET6_ADDRSTRLEN);
    int     family = strchr(s, ':') != NULL ? AF_INET6 : AF_INET;

    if (inet_pton(family, s, raw) != 1)
        return "is no address";
    *out = inet_ntop(family, raw, text, INET6_ADDRSTRLEN);
    return NULL;
}

static const char *
why_not_email(const char *s)
{
    const char *at = strchr(s, '@');

    if (at == NULL || at == s || strchr(at + 1, '@') != NULL)
        return "is no mail address";
    if (at - s > 64 || strlen(s) > 254)
        return "is longer than a mail address may be (RFC 5321 4.5.3.1)";
    for (const char *p = s; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f ||
            strchr("<>(),;:\\\"[]", *p) != NULL)
            return "has a character that a mail address may not have";
    return strchr(at, '*') != NULL ? "is no mail address" : why_not_dns(at + 1);
}

static const char *
why_not_uri(const char *s)
{
    size_t scheme = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    if (!isalpha((unsigned char)*s) || s[scheme] != ':' || s[scheme + 1] == '\0')
        return "is no absolute URI (RFC 5280 4.2.1.6)";
    if (strlen(s) > 1024)
        return "is longer than 1024 characters";
    for (const char *p = s; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
            return "has a character that a URI may not have (RFC 3986)";
    return NULL;
}

/* value is the caller's to change. Gives what is wrong, or NULL and the normal form. */
static const char *
normalise(unsigned kind, char *value, struct hf_arena *a, const char **out)
{
    *out = value;
    switch (kind) {
    case HF_SAN_DNS:
        normalise_dns(value);
        return why_not_dns(value);
    case HF_SAN_IP:
        return normalise_ip(value, a, out);
    case HF_SAN_EMAIL:
        return why_not_email(value);
    default:
        return why_not_uri(value);
    }
}

static enum hf_rc
add(struct hf_sans *s, unsigned kind, char *value, const char *field, struct hf_arena *a)
{
    const char *normal, *why = normalise(kind, value, a, &normal);

    if (why != NULL)
        return hf_fail_field(HF_E_ARG, field, "subjectAltName %s:%s %s", word_of(kind), value, why);
    for (size_t i = 0; i < s->n; i++)
        if (s->kind[i] == kind && strcmp(s->value[i], normal) == 0)
            return hf_fail_field(HF_E_ARG, field, "subjectAltName %s:%s is given twice",
                                 word_of(kind), normal);
    if (s->n == HF_SANS_MAX)
        return hf_fail_field(HF_E_TOOBIG, field, "more than %d alternative names", HF_SANS_MAX);
    s->kind[s->n] = kind;
    s->value[s->n++] = normal;
    return HF_OK;
}

/* -- Many names -------------------------------------------------------------------- */

static char *
trim(char *s)
{
    size_t n;

    s += strspn(s, " \t\r\n");
    n = strlen(s);
    while (n != 0 && strchr(" \t\r\n", s[n - 1]) != NULL)
        s[--n] = '\0';
    return s;
}

static enum hf_rc
add_text(struct hf_sans *s, char *item, struct hf_arena *a)
{
    char *colon = strchr(item, ':'), *word = trim(item);

    if (colon == NULL)
        return hf_fail_field(HF_E_ARG, "san",
                             "\"%s\" needs the form dns:, ip:, email: or uri:", word);
    *colon = '\0';
    for (size_t i = 0; i < HF_COUNT(kinds); i++)
        if (strcasecmp(kinds[i].word, trim(word)) == 0)
            return add(s, kinds[i].bit, trim(colon + 1), "san", a);
    return hf_fail_field(HF_E_ARG, "san", "\"%s\" is none of dns, ip, email, uri", word);
}

enum hf_rc
hf_sans_parse(const char *text, struct hf_arena *a, struct hf_sans *out)
{
    char      *rest, *item;
    enum hf_rc rc;

    out->n = 0;
    if (strncmp(text, "san=", 4) == 0)
        text += 4;
    rest = hf_arena_str(a, text);
    while ((item = strsep(&rest, ",")) != NULL)
        if ((rc = add_text(out, item, a)) != HF_OK)
            return rc;
    return HF_OK;
}

static enum hf_rc
add_gn(struct hf_sans *s, const struct hf_gn *gn, struct hf_arena *a)
{
    struct hf_wr text = hf_wr(4096);
    const char  *copy;
    enum hf_rc   rc = HF_E_POLICY;
    size_t       i = 0;

    hf_gn_text(gn, &text);
    copy = hf_arena_text(a, hf_wr_bytes(&text));
    hf_wr_clear(&text);
    while (i < HF_COUNT(kinds) && kinds[i].kind != gn->kind)
        i++;
    if (i == HF_COUNT(kinds))
        return hf_fail_field(HF_E_POLICY, "csr",
                             "subjectAltName %s is of a kind that is not issued", copy);
    if (gn->kind == HF_GN_IP) {
        const char *colon = strchr(copy, ':');
        rc = add(s, HF_SAN_IP, hf_arena_str(a, colon == NULL ? copy : colon + 1), "csr", a);
    } else if (gn->value.n == 0 || memchr(gn->value.p, '\0', gn->value.n) != NULL) {
        rc = hf_fail_field(HF_E_ARG, "csr", "subjectAltName %s is empty or has a NUL in it", copy);
    } else {
        rc = add(s, kinds[i].bit, hf_arena_text(a, gn->value), "csr", a);
    }
    return rc;
}

enum hf_rc
hf_sans_from_der(struct hf_bytes names, struct hf_arena *a, struct hf_sans *out)
{
    struct hf_rd r = hf_rd(names);
    struct hf_gn gn;
    enum hf_rc   rc;

    out->n = 0;
    while (hf_gn_next(&r, &gn))
        if ((rc = add_gn(out, &gn, a)) != HF_OK)
            return rc;
    return HF_OK;
}

enum hf_rc
hf_sans_check(const struct hf_sans *s, const struct hf_profile *p, const char *field)
{
    if (s->n > p->san_max)
        return hf_fail_field(HF_E_POLICY, field, "%zu alternative names; profile %s allows %u",
                             s->n, p->name, p->san_max);
    if (s->n == 0 && p->san_required)
        return hf_fail_field(HF_E_POLICY, field,
                             "subjectAltName is missing; profile %s requires one (RFC 9525 6.1)",
                             p->name);
    for (size_t i = 0; i < s->n; i++) {
        if ((p->san & s->kind[i]) == 0)
            return hf_fail_field(HF_E_POLICY, field,
                                 "subjectAltName %s:%s: profile %s allows no names of this kind",
                                 word_of(s->kind[i]), s->value[i], p->name);
        if (s->kind[i] == HF_SAN_DNS && s->value[i][0] == '*' && !p->wildcard)
            return hf_fail_field(HF_E_POLICY, field,
                                 "subjectAltName dns:%s: profile %s allows no wildcard",
                                 s->value[i], p->name);
    }
    return HF_OK;
}

bool
hf_sans_have(const struct hf_sans *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcasecmp(s->value[i], name) == 0)
            return true;
    return false;
}

enum hf_rc
hf_sans_common_name(struct hf_sans *s, const struct hf_profile *p, const char *cn,
                    const char *field, struct hf_arena *a)
{
    unsigned    kind;
    const char *normal, *why;
    char       *copy;

    if (cn == NULL || p->cn_rule == HF_CN_FREE || hf_sans_have(s, cn))
        return HF_OK;
    if (p->cn_rule == HF_CN_CHECK)
        return hf_fail_field(HF_E_POLICY, field,
                             "commonName %s is not among the alternative names (profile %s)", cn,
                             p->name);
    copy = hf_arena_str(a, cn);
    kind = is_address(copy) ? HF_SAN_IP : HF_SAN_DNS;
    if ((why = normalise(kind, copy, a, &normal)) != NULL)
        return hf_fail_field(
            HF_E_POLICY, field,
            "commonName \"%s\" %s, so it cannot be an alternative name (profile %s)", cn, why,
            p->name);
    return hf_sans_have(s, normal) ? HF_OK : add(s, kind, hf_arena_str(a, normal), field, a);
}

enum hf_rc
hf_sans_der(const struct hf_sans *s, struct hf_wr *out)
{
    uint8_t ip[16];

    for (size_t i = 0; i < s->n; i++) {
        struct hf_bytes v = hf_bytes_str(s->value[i]);

        if (s->kind[i] == HF_SAN_IP) {
            bool v6 = strchr(s->value[i], ':') != NULL;

            if (inet_pton(v6 ? AF_INET6 : AF_INET, s->value[i], ip) != 1)
                return hf_fail(HF_E_BUG, "address %s", s->value[i]);
            v = hf_bytes(ip, v6 ? 16 : 4);
        }
        for (size_t k = 0; k < HF_COUNT(kinds); k++)
            if (kinds[k].bit == s->kind[i])
                hf_gn_put(out, kinds[k].kind, v);
    }
    return out->rc;
}

char *
hf_sans_text(const struct hf_sans *s, struct hf_arena *a)
{
    struct hf_wr w = hf_wr(1 << 20);
    char        *text;

    for (size_t i = 0; i < s->n; i++)
        hf_wr_fmt(&w, "%s%s:%s", i == 0 ? "" : ",", word_of(s->kind[i]), s->value[i]);
    text = hf_arena_text(a, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return text;
}
