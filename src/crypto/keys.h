/*
 * keys.h - asking for private-key operations, wherever the private key is.
 *
 * A key is named by its id, a text such as "ca-issuing-sm2" or "ticket". Who
 * holds it (the `keys` process over its Unix socket, or this process itself
 * while `hufu init` makes the first keys) is decided when hf_keys is opened;
 * nothing above knows. Safe from any thread; a lost connection is made anew.
 */
#ifndef HF_CRYPTO_KEYS_H
#define HF_CRYPTO_KEYS_H

#include "crypto/alg.h"

struct hf_keys;

/* Through the socket of the keys process. Connects at first use. */
HF_CHECKED enum hf_rc hf_keys_open(const char *socket_path, struct hf_keys **out);
void                  hf_keys_close(struct hf_keys *keys); /* NULL is fine */

/*
 * Make a key pair and keep it sealed under `id`. *spki gets the public key
 * (SubjectPublicKeyInfo, DER). E_EXISTS if there is one already.
 */
HF_CHECKED enum hf_rc hf_keys_generate(struct hf_keys *keys, const char *id, enum hf_alg alg,
                                       struct hf_wr *spki);

/* The public key of id. E_ABSENT if there is none, E_STATE if it is not unlocked (root keys). */
HF_CHECKED enum hf_rc hf_keys_public(struct hf_keys *keys, const char *id, struct hf_wr *spki);

/*
 * Sign whole messages with key id: n messages in, n signatures out, in order,
 * each as X.509 wants it (DER for SM2 and ECDSA, PKCS#1 v1.5 for RSA), with the
 * digest of hf_alg_digest() and for SM2 the default identity. All or nothing.
 */
HF_CHECKED enum hf_rc hf_keys_sign(struct hf_keys *keys, const char *id,
                                   const struct hf_bytes *message, size_t n, struct hf_wr *sig);

/*
 * Seal and open small data (at most 64 KiB) under the sealing key, with
 * `context` as authenticated data (at most 255 bytes). The sealing key itself
 * never leaves `keys`. E_VERIFY if data or context were changed.
 */
HF_CHECKED enum hf_rc hf_keys_seal(struct hf_keys *keys, const char *context, struct hf_bytes plain,
                                   struct hf_wr *sealed);
HF_CHECKED enum hf_rc hf_keys_unseal(struct hf_keys *keys, const char *context,
                                     struct hf_bytes sealed, struct hf_wr *plain);

/* A keyed digest (HMAC) of data under a key derived from the sealing key and `context`; 32 bytes. */
HF_CHECKED enum hf_rc hf_keys_mac(struct hf_keys *keys, const char *context, struct hf_bytes data,
                                  uint8_t out[32]);

#endif
