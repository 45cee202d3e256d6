/* bmp.c - BMP without compression, 1 to 32 bits a pixel, rows from the bottom or the top. */
#include <string.h>

#include "identity/fingerprint/image.h"

struct bmp {
    uint32_t        offset, header, compression, colours;
    int32_t         w, h, per_metre;
    unsigned        bits;
    bool            top_down;
    uint8_t         palette[256]; /* as grey */
    struct hf_bytes file;
};

static uint16_t
le16(struct hf_rd *r)
{
    uint16_t a = hf_rd_u8(r);

    return (uint16_t)(a | hf_rd_u8(r) << 8);
}

static uint32_t
le32(struct hf_rd *r)
{
    uint32_t a = le16(r);

    return a | (uint32_t)le16(r) << 16;
}

static uint8_t
grey_of(unsigned red, unsigned green, unsigned blue)
{
    return (uint8_t)((299 * red + 587 * green + 114 * blue) / 1000);
}

static void
read_header(struct hf_rd *r, struct bmp *b)
{
    hf_rd_take(r, 10); /* BM, file size, reserved: sizes are counted, not believed */
    b->offset = le32(r);
    b->header = le32(r);
    b->w = (int32_t)le32(r);
    b->h = (int32_t)le32(r);
    le16(r); /* planes */
    b->bits = le16(r);
    b->compression = le32(r);
    le32(r); /* image size */
    b->per_metre = (int32_t)le32(r);
    le32(r);
    b->colours = le32(r);
    le32(r);
    if (b->header < 40 || b->header > 256)
        hf_rd_reject(r, HF_E_FORMAT);
    else
        hf_rd_take(r, b->header - 40);
}

static void
read_palette(struct hf_rd *r, struct bmp *b)
{
    unsigned most = b->bits <= 8 ? 1U << b->bits : 0;

    if (b->bits > 8)
        return;
    if (b->colours == 0 || b->colours > most)
        b->colours = most;
    for (unsigned i = 0; i < b->colours; i++) {
        unsigned blue = hf_rd_u8(r), green = hf_rd_u8(r), red = hf_rd_u8(r);

        hf_rd_u8(r);
        b->palette[i] = grey_of(red, green, blue);
    }
}

static uint8_t
pixel(const struct bmp *b, const uint8_t *row, int x)
{
    const uint8_t *p;

    if (b->bits <= 8) {
        unsigned at = (unsigned)x * b->bits, shift = 8 - b->bits - at % 8;

        return b->palette[(unsigned)row[at / 8] >> shift & ((1U << b->bits) - 1)];
    }
    p = row + (size_t)x * (b->bits / 8);
    return grey_of(p[2], p[1], p[0]);
}

static enum hf_rc
read_rows(const struct bmp *b, struct hf_finger_image *out)
{
    size_t     stride = ((size_t)b->w * b->bits + 31) / 32 * 4;
    enum hf_rc rc;

    if (b->offset > b->file.n || (b->file.n - b->offset) / stride < (size_t)b->h)
        return hf_fail(HF_E_SHORT, "BMP: %zu bytes do not hold %d x %d pixels", b->file.n, b->w,
                       b->h);
    if ((rc = hf_finger_image_new(b->w, b->h, out)) != HF_OK)
        return rc;
    for (int y = 0; y < b->h; y++) {
        size_t         line = (size_t)(b->top_down ? y : b->h - 1 - y);
        const uint8_t *row = b->file.p + b->offset + line * stride;

        for (int x = 0; x < b->w; x++)
            out->grey[y * b->w + x] = pixel(b, row, x);
    }
    return HF_OK;
}

enum hf_rc
hf_finger_bmp_read(struct hf_bytes in, struct hf_finger_image *out)
{
    struct hf_rd r = hf_rd(in);
    struct bmp   b = { .file = in };
    int          dpi;
    enum hf_rc   rc;

    *out = (struct hf_finger_image){ 0 };
    read_header(&r, &b);
    if (r.rc == HF_OK && b.bits != 1 && b.bits != 4 && b.bits != 8 && b.bits != 24 && b.bits != 32)
        return hf_fail(HF_E_FORMAT, "BMP: %u bits a pixel", b.bits);
    if (r.rc == HF_OK && b.compression != 0)
        return hf_fail(HF_E_FORMAT, "BMP: compression %u", b.compression);
    read_palette(&r, &b);
    if (r.rc != HF_OK)
        return hf_fail(r.rc, "BMP: header");
    b.top_down = b.h < 0;
    if (b.h < -HF_FINGER_SIDE_MAX || b.h > HF_FINGER_SIDE_MAX || b.w < 1 || b.h == 0 ||
        b.w > HF_FINGER_SIDE_MAX)
        return hf_fail(HF_E_TOOBIG, "BMP: %d x %d pixels", b.w, b.h);
    b.h = b.top_down ? -b.h : b.h;
    if ((rc = read_rows(&b, out)) != HF_OK)
        return rc;
    dpi = b.per_metre > 0 && b.per_metre < 100000 ? (b.per_metre * 254 + 5000) / 10000 : 0;
    out->dpi = dpi >= HF_FINGER_DPI_MIN && dpi <= HF_FINGER_DPI_MAX ? dpi : 0;
    return HF_OK;
}
