#include "wire/der.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* -- Reading: tag and length ------------------------------------------------ */

/*
 * Take the header at p. Gives the length of the header, 0 with *rc set on a fault.
 * Lengths of more than four octets cannot be satisfied by any input that is read.
 */
static size_t
header(const uint8_t *p, size_t left, uint8_t *tag, size_t *n, enum hf_rc *rc)
{
    size_t width;

    *rc = HF_E_SHORT;
    if (left < 2)
        return 0;
    *tag = p[0];
    *n = p[1];
    width = p[1] < 0x80 ? 0 : p[1] & 0x7f;
    if ((p[0] & 0x1f) == 0x1f || width > 4 || p[1] == 0x80) {
        *rc = HF_E_FORMAT; /* tags above 30; X.690 10.1: the definite form */
        return 0;
    }
    if (left < 2 + width)
        return 0;
    if (width != 0) {
        *n = 0;
        for (size_t i = 0; i < width; i++)
            *n = *n << 8 | p[2 + i];
        if (p[2] == 0 || *n < 0x80) {
            *rc = HF_E_FORMAT; /* X.690 10.1: the minimum number of octets */
            return 0;
        }
    }
    if (*n > left - 2 - width)
        return 0;
    *rc = HF_OK;
    return 2 + width;
}

struct hf_bytes
hf_der_any(struct hf_rd *r, uint8_t *tag, struct hf_bytes *contents)
{
    struct hf_bytes whole;
    enum hf_rc      rc;
    size_t          n = 0, head;

    *tag = 0;
    *contents = hf_bytes(NULL, 0);
    if (r->rc != HF_OK)
        return *contents;
    head = header(r->p, (size_t)(r->end - r->p), tag, &n, &rc);
    if (head == 0) {
        *tag = 0;
        hf_rd_reject(r, rc);
        return *contents;
    }
    whole = hf_bytes(r->p, head + n);
    *contents = hf_bytes(r->p + head, n);
    r->p += head + n;
    return whole;
}

bool
hf_der_next(const struct hf_rd *r, uint8_t tag)
{
    return r->rc == HF_OK && r->p != r->end && *r->p == tag;
}

static struct hf_bytes
element(struct hf_rd *r, uint8_t tag, struct hf_bytes *contents)
{
    uint8_t         got;
    struct hf_bytes whole;

    if (r->rc == HF_OK && r->p != r->end && *r->p != tag)
        hf_rd_reject(r, HF_E_FORMAT);
    whole = hf_der_any(r, &got, contents);
    return whole;
}

struct hf_bytes
hf_der_take(struct hf_rd *r, uint8_t tag)
{
    struct hf_bytes contents;

    element(r, tag, &contents);
    return contents;
}

struct hf_bytes
hf_der_raw(struct hf_rd *r, uint8_t tag)
{
    struct hf_bytes contents;

    return element(r, tag, &contents);
}

bool
hf_der_opt(struct hf_rd *r, uint8_t tag, struct hf_bytes *contents)
{
    bool there = hf_der_next(r, tag);

    *contents = there ? hf_der_take(r, tag) : hf_bytes(NULL, 0);
    return there && r->rc == HF_OK;
}

struct hf_rd
hf_der_open(struct hf_rd *r, uint8_t tag)
{
    struct hf_rd sub = hf_rd(hf_der_take(r, tag));

    sub.rc = r->rc;
    return sub;
}

void
hf_der_shut(struct hf_rd *outer, const struct hf_rd *inner)
{
    if (inner->rc != HF_OK)
        hf_rd_reject(outer, inner->rc);
    else if (inner->p != inner->end)
        hf_rd_reject(outer, HF_E_TRAILING);
}

/* -- Reading: types ---------------------------------------------------------- */

bool
hf_der_boolean(struct hf_rd *r)
{
    struct hf_bytes b = hf_der_take(r, HF_DER_BOOLEAN);

    if (b.n != 1 || (b.p[0] != 0x00 && b.p[0] != 0xff)) { /* X.690 11.1 */
        hf_rd_reject(r, HF_E_FORMAT);
        return false;
    }
    return b.p[0] == 0xff;
}

bool
hf_der_integer_ok(struct hf_bytes b)
{
    if (b.n == 0)
        return false;
    if (b.n == 1)
        return true;
    /* X.690 8.3.2: the first nine bits are not all the same */
    return !(b.p[0] == 0x00 && b.p[1] < 0x80) && !(b.p[0] == 0xff && b.p[1] >= 0x80);
}

static struct hf_bytes
integer_as(struct hf_rd *r, uint8_t tag)
{
    struct hf_bytes b = hf_der_take(r, tag);

    if (!hf_der_integer_ok(b)) {
        hf_rd_reject(r, HF_E_FORMAT);
        return hf_bytes(NULL, 0);
    }
    return b;
}

struct hf_bytes
hf_der_integer(struct hf_rd *r)
{
    return integer_as(r, HF_DER_INTEGER);
}

uint32_t
hf_der_uint_as(struct hf_rd *r, uint8_t tag, uint32_t max)
{
    struct hf_bytes b = integer_as(r, tag);
    uint64_t        v = 0;

    if (b.n == 0 || b.n > 5 || b.p[0] >= 0x80) {
        hf_rd_reject(r, HF_E_FORMAT);
        return 0;
    }
    for (size_t i = 0; i < b.n; i++)
        v = v << 8 | b.p[i];
    if (v > max) {
        hf_rd_reject(r, HF_E_FORMAT);
        return 0;
    }
    return (uint32_t)v;
}

uint32_t
hf_der_uint(struct hf_rd *r, uint32_t max)
{
    return hf_der_uint_as(r, HF_DER_INTEGER, max);
}

struct hf_bytes
hf_der_magnitude(struct hf_bytes b)
{
    if (b.n == 0 || b.p[0] >= 0x80)
        return hf_bytes(NULL, 0);
    return b.n > 1 && b.p[0] == 0 ? hf_bytes(b.p + 1, b.n - 1) : b;
}

bool
hf_der_oid_ok(struct hf_bytes b)
{
    bool start = true;

    if (b.n == 0 || b.p[b.n - 1] >= 0x80)
        return false;
    for (size_t i = 0; i < b.n; i++) {
        if (start && b.p[i] == 0x80) /* X.690 8.19.2: no leading 80 */
            return false;
        start = b.p[i] < 0x80;
    }
    return true;
}

struct hf_bytes
hf_der_oid(struct hf_rd *r)
{
    struct hf_bytes b = hf_der_take(r, HF_DER_OID);

    if (!hf_der_oid_ok(b)) {
        hf_rd_reject(r, HF_E_FORMAT);
        return hf_bytes(NULL, 0);
    }
    return b;
}

struct hf_bytes
hf_der_octets(struct hf_rd *r)
{
    return hf_der_take(r, HF_DER_OCTETS);
}

void
hf_der_null(struct hf_rd *r)
{
    if (hf_der_take(r, HF_DER_NULL).n != 0)
        hf_rd_reject(r, HF_E_FORMAT);
}

static struct hf_bytes
bits_as(struct hf_rd *r, uint8_t tag, unsigned *unused)
{
    struct hf_bytes b = hf_der_take(r, tag);

    *unused = 0;
    if (b.n == 0 || b.p[0] > 7 || (b.n == 1 && b.p[0] != 0) ||
        (b.p[b.n - 1] & ((1u << b.p[0]) - 1)) != 0) { /* X.690 11.2.1: unused bits are zero */
        hf_rd_reject(r, HF_E_FORMAT);
        return hf_bytes(NULL, 0);
    }
    *unused = b.p[0];
    return hf_bytes(b.p + 1, b.n - 1);
}

struct hf_bytes
hf_der_bits(struct hf_rd *r, unsigned *unused)
{
    unsigned        spare;
    struct hf_bytes b = bits_as(r, HF_DER_BITS, &spare);

    if (unused != NULL)
        *unused = spare;
    else if (spare != 0)
        hf_rd_reject(r, HF_E_FORMAT);
    return b;
}

uint32_t
hf_der_flags(struct hf_rd *r, uint8_t tag)
{
    unsigned        unused;
    struct hf_bytes b = bits_as(r, tag, &unused);
    uint32_t        mask = 0;

    if (b.n > 4 || (b.n != 0 && (b.p[b.n - 1] >> unused & 1) == 0)) {
        hf_rd_reject(r, HF_E_FORMAT); /* X.690 11.2.2: the last bit is a one */
        return 0;
    }
    for (size_t i = 0; i < 8 * b.n; i++)
        if ((b.p[i / 8] & (0x80 >> i % 8)) != 0)
            mask |= 1u << i;
    return mask;
}

/* -- Reading: time ----------------------------------------------------------- */

/* n decimal digits, -1 if one is none. */
static int
digits(const uint8_t *p, size_t n)
{
    int v = 0;

    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        v = v * 10 + (p[i] - '0');
    }
    return v;
}

static bool
moment(int year, const uint8_t *p, int64_t *out)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int  month = digits(p, 2), day = digits(p + 2, 2), hour = digits(p + 4, 2);
    int  minute = digits(p + 6, 2), second = digits(p + 8, 2);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (year < 0 || month < 1 || month > 12 || day < 1 ||
        day > days[month - 1] + (month == 2 && leap) || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59 || p[10] != 'Z')
        return false;
    *out = hf_time_civil(year, month, day, hour, minute, second);
    return true;
}

int64_t
hf_der_gentime(struct hf_rd *r, uint8_t tag)
{
    struct hf_bytes b = hf_der_take(r, tag);
    int64_t         s = 0;

    /* RFC 5280 4.1.2.5.2: seconds, no fraction, Z */
    if (b.n != 15 || !moment(digits(b.p, 4), b.p + 4, &s))
        hf_rd_reject(r, HF_E_FORMAT);
    return s;
}

int64_t
hf_der_time(struct hf_rd *r, uint8_t *tag)
{
    bool            utc = hf_der_next(r, HF_DER_UTCTIME);
    struct hf_bytes b;
    int             year;
    int64_t         s = 0;

    if (tag != NULL)
        *tag = utc ? HF_DER_UTCTIME : HF_DER_GENTIME;
    if (!utc)
        return hf_der_gentime(r, HF_DER_GENTIME);
    b = hf_der_take(r, HF_DER_UTCTIME);
    year = b.n == 13 ? digits(b.p, 2) : -1;
    /* RFC 5280 4.1.2.5.1: 50 and more is 19YY */
    if (year < 0 || !moment(year < 50 ? 2000 + year : 1900 + year, b.p + 2, &s))
        hf_rd_reject(r, HF_E_FORMAT);
    return s;
}

/* -- Reading: whole values ----------------------------------------------------- */

struct hf_rd
hf_der_open_set(struct hf_rd *r, uint8_t tag)
{
    struct hf_rd    sub = hf_der_open(r, tag), scan = sub;
    struct hf_bytes before = { NULL, 0 }, contents;
    uint8_t         t;

    while (hf_rd_left(&scan) != 0) {
        struct hf_bytes e = hf_der_any(&scan, &t, &contents);

        if (scan.rc == HF_OK && hf_bytes_cmp(before, e) > 0)
            hf_rd_reject(&scan, HF_E_FORMAT);
        before = e;
    }
    if (scan.rc != HF_OK)
        hf_rd_reject(&sub, scan.rc);
    return sub;
}

static void
check_elements(struct hf_rd *r, int depth)
{
    uint8_t         tag;
    struct hf_bytes contents;

    while (hf_rd_left(r) != 0) {
        hf_der_any(r, &tag, &contents);
        if (r->rc == HF_OK && (tag & 0x20) != 0) {
            struct hf_rd sub = hf_rd(contents);

            if (depth == 0) {
                hf_rd_reject(r, HF_E_FORMAT);
                return;
            }
            check_elements(&sub, depth - 1);
            hf_der_shut(r, &sub);
        }
    }
}

enum hf_rc
hf_der_check(struct hf_bytes der, const char *what)
{
    struct hf_rd    r = hf_rd(der), all = hf_rd(der);
    uint8_t         tag;
    struct hf_bytes contents;

    hf_der_any(&r, &tag, &contents);
    if (r.rc == HF_OK) {
        check_elements(&all, HF_DER_DEPTH);
        if (all.rc != HF_OK)
            hf_rd_reject(&r, all.rc);
    }
    return hf_rd_end(&r, what);
}

/* -- Writing: nesting ------------------------------------------------------------ */

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

/* -- Writing: types ---------------------------------------------------------------- */

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
hf_der_put_signed(struct hf_wr *w, struct hf_bytes body, struct hf_bytes sig_alg, struct hf_bytes sig)
{
    size_t mark = hf_der_begin_large(w, HF_DER_SEQUENCE);

    hf_wr_put(w, body);
    hf_wr_put(w, sig_alg);
    hf_der_put_bits(w, sig);
    hf_der_end(w, mark);
}
