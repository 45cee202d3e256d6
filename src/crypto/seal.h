/*
 * seal.h - sealing of data at rest: AES-256-GCM or SM4-GCM under a key derived for each blob.
 * Included inside crypto/ only.
 *
 * A sealed blob is
 *
 *     'H' 'S' | version 1 | AEAD | 24 bytes of salt | ciphertext | 16 bytes of tag
 *
 * Key and nonce of the blob come from the sealing key and the salt by HKDF
 * (RFC 5869) over SHA-256 or SM3, so no nonce is ever used twice under one
 * key however many blobs there are. Header and context are authenticated.
 */
#ifndef HF_CRYPTO_SEAL_H
#define HF_CRYPTO_SEAL_H

#include "base/bytes.h"
#include "base/secret.h"

/* stored: add at the end */
enum hf_aead {
    HF_AEAD_AES256_GCM = 1,
    HF_AEAD_SM4_GCM = 2,
};

#define HF_SEAL_EXTRA (28u + 16u) /* bytes a blob is longer than its contents */

/* A key to seal with. Cleanse with OPENSSL_cleanse on every path. */
struct hf_seal_key {
    enum hf_aead aead; /* for new blobs; old ones say themselves */
    uint8_t      byte[32];
};

const char *hf_aead_name(enum hf_aead aead);
bool        hf_aead_named(const char *name, enum hf_aead *out);

HF_CHECKED enum hf_rc hf_seal(const struct hf_seal_key *key, struct hf_bytes context,
                              struct hf_bytes plain, struct hf_wr *sealed);

/* E_FORMAT for what is no blob, E_VERIFY for another key or context, or a changed blob. */
HF_CHECKED enum hf_rc hf_unseal(const struct hf_seal_key *key, struct hf_bytes context,
                                struct hf_bytes sealed, struct hf_wr *plain);

/* HMAC of data under a key derived from key and context. */
HF_CHECKED enum hf_rc hf_seal_mac(const struct hf_seal_key *key, struct hf_bytes context,
                                  struct hf_bytes data, uint8_t out[32]);

/* A key from a passphrase: argon2id (RFC 9106), 32 bytes. Costs are checked by hf_argon_sane(). */
struct hf_argon {
    uint32_t memory_kib, passes, lanes;
    uint8_t  salt[16];
};
struct hf_argon       hf_argon_new(void); /* 64 MiB, 3 passes, 1 lane, random salt */
bool                  hf_argon_sane(const struct hf_argon *a);
HF_CHECKED enum hf_rc hf_argon_key(const struct hf_argon *a, struct hf_bytes passphrase,
                                   uint8_t out[32]);

#endif
