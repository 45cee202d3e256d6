/*
 * SM4 of every kernel this processor can run: the standard's examples, the
 * modes that only encrypt against libcrypto's own provider. The others are in
 * test_sm4_aead.c.
 */
#include "unit/sm4_ref.h"

#include "crypto/sm/sm4_gfni.h"

/* -- GB/T 32907-2016 appendix A --------------------------------------------- */

static const uint8_t standard_key[16] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                          0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10 };

static void
check_examples(void)
{
    struct hf_sm4_key k;
    uint8_t           b[16], want[16];

    hf_sm4_key_set(&k, standard_key);
    if (hf_sm4_impl()->keys == NULL) { /* round keys as the standard has them */
        T_EQ(k.enc[0], 0xf12186f9);
        T_EQ(k.enc[31], 0x9124a012);
    }
    hf_sm4_ecb_encrypt(&k, standard_key, b, 1);
    t_hex("681edf34d206965e86b3e94f536e4246", want, sizeof(want));
    T_BYTES(hf_bytes(b, 16), hf_bytes(want, 16));
    hf_sm4_ecb_decrypt(&k, b, b, 1);
    T_BYTES(hf_bytes(b, 16), hf_bytes(standard_key, 16));
}

static void
gives_the_standards_example(void)
{
    each_kernel(check_examples);
}

static void
gives_the_standards_millionfold_example(void)
{
    struct hf_sm4_key k;
    uint8_t           b[16], want[16];

    hf_sm4_key_set(&k, standard_key);
    memcpy(b, standard_key, 16);
    for (int i = 0; i < 1000000; i++)
        hf_sm4_ecb_encrypt(&k, b, b, 1);
    t_hex("595298c7c6fd271f0402f804c33d3f66", want, sizeof(want));
    T_BYTES(hf_bytes(b, 16), hf_bytes(want, 16));
}

/* Against the S-box by its definition in the field. */
#define SM4_FIELD 0x1f5
#define AES_FIELD 0x11b

static unsigned
field_multiply(unsigned a, unsigned b, unsigned modulus)
{
    unsigned r = 0;

    for (; b != 0; b >>= 1, a = a << 1 ^ (a & 0x80 ? modulus : 0))
        r ^= b & 1 ? a : 0;
    return r;
}

static unsigned
circulant(unsigned x)
{
    unsigned r = 0;

    for (unsigned i = 0; i < 8; i++)
        r |= (unsigned)__builtin_parity((0xa7U << i | 0xa7U >> (8 - i)) & 0xff & x) << i;
    return r;
}

static unsigned
affine(unsigned x)
{
    return circulant(x) ^ 0xd3;
}

static void
check_sbox(void)
{
    int bad = 0;

    for (unsigned x = 0; x < 256; x++) {
        unsigned a = affine(x), inverse = 1;

        for (unsigned i = 0; i < 254; i++)
            inverse = field_multiply(inverse, a, SM4_FIELD);
        bad += hf_sm4_impl()->tau(x * 0x01010101U) != affine(inverse) * 0x01010101U;
    }
    T_EQ(bad, 0);
    T_EQ(hf_sm4_impl()->tau(0x000102ff) >> 8, 0xd690e9);
}

static void
gives_the_sbox(void)
{
    each_kernel(check_sbox);
}

/* The instruction's matrix times x: bit i of the result comes from byte 7 - i of the matrix. */
static unsigned
matrix(uint64_t m, unsigned x)
{
    unsigned r = 0;

    for (unsigned i = 0; i < 8; i++)
        r |= (unsigned)__builtin_parity((unsigned)(m >> 8 * (7 - i)) & 0xff & x) << i;
    return r;
}

/* From the SM4 field to the AES field: its variable becomes a root of its polynomial there. */
static unsigned
to_aes(unsigned x)
{
    unsigned r = 0, power = 1;

    for (; x != 0; x >>= 1, power = field_multiply(power, 0xd6, AES_FIELD))
        r ^= x & 1 ? power : 0;
    return r;
}

/* The numbers of sm4_gfni.h: matrices, and L as a sum over rotations by bytes. */
static void
gfni_numbers_follow_from_the_standard(void)
{
    int bad = 0;

    T_EQ(to_aes(SM4_FIELD), 0);
    T_EQ(SM4_INTO_ADD, to_aes(0xd3));
    for (unsigned x = 0; x < 256; x++) {
        unsigned y = to_aes(x), s = circulant(x);   /* x: what was inverted */
        unsigned m1 = (s << 2 | s >> 6) & 0xff, m3 = s ^ s >> 6;

        bad += matrix(SM4_INTO, x) != to_aes(circulant(x));
        bad += matrix(SM4_FROM, y) != s;
        bad += matrix(SM4_BACK, matrix(SM4_INTO, x)) != x;
        bad += matrix(SM4_N1, y) != matrix(SM4_INTO, m1);
        bad += matrix(SM4_N3, y) != matrix(SM4_INTO, m3);
    }
    T_EQ(bad, 0);
    T_EQ(SM4_ADD, matrix(SM4_INTO, (0xd3 << 2 | 0xd3 >> 6) & 0xff));
    for (unsigned i = 0; i < 32; i++) { /* L of each bit, by its definition and by bytes */
        uint32_t t = (uint32_t)1 << i, l = t, m1 = 0, m3 = 0;

        for (unsigned by = 2; by <= 24; by += by < 18 ? 8 : 6)
            l ^= t << by | t >> (32 - by);
        for (unsigned b = 0; b < 32; b += 8) {
            unsigned s = t >> b & 0xff;

            m1 |= ((s << 2 | s >> 6) & 0xff) << b;
            m3 |= (s ^ s >> 6) << b;
        }
        T_EQ(l, m1 ^ m3 ^ (m1 << 8 | m1 >> 24) ^ (m1 << 16 | m1 >> 16) ^ (m3 << 24 | m3 >> 8));
    }
}

/* -- Against libcrypto ------------------------------------------------------ */

#define MOST 8192

struct sample {
    uint8_t           key[16], iv[16];
    struct hf_sm4_key k;
    size_t            n; /* whole blocks */
    uint8_t           in[MOST], want[MOST], got[MOST];
};

static struct sample *
sample(void)
{
    static struct sample s;

    any_bytes(s.key, sizeof(s.key));
    any_bytes(s.iv, sizeof(s.iv));
    if (any(4) == 0) /* counters about to wrap */
        memset(s.iv + 16 - any(13), 0xff, any(4));
    if (any(6) == 0)
        memset(s.iv + 8, 0xff, 8);
    hf_sm4_key_set(&s.k, s.key);
    s.n = any(any(60) == 0 ? MOST / 16 + 1 : any(6) == 0 ? 140 : 24); /* kernels take 64 */
    any_bytes(s.in, any(40) == 0 ? MOST : 64);
    memset(s.got, 0, sizeof(s.got));
    return &s;
}

static void
check_ecb_cbc(void)
{
    int bad = 0;

    for (int i = 0; i < t_ops(20000) / 2; i++) { /* one each way of each mode */
        struct sample *s = sample();
        uint8_t        iv[16];
        bool           in_place = any(2) == 0;
        const uint8_t *in = in_place ? s->got : s->in;

        for (int mode = 0; mode < 4; mode++) {
            theirs(mode < 2 ? "SM4-ECB" : "SM4-CBC", mode % 2 == 0, s->key, s->iv, s->in, s->want,
                   16 * s->n);
            if (in_place)
                memcpy(s->got, s->in, 16 * s->n);
            memcpy(iv, s->iv, 16);
            if (mode == 0)
                hf_sm4_ecb_encrypt(&s->k, in, s->got, s->n);
            else if (mode == 1)
                hf_sm4_ecb_decrypt(&s->k, in, s->got, s->n);
            else if (mode == 2)
                hf_sm4_cbc_encrypt(&s->k, iv, in, s->got, s->n);
            else
                hf_sm4_cbc_decrypt(&s->k, iv, in, s->got, s->n);
            bad += memcmp(s->got, s->want, 16 * s->n) != 0;
            if (mode >= 2 && s->n > 0)
                bad += memcmp(iv, (mode == 2 ? s->want : s->in) + 16 * (s->n - 1), 16) != 0;
        }
    }
    T_EQ(bad, 0);
}

static void
ecb_and_cbc_as_libcrypto(void)
{
    each_kernel(check_ecb_cbc);
}

static void
check_ctr(void)
{
    int bad = 0;

    for (int i = 0; i < t_ops(20000); i++) {
        struct sample    *s = sample();
        struct hf_sm4_ctr c;
        size_t            n = any((uint32_t)(16 * s->n + 1)), at = 0;

        theirs("SM4-CTR", true, s->key, s->iv, s->in, s->want, n);
        hf_sm4_ctr_init(&c, s->iv);
        while (at < n) {
            size_t step = any(3) == 0 ? any(40) : n - at;

            step = step < n - at ? step : n - at;
            hf_sm4_ctr_update(&c, &s->k, s->in + at, s->got + at, step);
            at += step;
        }
        bad += memcmp(s->got, s->want, n) != 0;
    }
    T_EQ(bad, 0);
}

static void
ctr_as_libcrypto(void)
{
    each_kernel(check_ctr);
}

#define STREAMS 75

static void
check_streams(void)
{
    static uint8_t           in[STREAMS][640], data[STREAMS][640], want[STREAMS][640];
    static struct hf_sm4_key key[STREAMS];
    struct hf_sm4_cbc_job    job[STREAMS];
    uint8_t                  iv[STREAMS][16], iv2[STREAMS][16], k[16];
    int                      bad = 0;

    for (int done = 0; done < t_ops(20000);) {
        size_t n = any(STREAMS + 1), longest = 1 + any(40);
        bool   in_place = any(2) == 0;

        for (size_t i = 0; i < n; i++) {
            any_bytes(k, sizeof(k));
            any_bytes(iv[i], 16);
            any_bytes(in[i], 32);
            memcpy(data[i], in[i], sizeof(data[i]));
            memcpy(want[i], in[i], sizeof(want[i]));
            hf_sm4_key_set(&key[i], k);
            job[i] = (struct hf_sm4_cbc_job){ &key[i], iv[i], in_place ? data[i] : in[i], data[i],
                                              any((uint32_t)longest + 1) };
            theirs("SM4-CBC", true, k, iv[i], in[i], want[i], 16 * job[i].blocks);
            memcpy(iv2[i], job[i].blocks > 0 ? want[i] + 16 * (job[i].blocks - 1) : iv[i], 16);
            done += job[i].blocks > 0;
        }
        hf_sm4_cbc_encrypt_many(job, n);
        for (size_t i = 0; i < n; i++) {
            bad += memcmp(data[i], want[i], sizeof(want[i])) != 0;
            bad += memcmp(iv[i], iv2[i], 16) != 0;
            bad += job[i].blocks != 0;
        }
    }
    T_EQ(bad, 0);
}

static void
cbc_streams_as_libcrypto(void)
{
    each_kernel(check_streams);
}

/* -- XTS -------------------------------------------------------------------- */

/* IEEE 1619 5.3 and GB/T 17964 by the book with libcrypto's block cipher. */
static void
next_tweak(bool gb, uint8_t t[16])
{
    int carry = gb ? t[15] & 1 : t[15] >> 7;

    for (int j = 15; j >= 0; j--)
        t[j] = (uint8_t)(gb ? t[j] >> 1 | (j > 0 ? t[j - 1] << 7 : 0)
                            : t[j] << 1 | (j > 0 ? t[j - 1] >> 7 : 0));
    t[0] ^= carry ? (gb ? 0xe1 : 0x87) : 0;
}

static void
slow_block(const uint8_t key[16], const uint8_t t[16], const uint8_t in[16], uint8_t out[16])
{
    uint8_t b[16];

    for (int j = 0; j < 16; j++)
        b[j] = in[j] ^ t[j];
    theirs("SM4-ECB", true, key, NULL, b, b, 16);
    for (int j = 0; j < 16; j++)
        out[j] = b[j] ^ t[j];
}

static void
slow_xts(bool gb, const uint8_t key[32], const uint8_t iv[16], const uint8_t *in, uint8_t *out,
         size_t n)
{
    uint8_t t[16], b[16];
    size_t  at = 0;

    theirs("SM4-ECB", true, key + 16, NULL, iv, t, 16);
    for (; at + 16 <= n; at += 16, next_tweak(gb, t))
        slow_block(key, t, in + at, out + at);
    if (at == n)
        return;
    memcpy(b, out + at - 16, 16); /* the rest steals from the block before */
    memcpy(out + at, b, n - at);
    memcpy(b, in + at, n - at);
    slow_block(key, t, b, out + at - 16);
}

static void
check_xts(void)
{
    static uint8_t    in[2100], out[2100], want[2100];
    struct hf_sm4_key k1, k2;
    uint8_t           key[32], iv[16];
    int               bad = 0;

    any_bytes(in, sizeof(in));
    for (int i = 0; i < t_ops(20000) / 2; i++) { /* one each way */
        bool            gb = any(2) == 0;
        enum hf_sm4_xts kind = gb ? HF_SM4_XTS_GB : HF_SM4_XTS_IEEE;
        size_t          n = 16 + any(i % 100 == 0 ? sizeof(in) - 15 : 90);

        any_bytes(key, sizeof(key));
        any_bytes(iv, sizeof(iv));
        hf_sm4_key_set(&k1, key);
        hf_sm4_key_set(&k2, key + 16);
        slow_xts(gb, key, iv, in, want, n);
        T_OK(hf_sm4_xts_encrypt(kind, &k1, &k2, iv, in, out, n));
        bad += memcmp(out, want, n) != 0;
        T_OK(hf_sm4_xts_decrypt(kind, &k1, &k2, iv, out, out, n));
        bad += memcmp(out, in, n) != 0;
    }
    T_EQ(bad, 0);
    T_RC(hf_sm4_xts_encrypt(HF_SM4_XTS_GB, &k1, &k2, iv, in, out, 15), HF_E_ARG);
}

static void
xts_as_the_definition(void)
{
    each_kernel(check_xts);
}

T_MAIN(T(gives_the_standards_example), T(gives_the_standards_millionfold_example),
       T(gives_the_sbox), T(gfni_numbers_follow_from_the_standard), T(ecb_and_cbc_as_libcrypto),
       T(ctr_as_libcrypto), T(cbc_streams_as_libcrypto), T(xts_as_the_definition))
