#include "wire/crl.h"

#include "wire/name.h"
#include "wire/part.h"

/* -- Entries -------------------------------------------------------------------- */

/* The extensions of an entry; only those that entries have count as known (5.3). */
static enum hf_rc
read_entry_exts(struct hf_bytes raw, struct hf_crl_entry *out)
{
    uint32_t mine =
        HF_EXT_BIT(HF_EXT_REASON) | HF_EXT_BIT(HF_EXT_INVALIDITY) | HF_EXT_BIT(HF_EXT_CERT_ISSUER);
    struct hf_exts x;
    enum hf_rc     rc = hf_exts_read(raw, &x);

    if (rc != HF_OK)
        return rc;
    out->reason = x.reason;
    out->invalidity = x.invalidity;
    out->cert_issuer = x.cert_issuer;
    out->unknown_critical = x.unknown_critical;
    if (x.unknown_critical.n == 0 && (x.critical & ~mine) != 0)
        out->unknown_critical = raw; /* some extension that does not belong here */
    return HF_OK;
}

/* One entry; a fault of its extensions becomes the reader's. */
static void
read_entry(struct hf_rd *r, struct hf_crl_entry *out)
{
    struct hf_rd    s = hf_der_open(r, HF_DER_SEQUENCE);
    struct hf_bytes raw;

    *out = (struct hf_crl_entry){ .reason = -1, .invalidity = -1 };
    out->serial = hf_der_integer(&s);
    out->revoked_at = hf_der_time(&s, NULL);
    if (hf_der_opt(&s, HF_DER_SEQUENCE, &raw)) {
        enum hf_rc rc = raw.n == 0 ? HF_E_FORMAT : read_entry_exts(raw, out);

        if (rc != HF_OK)
            hf_rd_reject(&s, rc);
    }
    hf_der_shut(r, &s);
}

bool
hf_crl_next(struct hf_rd *r, struct hf_crl_entry *out)
{
    if (hf_rd_left(r) == 0)
        return false;
    read_entry(r, out);
    return r->rc == HF_OK;
}

static enum hf_rc
check_entries(struct hf_crl *crl)
{
    struct hf_rd        r = hf_rd(crl->revoked);
    struct hf_crl_entry e;

    while (hf_crl_next(&r, &e)) {
        crl->entries++;
        crl->bad_entry |= e.unknown_critical.n != 0;
        if (crl->version == 1 && (e.reason != -1 || e.invalidity != -1 || e.cert_issuer.n != 0))
            return hf_fail(HF_E_FORMAT, "CRL: entry extensions in version 1 (RFC 5280 5.1.2.1)");
    }
    if (r.rc != HF_OK)
        return hf_fail(r.rc, "CRL, entry %zu: %s (RFC 5280 5.1.2.6, 5.3)", crl->entries + 1,
                       hf_rc_text(r.rc));
    return HF_OK;
}

/* -- The list -------------------------------------------------------------------- */

static enum hf_rc
read_extensions(struct hf_rd *r, struct hf_crl *out)
{
    struct hf_rd    wrap;
    struct hf_bytes raw;
    enum hf_rc      rc;

    if (!hf_der_next(r, HF_DER_CTXC(0)))
        return HF_OK;
    wrap = hf_der_open(r, HF_DER_CTXC(0));
    raw = hf_der_take(&wrap, HF_DER_SEQUENCE);
    hf_der_shut(r, &wrap);
    if ((rc = hf_part_ok(r, "CRL", "extensions")) != HF_OK)
        return rc;
    if (out->version != 2 || raw.n == 0)
        return hf_fail(HF_E_FORMAT,
                       "CRL: extensions in version 1, or an empty list (RFC 5280 5.1.2.7)");
    if ((rc = hf_exts_read(raw, &out->x)) != HF_OK)
        return hf_because(rc, "CRL");
    return HF_OK;
}

static enum hf_rc
read_tbs(struct hf_crl *out)
{
    struct hf_rd    all = hf_rd(out->tbs), r = hf_der_open(&all, HF_DER_SEQUENCE);
    struct hf_bytes inner;
    enum hf_rc      rc;

    out->version = 1;
    if (hf_der_next(&r, HF_DER_INTEGER) && (out->version = 1 + hf_der_uint(&r, 1)) != 2)
        hf_rd_reject(&r, HF_E_FORMAT); /* 5.1.2.1: if present, v2 */
    inner = hf_part_alg(&r);
    if (r.rc == HF_OK && !hf_bytes_eq(inner, out->sig_alg))
        return hf_fail(HF_E_FORMAT,
                       "CRL: signature and signatureAlgorithm differ (RFC 5280 5.1.1.2)");
    out->issuer = hf_der_raw(&r, HF_DER_SEQUENCE);
    out->this_update = hf_der_time(&r, NULL);
    out->next_update = -1;
    if (hf_der_next(&r, HF_DER_UTCTIME) || hf_der_next(&r, HF_DER_GENTIME))
        out->next_update = hf_der_time(&r, NULL);
    /* 5.1.2.6: no list at all when nothing is revoked; an empty one is common and harmless */
    hf_der_opt(&r, HF_DER_SEQUENCE, &out->revoked);
    if ((rc = hf_part_ok(&r, "CRL", "version to revokedCertificates (RFC 5280 5.1.2)")) != HF_OK ||
        (rc = read_extensions(&r, out)) != HF_OK)
        return rc;
    return hf_rd_end(&r, "CRL");
}

enum hf_rc
hf_crl_read(struct hf_bytes der, struct hf_crl *out)
{
    struct hf_part_signed s;
    enum hf_rc            rc;

    *out = (struct hf_crl){ .der = der, .x = hf_exts_none() };
    if (der.n > HF_CRL_MAX)
        return hf_fail(HF_E_TOOBIG, "CRL: more than %u bytes", HF_CRL_MAX);
    if ((rc = hf_part_signed(der, "CRL", &s)) != HF_OK)
        return rc;
    out->tbs = s.body;
    out->sig_alg = s.sig_alg;
    out->sig = s.sig;
    if ((rc = read_tbs(out)) != HF_OK)
        return rc;
    if ((rc = hf_name_check(out->issuer)) != HF_OK)
        return hf_because(rc, "CRL, issuer (RFC 5280 5.1.2.3)");
    return check_entries(out);
}

/* Is this name among the directory names? */
static bool
names_have(struct hf_bytes names, struct hf_bytes name)
{
    struct hf_rd r = hf_rd(names);
    struct hf_gn gn;

    while (hf_gn_next(&r, &gn))
        if (gn.kind == HF_GN_DIR && hf_name_eq(gn.value, name))
            return true;
    return false;
}

bool
hf_crl_find(const struct hf_crl *crl, struct hf_bytes serial, struct hf_bytes issuer,
            struct hf_crl_entry *out)
{
    struct hf_rd        r = hf_rd(crl->revoked);
    struct hf_crl_entry e;
    bool                applies = hf_name_eq(crl->issuer, issuer), found = false;

    while (hf_crl_next(&r, &e)) {
        if (e.cert_issuer.n != 0)
            applies = names_have(e.cert_issuer, issuer);
        if (applies && hf_bytes_eq(e.serial, serial)) {
            *out = e;
            found = true;
        }
    }
    return found;
}

/* -- Writing ----------------------------------------------------------------------- */

struct hf_crl_marks
hf_crl_begin(struct hf_wr *w, const struct hf_crl_head *head)
{
    struct hf_crl_marks m = { .tbs = hf_der_begin_large(w, HF_DER_SEQUENCE) };

    hf_der_put_int(w, 1);
    hf_wr_put(w, head->sig_alg);
    hf_wr_put(w, head->issuer);
    hf_der_put_time(w, head->this_update);
    hf_der_put_time(w, head->next_update);
    m.list = hf_der_begin_large(w, HF_DER_SEQUENCE);
    return m;
}

void
hf_crl_put(struct hf_wr *w, struct hf_bytes serial, int64_t revoked_at, int reason,
           int64_t invalidity)
{
    size_t entry = hf_der_begin(w, HF_DER_SEQUENCE), exts;

    hf_der_put_unsigned(w, serial);
    hf_der_put_time(w, revoked_at);
    if (reason > HF_REASON_UNSPECIFIED || invalidity != -1) {
        exts = hf_der_begin(w, HF_DER_SEQUENCE);
        hf_ext_put_reason(w, reason);
        if (invalidity != -1)
            hf_ext_put_invalidity(w, invalidity);
        hf_der_end(w, exts);
    }
    hf_der_end(w, entry);
}

void
hf_crl_end(struct hf_wr *w, const struct hf_crl_marks *m, struct hf_bytes exts)
{
    size_t wrap;

    if (w->n == m->list)
        hf_wr_cut(w, m->list - 4); /* 5.1.2.6: absent when nothing is revoked */
    else
        hf_der_end(w, m->list);
    if (exts.n != 0) {
        wrap = hf_der_begin(w, HF_DER_CTXC(0));
        hf_der_put(w, HF_DER_SEQUENCE, exts);
        hf_der_end(w, wrap);
    }
    hf_der_end(w, m->tbs);
}
