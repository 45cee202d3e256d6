/* record.c - ISO/IEC 19794-2:2005 and ANSI INCITS 378-2004 records, read and written. */
#include <stdlib.h>
#include <string.h>

#include "identity/fingerprint/record.h"

enum {
    CM = 197, /* pixels a centimetre that stand for 500 dpi */
    CM_MIN = 99,
    CM_MAX = 400,
    ISO_HEADER = 24,
    ANSI_HEADER = 26,
    VIEW_HEADER = 4,
    MINUTIA = 6
};

/* -- Choosing ------------------------------------------------------------------- */

struct ranked {
    struct hf_finger_minutia m;
    int64_t                  distance2; /* from the centre of mass, times n squared */
};

static int
by_rank(const void *a, const void *b)
{
    const struct ranked *p = a, *q = b;

    if (p->m.quality != q->m.quality)
        return (int)q->m.quality - (int)p->m.quality;
    if (p->distance2 != q->distance2)
        return p->distance2 < q->distance2 ? -1 : 1;
    if (p->m.kind != q->m.kind)
        return (int)q->m.kind - (int)p->m.kind;
    if (p->m.angle != q->m.angle)
        return (int)p->m.angle - (int)q->m.angle;
    return p->m.y != q->m.y ? (int)p->m.y - (int)q->m.y : (int)p->m.x - (int)q->m.x;
}

int
hf_finger_pile_choose(struct hf_finger_pile *p, int most, struct hf_finger_minutia *out)
{
    struct ranked r[HF_FINGER_RECORD_MINUTIAE];
    int64_t       sx = 0, sy = 0;
    int           n = 0;

    for (int i = 0; i < p->n; i++) {
        sx += p->m[i].x;
        sy += p->m[i].y;
    }
    for (int i = 0; i < p->n; i++) {
        int64_t dx = (int64_t)p->m[i].x * p->n - sx, dy = (int64_t)p->m[i].y * p->n - sy;

        r[i] = (struct ranked){ .m = p->m[i], .distance2 = dx * dx + dy * dy };
    }
    qsort(r, (size_t)p->n, sizeof(r[0]), by_rank);
    for (int i = 0; i < p->n && n < most; i++) {
        bool again = false;

        for (int k = 0; k < n && !again; k++)
            again = out[k].x == r[i].m.x && out[k].y == r[i].m.y && out[k].angle == r[i].m.angle;
        if (!again)
            out[n++] = r[i].m;
    }
    return n;
}

/* -- Reading ---------------------------------------------------------------------- */

struct record {
    enum hf_finger_format format;
    uint32_t              length;
    uint16_t              w, h, cm_x, cm_y;
    int                   views;
    struct hf_rd          body;
};

bool
hf_finger_record_known(struct hf_bytes in)
{
    return in.n >= 4 && memcmp(in.p, "FMR", 4) == 0;
}

/*
 * The two differ from offset 8 on: ISO has a length of 4 bytes, ANSI one of 2
 * or, when these are 0, of 4 more. A short ANSI record has 26 or more there, a
 * short ISO record 0 and then 24 or more.
 */
static enum hf_finger_format
tell_apart(struct hf_bytes in)
{
    unsigned a = (unsigned)in.p[8] << 8 | in.p[9], b = (unsigned)in.p[10] << 8 | in.p[11];

    return a >= ANSI_HEADER || (a == 0 && b < ISO_HEADER) ? HF_FINGER_ANSI : HF_FINGER_ISO;
}

static void
read_header(struct hf_rd *r, struct record *rec)
{
    hf_rd_take(r, 8);
    rec->length = rec->format == HF_FINGER_ISO ? hf_rd_be32(r) : hf_rd_be16(r);
    if (rec->format == HF_FINGER_ANSI) {
        if (rec->length == 0)
            rec->length = hf_rd_be32(r);
        hf_rd_be32(r); /* CBEFF vendor and product */
    }
    hf_rd_be16(r); /* capture equipment */
    rec->w = hf_rd_be16(r);
    rec->h = hf_rd_be16(r);
    rec->cm_x = hf_rd_be16(r);
    rec->cm_y = hf_rd_be16(r);
    rec->views = hf_rd_u8(r);
    hf_rd_u8(r);
}

static enum hf_rc
check_header(struct hf_bytes in, const struct hf_rd *r, struct record *rec)
{
    size_t used = (size_t)(r->p - in.p);

    if (r->rc != HF_OK)
        return hf_fail(HF_E_SHORT, "minutiae record: header ends early");
    if (rec->length < used || rec->length > in.n)
        return hf_fail(HF_E_FORMAT, "minutiae record: length says %u, there are %zu bytes",
                       rec->length, in.n);
    if (rec->cm_x == 0 && rec->cm_y == 0)
        rec->cm_x = rec->cm_y = CM;
    if (rec->cm_x < CM_MIN || rec->cm_x > CM_MAX || rec->cm_y < CM_MIN || rec->cm_y > CM_MAX)
        return hf_fail(HF_E_FORMAT,
                       "minutiae record: resolution of %u x %u pixels a cm, not within %d..%d",
                       rec->cm_x, rec->cm_y, CM_MIN, CM_MAX);
    if (rec->views < 1 || rec->views > HF_FINGER_VIEWS)
        return hf_fail(HF_E_FORMAT, "minutiae record: %d finger views, 1 to %d are read",
                       rec->views, HF_FINGER_VIEWS);
    rec->body = hf_rd(hf_bytes(in.p + used, rec->length - used));
    return HF_OK;
}

static enum hf_rc
open_record(struct hf_bytes in, struct record *rec)
{
    struct hf_rd r = hf_rd(in);

    memset(rec, 0, sizeof(*rec));
    if (in.n < 12)
        return hf_fail(HF_E_SHORT, "minutiae record: %zu bytes", in.n);
    if (!hf_finger_record_known(in))
        return hf_fail(HF_E_FORMAT, "minutiae record: does not begin with FMR");
    if (memcmp(in.p + 4, " 20", 4) != 0)
        return hf_fail(HF_E_FORMAT,
                       "minutiae record: edition \"%.3s\"; ISO/IEC 19794-2:2005 and ANSI "
                       "378-2004, both \" 20\", are read",
                       (const char *)in.p + 4);
    rec->format = tell_apart(in);
    read_header(&r, rec);
    return check_header(in, &r, rec);
}

/* To 500 dpi. An x or y that is just past the image is drawn in, others do not count. */
static bool
place(unsigned v, unsigned size, unsigned cm, uint16_t *out)
{
    if (size != 0 && v > size)
        return false;
    v = size != 0 && v == size ? size - 1 : v;
    v = (v * CM + cm / 2) / cm;
    *out = (uint16_t)v;
    return v < HF_FINGER_SPAN;
}

static enum hf_rc
read_minutia(struct hf_rd *r, const struct record *rec, struct hf_finger_pile *pile)
{
    struct hf_finger_minutia m = { 0 };
    uint16_t                 x = hf_rd_be16(r), y = hf_rd_be16(r);
    uint8_t                  angle = hf_rd_u8(r), quality = hf_rd_u8(r);

    if (rec->format == HF_FINGER_ANSI && angle > 179)
        return hf_fail(HF_E_FORMAT, "minutiae record: angle of %u units of 2 degrees", angle);
    m.angle =
        (uint16_t)(rec->format == HF_FINGER_ISO ? angle * 16 : (angle * HF_FINGER_TURN + 90) / 180);
    m.angle &= HF_FINGER_TURN - 1;
    m.kind = (uint8_t)(x >> 14 <= HF_FINGER_BIFURCATION ? x >> 14 : HF_FINGER_OTHER);
    m.quality = quality <= 100 ? quality : 0;
    if (r->rc == HF_OK && place(x & 0x3FFF, rec->w, rec->cm_x, &m.x) &&
        place(y & 0x3FFF, rec->h, rec->cm_y, &m.y))
        pile->m[pile->n++] = m;
    return HF_OK;
}

static enum hf_rc
read_view(struct record *rec, struct hf_finger_template *t)
{
    struct hf_rd         *r = &rec->body;
    struct hf_finger_pile pile = { 0 };
    enum hf_rc            rc = HF_OK;
    int                   n;

    memset(t, 0, sizeof(*t));
    t->finger = hf_rd_u8(r);
    hf_rd_u8(r); /* view number and kind of impression */
    t->quality = hf_rd_u8(r);
    n = hf_rd_u8(r);
    if (t->finger > 10)
        return hf_fail(HF_E_FORMAT, "minutiae record: finger %u, 0 to 10 are defined", t->finger);
    t->quality = t->quality > 100 ? 0 : t->quality;
    for (int i = 0; i < n && rc == HF_OK; i++)
        rc = read_minutia(r, rec, &pile);
    hf_rd_take(r, hf_rd_be16(r)); /* extended data */
    if (rc != HF_OK)
        return rc;
    if (r->rc != HF_OK)
        return hf_fail(HF_E_SHORT, "minutiae record: a view of %d minutiae ends early", n);
    t->width = (uint16_t)((rec->w * CM + rec->cm_x / 2) / rec->cm_x);
    t->height = (uint16_t)((rec->h * CM + rec->cm_y / 2) / rec->cm_y);
    t->n = (uint8_t)hf_finger_pile_choose(&pile, HF_FINGER_MINUTIAE, t->m);
    return HF_OK;
}

enum hf_rc
hf_finger_record_read(struct hf_bytes in, int view, struct hf_finger_template *t, int *views)
{
    struct record rec;
    enum hf_rc    rc;

    memset(t, 0, sizeof(*t));
    if ((rc = open_record(in, &rec)) != HF_OK)
        return rc;
    if (view < 0 || view >= rec.views)
        return hf_fail(HF_E_ABSENT, "minutiae record: view %d of %d", view, rec.views);
    for (int i = 0; i <= view; i++)
        if ((rc = read_view(&rec, t)) != HF_OK) {
            hf_finger_template_clear(t);
            return rc;
        }
    if (views != NULL)
        *views = rec.views;
    return HF_OK;
}

/* -- Writing ---------------------------------------------------------------------- */

static void
write_minutia(const struct hf_finger_minutia *m, enum hf_finger_format format, struct hf_wr *w)
{
    unsigned angle = format == HF_FINGER_ISO
                         ? (m->angle + 8U) / 16 % 256
                         : (m->angle * 180U + HF_FINGER_TURN / 2) / HF_FINGER_TURN % 180;

    hf_wr_be16(w, (uint16_t)((unsigned)m->kind << 14 | m->x));
    hf_wr_be16(w, m->y);
    hf_wr_u8(w, (uint8_t)angle);
    hf_wr_u8(w, m->quality);
}

enum hf_rc
hf_finger_record_write(const struct hf_finger_template *t, enum hf_finger_format format,
                       struct hf_wr *w)
{
    size_t header = format == HF_FINGER_ISO ? ISO_HEADER : ANSI_HEADER;
    size_t length = header + VIEW_HEADER + (size_t)t->n * MINUTIA + 2;

    hf_wr_put(w, hf_bytes("FMR\0 20", 8));
    if (format == HF_FINGER_ISO) {
        hf_wr_be32(w, (uint32_t)length);
    } else {
        hf_wr_be16(w, (uint16_t)length);
        hf_wr_be32(w, 0); /* vendor and product: not registered */
    }
    hf_wr_be16(w, 0); /* capture equipment: not known */
    hf_wr_be16(w, t->width);
    hf_wr_be16(w, t->height);
    hf_wr_be16(w, CM);
    hf_wr_be16(w, CM);
    hf_wr_be16(w, 1 << 8); /* one view; reserved */
    hf_wr_u8(w, t->finger);
    hf_wr_u8(w, 0); /* first view, live plain */
    hf_wr_u8(w, t->quality);
    hf_wr_u8(w, t->n);
    for (int i = 0; i < t->n; i++)
        write_minutia(&t->m[i], format, w);
    hf_wr_be16(w, 0);
    return w->rc == HF_OK ? HF_OK : hf_fail(w->rc, "minutiae record");
}
