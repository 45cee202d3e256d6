/*
 * csr.h - certification requests (PKCS#10, RFC 2986): reading and writing.
 *
 * Proof of possession is not checked here: hf_pub_verify_request() over info.
 */
#ifndef HF_WIRE_CSR_H
#define HF_WIRE_CSR_H

#include "wire/ext.h"

#define HF_CSR_MAX (64u << 10)

struct hf_csr {
    struct hf_bytes der;
    struct hf_bytes info;    /* what is signed, with its tag */
    struct hf_bytes subject; /* Name */
    struct hf_bytes spki;
    struct hf_bytes sig_alg, sig;
    struct hf_bytes attributes; /* contents of the SET, may be empty */
    struct hf_bytes challenge;  /* challengePassword as encoded, without its tag; empty: none */
    struct hf_exts  x;          /* of extensionRequest; hf_exts_none() if absent */
};

/*
 * Views borrow from der. Each attribute type at most once (E_FORMAT).
 * Microsoft's older extension attribute 1.3.6.1.4.1.311.2.1.14 is read like extensionRequest.
 */
HF_CHECKED enum hf_rc hf_csr_read(struct hf_bytes der, struct hf_csr *out);

/* The CertificationRequestInfo to be signed; exts: contents, empty for none. Then hf_der_put_signed(). */
void hf_csr_put_info(struct hf_wr *w, struct hf_bytes subject, struct hf_bytes spki,
                     struct hf_bytes exts);

#endif
