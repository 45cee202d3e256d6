/*
 * ca.h - our authorities: what the store knows about each, and finding the one that issues.
 */
#ifndef HF_PKI_CA_H
#define HF_PKI_CA_H

#include "base/op.h"
#include "crypto/alg.h"
#include "store/store.h"
#include "wire/x509.h"

#define HF_CAS_MAX 64 /* most authorities of an installation */

struct hf_ca {
    int64_t         id, parent;            /* parent == id: self-signed */
    const char     *name, *role, *suite;   /* "issuing-sm2"; root, issuing, transport; sm, intl */
    enum hf_alg     alg;
    const char     *key_id, *state, *serial, *subject;
    int64_t         not_before_ms, not_after_ms, created_ms;
    int64_t         crl_number;
    struct hf_bytes der;
    struct hf_cert  cert; /* of der */
};

/* Everything found lives in the arena. E_ABSENT with field "ca". */
HF_CHECKED enum hf_rc hf_ca_get(struct hf_db *db, const char *name, struct hf_arena *a,
                                struct hf_ca *out);
HF_CHECKED enum hf_rc hf_ca_get_id(struct hf_db *db, int64_t id, struct hf_arena *a,
                                   struct hf_ca *out);

/* All, by id; out has HF_CAS_MAX places. */
HF_CHECKED enum hf_rc hf_ca_list(struct hf_db *db, struct hf_arena *a, struct hf_ca *out,
                                 size_t *n);

/*
 * The authority that issues for a subject key of kind alg: the active issuing one
 * of `suite` ("sm", "intl"), or with suite NULL that of the key's own suite, or
 * else the only one there is. E_ABSENT with field "suite".
 */
HF_CHECKED enum hf_rc hf_ca_issuing(struct hf_db *db, const char *suite, enum hf_alg alg,
                                    struct hf_arena *a, struct hf_ca *out);

/* Within a transaction. ca->id is chosen here; parent 0 means self-signed. E_EXISTS for a name in use. */
HF_CHECKED enum hf_rc hf_ca_insert(struct hf_db *tx, struct hf_ca *ca);

/* The topic of store.h's change sequence that rises when a certificate of this authority changes state. */
#define HF_CA_TOPIC 32
const char *hf_ca_topic(int64_t id, char out[HF_CA_TOPIC]);

/* "http://127.0.0.1:8080": start of CRL, OCSP and CA addresses, without a slash at the end. */
const char *hf_pki_base_url(const struct hf_conf *conf, struct hf_arena *a);

#endif
