/*
 * ocsp.h - the door of OCSP over HTTP (RFC 6960 appendix A, RFC 5019): GET with the request in the
 * path, and POST.
 *
 * What the cache has is answered on the loop, the rest on a handler thread,
 * all that wait with one question to `keys`.
 * Failures are OCSP's own: the status of HTTP is 200 for every request that
 * could be read as one; a GET that is not base64 gets malformedRequest.
 */
#ifndef HF_SERVE_OCSP_H
#define HF_SERVE_OCSP_H

#include "serve/door.h"

bool hf_ocsp_quick(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a);
void hf_ocsp_slow(const struct hf_serve *s, const struct hf_request *const *r,
                  struct hf_answer *const *a, size_t n);

#endif
