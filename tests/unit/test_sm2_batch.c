/* Batches give what single calls give, for every size and mixture, on the tier of HUFU_CPU. */
#include <stdlib.h>
#include <string.h>

#include "crypto/sm/sm2_int.h"
#include "unit/t.h"

#define N 150

static struct hf_sm2_key         key[4];
static struct hf_sm2_sign_job    signs[N];
static struct hf_sm2_verify_job  checks[N];
static uint8_t                   e[N][32];

static void
setup(void)
{
    for (size_t i = 0; i < HF_COUNT(key); i++)
        T_OK(hf_sm2_key_generate(&key[i]));
    for (size_t i = 0; i < N; i++) {
        e[i][0] = (uint8_t)i;
        e[i][31] = (uint8_t)(i * 3);
    }
}

static void
sign_and_check(size_t n)
{
    for (size_t i = 0; i < n; i++)
        signs[i] = (struct hf_sm2_sign_job){ .key = &key[i % 3], .e = e[i] };
    T_OK(hf_sm2_sign_batch(signs, n));
    for (size_t i = 0; i < n; i++)
        checks[i] = (struct hf_sm2_verify_job){ &key[i % 3].pub, e[i], signs[i].sig, false };
}

static void
every_size_signs_and_verifies(void)
{
    setup();
    hf_sm2_cache_limit(0);
    for (size_t n = 0; n <= N; n += n < 20 ? 1 : 13) {
        sign_and_check(n);
        T_TRUE(hf_sm2_verify_batch(checks, n));
        for (size_t i = 0; i < n; i++) {
            T_TRUE(checks[i].ok);
            T_OK(hf_sm2_verify(checks[i].pub, e[i], &signs[i].sig));
        }
    }
    hf_sm2_cache_limit(64);
}

/* Wrong ones of every kind in every lane, with and without tables. */
static void
bad_ones_do_not_hide_others(void)
{
    static const uint8_t n_bytes[32] = {
        0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6, 0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5,
        0x41, 0x23,
    };

    setup();
    for (int tables = 0; tables < 3; tables++) {
        hf_sm2_cache_clear();
        hf_sm2_cache_limit(tables == 0 ? 0 : 64);
        if (tables == 1)
            hf_sm2_cache_warm(&key[0].pub);     /* a mixture */
        for (int i = 0; tables == 2 && i < 3; i++)
            hf_sm2_cache_warm(&key[i].pub);
        for (size_t start = 0; start < 7; start++) {
            sign_and_check(64);
            for (size_t i = start; i < 64; i += 7) {
                struct hf_sm2_sig *s = &checks[i].sig;

                switch (i % 5) {
                case 0: s->r[i % 32] ^= 1; break;
                case 1: s->s[i % 32] ^= 2; break;
                case 2: memset(s->r, 0, 32); break;
                case 3: memcpy(s->s, n_bytes, 32); break;
                default: checks[i].pub = &key[3].pub; break;
                }
            }
            T_FALSE(hf_sm2_verify_batch(checks, 64));
            for (size_t i = 0; i < 64; i++)
                T_EQ(checks[i].ok, i < start || (i - start) % 7 != 0);
        }
    }
    hf_sm2_cache_limit(64);
}

/*
 * d = 1 makes P = G, and other small d small multiples of it: then the two
 * halves of sG + tP meet in ways that random keys never show.
 */
static void
keys_near_the_base_point_verify(void)
{
    static struct hf_sm2_key near_base[16];
    uint8_t                  d[32] = { 0 };

    setup();
    for (uint8_t i = 0; i < 16; i++) {
        d[31] = (uint8_t)(i + 1);
        T_OK(hf_sm2_key_read(hf_bytes(d, 32), &near_base[i]));
    }
    for (size_t i = 0; i < N; i++)
        signs[i] = (struct hf_sm2_sign_job){ .key = &near_base[i % 16], .e = e[i] };
    T_OK(hf_sm2_sign_batch(signs, N));
    for (size_t i = 0; i < N; i++)
        checks[i] = (struct hf_sm2_verify_job){ &near_base[i % 16].pub, e[i], signs[i].sig, false };
    T_TRUE(hf_sm2_verify_batch(checks, N));
}

/* e that makes (r, s) a signature by the private key d: r - x1 of (s + (r + s)d)G, all small. */
static bool
e_for(uint8_t d, uint8_t r, uint8_t s, uint8_t out[32])
{
    uint64_t       k[4] = { (uint64_t)s + (uint64_t)(r + s) * d }, rr[4] = { r }, x[4];
    struct sm2_jac j;
    struct sm2_aff p;
    uint8_t        x1[32];
    bool           finite;

    hf_sm2_ops()->comb_mul(&j, hf_sm2_base_comb(), k);
    finite = hf_sm2_affine(&p, &j);
    hf_sm2_fe_write(x1, &p.x);
    hf_sm2_load(x, x1);
    hf_sm2_n_reduce(x, x);
    hf_sm2_n_sub(x, rr, x);
    hf_sm2_store(out, x);
    return finite;
}

/*
 * Keys and numbers so small that equal points meet inside the additions, as
 * random ones never do. Every lane must come out right all the same.
 */
static void
small_numbers_verify(void)
{
    static struct hf_sm2_key small[6];
    uint8_t                  d[32] = { 0 };
    size_t                   n = 0;

    for (uint8_t i = 0; i < 6; i++) {
        d[31] = (uint8_t)(i + 1);
        T_OK(hf_sm2_key_read(hf_bytes(d, 32), &small[i]));
    }
    for (int tables = 0; tables < 2; tables++) {
        hf_sm2_cache_limit(tables ? 64 : 0);
        for (int i = 0; tables && i < 6; i++)
            hf_sm2_cache_warm(&small[i].pub);
        n = 0;
        for (uint8_t k = 0; k < 6; k++)
            for (uint8_t s = 1; s <= 5; s++)
                for (uint8_t r = 1; r <= 5 && n < N; r++) {
                    T_TRUE(e_for((uint8_t)(k + 1), r, s, e[n]));
                    checks[n] = (struct hf_sm2_verify_job){ .pub = &small[k].pub, .e = e[n] };
                    checks[n].sig.s[31] = s;
                    checks[n].sig.r[31] = r;
                    n++;
                }
        T_EQ(n, N);
        T_TRUE(hf_sm2_verify_batch(checks, n));
        for (size_t i = 0; i < n; i++)
            T_OK(hf_sm2_verify(checks[i].pub, checks[i].e, &checks[i].sig));
    }
    hf_sm2_cache_limit(64);
}

static void
generated_keys_are_pairs(void)
{
    static struct hf_sm2_key many[N];
    struct hf_sm2_key        again;

    for (size_t n = 0; n <= N; n += n < 10 ? 1 : 28) {
        memset(many, 0, sizeof(many));
        T_OK(hf_sm2_key_generate_batch(many, n));
        for (size_t i = 0; i < n; i++) {
            T_OK(hf_sm2_key_read(hf_bytes(many[i].d, 32), &again));
            T_TRUE(memcmp(&again, &many[i], sizeof(again)) == 0);
            T_TRUE(i == 0 || memcmp(many[i].d, many[i - 1].d, 32) != 0);
        }
    }
}

T_MAIN(T(every_size_signs_and_verifies), T(bad_ones_do_not_hide_others),
       T(keys_near_the_base_point_verify), T(small_numbers_verify),
       T(generated_keys_are_pairs))
