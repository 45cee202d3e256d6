/* match.c - a comparison: try the best poses, keep the best weight. */
#include <openssl/crypto.h>

#include "identity/fingerprint/match.h"
#include "identity/fingerprint/pair.h"
#include "identity/fingerprint/pose.h"
#include "identity/fingerprint/probe.h"

enum { MINUTIAE_MIN = 4 };

static float
compare(const struct hf_finger_probe *p, const struct hf_side *g, struct hf_finger_verdict *best)
{
    struct hf_pose           pose[HF_POSES];
    struct hf_finger_verdict v;
    int                      n;

    *best = (struct hf_finger_verdict){ .weight = HF_FINGER_NOTHING };
    if (p->side.n < MINUTIAE_MIN || g->n < MINUTIAE_MIN)
        return best->weight;
    n = hf_pose_find(p, g, pose);
    for (int k = 0; k < n; k++) {
        hf_pair_weigh(&p->side, g, pose[k], best->weight, &v);
        if (v.weight > best->weight)
            *best = v;
    }
    return best->weight;
}

float
hf_finger_weigh(const struct hf_finger_probe *p, const struct hf_finger_template *t,
                struct hf_finger_verdict *verdict)
{
    struct hf_finger_verdict  own, *v = verdict != NULL ? verdict : &own;
    struct hf_finger_template other = *t;
    struct hf_side            side;
    float                     weight;

    hf_finger_template_extent(&other);
    hf_side_make(&side, &other);
    weight = compare(p, &side, v);
    hf_finger_template_clear(&other);
    OPENSSL_cleanse(&side, sizeof(side));
    return weight;
}

float
hf_finger_weigh_probes(const struct hf_finger_probe *p, const struct hf_finger_probe *q,
                       struct hf_finger_verdict *verdict)
{
    struct hf_finger_verdict own;

    return compare(p, &q->side, verdict != NULL ? verdict : &own);
}
