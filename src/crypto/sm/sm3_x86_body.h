/*
 * sm3_x86_body.h - SM3 compression for x86-64 with BMI2 and AVX. Included by
 * the files that define TARGET, ROLV (rotate four words) and BLOCKS (the name).
 *
 * The rounds run on the scalar side, where the chain E, SS1, TT2, P0, E sets
 * the pace: 6 and then 7 cycles a round. The schedule makes four words a step on the
 * vector side in the shadow of that chain. The rounds are assembly because the
 * compiler sums the terms in an order that puts two more additions on the
 * chain; the order of the instructions was found by measuring permutations.
 */
#include <immintrin.h>

#define INLINE __attribute__((always_inline)) static inline

#define ROL32(x, n) ((uint32_t)((x) << ((n)&31)) | ((x) >> ((32 - (n)) & 31)))
#define T0(j)       ROL32(0x79cc4519U, (j))
#define T1(j)       ROL32(0x7a879d8aU, (j)&31)

#if defined(__clang__)
/* For clang, which finds no registers for the assembly when it does not optimise (fuzzing). */
#define C_ROUND(FF, GG, a, b, c, d, e, f, g, h, t, w, w1)          \
    do {                                                           \
        uint32_t r_ = ROL32(a, 12), s_ = ROL32(r_ + (t) + (e), 7); \
                                                                   \
        (d) += (w1) + (FF) + (s_ ^ r_);                            \
        (h) += (w) + (GG) + s_;                                    \
        (b) = ROL32(b, 9);                                         \
        (f) = ROL32(f, 19);                                        \
        (h) ^= ROL32(h, 9) ^ ROL32(h, 17);                         \
    } while (0)
#define MIX_ROUND(a, b, c, d, e, f, g, h, t, w, w1)                                                \
    C_ROUND(((b) & (c)) + ((a) & ((b) ^ (c))), ((e) & (f)) + (~(e) & (g)), a, b, c, d, e, f, g, h, \
            t, w, w1)
#define XOR_ROUND(a, b, c, d, e, f, g, h, t, w, w1) \
    C_ROUND((a) ^ (b) ^ (c), (e) ^ (f) ^ (g), a, b, c, d, e, f, g, h, t, w, w1)
#else
/*
 * One round; the caller renames registers instead of moving them. r is
 * rol(A,12) and then SS2, s is SS1. FF and GG are sums of disjoint bit sets:
 * (B & C) + (A & (B ^ C)) and (E & F) + (~E & G).
 */
#define MIX_ROUND(a, b, c, d, e, f, g, h, t, w, w1)                                         \
    do {                                                                                    \
        uint32_t r_, s_, x_, y_, m_, n_;                                                    \
                                                                                            \
        __asm__("rorx  $20, %[A], %[r]\n\t"                                                 \
                "addl  %[W], %[H]\n\t"                                                      \
                "movl  %[F], %[x]\n\t"                                                      \
                "movl  %[B], %[n]\n\t"                                                      \
                "leal  %c[T](%q[r],%q[E]), %[s]\n\t"                                        \
                "andl  %[E], %[x]\n\t"                                                      \
                "addl  %[x], %[H]\n\t"                                                      \
                "addl  %[W1], %[D]\n\t"                                                     \
                "rorx  $25, %[s], %[s]\n\t"                                                 \
                "andn  %[G], %[E], %[y]\n\t"                                                \
                "addl  %[y], %[H]\n\t"                                                      \
                "rorx  $13, %[F], %[F]\n\t"                                                 \
                "movl  %[B], %[m]\n\t"                                                      \
                "rorx  $23, %[B], %[B]\n\t"                                                 \
                "addl  %[s], %[H]\n\t"                                                      \
                "rorx  $23, %[H], %[x]\n\t"                                                 \
                "rorx  $15, %[H], %[y]\n\t"                                                 \
                "xorl  %[x], %[H]\n\t"                                                      \
                "xorl  %[y], %[H]\n\t"                                                      \
                "xorl  %[C], %[n]\n\t"                                                      \
                "andl  %[C], %[m]\n\t"                                                      \
                "addl  %[m], %[D]\n\t"                                                      \
                "andl  %[A], %[n]\n\t"                                                      \
                "xorl  %[s], %[r]\n\t"                                                      \
                "addl  %[n], %[D]\n\t"                                                      \
                "addl  %[r], %[D]\n\t"                                                      \
                : [B] "+r"(b), [D] "+r"(d), [F] "+r"(f), [H] "+r"(h), [r] "=&r"(r_),        \
                  [s] "=&r"(s_), [x] "=&r"(x_), [y] "=&r"(y_), [m] "=&r"(m_), [n] "=&r"(n_) \
                : [A] "r"(a), [C] "r"(c), [E] "r"(e), [G] "r"(g), [W] "m"(w), [W1] "m"(w1), \
                  [T] "i"((int32_t)(t))                                                     \
                : "cc");                                                                    \
    } while (0)

/* Rounds 0 to 15: FF and GG are the exclusive or of three words. */
#define XOR_ROUND(a, b, c, d, e, f, g, h, t, w, w1)                                         \
    do {                                                                                    \
        uint32_t r_, s_, x_, y_, n_;                                                        \
                                                                                            \
        __asm__("movl  %[B], %[n]\n\t"                                                      \
                "rorx  $20, %[A], %[r]\n\t"                                                 \
                "addl  %[W], %[H]\n\t"                                                      \
                "addl  %[W1], %[D]\n\t"                                                     \
                "leal  %c[T](%q[r],%q[E]), %[s]\n\t"                                        \
                "movl  %[F], %[x]\n\t"                                                      \
                "xorl  %[G], %[x]\n\t"                                                      \
                "rorx  $13, %[F], %[F]\n\t"                                                 \
                "xorl  %[E], %[x]\n\t"                                                      \
                "addl  %[x], %[H]\n\t"                                                      \
                "rorx  $25, %[s], %[s]\n\t"                                                 \
                "xorl  %[s], %[r]\n\t"                                                      \
                "rorx  $23, %[B], %[B]\n\t"                                                 \
                "addl  %[s], %[H]\n\t"                                                      \
                "rorx  $23, %[H], %[x]\n\t"                                                 \
                "rorx  $15, %[H], %[y]\n\t"                                                 \
                "xorl  %[x], %[H]\n\t"                                                      \
                "xorl  %[y], %[H]\n\t"                                                      \
                "xorl  %[C], %[n]\n\t"                                                      \
                "xorl  %[A], %[n]\n\t"                                                      \
                "addl  %[n], %[D]\n\t"                                                      \
                "addl  %[r], %[D]\n\t"                                                      \
                : [B] "+r"(b), [D] "+r"(d), [F] "+r"(f), [H] "+r"(h), [r] "=&r"(r_),        \
                  [s] "=&r"(s_), [x] "=&r"(x_), [y] "=&r"(y_), [n] "=&r"(n_)                \
                : [A] "r"(a), [C] "r"(c), [E] "r"(e), [G] "r"(g), [W] "m"(w), [W1] "m"(w1), \
                  [T] "i"((int32_t)(t))                                                     \
                : "cc");                                                                    \
    } while (0)
#endif

#define ROUNDS4(ROUND, T, j, w)                                    \
    do {                                                           \
        ROUND(a, b, c, d, e, f, g, h, T((j) + 0), (w)[0], (w)[4]); \
        ROUND(d, a, b, c, h, e, f, g, T((j) + 1), (w)[1], (w)[5]); \
        ROUND(c, d, a, b, g, h, e, f, T((j) + 2), (w)[2], (w)[6]); \
        ROUND(b, c, d, a, f, g, h, e, T((j) + 3), (w)[3], (w)[7]); \
    } while (0)

/*
 * W[j+16..j+19] from W[j..j+15]. The last of the four needs the first, which
 * is not there yet: P1 is linear, so its share is added afterwards.
 */
TARGET INLINE __m128i
expand(__m128i w0, __m128i w4, __m128i w8, __m128i w12)
{
    __m128i w3 = _mm_alignr_epi8(w4, w0, 12);
    __m128i w7 = _mm_alignr_epi8(w8, w4, 12);
    __m128i w10 = _mm_alignr_epi8(w12, w8, 8);
    __m128i x = _mm_xor_si128(_mm_xor_si128(w0, w7), ROLV(_mm_srli_si128(w12, 4), 15));
    __m128i y = _mm_xor_si128(ROLV(w3, 7), w10);
    __m128i t;

    x = _mm_xor_si128(x, _mm_xor_si128(ROLV(x, 15), ROLV(x, 23)));
    x = _mm_xor_si128(x, y);
    t = _mm_slli_si128(x, 12);
    return _mm_xor_si128(x, _mm_xor_si128(ROLV(t, 15), _mm_xor_si128(ROLV(t, 30), ROLV(t, 6))));
}

/* Lay out W and W' of four rounds for ROUNDS4. */
TARGET INLINE void
stage(uint32_t w[8], __m128i w0, __m128i w4)
{
    _mm_store_si128((__m128i *)(void *)w, w0);
    _mm_store_si128((__m128i *)(void *)(w + 4), _mm_xor_si128(w0, w4));
}

#define STEP(ROUND, T, j, A, B, C, D)           \
    do {                                        \
        stage(w[((j) / 4) & 3], A, B);          \
        A = expand(A, B, C, D);                 \
        ROUNDS4(ROUND, T, j, w[((j) / 4) & 3]); \
    } while (0)

#define STEPS16(ROUND, T, j)                      \
    do {                                          \
        STEP(ROUND, T, (j) + 0, x0, x1, x2, x3);  \
        STEP(ROUND, T, (j) + 4, x1, x2, x3, x0);  \
        STEP(ROUND, T, (j) + 8, x2, x3, x0, x1);  \
        STEP(ROUND, T, (j) + 12, x3, x0, x1, x2); \
    } while (0)

/* The sum with the words before comes from memory, so that the chain from block to block does not. */
TARGET void
BLOCKS(uint32_t v[8], const uint8_t *p, size_t n)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    uint32_t      a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];

    for (; n > 0; n--, p += HF_SM3_BLOCK) {
        const __m128i *in = (const __m128i *)(const void *)p;
        __m128i        x0 = _mm_shuffle_epi8(_mm_loadu_si128(in + 0), swap);
        __m128i        x1 = _mm_shuffle_epi8(_mm_loadu_si128(in + 1), swap);
        __m128i        x2 = _mm_shuffle_epi8(_mm_loadu_si128(in + 2), swap);
        __m128i        x3 = _mm_shuffle_epi8(_mm_loadu_si128(in + 3), swap);
        uint32_t       w[4][8] __attribute__((aligned(16)));

        STEPS16(XOR_ROUND, T0, 0);
        STEPS16(MIX_ROUND, T1, 16);
        STEPS16(MIX_ROUND, T1, 32);
        STEP(MIX_ROUND, T1, 48, x0, x1, x2, x3);
        stage(w[1], x1, x2);
        ROUNDS4(MIX_ROUND, T1, 52, w[1]);
        stage(w[2], x2, x3);
        ROUNDS4(MIX_ROUND, T1, 56, w[2]);
        stage(w[3], x3, x0);
        ROUNDS4(MIX_ROUND, T1, 60, w[3]);
        v[0] = a ^= v[0];
        v[1] = b ^= v[1];
        v[2] = c ^= v[2];
        v[3] = d ^= v[3];
        v[4] = e ^= v[4];
        v[5] = f ^= v[5];
        v[6] = g ^= v[6];
        v[7] = h ^= v[7];
    }
}
