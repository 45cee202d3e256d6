/*
 * sm4_impl.h - inside SM4: the kernels to choose from.
 *
 * Private to src/crypto/sm/sm4*.c and the tests, which run every row that the
 * processor can run.
 */
#ifndef HF_CRYPTO_SM_SM4_IMPL_H
#define HF_CRYPTO_SM_SM4_IMPL_H

#include "crypto/sm/sm4.h"

#define HF_SM4_STREAMS 32 /* the most CBC streams that any kernel takes at once */
#define HF_SM4_PADS    4  /* keys that `pads` serves at once */
#define HF_SM4_PAD_MAX 16 /* the most blocks that it makes for each */

/*
 * CBC encryption of `width` streams: round key r of stream s at rk[r * width + s],
 * the chain of stream s at iv + 16 * s; in[s] and out[s] are advanced by `blocks`.
 */
typedef void hf_sm4_streams_fn(const uint32_t *rk, uint8_t *iv, const uint8_t **in, uint8_t **out,
                               size_t blocks);

struct hf_sm4_streams {
    hf_sm4_streams_fn *run;
    unsigned           width;
};

struct hf_ghash_impl {
    /* Make the table of h, the block cipher's output for the zero block. */
    void (*init)(struct hf_ghash_key *k, const uint8_t h[16]);
    /* y = (y ^ block) * h for each of n blocks. */
    void (*blocks)(const struct hf_ghash_key *k, uint8_t y[16], const uint8_t *p, size_t n);
};

struct hf_sm4_impl {
    const char *name;
    uint32_t (*tau)(uint32_t v); /* the S-box on each byte */
    /*
     * Turn round keys of the standard, in any order, into those that the
     * functions below take; NULL: they are the same.
     */
    void (*keys)(uint32_t rk[32]);
    /* n blocks; rk reversed decrypts. in == out is fine. */
    void (*ecb)(const uint32_t rk[32], const uint8_t *in, uint8_t *out, size_t n);
    /* n whole blocks; only the low 32 bits of the counter count, and wrap. */
    void (*ctr)(const uint32_t rk[32], const uint8_t counter[16], const uint8_t *in, uint8_t *out,
                size_t n);
    /* rk reversed; iv becomes the last ciphertext block. */
    void (*cbc_decrypt)(const uint32_t rk[32], uint8_t iv[16], const uint8_t *in, uint8_t *out,
                        size_t n);
    /* CBC of one stream; out may be NULL, when only the last block (in iv) is wanted. */
    void (*chain)(const uint32_t rk[32], uint8_t iv[16], const uint8_t *in, uint8_t *out, size_t n);
    struct hf_sm4_streams streams[3]; /* narrowest first, until run is NULL */
    /*
     * pad_blocks key stream blocks for each of HF_SM4_PADS keys and counters
     * (of which the low 32 bits count), one after the other. NULL: none.
     */
    void (*pads)(const uint32_t *const rk[HF_SM4_PADS], const uint8_t (*counter)[16], uint8_t *pad);
    unsigned                    pad_blocks;
    const struct hf_ghash_impl *ghash;
};

/* The rows this processor can run, best first; *n of them. */
const struct hf_sm4_impl *const *hf_sm4_impls(size_t *n);

/* From here on use the row of this name (tests); false if it cannot run here. */
bool hf_sm4_use(const char *name);

/* The row in use. */
const struct hf_sm4_impl *hf_sm4_impl(void);

/* Shared by the files of GCM: checks, J0 (SP 800-38D 7.1), and the whole tag given E(J0). */
HF_CHECKED enum hf_rc hf_sm4_gcm_check(const struct hf_sm4_aead *r);
HF_CHECKED enum hf_rc hf_sm4_gcm_j0(const struct hf_sm4_gcm_key *k, struct hf_bytes nonce,
                                    uint8_t j0[16]);
void hf_sm4_gcm_tag_of(const struct hf_sm4_gcm_key *k, const uint8_t first[16], struct hf_bytes aad,
                       struct hf_bytes text, uint8_t tag[16]);

static inline uint32_t
hf_sm4_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

#define HF_SM4_KERNEL(name)                                                                       \
    void hf_sm4_##name##_ecb(const uint32_t rk[32], const uint8_t *in, uint8_t *out, size_t n);   \
    void hf_sm4_##name##_ctr(const uint32_t rk[32], const uint8_t counter[16], const uint8_t *in, \
                             uint8_t *out, size_t n);                                             \
    void hf_sm4_##name##_cbc_decrypt(const uint32_t rk[32], uint8_t iv[16], const uint8_t *in,    \
                                     uint8_t *out, size_t n);                                     \
    void hf_sm4_##name##_pads(const uint32_t *const rk[HF_SM4_PADS], const uint8_t(*counter)[16], \
                              uint8_t              *pad);                                                      \
    void hf_sm4_##name##_chain(const uint32_t rk[32], uint8_t iv[16], const uint8_t *in,          \
                               uint8_t *out, size_t n);                                           \
    hf_sm4_streams_fn hf_sm4_##name##_cbc_narrow;                                                 \
    hf_sm4_streams_fn hf_sm4_##name##_cbc_wide

HF_SM4_KERNEL(generic);
HF_SM4_KERNEL(aesni);
HF_SM4_KERNEL(gfni);
HF_SM4_KERNEL(avx512);
HF_SM4_KERNEL(avx512vl);
HF_SM4_KERNEL(arm64);

uint32_t hf_sm4_generic_tau(uint32_t v);
uint32_t hf_sm4_aesni_tau(uint32_t v);
uint32_t hf_sm4_gfni_tau(uint32_t v);
void     hf_sm4_gfni_keys(uint32_t rk[32]);

extern const struct hf_ghash_impl hf_ghash_generic, hf_ghash_pclmul, hf_ghash_vpclmul,
    hf_ghash_arm64;

#endif
