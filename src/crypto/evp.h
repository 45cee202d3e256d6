/*
 * evp.h - libcrypto's objects behind our names. Included inside crypto/ only.
 */
#ifndef HF_CRYPTO_EVP_H
#define HF_CRYPTO_EVP_H

#include <openssl/evp.h>

#include "crypto/alg.h"

/* Fetched once a process and kept; NULL for HF_DIGEST_NONE. Aborts if libcrypto has it not. */
const EVP_MD *hf_digest_evp(enum hf_digest d);

/* The curve's name in libcrypto ("SM2", "prime256v1"), NULL for RSA; RSA bits, 0 for curves. */
const char *hf_alg_group(enum hf_alg alg);
unsigned    hf_alg_rsa_bits(enum hf_alg alg);

/* libcrypto's name of the key type: "SM2", "EC", "RSA". */
const char *hf_alg_type(enum hf_alg alg);

/* Record that `what` failed with libcrypto's own text; empties its error queue. Gives E_CRYPTO. */
enum hf_rc hf_fail_evp(const char *what);

#endif
