/* ocsp_put.c - writing OCSP requests and responses. */
#include "wire/ocsp.h"

void
hf_ocsp_put_id(struct hf_wr *w, enum hf_oid hash, struct hf_bytes name_hash,
               struct hf_bytes key_hash, struct hf_bytes serial)
{
    size_t id = hf_der_begin(w, HF_DER_SEQUENCE), alg = hf_der_begin(w, HF_DER_SEQUENCE);

    hf_der_put_oid_of(w, hash);
    if (hash == HF_OID_SHA1)
        hf_der_put_null(w);
    hf_der_end(w, alg);
    hf_der_put_octets(w, name_hash);
    hf_der_put_octets(w, key_hash);
    hf_der_put(w, HF_DER_INTEGER, serial);
    hf_der_end(w, id);
}

/* Extension with a value that is an OCTET STRING again. */
static void
put_nonce(struct hf_wr *w, struct hf_bytes nonce)
{
    size_t ext = hf_der_begin(w, HF_DER_SEQUENCE), value;

    hf_der_put_oid_of(w, HF_OID_OCSP_NONCE);
    value = hf_der_begin(w, HF_DER_OCTETS);
    hf_der_put_octets(w, nonce);
    hf_der_end(w, value);
    hf_der_end(w, ext);
}

void
hf_ocsp_put_request(struct hf_wr *w, const struct hf_bytes *id, size_t n, struct hf_bytes nonce)
{
    size_t request = hf_der_begin(w, HF_DER_SEQUENCE), tbs = hf_der_begin(w, HF_DER_SEQUENCE);
    size_t list = hf_der_begin(w, HF_DER_SEQUENCE), wrap, exts;

    for (size_t i = 0; i < n; i++)
        hf_der_put(w, HF_DER_SEQUENCE, id[i]);
    hf_der_end(w, list);
    if (nonce.n != 0) {
        wrap = hf_der_begin(w, HF_DER_CTXC(2));
        exts = hf_der_begin(w, HF_DER_SEQUENCE);
        put_nonce(w, nonce);
        hf_der_end(w, exts);
        hf_der_end(w, wrap);
    }
    hf_der_end(w, tbs);
    hf_der_end(w, request);
}

static void
put_revoked(struct hf_wr *w, const struct hf_ocsp_answer *a)
{
    size_t info = hf_der_begin(w, HF_DER_CTXC(1)), wrap;

    hf_der_put_gentime(w, HF_DER_GENTIME, a->revoked_at);
    if (a->reason > HF_REASON_UNSPECIFIED) {
        wrap = hf_der_begin(w, HF_DER_CTXC(0));
        hf_der_put_int_as(w, HF_DER_ENUM, a->reason);
        hf_der_end(w, wrap);
    }
    hf_der_end(w, info);
}

static void
put_answer(struct hf_wr *w, const struct hf_ocsp_answer *a)
{
    size_t single = hf_der_begin(w, HF_DER_SEQUENCE), wrap;

    hf_wr_put(w, a->id);
    if (a->status == HF_OCSP_REVOKED)
        put_revoked(w, a);
    else
        hf_der_put(w, a->status == HF_OCSP_GOOD ? HF_DER_CTX(0) : HF_DER_CTX(2), hf_bytes(NULL, 0));
    hf_der_put_gentime(w, HF_DER_GENTIME, a->this_update);
    if (a->next_update != -1) {
        wrap = hf_der_begin(w, HF_DER_CTXC(0));
        hf_der_put_gentime(w, HF_DER_GENTIME, a->next_update);
        hf_der_end(w, wrap);
    }
    hf_der_end(w, single);
}

static void
put_head_exts(struct hf_wr *w, const struct hf_ocsp_head *head)
{
    static const uint8_t null[] = { HF_DER_NULL, 0 };
    size_t wrap = hf_der_begin(w, HF_DER_CTXC(1)), exts = hf_der_begin(w, HF_DER_SEQUENCE);

    if (head->nonce.n != 0)
        put_nonce(w, head->nonce);
    if (head->extended_revoke)
        hf_ext_put(w, hf_oid(HF_OID_OCSP_EXTENDED_REVOKE), false, hf_bytes(null, sizeof(null)));
    hf_der_end(w, exts);
    hf_der_end(w, wrap);
}

void
hf_ocsp_put_data(struct hf_wr *w, const struct hf_ocsp_head *head,
                 const struct hf_ocsp_answer *answer, size_t n)
{
    size_t data = hf_der_begin_large(w, HF_DER_SEQUENCE), m;

    m = hf_der_begin(w, HF_DER_CTXC(2));
    hf_der_put_octets(w, head->by_key);
    hf_der_end(w, m);
    hf_der_put_gentime(w, HF_DER_GENTIME, head->produced_at);
    m = hf_der_begin(w, HF_DER_SEQUENCE);
    for (size_t i = 0; i < n; i++)
        put_answer(w, &answer[i]);
    hf_der_end(w, m);
    if (head->nonce.n != 0 || head->extended_revoke)
        put_head_exts(w, head);
    hf_der_end(w, data);
}

void
hf_ocsp_put_response(struct hf_wr *w, struct hf_bytes data, struct hf_bytes sig_alg,
                     struct hf_bytes sig, const struct hf_bytes *cert, size_t n)
{
    size_t response = hf_der_begin_large(w, HF_DER_SEQUENCE), wrap, bytes, octets, basic, m, list;

    hf_der_put_int_as(w, HF_DER_ENUM, HF_OCSP_SUCCESS);
    wrap = hf_der_begin_large(w, HF_DER_CTXC(0));
    bytes = hf_der_begin_large(w, HF_DER_SEQUENCE);
    hf_der_put_oid_of(w, HF_OID_OCSP_BASIC);
    octets = hf_der_begin_large(w, HF_DER_OCTETS);
    basic = hf_der_begin_large(w, HF_DER_SEQUENCE);
    hf_wr_put(w, data);
    hf_wr_put(w, sig_alg);
    hf_der_put_bits(w, sig);
    if (n != 0) {
        m = hf_der_begin_large(w, HF_DER_CTXC(0));
        list = hf_der_begin_large(w, HF_DER_SEQUENCE);
        for (size_t i = 0; i < n; i++)
            hf_wr_put(w, cert[i]);
        hf_der_end(w, list);
        hf_der_end(w, m);
    }
    hf_der_end(w, basic);
    hf_der_end(w, octets);
    hf_der_end(w, bytes);
    hf_der_end(w, wrap);
    hf_der_end(w, response);
}

struct hf_bytes
hf_ocsp_error(enum hf_ocsp_outcome outcome)
{
    static const uint8_t answers[][5] = {
        [HF_OCSP_MALFORMED] = { 0x30, 3, 0x0a, 1, HF_OCSP_MALFORMED },
        [HF_OCSP_INTERNAL] = { 0x30, 3, 0x0a, 1, HF_OCSP_INTERNAL },
        [HF_OCSP_LATER] = { 0x30, 3, 0x0a, 1, HF_OCSP_LATER },
        [HF_OCSP_SIG_REQUIRED] = { 0x30, 3, 0x0a, 1, HF_OCSP_SIG_REQUIRED },
        [HF_OCSP_UNAUTHORIZED] = { 0x30, 3, 0x0a, 1, HF_OCSP_UNAUTHORIZED },
    };
    bool known = (size_t)outcome < HF_COUNT(answers) && answers[outcome][0] != 0;

    return hf_bytes(answers[known ? outcome : HF_OCSP_INTERNAL], 5);
}
