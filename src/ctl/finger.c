/* finger.c - the sub-commands of `hufu finger`, and those that look at one print or two. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "ctl/finger.h"
#include "identity/fingerprint/picture.h"
#include "identity/fingerprint/record.h"

enum { FILE_MAX = 16 << 20, NEVER = 1 << 30 };

enum hf_rc
hf_finger_load(const char *path, int dpi, struct hf_finger_template *t,
               struct hf_finger_report *report, bool *is_image)
{
    struct hf_finger_hint hint = { .dpi = dpi };
    struct hf_wr          file = hf_wr_secret(FILE_MAX);
    enum hf_rc            rc;

    if ((rc = hf_file_read(path, &file)) == HF_OK &&
        (rc = hf_finger_any_read(hf_wr_bytes(&file), &hint, t, report, is_image)) != HF_OK)
        hf_because(rc, "%s", path);
    hf_wr_clear(&file);
    return rc;
}

enum hf_rc
hf_finger_save(const char *path, struct hf_wr *w)
{
    struct hf_bytes b;
    enum hf_rc      rc;

    if ((rc = hf_wr_end(w, &b)) == HF_OK)
        rc = hf_file_write(path, b, 0600);
    return rc;
}

static void
print_report(const struct hf_finger_template *t, const struct hf_finger_report *r)
{
    printf("quality %d, %d minutiae (%.0f reliable), %.0f mm2 of ridges, clarity %.2f\n",
           r->quality, t->n, (double)r->reliable, (double)r->area_mm2, (double)r->clarity);
    for (int i = 0; hf_finger_advice_text(i) != NULL; i++)
        if (r->advice >> i & 1)
            printf("advice: %s\n", hf_finger_advice_text(i));
}

/* -- extract ---------------------------------------------------------------------- */

static enum hf_rc
write_iso(const struct hf_finger_template *t, struct hf_wr *w)
{
    return hf_finger_record_write(t, HF_FINGER_ISO, w);
}

static enum hf_rc
write_ansi(const struct hf_finger_template *t, struct hf_wr *w)
{
    return hf_finger_record_write(t, HF_FINGER_ANSI, w);
}

static enum hf_rc
write_normal(const struct hf_finger_template *t, struct hf_wr *w)
{
    return hf_finger_card_write(t, HF_FINGER_CARD_NORMAL, HF_FINGER_CARD_MINUTIAE, w);
}

static enum hf_rc
write_compact(const struct hf_finger_template *t, struct hf_wr *w)
{
    return hf_finger_card_write(t, HF_FINGER_CARD_COMPACT, HF_FINGER_CARD_MINUTIAE, w);
}

static const struct {
    const char *name;
    enum hf_rc (*write)(const struct hf_finger_template *t, struct hf_wr *w);
} formats[] = {
    { "iso", write_iso },
    { "ansi", write_ansi },
    { "own", hf_finger_template_write },
    { "card-normal", write_normal },
    { "card-compact", write_compact },
};

static enum hf_rc
cmd_extract(const struct hf_finger_args *a, int *status)
{
    struct hf_finger_template t;
    struct hf_finger_report   report;
    struct hf_wr              w = hf_wr_secret(FILE_MAX);
    bool                      is_image;
    size_t                    k = 0;
    enum hf_rc                rc;

    while (a->format != NULL && k < HF_COUNT(formats) && strcmp(formats[k].name, a->format) != 0)
        k++;
    if (k == HF_COUNT(formats))
        return hf_fail_field(HF_E_ARG, "--format",
                             "\"%s\" is none of iso, ansi, own, card-normal, card-compact",
                             a->format);
    if ((rc = hf_finger_load(a->rest[0], a->dpi_value, &t, &report, &is_image)) != HF_OK)
        return rc;
    if ((rc = formats[k].write(&t, &w)) == HF_OK &&
        (rc = hf_finger_save(a->rest[1], &w)) == HF_OK && is_image)
        print_report(&t, &report);
    hf_wr_clear(&w);
    hf_finger_template_clear(&t);
    *status = 0;
    return rc;
}

/* -- show ------------------------------------------------------------------------- */

static enum hf_rc
show(struct hf_bytes file, const struct hf_finger_args *a)
{
    struct hf_finger_image    image = { 0 };
    struct hf_finger_picture  picture = { 0 };
    struct hf_finger_template t = { 0 };
    struct hf_finger_report   report;
    struct hf_wr              png = hf_wr_secret((size_t)FILE_MAX * 4);
    enum hf_rc                rc, found = HF_OK;

    if ((rc = hf_finger_image_read(file, a->dpi_value, &image)) != HF_OK)
        return rc;
    found = hf_finger_extract(&image, &t, &report); /* a picture also of what is no print */
    if (found != HF_OK)
        fprintf(stderr, "hufu finger: %s\n", hf_reason());
    if ((rc = hf_finger_picture_print(&image, &t, &picture)) == HF_OK &&
        (rc = hf_finger_picture_png(&picture, &png)) == HF_OK &&
        (rc = hf_finger_save(a->rest[1], &png)) == HF_OK && found == HF_OK)
        print_report(&t, &report);
    hf_wr_clear(&png);
    hf_finger_picture_clear(&picture);
    hf_finger_image_clear(&image);
    hf_finger_template_clear(&t);
    return rc;
}

static enum hf_rc
cmd_show(const struct hf_finger_args *a, int *status)
{
    struct hf_wr file = hf_wr_secret(FILE_MAX);
    enum hf_rc   rc;

    if ((rc = hf_file_read(a->rest[0], &file)) == HF_OK &&
        (rc = show(hf_wr_bytes(&file), a)) != HF_OK)
        hf_because(rc, "%s", a->rest[0]);
    hf_wr_clear(&file);
    *status = 0;
    return rc;
}

/* -- match ------------------------------------------------------------------------ */

static enum hf_rc
cmd_match(const struct hf_finger_args *a, int *status)
{
    struct hf_finger_template t[2];
    int64_t                   threshold = HF_FINGER_POINTS_VERIFY;
    float                     points;
    enum hf_rc                rc;

    if (a->points != NULL &&
        (rc = hf_int_read("--points", a->points, 1, 1000, &threshold)) != HF_OK)
        return rc;
    for (int i = 0; i < 2; i++)
        if ((rc = hf_finger_load(a->rest[i], a->dpi_value, &t[i], NULL, NULL)) != HF_OK)
            return rc;
    rc = hf_finger_compare(&t[0], &t[1], &points);
    hf_finger_template_clear(&t[0]);
    hf_finger_template_clear(&t[1]);
    if (rc != HF_OK)
        return rc;
    *status = points >= (float)threshold ? 0 : 1;
    printf("score %.2f threshold %lld %s\n", (double)points, (long long)threshold,
           *status == 0 ? "match" : "no-match");
    return HF_OK;
}

/* -- The table ---------------------------------------------------------------------- */

static const struct {
    const char        *name;
    hf_finger_command *run;
    int                least, most; /* arguments besides options */
    const char        *usage;
} commands[] = {
    { "extract", cmd_extract, 2, 2,
      "[--dpi N] [--format iso|ansi|own|card-normal|card-compact] IMAGE OUT.fmr" },
    { "show", cmd_show, 2, 2, "[--dpi N] IMAGE OUT.png" },
    { "match", cmd_match, 2, 2, "[--dpi N] [--points T] A B" },
    { "identify", hf_finger_cmd_identify, 2, NEVER, "[--dpi N] [--top K] PROBE FILE|FOLDER..." },
    { "evaluate", hf_finger_cmd_evaluate, 1, NEVER,
      "[--dpi N] [--enrol K] [--protocol fvc] [--scores FILE] [--det FILE.png] [--csv FILE] "
      "DIR..." },
    { "calibrate", hf_finger_cmd_calibrate, 1, NEVER,
      "[--dpi N] [--fmr RATE] [--csv FILE] DIR..." },
};

static int
usage(void)
{
    for (size_t i = 0; i < HF_COUNT(commands); i++)
        fprintf(stderr, "%s hufu finger %s %s\n", i == 0 ? "usage:" : "      ", commands[i].name,
                commands[i].usage);
    return 2;
}

static enum hf_rc
read_options(int argc, char **argv, struct hf_finger_args *a)
{
    const struct {
        const char  *name;
        const char **value;
    } options[] = {
        { "--dpi", &a->dpi },           { "--format", &a->format }, { "--points", &a->points },
        { "--enrol", &a->enrol },       { "--scores", &a->scores }, { "--det", &a->det },
        { "--protocol", &a->protocol }, { "--csv", &a->csv },       { "--top", &a->top },
        { "--fmr", &a->fmr },
    };
    int64_t    dpi = 0;
    enum hf_rc rc;

    for (int i = 0; i < argc; i++) {
        size_t k = 0;

        if (strncmp(argv[i], "--", 2) != 0) {
            if (a->n == (int)HF_COUNT(a->rest))
                return hf_fail(HF_E_TOOBIG, "more than %zu files", HF_COUNT(a->rest));
            a->rest[a->n++] = argv[i];
            continue;
        }
        while (k < HF_COUNT(options) && strcmp(options[k].name, argv[i]) != 0)
            k++;
        if (k == HF_COUNT(options))
            return hf_fail_field(HF_E_ARG, argv[i], "no such option");
        if (++i == argc)
            return hf_fail_field(HF_E_ARG, options[k].name, "needs a value");
        *options[k].value = argv[i];
    }
    if (a->dpi != NULL &&
        (rc = hf_int_read("--dpi", a->dpi, HF_FINGER_DPI_MIN, HF_FINGER_DPI_MAX, &dpi)) != HF_OK)
        return rc;
    a->dpi_value = (int)dpi;
    return HF_OK;
}

int
hf_finger_main(int argc, char **argv)
{
    static const struct hf_finger_args none;
    struct hf_finger_args              a = none;
    int                                status = 2;
    size_t                             k = 0;
    enum hf_rc                         rc;

    while (argc > 1 && k < HF_COUNT(commands) && strcmp(commands[k].name, argv[1]) != 0)
        k++;
    if (argc < 2 || k == HF_COUNT(commands))
        return usage();
    if ((rc = read_options(argc - 2, argv + 2, &a)) == HF_OK) {
        if (a.n < commands[k].least || a.n > commands[k].most)
            return usage();
        rc = commands[k].run(&a, &status);
    }
    if (rc != HF_OK) {
        fprintf(stderr, "hufu finger: %s\n", hf_reason());
        return 2;
    }
    return status;
}
