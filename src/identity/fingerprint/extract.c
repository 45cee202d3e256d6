/* extract.c - the order of work, and the judgement of a print. */
#include <math.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "identity/fingerprint/extract.h"
#include "identity/fingerprint/field.h"
#include "identity/fingerprint/minutiae.h"
#include "identity/fingerprint/print.h"
#include "identity/fingerprint/ridge.h"

#define B HF_PRINT_BLOCK

enum { PLANES = 3, MAPS = 5, SCRATCH = 6 };

#define RIDGE_FIRST 0.06F /* share of power kept by the filter: directions are still rough */
#define RIDGE_SECOND 0.10F
#define MM2_BLOCK (0.4064F * 0.4064F)

static size_t
memory_size(const struct hf_print *p, size_t *plane)
{
    size_t blocks = (size_t)p->bw * (size_t)p->bh;

    *plane = (size_t)p->stride * (size_t)(p->h + 2 * HF_PRINT_PAD);
    return (*plane * PLANES + blocks * (MAPS + SCRATCH)) * sizeof(float) + blocks * (2 + 4);
}

static enum hf_rc
print_open(struct hf_print *p, int w, int h)
{
    float **planes[PLANES] = { &p->norm, &p->re, &p->im };
    float **maps[MAPS] = { &p->cos2, &p->sin2, &p->period, &p->power, &p->ridge };
    size_t  plane, blocks;
    float  *at;

    *p = (struct hf_print){ .w = w, .h = h, .bw = w / B, .bh = h / B };
    p->stride = w + 2 * HF_PRINT_PAD;
    p->size = memory_size(p, &plane);
    blocks = (size_t)p->bw * (size_t)p->bh;
    if ((p->memory = calloc(1, p->size)) == NULL)
        return hf_fail(HF_E_NOMEM, "fingerprint image of %d x %d", w, h);
    at = p->memory;
    for (int i = 0; i < PLANES; i++, at += plane)
        *planes[i] = at + HF_PRINT_PAD * p->stride + HF_PRINT_PAD;
    for (int i = 0; i < MAPS; i++, at += blocks)
        *maps[i] = at;
    p->tmp = at;
    p->mask = (uint8_t *)(at + SCRATCH * blocks);
    p->coarse = p->mask + blocks;
    p->turn = p->coarse + blocks;
    return HF_OK;
}

static void
print_close(struct hf_print *p)
{
    if (p->memory != NULL)
        OPENSSL_cleanse(p->memory, p->size);
    free(p->memory);
    p->memory = NULL;
}

/* The image with sides brought to whole blocks; the last row and column are repeated. */
static uint8_t *
whole_blocks(const struct hf_finger_image *in, int w, int h)
{
    uint8_t *grey = malloc((size_t)w * (size_t)h);

    for (int y = 0; grey != NULL && y < h; y++)
        for (int x = 0; x < w; x++)
            grey[y * w + x] =
                in->grey[(y < in->h ? y : in->h - 1) * in->w + (x < in->w ? x : in->w - 1)];
    return grey;
}

/*
 * Directions from the image are rough; the filter that they steer gives a clean
 * image, whose directions steer the filter a second time.
 */
static enum hf_rc
follow_ridges(struct hf_print *p, const uint8_t *grey)
{
    hf_field_level(p, grey);
    hf_field_direction(p, p->norm, 1.2F, 3.0F, 0.3F);
    hf_field_period(p);
    if (!hf_ridge_filter(p, true))
        return hf_fail(HF_E_NOMEM, "fingerprint filter");
    hf_field_mask(p, RIDGE_FIRST);
    hf_field_direction(p, p->re, 1.0F, 2.5F, 0.2F);
    if (!hf_ridge_filter(p, false))
        return hf_fail(HF_E_NOMEM, "fingerprint filter");
    hf_field_mask(p, RIDGE_SECOND);
    return HF_OK;
}

/* -- The orientation grid ------------------------------------------------------ */

static uint8_t
grid_cell(const struct hf_print *p, float x, float y)
{
    int   bx = (int)x / B, by = (int)y / B, v;
    float c, s;

    if (bx >= p->bw || by >= p->bh || !p->mask[by * p->bw + bx])
        return HF_FINGER_OUTSIDE;
    c = hf_field_at(p, p->cos2, x, y);
    s = hf_field_at(p, p->sin2, x, y);
    if (s * s + c * c < 0.05F)
        return HF_FINGER_INSIDE;
    v = (int)lrintf(90 - 0.5F * atan2f(s, c) * 180 / (float)M_PI); /* along, y up */
    return (uint8_t)((v % 180 + 180) % 180);
}

static void
fill_grid(const struct hf_print *p, struct hf_finger_grid *g)
{
    int x0 = p->bw, y0 = p->bh, x1 = -1, y1 = -1, step = 16, columns, rows;

    for (int i = 0; i < p->bw * p->bh; i++)
        if (p->mask[i]) {
            x0 = i % p->bw < x0 ? i % p->bw : x0;
            x1 = i % p->bw > x1 ? i % p->bw : x1;
            y0 = i / p->bw < y0 ? i / p->bw : y0;
            y1 = i / p->bw > y1 ? i / p->bw : y1;
        }
    if (x1 < 0)
        return;
    for (;; step += 4) {
        columns = ((x1 - x0 + 1) * B + step - 1) / step;
        rows = ((y1 - y0 + 1) * B + step - 1) / step;
        if (columns <= 255 && rows <= 255 && columns * rows <= HF_FINGER_CELLS)
            break;
    }
    *g = (struct hf_finger_grid){ .x0 = (uint16_t)(x0 * B),
                                  .y0 = (uint16_t)(y0 * B),
                                  .step = (uint16_t)step,
                                  .columns = (uint8_t)columns,
                                  .rows = (uint8_t)rows };
    for (int k = 0; k < columns * rows; k++)
        g->cell[k] = grid_cell(p, (float)(x0 * B) + ((float)(k % columns) + 0.5F) * (float)step,
                               (float)(y0 * B) + ((float)(k / columns) + 0.5F) * (float)step);
}

/* -- Judgement ------------------------------------------------------------------ */

static float
part(float v, float zero, float one)
{
    return fminf(fmaxf((v - zero) / (one - zero), 0), 1);
}

/* Share of the print's pixels that are darker than their surroundings. */
static float
dark_share(const struct hf_print *p)
{
    int dark = 0, all = 1;

    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++)
            if (p->mask[y / B * p->bw + x / B]) {
                dark += p->norm[y * p->stride + x] < 0;
                all++;
            }
    return (float)dark / (float)all;
}

static void
judge(const struct hf_print *p, const struct hf_finger_template *t, struct hf_finger_report *r)
{
    float blocks = 0, clarity = 0;

    *r = (struct hf_finger_report){ 0 };
    for (int i = 0; i < p->bw * p->bh; i++)
        if (p->mask[i]) {
            blocks++;
            clarity += sqrtf(fminf(p->ridge[i], 1));
        }
    r->area_mm2 = blocks * MM2_BLOCK;
    r->clarity = blocks > 0 ? clarity / blocks : 0;
    r->dark = dark_share(p);
    for (int i = 0; i < t->n; i++)
        r->reliable += (float)t->m[i].quality / 100;
    r->quality = (int)lrintf(100 * cbrtf(part(r->area_mm2, 0, 120) * part(r->clarity, 0.2F, 0.65F) *
                                         part(r->reliable, 2, 24)));
    r->advice = (r->area_mm2 < 80 ? HF_FINGER_TOO_SMALL : 0U) |
                (r->clarity < 0.45F && r->dark < 0.46F ? HF_FINGER_TOO_DRY : 0U) |
                (r->clarity < 0.45F && r->dark > 0.54F ? HF_FINGER_TOO_WET : 0U) |
                (r->clarity < 0.4F ? HF_FINGER_UNCLEAR : 0U) |
                (r->reliable < 10 ? HF_FINGER_FEW : 0U);
}

const char *
hf_finger_advice_text(int bit)
{
    static const char *const text[] = {
        "too small an area: put the middle of the finger on the sensor",
        "too dry: moisten the finger or press harder",
        "too wet: wipe finger and sensor or press less",
        "unclear: hold still, clean the sensor, or take another finger",
        "few features: take another finger",
    };

    return bit >= 0 && bit < (int)HF_COUNT(text) ? text[bit] : NULL;
}

static enum hf_rc
extract(const struct hf_finger_image *image, struct hf_finger_template *t,
        struct hf_finger_report *report)
{
    int             w = (image->w + B - 1) / B * B, h = (image->h + B - 1) / B * B;
    struct hf_print p = { 0 };
    uint8_t        *grey = whole_blocks(image, w, h);
    enum hf_rc      rc = HF_OK;

    if (grey == NULL)
        rc = hf_fail(HF_E_NOMEM, "fingerprint image of %d x %d", w, h);
    if (rc == HF_OK && (rc = print_open(&p, w, h)) == HF_OK &&
        (rc = follow_ridges(&p, grey)) == HF_OK) {
        t->width = (uint16_t)image->w;
        t->height = (uint16_t)image->h;
        hf_minutiae_find(&p, t);
        fill_grid(&p, &t->grid);
        judge(&p, t, report);
        t->quality = (uint8_t)report->quality;
        if (report->area_mm2 < HF_FINGER_AREA_MIN)
            rc = hf_fail(HF_E_ABSENT, "no fingerprint in the image: %.0f mm2 of ridges, %d needed",
                         (double)report->area_mm2, HF_FINGER_AREA_MIN);
    }
    if (grey != NULL)
        OPENSSL_cleanse(grey, (size_t)w * (size_t)h);
    free(grey);
    print_close(&p);
    return rc;
}

enum hf_rc
hf_finger_extract(const struct hf_finger_image *image, struct hf_finger_template *t,
                  struct hf_finger_report *report)
{
    struct hf_finger_report own;
    struct hf_finger_image  scaled = { 0 };
    enum hf_rc              rc;

    memset(t, 0, sizeof(*t));
    if ((rc = hf_finger_image_scale(image, &scaled)) != HF_OK)
        return rc;
    if ((rc = extract(&scaled, t, report != NULL ? report : &own)) != HF_OK)
        hf_finger_template_clear(t);
    hf_finger_image_clear(&scaled);
    return rc;
}
