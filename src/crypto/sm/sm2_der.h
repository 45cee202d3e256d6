/*
 * sm2_der.h - the ciphertext structure of GM/T 0009-2012 7.2, between sm2_der.c and sm2_crypt.c.
 */
#ifndef HF_CRYPTO_SM_SM2_DER_H
#define HF_CRYPTO_SM_SM2_DER_H

#include "base/bytes.h"

struct hf_sm2_cipher {
    uint8_t         xy[64];     /* C1 */
    uint8_t         tag[32];    /* C3 */
    struct hf_bytes body;       /* C2, borrowed */
};

/* Strict; whether xy is a point is not looked at. */
HF_CHECKED enum hf_rc hf_sm2_cipher_read(struct hf_bytes der, struct hf_sm2_cipher *out);

/* Write all but the n bytes of C2, which go to the result; NULL if w has failed. */
uint8_t *hf_sm2_cipher_write(struct hf_wr *w, const uint8_t xy[64], const uint8_t tag[32],
                             size_t n);

#endif
