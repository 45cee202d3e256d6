#include "crypto/tlv.h"

#include <string.h>

bool
hf_tlv_is(const struct hf_rd *r, uint8_t tag)
{
    return hf_rd_left(r) != 0 && r->p[0] == tag;
}

/* X.690 10.1: the length in the fewest octets; 4 GiB is beyond anything read here. */
static size_t
length(struct hf_rd *r)
{
    uint8_t  first = hf_rd_u8(r);
    uint32_t n = 0;

    if (first < 0x80)
        return first;
    if (first == 0x80 || first > 0x84) {
        hf_rd_reject(r, HF_E_FORMAT);
        return 0;
    }
    for (unsigned i = first & 0x7fu; i != 0; i--) {
        n = n << 8 | hf_rd_u8(r);
        if (n == 0)
            hf_rd_reject(r, HF_E_FORMAT);
    }
    if (n < 0x80)
        hf_rd_reject(r, HF_E_FORMAT);
    return n;
}

struct hf_bytes
hf_tlv(struct hf_rd *r, uint8_t tag)
{
    if (hf_rd_u8(r) != tag)
        hf_rd_reject(r, HF_E_FORMAT);
    return hf_rd_take(r, length(r));
}

struct hf_rd
hf_tlv_in(struct hf_rd *r, uint8_t tag)
{
    struct hf_rd in = hf_rd(hf_tlv(r, tag));

    in.rc = r->rc;
    return in;
}

struct hf_bytes
hf_tlv_number(struct hf_rd *r)
{
    struct hf_bytes b = hf_tlv(r, HF_TLV_INTEGER);

    if (b.n == 0 || b.p[0] >= 0x80 || (b.n > 1 && b.p[0] == 0 && b.p[1] < 0x80)) {
        hf_rd_reject(r, HF_E_FORMAT);
        return hf_bytes(NULL, 0);
    }
    return b.n > 1 && b.p[0] == 0 ? hf_bytes(b.p + 1, b.n - 1) : b;
}

struct hf_bytes
hf_tlv_bits(struct hf_rd *r)
{
    struct hf_bytes b = hf_tlv(r, HF_TLV_BITS);

    if (b.n == 0 || b.p[0] != 0) {
        hf_rd_reject(r, HF_E_FORMAT);
        return hf_bytes(NULL, 0);
    }
    return hf_bytes(b.p + 1, b.n - 1);
}

/* -- Writing ------------------------------------------------------------------ */

size_t
hf_tlv_open(struct hf_wr *w, uint8_t tag)
{
    hf_wr_u8(w, tag);
    hf_wr_u8(w, 0);
    return w->n;
}

void
hf_tlv_close(struct hf_wr *w, size_t mark)
{
    size_t   n = w->n - mark;
    unsigned more = n < 0x80 ? 0 : n < 0x100 ? 1 : n < 0x10000 ? 2 : n < 0x1000000 ? 3 : 4;

    if (more != 0 && hf_wr_space(w, more) != NULL)
        memmove(w->p + mark + more, w->p + mark, n);
    if (w->rc != HF_OK)
        return;
    w->p[mark - 1] = more == 0 ? (uint8_t)n : (uint8_t)(0x80 | more);
    for (unsigned i = 0; i < more; i++)
        w->p[mark + i] = (uint8_t)(n >> (8 * (more - 1 - i)));
}

void
hf_tlv_put(struct hf_wr *w, uint8_t tag, struct hf_bytes contents)
{
    size_t mark = hf_tlv_open(w, tag);

    hf_wr_put(w, contents);
    hf_tlv_close(w, mark);
}

void
hf_tlv_put_number(struct hf_wr *w, struct hf_bytes b)
{
    size_t mark = hf_tlv_open(w, HF_TLV_INTEGER);

    while (b.n > 1 && b.p[0] == 0)
        b = hf_bytes(b.p + 1, b.n - 1);
    if (b.n == 0 || b.p[0] >= 0x80)
        hf_wr_u8(w, 0);
    hf_wr_put(w, b);
    hf_tlv_close(w, mark);
}
