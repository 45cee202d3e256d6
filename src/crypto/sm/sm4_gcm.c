/*
 * sm4_gcm.c - SM4-GCM (GB/T 36624, SP 800-38D, RFC 8998).
 */
#include <openssl/crypto.h>
#include <string.h>

#include "crypto/sm/sm4_impl.h"

#define TEXT_MAX  (((uint64_t)1 << 36) - 32) /* SP 800-38D 5.2.1.1, bytes */
#define NONCE_MAX ((size_t)1 << 20)          /* ours */
#define CHUNK     ((size_t)8192)             /* cipher and hash while it is in the first cache */
#define SHORT     240 /* text that goes with E(J0) in one run of the cipher */

void
hf_sm4_gcm_key_set(struct hf_sm4_gcm_key *k, const uint8_t key[HF_SM4_KEY])
{
    uint8_t h[16] = { 0 };

    hf_sm4_key_set(&k->sm4, key);
    hf_sm4_ecb_encrypt(&k->sm4, h, h, 1);
    hf_sm4_impl()->ghash->init(&k->ghash, h);
    OPENSSL_cleanse(h, sizeof(h));
}

void
hf_sm4_gcm_key_clear(struct hf_sm4_gcm_key *k)
{
    OPENSSL_cleanse(k, sizeof(*k));
}

/* -- GHASH over runs padded with zeros -------------------------------------- */

static void
hash_run(const struct hf_sm4_gcm_key *k, uint8_t y[16], const uint8_t *p, size_t n)
{
    const struct hf_ghash_impl *g = hf_sm4_impl()->ghash;
    uint8_t                     last[16] = { 0 };

    if (n >= 16)
        g->blocks(&k->ghash, y, p, n / 16);
    if (n % 16 == 0)
        return;
    memcpy(last, p + n / 16 * 16, n % 16);
    g->blocks(&k->ghash, y, last, 1);
}

static void
put64(uint8_t *p, uint64_t v)
{
    for (unsigned i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

static void
hash_lengths(const struct hf_sm4_gcm_key *k, uint8_t y[16], uint64_t aad_n, uint64_t text_n)
{
    uint8_t block[16];

    put64(block, 8 * aad_n);
    put64(block + 8, 8 * text_n);
    hf_sm4_impl()->ghash->blocks(&k->ghash, y, block, 1);
}

/* J0, the first counter block (SP 800-38D 7.1 step 2). */
enum hf_rc
hf_sm4_gcm_j0(const struct hf_sm4_gcm_key *k, struct hf_bytes nonce, uint8_t j0[16])
{
    if (nonce.n == 0 || nonce.n > NONCE_MAX)
        return hf_fail(HF_E_ARG, "GCM nonce of %zu bytes (SP 800-38D 5.2.1.1)", nonce.n);
    memset(j0, 0, 16);
    if (nonce.n == 12) {
        memcpy(j0, nonce.p, 12);
        j0[15] = 1;
        return HF_OK;
    }
    hash_run(k, j0, nonce.p, nonce.n);
    hash_lengths(k, j0, 0, nonce.n);
    return HF_OK;
}

/* Add to the low 32 bits only (SP 800-38D 6.2). */
static void
count(uint8_t counter[16], size_t n)
{
    uint32_t v = hf_sm4_be32(counter + 12) + (uint32_t)n;

    for (unsigned i = 0; i < 4; i++)
        counter[12 + i] = (uint8_t)(v >> (24 - 8 * i));
}

/* -- In pieces -------------------------------------------------------------- */

enum hf_rc
hf_sm4_gcm_init(struct hf_sm4_gcm *c, const struct hf_sm4_gcm_key *k, struct hf_bytes nonce)
{
    enum hf_rc rc;

    memset(c, 0, sizeof(*c));
    if ((rc = hf_sm4_gcm_j0(k, nonce, c->ctr.counter)) != HF_OK)
        return rc;
    hf_sm4_ecb_encrypt(&k->sm4, c->ctr.counter, c->first, 1);
    count(c->ctr.counter, 1);
    return HF_OK;
}

/*
 * Bytes into a hash whose run has n_before bytes so far: y takes an
 * incomplete block as it comes and is multiplied when the block is full.
 */
static void
hash_more(const struct hf_sm4_gcm_key *k, uint8_t y[16], uint64_t n_before, const uint8_t *p,
          size_t n)
{
    static const uint8_t        zero[16];
    const struct hf_ghash_impl *g = hf_sm4_impl()->ghash;
    size_t                      at = n_before % 16;

    for (; at > 0 && n > 0; n--) {
        y[at] ^= *p++;
        at = (at + 1) % 16;
        if (at == 0)
            g->blocks(&k->ghash, y, zero, 1);
    }
    if (n >= 16)
        g->blocks(&k->ghash, y, p, n / 16);
    for (p += n / 16 * 16, n %= 16; n > 0; n--)
        y[at++] ^= *p++;
}

/* Close an incomplete block. */
static void
hash_pad(const struct hf_sm4_gcm_key *k, uint8_t y[16], uint64_t n)
{
    static const uint8_t zero[16];

    if (n % 16 != 0)
        hf_sm4_impl()->ghash->blocks(&k->ghash, y, zero, 1);
}

enum hf_rc
hf_sm4_gcm_aad(struct hf_sm4_gcm *c, const struct hf_sm4_gcm_key *k, struct hf_bytes aad)
{
    if (c->text_n > 0)
        return hf_fail(HF_E_STATE, "GCM: additional data after text");
    hash_more(k, c->y, c->aad_n, aad.p, aad.n);
    c->aad_n += aad.n;
    return HF_OK;
}

/* Text of n bytes may follow; closes the additional data before the first. */
static enum hf_rc
text_begin(struct hf_sm4_gcm *c, const struct hf_sm4_gcm_key *k, size_t n)
{
    if (n > TEXT_MAX - c->text_n)
        return hf_fail(HF_E_TOOBIG, "GCM: more than 2^36 - 32 bytes under one nonce");
    if (c->text_n == 0 && n > 0)
        hash_pad(k, c->y, c->aad_n);
    return HF_OK;
}

/* Counter mode with 32-bit counting. */
static void
crypt(struct hf_sm4_ctr *c, const struct hf_sm4_key *k, const uint8_t *in, uint8_t *out, size_t n)
{
    static const uint8_t zero[16];
    size_t               whole;

    for (; n > 0 && c->used > 0; n--) {
        *out++ = *in++ ^ c->pad[c->used];
        c->used = (c->used + 1) % HF_SM4_BLOCK;
    }
    whole = n / HF_SM4_BLOCK;
    hf_sm4_impl()->ctr(k->enc, c->counter, in, out, whole);
    count(c->counter, whole);
    in += HF_SM4_BLOCK * whole;
    out += HF_SM4_BLOCK * whole;
    n -= HF_SM4_BLOCK * whole;
    if (n > 0) {
        hf_sm4_impl()->ctr(k->enc, c->counter, zero, c->pad, 1);
        count(c->counter, 1);
    }
    for (; n > 0; n--, c->used++)
        *out++ = *in++ ^ c->pad[c->used];
}

enum hf_rc
hf_sm4_gcm_encrypt(struct hf_sm4_gcm *c, const struct hf_sm4_gcm_key *k, const uint8_t *in,
                   uint8_t *out, size_t n)
{
    enum hf_rc rc = text_begin(c, k, n);

    while (rc == HF_OK && n > 0) {
        size_t m = n < CHUNK ? n : CHUNK;

        crypt(&c->ctr, &k->sm4, in, out, m);
        hash_more(k, c->y, c->text_n, out, m);
        c->text_n += m;
        in += m;
        out += m;
        n -= m;
    }
    return rc;
}

enum hf_rc
hf_sm4_gcm_decrypt(struct hf_sm4_gcm *c, const struct hf_sm4_gcm_key *k, const uint8_t *in,
                   uint8_t *out, size_t n)
{
    enum hf_rc rc = text_begin(c, k, n);

    while (rc == HF_OK && n > 0) {
        size_t m = n < CHUNK ? n : CHUNK;

        hash_more(k, c->y, c->text_n, in, m);
        crypt(&c->ctr, &k->sm4, in, out, m);
        c->text_n += m;
        in += m;
        out += m;
        n -= m;
    }
    return rc;
}

void
hf_sm4_gcm_tag(struct hf_sm4_gcm *c, const struct hf_sm4_gcm_key *k, uint8_t tag[HF_SM4_BLOCK])
{
    hash_pad(k, c->y, c->text_n > 0 ? c->text_n : c->aad_n);
    hash_lengths(k, c->y, c->aad_n, c->text_n);
    for (unsigned i = 0; i < HF_SM4_BLOCK; i++)
        tag[i] = c->y[i] ^ c->first[i];
    OPENSSL_cleanse(c, sizeof(*c));
}

/* -- One record ------------------------------------------------------------- */

enum hf_rc
hf_sm4_gcm_check(const struct hf_sm4_aead *r)
{
    if (r->tag_n < 4 || r->tag_n > HF_SM4_BLOCK)
        return hf_fail(HF_E_ARG, "GCM tag of %zu bytes (SP 800-38D 5.2.1.2)", r->tag_n);
    if (r->in.n > TEXT_MAX)
        return hf_fail(HF_E_TOOBIG, "GCM: more than 2^36 - 32 bytes under one nonce");
    return HF_OK;
}

/* The whole tag over aad and ciphertext, given E(J0). */
void
hf_sm4_gcm_tag_of(const struct hf_sm4_gcm_key *k, const uint8_t first[16], struct hf_bytes aad,
                  struct hf_bytes text, uint8_t tag[16])
{
    uint8_t y[16] = { 0 };

    hash_run(k, y, aad.p, aad.n);
    hash_run(k, y, text.p, text.n);
    hash_lengths(k, y, aad.n, text.n);
    for (unsigned i = 0; i < 16; i++)
        tag[i] = y[i] ^ first[i];
}

/* A short text: E(J0) and the key stream come from one run. out may be in. */
static void
crypt_short(const struct hf_sm4_gcm_key *k, const uint8_t j0[16], struct hf_bytes in, uint8_t *out,
            uint8_t first[16])
{
    uint8_t both[16 + SHORT] = { 0 };

    if (in.n > 0)
        memcpy(both + 16, in.p, in.n);
    hf_sm4_impl()->ctr(k->sm4.enc, j0, both, both, 1 + (in.n + 15) / 16);
    memcpy(first, both, 16);
    if (in.n > 0 && out != NULL)
        memcpy(out, both + 16, in.n);
    OPENSSL_cleanse(both, sizeof(both));
}

enum hf_rc
hf_sm4_gcm_seal(const struct hf_sm4_gcm_key *k, const struct hf_sm4_aead *r)
{
    struct hf_sm4_gcm c;
    uint8_t           j0[16], first[16], tag[16];
    enum hf_rc        rc;

    if ((rc = hf_sm4_gcm_check(r)) != HF_OK)
        return rc;
    if (r->in.n <= SHORT) {
        if ((rc = hf_sm4_gcm_j0(k, r->nonce, j0)) != HF_OK)
            return rc;
        crypt_short(k, j0, r->in, r->out, first);
        hf_sm4_gcm_tag_of(k, first, r->aad, hf_bytes(r->out, r->in.n), tag);
        OPENSSL_cleanse(first, sizeof(first));
    } else {
        if ((rc = hf_sm4_gcm_init(&c, k, r->nonce)) != HF_OK)
            return rc;
        if ((rc = hf_sm4_gcm_aad(&c, k, r->aad)) != HF_OK)
            return rc;
        if ((rc = hf_sm4_gcm_encrypt(&c, k, r->in.p, r->out, r->in.n)) != HF_OK)
            return rc;
        hf_sm4_gcm_tag(&c, k, tag);
    }
    memcpy(r->tag, tag, r->tag_n);
    return HF_OK;
}

enum hf_rc
hf_sm4_gcm_open(const struct hf_sm4_gcm_key *k, const struct hf_sm4_aead *r)
{
    struct hf_sm4_ctr ctr = { .used = 0 };
    uint8_t           first[16], tag[16];
    enum hf_rc        rc;

    if ((rc = hf_sm4_gcm_check(r)) != HF_OK)
        return rc;
    if ((rc = hf_sm4_gcm_j0(k, r->nonce, ctr.counter)) != HF_OK)
        return rc;
    hf_sm4_ecb_encrypt(&k->sm4, ctr.counter, first, 1);
    hf_sm4_gcm_tag_of(k, first, r->aad, r->in, tag);
    if (!hf_bytes_eq_secret(hf_bytes(tag, r->tag_n), hf_bytes(r->tag, r->tag_n)))
        return hf_fail(HF_E_VERIFY, "GCM tag does not match");
    count(ctr.counter, 1);
    if (r->in.n > 0)
        crypt(&ctr, &k->sm4, r->in.p, r->out, r->in.n);
    OPENSSL_cleanse(&ctr, sizeof(ctr));
    OPENSSL_cleanse(first, sizeof(first));
    return HF_OK;
}
