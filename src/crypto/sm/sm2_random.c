/*
 * Randomness and nonces.
 *
 * A nonce is HMAC-SM3 under a key made from d, over the digest and fresh
 * random bytes, two outputs of which make 512 bits that are reduced modulo n.
 * As in RFC 6979 it cannot repeat for different digests whatever the random
 * generator does, and as the standard wants it is random all the same.
 *
 * The fresh bytes are drawn from libcrypto a block at a time for each thread
 * and erased when taken. They only hedge: a copied process or machine that
 * draws the same ones again makes the same signature again, or an unrelated
 * nonce. A forked child starts a new block all the same.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "crypto/sm/sm2_int.h"

#define BLOCK (186 * SM2_NONCE_FRESH)

static _Thread_local struct {
    unsigned fork; /* of which process generation the block is */
    size_t   left;
    uint8_t  block[BLOCK];
} hedge;

static atomic_uint    forks = 1;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void
in_child(void)
{
    atomic_fetch_add(&forks, 1);
}

static void
watch_forks(void)
{
    (void)pthread_atfork(NULL, NULL, in_child);
}

enum hf_rc
hf_sm2_random_key(uint8_t *out, size_t n)
{
    if (RAND_priv_bytes(out, (int)n) != 1)
        return hf_fail(HF_E_CRYPTO, "SM2: the random generator failed");
    return HF_OK;
}

enum hf_rc
hf_sm2_random_hedge(uint8_t *out, size_t n)
{
    enum hf_rc rc;

    pthread_once(&fork_once, watch_forks);
    if (hedge.fork != atomic_load(&forks) || hedge.left < n) {
        if ((rc = hf_sm2_random_key(hedge.block, BLOCK)) != HF_OK)
            return rc;
        hedge.fork = atomic_load(&forks);
        hedge.left = BLOCK;
    }
    hedge.left -= n;
    memcpy(out, hedge.block + hedge.left, n);
    OPENSSL_cleanse(hedge.block + hedge.left, n);
    return HF_OK;
}

enum hf_rc
hf_sm2_nonces(const struct hf_sm2_sign_job *jobs, size_t n, uint64_t (*k)[4])
{
    uint8_t                in[HF_SM2_NONCES][SM2_NONCE_LEN - 1], wide[HF_SM2_NONCES][64];
    struct hf_sm3_hmac_job mac[2 * HF_SM2_NONCES];
    static const uint8_t   half[2] = { 0, 1 };
    enum hf_rc             rc;

    for (size_t i = 0; i < n; i++) {
        memcpy(in[i], jobs[i].e, 32);
        if ((rc = hf_sm2_random_hedge(in[i] + 32, SM2_NONCE_FRESH)) != HF_OK)
            return rc;
        for (size_t h = 0; h < 2; h++)
            mac[2 * i + h] = (struct hf_sm3_hmac_job){
                &jobs[i].key->mac,
                hf_bytes(in[i], SM2_NONCE_LEN - 1),
                hf_bytes(&half[h], 1),
                wide[i] + 32 * h,
            };
    }
    if (n > 0)
        hf_sm3_hmac_many(mac, 2 * n);
    for (size_t i = 0; i < n; i++)
        hf_sm2_n_wide(k[i], wide[i]);
    OPENSSL_cleanse(in, n * sizeof(in[0]));
    OPENSSL_cleanse(wide, n * sizeof(wide[0]));
    return HF_OK;
}

enum hf_rc
hf_sm2_nonce(const struct hf_sm2_key *key, const uint8_t e[32], uint64_t k[4])
{
    struct hf_sm2_sign_job job = { .key = key, .e = e };

    return hf_sm2_nonces(&job, 1, (uint64_t(*)[4])k);
}
