/*
 * test_finger_wsq.c - the WSQ decoder against an encoder written here from the
 * definition of the transform: analysis filters applied sample by sample.
 */
#include <math.h>
#include <stdlib.h>

#include "identity/fingerprint/finger.h"
#include "identity/fingerprint/wsq.h"
#include "unit/t.h"

/* The 9/7 filters, from the middle outwards. */
static const float low[] = { 0.85269867900940344F, 0.37740285561265380F, -0.11062440441842342F,
                             -0.02384946501938000F, 0.03782845550699546F };
static const float high[] = { 0.78848561640566439F, -0.41809227322221221F, -0.04068941760955844F,
                              0.06453888262893845F };

static int
mirror(int i, int n)
{
    i = i < 0 ? -i : i;
    return i < n ? i : 2 * (n - 1) - i;
}

static float
at_place(const float *v, int n, int i, const float *tap, int half)
{
    float s = tap[0] * v[i];

    for (int k = 1; k <= half; k++)
        s += tap[k] * (v[mirror(i - k, n)] + v[mirror(i + k, n)]);
    return s;
}

static void
split(float *v, int n, int apart, bool turned)
{
    float *in = malloc((size_t)n * sizeof(*in));
    int    lows = (n + 1) / 2, highs = n / 2;

    for (int i = 0; i < n; i++)
        in[i] = v[i * apart];
    for (int i = 0; i < n; i++) {
        int to = i % 2 == 0 ? (turned ? highs : 0) + i / 2 : (turned ? 0 : lows) + i / 2;

        v[to * apart] = i % 2 == 0 ? at_place(in, n, i, low, 4) : at_place(in, n, i, high, 3);
    }
    free(in);
}

static void
analyse(const struct hf_wsq_tree *t, float *plane, int w)
{
    for (int k = 0; k < HF_WSQ_NODES; k++) {
        struct hf_wsq_rect r = t->node[k];
        float             *at = plane + r.y * w + r.x;

        for (int y = 0; y < r.h; y++)
            split(at + y * w, r.w, 1, t->turn_x[k]);
        for (int x = 0; x < r.w; x++)
            split(at + x, r.h, w, t->turn_y[k]);
    }
}

/* -- Writing a file ------------------------------------------------------------------ */

static void
scaled(struct hf_wr *w, double v, int tens, int width)
{
    uint32_t m = (uint32_t)lrint(v * pow(10, tens));

    hf_wr_u8(w, (uint8_t)tens);
    if (width == 2)
        hf_wr_be16(w, (uint16_t)m);
    else
        hf_wr_be32(w, m);
}

static void
write_filters(struct hf_wr *w)
{
    hf_wr_be16(w, 0xFFA4);
    hf_wr_be16(w, 2 + 2 + 9 * 6);
    hf_wr_u8(w, 9);
    hf_wr_u8(w, 7);
    for (int k = 0; k < 9; k++) {
        float v = k < 5 ? low[k] : high[k - 5];

        hf_wr_u8(w, v < 0);
        scaled(w, fabs((double)v), 9, 4);
    }
}

static void
write_head(struct hf_wr *w, int width, int height, double bin)
{
    hf_wr_be16(w, 0xFFA0);
    hf_wr_be16(w, 0xFFA8);
    hf_wr_be16(w, 2 + 15);
    hf_wr_str(w, "NIST_C\nPPI 500\n");
    write_filters(w);
    hf_wr_be16(w, 0xFFA5);
    hf_wr_be16(w, 2 + 3 + 64 * 6);
    scaled(w, 0.44, 2, 2);
    for (int i = 0; i < 64; i++) {
        scaled(w, i < 60 && i != 59 ? bin : 0, 3, 2); /* one band is left out */
        scaled(w, bin * 1.2, 3, 2);
    }
    hf_wr_be16(w, 0xFFA2);
    hf_wr_be16(w, 2 + 15);
    hf_wr_be16(w, 255);
    hf_wr_be16(w, (uint16_t)height);
    hf_wr_be16(w, (uint16_t)width);
    scaled(w, 128, 0, 2);
    scaled(w, 0.5, 1, 2);
    hf_wr_u8(w, 2);
    hf_wr_be16(w, 0);
    hf_wr_be16(w, 0xFFA6); /* symbols 1 to 254, eight bits each */
    hf_wr_be16(w, 2 + 1 + 16 + 254);
    hf_wr_u8(w, 3);
    for (int l = 1; l <= 16; l++)
        hf_wr_u8(w, l == 8 ? 254 : 0);
    for (int s = 1; s <= 254; s++)
        hf_wr_u8(w, (uint8_t)s);
}

static void
data_byte(struct hf_wr *w, unsigned v)
{
    hf_wr_u8(w, (uint8_t)v);
    if (v == 0xFF)
        hf_wr_u8(w, 0);
}

static void
write_zeros(struct hf_wr *w, int n)
{
    if (n > 255) {
        data_byte(w, 106 - 1);
        data_byte(w, (unsigned)n >> 8);
        data_byte(w, (unsigned)n & 255);
    } else if (n > 100) {
        data_byte(w, 105 - 1);
        data_byte(w, (unsigned)n);
    } else if (n > 0) {
        data_byte(w, (unsigned)n - 1);
    }
}

static void
write_value(struct hf_wr *w, int v)
{
    if (v >= -73 && v <= 74) {
        data_byte(w, (unsigned)(v + 180 - 1));
    } else if (abs(v) < 256) {
        data_byte(w, v > 0 ? 101 - 1 : 102 - 1);
        data_byte(w, (unsigned)abs(v));
    } else {
        data_byte(w, v > 0 ? 103 - 1 : 104 - 1);
        data_byte(w, (unsigned)abs(v) >> 8);
        data_byte(w, (unsigned)abs(v) & 255);
    }
}

static void
write_band(struct hf_wr *w, const struct hf_wsq_rect *r, const float *plane, int width, double bin,
           int *zeros)
{
    for (int y = r->y; y < r->y + r->h; y++)
        for (int x = r->x; x < r->x + r->w; x++) {
            double v = (double)plane[y * width + x], half = bin * 1.2 / 2;
            int    q = v > half    ? (int)((v - half) / bin) + 1
                       : v < -half ? (int)((v + half) / bin) - 1
                                   : 0;

            if (q == 0 && *zeros < 60000) {
                (*zeros)++;
                continue;
            }
            write_zeros(w, *zeros);
            *zeros = 0;
            write_value(w, q);
        }
}

static void
encode(const struct hf_finger_image *i, double bin, struct hf_wr *w)
{
    static const int   ends[] = { 18, 51, 59 };
    struct hf_wsq_tree t;
    float             *plane = malloc((size_t)i->w * (size_t)i->h * sizeof(*plane));
    int                band = 0;

    hf_wsq_tree_make(&t, i->w, i->h);
    for (int k = 0; k < i->w * i->h; k++)
        plane[k] = ((float)i->grey[k] - 128) / 0.5F;
    analyse(&t, plane, i->w);
    write_head(w, i->w, i->h, bin);
    for (int b = 0; b < 3; b++) {
        int zeros = 0;

        hf_wr_be16(w, 0xFFA3);
        hf_wr_be16(w, 3);
        hf_wr_u8(w, 3);
        for (; band <= ends[b]; band++)
            if (band != 59)
                write_band(w, &t.band[band], plane, i->w, bin, &zeros);
        write_zeros(w, zeros);
    }
    hf_wr_be16(w, 0xFFA1);
    free(plane);
}

static struct hf_finger_image
ridges(int w, int h)
{
    struct hf_finger_image i;

    T_OK(hf_finger_image_new(w, h, &i));
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            i.grey[y * w + x] =
                (uint8_t)(128 + 90 * cosf(0.45F * ((float)y +
                                                   0.002F * (float)((x - w / 2) * (x - w / 2)))));
    return i;
}

/* -- Tests ---------------------------------------------------------------------------- */

static void
bands_tile_the_plane(void)
{
    struct hf_wsq_tree t;

    for (int w = 96; w < 140; w++) {
        int area = 0;

        hf_wsq_tree_make(&t, w, 3 * w - 7);
        for (int k = 0; k < HF_WSQ_BANDS; k++)
            area += t.band[k].w * t.band[k].h;
        area += (w - (w + 1) / 2) * ((3 * w - 7) - (3 * w - 6) / 2); /* the four never coded */
        T_EQ(area, w * (3 * w - 7));
    }
}

static void
decodes_what_was_encoded(void)
{
    static const int size[][2] = { { 128, 96 }, { 200, 200 }, { 151, 233 }, { 300, 211 } };

    for (size_t k = 0; k < HF_COUNT(size); k++) {
        struct hf_finger_image i = ridges(size[k][0], size[k][1]), back;
        struct hf_wr           w = hf_wr(1 << 22);
        int                    worst = 0;

        encode(&i, 0.5, &w);
        T_OK(hf_finger_image_read(hf_wr_bytes(&w), 0, &back));
        T_EQ(back.w, i.w);
        T_EQ(back.h, i.h);
        T_EQ(back.dpi, 500);
        for (int p = 0; p < i.w * i.h && back.grey != NULL; p++)
            worst = abs(i.grey[p] - back.grey[p]) > worst ? abs(i.grey[p] - back.grey[p]) : worst;
        T_TRUE(worst <= 2);
        hf_finger_image_clear(&i);
        hf_finger_image_clear(&back);
        hf_wr_clear(&w);
    }
}

static void
damaged_files_are_harmless(void)
{
    struct hf_finger_image i = ridges(100, 97), back;
    struct hf_wr           w = hf_wr(1 << 22);

    encode(&i, 30, &w);
    T_OK(hf_finger_wsq_read(hf_wr_bytes(&w), &back));
    hf_finger_image_clear(&back);
    for (size_t n = 0; n < w.n; n++)
        T_TRUE(hf_finger_wsq_read(hf_bytes(w.p, n), &back) != HF_OK);
    for (size_t n = 0; n < w.n; n += n < 900 ? 1 : 13) {
        w.p[n] ^= (uint8_t)(1 << n % 8);
        if (hf_finger_wsq_read(hf_wr_bytes(&w), &back) == HF_OK)
            hf_finger_image_clear(&back);
        w.p[n] ^= (uint8_t)(1 << n % 8);
    }
    hf_finger_image_clear(&i);
    hf_wr_clear(&w);
}

T_MAIN(T(bands_tile_the_plane), T(decodes_what_was_encoded), T(damaged_files_are_harmless))
