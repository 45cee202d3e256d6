/*
 * SM4 with authentication, of every kernel this processor can run: Wycheproof,
 * the definitions over libcrypto's block modes (its version 3.0 has neither
 * SM4-GCM nor SM4-CCM), pieces, batches, refusals.
 */
#include "unit/sm4_ref.h"

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

/* -- GCM -------------------------------------------------------------------- */

static uint64_t
get64(const uint8_t p[8])
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}

static void
put64(uint8_t p[8], uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

/* GHASH bit by bit (SP 800-38D 6.3): libcrypto 3.0 has no SM4-GCM to compare with. */
static void
slow_multiply(uint8_t y[16], const uint8_t h[16])
{
    uint64_t v[2] = { get64(h), get64(h + 8) }, z[2] = { 0, 0 };

    for (int i = 0; i < 128; i++) {
        uint64_t bit = 0 - (uint64_t)(y[i / 8] >> (7 - i % 8) & 1), low = 0 - (v[1] & 1);

        z[0] ^= v[0] & bit;
        z[1] ^= v[1] & bit;
        v[1] = v[1] >> 1 | v[0] << 63;
        v[0] = v[0] >> 1 ^ (low & 0xe100000000000000);
    }
    put64(y, z[0]);
    put64(y + 8, z[1]);
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
slow_lengths(uint8_t y[16], const uint8_t h[16], size_t aad, size_t text)
{
    uint8_t b[16];

    put64(b, 8 * aad);
    put64(b + 8, 8 * text);
    slow_hash(y, h, b, 16);
}

#define SLOW_MOST 1100

/* SP 800-38D 7.1 with libcrypto's block cipher. */
static void
slow_gcm(const uint8_t key[16], const struct hf_sm4_aead *r)
{
    static uint8_t stream[SLOW_MOST + 32];
    uint8_t        h[16] = { 0 }, j0[16] = { 0 }, s[16] = { 0 };
    size_t         blocks = 1 + (r->in.n + 15) / 16;

    theirs("SM4-ECB", true, key, NULL, h, h, 16);
    if (r->nonce.n == 12) {
        memcpy(j0, r->nonce.p, 12);
        j0[15] = 1;
    } else {
        slow_hash(j0, h, r->nonce.p, r->nonce.n);
        slow_lengths(j0, h, 0, r->nonce.n);
    }
    for (size_t i = 0; i < blocks; i++) {
        memcpy(stream + 16 * i, j0, 16);
        for (int c = 15; c >= 12 && ++j0[c] == 0; c--)
            ;
    }
    theirs("SM4-ECB", true, key, NULL, stream, stream, 16 * blocks);
    for (size_t i = 0; i < r->in.n; i++)
        r->out[i] = r->in.p[i] ^ stream[16 + i];
    slow_hash(s, h, r->aad.p, r->aad.n);
    slow_hash(s, h, r->out, r->in.n);
    slow_lengths(s, h, r->aad.n, r->in.n);
    for (size_t i = 0; i < r->tag_n; i++)
        r->tag[i] = s[i] ^ stream[i];
}

/* -- CCM -------------------------------------------------------------------- */

/* SP 800-38C: B0, additional data and text in one run, for less than 0xff00 bytes of data. */
static size_t
ccm_blocks(uint8_t *b, const struct hf_sm4_aead *r)
{
    size_t n = 16;

    memset(b, 0, 16);
    b[0] = (uint8_t)((r->aad.n > 0 ? 64 : 0) + 8 * ((r->tag_n - 2) / 2) + 14 - r->nonce.n);
    memcpy(b + 1, r->nonce.p, r->nonce.n);
    b[14] = (uint8_t)(r->in.n >> 8);
    b[15] = (uint8_t)r->in.n;
    if (r->aad.n > 0) {
        b[n++] = (uint8_t)(r->aad.n >> 8);
        b[n++] = (uint8_t)r->aad.n;
        memcpy(b + n, r->aad.p, r->aad.n);
        n += r->aad.n;
    }
    for (; n % 16 != 0; n++)
        b[n] = 0;
    memcpy(b + n, r->in.p, r->in.n);
    for (n += r->in.n; n % 16 != 0; n++)
        b[n] = 0;
    return n;
}

/* With libcrypto's CBC for the MAC, and its CTR from counter 0, which hides the MAC. */
static void
slow_ccm(const uint8_t key[16], const struct hf_sm4_aead *r)
{
    static uint8_t b[2 * SLOW_MOST], out[2 * SLOW_MOST];
    uint8_t        iv[16] = { 0 };
    size_t         n = ccm_blocks(b, r);

    theirs("SM4-CBC", true, key, iv, b, out, n);
    memcpy(b, out + n - 16, 16);
    memcpy(b + 16, r->in.p, r->in.n);
    iv[0] = (uint8_t)(14 - r->nonce.n);
    memcpy(iv + 1, r->nonce.p, r->nonce.n);
    theirs("SM4-CTR", true, key, iv, b, out, 16 + r->in.n);
    memcpy(r->tag, out, r->tag_n);
    memcpy(r->out, out + 16, r->in.n);
}

/* -- Both against their definitions ------------------------------------------ */

/* Sealed as by the definition, opened again in place, refused with a flipped bit. */
static int
check_record(const uint8_t key[16], struct hf_sm4_aead r, aead_fn *seal, aead_fn *open,
             void (*slow)(const uint8_t key[16], const struct hf_sm4_aead *r))
{
    static uint8_t out[SLOW_MOST], want[SLOW_MOST];
    uint8_t        tag[16], want_tag[16];
    size_t         n = r.in.n;
    struct hf_bytes text = r.in;
    int            bad = 0;

    r.out = want;
    r.tag = want_tag;
    slow(key, &r);
    r.out = out;
    r.tag = tag;
    T_OK(seal(key, &r));
    bad += memcmp(out, want, n) != 0 || memcmp(tag, want_tag, r.tag_n) != 0;
    r.in = hf_bytes(out, n);
    T_OK(open(key, &r));
    bad += memcmp(out, text.p, n) != 0;
    memcpy(out, want, n);
    tag[any((uint32_t)r.tag_n)] ^= (uint8_t)(1 << any(8));
    T_RC(open(key, &r), HF_E_VERIFY);
    return bad;
}

static size_t
short_mostly(int i)
{
    return any(i % 100 == 0 ? SLOW_MOST : 110);
}

static void
check_gcm(void)
{
    static uint8_t in[SLOW_MOST], aad[300], nonce[70];
    uint8_t        key[16];
    int            bad = 0;

    any_bytes(in, sizeof(in));
    any_bytes(aad, sizeof(aad));
    for (int i = 0; i < t_ops(20000) / 2; i++) { /* one each way */
        struct hf_sm4_aead r = { .in = hf_bytes(in, i < SLOW_MOST ? (size_t)i : short_mostly(i)) };

        any_bytes(key, sizeof(key));
        any_bytes(nonce, 16);
        r.nonce = hf_bytes(nonce, any(8) == 0 ? 1 + any(sizeof(nonce) - 1) : 12);
        r.aad = hf_bytes(aad, any(any(20) == 0 ? sizeof(aad) : 40));
        r.tag_n = 4 + any(13);
        bad += check_record(key, r, gcm_seal, gcm_open, slow_gcm);
    }
    T_EQ(bad, 0);
}

static void
gcm_as_the_definition(void)
{
    each_kernel(check_gcm);
}

static void
check_ccm(void)
{
    static uint8_t in[SLOW_MOST], aad[300], nonce[13];
    uint8_t        key[16];
    int            bad = 0;

    any_bytes(in, sizeof(in));
    any_bytes(aad, sizeof(aad));
    for (int i = 0; i < t_ops(20000) / 2; i++) { /* one each way */
        struct hf_sm4_aead r = { .in = hf_bytes(in, short_mostly(i)) };

        any_bytes(key, sizeof(key));
        any_bytes(nonce, sizeof(nonce));
        r.nonce = hf_bytes(nonce, 7 + any(7));
        r.aad = hf_bytes(aad, any(any(20) == 0 ? sizeof(aad) : 40));
        r.tag_n = 4 + 2 * any(7);
        bad += check_record(key, r, ccm_seal, ccm_open, slow_ccm);
    }
    T_EQ(bad, 0);
}

static void
ccm_as_the_definition(void)
{
    each_kernel(check_ccm);
}

/* -- GCM in pieces and in batches -------------------------------------------- */

/* Pieces, one shot, opening, and refusal of every flipped bit. */
static void
check_gcm_pieces(void)
{
    static uint8_t        in[20000], out[20000], back[20000], whole[20000];
    struct hf_sm4_gcm_key k;
    int                   bad = 0;

    any_bytes(in, sizeof(in));
    for (int i = 0; i < t_ops(20000) / 5; i++) { /* five operations each */
        size_t             n = any(i % 400 == 0 ? sizeof(in) : any(20) == 0 ? 1500 : 150);
        size_t             an = any(100), at = 0;
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

    for (int done = 0; done < t_ops(20000);) {
        size_t n = any(RECORDS + 1);
        bool   all = true;

        done += 2 * (int)n + 1; /* sealed and opened */

        for (size_t i = 0; i < n; i++) {
            size_t             text = any(any(4) == 0 ? 600 : any(2) == 0 ? 250 : 40);
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

static void
refuses_impossible_lengths(void)
{
    struct hf_sm4_gcm_key k;
    uint8_t               b[32] = { 0 }, tag[16] = { 0 };
    struct hf_sm4_aead    r = { hf_bytes(b, 12), hf_bytes(NULL, 0), hf_bytes(b, 5), b, tag, 3 };

    hf_sm4_gcm_key_set(&k, b);
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

T_MAIN(T(gcm_and_ccm_give_the_wycheproof_answers), T(gcm_as_the_definition),
       T(ccm_as_the_definition), T(gcm_pieces_and_refusals), T(gcm_records_one_by_one),
       T(refuses_impossible_lengths))
