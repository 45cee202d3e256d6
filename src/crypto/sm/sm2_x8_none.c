/* Where there is no AVX-512 at all: it is said not to be here, and then nobody calls the rest. */
#if !defined(__x86_64__)

#include <stdlib.h>

#include "crypto/sm/sm2_x8_int.h"

bool
hf_sm2_x8_here(void)
{
    return false;
}

void
hf_sm2_x8_base_mul(struct sm2_x8_points *r, size_t g, const uint64_t k[8][4])
{
    (void)r, (void)g, (void)k;
    abort();
}

void
hf_sm2_x8_affine(struct sm2_aff *out, unsigned char *zero, struct sm2_x8_points *p, size_t n)
{
    (void)out, (void)zero, (void)p, (void)n;
    abort();
}

void
hf_sm2_x8_sum(struct sm2_jac *r, const struct sm2_aff *const *p, const uint8_t *neg, unsigned n)
{
    (void)r, (void)p, (void)neg, (void)n;
    abort();
}

void
hf_sm2_x8_verify(const struct hf_sm2_x8_verify *in, unsigned *good, unsigned *odd_ones)
{
    (void)in, (void)good, (void)odd_ones;
    abort();
}

#else
typedef int hf_sm2_x8_none_is_for_others;
#endif
