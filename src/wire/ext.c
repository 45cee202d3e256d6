#include "wire/ext.h"

#include <stdio.h>
#include <string.h>

#include "wire/name.h"
#include "wire/part.h"

#define POLICIES_MAX 256 /* policies, mappings in one extension: comparing them is quadratic */

/* -- Readers of extension values, one a kind ------------------------------------------ */

static void
read_basic(struct hf_rd *r, struct hf_exts *x)
{
    struct hf_rd s = hf_der_open(r, HF_DER_SEQUENCE);

    if (hf_der_next(&s, HF_DER_BOOLEAN))
        x->is_ca = hf_der_boolean(&s);
    if (hf_rd_left(&s) != 0)
        x->path_len = hf_der_uint(&s, INT32_MAX);
    hf_der_shut(r, &s);
}

static void
read_key_usage(struct hf_rd *r, struct hf_exts *x)
{
    x->key_usage = hf_der_flags(r, HF_DER_BITS);
    if (x->key_usage == 0)
        hf_rd_reject(r, HF_E_FORMAT); /* 4.2.1.3: at least one bit */
}

static void
read_eku(struct hf_rd *r, struct hf_exts *x)
{
    struct hf_rd s;

    x->eku = hf_der_take(r, HF_DER_SEQUENCE);
    s = hf_rd(x->eku);
    s.rc = r->rc;
    do
        hf_der_oid(&s);
    while (hf_rd_left(&s) != 0);
    hf_der_shut(r, &s);
}

static void
read_san(struct hf_rd *r, struct hf_exts *x)
{
    x->san = hf_part_names(r, HF_DER_SEQUENCE);
}

static void
read_ian(struct hf_rd *r, struct hf_exts *x)
{
    x->ian = hf_part_names(r, HF_DER_SEQUENCE);
}

static void
read_ski(struct hf_rd *r, struct hf_exts *x)
{
    x->ski = hf_der_octets(r);
    if (x->ski.n == 0)
        hf_rd_reject(r, HF_E_FORMAT);
}

static void
read_aki(struct hf_rd *r, struct hf_exts *x)
{
    struct hf_rd s = hf_der_open(r, HF_DER_SEQUENCE);

    hf_der_opt(&s, HF_DER_CTX(0), &x->aki_key);
    if (hf_der_next(&s, HF_DER_CTXC(1)))
        x->aki_issuer = hf_part_names(&s, HF_DER_CTXC(1));
    hf_der_opt(&s, HF_DER_CTX(2), &x->aki_serial);
    if ((x->aki_issuer.n == 0) != (x->aki_serial.n == 0) ||
        (x->aki_serial.n != 0 && !hf_der_integer_ok(x->aki_serial)))
        hf_rd_reject(&s, HF_E_FORMAT); /* both or neither */
    hf_der_shut(r, &s);
}

/* PolicyQualifiers: one or more; a CPS pointer is an IA5String. */
static void
read_qualifiers(struct hf_rd *r)
{
    struct hf_rd s = hf_der_open(r, HF_DER_SEQUENCE);

    do {
        struct hf_rd    q = hf_der_open(&s, HF_DER_SEQUENCE);
        struct hf_bytes id = hf_der_oid(&q), contents;
        uint8_t         tag;
        struct hf_bytes whole = hf_der_any(&q, &tag, &contents);

        if (q.rc == HF_OK && (hf_der_check(whole, "qualifier") != HF_OK ||
                              (hf_oid_find(id) == HF_OID_CPS && tag != HF_DER_IA5)))
            hf_rd_reject(&q, HF_E_FORMAT);
        hf_der_shut(&s, &q);
    } while (hf_rd_left(&s) != 0);
    hf_der_shut(r, &s);
}

static void
read_policies(struct hf_rd *r, struct hf_exts *x)
{
    struct hf_bytes had[POLICIES_MAX];
    struct hf_rd    s;
    size_t          n = 0;

    x->policies = hf_der_take(r, HF_DER_SEQUENCE);
    s = hf_rd(x->policies);
    s.rc = r->rc;
    do {
        struct hf_rd    p = hf_der_open(&s, HF_DER_SEQUENCE);
        struct hf_bytes oid = hf_der_oid(&p);

        for (size_t i = 0; i < n; i++)
            if (hf_bytes_eq(had[i], oid))
                hf_rd_reject(&p, HF_E_FORMAT); /* 4.2.1.4: not more than once */
        if (n == POLICIES_MAX)
            hf_rd_reject(&p, HF_E_TOOBIG);
        else
            had[n++] = oid;
        if (hf_rd_left(&p) != 0)
            read_qualifiers(&p);
        hf_der_shut(&s, &p);
    } while (hf_rd_left(&s) != 0);
    hf_der_shut(r, &s);
}

static void
read_mappings(struct hf_rd *r, struct hf_exts *x)
{
    struct hf_rd s;
    size_t       n = 0;

    x->mappings = hf_der_take(r, HF_DER_SEQUENCE);
    s = hf_rd(x->mappings);
    s.rc = r->rc;
    do {
        struct hf_rd m = hf_der_open(&s, HF_DER_SEQUENCE);

        hf_der_oid(&m);
        hf_der_oid(&m);
        if (++n > POLICIES_MAX)
            hf_rd_reject(&m, HF_E_TOOBIG);
        hf_der_shut(&s, &m);
    } while (hf_rd_left(&s) != 0);
    hf_der_shut(r, &s);
}

static void
read_policy_limits(struct hf_rd *r, struct hf_exts *x)
{
    struct hf_rd s = hf_der_open(r, HF_DER_SEQUENCE);

    if (hf_rd_left(&s) == 0)
        hf_rd_reject(&s, HF_E_FORMAT); /* 4.2.1.11: not empty */
    if (hf_der_next(&s, HF_DER_CTX(0)))
        x->require_explicit = hf_der_uint_as(&s, HF_DER_CTX(0), INT32_MAX);
    if (hf_der_next(&s, HF_DER_CTX(1)))
        x->inhibit_mapping = hf_der_uint_as(&s, HF_DER_CTX(1), INT32_MAX);
    hf_der_shut(r, &s);
}

static void
read_inhibit_any(struct hf_rd *r, struct hf_exts *x)
{
    x->inhibit_any = hf_der_uint(r, INT32_MAX);
}

/* One or more GeneralSubtree; minimum is 0 and maximum absent in this profile (4.2.1.10). */
static struct hf_bytes
read_subtrees(struct hf_rd *r, uint8_t tag)
{
    struct hf_bytes contents = hf_der_take(r, tag);
    struct hf_rd    s = hf_rd(contents);

    s.rc = r->rc;
    do {
        struct hf_rd t = hf_der_open(&s, HF_DER_SEQUENCE);
        struct hf_gn base;

        hf_part_gn_ok(&t, &base, true);
        hf_der_shut(&s, &t);
    } while (hf_rd_left(&s) != 0);
    hf_der_shut(r, &s);
    return contents;
}

static void
read_constraints(struct hf_rd *r, struct hf_exts *x)
{
    struct hf_rd s = hf_der_open(r, HF_DER_SEQUENCE);

    x->has_permitted = hf_der_next(&s, HF_DER_CTXC(0));
    if (x->has_permitted)
        x->permitted = read_subtrees(&s, HF_DER_CTXC(0));
    x->has_excluded = hf_der_next(&s, HF_DER_CTXC(1));
    if (x->has_excluded)
        x->excluded = read_subtrees(&s, HF_DER_CTXC(1));
    if (!x->has_permitted && !x->has_excluded)
        hf_rd_reject(&s, HF_E_FORMAT);
    hf_der_shut(r, &s);
}

/* RelativeDistinguishedName without its tag: it becomes a name of its own for the check. */
static bool
rdn_ok(struct hf_bytes rdn)
{
    struct hf_wr w = hf_wr(64 << 10);
    size_t       name = hf_name_begin(&w);
    bool         ok;

    hf_der_put(&w, HF_DER_SET, rdn);
    hf_der_end(&w, name);
    ok = w.rc == HF_OK && hf_name_check(hf_wr_bytes(&w)) == HF_OK;
    hf_wr_clear(&w);
    return ok;
}

/* DistributionPointName, a choice under [0]. */
static void
read_point_name(struct hf_rd *r, struct hf_point *p)
{
    struct hf_rd s = hf_der_open(r, HF_DER_CTXC(0));

    p->named = true;
    if (hf_der_next(&s, HF_DER_CTXC(0)))
        p->full = hf_part_names(&s, HF_DER_CTXC(0));
    else {
        p->relative = hf_der_take(&s, HF_DER_CTXC(1));
        if (s.rc == HF_OK && !rdn_ok(p->relative))
            hf_rd_reject(&s, HF_E_FORMAT);
    }
    hf_der_shut(r, &s);
}

static uint32_t
read_reasons(struct hf_rd *r, uint8_t tag)
{
    uint32_t flags = hf_der_flags(r, tag);

    if (flags == 0)
        hf_rd_reject(r, HF_E_FORMAT);
    return flags;
}

static void
read_point(struct hf_rd *r, struct hf_point *out)
{
    struct hf_rd s = hf_der_open(r, HF_DER_SEQUENCE);

    *out = (struct hf_point){ 0 };
    if (hf_der_next(&s, HF_DER_CTXC(0)))
        read_point_name(&s, out);
    if (hf_der_next(&s, HF_DER_CTX(1)))
        out->reasons = read_reasons(&s, HF_DER_CTX(1));
    if (hf_der_next(&s, HF_DER_CTXC(2)))
        out->issuer = hf_part_names(&s, HF_DER_CTXC(2));
    if (!out->named && out->issuer.n == 0)
        hf_rd_reject(&s, HF_E_FORMAT); /* 4.2.1.13: not of reasons alone */
    hf_der_shut(r, &s);
}

static struct hf_bytes
read_points(struct hf_rd *r)
{
    struct hf_bytes contents = hf_der_take(r, HF_DER_SEQUENCE);
    struct hf_rd    s = hf_rd(contents);
    struct hf_point p;

    s.rc = r->rc;
    do
        read_point(&s, &p);
    while (hf_rd_left(&s) != 0);
    hf_der_shut(r, &s);
    return contents;
}

static void
read_cdp(struct hf_rd *r, struct hf_exts *x)
{
    x->cdp = read_points(r);
}

static void
read_freshest(struct hf_rd *r, struct hf_exts *x)
{
    x->freshest = read_points(r);
}

static void
read_access(struct hf_rd *r, struct hf_access *out)
{
    struct hf_rd s = hf_der_open(r, HF_DER_SEQUENCE);

    out->method = hf_der_oid(&s);
    hf_part_gn_ok(&s, &out->place, false);
    hf_der_shut(r, &s);
}

static struct hf_bytes
read_accesses(struct hf_rd *r)
{
    struct hf_bytes  contents = hf_der_take(r, HF_DER_SEQUENCE);
    struct hf_rd     s = hf_rd(contents);
    struct hf_access a;

    s.rc = r->rc;
    do
        read_access(&s, &a);
    while (hf_rd_left(&s) != 0);
    hf_der_shut(r, &s);
    return contents;
}

static void
read_aia(struct hf_rd *r, struct hf_exts *x)
{
    x->aia = read_accesses(r);
}

static void
read_sia(struct hf_rd *r, struct hf_exts *x)
{
    x->sia = read_accesses(r);
}

static void
read_nocheck(struct hf_rd *r, struct hf_exts *x)
{
    hf_der_null(r);
}

static struct hf_bytes
read_number(struct hf_rd *r)
{
    struct hf_bytes n = hf_der_integer(r);

    if (n.n == 0 || n.p[0] >= 0x80)
        hf_rd_reject(r, HF_E_FORMAT); /* CRLNumber: 0..MAX */
    return n;
}

static void
read_crl_number(struct hf_rd *r, struct hf_exts *x)
{
    x->crl_number = read_number(r);
}

static void
read_delta(struct hf_rd *r, struct hf_exts *x)
{
    x->delta_base = read_number(r);
}

/* BOOLEAN DEFAULT FALSE under an implicit tag: there means TRUE (X.690 11.5). */
static bool
read_flag(struct hf_rd *r, uint8_t tag)
{
    struct hf_bytes b;

    if (!hf_der_opt(r, tag, &b))
        return false;
    if (b.n != 1 || b.p[0] != 0xff)
        hf_rd_reject(r, HF_E_FORMAT);
    return true;
}

static void
read_idp(struct hf_rd *r, struct hf_exts *x)
{
    struct hf_rd s = hf_der_open(r, HF_DER_SEQUENCE);

    if (hf_rd_left(&s) == 0)
        hf_rd_reject(&s, HF_E_FORMAT); /* 5.2.5: not empty */
    if (hf_der_next(&s, HF_DER_CTXC(0)))
        read_point_name(&s, &x->idp);
    x->idp_user = read_flag(&s, HF_DER_CTX(1));
    x->idp_ca = read_flag(&s, HF_DER_CTX(2));
    if (hf_der_next(&s, HF_DER_CTX(3)))
        x->idp.reasons = read_reasons(&s, HF_DER_CTX(3));
    x->idp_indirect = read_flag(&s, HF_DER_CTX(4));
    x->idp_attribute = read_flag(&s, HF_DER_CTX(5));
    if (x->idp_user + x->idp_ca + x->idp_attribute > 1)
        hf_rd_reject(&s, HF_E_FORMAT); /* 5.2.5: at most one of them */
    hf_der_shut(r, &s);
}

static void
read_reason(struct hf_rd *r, struct hf_exts *x)
{
    uint32_t v = hf_der_uint_as(r, HF_DER_ENUM, HF_REASON_AA_COMPROMISE);

    if (v == 7) /* 5.3.1: not used */
        hf_rd_reject(r, HF_E_FORMAT);
    x->reason = (int)v;
}

static void
read_invalidity(struct hf_rd *r, struct hf_exts *x)
{
    x->invalidity = hf_der_gentime(r, HF_DER_GENTIME);
}

static void
read_cert_issuer(struct hf_rd *r, struct hf_exts *x)
{
    x->cert_issuer = hf_part_names(r, HF_DER_SEQUENCE);
}

/* -- The list -------------------------------------------------------------------------- */

static const struct reader {
    enum hf_ext kind;
    void (*read)(struct hf_rd *, struct hf_exts *);
    const char *clause; /* of RFC 5280 */
} readers[HF_OIDS] = {
    [HF_OID_BASIC] = { HF_EXT_BASIC, read_basic, "4.2.1.9" },
    [HF_OID_KEY_USAGE] = { HF_EXT_KEY_USAGE, read_key_usage, "4.2.1.3" },
    [HF_OID_EKU] = { HF_EXT_EKU, read_eku, "4.2.1.12" },
    [HF_OID_SAN] = { HF_EXT_SAN, read_san, "4.2.1.6" },
    [HF_OID_IAN] = { HF_EXT_IAN, read_ian, "4.2.1.7" },
    [HF_OID_SKI] = { HF_EXT_SKI, read_ski, "4.2.1.2" },
    [HF_OID_AKI] = { HF_EXT_AKI, read_aki, "4.2.1.1" },
    [HF_OID_POLICIES] = { HF_EXT_POLICIES, read_policies, "4.2.1.4" },
    [HF_OID_MAPPINGS] = { HF_EXT_MAPPINGS, read_mappings, "4.2.1.5" },
    [HF_OID_POLICY_LIMITS] = { HF_EXT_POLICY_LIMITS, read_policy_limits, "4.2.1.11" },
    [HF_OID_INHIBIT_ANY] = { HF_EXT_INHIBIT_ANY, read_inhibit_any, "4.2.1.14" },
    [HF_OID_NAMES] = { HF_EXT_NAMES, read_constraints, "4.2.1.10" },
    [HF_OID_CDP] = { HF_EXT_CDP, read_cdp, "4.2.1.13" },
    [HF_OID_FRESHEST] = { HF_EXT_FRESHEST, read_freshest, "4.2.1.15" },
    [HF_OID_AIA] = { HF_EXT_AIA, read_aia, "4.2.2.1" },
    [HF_OID_SIA] = { HF_EXT_SIA, read_sia, "4.2.2.2" },
    [HF_OID_OCSP_NOCHECK] = { HF_EXT_NOCHECK, read_nocheck, "(RFC 6960) 4.2.2.2.1" },
    [HF_OID_CRL_NUMBER] = { HF_EXT_CRL_NUMBER, read_crl_number, "5.2.3" },
    [HF_OID_DELTA] = { HF_EXT_DELTA, read_delta, "5.2.4" },
    [HF_OID_IDP] = { HF_EXT_IDP, read_idp, "5.2.5" },
    [HF_OID_REASON] = { HF_EXT_REASON, read_reason, "5.3.1" },
    [HF_OID_INVALIDITY] = { HF_EXT_INVALIDITY, read_invalidity, "5.3.2" },
    [HF_OID_CERT_ISSUER] = { HF_EXT_CERT_ISSUER, read_cert_issuer, "5.3.3" },
};

struct hf_exts
hf_exts_none(void)
{
    return (struct hf_exts){ .path_len = -1,
                             .require_explicit = -1,
                             .inhibit_mapping = -1,
                             .inhibit_any = -1,
                             .reason = -1,
                             .invalidity = -1 };
}

bool
hf_exts_have(const struct hf_exts *x, enum hf_ext e)
{
    return (x->seen & HF_EXT_BIT(e)) != 0;
}

static void
read_ext(struct hf_rd *r, struct hf_ext_raw *out)
{
    struct hf_rd s = hf_der_open(r, HF_DER_SEQUENCE);

    out->oid = hf_der_oid(&s);
    out->id = hf_oid_find(out->oid);
    out->critical = hf_der_next(&s, HF_DER_BOOLEAN) && hf_der_boolean(&s);
    out->value = hf_der_octets(&s);
    hf_der_shut(r, &s);
}

bool
hf_ext_next(struct hf_rd *r, struct hf_ext_raw *out)
{
    if (hf_rd_left(r) == 0)
        return false;
    read_ext(r, out);
    return r->rc == HF_OK;
}

static enum hf_rc
read_value(const struct hf_ext_raw *e, struct hf_exts *out)
{
    const struct reader *rd = &readers[e->id];
    enum hf_ext          kind = rd->read == NULL ? HF_EXT_OTHER : rd->kind;
    struct hf_rd         value = hf_rd(e->value);
    char                 what[96];

    out->seen |= HF_EXT_BIT(kind);
    if (e->critical)
        out->critical |= HF_EXT_BIT(kind);
    if (rd->read == NULL) {
        if (e->critical && out->unknown_critical.n == 0)
            out->unknown_critical = e->oid;
        return HF_OK;
    }
    rd->read(&value, out);
    snprintf(what, sizeof(what), "extension %s (RFC 5280 %s)", hf_oid_name(e->id), rd->clause);
    return hf_rd_end(&value, what);
}

enum hf_rc
hf_exts_read(struct hf_bytes raw, struct hf_exts *out)
{
    struct hf_bytes   had[HF_EXTS_MAX];
    struct hf_rd      r = hf_rd(raw);
    struct hf_ext_raw e = { 0 };
    char              name[HF_OID_TEXT];
    enum hf_rc        rc;

    *out = hf_exts_none();
    out->raw = raw;
    while (hf_rd_left(&r) != 0) {
        read_ext(&r, &e);
        if (r.rc != HF_OK)
            break;
        for (size_t i = 0; i < out->count; i++)
            if (hf_bytes_eq(had[i], e.oid))
                return hf_fail(HF_E_FORMAT, "extension %s: there twice (RFC 5280 4.2)",
                               hf_oid_show(e.oid, name));
        if (out->count == HF_EXTS_MAX)
            return hf_fail(HF_E_TOOBIG, "extensions: more than %d", HF_EXTS_MAX);
        had[out->count++] = e.oid;
        if ((rc = read_value(&e, out)) != HF_OK)
            return rc;
    }
    return hf_rd_end(&r, "extensions");
}

/* -- Walks ------------------------------------------------------------------------------- */

bool
hf_eku_next(struct hf_rd *r, struct hf_bytes *oid)
{
    if (hf_rd_left(r) == 0)
        return false;
    *oid = hf_der_oid(r);
    return r->rc == HF_OK;
}

bool
hf_eku_has(struct hf_bytes eku, enum hf_oid purpose)
{
    struct hf_rd    r = hf_rd(eku);
    struct hf_bytes oid;

    while (hf_eku_next(&r, &oid))
        if (hf_bytes_eq(oid, hf_oid(purpose)))
            return true;
    return false;
}

bool
hf_policy_next(struct hf_rd *r, struct hf_bytes *oid, struct hf_bytes *qualifiers)
{
    struct hf_rd s;

    if (hf_rd_left(r) == 0)
        return false;
    s = hf_der_open(r, HF_DER_SEQUENCE);
    *oid = hf_der_oid(&s);
    *qualifiers = hf_bytes(NULL, 0);
    hf_der_opt(&s, HF_DER_SEQUENCE, qualifiers);
    return s.rc == HF_OK;
}

bool
hf_mapping_next(struct hf_rd *r, struct hf_bytes *issuer, struct hf_bytes *subject)
{
    struct hf_rd s;

    if (hf_rd_left(r) == 0)
        return false;
    s = hf_der_open(r, HF_DER_SEQUENCE);
    *issuer = hf_der_oid(&s);
    *subject = hf_der_oid(&s);
    return s.rc == HF_OK;
}

bool
hf_subtree_next(struct hf_rd *r, struct hf_subtree *out)
{
    struct hf_rd s;

    if (hf_rd_left(r) == 0)
        return false;
    s = hf_der_open(r, HF_DER_SEQUENCE);
    hf_part_gn(&s, &out->base);
    return s.rc == HF_OK;
}

bool
hf_point_next(struct hf_rd *r, struct hf_point *out)
{
    if (hf_rd_left(r) == 0)
        return false;
    read_point(r, out);
    return r->rc == HF_OK;
}

bool
hf_access_next(struct hf_rd *r, struct hf_access *out)
{
    if (hf_rd_left(r) == 0)
        return false;
    read_access(r, out);
    return r->rc == HF_OK;
}
