/*
 * side.h - one side of a comparison: a template laid out for speed; private to the matcher.
 *
 * Here y points up, as angles want it, and a turn has 256 units, so that angles
 * wrap by themselves in a byte. Minutiae are in order of y: a search near a
 * point looks at a few rows only.
 */
#ifndef HF_IDENTITY_FINGERPRINT_SIDE_H
#define HF_IDENTITY_FINGERPRINT_SIDE_H

#include "identity/fingerprint/template.h"

enum {
    HF_SIDE_NEAR = 8, /* edges go to this many nearest minutiae */
    HF_SIDE_EDGES = HF_FINGER_MINUTIAE * HF_SIDE_NEAR,
    HF_SIDE_ROW = 16, /* height of a row, pixels */
    HF_SIDE_ROWS = HF_FINGER_SPAN / HF_SIDE_ROW + 1
};

/* Two minutiae and what stays the same when the finger moves and turns. */
struct hf_side_edge {
    uint8_t i, j;
    uint8_t length;     /* pixels */
    uint8_t at_i, at_j; /* direction of the edge seen from i's own direction, and from j's */
};

struct hf_side {
    int     n, edges;
    float   x[HF_FINGER_MINUTIAE], y[HF_FINGER_MINUTIAE];
    float   keep[HF_FINGER_MINUTIAE]; /* half the logarithm of the chance to be seen again */
    float   miss[HF_FINGER_MINUTIAE]; /* logarithm of the chance not to be */
    uint8_t angle[HF_FINGER_MINUTIAE];
    uint8_t row[HF_SIDE_ROWS + 1]; /* first minutia at or above each row */
    float   bottom;                /* y of row 0 */
    int     rows;
    float   density; /* minutiae for each square pixel of print */
    struct hf_finger_grid grid;
    struct hf_side_edge   edge[HF_SIDE_EDGES];
};

void hf_side_make(struct hf_side *s, const struct hf_finger_template *t);

/* Grid cell at a point: a direction, HF_FINGER_INSIDE or HF_FINGER_OUTSIDE. */
static inline int
hf_side_cell(const struct hf_side *s, float x, float y)
{
    const struct hf_finger_grid *g = &s->grid;
    float                        fx = x - (float)g->x0, fy = -y - (float)g->y0;
    int                          column, row;

    if (!(fx >= 0 && fy >= 0 && fx < 1e5F && fy < 1e5F))
        return HF_FINGER_OUTSIDE;
    column = (int)fx / g->step;
    row = (int)fy / g->step;
    return column < g->columns && row < g->rows ? g->cell[row * g->columns + column]
                                                : HF_FINGER_OUTSIDE;
}

/* Minutiae whose y lies in low..high are among *first .. *end - 1. */
static inline void
hf_side_rows(const struct hf_side *s, float low, float high, int *first, int *end)
{
    int a = (int)((low - s->bottom) / HF_SIDE_ROW), b = (int)((high - s->bottom) / HF_SIDE_ROW);

    a = a < 0 ? 0 : a > s->rows ? s->rows : a;
    b = b < -1 ? -1 : b >= s->rows ? s->rows - 1 : b;
    *first = s->row[a];
    *end = high < s->bottom ? 0 : s->row[b + 1];
}

#endif
