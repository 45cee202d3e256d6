/* wsq_wave.c - the fixed tree of WSQ, and the inverse wavelet transform over it. */
#include "identity/fingerprint/wsq.h"

/*
 * The tree: each node is a quarter of another one (0 upper left, 1 upper right,
 * 2 lower left, 3 lower right). Halving a band that lies high turns its
 * spectrum round; such nodes hold their high half first.
 */
static const struct {
    int  parent, quarter;
    bool turn_x, turn_y;
} nodes[HF_WSQ_NODES] = {
    { -1, 0, false, false },                                                 /* 0 */
    { 0, 0, false, false },  { 0, 1, true, false },  { 0, 2, false, true },  /* 1-3 */
    { 1, 1, true, false },   { 1, 2, false, true },                          /* 4, 5 */
    { 4, 0, false, false },  { 4, 1, true, false },  { 4, 2, false, true },  /* 6-8 */
    { 4, 3, true, true },                                                    /* 9 */
    { 5, 0, false, false },  { 5, 1, true, false },  { 5, 2, false, true },  /* 10-12 */
    { 5, 3, true, true },                                                    /* 13 */
    { 1, 0, false, false },                                                  /* 14 */
    { 14, 0, false, false }, { 14, 1, true, false }, { 14, 2, false, true }, /* 15-17 */
    { 14, 3, true, true },                                                   /* 18 */
    { 15, 0, false, false },                                                 /* 19 */
};

/* Sub-bands in the order in which they are coded: quarters `first` to 3 of a node. */
static const struct {
    int node, first;
} bands[] = {
    { 19, 0 }, { 15, 1 }, { 16, 0 }, { 17, 0 }, { 18, 0 }, { 6, 0 }, { 7, 0 }, { 8, 0 },
    { 9, 0 },  { 10, 0 }, { 11, 0 }, { 12, 0 }, { 13, 0 }, { 1, 3 }, { 2, 0 }, { 3, 0 },
};

static struct hf_wsq_rect
quarter_of(const struct hf_wsq_tree *t, int node, int quarter)
{
    struct hf_wsq_rect r = t->node[node];
    int                left = t->turn_x[node] ? r.w / 2 : (r.w + 1) / 2;
    int                upper = t->turn_y[node] ? r.h / 2 : (r.h + 1) / 2;

    if (quarter & 1) {
        r.x += left;
        r.w -= left;
    } else {
        r.w = left;
    }
    if (quarter & 2) {
        r.y += upper;
        r.h -= upper;
    } else {
        r.h = upper;
    }
    return r;
}

void
hf_wsq_tree_make(struct hf_wsq_tree *t, int w, int h)
{
    int n = 0;

    for (int k = 0; k < HF_WSQ_NODES; k++) {
        t->node[k] = k == 0 ? (struct hf_wsq_rect){ 0, 0, w, h }
                            : quarter_of(t, nodes[k].parent, nodes[k].quarter);
        t->turn_x[k] = nodes[k].turn_x;
        t->turn_y[k] = nodes[k].turn_y;
    }
    for (int k = 0; k < (int)(sizeof(bands) / sizeof(bands[0])); k++)
        for (int q = bands[k].first; q < 4; q++)
            t->band[n++] = quarter_of(t, bands[k].node, q);
}

/* Index into 0..n-1 of a line that is mirrored at its first and last value. */
static int
mirror(int i, int n)
{
    while (i < 0 || i >= n) {
        if (n == 1)
            return 0;
        i = i < 0 ? -i : 2 * (n - 1) - i;
    }
    return i;
}

/*
 * One line of n values, `apart` from each other: low values belong at even
 * places, high ones at odd places; each is spread by its filter.
 */
static void
join(float *v, int n, int apart, bool turned, const struct hf_wsq_filter *low,
     const struct hf_wsq_filter *high, float *line)
{
    float *out = line + n;
    int    lows = (n + 1) / 2, highs = n / 2;

    for (int i = 0; i < lows; i++)
        line[2 * i] = v[(turned ? highs + i : i) * apart];
    for (int i = 0; i < highs; i++)
        line[2 * i + 1] = v[(turned ? i : lows + i) * apart];
    for (int i = 0; i < n; i++) {
        float s = 0;

        for (int k = -low->half; k <= low->half; k++)
            if (((i + k) & 1) == 0)
                s += low->tap[k < 0 ? -k : k] * line[mirror(i + k, n)];
        for (int k = -high->half; k <= high->half && n > 1; k++)
            if (((i + k) & 1) != 0)
                s += high->tap[k < 0 ? -k : k] * line[mirror(i + k, n)];
        out[i] = s;
    }
    for (int i = 0; i < n; i++)
        v[i * apart] = out[i];
}

void
hf_wsq_rebuild(const struct hf_wsq_tree *t, const struct hf_wsq_filter *low,
               const struct hf_wsq_filter *high, float *plane, int w, float *line)
{
    for (int k = HF_WSQ_NODES - 1; k >= 0; k--) {
        struct hf_wsq_rect r = t->node[k];
        float             *at = plane + r.y * w + r.x;

        for (int x = 0; x < r.w; x++)
            join(at + x, r.h, w, t->turn_y[k], low, high, line);
        for (int y = 0; y < r.h; y++)
            join(at + y * w, r.w, 1, t->turn_x[k], low, high, line);
    }
}
