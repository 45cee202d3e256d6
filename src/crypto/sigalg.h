/*
 * sigalg.h - AlgorithmIdentifiers of signatures: which are accepted, which refused and why.
 * Included inside crypto/ only. Pure.
 */
#ifndef HF_CRYPTO_SIGALG_H
#define HF_CRYPTO_SIGALG_H

#include "crypto/alg.h"

enum hf_sig_kind { HF_SIG_SM2, HF_SIG_ECDSA, HF_SIG_RSA, HF_SIG_RSA_PSS, HF_SIG_ED25519 };

struct hf_sigalg {
    enum hf_sig_kind kind;
    enum hf_digest   digest;
    int              salt; /* bytes, RSA-PSS only */
    const char      *name;
};

/*
 * Read an AlgorithmIdentifier (DER). E_POLICY for MD2, MD5, SHA-1, DSA and
 * anything not in the table; E_FORMAT for parameters that do not belong there.
 */
HF_CHECKED enum hf_rc hf_sigalg_read(struct hf_bytes der, struct hf_sigalg *out);

#endif
