/* picture.c - a canvas, strokes and digits on it, and PNG at the end. */
#include <math.h>
#include <openssl/crypto.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "identity/fingerprint/picture.h"

enum { ZOOM = 2, DET_SIDE = 480, DET_LEFT = 64, DET_TOP = 24, DECADES = 4 };

static const uint8_t red[3] = { 220, 30, 30 }, blue[3] = { 30, 60, 220 }, black[3] = { 0, 0, 0 },
                     pale[3] = { 215, 215, 215 }, green[3] = { 0, 130, 60 };

static enum hf_rc
canvas(int w, int h, struct hf_finger_picture *out)
{
    *out = (struct hf_finger_picture){ .w = w, .h = h };
    if ((out->rgb = malloc((size_t)w * (size_t)h * 3)) == NULL)
        return hf_fail(HF_E_NOMEM, "picture of %d x %d", w, h);
    memset(out->rgb, 255, (size_t)w * (size_t)h * 3);
    return HF_OK;
}

void
hf_finger_picture_clear(struct hf_finger_picture *p)
{
    if (p->rgb != NULL)
        OPENSSL_cleanse(p->rgb, (size_t)p->w * (size_t)p->h * 3);
    free(p->rgb);
    *p = (struct hf_finger_picture){ 0 };
}

static void
dot(struct hf_finger_picture *p, int x, int y, const uint8_t colour[3])
{
    if (x >= 0 && y >= 0 && x < p->w && y < p->h)
        memcpy(p->rgb + ((size_t)y * (size_t)p->w + (size_t)x) * 3, colour, 3);
}

static void
line(struct hf_finger_picture *p, float x0, float y0, float x1, float y1, int thick,
     const uint8_t colour[3])
{
    int n = 1 + (int)fmaxf(fabsf(x1 - x0), fabsf(y1 - y0));

    for (int i = 0; i <= n; i++)
        for (int k = 0; k < thick * thick; k++)
            dot(p, (int)(x0 + (x1 - x0) * (float)i / (float)n) + k % thick,
                (int)(y0 + (y1 - y0) * (float)i / (float)n) + k / thick, colour);
}

static void
circle(struct hf_finger_picture *p, float x, float y, float r, const uint8_t colour[3])
{
    for (int i = 0; i < 40; i++) {
        float a = (float)i * (float)M_PI / 20, b = (float)(i + 1) * (float)M_PI / 20;

        line(p, x + r * cosf(a), y + r * sinf(a), x + r * cosf(b), y + r * sinf(b), 2, colour);
    }
}

/* -- A print ---------------------------------------------------------------------- */

static bool
in_print(const struct hf_finger_grid *g, int x, int y)
{
    int column = (x - g->x0) / (g->step ? g->step : 1), row = (y - g->y0) / (g->step ? g->step : 1);

    return x >= g->x0 && y >= g->y0 && column < g->columns && row < g->rows &&
           g->cell[row * g->columns + column] != HF_FINGER_OUTSIDE;
}

static void
draw_minutia(struct hf_finger_picture *p, const struct hf_finger_minutia *m)
{
    const uint8_t *colour = m->kind == HF_FINGER_BIFURCATION ? blue : red;
    float          a = (float)m->angle * 2 * (float)M_PI / HF_FINGER_TURN;
    float          x = (float)m->x * ZOOM, y = (float)m->y * ZOOM;
    float          length = 8 + (float)m->quality / 6;

    circle(p, x, y, 5, colour);
    line(p, x + 5 * cosf(a), y - 5 * sinf(a), x + length * cosf(a), y - length * sinf(a),
         m->quality >= 60 ? 3 : 2, colour);
}

enum hf_rc
hf_finger_picture_print(const struct hf_finger_image *image, const struct hf_finger_template *t,
                        struct hf_finger_picture *out)
{
    struct hf_finger_image scaled = { 0 };
    enum hf_rc             rc;

    *out = (struct hf_finger_picture){ 0 };
    if ((rc = hf_finger_image_scale(image, &scaled)) != HF_OK)
        return rc;
    if ((rc = canvas(scaled.w * ZOOM, scaled.h * ZOOM, out)) == HF_OK) {
        for (int y = 0; y < out->h; y++)
            for (int x = 0; x < out->w; x++) {
                uint8_t g = scaled.grey[y / ZOOM * scaled.w + x / ZOOM];
                uint8_t c[3];

                g = in_print(&t->grid, x / ZOOM, y / ZOOM) ? g : (uint8_t)(191 + g / 4);
                memset(c, g, 3);
                dot(out, x, y, c);
            }
        for (int i = 0; i < t->n; i++)
            draw_minutia(out, &t->m[i]);
    }
    hf_finger_image_clear(&scaled);
    return rc;
}

/* -- Error curves ------------------------------------------------------------------ */

/* 3 x 5 dots, row by row from the top, three bits each. */
static const struct {
    char     c;
    uint16_t dots;
} glyphs[] = {
    { '0', 075557 }, { '1', 026227 }, { '.', 000002 }, { '%', 051245 }, { 'F', 074644 },
    { 'M', 057755 }, { 'N', 057775 }, { 'R', 065655 }, { 'E', 074647 },
};

static void
text(struct hf_finger_picture *p, int x, int y, const char *s)
{
    for (; *s != '\0'; s++, x += 8)
        for (size_t k = 0; k < HF_COUNT(glyphs); k++)
            for (int i = 0; glyphs[k].c == *s && i < 60; i++)
                if (glyphs[k].dots >> (14 - (i / 4 / 3 * 3 + i / 4 % 3)) & 1)
                    dot(p, x + i / 4 % 3 * 2 + i % 2, y + i / 4 / 3 * 2 + i % 4 / 2, black);
}

/* Position of a share on an axis: 0 at 0.01 %, DET_SIDE at 100 %. */
static float
place(double share)
{
    double v = log10(fmax(share, 1e-4)) + DECADES;

    return (float)(v * DET_SIDE / DECADES);
}

static void
axes(struct hf_finger_picture *p)
{
    static const char *const label[] = { "0.01%", "0.1%", "1%", "10%", "100%" };
    const int                bottom = DET_TOP + DET_SIDE;

    for (int k = 0; k <= DECADES; k++) {
        int at = k * DET_SIDE / DECADES;

        line(p, (float)(DET_LEFT + at), DET_TOP, (float)(DET_LEFT + at), (float)bottom, 1, pale);
        line(p, DET_LEFT, (float)(bottom - at), DET_LEFT + DET_SIDE, (float)(bottom - at), 1, pale);
        text(p, DET_LEFT + at - 12, bottom + 8, label[k]);
        text(p, 8, bottom - at - 4, label[k]);
    }
    line(p, DET_LEFT, (float)bottom, DET_LEFT + DET_SIDE, DET_TOP, 1, green);
    text(p, DET_LEFT + DET_SIDE / 2, bottom + 28, "FMR");
    text(p, 8, DET_TOP + DET_SIDE / 2 + 40, "FNMR");
}

enum hf_rc
hf_finger_picture_det(const struct hf_finger_scores *s, struct hf_finger_picture *out)
{
    enum hf_rc rc = canvas(DET_LEFT + DET_SIDE + 32, DET_TOP + DET_SIDE + 48, out);
    float      x0 = 0, y0 = 0;

    if (rc != HF_OK)
        return rc;
    axes(out);
    for (size_t i = 0; i < s->genuine_n + s->impostor_n; i++) {
        /* thresholds in rising order: first the impostor scores, then what is above them */
        float t = i < s->impostor_n ? s->impostor[i] : s->genuine[i - s->impostor_n];
        float x = DET_LEFT + place(hf_finger_fmr(s, t));
        float y = DET_TOP + DET_SIDE - place(hf_finger_fnmr(s, t));

        if (i >= s->impostor_n && t <= s->impostor[s->impostor_n - 1])
            continue;
        if (i > 0)
            line(out, x0, y0, x, y, 2, red);
        x0 = x;
        y0 = y;
    }
    return HF_OK;
}

/* -- PNG ---------------------------------------------------------------------------- */

static void
take_bytes(png_structp png, png_bytep from, size_t n)
{
    struct hf_wr *w = png_get_io_ptr(png);

    hf_wr_put(w, hf_bytes(from, n));
    if (w->rc != HF_OK)
        png_error(png, "no room");
}

static void
flush_nothing(png_structp png)
{
    (void)png;
}

enum hf_rc
hf_finger_picture_png(const struct hf_finger_picture *p, struct hf_wr *w)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop   info = png == NULL ? NULL : png_create_info_struct(png);

    if (info == NULL) {
        png_destroy_write_struct(&png, NULL);
        return hf_fail(HF_E_NOMEM, "PNG");
    }
    if (setjmp(png_jmpbuf(png)) != 0) {
        png_destroy_write_struct(&png, &info);
        return hf_fail(w->rc != HF_OK ? w->rc : HF_E_NOMEM, "PNG");
    }
    png_set_write_fn(png, w, take_bytes, flush_nothing);
    png_set_IHDR(png, info, (png_uint_32)p->w, (png_uint_32)p->h, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < p->h; y++)
        png_write_row(png, p->rgb + (size_t)y * (size_t)p->w * 3);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return HF_OK;
}
