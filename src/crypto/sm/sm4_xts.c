/*
 * sm4_xts.c - SM4-XTS (GB/T 17964-2021 and IEEE 1619-2018).
 */
#include <openssl/crypto.h>
#include <string.h>

#include "crypto/sm/sm4_impl.h"

#define UNIT_MAX ((size_t)16 << 20) /* IEEE 1619-2018 5.1: 2^20 blocks */
#define BATCH 64                    /* blocks */

/* The tweak times x. The two standards number the bits from opposite ends. */
static void
double_ieee(uint8_t t[16])
{
    uint8_t carry = t[15] >> 7;

    for (unsigned i = 15; i > 0; i--)
        t[i] = (uint8_t)(t[i] << 1 | t[i - 1] >> 7);
    t[0] = (uint8_t)(t[0] << 1 ^ (0x87 & (0 - carry)));
}

static void
double_gb(uint8_t t[16])
{
    uint8_t carry = t[15] & 1;

    for (unsigned i = 15; i > 0; i--)
        t[i] = (uint8_t)(t[i] >> 1 | t[i - 1] << 7);
    t[0] = (uint8_t)(t[0] >> 1 ^ (0xe1 & (0 - carry)));
}

struct xts {
    enum hf_sm4_xts kind;
    const uint32_t *rk;
    uint8_t         tweak[16]; /* of the next block */
};

static void
xts_next(struct xts *x)
{
    if (x->kind == HF_SM4_XTS_GB)
        double_gb(x->tweak);
    else
        double_ieee(x->tweak);
}

static void
mix(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] ^ b[i];
}

static void
xts_blocks(struct xts *x, const uint8_t *in, uint8_t *out, size_t n)
{
    uint8_t tweak[16 * BATCH];

    while (n > 0) {
        size_t m = n < BATCH ? n : BATCH;

        for (size_t j = 0; j < m; j++, xts_next(x))
            memcpy(tweak + 16 * j, x->tweak, 16);
        mix(out, in, tweak, 16 * m);
        hf_sm4_impl()->ecb(x->rk, out, out, m);
        mix(out, out, tweak, 16 * m);
        in += 16 * m;
        out += 16 * m;
        n -= m;
    }
    OPENSSL_cleanse(tweak, sizeof(tweak));
}

static enum hf_rc
xts_begin(struct xts *x, const struct hf_sm4_key *tweak_key, const uint8_t tweak[16], size_t n)
{
    if (n < 16 || n > UNIT_MAX)
        return hf_fail(HF_E_ARG, "XTS data unit of %zu bytes (IEEE 1619 5.1)", n);
    hf_sm4_ecb_encrypt(tweak_key, tweak, x->tweak, 1);
    return HF_OK;
}

/*
 * Ciphertext stealing (IEEE 1619 5.3.2): `whole` is the last full block, done
 * under the present tweak, and the n bytes after it steal from it.
 */
static void
steal(struct xts *x, uint8_t *whole, const uint8_t *rest, size_t n)
{
    uint8_t block[16];

    memcpy(block, rest, n);
    memcpy(block + n, whole + n, 16 - n);
    memcpy(whole + 16, whole, n);
    xts_blocks(x, block, whole, 1);
    OPENSSL_cleanse(block, sizeof(block));
}

enum hf_rc
hf_sm4_xts_encrypt(enum hf_sm4_xts kind, const struct hf_sm4_key *k,
                   const struct hf_sm4_key *tweak_key, const uint8_t tweak[HF_SM4_BLOCK],
                   const uint8_t *in, uint8_t *out, size_t n)
{
    struct xts x = { .kind = kind, .rk = k->enc };
    size_t     whole = n / 16;
    uint8_t    rest[16];
    enum hf_rc rc;

    if ((rc = xts_begin(&x, tweak_key, tweak, n)) != HF_OK)
        return rc;
    memcpy(rest, in + 16 * whole, n % 16);
    xts_blocks(&x, in, out, whole);
    if (n % 16 != 0)
        steal(&x, out + 16 * (whole - 1), rest, n % 16);
    OPENSSL_cleanse(&x, sizeof(x));
    OPENSSL_cleanse(rest, sizeof(rest));
    return HF_OK;
}

enum hf_rc
hf_sm4_xts_decrypt(enum hf_sm4_xts kind, const struct hf_sm4_key *k,
                   const struct hf_sm4_key *tweak_key, const uint8_t tweak[HF_SM4_BLOCK],
                   const uint8_t *in, uint8_t *out, size_t n)
{
    struct xts x = { .kind = kind, .rk = k->dec }, last;
    size_t     whole = n / 16 - (n % 16 != 0);
    uint8_t    rest[16];
    enum hf_rc rc;

    if ((rc = xts_begin(&x, tweak_key, tweak, n)) != HF_OK)
        return rc;
    memcpy(rest, in + n / 16 * 16, n % 16);
    xts_blocks(&x, in, out, whole);
    if (n % 16 != 0) { /* the last full block goes first, under the tweak after it */
        last = x;
        xts_next(&last);
        xts_blocks(&last, in + 16 * whole, out + 16 * whole, 1);
        steal(&x, out + 16 * whole, rest, n % 16);
    }
    OPENSSL_cleanse(&x, sizeof(x));
    OPENSSL_cleanse(rest, sizeof(rest));
    return HF_OK;
}
