/* score.c - from weight of evidence to points of the false-match rate. */
#include <math.h>
#include <string.h>

#include "identity/fingerprint/score.h"

/*
 * Counted on 194560 pairs of different fingers: all prints of FVC2002 DB1_B and
 * DB3_B against each other, as they are and turned, stretched and dried by
 * calculation. The higher of same-sensor and cross-sensor rates was taken.
 */
static const struct {
    float weight, points;
} knots[] = {
    { HF_FINGER_NOTHING, 0 },
    { -5.0F, 3 },
    { 2.4F, 6 },
    { 5.8F, 9 },
    { 8.0F, 12 },
    { 9.8F, 15 },
    { 11.4F, 18 },
    { 12.8F, 21 },
    { 14.1F, 24 },
    { 15.7F, 27 },
    { 16.7F, 30 },
    { 18.2F, 33 },
    { 19.7F, 36 },
};

#define TAIL_POINTS 2.0F /* points a unit of weight: an e-fold is 2.17 units */

float
hf_finger_points(float weight)
{
    size_t k = 1;

    if (!(weight > knots[0].weight))
        return 0;
    while (k < HF_COUNT(knots) && weight > knots[k].weight)
        k++;
    if (k == HF_COUNT(knots))
        return knots[k - 1].points + (weight - knots[k - 1].weight) * TAIL_POINTS;
    return knots[k - 1].points + (weight - knots[k - 1].weight) *
                                     (knots[k].points - knots[k - 1].points) /
                                     (knots[k].weight - knots[k - 1].weight);
}

float
hf_finger_points_of(float weight, int k)
{
    return fmaxf(0, hf_finger_points(weight) - 10 * log10f(k > 1 ? (float)k : 1));
}

float
hf_finger_score(const struct hf_finger_probe *p, const struct hf_finger_template *t)
{
    return hf_finger_points(hf_finger_weigh(p, t, NULL));
}

enum hf_rc
hf_finger_compare(const struct hf_finger_template *a, const struct hf_finger_template *b,
                  float *points)
{
    struct hf_finger_probe *p = NULL, *q = NULL;
    enum hf_rc              rc;

    *points = 0;
    if ((rc = hf_finger_probe_new(a, &p)) == HF_OK && (rc = hf_finger_probe_new(b, &q)) == HF_OK)
        *points = hf_finger_points(
            fmaxf(hf_finger_weigh_probes(p, q, NULL), hf_finger_weigh_probes(q, p, NULL)));
    hf_finger_probe_free(p);
    hf_finger_probe_free(q);
    return rc;
}
