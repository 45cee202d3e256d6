/*
 * rates.h - error rates from the scores of genuine and impostor comparisons.
 *
 * At a threshold t a comparison matches when its score is t or more. FMR is the
 * share of impostor scores that match, FNMR that of genuine ones that do not.
 */
#ifndef HF_IDENTITY_FINGERPRINT_RATES_H
#define HF_IDENTITY_FINGERPRINT_RATES_H

#include <stddef.h>

/* Scores; the arrays are the caller's and are sorted by hf_finger_rates. */
struct hf_finger_scores {
    float *genuine, *impostor;
    size_t genuine_n, impostor_n;
};

/* Shares 0..1. FMR100 is the least FNMR with an FMR of at most 1 in 100, and so on. */
struct hf_finger_rates {
    double eer, fmr100, fmr1000, zero_fmr;
    double eer_threshold;
};

/* All zero when either side has no scores. */
struct hf_finger_rates hf_finger_rates(struct hf_finger_scores *s);

/* For sorted scores: the shares at a threshold. */
double hf_finger_fmr(const struct hf_finger_scores *s, float threshold);
double hf_finger_fnmr(const struct hf_finger_scores *s, float threshold);

/* The lowest score among them at which the FMR is not above `most`; past the highest if none. */
float hf_finger_threshold(const struct hf_finger_scores *s, double most);

/*
 * Where the FMR would fall to `rate`, taking the impostor scores' highest
 * hundredth as an exponential tail. *bound, if not NULL, is the upper 95 % bound.
 */
float hf_finger_tail(const struct hf_finger_scores *s, double rate, float *bound);

#endif
