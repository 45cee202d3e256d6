/* fuzz_finger_feature.c - the text of fingerFeature, raw images of 96 x 96 among what may be in it.
 */
#include "fuzz/replay.h"
#include "identity/fingerprint/feature.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct hf_finger_hint none, card = { .card = HF_FINGER_CARD_COMPACT },
                                             raw = { .w = 96, .h = 96 };
    struct hf_finger_template t[HF_FINGER_ITEMS];
    int                       n;

    (void)!hf_finger_feature_read(hf_bytes(data, size), &none, t, &n);
    (void)!hf_finger_feature_read(hf_bytes(data, size), &card, t, &n);
    (void)!hf_finger_feature_read(hf_bytes(data, size), &raw, t, &n);
    return 0;
}
