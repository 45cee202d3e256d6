/*
 * sm4_ccm.c - SM4-CCM (SP 800-38C, RFC 8998).
 */
#include <openssl/crypto.h>
#include <string.h>

#include "crypto/sm/sm4_impl.h"

struct mac {
    uint8_t  y[16];
    unsigned at; /* bytes of the present block */
};

static void
mac_bytes(struct mac *m, const struct hf_sm4_key *k, const uint8_t *p, size_t n)
{
    while (n > 0) {
        size_t whole = n / 16;

        if (m->at == 0 && whole > 0) {
            hf_sm4_impl()->chain(k->enc, m->y, p, NULL, whole);
            p += 16 * whole;
            n -= 16 * whole;
            continue;
        }
        m->y[m->at++] ^= *p++;
        n--;
        if (m->at == 16)
            hf_sm4_ecb_encrypt(k, m->y, m->y, 1);
        m->at %= 16;
    }
}

static void
mac_pad(struct mac *m, const struct hf_sm4_key *k)
{
    if (m->at > 0)
        hf_sm4_ecb_encrypt(k, m->y, m->y, 1);
    m->at = 0;
}

/* The length of the additional data in front of it (SP 800-38C A.2.2). */
static void
mac_aad(struct mac *m, const struct hf_sm4_key *k, struct hf_bytes aad)
{
    uint8_t  head[10] = { 0xff, 0xff };
    unsigned n = aad.n < 0xff00 ? 2 : aad.n <= 0xffffffff ? 6 : 10, skip = n == 2 ? 0 : 2;

    if (aad.n == 0)
        return;
    if (n == 6)
        head[1] = 0xfe;
    for (unsigned i = skip; i < n; i++)
        head[i] = (uint8_t)((uint64_t)aad.n >> 8 * (n - 1 - i));
    mac_bytes(m, k, head, n);
    mac_bytes(m, k, aad.p, aad.n);
    mac_pad(m, k);
}

/* B0 and Ctr0 (SP 800-38C A.2.1, A.3): flags, nonce, then `value` in q bytes. */
static void
block_of(uint8_t b[16], uint8_t flags, struct hf_bytes nonce, uint64_t value)
{
    size_t q = 15 - nonce.n;

    memset(b, 0, 16);
    b[0] = flags | (uint8_t)(q - 1);
    memcpy(b + 1, nonce.p, nonce.n);
    for (size_t i = 0; i < q && i < 8; i++)
        b[15 - i] = (uint8_t)(value >> 8 * i);
}

static enum hf_rc
check(const struct hf_sm4_aead *r)
{
    size_t q = 15 - r->nonce.n;

    if (r->nonce.n < 7 || r->nonce.n > 13)
        return hf_fail(HF_E_ARG, "CCM nonce of %zu bytes (SP 800-38C A.1)", r->nonce.n);
    if (r->tag_n < 4 || r->tag_n > 16 || r->tag_n % 2 != 0)
        return hf_fail(HF_E_ARG, "CCM tag of %zu bytes (SP 800-38C A.1)", r->tag_n);
    if (q < 8 && (uint64_t)r->in.n >> 8 * q != 0)
        return hf_fail(HF_E_TOOBIG, "CCM text too long for its nonce (SP 800-38C A.1)");
    return HF_OK;
}

static void
tag_of(const struct hf_sm4_key *k, const struct hf_sm4_aead *r, const uint8_t *plain,
       uint8_t tag[16])
{
    struct mac m = { .at = 0 };
    uint8_t    b0[16], s0[16];
    uint8_t    flags = (uint8_t)((r->aad.n > 0 ? 0x40 : 0) | (r->tag_n - 2) / 2 << 3);

    block_of(b0, flags, r->nonce, r->in.n);
    mac_bytes(&m, k, b0, sizeof(b0));
    mac_aad(&m, k, r->aad);
    mac_bytes(&m, k, plain, r->in.n);
    mac_pad(&m, k);
    block_of(s0, 0, r->nonce, 0);
    hf_sm4_ecb_encrypt(k, s0, s0, 1);
    for (unsigned i = 0; i < 16; i++)
        tag[i] = m.y[i] ^ s0[i];
    OPENSSL_cleanse(&m, sizeof(m));
    OPENSSL_cleanse(s0, sizeof(s0));
}

static void
crypt(const struct hf_sm4_key *k, const struct hf_sm4_aead *r)
{
    struct hf_sm4_ctr c;
    uint8_t           first[16];

    block_of(first, 0, r->nonce, 1);
    hf_sm4_ctr_init(&c, first);
    if (r->in.n > 0)
        hf_sm4_ctr_update(&c, k, r->in.p, r->out, r->in.n);
    OPENSSL_cleanse(&c, sizeof(c));
}

enum hf_rc
hf_sm4_ccm_seal(const struct hf_sm4_key *k, const struct hf_sm4_aead *r)
{
    uint8_t    tag[16];
    enum hf_rc rc = check(r);

    if (rc != HF_OK)
        return rc;
    tag_of(k, r, r->in.p, tag);
    crypt(k, r);
    memcpy(r->tag, tag, r->tag_n);
    return HF_OK;
}

enum hf_rc
hf_sm4_ccm_open(const struct hf_sm4_key *k, const struct hf_sm4_aead *r)
{
    uint8_t    tag[16];
    enum hf_rc rc = check(r);

    if (rc != HF_OK)
        return rc;
    crypt(k, r);
    tag_of(k, r, r->out, tag);
    if (!hf_bytes_eq_secret(hf_bytes(tag, r->tag_n), hf_bytes(r->tag, r->tag_n))) {
        OPENSSL_cleanse(r->out, r->in.n);
        rc = hf_fail(HF_E_VERIFY, "CCM tag does not match");
    }
    OPENSSL_cleanse(tag, sizeof(tag));
    return rc;
}
