/*
 * ocsp.h - making OCSP answers: which authorities are served, what the store says, signatures.
 * The doors use responder.h; this is what stands behind it.
 */
#ifndef HF_PKI_OCSP_H
#define HF_PKI_OCSP_H

#include "base/op.h"
#include "pki/ocsp_cache.h"
#include "pki/responder.h"
#include "store/store.h"

#define HF_OCSP_ASKED_MAX 10 /* certificates in one request */

struct hf_ocsp_served; /* authorities and their signers at one moment; counted */

HF_CHECKED enum hf_rc  hf_ocsp_served_load(struct hf_db *db, struct hf_ocsp_served **out);
struct hf_ocsp_served *hf_ocsp_served_ref(struct hf_ocsp_served *served);
void                   hf_ocsp_served_free(struct hf_ocsp_served *served); /* NULL is fine */
size_t                 hf_ocsp_served_count(const struct hf_ocsp_served *served);
int64_t                hf_ocsp_served_ca(const struct hf_ocsp_served *served, size_t i); /* ca.id */

/*
 * Answer `n` requests with one question to `keys`; out[i] gets a whole
 * OCSPResponse. Answers that may be kept go into cache (NULL: none). Gives the
 * most serious of what stands behind error answers.
 */
HF_CHECKED enum hf_rc hf_ocsp_make(const struct hf_env *env, struct hf_ocsp_served *served,
                                   struct hf_ocsp_cache *cache, const struct hf_bytes *request,
                                   size_t n, int64_t now_ms, struct hf_ocsp_reply *reply,
                                   struct hf_wr *const *out);

#endif
