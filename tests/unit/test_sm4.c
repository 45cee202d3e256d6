/*
 * SM4 of every kernel this processor can run: the standard's examples, the
 * modes against libcrypto's own provider, Wycheproof for GCM and CCM.
 */
#include <openssl/evp.h>
#include <stdlib.h>

#include "crypto/sm/sm4.h"
#include "crypto/sm/sm4_gfni.h"
#include "crypto/sm/sm4_impl.h"
#include "unit/t.h"
#include "unit/vectors.h"

static uint64_t seed;

static uint32_t
any(uint32_t below)
{
    if (seed == 0)
        seed = t_seed(0x9e3779b9);
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

static void
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

static const EVP_CIPHER *
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
static void
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
    any_bytes(s.in, any(8) == 0 ? MOST : 64);
    memset(s.got, 0, sizeof(s.got));
    return &s;
}

static void
check_ecb_cbc(void)
{
    int bad = 0;

    for (int i = 0; i < t_ops(20000) / 4; i++) {
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
    static uint8_t           data[STREAMS][640], want[STREAMS][640];
    static struct hf_sm4_key key[STREAMS];
    struct hf_sm4_cbc_job    job[STREAMS];
    uint8_t                  iv[STREAMS][16], iv2[STREAMS][16], k[16];
    int                      bad = 0;

    for (int round = 0; round < t_ops(20000) / 40; round++) {
        size_t n = any(STREAMS + 1), longest = 1 + any(40);

        for (size_t i = 0; i < n; i++) {
            any_bytes(k, sizeof(k));
            any_bytes(iv[i], 16);
            any_bytes(data[i], 32);
            memcpy(iv2[i], iv[i], 16);
            hf_sm4_key_set(&key[i], k);
            job[i] = (struct hf_sm4_cbc_job){ &key[i], iv[i], data[i], data[i],
                                              any((uint32_t)longest + 1) };
            hf_sm4_cbc_encrypt(&key[i], iv2[i], data[i], want[i], job[i].blocks);
            memcpy(want[i] + 16 * job[i].blocks, data[i] + 16 * job[i].blocks,
                   sizeof(want[i]) - 16 * job[i].blocks);
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
cbc_streams_as_one_by_one(void)
{
    each_kernel(check_streams);
}

/* -- AEAD ------------------------------------------------------------------- */

typedef enum hf_rc aead_fn(const uint8_t key[16], const struct hf_sm4_aead *r);

static enum hf_rc
gcm_seal(const uint8_t key[16], const struct hf_sm4_aead *r)
{
    struct hf_sm4_gcm_key k;

    hf_sm4_gcm_key_set(&k, key);
    return hf_sm4_gcm_seal(&k, r);
}

static enum hf_rc
gcm_open(const uint8_t key[16], const struct hf_sm4_aead *r)
{
    struct hf_sm4_gcm_key k;

    hf_sm4_gcm_key_set(&k, key);
    return hf_sm4_gcm_open(&k, r);
}

static enum hf_rc
ccm_seal(const uint8_t key[16], const struct hf_sm4_aead *r)
{
    struct hf_sm4_key k;

    hf_sm4_key_set(&k, key);
    return hf_sm4_ccm_seal(&k, r);
}

static enum hf_rc
ccm_open(const uint8_t key[16], const struct hf_sm4_aead *r)
{
    struct hf_sm4_key k;

    hf_sm4_key_set(&k, key);
    return hf_sm4_ccm_open(&k, r);
}

static void
check_vector(const struct t_vector *v, aead_fn *seal, aead_fn *open)
{
    struct hf_bytes    msg = t_field(v, "msg"), ct = t_field(v, "ct"), tag = t_field(v, "tag");
    uint8_t            out[1024], made[256] = { 0 }, given[256];
    struct hf_sm4_aead r = { t_field(v, "iv"), t_field(v, "aad"), msg, out, made, tag.n };
    enum hf_rc         rc = seal(t_field(v, "key").p, &r);

    if (v->valid) {
        T_EQ(rc, HF_OK);
        T_BYTES(hf_bytes(out, ct.n), ct);
        T_BYTES(hf_bytes(made, tag.n), tag);
    }
    memcpy(given, tag.p, tag.n);
    r.in = ct;
    r.tag = given;
    rc = open(t_field(v, "key").p, &r);
    T_EQ(rc == HF_OK, v->valid);
    if (v->valid)
        T_BYTES(hf_bytes(out, msg.n), msg);
    if ((rc == HF_OK) != v->valid)
        printf("  vector %s\n", v->comment);
}

static void
check_file(const char *name, int count, aead_fn *seal, aead_fn *open)
{
    struct t_vector v;
    FILE           *f = t_vectors_open(name);
    int             n = 0;

    T_TRUE(f != NULL);
    while (f != NULL && t_vector_next(f, &v)) {
        check_vector(&v, seal, open);
        n++;
    }
    T_EQ(n, count);
    if (f != NULL)
        fclose(f);
}

static void
check_wycheproof(void)
{
    check_file("sm4_gcm.txt", 104, gcm_seal, gcm_open);
    check_file("sm4_ccm.txt", 184, ccm_seal, ccm_open);
}

static void
gcm_and_ccm_give_the_wycheproof_answers(void)
{
    each_kernel(check_wycheproof);
}

/* GHASH bit by bit (SP 800-38D 6.3): libcrypto 3.0 has no SM4-GCM to compare with. */
static void
slow_multiply(uint8_t y[16], const uint8_t h[16])
{
    uint8_t z[16] = { 0 }, v[16];

    memcpy(v, h, 16);
    for (int i = 0; i < 128; i++) {
        int low = v[15] & 1;

        for (int j = 0; j < 16; j++)
            z[j] ^= (uint8_t)(v[j] & (0 - (y[i / 8] >> (7 - i % 8) & 1)));
        for (int j = 15; j > 0; j--)
            v[j] = (uint8_t)(v[j] >> 1 | v[j - 1] << 7);
        v[0] = (uint8_t)(v[0] >> 1 ^ (low ? 0xe1 : 0));
    }
    memcpy(y, z, 16);
}

static void
slow_hash(uint8_t y[16], const uint8_t h[16], const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i += 16) {
        for (size_t j = 0; j < 16 && i + j < n; j++)
            y[j] ^= p[i + j];
        slow_multiply(y, h);
    }
}

static void
lengths_block(uint8_t b[16], uint64_t aad, uint64_t text)
{
    for (int i = 0; i < 8; i++) {
        b[i] = (uint8_t)(8 * aad >> (56 - 8 * i));
        b[8 + i] = (uint8_t)(8 * text >> (56 - 8 * i));
    }
}

/* SP 800-38D 7.1 with libcrypto's block cipher. */
static void
slow_seal(const uint8_t key[16], const struct hf_sm4_aead *r)
{
    uint8_t h[16] = { 0 }, j0[16] = { 0 }, s[16] = { 0 }, b[16], pad[16];

    theirs("SM4-ECB", true, key, NULL, h, h, 16);
    if (r->nonce.n == 12) {
        memcpy(j0, r->nonce.p, 12);
        j0[15] = 1;
    } else {
        slow_hash(j0, h, r->nonce.p, r->nonce.n);
        lengths_block(b, 0, r->nonce.n);
        slow_hash(j0, h, b, 16);
    }
    theirs("SM4-ECB", true, key, NULL, j0, pad, 16);
    for (size_t i = 0; i < r->in.n; i += 16) {
        uint8_t stream[16];

        for (int c = 15; c >= 12 && ++j0[c] == 0; c--)
            ;
        theirs("SM4-ECB", true, key, NULL, j0, stream, 16);
        for (size_t j = 0; j < 16 && i + j < r->in.n; j++)
            r->out[i + j] = r->in.p[i + j] ^ stream[j];
    }
    slow_hash(s, h, r->aad.p, r->aad.n);
    slow_hash(s, h, r->out, r->in.n);
    lengths_block(b, r->aad.n, r->in.n);
    slow_hash(s, h, b, 16);
    for (size_t i = 0; i < r->tag_n; i++)
        r->tag[i] = s[i] ^ pad[i];
}

static void
check_gcm_slow(void)
{
    static uint8_t in[1100], out[1100], want[1100], aad[300], nonce[70];
    uint8_t        key[16], tag[16], want_tag[16];
    int            bad = 0;

    any_bytes(in, sizeof(in));
    any_bytes(aad, sizeof(aad));
    for (size_t n = 0; n <= sizeof(in); n += n < 300 ? 1 : 1 + any(60)) {
        struct hf_sm4_aead r = { .in = hf_bytes(in, n), .out = want, .tag = want_tag };

        any_bytes(key, sizeof(key));
        any_bytes(nonce, sizeof(nonce));
        r.nonce = hf_bytes(nonce, n % 3 == 0 ? 1 + any(sizeof(nonce) - 1) : 12);
        r.aad = hf_bytes(aad, any(sizeof(aad)));
        r.tag_n = 16;
        slow_seal(key, &r);
        r.out = out;
        r.tag = tag;
        T_OK(gcm_seal(key, &r));
        bad += memcmp(out, want, n) != 0 || memcmp(tag, want_tag, 16) != 0;
    }
    T_EQ(bad, 0);
}

static void
gcm_as_the_definition(void)
{
    each_kernel(check_gcm_slow);
}

/* Pieces, one shot, opening, and refusal of every flipped bit. */
static void
check_gcm_pieces(void)
{
    static uint8_t        in[20000], out[20000], back[20000], whole[20000];
    struct hf_sm4_gcm_key k;
    int                   bad = 0;

    any_bytes(in, sizeof(in));
    for (int i = 0; i < t_ops(20000) / 20; i++) {
        size_t             n = any(i % 20 == 0 ? sizeof(in) : 700), an = any(100), at = 0;
        uint8_t            tag[16], tag2[16], nonce[12];
        struct hf_sm4_gcm  c;
        struct hf_sm4_aead r = {
            hf_bytes(nonce, 12), hf_bytes(in + 7, an), hf_bytes(in, n), whole, tag, 16
        };

        any_bytes(nonce, sizeof(nonce));
        hf_sm4_gcm_key_set(&k, in + any(100));
        T_OK(hf_sm4_gcm_seal(&k, &r));
        T_OK(hf_sm4_gcm_init(&c, &k, r.nonce));
        T_OK(hf_sm4_gcm_aad(&c, &k, hf_bytes(in + 7, an / 3)));
        T_OK(hf_sm4_gcm_aad(&c, &k, hf_bytes(in + 7 + an / 3, an - an / 3)));
        while (at < n) {
            size_t step = any(n / 2 + 20 > 5000 ? 5000 : (uint32_t)n / 2 + 20);

            step = step < n - at ? step : n - at;
            T_OK(hf_sm4_gcm_encrypt(&c, &k, in + at, out + at, step));
            at += step;
        }
        hf_sm4_gcm_tag(&c, &k, tag2);
        bad += memcmp(out, whole, n) != 0 || memcmp(tag, tag2, 16) != 0;
        T_OK(hf_sm4_gcm_init(&c, &k, r.nonce));
        T_OK(hf_sm4_gcm_aad(&c, &k, r.aad));
        T_OK(hf_sm4_gcm_decrypt(&c, &k, out, back, n / 2));
        T_OK(hf_sm4_gcm_decrypt(&c, &k, out + n / 2, back + n / 2, n - n / 2));
        hf_sm4_gcm_tag(&c, &k, tag2);
        bad += memcmp(back, in, n) != 0 || memcmp(tag, tag2, 16) != 0;
        r.in = hf_bytes(whole, n); /* open in place */
        tag[any(16)] ^= (uint8_t)(1 << any(8));
        T_RC(hf_sm4_gcm_open(&k, &r), HF_E_VERIFY);
        bad += memcmp(out, whole, n) != 0;
        memcpy(tag, tag2, 16);
        T_OK(hf_sm4_gcm_open(&k, &r));
        bad += memcmp(whole, in, n) != 0;
    }
    T_EQ(bad, 0);
}

static void
gcm_pieces_and_refusals(void)
{
    each_kernel(check_gcm_pieces);
}

#define RECORDS 23

/* Many records, some with a flipped bit, against the single calls. */
static void
check_gcm_many(void)
{
    static struct hf_sm4_gcm_key key[RECORDS];
    static uint8_t               in[RECORDS][600], out[RECORDS][600], want[RECORDS][600];
    struct hf_sm4_gcm_job        job[RECORDS];
    uint8_t                      nonce[RECORDS][20], tag[RECORDS][16], want_tag[16];
    bool                         spoiled[RECORDS];
    int                          bad = 0;

    for (int round = 0; round < t_ops(20000) / 100; round++) {
        size_t n = any(RECORDS + 1);
        bool   all = true;

        for (size_t i = 0; i < n; i++) {
            size_t             text = any(any(4) == 0 ? 600 : 250);
            struct hf_sm4_aead r = { .out = want[i], .tag = want_tag, .tag_n = 12 + any(5) };

            any_bytes(in[i], 40);
            any_bytes(nonce[i], sizeof(nonce[i]));
            hf_sm4_gcm_key_set(&key[i], in[i] + any(24));
            r.nonce = hf_bytes(nonce[i], any(5) == 0 ? 1 + any(20) : 12);
            r.aad = hf_bytes(in[i] + 100, any(30));
            r.in = hf_bytes(in[i], text);
            T_OK(hf_sm4_gcm_seal(&key[i], &r));
            job[i] = (struct hf_sm4_gcm_job){ .key = &key[i], .record = r };
            memcpy(tag[i], want_tag, 16);
            job[i].record.out = out[i];
            job[i].record.tag = want_tag;
        }
        /* tags are compared through opening, texts directly */
        for (size_t i = 0; i < n; i++)
            job[i].record.tag = tag[i];
        T_OK(hf_sm4_gcm_seal_many(job, n));
        for (size_t i = 0; i < n; i++) {
            struct hf_sm4_aead r = job[i].record;
            uint8_t            back[600];

            bad += memcmp(out[i], want[i], r.in.n) != 0;
            r.in.p = want[i];
            r.out = back;
            bad += hf_sm4_gcm_open(&key[i], &r) != HF_OK || memcmp(back, in[i], r.in.n) != 0;
            spoiled[i] = any(6) == 0;
            all = all && !spoiled[i];
            tag[i][any((uint32_t)r.tag_n)] ^= spoiled[i] ? 4 : 0;
            job[i].record.in.p = out[i]; /* in place */
        }
        T_EQ(hf_sm4_gcm_open_many(job, n) == HF_OK, all);
        for (size_t i = 0; i < n; i++) {
            bad += job[i].rc != (spoiled[i] ? HF_E_VERIFY : HF_OK);
            bad += memcmp(out[i], spoiled[i] ? want[i] : in[i], job[i].record.in.n) != 0;
        }
    }
    T_EQ(bad, 0);
}

static void
gcm_records_one_by_one(void)
{
    each_kernel(check_gcm_many);
}

/* -- XTS -------------------------------------------------------------------- */

/* IEEE 1619 by the book with libcrypto's block cipher, whole blocks only. */
static void
slow_xts(bool gb, const uint8_t key[32], const uint8_t iv[16], const uint8_t *in, uint8_t *out,
         size_t n)
{
    uint8_t t[16], b[16];

    theirs("SM4-ECB", true, key + 16, NULL, iv, t, 16);
    for (size_t i = 0; i < n; i++) {
        int carry;

        for (int j = 0; j < 16; j++)
            b[j] = in[16 * i + (size_t)j] ^ t[j];
        theirs("SM4-ECB", true, key, NULL, b, b, 16);
        for (int j = 0; j < 16; j++)
            out[16 * i + (size_t)j] = b[j] ^ t[j];
        carry = gb ? t[15] & 1 : t[15] >> 7;
        for (int j = 15; j >= 0; j--)
            t[j] = (uint8_t)(gb ? t[j] >> 1 | (j > 0 ? t[j - 1] << 7 : 0)
                                : t[j] << 1 | (j > 0 ? t[j - 1] >> 7 : 0));
        t[0] ^= carry ? (gb ? 0xe1 : 0x87) : 0;
    }
}

static void
check_xts(void)
{
    static uint8_t    in[2100], out[2100], want[2100];
    struct hf_sm4_key k1, k2;
    uint8_t           key[32], iv[16];
    int               bad = 0;

    any_bytes(in, sizeof(in));
    for (size_t n = 16; n <= sizeof(in); n += 1 + any(9)) {
        enum hf_sm4_xts kind = n % 2 == 0 ? HF_SM4_XTS_GB : HF_SM4_XTS_IEEE;
        size_t          whole = n / 16 - (n % 16 != 0);

        any_bytes(key, sizeof(key));
        any_bytes(iv, sizeof(iv));
        hf_sm4_key_set(&k1, key);
        hf_sm4_key_set(&k2, key + 16);
        slow_xts(kind == HF_SM4_XTS_GB, key, iv, in, want, whole);
        T_OK(hf_sm4_xts_encrypt(kind, &k1, &k2, iv, in, out, n));
        bad += memcmp(out, want, 16 * whole) != 0;
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

static void
refuses_impossible_lengths(void)
{
    struct hf_sm4_gcm_key k;
    uint8_t               b[32] = { 0 }, tag[16] = { 0 };
    struct hf_sm4_aead    r = { hf_bytes(b, 12), hf_bytes(NULL, 0), hf_bytes(b, 5), b, tag, 3 };

    hf_sm4_gcm_key_set(&k, standard_key);
    T_RC(hf_sm4_gcm_seal(&k, &r), HF_E_ARG);
    T_RC(hf_sm4_ccm_seal(&k.sm4, &r), HF_E_ARG);
    r.tag_n = 17;
    T_RC(hf_sm4_gcm_open(&k, &r), HF_E_ARG);
    r.tag_n = 16;
    r.nonce = hf_bytes(b, 0);
    T_RC(hf_sm4_gcm_seal(&k, &r), HF_E_ARG);
    r.nonce = hf_bytes(b, 14);
    T_RC(hf_sm4_ccm_open(&k.sm4, &r), HF_E_ARG);
    r.nonce = hf_bytes(b, 6);
    T_RC(hf_sm4_ccm_open(&k.sm4, &r), HF_E_ARG);
    r.nonce = hf_bytes(b, 0);
    {
        struct hf_sm4_gcm_job job = { .key = &k, .record = r };

        T_RC(hf_sm4_gcm_seal_many(&job, 1), HF_E_ARG);
        T_RC(hf_sm4_gcm_open_many(&job, 1), HF_E_ARG);
    }
}

T_MAIN(T(gives_the_standards_example), T(gives_the_standards_millionfold_example),
       T(gives_the_sbox), T(gfni_numbers_follow_from_the_standard),
       T(ecb_and_cbc_as_libcrypto), T(ctr_as_libcrypto),
       T(cbc_streams_as_one_by_one), T(gcm_and_ccm_give_the_wycheproof_answers),
       T(gcm_as_the_definition), T(gcm_pieces_and_refusals), T(gcm_records_one_by_one),
       T(xts_as_the_definition), T(refuses_impossible_lengths))
