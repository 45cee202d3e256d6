/* path_names.c - name constraints (RFC 5280 4.2.1.10) and host names (RFC 9525). */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "pki/path_int.h"
#include "wire/name.h"

/* -- Pieces of names ------------------------------------------------------------------ */

static bool
same_text(struct hf_bytes a, struct hf_bytes b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0);
}

static bool
ends_with(struct hf_bytes name, struct hf_bytes end)
{
    return name.n >= end.n && same_text(hf_bytes(name.p + name.n - end.n, end.n), end);
}

static struct hf_bytes
from(struct hf_bytes b, size_t n)
{
    return hf_bytes(b.p + n, b.n - n);
}

static bool
label_ok(struct hf_bytes b)
{
    if (b.n == 0 || b.n > 63 || b.p[0] == '-' || b.p[b.n - 1] == '-')
        return false;
    for (size_t i = 0; i < b.n; i++)
        if (!((b.p[i] | 0x20) >= 'a' && (b.p[i] | 0x20) <= 'z') && !(b.p[i] >= '0' && b.p[i] <= '9') &&
            b.p[i] != '-' && b.p[i] != '_')
            return false;
    return true;
}

bool
path_dns_ok(struct hf_bytes name, bool wildcard)
{
    size_t n;

    if (wildcard && name.n > 2 && name.p[0] == '*' && name.p[1] == '.')
        name = from(name, 2);
    if (name.n == 0 || name.n > 253)
        return false;
    for (;;) {
        const uint8_t *dot = memchr(name.p, '.', name.n);

        n = dot == NULL ? name.n : (size_t)(dot - name.p);
        if (!label_ok(hf_bytes(name.p, n)))
            return false;
        if (dot == NULL)
            return true;
        name = from(name, n + 1);
        if (name.n == 0)
            return false;
    }
}

bool
path_is_wildcard(struct hf_bytes name)
{
    return name.n > 2 && name.p[0] == '*' && name.p[1] == '.';
}

/* Both sides of the last "@"; false if there is none, or more than one outside quotes. */
static bool
split_mail(struct hf_bytes mail, struct hf_bytes *local, struct hf_bytes *host)
{
    const uint8_t *at = mail.n == 0 ? NULL : memrchr(mail.p, '@', mail.n);

    if (at == NULL)
        return false;
    *local = hf_bytes(mail.p, (size_t)(at - mail.p));
    *host = from(mail, local->n + 1);
    if (local->n == 0 || (local->p[0] != '"' && memchr(local->p, '@', local->n) != NULL))
        return false;
    return path_dns_ok(*host, false);
}

/* The host of a URI with an authority (RFC 3986 3.2.2); false if there is none or it is an address. */
static bool
uri_host(struct hf_bytes uri, struct hf_bytes *host)
{
    const uint8_t *p = uri.n < 3 ? NULL : memmem(uri.p, uri.n, "://", 3), *end = uri.p + uri.n, *q;
    struct in_addr v4;
    char           text[16];

    if (p == NULL)
        return false;
    p += 3;
    for (q = p; q < end && *q != '/' && *q != '?' && *q != '#'; q++)
        if (*q == '@')
            p = q + 1; /* userinfo ends here */
    for (end = q, q = p; q < end && *q != ':'; q++)
        ;
    *host = hf_bytes(p, (size_t)(q - p));
    if (host->n > 1 && host->p[host->n - 1] == '.')
        host->n--;
    if (host->n < sizeof(text)) {
        memcpy(text, host->p, host->n);
        text[host->n] = '\0';
        if (inet_pton(AF_INET, text, &v4) == 1)
            return false;
    }
    return path_dns_ok(*host, false);
}

/* -- Does a name lie inside a subtree? --------------------------------------------------- */

enum fit {
    OUTSIDE,
    INSIDE,
    OVERLAPS, /* a wildcard that could stand for a name inside */
    BROKEN,   /* name or constraint is malformed or of no known form */
};

static enum fit
fit_dns(struct hf_bytes name, struct hf_bytes base, bool strict)
{
    bool dotted = base.n != 0 && base.p[0] == '.';

    if (!path_dns_ok(name, true))
        return BROKEN;
    if (base.n == 0)
        return INSIDE;
    /* 4.2.1.10 has the dot for URIs only; many CAs write it for hosts, too */
    if ((dotted && strict) || !path_dns_ok(dotted ? from(base, 1) : base, false))
        return BROKEN;
    if (dotted)
        return name.n > base.n && ends_with(name, base) ? INSIDE : OUTSIDE;
    if (same_text(name, base) ||
        (name.n > base.n && ends_with(name, base) && name.p[name.n - base.n - 1] == '.'))
        return INSIDE;
    /* "*.example.com" may be used as "bar.example.com" */
    if (path_is_wildcard(name)) {
        const uint8_t *dot = memchr(base.p, '.', base.n);

        if (dot != NULL && same_text(from(base, (size_t)(dot - base.p)), from(name, 1)))
            return OVERLAPS;
    }
    return OUTSIDE;
}

static enum fit
fit_host(struct hf_bytes host, struct hf_bytes base)
{
    if (base.n == 0)
        return INSIDE;
    if (base.p[0] == '.')
        return host.n > base.n && ends_with(host, base) ? INSIDE : OUTSIDE;
    return same_text(host, base) ? INSIDE : OUTSIDE;
}

static enum fit
fit_mail(struct hf_bytes mail, struct hf_bytes base)
{
    struct hf_bytes local, host, base_local, base_host;

    if (!split_mail(mail, &local, &host))
        return BROKEN;
    if (base.n != 0 && memchr(base.p, '@', base.n) != NULL) {
        if (!split_mail(base, &base_local, &base_host))
            return BROKEN;
        return hf_bytes_eq(local, base_local) && same_text(host, base_host) ? INSIDE : OUTSIDE;
    }
    if (base.n != 0 && !path_dns_ok(base.p[0] == '.' ? from(base, 1) : base, false))
        return BROKEN;
    return fit_host(host, base);
}

static enum fit
fit_uri(struct hf_bytes uri, struct hf_bytes base)
{
    struct hf_bytes host;

    if (!uri_host(uri, &host))
        return BROKEN; /* 4.2.1.10: without a host that is a name it must be rejected */
    if (base.n != 0 && !path_dns_ok(base.p[0] == '.' ? from(base, 1) : base, false))
        return BROKEN;
    return fit_host(host, base);
}

static enum fit
fit_ip(struct hf_bytes ip, struct hf_bytes base)
{
    if (base.n != 2 * ip.n)
        return OUTSIDE;
    for (size_t i = 0; i < ip.n; i++)
        if (((ip.p[i] ^ base.p[i]) & base.p[ip.n + i]) != 0)
            return OUTSIDE;
    return INSIDE;
}

static enum fit
fit(const struct hf_gn *name, struct hf_bytes base, bool strict)
{
    switch (name->kind) {
    case HF_GN_DNS: return fit_dns(name->value, base, strict);
    case HF_GN_EMAIL: return fit_mail(name->value, base);
    case HF_GN_URI: return fit_uri(name->value, base);
    case HF_GN_IP: return fit_ip(name->value, base);
    case HF_GN_DIR: return hf_name_within(name->value, base) ? INSIDE : OUTSIDE;
    default: return BROKEN; /* 4.2.1.10: process the constraint or reject the certificate */
    }
}

/* -- One name against the constraints of one CA ---------------------------------------------- */

static enum hf_rc
refuse(const struct hf_gn *name, const char *why)
{
    struct hf_wr w = hf_wr(4096);

    hf_gn_text(name, &w);
    (void)hf_fail(HF_E_POLICY, "name %.*s %s (RFC 5280 4.2.1.10, 6.1.3 (b), (c))", (int)(w.n < 120 ? w.n : 120),
                  w.n == 0 ? "" : (const char *)w.p, why);
    hf_wr_clear(&w);
    return HF_E_POLICY;
}

static enum hf_rc
check_excluded(struct path_run *run, const struct hf_exts *x, const struct hf_gn *name)
{
    struct hf_rd      r = hf_rd(x->excluded);
    struct hf_subtree t;
    bool              strict = path_for_tls(run->query);
    enum fit          f;
    enum hf_rc        rc;

    while (hf_subtree_next(&r, &t)) {
        if ((rc = path_work_one(&run->work->compares, PATH_COMPARES, "name comparisons")) != HF_OK)
            return rc;
        if (t.base.kind != name->kind)
            continue;
        f = fit(name, t.base.value, strict);
        if (f == BROKEN)
            return refuse(name, "or an excluded subtree for it is malformed or of an unknown form");
        if (f != OUTSIDE)
            return refuse(name, "is in an excluded subtree");
    }
    return HF_OK;
}

static enum hf_rc
check_permitted(struct path_run *run, const struct hf_exts *x, const struct hf_gn *name)
{
    struct hf_rd      r = hf_rd(x->permitted);
    struct hf_subtree t;
    bool              strict = path_for_tls(run->query), limited = false, inside = false;
    enum fit          f;
    enum hf_rc        rc;

    while (hf_subtree_next(&r, &t)) {
        if ((rc = path_work_one(&run->work->compares, PATH_COMPARES, "name comparisons")) != HF_OK)
            return rc;
        if (t.base.kind != name->kind)
            continue;
        limited = true;
        f = fit(name, t.base.value, strict);
        if (f == BROKEN)
            return refuse(name, "or a permitted subtree for it is malformed or of an unknown form");
        inside |= f == INSIDE;
    }
    return limited && !inside ? refuse(name, "is in no permitted subtree") : HF_OK;
}

/* Every CA above chain[i] has its say. */
static enum hf_rc
check_name(struct path_run *run, size_t i, const struct hf_gn *name)
{
    enum hf_rc rc;

    for (size_t j = i + 1; j < run->n; j++) {
        const struct hf_exts *x = &run->chain[j]->cert.x;

        if (!hf_exts_have(x, HF_EXT_NAMES))
            continue;
        if ((rc = check_excluded(run, x, name)) != HF_OK || (rc = check_permitted(run, x, name)) != HF_OK)
            return rc;
    }
    return HF_OK;
}

/* -- The names of a certificate ---------------------------------------------------------------- */

static bool
names_a_host(const struct hf_cert *c)
{
    struct hf_rd r = hf_rd(c->x.san);
    struct hf_gn gn;

    while (hf_gn_next(&r, &gn))
        if (gn.kind == HF_GN_DNS)
            return true;
    return false;
}

/* An attribute of the subject as the name that it is taken for; kind 0 (otherName) is none. */
static enum hf_gn_kind
taken_for(const struct hf_attr *a, struct hf_bytes text, bool hosts)
{
    if (a->type == HF_OID_EMAIL)
        return HF_GN_EMAIL;
    if (a->type == HF_OID_CN && hosts && path_dns_ok(text, true) && memchr(text.p, '.', text.n) != NULL)
        return HF_GN_DNS;
    return HF_GN_OTHER;
}

/*
 * emailAddress in the subject is a mail address (4.2.1.10). Where a leaf has
 * no dNSName, a commonName that reads like a host counts as one: some clients
 * still believe it. Who asks for a host is not among them: RFC 9525 6.3.
 */
static enum hf_rc
check_subject(struct path_run *run, size_t i)
{
    const struct hf_cert *c = &run->chain[i]->cert;
    bool                  hosts = i == 0 && !path_for_host(run->query) && !names_a_host(c);
    struct hf_name_walk   it = hf_name_walk(c->subject);
    struct hf_attr        a;
    enum hf_rc            rc = HF_OK;

    while (rc == HF_OK && hf_name_next(&it, &a)) {
        struct hf_wr text = hf_wr(1 << 16);
        struct hf_gn name;

        hf_attr_utf8(&a, &text);
        name.value = hf_wr_bytes(&text);
        name.kind = taken_for(&a, name.value, hosts);
        if (name.kind != HF_GN_OTHER)
            rc = check_name(run, i, &name);
        hf_wr_clear(&text);
    }
    return rc;
}

static enum hf_rc
check_names(struct path_run *run, size_t i)
{
    const struct hf_cert *c = &run->chain[i]->cert;
    struct hf_gn          name = { .kind = HF_GN_DIR, .value = c->subject };
    struct hf_rd          r = hf_rd(c->x.san);
    enum hf_rc            rc;

    if (!hf_name_empty(c->subject) && (rc = check_name(run, i, &name)) != HF_OK)
        return rc;
    if ((rc = check_subject(run, i)) != HF_OK)
        return rc;
    while (hf_gn_next(&r, &name))
        if ((rc = check_name(run, i, &name)) != HF_OK)
            return rc;
    return HF_OK;
}

static bool
any_constraint(const struct path_run *run)
{
    for (size_t i = 1; i < run->n; i++)
        if (hf_exts_have(&run->chain[i]->cert.x, HF_EXT_NAMES))
            return true;
    return false;
}

/* 6.1.3 (b), (c): self-issued certificates are left out unless they are the last. */
enum hf_rc
path_constraints(struct path_run *run)
{
    enum hf_rc rc;

    if (!any_constraint(run))
        return HF_OK;
    for (size_t i = run->n - 1; i-- > 0;)
        if ((i == 0 || !run->chain[i]->self_issued) && (rc = check_names(run, i)) != HF_OK)
            return hf_because(rc, "%s", path_which(run, i));
    return HF_OK;
}

/* -- Host names ----------------------------------------------------------------------------------- */

/* RFC 9525 6.3: "*" is one whole left-most label, with at least two labels after it. */
static bool
dns_matches(struct hf_bytes presented, struct hf_bytes reference)
{
    const uint8_t *dot;

    if (!path_dns_ok(presented, true))
        return false;
    if (!path_is_wildcard(presented))
        return same_text(presented, reference);
    presented = from(presented, 1);
    dot = memchr(reference.p, '.', reference.n);
    return dot != NULL && memchr(presented.p + 1, '.', presented.n - 1) != NULL &&
           same_text(presented, from(reference, (size_t)(dot - reference.p)));
}

static size_t
read_address(const char *host, uint8_t out[16])
{
    if (inet_pton(AF_INET, host, out) == 1)
        return 4;
    return inet_pton(AF_INET6, host, out) == 1 ? 16 : 0;
}

enum hf_rc
hf_path_match_host(const struct hf_cert *cert, const char *host)
{
    struct hf_rd    r = hf_rd(cert->x.san);
    struct hf_bytes reference = hf_bytes_str(host);
    uint8_t         ip[16];
    size_t          n = read_address(host, ip);
    struct hf_gn    gn;

    if (n == 0 && reference.n > 1 && reference.p[reference.n - 1] == '.')
        reference.n--; /* a name made absolute by its last dot */
    if (n == 0 && !path_dns_ok(reference, false))
        return hf_fail(HF_E_ARG, "%.253s: neither a host name (other letters as A-labels) nor an address", host);
    while (hf_gn_next(&r, &gn)) {
        if (n != 0 && gn.kind == HF_GN_IP && hf_bytes_eq(gn.value, hf_bytes(ip, n)))
            return HF_OK;
        if (n == 0 && gn.kind == HF_GN_DNS && dns_matches(gn.value, reference))
            return HF_OK;
    }
    return hf_fail(HF_E_POLICY, "no %s in subjectAltName matches %.253s (RFC 9525 6)",
                   n != 0 ? "iPAddress" : "dNSName", host);
}

enum hf_rc
hf_path_match_mail(const struct hf_cert *cert, const char *mail)
{
    struct hf_rd    r = hf_rd(cert->x.san);
    struct hf_bytes reference = hf_bytes_str(mail), local, host;
    struct hf_gn    gn;

    if (!split_mail(reference, &local, &host))
        return hf_fail(HF_E_ARG, "%.253s: not a mail address", mail);
    while (hf_gn_next(&r, &gn))
        if (gn.kind == HF_GN_EMAIL && fit_mail(gn.value, reference) == INSIDE)
            return HF_OK;
    return hf_fail(HF_E_POLICY, "no rfc822Name in subjectAltName matches %.253s (RFC 5280 7.5)", mail);
}
