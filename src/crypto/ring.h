/*
 * ring.h - the keys of a data directory, opened: what the `keys` process holds.
 * Included inside crypto/ only.
 *
 * All key files are read when the ring is opened; after that only making a key
 * touches the file system, and only below the folder's descriptor. Safe from
 * any thread. Contracts of the single functions are those of keys.h.
 */
#ifndef HF_CRYPTO_RING_H
#define HF_CRYPTO_RING_H

#include "crypto/keyfile.h"
#include "crypto/pkey.h"
#include "crypto/shamir.h"

struct hf_ring;

/*
 * folder_fd: DATA/keys, taken over on success. A file that cannot be read or
 * opened fails the whole: a server without one of its keys must not start.
 */
HF_CHECKED enum hf_rc hf_ring_open(int folder_fd, const struct hf_seal_key *key,
                                   struct hf_ring **out);
void                  hf_ring_close(struct hf_ring *ring); /* NULL is fine */

const struct hf_seal_key *hf_ring_seal_key(const struct hf_ring *ring);
int                       hf_ring_folder(const struct hf_ring *ring);
size_t                    hf_ring_count(struct hf_ring *ring);

/* how is NULL for a key under the sealing key; tag is of HF_KEY_TAG bytes; share as in keys.h. */
HF_CHECKED enum hf_rc hf_ring_generate(struct hf_ring *ring, const char *id, enum hf_alg alg,
                                       const uint8_t *tag, const struct hf_key_protection *how,
                                       struct hf_wr *spki, struct hf_wr *share);
HF_CHECKED enum hf_rc hf_ring_public(struct hf_ring *ring, const char *id, struct hf_wr *spki);
HF_CHECKED enum hf_rc hf_ring_info(struct hf_ring *ring, const char *id, struct hf_key_info *out);

/* A reference to the private key, for signing. E_STATE if it is locked or its time is over. */
HF_CHECKED enum hf_rc hf_ring_take(struct hf_ring *ring, const char *id, struct hf_pkey **out);

HF_CHECKED enum hf_rc hf_ring_unlock(struct hf_ring *ring, const char *id,
                                     const struct hf_secret *passphrase, unsigned open_s);
HF_CHECKED enum hf_rc hf_ring_unlock_shares(struct hf_ring *ring, const char *id,
                                            const struct hf_share *share, size_t n,
                                            unsigned open_s);
HF_CHECKED enum hf_rc hf_ring_lock(struct hf_ring *ring, const char *id);

/* Drop the private keys whose time is over. Call now and then. */
void hf_ring_sweep(struct hf_ring *ring);

#endif
