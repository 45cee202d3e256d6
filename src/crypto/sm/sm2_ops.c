/* Which tier computes, and the table of the base point. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "crypto/sm/cpu.h"
#include "crypto/sm/sm2_int.h"

static const struct hf_sm2_ops *ops;
static pthread_once_t           ops_once = PTHREAD_ONCE_INIT;
static const struct sm2_comb   *base_comb;
static pthread_once_t           base_once = PTHREAD_ONCE_INIT;

/* A private key and its point from GB/T 32918.5 A.2: what a tier must compute before it is used. */
const uint64_t hf_sm2_known_d[4] = { 0x42fb81ef4df7c5b8, 0x889393692860b51a, 0x3f36e38ac6d39f95,
                                     0x3945208f7b2144b1 };
const struct sm2_aff hf_sm2_known_point = {
    { { 0xb5c170295d923d5f, 0xb15fb091ce2a8135, 0x9b595921217bf543, 0x85d7e2569a65a07f } },
    { { 0x7daa1684d91aae0a, 0xd037f1065bf4fcce, 0x9d60fa7bb274bf30, 0x32c6a177ba3ec4af } },
};

/* Nothing here may ask for the tier in use. */
static bool
computes_right(const struct hf_sm2_ops *o)
{
    struct sm2_jac j;
    struct sm2_fe  zi, zz;
    struct sm2_aff a;

    o->point_mul_public(&j, &hf_sm2_base, hf_sm2_known_d);
    o->inv_chain(&zi, &j.z);
    o->sqr(&zz, &zi);
    o->mul(&a.x, &j.x, &zz);
    o->mul(&zz, &zz, &zi);
    o->mul(&a.y, &j.y, &zz);
    return memcmp(&a, &hf_sm2_known_point, sizeof(a)) == 0;
}

/* A processor that computes wrongly with its extensions is used without them; a wrong C is not. */
static void
choose(void)
{
    hf_sm2_pick_choose();
    ops = &hf_sm2_ops_generic;
#if defined(__x86_64__)
    if (hf_cpu()->bmi2 && hf_cpu()->adx && computes_right(&hf_sm2_ops_adx))
        ops = &hf_sm2_ops_adx;
#endif
    if (!computes_right(ops))
        abort();
}

const struct hf_sm2_ops *
hf_sm2_ops(void)
{
    pthread_once(&ops_once, choose);
    return ops;
}

/*
 * In pages of its own, which nothing can write any more once it is made. A
 * process that has no 148 KiB at its first signature cannot go on.
 */
static void
make_base(void)
{
    struct sm2_comb *t =
        mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (t == MAP_FAILED)
        abort();
    hf_sm2_ops()->comb_build_public(t, &hf_sm2_base);
    if (mprotect(t, sizeof(*t), PROT_READ) == -1)
        abort();
    base_comb = t;
}

const struct sm2_comb *
hf_sm2_base_comb(void)
{
    pthread_once(&base_once, make_base);
    return base_comb;
}
