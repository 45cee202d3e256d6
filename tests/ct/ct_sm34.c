/*
 * Constant-time checks of SM3 and SM4: keys and data are secret, lengths,
 * nonces and ciphertexts are not. See ct.h.
 */
#include "ct/ct.h"

#include "crypto/sm/sm3.h"
#include "crypto/sm/sm4.h"

#define N 1000 /* bytes of text: whole groups of every kernel, and a tail */

static uint8_t               key[16], text[N], out[N], tag[16], nonce[16], digest[HF_SM3_LEN];
static struct hf_sm4_key     sm4;
static struct hf_sm4_gcm_key gcm;

static void
secrets(void)
{
    ct_random_bytes(key, sizeof(key));
    ct_random_bytes(text, sizeof(text));
    ct_secret(key, sizeof(key));
    ct_secret(text, sizeof(text));
}

static void
results(void)
{
    ct_public(out, sizeof(out));
    ct_public(tag, sizeof(tag));
    ct_public(digest, sizeof(digest));
    ct_public(nonce, sizeof(nonce));
}

static void
check_key(void)
{
    secrets();
    hf_sm4_key_set(&sm4, key);
}

static void
check_modes(void)
{
    struct hf_sm4_ctr ctr;

    secrets();
    hf_sm4_key_set(&sm4, key);
    for (size_t n = 1; n < N / 16; n += 7) {
        hf_sm4_ecb_encrypt(&sm4, text, out, n);
        hf_sm4_ecb_decrypt(&sm4, text, out, n);
        hf_sm4_cbc_encrypt(&sm4, nonce, text, out, n);
        hf_sm4_cbc_decrypt(&sm4, nonce, text, out, n);
    }
    ct_public(nonce, sizeof(nonce));
    hf_sm4_ctr_init(&ctr, nonce);
    hf_sm4_ctr_update(&ctr, &sm4, text, out, N);
    CT_MUST(hf_sm4_xts_encrypt(HF_SM4_XTS_GB, &sm4, &sm4, nonce, text, out, N) == HF_OK);
    CT_MUST(hf_sm4_xts_decrypt(HF_SM4_XTS_IEEE, &sm4, &sm4, nonce, text, out, N) == HF_OK);
    results();
}

/* n streams of 3, 4, ... 7 blocks, n at most 20: three of the kernels' widths. */
static void
streams(const struct hf_sm4_key *k, size_t n)
{
    struct hf_sm4_cbc_job job[20];
    static uint8_t        iv[20][16];

    for (size_t i = 0; i < n; i++)
        job[i] = (struct hf_sm4_cbc_job){ k, iv[i], text + 32 * i, out + 48 * i, 3 + i % 5 };
    hf_sm4_cbc_encrypt_many(job, n);
}

static void
check_streams(void)
{
    secrets();
    hf_sm4_key_set(&sm4, key);
    streams(&sm4, 5);
    streams(&sm4, 9);
    streams(&sm4, 19);
    results();
}

static struct hf_sm4_aead
record(void)
{
    return (struct hf_sm4_aead){
        hf_bytes(nonce, 12), hf_bytes(digest, 13), hf_bytes(text, N), out, tag, 16
    };
}

static void
check_gcm(void)
{
    struct hf_sm4_aead r = record();

    secrets();
    hf_sm4_gcm_key_set(&gcm, key);
    CT_MUST(hf_sm4_gcm_seal(&gcm, &r) == HF_OK);
    r.in.n = 100;
    CT_MUST(hf_sm4_gcm_seal(&gcm, &r) == HF_OK);
    results();
}

static void
check_ccm(void)
{
    struct hf_sm4_aead r = record();

    secrets();
    hf_sm4_key_set(&sm4, key);
    CT_MUST(hf_sm4_ccm_seal(&sm4, &r) == HF_OK);
    results();
}

static void
check_sm3(void)
{
    static uint8_t  many[9][HF_SM3_LEN];
    struct hf_bytes msg[9];

    secrets();
    hf_sm3_hmac(hf_bytes(key, 16), hf_bytes(text, N), digest);
    hf_sm3_kdf(hf_bytes(text, 64), out, N);
    for (size_t i = 0; i < 9; i++)
        msg[i] = hf_bytes(text + i, 100 * i);
    hf_sm3_many(msg, 9, many);
    ct_public(many, sizeof(many));
    results();
}

/* A branch and a look-up by a secret, so that the checks are seen to work. */
static void
run_leak(void)
{
    static volatile uint8_t table[256];

    for (size_t i = 0; i < N; i++)
        if (text[i] >= 128)
            for (int j = 0; j < 4; j++)
                table[text[i]]++;
}

static void
check_leak(void)
{
    secrets();
    run_leak();
    results();
}

/* Class 0: everything zero; class 1: random. */
static void
prepare(int random)
{
    memset(key, 0, sizeof(key));
    memset(text, 0, sizeof(text));
    if (random) {
        ct_random_bytes(key, sizeof(key));
        ct_random_bytes(text, sizeof(text));
    } else {
        uint8_t same[N]; /* the same work */

        ct_random_bytes(same, 16);
        ct_random_bytes(same, sizeof(same));
    }
    hf_sm4_gcm_key_set(&gcm, key);
}

static void
run_key(void)
{
    hf_sm4_key_set(&sm4, key);
}
static void
run_ecb(void)
{
    hf_sm4_ecb_decrypt(&gcm.sm4, text, out, N / 16);
}
static void
run_cbc(void)
{
    hf_sm4_cbc_encrypt(&gcm.sm4, nonce, text, out, 4);
}
static void
run_streams(void)
{
    streams(&gcm.sm4, 8);
    streams(&gcm.sm4, 16);
    streams(&gcm.sm4, 19);
}
static void
run_hmac(void)
{
    hf_sm3_hmac(hf_bytes(key, 16), hf_bytes(text, N), digest);
}

static void
run_gcm(void)
{
    struct hf_sm4_aead r = record();

    CT_MUST(hf_sm4_gcm_seal(&gcm, &r) == HF_OK);
}

static const struct ct_case cases[] = {
    { "SM4 key schedule", check_key, prepare, run_key, false, 0 },
    { "SM4 ECB, CBC, CTR, XTS", check_modes, prepare, run_ecb, false, 0 },
    { "SM4-CBC chain", NULL, prepare, run_cbc, false, 0 },
    { "SM4-CBC of many streams", check_streams, prepare, run_streams, false, 0 },
    { "SM4-GCM", check_gcm, prepare, run_gcm, false, 0 },
    { "SM4-CCM", check_ccm, NULL, NULL, false, 0 },
    { "SM3: HMAC, key derivation, many", check_sm3, prepare, run_hmac, false, 0 },
    { "branch and look-up by a secret", check_leak, prepare, run_leak, true, 0 },
};

CT_MAIN(cases)
