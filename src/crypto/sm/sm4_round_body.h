/*
 * sm4_round_body.h - the rounds of SM4 on vectors of 2 or 4 blocks, included by
 * the files that define the vector operations and the round:
 *
 *   TARGET  function attribute       V    vector type       VB   blocks in a V
 *   LOADU(p) STOREU(p, v)            SET1(u32)              FIRST(v) its first word
 *   XOR(a, b) XOR3(a, b, c)          ADD(a, b) words        SHUF(v, mask) bytes
 *   LO32 HI32 LO64 HI64 (a, b)       unpack within 128 bits LANE16(m128) to all
 *   INDEX   block numbers of the words of a V after transposition
 *   ENTER(v) words as they lie in memory to the form that the rounds work on
 *   LEAVE(v) and back                COUNTED(v) numbers to that form
 *   MIX(u, x) u ^ L(S(x)) in that form
 *   DEEP    groups side by side      NAME(x) names of what is defined
 *
 * Four vectors hold a group of 4*VB blocks, word w of every block in vector w
 * (transposed within 128 bits, so neighbours in a vector are VB blocks apart).
 * Round keys are in the form of the rounds. Indices and branches depend on
 * lengths only.
 */
#define INLINE __attribute__((always_inline)) static inline
#define UNROLL _Pragma("GCC unroll 4")

#define GROUP (4 * VB) /* blocks */

TARGET INLINE void
NAME(transpose)(V x[4])
{
    V a = LO32(x[0], x[1]), b = HI32(x[0], x[1]);
    V c = LO32(x[2], x[3]), d = HI32(x[2], x[3]);

    x[0] = LO64(a, c);
    x[1] = HI64(a, c);
    x[2] = LO64(b, d);
    x[3] = HI64(b, d);
}

TARGET INLINE void
NAME(enter)(V x[4])
{
    NAME(transpose)(x);
    UNROLL
    for (int i = 0; i < 4; i++)
        x[i] = ENTER(x[i]);
}

TARGET INLINE void
NAME(load)(V x[4], const uint8_t *in)
{
    UNROLL
    for (int i = 0; i < 4; i++)
        x[i] = LOADU(in + 16 * VB * i);
    NAME(enter)(x);
}

/* The words back to blocks, in the reverse order that the standard wants (7.1 b). */
TARGET INLINE void
NAME(unload)(V x[4])
{
    V t[4];

    UNROLL
    for (int i = 0; i < 4; i++)
        t[i] = LEAVE(x[3 - i]);
    NAME(transpose)(t);
    UNROLL
    for (int i = 0; i < 4; i++)
        x[i] = t[i];
}

/* Round key r of group g: one for all (every == 1), or one for each block. */
#define KEY(r, g) (every == 1 ? SET1(rk[r]) : LOADU(rk + (r)*every + (g)*GROUP))

/*
 * Several groups, bound by the number of instructions: two rounds, which share
 * the sum c ^ d.
 */
#define TWO_ROUNDS(A, B, C, D, key_a, key_b)                        \
    do {                                                            \
        V both_[DEEP];                                              \
                                                                    \
        UNROLL                                                      \
        for (int g = 0; g < n; g++) {                               \
            both_[g] = XOR(x[g][C], x[g][D]);                       \
            x[g][A] = MIX(x[g][A], XOR3(x[g][B], both_[g], key_a)); \
        }                                                           \
        UNROLL                                                      \
        for (int g = 0; g < n; g++)                                 \
            x[g][B] = MIX(x[g][B], XOR3(x[g][A], both_[g], key_b)); \
    } while (0)

/*
 * One group, bound by latency: what enters the next S-box comes out of MIX
 * itself, and the new word is derived from it beside the next round. The sum
 * of the last round is of no use, and its key cancels out.
 */
#define ONE_ROUND(A, C, D, r)                                          \
    do {                                                               \
        UNROLL                                                         \
        for (int g = 0; g < n; g++) {                                  \
            V known_ = XOR3(x[g][C], x[g][D], KEY(((r) + 1) % 32, g)); \
                                                                       \
            sum[g] = MIX(XOR(x[g][A], known_), sum[g]);                \
            x[g][A] = XOR(sum[g], known_);                             \
        }                                                              \
    } while (0)

/* 32 rounds on n groups; n and every are constants where this is inlined. */
TARGET INLINE void
NAME(rounds)(V x[][4], const int n, const uint32_t *rk, const unsigned every)
{
    if (n <= 2) {
        V sum[2];

        UNROLL
        for (int g = 0; g < n; g++)
            sum[g] = XOR(XOR3(x[g][1], x[g][2], x[g][3]), KEY(0, g));
        for (unsigned r = 0; r < 32; r += 4) {
            ONE_ROUND(0, 2, 3, r);
            ONE_ROUND(1, 3, 0, r + 1);
            ONE_ROUND(2, 0, 1, r + 2);
            ONE_ROUND(3, 1, 2, r + 3);
        }
        return;
    }
    for (unsigned r = 0; r < 32; r += 4) {
        TWO_ROUNDS(0, 1, 2, 3, KEY(r, g), KEY(r + 1, g));
        TWO_ROUNDS(2, 3, 0, 1, KEY(r + 2, g), KEY(r + 3, g));
    }
}

/*
 * CBC: p ^ the block before, which x holds as it leaves the rounds: in the
 * reverse order (7.1 b). Between blocks the chain thus stays in the form of
 * the rounds, and entering and leaving it are beside the chain.
 */
TARGET INLINE void
NAME(chain_on)(V x[4], const V p[4])
{
    V t[4];

    UNROLL
    for (int i = 0; i < 4; i++)
        t[i] = XOR(p[i], x[3 - i]);
    UNROLL
    for (int i = 0; i < 4; i++)
        x[i] = t[i];
}
