/*
 * minutiae.h - minutiae of a filtered print; private to the extractor.
 */
#ifndef HF_IDENTITY_FINGERPRINT_MINUTIAE_H
#define HF_IDENTITY_FINGERPRINT_MINUTIAE_H

struct hf_print;
struct hf_finger_template;

/*
 * Where the phase of the ridge pattern turns once around a point, one ridge
 * more leaves the point than enters it: that is a minutia, and the sense of the
 * turn says on which side the ridge was added. Appends to t, best first.
 */
void hf_minutiae_find(const struct hf_print *p, struct hf_finger_template *t);

#endif
