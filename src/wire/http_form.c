/* http_form.c - paths, queries and forms: percent-decoding, strict. */
#include <string.h>

#include "base/text.h"
#include "wire/http.h"

static int
hex(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode into `to`, which has room for in.n bytes. Gives the length, or SIZE_MAX for a wrong '%'.
 */
static size_t
decode(struct hf_bytes in, bool plus, char *to)
{
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        int high, low;

        if (in.p[i] != '%') {
            to[n++] = plus && in.p[i] == '+' ? ' ' : (char)in.p[i];
            continue;
        }
        if (in.n - i < 3 || (high = hex(in.p[i + 1])) == -1 || (low = hex(in.p[i + 2])) == -1)
            return SIZE_MAX;
        to[n++] = (char)(high << 4 | low);
        i += 2;
    }
    return n;
}

/* "", "." and ".." between slashes have no place in a path; one slash at the end is fine. */
static bool
segments_ok(const char *path)
{
    while (*path == '/') {
        size_t n = strcspn(++path, "/");

        if ((n == 0 && *path == '/') || (n == 1 && path[0] == '.') ||
            (n == 2 && memcmp(path, "..", 2) == 0))
            return false;
        path += n;
    }
    return true;
}

enum hf_rc
hf_http_path(struct hf_bytes path, struct hf_arena *a, const char **out)
{
    char  *text = hf_arena_get(a, path.n + 1);
    size_t n = decode(path, false, text), slashes = 0;

    *out = NULL;
    if (n == SIZE_MAX)
        return hf_fail(HF_E_FORMAT, "path: %% without two hexadecimal digits (RFC 3986 2.1)");
    if (!hf_utf8_is_text(hf_bytes(text, n)))
        return hf_fail(HF_E_FORMAT, "path: not UTF-8 text");
    for (size_t i = 0; i < path.n; i++)
        slashes += path.p[i] == '/';
    for (size_t i = 0; i < n; i++)
        slashes -= text[i] == '/';
    if (slashes != 0)
        return hf_fail(HF_E_FORMAT, "path: an encoded slash");
    if (text[0] != '/' || !segments_ok(text))
        return hf_fail(HF_E_FORMAT, "path: an empty or dot segment");
    *out = text;
    return HF_OK;
}

enum hf_rc
hf_http_unescape(struct hf_bytes text, struct hf_wr *out)
{
    size_t mark = out->n, n;
    char  *to = (char *)hf_wr_space(out, text.n);

    if (to == NULL)
        return hf_fail(out->rc, "escaped text");
    if ((n = decode(text, false, to)) == SIZE_MAX) {
        hf_wr_cut(out, mark);
        return hf_fail(HF_E_FORMAT, "%% without two hexadecimal digits (RFC 3986 2.1)");
    }
    hf_wr_cut(out, mark + n);
    return HF_OK;
}

static enum hf_rc
decode_text(struct hf_bytes in, struct hf_arena *a, const char **out)
{
    char  *text = hf_arena_get(a, in.n + 1);
    size_t n = decode(in, true, text);

    if (n == SIZE_MAX)
        return hf_fail(HF_E_FORMAT, "parameter: %% without two hexadecimal digits (RFC 3986 2.1)");
    if (!hf_utf8_valid(hf_bytes(text, n)) || memchr(text, '\0', n) != NULL)
        return hf_fail(HF_E_FORMAT, "parameter: not UTF-8 text");
    *out = text;
    return HF_OK;
}

static enum hf_rc
read_pair(struct hf_bytes part, bool repeats, struct hf_arena *a, struct hf_form *out)
{
    const uint8_t *equals = memchr(part.p, '=', part.n);
    size_t         n = equals == NULL ? part.n : (size_t)(equals - part.p);
    const char    *name, *value = "";
    enum hf_rc     rc;

    if (out->n == HF_FORM_MAX)
        return hf_fail(HF_E_TOOBIG, "too many parameters");
    if ((rc = decode_text(hf_bytes(part.p, n), a, &name)) != HF_OK)
        return rc;
    if (name[0] == '\0')
        return hf_fail(HF_E_FORMAT, "a parameter without a name");
    if (equals != NULL &&
        (rc = decode_text(hf_bytes(equals + 1, part.n - n - 1), a, &value)) != HF_OK)
        return rc;
    if (!repeats && hf_form_get(out, name) != NULL)
        return hf_fail_field(HF_E_ARG, name, "is given twice");
    out->pair[out->n++] = (struct hf_form_pair){ name, value };
    return HF_OK;
}

enum hf_rc
hf_form_read(struct hf_bytes text, bool repeats, struct hf_arena *a, struct hf_form *out)
{
    enum hf_rc rc;

    out->n = 0;
    while (text.n != 0) {
        const uint8_t *amp = memchr(text.p, '&', text.n);
        size_t         n = amp == NULL ? text.n : (size_t)(amp - text.p);

        if (n == 0)
            return hf_fail(HF_E_FORMAT, "an empty parameter");
        if ((rc = read_pair(hf_bytes(text.p, n), repeats, a, out)) != HF_OK)
            return rc;
        text = amp == NULL ? hf_bytes(NULL, 0) : hf_bytes(amp + 1, text.n - n - 1);
        if (amp != NULL && text.n == 0)
            return hf_fail(HF_E_FORMAT, "an empty parameter");
    }
    return HF_OK;
}

const char *
hf_form_get(const struct hf_form *form, const char *name)
{
    for (size_t i = 0; i < form->n; i++)
        if (strcmp(form->pair[i].name, name) == 0)
            return form->pair[i].value;
    return NULL;
}

void
hf_http_escape(struct hf_bytes text, struct hf_wr *out)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];

        if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' ||
            c == '.' || c == '_' || c == '~') {
            hf_wr_u8(out, c);
            continue;
        }
        hf_wr_u8(out, '%');
        hf_wr_u8(out, (uint8_t)digits[c >> 4]);
        hf_wr_u8(out, (uint8_t)digits[c & 15]);
    }
}
