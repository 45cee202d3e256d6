/*
 * card.h - the card formats of ISO/IEC 19794-2:2005: minutiae without a header.
 *
 * A minutia has 5 bytes (normal: 0.01 mm, 256 angles) or 3 (compact: 0.1 mm, 64
 * angles). Which of them it is does not stand in the data: the caller says.
 */
#ifndef HF_IDENTITY_FINGERPRINT_CARD_H
#define HF_IDENTITY_FINGERPRINT_CARD_H

#include "identity/fingerprint/template.h"

enum hf_finger_card { HF_FINGER_CARD_NONE, HF_FINGER_CARD_NORMAL, HF_FINGER_CARD_COMPACT };

enum { HF_FINGER_CARD_MINUTIAE = 60 };

/*
 * Minutiae, alone or inside a biometric data object (tag 7F2E). E_ARG when no
 * form is named: lengths that 3 and 5 both divide are never guessed at.
 */
HF_CHECKED enum hf_rc hf_finger_card_read(struct hf_bytes in, enum hf_finger_card form,
                                          struct hf_finger_template *t);

/*
 * The `most` best minutiae, moved so that they begin at 0. E_TOOBIG when the
 * print is wider than the form can hold (compact: 25.5 mm).
 */
HF_CHECKED enum hf_rc hf_finger_card_write(const struct hf_finger_template *t,
                                           enum hf_finger_card form, int most, struct hf_wr *w);

#endif
