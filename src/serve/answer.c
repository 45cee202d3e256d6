/* answer.c - answers of doors: errors by class, and the message as it goes out. */
#include <stdlib.h>
#include <string.h>

#include "serve/door.h"

/* Names every class: a missing row would read as 0. A unit test walks all codes. */
static const int status_of_class[HF_CLASSES] = {
    [HF_CLASS_NONE] = 200,   [HF_CLASS_AGAIN] = 503,   [HF_CLASS_INPUT] = 400,
    [HF_CLASS_DENIED] = 403, [HF_CLASS_ABSENT] = 404,  [HF_CLASS_CONFLICT] = 409,
    [HF_CLASS_LIMIT] = 429,  [HF_CLASS_OUTSIDE] = 503, [HF_CLASS_SYSTEM] = 500,
    [HF_CLASS_BUG] = 500,
};

int
hf_status_of(enum hf_rc rc)
{
    if (rc == HF_E_AUTH)
        return 401;
    if (rc == HF_E_TOOBIG)
        return 413;
    return status_of_class[hf_rc_class(rc)];
}

void
hf_answer_init(struct hf_answer *a)
{
    *a = (struct hf_answer){ .status = 200,
                             .fields = hf_wr(16 << 10),
                             .body = hf_wr(HF_ANSWER_MAX) };
}

static void
empty(struct hf_wr *w)
{
    if (w->rc != HF_OK)
        hf_wr_clear(w);
    hf_wr_cut(w, 0);
    w->rc = HF_OK;
}

void
hf_answer_reset(struct hf_answer *a)
{
    a->status = 200;
    a->type = NULL;
    a->lasting = hf_bytes(NULL, 0);
    empty(&a->fields);
    empty(&a->body);
}

void
hf_answer_clear(struct hf_answer *a)
{
    hf_wr_clear(&a->fields);
    hf_wr_clear(&a->body);
}

static int
put_json(const char *p, size_t n, void *w)
{
    hf_wr_put(w, hf_bytes(p, n));
    return 0;
}

void
hf_answer_json(struct hf_answer *a, json_t *own_value)
{
    a->type = "application/json";
    if (own_value == NULL || json_dump_callback(own_value, put_json, &a->body, JSON_COMPACT) != 0)
        abort(); /* out of memory, or not JSON: nothing sensible can be answered */
    json_decref(own_value);
}

static void
put_error(struct hf_answer *a, enum hf_rc rc, const char *id)
{
    json_t *message = json_string(hf_reason()), *field = json_string(hf_reason_field());

    if (message == NULL) /* bytes from outside that are not UTF-8 */
        message = json_string(hf_rc_text(rc));
    if (field == NULL)
        field = json_string("");
    hf_answer_json(a, json_pack("{s:{s:s, s:o, s:o, s:s}}", "error", "code", hf_rc_name(rc),
                                "field", field, "message", message, "id", id));
    hf_http_put_str(&a->fields, "Cache-Control", "no-store");
}

void
hf_answer_refuse(struct hf_answer *a, int status, enum hf_rc rc)
{
    hf_answer_reset(a);
    a->status = status;
    put_error(a, rc, "");
}

void
hf_answer_error(struct hf_answer *a, enum hf_rc rc, const char *id)
{
    hf_answer_reset(a);
    a->status = hf_status_of(rc);
    put_error(a, rc, id);
    if (rc == HF_E_AUTH) /* a 401 names its scheme, RFC 9110 11.6.1 */
        hf_http_put_str(&a->fields, "WWW-Authenticate", "Bearer realm=\"hufu\"");
    if (a->status == 503)
        hf_http_put_str(&a->fields, "Retry-After", "5");
}

void
hf_answer_write(const struct hf_answer *a, const char *date, bool head_only, bool close,
                unsigned on, struct hf_wr *out)
{
    struct hf_bytes body = a->body.n != 0 ? hf_wr_bytes(&a->body) : a->lasting;
    size_t          mark;

    hf_http_put_status(out, a->status);
    hf_http_put_str(out, "Date", date);
    if (a->type != NULL) {
        hf_http_put_str(out, "Content-Type", a->type);
        hf_wr_str(out, "X-Content-Type-Options: nosniff\r\n");
    }
    if (on == HF_ON_HTTPS)
        hf_wr_str(out, "Strict-Transport-Security: max-age=31536000\r\n");
    if (close)
        hf_wr_str(out, "Connection: close\r\n");
    hf_wr_put(out, hf_wr_bytes(&a->fields));
    if (a->status == 304 || a->status == 204) { /* have no body and no length, RFC 9110 8.6 */
        hf_wr_str(out, "\r\n");
        return;
    }
    hf_http_put_body(out, body);
    mark = out->n - body.n;
    if (head_only && out->rc == HF_OK)
        hf_wr_cut(out, mark);
}
