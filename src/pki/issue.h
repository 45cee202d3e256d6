/*
 * issue.h - making certificates: template, lint, signature, record.
 *
 *     draft[i].profile, .request ... filled by the caller (request.h)
 *     hf_issue_sign(env, ca, draft, n, now_ms, arena)   any number in one message to `keys`
 *     hf_act_commit(call, fn)  with hf_issue_insert(tx, ca, &draft[i]) in fn
 *
 * Signing comes before the transaction: a writer never waits for `keys`. What
 * was signed and then not stored never existed: it is not given out, and its
 * serial number is not used again.
 */
#ifndef HF_PKI_ISSUE_H
#define HF_PKI_ISSUE_H

#include "base/op.h"
#include "pki/ca.h"
#include "pki/profile.h"
#include "pki/request.h"

#define HF_SERIAL_OCTETS 16 /* 126 random bits, the first octet 40 to 7f */
#define HF_SERIAL_TEXT   (2 * HF_SERIAL_OCTETS + 1)

struct hf_draft {
    /* what is wanted */
    const struct hf_profile *profile;
    const struct hf_request *request;
    int64_t                  days;   /* 0: the profile's own */
    const char              *person; /* login, "" for nobody */
    /* what came of it: hf_issue_sign() */
    char                     serial[HF_SERIAL_TEXT];
    int64_t                  id, not_before_ms, not_after_ms, issued_ms;
    bool                     cut;    /* shortened to the issuer's own end */
    struct hf_bytes          tbs, der;
    uint8_t                  fingerprint[32], spki[32];
};

/*
 * Fill in serial numbers, build and lint every certificate, sign all of them.
 * All or nothing. E_ARG field "days", E_POLICY, E_STATE (authority retired or
 * past its end), and what hf_keys_sign() says.
 */
HF_CHECKED enum hf_rc hf_issue_sign(const struct hf_env *env, const struct hf_ca *ca,
                                    struct hf_draft *draft, size_t n, int64_t now_ms,
                                    struct hf_arena *a);

/*
 * Record one within a transaction. E_POLICY, field "csr", if the key was ever
 * revoked as compromised, or belongs to another subject and the profile does
 * not share keys. E_EXISTS for a serial number in use.
 */
HF_CHECKED enum hf_rc hf_issue_insert(struct hf_db *tx, const struct hf_ca *ca,
                                      const struct hf_draft *draft);

/* Record n signed ones under one audit record of the call. All or nothing. */
HF_CHECKED enum hf_rc hf_issue_commit(struct hf_call *c, const struct hf_ca *ca,
                                      struct hf_draft *draft, size_t n);

/* Sign and record n certificates under one audit record of the call. All or nothing. */
HF_CHECKED enum hf_rc hf_pki_issue_batch(struct hf_call *c, const struct hf_ca *ca,
                                         struct hf_draft *draft, size_t n);

/* The TBSCertificate of a draft whose results other than the signature are filled in. */
HF_CHECKED enum hf_rc hf_issue_template(const struct hf_ca *ca, const char *base_url,
                                        struct hf_draft *draft, struct hf_arena *a);

/* SHA-1 of the key's bits (RFC 5280 4.2.1.2 (1)). */
HF_CHECKED enum hf_rc hf_spki_key_id(struct hf_bytes spki, uint8_t out[20]);

/*
 * n fresh serial numbers, rising: an index takes many sooner in its own order.
 * Each is as random as one alone; only which certificate of a batch gets which
 * is settled.
 */
void hf_serials_draw(uint8_t (*out)[HF_SERIAL_OCTETS], size_t n);

/* A fresh cert.id, rising with now_ms. */
int64_t hf_cert_id_make(int64_t now_ms);

#endif
