/*
 * bench_finger.c - speed of the fingerprint engine, and what the first look of a search loses.
 *
 * Needs the prints in ../shared/data/fingerprint (tests only). Fills a gallery
 * with 100000 fingers: the real ones, and others made from them by mirroring,
 * turning and bending so far that they are nobody's.
 */
#include "bench/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "identity/fingerprint/finger.h"
#include "identity/fingerprint/gallery.h"

enum { FINGERS = 20, IMPRESSIONS = 8, GALLERY = 100000, FOUND_POINTS = 40, SEARCH_STEP = 5 };

static struct hf_finger_template t[FINGERS][IMPRESSIONS];
static uint32_t                  seed = 1;

static float
uniform(float low, float high)
{
    seed = seed * 1664525U + 1013904223U;
    return low + (high - low) * (float)(seed >> 8) / 16777216.0F;
}

static double
now_s(void)
{
    struct timespec at;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static double
load_all(void)
{
    static const char *const set[] = { "fvc2002_db1b", "fvc2002_db3b" };
    double                   sum = 0;

    for (int f = 0; f < FINGERS; f++)
        for (int i = 0; i < IMPRESSIONS; i++) {
            struct hf_finger_image image;
            struct hf_wr           w = hf_wr(1 << 22);
            char                   path[256];
            double                 start;

            snprintf(path, sizeof(path), "../shared/data/fingerprint/%s/%d_%d.png", set[f / 10],
                     101 + f % 10, i + 1);
            if (hf_file_read(path, &w) != HF_OK ||
                hf_finger_image_read(hf_wr_bytes(&w), 0, &image) != HF_OK) {
                printf("the prints of the tests are missing: %s\n", hf_reason());
                exit(1);
            }
            start = now_s();
            if (hf_finger_extract(&image, &t[f][i], NULL) != HF_OK)
                printf("%s: %s\n", path, hf_reason());
            sum += now_s() - start;
            hf_finger_image_clear(&image);
            hf_wr_clear(&w);
        }
    return sum;
}

/* Nobody's finger: mirrored, turned, and bent by two large smooth waves. */
static void
stranger(const struct hf_finger_template *from, struct hf_finger_template *to)
{
    float a = uniform(0, 6.28F), u = uniform(20, 40), v = uniform(20, 40), k = uniform(80, 160);
    float p = uniform(0, 6.28F), q = uniform(0, 6.28F);

    *to = *from;
    to->n = 0;
    memset(&to->grid, 0, sizeof(to->grid));
    for (int i = 0; i < from->n; i++) {
        struct hf_finger_minutia m = from->m[i];
        float                    x = (float)from->width - (float)m.x - 200, y = (float)m.y - 200;
        float                    s = x * cosf(a) - y * sinf(a) + u * sinf(y / k + p);
        float                    r = x * sinf(a) + y * cosf(a) + v * sinf(x / k + q);

        if (uniform(0, 1) < 0.2F)
            continue;
        m.x = (uint16_t)fminf(fmaxf(s + 300, 0), 700);
        m.y = (uint16_t)fminf(fmaxf(r + 300, 0), 700);
        m.angle =
            (uint16_t)((int)(2048 - m.angle - a * 4096 / 6.2832F + uniform(-300, 300)) & 4095);
        to->m[to->n++] = m;
    }
}

static void
bench_pairs(void)
{
    struct hf_finger_probe *p[FINGERS][IMPRESSIONS];
    double                  start, longest = 0;
    int                     n = 0;

    for (int f = 0; f < FINGERS; f++)
        for (int i = 0; i < IMPRESSIONS; i++)
            if (hf_finger_probe_new(&t[f][i], &p[f][i]) != HF_OK)
                exit(1);
    start = now_s();
    for (int f = 0; f < FINGERS; f++)
        for (int g = f + 1; g < FINGERS; g++)
            for (int i = 0; i < IMPRESSIONS; i++)
                for (int k = 0; k < IMPRESSIONS; k++, n++) {
                    double one = now_s();

                    (void)hf_finger_weigh_probes(p[f][i], p[g][k], NULL);
                    longest = fmax(longest, now_s() - one);
                }
    row(&(struct row){ "fingers compared 1:1, different ones", n / (now_s() - start), "/s", 0, NULL, 10000, 0 });
    row(&(struct row){ "  the longest comparison", longest * 1000, "ms", 0, NULL, 5, 0 });
    for (int f = 0; f < FINGERS; f++)
        for (int i = 0; i < IMPRESSIONS; i++)
            hf_finger_probe_free(p[f][i]);
}

/* Prints made to be slow: all minutiae there can be, on a lattice, all alike. */
static void
bench_worst(void)
{
    struct hf_finger_template w = { .width = 500, .height = 500, .n = HF_FINGER_MINUTIAE };
    struct hf_finger_probe   *p;
    double                    longest = 0;

    for (int spread = 4; spread <= 40; spread += 2) {
        for (int i = 0; i < w.n; i++)
            w.m[i] = (struct hf_finger_minutia){ (uint16_t)(50 + i % 10 * spread),
                                                 (uint16_t)(50 + i / 10 * spread), 0, 1, 90 };
        if (hf_finger_probe_new(&w, &p) != HF_OK)
            exit(1);
        for (int k = 0; k < 20; k++) {
            double start = now_s();

            hf_finger_weigh(p, &w, NULL);
            longest = fmax(longest, now_s() - start);
        }
        hf_finger_probe_free(p);
    }
    row(&(struct row){ "  the longest of worst made-up prints", longest * 1000, "ms", 0, NULL, 5, 0 });
}

static bool
found(const struct hf_finger_gallery *g, const struct hf_finger_probe *p, int f, bool all,
      double *time)
{
    struct hf_finger_search how = { .most = 1, .least = FOUND_POINTS, .all = all };
    struct hf_finger_hit    hit[1];
    int                     n = 0;
    double                  start = now_s();

    if (hf_finger_gallery_search(g, p, &how, hit, &n) != HF_OK)
        exit(1);
    *time += now_s() - start;
    return n == 1 && hit[0].id == (uint64_t)f;
}

static void
bench_search(void)
{
    char what[80];
    struct hf_finger_gallery *g;
    struct hf_finger_template s;
    double                    time = 0;
    int                       searches = 0, hits = 0, could = 0;

    if (hf_finger_gallery_new(&g) != HF_OK)
        exit(1);
    for (int f = 0; f < FINGERS; f++)
        for (int i = 0; i < 3; i++)
            if (hf_finger_gallery_add(g, (uint64_t)f, &t[f][i]) != HF_OK)
                exit(1);
    for (uint64_t id = 1000; hf_finger_gallery_count(g) < GALLERY; id++) {
        stranger(&t[id % FINGERS][id / FINGERS % IMPRESSIONS], &s);
        if (hf_finger_gallery_add(g, id, &s) != HF_OK)
            continue;
    }
    for (int f = 0; f < FINGERS; f++)
        for (int i = 3; i < IMPRESSIONS; i += SEARCH_STEP) {
            struct hf_finger_probe *p;
            bool                    one = false;

            if (hf_finger_probe_new(&t[f][i], &p) != HF_OK)
                exit(1);
            for (int k = 0; k < 3; k++)
                one = one || hf_finger_score(p, &t[f][k]) >= FOUND_POINTS;
            hits += one && found(g, p, f, false, &time);
            could += one;
            searches++;
            hf_finger_probe_free(p);
        }
    row(&(struct row){ "finger found among 100,000, 1:N", time / could * 1000, "ms", 0, NULL, 1000, 0 });
    snprintf(what, sizeof(what), "  found first, of %d in %d that 1:1 recognises", could, searches);
    row(&(struct row){ what, hits, "found", hits / (double)could, "1:1", 0, 0.98 });
    row(&(struct row){ "  memory of a template", (double)(hf_finger_gallery_bytes(g) / hf_finger_gallery_count(g)), "bytes", 0,
                       NULL, 1024, 0 });
    hf_finger_gallery_free(g);
}

int
main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    row(&(struct row){ "fingerprint extracted from an image", load_all() * 1000 / (FINGERS * IMPRESSIONS), "ms", 0, NULL, 25, 0 });
    bench_pairs();
    bench_worst();
    bench_search();
    return 0;
}
