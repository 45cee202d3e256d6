/* fuzz_sealkey.c - the text of DATA/secrets/seal.key. */
#include "fuzz/replay.h"

#include "crypto/sealkey.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_sealkey_file f;

    if (hf_sealkey_read(hf_bytes(data, size), &f) == HF_OK && f.passphrase && !hf_argon_sane(&f.argon))
        __builtin_trap();
    return 0;
}
