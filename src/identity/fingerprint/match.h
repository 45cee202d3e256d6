/*
 * match.h - compare two templates.
 *
 * A probe is a template prepared once for many comparisons. It does not change
 * and may be used by any number of threads at a time.
 *
 * How it works (docs/design/fingerprint.md says why): edges between neighbouring
 * minutiae that agree propose pairs of minutiae; pairs that agree with each
 * other propose how the finger lies; for the best few of these, minutiae are
 * paired outwards from the first pair, following the skin's distortion, and the
 * pairing is weighed: how much likelier is it for one finger than for two?
 *
 * Work is bounded whatever the input: the number of agreeing edges that are
 * looked at, of pairs that vote and of positions that are tried are all fixed.
 */
#ifndef HF_IDENTITY_FINGERPRINT_MATCH_H
#define HF_IDENTITY_FINGERPRINT_MATCH_H

#include "identity/fingerprint/template.h"

struct hf_finger_probe;

/* What a comparison found; for operators and for tests. */
struct hf_finger_verdict {
    float weight;           /* natural logarithm of likelihoods, not calibrated */
    int   pairs;            /* minutiae that found a partner */
    int   probe_in_overlap; /* minutiae of the probe where both prints are */
    int   other_in_overlap;
    float turn_deg, x, y; /* how the probe lies on the other print */
};

/* The weight of a comparison that could not begin: fewer than 4 minutiae. */
#define HF_FINGER_NOTHING (-50.0F)

HF_CHECKED enum hf_rc hf_finger_probe_new(const struct hf_finger_template *t,
                                          struct hf_finger_probe         **out);
void                  hf_finger_probe_free(struct hf_finger_probe *p);

/* Weight of the evidence that t is of the probe's finger. verdict may be NULL. */
float hf_finger_weigh(const struct hf_finger_probe *p, const struct hf_finger_template *t,
                      struct hf_finger_verdict *verdict);

/* The same for two probes: nothing is prepared again. */
float hf_finger_weigh_probes(const struct hf_finger_probe *p, const struct hf_finger_probe *q,
                             struct hf_finger_verdict *verdict);

#endif
