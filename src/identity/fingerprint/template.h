/*
 * template.h - what is kept of a print: its minutiae and a coarse orientation grid.
 *
 * Positions are pixels at 500 dpi, origin top left, x right, y down. Angles are
 * anticlockwise as seen, 4096 to a turn, and point as ISO/IEC 19794-2 says: back
 * along the ridge from an ending, into the valley from a bifurcation.
 *
 * A template is plain data of fixed size: copy it, compare it, put it on the
 * stack. It is a secret of a person; whoever stores it seals it, and whoever is
 * done with it calls hf_finger_template_clear.
 */
#ifndef HF_IDENTITY_FINGERPRINT_TEMPLATE_H
#define HF_IDENTITY_FINGERPRINT_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    HF_FINGER_DPI = 500,
    HF_FINGER_MINUTIAE = 100,   /* most that a template holds */
    HF_FINGER_CELLS = 400,      /* most cells of the orientation grid */
    HF_FINGER_TURN = 4096,      /* angle units of a whole turn */
    HF_FINGER_SPAN = 4096,      /* positions are below this */
    HF_FINGER_INSIDE = 254,     /* grid cell in the print, orientation not known */
    HF_FINGER_OUTSIDE = 255,    /* grid cell outside the print */
    HF_FINGER_STORED_MAX = 1024 /* bytes of the longest stored template */
};

enum hf_finger_kind { HF_FINGER_OTHER, HF_FINGER_ENDING, HF_FINGER_BIFURCATION };

struct hf_finger_minutia {
    uint16_t x, y;
    uint16_t angle;   /* 0..4095 */
    uint8_t  kind;    /* enum hf_finger_kind */
    uint8_t  quality; /* chance in percent that another print shows it too; 0: not reported */
};

/* Ridge directions, degrees 0..179 anticlockwise from the x axis, row by row. */
struct hf_finger_grid {
    uint16_t x0, y0, step;  /* corner of the first cell and side of a cell, pixels */
    uint8_t  columns, rows; /* 0 when there is no grid */
    uint8_t  cell[HF_FINGER_CELLS];
};

struct hf_finger_template {
    uint16_t                 width, height;
    uint8_t                  finger;  /* 0 unknown, 1-5 right thumb to little, 6-10 left */
    uint8_t                  quality; /* 0..100 */
    uint8_t                  n;
    struct hf_finger_minutia m[HF_FINGER_MINUTIAE];
    struct hf_finger_grid    grid;
};

/*
 * The stored form, "HFP1": at most HF_FINGER_STORED_MAX bytes, laid out in
 * docs/design/fingerprint.md. Ends in a CRC-32 against accidents; secrecy and
 * integrity come from sealing. Writing keeps as many of the best minutiae as
 * fit beside the grid. Reading refuses anything inconsistent.
 */
HF_CHECKED enum hf_rc hf_finger_template_write(const struct hf_finger_template *t, struct hf_wr *w);
HF_CHECKED enum hf_rc hf_finger_template_read(struct hf_bytes in, struct hf_finger_template *t);

/* The same within `most` bytes: fewer minutiae. For galleries in memory. */
HF_CHECKED enum hf_rc hf_finger_template_pack(const struct hf_finger_template *t, size_t most,
                                              struct hf_wr *w);

/* Where minutia k of a stored template that was checked lies; nothing is checked again. */
void hf_finger_template_place(const uint8_t *stored, int k, unsigned *x, unsigned *y);

/* Put the minutiae in order, best first; the order of equals is fixed. */
void hf_finger_template_sort(struct hf_finger_template *t);

/* Give a template without a grid one that says where the print must be. */
void hf_finger_template_extent(struct hf_finger_template *t);

void hf_finger_template_clear(struct hf_finger_template *t);

#endif
