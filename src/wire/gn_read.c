/* gn_read.c - general names in DER. Their text is gn.c. */
#include "wire/ext.h"

#include "wire/name.h"
#include "wire/part.h"

static const uint8_t gn_tags[] = {
    [HF_GN_OTHER] = HF_DER_CTXC(0), [HF_GN_EMAIL] = HF_DER_CTX(1), [HF_GN_DNS] = HF_DER_CTX(2),
    [HF_GN_X400] = HF_DER_CTXC(3),  [HF_GN_DIR] = HF_DER_CTXC(4),  [HF_GN_EDI] = HF_DER_CTXC(5),
    [HF_GN_URI] = HF_DER_CTX(6),    [HF_GN_IP] = HF_DER_CTX(7),    [HF_GN_RID] = HF_DER_CTX(8),
};

/* OID and [0] value; any other element is checked as far as DER goes. */
static bool
other_ok(struct hf_bytes contents)
{
    struct hf_rd    r = hf_rd(contents);
    struct hf_bytes value;

    hf_der_oid(&r);
    value = hf_der_take(&r, HF_DER_CTXC(0));
    return hf_rd_left(&r) == 0 && r.rc == HF_OK && hf_der_check(value, "otherName") == HF_OK;
}

/* IA5String without control characters; what a good host or address is, its user judges. */
static bool
all_visible(struct hf_bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] < 0x20 || b.p[i] > 0x7e)
            return false;
    return b.n != 0;
}

/* An address; in constraints (RFC 5280 4.2.1.10) an address and a mask of leading ones. */
static bool
ip_ok(struct hf_bytes b, bool constraint)
{
    bool ended = false;

    if (!constraint)
        return b.n == 4 || b.n == 16;
    if (b.n != 8 && b.n != 32)
        return false;
    for (size_t i = 4 * b.n; i < 8 * b.n; i++) {
        bool one = (b.p[i / 8] & (0x80 >> i % 8)) != 0;

        if (one && ended)
            return false;
        ended |= !one;
    }
    return true;
}

static bool
gn_ok(const struct hf_gn *gn, bool constraint)
{
    switch (gn->kind) {
    case HF_GN_OTHER:
        return other_ok(gn->value);
    case HF_GN_EMAIL:
    case HF_GN_DNS:
    case HF_GN_URI:
        return all_visible(gn->value) || (constraint && gn->value.n == 0);
    case HF_GN_DIR:
        return hf_name_check(gn->value) == HF_OK;
    case HF_GN_IP:
        return ip_ok(gn->value, constraint);
    case HF_GN_RID:
        return hf_der_oid_ok(gn->value);
    default:
        return true;
    }
}

void
hf_part_gn(struct hf_rd *r, struct hf_gn *out)
{
    uint8_t tag;

    *out = (struct hf_gn){ 0 };
    hf_der_any(r, &tag, &out->value);
    out->kind = (enum hf_gn_kind)(tag & 0x1f);
    if (r->rc == HF_OK && (out->kind > HF_GN_RID || tag != gn_tags[out->kind]))
        hf_rd_reject(r, HF_E_FORMAT);
}

void
hf_part_gn_ok(struct hf_rd *r, struct hf_gn *out, bool constraint)
{
    hf_part_gn(r, out);
    if (r->rc == HF_OK && !gn_ok(out, constraint))
        hf_rd_reject(r, HF_E_FORMAT);
}

struct hf_bytes
hf_part_names(struct hf_rd *r, uint8_t tag)
{
    struct hf_bytes contents = hf_der_take(r, tag);
    struct hf_rd    names = hf_rd(contents);
    struct hf_gn    gn;

    names.rc = r->rc;
    do
        hf_part_gn_ok(&names, &gn, false);
    while (hf_rd_left(&names) != 0);
    hf_der_shut(r, &names);
    return contents;
}

bool
hf_gn_next(struct hf_rd *r, struct hf_gn *out)
{
    if (hf_rd_left(r) == 0)
        return false;
    hf_part_gn(r, out);
    return r->rc == HF_OK;
}
