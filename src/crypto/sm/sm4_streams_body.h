/*
 * sm4_streams_body.h - CBC encryption of a stream in every lane of one group
 * or of WIDE. Included after sm4_round_body.h.
 *
 * The blocks of all streams are gathered a cache line at a time: BURST blocks
 * of each stream into one row a step, so that streams that lie at the same
 * place modulo the cache's size do not push each other out.
 */
#define BURST 4
#define ROW   (16 * GROUP * WIDE)

/* Where the block of a stream goes so that its words meet the stream's round keys. */
#define PLACE(s) ((s) / GROUP * GROUP + (s) % 4 * VB + (s) % GROUP / 4)

/* The next block of n*GROUP streams, encrypted in place. */
TARGET INLINE void
NAME(cbc_step)(V x[][4], const uint32_t *rk, uint8_t row[ROW], const int n)
{
    V p[4];

    UNROLL
    for (int g = 0; g < n; g++) {
        UNROLL
        for (int i = 0; i < 4; i++)
            p[i] = JOIN(row + 16 * GROUP * g + 16 * VB * i);
        NAME(enter)(p);
        NAME(chain_on)(x[g], p);
    }
    NAME(rounds)(x, n, rk, (unsigned)(n * GROUP));
    UNROLL
    for (int g = 0; g < n; g++) {
        UNROLL
        for (int i = 0; i < 4; i++)
            p[i] = x[g][i];
        NAME(unload)(p);
        UNROLL
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
    UNROLL
    for (int g = 0; g < n; g++) {
        NAME(load)(t, chain + 16 * GROUP * g);
        UNROLL
        for (int i = 0; i < 4; i++)
            x[g][i] = t[3 - i];
    }
    for (; blocks >= BURST; blocks -= BURST)
        NAME(cbc_burst)(x, rk, in, out, BURST, n);
    if (blocks > 0)
        NAME(cbc_burst)(x, rk, in, out, blocks, n);
    UNROLL
    for (int g = 0; g < n; g++) {
        NAME(unload)(x[g]);
        UNROLL
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

#if WIDE > 1
TARGET void
NAME(cbc_wide)(const uint32_t *rk, uint8_t *iv, const uint8_t **in, uint8_t **out, size_t blocks)
{
    NAME(cbc_streams)(rk, iv, in, out, blocks, WIDE);
}
#endif
