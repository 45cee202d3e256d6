/* fuzz_finger_wsq.c - WSQ images alone: the deepest of the image readers. */
#include "fuzz/replay.h"
#include "identity/fingerprint/image.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_finger_image i;

    if (hf_finger_wsq_read(hf_bytes(data, size), &i) == HF_OK)
        hf_finger_image_clear(&i);
    return 0;
}
