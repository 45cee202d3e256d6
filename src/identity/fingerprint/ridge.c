/* ridge.c - the ridge filter: a windowed complex wave for each patch of 4 x 4 pixels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "identity/fingerprint/field.h"
#include "identity/fingerprint/print.h"
#include "identity/fingerprint/ridge.h"

enum {
    REACH = HF_PRINT_PAD,
    SIDE = 2 * REACH + 1,
    DIRECTIONS = 48,
    PERIODS = 24,
    PATCH = 4,
    TALL = 8
};

/* Four neighbouring pixels; the compiler has such a type on every machine. */
typedef float four __attribute__((vector_size(16), aligned(4)));

/*
 * A Gaussian times a complex wave is a product of two such things, one of x and
 * one of y: two short sums replace a square one.
 */
struct kernel {
    int   reach; /* 0: not made yet */
    float xc[SIDE], xs[SIDE], yc[SIDE], ys[SIDE];
};

#define PERIOD_MIN 4.5F
#define PERIOD_STEP 0.5F

/* Scaled so that a ridge pattern of deviation 1 gives length 1. */
static void
make_kernel(struct kernel *k, int direction, int period)
{
    float a = (float)direction * (float)M_PI / DIRECTIONS;
    float t = PERIOD_MIN + PERIOD_STEP * (float)period;
    float wx = 2 * (float)M_PI / t * cosf(a), wy = 2 * (float)M_PI / t * sinf(a);
    float sigma = 0.45F * t, sum = 0;

    k->reach = (int)ceilf(2.2F * sigma);
    if (k->reach > REACH)
        k->reach = REACH;
    for (int i = -k->reach; i <= k->reach; i++)
        sum += expf(-0.5F * (float)(i * i) / (sigma * sigma));
    for (int i = -k->reach; i <= k->reach; i++) {
        float g = expf(-0.5F * (float)(i * i) / (sigma * sigma)) / sum;

        k->xc[i + k->reach] = g * cosf(wx * (float)i) * (float)M_SQRT2;
        k->xs[i + k->reach] = g * sinf(wx * (float)i) * (float)M_SQRT2;
        k->yc[i + k->reach] = g * cosf(wy * (float)i);
        k->ys[i + k->reach] = g * sinf(wy * (float)i);
    }
}

/* Filter 4 x rows pixels with one kernel: along x for every row in reach, then along y. */
static void
filter_patch(struct hf_print *p, const struct kernel *k, int px, int py, int rows)
{
    four a[TALL + 2 * REACH], b[TALL + 2 * REACH];
    int  r = k->reach, side = 2 * r + 1;

    for (int y = 0; y < rows + 2 * r; y++) {
        const float *q = p->norm + (py + y - r) * p->stride + px - r;
        four         s = { 0 }, t = { 0 };

        for (int x = 0; x < side; x++) {
            four v = *(const four *)(const void *)(q + x);

            s += k->xc[x] * v;
            t -= k->xs[x] * v;
        }
        a[y] = s;
        b[y] = t;
    }
    for (int row = 0; row < rows; row++) {
        four re = { 0 }, im = { 0 };

        for (int y = 0; y < side; y++) {
            re += k->yc[y] * a[row + y] + k->ys[y] * b[row + y];
            im += k->yc[y] * b[row + y] - k->ys[y] * a[row + y];
        }
        *(four *)(void *)(p->re + (py + row) * p->stride + px) = re;
        *(four *)(void *)(p->im + (py + row) * p->stride + px) = im;
    }
}

static void
clear_patch(struct hf_print *p, int px, int py, int rows)
{
    for (int row = 0; row < rows; row++) {
        memset(p->re + (py + row) * p->stride + px, 0, PATCH * sizeof(float));
        memset(p->im + (py + row) * p->stride + px, 0, PATCH * sizeof(float));
    }
}

/* Which kernel a patch needs, from the maps at its centre. */
static int
kernel_for(const struct hf_print *p, int px, int py, int rows)
{
    float x = (float)px + PATCH / 2.0F, y = (float)(py + rows / 2);
    float a = 0.5F * atan2f(hf_field_at(p, p->sin2, x, y), hf_field_at(p, p->cos2, x, y));
    int   d = (int)lrintf(a * DIRECTIONS / (float)M_PI);
    int   t = (int)lrintf((hf_field_at(p, p->period, x, y) - PERIOD_MIN) / PERIOD_STEP);

    d = (d + DIRECTIONS) % DIRECTIONS;
    t = t < 0 ? 0 : t >= PERIODS ? PERIODS - 1 : t;
    return t * DIRECTIONS + d;
}

/* Share of each block's power that the filter kept. */
static void
measure(struct hf_print *p)
{
    for (int by = 0; by < p->bh; by++)
        for (int bx = 0; bx < p->bw; bx++) {
            float kept = 0, all = 0;

            for (int y = 0; y < HF_PRINT_BLOCK; y++)
                for (int x = 0; x < HF_PRINT_BLOCK; x++) {
                    int i = (by * HF_PRINT_BLOCK + y) * p->stride + bx * HF_PRINT_BLOCK + x;

                    kept += p->re[i] * p->re[i] + p->im[i] * p->im[i];
                    all += p->norm[i] * p->norm[i];
                }
            p->ridge[by * p->bw + bx] = kept;
            p->power[by * p->bw + bx] = all;
        }
    hf_field_smooth(p, p->ridge, 1.0F);
    hf_field_smooth(p, p->power, 1.0F);
    for (int i = 0; i < p->bw * p->bh; i++)
        p->ridge[i] /= p->power[i] + 1.0F;
}

static void
note_turn(struct hf_print *p, int px, int py, int rows, int direction)
{
    for (int y = py; y < py + rows; y += PATCH)
        p->turn[y / PATCH * (p->w / PATCH) + px / PATCH] = (uint8_t)direction;
}

bool
hf_ridge_filter(struct hf_print *p, bool wide)
{
    struct kernel *table = calloc(PERIODS * DIRECTIONS, sizeof(*table));
    const uint8_t *where = wide ? p->coarse : p->mask;
    int            rows = wide ? TALL : PATCH;

    if (table == NULL)
        return false;
    for (int py = 0; py < p->h; py += rows)
        for (int px = 0; px < p->w; px += PATCH) {
            int k;

            if (!where[py / HF_PRINT_BLOCK * p->bw + px / HF_PRINT_BLOCK]) {
                clear_patch(p, px, py, rows);
                continue;
            }
            k = kernel_for(p, px, py, rows);
            if (table[k].reach == 0)
                make_kernel(&table[k], k % DIRECTIONS, k / DIRECTIONS);
            note_turn(p, px, py, rows, k % DIRECTIONS);
            filter_patch(p, &table[k], px, py, rows);
        }
    free(table);
    measure(p);
    return true;
}
