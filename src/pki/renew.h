/*
 * renew.h - Hufu's own certificates: OCSP signers and its server certificate.
 *
 * They are made by hf_pki_bootstrap() and renewed by `work`, each with the key
 * that it has, when a third of its life or less is left.
 */
#ifndef HF_PKI_RENEW_H
#define HF_PKI_RENEW_H

#include "base/op.h"
#include "store/store.h"

/* A duty of `work`: renews what is due. Cheap when nothing is; call it every few seconds. */
HF_CHECKED enum hf_rc hf_pki_renew_step(const struct hf_env *env, int64_t now_ms);

/* One of Hufu's own certificates and the key behind it. */
struct hf_own_cert {
    const char     *name;   /* "server", "ocsp-issuing-sm2" ... */
    const char     *key_id; /* in `keys` */
    int64_t         ca_id;
    int64_t         not_before_ms, not_after_ms;
    struct hf_bytes der;
    struct hf_bytes chain_pem; /* the certificate and those above it without the root, PEM */
};

/* E_ABSENT if there is none of this name. */
HF_CHECKED enum hf_rc hf_own_cert_get(struct hf_db *db, const char *name, struct hf_arena *a,
                                      struct hf_own_cert *out);

#endif
