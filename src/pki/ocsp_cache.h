/*
 * ocsp_cache.h - signed OCSP answers by the octets of their request, within a fixed amount of memory.
 *
 * The longest unused answer makes room for a new one. Thread-safe; nothing
 * here blocks on anything but its own short lock.
 *
 * An answer is made from what the store said at some moment. hf_ocsp_cache_epoch()
 * before reading the store, and given back with the answer, lets the cache refuse an
 * answer that was overtaken by a change of state: every forget moves the epoch.
 */
#ifndef HF_PKI_OCSP_CACHE_H
#define HF_PKI_OCSP_CACHE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "pki/responder.h"

struct hf_ocsp_cache;

/* At most max_bytes, book-keeping included. */
HF_CHECKED enum hf_rc hf_ocsp_cache_new(size_t max_bytes, struct hf_ocsp_cache **out);
void                  hf_ocsp_cache_free(struct hf_ocsp_cache *cache); /* NULL is fine */

uint64_t hf_ocsp_cache_epoch(struct hf_ocsp_cache *cache);

/* Keep a copy. Replaces an answer to the same request. False: overtaken, or too large. */
bool hf_ocsp_cache_put(struct hf_ocsp_cache *cache, uint64_t epoch, struct hf_bytes request,
                       const char *serial, const struct hf_ocsp_reply *reply,
                       struct hf_bytes answer);

/* Append the answer to out, if there is one that is good at now_ms. */
bool hf_ocsp_cache_get(struct hf_ocsp_cache *cache, struct hf_bytes request, int64_t now_ms,
                       struct hf_ocsp_reply *reply, struct hf_wr *out);

/*
 * Forget all answers about a certificate. The requests that were asked for since
 * they were signed are copied into a, at most `max`, so that they can be signed anew.
 */
size_t hf_ocsp_cache_forget(struct hf_ocsp_cache *cache, const char *serial, struct hf_arena *a,
                            struct hf_bytes *request, size_t max);

/* Requests that were asked for and whose answer is in the second half of its life; at most `max`. */
size_t hf_ocsp_cache_due(struct hf_ocsp_cache *cache, int64_t now_ms, struct hf_arena *a,
                         struct hf_bytes *request, size_t max);

size_t hf_ocsp_cache_bytes(struct hf_ocsp_cache *cache); /* in use */
size_t hf_ocsp_cache_count(struct hf_ocsp_cache *cache);

#endif
