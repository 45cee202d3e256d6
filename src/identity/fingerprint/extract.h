/*
 * extract.h - from an image of a print to its template, with a judgement of the print.
 */
#ifndef HF_IDENTITY_FINGERPRINT_EXTRACT_H
#define HF_IDENTITY_FINGERPRINT_EXTRACT_H

#include "identity/fingerprint/image.h"
#include "identity/fingerprint/template.h"

enum {
    HF_FINGER_AREA_MIN = 25,       /* mm2 of ridges below which there is no finger */
    HF_FINGER_QUALITY_VERIFY = 20, /* suggested limits of quality */
    HF_FINGER_QUALITY_ENROL = 45
};

/* What an operator can do better. Bits. */
enum hf_finger_advice {
    HF_FINGER_TOO_SMALL = 1, /* too little of the finger is on the sensor */
    HF_FINGER_TOO_DRY = 2,   /* broken ridges, wide valleys */
    HF_FINGER_TOO_WET = 4,   /* valleys are filled */
    HF_FINGER_UNCLEAR = 8,   /* ridges cannot be followed: moved, dirty, worn */
    HF_FINGER_FEW = 16       /* too few minutiae to be told apart */
};

struct hf_finger_report {
    int      quality;  /* 0..100, as in the template */
    unsigned advice;   /* enum hf_finger_advice */
    float    area_mm2; /* of ridges */
    float    clarity;  /* 0..1: how much of what is seen is ridge pattern */
    float    dark;     /* share of the print darker than its surroundings: 0.5 is normal */
    float    reliable; /* minutiae that another impression should show */
};

/*
 * Find the minutiae. E_ABSENT when there is no print in the image. report may
 * be NULL. The same image gives the same template every time.
 */
HF_CHECKED enum hf_rc hf_finger_extract(const struct hf_finger_image *image,
                                        struct hf_finger_template    *t,
                                        struct hf_finger_report      *report);

/* Text of one bit of advice, for an operator; bits count from 0. NULL past the last. */
const char *hf_finger_advice_text(int bit);

#endif
