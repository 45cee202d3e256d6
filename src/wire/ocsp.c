/* ocsp.c - reading OCSP requests and responses. */
#include "wire/ocsp.h"

#include "wire/name.h"
#include "wire/part.h"

/* -- CertID ------------------------------------------------------------------------ */

static void
read_id(struct hf_rd *r, struct hf_ocsp_id *out)
{
    struct hf_rd    all, s;
    struct hf_bytes alg;

    *out = (struct hf_ocsp_id){ .raw = hf_der_raw(r, HF_DER_SEQUENCE) };
    all = hf_rd(out->raw);
    s = hf_der_open(&all, HF_DER_SEQUENCE);
    s.rc = r->rc != HF_OK ? r->rc : s.rc;
    alg = hf_part_alg(&s);
    out->hash = s.rc == HF_OK ? hf_alg_id(alg, NULL) : HF_OID_NONE;
    out->name_hash = hf_der_octets(&s);
    out->key_hash = hf_der_octets(&s);
    out->serial = hf_der_integer(&s);
    hf_der_shut(r, &s);
}

/* -- Extensions of messages ---------------------------------------------------------- */

struct message_exts {
    bool            has_nonce;
    struct hf_bytes nonce, unknown_critical;
};

/* These may be critical without harm: they ask for something or tell something that needs no act. */
static bool
is_known(enum hf_oid id)
{
    return id == HF_OID_OCSP_NONCE || id == HF_OID_OCSP_RESPONSE || id == HF_OID_OCSP_SIG_ALGS ||
           id == HF_OID_OCSP_EXTENDED_REVOKE || id == HF_OID_OCSP_CUTOFF || id == HF_OID_OCSP_CRL;
}

static void
take_ext(const struct hf_ext_raw *e, struct message_exts *x)
{
    struct hf_rd    v = hf_rd(e->value);
    struct hf_bytes inner;

    if (e->id == HF_OID_OCSP_NONCE) {
        inner = hf_der_octets(&v); /* RFC 8954; older clients put bare octets */
        x->has_nonce = true;
        x->nonce = v.rc == HF_OK && hf_rd_left(&v) == 0 ? inner : e->value;
    }
    if (e->critical && !is_known(e->id) && x->unknown_critical.n == 0)
        x->unknown_critical = e->oid;
}

/* [tag] EXPLICIT Extensions, if they are next. */
static void
read_exts(struct hf_rd *r, uint8_t tag, struct message_exts *x)
{
    struct hf_bytes   had[HF_EXTS_MAX];
    struct hf_ext_raw e;
    struct hf_rd      wrap, list;
    size_t            n = 0;

    if (!hf_der_next(r, tag))
        return;
    wrap = hf_der_open(r, tag);
    list = hf_der_open(&wrap, HF_DER_SEQUENCE);
    while (hf_ext_next(&list, &e)) {
        for (size_t i = 0; i < n; i++)
            if (hf_bytes_eq(had[i], e.oid))
                hf_rd_reject(&list, HF_E_FORMAT);
        if (n == HF_EXTS_MAX)
            hf_rd_reject(&list, HF_E_TOOBIG);
        else
            had[n++] = e.oid;
        take_ext(&e, x);
    }
    hf_der_shut(&wrap, &list);
    hf_der_shut(r, &wrap);
}

/* version [0] EXPLICIT INTEGER DEFAULT v1; nothing else exists. Old clients write the default. */
static void
read_version(struct hf_rd *r)
{
    struct hf_rd v;

    if (!hf_der_next(r, HF_DER_CTXC(0)))
        return;
    v = hf_der_open(r, HF_DER_CTXC(0));
    hf_der_uint(&v, 0);
    hf_der_shut(r, &v);
}

/* certs [0] EXPLICIT SEQUENCE OF Certificate; each is one SEQUENCE. */
static struct hf_bytes
read_certs(struct hf_rd *r)
{
    struct hf_rd    wrap, list;
    struct hf_bytes contents = { NULL, 0 };

    if (!hf_der_next(r, HF_DER_CTXC(0)))
        return contents;
    wrap = hf_der_open(r, HF_DER_CTXC(0));
    contents = hf_der_take(&wrap, HF_DER_SEQUENCE);
    list = hf_rd(contents);
    while (hf_rd_left(&list) != 0)
        hf_der_raw(&list, HF_DER_SEQUENCE);
    hf_der_shut(&wrap, &list);
    hf_der_shut(r, &wrap);
    return contents;
}

/* -- Requests --------------------------------------------------------------------------- */

static void
read_request(struct hf_rd *r, struct hf_ocsp_id *id, struct message_exts *x)
{
    struct hf_rd s = hf_der_open(r, HF_DER_SEQUENCE);

    read_id(&s, id);
    read_exts(&s, HF_DER_CTXC(0), x);
    hf_der_shut(r, &s);
}

bool
hf_ocsp_id_next(struct hf_rd *r, struct hf_ocsp_id *out)
{
    struct message_exts x = { 0 };

    if (hf_rd_left(r) == 0)
        return false;
    read_request(r, out, &x);
    return r->rc == HF_OK;
}

static enum hf_rc
read_tbs(struct hf_ocsp_request *out)
{
    struct hf_rd        all = hf_rd(out->tbs), r = hf_der_open(&all, HF_DER_SEQUENCE), list;
    struct message_exts x = { 0 }, single = { 0 };
    struct hf_ocsp_id   id;

    read_version(&r);
    if (hf_der_next(&r, HF_DER_CTXC(1)))
        out->requestor = hf_der_take(&r, HF_DER_CTXC(1));
    out->list = hf_der_take(&r, HF_DER_SEQUENCE);
    list = hf_rd(out->list);
    list.rc = r.rc;
    do {
        read_request(&list, &id, &single);
        if (++out->count > HF_OCSP_IDS)
            hf_rd_reject(&list, HF_E_TOOBIG);
    } while (hf_rd_left(&list) != 0);
    hf_der_shut(&r, &list);
    read_exts(&r, HF_DER_CTXC(2), &x);
    out->has_nonce = x.has_nonce;
    out->nonce = x.nonce;
    out->unknown_critical =
        x.unknown_critical.n != 0 ? x.unknown_critical : single.unknown_critical;
    return hf_rd_end(&r, "OCSP request (RFC 6960 4.1.1)");
}

enum hf_rc
hf_ocsp_request_read(struct hf_bytes der, struct hf_ocsp_request *out)
{
    struct hf_rd r = hf_rd(der), s;
    enum hf_rc   rc;

    *out = (struct hf_ocsp_request){ .der = der };
    if (der.n > HF_OCSP_REQ_MAX)
        return hf_fail(HF_E_TOOBIG, "OCSP request: more than %u bytes", HF_OCSP_REQ_MAX);
    s = hf_der_open(&r, HF_DER_SEQUENCE);
    out->tbs = hf_der_raw(&s, HF_DER_SEQUENCE);
    if (hf_der_next(&s, HF_DER_CTXC(0))) {
        struct hf_rd wrap = hf_der_open(&s, HF_DER_CTXC(0)),
                     sig = hf_der_open(&wrap, HF_DER_SEQUENCE);

        out->sig_alg = hf_part_alg(&sig);
        out->sig = hf_der_bits(&sig, NULL);
        out->certs = read_certs(&sig);
        hf_der_shut(&wrap, &sig);
        hf_der_shut(&s, &wrap);
    }
    hf_der_shut(&r, &s);
    if ((rc = hf_rd_end(&r, "OCSP request (RFC 6960 4.1.1)")) != HF_OK)
        return rc;
    return read_tbs(out);
}

/* -- Responses ---------------------------------------------------------------------------- */

/* RevokedInfo under an implicit [1]. */
static void
read_revoked(struct hf_rd *r, struct hf_ocsp_single *out)
{
    struct hf_rd s = hf_der_open(r, HF_DER_CTXC(1));

    out->status = HF_OCSP_REVOKED;
    out->revoked_at = hf_der_gentime(&s, HF_DER_GENTIME);
    if (hf_der_next(&s, HF_DER_CTXC(0))) {
        struct hf_rd wrap = hf_der_open(&s, HF_DER_CTXC(0));

        out->reason = (int)hf_der_uint_as(&wrap, HF_DER_ENUM, HF_REASON_AA_COMPROMISE);
        if (out->reason == 7)
            hf_rd_reject(&wrap, HF_E_FORMAT);
        hf_der_shut(&s, &wrap);
    }
    hf_der_shut(r, &s);
}

static void
read_status(struct hf_rd *r, struct hf_ocsp_single *out)
{
    struct hf_bytes null;

    out->reason = -1;
    if (hf_der_next(r, HF_DER_CTXC(1))) {
        read_revoked(r, out);
        return;
    }
    out->status = hf_der_next(r, HF_DER_CTX(0)) ? HF_OCSP_GOOD : HF_OCSP_UNKNOWN;
    null = hf_der_take(r, out->status == HF_OCSP_GOOD ? HF_DER_CTX(0) : HF_DER_CTX(2));
    if (null.n != 0)
        hf_rd_reject(r, HF_E_FORMAT);
}

static void
read_single(struct hf_rd *r, struct hf_ocsp_single *out)
{
    struct hf_rd        s = hf_der_open(r, HF_DER_SEQUENCE);
    struct message_exts x = { 0 };

    *out = (struct hf_ocsp_single){ .next_update = -1, .reason = -1 };
    read_id(&s, &out->id);
    read_status(&s, out);
    out->this_update = hf_der_gentime(&s, HF_DER_GENTIME);
    if (hf_der_next(&s, HF_DER_CTXC(0))) {
        struct hf_rd wrap = hf_der_open(&s, HF_DER_CTXC(0));

        out->next_update = hf_der_gentime(&wrap, HF_DER_GENTIME);
        hf_der_shut(&s, &wrap);
    }
    read_exts(&s, HF_DER_CTXC(1), &x);
    out->unknown_critical = x.unknown_critical;
    hf_der_shut(r, &s);
}

bool
hf_ocsp_single_next(struct hf_rd *r, struct hf_ocsp_single *out)
{
    if (hf_rd_left(r) == 0)
        return false;
    read_single(r, out);
    return r->rc == HF_OK;
}

static void
read_responder(struct hf_rd *r, struct hf_ocsp_response *out)
{
    bool         by_name = hf_der_next(r, HF_DER_CTXC(1));
    struct hf_rd id = hf_der_open(r, by_name ? HF_DER_CTXC(1) : HF_DER_CTXC(2));

    if (by_name) {
        out->by_name = hf_der_raw(&id, HF_DER_SEQUENCE);
        if (id.rc == HF_OK && hf_name_check(out->by_name) != HF_OK)
            hf_rd_reject(&id, HF_E_FORMAT);
    } else
        out->by_key = hf_der_octets(&id);
    hf_der_shut(r, &id);
}

static enum hf_rc
read_data(struct hf_ocsp_response *out)
{
    struct hf_rd          all = hf_rd(out->data), r = hf_der_open(&all, HF_DER_SEQUENCE), list;
    struct message_exts   x = { 0 };
    struct hf_ocsp_single single;

    read_version(&r);
    read_responder(&r, out);
    out->produced_at = hf_der_gentime(&r, HF_DER_GENTIME);
    out->singles = hf_der_take(&r, HF_DER_SEQUENCE);
    list = hf_rd(out->singles);
    list.rc = r.rc;
    while (hf_ocsp_single_next(&list, &single))
        out->count++;
    hf_der_shut(&r, &list);
    read_exts(&r, HF_DER_CTXC(1), &x);
    out->has_nonce = x.has_nonce;
    out->nonce = x.nonce;
    out->unknown_critical = x.unknown_critical;
    return hf_rd_end(&r, "OCSP response data (RFC 6960 4.2.1)");
}

static enum hf_rc
read_basic(struct hf_bytes der, struct hf_ocsp_response *out)
{
    struct hf_rd r = hf_rd(der), s = hf_der_open(&r, HF_DER_SEQUENCE);
    enum hf_rc   rc;

    out->data = hf_der_raw(&s, HF_DER_SEQUENCE);
    out->sig_alg = hf_part_alg(&s);
    out->sig = hf_der_bits(&s, NULL);
    out->certs = read_certs(&s);
    hf_der_shut(&r, &s);
    if ((rc = hf_rd_end(&r, "OCSP basic response (RFC 6960 4.2.1)")) != HF_OK)
        return rc;
    return read_data(out);
}

enum hf_rc
hf_ocsp_response_read(struct hf_bytes der, struct hf_ocsp_response *out)
{
    struct hf_rd    r = hf_rd(der), s, wrap, bytes;
    struct hf_bytes type = { NULL, 0 }, basic = { NULL, 0 };
    enum hf_rc      rc;

    *out = (struct hf_ocsp_response){ 0 };
    if (der.n > HF_OCSP_RESP_MAX)
        return hf_fail(HF_E_TOOBIG, "OCSP response: more than %u bytes", HF_OCSP_RESP_MAX);
    s = hf_der_open(&r, HF_DER_SEQUENCE);
    out->outcome = (enum hf_ocsp_outcome)hf_der_uint_as(&s, HF_DER_ENUM, HF_OCSP_UNAUTHORIZED);
    if (out->outcome == 4 || (out->outcome == HF_OCSP_SUCCESS) != hf_der_next(&s, HF_DER_CTXC(0)))
        hf_rd_reject(&s, HF_E_FORMAT); /* 4.2.1: responseBytes with success and only then */
    if (s.rc == HF_OK && out->outcome == HF_OCSP_SUCCESS) {
        wrap = hf_der_open(&s, HF_DER_CTXC(0));
        bytes = hf_der_open(&wrap, HF_DER_SEQUENCE);
        type = hf_der_oid(&bytes);
        basic = hf_der_octets(&bytes);
        hf_der_shut(&wrap, &bytes);
        hf_der_shut(&s, &wrap);
    }
    hf_der_shut(&r, &s);
    if ((rc = hf_rd_end(&r, "OCSP response (RFC 6960 4.2.1)")) != HF_OK ||
        out->outcome != HF_OCSP_SUCCESS)
        return rc;
    if (hf_oid_find(type) != HF_OID_OCSP_BASIC)
        return hf_fail(HF_E_FORMAT,
                       "OCSP response: of a type other than id-pkix-ocsp-basic (RFC 6960 4.2.1)");
    return read_basic(basic, out);
}
