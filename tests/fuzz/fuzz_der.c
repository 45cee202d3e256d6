/* fuzz_der.c - any octets as one DER element, and written again. */
#include "fuzz/replay.h"

#include <stdlib.h>

#include "wire/der.h"

/* Rebuild what was read: the writer must give back the octets. */
static void
copy(struct hf_rd *r, struct hf_wr *w, int depth)
{
    uint8_t         tag;
    struct hf_bytes contents;

    while (hf_rd_left(r) != 0) {
        struct hf_bytes whole = hf_der_any(r, &tag, &contents);

        if (r->rc != HF_OK)
            abort();
        if ((tag & 0x20) != 0 && depth > 0) {
            struct hf_rd sub = hf_rd(contents);
            size_t       mark = depth % 2 != 0 ? hf_der_begin(w, tag) : hf_der_begin_large(w, tag);

            copy(&sub, w, depth - 1);
            hf_der_end(w, mark);
        } else if (whole.n < 4)
            hf_wr_put(w, whole);
        else
            hf_der_put(w, tag, contents);
    }
}

/* Every typed reader at the start of the input. */
static void
read_all_types(struct hf_bytes in)
{
    struct hf_rd r[12];
    unsigned     unused;
    uint8_t      tag;

    for (size_t i = 0; i < HF_COUNT(r); i++)
        r[i] = hf_rd(in);
    hf_der_boolean(&r[0]);
    hf_der_integer(&r[1]);
    hf_der_uint(&r[2], 1000);
    hf_der_oid(&r[3]);
    hf_der_bits(&r[4], &unused);
    hf_der_flags(&r[5], HF_DER_BITS);
    hf_der_time(&r[6], &tag);
    hf_der_gentime(&r[7], HF_DER_GENTIME);
    hf_der_open_set(&r[8], HF_DER_SET);
    hf_der_null(&r[9]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_bytes in = hf_bytes(data, size);
    struct hf_wr    w = hf_wr(1 << 24);
    struct hf_rd    r = hf_rd(in);

    read_all_types(in);
    if (hf_der_check(in, "input") == HF_OK) {
        copy(&r, &w, HF_DER_DEPTH);
        if (w.rc != HF_OK || !hf_bytes_eq(hf_wr_bytes(&w), in))
            abort();
    }
    hf_wr_clear(&w);
    return 0;
}
