/*
 * wsq.h - the wavelet side of WSQ (FBI IAFIS-IC-0110): which part of the plane
 * is which sub-band, and the way back from sub-bands to pixels. Private to wsq.c
 * and to the tests, which use the same tables the other way round.
 */
#ifndef HF_IDENTITY_FINGERPRINT_WSQ_H
#define HF_IDENTITY_FINGERPRINT_WSQ_H

#include <stdbool.h>

enum { HF_WSQ_NODES = 20, HF_WSQ_BANDS = 60, HF_WSQ_TAPS = 33 };

struct hf_wsq_rect {
    int x, y, w, h;
};

/* Rectangles that are split in four, outermost first, and whether high comes before low. */
struct hf_wsq_tree {
    struct hf_wsq_rect node[HF_WSQ_NODES];
    bool               turn_x[HF_WSQ_NODES], turn_y[HF_WSQ_NODES];
    struct hf_wsq_rect band[HF_WSQ_BANDS];
};

void hf_wsq_tree_make(struct hf_wsq_tree *t, int w, int h);

/* A filter of odd length, symmetric about its middle; tap[k] stands k places from it. */
struct hf_wsq_filter {
    int   half; /* taps beyond the middle */
    float tap[HF_WSQ_TAPS / 2 + 1];
};

/*
 * Undo every split of the plane (w * h values), innermost first. low and high
 * are the synthesis filters. line has room for the longer side, twice.
 */
void hf_wsq_rebuild(const struct hf_wsq_tree *t, const struct hf_wsq_filter *low,
                    const struct hf_wsq_filter *high, float *plane, int w, float *line);

#endif
