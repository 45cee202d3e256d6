/* Reading one entry of a table without telling which: every entry is read, one is kept by mask. */
#include <string.h>

#include "crypto/sm/cpu.h"
#include "crypto/sm/sm2_int.h"
#include "crypto/sm/sm2_word.h"

static void
pick_c(struct sm2_aff *r, const struct sm2_aff *row, uint64_t n, uint64_t index)
{
    typedef uint64_t v2 __attribute__((vector_size(16)));
    v2               a = { 0, 0 }, b = a, c = a, d = a, in[4];

    for (uint64_t i = 0; i < n; i++) {
        uint64_t m = sm2_mask_eq(i, index);
        v2       mask = { m, m };

        memcpy(in, &row[i], sizeof(in));
        a |= in[0] & mask;
        b |= in[1] & mask;
        c |= in[2] & mask;
        d |= in[3] & mask;
    }
    in[0] = a;
    in[1] = b;
    in[2] = c;
    in[3] = d;
    memcpy(r, in, sizeof(in));
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) static void
pick_avx2(struct sm2_aff *r, const struct sm2_aff *row, uint64_t n, uint64_t index)
{
    __m256i a = _mm256_setzero_si256(), b = a, m;
    __m256i at = a, one = _mm256_set1_epi64x(1), want = _mm256_set1_epi64x((long long)index);

    for (uint64_t i = 0; i < n; i++) {
        const __m256i *p = (const __m256i *)(const void *)&row[i];

        m = _mm256_cmpeq_epi64(at, want);
        at = _mm256_add_epi64(at, one);
        a = _mm256_or_si256(a, _mm256_and_si256(m, _mm256_loadu_si256(p)));
        b = _mm256_or_si256(b, _mm256_and_si256(m, _mm256_loadu_si256(p + 1)));
    }
    _mm256_storeu_si256((__m256i *)(void *)r, a);
    _mm256_storeu_si256((__m256i *)(void *)r + 1, b);
}

/* Two accumulators, so that the masked moves do not wait for each other. n is even. */
__attribute__((target("avx512f"))) static void
pick_avx512(struct sm2_aff *r, const struct sm2_aff *row, uint64_t n, uint64_t index)
{
    __m512i a = _mm512_setzero_si512(), b = a;
    __m512i at = a, two = _mm512_set1_epi64(2), want = _mm512_set1_epi64((long long)index);
    __m512i next = _mm512_set1_epi64((long long)index - 1);

    for (uint64_t i = 0; i < n; i += 2) {
        a = _mm512_mask_loadu_epi64(a, _mm512_cmpeq_epi64_mask(at, want), &row[i]);
        b = _mm512_mask_loadu_epi64(b, _mm512_cmpeq_epi64_mask(at, next), &row[i + 1]);
        at = _mm512_add_epi64(at, two);
    }
    _mm512_storeu_si512(r, _mm512_or_si512(a, b));
}

#endif

void (*hf_sm2_pick)(struct sm2_aff *r, const struct sm2_aff *row, uint64_t n,
                    uint64_t index) = pick_c;

void
hf_sm2_pick_choose(void)
{
#if defined(__x86_64__)
    if (hf_cpu()->avx512)
        hf_sm2_pick = pick_avx512;
    else if (hf_cpu()->avx2)
        hf_sm2_pick = pick_avx2;
#endif
}
