/*
 * record.h - finger minutiae records of ISO/IEC 19794-2:2005 and ANSI INCITS 378-2004.
 *
 * Records of any resolution from 99 to 400 pixels a centimetre are read and
 * brought to 500 dpi (197 a centimetre). Extended data is passed over, bytes
 * behind the record are ignored. Of more than HF_FINGER_MINUTIAE minutiae the
 * best are kept, those in the middle before those at the edge.
 */
#ifndef HF_IDENTITY_FINGERPRINT_RECORD_H
#define HF_IDENTITY_FINGERPRINT_RECORD_H

#include "identity/fingerprint/template.h"

enum hf_finger_format { HF_FINGER_ISO, HF_FINGER_ANSI };

enum { HF_FINGER_VIEWS = 16, HF_FINGER_RECORD_MINUTIAE = 255 };

/* Does it begin with the name of such records, of whatever edition? */
bool hf_finger_record_known(struct hf_bytes in);

/* View number `view` (from 0) of a record; *views, if not NULL, says how many there are. */
HF_CHECKED enum hf_rc hf_finger_record_read(struct hf_bytes in, int view,
                                            struct hf_finger_template *t, int *views);

/* One view, at 197 pixels a centimetre, best minutiae first. */
HF_CHECKED enum hf_rc hf_finger_record_write(const struct hf_finger_template *t,
                                             enum hf_finger_format format, struct hf_wr *w);

/* Minutiae that are still to be chosen from; private to record.c and card.c. */
struct hf_finger_pile {
    int                      n;
    struct hf_finger_minutia m[HF_FINGER_RECORD_MINUTIAE];
};

/*
 * The `most` best of a pile, in the standard's order of removal (ISO/IEC 19794-2
 * clause on card use): lowest quality goes first, then the farthest from the
 * centre of mass of all. Duplicates count once. Gives how many are left.
 */
int hf_finger_pile_choose(struct hf_finger_pile *p, int most, struct hf_finger_minutia *out);

#endif
