/* path_profile.c - how certificates must be made: RFC 5280 section 4, and what a purpose asks for. */
#include "pki/path_int.h"
#include "wire/name.h"

enum { LEAF = PATH_LEAF, ANCHOR = PATH_ANCHOR, BELOW = PATH_LEAF | PATH_MIDDLE, ALL = PATH_ALL };

bool
path_critical(const struct hf_cert *c, enum hf_ext e)
{
    return (c->x.critical & HF_EXT_BIT(e)) != 0;
}

static bool
lax(const struct hf_cert *c, enum hf_ext e)
{
    return hf_exts_have(&c->x, e) && !path_critical(c, e);
}

/* -- The rules: each is true if it is broken --------------------------------------- */

static bool
serial_bad(const struct hf_cert *c)
{
    struct hf_bytes m = hf_der_magnitude(c->serial);

    return m.n == 0 || (m.n == 1 && m.p[0] == 0) || c->serial.n > 20;
}

static bool
issuer_empty(const struct hf_cert *c)
{
    return hf_name_empty(c->issuer);
}

static bool
ca_without_name(const struct hf_cert *c)
{
    return c->x.is_ca && hf_name_empty(c->subject);
}

static bool
nameless(const struct hf_cert *c)
{
    return hf_name_empty(c->subject) && !path_critical(c, HF_EXT_SAN);
}

static bool
aki_critical(const struct hf_cert *c)
{
    return path_critical(c, HF_EXT_AKI);
}

static bool
ski_critical(const struct hf_cert *c)
{
    return path_critical(c, HF_EXT_SKI);
}

static bool
access_critical(const struct hf_cert *c)
{
    return path_critical(c, HF_EXT_AIA) || path_critical(c, HF_EXT_SIA) || path_critical(c, HF_EXT_FRESHEST);
}

/* Self-signed certificates may do without (4.2.1.1). */
static bool
aki_missing(const struct hf_cert *c)
{
    return c->x.aki_key.n == 0 && !hf_cert_self_issued(c);
}

static bool
ski_missing(const struct hf_cert *c)
{
    return c->x.is_ca && c->x.ski.n == 0;
}

static bool
not_a_ca(const struct hf_cert *c)
{
    return path_may_issue(c, HF_STRICT_RFC5280) != HF_OK;
}

static bool
basic_not_critical(const struct hf_cert *c)
{
    return c->x.is_ca && lax(c, HF_EXT_BASIC);
}

static bool
signs_without_ca(const struct hf_cert *c)
{
    return !c->x.is_ca && (c->x.key_usage & HF_KU_CERT_SIGN) != 0;
}

static bool
ca_without_signing(const struct hf_cert *c)
{
    return c->x.is_ca && hf_exts_have(&c->x, HF_EXT_KEY_USAGE) && (c->x.key_usage & HF_KU_CERT_SIGN) == 0;
}

static bool
length_without_ca(const struct hf_cert *c)
{
    return c->x.path_len >= 0 && !c->x.is_ca;
}

static bool
names_not_critical(const struct hf_cert *c)
{
    return lax(c, HF_EXT_NAMES);
}

static bool
names_in_leaf(const struct hf_cert *c)
{
    return hf_exts_have(&c->x, HF_EXT_NAMES) && !c->x.is_ca;
}

static bool
limits_not_critical(const struct hf_cert *c)
{
    return lax(c, HF_EXT_POLICY_LIMITS) || lax(c, HF_EXT_INHIBIT_ANY);
}

static const struct path_rule rules[] = {
    { BELOW, serial_bad, "serialNumber is not positive or longer than 20 octets (RFC 5280 4.1.2.2)" },
    { ALL, issuer_empty, "empty issuer (RFC 5280 4.1.2.4)" },
    { ALL, ca_without_name, "a CA with an empty subject (RFC 5280 4.1.2.6)" },
    { LEAF, nameless, "empty subject without a critical subjectAltName (RFC 5280 4.2.1.6)" },
    { ALL, aki_critical, "critical authorityKeyIdentifier (RFC 5280 4.2.1.1)" },
    { ALL, ski_critical, "critical subjectKeyIdentifier (RFC 5280 4.2.1.2)" },
    { ALL, access_critical, "critical authorityInfoAccess, subjectInfoAccess or freshestCRL (RFC 5280 4.2.2, 4.2.1.15)" },
    { ANCHOR, not_a_ca, "the trust anchor is not a CA for certificates (RFC 5280 4.2.1.9, 4.2.1.3)" },
    { ALL, signs_without_ca, "keyUsage has keyCertSign, basicConstraints does not say CA (RFC 5280 4.2.1.9)" },
    { ALL, ca_without_signing, "a CA whose keyUsage lacks keyCertSign (RFC 5280 4.2.1.3)" },
    { ALL, length_without_ca, "pathLenConstraint without CA (RFC 5280 4.2.1.9)" },
    { LEAF, names_in_leaf, "nameConstraints in a certificate that is not a CA's (RFC 5280 4.2.1.10)" },
};

static bool
old_version(const struct hf_cert *c)
{
    return c->version != 3;
}

#define YEAR_2050 INT64_C(2524608000)

static bool
gentime_early(const struct hf_cert *c)
{
    return (c->not_before_tag == HF_DER_GENTIME && c->not_before < YEAR_2050) ||
           (c->not_after_tag == HF_DER_GENTIME && c->not_after < YEAR_2050);
}

/*
 * Marks that conforming CAs must set, but without which the path is as safe.
 * NIST's PKITS and many private CAs leave them out, so that they are insisted
 * on only where a TLS peer is to be judged.
 */
static const struct path_rule tls_rules[] = {
    { LEAF, old_version, "the version is not 3 (RFC 5280 4.1.2.1)" },
    { ALL, gentime_early, "GeneralizedTime for a date before 2050 (RFC 5280 4.1.2.5)" },
    { ALL, aki_missing, "no authorityKeyIdentifier with a key identifier (RFC 5280 4.2.1.1)" },
    { ALL, basic_not_critical, "basicConstraints of a CA is not critical (RFC 5280 4.2.1.9)" },
    { ALL, names_not_critical, "nameConstraints is not critical (RFC 5280 4.2.1.10)" },
    { ALL, limits_not_critical, "policyConstraints or inhibitAnyPolicy is not critical (RFC 5280 4.2.1.11, 4.2.1.14)" },
    { ALL, ski_missing, "a CA without subjectKeyIdentifier (RFC 5280 4.2.1.2)" },
};

enum hf_rc
path_apply(const struct path_rule *rule, size_t n, unsigned where, const struct hf_cert *c)
{
    for (size_t i = 0; i < n; i++)
        if ((rule[i].where & where) != 0 && rule[i].broken(c))
            return hf_fail(HF_E_POLICY, "%s", rule[i].text);
    return HF_OK;
}

bool
path_for_host(const struct hf_path_query *q)
{
    return q->dns != NULL || q->ip != NULL;
}

bool
path_for_server(const struct hf_path_query *q)
{
    return q->purpose == HF_PURPOSE_TLS_SERVER || path_for_host(q);
}

bool
path_for_tls(const struct hf_path_query *q)
{
    return q->strictness != HF_STRICT_PATH && (path_for_server(q) || q->purpose == HF_PURPOSE_TLS_CLIENT);
}

enum hf_rc
path_profile(const struct path_run *run, size_t i)
{
    const struct hf_path_query *q = run->query;
    const struct hf_cert       *c = &run->chain[i]->cert;
    unsigned                    where = i == 0 ? LEAF : i + 1 == run->n ? ANCHOR : PATH_MIDDLE;
    bool                        tls = path_for_tls(q), mail = q->purpose == HF_PURPOSE_EMAIL || q->email != NULL;
    enum hf_rc                  rc;

    if (q->strictness == HF_STRICT_PATH || (run->n == 1 && !tls && !mail)) /* a leaf that is trusted itself */
        return HF_OK;
    if ((rc = path_apply(rules, HF_COUNT(rules), where, c)) != HF_OK || run->crl_issuer)
        return rc;
    if (tls && (rc = path_apply(tls_rules, HF_COUNT(tls_rules), where, c)) != HF_OK)
        return rc;
    if (path_for_server(q) && (rc = path_server(run, i, where)) != HF_OK)
        return rc;
    if (mail && (rc = path_mail(run, i, where)) != HF_OK)
        return rc;
    return q->strictness == HF_STRICT_WEBPKI && !mail ? path_web(run, i, where) : HF_OK;
}

/* -- Purpose --------------------------------------------------------------------------------- */

static const struct {
    enum hf_oid eku;
    uint32_t    usage; /* one of these bits, if there is a keyUsage */
} uses[] = {
    [HF_PURPOSE_ANY] = { HF_OID_NONE, 0 },
    [HF_PURPOSE_TLS_SERVER] = { HF_OID_EKU_SERVER, HF_KU_SIGN | HF_KU_KEY_ENC | HF_KU_AGREE },
    [HF_PURPOSE_TLS_CLIENT] = { HF_OID_EKU_CLIENT, HF_KU_SIGN | HF_KU_AGREE },
    [HF_PURPOSE_OCSP] = { HF_OID_EKU_OCSP, HF_KU_SIGN | HF_KU_NONREP },
    [HF_PURPOSE_TIME] = { HF_OID_EKU_TIME, HF_KU_SIGN | HF_KU_NONREP },
    [HF_PURPOSE_CODE] = { HF_OID_EKU_CODE, HF_KU_SIGN },
    [HF_PURPOSE_EMAIL] = { HF_OID_EKU_EMAIL, HF_KU_SIGN | HF_KU_NONREP | HF_KU_KEY_ENC | HF_KU_AGREE },
};

/* extKeyUsage of CAs restricts what is below them, as all large validators have it. */
static enum hf_rc
check_ekus(const struct path_run *run, enum hf_oid eku)
{
    for (size_t i = 0; i < run->n; i++) {
        const struct hf_exts *x = &run->chain[i]->cert.x;
        bool any_counts = i != 0 || run->query->strictness == HF_STRICT_PATH;

        if (!hf_exts_have(x, HF_EXT_EKU) || hf_eku_has(x->eku, eku) ||
            (any_counts && hf_eku_has(x->eku, HF_OID_EKU_ANY)))
            continue;
        return hf_fail(HF_E_POLICY, "%s: extKeyUsage lacks %s (RFC 5280 4.2.1.12)", path_which(run, i),
                       hf_oid_name(eku));
    }
    return HF_OK;
}

enum hf_rc
path_purpose(const struct path_run *run)
{
    enum hf_purpose       purpose = run->query->purpose;
    const struct hf_cert *leaf = &run->chain[0]->cert;
    enum hf_rc            rc;

    if (purpose == HF_PURPOSE_ANY)
        return HF_OK;
    if ((rc = check_ekus(run, uses[purpose].eku)) != HF_OK)
        return rc;
    /* A CA in the place of the leaf signs certificates; its keyUsage says nothing about other uses. */
    if (hf_exts_have(&leaf->x, HF_EXT_KEY_USAGE) && (leaf->x.key_usage & uses[purpose].usage) == 0 &&
        !leaf->x.is_ca)
        return hf_fail(HF_E_POLICY, "keyUsage of the leaf does not suit its purpose (RFC 5280 4.2.1.3)");
    return HF_OK;
}
