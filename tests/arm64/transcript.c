/*
 * transcript.c - what SM3 and SM4 answer to a fixed stream of questions, one
 * line a kernel: "kernel digest-of-all-answers". The kernels of one machine,
 * and of different machines, must agree; tests/regress/arm64-kernels.sh
 * compares ARM64 with the kernels that the unit tests compare with libcrypto.
 *
 * Compiled for ARM64 without a libcrypto for it, so the two functions of
 * libcrypto that the kernels use are here (HF_NO_LIBCRYPTO).
 */
#include <stdio.h>
#include <string.h>

#include "crypto/sm/sm3_impl.h"
#include "crypto/sm/sm4_impl.h"

#ifdef HF_NO_LIBCRYPTO
void OPENSSL_cleanse(void *p, size_t n);
int  CRYPTO_memcmp(const void *a, const void *b, size_t n);

void
OPENSSL_cleanse(void *p, size_t n)
{
    for (volatile uint8_t *b = p; n > 0; n--)
        *b++ = 0;
}

int
CRYPTO_memcmp(const void *a, const void *b, size_t n)
{
    const volatile uint8_t *x = a, *y = b;
    uint8_t                 d = 0;

    for (; n > 0; n--)
        d |= (uint8_t)(*x++ ^ *y++);
    return d;
}
#endif

static uint64_t      seed;
static struct hf_sm3 all; /* of the answers; always by the portable kernel's rules */

static uint32_t
any(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 16) % below);
}

static void
any_bytes(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)any(256);
}

/* A run of at most `most` bytes somewhere in data; C leaves the order of two arguments open. */
static struct hf_bytes
some(const uint8_t *data, uint32_t most)
{
    uint32_t at = any(100), n = any(most);

    return hf_bytes(data + at, n);
}

static void
digests(const uint8_t *data)
{
    struct hf_bytes msg[20];
    uint8_t         out[20][HF_SM3_LEN], kdf[300];

    for (int i = 0; i < 300; i++) {
        msg[0] = some(data, 700);
        hf_sm3(msg[0].p, msg[0].n, out[0]);
        hf_sm3_update(&all, out[0], HF_SM3_LEN);
    }
    for (int i = 0; i < 20; i++)
        msg[i] = some(data, 500);
    hf_sm3_many(msg, 20, out);
    hf_sm3_hmac(msg[0], msg[1], out[0]);
    hf_sm3_kdf(msg[2], kdf, sizeof(kdf));
    hf_sm3_update(&all, out, sizeof(out));
    hf_sm3_update(&all, kdf, sizeof(kdf));
}

static void
modes(const uint8_t *data)
{
    struct hf_sm4_key k;
    struct hf_sm4_ctr ctr;
    uint8_t           out[1200], iv[16];
    size_t            n = any(70);

    hf_sm4_key_set(&k, data + any(50));
    hf_sm4_ecb_encrypt(&k, data, out, n);
    hf_sm3_update(&all, out, 16 * n);
    hf_sm4_ecb_decrypt(&k, data, out, n);
    hf_sm3_update(&all, out, 16 * n);
    memcpy(iv, data + 77, 16);
    hf_sm4_cbc_encrypt(&k, iv, data, out, n);
    hf_sm3_update(&all, out, 16 * n);
    hf_sm4_cbc_decrypt(&k, iv, data, out, n);
    hf_sm3_update(&all, out, 16 * n);
    hf_sm4_ctr_init(&ctr, iv);
    hf_sm4_ctr_update(&ctr, &k, data, out, 16 * n + any(16));
    hf_sm3_update(&all, out, 16 * n);
    if (hf_sm4_xts_encrypt(HF_SM4_XTS_GB, &k, &k, iv, data, out, 16 + n) == HF_OK)
        hf_sm3_update(&all, out, 16 + n);
}

static void
records(const uint8_t *data)
{
    struct hf_sm4_gcm_key k;
    uint8_t               out[1200], tag[16];
    struct hf_sm4_aead    r = { .nonce = hf_bytes(data, 12), .out = out, .tag = tag, .tag_n = 16 };

    r.aad = some(data, 60);
    r.in = some(data, 1100);
    hf_sm4_gcm_key_set(&k, data + any(50));
    if (hf_sm4_gcm_seal(&k, &r) == HF_OK)
        hf_sm3_update(&all, tag, 16);
    hf_sm3_update(&all, out, r.in.n);
    r.in = hf_bytes(out, r.in.n);
    hf_sm3_update(&all, hf_sm4_gcm_open(&k, &r) == HF_OK ? "y" : "n", 1);
    if (hf_sm4_ccm_seal(&k.sm4, &r) == HF_OK)
        hf_sm3_update(&all, tag, 16);
}

static void
answers(const char *sm3, const char *sm4)
{
    static uint8_t data[1400];
    uint8_t        digest[HF_SM3_LEN];

    seed = 0x123456789abcdef;
    hf_sm3_init(&all);
    for (int i = 0; i < 12; i++) {
        any_bytes(data, sizeof(data));
        digests(data);
        modes(data);
        records(data);
    }
    hf_sm3_final(&all, digest);
    printf("%s/%s ", sm3, sm4);
    for (size_t i = 0; i < sizeof(digest); i++)
        printf("%02x", digest[i]);
    printf("\n");
}

int
main(void)
{
    size_t                           n, m;
    const struct hf_sm3_impl *const *a = hf_sm3_impls(&n);
    const struct hf_sm4_impl *const *b = hf_sm4_impls(&m);

    for (size_t i = 0; i < n || i < m; i++) {
        const char *sm3 = a[i < n ? i : n - 1]->name, *sm4 = b[i < m ? i : m - 1]->name;

        if (hf_sm3_use(sm3) && hf_sm4_use(sm4))
            answers(sm3, sm4);
    }
    return 0;
}
