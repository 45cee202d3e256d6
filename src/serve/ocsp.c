#include "serve/ocsp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "pki/responder.h"
#include "serve/pool.h"

#define REQUEST_MAX ((size_t)16 << 10)

/* "/ocsp/<base64>": what follows the door's path, percent-decoded, then base64-decoded, into w. */
static enum hf_rc
read_path(struct hf_bytes path, struct hf_wr *w)
{
    struct hf_wr text = hf_wr(REQUEST_MAX);
    enum hf_rc   rc;

    path = hf_bytes(path.p + strlen("/ocsp/"), path.n - strlen("/ocsp/"));
    rc = hf_http_unescape(path, &text);
    if (rc == HF_OK)
        rc = hf_unbase64(hf_wr_bytes(&text), w);
    hf_wr_clear(&text);
    return rc;
}

/* The DER of the request: the body, or what is in the path, then kept in w. */
static struct hf_bytes
request_of(const struct hf_request *r, struct hf_wr *w)
{
    if (strcmp(r->method, "POST") == 0)
        return r->body;
    if (r->head->path.n <= strlen("/ocsp/") || read_path(r->head->path, w) != HF_OK)
        return hf_bytes(NULL, 0); /* is no OCSPRequest: gets malformedRequest */
    return hf_wr_bytes(w);
}

static void
put_number(struct hf_wr *w, int64_t n)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%lld", (long long)n);
    hf_wr_str(w, text);
}

/* How long others may keep the answer (RFC 5019 section 6.2). */
static void
put_caching(const struct hf_request *r, const struct hf_ocsp_reply *reply, struct hf_wr *w)
{
    char    date[HF_HTTP_DATE];
    int64_t left = (reply->next_update_ms - r->now_ms) / 1000;

    if (reply->etag[0] == '\0' || left <= 0 || strcmp(r->method, "GET") != 0) {
        hf_wr_str(w,
                  "Cache-Control: no-cache\r\n"); /* POST answers are not kept by others anyway */
        return;
    }
    hf_http_put_str(w, "Last-Modified", hf_http_date(reply->this_update_ms / 1000, date));
    hf_http_put_str(w, "Expires", hf_http_date(reply->next_update_ms / 1000, date));
    hf_wr_str(w, "ETag: \"");
    hf_wr_str(w, reply->etag);
    hf_wr_str(w, "\"\r\nCache-Control: public, no-transform, must-revalidate, max-age=");
    put_number(w, left);
    hf_wr_str(w, "\r\n");
}

bool
hf_ocsp_quick(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a)
{
    struct hf_wr         decoded = hf_wr(REQUEST_MAX);
    struct hf_ocsp_reply reply = { 0 };
    struct hf_bytes      request = request_of(r, &decoded);
    bool found = request.n != 0 && hf_ocsp_cached(request, r->now_ms, &reply, &a->body);

    (void)s;
    hf_wr_clear(&decoded);
    if (!found)
        return false;
    a->type = "application/ocsp-response";
    put_caching(r, &reply, &a->fields);
    return true;
}

void
hf_ocsp_slow(const struct hf_serve *s, const struct hf_request *const *r,
             struct hf_answer *const *a, size_t n)
{
    struct hf_wr         decoded[HF_POOL_TOGETHER];
    struct hf_bytes      request[HF_POOL_TOGETHER];
    struct hf_ocsp_reply reply[HF_POOL_TOGETHER];
    struct hf_wr        *out[HF_POOL_TOGETHER];
    enum hf_rc           rc;

    for (size_t i = 0; i < n; i++) {
        decoded[i] = hf_wr(REQUEST_MAX);
        request[i] = request_of(r[i], &decoded[i]);
        out[i] = &a[i]->body;
    }
    rc = hf_ocsp_answer_many(&s->env, request, n, hf_now_ms(), reply, out);
    if (rc != HF_OK && hf_rc_class(rc) >= HF_CLASS_OUTSIDE)
        hf_log(HF_ERROR, "ocsp.failed", HF_F_STR("rc", hf_rc_name(rc)), HF_F_REASON);
    for (size_t i = 0; i < n; i++) {
        hf_wr_clear(&decoded[i]);
        a[i]->type = "application/ocsp-response";
        put_caching(r[i], &reply[i], &a[i]->fields);
    }
}
