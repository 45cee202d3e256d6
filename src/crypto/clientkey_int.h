/*
 * clientkey_int.h - what clientkey.c and token.c share. Included inside crypto/ only.
 */
#ifndef HF_CRYPTO_CLIENTKEY_INT_H
#define HF_CRYPTO_CLIENTKEY_INT_H

#include <openssl/x509.h>

#include "crypto/clientkey.h"
#include "crypto/pkey.h"

#define CLIENT_CERT_MAX ((size_t)64 << 10)

struct hf_token; /* an open session with a PKCS#11 token */

struct hf_client_key {
    enum hf_alg      alg;
    struct hf_wr     cert;  /* DER */
    struct hf_pkey  *pkey;  /* from a PKCS#12 file, or */
    struct hf_token *token; /* in a token */
};

HF_CHECKED enum hf_rc hf_client_key_new(struct hf_client_key **out);
HF_CHECKED enum hf_rc hf_client_key_take_cert(struct hf_client_key *key, X509 *cert);

HF_CHECKED enum hf_rc hf_token_sign(struct hf_client_key *key, struct hf_bytes message,
                                    struct hf_wr *sig);
void                  hf_token_close(struct hf_token *token); /* NULL is fine */

#endif
