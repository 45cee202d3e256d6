/*
 * pub_evp.h - the libcrypto object of a public key. Included inside crypto/ only.
 */
#ifndef HF_CRYPTO_PUB_EVP_H
#define HF_CRYPTO_PUB_EVP_H

#include <openssl/evp.h>

#include "crypto/pub.h"

EVP_PKEY *hf_pub_evp(const struct hf_pub *pub); /* borrowed; NULL for SM2 by our own arithmetic */

#endif
