/* fuzz_finger_image.c - PNG, BMP and WSQ images. */
#include "fuzz/replay.h"
#include "identity/fingerprint/image.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_finger_image i;

    if (hf_finger_image_read(hf_bytes(data, size), 0, &i) == HF_OK)
        hf_finger_image_clear(&i);
    return 0;
}
