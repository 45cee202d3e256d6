/*
 * path_mail.c - certificates for mail: the S/MIME baseline requirements of the CA/Browser Forum
 * ("S/MIME BR"). A keyUsage that is not critical is accepted: the requirements only recommend the mark.
 */
#include "pki/path_int.h"
#include "wire/name.h"

static bool
is_ca(const struct hf_cert *c)
{
    return c->x.is_ca;
}

static bool
usage_missing(const struct hf_cert *c)
{
    return !hf_exts_have(&c->x, HF_EXT_KEY_USAGE);
}

static bool
crl_sign_missing(const struct hf_cert *c)
{
    return hf_exts_have(&c->x, HF_EXT_KEY_USAGE) && (c->x.key_usage & HF_KU_CRL_SIGN) == 0;
}

static bool
eku_missing(const struct hf_cert *c)
{
    return !hf_exts_have(&c->x, HF_EXT_EKU);
}

static bool
eku_mixed(const struct hf_cert *c)
{
    return hf_eku_has(c->x.eku, HF_OID_EKU_EMAIL) &&
           (hf_eku_has(c->x.eku, HF_OID_EKU_SERVER) || hf_eku_has(c->x.eku, HF_OID_EKU_CODE) ||
            hf_eku_has(c->x.eku, HF_OID_EKU_TIME) || hf_eku_has(c->x.eku, HF_OID_EKU_ANY));
}

static bool
root_eku(const struct hf_cert *c)
{
    return hf_cert_self_issued(c) && hf_exts_have(&c->x, HF_EXT_EKU);
}

static bool
san_critical(const struct hf_cert *c)
{
    return path_critical(c, HF_EXT_SAN) && !hf_name_empty(c->subject);
}

static bool
no_mailbox(const struct hf_cert *c)
{
    struct hf_rd r = hf_rd(c->x.san);
    struct hf_gn gn;

    while (hf_gn_next(&r, &gn))
        if (gn.kind == HF_GN_EMAIL)
            return false;
    return true;
}

static const struct path_rule rules[] = {
    { PATH_LEAF, is_ca, "a CA in place of a mailbox (S/MIME BR 7.1.2.3 (d))" },
    { PATH_LEAF, usage_missing, "no keyUsage (S/MIME BR 7.1.2.3 (e))" },
    { PATH_LEAF, eku_missing, "no extKeyUsage (S/MIME BR 7.1.2.3 (f))" },
    { PATH_LEAF, eku_mixed, "extKeyUsage mixes emailProtection with other purposes (S/MIME BR 7.1.2.3 (f))" },
    { PATH_LEAF, san_critical, "critical subjectAltName beside a subject (S/MIME BR 7.1.2.3 (h))" },
    { PATH_LEAF, no_mailbox, "no rfc822Name in subjectAltName (S/MIME BR 7.1.4.2.1)" },
    { PATH_MIDDLE, eku_mixed, "extKeyUsage of a CA mixes emailProtection with other purposes (S/MIME BR 7.1.2.2 (g))" },
    { PATH_MIDDLE, crl_sign_missing, "keyUsage of a CA lacks cRLSign (S/MIME BR 7.1.2.2 (e))" },
    { PATH_ANCHOR, root_eku, "a root with extKeyUsage (S/MIME BR 7.1.2.1 (d))" },
};

enum hf_rc
path_mail(const struct path_run *run, size_t i, unsigned where)
{
    const struct path_cert *p = run->chain[i];
    enum hf_rc              rc = path_apply(rules, HF_COUNT(rules), where, &p->cert);

    return rc != HF_OK ? rc : path_whole_octets(p, "S/MIME BR 6.1.5");
}
