#include "pki/request.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "crypto/pub.h"
#include "pki/weak.h"
#include "wire/csr.h"
#include "wire/name.h"
#include "wire/pem.h"

/* -- Text to DER ------------------------------------------------------------------------ */

/* Base64 without its white space. */
static enum hf_rc
bare_base64(const char *text, struct hf_wr *der)
{
    struct hf_wr packed = hf_wr(HF_CSR_MAX * 2);
    enum hf_rc   rc;

    for (; *text != '\0'; text++)
        if (!isspace((unsigned char)*text))
            hf_wr_u8(&packed, (uint8_t)*text);
    if ((rc = packed.rc) == HF_OK)
        rc = hf_unbase64(hf_wr_bytes(&packed), der);
    hf_wr_clear(&packed);
    return rc;
}

enum hf_rc
hf_request_decode(const char *text, struct hf_arena *a, struct hf_bytes *der)
{
    struct hf_wr w = hf_wr(HF_CSR_MAX);
    enum hf_rc   rc;

    if (strstr(text, "-----BEGIN") != NULL)
        rc = hf_pem_or_der(hf_bytes_str(text), HF_PEM_CSR, &w);
    else
        rc = bare_base64(text, &w);
    *der = hf_arena_bytes(a, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    if (rc == HF_E_ABSENT)
        return hf_fail_field(HF_E_FORMAT, "csr",
                             "there is no CERTIFICATE REQUEST in it (RFC 7468 7)");
    if (rc != HF_OK) {
        const char *why = hf_arena_str(a, hf_reason());

        return hf_fail_field(rc, "csr", "is neither PEM nor base64 of a PKCS#10 request: %s", why);
    }
    return HF_OK;
}

/* Say that a failure of another module is about the request. */
static enum hf_rc
about_csr(enum hf_rc rc, const char *clause, struct hf_arena *a)
{
    const char *why = hf_arena_str(a, hf_reason());

    return rc == HF_OK ? HF_OK : hf_fail_field(rc, "csr", "%s (%s)", why, clause);
}

/* -- Subject ------------------------------------------------------------------------------ */

struct attribute {
    enum hf_oid type;
    const char *text;
};

static size_t
characters(const char *utf8)
{
    size_t n = 0;

    for (; *utf8 != '\0'; utf8++)
        n += (*utf8 & 0xc0) != 0x80;
    return n;
}

static const struct hf_profile_rdn *
rule_for(const struct hf_profile *p, enum hf_oid type)
{
    for (size_t i = 0; i < p->rdns; i++)
        if (type != HF_OID_NONE && p->rdn[i].type == type)
            return &p->rdn[i];
    return NULL;
}

/* More than one of these in a name is usual; of all others it is a mistake. */
static bool
may_repeat(enum hf_oid type)
{
    return type == HF_OID_OU || type == HF_OID_DC;
}

static enum hf_rc
check_text(const struct hf_profile_rdn *rule, const char *text, const char *field)
{
    const char *name = hf_oid_name(rule->type);
    size_t      n = characters(text);

    if (!hf_utf8_is_text(hf_bytes_str(text)))
        return hf_fail_field(HF_E_ARG, field, "subject %s is not plain text (X.520)", name);
    if (n < rule->min || n > rule->max)
        return hf_fail_field(HF_E_POLICY, field,
                             "subject %s has %zu characters, %u to %u are allowed", name, n,
                             rule->min, rule->max);
    if (rule->type == HF_OID_C &&
        (!isupper((unsigned char)text[0]) || !isupper((unsigned char)text[1])))
        return hf_fail_field(HF_E_POLICY, field,
                             "subject C must be two capital letters (ISO 3166, RFC 5280 A.1)");
    if (rule->type == HF_OID_EMAIL && strchr(text, '@') == NULL)
        return hf_fail_field(HF_E_POLICY, field, "subject emailAddress is no mail address");
    return HF_OK;
}

static enum hf_rc
take_attribute(const struct hf_attr *attr, const struct hf_profile *p, const char *field,
               struct hf_arena *a, struct attribute *list, size_t *n)
{
    const struct hf_profile_rdn *rule = rule_for(p, attr->type);
    struct hf_wr                 w = hf_wr(4096);
    char                         shown[HF_OID_TEXT];
    struct hf_bytes              text;

    if (rule == NULL)
        return hf_fail_field(HF_E_POLICY, field, "subject %s is not part of profile %s",
                             hf_oid_show(attr->oid, shown), p->name);
    if (attr->joined)
        return hf_fail_field(HF_E_POLICY, field, "subject %s shares its RDN with another attribute",
                             hf_oid_show(attr->oid, shown));
    for (size_t i = 0; i < *n; i++)
        if (list[i].type == attr->type && !may_repeat(attr->type))
            return hf_fail_field(HF_E_POLICY, field, "subject %s is given twice",
                                 hf_oid_show(attr->oid, shown));
    hf_attr_utf8(attr, &w);
    text = hf_arena_bytes(a, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    if (w.rc != HF_OK || memchr(text.n == 0 ? (const uint8_t *)"" : text.p, '\0', text.n) != NULL)
        return hf_fail_field(HF_E_ARG, field, "subject %s is not plain text (X.520)",
                             hf_oid_show(attr->oid, shown));
    list[*n] = (struct attribute){ attr->type, hf_arena_text(a, text) };
    return check_text(rule, list[(*n)++].text, field);
}

static enum hf_rc
write_subject(const struct hf_profile *p, const struct attribute *list, size_t n, const char *field,
              struct hf_arena *a, struct hf_bytes *out)
{
    struct hf_wr w = hf_wr(64 << 10);
    size_t       mark = hf_name_begin(&w);
    enum hf_rc   rc;

    for (size_t r = 0; r < p->rdns; r++) {
        bool there = false;

        for (size_t i = 0; i < n; i++) {
            if (list[i].type != p->rdn[r].type)
                continue;
            hf_name_put(&w, list[i].type, list[i].text);
            there = true;
        }
        if (p->rdn[r].required && !there) {
            hf_wr_clear(&w);
            return hf_fail_field(HF_E_POLICY, field,
                                 "subject %s is missing; profile %s requires it",
                                 hf_oid_name(p->rdn[r].type), p->name);
        }
    }
    hf_der_end(&w, mark);
    rc = hf_wr_end(&w, out);
    *out = hf_arena_bytes(a, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return rc;
}

enum hf_rc
hf_subject_check(struct hf_bytes name, const struct hf_profile *p, const char *field,
                 struct hf_arena *a, struct hf_bytes *out)
{
    struct attribute    list[HF_NAME_ATTRS];
    struct hf_name_walk walk = hf_name_walk(name);
    struct hf_attr      attr;
    size_t              n = 0;
    enum hf_rc          rc;

    while (n < HF_NAME_ATTRS && hf_name_next(&walk, &attr))
        if ((rc = take_attribute(&attr, p, field, a, list, &n)) != HF_OK)
            return rc;
    return write_subject(p, list, n, field, a, out);
}

/* The text of the subject's commonName, NULL if it has none. */
static const char *
common_name(struct hf_bytes name, struct hf_arena *a)
{
    struct hf_attr attr;
    struct hf_wr   w = hf_wr(4096);
    const char    *text;

    if (!hf_name_find(name, HF_OID_CN, &attr))
        return NULL;
    hf_attr_utf8(&attr, &w);
    text = hf_arena_text(a, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return text;
}

/* -- Key and proof of possession ------------------------------------------------------------ */

static enum hf_rc
check_kind(const struct hf_pub *pub, const struct hf_profile *p, struct hf_arena *a,
           struct hf_request *out)
{
    out->alg = hf_pub_alg(pub);
    if (out->alg != HF_ALG_NONE && (p->algs & 1U << out->alg) != 0)
        return HF_OK;
    return hf_fail_field(HF_E_POLICY, "csr", "subject key of %u bits: profile %s allows %s",
                         hf_pub_bits(pub), p->name, hf_profile_words("keys", p->algs, a));
}

/* Why a proof of possession was not good. */
static enum hf_rc
refuse_proof(const struct hf_pub_check *c, struct hf_arena *a)
{
    bool       empty;
    enum hf_rc rc = hf_pub_verify_request(c->pub, c->sig_alg, c->tbs, c->sig, &empty);

    if (rc == HF_E_VERIFY)
        return hf_fail_field(HF_E_VERIFY, "csr",
                             "its signature does not verify with its key: no proof of possession "
                             "(RFC 2986 4.2)");
    return rc == HF_OK ? hf_fail(HF_E_BUG, "a signature verifies alone and not with others")
                       : about_csr(rc, "RFC 2986 4.2", a);
}

static enum hf_rc
check_proof(const struct hf_pub_check *c, const struct hf_profile *p, struct hf_arena *a,
            struct hf_request *out)
{
    if (!c->good)
        return refuse_proof(c, a);
    if (out->alg == HF_ALG_SM2)
        out->sig = c->empty_id ? "empty" : "default";
    if (c->empty_id && !p->empty_id)
        return hf_fail_field(HF_E_POLICY, "csr",
                             "is signed under the empty SM2 identity; profile %s wants "
                             "1234567812345678 (GM/T 0009)",
                             p->name);
    return hf_weak_check(out->spki);
}

/* -- Extensions asked for ---------------------------------------------------------------------- */

static const char *
ignored_list(const struct hf_csr *csr, const struct hf_profile *p, struct hf_arena *a)
{
    struct hf_rd      r = hf_rd(csr->x.raw);
    struct hf_ext_raw e;
    const char       *list = "";
    char              shown[HF_OID_TEXT];

    while (hf_ext_next(&r, &e))
        if (e.id != HF_OID_SAN || !p->san_from_request)
            list = hf_arena_fmt(a, "%s%s%s", list, *list == '\0' ? "" : ", ",
                                hf_oid_show(e.oid, shown));
    return list;
}

static enum hf_rc
check_extensions(const struct hf_csr *csr, const struct hf_profile *p, struct hf_arena *a,
                 struct hf_request *out)
{
    char shown[HF_OID_TEXT];

    if (csr->x.unknown_critical.n != 0)
        return hf_fail_field(HF_E_POLICY, "csr",
                             "asks for the unknown critical extension %s (RFC 5280 4.2)",
                             hf_oid_show(csr->x.unknown_critical, shown));
    if (hf_exts_have(&csr->x, HF_EXT_BASIC) && csr->x.is_ca && !p->ca)
        return hf_fail_field(HF_E_POLICY, "csr",
                             "asks for an authority's certificate (basicConstraints cA, RFC 5280 "
                             "4.2.1.9); profile %s gives none",
                             p->name);
    out->ignored = ignored_list(csr, p, a);
    if (*out->ignored != '\0' && !p->ignore_others)
        return hf_fail_field(HF_E_POLICY, "csr",
                             "asks for extensions that profile %s does not take from requests: %s",
                             p->name, out->ignored);
    return HF_OK;
}

static enum hf_rc
check_names(const struct hf_csr *csr, const struct hf_profile *p, const char *san,
            struct hf_arena *a, struct hf_request *out)
{
    const char *field = san != NULL ? "san" : "csr";
    enum hf_rc  rc;

    if (san != NULL)
        rc = hf_sans_parse(san, a, &out->sans);
    else if (p->san_from_request && hf_exts_have(&csr->x, HF_EXT_SAN))
        rc = hf_sans_from_der(csr->x.san, a, &out->sans);
    else
        rc = HF_OK;
    if (rc == HF_OK)
        rc = hf_sans_common_name(&out->sans, p, common_name(out->subject, a), "csr", a);
    if (rc == HF_OK)
        rc = hf_sans_check(&out->sans, p, field);
    if (rc == HF_OK && out->sans.n == 0 && hf_name_empty(out->subject))
        rc = hf_fail_field(HF_E_POLICY, "csr",
                           "has neither a subject nor alternative names (RFC 5280 4.1.2.6)");
    return rc;
}

/* -- Requests --------------------------------------------------------------------------------- */

/* Take one apart. check gets what its proof of possession needs, and the reference to its key. */
static enum hf_rc
read_request(struct hf_bytes der, const struct hf_profile *p, struct hf_arena *a, struct hf_csr *csr,
             struct hf_pub_check *check, struct hf_request *out)
{
    struct hf_pub *pub;
    enum hf_rc     rc;

    *out = (struct hf_request){ .sig = "", .ignored = "" };
    if ((rc = hf_csr_read(der, csr)) != HF_OK)
        return about_csr(rc, "RFC 2986 4", a);
    if ((rc = hf_pub_read(csr->spki, &pub)) != HF_OK)
        return about_csr(rc, "subjectPublicKeyInfo, RFC 2986 4.1", a);
    out->spki = hf_arena_bytes(a, csr->spki);
    *check = (struct hf_pub_check){ .pub = pub, .sig_alg = csr->sig_alg, .tbs = csr->info,
                                    .sig = csr->sig, .empty_too = true };
    return check_kind(pub, p, a, out);
}

/* Everything else, once the proof of possession was looked at. */
static enum hf_rc
check_request(const struct hf_csr *csr, const struct hf_pub_check *check, const struct hf_profile *p,
              const char *san, struct hf_arena *a, struct hf_request *out)
{
    struct hf_wr text = hf_wr(64 << 10);
    enum hf_rc   rc;

    if ((rc = check_proof(check, p, a, out)) == HF_OK &&
        (rc = hf_subject_check(csr->subject, p, "csr", a, &out->subject)) == HF_OK &&
        (rc = check_extensions(csr, p, a, out)) == HF_OK)
        rc = check_names(csr, p, san, a, out);
    if (rc == HF_OK) {
        hf_name_text(out->subject, &text);
        out->subject_text = hf_arena_text(a, hf_wr_bytes(&text));
    }
    hf_wr_clear(&text);
    return rc;
}

enum hf_rc
hf_requests_check(const struct hf_bytes *der, size_t n, const struct hf_profile *p,
                  const char *const *san, struct hf_arena *a, struct hf_request *out, size_t *bad)
{
    struct hf_csr       *csr = hf_arena_get(a, n * sizeof(*csr));
    struct hf_pub_check *check = hf_arena_get(a, n * sizeof(*check));
    enum hf_rc           rc = HF_OK;

    *bad = 0;
    memset(check, 0, n * sizeof(*check));
    for (size_t i = 0; rc == HF_OK && i < n; i++)
        rc = read_request(der[*bad = i], p, a, &csr[i], &check[i], &out[i]);
    if (rc == HF_OK)
        (void)hf_pub_verify_batch(check, n); /* check_proof() looks at each */
    for (size_t i = 0; rc == HF_OK && i < n; i++)
        rc = check_request(&csr[*bad = i], &check[i], p, san == NULL ? NULL : san[i], a, &out[i]);
    for (size_t i = 0; i < n; i++)
        hf_pub_free((struct hf_pub *)(uintptr_t)check[i].pub);
    return rc;
}

enum hf_rc
hf_request_check(struct hf_bytes der, const struct hf_profile *p, const char *san,
                 struct hf_arena *a, struct hf_request *out)
{
    size_t bad;

    return hf_requests_check(&der, 1, p, &san, a, out, &bad);
}
