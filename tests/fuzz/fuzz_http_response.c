/* The client's reader. */
#include <stdlib.h>

#include "fuzz/replay.h"
#include "wire/http.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_http_reader r;
    struct hf_bytes       in = hf_bytes(data, size), part;
    size_t                used, body = 0;

    hf_http_reader_init(&r, true, hf_http_limits(1024));
    for (;;) {
        enum hf_http_event e = hf_http_read(&r, in, &used, &part);

        if (used > in.n || part.n > used || (body += part.n) > 1024)
            abort();
        in = hf_bytes(in.p + used, in.n - used);
        if (e == HF_HTTP_BAD || e == HF_HTTP_MORE)
            return 0;
        if (e == HF_HTTP_END) {
            hf_http_reader_next(&r);
            body = 0;
        }
    }
}
