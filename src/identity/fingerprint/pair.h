/*
 * pair.h - pair the minutiae of two prints in a given pose and weigh the result; private.
 */
#ifndef HF_IDENTITY_FINGERPRINT_PAIR_H
#define HF_IDENTITY_FINGERPRINT_PAIR_H

#include "identity/fingerprint/match.h"
#include "identity/fingerprint/pose.h"

/*
 * Weight of the best pairing in this pose. What ridge directions say is left
 * out when it could not bring the result above `least`.
 */
void hf_pair_weigh(const struct hf_side *p, const struct hf_side *g, struct hf_pose pose,
                   float least, struct hf_finger_verdict *v);

#endif
