/*
 * bench_sm [PATTERN]: SM2, SM3 and SM4 against libcrypto's default provider,
 * by turns on one pinned core. See sm_bench.h. SM_SLICE_MS (default 40) and
 * SM_ROUNDS (default 7) say how long. Exit 0 whether or not goals are met.
 */
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/sm_bench.h"
#include "bench/sm_rows_sm2.h"
#include "bench/sm_rows_sm34.h"
#include "crypto/sm/cpu.h"

static const struct sm_row *const tables[] = { sm2_rows, sm34_rows };

#define MAX_ROUNDS 31

static double slice_ms = 40;
static int    rounds = 7;

static double
cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Seconds of one operation, over about a slice. *n is adapted to that. */
static double
measure(void (*run)(size_t), size_t *n)
{
    double start, spent;

    for (;;) {
        start = cpu_seconds();
        run(*n);
        spent = cpu_seconds() - start;
        if (spent >= slice_ms * 0.0005 || *n > (size_t)1 << 30)
            break;
        *n = spent <= 0 ? *n * 16 : (size_t)((double)*n * (slice_ms * 0.001 / spent)) + 1;
    }
    return spent / (double)*n;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof(*v), by_value);
    return v[n / 2];
}

/* GHz by a chain of dependent additions, so that cycles can be told. */
static double
clock_ghz(void)
{
    double best = 1;

    for (int i = 0; i < 4; i++) {
        double   start = cpu_seconds();
        unsigned x = 1;

        for (int j = 0; j < 25000; j++) {
#pragma GCC unroll 32
            for (int k = 0; k < 32; k++) {      /* in a row, whatever the loop costs */
                x += x;
                __asm__ volatile("" : "+r"(x));
            }
        }
        start = (cpu_seconds() - start) / 800000;
        best = start < best ? start : best;
    }
    return 1e-9 / best;
}

static void
print_rate(double seconds, double bytes)
{
    if (bytes > 0)
        printf("%9.1f MB/s", bytes / seconds * 1e-6);
    else
        printf("%9.0f op/s", 1 / seconds);
}

static void
run_row(const struct sm_row *row)
{
    double ours[MAX_ROUNDS], theirs[MAX_ROUNDS], ratio[MAX_ROUNDS], cycles[MAX_ROUNDS], a, b, r;
    size_t n = 1, m = 1;

    if (row->setup != NULL)
        row->setup();
    (void)measure(row->ours, &n);
    (void)measure(row->theirs, &m);
    for (int i = 0; i < rounds; i++) {
        theirs[i] = measure(row->theirs, &m);
        ours[i] = measure(row->ours, &n);
        ratio[i] = theirs[i] / ours[i];         /* of neighbours in time */
        cycles[i] = ours[i] * clock_ghz() * 1e9;
    }
    a = median(ours, rounds);
    b = median(theirs, rounds);
    printf("%-40s ", row->name);
    print_rate(b, row->bytes);
    print_rate(a, row->bytes);
    r = median(ratio, rounds);
    printf(" %8.2f us %8.0f cyc %7.2fx", a * 1e6, median(cycles, rounds), r);
    if (row->goal > 0)
        printf("  goal %6.2fx %s", row->goal, r >= row->goal ? "met" : "MISSED");
    printf("\n");
    fflush(stdout);
}

static void
run_tables(bool portable, const char *pattern)
{
    printf("\nHUFU_CPU tier %s, %.2f GHz\n", hf_cpu_tier_name(hf_cpu_tier()), clock_ghz());
    printf("%-40s %14s%14s %11s %12s %8s\n", "", "libcrypto", "ours", "each", "", "ratio");
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (const struct sm_row *row = tables[t]; row->name != NULL; row++)
            if (row->portable == portable && strstr(row->name, pattern) != NULL)
                run_row(row);
}

/* The tier is chosen once a process, so the portable rows have a process of their own. */
static void
run_portable(const char *pattern)
{
    pid_t pid;
    int   status;

    fflush(stdout);
    if ((pid = fork()) == 0) {
        setenv("HUFU_CPU", "generic", 1);
        run_tables(true, pattern);
        fflush(stdout);
        _exit(0);
    }
    SM_MUST(pid != -1 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void
pin(void)
{
    cpu_set_t set;
    int       cpu = sched_getcpu();

    CPU_ZERO(&set);
    CPU_SET((size_t)(cpu < 0 ? 0 : cpu), &set);
    if (sched_setaffinity(0, sizeof(set), &set) == -1)
        printf("not pinned to a core\n");
    else
        printf("pinned to core %d\n", cpu);
}

int
main(int argc, char **argv)
{
    const char *pattern = argc > 1 ? argv[1] : "";
    double      load[1] = { 0 };

    if (getenv("SM_SLICE_MS") != NULL)
        slice_ms = atof(getenv("SM_SLICE_MS"));
    if (getenv("SM_ROUNDS") != NULL && atoi(getenv("SM_ROUNDS")) > 0)
        rounds = atoi(getenv("SM_ROUNDS"));
    rounds = rounds > MAX_ROUNDS ? MAX_ROUNDS : rounds;
    pin();
    (void)getloadavg(load, 1);
    printf("load average %.1f; medians of %d slices of %.0f ms CPU time by turns\n", load[0],
           rounds, slice_ms);
    run_portable(pattern);
    run_tables(false, pattern);
    return 0;
}
