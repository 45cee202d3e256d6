/*
 * enrol.h - from several impressions of a finger to the references that are kept.
 *
 * An impression counts when it matches at least one other; of those that count
 * the one that matches the others best is the first reference, and then those
 * that show most of the finger that the references so far do not.
 */
#ifndef HF_IDENTITY_FINGERPRINT_ENROL_H
#define HF_IDENTITY_FINGERPRINT_ENROL_H

#include "identity/fingerprint/template.h"

enum {
    HF_ENROL_IMPRESSIONS = 10,
    HF_ENROL_AGREE = 3,      /* impressions that must count */
    HF_ENROL_REFERENCES = 3, /* kept at most */
    HF_ENROL_POINTS = 40     /* two impressions match: score.h */
};

struct hf_finger_enrolment {
    int   n;                              /* references chosen */
    int   reference[HF_ENROL_REFERENCES]; /* their numbers among the impressions, best first */
    int   agree;                          /* impressions that count */
    float points[HF_ENROL_IMPRESSIONS];   /* mean against the others */
};

/*
 * Choose among n impressions. E_STATE when fewer than HF_ENROL_AGREE count: the
 * finger was moved too much, or they are not all of the same finger. E_ARG for
 * more impressions than there is room for.
 */
HF_CHECKED enum hf_rc hf_finger_enrol(const struct hf_finger_template *t, int n,
                                      struct hf_finger_enrolment *out);

#endif
