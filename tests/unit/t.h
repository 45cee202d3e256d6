/*
 * t.h - the runner of a unit test program.
 *
 *     static void reads_a_number(void) { T_EQ(hf_...(), 3); }
 *     T_MAIN(T(reads_a_number), T(refuses_letters))
 *
 * Each test function counts once: it fails if any of its checks fails. The
 * program ends on "N passed, N failed" and exits 1 if one failed. An argument
 * runs only the tests whose names contain it.
 */
#ifndef HF_TESTS_UNIT_T_H
#define HF_TESTS_UNIT_T_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

static int t_bad HF_UNUSED; /* failed checks of the running test */

#define T_TRUE(x)                                                                                  \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            t_bad++;                                                                               \
            printf("  %s:%d: not true: %s   [%s]\n", __FILE__, __LINE__, #x, hf_reason());         \
        }                                                                                          \
    } while (0)
#define T_FALSE(x) T_TRUE(!(x))
#define T_EQ(a, b)                                                                                 \
    do {                                                                                           \
        long long t_a = (long long)(a), t_b = (long long)(b);                                      \
        if (t_a != t_b) {                                                                          \
            t_bad++;                                                                               \
            printf("  %s:%d: %s is %lld, expected %lld\n", __FILE__, __LINE__, #a, t_a, t_b);      \
        }                                                                                          \
    } while (0)
#define T_STR(a, b)                                                                                \
    do {                                                                                           \
        const char *t_a = (a), *t_b = (b);                                                         \
        if (t_a == NULL || strcmp(t_a, t_b) != 0) {                                                \
            t_bad++;                                                                               \
            printf("  %s:%d: %s is \"%s\", expected \"%s\"\n", __FILE__, __LINE__, #a,             \
                   t_a == NULL ? "(null)" : t_a, t_b);                                             \
        }                                                                                          \
    } while (0)
#define T_BYTES(a, b)                                                                              \
    do {                                                                                           \
        struct hf_bytes t_a = (a), t_b = (b);                                                      \
        if (!hf_bytes_eq(t_a, t_b)) {                                                              \
            t_bad++;                                                                               \
            printf("  %s:%d: %s has other bytes (%zu, expected %zu)\n", __FILE__, __LINE__, #a,    \
                   t_a.n, t_b.n);                                                                  \
        }                                                                                          \
    } while (0)
/* The call gives this code. */
#define T_RC(call, code)                                                                           \
    do {                                                                                           \
        enum hf_rc t_rc = (call);                                                                  \
        if (t_rc != (code)) {                                                                      \
            t_bad++;                                                                               \
            printf("  %s:%d: %s gives %s, expected %s   [%s]\n", __FILE__, __LINE__, #call,        \
                   hf_rc_name(t_rc), hf_rc_name(code), hf_reason());                               \
        }                                                                                          \
    } while (0)
#define T_OK(call) T_RC(call, HF_OK)

struct t_test {
    const char *name;
    void (*run)(void);
};

#define T(function) { #function, function }

#define T_MAIN(...)                                                                                \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const struct t_test tests[] = { __VA_ARGS__ };                                      \
        return t_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : "");            \
    }

static inline int
t_run(const struct t_test *tests, size_t n, const char *only)
{
    int passed = 0, failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < n; i++) {
        if (strstr(tests[i].name, only) == NULL)
            continue;
        t_bad = 0;
        tests[i].run();
        printf("%s %s\n", t_bad == 0 ? "ok  " : "FAIL", tests[i].name);
        passed += t_bad == 0;
        failed += t_bad != 0;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

#endif
