/* side.c - lay out a template for comparing: order, rows, edges between neighbours. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "identity/fingerprint/side.h"

enum { LENGTH_MIN = 6, LENGTH_MAX = 143 }; /* pixels: 0.3 mm, 7.3 mm */

/* Foreign records leave quality out or fill it in their own ways. */
static float
chance(uint8_t quality)
{
    float q = quality == 0 ? 0.7F : (float)quality / 100;

    return fminf(fmaxf(q, 0.1F), 0.95F);
}

static int
by_y(const void *a, const void *b)
{
    const struct hf_finger_minutia *p = a, *q = b;

    if (p->y != q->y)
        return (int)q->y - (int)p->y;
    if (p->x != q->x)
        return (int)p->x - (int)q->x;
    if (p->angle != q->angle)
        return (int)p->angle - (int)q->angle;
    return (int)p->quality - (int)q->quality;
}

static void
lay_out(struct hf_side *s, const struct hf_finger_template *t)
{
    struct hf_finger_minutia m[HF_FINGER_MINUTIAE];
    int                      row = 0;

    memcpy(m, t->m, t->n * sizeof(m[0]));
    qsort(m, t->n, sizeof(m[0]), by_y);
    s->n = t->n;
    s->bottom = t->n > 0 ? -(float)m[0].y : 0;
    for (int i = 0; i < t->n; i++) {
        float q = chance(m[i].quality);

        s->x[i] = m[i].x;
        s->y[i] = -(float)m[i].y;
        s->angle[i] = (uint8_t)((m[i].angle + 8) >> 4);
        s->keep[i] = 0.5F * logf(q);
        s->miss[i] = logf(1 - q);
        for (; row <= (int)(s->y[i] - s->bottom) / HF_SIDE_ROW; row++)
            s->row[row] = (uint8_t)i;
    }
    s->rows = row;
    s->row[row] = (uint8_t)t->n;
}

static void
spread(struct hf_side *s)
{
    const struct hf_finger_grid *g = &s->grid;
    int                          inside = 0;

    for (int i = 0; i < g->columns * g->rows; i++)
        inside += g->cell[i] != HF_FINGER_OUTSIDE;
    s->density = (float)(s->n + 2) / ((float)(inside * g->step * g->step) + 1e4F);
}

/* The nearest minutiae of i within the lengths that count, nearest first. */
static int
neighbours(const struct hf_side *s, int i, uint8_t *out)
{
    uint32_t best[HF_SIDE_NEAR];
    int      n = 0;

    for (int j = 0; j < s->n; j++) {
        float    dx = s->x[j] - s->x[i], dy = s->y[j] - s->y[i], d2 = dx * dx + dy * dy;
        uint32_t key;
        int      k;

        if (d2 < LENGTH_MIN * LENGTH_MIN || d2 > LENGTH_MAX * LENGTH_MAX)
            continue;
        key = (uint32_t)d2 << 8 | (uint32_t)j;
        if (n == HF_SIDE_NEAR && key >= best[n - 1])
            continue;
        k = n < HF_SIDE_NEAR ? n++ : n - 1;
        for (; k > 0 && best[k - 1] > key; k--)
            best[k] = best[k - 1];
        best[k] = key;
    }
    for (int k = 0; k < n; k++)
        out[k] = (uint8_t)best[k];
    return n;
}

static struct hf_side_edge
edge_of(const struct hf_side *s, int i, int j)
{
    float   dx = s->x[j] - s->x[i], dy = s->y[j] - s->y[i];
    uint8_t a = (uint8_t)(int)lrintf(atan2f(dy, dx) * (128 / (float)M_PI));

    return (struct hf_side_edge){
        .i = (uint8_t)i,
        .j = (uint8_t)j,
        .length = (uint8_t)lrintf(sqrtf(dx * dx + dy * dy)),
        .at_i = (uint8_t)(a - s->angle[i]),
        .at_j = (uint8_t)(a + 128 - s->angle[j]),
    };
}

static void
link_up(struct hf_side *s)
{
    uint64_t linked[HF_FINGER_MINUTIAE][2] = { { 0 } };

    s->edges = 0;
    for (int i = 0; i < s->n; i++) {
        uint8_t near[HF_SIDE_NEAR];
        int     n = neighbours(s, i, near);

        for (int k = 0; k < n; k++) {
            int j = near[k];

            if (linked[i][j >> 6] >> (j & 63) & 1)
                continue;
            linked[j][i >> 6] |= (uint64_t)1 << (i & 63);
            s->edge[s->edges++] = edge_of(s, i, j);
        }
    }
}

void
hf_side_make(struct hf_side *s, const struct hf_finger_template *t)
{
    memset(s, 0, offsetof(struct hf_side, edge));
    s->grid = t->grid;
    lay_out(s, t);
    spread(s);
    link_up(s);
}
