/*
 * sm4_xts.c - SM4-XTS (GB/T 17964-2021 and IEEE 1619-2018).
 */
#include <openssl/crypto.h>
#include <string.h>

#include "crypto/sm/sm4_impl.h"

#define UNIT_MAX ((size_t)16 << 20) /* IEEE 1619-2018 5.1: 2^20 blocks */
#define BATCH    64                 /* blocks */

struct xts {
    enum hf_sm4_xts kind;
    const uint32_t *rk;
    uint64_t low, high; /* the tweak of the next block, as a number of the kind's bit order */
};

/* Eight bytes as a number; the first is the lowest (IEEE) or the highest one (GB). */
static uint64_t
get64(enum hf_sm4_xts kind, const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return (kind == HF_SM4_XTS_GB) == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
               ? __builtin_bswap64(v)
               : v;
}

static void
put64(enum hf_sm4_xts kind, uint8_t *p, uint64_t v)
{
    v = get64(kind, (const uint8_t *)&v); /* the exchange is its own inverse */
    memcpy(p, &v, sizeof(v));
}

/* Put the tweak at p and multiply it by x: the standards number its bits from opposite ends. */
static inline void
tweak_ieee(struct xts *x, uint8_t *p)
{
    uint64_t carry = 0 - (x->high >> 63);

    put64(HF_SM4_XTS_IEEE, p, x->low);
    put64(HF_SM4_XTS_IEEE, p + 8, x->high);
    x->high = x->high << 1 | x->low >> 63;
    x->low = x->low << 1 ^ (carry & 0x87);
}

static inline void
tweak_gb(struct xts *x, uint8_t *p)
{
    uint64_t carry = 0 - (x->low & 1);

    put64(HF_SM4_XTS_GB, p, x->high);
    put64(HF_SM4_XTS_GB, p + 8, x->low);
    x->low = x->low >> 1 | x->high << 63;
    x->high = x->high >> 1 ^ (carry & 0xe100000000000000);
}

static void
tweaks(struct xts *x, uint8_t *p, size_t n)
{
    if (x->kind == HF_SM4_XTS_GB)
        for (size_t j = 0; j < n; j++)
            tweak_gb(x, p + 16 * j);
    else
        for (size_t j = 0; j < n; j++)
            tweak_ieee(x, p + 16 * j);
}

/* n is a multiple of 8. */
static void
mix(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        uint64_t x, y;

        memcpy(&x, a + i, sizeof(x));
        memcpy(&y, b + i, sizeof(y));
        x ^= y;
        memcpy(out + i, &x, sizeof(x));
    }
}

static void
xts_blocks(struct xts *x, const uint8_t *in, uint8_t *out, size_t n)
{
    uint8_t tweak[16 * BATCH];

    while (n > 0) {
        size_t m = n < BATCH ? n : BATCH;

        tweaks(x, tweak, m);
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
    uint8_t first[16];

    if (n < 16 || n > UNIT_MAX)
        return hf_fail(HF_E_ARG, "XTS data unit of %zu bytes (IEEE 1619 5.1)", n);
    hf_sm4_ecb_encrypt(tweak_key, tweak, first, 1);
    x->low = get64(x->kind, first + (x->kind == HF_SM4_XTS_GB ? 8 : 0));
    x->high = get64(x->kind, first + (x->kind == HF_SM4_XTS_GB ? 0 : 8));
    OPENSSL_cleanse(first, sizeof(first));
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
    uint8_t    rest[16], unused[16];
    enum hf_rc rc;

    if ((rc = xts_begin(&x, tweak_key, tweak, n)) != HF_OK)
        return rc;
    memcpy(rest, in + n / 16 * 16, n % 16);
    xts_blocks(&x, in, out, whole);
    if (n % 16 != 0) { /* the last full block goes first, under the tweak after it */
        last = x;
        tweaks(&last, unused, 1);
        xts_blocks(&last, in + 16 * whole, out + 16 * whole, 1);
        steal(&x, out + 16 * whole, rest, n % 16);
    }
    OPENSSL_cleanse(&x, sizeof(x));
    OPENSSL_cleanse(rest, sizeof(rest));
    return HF_OK;
}
