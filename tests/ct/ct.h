/*
 * ct.h - the frame of the constant-time checks: `make check-ct` runs every
 * program of this folder through tests/ct/run.
 *
 * A program is a table of cases. Each has
 *
 *   check   does the operation once with its secrets marked undefined
 *           (ct_secret) and what it gives marked defined again (ct_public).
 *           Under valgrind's memcheck a branch or an address that depends on
 *           a secret is then an error.
 *   prepare, run   for the timing test: prepare(0) sets up one fixed secret,
 *           prepare(1) another random one each time, doing the same work; run
 *           is timed. Welch's t of the two classes tells whether the times
 *           differ, for the tiers that valgrind cannot run.
 *
 * Either part may be missing. One case in each program leaks on purpose
 * (leaks = true): it must be caught, or the check itself is broken.
 */
#ifndef HF_TESTS_CT_CT_H
#define HF_TESTS_CT_CT_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <valgrind/memcheck.h>

struct ct_case {
    const char *name;
    void (*check)(void);
    void (*prepare)(int random);
    void (*run)(void);
    bool   leaks;
    size_t samples;     /* of the timing test; 0: 20000 */
};

#define CT_MUST(x)                                                                                 \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: %s failed\n", __FILE__, __LINE__, #x);                         \
            exit(3);                                                                               \
        }                                                                                          \
    } while (0)

/* Macros, so that the marks are put where the caller stands. */
#define ct_secret(p, n) ((void)VALGRIND_MAKE_MEM_UNDEFINED(p, n))
#define ct_public(p, n) ((void)VALGRIND_MAKE_MEM_DEFINED(p, n))

/* |t| above this, three times in a row, is a difference. */
#define CT_LIMIT 10.0

static inline uint64_t
ct_now(void)
{
#if defined(__x86_64__)
    unsigned lo, hi, aux;

    __asm__ volatile("rdtscp\n\tlfence" : "=a"(lo), "=d"(hi), "=c"(aux) : : "memory");
    return (uint64_t)hi << 32 | lo;
#else
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#endif
}

static inline uint64_t
ct_random(void)
{
    static uint64_t s = 0x853c49e6748fea9b;

    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    return s * 0x9e3779b97f4a7c15;
}

static inline void
ct_random_bytes(void *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)out)[i] = (uint8_t)(ct_random() >> 32);
}

static inline int
ct_by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Welch's t of one run; times above the 90th percentile of all are interruptions and left out. */
static inline double
ct_welch(const struct ct_case *c)
{
    size_t    n = c->samples != 0 ? c->samples : 20000;
    uint32_t *took = malloc(2 * n * sizeof(*took)), cut;
    uint8_t  *class = malloc(n);
    double    sum[2] = { 0 }, square[2] = { 0 }, count[2] = { 0 }, v;

    CT_MUST(took != NULL && class != NULL);
    for (size_t i = 0; i < n; i++) {
        uint64_t start;

        class[i] = (uint8_t)(ct_random() >> 40 & 1);
        c->prepare(class[i]);
        start = ct_now();
        c->run();
        start = ct_now() - start;
        took[i] = start > UINT32_MAX ? UINT32_MAX : (uint32_t)start;
    }
    memcpy(took + n, took, n * sizeof(*took));
    qsort(took + n, n, sizeof(*took), ct_by_value);
    cut = took[n + n * 9 / 10];
    for (size_t i = n / 20; i < n; i++)         /* the first ones warm up */
        if (took[i] <= cut) {
            sum[class[i]] += took[i];
            square[class[i]] += (double)took[i] * took[i];
            count[class[i]]++;
        }
    for (int k = 0; k < 2; k++) {
        sum[k] /= count[k];
        square[k] = (square[k] / count[k] - sum[k] * sum[k]) / count[k];
    }
    free(took);
    free(class);
    v = square[0] + square[1];
    return v <= 0 ? 0 : (sum[0] - sum[1]) / sqrt(v);
}

static inline int
ct_timing(const struct ct_case *c)
{
    double t = 0, least = 1e9;

    for (int try = 0; try < 3 && (try == 0 || least > CT_LIMIT); try++) {
        t = ct_welch(c);
        least = fabs(t) < least ? fabs(t) : least;
    }
    if (c->leaks) {
        printf("%-4s timing   %-44s |t| %7.1f, meant to leak\n", least > CT_LIMIT ? "ok" : "FAIL",
               c->name, least);
        return least > CT_LIMIT ? 0 : 1;
    }
    printf("%-4s timing   %-44s |t| %7.1f\n", least <= CT_LIMIT ? "ok" : "FAIL", c->name, least);
    return least <= CT_LIMIT ? 0 : 1;
}

static inline int
ct_memcheck(const struct ct_case *c)
{
    unsigned before = VALGRIND_COUNT_ERRORS, errors;

    c->check();
    errors = VALGRIND_COUNT_ERRORS - before;
    printf("%-4s memcheck %-44s %u errors%s\n", (errors != 0) == c->leaks ? "ok" : "FAIL", c->name,
           errors, c->leaks ? ", meant to leak" : "");
    return (errors != 0) == c->leaks ? 0 : 1;
}

/* The body of main(): under valgrind all checks, else all timing tests. Exit status. */
static inline int
ct_run(const struct ct_case *cases, size_t n)
{
    int bad = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < n; i++) {
        if (RUNNING_ON_VALGRIND && cases[i].check != NULL)
            bad += ct_memcheck(&cases[i]);
        if (!RUNNING_ON_VALGRIND && cases[i].run != NULL)
            bad += ct_timing(&cases[i]);
    }
    return bad != 0;
}

#define CT_MAIN(cases)                                                                             \
    int main(void)                                                                                 \
    {                                                                                              \
        return ct_run(cases, sizeof(cases) / sizeof((cases)[0]));                                  \
    }

#endif
