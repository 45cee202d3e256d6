/* feature.c - decode the text, tell the format, read the template. */
#include <string.h>

#include "base/text.h"
#include "identity/fingerprint/feature.h"
#include "identity/fingerprint/record.h"

static bool
starts(struct hf_bytes in, const char *with, size_t n)
{
    return in.n >= n && memcmp(in.p, with, n) == 0;
}

static enum hf_rc
from_image(struct hf_bytes in, const struct hf_finger_hint *hint, struct hf_finger_template *t,
           struct hf_finger_report *report)
{
    struct hf_finger_image image;
    enum hf_rc             rc;

    rc = hf_finger_image_known(in) ? hf_finger_image_read(in, hint->dpi, &image)
                                   : hf_finger_image_raw(in, hint->w, hint->h, hint->dpi, &image);
    if (rc != HF_OK)
        return rc;
    rc = hf_finger_extract(&image, t, report);
    hf_finger_image_clear(&image);
    return rc;
}

enum hf_rc
hf_finger_any_read(struct hf_bytes in, const struct hf_finger_hint *hint,
                   struct hf_finger_template *t, struct hf_finger_report *report, bool *is_image)
{
    bool own;

    is_image = is_image != NULL ? is_image : &own;
    *is_image = false;
    memset(t, 0, sizeof(*t));
    if (starts(in, "HFP1", 4))
        return hf_finger_template_read(in, t);
    if (hf_finger_record_known(in))
        return hf_finger_record_read(in, 0, t, NULL);
    if (starts(in, "FIR", 4))
        return hf_fail(HF_E_FORMAT, "finger image records (ISO/IEC 19794-4) are not read");
    if (starts(in, "\x7F\x2E", 2))
        return hf_finger_card_read(in, hint->card, t);
    *is_image = hf_finger_image_known(in) || hint->w != 0;
    if (*is_image)
        return from_image(in, hint, t, report);
    if (hint->card != HF_FINGER_CARD_NONE)
        return hf_finger_card_read(in, hint->card, t);
    return hf_fail(HF_E_FORMAT, "fingerprint data of no known format");
}

/* -- Text ------------------------------------------------------------------------- */

static int
hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without white space and padding, in the standard alphabet; counts hexadecimal digits. */
static void
squeeze(struct hf_bytes in, struct hf_wr *out, size_t *hex)
{
    *hex = 0;
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i];

        if (is_space(c))
            continue;
        *hex += hex_digit(c) >= 0;
        hf_wr_u8(out, c == '-' ? '+' : c == '_' ? '/' : c);
    }
    while (out->n > 0 && out->p[out->n - 1] == '=')
        hf_wr_cut(out, out->n - 1);
}

static bool
has_signature(struct hf_bytes b)
{
    return starts(b, "HFP1", 4) || starts(b, "FMR", 4) || starts(b, "\x7F\x2E", 2) ||
           hf_finger_image_known(b);
}

static void
unhex(struct hf_bytes in, struct hf_wr *out)
{
    for (size_t i = 0; i + 1 < in.n; i += 2)
        hf_wr_u8(out, (uint8_t)(hex_digit(in.p[i]) << 4 | hex_digit(in.p[i + 1])));
}

static enum hf_rc
decode(struct hf_bytes in, struct hf_wr *out)
{
    struct hf_wr plain = hf_wr_secret(HF_FINGER_FEATURE_MAX);
    size_t       hex;
    enum hf_rc   rc;

    squeeze(in, &plain, &hex);
    if (plain.n > 0 && hex == plain.n && plain.n % 2 == 0)
        unhex(hf_wr_bytes(&plain), out);
    if (!has_signature(hf_wr_bytes(out))) {
        hf_wr_cut(out, 0);
        while (plain.n % 4 != 0 && plain.rc == HF_OK)
            hf_wr_u8(&plain, '=');
        if ((rc = hf_unbase64(hf_wr_bytes(&plain), out)) == HF_OK && out->n == 0)
            rc = hf_fail(HF_E_FORMAT, "empty");
    } else {
        rc = out->rc;
    }
    hf_wr_clear(&plain);
    return rc;
}

/* A data: prefix ends at its comma; it may hold a semicolon, base64 may not. */
static struct hf_bytes
next_item(struct hf_bytes *text)
{
    struct hf_bytes item;
    size_t          skip = 0, n;

    while (skip < text->n && is_space(text->p[skip]))
        skip++;
    if (starts(hf_bytes(text->p + skip, text->n - skip), "data:", 5))
        for (; skip < text->n && text->p[skip++] != ',';)
            continue;
    for (n = skip; n < text->n && text->p[n] != ';'; n++)
        continue;
    item = hf_bytes(text->p + skip, n - skip);
    n = n < text->n ? n + 1 : n;
    *text = hf_bytes(text->p + n, text->n - n);
    return item;
}

enum hf_rc
hf_finger_feature_read(struct hf_bytes text, const struct hf_finger_hint *hint,
                       struct hf_finger_template t[HF_FINGER_ITEMS], int *n)
{
    enum hf_rc rc = HF_OK;

    *n = 0;
    if (text.n == 0)
        return hf_fail_field(HF_E_FORMAT, "fingerFeature", "empty");
    if (text.n > HF_FINGER_FEATURE_MAX)
        return hf_fail_field(HF_E_TOOBIG, "fingerFeature", "%zu bytes, at most %d", text.n,
                             HF_FINGER_FEATURE_MAX);
    while (text.n > 0 && rc == HF_OK) {
        struct hf_wr bytes = hf_wr_secret(HF_FINGER_FEATURE_MAX);

        if (*n == HF_FINGER_ITEMS)
            rc = hf_fail(HF_E_TOOBIG, "more than %d items", HF_FINGER_ITEMS);
        else if ((rc = decode(next_item(&text), &bytes)) == HF_OK)
            rc = hf_finger_any_read(hf_wr_bytes(&bytes), hint, &t[*n], NULL, NULL);
        hf_wr_clear(&bytes);
        *n += rc == HF_OK;
    }
    if (rc == HF_OK)
        return HF_OK;
    for (int i = 0; i < *n; i++)
        hf_finger_template_clear(&t[i]);
    hf_because(rc, "item %d", *n + 1);
    *n = 0;
    return hf_because(rc, "fingerFeature");
}
