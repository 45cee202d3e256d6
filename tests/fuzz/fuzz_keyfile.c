/* fuzz_keyfile.c - files in DATA/keys that may have been damaged or planted. */
#include "fuzz/replay.h"

#include "crypto/keyfile.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_keyfile f;
    struct hf_wr      w = hf_wr(HF_KEYFILE_MAX);

    if (hf_keyfile_read(hf_bytes(data, size), &f) == HF_OK) {
        hf_keyfile_write_header(&f, &w);
        if (!hf_bytes_eq(hf_wr_bytes(&w), f.header) || f.info.id[HF_KEY_ID_MAX] != '\0')
            __builtin_trap();
    }
    hf_wr_clear(&w);
    return 0;
}
