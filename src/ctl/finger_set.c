/* finger_set.c - read a folder of prints, compare them as a protocol says. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/finger.h"
#include "ctl/finger_set.h"

enum { SAMPLES_MAX = 20000 };

static double
cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* "101_3.png": two numbers; anything else in the folder is not a sample. */
static bool
parse_name(const char *file, struct hf_finger_sample *s)
{
    char extension[8];
    int  end = 0;

    if (strlen(file) >= sizeof(s->file) ||
        sscanf(file, "%6d_%4d.%7[a-zA-Z]%n", &s->finger, &s->impression, extension, &end) != 3 ||
        file[end] != '\0' || s->finger < 0 || s->impression < 0)
        return false;
    snprintf(s->file, sizeof(s->file), "%s", file);
    snprintf(s->name, sizeof(s->name), "%d_%d", s->finger, s->impression);
    return true;
}

static int
by_name(const void *a, const void *b)
{
    const struct hf_finger_sample *p = a, *q = b;

    if (p->finger != q->finger)
        return p->finger - q->finger;
    return p->impression != q->impression ? p->impression - q->impression
                                          : strcmp(p->file, q->file);
}

static enum hf_rc
list_folder(struct hf_finger_set *s)
{
    DIR                     *d = opendir(s->folder);
    struct dirent           *e;
    struct hf_finger_sample *more, one;
    enum hf_rc               rc = HF_OK;

    if (d == NULL)
        return hf_fail_errno("folder of prints %s", s->folder);
    while (rc == HF_OK && (e = readdir(d)) != NULL) {
        memset(&one, 0, sizeof(one));
        if (!parse_name(e->d_name, &one))
            continue;
        if (s->n == SAMPLES_MAX)
            rc = hf_fail(HF_E_TOOBIG, "%s: more than %d prints", s->folder, SAMPLES_MAX);
        else if ((more = realloc(s->sample, (s->n + 1) * sizeof(one))) == NULL)
            rc = hf_fail(HF_E_NOMEM, "%s", s->folder);
        else {
            s->sample = more;
            s->sample[s->n++] = one;
        }
    }
    closedir(d);
    if (s->n > 0)
        qsort(s->sample, s->n, sizeof(one), by_name);
    return rc;
}

/* A print that cannot be read is part of the result, not a reason to stop. */
static enum hf_rc
load_one(const struct hf_finger_set *s, int dpi, struct hf_finger_sample *one)
{
    struct hf_finger_template t;
    char                      path[4096];
    enum hf_rc                rc;

    snprintf(path, sizeof(path), "%s/%s", s->folder, one->file);
    rc = hf_finger_load(path, dpi, &t, NULL, NULL);
    if (rc == HF_E_NOMEM)
        return rc;
    if (rc != HF_OK) {
        one->failed = true;
        snprintf(one->why, sizeof(one->why), "%s", hf_reason());
        return HF_OK;
    }
    rc = hf_finger_probe_new(&t, &one->probe);
    hf_finger_template_clear(&t);
    return rc;
}

enum hf_rc
hf_finger_set_load(const char *folder, int dpi, struct hf_finger_set *s)
{
    double     start;
    enum hf_rc rc;

    *s = (struct hf_finger_set){ .folder = folder };
    rc = list_folder(s);
    start = cpu_s();
    for (size_t i = 0; i < s->n && rc == HF_OK; i++) {
        rc = load_one(s, dpi, &s->sample[i]);
        s->failed += s->sample[i].failed;
        s->fingers += i == 0 || s->sample[i].finger != s->sample[i - 1].finger;
    }
    s->extract_ms = s->n > 0 ? (cpu_s() - start) * 1000 / (double)s->n : 0;
    if (rc == HF_OK && s->fingers < 2)
        rc = hf_fail(HF_E_ABSENT,
                     "%s: prints of at least two fingers are needed, named "
                     "FINGER_IMPRESSION.png",
                     folder);
    if (rc != HF_OK)
        hf_finger_set_clear(s);
    return rc;
}

void
hf_finger_set_clear(struct hf_finger_set *s)
{
    for (size_t i = 0; i < s->n; i++)
        hf_finger_probe_free(s->sample[i].probe);
    free(s->sample);
    *s = (struct hf_finger_set){ 0 };
}

/* -- Comparing ----------------------------------------------------------------------- */

static float
weigh(const struct hf_finger_sample *a, const struct hf_finger_sample *b)
{
    return a->failed || b->failed ? HF_FINGER_NOTHING
                                  : hf_finger_weigh_probes(a->probe, b->probe, NULL);
}

static void
note(const struct hf_finger_trial *t, const struct hf_finger_sample *a,
     const struct hf_finger_sample *b, float points, struct hf_finger_scores *out)
{
    if (a->finger == b->finger)
        out->genuine[out->genuine_n++] = points;
    else
        out->impostor[out->impostor_n++] = points;
    if (t->lines != NULL)
        hf_wr_fmt(t->lines, "%s %s %.3f\n", a->name, b->name, (double)points);
}

static void
each_against_each(const struct hf_finger_set *s, const struct hf_finger_trial *t,
                  struct hf_finger_scores *out)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = i + 1; j < s->n; j++) {
            const struct hf_finger_sample *a = &s->sample[i], *b = &s->sample[j];
            bool                           first_i = i == 0 || s->sample[i - 1].finger != a->finger;
            bool                           first_j = s->sample[j - 1].finger != b->finger;

            if (t->fvc && a->finger != b->finger && !(first_i && first_j))
                continue;
            note(t, a, b, hf_finger_points(weigh(a, b)), out);
        }
}

/* The first `enrol` impressions of each finger are its references; the rest are probes. */
static void
against_enrolled(const struct hf_finger_set *s, const struct hf_finger_trial *t,
                 struct hf_finger_scores *out)
{
    for (size_t i = 0, of_i = 0; i < s->n; i++, of_i++) {
        if (i > 0 && s->sample[i].finger != s->sample[i - 1].finger)
            of_i = 0;
        for (size_t j = 0; j < s->n && of_i >= (size_t)t->enrol;) {
            const struct hf_finger_sample *first = &s->sample[j];
            float                          best = HF_FINGER_NOTHING;
            int                            k = 0;

            for (; j < s->n && s->sample[j].finger == first->finger; j++, k++)
                if (k < t->enrol)
                    best = fmaxf(best, weigh(&s->sample[i], &s->sample[j]));
            note(t, &s->sample[i], first, hf_finger_points_of(best, t->enrol), out);
        }
    }
}

enum hf_rc
hf_finger_set_run(const struct hf_finger_set *s, const struct hf_finger_trial *t,
                  struct hf_finger_scores *out, double *impostors_s)
{
    size_t pairs = s->n * s->n;
    double start;

    *out = (struct hf_finger_scores){ .genuine = malloc(pairs * sizeof(float)),
                                      .impostor = malloc(pairs * sizeof(float)) };
    if (out->genuine == NULL || out->impostor == NULL) {
        hf_finger_scores_free(out);
        return hf_fail(HF_E_NOMEM, "%zu comparisons", pairs);
    }
    for (size_t i = 0; t->lines != NULL && i < s->n; i++)
        if (s->sample[i].failed)
            hf_wr_fmt(t->lines, "%s - FAIL\n", s->sample[i].name);
    start = cpu_s();
    if (t->enrol > 0)
        against_enrolled(s, t, out);
    else
        each_against_each(s, t, out);
    *impostors_s = (double)(out->genuine_n + out->impostor_n) / (cpu_s() - start + 1e-9);
    if (out->genuine_n != 0 && out->impostor_n != 0)
        return HF_OK;
    hf_finger_scores_free(out);
    return hf_fail(HF_E_ABSENT, "%s: too few impressions of a finger to compare", s->folder);
}

void
hf_finger_scores_free(struct hf_finger_scores *s)
{
    free(s->genuine);
    free(s->impostor);
    *s = (struct hf_finger_scores){ 0 };
}
