/*
 * sm4_gfni_body.h - the round of sm4_round_body.h by GFNI (see sm4_gfni.h),
 * included between it and the vector operations: those, SETQ(u64) to all, and
 * the instructions AFFINE(v, matrix, constant) and INVERT(v, matrix, constant).
 */
#define SM4_SWAP LANE16(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203))

#define ENTER(v)   AFFINE(v, SETQ(SM4_INTO), 0)
#define LEAVE(v)   AFFINE(v, SETQ(SM4_BACK), 0)
#define COUNTED(v) ENTER(SHUF(v, SM4_SWAP))
#define MIX(u, x)  mix(u, x)

/* Words rotated to the left. */
#ifndef ROL8
#define ROL8(v) SHUF(v, LANE16(_mm_set_epi64x(0x0c0f0e0d080b0a09, 0x0407060500030201)))
#endif
#ifndef ROL16
#define ROL16(v) SHUF(v, LANE16(_mm_set_epi64x(0x0d0c0f0e09080b0a, 0x0504070601000302)))
#endif
#ifndef ROL24
#define ROL24(v) SHUF(v, LANE16(_mm_set_epi64x(0x0e0d0c0f0a09080b, 0x0605040702010003)))
#endif

/* u ^ L(S(x)) */
__attribute__((always_inline)) TARGET static inline V
mix(V u, V x)
{
    V t1 = INVERT(x, SETQ(SM4_N1), SM4_ADD), t3 = INVERT(x, SETQ(SM4_N3), 0);

    return XOR3(XOR3(u, t1, t3), XOR(ROL8(t1), ROL16(t1)), ROL24(t3));
}
