/*
 * sm2_der.h - ciphertexts between sm2_der.c and sm2_crypt.c, and for the test of constant time.
 */
#ifndef HF_CRYPTO_SM_SM2_DER_H
#define HF_CRYPTO_SM_SM2_DER_H

#include "crypto/sm/sm2.h"

/* The structure of GM/T 0009-2012 7.2. */
struct hf_sm2_cipher {
    uint8_t         xy[64];  /* C1 */
    uint8_t         tag[32]; /* C3 */
    struct hf_bytes body;    /* C2, borrowed */
};

/* Strict; whether xy is a point is not looked at. */
HF_CHECKED enum hf_rc hf_sm2_cipher_read(struct hf_bytes der, struct hf_sm2_cipher *out);

/* Write all but the n bytes of C2, which go to the result; NULL if w has failed. */
uint8_t *hf_sm2_cipher_write(struct hf_wr *w, const uint8_t xy[64], const uint8_t tag[32],
                             size_t n);

/*
 * B3 to B6 of GB/T 32918.4 7.1: the plaintext to as many bytes as C2 has, and
 * whether it is one. Never branches on a secret; the caller may on the answer.
 */
bool hf_sm2_open_body(const struct hf_sm2_key *key, const struct hf_sm2_pub *c1,
                      const struct hf_sm2_cipher *in, uint8_t *plain);

#endif
