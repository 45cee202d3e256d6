/*
 * rows.h - one line of a bench: what was measured, the figure, its ratio to a named peer of the same run, the goal.
 *
 *     certificate issued through the library, SM2         22,639 /CPU s      25.3 x HUFU_SM=libcrypto        goal 20,000: met
 *
 * Rates "a CPU second" count the processor time of everybody who worked, so that they hold on a machine that does
 * other things as well. tests/bench/system.py prints the same line.
 */
#ifndef HF_TESTS_BENCH_ROWS_H
#define HF_TESTS_BENCH_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct row {
    const char *what;
    double      figure;
    const char *unit;  /* "/CPU s", "/s", "ms", "MB" */
    double      ratio; /* to the peer; 0: none */
    const char *peer;
    double      goal;  /* of the figure; 0: none. Rates are to reach it, all else must stay below. */
    double      goal_ratio;
};

/* 22639.4 as "22,639", 1.25 as "1.25". */
static inline const char *
row_number(double v, char out[32])
{
    char   text[32];
    size_t n, m = 0;

    snprintf(text, sizeof(text), v >= 1000 ? "%.0f" : v >= 10 ? "%.1f" : "%.2f", v);
    n = strcspn(text, ".");
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (i != 0 && i < n && (n - i) % 3 == 0)
            out[m++] = ',';
        out[m++] = text[i];
    }
    out[m] = '\0';
    return out;
}

static inline void
row(const struct row *r)
{
    bool rate = strchr(r->unit, '/') != NULL;
    char figure[32], goal[32], ratio[32] = "";

    if (r->ratio != 0)
        snprintf(ratio, sizeof(ratio), "%.*f x", r->ratio < 100 ? 2 : 0, r->ratio);
    printf("%-60s %11s %-7s %9s %-24s", r->what, row_number(r->figure, figure), r->unit, ratio,
           r->peer == NULL ? "" : r->peer);
    if (r->goal != 0)
        printf(" goal %s: %s", row_number(r->goal, goal),
               (rate ? r->figure >= r->goal : r->figure <= r->goal) ? "met" : "missed");
    if (r->goal_ratio != 0)
        printf(" goal %s x: %s", row_number(r->goal_ratio, goal), r->ratio >= r->goal_ratio ? "met" : "missed");
    printf("\n");
}

#endif
