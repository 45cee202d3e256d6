/*
 * picture.h - pictures for operators: minutiae over a print, error curves; written as PNG.
 */
#ifndef HF_IDENTITY_FINGERPRINT_PICTURE_H
#define HF_IDENTITY_FINGERPRINT_PICTURE_H

#include "identity/fingerprint/image.h"
#include "identity/fingerprint/rates.h"
#include "identity/fingerprint/template.h"

struct hf_finger_picture {
    int      w, h;
    uint8_t *rgb; /* 3 bytes a pixel; owned */
};

/*
 * The print at twice its size, paled outside its ridges; endings red, bifurcations blue,
 * each with a stroke in its direction, longer and stronger the more reliable.
 */
HF_CHECKED enum hf_rc hf_finger_picture_print(const struct hf_finger_image    *image,
                                              const struct hf_finger_template *t,
                                              struct hf_finger_picture        *out);

/* FNMR over FMR, both axes logarithmic from 0.01 % to 100 %; the scores are sorted. */
HF_CHECKED enum hf_rc hf_finger_picture_det(const struct hf_finger_scores *s,
                                            struct hf_finger_picture      *out);

HF_CHECKED enum hf_rc hf_finger_picture_png(const struct hf_finger_picture *p, struct hf_wr *w);

void hf_finger_picture_clear(struct hf_finger_picture *p);

#endif
