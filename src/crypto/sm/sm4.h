/*
 * sm4.h - the SM4 block cipher (GB/T 32907-2016) and its modes (GB/T 17964-2021).
 *
 * Nothing here allocates. Keys and contexts are plain memory of the caller
 * and hold no pointers of ours: clear them with the _clear functions. No
 * branch and no address depends on keys or data, on any processor. The
 * instructions used are chosen once a process (crypto/sm/cpu.h).
 *
 * in == out works everywhere; other overlaps do not. Lengths are bytes, and
 * in blocks of 16 where the parameter is called blocks.
 *
 * CBC encryption of one stream is a serial chain and never fast. Protocols
 * with many connections should collect records and use _many.
 */
#ifndef HF_CRYPTO_SM_SM4_H
#define HF_CRYPTO_SM_SM4_H

#include "base/bytes.h"

#define HF_SM4_BLOCK 16
#define HF_SM4_KEY   16

struct hf_sm4_key {
    uint32_t enc[32], dec[32]; /* round keys in the form of the kernel in use; reversed */
};

void hf_sm4_key_set(struct hf_sm4_key *k, const uint8_t key[HF_SM4_KEY]);
void hf_sm4_key_clear(struct hf_sm4_key *k);

/* -- ECB, CBC, CTR ---------------------------------------------------------- */

void hf_sm4_ecb_encrypt(const struct hf_sm4_key *k, const uint8_t *in, uint8_t *out, size_t blocks);
void hf_sm4_ecb_decrypt(const struct hf_sm4_key *k, const uint8_t *in, uint8_t *out, size_t blocks);

/* iv becomes the last ciphertext block, so that calls continue each other. */
void hf_sm4_cbc_encrypt(const struct hf_sm4_key *k, uint8_t iv[HF_SM4_BLOCK], const uint8_t *in,
                        uint8_t *out, size_t blocks);
void hf_sm4_cbc_decrypt(const struct hf_sm4_key *k, uint8_t iv[HF_SM4_BLOCK], const uint8_t *in,
                        uint8_t *out, size_t blocks);

/* One of many streams; each may have its own key and length. */
struct hf_sm4_cbc_job {
    const struct hf_sm4_key *key;
    uint8_t                 *iv; /* becomes the last ciphertext block */
    const uint8_t           *in;
    uint8_t                 *out;
    size_t                   blocks;
};

/* Encrypt n streams side by side. The jobs are used up: in, out, blocks are at the end. */
void hf_sm4_cbc_encrypt_many(struct hf_sm4_cbc_job *job, size_t n);

/* Counter mode over all 128 bits of the counter, big endian; pieces of any length. */
struct hf_sm4_ctr {
    uint8_t  counter[HF_SM4_BLOCK]; /* of the next key stream block */
    uint8_t  pad[HF_SM4_BLOCK];     /* the key stream block in use */
    unsigned used;                  /* of pad; 0 when none is in use */
};

void hf_sm4_ctr_init(struct hf_sm4_ctr *c, const uint8_t iv[HF_SM4_BLOCK]);
void hf_sm4_ctr_update(struct hf_sm4_ctr *c, const struct hf_sm4_key *k, const uint8_t *in,
                       uint8_t *out, size_t n);

/* -- XTS -------------------------------------------------------------------- */

/* How the tweak is multiplied: GB/T 17964-2021 6.8, or IEEE 1619-2018 5.2. */
enum hf_sm4_xts {
    HF_SM4_XTS_GB,
    HF_SM4_XTS_IEEE,
};

/*
 * One data unit of n >= 16 bytes under data key k and tweak key `tweak_key`.
 * E_ARG for a shorter unit or one of more than 2^20 blocks.
 */
HF_CHECKED enum hf_rc hf_sm4_xts_encrypt(enum hf_sm4_xts kind, const struct hf_sm4_key *k,
                                         const struct hf_sm4_key *tweak_key,
                                         const uint8_t tweak[HF_SM4_BLOCK], const uint8_t *in,
                                         uint8_t *out, size_t n);
HF_CHECKED enum hf_rc hf_sm4_xts_decrypt(enum hf_sm4_xts kind, const struct hf_sm4_key *k,
                                         const struct hf_sm4_key *tweak_key,
                                         const uint8_t tweak[HF_SM4_BLOCK], const uint8_t *in,
                                         uint8_t *out, size_t n);

/* -- GCM -------------------------------------------------------------------- */

/* Powers of the hash key, in the form of the kernel that made them. */
struct hf_ghash_key {
    uint8_t h[16][16] __attribute__((aligned(64)));
};

struct hf_sm4_gcm_key {
    struct hf_ghash_key ghash;
    struct hf_sm4_key   sm4;
};

void hf_sm4_gcm_key_set(struct hf_sm4_gcm_key *k, const uint8_t key[HF_SM4_KEY]);
void hf_sm4_gcm_key_clear(struct hf_sm4_gcm_key *k);

/*
 * A record: nonce of 1 to 2^20 bytes (12 is fast), additional data, in to out
 * of the same length, tag of 4 to 16 bytes. `open` compares the tag first, in
 * constant time, and on E_VERIFY has written nothing. E_ARG for lengths that
 * the mode does not allow.
 */
struct hf_sm4_aead {
    struct hf_bytes nonce, aad, in;
    uint8_t        *out;
    uint8_t        *tag; /* written by seal, read by open */
    size_t          tag_n;
};

HF_CHECKED enum hf_rc hf_sm4_gcm_seal(const struct hf_sm4_gcm_key *k, const struct hf_sm4_aead *r);
HF_CHECKED enum hf_rc hf_sm4_gcm_open(const struct hf_sm4_gcm_key *k, const struct hf_sm4_aead *r);

/* One record of many; each may have its own key. */
struct hf_sm4_gcm_job {
    const struct hf_sm4_gcm_key *key;
    struct hf_sm4_aead           record;
    enum hf_rc                   rc; /* open: what became of this record */
};

/*
 * Seal n records: the short ones (up to 240 bytes) of several connections go
 * through the cipher together. E_ARG or E_TOOBIG, before anything is sealed,
 * when the lengths of one are not allowed.
 */
HF_CHECKED enum hf_rc hf_sm4_gcm_seal_many(struct hf_sm4_gcm_job *job, size_t n);

/* Open n records. Each has its own rc; the result is HF_OK only if all are. */
HF_CHECKED enum hf_rc hf_sm4_gcm_open_many(struct hf_sm4_gcm_job *job, size_t n);

/* The same in pieces: init, any aad, any encrypt or decrypt, tag. */
struct hf_sm4_gcm {
    struct hf_sm4_ctr ctr;
    uint8_t           y[HF_SM4_BLOCK], first[HF_SM4_BLOCK]; /* GHASH state; E(J0) */
    uint64_t          aad_n, text_n;
};

HF_CHECKED enum hf_rc hf_sm4_gcm_init(struct hf_sm4_gcm *c, const struct hf_sm4_gcm_key *k,
                                      struct hf_bytes nonce);
HF_CHECKED enum hf_rc hf_sm4_gcm_aad(struct hf_sm4_gcm *c, const struct hf_sm4_gcm_key *k,
                                     struct hf_bytes aad);
HF_CHECKED enum hf_rc hf_sm4_gcm_encrypt(struct hf_sm4_gcm *c, const struct hf_sm4_gcm_key *k,
                                         const uint8_t *in, uint8_t *out, size_t n);
HF_CHECKED enum hf_rc hf_sm4_gcm_decrypt(struct hf_sm4_gcm *c, const struct hf_sm4_gcm_key *k,
                                         const uint8_t *in, uint8_t *out, size_t n);
/* The whole tag; c is cleansed. */
void hf_sm4_gcm_tag(struct hf_sm4_gcm *c, const struct hf_sm4_gcm_key *k,
                    uint8_t tag[HF_SM4_BLOCK]);

/* -- CCM (RFC 8998 and SP 800-38C) ------------------------------------------ */

/*
 * As for GCM, with a nonce of 7 to 13 bytes and a tag of 4, 6, ... 16. On
 * E_VERIFY out has been cleansed. The MAC is a serial chain: one record runs
 * at the speed of CBC encryption.
 */
HF_CHECKED enum hf_rc hf_sm4_ccm_seal(const struct hf_sm4_key *k, const struct hf_sm4_aead *r);
HF_CHECKED enum hf_rc hf_sm4_ccm_open(const struct hf_sm4_key *k, const struct hf_sm4_aead *r);

#endif
