/* Queries and paths: what is accepted is UTF-8 text, and is read again from its own escaped form. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fuzz/replay.h"
#include "wire/http.h"

static void
again(const struct hf_form *f, struct hf_arena *a)
{
    struct hf_wr   w = hf_wr(1 << 20);
    struct hf_form g;

    for (size_t i = 0; i < f->n; i++) {
        hf_wr_str(&w, i == 0 ? "" : "&");
        hf_http_escape(hf_bytes_str(f->pair[i].name), &w);
        hf_wr_u8(&w, '=');
        hf_http_escape(hf_bytes_str(f->pair[i].value), &w);
    }
    if (hf_form_read(hf_wr_bytes(&w), false, a, &g) != HF_OK || g.n != f->n)
        abort();
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->pair[i].name, g.pair[i].name) != 0 || strcmp(f->pair[i].value, g.pair[i].value) != 0)
            abort();
    hf_wr_clear(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_arena a = hf_arena();
    struct hf_form  f;
    const char     *path;

    if (hf_form_read(hf_bytes(data, size), false, &a, &f) == HF_OK)
        again(&f, &a);
    if (hf_http_path(hf_bytes(data, size), &a, &path) == HF_OK &&
        (path[0] != '/' || !hf_utf8_is_text(hf_bytes_str(path)) || strstr(path, "/../") != NULL))
        abort();
    hf_arena_clear(&a);
    return 0;
}
