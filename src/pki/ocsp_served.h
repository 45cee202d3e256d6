/* ocsp_served.h - an authority whose certificates OCSP answers are given about, with its signer. */
#ifndef HF_PKI_OCSP_SERVED_H
#define HF_PKI_OCSP_SERVED_H

#include <stdatomic.h>

#include "crypto/alg.h"
#include "pki/ca.h"
#include "pki/ocsp.h"
#include "wire/ocsp.h"

#define HF_OCSP_HASHES 4 /* SHA-1, SHA-256, SHA-384, SM3 */

struct hf_ocsp_authority {
    int64_t         ca_id;
    uint8_t         name_hash[HF_OCSP_HASHES][HF_DIGEST_MAX]; /* of the subject (RFC 6960 4.1.1) */
    uint8_t         key_hash[HF_OCSP_HASHES][HF_DIGEST_MAX];  /* of the key's bits */
    const char     *key_id;                                   /* of the signer */
    enum hf_alg     alg;
    struct hf_bytes signer;                                   /* certificate */
    uint8_t         by_key[20];
    int64_t         signer_end_ms;
};

struct hf_ocsp_served {
    atomic_int               refs;
    struct hf_arena          arena;
    struct hf_ocsp_authority authority[HF_CAS_MAX];
    size_t                   n;
};

/* Whom the CertID is about; NULL if we do not serve it. */
const struct hf_ocsp_authority *hf_ocsp_find(const struct hf_ocsp_served *served,
                                             const struct hf_ocsp_id *id);

#endif
