/*
 * x509.h - certificates (RFC 5280 section 4): reading into borrowed views, and writing.
 *
 * The reader checks syntax: strict DER, every known extension parsed, inner
 * and outer signature algorithm the same octets (PKI-41). What else a
 * certificate must satisfy to be relied upon is in pki/path.h.
 */
#ifndef HF_WIRE_X509_H
#define HF_WIRE_X509_H

#include "wire/ext.h"

#define HF_CERT_MAX (256u << 10) /* largest certificate that is read */

struct hf_cert {
    struct hf_bytes der;          /* all of it */
    struct hf_bytes tbs;          /* what is signed, with its tag */
    struct hf_bytes sig_alg, sig; /* AlgorithmIdentifier with its tag; octets of the BIT STRING */
    unsigned        version;      /* 1, 2, 3 */
    struct hf_bytes serial;       /* INTEGER contents: two's complement, minimal */
    struct hf_bytes issuer, subject;               /* Names, with their tags */
    struct hf_bytes spki;                          /* SubjectPublicKeyInfo, with its tag */
    int64_t         not_before, not_after;         /* seconds since 1970 */
    uint8_t         not_before_tag, not_after_tag; /* HF_DER_UTCTIME or HF_DER_GENTIME */
    bool            has_uid;  /* an issuerUniqueID or subjectUniqueID is there */
    bool            has_exts; /* the extensions field is there */
    struct hf_exts  x;
};

/* Views borrow from der. E_FORMAT, E_SHORT, E_TRAILING, E_TOOBIG with the field's name. */
HF_CHECKED enum hf_rc hf_cert_read(struct hf_bytes der, struct hf_cert *out);

/* SHA-256 of the whole certificate. */
void hf_cert_fingerprint(const struct hf_cert *cert, uint8_t out[32]);

/* Issuer and subject are the same name (RFC 5280 3.2: self-issued). */
bool hf_cert_self_issued(const struct hf_cert *cert);

/* The parts of a TBSCertificate; all borrowed, names, spki and sig_alg with their tags. */
struct hf_cert_body {
    struct hf_bytes serial; /* big endian, unsigned */
    struct hf_bytes sig_alg;
    struct hf_bytes issuer, subject;
    int64_t         not_before, not_after;
    struct hf_bytes spki;
    struct hf_bytes exts; /* contents, by hf_ext_put_*(); empty: none */
};

/* The TBSCertificate (version 3) to be signed; then hf_der_put_signed(w, tbs, sig_alg, sig). */
void hf_cert_put_tbs(struct hf_wr *w, const struct hf_cert_body *body);

#endif
