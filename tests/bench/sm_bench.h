/*
 * sm_bench.h - the frame of bench_sm: rows of "ours against theirs".
 *
 * A row names an operation, two functions that do it n times, and the goal.
 * The frame runs them by turns, a slice each of process CPU time, on one
 * pinned core, and prints the medians of the slices and of the ratios of
 * neighbouring slices. Only ratios mean anything: the clock changes with the
 * load, and so does what a neighbour on the same core leaves.
 *
 * To add rows: write a file sm_rows_<what>.h with a table of struct sm_row
 * that ends in an empty one, include it in bench_sm.c and name it in `tables`.
 */
#ifndef HF_TESTS_BENCH_SM_BENCH_H
#define HF_TESTS_BENCH_SM_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

struct sm_row {
    const char *name;
    void (*setup)(void);        /* before the row, may be NULL */
    void (*ours)(size_t n);     /* do n operations (or n bytes' worth of units) */
    void (*theirs)(size_t n);
    double      goal;           /* ratio to be reached; 0: none set */
    bool        portable;       /* a goal of HUFU_CPU=generic, run under it */
    double      bytes;          /* of one operation: prints MB/s; 0: prints operations a second */
};

/* Leave when a call that cannot fail fails: a bench of failures measures nothing. */
#define SM_MUST(x)                                                                                 \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: %s failed\n", __FILE__, __LINE__, #x);                         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#endif
