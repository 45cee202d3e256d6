/*
 * image.h - grey images of prints: read from files' bytes, brought to 500 dpi.
 *
 * PNG (grey, palette, RGB, 8 or 16 bits; alpha is ignored), BMP (1, 4, 8, 24,
 * 32 bits, not compressed) and WSQ (FBI IAFIS-IC-0110). Sides of 96 to 2048
 * pixels; larger ones are refused before memory is taken. RGB becomes grey as
 * (299 R + 587 G + 114 B) / 1000.
 */
#ifndef HF_IDENTITY_FINGERPRINT_IMAGE_H
#define HF_IDENTITY_FINGERPRINT_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    HF_FINGER_SIDE_MIN = 96,
    HF_FINGER_SIDE_MAX = 2048,
    HF_FINGER_DPI_MIN = 250,
    HF_FINGER_DPI_MAX = 1000
};

struct hf_finger_image {
    int      w, h;
    int      dpi;  /* 0 when nothing says it: then 500 is taken */
    uint8_t *grey; /* w * h, row by row from the top; owned */
};

/* Does it begin as one of the image formats does? */
bool hf_finger_image_known(struct hf_bytes in);

/*
 * Read an image of any of the formats. dpi, if not 0, stands for what the file
 * says. E_FORMAT with what is wrong, E_TOOBIG, E_ARG for a resolution that is
 * not within 250..1000. On failure *out is empty.
 */
HF_CHECKED enum hf_rc hf_finger_image_read(struct hf_bytes in, int dpi,
                                           struct hf_finger_image *out);

/* w * h bytes without any header. */
HF_CHECKED enum hf_rc hf_finger_image_raw(struct hf_bytes in, int w, int h, int dpi,
                                          struct hf_finger_image *out);

/* The image at 500 dpi: means of areas when it shrinks, bicubic when it grows. */
HF_CHECKED enum hf_rc hf_finger_image_scale(const struct hf_finger_image *in,
                                            struct hf_finger_image       *out);

/* Empty image of this size with memory for its pixels, sides checked. */
HF_CHECKED enum hf_rc hf_finger_image_new(int64_t w, int64_t h, struct hf_finger_image *out);

void hf_finger_image_clear(struct hf_finger_image *i);

/* The single formats; hf_finger_image_read chooses. dpi is what the file says, or 0. */
HF_CHECKED enum hf_rc hf_finger_png_read(struct hf_bytes in, struct hf_finger_image *out);
HF_CHECKED enum hf_rc hf_finger_bmp_read(struct hf_bytes in, struct hf_finger_image *out);
HF_CHECKED enum hf_rc hf_finger_wsq_read(struct hf_bytes in, struct hf_finger_image *out);

#endif
