/* fuzz_ask.c - questions to `keys` and its answers, from a peer that sends anything. */
#include "fuzz/replay.h"

#include "crypto/ask.h"

/* What is read as a question is written as the same bytes: there is one form only. */
static void
question(struct hf_bytes in)
{
    struct hf_ask a;
    struct hf_wr  w = hf_wr(in.n + 64);

    if (hf_ask_read(in, &a) == HF_OK) {
        hf_ask_write(&a, &w);
        if (!hf_bytes_eq(hf_wr_bytes(&w), in))
            __builtin_trap();
    }
    hf_wr_clear(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_bytes    in = hf_bytes(data, size);
    struct hf_key_info info;
    struct hf_rd       rest;

    question(in);
    if (hf_answer_read(in, &rest) == HF_OK && hf_answer_info(&rest, &info) == HF_OK &&
        info.id[HF_KEY_ID_MAX] != '\0')
        __builtin_trap();
    return 0;
}
