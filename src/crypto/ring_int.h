/*
 * ring_int.h - the inside of a ring, for ring.c (opening, asking, unlocking) and ring_make.c (making keys).
 */
#ifndef HF_CRYPTO_RING_INT_H
#define HF_CRYPTO_RING_INT_H

#include <pthread.h>

#include "crypto/ring.h"

struct hf_ring_entry {
    struct hf_keyfile file;  /* views raw */
    struct hf_pkey   *pkey;  /* NULL while locked */
    int64_t           until; /* hf_tick_ms() at which it locks; INT64_MAX never */
    size_t            n;
    uint8_t           raw[]; /* the whole file */
};

struct hf_ring {
    pthread_rwlock_t       lock;
    pthread_mutex_t        making; /* one generation at a time, so that no id is made twice */
    int                    folder;
    struct hf_seal_key    *key; /* in libcrypto's secure heap where there is one */
    struct hf_ring_entry **entry;
    size_t                 n;
};

/* From the bytes of a file, which are copied; without its private key. */
HF_CHECKED enum hf_rc hf_ring_entry_new(struct hf_bytes raw, struct hf_ring_entry **out);
void                  hf_ring_entry_free(struct hf_ring_entry *e); /* NULL is fine */

/* Under the lock: the entry of this id, or NULL; put one in (taken over, also on failure). */
struct hf_ring_entry *hf_ring_find(const struct hf_ring *ring, const char *id);
HF_CHECKED enum hf_rc hf_ring_add(struct hf_ring *ring, struct hf_ring_entry *own_e);

#endif
