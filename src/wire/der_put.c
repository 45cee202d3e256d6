/* der_put.c - DER: the writer. */
#include "wire/der.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* -- Nesting ------------------------------------------------------------ */

static unsigned
length_width(size_t n)
{
    if (n < 0x80)
        return 1;
    return n < 0x100 ? 2 : n < 0x10000 ? 3 : n < 0x1000000 ? 4 : 5;
}

static void
put_length(uint8_t *p, size_t n, unsigned width)
{
    if (width == 1) {
        p[0] = (uint8_t)n;
        return;
    }
    p[0] = (uint8_t)(0x80 | (width - 1));
    for (unsigned i = 1; i < width; i++)
        p[i] = (uint8_t)(n >> (8 * (width - 1 - i)));
}

/* The last octet of the room that is kept says how wide the room is. */
size_t
hf_der_begin(struct hf_wr *w, uint8_t tag)
{
    uint8_t *p = hf_wr_space(w, 2);

    if (p != NULL) {
        p[0] = tag;
        p[1] = 1;
    }
    return w->n;
}

size_t
hf_der_begin_large(struct hf_wr *w, uint8_t tag)
{
    uint8_t *p = hf_wr_space(w, 4);

    if (p != NULL) {
        p[0] = tag;
        p[1] = p[2] = 0;
        p[3] = 3;
    }
    return w->n;
}

void
hf_der_end(struct hf_wr *w, size_t mark)
{
    size_t   n = w->n - mark, start;
    unsigned room, width;

    if (w->rc != HF_OK)
        return;
    if (n > UINT32_MAX) {
        w->rc = HF_E_TOOBIG;
        return;
    }
    room = w->p[mark - 1];
    width = length_width(n);
    start = mark - room;
    if (width > room && hf_wr_space(w, width - room) == NULL)
        return;
    if (width != room && n != 0)
        memmove(w->p + start + width, w->p + mark, n);
    w->n = start + width + n;
    put_length(w->p + start, n, width);
}

/* Insertion sort: sets that are written have a handful of elements. */
static void
sort_elements(struct hf_bytes *e, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct hf_bytes x = e[i];
        size_t          j = i;

        for (; j > 0 && hf_bytes_cmp(e[j - 1], x) > 0; j--)
            e[j] = e[j - 1];
        e[j] = x;
    }
}

void
hf_der_end_set(struct hf_wr *w, size_t mark)
{
    struct hf_bytes e[64], contents;
    struct hf_wr    copy = hf_wr(w->max);
    struct hf_rd    r;
    uint8_t         tag;
    size_t          n = 0, at = mark;

    if (w->rc != HF_OK)
        return;
    hf_wr_put(&copy, hf_bytes(w->p + mark, w->n - mark));
    r = hf_rd(hf_wr_bytes(&copy));
    while (hf_rd_left(&r) != 0 && n < HF_COUNT(e))
        e[n++] = hf_der_any(&r, &tag, &contents);
    if (copy.rc != HF_OK || hf_rd_left(&r) != 0 || r.rc != HF_OK)
        w->rc = copy.rc != HF_OK ? copy.rc : HF_E_TOOBIG;
    sort_elements(e, w->rc == HF_OK ? n : 0);
    for (size_t i = 0; w->rc == HF_OK && i < n; at += e[i++].n)
        memcpy(w->p + at, e[i].p, e[i].n);
    hf_wr_clear(&copy);
    hf_der_end(w, mark);
}

/* -- Types ---------------------------------------------------------------- */

/* Tag, length and room for n octets of contents; NULL after a failure. */
static uint8_t *
room_for(struct hf_wr *w, uint8_t tag, size_t n)
{
    unsigned width = length_width(n);
    uint8_t *p = n > UINT32_MAX ? NULL : hf_wr_space(w, 1 + width + n);

    if (p == NULL)
        return NULL;
    p[0] = tag;
    put_length(p + 1, n, width);
    return p + 1 + width;
}

void
hf_der_put(struct hf_wr *w, uint8_t tag, struct hf_bytes contents)
{
    uint8_t *p = room_for(w, tag, contents.n);

    if (p != NULL && contents.n != 0)
        memcpy(p, contents.p, contents.n);
}

void
hf_der_put_boolean(struct hf_wr *w, bool v)
{
    uint8_t *p = room_for(w, HF_DER_BOOLEAN, 1);

    if (p != NULL)
        *p = v ? 0xff : 0x00;
}

void
hf_der_put_int_as(struct hf_wr *w, uint8_t tag, int64_t v)
{
    uint8_t b[8];
    size_t  skip = 0;

    for (unsigned i = 0; i < 8; i++)
        b[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
    while (skip < 7 && !hf_der_integer_ok(hf_bytes(b + skip, 8 - skip)))
        skip++;
    hf_der_put(w, tag, hf_bytes(b + skip, 8 - skip));
}

void
hf_der_put_int(struct hf_wr *w, int64_t v)
{
    hf_der_put_int_as(w, HF_DER_INTEGER, v);
}

void
hf_der_put_unsigned(struct hf_wr *w, struct hf_bytes b)
{
    uint8_t *p;
    bool     pad;

    while (b.n != 0 && b.p[0] == 0)
        b = hf_bytes(b.p + 1, b.n - 1);
    pad = b.n == 0 || b.p[0] >= 0x80;
    p = room_for(w, HF_DER_INTEGER, b.n + pad);
    if (p == NULL)
        return;
    if (pad)
        *p++ = 0;
    if (b.n != 0)
        memcpy(p, b.p, b.n);
}

void
hf_der_put_oid(struct hf_wr *w, struct hf_bytes contents)
{
    hf_der_put(w, HF_DER_OID, contents);
}

void
hf_der_put_octets(struct hf_wr *w, struct hf_bytes b)
{
    hf_der_put(w, HF_DER_OCTETS, b);
}

void
hf_der_put_bits(struct hf_wr *w, struct hf_bytes b)
{
    uint8_t *p = room_for(w, HF_DER_BITS, b.n + 1);

    if (p == NULL)
        return;
    p[0] = 0;
    if (b.n != 0)
        memcpy(p + 1, b.p, b.n);
}

void
hf_der_put_flags(struct hf_wr *w, uint8_t tag, uint32_t mask)
{
    uint8_t b[5] = { 0 };
    size_t  last = 0;

    for (unsigned i = 0; i < 32; i++)
        if ((mask >> i & 1) != 0) {
            b[1 + i / 8] |= (uint8_t)(0x80 >> i % 8);
            last = i + 1;
        }
    b[0] = (uint8_t)((8 - last % 8) % 8);
    hf_der_put(w, tag, hf_bytes(b, 1 + (last + 7) / 8));
}

void
hf_der_put_null(struct hf_wr *w)
{
    hf_der_put(w, HF_DER_NULL, hf_bytes(NULL, 0));
}

void
hf_der_put_utf8(struct hf_wr *w, const char *s)
{
    hf_der_put(w, HF_DER_UTF8, hf_bytes_str(s));
}

void
hf_der_put_printable(struct hf_wr *w, const char *s)
{
    hf_der_put(w, HF_DER_PRINTABLE, hf_bytes_str(s));
}

/* "YYYYMMDDHHMMSSZ" without going through the C library's time zones; years 0 to 9999. */
static bool
moment_text(int64_t s, char out[16])
{
    char    text[HF_TIME_TEXT];
    int64_t low = hf_time_civil(0, 1, 1, 0, 0, 0), high = hf_time_civil(9999, 12, 31, 23, 59, 59);
    size_t  n = 0;

    if (s < low || s > high)
        return false;
    hf_time_text(s * 1000, text);
    for (const char *p = text; *p != '\0' && n < 15; p++)
        if (*p != '-' && *p != ':' && *p != 'T')
            out[n++] = *p;
    out[n] = '\0';
    return n == 15;
}

void
hf_der_put_gentime(struct hf_wr *w, uint8_t tag, int64_t s)
{
    char text[16];

    if (!moment_text(s, text)) {
        if (w->rc == HF_OK)
            w->rc = HF_E_FORMAT;
        return;
    }
    hf_der_put(w, tag, hf_bytes_str(text));
}

void
hf_der_put_time(struct hf_wr *w, int64_t s)
{
    bool utc = s >= hf_time_civil(1950, 1, 1, 0, 0, 0) && s < hf_time_civil(2050, 1, 1, 0, 0, 0);
    char text[16];

    if (!utc)
        hf_der_put_gentime(w, HF_DER_GENTIME, s);
    else if (moment_text(s, text))
        hf_der_put(w, HF_DER_UTCTIME, hf_bytes_str(text + 2));
}

void
hf_der_put_signed(struct hf_wr *w, struct hf_bytes body, struct hf_bytes sig_alg,
                  struct hf_bytes sig)
{
    size_t mark = hf_der_begin_large(w, HF_DER_SEQUENCE);

    hf_wr_put(w, body);
    hf_wr_put(w, sig_alg);
    hf_der_put_bits(w, sig);
    hf_der_end(w, mark);
}
