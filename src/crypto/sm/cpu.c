#include "crypto/sm/cpu.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static struct hf_cpu  cpu;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const char *const tier_names[HF_CPU_TIERS] = {
    [HF_CPU_GENERIC] = "generic", [HF_CPU_BMI2] = "bmi2",     [HF_CPU_AVX2] = "avx2",
    [HF_CPU_GFNI] = "gfni",       [HF_CPU_AVX512] = "avx512",
};

#if defined(__x86_64__)

/* Which register state the system saves: bits of XCR0. */
#define XCR0_AVX    0x06u /* SSE and AVX */
#define XCR0_AVX512 0xe6u /* and opmask, upper ZMM, high ZMM */

static unsigned
xcr0(void)
{
    unsigned lo, hi;

    __asm__("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    return lo;
}

static void
detect_leaf7(struct hf_cpu *c, unsigned saved)
{
    unsigned a, b, cx, d;
    bool     ymm = (saved & XCR0_AVX) == XCR0_AVX;
    bool     zmm = (saved & XCR0_AVX512) == XCR0_AVX512;

    if (!__get_cpuid_count(7, 0, &a, &b, &cx, &d))
        return;
    c->bmi2 = (b >> 8) & 1;
    c->adx = (b >> 19) & 1;
    c->avx2 = ymm && ((b >> 5) & 1);
    c->gfni = (cx >> 8) & 1;
    c->vaes = ymm && ((cx >> 9) & 1);
    c->vpclmul = ymm && ((cx >> 10) & 1);
    c->avx512 = zmm && ((b >> 16) & 1) && ((b >> 17) & 1) && ((b >> 30) & 1) && ((b >> 31) & 1);
    c->ifma = c->avx512 && ((b >> 21) & 1);
    c->vbmi = c->avx512 && ((cx >> 1) & 1);
}

static void
detect(struct hf_cpu *c)
{
    unsigned a, b, cx, d, saved = 0;

    if (!__get_cpuid(1, &a, &b, &cx, &d))
        return;
    c->pclmul = (cx >> 1) & 1;
    c->ssse3 = (cx >> 9) & 1;
    c->aesni = (cx >> 25) & 1;
    if ((cx >> 27) & 1) /* OSXSAVE: XGETBV may be asked */
        saved = xcr0();
    c->avx = (saved & XCR0_AVX) == XCR0_AVX && ((cx >> 28) & 1);
    detect_leaf7(c, saved);
}

#elif defined(__aarch64__)

static void
detect(struct hf_cpu *c)
{
    unsigned long cap = getauxval(AT_HWCAP);

    c->arm_aes = (cap & HWCAP_AES) != 0;
    c->arm_pmull = (cap & HWCAP_PMULL) != 0;
    c->arm_sm3 = (cap & HWCAP_SM3) != 0;
    c->arm_sm4 = (cap & HWCAP_SM4) != 0;
}

#else

static void
detect(struct hf_cpu *c)
{
    (void)c;
}

#endif

/* Take away everything that belongs to a tier above the limit. */
static void
lower(struct hf_cpu *c, enum hf_cpu_tier limit)
{
    if (limit < HF_CPU_AVX512)
        c->avx512 = c->ifma = c->vbmi = false;
    if (limit < HF_CPU_GFNI)
        c->gfni = c->vaes = c->vpclmul = false;
    if (limit < HF_CPU_AVX2)
        c->ssse3 = c->aesni = c->pclmul = c->avx = c->avx2 = false;
    if (limit < HF_CPU_BMI2) {
        c->bmi2 = c->adx = false;
        c->arm_aes = c->arm_pmull = c->arm_sm3 = c->arm_sm4 = false;
    }
}

static enum hf_cpu_tier
highest(const struct hf_cpu *c)
{
    const bool has[HF_CPU_TIERS] = {
        [HF_CPU_GENERIC] = true,
        [HF_CPU_BMI2] = c->bmi2 && c->adx,
        [HF_CPU_AVX2] = c->ssse3 && c->aesni && c->pclmul && c->avx && c->avx2,
        [HF_CPU_GFNI] = c->gfni && c->vaes && c->vpclmul,
        [HF_CPU_AVX512] = c->avx512,
    };
    int t = HF_CPU_GENERIC;

    while (t + 1 < HF_CPU_TIERS && has[t + 1])
        t++;
    return (enum hf_cpu_tier)t;
}

static void
fill(void)
{
    const char *word = secure_getenv("HUFU_CPU");
    int         t;

    detect(&cpu);
    for (t = 0; word != NULL && t < HF_CPU_TIERS; t++)
        if (strcmp(word, tier_names[t]) == 0)
            lower(&cpu, (enum hf_cpu_tier)t);
    cpu.tier = highest(&cpu);
}

const struct hf_cpu *
hf_cpu(void)
{
    pthread_once(&once, fill);
    return &cpu;
}

enum hf_cpu_tier
hf_cpu_tier(void)
{
    return hf_cpu()->tier;
}

const char *
hf_cpu_tier_name(enum hf_cpu_tier tier)
{
    return tier_names[tier];
}
