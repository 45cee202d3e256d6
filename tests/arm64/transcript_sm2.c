/*
 * A digest over what SM2 answers to a few hundred fixed questions: the same on
 * every machine, or one of them computes wrongly.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sm/sm2_int.h"

#ifdef HF_NO_LIBCRYPTO
/* All of libcrypto that SM2 needs. Nothing here asks for randomness. */
#include <openssl/crypto.h>
#include <openssl/rand.h>

void
OPENSSL_cleanse(void *p, size_t n)
{
    memset(p, 0, n);
    __asm__("" : : "r"(p) : "memory");
}

int
CRYPTO_memcmp(const void *a, const void *b, size_t n)
{
    return memcmp(a, b, n);
}

int
RAND_priv_bytes(unsigned char *out, int n)
{
    (void)out, (void)n;
    return 0;
}
#endif

#define QUESTIONS 100

static struct hf_sm3 all;

static void
note(const void *p, size_t n)
{
    hf_sm3_update(&all, p, n);
}

static void
number(uint8_t out[32], const char *what, unsigned i)
{
    char text[64];

    hf_sm3(text, (size_t)snprintf(text, sizeof(text), "%s %u", what, i), out);
    if (i % 8 == 1)
        memset(out, 0, 31); /* small ones among them */
    if (i % 8 == 2)
        memset(out + 8, 0xff, 16);
}

/* Key, signature with a given nonce, verdicts right and wrong, shared point, sealed text. */
static void
ask(unsigned i)
{
    struct hf_sm2_key key, eph;
    struct hf_sm2_sig sig;
    struct sm2_jac    j;
    struct sm2_aff    p;
    uint8_t           d[32], e[32], k[32], x[32], xy[64];
    uint64_t          kk[4];
    bool              good;

    number(d, "d", i);
    number(e, "e", i);
    number(k, "k", i);
    d[0] &= 0x7f, k[0] &= 0x7f;
    if (hf_sm2_key_read(hf_bytes(d, 32), &key) != HF_OK ||
        hf_sm2_key_read(hf_bytes(k, 32), &eph) != HF_OK)
        exit(1);
    note(key.pub.xy, 64);
    note(key.inv, sizeof(key.inv));
    hf_sm2_load(kk, k);
    hf_sm2_comb_mul(&j, hf_sm2_base_comb(), kk);
    good = hf_sm2_affine(&p, &j);
    hf_sm2_fe_write(x, &p.x);
    good &= hf_sm2_sign_with(&key, e, kk, x, &sig);
    note(&sig, sizeof(sig));
    note(&good, 1);
    if (good && hf_sm2_verify(&key.pub, e, &sig) != HF_OK)
        exit(2);
    sig.s[i % 32] ^= 1;
    if (hf_sm2_verify(&key.pub, e, &sig) == HF_OK)
        exit(3);
    if (hf_sm2_ecdh(&eph, &key.pub, xy) != HF_OK)
        exit(4);
    note(xy, sizeof(xy));
}

int
main(void)
{
    uint8_t out[32];

    hf_sm3_init(&all);
    for (unsigned i = 0; i < QUESTIONS; i++)
        ask(i);
    hf_sm3_final(&all, out);
    printf("sm2/%s ", hf_sm2_ops()->name);
    for (int i = 0; i < 32; i++)
        printf("%02x", out[i]);
    printf("\n");
    return 0;
}
