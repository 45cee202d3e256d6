/*
 * sm4_ref.h - what the tests of SM4 share: random data, the kernels one after
 * the other, and libcrypto's default provider to compare with.
 */
#ifndef HF_TESTS_UNIT_SM4_REF_H
#define HF_TESTS_UNIT_SM4_REF_H

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sm/sm4.h"
#include "crypto/sm/sm4_impl.h"
#include "unit/t.h"
#include "unit/vectors.h"

static uint64_t seed;

static inline uint32_t
any(uint32_t below)
{
    if (seed == 0)
        seed = t_seed(0x9e3779b9);
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 16) % below);
}

static inline void
any_bytes(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)any(256);
}

static inline void
each_kernel(void (*check)(void))
{
    size_t                           n;
    const struct hf_sm4_impl *const *rows = hf_sm4_impls(&n);

    for (size_t i = 0; i < n; i++) {
        int before = t_bad;

        T_TRUE(hf_sm4_use(rows[i]->name));
        check();
        if (t_bad != before)
            printf("  (kernel %s)\n", rows[i]->name);
    }
    hf_sm4_use(rows[0]->name);
}

static inline const EVP_CIPHER *
reference(const char *name)
{
    static struct {
        const char *name;
        EVP_CIPHER *cipher;
    } have[8];

    for (unsigned i = 0; i < HF_COUNT(have); i++) {
        if (have[i].name == NULL) {
            have[i].name = name;
            have[i].cipher = EVP_CIPHER_fetch(NULL, name, "provider=default");
        }
        if (strcmp(have[i].name, name) == 0)
            return have[i].cipher;
    }
    abort();
}

/* Whole message with libcrypto, without padding. */
static inline void
theirs(const char *name, bool encrypt, const uint8_t key[16], const uint8_t *iv, const uint8_t *in,
       uint8_t *out, size_t n)
{
    static EVP_CIPHER_CTX *c;
    int                    done = 0;

    if (c == NULL)
        c = EVP_CIPHER_CTX_new();
    T_EQ(EVP_CipherInit_ex2(c, reference(name), key, iv, encrypt, NULL), 1);
    EVP_CIPHER_CTX_set_padding(c, 0);
    T_EQ(EVP_CipherUpdate(c, out, &done, in, (int)n), 1);
    T_EQ(done, n);
}

#endif
