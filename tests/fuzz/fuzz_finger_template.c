/* fuzz_finger_template.c - stored templates; the checksum is made right so that what is behind it
 * is reached. */
#include "fuzz/replay.h"
#include <string.h>
#include <zlib.h>

#include "identity/fingerprint/match.h"
#include "identity/fingerprint/template.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_finger_template t;
    struct hf_finger_probe   *p = NULL;
    uint8_t                   copy[2048];
    uint32_t                  sum;

    if (size < 4 || size > sizeof(copy))
        return 0;
    memcpy(copy, data, size);
    sum = (uint32_t)crc32(0, copy, (uInt)(size - 4));
    for (int i = 0; i < 4; i++)
        copy[size - 1 - (size_t)i] = (uint8_t)(sum >> (8 * i));
    if (hf_finger_template_read(hf_bytes(copy, size), &t) == HF_OK &&
        hf_finger_probe_new(&t, &p) == HF_OK)
        hf_finger_weigh(p, &t, NULL);
    hf_finger_probe_free(p);
    return 0;
}
