#include "crypto/sm/sm3_impl.h"

#include <pthread.h>
#include <string.h>

#include "crypto/sm/cpu.h"

const uint32_t hf_sm3_t[64] = {
    0x79cc4519, 0xf3988a32, 0xe7311465, 0xce6228cb, 0x9cc45197, 0x3988a32f, 0x7311465e, 0xe6228cbc,
    0xcc451979, 0x988a32f3, 0x311465e7, 0x6228cbce, 0xc451979c, 0x88a32f39, 0x11465e73, 0x228cbce6,
    0x9d8a7a87, 0x3b14f50f, 0x7629ea1e, 0xec53d43c, 0xd8a7a879, 0xb14f50f3, 0x629ea1e7, 0xc53d43ce,
    0x8a7a879d, 0x14f50f3b, 0x29ea1e76, 0x53d43cec, 0xa7a879d8, 0x4f50f3b1, 0x9ea1e762, 0x3d43cec5,
    0x7a879d8a, 0xf50f3b14, 0xea1e7629, 0xd43cec53, 0xa879d8a7, 0x50f3b14f, 0xa1e7629e, 0x43cec53d,
    0x879d8a7a, 0x0f3b14f5, 0x1e7629ea, 0x3cec53d4, 0x79d8a7a8, 0xf3b14f50, 0xe7629ea1, 0xcec53d43,
    0x9d8a7a87, 0x3b14f50f, 0x7629ea1e, 0xec53d43c, 0xd8a7a879, 0xb14f50f3, 0x629ea1e7, 0xc53d43ce,
    0x8a7a879d, 0x14f50f3b, 0x29ea1e76, 0x53d43cec, 0xa7a879d8, 0x4f50f3b1, 0x9ea1e762, 0x3d43cec5,
};

#if defined(__x86_64__)
static const struct hf_sm3_impl avx512 = { "avx512", hf_sm3_blocks_avx512, hf_sm3_wide_avx512, 16 };
static const struct hf_sm3_impl avx2 = { "avx2", hf_sm3_blocks_bmi2, hf_sm3_wide_avx2, 8 };
#elif defined(__aarch64__)
static const struct hf_sm3_impl arm64 = { "arm64", hf_sm3_blocks_arm64, NULL, 1 };
#endif
static const struct hf_sm3_impl generic = { "generic", hf_sm3_blocks_generic, NULL, 1 };

static const struct hf_sm3_impl *rows[4];
static size_t                    row_count;
static const struct hf_sm3_impl *chosen;
static pthread_once_t            once = PTHREAD_ONCE_INIT;

static void
fill(void)
{
    const struct hf_cpu *cpu = hf_cpu();

#if defined(__x86_64__)
    if (cpu->avx512 && cpu->bmi2)
        rows[row_count++] = &avx512;
    if (cpu->avx2 && cpu->bmi2)
        rows[row_count++] = &avx2;
#elif defined(__aarch64__)
    if (cpu->arm_sm3)
        rows[row_count++] = &arm64;
#endif
    (void)cpu;
    rows[row_count++] = &generic;
    chosen = rows[0];
}

const struct hf_sm3_impl *const *
hf_sm3_impls(size_t *n)
{
    pthread_once(&once, fill);
    *n = row_count;
    return rows;
}

bool
hf_sm3_use(const char *name)
{
    pthread_once(&once, fill);
    for (size_t i = 0; i < row_count; i++) {
        if (strcmp(rows[i]->name, name) == 0) {
            chosen = rows[i];
            return true;
        }
    }
    return false;
}

const struct hf_sm3_impl *
hf_sm3_impl(void)
{
    pthread_once(&once, fill);
    return chosen;
}
