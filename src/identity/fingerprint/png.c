/* png.c - PNG through libpng, from memory, sizes checked before anything is inflated. */
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "identity/fingerprint/image.h"

/* Everything that must survive libpng's way of reporting errors lives here. */
struct reader {
    struct hf_bytes        left;
    char                   error[96];
    png_structp            png;
    png_infop              info;
    png_bytep              rows[HF_FINGER_SIDE_MAX];
    struct hf_finger_image image;
    enum hf_rc             rc;
};

static void
give_bytes(png_structp png, png_bytep to, size_t n)
{
    struct reader *r = png_get_io_ptr(png);

    if (n > r->left.n)
        png_error(png, "ends early");
    memcpy(to, r->left.p, n);
    r->left.p += n;
    r->left.n -= n;
}

static HF_NORETURN void
on_error(png_structp png, png_const_charp text)
{
    struct reader *r = png_get_error_ptr(png);

    snprintf(r->error, sizeof(r->error), "%s", text);
    longjmp(png_jmpbuf(png), 1);
}

static void
on_warning(png_structp png, png_const_charp text)
{
    (void)png; /* an odd but readable file: nobody to tell */
    (void)text;
}

/* pHYs counts pixels a metre; only a resolution that prints can have is believed. */
static int
resolution(struct reader *r)
{
    png_uint_32 x = 0, y = 0;
    int         unit = 0, dpi;

    if (!png_get_pHYs(r->png, r->info, &x, &y, &unit) || unit != PNG_RESOLUTION_METER || x != y ||
        x > 100000)
        return 0;
    dpi = (int)((x * 254 + 5000) / 10000);
    return dpi >= HF_FINGER_DPI_MIN && dpi <= HF_FINGER_DPI_MAX ? dpi : 0;
}

static void
to_grey(struct reader *r)
{
    int colour = png_get_color_type(r->png, r->info);

    if (colour == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(r->png);
    if (colour == PNG_COLOR_TYPE_GRAY)
        png_set_expand_gray_1_2_4_to_8(r->png);
    if (colour & PNG_COLOR_MASK_COLOR)
        png_set_rgb_to_gray_fixed(r->png, PNG_ERROR_ACTION_NONE, 29900, 58700);
    png_set_scale_16(r->png);
    png_set_strip_alpha(r->png);
    png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
}

static void
read_pixels(struct reader *r)
{
    png_set_read_fn(r->png, r, give_bytes);
    png_set_user_limits(r->png, 1 << 20, 1 << 20); /* our own limits give the better text */
    png_set_chunk_malloc_max(r->png, 1 << 20);
    png_read_info(r->png, r->info);
    r->rc = hf_finger_image_new(png_get_image_width(r->png, r->info),
                                png_get_image_height(r->png, r->info), &r->image);
    if (r->rc != HF_OK)
        return;
    r->image.dpi = resolution(r);
    to_grey(r);
    if (png_get_rowbytes(r->png, r->info) != (size_t)r->image.w)
        png_error(r->png, "unexpected kind of pixels");
    for (int y = 0; y < r->image.h; y++)
        r->rows[y] = r->image.grey + y * r->image.w;
    png_read_image(r->png, r->rows);
    png_read_end(r->png, NULL);
}

enum hf_rc
hf_finger_png_read(struct hf_bytes in, struct hf_finger_image *out)
{
    struct reader *r = calloc(1, sizeof(*r));
    enum hf_rc     rc;

    *out = (struct hf_finger_image){ 0 };
    if (r == NULL)
        return hf_fail(HF_E_NOMEM, "PNG");
    r->left = in;
    r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, on_error, on_warning);
    r->info = r->png == NULL ? NULL : png_create_info_struct(r->png);
    if (r->info == NULL)
        r->rc = hf_fail(HF_E_NOMEM, "PNG");
    else if (setjmp(png_jmpbuf(r->png)) != 0)
        r->rc = hf_fail(HF_E_FORMAT, "PNG: %s", r->error);
    else
        read_pixels(r);
    png_destroy_read_struct(&r->png, &r->info, NULL);
    if (r->rc == HF_OK)
        *out = r->image;
    else
        hf_finger_image_clear(&r->image);
    rc = r->rc;
    free(r);
    return rc;
}
