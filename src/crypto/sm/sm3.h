/*
 * sm3.h - the SM3 digest (GB/T 32905-2016): one message, many messages at
 * once, HMAC (GB/T 15852.2, RFC 2104) and the SM2 key derivation function.
 *
 * Nothing here allocates or can fail. Contexts are plain memory of the caller
 * and hold no pointers; the _final calls cleanse them. Time depends on lengths
 * only. The instructions used are chosen once a process (crypto/sm/cpu.h).
 *
 * Many messages at once is where the speed is: 16 lanes with AVX-512 and 8
 * with AVX2 take little longer than one message alone. Lengths may differ;
 * lanes that finish early take the next message. Without such instructions
 * the same calls work one message after the other.
 */
#ifndef HF_CRYPTO_SM_SM3_H
#define HF_CRYPTO_SM_SM3_H

#include "base/bytes.h"

#define HF_SM3_LEN   32 /* bytes of a digest */
#define HF_SM3_BLOCK 64 /* bytes of a compression block */

/* -- One message ------------------------------------------------------------ */

struct hf_sm3 {
    uint32_t h[8];
    uint64_t n; /* bytes so far; n % 64 of them wait in buf */
    uint8_t  buf[HF_SM3_BLOCK];
};

void hf_sm3_init(struct hf_sm3 *c);
void hf_sm3_update(struct hf_sm3 *c, const void *p, size_t n);
void hf_sm3_final(struct hf_sm3 *c, uint8_t out[HF_SM3_LEN]);

/* The digest of n bytes. out may be inside p. */
void hf_sm3(const void *p, size_t n, uint8_t out[HF_SM3_LEN]);

/* -- Many messages ---------------------------------------------------------- */

/* out[i] = digest of msg[i], for n messages. */
void hf_sm3_many(const struct hf_bytes *msg, size_t n, uint8_t (*out)[HF_SM3_LEN]);

/* -- HMAC ------------------------------------------------------------------- */

/* A key made ready: the states after the inner and outer key block. */
struct hf_sm3_hmac_key {
    uint32_t inner[8], outer[8];
};

struct hf_sm3_hmac {
    struct hf_sm3 in;
    uint32_t      outer[8];
};

void hf_sm3_hmac_key(struct hf_sm3_hmac_key *k, struct hf_bytes key);
void hf_sm3_hmac_key_clear(struct hf_sm3_hmac_key *k);

void hf_sm3_hmac_init(struct hf_sm3_hmac *c, const struct hf_sm3_hmac_key *k);
void hf_sm3_hmac_update(struct hf_sm3_hmac *c, const void *p, size_t n);
void hf_sm3_hmac_final(struct hf_sm3_hmac *c, uint8_t out[HF_SM3_LEN]);

/* One message under a key that is used once. */
void hf_sm3_hmac(struct hf_bytes key, struct hf_bytes msg, uint8_t out[HF_SM3_LEN]);

/*
 * One of many messages under prepared keys, as record protocols have them: a
 * short head (record number, type, length; at most HF_SM3_BLOCK bytes)
 * followed by the body.
 */
struct hf_sm3_hmac_job {
    const struct hf_sm3_hmac_key *key;
    struct hf_bytes               head, body;
    uint8_t                      *out; /* HF_SM3_LEN bytes, not inside any head or body */
};

void hf_sm3_hmac_many(const struct hf_sm3_hmac_job *job, size_t n);

/* -- Key derivation --------------------------------------------------------- */

/*
 * The key derivation function of GB/T 32918.4 5.4.3: the digests of
 * z || counter, counter = 1, 2, ... (32 bits, big endian), n bytes of them.
 * n is at most 2^32 * 32; out must not overlap z.
 */
void hf_sm3_kdf(struct hf_bytes z, uint8_t *out, size_t n);

#endif
