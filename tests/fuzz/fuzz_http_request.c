/* The server's reader: whatever comes, in one piece or byte by byte, gives the same events. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/replay.h"
#include "wire/http.h"

struct seen {
    enum hf_http_event last;
    size_t             used, body, messages;
    int                refuse;
};

static struct seen
run(const uint8_t *data, size_t size, size_t piece)
{
    struct hf_http_reader r;
    struct seen           s = { HF_HTTP_MORE, 0, 0, 0, 0 };
    size_t                have = 0, used;
    struct hf_bytes       part;

    hf_http_reader_init(&r, false, hf_http_limits(1024));
    for (;;) {
        s.last = hf_http_read(&r, hf_bytes(data + s.used, have - s.used), &used, &part);
        if (used > have - s.used || part.n > used)
            abort();
        s.used += used;
        s.body += part.n;
        s.refuse = r.refuse;
        if (s.last == HF_HTTP_BAD || (s.last == HF_HTTP_MORE && have == size))
            return s;
        if (s.last == HF_HTTP_MORE)
            have = size - have < piece ? size : have + piece;
        if (s.last == HF_HTTP_END) {
            s.messages++;
            hf_http_reader_next(&r);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole = run(data, size, size), bytes = run(data, size, 1);

    if (whole.messages != bytes.messages || whole.body != bytes.body || whole.last != bytes.last)
        abort();
    if (whole.last == HF_HTTP_BAD && (whole.refuse < 400 || whole.refuse > 505))
        abort();
    return 0;
}
