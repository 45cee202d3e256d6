/* card.c - card minutiae, read and written side by side. */
#include <string.h>

#include "identity/fingerprint/card.h"
#include "identity/fingerprint/record.h"

/* Units for each pixel at 500 dpi: 0.0508 mm, as a fraction of 1000. */
static const struct {
    unsigned size, per_mm, x_max, angle_shift;
} forms[] = {
    [HF_FINGER_CARD_NORMAL] = { 5, 100, 0x3FFF, 4 },
    [HF_FINGER_CARD_COMPACT] = { 3, 10, 0xFF, 6 },
};

/* pixel = units * 25.4 mm to 500 dpi: 500 / 25.4 = 19.685 pixels a mm. */
static uint16_t
to_pixels(unsigned v, unsigned per_mm)
{
    return (uint16_t)((v * 5000 + per_mm * 127) / (per_mm * 254));
}

static unsigned
to_units(unsigned pixels, unsigned per_mm)
{
    return (pixels * per_mm * 254 + 2500) / 5000;
}

static void
read_minutia(struct hf_rd *r, enum hf_finger_card form, struct hf_finger_minutia *m)
{
    unsigned x, y, angle, per_mm = forms[form].per_mm;

    if (form == HF_FINGER_CARD_NORMAL) {
        x = hf_rd_be16(r);
        y = hf_rd_be16(r) & 0x3FFF;
        angle = hf_rd_u8(r);
        m->kind = (uint8_t)(x >> 14);
        x &= 0x3FFF;
    } else {
        x = hf_rd_u8(r);
        y = hf_rd_u8(r);
        angle = hf_rd_u8(r);
        m->kind = (uint8_t)(angle >> 6);
        angle &= 0x3F;
    }
    m->kind = m->kind > HF_FINGER_BIFURCATION ? HF_FINGER_OTHER : m->kind;
    m->x = to_pixels(x, per_mm);
    m->y = to_pixels(y, per_mm);
    m->angle = (uint16_t)(angle << forms[form].angle_shift);
}

/* -- The data object: 7F2E, length, then one level or more of tags --------------- */

static size_t
read_length(struct hf_rd *r)
{
    size_t n = hf_rd_u8(r);

    if (n == 0x81)
        n = hf_rd_u8(r);
    else if (n == 0x82)
        n = hf_rd_be16(r);
    else if (n >= 0x80)
        hf_rd_reject(r, HF_E_FORMAT);
    return n;
}

/* The first primitive value whose length whole minutiae fill. */
static struct hf_bytes
find_value(struct hf_bytes in, size_t size, int depth)
{
    struct hf_rd r = hf_rd(in);

    while (hf_rd_left(&r) > 0 && depth < 4) {
        uint8_t         tag = hf_rd_u8(&r);
        struct hf_bytes value;

        if ((tag & 0x1F) == 0x1F)
            hf_rd_u8(&r);
        value = hf_rd_take(&r, read_length(&r));
        if (r.rc != HF_OK)
            break;
        if (tag & 0x20)
            value = find_value(value, size, depth + 1);
        if (value.n > 0 && value.n % size == 0)
            return value;
    }
    return hf_bytes(NULL, 0);
}

enum hf_rc
hf_finger_card_read(struct hf_bytes in, enum hf_finger_card form, struct hf_finger_template *t)
{
    struct hf_finger_pile pile = { 0 };
    struct hf_rd          r;
    size_t                size;

    memset(t, 0, sizeof(*t));
    if (form != HF_FINGER_CARD_NORMAL && form != HF_FINGER_CARD_COMPACT)
        return hf_fail_field(HF_E_ARG, "fmt", "a card template needs fmt=normal or fmt=compact");
    size = forms[form].size;
    if (in.n >= 2 && in.p[0] == 0x7F && in.p[1] == 0x2E)
        in = find_value(in, size, 0);
    if (in.n == 0 || in.n % size != 0 || in.n / size > HF_FINGER_RECORD_MINUTIAE)
        return hf_fail(HF_E_FORMAT,
                       "card template: %zu bytes are not 1 to %d minutiae of %zu bytes", in.n,
                       HF_FINGER_RECORD_MINUTIAE, size);
    r = hf_rd(in);
    for (; hf_rd_left(&r) > 0; pile.n++) {
        read_minutia(&r, form, &pile.m[pile.n]);
        t->width = pile.m[pile.n].x >= t->width ? (uint16_t)(pile.m[pile.n].x + 1) : t->width;
        t->height = pile.m[pile.n].y >= t->height ? (uint16_t)(pile.m[pile.n].y + 1) : t->height;
    }
    t->n = (uint8_t)hf_finger_pile_choose(&pile, HF_FINGER_MINUTIAE, t->m);
    return hf_rd_end(&r, "card template");
}

static void
write_minutia(const struct hf_finger_minutia *m, enum hf_finger_card form, unsigned x, unsigned y,
              struct hf_wr *w)
{
    unsigned shift = forms[form].angle_shift;
    unsigned angle = ((m->angle + (1U << (shift - 1))) & (HF_FINGER_TURN - 1)) >> shift;

    if (form == HF_FINGER_CARD_NORMAL) {
        hf_wr_be16(w, (uint16_t)((unsigned)m->kind << 14 | x));
        hf_wr_be16(w, (uint16_t)y);
        hf_wr_u8(w, (uint8_t)angle);
    } else {
        hf_wr_u8(w, (uint8_t)x);
        hf_wr_u8(w, (uint8_t)y);
        hf_wr_u8(w, (uint8_t)((unsigned)m->kind << 6 | angle));
    }
}

enum hf_rc
hf_finger_card_write(const struct hf_finger_template *t, enum hf_finger_card form, int most,
                     struct hf_wr *w)
{
    struct hf_finger_pile    pile = { .n = t->n };
    struct hf_finger_minutia m[HF_FINGER_RECORD_MINUTIAE];
    unsigned                 x0 = HF_FINGER_SPAN, y0 = HF_FINGER_SPAN;
    int                      n;

    if (form != HF_FINGER_CARD_NORMAL && form != HF_FINGER_CARD_COMPACT)
        return hf_fail_field(HF_E_ARG, "fmt", "a card template needs fmt=normal or fmt=compact");
    memcpy(pile.m, t->m, t->n * sizeof(t->m[0]));
    n = hf_finger_pile_choose(&pile, most < t->n ? most : t->n, m);
    for (int i = 0; i < n; i++) {
        x0 = m[i].x < x0 ? m[i].x : x0;
        y0 = m[i].y < y0 ? m[i].y : y0;
    }
    for (int i = 0; i < n; i++) {
        unsigned x = to_units(m[i].x - x0, forms[form].per_mm);
        unsigned y = to_units(m[i].y - y0, forms[form].per_mm);

        if (x > forms[form].x_max || y > forms[form].x_max)
            return hf_fail(HF_E_TOOBIG, "card template: the print is larger than the form holds");
        write_minutia(&m[i], form, x, y, w);
    }
    return w->rc == HF_OK ? HF_OK : hf_fail(w->rc, "card template");
}
