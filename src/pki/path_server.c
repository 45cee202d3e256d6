/*
 * path_server.c - certificates of TLS servers: the baseline requirements of the CA/Browser Forum
 * ("CA/B BR") where RFC 5280 is silent, and where it leaves a choice (path_web).
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pki/path_int.h"
#include "wire/name.h"

/* -- One certificate's extensions ----------------------------------------------------- */

static bool
san_critical(const struct hf_cert *c)
{
    return path_critical(c, HF_EXT_SAN) && !hf_name_empty(c->subject);
}

static bool
eku_any(const struct hf_cert *c)
{
    return hf_eku_has(c->x.eku, HF_OID_EKU_ANY);
}

static bool
eku_critical(const struct hf_cert *c)
{
    return path_critical(c, HF_EXT_EKU);
}

/* A purpose that a server's certificate, or one of a CA for servers, must not have besides. */
static bool
eku_mixed(const struct hf_cert *c)
{
    static const uint8_t precert[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x04 };
    struct hf_rd         r = hf_rd(c->x.eku);
    struct hf_bytes      oid;

    if (!hf_eku_has(c->x.eku, HF_OID_EKU_SERVER))
        return false;
    while (hf_eku_next(&r, &oid)) {
        enum hf_oid id = hf_oid_find(oid);

        if (id == HF_OID_EKU_CODE || id == HF_OID_EKU_EMAIL || id == HF_OID_EKU_TIME ||
            id == HF_OID_EKU_OCSP || id == HF_OID_EKU_ANY ||
            hf_bytes_eq(oid, hf_bytes(precert, sizeof(precert))))
            return true;
    }
    return false;
}

static bool
root_eku(const struct hf_cert *c)
{
    return hf_cert_self_issued(c) && hf_exts_have(&c->x, HF_EXT_EKU);
}

/* A root whose authority key is another than its own; rolled-over keys look like that below the root. */
static bool
own_key_differs(const struct hf_cert *c)
{
    return c->x.aki_key.n != 0 && c->x.ski.n != 0 && hf_cert_self_issued(c) &&
           !hf_bytes_eq(c->x.aki_key, c->x.ski);
}

static bool
root_aki_long(const struct hf_cert *c)
{
    return hf_cert_self_issued(c) && hf_exts_have(&c->x, HF_EXT_AKI) &&
           (c->x.aki_key.n == 0 || c->x.aki_issuer.n != 0 || c->x.aki_serial.n != 0);
}

static const struct path_rule server_rules[] = {
    { PATH_LEAF, san_critical, "critical subjectAltName beside a subject (CA/B BR 7.1.2.7.12)" },
    { PATH_LEAF, eku_any, "extKeyUsage has anyExtendedKeyUsage (CA/B BR 7.1.2.7.10)" },
    { PATH_LEAF, eku_critical, "critical extKeyUsage (CA/B BR 7.1.2.7.6)" },
    { PATH_LEAF, eku_mixed, "extKeyUsage mixes serverAuth with other purposes (CA/B BR 7.1.2.7.10)" },
    { PATH_MIDDLE, eku_mixed, "extKeyUsage of a CA mixes serverAuth with other purposes (CA/B BR 7.1.2.10.6)" },
    { PATH_ANCHOR, own_key_differs, "a root with an authority key identifier that is not its own (CA/B BR 7.1.2.1.3)" },
    { PATH_ANCHOR, root_aki_long, "authorityKeyIdentifier of a root without key identifier or with more (CA/B BR 7.1.2.1.3)" },
};

/* Where no host is asked for, a root's extKeyUsage merely limits what the root is good for. */
static const struct path_rule host_rules[] = {
    { PATH_ANCHOR, root_eku, "a root with extKeyUsage (CA/B BR 7.1.2.1.2)" },
};

static bool
leaf_is_ca(const struct hf_cert *c)
{
    return c->x.is_ca;
}

static bool
eku_missing(const struct hf_cert *c)
{
    return !hf_exts_have(&c->x, HF_EXT_EKU);
}

static const struct path_rule web_rules[] = {
    { PATH_LEAF, leaf_is_ca, "a CA in place of a server (CA/B BR 7.1.2.7.8)" },
    { PATH_LEAF, eku_missing, "no extKeyUsage (CA/B BR 7.1.2.7.6)" },
};

/* -- Public suffixes ---------------------------------------------------------------------- */

/* Is the rule MARK NAME a line of the list? */
static bool
listed(struct hf_bytes list, const char *mark, struct hf_bytes name)
{
    char   line[260];
    size_t n = (size_t)snprintf(line, sizeof(line), "\n%s%.*s\n", mark, (int)name.n, (const char *)name.p);

    return n < sizeof(line) && memmem(list.p, list.n, line, n) != NULL;
}

/*
 * May anybody register names directly below this one? Names on the list are
 * lower case; "*.jp" stands for every name one label below, "!city.jp" is an
 * exception from that. A name of one label always is a suffix.
 */
static bool
public_suffix(struct hf_bytes list, struct hf_bytes name)
{
    char            lower[254];
    struct hf_bytes n = { (const uint8_t *)lower, name.n }, parent;
    const uint8_t  *dot = memchr(name.p, '.', name.n);

    if (dot == NULL || name.n >= sizeof(lower))
        return true;
    for (size_t i = 0; i < name.n; i++)
        lower[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (char)(name.p[i] | 0x20) : (char)name.p[i];
    parent = hf_bytes(n.p + (dot - name.p) + 1, n.n - (size_t)(dot - name.p) - 1);
    if (list.n == 0 || listed(list, "!", n))
        return false;
    return listed(list, "", n) || listed(list, "*.", parent);
}

/* -- Names of the leaf -------------------------------------------------------------------------- */

/* Text of a certificate in an error: at most 100 octets. */
#define TEXT(b) (int)((b).n < 100 ? (b).n : 100), (b).n == 0 ? "" : (const char *)(b).p

static bool
is_address(struct hf_bytes text, uint8_t out[16], size_t *n, bool lax)
{
    char           copy[64];
    struct in_addr v4;

    if (text.n == 0 || text.n >= sizeof(copy) || memchr(text.p, '\0', text.n) != NULL)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *n = 4;
    if (lax && inet_aton(copy, &v4) != 0) {
        memcpy(out, &v4, 4);
        return true;
    }
    if (inet_pton(AF_INET, copy, out) == 1)
        return true;
    *n = 16;
    return inet_pton(AF_INET6, copy, out) == 1;
}

/* Both loops below are bounded like name constraints: a leaf may have thousands of names. */
static enum hf_rc
one_comparison(const struct path_run *run, unsigned weight)
{
    run->work->compares += weight - 1;
    return path_work_one(&run->work->compares, PATH_COMPARES, "name comparisons");
}

static enum hf_rc
check_dns(const struct path_run *run, struct hf_bytes name)
{
    uint8_t    ip[16];
    size_t     n;
    enum hf_rc rc;

    if (!path_dns_ok(name, true) || memchr(name.p, '_', name.n) != NULL)
        return hf_fail(HF_E_POLICY, "dNSName \"%.*s\" is not a host name of letters, digits and hyphens "
                                    "(RFC 5280 4.2.1.6)", TEXT(name));
    if (is_address(name, ip, &n, false))
        return hf_fail(HF_E_POLICY, "dNSName \"%.*s\" is an address (RFC 5280 4.2.1.6)", TEXT(name));
    if (path_is_wildcard(name) && (rc = one_comparison(run, 256)) != HF_OK) /* the list is long */
        return rc;
    if (path_is_wildcard(name) && public_suffix(run->query->suffixes, hf_bytes(name.p + 2, name.n - 2)))
        return hf_fail(HF_E_POLICY, "dNSName \"%.*s\": a wildcard below a public suffix (CA/B BR 3.2.2.6)",
                       TEXT(name));
    return HF_OK;
}

/* How commonName and subjectAltName go together. */
enum cn {
    CN_ELSE,    /* nothing of the kind is in subjectAltName */
    CN_MEANT,   /* it is there, but written otherwise */
    CN_THE_SAME,
};

static enum cn
compare_ip(struct hf_bytes text, struct hf_bytes address)
{
    char    canonical[INET6_ADDRSTRLEN];
    uint8_t ip[16];
    size_t  n;

    if (address.n != 4 && address.n != 16)
        return CN_ELSE;
    /* inet_ntop() writes as RFC 5952 section 4 asks */
    if (inet_ntop(address.n == 4 ? AF_INET : AF_INET6, address.p, canonical, sizeof(canonical)) != NULL &&
        hf_bytes_eq(text, hf_bytes_str(canonical)))
        return CN_THE_SAME;
    return is_address(text, ip, &n, true) && hf_bytes_eq(address, hf_bytes(ip, n)) ? CN_MEANT : CN_ELSE;
}

static enum cn
compare_dns(struct hf_bytes text, struct hf_bytes name)
{
    if (hf_bytes_eq(text, name))
        return CN_THE_SAME;
    return text.n == name.n && text.n != 0 &&
                   strncasecmp((const char *)text.p, (const char *)name.p, text.n) == 0
               ? CN_MEANT
               : CN_ELSE;
}

/* A host in U-labels: letters beyond ASCII, dots, no blanks, and a top-level name of ASCII letters. */
static bool
unicode_host(struct hf_bytes text)
{
    const uint8_t *dot = text.n == 0 ? NULL : memrchr(text.p, '.', text.n);
    bool           beyond = false;

    if (dot == NULL || dot == text.p || dot + 2 >= text.p + text.n)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t b = text.p[i];
        bool    letter = (b | 0x20) >= 'a' && (b | 0x20) <= 'z';

        if (text.p + i > dot ? !letter : !letter && b < 0x80 && b != '-' && b != '.' && !(b >= '0' && b <= '9'))
            return false;
        beyond |= b >= 0x80;
    }
    return beyond;
}

static enum cn
compare_cn(const struct hf_cert *c, struct hf_bytes text)
{
    struct hf_rd r = hf_rd(c->x.san);
    struct hf_gn gn;
    enum cn      best = unicode_host(text) ? CN_MEANT : CN_ELSE, now;

    while (hf_gn_next(&r, &gn)) {
        now = gn.kind == HF_GN_IP ? compare_ip(text, gn.value)
              : gn.kind == HF_GN_DNS ? compare_dns(text, gn.value) : CN_ELSE;
        best = now > best ? now : best;
    }
    return best;
}

/* Each commonName must fit at least this well. */
static enum hf_rc
check_cn(const struct path_run *run, bool must_be_there)
{
    const struct hf_cert *c = &run->chain[0]->cert;
    struct hf_name_walk it = hf_name_walk(c->subject);
    struct hf_attr      a;
    enum hf_rc          rc = HF_OK;

    while (rc == HF_OK && hf_name_next(&it, &a)) {
        struct hf_wr text = hf_wr(1 << 16);
        enum cn      fit;

        if (a.type != HF_OID_CN)
            continue;
        if ((rc = one_comparison(run, 1 + (unsigned)c->x.san.n / 8)) != HF_OK)
            return rc;
        hf_attr_utf8(&a, &text);
        fit = compare_cn(c, hf_wr_bytes(&text));
        if (fit == CN_MEANT || (fit == CN_ELSE && must_be_there))
            rc = hf_fail(HF_E_POLICY, "commonName \"%.*s\" is not %s subjectAltName (CA/B BR 7.1.4.3)",
                         TEXT(text), fit == CN_MEANT ? "written as in" : "in");
        hf_wr_clear(&text);
    }
    return rc;
}

static enum hf_rc
check_names(const struct path_run *run)
{
    const struct hf_cert *c = &run->chain[0]->cert;
    struct hf_rd          r = hf_rd(c->x.san);
    struct hf_gn          gn;
    enum hf_rc            rc;

    if (run->work->server == run->chain[0])
        return HF_OK;
    while (hf_gn_next(&r, &gn))
        if (gn.kind == HF_GN_DNS && (rc = check_dns(run, gn.value)) != HF_OK)
            return rc;
    if ((rc = check_cn(run, false)) == HF_OK)
        run->work->server = run->chain[0];
    return rc;
}

/* -- Together ------------------------------------------------------------------------------------- */

enum hf_rc
path_whole_octets(const struct path_cert *p, const char *clause)
{
    unsigned bits = p->pub == NULL ? 0 : hf_pub_bits(p->pub);

    if (bits >= 2048 && bits % 8 != 0) /* no other keys are that long */
        return hf_fail(HF_E_POLICY, "the RSA key's %u bits are not a multiple of 8 (%s)", bits, clause);
    return HF_OK;
}

enum hf_rc
path_server(const struct path_run *run, size_t i, unsigned where)
{
    const struct path_cert *p = run->chain[i];
    enum hf_rc              rc;

    if ((rc = path_apply(server_rules, HF_COUNT(server_rules), where, &p->cert)) != HF_OK)
        return rc;
    if (path_for_host(run->query) && (rc = path_apply(host_rules, HF_COUNT(host_rules), where, &p->cert)) != HF_OK)
        return rc;
    if ((rc = path_whole_octets(p, "CA/B BR 6.1.5")) != HF_OK)
        return rc;
    return where == PATH_LEAF ? check_names(run) : HF_OK;
}

enum hf_rc
path_web(const struct path_run *run, size_t i, unsigned where)
{
    const struct path_cert *p = run->chain[i];
    const struct hf_exts   *x = &p->cert.x;
    enum hf_rc              rc;

    if ((rc = path_apply(web_rules, HF_COUNT(web_rules), where, &p->cert)) != HF_OK || where != PATH_LEAF)
        return rc;
    if (p->pub != NULL && hf_pub_bits(p->pub) < 2048 && hf_pub_alg(p->pub) != HF_ALG_SM2 && hf_exts_have(x, HF_EXT_KEY_USAGE) &&
        (x->key_usage & HF_KU_SIGN) == 0)
        return hf_fail(HF_E_POLICY, "keyUsage of an elliptic key lacks digitalSignature (CA/B BR 7.1.2.7.11)");
    return check_cn(run, true);
}
