/*
 * tlskey.h - a private key for libssl that is not here: signing asks `keys`.
 *
 * libssl in `web` gets an EVP_PKEY whose key management and signatures come
 * from a small provider in this program. The handshake's signature (RFC 8446
 * 4.4.3, RFC 5246 7.4.3) is a question to the `keys` process; the private key
 * never enters this one. For P-256, P-384 and RSA (PKCS#1 v1.5 and PSS), TLS
 * 1.2 and 1.3. libssl 3.0 knows no SM2.
 *
 *     if ((rc = hf_tls_key(keys, "server-p256", &pkey)) == HF_OK &&
 *         SSL_CTX_use_cert_and_key(ctx, leaf, pkey, chain, 1) == 1)
 *         …
 *
 * The provider lives in a library context of its own, so nothing else in the
 * process can come to use it by accident.
 */
#ifndef HF_CRYPTO_TLSKEY_H
#define HF_CRYPTO_TLSKEY_H

#include <openssl/evp.h>

#include "crypto/keys.h"

/*
 * The key `id`, whose name must begin with "server" or "tls-" (others are
 * refused by `keys` when they shall sign). keys must outlive *out, which the
 * caller frees with EVP_PKEY_free(). E_ABSENT: no such key; E_POLICY: SM2.
 */
HF_CHECKED enum hf_rc hf_tls_key(struct hf_keys *keys, const char *id, EVP_PKEY **out);

#endif
