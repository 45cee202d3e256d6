/*
 * cipher.h - what the SM4 ciphers of the provider have in common.
 */
#ifndef HF_PROVIDER_CIPHER_H
#define HF_PROVIDER_CIPHER_H

#include <openssl/evp.h>

#include "crypto/sm/sm4.h"
#include "provider/prov.h"

/* What EVP asks about a cipher before there is a key. */
struct cipher_facts {
    unsigned mode; /* EVP_CIPH_..._MODE */
    size_t   block, key, iv;
    bool     aead, own_iv_length;
};

int               cipher_get_facts(const struct cipher_facts *f, OSSL_PARAM params[]);
const OSSL_PARAM *cipher_gettable_params(void *prov);

/* One member of params as a size, an unsigned or a copy of bytes, where it is asked for. */
int cipher_answer_size(OSSL_PARAM params[], const char *name, size_t value);
int cipher_answer_bytes(OSSL_PARAM params[], const char *name, const void *p, size_t n);

#endif
