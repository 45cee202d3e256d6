/*
 * sm4_wide_body.h - SM4 on vectors of 1, 2 or 4 blocks, included by the files
 * that define the vector operations:
 *
 *   TARGET  function attribute       V    vector type       VB   blocks in a V
 *   LOADU(p) STOREU(p, v)            SET1(u32)              LANE16(m128) to all
 *   XOR(a, b) XOR3(a, b, c)          ADD(a, b) words        SHUF(v, mask) bytes
 *   LO32 HI32 LO64 HI64 (a, b)       unpack within 128 bits
 *   L1 the linear map, see below     SBOX(v) and SBOX_INIT
 *   INDEX   block numbers of the words of a V after transposition
 *   NAME(x) names of what is defined
 *
 * Four vectors hold a group of 4*VB blocks, word w of every block in vector w
 * (transposed within 128 bits, so neighbours in a vector are VB blocks apart). DEEP groups are in
 * flight to hide the S-box latency. Indices and branches depend on lengths only.
 */
#define INLINE __attribute__((always_inline)) static inline

#define GROUP (4 * VB) /* blocks */

/* Bytes of each word reversed; all 16 bytes reversed. */
TARGET INLINE V
NAME(swap_words)(V x)
{
    return SHUF(x, LANE16(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203)));
}

TARGET INLINE V
NAME(swap_all)(V x)
{
    return SHUF(x, LANE16(_mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f)));
}

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
NAME(load)(V x[4], const uint8_t *in)
{
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        x[i] = NAME(swap_words)(LOADU(in + 16 * VB * i));
    NAME(transpose)(x);
}

/* The words back to blocks, in the reverse order that the standard wants (7.1 b). */
TARGET INLINE void
NAME(unload)(V x[4])
{
    NAME(transpose)(x);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        x[i] = NAME(swap_all)(x[i]);
}

/*
 * Two rounds for each of n groups, with keys ka and kb (per group): the sum
 * c ^ d is shared between them.
 */
#define TWO_ROUNDS(A, B, C, D, ka, kb)                                                             \
    do {                                                                                           \
        V both_[DEEP];                                                                             \
                                                                                                   \
        UNROLL                                                                                     \
        for (int g = 0; g < n; g++) {                                                              \
            both_[g] = XOR(x[g][C], x[g][D]);                                                      \
            x[g][A] = LINEAR(x[g][A], SBOX(XOR3(x[g][B], both_[g], ka)));                          \
        }                                                                                          \
        UNROLL                                                                                     \
        for (int g = 0; g < n; g++)                                                                \
            x[g][B] = LINEAR(x[g][B], SBOX(XOR3(x[g][A], both_[g], kb)));                          \
    } while (0)
#define UNROLL _Pragma("GCC unroll 4")

/* 32 rounds on n groups; n is a constant where this is inlined. */
TARGET INLINE void
NAME(rounds)(V x[][4], const int n, const uint32_t *rk)
{
    SBOX_INIT;

    for (int r = 0; r < 32; r += 4) {
        TWO_ROUNDS(0, 1, 2, 3, SET1(rk[r]), SET1(rk[r + 1]));
        TWO_ROUNDS(2, 3, 0, 1, SET1(rk[r + 2]), SET1(rk[r + 3]));
    }
}

/* The same with a round key of its own for every block. */
TARGET INLINE void
NAME(rounds_keyed)(V x[][4], const int n, const uint32_t *rk)
{
    SBOX_INIT;

#define KEY(r) LOADU(rk + ((r)*n + g) * GROUP)
    for (int r = 0; r < 32; r += 4) {
        TWO_ROUNDS(0, 1, 2, 3, KEY(r), KEY(r + 1));
        TWO_ROUNDS(2, 3, 0, 1, KEY(r + 2), KEY(r + 3));
    }
#undef KEY
}

/* -- ECB -------------------------------------------------------------------- */

TARGET INLINE void
NAME(ecb_groups)(const uint32_t *rk, const uint8_t *in, uint8_t *out, const int n)
{
    V x[DEEP][4];

#pragma GCC unroll 4
    for (int g = 0; g < n; g++)
        NAME(load)(x[g], in + 16 * GROUP * g);
    NAME(rounds)(x, n, rk);
#pragma GCC unroll 4
    for (int g = 0; g < n; g++) {
        NAME(unload)(x[g]);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            STOREU(out + 16 * GROUP * g + 16 * VB * i, x[g][i]);
    }
}

TARGET void
NAME(ecb)(const uint32_t rk[32], const uint8_t *in, uint8_t *out, size_t n)
{
    uint8_t last[16 * GROUP];

    for (; n >= DEEP * GROUP; n -= DEEP * GROUP) {
        NAME(ecb_groups)(rk, in, out, DEEP);
        in += 16 * DEEP * GROUP;
        out += 16 * DEEP * GROUP;
    }
    for (; n >= GROUP; n -= GROUP) {
        NAME(ecb_groups)(rk, in, out, 1);
        in += 16 * GROUP;
        out += 16 * GROUP;
    }
    if (n == 0)
        return;
    memcpy(last, in, 16 * n);
    memset(last + 16 * n, 0, sizeof(last) - 16 * n);
    NAME(ecb_groups)(rk, last, last, 1);
    memcpy(out, last, 16 * n);
    OPENSSL_cleanse(last, sizeof(last));
}

/* -- CTR, the low 32 bits of the counter only ------------------------------- */

/* Key stream blocks ctr, ctr+1, ... of n groups, left in x as bytes to be xored. */
TARGET INLINE void
NAME(stream)(V x[][4], const uint32_t *rk, const uint32_t ctr[4], const int n)
{
    V index = ADD(SET1(ctr[3]), INDEX);

#pragma GCC unroll 4
    for (int g = 0; g < n; g++) {
        x[g][0] = SET1(ctr[0]);
        x[g][1] = SET1(ctr[1]);
        x[g][2] = SET1(ctr[2]);
        x[g][3] = ADD(index, SET1((uint32_t)(g * GROUP)));
    }
    NAME(rounds)(x, n, rk);
#pragma GCC unroll 4
    for (int g = 0; g < n; g++)
        NAME(unload)(x[g]);
}

TARGET INLINE void
NAME(ctr_groups)(const uint32_t *rk, const uint32_t ctr[4], const uint8_t *in, uint8_t *out,
                 const int n)
{
    V x[DEEP][4];

    NAME(stream)(x, rk, ctr, n);
#pragma GCC unroll 4
    for (int g = 0; g < n; g++)
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            size_t at = (size_t)(16 * GROUP * g + 16 * VB * i);

            STOREU(out + at, XOR(x[g][i], LOADU(in + at)));
        }
}

TARGET void
NAME(ctr)(const uint32_t rk[32], const uint8_t counter[16], const uint8_t *in, uint8_t *out,
          size_t n)
{
    uint8_t  last[16 * GROUP];
    uint32_t ctr[4];

#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        ctr[i] = hf_sm4_be32(counter + 4 * i);
    for (; n >= DEEP * GROUP; n -= DEEP * GROUP, ctr[3] += DEEP * GROUP) {
        NAME(ctr_groups)(rk, ctr, in, out, DEEP);
        in += 16 * DEEP * GROUP;
        out += 16 * DEEP * GROUP;
    }
    for (; n >= GROUP; n -= GROUP, ctr[3] += GROUP) {
        NAME(ctr_groups)(rk, ctr, in, out, 1);
        in += 16 * GROUP;
        out += 16 * GROUP;
    }
    if (n == 0)
        return;
    memcpy(last, in, 16 * n);
    memset(last + 16 * n, 0, sizeof(last) - 16 * n);
    NAME(ctr_groups)(rk, ctr, last, last, 1);
    memcpy(out, last, 16 * n);
    OPENSSL_cleanse(last, sizeof(last));
}

/* -- The first key stream blocks of several keys ----------------------------- */

/*
 * GROUP key stream blocks for each of DEEP keys, counting from their counters:
 * short records of many connections side by side.
 */
TARGET void
NAME(pads)(const uint32_t *const key[DEEP], const uint8_t (*counter)[16], uint8_t *pad)
{
    V x[DEEP][4];

    SBOX_INIT;
#pragma GCC unroll 4
    for (int g = 0; g < DEEP; g++) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            x[g][i] = SET1(hf_sm4_be32(counter[g] + 4 * i));
        x[g][3] = ADD(x[g][3], INDEX);
    }
    for (int r = 0; r < 32; r += 4) {
        const int n = DEEP;

        TWO_ROUNDS(0, 1, 2, 3, SET1(key[g][r]), SET1(key[g][r + 1]));
        TWO_ROUNDS(2, 3, 0, 1, SET1(key[g][r + 2]), SET1(key[g][r + 3]));
    }
#pragma GCC unroll 4
    for (int g = 0; g < DEEP; g++) {
        NAME(unload)(x[g]);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            STOREU(pad + 16 * GROUP * g + 16 * VB * i, x[g][i]);
    }
}

/* -- CBC decryption --------------------------------------------------------- */

/* iv becomes the last ciphertext block. Stores run backwards, for in == out. */
TARGET INLINE void
NAME(cbc_groups)(const uint32_t *rk, uint8_t iv[16], const uint8_t *in, uint8_t *out, const int n)
{
    V       x[DEEP][4];
    uint8_t first[16 * VB];

    memcpy(first, iv, 16);
    if (VB > 1)
        memcpy(first + 16, in, 16 * (VB - 1));
    memcpy(iv, in + 16 * (GROUP * n - 1), 16);
#pragma GCC unroll 4
    for (int g = 0; g < n; g++)
        NAME(load)(x[g], in + 16 * GROUP * g);
    NAME(rounds)(x, n, rk);
#pragma GCC unroll 4
    for (int g = n - 1; g >= 0; g--) {
        NAME(unload)(x[g]);
#pragma GCC unroll 4
        for (int i = 3; i >= 0; i--) {
            int at = 16 * GROUP * g + 16 * VB * i;
            V   before = at == 0 ? LOADU(first) : LOADU(in + at - 16);

            STOREU(out + at, XOR(x[g][i], before));
        }
    }
}

TARGET void
NAME(cbc_decrypt)(const uint32_t rk[32], uint8_t iv[16], const uint8_t *in, uint8_t *out, size_t n)
{
    uint8_t last[16 * GROUP], chain[16];

    for (; n >= DEEP * GROUP; n -= DEEP * GROUP) {
        NAME(cbc_groups)(rk, iv, in, out, DEEP);
        in += 16 * DEEP * GROUP;
        out += 16 * DEEP * GROUP;
    }
    for (; n >= GROUP; n -= GROUP) {
        NAME(cbc_groups)(rk, iv, in, out, 1);
        in += 16 * GROUP;
        out += 16 * GROUP;
    }
    if (n == 0)
        return;
    memcpy(chain, iv, 16);
    memcpy(iv, in + 16 * (n - 1), 16);
    memcpy(last, in, 16 * n);
    memset(last + 16 * n, 0, sizeof(last) - 16 * n);
    NAME(cbc_groups)(rk, chain, last, last, 1);
    memcpy(out, last, 16 * n);
    OPENSSL_cleanse(last, sizeof(last));
}

/* -- CBC encryption of many streams ----------------------------------------- */

/*
 * The blocks of all streams are gathered a cache line at a time: BURST blocks
 * of each stream into one row a step, so that streams that lie at the same
 * place modulo the cache's size do not push each other out.
 */
#define BURST 4
#define ROW (16 * GROUP * WIDE)

/* Where the block of a stream goes so that its words meet the stream's round keys. */
#define PLACE(s) ((s) / GROUP * GROUP + (s) % 4 * VB + (s) % GROUP / 4)

/*
 * The next block of n*GROUP streams, encrypted in place. x holds the
 * ciphertexts before, as words in reversed order (x[3] first).
 */
TARGET INLINE void
NAME(cbc_step)(V x[][4], const uint32_t *rk, uint8_t row[ROW], const int n)
{
    V p[4];

#pragma GCC unroll 4
    for (int g = 0; g < n; g++) {
        NAME(load)(p, row + 16 * GROUP * g);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            p[i] = XOR(p[i], x[g][3 - i]);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            x[g][i] = p[i];
    }
    NAME(rounds_keyed)(x, n, rk);
#pragma GCC unroll 4
    for (int g = 0; g < n; g++) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            p[i] = x[g][i];
        NAME(unload)(p);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            STOREU(row + 16 * GROUP * g + 16 * VB * i, p[i]);
    }
}

TARGET INLINE void
NAME(cbc_burst)(V x[][4], const uint32_t *rk, const uint8_t **in, uint8_t **out, size_t steps,
                const int n)
{
    uint8_t row[BURST][ROW] __attribute__((aligned(64)));

    for (int s = 0; s < n * GROUP; s++) {
        for (size_t b = 0; b < steps; b++)
            memcpy(row[b] + 16 * PLACE(s), in[s] + 16 * b, 16);
        in[s] += 16 * steps;
    }
    for (size_t b = 0; b < steps; b++)
        NAME(cbc_step)(x, rk, row[b], n);
    for (int s = 0; s < n * GROUP; s++) {
        for (size_t b = 0; b < steps; b++)
            memcpy(out[s] + 16 * b, row[b] + 16 * PLACE(s), 16);
        out[s] += 16 * steps;
    }
}

TARGET INLINE void
NAME(cbc_streams)(const uint32_t *rk, uint8_t *iv, const uint8_t **in, uint8_t **out, size_t blocks,
                  const int n)
{
    uint8_t chain[ROW];
    V       x[WIDE][4], t[4];

    for (int s = 0; s < n * GROUP; s++)
        memcpy(chain + 16 * PLACE(s), iv + 16 * s, 16);
#pragma GCC unroll 4
    for (int g = 0; g < n; g++) {
        NAME(load)(t, chain + 16 * GROUP * g);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            x[g][i] = t[3 - i];
    }
    for (; blocks >= BURST; blocks -= BURST)
        NAME(cbc_burst)(x, rk, in, out, BURST, n);
    if (blocks > 0)
        NAME(cbc_burst)(x, rk, in, out, blocks, n);
#pragma GCC unroll 4
    for (int g = 0; g < n; g++) {
        NAME(unload)(x[g]);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            STOREU(chain + 16 * GROUP * g + 16 * VB * i, x[g][i]);
    }
    for (int s = 0; s < n * GROUP; s++)
        memcpy(iv + 16 * s, chain + 16 * PLACE(s), 16);
}

TARGET void
NAME(cbc_narrow)(const uint32_t *rk, uint8_t *iv, const uint8_t **in, uint8_t **out, size_t blocks)
{
    NAME(cbc_streams)(rk, iv, in, out, blocks, 1);
}

TARGET void
NAME(cbc_wide)(const uint32_t *rk, uint8_t *iv, const uint8_t **in, uint8_t **out, size_t blocks)
{
    NAME(cbc_streams)(rk, iv, in, out, blocks, WIDE);
}
