/* ext_put.c - writing extensions. */
#include <string.h>

#include "wire/ext.h"

struct marks {
    size_t ext, value;
};

static struct marks
begin(struct hf_wr *w, enum hf_oid id, bool critical)
{
    struct marks m = { .ext = hf_der_begin(w, HF_DER_SEQUENCE) };

    hf_der_put_oid_of(w, id);
    if (critical)
        hf_der_put_boolean(w, true);
    m.value = hf_der_begin(w, HF_DER_OCTETS);
    return m;
}

static void
end(struct hf_wr *w, struct marks m)
{
    hf_der_end(w, m.value);
    hf_der_end(w, m.ext);
}

void
hf_ext_put(struct hf_wr *w, struct hf_bytes oid, bool critical, struct hf_bytes value)
{
    size_t ext = hf_der_begin(w, HF_DER_SEQUENCE);

    hf_der_put_oid(w, oid);
    if (critical)
        hf_der_put_boolean(w, true);
    hf_der_put_octets(w, value);
    hf_der_end(w, ext);
}

void
hf_ext_put_basic(struct hf_wr *w, bool is_ca, int64_t path_len)
{
    struct marks m = begin(w, HF_OID_BASIC, true);
    size_t       s = hf_der_begin(w, HF_DER_SEQUENCE);

    if (is_ca)
        hf_der_put_boolean(w, true);
    if (is_ca && path_len >= 0)
        hf_der_put_int(w, path_len);
    hf_der_end(w, s);
    end(w, m);
}

void
hf_ext_put_key_usage(struct hf_wr *w, uint32_t bits)
{
    struct marks m = begin(w, HF_OID_KEY_USAGE, true);

    hf_der_put_flags(w, HF_DER_BITS, bits);
    end(w, m);
}

void
hf_ext_put_eku(struct hf_wr *w, bool critical, const enum hf_oid *purpose, size_t n)
{
    struct marks m = begin(w, HF_OID_EKU, critical);
    size_t       s = hf_der_begin(w, HF_DER_SEQUENCE);

    for (size_t i = 0; i < n; i++)
        hf_der_put_oid_of(w, purpose[i]);
    hf_der_end(w, s);
    end(w, m);
}

void
hf_ext_put_ski(struct hf_wr *w, struct hf_bytes key_id)
{
    struct marks m = begin(w, HF_OID_SKI, false);

    hf_der_put_octets(w, key_id);
    end(w, m);
}

void
hf_ext_put_aki(struct hf_wr *w, struct hf_bytes key_id)
{
    struct marks m = begin(w, HF_OID_AKI, false);
    size_t       s = hf_der_begin(w, HF_DER_SEQUENCE);

    hf_der_put(w, HF_DER_CTX(0), key_id);
    hf_der_end(w, s);
    end(w, m);
}

void
hf_ext_put_nocheck(struct hf_wr *w)
{
    struct marks m = begin(w, HF_OID_OCSP_NOCHECK, false);

    hf_der_put_null(w);
    end(w, m);
}

static void
put_access(struct hf_wr *w, enum hf_oid method, const char *uri)
{
    size_t s;

    if (uri == NULL)
        return;
    s = hf_der_begin(w, HF_DER_SEQUENCE);
    hf_der_put_oid_of(w, method);
    hf_gn_put(w, HF_GN_URI, hf_bytes_str(uri));
    hf_der_end(w, s);
}

void
hf_ext_put_aia(struct hf_wr *w, const char *ocsp, const char *ca_issuers)
{
    struct marks m;
    size_t       s;

    if (ocsp == NULL && ca_issuers == NULL)
        return;
    m = begin(w, HF_OID_AIA, false);
    s = hf_der_begin(w, HF_DER_SEQUENCE);
    put_access(w, HF_OID_AD_OCSP, ocsp);
    put_access(w, HF_OID_AD_CA_ISSUERS, ca_issuers);
    hf_der_end(w, s);
    end(w, m);
}

/* DistributionPointName with full names: [0] { [0] { URIs } }. */
static void
put_places(struct hf_wr *w, const char *const *uri, size_t n)
{
    size_t name = hf_der_begin(w, HF_DER_CTXC(0)), full = hf_der_begin(w, HF_DER_CTXC(0));

    for (size_t i = 0; i < n; i++)
        hf_gn_put(w, HF_GN_URI, hf_bytes_str(uri[i]));
    hf_der_end(w, full);
    hf_der_end(w, name);
}

static void
put_points(struct hf_wr *w, enum hf_oid id, const char *const *uri, size_t n)
{
    struct marks m;
    size_t       list, point;

    if (n == 0)
        return;
    m = begin(w, id, false);
    list = hf_der_begin(w, HF_DER_SEQUENCE);
    point = hf_der_begin(w, HF_DER_SEQUENCE);
    put_places(w, uri, n);
    hf_der_end(w, point);
    hf_der_end(w, list);
    end(w, m);
}

void
hf_ext_put_cdp(struct hf_wr *w, const char *const *uri, size_t n)
{
    put_points(w, HF_OID_CDP, uri, n);
}

void
hf_ext_put_freshest(struct hf_wr *w, const char *const *uri, size_t n)
{
    put_points(w, HF_OID_FRESHEST, uri, n);
}

static void
put_cps(struct hf_wr *w, const char *uri)
{
    size_t list = hf_der_begin(w, HF_DER_SEQUENCE), q = hf_der_begin(w, HF_DER_SEQUENCE);

    hf_der_put_oid_of(w, HF_OID_CPS);
    hf_der_put(w, HF_DER_IA5, hf_bytes_str(uri));
    hf_der_end(w, q);
    hf_der_end(w, list);
}

void
hf_ext_put_policies(struct hf_wr *w, bool critical, const struct hf_bytes *oid,
                    const char *const *cps, size_t n)
{
    struct marks m = begin(w, HF_OID_POLICIES, critical);
    size_t       list = hf_der_begin(w, HF_DER_SEQUENCE);

    for (size_t i = 0; i < n; i++) {
        size_t info = hf_der_begin(w, HF_DER_SEQUENCE);

        hf_der_put_oid(w, oid[i]);
        if (cps != NULL && cps[i] != NULL)
            put_cps(w, cps[i]);
        hf_der_end(w, info);
    }
    hf_der_end(w, list);
    end(w, m);
}

void
hf_ext_put_mappings(struct hf_wr *w, const struct hf_bytes *issuer, const struct hf_bytes *subject,
                    size_t n)
{
    struct marks m = begin(w, HF_OID_MAPPINGS, true);
    size_t       list = hf_der_begin(w, HF_DER_SEQUENCE);

    for (size_t i = 0; i < n; i++) {
        size_t pair = hf_der_begin(w, HF_DER_SEQUENCE);

        hf_der_put_oid(w, issuer[i]);
        hf_der_put_oid(w, subject[i]);
        hf_der_end(w, pair);
    }
    hf_der_end(w, list);
    end(w, m);
}

/* 4.2.1.11: critical. */
void
hf_ext_put_policy_limits(struct hf_wr *w, int64_t require_explicit, int64_t inhibit_mapping)
{
    struct marks m = begin(w, HF_OID_POLICY_LIMITS, true);
    size_t       s = hf_der_begin(w, HF_DER_SEQUENCE);

    if (require_explicit >= 0)
        hf_der_put_int_as(w, HF_DER_CTX(0), require_explicit);
    if (inhibit_mapping >= 0)
        hf_der_put_int_as(w, HF_DER_CTX(1), inhibit_mapping);
    hf_der_end(w, s);
    end(w, m);
}

void
hf_ext_put_inhibit_any(struct hf_wr *w, int64_t skip)
{
    struct marks m = begin(w, HF_OID_INHIBIT_ANY, true);

    hf_der_put_int(w, skip);
    end(w, m);
}

void
hf_ext_put_crl_number(struct hf_wr *w, struct hf_bytes number)
{
    struct marks m = begin(w, HF_OID_CRL_NUMBER, false);

    hf_der_put_unsigned(w, number);
    end(w, m);
}

void
hf_ext_put_delta(struct hf_wr *w, struct hf_bytes base_number)
{
    struct marks m = begin(w, HF_OID_DELTA, true);

    hf_der_put_unsigned(w, base_number);
    end(w, m);
}

void
hf_ext_put_reason(struct hf_wr *w, int reason)
{
    struct marks m;

    if (reason <= HF_REASON_UNSPECIFIED) /* 5.3.1: left out rather than written */
        return;
    m = begin(w, HF_OID_REASON, false);
    hf_der_put_int_as(w, HF_DER_ENUM, reason);
    end(w, m);
}

void
hf_ext_put_invalidity(struct hf_wr *w, int64_t s)
{
    struct marks m = begin(w, HF_OID_INVALIDITY, false);

    hf_der_put_gentime(w, HF_DER_GENTIME, s);
    end(w, m);
}

void
hf_ext_put_idp(struct hf_wr *w, const struct hf_idp *idp)
{
    static const uint8_t yes[] = { 0xff };
    struct marks         m = begin(w, HF_OID_IDP, true);
    size_t               s = hf_der_begin(w, HF_DER_SEQUENCE);

    if (idp->uri != NULL)
        put_places(w, &idp->uri, 1);
    if (idp->only_user)
        hf_der_put(w, HF_DER_CTX(1), hf_bytes(yes, 1));
    if (idp->only_ca)
        hf_der_put(w, HF_DER_CTX(2), hf_bytes(yes, 1));
    if (idp->reasons != 0)
        hf_der_put_flags(w, HF_DER_CTX(3), idp->reasons);
    if (idp->indirect)
        hf_der_put(w, HF_DER_CTX(4), hf_bytes(yes, 1));
    hf_der_end(w, s);
    end(w, m);
}

void
hf_ext_put_san(struct hf_wr *w, bool critical, struct hf_bytes names)
{
    struct marks m = begin(w, HF_OID_SAN, critical);

    hf_der_put(w, HF_DER_SEQUENCE, names);
    end(w, m);
}

void
hf_ext_put_names(struct hf_wr *w, struct hf_bytes permitted, struct hf_bytes excluded)
{
    struct marks m = begin(w, HF_OID_NAMES, true);
    size_t       s = hf_der_begin(w, HF_DER_SEQUENCE);

    if (permitted.n != 0)
        hf_der_put(w, HF_DER_CTXC(0), permitted);
    if (excluded.n != 0)
        hf_der_put(w, HF_DER_CTXC(1), excluded);
    hf_der_end(w, s);
    end(w, m);
}

void
hf_gn_put(struct hf_wr *w, enum hf_gn_kind kind, struct hf_bytes value)
{
    bool constructed =
        kind == HF_GN_OTHER || kind == HF_GN_X400 || kind == HF_GN_DIR || kind == HF_GN_EDI;

    hf_der_put(w, constructed ? HF_DER_CTXC(kind) : HF_DER_CTX(kind), value);
}
