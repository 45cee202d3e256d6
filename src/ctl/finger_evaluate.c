/* finger_evaluate.c - `hufu finger evaluate` and `calibrate`: how good is the engine on these
 * prints? */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ctl/finger.h"
#include "ctl/finger_set.h"
#include "identity/fingerprint/picture.h"

enum { LINES_MAX = 1 << 30, PICTURE_MAX = 64 << 20 };

static void
print_rates(const char *what, const struct hf_finger_rates *r)
{
    printf("%s: EER %.2f %%  FMR100 %.2f %%  FMR1000 %.2f %%  ZeroFMR %.2f %%\n", what,
           100 * r->eer, 100 * r->fmr100, 100 * r->fmr1000, 100 * r->zero_fmr);
}

static void
print_failures(const struct hf_finger_set *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->sample[i].failed)
            printf("%s could not be enrolled: %s\n", s->sample[i].name, s->sample[i].why);
}

/* One row for each threshold where something changes. */
static enum hf_rc
write_csv(const char *path, const struct hf_finger_scores *s)
{
    struct hf_wr w = hf_wr(LINES_MAX);
    enum hf_rc   rc;
    float        last = -1;

    hf_wr_str(&w, "threshold,fmr,fnmr\n");
    for (size_t i = 0, j = 0; i < s->impostor_n || j < s->genuine_n;) {
        bool impostor = i < s->impostor_n && (j == s->genuine_n || s->impostor[i] <= s->genuine[j]);
        float t = impostor ? s->impostor[i++] : s->genuine[j++];

        if (t > last)
            hf_wr_fmt(&w, "%.3f,%.6f,%.6f\n", (double)t, hf_finger_fmr(s, t), hf_finger_fnmr(s, t));
        last = t;
    }
    rc = hf_finger_save(path, &w);
    hf_wr_clear(&w);
    return rc;
}

static enum hf_rc
write_det(const char *path, const struct hf_finger_scores *s)
{
    struct hf_finger_picture p;
    struct hf_wr             w = hf_wr(PICTURE_MAX);
    enum hf_rc               rc;

    if ((rc = hf_finger_picture_det(s, &p)) != HF_OK)
        return rc;
    if ((rc = hf_finger_picture_png(&p, &w)) == HF_OK)
        rc = hf_finger_save(path, &w);
    hf_finger_picture_clear(&p);
    hf_wr_clear(&w);
    return rc;
}

static enum hf_rc
read_trial(const struct hf_finger_args *a, struct hf_finger_trial *t)
{
    int64_t    enrol = 0;
    enum hf_rc rc;

    *t = (struct hf_finger_trial){ 0 };
    if (a->enrol != NULL && (rc = hf_int_read("--enrol", a->enrol, 1, 100, &enrol)) != HF_OK)
        return rc;
    t->enrol = (int)enrol;
    if (a->protocol != NULL && strcmp(a->protocol, "fvc") != 0)
        return hf_fail_field(HF_E_ARG, "--protocol", "\"%s\": only fvc is known", a->protocol);
    t->fvc = a->protocol != NULL;
    return HF_OK;
}

/* One folder; adds to the sums that the mean is made of. */
static enum hf_rc
evaluate_one(const struct hf_finger_args *a, const char *folder, struct hf_finger_trial *t,
             struct hf_finger_rates *sum)
{
    struct hf_finger_set    s;
    struct hf_finger_scores scores = { 0 };
    struct hf_finger_rates  r;
    double                  pairs_s = 0;
    enum hf_rc              rc;

    if ((rc = hf_finger_set_load(folder, a->dpi_value, &s)) != HF_OK)
        return rc;
    if ((rc = hf_finger_set_run(&s, t, &scores, &pairs_s)) == HF_OK) {
        r = hf_finger_rates(&scores);
        printf("%s: %zu prints of %d fingers, %d not enrolled\n", folder, s.n, s.fingers, s.failed);
        print_failures(&s);
        printf("%zu genuine and %zu impostor comparisons, %.0f a second; %.1f ms to read and "
               "extract a print\n",
               scores.genuine_n, scores.impostor_n, pairs_s, s.extract_ms);
        print_rates(folder, &r);
        sum->eer += r.eer;
        sum->fmr100 += r.fmr100;
        sum->fmr1000 += r.fmr1000;
        sum->zero_fmr += r.zero_fmr;
    }
    if (rc == HF_OK && a->csv != NULL)
        rc = write_csv(a->csv, &scores);
    if (rc == HF_OK && a->det != NULL)
        rc = write_det(a->det, &scores);
    hf_finger_scores_free(&scores);
    hf_finger_set_clear(&s);
    return rc;
}

enum hf_rc
hf_finger_cmd_evaluate(const struct hf_finger_args *a, int *status)
{
    struct hf_finger_trial t;
    struct hf_finger_rates sum = { 0 };
    struct hf_wr           lines = hf_wr(LINES_MAX);
    enum hf_rc             rc;

    if ((rc = read_trial(a, &t)) != HF_OK)
        return rc;
    if (a->n > 1 && (a->csv != NULL || a->det != NULL))
        return hf_fail_field(HF_E_ARG, a->csv != NULL ? "--csv" : "--det",
                             "a curve is of one folder, %d are named", a->n);
    t.lines = a->scores != NULL ? &lines : NULL;
    for (int i = 0; i < a->n && rc == HF_OK; i++)
        rc = evaluate_one(a, a->rest[i], &t, &sum);
    if (rc == HF_OK && a->n > 1) {
        sum.eer /= a->n;
        sum.fmr100 /= a->n;
        sum.fmr1000 /= a->n;
        sum.zero_fmr /= a->n;
        print_rates("mean", &sum);
    }
    if (rc == HF_OK && a->scores != NULL)
        rc = hf_finger_save(a->scores, &lines);
    hf_wr_clear(&lines);
    *status = 0;
    return rc;
}

/* -- calibrate ---------------------------------------------------------------------- */

/* What the built-in points promise and what these prints show, down to where counting ends. */
static void
print_calibration(const struct hf_finger_scores *s, double rate)
{
    float  tail, bound;
    double end = 3.0 / (double)s->impostor_n;

    printf("points  promised FMR  counted FMR\n");
    for (int points = 10; pow(10, -points / 10.0) >= end / 3; points += 5)
        printf("%6d  %11.5f%%  %10.5f%%\n", points, 100 * pow(10, -points / 10.0),
               100 * hf_finger_fmr(s, (float)points));
    printf("%zu impostor comparisons: rates below %.4f %% are continued, not counted\n",
           s->impostor_n, 100 * end);
    tail = hf_finger_tail(s, rate, &bound);
    printf("FMR %g: threshold %.1f points here (%.1f with 95 %% confidence), built in %.1f; "
           "FNMR there %.2f %%\n",
           rate, (double)tail, (double)bound, -10 * log10(rate),
           100 * hf_finger_fnmr(s, fmaxf(tail, bound)));
    printf("offset of this site: %+.1f points\n",
           (double)bound > -10 * log10(rate) ? (double)bound + 10 * log10(rate) : 0.0);
    printf("nothing was changed: set the offset in the configuration to use it\n");
}

static enum hf_rc
calibrate_one(const struct hf_finger_args *a, const char *folder, double rate)
{
    struct hf_finger_set    s;
    struct hf_finger_scores scores = { 0 };
    struct hf_finger_trial  t = { 0 };
    struct hf_finger_rates  r;
    double                  pairs_s;
    enum hf_rc              rc;

    if ((rc = hf_finger_set_load(folder, a->dpi_value, &s)) != HF_OK)
        return rc;
    if ((rc = hf_finger_set_run(&s, &t, &scores, &pairs_s)) == HF_OK) {
        r = hf_finger_rates(&scores);
        printf("%s: %zu prints of %d fingers, %d not enrolled\n", folder, s.n, s.fingers, s.failed);
        print_rates(folder, &r);
        print_calibration(&scores, rate);
        if (a->csv != NULL)
            rc = write_csv(a->csv, &scores);
    }
    hf_finger_scores_free(&scores);
    hf_finger_set_clear(&s);
    return rc;
}

enum hf_rc
hf_finger_cmd_calibrate(const struct hf_finger_args *a, int *status)
{
    double     rate = 1e-4;
    char      *end = NULL;
    enum hf_rc rc = HF_OK;

    if (a->fmr != NULL)
        rate = strtod(a->fmr, &end);
    if (!(rate >= 1e-9 && rate <= 0.1) || (end != NULL && *end != '\0'))
        return hf_fail_field(HF_E_ARG, "--fmr", "\"%s\" is not within 1e-9..0.1", a->fmr);
    for (int i = 0; i < a->n && rc == HF_OK; i++)
        rc = calibrate_one(a, a->rest[i], rate);
    *status = 0;
    return rc;
}
