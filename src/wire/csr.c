#include "wire/csr.h"

#include "wire/name.h"
#include "wire/part.h"

/* One value in the SET of an attribute. */
static enum hf_rc
read_request(struct hf_bytes values, struct hf_csr *out)
{
    struct hf_rd    r = hf_rd(values);
    struct hf_bytes raw = hf_der_take(&r, HF_DER_SEQUENCE);
    enum hf_rc      rc = hf_rd_end(&r, "request, extensionRequest (RFC 2985 5.4.2)");

    if (rc != HF_OK)
        return rc;
    if (out->x.raw.p != NULL)
        return hf_fail(HF_E_FORMAT, "request: two lists of extensions");
    if ((rc = hf_exts_read(raw, &out->x)) != HF_OK)
        return hf_because(rc, "request");
    return HF_OK;
}

static enum hf_rc
read_attribute(struct hf_rd *r, struct hf_csr *out, struct hf_bytes *oid)
{
    struct hf_rd    a = hf_der_open(r, HF_DER_SEQUENCE), values;
    struct hf_bytes set, contents;
    uint8_t         tag;
    enum hf_oid     type;

    *oid = hf_der_oid(&a);
    values = hf_der_open_set(&a, HF_DER_SET);
    set = hf_bytes(values.p, hf_rd_left(&values));
    hf_der_any(&values, &tag, &contents); /* RFC 2986: one value or more */
    while (hf_rd_left(&values) != 0)
        hf_der_any(&values, &tag, &contents);
    hf_der_shut(&a, &values);
    hf_der_shut(r, &a);
    if (r->rc != HF_OK)
        return hf_part_ok(r, "request", "attributes (RFC 2986 4.1)");
    type = hf_oid_find(*oid);
    if (type == HF_OID_EXTENSION_REQUEST || type == HF_OID_MS_EXTENSION_REQUEST)
        return read_request(set, out);
    if (type == HF_OID_CHALLENGE_PASSWORD)
        out->challenge = contents;
    return HF_OK;
}

#define ATTRIBUTES_MAX 32

static enum hf_rc
read_attributes(struct hf_csr *out)
{
    struct hf_rd    r = hf_rd(out->attributes);
    struct hf_bytes had[ATTRIBUTES_MAX], oid;
    size_t          n = 0;
    enum hf_rc      rc;

    while (hf_rd_left(&r) != 0) {
        if ((rc = read_attribute(&r, out, &oid)) != HF_OK)
            return rc;
        for (size_t i = 0; i < n; i++)
            if (hf_bytes_eq(had[i], oid))
                return hf_fail(HF_E_FORMAT, "request: an attribute is there twice (RFC 2986 4.1)");
        if (n == ATTRIBUTES_MAX)
            return hf_fail(HF_E_TOOBIG, "request: more than %d attributes", ATTRIBUTES_MAX);
        had[n++] = oid;
    }
    return hf_part_ok(&r, "request", "attributes (RFC 2986 4.1)");
}

static enum hf_rc
read_info(struct hf_csr *out)
{
    struct hf_rd all = hf_rd(out->info), r = hf_der_open(&all, HF_DER_SEQUENCE), attributes;
    enum hf_rc   rc;

    hf_der_uint(&r, 0); /* version 1 is 0 */
    out->subject = hf_der_raw(&r, HF_DER_SEQUENCE);
    out->spki = hf_part_spki(&r);
    if ((rc = hf_part_ok(&r, "request", "version, subject or subjectPKInfo (RFC 2986 4.1)")) !=
        HF_OK)
        return rc;
    /* Absent altogether in requests of some tokens, against RFC 2986 but harmless. */
    if (hf_rd_left(&r) != 0) {
        attributes = hf_der_open_set(&r, HF_DER_CTXC(0));
        if ((rc = hf_part_ok(&attributes, "request", "attributes (RFC 2986 4.1)")) != HF_OK)
            return rc;
        out->attributes = hf_bytes(attributes.p, hf_rd_left(&attributes));
    }
    return hf_rd_end(&r, "request");
}

enum hf_rc
hf_csr_read(struct hf_bytes der, struct hf_csr *out)
{
    struct hf_part_signed s;
    enum hf_rc            rc;

    *out = (struct hf_csr){ .der = der, .x = hf_exts_none() };
    if (der.n > HF_CSR_MAX)
        return hf_fail(HF_E_TOOBIG, "request: more than %u bytes", HF_CSR_MAX);
    if ((rc = hf_part_signed(der, "request", &s)) != HF_OK)
        return rc;
    out->info = s.body;
    out->sig_alg = s.sig_alg;
    out->sig = s.sig;
    if ((rc = read_info(out)) != HF_OK)
        return rc;
    if ((rc = hf_name_check(out->subject)) != HF_OK)
        return hf_because(rc, "request, subject");
    return read_attributes(out);
}

void
hf_csr_put_info(struct hf_wr *w, struct hf_bytes subject, struct hf_bytes spki,
                struct hf_bytes exts)
{
    size_t info = hf_der_begin_large(w, HF_DER_SEQUENCE), attributes, pair, set;

    hf_der_put_int(w, 0);
    hf_wr_put(w, subject);
    hf_wr_put(w, spki);
    attributes = hf_der_begin(w, HF_DER_CTXC(0));
    if (exts.n != 0) {
        pair = hf_der_begin(w, HF_DER_SEQUENCE);
        hf_der_put_oid_of(w, HF_OID_EXTENSION_REQUEST);
        set = hf_der_begin(w, HF_DER_SET);
        hf_der_put(w, HF_DER_SEQUENCE, exts);
        hf_der_end(w, set);
        hf_der_end(w, pair);
    }
    hf_der_end(w, attributes);
    hf_der_end(w, info);
}
