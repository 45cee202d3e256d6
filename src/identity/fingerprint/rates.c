/* rates.c - counting errors. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "identity/fingerprint/rates.h"

static int
ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* How many of the sorted scores are below t. */
static size_t
below(const float *v, size_t n, float t)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (v[mid] < t)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

double
hf_finger_fmr(const struct hf_finger_scores *s, float threshold)
{
    return (double)(s->impostor_n - below(s->impostor, s->impostor_n, threshold)) /
           (double)s->impostor_n;
}

double
hf_finger_fnmr(const struct hf_finger_scores *s, float threshold)
{
    return (double)below(s->genuine, s->genuine_n, threshold) / (double)s->genuine_n;
}

float
hf_finger_threshold(const struct hf_finger_scores *s, double most)
{
    size_t n = s->impostor_n, may = (size_t)(most * (double)n + 1e-9);
    float  over = may < n ? s->impostor[n - 1 - may] : s->impostor[0];

    return may < n ? nextafterf(over, INFINITY) : over; /* just above the first too many */
}

static void
find_equal(const struct hf_finger_scores *s, const float *v, size_t n, struct hf_finger_rates *r,
           double *least)
{
    for (size_t i = 0; i < n; i++) {
        double a = hf_finger_fmr(s, v[i]), b = hf_finger_fnmr(s, v[i]);

        if (fabs(a - b) < *least) {
            *least = fabs(a - b);
            r->eer = (a + b) / 2;
            r->eer_threshold = (double)v[i];
        }
    }
}

struct hf_finger_rates
hf_finger_rates(struct hf_finger_scores *s)
{
    struct hf_finger_rates r = { 0 };
    double                 least = 2;

    if (s->genuine_n == 0 || s->impostor_n == 0)
        return r;
    qsort(s->genuine, s->genuine_n, sizeof(float), ascending);
    qsort(s->impostor, s->impostor_n, sizeof(float), ascending);
    find_equal(s, s->genuine, s->genuine_n, &r, &least);
    find_equal(s, s->impostor, s->impostor_n, &r, &least);
    r.fmr100 = hf_finger_fnmr(s, hf_finger_threshold(s, 0.01));
    r.fmr1000 = hf_finger_fnmr(s, hf_finger_threshold(s, 0.001));
    r.zero_fmr = hf_finger_fnmr(s, hf_finger_threshold(s, 0));
    return r;
}

float
hf_finger_tail(const struct hf_finger_scores *s, double rate, float *bound)
{
    size_t k = s->impostor_n / 100 > 10 ? s->impostor_n / 100 : s->impostor_n / 10;
    float  from, mean = 0;
    double share, spread;

    if (k == 0)
        k = s->impostor_n;
    from = s->impostor[s->impostor_n - k];
    share = (double)k / (double)s->impostor_n;
    for (size_t i = s->impostor_n - k; i < s->impostor_n; i++)
        mean += (s->impostor[i] - from) / (float)k;
    spread = rate < share ? (double)mean * log(share / rate) : 0;
    if (bound != NULL) /* the mean of k exponential values, plus 1.645 of its deviations */
        *bound = (float)((double)from + spread * (1 + 1.645 / sqrt((double)k)));
    return (float)((double)from + spread);
}
