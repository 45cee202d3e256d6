#include "wire/oid.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* clang-format off: a list inside an initialiser */
static const struct {
    uint8_t     n;
    const char *der;
    const char *name;
} table[] = { [HF_OID_NONE] = { 0, "", "" },
#define X(id, n, der, name) [HF_OID_##id] = { n, der, name },
              HF_OID_LIST(X)
#undef X
};
/* clang-format on */

struct hf_bytes
hf_oid(enum hf_oid id)
{
    if ((size_t)id >= HF_COUNT(table))
        return hf_bytes(NULL, 0);
    return hf_bytes(table[id].der, table[id].n);
}

enum hf_oid
hf_oid_find(struct hf_bytes contents)
{
    size_t low = 1, high = HF_COUNT(table);

    while (low < high) {
        size_t middle = (low + high) / 2;
        int    c = hf_bytes_cmp(contents, hf_bytes(table[middle].der, table[middle].n));

        if (c == 0)
            return (enum hf_oid)middle;
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return HF_OID_NONE;
}

const char *
hf_oid_name(enum hf_oid id)
{
    return (size_t)id < HF_COUNT(table) ? table[id].name : "";
}

enum hf_oid
hf_oid_named(const char *name)
{
    for (size_t i = 1; i < HF_COUNT(table); i++)
        if (strcasecmp(table[i].name, name) == 0)
            return (enum hf_oid)i;
    return HF_OID_NONE;
}

/* Append one arc in decimal, "..." once if there is no room; arcs beyond 64 bits cannot be shown. */
static size_t
put_arc(char *out, size_t at, bool dot, uint64_t arc)
{
    char   text[24];
    size_t n =
        (size_t)snprintf(text, sizeof(text), "%s%llu", dot ? "." : "", (unsigned long long)arc);

    if (at == HF_OID_TEXT)
        return at;
    if (at + n + 4 > HF_OID_TEXT) {
        memcpy(out + at, "...", 4);
        return HF_OID_TEXT;
    }
    memcpy(out + at, text, n + 1);
    return at + n;
}

char *
hf_oid_dotted(struct hf_bytes contents, char out[HF_OID_TEXT])
{
    uint64_t arc = 0;
    size_t   at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < contents.n; i++) {
        if (arc >> 57 != 0) {
            memcpy(out + (at < HF_OID_TEXT - 4 ? at : HF_OID_TEXT - 4), "...", 4);
            return out;
        }
        arc = arc << 7 | (contents.p[i] & 0x7f);
        if ((contents.p[i] & 0x80) != 0)
            continue;
        if (at == 0) {
            uint64_t first = arc < 40 ? 0 : arc < 80 ? 1 : 2;

            at = put_arc(out, at, false, first);
            arc -= 40 * first;
        }
        at = put_arc(out, at, true, arc);
        arc = 0;
    }
    return out;
}

char *
hf_oid_show(struct hf_bytes contents, char out[HF_OID_TEXT])
{
    enum hf_oid id = hf_oid_find(contents);

    if (id == HF_OID_NONE)
        return hf_oid_dotted(contents, out);
    snprintf(out, HF_OID_TEXT, "%s", hf_oid_name(id));
    return out;
}

static void
write_arc(struct hf_wr *w, uint64_t arc)
{
    unsigned groups = 1;

    for (uint64_t rest = arc >> 7; rest != 0; rest >>= 7)
        groups++;
    while (groups-- > 0)
        hf_wr_u8(w, (uint8_t)((arc >> (7 * groups) & 0x7f) | (groups != 0 ? 0x80 : 0)));
}

/* One decimal arc at *p, no leading zero, below 2^56. */
static bool
read_arc(const char **p, uint64_t *arc)
{
    const char *start = *p;

    *arc = 0;
    while (**p >= '0' && **p <= '9') {
        *arc = *arc * 10 + (uint64_t)(*(*p)++ - '0');
        if (*arc >> 56 != 0)
            return false;
    }
    return *p != start && (*start != '0' || *p == start + 1);
}

enum hf_rc
hf_oid_parse(const char *text, struct hf_wr *out)
{
    enum hf_oid id = hf_oid_named(text);
    const char *p = text;
    uint64_t    first, arc;
    bool        second = true;

    if (id != HF_OID_NONE) {
        hf_wr_put(out, hf_oid(id));
        return out->rc;
    }
    if (!read_arc(&p, &first) || first > 2 || *p != '.')
        return hf_fail(HF_E_ARG, "%.80s: no object identifier such as 1.2.840.10045.2.1", text);
    while (*p == '.') {
        p++;
        if (!read_arc(&p, &arc) || (second && first < 2 && arc > 39))
            return hf_fail(HF_E_ARG, "%.80s: no object identifier such as 1.2.840.10045.2.1", text);
        write_arc(out, second ? first * 40 + arc : arc);
        second = false;
    }
    if (*p != '\0')
        return hf_fail(HF_E_ARG, "%.80s: no object identifier such as 1.2.840.10045.2.1", text);
    return out->rc;
}

void
hf_der_put_oid_of(struct hf_wr *w, enum hf_oid id)
{
    hf_der_put_oid(w, hf_oid(id));
}

enum hf_oid
hf_alg_id(struct hf_bytes algorithm_identifier, struct hf_bytes *params)
{
    struct hf_rd    r = hf_rd(algorithm_identifier), seq = hf_der_open(&r, HF_DER_SEQUENCE);
    struct hf_bytes oid = hf_der_oid(&seq), contents;
    uint8_t         tag;

    if (params != NULL)
        *params = hf_bytes(NULL, 0);
    if (hf_rd_left(&seq) != 0 && params != NULL)
        *params = hf_der_any(&seq, &tag, &contents);
    return seq.rc == HF_OK ? hf_oid_find(oid) : HF_OID_NONE;
}
