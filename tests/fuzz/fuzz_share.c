/* fuzz_share.c - share files typed or copied by custodians. */
#include "fuzz/replay.h"

#include "crypto/shamir.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_share s;

    if (hf_share_read(hf_bytes(data, size), &s) == HF_OK && (s.x == 0 || s.x > s.of || s.need > s.of))
        __builtin_trap();
    return 0;
}
