/*
 * wsq.c - WSQ images (FBI IAFIS-IC-0110): segments, Huffman codes, quantiser.
 *
 * An image is cut into sub-bands by a wavelet transform (wsq_wave.c); their
 * quantised values, most of them 0, are Huffman coded in three blocks.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "identity/fingerprint/image.h"
#include "identity/fingerprint/wsq.h"

enum {
    SOI = 0xFFA0,
    EOI = 0xFFA1,
    FRAME = 0xFFA2,
    BLOCK = 0xFFA3,
    FILTERS = 0xFFA4,
    QUANTISER = 0xFFA5,
    CODES = 0xFFA6,
    COMMENT = 0xFFA8
};

enum { TABLES = 8, CODE_BITS = 16, QUANTISED = 64, SEGMENTS_MAX = 64 };

/* Canonical code: of each length, the first code and where its values begin. */
struct codes {
    bool     there;
    uint32_t first[CODE_BITS + 1];
    int      count[CODE_BITS + 1], at[CODE_BITS + 1];
    uint8_t  value[256];
};

struct wsq {
    int                  w, h, dpi;
    float                shift, scale;
    float                centre, bin[QUANTISED], zero_bin[QUANTISED];
    bool                 has_quantiser, has_filters;
    struct hf_wsq_filter low, high; /* synthesis */
    struct codes         codes[TABLES];
    struct hf_wsq_tree   tree;
    float               *plane;
    int                  band;    /* being filled, */
    int64_t              in_band; /* and how far */
};

/* A number as it stands in the file: mantissa, and how often it is divided by ten. */
static float
scaled(uint8_t tens, uint32_t mantissa)
{
    float v = (float)mantissa;

    for (int i = 0; i < tens && i < 40; i++)
        v /= 10;
    return v;
}

static float
read_scaled16(struct hf_rd *r)
{
    uint8_t tens = hf_rd_u8(r);

    return scaled(tens, hf_rd_be16(r));
}

/* -- Segments ------------------------------------------------------------------------ */

static enum hf_rc
read_frame(struct hf_rd *r, struct wsq *q)
{
    hf_rd_be16(r); /* black and white */
    q->h = hf_rd_be16(r);
    q->w = hf_rd_be16(r);
    q->shift = read_scaled16(r);
    q->scale = read_scaled16(r);
    hf_rd_u8(r);
    hf_rd_be16(r); /* encoder, its version */
    return HF_OK;
}

/*
 * The file holds the analysis filters, from the middle outwards: low, then high.
 * The synthesis filters are these with the sign of every second tap changed and
 * their roles exchanged.
 */
static void
read_filter(struct hf_rd *r, int taps, struct hf_wsq_filter *f)
{
    f->half = taps / 2;
    for (int k = 0; k <= f->half; k++) {
        uint8_t sign = hf_rd_u8(r), tens = hf_rd_u8(r);
        float   v = scaled(tens, hf_rd_be32(r));

        f->tap[k] = (sign != 0) != (k % 2 != 0) ? -v : v;
    }
}

static enum hf_rc
read_filters(struct hf_rd *r, struct wsq *q)
{
    int low = hf_rd_u8(r), high = hf_rd_u8(r);

    if (low % 2 == 0 || high % 2 == 0 || low > HF_WSQ_TAPS || high > HF_WSQ_TAPS)
        return hf_fail(HF_E_FORMAT, "WSQ: filters of %d and %d taps; odd ones up to %d are read",
                       low, high, HF_WSQ_TAPS);
    read_filter(r, low, &q->high);
    read_filter(r, high, &q->low);
    q->has_filters = true;
    return HF_OK;
}

static enum hf_rc
read_quantiser(struct hf_rd *r, struct wsq *q)
{
    q->centre = read_scaled16(r);
    for (int i = 0; i < QUANTISED; i++) {
        q->bin[i] = read_scaled16(r);
        q->zero_bin[i] = read_scaled16(r);
    }
    q->has_quantiser = true;
    return HF_OK;
}

static enum hf_rc
read_codes_table(struct hf_rd *r, struct wsq *q)
{
    unsigned      id = hf_rd_u8(r);
    struct codes *c = &q->codes[id < TABLES ? id : 0];
    uint32_t      code = 0;
    int           n = 0;

    if (id >= TABLES)
        return hf_fail(HF_E_FORMAT, "WSQ: code table %u, 0 to %d are defined", id, TABLES - 1);
    memset(c, 0, sizeof(*c));
    for (int l = 1; l <= CODE_BITS; l++) {
        c->count[l] = hf_rd_u8(r);
        c->first[l] = code;
        c->at[l] = n;
        n += c->count[l];
        code = (code + (uint32_t)c->count[l]) << 1;
        if (n > 256 || code > (uint32_t)2 << l)
            return hf_fail(HF_E_FORMAT, "WSQ: code table %u has more codes than there can be", id);
    }
    hf_rd_copy(r, c->value, (size_t)n);
    c->there = true;
    return HF_OK;
}

static enum hf_rc
read_codes(struct hf_rd *r, struct wsq *q)
{
    enum hf_rc rc = HF_OK;

    while (rc == HF_OK && r->rc == HF_OK && hf_rd_left(r) > 0)
        rc = read_codes_table(r, q);
    return rc;
}

/* NIST's comments say "PPI 500" on a line of their own. */
static enum hf_rc
read_comment(struct hf_rd *r, struct wsq *q)
{
    struct hf_bytes text = hf_rd_take(r, hf_rd_left(r));

    for (size_t i = 0; i + 4 < text.n; i++)
        if (memcmp(text.p + i, "PPI ", 4) == 0) {
            int v = 0;

            for (i += 4; i < text.n && text.p[i] >= '0' && text.p[i] <= '9' && v < 10000; i++)
                v = v * 10 + text.p[i] - '0';
            q->dpi = v >= HF_FINGER_DPI_MIN && v <= HF_FINGER_DPI_MAX ? v : 0;
        }
    return HF_OK;
}

static const struct {
    uint16_t    marker;
    const char *name;
    enum hf_rc (*read)(struct hf_rd *r, struct wsq *q);
} segments[] = {
    { FRAME, "frame header", read_frame },      { FILTERS, "filters", read_filters },
    { QUANTISER, "quantiser", read_quantiser }, { CODES, "code tables", read_codes },
    { COMMENT, "comment", read_comment },
};

/* -- Blocks -------------------------------------------------------------------------- */

struct bits {
    const uint8_t *p, *end;
    uint32_t       byte;
    int            left; /* bits of byte not taken yet */
    bool           over; /* a marker or the end of the file was met */
};

/* 0xFF is followed by 0 when it is data, by something else when it is a marker. */
static int
next_bit(struct bits *b)
{
    if (b->left == 0) {
        if (b->over || b->p == b->end || (*b->p == 0xFF && (b->p + 1 == b->end || b->p[1] != 0))) {
            b->over = true;
            return 0;
        }
        b->byte = *b->p;
        b->p += *b->p == 0xFF ? 2 : 1;
        b->left = 8;
    }
    return (int)(b->byte >> --b->left & 1);
}

static uint32_t
next_bits(struct bits *b, int n)
{
    uint32_t v = 0;

    while (n-- > 0)
        v = v << 1 | (uint32_t)next_bit(b);
    return v;
}

/* Symbol of the next code; -1 at the end of the block, -2 when there is no such code. */
static int
next_symbol(struct bits *b, const struct codes *c)
{
    uint32_t code = 0;

    for (int l = 1; l <= CODE_BITS; l++) {
        code = code << 1 | (uint32_t)next_bit(b);
        if (b->over)
            return -1;
        if (code >= c->first[l] && code - c->first[l] < (uint32_t)c->count[l])
            return c->value[c->at[l] + (int)(code - c->first[l])];
    }
    return -2;
}

/* Bands whose bin is 0 were not coded. */
static bool
skip_empty_bands(struct wsq *q)
{
    while (q->band < HF_WSQ_BANDS &&
           (q->bin[q->band] == 0 || q->tree.band[q->band].w * q->tree.band[q->band].h == 0))
        q->band++;
    return q->band < HF_WSQ_BANDS;
}

static bool
put_value(struct wsq *q, int v)
{
    const struct hf_wsq_rect *r;

    if (!skip_empty_bands(q))
        return false;
    r = &q->tree.band[q->band];
    if (v != 0) {
        float d = q->bin[q->band] * ((float)abs(v) - q->centre) + q->zero_bin[q->band] / 2;

        q->plane[(r->y + (int)(q->in_band / r->w)) * q->w + r->x + (int)(q->in_band % r->w)] =
            v < 0 ? -d : d;
    }
    if (++q->in_band == (int64_t)r->w * r->h) {
        q->in_band = 0;
        q->band++;
    }
    return true;
}

static bool
put_zeros(struct wsq *q, uint32_t n)
{
    while (n-- > 0)
        if (!put_value(q, 0))
            return false;
    return true;
}

/* What a symbol stands for: runs of zeros, small values, and values that follow in full. */
static bool
put_symbol(struct wsq *q, struct bits *b, int s)
{
    switch (s) {
    case 101:
        return put_value(q, (int)next_bits(b, 8));
    case 102:
        return put_value(q, -(int)next_bits(b, 8));
    case 103:
        return put_value(q, (int)next_bits(b, 16));
    case 104:
        return put_value(q, -(int)next_bits(b, 16));
    case 105:
        return put_zeros(q, next_bits(b, 8));
    case 106:
        return put_zeros(q, next_bits(b, 16));
    default:
        if (s >= 1 && s <= 100)
            return put_zeros(q, (uint32_t)s);
        return s >= 107 && s <= 254 && put_value(q, s - 180);
    }
}

static enum hf_rc
start_plane(struct wsq *q)
{
    struct hf_finger_image checked;
    enum hf_rc             rc;

    if (q->plane != NULL)
        return HF_OK;
    if (!q->has_quantiser || !q->has_filters || q->w == 0)
        return hf_fail(HF_E_FORMAT, "WSQ: data before frame header, filters and quantiser");
    if ((rc = hf_finger_image_new(q->w, q->h, &checked)) != HF_OK)
        return hf_because(rc, "WSQ");
    hf_finger_image_clear(&checked);
    hf_wsq_tree_make(&q->tree, q->w, q->h);
    q->plane = calloc((size_t)q->w * (size_t)q->h, sizeof(float));
    return q->plane != NULL ? HF_OK : hf_fail(HF_E_NOMEM, "WSQ of %d x %d pixels", q->w, q->h);
}

/* A block: header with the number of its code table, then codes up to the next marker. */
static enum hf_rc
read_block(struct hf_rd *r, struct wsq *q)
{
    unsigned    length = hf_rd_be16(r), id = hf_rd_u8(r);
    struct bits b = { .p = r->p, .end = r->end };
    enum hf_rc  rc;
    int         s = -1;

    if (r->rc != HF_OK || length != 3 || id >= TABLES || !q->codes[id].there)
        return hf_fail(HF_E_FORMAT, "WSQ: block names a code table that is not there");
    if ((rc = start_plane(q)) != HF_OK)
        return rc;
    while (skip_empty_bands(q) && (s = next_symbol(&b, &q->codes[id])) >= 0)
        if (!put_symbol(q, &b, s) || b.over)
            return hf_fail(HF_E_FORMAT, "WSQ: symbol %d is out of place in band %d", s, q->band);
    if (s == -2)
        return hf_fail(HF_E_FORMAT, "WSQ: no such code in band %d", q->band);
    while (b.p != b.end && (*b.p != 0xFF || b.p + 1 == b.end || b.p[1] == 0))
        b.p++; /* what is left before the next marker */
    hf_rd_take(r, (size_t)(b.p - r->p));
    return HF_OK;
}

/* -- The whole ------------------------------------------------------------------------ */

static enum hf_rc
read_segment(struct hf_rd *r, uint16_t marker, struct wsq *q)
{
    size_t       length = hf_rd_be16(r);
    struct hf_rd body = hf_rd_sub(r, length >= 2 ? length - 2 : 0);
    enum hf_rc   rc;

    if (r->rc != HF_OK || length < 2)
        return hf_fail(HF_E_SHORT, "WSQ: a segment ends early");
    for (size_t k = 0; k < HF_COUNT(segments); k++)
        if (segments[k].marker == marker) {
            if (marker == FRAME && q->plane != NULL)
                return hf_fail(HF_E_FORMAT, "WSQ: a second frame");
            if ((rc = segments[k].read(&body, q)) == HF_OK)
                rc = hf_rd_end(&body, segments[k].name);
            return rc == HF_OK ? HF_OK : hf_because(rc, "WSQ");
        }
    return HF_OK; /* not known: passed over, its length is known */
}

static enum hf_rc
read_all(struct hf_bytes in, struct wsq *q)
{
    struct hf_rd r = hf_rd(in);
    enum hf_rc   rc = HF_OK;

    if (hf_rd_be16(&r) != SOI)
        return hf_fail(HF_E_FORMAT, "WSQ: does not begin with FF A0");
    for (int n = 0; n < SEGMENTS_MAX && rc == HF_OK; n++) {
        uint16_t marker = hf_rd_be16(&r);

        if (r.rc != HF_OK)
            return hf_fail(HF_E_SHORT, "WSQ: ends without its end marker");
        if (marker == EOI)
            return q->plane != NULL && !skip_empty_bands(q)
                       ? HF_OK
                       : hf_fail(HF_E_SHORT, "WSQ: ends in band %d of %d", q->band, HF_WSQ_BANDS);
        rc = marker == BLOCK ? read_block(&r, q) : read_segment(&r, marker, q);
    }
    return rc != HF_OK ? rc : hf_fail(HF_E_TOOBIG, "WSQ: more than %d segments", SEGMENTS_MAX);
}

static enum hf_rc
to_image(const struct wsq *q, struct hf_finger_image *out)
{
    int        longer = q->w > q->h ? q->w : q->h;
    float     *line = malloc((size_t)longer * 2 * sizeof(float));
    enum hf_rc rc;

    if (line == NULL)
        return hf_fail(HF_E_NOMEM, "WSQ of %d x %d pixels", q->w, q->h);
    if ((rc = hf_finger_image_new(q->w, q->h, out)) == HF_OK) {
        hf_wsq_rebuild(&q->tree, &q->low, &q->high, q->plane, q->w, line);
        for (int i = 0; i < q->w * q->h; i++) {
            float v = q->plane[i] * q->scale + q->shift + 0.5F;

            out->grey[i] = v >= 255 ? 255 : v > 0 ? (uint8_t)v : 0;
        }
        out->dpi = q->dpi;
    }
    free(line);
    return rc;
}

enum hf_rc
hf_finger_wsq_read(struct hf_bytes in, struct hf_finger_image *out)
{
    struct wsq *q = calloc(1, sizeof(*q));
    enum hf_rc  rc;

    *out = (struct hf_finger_image){ 0 };
    if (q == NULL)
        return hf_fail(HF_E_NOMEM, "WSQ");
    if ((rc = read_all(in, q)) == HF_OK)
        rc = to_image(q, out);
    free(q->plane);
    free(q);
    return rc;
}
