/*
 * feature.h - what a capture program sends: the text of `fingerFeature`, or a file's bytes.
 */
#ifndef HF_IDENTITY_FINGERPRINT_FEATURE_H
#define HF_IDENTITY_FINGERPRINT_FEATURE_H

#include "identity/fingerprint/card.h"
#include "identity/fingerprint/extract.h"
#include "identity/fingerprint/template.h"

enum {
    HF_FINGER_FEATURE_MAX = 2 << 20, /* bytes of text */
    HF_FINGER_ITEMS = 10
};

/* What the data cannot say itself; all zero when nothing is known. */
struct hf_finger_hint {
    int                 dpi;
    int                 w, h; /* of a raw image; 0: raw images are not expected */
    enum hf_finger_card card; /* form of card templates; NONE: not expected */
};

/*
 * A template from bytes of any format: own template, minutiae record (first
 * view), card template, PNG, BMP, WSQ, raw grey. Images are extracted from.
 * report may be NULL; it is filled for images only, *is_image says whether.
 */
HF_CHECKED enum hf_rc hf_finger_any_read(struct hf_bytes in, const struct hf_finger_hint *hint,
                                         struct hf_finger_template *t,
                                         struct hf_finger_report *report, bool *is_image);

/*
 * One to HF_FINGER_ITEMS templates from text: base64 (either alphabet, padded or
 * not, white space and a data: prefix allowed) or hexadecimal, items joined by
 * semicolons. Anything else is E_FORMAT, more text than the limit E_TOOBIG.
 */
HF_CHECKED enum hf_rc hf_finger_feature_read(struct hf_bytes              text,
                                             const struct hf_finger_hint *hint,
                                             struct hf_finger_template t[HF_FINGER_ITEMS], int *n);

#endif
