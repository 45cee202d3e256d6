/*
 * SM3 of every kernel this processor can run: the standard's examples, random
 * messages against libcrypto's own provider, HMAC, key derivation.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/provider.h>
#include <stdlib.h>

#include "crypto/sm/sm3.h"
#include "crypto/sm/sm3_impl.h"
#include "unit/t.h"
#include "unit/vectors.h"

/* A fixed, reproducible stream of test bytes. */
static uint64_t seed;

static uint32_t
any(uint32_t below)
{
    if (seed == 0)
        seed = t_seed(0x5f3759df);
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

static EVP_MD *
reference(void)
{
    static EVP_MD *md;

    if (md == NULL)
        md = EVP_MD_fetch(NULL, "SM3", "provider=default");
    return md;
}

static bool
same_as_libcrypto(const uint8_t *p, size_t n, const uint8_t got[HF_SM3_LEN])
{
    uint8_t want[EVP_MAX_MD_SIZE];

    return EVP_Digest(p, n, want, NULL, reference(), NULL) == 1 &&
           memcmp(want, got, HF_SM3_LEN) == 0;
}

/* Run check under every kernel. */
static void
each_kernel(void (*check)(void))
{
    size_t                           n;
    const struct hf_sm3_impl *const *rows = hf_sm3_impls(&n);

    for (size_t i = 0; i < n; i++) {
        int before = t_bad;

        T_TRUE(hf_sm3_use(rows[i]->name));
        check();
        if (t_bad != before)
            printf("  (kernel %s)\n", rows[i]->name);
    }
    hf_sm3_use(rows[0]->name);
}

/* -- GB/T 32905-2016 appendix A --------------------------------------------- */

static void
check_examples(void)
{
    uint8_t out[HF_SM3_LEN], want[HF_SM3_LEN], abcd[64];

    for (size_t i = 0; i < sizeof(abcd); i++)
        abcd[i] = (uint8_t) "abcd"[i % 4];
    hf_sm3("abc", 3, out);
    t_hex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", want, sizeof(want));
    T_BYTES(hf_bytes(out, sizeof(out)), hf_bytes(want, sizeof(want)));
    hf_sm3(abcd, sizeof(abcd), out);
    t_hex("debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732", want, sizeof(want));
    T_BYTES(hf_bytes(out, sizeof(out)), hf_bytes(want, sizeof(want)));
}

static void
gives_the_standards_examples(void)
{
    each_kernel(check_examples);
}

/* -- Against libcrypto ------------------------------------------------------ */

static void
check_one_shot(void)
{
    static uint8_t p[4096];
    uint8_t        out[HF_SM3_LEN];
    int            bad = 0;

    any_bytes(p, sizeof(p));
    for (size_t n = 0; n < 520; n++) {
        hf_sm3(p, n, out);
        bad += !same_as_libcrypto(p, n, out);
    }
    for (int i = 0; i < t_ops(20000); i++) {
        size_t n = any(i % 16 == 0 ? sizeof(p) - 64 : 200), at = any(64);

        any_bytes(p + at, n < 8 ? n : 8);
        hf_sm3(p + at, n, out);
        bad += !same_as_libcrypto(p + at, n, out);
    }
    T_EQ(bad, 0);
}

static void
one_message_as_libcrypto(void)
{
    each_kernel(check_one_shot);
}

static void
check_stream(void)
{
    static uint8_t p[2048];
    uint8_t        out[HF_SM3_LEN];
    int            bad = 0;

    any_bytes(p, sizeof(p));
    for (int i = 0; i < t_ops(20000); i++) {
        size_t        n = any(i % 10 == 0 ? sizeof(p) : 250), at = 0;
        struct hf_sm3 c;

        hf_sm3_init(&c);
        while (at < n) {
            size_t step = any(any(4) == 0 ? 300 : 70);

            step = step < n - at ? step : n - at;
            hf_sm3_update(&c, p + at, step);
            at += step;
        }
        hf_sm3_final(&c, out);
        bad += !same_as_libcrypto(p, n, out);
    }
    T_EQ(bad, 0);
}

static void
pieces_as_the_whole(void)
{
    each_kernel(check_stream);
}

static void
check_many(void)
{
    static uint8_t  p[16384];
    struct hf_bytes msg[70];
    uint8_t         out[70][HF_SM3_LEN];
    int             bad = 0, done = 0;

    any_bytes(p, sizeof(p));
    while (done < t_ops(20000)) {
        size_t n = any(70), longest = 1 + any(done % 3 == 0 ? 1200 : 150);

        for (size_t i = 0; i < n; i++) {
            msg[i].n = any((uint32_t)longest);
            msg[i].p = p + any((uint32_t)(sizeof(p) - msg[i].n));
        }
        hf_sm3_many(msg, n, out);
        for (size_t i = 0; i < n; i++)
            bad += !same_as_libcrypto(msg[i].p, msg[i].n, out[i]);
        done += (int)n + 1;
    }
    T_EQ(bad, 0);
}

static void
many_messages_as_libcrypto(void)
{
    each_kernel(check_many);
}

/* -- HMAC ------------------------------------------------------------------- */

static void
check_hmac_vectors(void)
{
    struct t_vector v;
    FILE           *f = t_vectors_open("hmac_sm3.txt");
    int             n = 0;

    T_TRUE(f != NULL);
    while (f != NULL && t_vector_next(f, &v)) {
        uint8_t         out[HF_SM3_LEN];
        struct hf_bytes tag = t_field(&v, "tag");

        hf_sm3_hmac(t_field(&v, "key"), t_field(&v, "msg"), out);
        T_TRUE(tag.n <= sizeof(out));
        T_EQ(hf_bytes_eq_secret(hf_bytes(out, tag.n), tag), v.valid);
        n++;
    }
    T_EQ(n, 174);
    if (f != NULL)
        fclose(f);
}

static void
hmac_gives_the_wycheproof_answers(void)
{
    each_kernel(check_hmac_vectors);
}

static void
check_hmac_many(void)
{
    static uint8_t         p[8192], got[40][HF_SM3_LEN];
    struct hf_sm3_hmac_key key[40];
    struct hf_sm3_hmac_job job[40];
    int                    bad = 0;

    any_bytes(p, sizeof(p));
    for (int round = 0; round < 60; round++) {
        size_t n = any(41);

        for (size_t i = 0; i < n; i++) {
            hf_sm3_hmac_key(&key[i], hf_bytes(p + i, 1 + any(100)));
            job[i] = (struct hf_sm3_hmac_job){ .key = &key[i], .out = got[i] };
            job[i].head = hf_bytes(p + any(100), any(65));
            job[i].body = hf_bytes(p + any(4000), any(round % 2 == 0 ? 130 : 3000));
        }
        hf_sm3_hmac_many(job, n);
        for (size_t i = 0; i < n; i++) {
            struct hf_sm3_hmac c;
            uint8_t            want[HF_SM3_LEN];

            hf_sm3_hmac_init(&c, &key[i]);
            hf_sm3_hmac_update(&c, job[i].head.p, job[i].head.n);
            hf_sm3_hmac_update(&c, job[i].body.p, job[i].body.n);
            hf_sm3_hmac_final(&c, want);
            bad += memcmp(want, got[i], sizeof(want)) != 0;
        }
    }
    T_EQ(bad, 0);
}

static void
many_hmacs_as_one_by_one(void)
{
    each_kernel(check_hmac_many);
}

/* -- Key derivation --------------------------------------------------------- */

static void
check_kdf(void)
{
    static uint8_t z[300], got[1500];
    int            bad = 0;

    any_bytes(z, sizeof(z));
    for (size_t zn = 0; zn < sizeof(z); zn += 1 + any(3)) {
        size_t n = any(sizeof(got));

        hf_sm3_kdf(hf_bytes(z, zn), got, n);
        for (size_t at = 0, i = 1; at < n; at += HF_SM3_LEN, i++) {
            uint8_t       c[4] = { 0, 0, (uint8_t)(i >> 8), (uint8_t)i }, want[HF_SM3_LEN];
            struct hf_sm3 h;

            hf_sm3_init(&h);
            hf_sm3_update(&h, z, zn);
            hf_sm3_update(&h, c, sizeof(c));
            hf_sm3_final(&h, want);
            bad += memcmp(want, got + at, n - at < HF_SM3_LEN ? n - at : HF_SM3_LEN) != 0;
        }
    }
    T_EQ(bad, 0);
}

static void
key_derivation_as_by_hand(void)
{
    each_kernel(check_kdf);
}

T_MAIN(T(gives_the_standards_examples), T(one_message_as_libcrypto), T(pieces_as_the_whole),
       T(many_messages_as_libcrypto), T(hmac_gives_the_wycheproof_answers),
       T(many_hmacs_as_one_by_one), T(key_derivation_as_by_hand))
