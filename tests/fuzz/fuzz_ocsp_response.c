/* fuzz_ocsp_response.c - OCSP responses. */
#include "fuzz/replay.h"

#include <stdlib.h>

#include "wire/ocsp.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_ocsp_response p;
    struct hf_ocsp_single   s;
    struct hf_rd            r;
    size_t                  n = 0;

    if (hf_ocsp_response_read(hf_bytes(data, size), &p) != HF_OK)
        return 0;
    for (r = hf_rd(p.singles); hf_ocsp_single_next(&r, &s); n++)
        if (s.status > HF_OCSP_UNKNOWN)
            abort();
    if (n != p.count)
        abort();
    return 0;
}
