#include "crypto/sm/sm4_impl.h"

#include <pthread.h>
#include <string.h>

#include "crypto/sm/cpu.h"

#define ROW(name)                                           \
    .ecb = hf_sm4_##name##_ecb, .ctr = hf_sm4_##name##_ctr, \
    .cbc_decrypt = hf_sm4_##name##_cbc_decrypt

#if defined(__x86_64__)
static const struct hf_sm4_impl avx512 = { "avx512",
                                           ROW(avx512),
                                           .tau = hf_sm4_gfni_tau,
                                           .keys = hf_sm4_gfni_keys,
                                           .chain = hf_sm4_avx512vl_chain,
                                           .streams = { { hf_sm4_avx512vl_cbc_narrow, 8 },
                                                        { hf_sm4_avx512_cbc_narrow, 16 },
                                                        { hf_sm4_avx512_cbc_wide, 32 } },
                                           .pads = hf_sm4_avx512_pads,
                                           .pad_blocks = 16,
                                           .ghash = &hf_ghash_vpclmul };
static const struct hf_sm4_impl gfni = { "gfni",
                                         ROW(gfni),
                                         .tau = hf_sm4_gfni_tau,
                                         .keys = hf_sm4_gfni_keys,
                                         .chain = hf_sm4_gfni_chain,
                                         .streams = { { hf_sm4_gfni_cbc_narrow, 8 },
                                                      { hf_sm4_gfni_cbc_wide, 16 } },
                                         .pads = hf_sm4_gfni_pads,
                                         .pad_blocks = 8,
                                         .ghash = &hf_ghash_pclmul };
static const struct hf_sm4_impl aesni = { "aesni",
                                          ROW(aesni),
                                          .tau = hf_sm4_aesni_tau,
                                          .chain = hf_sm4_aesni_chain,
                                          .streams = { { hf_sm4_aesni_cbc_narrow, 8 },
                                                       { hf_sm4_aesni_cbc_wide, 16 } },
                                          .pads = hf_sm4_aesni_pads,
                                          .pad_blocks = 8,
                                          .ghash = &hf_ghash_pclmul };
#elif defined(__aarch64__)
static const struct hf_sm4_impl arm64 = { "arm64", ROW(arm64), .tau = hf_sm4_generic_tau,
                                          .chain = hf_sm4_arm64_chain, .ghash = &hf_ghash_arm64 };
static const struct hf_sm4_impl pmull = { "pmull", ROW(generic), .tau = hf_sm4_generic_tau,
                                          .chain = hf_sm4_generic_chain, .ghash = &hf_ghash_arm64 };
#endif
static const struct hf_sm4_impl generic = { "generic", ROW(generic), .tau = hf_sm4_generic_tau,
                                            .chain = hf_sm4_generic_chain,
                                            .ghash = &hf_ghash_generic };

static const struct hf_sm4_impl *rows[4];
static size_t                    row_count;
static const struct hf_sm4_impl *chosen;
static pthread_once_t            once = PTHREAD_ONCE_INIT;

static void
fill(void)
{
    const struct hf_cpu *cpu = hf_cpu();

#if defined(__x86_64__)
    if (cpu->avx512 && cpu->gfni && cpu->vpclmul && cpu->pclmul)
        rows[row_count++] = &avx512;
    if (cpu->avx2 && cpu->gfni && cpu->pclmul)
        rows[row_count++] = &gfni;
    if (cpu->avx2 && cpu->aesni && cpu->pclmul)
        rows[row_count++] = &aesni;
#elif defined(__aarch64__)
    if (cpu->arm_sm4 && cpu->arm_pmull)
        rows[row_count++] = &arm64;
    if (cpu->arm_pmull)
        rows[row_count++] = &pmull;
#endif
    (void)cpu;
    rows[row_count++] = &generic;
    chosen = rows[0];
}

const struct hf_sm4_impl *const *
hf_sm4_impls(size_t *n)
{
    pthread_once(&once, fill);
    *n = row_count;
    return rows;
}

bool
hf_sm4_use(const char *name)
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

const struct hf_sm4_impl *
hf_sm4_impl(void)
{
    pthread_once(&once, fill);
    return chosen;
}
