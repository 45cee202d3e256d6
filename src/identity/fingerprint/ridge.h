/*
 * ridge.h - the filter that keeps what looks like ridges of the local direction and period.
 */
#ifndef HF_IDENTITY_FINGERPRINT_RIDGE_H
#define HF_IDENTITY_FINGERPRINT_RIDGE_H

#include <stdbool.h>

struct hf_print;

/*
 * Fill re, im (a wave and its quarter-turn companion: their angle is the phase
 * of the ridge pattern) and the map ridge. `wide` filters every block with
 * contrast, otherwise the mask rules. false when memory is short.
 */
bool hf_ridge_filter(struct hf_print *p, bool wide);

#endif
