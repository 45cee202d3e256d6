#include "wire/x509.h"

#include <openssl/sha.h>

#include "wire/name.h"
#include "wire/part.h"

/* AlgorithmIdentifier: an OID and at most one element. */
struct hf_bytes
hf_part_alg(struct hf_rd *r)
{
    struct hf_bytes whole = hf_der_raw(r, HF_DER_SEQUENCE), contents;
    struct hf_rd    all = hf_rd(whole), s = hf_der_open(&all, HF_DER_SEQUENCE);
    uint8_t         tag;

    s.rc = r->rc != HF_OK ? r->rc : s.rc;
    hf_der_oid(&s);
    if (hf_rd_left(&s) != 0)
        hf_der_any(&s, &tag, &contents);
    hf_der_shut(r, &s);
    return whole;
}

struct hf_bytes
hf_part_spki(struct hf_rd *r)
{
    struct hf_bytes whole = hf_der_raw(r, HF_DER_SEQUENCE);
    struct hf_rd    all = hf_rd(whole), s = hf_der_open(&all, HF_DER_SEQUENCE);

    s.rc = r->rc != HF_OK ? r->rc : s.rc;
    hf_part_alg(&s);
    if (hf_der_bits(&s, NULL).n == 0)
        hf_rd_reject(&s, HF_E_FORMAT);
    hf_der_shut(r, &s);
    return whole;
}

enum hf_rc
hf_part_signed(struct hf_bytes der, const char *what, struct hf_part_signed *out)
{
    struct hf_rd r = hf_rd(der), s = hf_der_open(&r, HF_DER_SEQUENCE);

    out->body = hf_der_raw(&s, HF_DER_SEQUENCE);
    out->sig_alg = hf_part_alg(&s);
    out->sig = hf_der_bits(&s, NULL);
    hf_der_shut(&r, &s);
    return hf_rd_end(&r, what);
}

/* What was read of the field named `what` must be in order before the next is looked at. */
enum hf_rc
hf_part_ok(const struct hf_rd *r, const char *object, const char *what)
{
    if (r->rc == HF_OK)
        return HF_OK;
    return hf_fail(r->rc, "%s, %s: %s", object, what, hf_rc_text(r->rc));
}

static void
read_version(struct hf_rd *r, struct hf_cert *out)
{
    struct hf_rd v;

    out->version = 1;
    if (!hf_der_next(r, HF_DER_CTXC(0)))
        return;
    v = hf_der_open(r, HF_DER_CTXC(0));
    out->version = 1 + hf_der_uint(&v, 2);
    if (out->version == 1)
        hf_rd_reject(&v, HF_E_FORMAT); /* X.690 11.5: the default is not written */
    hf_der_shut(r, &v);
}

static void
read_validity(struct hf_rd *r, struct hf_cert *out)
{
    struct hf_rd v = hf_der_open(r, HF_DER_SEQUENCE);

    out->not_before = hf_der_time(&v, &out->not_before_tag);
    out->not_after = hf_der_time(&v, &out->not_after_tag);
    hf_der_shut(r, &v);
}

/* issuerUniqueID and subjectUniqueID: BIT STRINGs that nobody uses. */
static void
read_uid(struct hf_rd *r, uint8_t tag, struct hf_cert *out)
{
    struct hf_bytes bits;

    if (!hf_der_opt(r, tag, &bits))
        return;
    out->has_uid = true;
    if (bits.n == 0 || bits.p[0] > 7 || out->version == 1) /* 4.1.2.8: versions 2 and 3 */
        hf_rd_reject(r, HF_E_FORMAT);
}

static enum hf_rc
read_extensions(struct hf_rd *r, struct hf_cert *out)
{
    struct hf_rd    wrap;
    struct hf_bytes raw;
    enum hf_rc      rc;

    out->x = hf_exts_none();
    out->has_exts = hf_der_next(r, HF_DER_CTXC(3));
    if (!out->has_exts)
        return HF_OK;
    wrap = hf_der_open(r, HF_DER_CTXC(3));
    raw = hf_der_take(&wrap, HF_DER_SEQUENCE);
    hf_der_shut(r, &wrap);
    if ((rc = hf_part_ok(r, "certificate", "extensions")) != HF_OK)
        return rc;
    if (out->version != 3)
        return hf_fail(HF_E_FORMAT, "certificate: extensions in version %u (RFC 5280 4.1.2.9)",
                       out->version);
    if (raw.n == 0)
        return hf_fail(HF_E_FORMAT, "certificate: an empty list of extensions (RFC 5280 4.1.2.9)");
    if ((rc = hf_exts_read(raw, &out->x)) != HF_OK)
        return hf_because(rc, "certificate");
    return HF_OK;
}

static enum hf_rc
read_tbs(struct hf_cert *out)
{
    struct hf_rd    all = hf_rd(out->tbs), r = hf_der_open(&all, HF_DER_SEQUENCE);
    struct hf_bytes inner;
    enum hf_rc      rc;

    read_version(&r, out);
    out->serial = hf_der_integer(&r);
    if ((rc = hf_part_ok(&r, "certificate",
                         "version or serialNumber (RFC 5280 4.1.2.1, 4.1.2.2)")) != HF_OK)
        return rc;
    inner = hf_part_alg(&r);
    if (r.rc == HF_OK && !hf_bytes_eq(inner, out->sig_alg))
        return hf_fail(HF_E_FORMAT,
                       "certificate: signature and signatureAlgorithm differ (RFC 5280 4.1.1.2)");
    out->issuer = hf_der_raw(&r, HF_DER_SEQUENCE);
    read_validity(&r, out);
    if ((rc = hf_part_ok(&r, "certificate",
                         "signature, issuer or validity (RFC 5280 4.1.2.3 to 4.1.2.5)")) != HF_OK)
        return rc;
    out->subject = hf_der_raw(&r, HF_DER_SEQUENCE);
    out->spki = hf_part_spki(&r);
    read_uid(&r, HF_DER_CTX(1), out);
    read_uid(&r, HF_DER_CTX(2), out);
    if ((rc = hf_part_ok(&r, "certificate",
                         "subject, subjectPublicKeyInfo or unique identifiers "
                         "(RFC 5280 4.1.2.6 to 4.1.2.8)")) != HF_OK ||
        (rc = read_extensions(&r, out)) != HF_OK)
        return rc;
    return hf_rd_end(&r, "certificate");
}

enum hf_rc
hf_cert_read(struct hf_bytes der, struct hf_cert *out)
{
    struct hf_part_signed s;
    enum hf_rc            rc;

    *out = (struct hf_cert){ .der = der };
    if (der.n > HF_CERT_MAX)
        return hf_fail(HF_E_TOOBIG, "certificate: more than %u bytes", HF_CERT_MAX);
    if ((rc = hf_part_signed(der, "certificate", &s)) != HF_OK)
        return rc;
    out->tbs = s.body;
    out->sig_alg = s.sig_alg;
    out->sig = s.sig;
    if ((rc = read_tbs(out)) != HF_OK)
        return rc;
    if ((rc = hf_name_check(out->issuer)) != HF_OK)
        return hf_because(rc, "certificate, issuer (RFC 5280 4.1.2.4)");
    if ((rc = hf_name_check(out->subject)) != HF_OK)
        return hf_because(rc, "certificate, subject (RFC 5280 4.1.2.6)");
    return HF_OK;
}

void
hf_cert_fingerprint(const struct hf_cert *cert, uint8_t out[32])
{
    SHA256(cert->der.p, cert->der.n, out);
}

bool
hf_cert_self_issued(const struct hf_cert *cert)
{
    return hf_name_eq(cert->issuer, cert->subject);
}

void
hf_cert_put_tbs(struct hf_wr *w, const struct hf_cert_body *body)
{
    size_t tbs = hf_der_begin_large(w, HF_DER_SEQUENCE), m;

    m = hf_der_begin(w, HF_DER_CTXC(0));
    hf_der_put_int(w, 2);
    hf_der_end(w, m);
    hf_der_put_unsigned(w, body->serial);
    hf_wr_put(w, body->sig_alg);
    hf_wr_put(w, body->issuer);
    m = hf_der_begin(w, HF_DER_SEQUENCE);
    hf_der_put_time(w, body->not_before);
    hf_der_put_time(w, body->not_after);
    hf_der_end(w, m);
    hf_wr_put(w, body->subject);
    hf_wr_put(w, body->spki);
    if (body->exts.n != 0) {
        m = hf_der_begin_large(w, HF_DER_CTXC(3));
        hf_der_put(w, HF_DER_SEQUENCE, body->exts);
        hf_der_end(w, m);
    }
    hf_der_end(w, tbs);
}
