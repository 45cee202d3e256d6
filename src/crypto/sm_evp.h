/*
 * sm_evp.h - SM2 signatures by libcrypto's default provider. Included inside crypto/ only.
 *
 * What HUFU_SM=libcrypto chooses (hf_sm_by_libcrypto() in alg.h). Keys are
 * whatever EVP_PKEY of type SM2 the caller has; a provider that an openssl.cnf
 * prefers is passed over, so that the arithmetic is libcrypto's own.
 */
#ifndef HF_CRYPTO_SM_EVP_H
#define HF_CRYPTO_SM_EVP_H

#include <openssl/evp.h>

#include "base/bytes.h"

/* Names libcrypto's own implementations in a property query. */
#define HF_SM_EVP_OWN "provider=default"

/* Sign SM3(Z || message) under the default identity; the DER signature is appended to sig. */
HF_CHECKED enum hf_rc hf_sm2_evp_sign(EVP_PKEY *key, struct hf_bytes message, struct hf_wr *sig);

/* E_VERIFY unless sig is key's over message under identity id, which may be empty. */
HF_CHECKED enum hf_rc hf_sm2_evp_verify(EVP_PKEY *key, const char *id, struct hf_bytes message,
                                        struct hf_bytes sig);

#endif
