/*
 * score.h - points: what a weight of evidence means as a false-match rate.
 *
 * Ten points a decade: 30 points are reached by one comparison of different
 * fingers in a thousand, 40 by one in ten thousand, 60 by one in a million. Up
 * to about 40 this was counted; beyond, it continues the tail that was counted
 * (docs/design/fingerprint.md says on what, and how well other sensors agree).
 */
#ifndef HF_IDENTITY_FINGERPRINT_SCORE_H
#define HF_IDENTITY_FINGERPRINT_SCORE_H

#include "identity/fingerprint/match.h"

enum {
    HF_FINGER_POINTS_VERIFY = 40,   /* somebody says who they are */
    HF_FINGER_POINTS_APPROVE = 50,  /* a supervisor confirms a payment */
    HF_FINGER_POINTS_DUPLICATE = 60 /* nobody says anything: the whole register is searched */
};

/* Points of a weight, 0 or more. */
float hf_finger_points(float weight);

/* Points left when the best of k references was taken: k chances, k times the rate. */
float hf_finger_points_of(float weight, int k);

/* Points of t against the probe. */
float hf_finger_score(const struct hf_finger_probe *p, const struct hf_finger_template *t);

/* The same, both templates at once; the order of the two does not matter. */
HF_CHECKED enum hf_rc hf_finger_compare(const struct hf_finger_template *a,
                                        const struct hf_finger_template *b, float *points);

#endif
