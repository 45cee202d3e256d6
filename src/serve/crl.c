#include "serve/crl.h"

#include <stdio.h>
#include <string.h>

#include "pki/responder.h"

/* Does the client hold this version already? Its tag decides; its date only without one (RFC
 * 9110 13.2.2). */
static bool
is_known(const struct hf_request *r, const struct hf_published *p)
{
    const struct hf_bytes *tag = hf_http_find(r->head, "if-none-match");
    const struct hf_bytes *date = hf_http_find(r->head, "if-modified-since");
    int64_t                since;

    if (tag != NULL)
        return memmem(tag->p, tag->n, p->etag, strlen(p->etag)) != NULL;
    return date != NULL && hf_http_date_read(*date, &since) == HF_OK &&
           p->modified_ms / 1000 <= since;
}

static void
put_caching(const struct hf_request *r, const struct hf_published *p, struct hf_wr *w)
{
    char    text[96], date[HF_HTTP_DATE];
    int64_t left = p->good_until_ms == 0 ? 3600 : (p->good_until_ms - r->now_ms) / 1000;

    hf_http_put_str(w, "Last-Modified", hf_http_date(p->modified_ms / 1000, date));
    (void)snprintf(text, sizeof(text), "\"%s\"", p->etag);
    hf_http_put_str(w, "ETag", text);
    /* a newer one may be out long before this one ends: ask again after five minutes */
    (void)snprintf(text, sizeof(text), "public, max-age=%lld",
                   left <= 0    ? 0LL
                   : left < 300 ? (long long)left
                                : 300LL);
    hf_http_put_str(w, "Cache-Control", text);
}

bool
hf_crl_quick(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a)
{
    const struct hf_published *p;
    const char                *path;

    (void)s;
    if (hf_http_path(r->head->path, r->arena, &path) != HF_OK || (p = hf_published(path)) == NULL) {
        hf_answer_error(a, hf_fail(HF_E_ABSENT, "there is no such file"), "");
        return true;
    }
    a->type = p->content_type;
    put_caching(r, p, &a->fields);
    if (is_known(r, p))
        a->status = 304;
    else
        hf_wr_put(&a->body, p->body);
    hf_published_free(p);
    return true;
}
