/*
 * pkey.h - a private key in this process. Included inside crypto/ only: everybody else asks keys.h.
 *
 * Shared by reference and safe from any thread. What signing needs is made
 * once a key and kept: contexts of libcrypto, the state of SM3 after SM2's Z.
 * SM2 goes to our own kernels (sm/sm2.h) unless HUFU_SM says otherwise
 * (alg.h), everything else to libcrypto.
 */
#ifndef HF_CRYPTO_PKEY_H
#define HF_CRYPTO_PKEY_H

#include "crypto/alg.h"

struct hf_pkey;

HF_CHECKED enum hf_rc hf_pkey_generate(enum hf_alg alg, struct hf_pkey **out);

/*
 * PrivateKeyInfo (PKCS#8, DER) of one of our kinds of key. E_VERIFY when a
 * public key inside does not belong to the private one, E_POLICY for kinds and
 * sizes that Hufu does not know.
 */
HF_CHECKED enum hf_rc hf_pkey_read(struct hf_bytes pkcs8, struct hf_pkey **out);
HF_CHECKED enum hf_rc hf_pkey_write(const struct hf_pkey *key, struct hf_wr *secret);

struct evp_pkey_st;
/* Take over a libcrypto key (one reference, also on failure). */
HF_CHECKED enum hf_rc hf_pkey_from_evp(struct evp_pkey_st *own_pkey, struct hf_pkey **out);

struct hf_pkey *hf_pkey_ref(struct hf_pkey *key);
void            hf_pkey_free(struct hf_pkey *key); /* NULL is fine */
enum hf_alg     hf_pkey_alg(const struct hf_pkey *key);
struct hf_bytes hf_pkey_spki(const struct hf_pkey *key); /* borrowed */

/* n messages, n signatures, as hf_keys_sign() wants them; one writer takes all, each as a run. */
HF_CHECKED enum hf_rc hf_pkey_sign(struct hf_pkey *key, const struct hf_bytes *message, size_t n,
                                   struct hf_wr *runs);

enum hf_pad { HF_PAD_NONE, HF_PAD_PKCS1, HF_PAD_PSS }; /* NONE for curves; sent: add at the end */

/*
 * Sign a digest, for TLS (RFC 8446 4.2.3): ECDSA over P-256 and P-384, RSA
 * PKCS#1 v1.5, RSA-PSS with a salt as long as the digest. E_ARG for anything else.
 */
HF_CHECKED enum hf_rc hf_pkey_sign_digest(struct hf_pkey *key, enum hf_pad pad, enum hf_digest d,
                                          struct hf_bytes digest, struct hf_wr *sig);

#endif
