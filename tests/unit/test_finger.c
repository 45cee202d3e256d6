/* test_finger.c - formats, pictures, matching and searching of fingerprints, without real prints.
 */
#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "identity/fingerprint/enrol.h"
#include "identity/fingerprint/finger.h"
#include "identity/fingerprint/gallery.h"
#include "identity/fingerprint/picture.h"
#include "identity/fingerprint/rates.h"
#include "identity/fingerprint/record.h"
#include "unit/t.h"

/* The worked example of the specification: two minutiae, left index. */
static const uint8_t iso_example[] = {
    0x46, 0x4D, 0x52, 0x00, 0x20, 0x32, 0x30, 0x00, 0x00, 0x00, 0x00, 0x2A, 0x00, 0x00,
    0x01, 0x2C, 0x01, 0x90, 0x00, 0xC5, 0x00, 0xC5, 0x01, 0x00, 0x07, 0x00, 0x50, 0x02,
    0x40, 0x64, 0x00, 0xC8, 0x40, 0x50, 0x80, 0x96, 0x00, 0xFA, 0x80, 0x3C, 0x00, 0x00,
};

static uint32_t seed = 7;

static int
random_below(int n)
{
    seed = seed * 1664525U + 1013904223U;
    return (int)((seed >> 8) % (uint32_t)n);
}

/* A finger by numbers: n minutiae, no two closer than 10 pixels. */
static struct hf_finger_template
made_up(uint32_t from, int n)
{
    struct hf_finger_template t = { .width = 400, .height = 400, .finger = 2, .quality = 80 };

    seed = from * 7919 + 1;
    while (t.n < n) {
        struct hf_finger_minutia m = { (uint16_t)(20 + random_below(360)),
                                       (uint16_t)(20 + random_below(360)),
                                       (uint16_t)random_below(4096), (uint8_t)(1 + random_below(2)),
                                       (uint8_t)(50 + random_below(45)) };
        bool                     near = false;

        for (int i = 0; i < t.n; i++)
            near = near || abs(t.m[i].x - m.x) + abs(t.m[i].y - m.y) < 10;
        if (!near)
            t.m[t.n++] = m;
    }
    hf_finger_template_sort(&t);
    return t;
}

/* The same finger turned about the middle, moved and shaken. */
static struct hf_finger_template
moved(const struct hf_finger_template *t, float degrees, int dx, int dy, int shake)
{
    struct hf_finger_template u = *t;
    float                     a = degrees * (float)M_PI / 180;

    memset(&u.grid, 0, sizeof(u.grid));
    for (int i = 0; i < u.n; i++) {
        float x = (float)t->m[i].x - 200, y = -((float)t->m[i].y - 200);

        u.m[i].x =
            (uint16_t)(300 + dx + lrintf(x * cosf(a) - y * sinf(a)) + random_below(shake + 1));
        u.m[i].y =
            (uint16_t)(300 + dy - lrintf(x * sinf(a) + y * cosf(a)) + random_below(shake + 1));
        u.m[i].angle = (uint16_t)((t->m[i].angle + (int)(degrees * 4096 / 360) + 8192) & 4095);
    }
    u.width = u.height = 700;
    return u;
}

static float
points(const struct hf_finger_template *a, const struct hf_finger_template *b)
{
    float p = -1;

    T_OK(hf_finger_compare(a, b, &p));
    return p;
}

/* -- Records --------------------------------------------------------------------- */

static void
reads_the_worked_example(void)
{
    struct hf_finger_template t;
    int                       views = 0;

    T_OK(hf_finger_record_read(hf_bytes(iso_example, sizeof(iso_example)), 0, &t, &views));
    T_EQ(views, 1);
    T_EQ(t.finger, 7);
    T_EQ(t.quality, 80);
    T_EQ(t.n, 2);
    T_EQ(t.width, 300);
    T_EQ(t.m[0].kind, HF_FINGER_ENDING);
    T_EQ(t.m[0].x, 100);
    T_EQ(t.m[0].y, 200);
    T_EQ(t.m[0].angle, 1024);
    T_EQ(t.m[0].quality, 80);
    T_EQ(t.m[1].kind, HF_FINGER_BIFURCATION);
    T_EQ(t.m[1].angle, 2048);
}

static void
writes_the_worked_example(void)
{
    struct hf_finger_template t;
    struct hf_wr              iso = hf_wr(1000), ansi = hf_wr(1000);

    T_OK(hf_finger_record_read(hf_bytes(iso_example, sizeof(iso_example)), 0, &t, NULL));
    T_OK(hf_finger_record_write(&t, HF_FINGER_ISO, &iso));
    T_BYTES(hf_wr_bytes(&iso), hf_bytes(iso_example, sizeof(iso_example)));
    T_OK(hf_finger_record_write(&t, HF_FINGER_ANSI, &ansi));
    T_EQ(ansi.n, 44);
    T_EQ(ansi.p[8] << 8 | ansi.p[9], 0x2C);
    T_EQ(ansi.p[30 + 4], 45);
    T_EQ(ansi.p[36 + 4], 90);
    hf_wr_clear(&iso);
    hf_wr_clear(&ansi);
}

static void
records_survive_a_round_trip(void)
{
    for (int n = 0; n <= HF_FINGER_MINUTIAE; n += 20)
        for (int f = HF_FINGER_ISO; f <= HF_FINGER_ANSI; f++) {
            struct hf_finger_template t = made_up(3, n), u;
            struct hf_wr              w = hf_wr(4000), again = hf_wr(4000);

            T_OK(hf_finger_record_write(&t, (enum hf_finger_format)f, &w));
            T_OK(hf_finger_record_read(hf_wr_bytes(&w), 0, &u, NULL));
            T_EQ(u.n, n);
            for (int i = 0; i < u.n; i++) {
                T_TRUE(u.m[i].x < 400 && u.m[i].y < 400);
                T_EQ(u.m[i].quality > 0, 1);
            }
            T_OK(hf_finger_record_write(&u, (enum hf_finger_format)f, &again));
            T_OK(hf_finger_record_read(hf_wr_bytes(&again), 0, &t, NULL));
            T_TRUE(memcmp(&t, &u, sizeof(t)) == 0);
            hf_wr_clear(&w);
            hf_wr_clear(&again);
        }
}

/* Length and count lie, every byte is cut or flipped: an error or a sound template. */
static void
damaged_records_are_harmless(void)
{
    uint8_t b[sizeof(iso_example)];

    for (size_t n = 0; n < sizeof(b); n++) {
        struct hf_finger_template t;

        T_TRUE(hf_finger_record_read(hf_bytes(iso_example, n), 0, &t, NULL) != HF_OK);
        T_EQ(t.n, 0);
    }
    for (size_t i = 0; i < sizeof(b); i++)
        for (int bit = 0; bit < 8; bit++) {
            struct hf_finger_template t;

            memcpy(b, iso_example, sizeof(b));
            b[i] ^= (uint8_t)(1 << bit);
            if (hf_finger_record_read(hf_bytes(b, sizeof(b)), 0, &t, NULL) != HF_OK)
                T_EQ(t.n, 0);
            for (int k = 0; k < t.n; k++)
                T_TRUE(t.m[k].x < HF_FINGER_SPAN && t.m[k].angle < HF_FINGER_TURN);
        }
}

static void
refuses_records_that_lie(void)
{
    struct hf_finger_template t;
    uint8_t                   b[sizeof(iso_example)];

    memcpy(b, iso_example, sizeof(b));
    b[11] = 0xFF; /* longer than what is there */
    T_RC(hf_finger_record_read(hf_bytes(b, sizeof(b)), 0, &t, NULL), HF_E_FORMAT);
    b[11] = 0x2A;
    b[19] = 50; /* 50 pixels a cm */
    T_RC(hf_finger_record_read(hf_bytes(b, sizeof(b)), 0, &t, NULL), HF_E_FORMAT);
    b[19] = 0xC5;
    b[22] = 0; /* no view */
    T_RC(hf_finger_record_read(hf_bytes(b, sizeof(b)), 0, &t, NULL), HF_E_FORMAT);
    b[22] = 1;
    b[27] = 255; /* minutiae beyond the end */
    T_RC(hf_finger_record_read(hf_bytes(b, sizeof(b)), 0, &t, NULL), HF_E_SHORT);
    b[27] = 2;
    b[5] = '3'; /* the 2011 edition */
    T_RC(hf_finger_record_read(hf_bytes(b, sizeof(b)), 0, &t, NULL), HF_E_FORMAT);
    T_TRUE(strstr(hf_reason(), "edition") != NULL);
    T_RC(hf_finger_record_read(hf_bytes(iso_example, sizeof(iso_example)), 1, &t, NULL),
         HF_E_ABSENT);
}

static void
keeps_the_best_of_255_minutiae_and_no_duplicates(void)
{
    struct hf_finger_template t;
    struct hf_wr              w = hf_wr(4000);

    hf_wr_put(&w, hf_bytes(iso_example, 27));
    w.p[10] = (24 + 4 + 255 * 6 + 2) >> 8;
    w.p[11] = (24 + 4 + 255 * 6 + 2) & 255;
    hf_wr_u8(&w, 255);
    for (int i = 0; i < 255; i++) {
        hf_wr_be16(&w, (uint16_t)(0x4000 | (10 + i)));
        hf_wr_be16(&w, (uint16_t)(i < 2 ? 10 : i));
        hf_wr_u8(&w, 7);
        hf_wr_u8(&w, (uint8_t)(i < 50 ? 90 : 30));
    }
    hf_wr_be16(&w, 0);
    T_OK(hf_finger_record_read(hf_wr_bytes(&w), 0, &t, NULL));
    T_EQ(t.n, HF_FINGER_MINUTIAE);
    T_EQ(t.m[49].quality, 90);
    T_EQ(t.m[50].quality, 30);
    for (size_t i = 0; i < 255; i++) /* all at one place */
        memcpy(w.p + 28 + 6 * i, w.p + 28, 6);
    T_OK(hf_finger_record_read(hf_wr_bytes(&w), 0, &t, NULL));
    T_EQ(t.n, 1);
    hf_wr_clear(&w);
}

static void
scales_records_of_other_resolutions(void)
{
    struct hf_finger_template t;
    uint8_t                   b[sizeof(iso_example)];

    memcpy(b, iso_example, sizeof(b));
    b[18] = b[20] = 394 >> 8; /* 1000 dpi */
    b[19] = b[21] = 394 & 255;
    T_OK(hf_finger_record_read(hf_bytes(b, sizeof(b)), 0, &t, NULL));
    T_EQ(t.m[0].x, 50);
    T_EQ(t.m[0].y, 100);
}

/* -- Own templates and cards --------------------------------------------------------- */

static void
own_templates_survive_a_round_trip(void)
{
    struct hf_finger_template t = made_up(5, 60), u;
    struct hf_wr              w = hf_wr(4000);

    hf_finger_template_extent(&t);
    T_OK(hf_finger_template_write(&t, &w));
    T_TRUE(w.n <= HF_FINGER_STORED_MAX);
    T_OK(hf_finger_template_read(hf_wr_bytes(&w), &u));
    T_EQ(u.n, t.n);
    T_TRUE(memcmp(u.m, t.m, t.n * sizeof(t.m[0])) == 0);
    T_EQ(u.grid.columns, t.grid.columns);
    for (size_t i = 0; i < w.n; i++) { /* the checksum sees every flipped bit and every cut */
        w.p[i] ^= 1;
        T_TRUE(hf_finger_template_read(hf_wr_bytes(&w), &u) != HF_OK);
        w.p[i] ^= 1;
        T_TRUE(hf_finger_template_read(hf_bytes(w.p, i), &u) != HF_OK);
    }
    hf_wr_clear(&w);
    t = made_up(6, HF_FINGER_MINUTIAE);
    t.grid = (struct hf_finger_grid){ .step = 16, .columns = 20, .rows = 20 };
    w = hf_wr(4000);
    T_OK(hf_finger_template_write(&t, &w));
    T_TRUE(w.n <= HF_FINGER_STORED_MAX);
    T_OK(hf_finger_template_read(hf_wr_bytes(&w), &u));
    T_EQ(u.n, (HF_FINGER_STORED_MAX - 16 - 4 - 8 - 400) / 6);
    hf_wr_clear(&w);
}

static void
card_templates_keep_their_precision(void)
{
    struct hf_finger_template t = made_up(8, 40), u;

    for (int form = HF_FINGER_CARD_NORMAL; form <= HF_FINGER_CARD_COMPACT; form++) {
        struct hf_wr w = hf_wr(4000);
        int          per = form == HF_FINGER_CARD_NORMAL ? 5 : 3, off = 0;

        T_OK(hf_finger_card_write(&t, (enum hf_finger_card)form, 60, &w));
        T_EQ(w.n, 40 * per);
        T_OK(hf_finger_card_read(hf_wr_bytes(&w), (enum hf_finger_card)form, &u));
        T_EQ(u.n, 40);
        T_TRUE(points(&t, &u) > 60);
        for (size_t n = 0; n < w.n; n++)
            off += hf_finger_card_read(hf_bytes(w.p, n), (enum hf_finger_card)form, &u) == HF_OK;
        T_EQ(off, 39); /* cut between minutiae it is a shorter template, else an error */
        hf_wr_clear(&w);
    }
    T_RC(hf_finger_card_read(hf_bytes(iso_example, 15), HF_FINGER_CARD_NONE, &u), HF_E_ARG);
}

static void
finds_the_card_template_in_its_data_object(void)
{
    static const uint8_t      in[] = { 0x7F, 0x2E, 0x0B, 0x87, 0x02, 0x01, 0x02,
                                       0x81, 0x05, 0x40, 0x64, 0x00, 0xC8, 0x40 };
    struct hf_finger_template t;

    T_OK(hf_finger_card_read(hf_bytes(in, sizeof(in)), HF_FINGER_CARD_NORMAL, &t));
    T_EQ(t.n, 1);
    T_EQ(t.m[0].x, 20); /* 1.00 mm */
    T_EQ(t.m[0].kind, HF_FINGER_ENDING);
    for (size_t n = 0; n < sizeof(in); n++)
        T_TRUE(hf_finger_card_read(hf_bytes(in, n), HF_FINGER_CARD_NORMAL, &t) != HF_OK);
}

/* -- fingerFeature ------------------------------------------------------------------- */

static void
decodes_the_text_of_fingerFeature(void)
{
    struct hf_finger_hint      hint = { 0 };
    struct hf_finger_template *t = calloc(HF_FINGER_ITEMS, sizeof(*t));
    struct hf_wr               b64 = hf_wr(4000), text = hf_wr(8000);
    char                       hex[2 * sizeof(iso_example) + 1];
    int                        n;

    hf_base64(hf_bytes(iso_example, sizeof(iso_example)), &b64);
    hf_hex(hf_bytes(iso_example, sizeof(iso_example)), hex);
    T_OK(hf_finger_feature_read(hf_wr_bytes(&b64), &hint, t, &n));
    T_EQ(n, 1);
    T_EQ(t[0].finger, 7);
    hf_wr_str(&text, "data:application/octet-stream;base64,");
    hf_wr_put(&text, hf_bytes(b64.p, 20));
    hf_wr_str(&text, "\r\n ");
    hf_wr_put(&text, hf_bytes(b64.p + 20, b64.n - 20));
    hf_wr_str(&text, ";");
    hf_wr_str(&text, hex);
    T_OK(hf_finger_feature_read(hf_wr_bytes(&text), &hint, t, &n));
    T_EQ(n, 2);
    T_EQ(t[1].n, 2);
    T_RC(hf_finger_feature_read(hf_bytes_str("!!"), &hint, t, &n), HF_E_FORMAT);
    T_RC(hf_finger_feature_read(hf_bytes_str(""), &hint, t, &n), HF_E_FORMAT);
    T_TRUE(hf_finger_feature_read(hf_bytes_str("QUJD"), &hint, t, &n) != HF_OK);
    T_EQ(n, 0);
    for (int i = 0; i < HF_FINGER_ITEMS; i++) { /* eleven items and one more */
        hf_wr_str(&text, ";");
        hf_wr_str(&text, hex);
    }
    T_RC(hf_finger_feature_read(hf_wr_bytes(&text), &hint, t, &n), HF_E_TOOBIG);
    hf_wr_clear(&b64);
    hf_wr_clear(&text);
    free(t);
}

/* -- Images ---------------------------------------------------------------------------- */

/* A whorl by formula: the phase of its ridges grows with the distance, and a spiral ends one. */
static struct hf_finger_image
whorl(int w, int h, float period)
{
    struct hf_finger_image i;

    T_OK(hf_finger_image_new(w, h, &i));
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            float u = (float)x - (float)w / 2, v = (float)y - (float)h / 2;
            float phase = 6.2832F * (v + 0.0012F * u * u) / period;

            phase += atan2f(v - 20, u - 30) - atan2f(v + 50, u + 40) + atan2f(v + 30, u - 70);
            i.grey[y * w + x] = (uint8_t)(128 + 100 * cosf(phase));
        }
    i.dpi = 500;
    return i;
}

static bool
has_minutia_near(const struct hf_finger_template *t, int x, int y)
{
    for (int i = 0; i < t->n; i++)
        if (abs(t->m[i].x - x) < 5 && abs(t->m[i].y - y) < 5)
            return true;
    return false;
}

static void
finds_the_minutiae_that_were_put_in(void)
{
    struct hf_finger_image    i = whorl(320, 320, 9);
    struct hf_finger_template t, u;
    struct hf_finger_report   r;

    T_OK(hf_finger_extract(&i, &t, &r));
    T_EQ(t.n, 3);
    T_TRUE(has_minutia_near(&t, 190, 180));
    T_TRUE(has_minutia_near(&t, 120, 110));
    T_TRUE(has_minutia_near(&t, 230, 130));
    for (int k = 0; k < 320 * 320; k++) /* negative: the same places, the other kind */
        i.grey[k] = (uint8_t)(255 - i.grey[k]);
    T_OK(hf_finger_extract(&i, &u, &r));
    T_EQ(u.n, 3);
    for (int k = 0; k < u.n; k++)
        T_TRUE(has_minutia_near(&t, u.m[k].x, u.m[k].y));
    hf_finger_image_clear(&i);
}

static void
brings_other_resolutions_to_500_dpi(void)
{
    struct hf_finger_template t;

    for (int dpi = 250; dpi <= 1000; dpi += 250) {
        struct hf_finger_image i = whorl(320 * dpi / 500, 320 * dpi / 500, 9);

        for (int y = 0; y < i.h; y++)
            for (int x = 0; x < i.w; x++) {
                float u = ((float)x + 0.5F) * 500 / (float)dpi - 160;
                float v = ((float)y + 0.5F) * 500 / (float)dpi - 160;
                float phase = 6.2832F * v / 9 + atan2f(v - 20, u - 30);

                i.grey[y * i.w + x] = (uint8_t)(128 + 100 * cosf(phase));
            }
        i.dpi = dpi;
        T_OK(hf_finger_extract(&i, &t, NULL));
        T_EQ(t.n, 1);
        T_TRUE(has_minutia_near(&t, 190, 180));
        hf_finger_image_clear(&i);
    }
}

static void
images_that_are_no_prints_are_refused(void)
{
    struct hf_finger_image    i;
    struct hf_finger_template t;

    T_OK(hf_finger_image_new(300, 300, &i));
    memset(i.grey, 255, 300 * 300);
    T_RC(hf_finger_extract(&i, &t, NULL), HF_E_ABSENT); /* blank */
    for (int k = 0; k < 300 * 300; k++)
        i.grey[k] = (uint8_t)random_below(256);
    T_RC(hf_finger_extract(&i, &t, NULL), HF_E_ABSENT); /* noise */
    for (int k = 0; k < 300 * 300; k++)
        i.grey[k] = (uint8_t)(k % 300 * 255 / 300);
    T_RC(hf_finger_extract(&i, &t, NULL), HF_E_ABSENT); /* a ramp */
    hf_finger_image_clear(&i);
    T_RC(hf_finger_image_new(95, 300, &i), HF_E_FORMAT);
    T_RC(hf_finger_image_new(300, 2049, &i), HF_E_TOOBIG);
    T_RC(hf_finger_image_raw(hf_bytes(iso_example, 10), 3, 3, 0, &i), HF_E_FORMAT);
}

static void
pictures_survive_png(void)
{
    struct hf_finger_image    i = whorl(200, 150, 9), back;
    struct hf_finger_picture  p;
    struct hf_finger_template t = { .n = 0 };
    struct hf_wr              w = hf_wr(1 << 20);
    int                       differ = 0;

    t.grid = (struct hf_finger_grid){ .step = 256, .columns = 1, .rows = 1 };
    T_OK(hf_finger_picture_print(&i, &t, &p));
    T_OK(hf_finger_picture_png(&p, &w));
    T_OK(hf_finger_image_read(hf_wr_bytes(&w), 0, &back));
    T_EQ(back.w, 400);
    T_EQ(back.h, 300);
    for (int y = 0; y < 300; y++)
        for (int x = 0; x < 400; x++)
            differ += abs(back.grey[y * 400 + x] - i.grey[y / 2 * 200 + x / 2]) > 1;
    T_EQ(differ, 0);
    hf_finger_image_clear(&back);
    for (size_t n = 0; n < w.n; n += 7)
        T_TRUE(hf_finger_image_read(hf_bytes(w.p, n), 0, &back) != HF_OK);
    T_RC(hf_finger_image_read(hf_wr_bytes(&w), 100, &back), HF_E_ARG);
    hf_finger_image_clear(&i);
    hf_finger_picture_clear(&p);
    hf_wr_clear(&w);
}

static void
le(struct hf_wr *w, uint32_t v, int n)
{
    for (; n > 0; n--, v >>= 8)
        hf_wr_u8(w, (uint8_t)v);
}

/* 100 x 96 pixels of a ramp, as BMP of some depth. */
static void
write_bmp(struct hf_wr *w, int bits, bool top_down)
{
    size_t stride = ((size_t)(100 * bits) + 31) / 32 * 4;
    int    colours = bits <= 8 ? 1 << bits : 0;

    hf_wr_str(w, "BM");
    le(w, 0, 8);
    le(w, (uint32_t)(54 + 4 * colours), 4);
    le(w, 40, 4);
    le(w, 100, 4);
    le(w, top_down ? (uint32_t)-96 : 96, 4);
    le(w, 1, 2);
    le(w, (uint32_t)bits, 2);
    le(w, 0, 8);
    le(w, 19685, 4); /* 500 dpi */
    le(w, 0, 12);
    for (int i = 0; i < colours; i++)
        le(w, (uint32_t)(i * 255 / (colours - 1)) * 0x010101U, 4);
    for (int y = 0; y < 96; y++) {
        uint8_t *row = hf_wr_space(w, stride);
        int      at = top_down ? y : 95 - y;

        memset(row, 0, stride);
        for (int x = 0; x < 100; x++)
            if (bits >= 24)
                memset(row + x * bits / 8, at * 2, 3);
            else if (at * 2 >= 128)
                row[x * bits / 8] |= (uint8_t)(((1 << bits) - 1) << (8 - bits - x * bits % 8));
    }
}

static void
reads_bmp_of_every_depth(void)
{
    static const int depth[] = { 1, 4, 8, 24, 32 };

    for (size_t k = 0; k < HF_COUNT(depth); k++)
        for (int top = 0; top < 2; top++) {
            struct hf_wr           w = hf_wr(1 << 20);
            struct hf_finger_image i;

            write_bmp(&w, depth[k], top != 0);
            T_OK(hf_finger_image_read(hf_wr_bytes(&w), 0, &i));
            T_EQ(i.w, 100);
            T_EQ(i.h, 96);
            T_EQ(i.dpi, 500);
            T_EQ(i.grey[95 * 100 + 50], depth[k] >= 24 ? 190 : 255);
            T_EQ(i.grey[50], 0);
            hf_finger_image_clear(&i);
            for (size_t n = 0; n < w.n; n += n < 60 ? 1 : 97)
                T_TRUE(hf_finger_image_read(hf_bytes(w.p, n), 0, &i) != HF_OK);
            hf_wr_clear(&w);
        }
}

/* -- Matching --------------------------------------------------------------------------- */

static void
the_same_finger_matches_wherever_it_lies(void)
{
    struct hf_finger_template t = made_up(11, 45);
    float                     self = points(&t, &t);

    T_TRUE(self > 150);
    for (int degrees = -180; degrees < 180; degrees += 30) {
        struct hf_finger_template u = moved(&t, (float)degrees, 40, -30, 4);

        T_TRUE(points(&t, &u) > 100);
        T_TRUE(points(&t, &u) <= self + 1);
        T_TRUE(fabsf(points(&t, &u) - points(&u, &t)) < 1);
    }
}

static void
different_fingers_do_not_match(void)
{
    float worst = 0;

    for (uint32_t i = 0; i < 20; i++)
        for (uint32_t k = i + 1; k < 20; k++) {
            struct hf_finger_template a = made_up(100 + i, 40), b = made_up(100 + k, 50);

            worst = fmaxf(worst, points(&a, &b));
        }
    T_TRUE(worst < HF_FINGER_POINTS_VERIFY);
}

static void
the_order_of_minutiae_does_not_matter(void)
{
    struct hf_finger_template t = made_up(12, 50), u = moved(&t, 20, 5, 5, 3), v = u;

    for (int i = 0; i < v.n; i++) {
        int                      k = random_below(v.n);
        struct hf_finger_minutia m = v.m[i];

        v.m[i] = v.m[k];
        v.m[k] = m;
    }
    T_EQ(lrintf(1000 * points(&t, &u)), lrintf(1000 * points(&t, &v)));
}

static void
few_or_crowded_minutiae_never_match(void)
{
    struct hf_finger_template none = made_up(1, 0), three = made_up(1, 3), t = made_up(1, 40);
    struct hf_finger_template crowd = { .width = 400, .height = 400, .n = HF_FINGER_MINUTIAE };

    T_EQ(points(&none, &none), 0);
    T_EQ(points(&three, &three), 0);
    T_EQ(points(&t, &none), 0);
    for (int i = 0; i < crowd.n; i++)
        crowd.m[i] = (struct hf_finger_minutia){ (uint16_t)(100 + i % 2), 100, 0, 1, 90 };
    T_TRUE(points(&crowd, &t) < HF_FINGER_POINTS_VERIFY);
    for (int i = 0; i < crowd.n; i++) /* a lattice */
        crowd.m[i] = (struct hf_finger_minutia){ (uint16_t)(40 + i % 10 * 30),
                                                 (uint16_t)(40 + i / 10 * 30), 0, 1, 90 };
    T_TRUE(points(&crowd, &t) < HF_FINGER_POINTS_VERIFY);
    for (int i = 0; i < crowd.n; i++) /* far out, at the ends of what coordinates can say */
        crowd.m[i] = (struct hf_finger_minutia){ (uint16_t)(i % 2 * 4095),
                                                 (uint16_t)(i / 50 * 4095), 4095, 2, 100 };
    T_TRUE(points(&crowd, &t) < HF_FINGER_POINTS_VERIFY);
}

static void
points_rise_with_weight(void)
{
    float last = -1;

    for (int i = -600; i < 3000; i++) {
        float p = hf_finger_points((float)i / 10);

        T_TRUE(p >= last && p >= 0);
        last = p;
    }
    T_EQ(lrintf(hf_finger_points_of(30, 10)), lrintf(hf_finger_points(30) - 10));
    T_EQ(hf_finger_points(HF_FINGER_NOTHING), 0);
}

/* -- Galleries and enrolment ---------------------------------------------------------------- */

static void
finds_a_finger_among_many(void)
{
    struct hf_finger_gallery *g;
    struct hf_finger_search   how = { .least = 60, .most = 5 };
    struct hf_finger_hit      hit[5];
    struct hf_finger_probe   *p;
    struct hf_finger_template t, u;
    atomic_bool               stop = true;
    int                       n;

    T_OK(hf_finger_gallery_new(&g));
    for (uint32_t i = 0; i < 600; i++) {
        t = made_up(1000 + i, 30 + (int)(i % 30));
        T_OK(hf_finger_gallery_add(g, i, &t));
    }
    T_TRUE(hf_finger_gallery_bytes(g) / hf_finger_gallery_count(g) < 2000);
    t = made_up(1000 + 77, 30 + 77 % 30);
    u = moved(&t, -25, 12, 30, 4);
    T_OK(hf_finger_probe_new(&u, &p));
    T_OK(hf_finger_gallery_search(g, p, &how, hit, &n));
    T_EQ(n, 1);
    T_EQ(hit[0].id, 77);
    how.cancel = &stop;
    T_RC(hf_finger_gallery_search(g, p, &how, hit, &n), HF_E_BUSY);
    how.cancel = NULL;
    T_EQ(hf_finger_gallery_remove(g, 77), 1);
    T_EQ(hf_finger_gallery_count(g), 599);
    T_OK(hf_finger_gallery_search(g, p, &how, hit, &n));
    T_EQ(n, 0);
    t = made_up(1, 3);
    T_RC(hf_finger_gallery_add(g, 1, &t), HF_E_ARG);
    hf_finger_probe_free(p);
    hf_finger_gallery_free(g);
}

static void
enrolment_keeps_what_agrees(void)
{
    struct hf_finger_template  t[5], a = made_up(31, 45), other = made_up(32, 45);
    struct hf_finger_enrolment e;

    for (int i = 0; i < 5; i++) {
        t[i] = i == 2 ? other : moved(&a, (float)(5 * i), 3 * i, 0, 3);
        hf_finger_template_extent(&t[i]);
    }
    T_OK(hf_finger_enrol(t, 5, &e));
    T_EQ(e.agree, 4);
    T_EQ(e.n, 3);
    for (int i = 0; i < e.n; i++)
        T_TRUE(e.reference[i] != 2);
    T_TRUE(e.reference[0] != e.reference[1] && e.reference[1] != e.reference[2]);
    t[0] = other;
    T_RC(hf_finger_enrol(t, 2, &e), HF_E_STATE);
    T_RC(hf_finger_enrol(t, 11, &e), HF_E_ARG);
}

static void
counts_error_rates(void)
{
    float                   g[] = { 9, 3, 8, 7, 6 }, im[] = { 1, 5, 2, 4, 0, 0, 1, 2, 3, 1 };
    struct hf_finger_scores s = { g, im, 5, 10 };
    struct hf_finger_rates  r = hf_finger_rates(&s);

    T_EQ(lrint(100 * r.eer), 20); /* at 4: two of ten impostors, one of five genuine */
    T_EQ(lrint(100 * r.zero_fmr), 20);
    T_EQ(lrint(100 * hf_finger_fmr(&s, 5)), 10);
    T_EQ(lrint(100 * hf_finger_fnmr(&s, 7)), 40);
}

T_MAIN(T(reads_the_worked_example), T(writes_the_worked_example), T(records_survive_a_round_trip),
       T(damaged_records_are_harmless), T(refuses_records_that_lie),
       T(keeps_the_best_of_255_minutiae_and_no_duplicates), T(scales_records_of_other_resolutions),
       T(own_templates_survive_a_round_trip), T(card_templates_keep_their_precision),
       T(finds_the_card_template_in_its_data_object), T(decodes_the_text_of_fingerFeature),
       T(finds_the_minutiae_that_were_put_in), T(brings_other_resolutions_to_500_dpi),
       T(images_that_are_no_prints_are_refused), T(pictures_survive_png),
       T(reads_bmp_of_every_depth), T(the_same_finger_matches_wherever_it_lies),
       T(different_fingers_do_not_match), T(the_order_of_minutiae_does_not_matter),
       T(few_or_crowded_minutiae_never_match), T(points_rise_with_weight),
       T(finds_a_finger_among_many), T(enrolment_keeps_what_agrees), T(counts_error_rates))
