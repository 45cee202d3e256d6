/* path_check.c - the basic path validation of RFC 5280 section 6.1 on one chain. */
#include "base/text.h"
#include "pki/path_int.h"

enum hf_rc
path_in_time(const struct hf_cert *c, int64_t at)
{
    char when[HF_TIME_TEXT];

    if (at < c->not_before)
        return hf_fail(HF_E_EXPIRED, "not valid before %s (RFC 5280 6.1.3 (a)(2))",
                       hf_time_text(c->not_before * 1000, when));
    if (at > c->not_after)
        return hf_fail(HF_E_EXPIRED, "expired at %s (RFC 5280 6.1.3 (a)(2))",
                       hf_time_text(c->not_after * 1000, when));
    return HF_OK;
}

/* 6.1.4 (k) and (n). */
enum hf_rc
path_may_issue(const struct hf_cert *c, enum hf_strictness strictness)
{
    if (c->version != 3)
        return hf_fail(HF_E_POLICY, "version %u certificates cannot be CAs (RFC 5280 6.1.4 (k))", c->version);
    if (!hf_exts_have(&c->x, HF_EXT_BASIC))
        return hf_fail(HF_E_POLICY, "no basicConstraints: not a CA (RFC 5280 6.1.4 (k))");
    if (!c->x.is_ca)
        return hf_fail(HF_E_POLICY, "basicConstraints says that it is not a CA (RFC 5280 6.1.4 (k))");
    if (hf_exts_have(&c->x, HF_EXT_KEY_USAGE) && (c->x.key_usage & HF_KU_CERT_SIGN) == 0)
        return hf_fail(HF_E_POLICY, "keyUsage lacks keyCertSign (RFC 5280 6.1.4 (n))");
    return HF_OK;
}

/* Extensions of certificates that are processed here; the rest belongs to CRLs. */
#define PROCESSED                                                                                  \
    (HF_EXT_BIT(HF_EXT_BASIC) | HF_EXT_BIT(HF_EXT_KEY_USAGE) | HF_EXT_BIT(HF_EXT_EKU) |            \
     HF_EXT_BIT(HF_EXT_SAN) | HF_EXT_BIT(HF_EXT_IAN) | HF_EXT_BIT(HF_EXT_SKI) |                    \
     HF_EXT_BIT(HF_EXT_AKI) | HF_EXT_BIT(HF_EXT_POLICIES) | HF_EXT_BIT(HF_EXT_MAPPINGS) |          \
     HF_EXT_BIT(HF_EXT_POLICY_LIMITS) | HF_EXT_BIT(HF_EXT_INHIBIT_ANY) |                           \
     HF_EXT_BIT(HF_EXT_NAMES) | HF_EXT_BIT(HF_EXT_CDP) | HF_EXT_BIT(HF_EXT_FRESHEST) |             \
     HF_EXT_BIT(HF_EXT_AIA) | HF_EXT_BIT(HF_EXT_SIA) | HF_EXT_BIT(HF_EXT_NOCHECK))

/* 6.1.4 (o), 6.1.5 (f) */
static enum hf_rc
known_critical(const struct hf_cert *c)
{
    char name[HF_OID_TEXT];

    if (c->x.unknown_critical.n != 0)
        return hf_fail(HF_E_POLICY, "unknown critical extension %s (RFC 5280 4.2, 6.1.5 (f))",
                       hf_oid_show(c->x.unknown_critical, name));
    if ((c->x.critical & ~PROCESSED) != 0)
        return hf_fail(HF_E_POLICY, "a critical extension of CRLs in a certificate (RFC 5280 4.2)");
    return HF_OK;
}

static enum hf_rc
check_one(const struct path_run *run, size_t i)
{
    const struct hf_cert *c = &run->chain[i]->cert;
    enum hf_rc            rc;

    if ((rc = path_in_time(c, run->query->at)) != HF_OK || (rc = known_critical(c)) != HF_OK)
        return rc;
    if (i != 0 && i + 1 < run->n && (rc = path_may_issue(c, run->query->strictness)) != HF_OK)
        return rc;
    return path_profile(run, i);
}

/*
 * 6.1.4 (l) and (m): from the anchor down, how many more intermediates may
 * follow; the anchor's own limit counts too (RFC 5937 section 4).
 */
static enum hf_rc
check_lengths(const struct path_run *run)
{
    int64_t left = run->query->max_depth;

    for (size_t i = run->n - 1; i > 0; i--) {
        const struct path_cert *c = run->chain[i];
        bool                    counts = i + 1 < run->n && !c->self_issued;

        if (counts && left-- <= 0)
            return hf_fail(HF_E_POLICY, "%s: more intermediate certificates than pathLenConstraint or "
                                        "the greatest depth allows (RFC 5280 6.1.4 (l))",
                           path_which(run, i));
        if (c->cert.x.path_len >= 0 && c->cert.x.is_ca && c->cert.x.path_len < left)
            left = c->cert.x.path_len;
    }
    return HF_OK;
}

static enum hf_rc
check_revocation(struct path_run *run)
{
    enum hf_rc rc;

    for (size_t i = run->n - 1; i-- > 0;)
        if ((rc = path_revocation(run, i)) != HF_OK)
            return hf_because(rc, "%s", path_which(run, i));
    return HF_OK;
}

/* A CRL issuer needs cRLSign if it has a keyUsage (6.3.3 (f)); other leaves suit their purpose. */
static enum hf_rc
check_use(const struct path_run *run)
{
    const struct hf_exts *x = &run->chain[0]->cert.x;

    if (!run->crl_issuer)
        return path_purpose(run);
    if (hf_exts_have(x, HF_EXT_KEY_USAGE) && (x->key_usage & HF_KU_CRL_SIGN) == 0)
        return hf_fail(HF_E_POLICY, "keyUsage lacks cRLSign (RFC 5280 6.3.3 (f))");
    return HF_OK;
}

enum hf_rc
path_validate(struct path_run *run)
{
    enum hf_rc rc;

    for (size_t i = run->n; i-- > 0;)
        if ((rc = check_one(run, i)) != HF_OK)
            return hf_because(rc, "%s", path_which(run, i));
    if ((rc = check_lengths(run)) != HF_OK || (rc = path_constraints(run)) != HF_OK ||
        (rc = path_policies(run)) != HF_OK || (rc = check_use(run)) != HF_OK)
        return rc;
    return run->query->revocation ? check_revocation(run) : HF_OK;
}
