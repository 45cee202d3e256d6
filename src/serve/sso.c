#include "serve/sso.h"

#include <string.h>

#include "base/log.h"
#include "identity/ticket.h"

void
hf_xml_text(struct hf_wr *w, const char *s)
{
    static const char *const escapes[] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&apos;"
    };

    for (; *s != '\0'; s++) {
        uint8_t c = (uint8_t)*s;

        if (c < HF_COUNT(escapes) && escapes[c] != NULL)
            hf_wr_str(w, escapes[c]);
        else if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') /* XML 1.0 section 2.2 */
            hf_wr_str(w, "\xef\xbf\xbd");
        else
            hf_wr_u8(w, c);
    }
}

static void
put_element(struct hf_wr *w, const char *name, const char *text)
{
    hf_wr_fmt(w, "<%s>", name);
    hf_xml_text(w, text);
    hf_wr_fmt(w, "</%s>", name);
}

/* -- Parameters ------------------------------------------------------------------------------- */

static enum hf_rc
read_form(const struct hf_request *r, struct hf_form *body, struct hf_form *query)
{
    const struct hf_bytes *type = hf_http_find(r->head, "content-type");
    size_t                 n = 0;
    enum hf_rc             rc = hf_form_read(r->head->query, false, r->arena, query);

    body->n = 0;
    if (rc != HF_OK || r->body.n == 0)
        return rc;
    while (type != NULL && n < type->n && type->p[n] != ';' && type->p[n] != ' ')
        n++;
    if (n == 0 || !hf_http_is(hf_bytes(type->p, n), "application/x-www-form-urlencoded"))
        return hf_fail_field(HF_E_ARG, "Content-Type", "must be application/x-www-form-urlencoded");
    return hf_form_read(r->body, false, r->arena, body);
}

static enum hf_rc
parameter(const struct hf_request *r, const struct hf_form *body, const struct hf_form *query,
          const char *name, const char **out)
{
    const char *text = hf_form_get(body, name), *other = hf_form_get(query, name);
    size_t      n;

    *out = NULL;
    if (text != NULL && other != NULL)
        return hf_fail_field(HF_E_ARG, name, "is given twice");
    if (text == NULL)
        text = other;
    if (text == NULL)
        return hf_fail_field(HF_E_ARG, name, "is missing");
    text += strspn(text, " \t\r\n");
    for (n = strlen(text); n != 0 && strchr(" \t\r\n", text[n - 1]) != NULL; n--)
        continue;
    *out = hf_arena_text(r->arena, hf_bytes(text, n));
    return HF_OK;
}

/* -- The door ------------------------------------------------------------------------------------
 */

static enum hf_rc
redeem(const struct hf_serve *s, const struct hf_request *r, struct hf_ticket *ticket)
{
    struct hf_form body, query;
    const char    *verb, *st;
    enum hf_rc     rc = read_form(r, &body, &query);

    if (rc != HF_OK || (rc = parameter(r, &body, &query, "verb", &verb)) != HF_OK)
        return rc;
    if (strcmp(verb, "validateServiceTicket") != 0)
        return hf_fail_field(HF_E_ARG, "verb", "is not one that this server answers");
    if ((rc = parameter(r, &body, &query, "st", &st)) != HF_OK)
        return rc;
    return hf_ticket_redeem(&s->env, st, r->address, r->now_ms, r->arena, ticket);
}

void
hf_sso(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a)
{
    struct hf_ticket ticket;
    enum hf_rc       rc = redeem(s, r, &ticket);

    if (hf_rc_class(rc) >= HF_CLASS_OUTSIDE)
        hf_log(HF_ERROR, "sso.failed", HF_F_STR("rc", hf_rc_name(rc)), HF_F_REASON);
    a->type = "text/xml; charset=utf-8";
    hf_wr_str(&a->fields, "Cache-Control: no-store\r\n");
    hf_wr_str(&a->body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<response>");
    if (rc != HF_OK) {
        put_element(&a->body, "result", hf_reason());
    } else {
        put_element(&a->body, "result", "RPC_OK");
        put_element(&a->body, "loginid", ticket.login);
        put_element(&a->body, "password", ""); /* passwords are not kept, and would not be given */
        put_element(&a->body, "islogin", "true");
    }
    hf_wr_str(&a->body, "</response>\n");
}
