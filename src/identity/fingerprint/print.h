/*
 * print.h - an image on its way to minutiae; private to the extractor.
 *
 * Maps have one entry for each block of 8 x 8 pixels (0.41 mm, a little under a
 * ridge period), so that everything local is cheap and everything per pixel is
 * left to two loops: the ridge filter and the search for minutiae.
 */
#ifndef HF_IDENTITY_FINGERPRINT_PRINT_H
#define HF_IDENTITY_FINGERPRINT_PRINT_H

#include <stddef.h>
#include <stdint.h>

enum { HF_PRINT_BLOCK = 8, HF_PRINT_PAD = 12 };

struct hf_print {
    int      w, h;        /* pixels at 500 dpi, multiples of the block */
    int      stride;      /* of the padded planes */
    int      bw, bh;      /* blocks */
    float   *norm;        /* levelled image, padded; padding is 0 */
    float   *re, *im;     /* filtered image, padded likewise */
    float   *cos2, *sin2; /* blocks: ridge normal, double angle, length = coherence */
    float   *period;      /* blocks: ridge period, pixels */
    float   *power;       /* blocks: mean square of norm */
    float   *ridge;       /* blocks: share of the power that the filter kept */
    uint8_t *turn;        /* patches of 4 x 4: direction that the filter used, 48 a half turn */
    uint8_t *mask;        /* blocks: 1 inside the print */
    uint8_t *coarse;      /* blocks: 1 where there is contrast */
    float   *tmp;         /* 6 scratch maps, one after the other */
    float   *memory;      /* all of the above */
    size_t   size;
};

#endif
