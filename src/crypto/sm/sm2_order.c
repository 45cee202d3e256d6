/* Numbers modulo n, the order of the base point: Montgomery, R = 2^256, constant time. */
#include "crypto/sm/sm2_int.h"
#include "crypto/sm/sm2_word.h"

const uint64_t hf_sm2_n[4] = { 0x53bbf40939d54123, 0x7203df6b21c6052b, 0xffffffffffffffff,
                               0xfffffffeffffffff };

#define N_INVERSE UINT64_C(0x327f9e8872350975) /* -1/n mod 2^64 */

static const uint64_t n_r2[4] = { 0x901192af7c114f20, 0x3464504ade6fa2fa, 0x620fc84c3affe0d4,
                                  0x1eb5e412a22b3d3b };

void
hf_sm2_load(uint64_t r[4], const uint8_t in[32])
{
    for (int i = 0; i < 4; i++) {
        uint64_t w = 0;

        for (int j = 0; j < 8; j++)
            w = w << 8 | in[8 * (3 - i) + j];
        r[i] = w;
    }
}

void
hf_sm2_store(uint8_t out[32], const uint64_t a[4])
{
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 8; j++)
            out[8 * (3 - i) + j] = (uint8_t)(a[i] >> (56 - 8 * j));
}

bool
hf_sm2_below(const uint64_t a[4], const uint64_t m[4])
{
    unsigned char c = 0;

    for (int i = 0; i < 4; i++)
        (void)sm2_sbb(a[i], m[i], &c);
    return c != 0;
}

bool
hf_sm2_is_zero(const uint64_t a[4])
{
    return (a[0] | a[1] | a[2] | a[3]) == 0;
}

/* r = top:t - n when that is not negative, else t */
static void
subtract_n(uint64_t r[4], const uint64_t t[4], uint64_t top)
{
    uint64_t      d[4], keep;
    unsigned char c = 0;

    for (int i = 0; i < 4; i++)
        d[i] = sm2_sbb(t[i], hf_sm2_n[i], &c);
    (void)sm2_sbb(top, 0, &c);
    keep = sm2_hide((uint64_t)0 - c);
    for (int i = 0; i < 4; i++)
        r[i] = (t[i] & keep) | (d[i] & ~keep);
}

void
hf_sm2_n_reduce(uint64_t r[4], const uint64_t a[4])
{
    subtract_n(r, a, 0); /* 2^256 < 2n */
}

void
hf_sm2_n_add(uint64_t r[4], const uint64_t a[4], const uint64_t b[4])
{
    uint64_t      t[4];
    unsigned char c = 0;

    for (int i = 0; i < 4; i++)
        t[i] = sm2_adc(a[i], b[i], &c);
    subtract_n(r, t, c);
}

void
hf_sm2_n_sub(uint64_t r[4], const uint64_t a[4], const uint64_t b[4])
{
    uint64_t      t[4], m;
    unsigned char c = 0;

    for (int i = 0; i < 4; i++)
        t[i] = sm2_sbb(a[i], b[i], &c);
    m = sm2_hide((uint64_t)0 - c);
    c = 0;
    for (int i = 0; i < 4; i++)
        r[i] = sm2_adc(t[i], hf_sm2_n[i] & m, &c);
}

/* t[0..4] += a * b, carrying into t[5]. */
static inline void
row(uint64_t t[6], const uint64_t a[4], uint64_t b)
{
    sm2_u128      acc = 0;
    unsigned char c = 0;

    for (int i = 0; i < 4; i++) {
        acc = (sm2_u128)a[i] * b + t[i] + (uint64_t)(acc >> 64);
        t[i] = (uint64_t)acc;
    }
    t[4] = sm2_adc(t[4], (uint64_t)(acc >> 64), &c);
    t[5] += c;
}

void
hf_sm2_n_montmul(uint64_t r[4], const uint64_t a[4], const uint64_t b[4])
{
    uint64_t t[10] = { 0 };

    for (int i = 0; i < 4; i++) {
        row(t + i, a, b[i]);
        row(t + i, hf_sm2_n, t[i] * N_INVERSE);
    }
    subtract_n(r, t + 4, t[8]);
}

void
hf_sm2_n_to_mont(uint64_t r[4], const uint64_t a[4])
{
    hf_sm2_n_montmul(r, a, n_r2);
}

/* high * 2^256 + low, the former being one Montgomery product with R^2. */
void
hf_sm2_n_wide(uint64_t r[4], const uint8_t in[64])
{
    uint64_t high[4], low[4];

    hf_sm2_load(high, in);
    hf_sm2_load(low, in + 32);
    hf_sm2_n_to_mont(high, high);
    hf_sm2_n_reduce(low, low);
    hf_sm2_n_add(r, high, low);
}

void
hf_sm2_n_inv(uint64_t r[4], const uint64_t a[4])
{
    hf_sm2_modinv(r, a, false);
}
