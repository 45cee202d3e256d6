/*
 * sm4_chain_body.h - CBC encryption of one stream, in the first lane: every
 * block waits for the one before, so latency is all that counts. Included
 * after sm4_round_body.h.
 */
TARGET INLINE void
NAME(words_in)(V p[4], const uint8_t *in)
{
    uint32_t w[4];

    memcpy(w, in, sizeof(w));
    UNROLL
    for (int i = 0; i < 4; i++)
        p[i] = ENTER(SET1(w[i]));
}

TARGET INLINE void
NAME(words_out)(uint8_t *out, const V x[4])
{
    uint32_t w[4];

    UNROLL
    for (int i = 0; i < 4; i++)
        w[i] = FIRST(LEAVE(x[3 - i]));
    memcpy(out, w, sizeof(w));
}

TARGET void
NAME(chain)(const uint32_t rk[32], uint8_t iv[16], const uint8_t *in, uint8_t *out, size_t n)
{
    V x[1][4], p[4];

    NAME(words_in)(p, iv);
    UNROLL
    for (int i = 0; i < 4; i++)
        x[0][i] = p[3 - i];
    for (; n > 0; n--, in += HF_SM4_BLOCK) {
        NAME(words_in)(p, in);
        NAME(chain_on)(x[0], p);
        NAME(rounds)(x, 1, rk, 1);
        if (out != NULL) {
            NAME(words_out)(out, x[0]);
            out += HF_SM4_BLOCK;
        }
    }
    NAME(words_out)(iv, x[0]);
}
