/*
 * provider.h - SM2, SM3 and SM4 for every program that uses libcrypto.
 *
 * An OpenSSL 3 provider over src/crypto/sm/. The same code is a module
 * (hufusm.so, found by OSSL_PROVIDER_load or openssl.cnf under the name
 * hufusm) and part of our own program. Its algorithms carry the property
 * provider=hufusm; see docs/provider.md for what it offers and how to use it.
 */
#ifndef HF_PROVIDER_PROVIDER_H
#define HF_PROVIDER_PROVIDER_H

#include <openssl/types.h>

#include "base/error.h"

#define HF_PROVIDER_NAME "hufusm"

/*
 * For a program that has the provider linked in: make it known to ctx (NULL:
 * the default library context), load it beside the default provider, and let
 * fetches prefer it. E_CRYPTO with libcrypto's reason.
 */
HF_CHECKED enum hf_rc hf_provider_use(OSSL_LIB_CTX *ctx);

#endif
