/*
 * sm2_fe_adx.h - the field of SM2 with MULX, ADCX and ADOX, to be inlined.
 *
 * Same numbers as sm2_fe_c.h, whose head explains the reduction. What bounds
 * these on present cores is the two ports that take carries, so the code is
 * counted in carry operations: about 33 for the product, 14 for each half of
 * the reduction, 9 for the last subtraction. Two chains of carries run side
 * by side (CF by ADCX, OF by ADOX) while a row is added.
 *
 * Operands are read from memory, results come back in registers.
 */
#ifndef HF_CRYPTO_SM_SM2_FE_ADX_H
#define HF_CRYPTO_SM_SM2_FE_ADX_H

#include "crypto/sm/sm2_int.h"

/* clang-format off */

static const uint64_t fe_p1 = UINT64_C(0xffffffff00000000);
static const uint64_t fe_p3 = UINT64_C(0xfffffffeffffffff);

/* The two middle quotient words' shifts, in x (q0 << 32), q (q1), a and c; w2..w5 += ... */
#define SM2_QUOTIENT(t0, t1, x, q, a, c)                                        \
    "mov " t0 ", " x "\n\t"                                                     \
    "shl $32, " x "\n\t"                                                        \
    "lea (" t0 "," t1 "), " q "\n\t"                                            \
    "sub " x ", " q "\n\t"                                                      \
    "mov " q ", " a "\n\t"                                                      \
    "mov " q ", " c "\n\t"                                                      \
    "shld $32, " t0 ", " a "\n\t"                                               \
    "shr $32, " c "\n\t"

/* r = t mod p, for t = top:t3:t2:t1:t0 below 2p; d are four scratch registers. */
#define SM2_FOLD(t0, t1, t2, t3, top, d0, d1, d2, d3)                           \
    "mov " t0 ", " d0 "\n\t"                                                    \
    "mov " t1 ", " d1 "\n\t"                                                    \
    "mov " t2 ", " d2 "\n\t"                                                    \
    "mov " t3 ", " d3 "\n\t"                                                    \
    "sub $-1, " t0 "\n\t"                                                       \
    "sbb %[p1], " t1 "\n\t"                                                     \
    "sbb $-1, " t2 "\n\t"                                                       \
    "sbb %[p3], " t3 "\n\t"                                                     \
    "sbb $0, " top "\n\t"                                                       \
    "cmovc " d0 ", " t0 "\n\t"                                                  \
    "cmovc " d1 ", " t1 "\n\t"                                                  \
    "cmovc " d2 ", " t2 "\n\t"                                                  \
    "cmovc " d3 ", " t3 "\n\t"

/* w0..w3 of a row times rdx, added by two carry chains; w4 is new and takes the top. */
#define SM2_ROW(w0, w1, w2, w3, w4)                                             \
    "xor %k[z], %k[z]\n\t"                                                      \
    "mulx 0(%[a]), %[lo], %[hi]\n\t"                                            \
    "adcx %[lo], " w0 "\n\t"                                                    \
    "adox %[hi], " w1 "\n\t"                                                    \
    "mulx 8(%[a]), %[lo], %[hi]\n\t"                                            \
    "adcx %[lo], " w1 "\n\t"                                                    \
    "adox %[hi], " w2 "\n\t"                                                    \
    "mulx 16(%[a]), %[lo], %[hi]\n\t"                                           \
    "adcx %[lo], " w2 "\n\t"                                                    \
    "adox %[hi], " w3 "\n\t"                                                    \
    "mulx 24(%[a]), %[lo], %[hi]\n\t"                                           \
    "adcx %[lo], " w3 "\n\t"                                                    \
    "adox %[hi], " w4 "\n\t"                                                    \
    "adcx %[z], " w4 "\n\t"

static inline void
fe_mul(struct sm2_fe *r, const struct sm2_fe *a, const struct sm2_fe *b)
{
    uint64_t t0, t1, t2, t3, t4, t5, lo, hi, z;

    __asm__(
        "mov 0(%[b]), %%rdx\n\t"
        "mulx 0(%[a]), %[t0], %[t1]\n\t"
        "mulx 8(%[a]), %[lo], %[t2]\n\t"
        "add %[lo], %[t1]\n\t"
        "mulx 16(%[a]), %[lo], %[t3]\n\t"
        "adc %[lo], %[t2]\n\t"
        "mulx 24(%[a]), %[lo], %[t4]\n\t"
        "adc %[lo], %[t3]\n\t"
        "adc $0, %[t4]\n\t"
        "mov 8(%[b]), %%rdx\n\t"
        "mov $0, %k[t5]\n\t"
        SM2_ROW("%[t1]", "%[t2]", "%[t3]", "%[t4]", "%[t5]")

        SM2_QUOTIENT("%[t0]", "%[t1]", "%[lo]", "%[hi]", "%[z]", "%%rdx")
        "add %[t0], %[t1]\n\t"
        "adc %[hi], %[t2]\n\t"
        "adc $0, %[t3]\n\t"
        "adc %[t0], %[t4]\n\t"
        "mov $0, %k[t0]\n\t"
        "adc %[hi], %[t5]\n\t"
        "adc $0, %[t0]\n\t"
        "sub %[lo], %[t1]\n\t"
        "lea (%[lo],%%rdx), %[lo]\n\t"
        "sbb %[z], %[t2]\n\t"
        "sbb %[lo], %[t3]\n\t"
        "sbb %[z], %[t4]\n\t"
        "sbb %%rdx, %[t5]\n\t"
        "sbb $0, %[t0]\n\t"

        "mov 16(%[b]), %%rdx\n\t"
        SM2_ROW("%[t2]", "%[t3]", "%[t4]", "%[t5]", "%[t0]")
        "mov 24(%[b]), %%rdx\n\t"
        "mov $0, %k[t1]\n\t"
        SM2_ROW("%[t3]", "%[t4]", "%[t5]", "%[t0]", "%[t1]")

        SM2_QUOTIENT("%[t2]", "%[t3]", "%[lo]", "%[hi]", "%[z]", "%%rdx")
        "add %[t2], %[t3]\n\t"
        "adc %[hi], %[t4]\n\t"
        "adc $0, %[t5]\n\t"
        "adc %[t2], %[t0]\n\t"
        "mov $0, %k[t2]\n\t"
        "adc %[hi], %[t1]\n\t"
        "adc $0, %[t2]\n\t"
        "sub %[lo], %[t3]\n\t"
        "lea (%[lo],%%rdx), %[lo]\n\t"
        "sbb %[z], %[t4]\n\t"
        "sbb %[lo], %[t5]\n\t"
        "sbb %[z], %[t0]\n\t"
        "sbb %%rdx, %[t1]\n\t"
        "sbb $0, %[t2]\n\t"
        SM2_FOLD("%[t4]", "%[t5]", "%[t0]", "%[t1]", "%[t2]", "%[lo]", "%[hi]", "%[z]", "%%rdx")
        : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4),
          [t5] "=&r"(t5), [lo] "=&r"(lo), [hi] "=&r"(hi), [z] "=&r"(z)
        : [a] "r"(a), [b] "r"(b), [p1] "m"(fe_p1), [p3] "m"(fe_p3), "m"(*a), "m"(*b)
        : "rdx", "cc");
    r->v[0] = t4;
    r->v[1] = t5;
    r->v[2] = t0;
    r->v[3] = t1;
}

static inline void
fe_sqr(struct sm2_fe *r, const struct sm2_fe *a)
{
    uint64_t t0, t1, t2, t3, t4, t5, t6, t7, lo, hi, z;

    __asm__(
        /* products of different words, once */
        "mov 0(%[a]), %%rdx\n\t"
        "mulx 8(%[a]), %[t1], %[t2]\n\t"
        "mulx 16(%[a]), %[lo], %[t3]\n\t"
        "add %[lo], %[t2]\n\t"
        "mulx 24(%[a]), %[lo], %[t4]\n\t"
        "mov 8(%[a]), %%rdx\n\t"
        "adc %[lo], %[t3]\n\t"
        "adc $0, %[t4]\n\t"
        "xor %k[z], %k[z]\n\t"
        "mulx 16(%[a]), %[lo], %[hi]\n\t"
        "adcx %[lo], %[t3]\n\t"
        "adox %[hi], %[t4]\n\t"
        "mulx 24(%[a]), %[lo], %[t5]\n\t"
        "mov 16(%[a]), %%rdx\n\t"
        "adcx %[lo], %[t4]\n\t"
        "adox %[z], %[t5]\n\t"
        "mulx 24(%[a]), %[lo], %[t6]\n\t"
        "adcx %[lo], %[t5]\n\t"
        "adcx %[z], %[t6]\n\t"
        /* twice those: shifts by two registers use neither of the ports that carries need */
        "mov %[t6], %[t7]\n\t"
        "shr $63, %[t7]\n\t"
        "shld $1, %[t5], %[t6]\n\t"
        "shld $1, %[t4], %[t5]\n\t"
        "shld $1, %[t3], %[t4]\n\t"
        "shld $1, %[t2], %[t3]\n\t"
        "shld $1, %[t1], %[t2]\n\t"
        "add %[t1], %[t1]\n\t"
        /* plus the squares */
        "mov 0(%[a]), %%rdx\n\t"
        "mulx %%rdx, %[t0], %[hi]\n\t"
        "add %[hi], %[t1]\n\t"
        "mov 8(%[a]), %%rdx\n\t"
        "mulx %%rdx, %[lo], %[hi]\n\t"
        "adc %[lo], %[t2]\n\t"
        "adc %[hi], %[t3]\n\t"
        "mov 16(%[a]), %%rdx\n\t"
        "mulx %%rdx, %[lo], %[hi]\n\t"
        "adc %[lo], %[t4]\n\t"
        "adc %[hi], %[t5]\n\t"
        "mov 24(%[a]), %%rdx\n\t"
        "mulx %%rdx, %[lo], %[hi]\n\t"
        "adc %[lo], %[t6]\n\t"
        "adc %[hi], %[t7]\n\t"

        SM2_QUOTIENT("%[t0]", "%[t1]", "%[lo]", "%[hi]", "%[z]", "%%rdx")
        "add %[t0], %[t1]\n\t"
        "adc %[hi], %[t2]\n\t"
        "adc $0, %[t3]\n\t"
        "adc %[t0], %[t4]\n\t"
        "adc %[hi], %[t5]\n\t"
        "adc $0, %[t6]\n\t"
        "adc $0, %[t7]\n\t"
        "sub %[lo], %[t1]\n\t"
        "lea (%[lo],%%rdx), %[lo]\n\t"
        "sbb %[z], %[t2]\n\t"
        "sbb %[lo], %[t3]\n\t"
        "sbb %[z], %[t4]\n\t"
        "sbb %%rdx, %[t5]\n\t"
        "sbb $0, %[t6]\n\t"
        "sbb $0, %[t7]\n\t"

        SM2_QUOTIENT("%[t2]", "%[t3]", "%[lo]", "%[hi]", "%[z]", "%%rdx")
        "add %[t2], %[t3]\n\t"
        "adc %[hi], %[t4]\n\t"
        "adc $0, %[t5]\n\t"
        "adc %[t2], %[t6]\n\t"
        "mov $0, %k[t2]\n\t"
        "adc %[hi], %[t7]\n\t"
        "adc $0, %[t2]\n\t"
        "sub %[lo], %[t3]\n\t"
        "lea (%[lo],%%rdx), %[lo]\n\t"
        "sbb %[z], %[t4]\n\t"
        "sbb %[lo], %[t5]\n\t"
        "sbb %[z], %[t6]\n\t"
        "sbb %%rdx, %[t7]\n\t"
        "sbb $0, %[t2]\n\t"
        SM2_FOLD("%[t4]", "%[t5]", "%[t6]", "%[t7]", "%[t2]", "%[lo]", "%[hi]", "%[z]", "%%rdx")
        : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4),
          [t5] "=&r"(t5), [t6] "=&r"(t6), [t7] "=&r"(t7), [lo] "=&r"(lo), [hi] "=&r"(hi),
          [z] "=&r"(z)
        : [a] "r"(a), [p1] "m"(fe_p1), [p3] "m"(fe_p3), "m"(*a)
        : "rdx", "cc");
    r->v[0] = t4;
    r->v[1] = t5;
    r->v[2] = t6;
    r->v[3] = t7;
}

/* a - p + b in one chain each; where that is negative, p again. */
static inline void
fe_add(struct sm2_fe *r, const struct sm2_fe *a, const struct sm2_fe *b)
{
    uint64_t t0 = a->v[0], t1 = a->v[1], t2 = a->v[2], t3 = a->v[3], d0, d1, d2, d3, top;

    __asm__(
        "xor %k[top], %k[top]\n\t"
        "add 0(%[b]), %[t0]\n\t"
        "adc 8(%[b]), %[t1]\n\t"
        "adc 16(%[b]), %[t2]\n\t"
        "adc 24(%[b]), %[t3]\n\t"
        "adc $0, %[top]\n\t"
        SM2_FOLD("%[t0]", "%[t1]", "%[t2]", "%[t3]", "%[top]", "%[d0]", "%[d1]", "%[d2]", "%[d3]")
        : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [d0] "=&r"(d0),
          [d1] "=&r"(d1), [d2] "=&r"(d2), [d3] "=&r"(d3), [top] "=&r"(top)
        : [b] "r"(b), [p1] "m"(fe_p1), [p3] "m"(fe_p3), "m"(*b)
        : "cc");
    r->v[0] = t0;
    r->v[1] = t1;
    r->v[2] = t2;
    r->v[3] = t3;
}

/*
 * a - b, and where that borrows, plus p: which is less 2^256 - p, the words
 * (1, 2^32 - 1, 0, 2^32).
 */
static inline void
fe_sub(struct sm2_fe *r, const struct sm2_fe *a, const struct sm2_fe *b)
{
    uint64_t t0 = a->v[0], t1 = a->v[1], t2 = a->v[2], t3 = a->v[3], one, low, high;

    __asm__(
        "xor %k[one], %k[one]\n\t"
        "sub 0(%[b]), %[t0]\n\t"
        "sbb 8(%[b]), %[t1]\n\t"
        "sbb 16(%[b]), %[t2]\n\t"
        "sbb 24(%[b]), %[t3]\n\t"
        "adc $0, %[one]\n\t"
        "mov %k[one], %k[low]\n\t"
        "neg %k[low]\n\t"
        "lea (%[one],%[low]), %[high]\n\t"
        "sub %[one], %[t0]\n\t"
        "sbb %[low], %[t1]\n\t"
        "sbb $0, %[t2]\n\t"
        "sbb %[high], %[t3]\n\t"
        : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [one] "=&r"(one),
          [low] "=&r"(low), [high] "=&r"(high)
        : [b] "r"(b), "m"(*b)
        : "cc");
    r->v[0] = t0;
    r->v[1] = t1;
    r->v[2] = t2;
    r->v[3] = t3;
}

/* a/2: an odd a becomes even by adding p. */
static inline void
fe_half(struct sm2_fe *r, const struct sm2_fe *a)
{
    uint64_t t0 = a->v[0], t1 = a->v[1], t2 = a->v[2], t3 = a->v[3], m1, m3, m, top;

    __asm__(
        "mov %[t0], %[m]\n\t"
        "and $1, %[m]\n\t"
        "neg %[m]\n\t"
        "mov %[p1], %[m1]\n\t"
        "mov %[p3], %[m3]\n\t"
        "and %[m], %[m1]\n\t"
        "and %[m], %[m3]\n\t"
        "xor %k[top], %k[top]\n\t"
        "add %[m], %[t0]\n\t"
        "adc %[m1], %[t1]\n\t"
        "adc %[m], %[t2]\n\t"
        "adc %[m3], %[t3]\n\t"
        "adc $0, %[top]\n\t"
        "shrd $1, %[t1], %[t0]\n\t"
        "shrd $1, %[t2], %[t1]\n\t"
        "shrd $1, %[t3], %[t2]\n\t"
        "shrd $1, %[top], %[t3]\n\t"
        : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [m] "=&r"(m),
          [m1] "=&r"(m1), [m3] "=&r"(m3), [top] "=&r"(top)
        : [p1] "m"(fe_p1), [p3] "m"(fe_p3)
        : "cc");
    r->v[0] = t0;
    r->v[1] = t1;
    r->v[2] = t2;
    r->v[3] = t3;
}

/* clang-format on */

#endif
