/*
 * cpu.h - which of the processor's instructions the SM kernels may use.
 *
 * Asked once a process and then constant: CPUID and XGETBV on x86-64, HWCAP
 * on ARM64. The environment variable HUFU_CPU lowers the answer, never
 * raises it, so that a test or an operator can run every kernel on one
 * machine:
 *
 *     HUFU_CPU=generic | bmi2 | avx2 | gfni | avx512
 *
 * Each word names the highest tier whose instructions may be used; another
 * word is ignored. The variable is read at the first call, and not at all in
 * a program that gained privileges (secure_getenv).
 */
#ifndef HF_CRYPTO_SM_CPU_H
#define HF_CRYPTO_SM_CPU_H

#include <stdbool.h>

/* Ordered: a higher tier has everything of the lower ones. */
enum hf_cpu_tier {
    HF_CPU_GENERIC, /* portable C (on ARM64 plus what the flags say) */
    HF_CPU_BMI2,    /* MULX, ADCX, ADOX */
    HF_CPU_AVX2,    /* and AES-NI, PCLMULQDQ, SSSE3, AVX, AVX2 */
    HF_CPU_GFNI,    /* and GFNI, VAES, VPCLMULQDQ at 128 and 256 bits */
    HF_CPU_AVX512,  /* and AVX-512 F, BW, DQ, VL */
    HF_CPU_TIERS
};

/*
 * What is there and permitted. tier is the highest one that is complete;
 * single flags may be true above it (GFNI without VAES, say). ifma and vbmi
 * belong to the AVX-512 tier but are asked for one by one.
 */
struct hf_cpu {
    enum hf_cpu_tier tier;
    bool             bmi2, adx;
    bool             ssse3, aesni, pclmul, avx, avx2;
    bool             gfni, vaes, vpclmul;
    bool             avx512, ifma, vbmi;
    bool             arm_aes, arm_pmull, arm_sm3, arm_sm4; /* ARM64 only */
};

/* Never NULL; the same object for the life of the process. Thread-safe. */
const struct hf_cpu *hf_cpu(void);

enum hf_cpu_tier hf_cpu_tier(void); /* hf_cpu()->tier */
const char      *hf_cpu_tier_name(enum hf_cpu_tier tier);

#endif
