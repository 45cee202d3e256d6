/*
 * probe.h - a prepared template with its edges in bins; private to the matcher.
 */
#ifndef HF_IDENTITY_FINGERPRINT_PROBE_H
#define HF_IDENTITY_FINGERPRINT_PROBE_H

#include <stdlib.h>

#include "identity/fingerprint/side.h"

enum {
    HF_PROBE_LENGTH = 12, /* pixels a bin of length */
    HF_PROBE_LENGTHS = 12,
    HF_PROBE_BINS = HF_PROBE_LENGTHS * 16 * 16,
    HF_PROBE_ROOM = 64, /* most edges a bin: bounds the work on crowded prints */
    HF_PROBE_TURN = 15  /* edges agree within this much of 256 a turn: 21 degrees */
};

/* Edges agree within this many pixels: a fixed part and what skin stretches. */
static inline int
hf_probe_slack(int length)
{
    return 4 + length * 7 / 100;
}

struct hf_finger_probe {
    struct hf_side       side;
    float                middle_x, middle_y;       /* of its minutiae */
    float                cosine[256];              /* of (index - 128) / 256 of a turn */
    uint32_t             first[HF_PROBE_BINS + 1]; /* where each bin begins in entry */
    struct hf_side_edge *entry;                    /* each edge as seen from both of its ends */
};

static inline int
hf_probe_bin(int length, uint8_t at_i, uint8_t at_j)
{
    return (length / HF_PROBE_LENGTH * 16 + (at_i >> 4)) * 16 + (at_j >> 4);
}

/*
 * Edge e of another print against entry f: do they agree? The turns say how
 * their ends' own directions differ. Gives a weight of 4 to 16, or 0.
 */
static inline int
hf_probe_agree(const struct hf_side_edge *f, const struct hf_side_edge *e, int slack, int *turn_i,
               int *turn_j)
{
    int off = abs(f->length - e->length);

    *turn_i = (int8_t)(uint8_t)(e->at_i - f->at_i);
    *turn_j = (int8_t)(uint8_t)(e->at_j - f->at_j);
    if (off > slack || abs(*turn_i) > HF_PROBE_TURN || abs(*turn_j) > HF_PROBE_TURN)
        return 0;
    return 16 - abs(*turn_i) / 4 - abs(*turn_j) / 4 - 4 * off / slack;
}

#endif
