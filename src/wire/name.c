#include "wire/name.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "wire/fold.h"

/* -- Strings of all kinds, character by character ---------------------------- */

static bool
is_string(uint8_t tag)
{
    return tag == HF_DER_UTF8 || tag == HF_DER_PRINTABLE || tag == HF_DER_IA5 ||
           tag == HF_DER_NUMERIC || tag == HF_DER_T61 || tag == HF_DER_VISIBLE ||
           tag == HF_DER_BMP || tag == HF_DER_UNIVERSAL;
}

static bool
every(struct hf_bytes b, bool (*ok)(uint8_t))
{
    for (size_t i = 0; i < b.n; i++)
        if (!ok(b.p[i]))
            return false;
    return true;
}

/* X.680 41.4; '*' and '&' besides, which widely used CAs have put there. */
static bool
printable(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(" '()+,-./:=?*&", c) != NULL);
}

static bool
numeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || c == ' ';
}

static bool
visible(uint8_t c)
{
    return c >= 0x20 && c < 0x7f;
}

static bool
ascii(uint8_t c)
{
    return c < 0x80;
}

static uint32_t
wide(const uint8_t *p, size_t width)
{
    uint32_t c = 0;

    for (size_t i = 0; i < width; i++)
        c = c << 8 | p[i];
    return c;
}

static bool
wide_ok(struct hf_bytes b, size_t width)
{
    if (b.n % width != 0)
        return false;
    for (size_t i = 0; i < b.n; i += width) {
        uint32_t c = wide(b.p + i, width);

        if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return false;
    }
    return true;
}

static bool
string_ok(uint8_t tag, struct hf_bytes b)
{
    switch (tag) {
    case HF_DER_UTF8:
        return hf_utf8_valid(b);
    case HF_DER_PRINTABLE:
        return every(b, printable);
    case HF_DER_NUMERIC:
        return every(b, numeric);
    case HF_DER_VISIBLE:
        return every(b, visible);
    case HF_DER_IA5:
        return every(b, ascii);
    case HF_DER_BMP:
        return wide_ok(b, 2);
    case HF_DER_UNIVERSAL:
        return wide_ok(b, 4);
    default:
        return true;
    }
}

/* The next character of a checked string; UINT32_MAX at its end. */
static uint32_t
next_char(uint8_t tag, struct hf_bytes *b)
{
    size_t   n = 1;
    uint32_t c;

    if (b->n == 0)
        return UINT32_MAX;
    c = b->p[0];
    if (tag == HF_DER_BMP || tag == HF_DER_UNIVERSAL) {
        n = tag == HF_DER_BMP ? 2 : 4;
        c = wide(b->p, n);
    } else if (tag == HF_DER_UTF8 && c >= 0x80) {
        n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
        c &= 0xffu >> (n + 1);
        for (size_t i = 1; i < n; i++)
            c = c << 6 | (b->p[i] & 0x3f);
    }
    *b = hf_bytes(b->p + n, b->n - n);
    return c;
}

static void
put_char(struct hf_wr *w, uint32_t c)
{
    if (c < 0x80) {
        hf_wr_u8(w, (uint8_t)c);
        return;
    }
    if (c >= 0x10000)
        hf_wr_u8(w, (uint8_t)(0xf0 | c >> 18));
    if (c >= 0x800)
        hf_wr_u8(w, (uint8_t)(c >= 0x10000 ? 0x80 | (c >> 12 & 0x3f) : 0xe0 | c >> 12));
    hf_wr_u8(w, (uint8_t)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3f) : 0xc0 | c >> 6));
    hf_wr_u8(w, (uint8_t)(0x80 | (c & 0x3f)));
}

/* -- Reading ------------------------------------------------------------------ */

static void
read_attr(struct hf_rd *rdn, struct hf_attr *out)
{
    struct hf_rd pair = hf_der_open(rdn, HF_DER_SEQUENCE);

    out->oid = hf_der_oid(&pair);
    hf_der_any(&pair, &out->tag, &out->value);
    hf_der_shut(rdn, &pair);
}

enum hf_rc
hf_name_check(struct hf_bytes name)
{
    struct hf_rd   r = hf_rd(name), rdns = hf_der_open(&r, HF_DER_SEQUENCE), rdn;
    struct hf_attr a = { 0 };
    size_t         n = 0, in_rdn;

    while (hf_rd_left(&rdns) != 0) {
        rdn = hf_der_open_set(&rdns, HF_DER_SET);
        in_rdn = 0;
        do { /* X.501: an RDN is not empty */
            read_attr(&rdn, &a);
            if (rdn.rc == HF_OK && is_string(a.tag) && !string_ok(a.tag, a.value))
                hf_rd_reject(&rdn, HF_E_FORMAT);
            if (++n > HF_NAME_ATTRS || ++in_rdn > HF_RDN_ATTRS)
                hf_rd_reject(&rdn, HF_E_TOOBIG);
        } while (hf_rd_left(&rdn) != 0);
        hf_der_shut(&rdns, &rdn);
    }
    hf_der_shut(&r, &rdns);
    return hf_rd_end(&r, "Name");
}

bool
hf_name_empty(struct hf_bytes name)
{
    return name.n <= 2;
}

struct hf_name_walk
hf_name_walk(struct hf_bytes name)
{
    struct hf_rd r = hf_rd(name);

    return (struct hf_name_walk){ .rdns = hf_der_open(&r, HF_DER_SEQUENCE),
                                  .rdn = hf_rd(hf_bytes(NULL, 0)) };
}

bool
hf_name_next(struct hf_name_walk *it, struct hf_attr *out)
{
    out->joined = hf_rd_left(&it->rdn) != 0;
    if (!out->joined) {
        if (hf_rd_left(&it->rdns) == 0)
            return false;
        it->rdn = hf_der_open(&it->rdns, HF_DER_SET);
    }
    read_attr(&it->rdn, out);
    out->type = hf_oid_find(out->oid);
    return it->rdn.rc == HF_OK;
}

static void
put_hex(struct hf_wr *w, struct hf_bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        hf_wr_fmt(w, "%02x", b.p[i]);
}

static void
put_hex_der(struct hf_wr *w, uint8_t tag, struct hf_bytes value)
{
    struct hf_wr der = hf_wr(value.n + 8);

    hf_der_put(&der, tag, value);
    hf_wr_u8(w, '#');
    put_hex(w, hf_wr_bytes(&der));
    hf_wr_clear(&der);
}

void
hf_attr_utf8(const struct hf_attr *a, struct hf_wr *out)
{
    struct hf_bytes rest = a->value;
    uint32_t        c;

    if (!is_string(a->tag)) {
        put_hex_der(out, a->tag, a->value);
        return;
    }
    while ((c = next_char(a->tag, &rest)) != UINT32_MAX)
        put_char(out, c);
}

bool
hf_name_find(struct hf_bytes name, enum hf_oid type, struct hf_attr *out)
{
    struct hf_name_walk it = hf_name_walk(name);
    struct hf_attr      a;
    bool                found = false;

    while (hf_name_next(&it, &a))
        if (a.type == type) {
            *out = a;
            found = true;
        }
    return found;
}

/* -- Comparing ------------------------------------------------------------------ */

/* RFC 4518 section 2.2: taken as a space. */
static bool
is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

/* RFC 4518 section 2.2: taken as nothing. */
static bool
is_nothing(uint32_t c)
{
    return c == 0xad || c == 0x34f || c == 0x1806 || (c >= 0x180b && c <= 0x180d) || c == 0x200b ||
           (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfffc;
}

struct prepared {
    uint8_t         tag;
    struct hf_bytes rest;
    bool            begun;
    uint32_t        held; /* the character after a run of spaces; 0: none */
};

/* The next character as it counts: folded, spaces trimmed and taken together. */
static uint32_t
next_prepared(struct prepared *s)
{
    uint32_t c = s->held;
    bool     space = false;

    s->held = 0;
    if (c != 0)
        return c;
    while ((c = next_char(s->tag, &s->rest)) != UINT32_MAX && (is_space(c) || is_nothing(c)))
        space |= is_space(c);
    if (c != UINT32_MAX)
        c = hf_fold(c);
    if (space && s->begun && c != UINT32_MAX) {
        s->held = c;
        return ' ';
    }
    s->begun = true;
    return c;
}

static bool
value_eq(const struct hf_attr *a, const struct hf_attr *b)
{
    struct prepared x = { .tag = a->tag, .rest = a->value },
                    y = { .tag = b->tag, .rest = b->value };
    uint32_t c;

    if (a->tag == b->tag && hf_bytes_eq(a->value, b->value))
        return true;
    if (!is_string(a->tag) || !is_string(b->tag))
        return false;
    do {
        c = next_prepared(&x);
        if (c != next_prepared(&y))
            return false;
    } while (c != UINT32_MAX);
    return true;
}

static size_t
read_rdn(struct hf_rd *rdns, struct hf_attr out[HF_RDN_ATTRS])
{
    struct hf_rd rdn = hf_der_open(rdns, HF_DER_SET);
    size_t       n = 0;

    while (hf_rd_left(&rdn) != 0 && n < HF_RDN_ATTRS)
        read_attr(&rdn, &out[n++]);
    return n;
}

/* Every attribute of one has its own partner in the other (X.501 9.3). */
static bool
rdn_eq(struct hf_rd *ra, struct hf_rd *rb)
{
    struct hf_attr a[HF_RDN_ATTRS], b[HF_RDN_ATTRS];
    size_t         n = read_rdn(ra, a), left = read_rdn(rb, b);

    if (n != left)
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t j = 0;

        while (j < left && !(hf_bytes_eq(a[i].oid, b[j].oid) && value_eq(&a[i], &b[j])))
            j++;
        if (j == left)
            return false;
        b[j] = b[--left];
    }
    return true;
}

bool
hf_name_within(struct hf_bytes name, struct hf_bytes base)
{
    struct hf_rd n = hf_rd(name), b = hf_rd(base);
    struct hf_rd names = hf_der_open(&n, HF_DER_SEQUENCE), bases = hf_der_open(&b, HF_DER_SEQUENCE);

    while (hf_rd_left(&bases) != 0)
        if (hf_rd_left(&names) == 0 || !rdn_eq(&names, &bases))
            return false;
    return true;
}

bool
hf_name_eq(struct hf_bytes a, struct hf_bytes b)
{
    struct hf_rd x = hf_rd(a), y = hf_rd(b);
    struct hf_rd xs = hf_der_open(&x, HF_DER_SEQUENCE), ys = hf_der_open(&y, HF_DER_SEQUENCE);

    if (hf_bytes_eq(a, b))
        return true;
    while (hf_rd_left(&xs) != 0 && hf_rd_left(&ys) != 0)
        if (!rdn_eq(&xs, &ys))
            return false;
    return hf_rd_left(&xs) == 0 && hf_rd_left(&ys) == 0;
}

/* -- RFC 4514 text, writing ------------------------------------------------------- */

static void
put_escaped(struct hf_wr *w, struct hf_bytes utf8)
{
    for (size_t i = 0; i < utf8.n; i++) {
        uint8_t c = utf8.p[i];
        bool    edge = (c == ' ' && (i == 0 || i + 1 == utf8.n)) || (c == '#' && i == 0);

        if (c < 0x20 || c == 0x7f)
            hf_wr_fmt(w, "\\%02X", c);
        else {
            if (edge || strchr("\"+,;<>\\", c) != NULL)
                hf_wr_u8(w, '\\');
            hf_wr_u8(w, c);
        }
    }
}

static void
put_attr_text(struct hf_wr *w, const struct hf_attr *a)
{
    char         type[HF_OID_TEXT];
    struct hf_wr utf8 = hf_wr(SIZE_MAX);

    hf_wr_str(w, hf_oid_show(a->oid, type));
    hf_wr_u8(w, '=');
    if (!is_string(a->tag))
        put_hex_der(w, a->tag, a->value);
    else {
        hf_attr_utf8(a, &utf8);
        put_escaped(w, hf_wr_bytes(&utf8));
    }
    hf_wr_clear(&utf8);
}

void
hf_name_text(struct hf_bytes name, struct hf_wr *out)
{
    struct hf_name_walk it = hf_name_walk(name);
    struct hf_attr      a[HF_NAME_ATTRS];
    size_t              n = 0, start, end;

    while (n < HF_NAME_ATTRS && hf_name_next(&it, &a[n]))
        n++;
    for (end = n; end > 0; end = start) { /* RDNs from the last to the first */
        for (start = end - 1; a[start].joined; start--)
            ;
        for (size_t i = start; i < end; i++) {
            if (i != start || end != n)
                hf_wr_u8(out, i == start ? ',' : '+');
            put_attr_text(out, &a[i]);
        }
    }
}
