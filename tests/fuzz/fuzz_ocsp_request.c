/* fuzz_ocsp_request.c - OCSP requests. */
#include "fuzz/replay.h"

#include <stdlib.h>

#include "wire/ocsp.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_ocsp_request q;
    struct hf_ocsp_id      id;
    struct hf_rd           r;
    size_t                 n = 0;

    if (hf_ocsp_request_read(hf_bytes(data, size), &q) != HF_OK)
        return 0;
    for (r = hf_rd(q.list); hf_ocsp_id_next(&r, &id); n++)
        if (id.raw.n == 0)
            abort();
    if (n != q.count || n == 0)
        abort();
    return 0;
}
