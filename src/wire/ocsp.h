/*
 * ocsp.h - online certificate status (RFC 6960): requests and responses, both ways.
 */
#ifndef HF_WIRE_OCSP_H
#define HF_WIRE_OCSP_H

#include "wire/ext.h"

#define HF_OCSP_IDS 32 /* most certificates in one request */
#define HF_OCSP_REQ_MAX (64u << 10)
#define HF_OCSP_RESP_MAX (1u << 20)

enum hf_ocsp_outcome { /* OCSPResponseStatus */
                       HF_OCSP_SUCCESS = 0,
                       HF_OCSP_MALFORMED = 1,
                       HF_OCSP_INTERNAL = 2,
                       HF_OCSP_LATER = 3,
                       HF_OCSP_SIG_REQUIRED = 5,
                       HF_OCSP_UNAUTHORIZED = 6,
};

enum hf_ocsp_status { HF_OCSP_GOOD, HF_OCSP_REVOKED, HF_OCSP_UNKNOWN };

/* CertID: whom a question or an answer is about. */
struct hf_ocsp_id {
    struct hf_bytes raw;  /* the whole CertID; answers repeat these octets */
    enum hf_oid     hash; /* HF_OID_SHA1, HF_OID_SHA256, HF_OID_SM3 …; NONE if unknown */
    struct hf_bytes name_hash, key_hash;
    struct hf_bytes serial; /* INTEGER contents */
};

/* -- Requests -------------------------------------------------------------- */

struct hf_ocsp_request {
    struct hf_bytes der, tbs;
    struct hf_bytes list;      /* contents of requestList */
    size_t          count;     /* 1..HF_OCSP_IDS */
    struct hf_bytes requestor; /* GeneralName with its tag; empty: absent */
    bool            has_nonce;
    /* contents of the inner OCTET STRING; of the extension itself if it holds none */
    struct hf_bytes nonce;
    /* OID of a critical extension of no known kind, request or single */
    struct hf_bytes unknown_critical;
    struct hf_bytes sig_alg, sig, certs; /* optional signature; certs: contents */
};

HF_CHECKED enum hf_rc hf_ocsp_request_read(struct hf_bytes der, struct hf_ocsp_request *out);

/* Walk: r = hf_rd(q->list); while (hf_ocsp_id_next(&r, &id)) … */
bool hf_ocsp_id_next(struct hf_rd *r, struct hf_ocsp_id *out);

/* A CertID; serial as INTEGER contents. For digests without parameters NULL is written only for SHA-1. */
void hf_ocsp_put_id(struct hf_wr *w, enum hf_oid hash, struct hf_bytes name_hash,
                    struct hf_bytes key_hash, struct hf_bytes serial);

/* An unsigned request for n whole CertIDs; nonce empty: none. */
void hf_ocsp_put_request(struct hf_wr *w, const struct hf_bytes *id, size_t n,
                         struct hf_bytes nonce);

/* -- Responses ------------------------------------------------------------- */

struct hf_ocsp_single {
    struct hf_ocsp_id   id;
    enum hf_ocsp_status status;
    int64_t             revoked_at;               /* if revoked */
    int                 reason;                   /* -1: absent */
    int64_t             this_update, next_update; /* next -1: absent */
    struct hf_bytes     unknown_critical;
};

struct hf_ocsp_response {
    enum hf_ocsp_outcome outcome; /* what follows is there only with HF_OCSP_SUCCESS */
    struct hf_bytes      data;    /* ResponseData: what is signed */
    struct hf_bytes      sig_alg, sig;
    struct hf_bytes      certs; /* contents: certificates */
    /* responder: Name with tag, or key hash; one of them is empty */
    struct hf_bytes by_name, by_key;
    int64_t         produced_at;
    struct hf_bytes singles; /* contents; walk with hf_ocsp_single_next() */
    size_t          count;
    bool            has_nonce;
    struct hf_bytes nonce;
    struct hf_bytes unknown_critical;
};

HF_CHECKED enum hf_rc hf_ocsp_response_read(struct hf_bytes der, struct hf_ocsp_response *out);
bool                  hf_ocsp_single_next(struct hf_rd *r, struct hf_ocsp_single *out);

/* One answer to be put into ResponseData. */
struct hf_ocsp_answer {
    struct hf_bytes     id; /* CertID with its tag */
    enum hf_ocsp_status status;
    int64_t             revoked_at;
    int                 reason;                   /* -1 or unspecified: left out */
    int64_t             this_update, next_update; /* next -1: left out */
};

/* by_key: SHA-1 of the responder's key. extended_revoke: a non-critical id-pkix-ocsp-extended-revoke. */
struct hf_ocsp_head {
    struct hf_bytes by_key;
    int64_t         produced_at;
    struct hf_bytes nonce; /* empty: none */
    bool            extended_revoke;
};

/* ResponseData, to be signed. */
void hf_ocsp_put_data(struct hf_wr *w, const struct hf_ocsp_head *head,
                      const struct hf_ocsp_answer *answer, size_t n);

/* The whole OCSPResponse around a signed ResponseData; certs: whole certificates. */
void hf_ocsp_put_response(struct hf_wr *w, struct hf_bytes data, struct hf_bytes sig_alg,
                          struct hf_bytes sig, const struct hf_bytes *cert, size_t n);

/* An error response of 5 octets; static. */
struct hf_bytes hf_ocsp_error(enum hf_ocsp_outcome outcome);

#endif
