/* Which tier computes, and the table of the base point. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "crypto/sm/cpu.h"
#include "crypto/sm/sm2_int.h"

static const struct hf_sm2_ops *ops;
static pthread_once_t           ops_once = PTHREAD_ONCE_INIT;
static const struct sm2_comb   *base_comb;
static pthread_once_t           base_once = PTHREAD_ONCE_INIT;

static void
choose(void)
{
    hf_sm2_pick_choose();
    ops = &hf_sm2_ops_generic;
#if defined(__x86_64__)
    if (hf_cpu()->bmi2 && hf_cpu()->adx)
        ops = &hf_sm2_ops_adx;
#endif
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
