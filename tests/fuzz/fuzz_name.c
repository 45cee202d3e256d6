/* fuzz_name.c - names as text: what is understood is a good name and equals itself after another round. */
#include "fuzz/replay.h"

#include <stdlib.h>

#include "wire/name.h"

/* DER to text to DER must be an equal name. */
static void
round_trip(struct hf_bytes name)
{
    struct hf_wr text = hf_wr(1 << 22), der = hf_wr(1 << 22);

    hf_name_text(name, &text);
    hf_wr_u8(&text, '\0');
    if (hf_name_parse((const char *)text.p, &der) == HF_OK && !hf_name_eq(name, hf_wr_bytes(&der)))
        abort();
    hf_wr_clear(&text);
    hf_wr_clear(&der);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_bytes in = hf_bytes(data, size);
    struct hf_wr    text = hf_wr(1 << 22), der = hf_wr(1 << 22);

    if (hf_name_check(in) == HF_OK) {
        if (!hf_name_eq(in, in) || !hf_name_within(in, in))
            abort();
        round_trip(in);
    }
    hf_wr_put(&text, in);
    hf_wr_u8(&text, '\0');
    if (hf_name_parse((const char *)text.p, &der) == HF_OK) {
        if (hf_name_check(hf_wr_bytes(&der)) != HF_OK)
            abort();
        round_trip(hf_wr_bytes(&der));
    }
    hf_wr_clear(&text);
    hf_wr_clear(&der);
    return 0;
}
