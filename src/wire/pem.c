#include "wire/pem.h"

#include <string.h>

#include "base/text.h"

static const char begin_mark[] = "-----BEGIN ", end_mark[] = "-----END ", dashes[] = "-----";

/* The next line without its end (LF or CRLF); false at the end of the text. */
static bool
next_line(struct hf_rd *text, struct hf_bytes *line)
{
    size_t         left = hf_rd_left(text);
    const uint8_t *lf = left == 0 ? NULL : memchr(text->p, '\n', left);
    size_t         n = lf == NULL ? left : (size_t)(lf - text->p);

    if (left == 0)
        return false;
    *line = hf_rd_take(text, n);
    if (lf != NULL)
        hf_rd_u8(text);
    while (line->n != 0 && strchr(" \t\r", line->p[line->n - 1]) != NULL &&
           line->p[line->n - 1] != '\0')
        line->n--;
    return true;
}

/* Does the line read MARK label -----? */
static bool
boundary(struct hf_bytes line, const char *mark, struct hf_bytes *label)
{
    size_t head = strlen(mark), tail = sizeof(dashes) - 1;

    if (line.n < head + tail || memcmp(line.p, mark, head) != 0 ||
        memcmp(line.p + line.n - tail, dashes, tail) != 0)
        return false;
    *label = hf_bytes(line.p + head, line.n - head - tail);
    return true;
}

/* The base64 lines up to the end line. RFC 7468 section 3: no headers inside. */
static enum hf_rc
read_body(struct hf_rd *text, struct hf_bytes label, struct hf_wr *der)
{
    struct hf_wr    base64 = hf_wr(der->max > SIZE_MAX / 2 ? SIZE_MAX : der->max / 3 * 4 + 8);
    struct hf_bytes line, end, all;
    bool            closed = false;
    enum hf_rc      rc;

    while (!closed && next_line(text, &line)) {
        closed = boundary(line, end_mark, &end);
        if (!closed)
            hf_wr_put(&base64, line);
    }
    if (!closed)
        rc = hf_fail(HF_E_SHORT, "PEM %.*s: no END line", (int)label.n, (const char *)label.p);
    else if (!hf_bytes_eq(end, label))
        rc = hf_fail(HF_E_FORMAT, "PEM %.*s: ends as another kind of object", (int)label.n,
                     (const char *)label.p);
    else if ((rc = hf_wr_end(&base64, &all)) == HF_OK && all.n == 0)
        rc = hf_fail(HF_E_FORMAT, "PEM %.*s: empty", (int)label.n, (const char *)label.p);
    else if (rc == HF_OK && (rc = hf_unbase64(all, der)) != HF_OK)
        rc = hf_because(rc, "PEM %.*s", (int)label.n, (const char *)label.p);
    hf_wr_clear(&base64);
    return rc;
}

/* Up to the next BEGIN line. */
static enum hf_rc
find_begin(struct hf_rd *text, struct hf_bytes *label)
{
    struct hf_bytes line;

    *label = hf_bytes(NULL, 0);
    while (next_line(text, &line))
        if (boundary(line, begin_mark, label)) {
            if (label->n == 0 || label->n > 64)
                return hf_fail(HF_E_FORMAT, "PEM: a label of %zu characters", label->n);
            return HF_OK;
        }
    return hf_fail(HF_E_ABSENT, "PEM: no (further) object");
}

enum hf_rc
hf_pem_next(struct hf_rd *text, struct hf_bytes *label, struct hf_wr *der)
{
    enum hf_rc rc = find_begin(text, label);

    return rc != HF_OK ? rc : read_body(text, *label, der);
}

enum hf_rc
hf_pem_find(struct hf_rd *text, const char *want, struct hf_wr *der)
{
    struct hf_bytes label;
    enum hf_rc      rc;

    while ((rc = find_begin(text, &label)) == HF_OK)
        if (hf_pem_is(label, want))
            return read_body(text, label, der);
    return rc == HF_E_ABSENT ? hf_fail(rc, "no (further) PEM object \"%s\"", want) : rc;
}

bool
hf_pem_is(struct hf_bytes label, const char *want)
{
    static const char *const other[][2] = {
        /* RFC 7468 sections 5.1 and 7 */
        { HF_PEM_CERT, "X509 CERTIFICATE" },
        { HF_PEM_CERT, "X.509 CERTIFICATE" },
        { HF_PEM_CSR, "NEW CERTIFICATE REQUEST" },
    };

    if (hf_bytes_eq(label, hf_bytes_str(want)))
        return true;
    for (size_t i = 0; i < HF_COUNT(other); i++)
        if (strcmp(want, other[i][0]) == 0 && hf_bytes_eq(label, hf_bytes_str(other[i][1])))
            return true;
    return false;
}

enum hf_rc
hf_pem_or_der(struct hf_bytes file, const char *label, struct hf_wr *der)
{
    struct hf_rd text = hf_rd(file);

    if (file.n > 1 && file.p[0] == 0x30) { /* a SEQUENCE; PEM text does not begin with a zero */
        hf_wr_put(der, file);
        return der->rc;
    }
    return hf_pem_find(&text, label, der);
}

void
hf_pem_put(struct hf_wr *w, const char *label, struct hf_bytes der)
{
    hf_wr_fmt(w, "%s%s%s\n", begin_mark, label, dashes);
    for (size_t i = 0; i < der.n; i += 48) {
        hf_base64(hf_bytes(der.p + i, der.n - i < 48 ? der.n - i : 48), w);
        hf_wr_u8(w, '\n');
    }
    hf_wr_fmt(w, "%s%s%s\n", end_mark, label, dashes);
}
