/* fuzz_csr.c - certification requests. */
#include "fuzz/replay.h"

#include <stdlib.h>

#include "wire/x509_json.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_csr c;
    json_t       *shown;

    if (hf_csr_read(hf_bytes(data, size), &c) != HF_OK)
        return 0;
    if ((shown = hf_csr_json(&c)) == NULL)
        abort();
    json_decref(shown);
    return 0;
}
