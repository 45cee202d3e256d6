/*
 * responder.h - what the HTTP door answers without a database: OCSP from the cache, CRLs, CA certificates.
 *
 * One responder for each process that answers (`web`). hf_responder_start()
 * makes a thread that reads the store's change sequence every 200 ms, drops
 * answers about certificates whose state changed, signs hot ones anew (many
 * in one message to `keys`) and keeps the newest CRLs and CA certificates in
 * memory. hf_ocsp_cached() and hf_published() never block on the database and
 * may be called on the loop thread; hf_ocsp_answer() may block and belongs on
 * a handler thread:
 *
 *     if (hf_ocsp_cached(request, now_ms, &reply, &body))  -> send
 *     else hand the request to a handler thread: hf_ocsp_answer(env, request, now_ms, &reply, &body)
 *
 * Requests and answers are DER (RFC 6960); the door takes GET and POST apart
 * and maps nothing: every answer goes out with HTTP status 200.
 *
 * Paths under conf http_url: /ocsp and /ocsp/<base64>, /crl/<ca>.crl, /ca/<ca>.cer
 */
#ifndef HF_PKI_RESPONDER_H
#define HF_PKI_RESPONDER_H

#include "base/op.h"

/* Once per process, after fork; env must live until hf_responder_stop(). */
HF_CHECKED enum hf_rc hf_responder_start(const struct hf_env *env);
void                  hf_responder_stop(void);

/* For HTTP headers (RFC 5019 section 6.2). */
struct hf_ocsp_reply {
    int64_t this_update_ms, next_update_ms; /* 0: an error answer or one with a nonce, not cacheable */
    char    etag[33];                       /* hexadecimal, "" when not cacheable */
};

/* Append the pre-signed answer to out. False: not there, ask hf_ocsp_answer(). Thread-safe. */
bool hf_ocsp_cached(struct hf_bytes request, int64_t now_ms, struct hf_ocsp_reply *reply,
                    struct hf_wr *out);

/*
 * Answer any request; out always gets a well-formed OCSPResponse, also for
 * malformed requests (malformedRequest), authorities that are not served
 * (unauthorized), a store or `keys` that is away (tryLater). Returns the failure
 * behind an error answer, for the log; HF_OK otherwise. Works without a started
 * responder as well (then nothing is cached).
 */
HF_CHECKED enum hf_rc hf_ocsp_answer(const struct hf_env *env, struct hf_bytes request,
                                     int64_t now_ms, struct hf_ocsp_reply *reply,
                                     struct hf_wr *out);

/*
 * The same for n requests with one question to `keys`: many cost much less
 * than one by one. Returns the most serious failure behind an error answer.
 */
HF_CHECKED enum hf_rc hf_ocsp_answer_many(const struct hf_env *env, const struct hf_bytes *request,
                                          size_t n, int64_t now_ms, struct hf_ocsp_reply *reply,
                                          struct hf_wr *const *out);

/* A file that everybody may fetch. Counted: hf_published_free() when sent. */
struct hf_published {
    struct hf_bytes body;
    const char     *content_type;
    int64_t         modified_ms;    /* Last-Modified */
    int64_t         good_until_ms;  /* max-age counts to here; 0: no limit known */
    char            etag[33];
};

/* path: "/crl/issuing-sm2.crl" or "/ca/issuing-sm2.cer". NULL if there is none. Thread-safe. */
const struct hf_published *hf_published(const char *path);
void                       hf_published_free(const struct hf_published *p); /* NULL is fine */

/* Forget answers about one certificate at once. Called by whoever changes its state in this process. */
void hf_ocsp_forget(const char *serial);

#endif
