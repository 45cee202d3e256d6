/*
 * keys_tls.h - the question that only the TLS provider asks. Included inside crypto/ only.
 */
#ifndef HF_CRYPTO_KEYS_TLS_H
#define HF_CRYPTO_KEYS_TLS_H

#include "crypto/keys.h"
#include "crypto/pkey.h"

/* Sign a digest with a key for TLS (answer.c says which ids are): see hf_pkey_sign_digest(). */
HF_CHECKED enum hf_rc hf_keys_tls_sign(struct hf_keys *keys, const char *id, enum hf_pad pad,
                                       enum hf_digest d, struct hf_bytes digest, struct hf_wr *sig);

#endif
