/* image.c - images in memory: made, recognised, brought to 500 dpi. */
#include <math.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "identity/fingerprint/image.h"
#include "identity/fingerprint/template.h"

static const struct {
    uint8_t sign[8];
    size_t  n;
    enum hf_rc (*read)(struct hf_bytes in, struct hf_finger_image *out);
} formats[] = {
    { { 0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A }, 8, hf_finger_png_read },
    { { 'B', 'M' }, 2, hf_finger_bmp_read },
    { { 0xFF, 0xA0 }, 2, hf_finger_wsq_read },
};

static int
format_of(struct hf_bytes in)
{
    for (int i = 0; i < (int)HF_COUNT(formats); i++)
        if (in.n >= formats[i].n && memcmp(in.p, formats[i].sign, formats[i].n) == 0)
            return i;
    return -1;
}

bool
hf_finger_image_known(struct hf_bytes in)
{
    return format_of(in) >= 0;
}

enum hf_rc
hf_finger_image_new(int64_t w, int64_t h, struct hf_finger_image *out)
{
    *out = (struct hf_finger_image){ 0 };
    if (w > HF_FINGER_SIDE_MAX || h > HF_FINGER_SIDE_MAX)
        return hf_fail(HF_E_TOOBIG, "image of %lld x %lld pixels, at most %d a side", (long long)w,
                       (long long)h, HF_FINGER_SIDE_MAX);
    if (w < HF_FINGER_SIDE_MIN || h < HF_FINGER_SIDE_MIN)
        return hf_fail(HF_E_FORMAT, "image of %lld x %lld pixels, at least %d a side", (long long)w,
                       (long long)h, HF_FINGER_SIDE_MIN);
    if ((out->grey = malloc((size_t)(w * h))) == NULL)
        return hf_fail(HF_E_NOMEM, "image of %lld x %lld pixels", (long long)w, (long long)h);
    out->w = (int)w;
    out->h = (int)h;
    return HF_OK;
}

void
hf_finger_image_clear(struct hf_finger_image *i)
{
    if (i->grey != NULL)
        OPENSSL_cleanse(i->grey, (size_t)i->w * (size_t)i->h);
    free(i->grey);
    *i = (struct hf_finger_image){ 0 };
}

static enum hf_rc
check_dpi(int dpi)
{
    if (dpi < HF_FINGER_DPI_MIN || dpi > HF_FINGER_DPI_MAX)
        return hf_fail_field(HF_E_ARG, "dpi", "%d is not within %d..%d", dpi, HF_FINGER_DPI_MIN,
                             HF_FINGER_DPI_MAX);
    return HF_OK;
}

enum hf_rc
hf_finger_image_read(struct hf_bytes in, int dpi, struct hf_finger_image *out)
{
    int        k = format_of(in);
    enum hf_rc rc;

    *out = (struct hf_finger_image){ 0 };
    if (k < 0)
        return hf_fail(HF_E_FORMAT, "image: neither PNG nor BMP nor WSQ");
    if (dpi != 0 && (rc = check_dpi(dpi)) != HF_OK)
        return rc;
    if ((rc = formats[k].read(in, out)) != HF_OK)
        return rc;
    if (dpi != 0)
        out->dpi = dpi;
    if (out->dpi != 0 && (rc = check_dpi(out->dpi)) != HF_OK)
        hf_finger_image_clear(out);
    return rc;
}

enum hf_rc
hf_finger_image_raw(struct hf_bytes in, int w, int h, int dpi, struct hf_finger_image *out)
{
    enum hf_rc rc;

    *out = (struct hf_finger_image){ 0 };
    if (dpi != 0 && (rc = check_dpi(dpi)) != HF_OK)
        return rc;
    if (w <= 0 || h <= 0 || in.n != (size_t)w * (size_t)h)
        return hf_fail(HF_E_FORMAT, "raw image: %zu bytes are not %d x %d pixels", in.n, w, h);
    if ((rc = hf_finger_image_new(w, h, out)) != HF_OK)
        return rc;
    memcpy(out->grey, in.p, in.n);
    out->dpi = dpi;
    return HF_OK;
}

/* -- Scaling ------------------------------------------------------------------- */

/* Cubic through the samples (Keys 1981, a = -1/2). */
static float
cubic(float t)
{
    t = fabsf(t);
    if (t < 1)
        return (1.5F * t - 2.5F) * t * t + 1;
    return t < 2 ? ((-0.5F * t + 2.5F) * t - 4) * t + 2 : 0;
}

/* Weight of source sample i for the target sample that covers low..low + step. */
static float
weight(float i, float low, float step)
{
    if (step > 1) {
        float a = fmaxf(low, i), b = fminf(low + step, i + 1);

        return b > a ? (b - a) / step : 0;
    }
    return cubic(i + 0.5F - (low + 0.5F * step));
}

/* One line of n samples, `apart` bytes from each other, to m samples. */
static void
scale_line(const uint8_t *in, int n, int apart, float step, uint8_t *out, int m, int out_apart)
{
    for (int k = 0; k < m; k++) {
        float low = (float)k * step, sum = 0, all = 0;
        int   first = (int)floorf(step > 1 ? low : low - 2), last = (int)ceilf(low + step + 2);

        for (int i = first; i <= last; i++) {
            int   at = i < 0 ? 0 : i >= n ? n - 1 : i;
            float w = weight((float)i, low, step);

            sum += w * (float)in[(size_t)at * (size_t)apart];
            all += w;
        }
        out[(size_t)k * (size_t)out_apart] = (uint8_t)fminf(fmaxf(sum / all + 0.5F, 0), 255);
    }
}

static enum hf_rc
scale_both(const struct hf_finger_image *in, float step, int w, int h, struct hf_finger_image *out)
{
    uint8_t   *between = malloc((size_t)w * (size_t)in->h);
    enum hf_rc rc;

    if (between == NULL)
        return hf_fail(HF_E_NOMEM, "image of %d x %d pixels", w, in->h);
    if ((rc = hf_finger_image_new(w, h, out)) == HF_OK) {
        for (int y = 0; y < in->h; y++)
            scale_line(in->grey + y * in->w, in->w, 1, step, between + y * w, w, 1);
        for (int x = 0; x < w; x++)
            scale_line(between + x, in->h, w, step, out->grey + x, h, w);
    }
    OPENSSL_cleanse(between, (size_t)w * (size_t)in->h);
    free(between);
    return rc;
}

enum hf_rc
hf_finger_image_scale(const struct hf_finger_image *in, struct hf_finger_image *out)
{
    int        dpi = in->dpi != 0 ? in->dpi : HF_FINGER_DPI;
    int        w = (in->w * HF_FINGER_DPI + dpi / 2) / dpi;
    int        h = (in->h * HF_FINGER_DPI + dpi / 2) / dpi;
    enum hf_rc rc;

    if (w != in->w || h != in->h)
        rc = scale_both(in, (float)dpi / HF_FINGER_DPI, w, h, out);
    else if ((rc = hf_finger_image_new(w, h, out)) == HF_OK)
        memcpy(out->grey, in->grey, (size_t)w * (size_t)h);
    if (rc != HF_OK)
        return hf_because(rc, "at %d dpi", HF_FINGER_DPI);
    out->dpi = HF_FINGER_DPI;
    return HF_OK;
}
