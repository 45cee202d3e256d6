#include "pki/profile.h"

#include <string.h>

#include "base/text.h"
#include "wire/ext.h"

/* -- Words ------------------------------------------------------------------- */

struct word {
    const char *text;
    unsigned    bit;
};

static const struct word alg_words[] = {
    { "sm2", 1U << HF_ALG_SM2 },
    { "p256", 1U << HF_ALG_P256 },
    { "p384", 1U << HF_ALG_P384 },
    { "rsa2048", 1U << HF_ALG_RSA2048 },
    { "rsa3072", 1U << HF_ALG_RSA3072 },
    { "rsa4096", 1U << HF_ALG_RSA4096 },
    { NULL, 0 },
};

static const struct word ku_words[] = {
    { "digitalSignature", HF_KU_SIGN },   { "nonRepudiation", HF_KU_NONREP },
    { "keyEncipherment", HF_KU_KEY_ENC }, { "dataEncipherment", HF_KU_DATA_ENC },
    { "keyAgreement", HF_KU_AGREE },      { "keyCertSign", HF_KU_CERT_SIGN },
    { "cRLSign", HF_KU_CRL_SIGN },        { NULL, 0 },
};

static const struct word eku_words[] = {
    { "serverAuth", HF_PURPOSE_SERVER },
    { "clientAuth", HF_PURPOSE_CLIENT },
    { "codeSigning", HF_PURPOSE_CODE },
    { "emailProtection", HF_PURPOSE_EMAIL },
    { "timeStamping", HF_PURPOSE_TIME },
    { "OCSPSigning", HF_PURPOSE_OCSP },
    { NULL, 0 },
};

static const struct word san_words[] = {
    { "dns", HF_SAN_DNS }, { "ip", HF_SAN_IP }, { "email", HF_SAN_EMAIL },
    { "uri", HF_SAN_URI }, { NULL, 0 },
};

enum { CRITICAL_BC = 1, CRITICAL_KU = 2, CRITICAL_EKU = 4, CRITICAL_SAN = 8 };
static const struct word critical_words[] = {
    { "basicConstraints", CRITICAL_BC },
    { "keyUsage", CRITICAL_KU },
    { "extKeyUsage", CRITICAL_EKU },
    { "subjectAltName", CRITICAL_SAN },
    { NULL, 0 },
};

static const struct word cn_words[] = {
    { "free", HF_CN_FREE },
    { "check", HF_CN_CHECK },
    { "add", HF_CN_ADD },
    { NULL, 0 },
};

static const struct word yes_words[] = { { "no", 0 }, { "yes", 1 }, { NULL, 0 } };
static const struct word cut_words[] = { { "cut", 0 }, { "refuse", 1 }, { NULL, 0 } };
static const struct word others_words[] = { { "refuse", 0 }, { "ignore", 1 }, { NULL, 0 } };
static const struct word kind_words[] = { { "end-entity", 0 }, { "authority", 1 }, { NULL, 0 } };
static const struct word source_words[] = { { "officer", 0 }, { "request", 1 }, { NULL, 0 } };

/* Attribute types that a profile may have, with the upper bound of RFC 5280 appendix A.1. */
static const struct {
    enum hf_oid type;
    unsigned    most;
} attributes[] = {
    { HF_OID_C, 2 },        { HF_OID_ST, 128 },
    { HF_OID_L, 128 },      { HF_OID_O, 64 },
    { HF_OID_OU, 64 },      { HF_OID_CN, 64 },
    { HF_OID_SURNAME, 40 }, { HF_OID_GIVEN_NAME, 40 },
    { HF_OID_TITLE, 64 },   { HF_OID_SERIAL_NUMBER, 64 },
    { HF_OID_ORG_ID, 64 },  { HF_OID_DC, 63 },
    { HF_OID_UID, 64 },     { HF_OID_EMAIL, 255 },
};

static const struct word *
find_word(const struct word *words, const char *text)
{
    for (; words->text != NULL; words++)
        if (strcmp(words->text, text) == 0)
            return words;
    return NULL;
}

/* -- The reader ---------------------------------------------------------------- */

struct reader {
    struct hf_profile *p;
    const char        *setting; /* of the present line */
    unsigned           critical;
    bool               ku_rsa_given;
};

/* The next word of a value, or NULL. Words are separated by blanks. */
static char *
next_word(char **rest)
{
    char *word;

    *rest += strspn(*rest, " \t");
    if (**rest == '\0')
        return NULL;
    word = *rest;
    *rest += strcspn(*rest, " \t");
    if (**rest != '\0')
        *(*rest)++ = '\0';
    return word;
}

static enum hf_rc
take_set(const struct word *words, char *value, unsigned *out)
{
    const struct word *w;
    char              *text;

    *out = 0;
    while ((text = next_word(&value)) != NULL) {
        if ((w = find_word(words, text)) == NULL)
            return hf_fail(HF_E_FORMAT, "\"%s\" is no word of this setting", text);
        if ((*out & w->bit) != 0)
            return hf_fail(HF_E_FORMAT, "\"%s\" is given twice", text);
        *out |= w->bit;
    }
    return HF_OK;
}

static enum hf_rc
take_one(const struct word *words, char *value, unsigned *out)
{
    const struct word *w = find_word(words, value);

    if (w == NULL)
        return hf_fail(HF_E_FORMAT, "\"%s\" is no word of this setting", value);
    *out = w->bit;
    return HF_OK;
}

static enum hf_rc
take_flag(const struct word *words, char *value, bool *out)
{
    unsigned   v = 0;
    enum hf_rc rc = take_one(words, value, &v);

    *out = v != 0;
    return rc;
}

static enum hf_rc
take_int(const char *value, int64_t low, int64_t high, int64_t *out)
{
    return hf_int_read("number", value, low, high, out) == HF_OK
               ? HF_OK
               : hf_fail(HF_E_FORMAT, "must be a number from %lld to %lld", (long long)low,
                         (long long)high);
}

static bool
is_name(const char *s)
{
    size_t n = strlen(s);

    return n >= 1 && n <= 64 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static enum hf_rc
set_name(struct reader *r, char *value)
{
    r->p->name = value;
    return is_name(value) ? HF_OK : hf_fail(HF_E_FORMAT, "must be 1 to 64 of a-z, 0-9 and '-'");
}

static enum hf_rc
set_title(struct reader *r, char *value)
{
    r->p->title = value;
    return HF_OK;
}

static enum hf_rc
set_title_zh(struct reader *r, char *value)
{
    r->p->title_zh = value;
    return HF_OK;
}

static enum hf_rc
set_kind(struct reader *r, char *value)
{
    return take_flag(kind_words, value, &r->p->ca);
}

static enum hf_rc
set_keys(struct reader *r, char *value)
{
    return take_set(alg_words, value, &r->p->algs);
}

static enum hf_rc
set_days(struct reader *r, char *value)
{
    return take_int(value, 1, 36500, &r->p->days);
}

static enum hf_rc
set_max_days(struct reader *r, char *value)
{
    return take_int(value, 1, 36500, &r->p->max_days);
}

static enum hf_rc
set_beyond(struct reader *r, char *value)
{
    return take_flag(cut_words, value, &r->p->refuse_beyond);
}

static enum hf_rc
set_path_len(struct reader *r, char *value)
{
    int64_t    v = -1;
    enum hf_rc rc = strcmp(value, "none") == 0 ? HF_OK : take_int(value, 0, 10, &v);

    r->p->path_len = (int)v;
    return rc;
}

static enum hf_rc
set_critical(struct reader *r, char *value)
{
    return take_set(critical_words, value, &r->critical);
}

static enum hf_rc
set_key_usage(struct reader *r, char *value)
{
    return take_set(ku_words, value, &r->p->ku);
}

static enum hf_rc
set_key_usage_rsa(struct reader *r, char *value)
{
    r->ku_rsa_given = true;
    return take_set(ku_words, value, &r->p->ku_rsa);
}

static enum hf_rc
set_eku(struct reader *r, char *value)
{
    return take_set(eku_words, value, &r->p->eku);
}

static enum hf_rc
set_san(struct reader *r, char *value)
{
    return take_set(san_words, value, &r->p->san);
}

static enum hf_rc
set_san_required(struct reader *r, char *value)
{
    return take_flag(yes_words, value, &r->p->san_required);
}

static enum hf_rc
set_san_max(struct reader *r, char *value)
{
    int64_t    v = 0;
    enum hf_rc rc = take_int(value, 1, 200, &v);

    r->p->san_max = (unsigned)v;
    return rc;
}

static enum hf_rc
set_san_from(struct reader *r, char *value)
{
    return take_flag(source_words, value, &r->p->san_from_request);
}

static enum hf_rc
set_wildcard(struct reader *r, char *value)
{
    return take_flag(yes_words, value, &r->p->wildcard);
}

static enum hf_rc
set_cn(struct reader *r, char *value)
{
    unsigned   v = 0;
    enum hf_rc rc = take_one(cn_words, value, &v);

    r->p->cn_rule = (enum hf_cn_rule)v;
    return rc;
}

static enum hf_rc
set_others(struct reader *r, char *value)
{
    return take_flag(others_words, value, &r->p->ignore_others);
}

static enum hf_rc
set_empty_id(struct reader *r, char *value)
{
    return take_flag(yes_words, value, &r->p->empty_id);
}

static enum hf_rc
set_nocheck(struct reader *r, char *value)
{
    return take_flag(yes_words, value, &r->p->nocheck);
}

static enum hf_rc
set_aia(struct reader *r, char *value)
{
    return take_flag(yes_words, value, &r->p->aia);
}

static enum hf_rc
set_cdp(struct reader *r, char *value)
{
    return take_flag(yes_words, value, &r->p->cdp);
}

static enum hf_rc
set_shared_key(struct reader *r, char *value)
{
    return take_flag(yes_words, value, &r->p->shared_key);
}

/* One word after the attribute's name: "required", "min=N" or "max=N". */
static enum hf_rc
rdn_option(struct hf_profile_rdn *rdn, unsigned most, char *word)
{
    int64_t    v = 0;
    enum hf_rc rc;

    if (strcmp(word, "required") == 0 && !rdn->required) {
        rdn->required = true;
        return HF_OK;
    }
    if (strncmp(word, "min=", 4) != 0 && strncmp(word, "max=", 4) != 0)
        return hf_fail(HF_E_FORMAT, "\"%s\" is none of required, min=, max=", word);
    if ((rc = take_int(word + 4, 1, most, &v)) != HF_OK)
        return rc;
    *(word[1] == 'i' ? &rdn->min : &rdn->max) = (unsigned)v;
    return HF_OK;
}

/* rdn = CN required max=64 */
static enum hf_rc
set_rdn(struct reader *r, char *value)
{
    struct hf_profile     *p = r->p;
    struct hf_profile_rdn *rdn = &p->rdn[p->rdns];
    char                  *word = next_word(&value);
    enum hf_rc             rc;
    size_t                 i = 0;

    while (i < HF_COUNT(attributes) && strcmp(hf_oid_name(attributes[i].type), word) != 0)
        i++;
    if (i == HF_COUNT(attributes))
        return hf_fail(HF_E_FORMAT, "\"%s\" is no known attribute of a name", word);
    for (size_t k = 0; k < p->rdns; k++)
        if (p->rdn[k].type == attributes[i].type)
            return hf_fail(HF_E_FORMAT, "%s is given twice", word);
    *rdn =
        (struct hf_profile_rdn){ .type = attributes[i].type, .min = 1, .max = attributes[i].most };
    while ((word = next_word(&value)) != NULL)
        if ((rc = rdn_option(rdn, attributes[i].most, word)) != HF_OK)
            return rc;
    if (rdn->min > rdn->max)
        return hf_fail(HF_E_FORMAT, "min is larger than max");
    p->rdns++; /* HF_PROFILE_RDNS is more than there are attributes */
    return HF_OK;
}
_Static_assert(HF_COUNT(attributes) < HF_PROFILE_RDNS, "room for every attribute once");

static const struct setting {
    const char *name;
    bool        required, many;
    enum hf_rc (*set)(struct reader *r, char *value);
} settings[] = {
    { "name", true, false, set_name },
    { "title", true, false, set_title },
    { "title-zh", true, false, set_title_zh },
    { "kind", true, false, set_kind },
    { "keys", true, false, set_keys },
    { "days", true, false, set_days },
    { "max-days", true, false, set_max_days },
    { "beyond-issuer", false, false, set_beyond },
    { "path-length", false, false, set_path_len },
    { "critical", true, false, set_critical },
    { "key-usage", true, false, set_key_usage },
    { "key-usage-rsa", false, false, set_key_usage_rsa },
    { "ext-key-usage", false, false, set_eku },
    { "san", false, false, set_san },
    { "san-required", false, false, set_san_required },
    { "san-max", false, false, set_san_max },
    { "san-from", false, false, set_san_from },
    { "wildcard", false, false, set_wildcard },
    { "common-name", false, false, set_cn },
    { "other-extensions", false, false, set_others },
    { "empty-sm2-identity", false, false, set_empty_id },
    { "ocsp-nocheck", false, false, set_nocheck },
    { "aia", false, false, set_aia },
    { "cdp", false, false, set_cdp },
    { "shared-key", false, false, set_shared_key },
    { "rdn", true, true, set_rdn },
};

static char *
trim(char *s)
{
    size_t n;

    s += strspn(s, " \t");
    n = strlen(s);
    while (n != 0 && strchr(" \t", s[n - 1]) != NULL)
        s[--n] = '\0';
    return s;
}

static enum hf_rc
read_line(struct reader *r, char *line, bool *seen)
{
    char  *equals = strchr(line, '='), *name, *value;
    size_t i = 0;

    if (equals == NULL)
        return hf_fail(HF_E_FORMAT, "needs the form setting = value");
    *equals = '\0';
    name = trim(line);
    value = trim(equals + 1);
    while (i < HF_COUNT(settings) && strcmp(settings[i].name, name) != 0)
        i++;
    if (i == HF_COUNT(settings))
        return hf_fail(HF_E_FORMAT, "\"%s\" is no setting of a profile", name);
    if (seen[i] && !settings[i].many)
        return hf_because(hf_fail(HF_E_FORMAT, "is given twice"), "%s", name);
    if (*value == '\0' && settings[i].set != set_critical)
        return hf_because(hf_fail(HF_E_FORMAT, "has no value"), "%s", name);
    seen[i] = true;
    enum hf_rc rc = settings[i].set(r, value);
    return rc == HF_OK ? HF_OK : hf_because(rc, "%s", name);
}

/* -- Rules between settings ------------------------------------------------------ */

static bool
has_ku(const struct hf_profile *p, uint32_t bit)
{
    return ((p->ku | p->ku_rsa) & bit) != 0;
}

/* What each row says must not be true of a profile. */
static const char *
contradiction(const struct hf_profile *p)
{
    const struct {
        bool        wrong;
        const char *why;
    } rules[] = {
        { p->algs == 0, "keys: names no kind of key" },
        { p->ku == 0, "key-usage: names no use" },
        { p->days > p->max_days, "days: more than max-days" },
        { p->ca != has_ku(p, HF_KU_CERT_SIGN),
          "key-usage: keyCertSign belongs to authorities and only to them (RFC 5280 4.2.1.3)" },
        { p->ca && !p->bc_critical,
          "critical: basicConstraints of an authority (RFC 5280 4.2.1.9)" },
        { !p->ca && p->path_len != -1,
          "path-length: only authorities have one (RFC 5280 4.2.1.9)" },
        { p->ca && p->eku != 0, "ext-key-usage: authorities have none here" },
        { (p->eku & HF_PURPOSE_OCSP) != 0 && p->eku != HF_PURPOSE_OCSP,
          "ext-key-usage: OCSPSigning stands alone" },
        { (p->eku & HF_PURPOSE_TIME) != 0 && (p->eku != HF_PURPOSE_TIME || !p->eku_critical),
          "ext-key-usage: timeStamping stands alone and is critical (RFC 3161 2.3)" },
        { p->nocheck && p->eku != HF_PURPOSE_OCSP, "ocsp-nocheck: only for OCSPSigning" },
        { p->nocheck && p->max_days > 90, "max-days: at most 90 for ocsp-nocheck" },
        { p->san == 0 && (p->san_required || p->cn_rule != HF_CN_FREE || p->san_from_request),
          "san: no kind is allowed, but another setting wants one" },
        { p->wildcard && (p->san & HF_SAN_DNS) == 0, "wildcard: san has no dns" },
    };

    for (size_t i = 0; i < HF_COUNT(rules); i++)
        if (rules[i].wrong)
            return rules[i].why;
    return NULL;
}

static enum hf_rc
finish(struct reader *r, const char *file, const bool *seen)
{
    struct hf_profile *p = r->p;
    const char        *why;

    for (size_t i = 0; i < HF_COUNT(settings); i++)
        if (settings[i].required && !seen[i])
            return hf_fail(HF_E_FORMAT, "%s: the setting %s is missing", file, settings[i].name);
    if (!r->ku_rsa_given)
        p->ku_rsa = p->ku;
    p->bc_critical = (r->critical & CRITICAL_BC) != 0;
    p->ku_critical = (r->critical & CRITICAL_KU) != 0;
    p->eku_critical = (r->critical & CRITICAL_EKU) != 0;
    p->san_critical = (r->critical & CRITICAL_SAN) != 0;
    if ((why = contradiction(p)) != NULL)
        return hf_fail(HF_E_FORMAT, "%s: %s", file, why);
    return HF_OK;
}

enum hf_rc
hf_profile_read(struct hf_bytes text, const char *file, struct hf_arena *a, struct hf_profile **out)
{
    struct hf_profile *p = hf_arena_get(a, sizeof(*p));
    struct reader      r = { .p = p };
    bool               seen[HF_COUNT(settings)] = { false };
    char              *copy, *line;
    enum hf_rc         rc;

    *out = NULL;
    if (text.n > HF_PROFILE_TEXT_MAX)
        return hf_fail(HF_E_TOOBIG, "%s: larger than %zu bytes", file, HF_PROFILE_TEXT_MAX);
    p->path_len = -1;
    p->san_max = 100;
    p->aia = p->cdp = true;
    copy = hf_arena_text(a, text);
    for (unsigned number = 1; (line = strsep(&copy, "\n")) != NULL; number++) {
        if (memchr(text.p, '\0', text.n) != NULL || !hf_utf8_is_text(hf_bytes_str(line)))
            return hf_fail(HF_E_FORMAT, "%s:%u: is not plain UTF-8 text", file, number);
        line = trim(line);
        if (*line == '\0' || *line == '#')
            continue;
        if ((rc = read_line(&r, line, seen)) != HF_OK)
            return hf_because(rc, "%s:%u", file, number);
    }
    if ((rc = finish(&r, file, seen)) == HF_OK)
        *out = p;
    return rc;
}

/* -- Words for people -------------------------------------------------------------- */

char *
hf_profile_words(const char *setting, unsigned set, struct hf_arena *a)
{
    static const struct {
        const char        *setting;
        const struct word *words;
    } tables[] = {
        { "keys", alg_words },
        { "key-usage", ku_words },
        { "ext-key-usage", eku_words },
        { "san", san_words },
    };
    char *text = hf_arena_str(a, "");

    for (size_t t = 0; t < HF_COUNT(tables); t++) {
        if (strcmp(tables[t].setting, setting) != 0)
            continue;
        for (const struct word *w = tables[t].words; w->text != NULL; w++)
            if ((set & w->bit) != 0)
                text = hf_arena_fmt(a, "%s%s%s", text, *text == '\0' ? "" : " ", w->text);
    }
    return text;
}

size_t
hf_profile_purposes(unsigned eku, enum hf_oid out[6])
{
    static const struct {
        unsigned    bit;
        enum hf_oid oid;
    } purposes[] = {
        { HF_PURPOSE_SERVER, HF_OID_EKU_SERVER }, { HF_PURPOSE_CLIENT, HF_OID_EKU_CLIENT },
        { HF_PURPOSE_CODE, HF_OID_EKU_CODE },     { HF_PURPOSE_EMAIL, HF_OID_EKU_EMAIL },
        { HF_PURPOSE_TIME, HF_OID_EKU_TIME },     { HF_PURPOSE_OCSP, HF_OID_EKU_OCSP },
    };
    size_t n = 0;

    for (size_t i = 0; i < HF_COUNT(purposes); i++)
        if ((eku & purposes[i].bit) != 0)
            out[n++] = purposes[i].oid;
    return n;
}
