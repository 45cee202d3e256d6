/*
 * shamir.h - a 32-byte key split into shares of which m bring it back (Shamir, GF(2^8)).
 *
 * One polynomial of degree m-1 a byte over GF(2^8) with x^8+x^4+x^3+x+1;
 * shares are its values at x = 1 … n, so fewer than m tell nothing. Arithmetic
 * has no table and no branch that depends on a secret. Random coefficients.
 *
 * A share is handed to its custodian as text, one a file (PKI-61):
 *
 *     Hufu key share 1
 *     key root-sm2
 *     set 0f1e2d3c4b5a6978
 *     share 2
 *     need 3 of 5
 *     value <64 hexadecimal digits>
 *     check <16 hexadecimal digits>
 *
 * check is the beginning of SHA-256 over the lines above it. Lines end on LF;
 * CRLF and white space at the end are forgiven, anything else is not.
 */
#ifndef HF_CRYPTO_SHAMIR_H
#define HF_CRYPTO_SHAMIR_H

#include "base/bytes.h"
#include "crypto/keys.h"

struct hf_share {
    char     key[HF_KEY_ID_MAX + 1];
    uint8_t  set[8]; /* the same in all shares of one splitting */
    unsigned x;      /* 1 … of */
    unsigned need, of;
    uint8_t  value[32]; /* secret */
};

/* Split secret for key into share[0 … of-1]. E_ARG unless 2 <= need <= of <= HF_KEY_SHARES_MAX. */
HF_CHECKED enum hf_rc hf_share_split(const uint8_t secret[32], const char *key, unsigned need,
                                     unsigned of, struct hf_share *share);

/*
 * Bring the secret back. E_SHORT for fewer than need, E_VERIFY for shares of
 * different sets or one given twice. That the values are right is known only
 * when the secret opens something.
 */
HF_CHECKED enum hf_rc hf_share_join(const struct hf_share *share, size_t n, uint8_t secret[32]);

/* The text form. w should be a secret writer of at least 512 bytes. */
HF_CHECKED enum hf_rc hf_share_write(const struct hf_share *share, struct hf_wr *w);
HF_CHECKED enum hf_rc hf_share_read(struct hf_bytes text, struct hf_share *out);

#endif
