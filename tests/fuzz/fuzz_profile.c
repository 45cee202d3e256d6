/* fuzz_profile.c - the reader of certificate profiles takes any text. */
#include "fuzz/replay.h"

#include "pki/profile.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_arena    a = hf_arena();
    struct hf_profile *p;

    if (hf_profile_read(hf_bytes(data, size), "fuzz", &a, &p) == HF_OK && p->rdns > HF_PROFILE_RDNS)
        __builtin_trap();
    hf_arena_clear(&a);
    return 0;
}
