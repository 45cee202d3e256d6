/*
 * sm4_wide_body.h - the modes whose blocks do not wait for each other: ECB,
 * CTR, CBC decryption, and key streams of several keys. Included after
 * sm4_round_body.h. DEEP groups are in flight.
 */

/* -- ECB -------------------------------------------------------------------- */

TARGET INLINE void
NAME(ecb_groups)(const uint32_t *rk, const uint8_t *in, uint8_t *out, const int n)
{
    V x[DEEP][4];

    UNROLL
    for (int g = 0; g < n; g++)
        NAME(load)(x[g], in + 16 * GROUP * g);
    NAME(rounds)(x, n, rk, 1);
    UNROLL
    for (int g = 0; g < n; g++) {
        NAME(unload)(x[g]);
        UNROLL
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
    V index = ADD(SET1(ctr[3]), INDEX), same[3];

    UNROLL
    for (int i = 0; i < 3; i++)
        same[i] = COUNTED(SET1(ctr[i]));
    UNROLL
    for (int g = 0; g < n; g++) {
        UNROLL
        for (int i = 0; i < 3; i++)
            x[g][i] = same[i];
        x[g][3] = COUNTED(ADD(index, SET1((uint32_t)(g * GROUP))));
    }
    NAME(rounds)(x, n, rk, 1);
    UNROLL
    for (int g = 0; g < n; g++)
        NAME(unload)(x[g]);
}

TARGET INLINE void
NAME(ctr_groups)(const uint32_t *rk, const uint32_t ctr[4], const uint8_t *in, uint8_t *out,
                 const int n)
{
    V x[DEEP][4];

    NAME(stream)(x, rk, ctr, n);
    UNROLL
    for (int g = 0; g < n; g++)
        UNROLL
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

    UNROLL
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
    const int n = DEEP;
    V         x[DEEP][4];

    UNROLL
    for (int g = 0; g < DEEP; g++) {
        UNROLL
        for (int i = 0; i < 4; i++)
            x[g][i] = SET1(hf_sm4_be32(counter[g] + 4 * i));
        x[g][3] = ADD(x[g][3], INDEX);
        UNROLL
        for (int i = 0; i < 4; i++)
            x[g][i] = COUNTED(x[g][i]);
    }
    for (unsigned r = 0; r < 32; r += 4) {
        TWO_ROUNDS(0, 1, 2, 3, SET1(key[g][r]), SET1(key[g][r + 1]));
        TWO_ROUNDS(2, 3, 0, 1, SET1(key[g][r + 2]), SET1(key[g][r + 3]));
    }
    UNROLL
    for (int g = 0; g < DEEP; g++) {
        NAME(unload)(x[g]);
        UNROLL
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
    UNROLL
    for (int g = 0; g < n; g++)
        NAME(load)(x[g], in + 16 * GROUP * g);
    NAME(rounds)(x, n, rk, 1);
    UNROLL
    for (int g = n - 1; g >= 0; g--) {
        NAME(unload)(x[g]);
        UNROLL
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
