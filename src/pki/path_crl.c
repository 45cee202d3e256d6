/* path_crl.c - revocation by CRLs: RFC 5280 section 6.3.3. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pki/path_int.h"
#include "wire/name.h"

/* -- CRLs that are not to be used at all ------------------------------------------------ */

#define CRL_PROCESSED                                                                              \
    (HF_EXT_BIT(HF_EXT_AKI) | HF_EXT_BIT(HF_EXT_IAN) | HF_EXT_BIT(HF_EXT_CRL_NUMBER) |             \
     HF_EXT_BIT(HF_EXT_DELTA) | HF_EXT_BIT(HF_EXT_IDP) | HF_EXT_BIT(HF_EXT_FRESHEST) |             \
     HF_EXT_BIT(HF_EXT_AIA))

static int
by_serial(const void *a, const void *b)
{
    const struct hf_crl_entry *x = a, *y = b;

    return hf_bytes_cmp(x->serial, y->serial);
}

/* The same serial number twice, for one issuer: which entry counts would be a guess. */
static bool
serial_twice(const struct hf_crl *crl)
{
    struct hf_crl_entry *e = crl->entries < 2 ? NULL : calloc(crl->entries, sizeof(*e));
    struct hf_rd         r = hf_rd(crl->revoked);
    size_t               n = 0;
    bool                 twice = false;

    while (e != NULL && n < crl->entries && hf_crl_next(&r, &e[n]))
        n++;
    if (e != NULL)
        qsort(e, n, sizeof(*e), by_serial);
    for (size_t i = 1; e != NULL && i < n; i++)
        twice |= hf_bytes_eq(e[i - 1].serial, e[i].serial);
    free(e);
    return twice;
}

const char *
path_crl_unusable(const struct hf_crl *crl)
{
    if (crl->x.unknown_critical.n != 0 || (crl->x.critical & ~CRL_PROCESSED) != 0)
        return "unknown critical extension (RFC 5280 5.2)";
    if (crl->bad_entry)
        return "an entry has an unknown critical extension (RFC 5280 5.3)";
    if (crl->next_update == -1)
        return "no nextUpdate (RFC 5280 5.1.2.5)";
    if (hf_exts_have(&crl->x, HF_EXT_CRL_NUMBER) && (crl->x.critical & HF_EXT_BIT(HF_EXT_CRL_NUMBER)) != 0)
        return "critical cRLNumber (RFC 5280 5.2.3)";
    if (hf_exts_have(&crl->x, HF_EXT_DELTA) && !hf_exts_have(&crl->x, HF_EXT_CRL_NUMBER))
        return "a delta CRL without cRLNumber (RFC 5280 5.2.3)";
    if (crl->x.idp_attribute)
        return "for attribute certificates only (RFC 5280 6.3.3 (b)(2)(iv))";
    if (!crl->x.idp_indirect && serial_twice(crl))
        return "a serial number is there twice (RFC 5280 5.1.2.6)";
    return NULL;
}

#define YEAR_2050 INT64_C(2524608000)

/* thisUpdate or nextUpdate is a GeneralizedTime without need. */
static bool
gentime_early(const struct hf_crl *crl)
{
    struct hf_rd r = hf_rd(crl->tbs), seq = hf_der_open(&r, HF_DER_SEQUENCE);
    bool         first;

    if (hf_der_next(&seq, HF_DER_INTEGER))
        (void)hf_der_raw(&seq, HF_DER_INTEGER);
    (void)hf_der_raw(&seq, HF_DER_SEQUENCE); /* signature */
    (void)hf_der_raw(&seq, HF_DER_SEQUENCE); /* issuer */
    first = hf_der_next(&seq, HF_DER_GENTIME);
    (void)hf_der_time(&seq, NULL);
    return (first && crl->this_update < YEAR_2050) ||
           (hf_der_next(&seq, HF_DER_GENTIME) && crl->next_update < YEAR_2050);
}

/* What a conforming issuer does not do; the bare algorithm would still use the CRL. */
static const char *
not_conforming(const struct hf_crl *crl)
{
    if (!hf_exts_have(&crl->x, HF_EXT_CRL_NUMBER))
        return "no cRLNumber (RFC 5280 5.2.3)";
    if (hf_der_magnitude(crl->x.crl_number).n > 20)
        return "cRLNumber is longer than 20 octets (RFC 5280 5.2.3)";
    if (gentime_early(crl))
        return "GeneralizedTime for a date before 2050 (RFC 5280 5.1.2.4)";
    if (hf_exts_have(&crl->x, HF_EXT_IDP) && (crl->x.critical & HF_EXT_BIT(HF_EXT_IDP)) == 0)
        return "issuingDistributionPoint is not critical (RFC 5280 5.2.5)";
    return NULL;
}

/* -- Names of distribution points ----------------------------------------------------------- */

/* A name relative to its issuer, made whole (4.2.1.13). */
static struct hf_bytes
whole_name(struct hf_wr *w, struct hf_bytes issuer, struct hf_bytes rdn)
{
    struct hf_rd r = hf_rd(issuer);
    size_t       mark = hf_name_begin(w);

    hf_wr_put(w, hf_der_take(&r, HF_DER_SEQUENCE));
    hf_der_put(w, HF_DER_SET, rdn);
    hf_der_end(w, mark);
    return hf_wr_bytes(w);
}

static bool
same_gn(const struct hf_gn *a, const struct hf_gn *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == HF_GN_DIR ? hf_name_eq(a->value, b->value) : hf_bytes_eq(a->value, b->value);
}

static bool
names_have(struct hf_bytes names, const struct hf_gn *want)
{
    struct hf_rd r = hf_rd(names);
    struct hf_gn gn;

    while (hf_gn_next(&r, &gn))
        if (same_gn(&gn, want))
            return true;
    return false;
}

static bool
names_meet(struct hf_bytes a, struct hf_bytes b)
{
    struct hf_rd r = hf_rd(a);
    struct hf_gn gn;

    while (hf_gn_next(&r, &gn))
        if (names_have(b, &gn))
            return true;
    return false;
}

static bool
names_have_dir(struct hf_bytes names, struct hf_bytes name)
{
    struct hf_gn want = { .kind = HF_GN_DIR, .value = name };

    return names_have(names, &want);
}

/* The names of a point as a list; a relative one is completed with `issuer` into w. */
static struct hf_bytes
point_names(const struct hf_point *p, struct hf_bytes issuer, struct hf_wr *w, struct hf_wr *name)
{
    if (p->relative.n == 0)
        return p->full;
    hf_gn_put(w, HF_GN_DIR, whole_name(name, issuer, p->relative));
    return hf_wr_bytes(w);
}

/* cRLIssuer's directory name, against which relative names are completed. */
static struct hf_bytes
point_base(const struct hf_point *p, struct hf_bytes cert_issuer)
{
    struct hf_rd r = hf_rd(p->issuer);
    struct hf_gn gn;

    while (hf_gn_next(&r, &gn))
        if (gn.kind == HF_GN_DIR)
            return gn.value;
    return cert_issuer;
}

/* 6.3.3 (b)(2)(i) */
static bool
idp_name_fits(const struct hf_crl *crl, const struct hf_point *dp, struct hf_bytes cert_issuer)
{
    struct hf_wr    wa = hf_wr(64 << 10), wb = hf_wr(64 << 10), na = hf_wr(64 << 10), nb = hf_wr(64 << 10);
    struct hf_bytes idp, mine;
    bool            fits;

    if (!crl->x.idp.named)
        return true;
    idp = point_names(&crl->x.idp, crl->issuer, &wa, &na);
    mine = dp->named ? point_names(dp, point_base(dp, cert_issuer), &wb, &nb) : dp->issuer;
    fits = names_meet(idp, mine);
    hf_wr_clear(&wa);
    hf_wr_clear(&wb);
    hf_wr_clear(&na);
    hf_wr_clear(&nb);
    return fits;
}

static bool
all_uris(struct hf_bytes names)
{
    struct hf_rd r = hf_rd(names);
    struct hf_gn gn;

    while (hf_gn_next(&r, &gn))
        if (gn.kind != HF_GN_URI)
            return false;
    return true;
}

/* A part of a CA's CRL, for a server: the baseline requirements name one by URIs alone. */
static const char *
not_for_server(const struct hf_crl *crl, const struct hf_point *dp)
{
    if (!hf_exts_have(&crl->x, HF_EXT_IDP))
        return NULL;
    if (crl->x.idp_indirect)
        return "an indirect CRL (CA/B BR 7.2.2.1)";
    if (crl->x.idp.relative.n != 0 || !all_uris(crl->x.idp.full))
        return "issuingDistributionPoint has a name that is no URI (CA/B BR 7.2.2.1)";
    if (dp->relative.n != 0 || !all_uris(dp->full))
        return "cRLDistributionPoints has a name that is no URI (CA/B BR 7.1.2.11.2)";
    return NULL;
}

/* -- Does a CRL cover a certificate at this point? --------------------------------------------- */

static bool
in_scope(const struct hf_crl *crl, const struct hf_cert *c, const struct hf_point *dp)
{
    if (dp->issuer.n != 0) { /* (b)(1) */
        if (!crl->x.idp_indirect || !names_have_dir(dp->issuer, crl->issuer))
            return false;
    } else if (!hf_name_eq(crl->issuer, c->issuer))
        return false;
    if (!hf_exts_have(&crl->x, HF_EXT_IDP))
        return true;
    if ((crl->x.idp_user && c->x.is_ca) || (crl->x.idp_ca && !c->x.is_ca)) /* (b)(2)(ii), (iii) */
        return false;
    return idp_name_fits(crl, dp, c->issuer);
}

/* (d) */
static uint32_t
reasons_of(const struct hf_crl *crl, const struct hf_point *dp)
{
    uint32_t a = crl->x.idp.reasons == 0 ? HF_REASONS_ALL : crl->x.idp.reasons;
    uint32_t b = dp->reasons == 0 ? HF_REASONS_ALL : dp->reasons;

    return a & b & HF_REASONS_ALL; /* bit 0 is unused, some CAs set it */
}

static bool
current(const struct hf_crl *crl, int64_t at)
{
    return at >= crl->this_update && at <= crl->next_update;
}

/* -- Who signed it? (f), (g) ---------------------------------------------------------------------- */

/* A CRL issuer whose own status is being looked for cannot vouch for itself. */
static bool
in_question(const struct path_run *run, const struct path_cert *c)
{
    for (; run != NULL; run = run->outer)
        if (run->crl_issuer && hf_bytes_eq(run->chain[0]->cert.der, c->cert.der))
            return true;
    return false;
}

static enum hf_rc
signed_by(struct path_run *run, const struct hf_crl *crl, const struct path_cert *c)
{
    enum hf_rc rc;

    if (c->pub == NULL)
        return hf_fail(c->pub_rc, "CRL issuer's key: %s", c->pub_why);
    if (hf_exts_have(&c->cert.x, HF_EXT_KEY_USAGE) && (c->cert.x.key_usage & HF_KU_CRL_SIGN) == 0)
        return hf_fail(HF_E_POLICY, "CRL issuer: keyUsage lacks cRLSign (RFC 5280 6.3.3 (f))");
    if ((rc = path_work_one(&run->work->signatures, PATH_SIGNATURES, "signatures")) != HF_OK)
        return rc;
    rc = hf_pub_verify(c->pub, crl->sig_alg, crl->tbs, crl->sig);
    return rc == HF_OK ? HF_OK : hf_because(rc, "CRL signature (RFC 5280 6.3.3 (g))");
}

static int
nesting(const struct path_run *run)
{
    int n = 0;

    for (; run != NULL; run = run->outer)
        n++;
    return n;
}

/* Is there a path to the same anchor for this CRL issuer? */
static enum hf_rc
issuer_path(struct path_run *run, const struct path_cert *c)
{
    struct hf_path_query q = *run->query;
    struct path_run     *inner;
    enum hf_rc           rc;

    if (nesting(run) > 3)
        return hf_fail(HF_E_VERIFY, "CRL issuers of CRL issuers: too deep");
    if ((inner = calloc(1, sizeof(*inner))) == NULL)
        return hf_fail(HF_E_NOMEM, "CRL issuer");
    q.purpose = HF_PURPOSE_ANY;
    q.n_policy = 0;
    *inner = (struct path_run){ .pool = run->pool, .query = &q, .outer = run, .work = run->work,
                                .anchor = run->chain[run->n - 1], .crl_issuer = true };
    rc = path_search(inner, c);
    free(inner);
    return rc == HF_OK ? HF_OK : hf_because(rc, "CRL issuer");
}

/* CAs on the path above the certificate are validated already; others need a path of their own. */
static enum hf_rc
check_signer(struct path_run *run, size_t i, const struct hf_crl *crl)
{
    enum hf_rc rc = hf_fail(HF_E_VERIFY, "no certificate of the CRL's issuer at hand (RFC 5280 6.3.3 (f))"), last;

    for (size_t j = i + 1; j < run->n; j++)
        if (hf_name_eq(run->chain[j]->cert.subject, crl->issuer) && !in_question(run, run->chain[j]) &&
            (rc = signed_by(run, crl, run->chain[j])) == HF_OK)
            return HF_OK;
    for (size_t j = 0; j < run->pool->n_untrusted; j++) {
        const struct path_cert *c = run->pool->untrusted[j];

        if (!hf_name_eq(c->cert.subject, crl->issuer) || in_question(run, c))
            continue;
        if ((last = signed_by(run, crl, c)) == HF_OK)
            last = issuer_path(run, c);
        if (last == HF_OK)
            return HF_OK;
        rc = last;
    }
    return rc;
}

/* -- Delta CRLs (c), (h) ------------------------------------------------------------------------------ */

static int
compare_numbers(struct hf_bytes a, struct hf_bytes b)
{
    struct hf_bytes x = hf_der_magnitude(a), y = hf_der_magnitude(b);

    return x.n != y.n ? (x.n < y.n ? -1 : 1) : hf_bytes_cmp(x, y);
}

static struct hf_bytes
ext_value(const struct hf_crl *crl, enum hf_oid id)
{
    struct hf_rd      r = hf_rd(crl->x.raw);
    struct hf_ext_raw e;

    while (hf_ext_next(&r, &e))
        if (e.id == id)
            return e.value;
    return hf_bytes(NULL, 0);
}

static bool
delta_fits(const struct hf_crl *delta, const struct hf_crl *base)
{
    return hf_name_eq(delta->issuer, base->issuer) &&
           hf_bytes_eq(ext_value(delta, HF_OID_IDP), ext_value(base, HF_OID_IDP)) &&
           hf_bytes_eq(ext_value(delta, HF_OID_AKI), ext_value(base, HF_OID_AKI)) &&
           base->x.crl_number.n != 0 &&
           compare_numbers(base->x.crl_number, delta->x.delta_base) >= 0 &&
           compare_numbers(base->x.crl_number, delta->x.crl_number) < 0;
}

/* The newest delta that belongs to base and is in order; NULL if there is none. */
static const struct hf_crl *
find_delta(struct path_run *run, size_t i, const struct hf_crl *base)
{
    const struct hf_crl *best = NULL;

    for (size_t k = 0; k < run->pool->n_crl; k++) {
        const struct path_crl *c = run->pool->crl[k];
        const struct hf_crl   *d = &c->crl;

        if (c->unusable != NULL || !hf_exts_have(&d->x, HF_EXT_DELTA) || !current(d, run->query->at) ||
            !delta_fits(d, base) || check_signer(run, i, d) != HF_OK)
            continue;
        if (best == NULL || compare_numbers(d->x.crl_number, best->x.crl_number) > 0)
            best = d;
    }
    return best;
}

/* -- The state of one certificate ------------------------------------------------------------------------ */

struct status {
    uint32_t reasons;  /* covered so far */
    bool     revoked;
    int      reason;
    int64_t  revoked_at;
    char     why[256]; /* what kept a CRL from being used */
};

static void
note(struct status *s, const char *why)
{
    size_t n = strlen(why);

    if (n >= sizeof(s->why))
        n = sizeof(s->why) - 1;
    memcpy(s->why, why, n);
    s->why[n] = '\0';
}

/* (i), (j), (k): the delta's word goes before the base's. */
static void
look_up(struct status *s, const struct hf_crl *base, const struct hf_crl *delta, const struct hf_cert *c)
{
    struct hf_crl_entry e;

    if (delta != NULL && hf_crl_find(delta, c->serial, c->issuer, &e)) {
        if (e.reason == HF_REASON_REMOVE)
            return;
    } else if (!hf_crl_find(base, c->serial, c->issuer, &e))
        return;
    s->revoked = true;
    s->reason = e.reason;
    s->revoked_at = e.revoked_at;
}

static void
try_crl(struct path_run *run, size_t i, const struct path_crl *pc, const struct hf_point *dp, struct status *s)
{
    const struct hf_crl  *crl = &pc->crl;
    const struct hf_cert *c = &run->chain[i]->cert;
    uint32_t              reasons = reasons_of(crl, dp);
    const char           *why = NULL;

    if (hf_exts_have(&crl->x, HF_EXT_DELTA) || !in_scope(crl, c, dp) || (reasons & ~s->reasons) == 0)
        return;
    if (pc->unusable == NULL && run->query->strictness != HF_STRICT_PATH)
        why = not_conforming(crl);
    if (pc->unusable == NULL && why == NULL && path_for_tls(run->query) && path_for_server(run->query))
        why = not_for_server(crl, dp);
    if (pc->unusable != NULL || why != NULL)
        note(s, pc->unusable != NULL ? pc->unusable : why);
    else if (!current(crl, run->query->at))
        note(s, "CRL is not yet or no longer valid (RFC 5280 6.3.3 (a))");
    else if (check_signer(run, i, crl) != HF_OK)
        note(s, hf_reason());
    else {
        look_up(s, crl, find_delta(run, i, crl), c);
        s->reasons |= reasons;
    }
}

static void
try_point(struct path_run *run, size_t i, const struct hf_point *dp, struct status *s)
{
    for (size_t k = 0; k < run->pool->n_crl && !s->revoked && s->reasons != HF_REASONS_ALL; k++)
        try_crl(run, i, run->pool->crl[k], dp, s);
}

/* Is there any CRL of the certificate's issuer, or of one that its distribution points name? */
static bool
crl_at_hand(const struct path_run *run, size_t i)
{
    const struct hf_cert *c = &run->chain[i]->cert;

    for (size_t k = 0; k < run->pool->n_crl; k++) {
        const struct hf_crl *crl = &run->pool->crl[k]->crl;
        struct hf_rd         r = hf_rd(c->x.cdp);
        struct hf_point      dp;

        if (hf_name_eq(crl->issuer, c->issuer))
            return true;
        while (hf_point_next(&r, &dp))
            if (names_have_dir(dp.issuer, crl->issuer))
                return true;
    }
    return false;
}

enum hf_rc
path_revocation(struct path_run *run, size_t i)
{
    const struct hf_cert *c = &run->chain[i]->cert;
    struct status         s = { 0 };
    struct hf_rd          r = hf_rd(c->x.cdp);
    struct hf_point       dp, own = { 0 };
    char                  when[HF_TIME_TEXT];

    while (!s.revoked && s.reasons != HF_REASONS_ALL && hf_point_next(&r, &dp))
        try_point(run, i, &dp, &s);
    /* 6.3.3, last paragraph: a CRL of the issuer found without a distribution point */
    try_point(run, i, &own, &s);
    if (s.revoked)
        return hf_fail(HF_E_REVOKED, "revoked at %s, reason %s (RFC 5280 6.3.3)",
                       hf_time_text(s.revoked_at * 1000, when),
                       hf_reason_name(s.reason < 0 ? HF_REASON_UNSPECIFIED : s.reason));
    if (s.reasons != HF_REASONS_ALL && i > 0 && !run->query->revocation_all && !crl_at_hand(run, i))
        return HF_OK;
    if (s.reasons != HF_REASONS_ALL)
        return hf_fail(HF_E_REVOKED, "revocation status is not known: %s (RFC 5280 6.3.3)",
                       s.why[0] == '\0' ? "no CRL covers it" : s.why);
    return HF_OK;
}
