#include "pki/lint.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "wire/name.h"

struct lint {
    const struct hf_cert *c;
    const struct hf_ca   *issuer;
    bool                  root; /* self-signed */
};

static bool
serial_wrong(const struct lint *l)
{
    struct hf_bytes s = l->c->serial;

    return s.n < 8 || s.n > 20 || (s.p[0] & 0x80) != 0;
}

static bool
issuer_name_wrong(const struct lint *l)
{
    return !hf_bytes_eq(l->c->issuer, l->root ? l->c->subject : l->issuer->cert.subject);
}

static bool
algorithm_wrong(const struct lint *l)
{
    return !hf_bytes_eq(l->c->sig_alg, hf_alg_signature_id(l->issuer->alg));
}

static bool
validity_wrong(const struct lint *l)
{
    return l->c->not_before >= l->c->not_after;
}

static bool
outlives_issuer(const struct lint *l)
{
    return !l->root && l->c->not_after > l->issuer->cert.not_after;
}

static bool
ski_missing(const struct lint *l)
{
    return l->c->x.ski.n == 0;
}

static bool
aki_wrong(const struct lint *l)
{
    return !l->root && !hf_bytes_eq(l->c->x.aki_key, l->issuer->cert.x.ski);
}

static bool
ca_usage_wrong(const struct lint *l)
{
    return l->c->x.is_ca != ((l->c->x.key_usage & HF_KU_CERT_SIGN) != 0);
}

static bool
ca_basic_not_critical(const struct lint *l)
{
    return l->c->x.is_ca && (l->c->x.critical & HF_EXT_BIT(HF_EXT_BASIC)) == 0;
}

static bool
below_path_length(const struct lint *l)
{
    return !l->root && l->c->x.is_ca && l->issuer->cert.x.path_len == 0;
}

static bool
key_usage_missing(const struct lint *l)
{
    return l->c->x.key_usage == 0;
}

static bool
subject_empty(const struct lint *l)
{
    return hf_name_empty(l->c->subject) && (l->c->x.critical & HF_EXT_BIT(HF_EXT_SAN)) == 0;
}

static bool
ca_subject_empty(const struct lint *l)
{
    return l->c->x.is_ca && hf_name_empty(l->c->subject);
}

static bool
ocsp_signer_wrong(const struct lint *l)
{
    const struct hf_exts *x = &l->c->x;

    return hf_eku_has(x->eku, HF_OID_EKU_OCSP) &&
           (!hf_exts_have(x, HF_EXT_NOCHECK) || l->c->not_after - l->c->not_before > 90 * 86400);
}

/* Is one dNSName an address, or does it have a wildcard in a wrong place? */
static bool
dns_wrong(struct hf_bytes v)
{
    char    name[256];
    uint8_t raw[16];
    char   *star;

    if (v.n == 0 || v.n >= sizeof(name) || memchr(v.p, '\0', v.n) != NULL)
        return true;
    memcpy(name, v.p, v.n);
    name[v.n] = '\0';
    if (inet_pton(AF_INET, name, raw) == 1 || inet_pton(AF_INET6, name, raw) == 1)
        return true;
    star = strrchr(name, '*');
    return star != NULL && (star != name || name[1] != '.' || strchr(name + 2, '.') == NULL);
}

static bool
names_wrong(const struct lint *l)
{
    struct hf_rd r = hf_rd(l->c->x.san);
    struct hf_gn gn;

    while (hf_gn_next(&r, &gn))
        if (gn.kind == HF_GN_DNS && dns_wrong(gn.value))
            return true;
    return false;
}

/* The commonName's text equals a dNSName or the text of an iPAddress. */
static bool
name_is(const struct hf_gn *gn, struct hf_bytes cn)
{
    char text[INET6_ADDRSTRLEN] = "";

    if (gn->kind == HF_GN_DNS)
        return gn->value.n == cn.n &&
               strncasecmp((const char *)gn->value.p, (const char *)cn.p, cn.n) == 0;
    if (gn->kind != HF_GN_IP || (gn->value.n != 4 && gn->value.n != 16))
        return false;
    inet_ntop(gn->value.n == 4 ? AF_INET : AF_INET6, gn->value.p, text, sizeof(text));
    return hf_bytes_eq(hf_bytes_str(text), cn);
}

static bool
server_name_missing(const struct lint *l)
{
    struct hf_rd   r = hf_rd(l->c->x.san);
    struct hf_attr cn;
    struct hf_gn   gn;

    if (!hf_eku_has(l->c->x.eku, HF_OID_EKU_SERVER))
        return false;
    if (l->c->x.san.n == 0)
        return true;
    if (!hf_name_find(l->c->subject, HF_OID_CN, &cn))
        return false;
    while (hf_gn_next(&r, &gn))
        if (name_is(&gn, cn.value))
            return false;
    return true;
}

static const struct {
    bool (*wrong)(const struct lint *l);
    const char *why;
} rules[] = {
    { serial_wrong, "serial number not of 8 to 20 octets or not positive (RFC 5280 4.1.2.2)" },
    { issuer_name_wrong,
      "issuer is not the authority's subject, octet by octet (RFC 5280 4.1.2.4)" },
    { algorithm_wrong, "signature algorithm is not the authority's (RFC 5280 4.1.2.3)" },
    { validity_wrong, "notAfter is not later than notBefore (RFC 5280 4.1.2.5)" },
    { outlives_issuer, "notAfter is later than the authority's" },
    { ski_missing, "subjectKeyIdentifier is missing (RFC 5280 4.2.1.2)" },
    { aki_wrong, "authorityKeyIdentifier is not the authority's key (RFC 5280 4.2.1.1)" },
    { key_usage_missing, "keyUsage is missing or empty (RFC 5280 4.2.1.3)" },
    { ca_usage_wrong, "keyCertSign and basicConstraints cA do not agree (RFC 5280 4.2.1.3)" },
    { ca_basic_not_critical,
      "basicConstraints of an authority is not critical (RFC 5280 4.2.1.9)" },
    { below_path_length,
      "its authority may have none below it (pathLenConstraint 0, RFC 5280 4.2.1.9)" },
    { ca_subject_empty, "an authority has no subject (RFC 5280 4.1.2.6)" },
    { subject_empty, "no subject, and subjectAltName is not critical (RFC 5280 4.1.2.6)" },
    { ocsp_signer_wrong,
      "OCSP signer without ocsp-nocheck or longer than 90 days (RFC 6960 4.2.2.2.1)" },
    { names_wrong, "dNSName holds an address or a misplaced wildcard (RFC 9525 6.3)" },
    { server_name_missing,
      "a server's commonName is not among its alternative names (RFC 9525 6.1)" },
};

enum hf_rc
hf_lint(struct hf_bytes tbs, const struct hf_ca *issuer)
{
    struct hf_wr   w = hf_wr(256 << 10);
    struct hf_cert cert;
    struct lint    l = { .c = &cert, .issuer = issuer, .root = issuer->der.n == 0 };
    enum hf_rc     rc;

    /* a signature of one octet makes it a certificate that the reader takes */
    hf_der_put_signed(&w, tbs, hf_alg_signature_id(issuer->alg), hf_bytes("", 1));
    if ((rc = hf_cert_read(hf_wr_bytes(&w), &cert)) != HF_OK)
        rc = hf_because(rc, "refused before signing");
    for (size_t i = 0; rc == HF_OK && i < HF_COUNT(rules); i++)
        if (rules[i].wrong(&l))
            rc = hf_fail(HF_E_POLICY, "refused before signing: %s", rules[i].why);
    hf_wr_clear(&w);
    return rc;
}
