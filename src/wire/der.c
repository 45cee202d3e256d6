/* der.c - DER: the reader. der_put.c is the writer. */
#include "wire/der.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* -- Tag and length ------------------------------------------------ */

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

/* -- Types ---------------------------------------------------------- */

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

/* -- Time ----------------------------------------------------------- */

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
    int                  month = digits(p, 2), day = digits(p + 2, 2), hour = digits(p + 4, 2);
    int                  minute = digits(p + 6, 2), second = digits(p + 8, 2);
    bool                 leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

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

/* -- Whole values ----------------------------------------------------- */

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
