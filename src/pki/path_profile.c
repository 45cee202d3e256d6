/* path_profile.c - how certificates must be made: RFC 5280 section 4, and what a purpose asks for. */
#include "pki/path_int.h"
#include "wire/name.h"

/* Where a certificate stands in its path. */
enum { LEAF = 1, MIDDLE = 2, ANCHOR = 4, BELOW = LEAF | MIDDLE, ALL = LEAF | MIDDLE | ANCHOR };

static bool
critical(const struct hf_cert *c, enum hf_ext e)
{
    return (c->x.critical & HF_EXT_BIT(e)) != 0;
}

static bool
lax(const struct hf_cert *c, enum hf_ext e)
{
    return hf_exts_have(&c->x, e) && !critical(c, e);
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
    return hf_name_empty(c->subject) && !critical(c, HF_EXT_SAN);
}

static bool
aki_critical(const struct hf_cert *c)
{
    return critical(c, HF_EXT_AKI);
}

static bool
ski_critical(const struct hf_cert *c)
{
    return critical(c, HF_EXT_SKI);
}

static bool
access_critical(const struct hf_cert *c)
{
    return critical(c, HF_EXT_AIA) || critical(c, HF_EXT_SIA) || critical(c, HF_EXT_FRESHEST);
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

/* A root whose authority key is another than its own; rolled-over keys look like that below the root. */
static bool
own_key_differs(const struct hf_cert *c)
{
    return c->x.aki_key.n != 0 && c->x.ski.n != 0 && hf_cert_self_issued(c) &&
           !hf_bytes_eq(c->x.aki_key, c->x.ski);
}

static const struct rule {
    unsigned    where;
    bool        (*broken)(const struct hf_cert *);
    const char *text;
} rules[] = {
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

/*
 * Marks that conforming CAs must set, but without which the path is as safe.
 * NIST's PKITS and many private CAs leave them out, so that they are insisted
 * on only where a TLS peer is to be judged.
 */
static const struct rule tls_rules[] = {
    { LEAF, old_version, "the version is not 3 (RFC 5280 4.1.2.1)" },
    { ALL, aki_missing, "no authorityKeyIdentifier with a key identifier (RFC 5280 4.2.1.1)" },
    { ALL, basic_not_critical, "basicConstraints of a CA is not critical (RFC 5280 4.2.1.9)" },
    { ALL, names_not_critical, "nameConstraints is not critical (RFC 5280 4.2.1.10)" },
    { ALL, limits_not_critical, "policyConstraints or inhibitAnyPolicy is not critical (RFC 5280 4.2.1.11, 4.2.1.14)" },
    { ALL, ski_missing, "a CA without subjectKeyIdentifier (RFC 5280 4.2.1.2)" },
};

/* -- Server certificates: the baseline requirements where RFC 5280 is silent ------------ */

static bool
san_critical(const struct hf_cert *c)
{
    return critical(c, HF_EXT_SAN) && !hf_name_empty(c->subject);
}

static bool
any_eku(const struct hf_cert *c)
{
    return hf_eku_has(c->x.eku, HF_OID_EKU_ANY);
}

static bool
root_aki_long(const struct hf_cert *c)
{
    return hf_cert_self_issued(c) && hf_exts_have(&c->x, HF_EXT_AKI) &&
           (c->x.aki_key.n == 0 || c->x.aki_issuer.n != 0);
}

static const struct rule server_rules[] = {
    { LEAF, san_critical, "critical subjectAltName beside a subject (CA/B BR 7.1.2.7.12)" },
    { LEAF, any_eku, "extKeyUsage has anyExtendedKeyUsage (CA/B BR 7.1.2.7.10)" },
    { ANCHOR, own_key_differs, "a root with an authority key identifier that is not its own (CA/B BR 7.1.2.1.3)" },
    { ANCHOR, root_aki_long, "authorityKeyIdentifier of a root without key identifier or with more (CA/B BR 7.1.2.1.3)" },
};

static bool
eku_mixed(const struct hf_cert *c)
{
    static const uint8_t precert[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x04 };
    struct hf_rd         r = hf_rd(c->x.eku);
    struct hf_bytes      oid;

    while (hf_eku_next(&r, &oid)) {
        enum hf_oid id = hf_oid_find(oid);

        if (id == HF_OID_EKU_CODE || id == HF_OID_EKU_EMAIL || id == HF_OID_EKU_TIME ||
            id == HF_OID_EKU_OCSP || hf_bytes_eq(oid, hf_bytes(precert, sizeof(precert))))
            return true;
    }
    return false;
}

static bool
eku_missing_or_critical(const struct hf_cert *c)
{
    return !hf_exts_have(&c->x, HF_EXT_EKU) || critical(c, HF_EXT_EKU);
}

static bool
leaf_is_ca(const struct hf_cert *c)
{
    return c->x.is_ca;
}

static bool
root_eku(const struct hf_cert *c)
{
    return hf_cert_self_issued(c) && hf_exts_have(&c->x, HF_EXT_EKU);
}

static const struct rule web_rules[] = {
    { LEAF, leaf_is_ca, "a CA in place of a server (CA/B BR 7.1.2.7.8)" },
    { LEAF, eku_missing_or_critical, "extKeyUsage is missing or critical (CA/B BR 7.1.2.7.6)" },
    { LEAF, eku_mixed, "extKeyUsage mixes serverAuth with other purposes (CA/B BR 7.1.2.7.10)" },
    { ANCHOR, root_eku, "a root with extKeyUsage (CA/B BR 7.1.2.1.2)" },
};

static enum hf_rc
apply(const struct rule *rule, size_t n, unsigned where, const struct hf_cert *c)
{
    for (size_t i = 0; i < n; i++)
        if ((rule[i].where & where) != 0 && rule[i].broken(c))
            return hf_fail(HF_E_POLICY, "%s", rule[i].text);
    return HF_OK;
}

/* Who asks for a host wants a server. */
static bool
for_server(const struct hf_path_query *q)
{
    return q->purpose == HF_PURPOSE_TLS_SERVER || q->dns != NULL || q->ip != NULL;
}

bool
path_for_tls(const struct hf_path_query *q)
{
    return q->strictness != HF_STRICT_PATH && (for_server(q) || q->purpose == HF_PURPOSE_TLS_CLIENT);
}

enum hf_rc
path_profile(const struct path_run *run, size_t i)
{
    const struct hf_path_query *q = run->query;
    const struct hf_cert       *c = &run->chain[i]->cert;
    unsigned                    where = i == 0 ? LEAF : i + 1 == run->n ? ANCHOR : MIDDLE;
    bool                        server = for_server(q), tls = path_for_tls(q);
    enum hf_rc                  rc;

    if (q->strictness == HF_STRICT_PATH || (run->n == 1 && !tls)) /* a leaf that is trusted itself */
        return HF_OK;
    if ((rc = apply(rules, HF_COUNT(rules), where, c)) != HF_OK || run->crl_issuer)
        return rc;
    if (tls && (rc = apply(tls_rules, HF_COUNT(tls_rules), where, c)) != HF_OK)
        return rc;
    if (server && (rc = apply(server_rules, HF_COUNT(server_rules), where, c)) != HF_OK)
        return rc;
    if (q->strictness == HF_STRICT_WEBPKI)
        return apply(web_rules, HF_COUNT(web_rules), where, c);
    return HF_OK;
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
