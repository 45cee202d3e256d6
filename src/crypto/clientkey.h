/*
 * clientkey.h - the key with which somebody proves himself: a PKCS#12 file or a PKCS#11 token.
 *
 * For clients (`hufu login`), in their own process. A PKCS#12 key may be RSA,
 * ECDSA or SM2; a token's RSA or ECDSA. Not thread-safe.
 */
#ifndef HF_CRYPTO_CLIENTKEY_H
#define HF_CRYPTO_CLIENTKEY_H

#include "base/secret.h"
#include "crypto/alg.h"

struct hf_client_key;

/* E_VERIFY: wrong passphrase. E_FORMAT: no PKCS#12. E_ABSENT: no key, or no certificate for it, in it. */
HF_CHECKED enum hf_rc hf_client_key_p12(struct hf_bytes file, const struct hf_secret *passphrase,
                                        struct hf_client_key **out);

struct hf_token_key {
    const char *module; /* path of the PKCS#11 library */
    const char *token;  /* its label; NULL: the only one there is */
    const char *label;  /* CKA_LABEL of the key; NULL: the only private key */
};

/* The key stays in the token; the session is open until hf_client_key_free(). E_VERIFY: wrong PIN. */
HF_CHECKED enum hf_rc hf_client_key_token(const struct hf_token_key *where,
                                          const struct hf_secret *pin, struct hf_client_key **out);

void            hf_client_key_free(struct hf_client_key *key); /* NULL is fine */
enum hf_alg     hf_client_key_alg(const struct hf_client_key *key);
struct hf_bytes hf_client_key_cert(const struct hf_client_key *key); /* DER, borrowed */

/* Sign a whole message as X.509 wants it, as hf_keys_sign() does. */
HF_CHECKED enum hf_rc hf_client_key_sign(struct hf_client_key *key, struct hf_bytes message,
                                         struct hf_wr *sig);

#endif
