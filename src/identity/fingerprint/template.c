/* template.c - the stored form of a template, read and written side by side. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "identity/fingerprint/template.h"

enum { VERSION = 1, BUILD = 1, HEADER = 16, GRID_HEADER = 8, MINUTIA = 6, CRC = 4, HAS_GRID = 1 };

static uint32_t
checksum(const uint8_t *p, size_t n)
{
    return (uint32_t)crc32(0, p, (uInt)n);
}

/* x 12 bits, y 12 bits, angle 12 bits, kind 2 bits, quality 7 bits, 3 bits spare. */
static void
write_minutia(const struct hf_finger_minutia *m, struct hf_wr *w)
{
    uint64_t v = (uint64_t)(m->x & 0xFFF) << 36 | (uint64_t)(m->y & 0xFFF) << 24 |
                 (uint64_t)(m->angle & 0xFFF) << 12 | (uint64_t)(m->kind & 3) << 10 |
                 (uint64_t)(m->quality & 0x7F) << 3;

    hf_wr_be16(w, (uint16_t)(v >> 32));
    hf_wr_be32(w, (uint32_t)v);
}

static void
read_minutia(struct hf_rd *r, struct hf_finger_minutia *m)
{
    uint64_t v = (uint64_t)hf_rd_be16(r) << 32;

    v |= hf_rd_be32(r);
    m->x = (uint16_t)(v >> 36 & 0xFFF);
    m->y = (uint16_t)(v >> 24 & 0xFFF);
    m->angle = (uint16_t)(v >> 12 & 0xFFF);
    m->kind = (uint8_t)(v >> 10 & 3);
    m->quality = (uint8_t)(v >> 3 & 0x7F);
    if (m->kind > HF_FINGER_BIFURCATION || m->quality > 100 || (v & 7) != 0)
        hf_rd_reject(r, HF_E_FORMAT);
}

static void
write_grid(const struct hf_finger_grid *g, struct hf_wr *w)
{
    hf_wr_be16(w, g->x0);
    hf_wr_be16(w, g->y0);
    hf_wr_be16(w, g->step);
    hf_wr_u8(w, g->columns);
    hf_wr_u8(w, g->rows);
    hf_wr_put(w, hf_bytes(g->cell, (size_t)g->columns * g->rows));
}

static bool
grid_is_sound(const struct hf_finger_grid *g)
{
    return g->columns != 0 && g->rows != 0 && g->columns * g->rows <= HF_FINGER_CELLS &&
           g->step >= 8 && g->step <= 256 && g->x0 < HF_FINGER_SPAN && g->y0 < HF_FINGER_SPAN;
}

static void
read_grid(struct hf_rd *r, struct hf_finger_grid *g)
{
    g->x0 = hf_rd_be16(r);
    g->y0 = hf_rd_be16(r);
    g->step = hf_rd_be16(r);
    g->columns = hf_rd_u8(r);
    g->rows = hf_rd_u8(r);
    if (!grid_is_sound(g)) {
        hf_rd_reject(r, HF_E_FORMAT);
        return;
    }
    hf_rd_copy(r, g->cell, (size_t)g->columns * g->rows);
    for (int i = 0; i < g->columns * g->rows; i++)
        if (g->cell[i] >= 180 && g->cell[i] < HF_FINGER_INSIDE)
            hf_rd_reject(r, HF_E_FORMAT);
}

enum hf_rc
hf_finger_template_pack(const struct hf_finger_template *t, size_t most, struct hf_wr *w)
{
    int    cells = t->grid.columns * t->grid.rows, n = t->n;
    size_t start = w->n, room = most - HEADER - CRC;

    if (cells > 0)
        room -= GRID_HEADER + (size_t)cells;
    if ((size_t)n > room / MINUTIA)
        n = (int)(room / MINUTIA);
    hf_wr_str(w, "HFP1");
    hf_wr_be16(w, VERSION);
    hf_wr_be16(w, BUILD);
    hf_wr_u8(w, t->finger);
    hf_wr_u8(w, t->quality);
    hf_wr_be16(w, t->width);
    hf_wr_be16(w, t->height);
    hf_wr_u8(w, (uint8_t)n);
    hf_wr_u8(w, cells > 0 ? HAS_GRID : 0);
    for (int i = 0; i < n; i++)
        write_minutia(&t->m[i], w);
    if (cells > 0)
        write_grid(&t->grid, w);
    if (w->rc == HF_OK)
        hf_wr_be32(w, checksum(w->p + start, w->n - start));
    return w->rc == HF_OK ? HF_OK : hf_fail(w->rc, "fingerprint template");
}

enum hf_rc
hf_finger_template_write(const struct hf_finger_template *t, struct hf_wr *w)
{
    return hf_finger_template_pack(t, HF_FINGER_STORED_MAX, w);
}

void
hf_finger_template_place(const uint8_t *stored, int k, unsigned *x, unsigned *y)
{
    const uint8_t *m = stored + HEADER + k * MINUTIA;

    *x = (unsigned)m[0] << 4 | m[1] >> 4;
    *y = (unsigned)(m[1] & 15) << 8 | m[2];
}

static void
read_body(struct hf_rd *r, struct hf_finger_template *t)
{
    uint16_t version, n;
    uint8_t  flags;

    hf_rd_take(r, 4);
    version = hf_rd_be16(r);
    hf_rd_be16(r); /* build of the extractor: information */
    t->finger = hf_rd_u8(r);
    t->quality = hf_rd_u8(r);
    t->width = hf_rd_be16(r);
    t->height = hf_rd_be16(r);
    n = hf_rd_u8(r);
    flags = hf_rd_u8(r);
    if (version != VERSION || t->finger > 10 || t->quality > 100 || n > HF_FINGER_MINUTIAE ||
        (flags & ~HAS_GRID) != 0) {
        hf_rd_reject(r, HF_E_FORMAT);
        return;
    }
    for (int i = 0; i < n; i++)
        read_minutia(r, &t->m[i]);
    t->n = (uint8_t)n;
    if (flags & HAS_GRID)
        read_grid(r, &t->grid);
}

enum hf_rc
hf_finger_template_read(struct hf_bytes in, struct hf_finger_template *t)
{
    struct hf_rd r;
    enum hf_rc   rc;
    uint32_t     sum;

    memset(t, 0, sizeof(*t));
    if (in.n < HEADER + CRC)
        return hf_fail(HF_E_SHORT, "fingerprint template: %zu bytes", in.n);
    if (memcmp(in.p, "HFP1", 4) != 0)
        return hf_fail(HF_E_FORMAT, "fingerprint template: does not begin with HFP1");
    r = hf_rd(hf_bytes(in.p + in.n - CRC, CRC));
    sum = hf_rd_be32(&r);
    if (sum != checksum(in.p, in.n - CRC))
        return hf_fail(HF_E_FORMAT, "fingerprint template: checksum does not agree");
    r = hf_rd(hf_bytes(in.p, in.n - CRC));
    read_body(&r, t);
    if ((rc = hf_rd_end(&r, "fingerprint template")) != HF_OK)
        hf_finger_template_clear(t);
    return rc;
}

static int
better(const void *a, const void *b)
{
    const struct hf_finger_minutia *p = a, *q = b;

    if (p->quality != q->quality)
        return (int)q->quality - (int)p->quality;
    if (p->y != q->y)
        return (int)p->y - (int)q->y;
    if (p->x != q->x)
        return (int)p->x - (int)q->x;
    return (int)p->angle - (int)q->angle;
}

void
hf_finger_template_sort(struct hf_finger_template *t)
{
    qsort(t->m, t->n, sizeof(t->m[0]), better);
}

/* The smallest cell side, in steps of 8 from 16, that covers the box with the cells there are. */
static void
fit_grid(struct hf_finger_grid *g, int x0, int y0, int x1, int y1)
{
    int step = 16, columns, rows;

    for (;; step += 8) {
        columns = (x1 - x0) / step + 1;
        rows = (y1 - y0) / step + 1;
        if (columns <= 255 && rows <= 255 && columns * rows <= HF_FINGER_CELLS)
            break;
    }
    g->x0 = (uint16_t)x0;
    g->y0 = (uint16_t)y0;
    g->step = (uint16_t)step;
    g->columns = (uint8_t)columns;
    g->rows = (uint8_t)rows;
}

/* A minutia makes the print reach 1.6 mm around it: seldom are two further apart than twice that.
 */
void
hf_finger_template_extent(struct hf_finger_template *t)
{
    enum { REACH = 32 };
    struct hf_finger_grid *g = &t->grid;
    int                    x0 = HF_FINGER_SPAN, y0 = HF_FINGER_SPAN, x1 = 0, y1 = 0;

    if (g->columns != 0 || t->n == 0)
        return;
    for (int i = 0; i < t->n; i++) {
        x0 = t->m[i].x < x0 ? t->m[i].x : x0;
        y0 = t->m[i].y < y0 ? t->m[i].y : y0;
        x1 = t->m[i].x > x1 ? t->m[i].x : x1;
        y1 = t->m[i].y > y1 ? t->m[i].y : y1;
    }
    fit_grid(g, x0 > REACH ? x0 - REACH : 0, y0 > REACH ? y0 - REACH : 0, x1 + REACH, y1 + REACH);
    for (int k = 0; k < g->columns * g->rows; k++) {
        int cx = g->x0 + (k % g->columns) * g->step + g->step / 2;
        int cy = g->y0 + (k / g->columns) * g->step + g->step / 2;

        g->cell[k] = HF_FINGER_OUTSIDE;
        for (int i = 0; i < t->n && g->cell[k] == HF_FINGER_OUTSIDE; i++) {
            int dx = cx - t->m[i].x, dy = cy - t->m[i].y;

            if (dx * dx + dy * dy < (REACH + g->step / 2) * (REACH + g->step / 2))
                g->cell[k] = HF_FINGER_INSIDE;
        }
    }
}

void
hf_finger_template_clear(struct hf_finger_template *t)
{
    OPENSSL_cleanse(t, sizeof(*t));
}
