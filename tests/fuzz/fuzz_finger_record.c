/* fuzz_finger_record.c - minutiae records and card templates: read, compare, written again. */
#include "fuzz/replay.h"
#include "identity/fingerprint/card.h"
#include "identity/fingerprint/match.h"
#include "identity/fingerprint/record.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_finger_template t;
    struct hf_wr              w = hf_wr(1 << 16);
    struct hf_finger_probe   *p = NULL;
    struct hf_bytes           in = hf_bytes(data, size);

    if (hf_finger_record_read(in, 0, &t, NULL) == HF_OK) {
        if (hf_finger_record_write(&t, HF_FINGER_ANSI, &w) != HF_OK ||
            hf_finger_record_read(hf_wr_bytes(&w), 0, &t, NULL) != HF_OK)
            __builtin_trap();
        if (hf_finger_probe_new(&t, &p) == HF_OK)
            hf_finger_weigh(p, &t, NULL);
    }
    for (int form = HF_FINGER_CARD_NONE; form <= HF_FINGER_CARD_COMPACT; form++)
        (void)!hf_finger_card_read(in, (enum hf_finger_card)form, &t);
    hf_finger_probe_free(p);
    hf_wr_clear(&w);
    return 0;
}
