/*
 * bootstrap.h - the first authorities of an installation, made by `hufu init`.
 *
 * For each suite a root and an issuing authority, an OCSP signer for the
 * issuing one, and Hufu's own server certificate; under the SM suite alone a
 * P-256 "transport" authority as well, because the TLS library has no SM2.
 * Keys for tickets and audit heads. The ceremony is recorded in
 * DATA/ceremony/<time>.json, signed by the audit key, and in the audit trail.
 */
#ifndef HF_PKI_BOOTSTRAP_H
#define HF_PKI_BOOTSTRAP_H

#include "base/op.h"
#include "crypto/alg.h"

struct hf_pki_bootstrap {
    const char *org;          /* organizationName of the authorities, 1 to 64 characters */
    const char *country;      /* two letters, NULL for none */
    bool        sm, intl;     /* at least one */
    enum hf_alg intl_alg;     /* of the international suite; HF_ALG_NONE is P-256 */
    const char *server_names; /* "localhost,127.0.0.1": names and addresses of the server certificate */
    const struct hf_actor *actor; /* who holds the ceremony */
    int64_t     now_ms;
};

/*
 * env needs a migrated store and keys opened in this process. Root keys must
 * have been generated under their protection by the caller before (ids
 * "root-sm2", "root-p256" ...: hf_pki_root_key_id()), and be unlocked; the
 * others are generated here. Not resumable: a failed init starts with an empty directory.
 */
HF_CHECKED enum hf_rc hf_pki_bootstrap(const struct hf_env *env, const struct hf_pki_bootstrap *b);

/* "root-sm2" for HF_ALG_SM2 and so on. */
const char *hf_pki_root_key_id(enum hf_alg alg);

#endif
