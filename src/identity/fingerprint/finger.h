/*
 * finger.h - the fingerprint engine as the rest of the product sees it.
 *
 *     image bytes --hf_finger_image_read--> image --hf_finger_extract--> template
 *     record bytes --hf_finger_record_read----------------------------> template
 *     template --hf_finger_probe_new--> probe --hf_finger_score(.., template)--> points
 *
 * Points are ten for each decade of the false-match rate: 40 points are reached
 * by one comparison of different fingers in ten thousand (score.h). Many
 * templates at once: gallery.h. Several impressions of a finger: enrol.h.
 *
 * Nothing here reads files, keeps state between calls or prints; all functions
 * may be called from any number of threads, as long as what a call writes to
 * is its own.
 */
#ifndef HF_IDENTITY_FINGERPRINT_FINGER_H
#define HF_IDENTITY_FINGERPRINT_FINGER_H

#include "identity/fingerprint/extract.h"
#include "identity/fingerprint/feature.h"
#include "identity/fingerprint/image.h"
#include "identity/fingerprint/match.h"
#include "identity/fingerprint/score.h"
#include "identity/fingerprint/template.h"

#endif
