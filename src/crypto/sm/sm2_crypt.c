/* Encryption, decryption and plain Diffie-Hellman (GB/T 32918.4). */
#include <string.h>

#include <openssl/crypto.h>

#include "crypto/sm/sm2_der.h"
#include "crypto/sm/sm2_int.h"

#define C1_LEN 65
#define C3_LEN 32

static void
put_point(uint8_t xy[64], const struct sm2_aff *p)
{
    hf_sm2_fe_write(xy, &p->x);
    hf_sm2_fe_write(xy + 32, &p->y);
}

/* C3 = SM3(x2 || M || y2) */
static void
make_tag(const uint8_t xy2[64], struct hf_bytes plain, uint8_t tag[C3_LEN])
{
    struct hf_sm3 c;

    hf_sm3_init(&c);
    hf_sm3_update(&c, xy2, 32);
    hf_sm3_update(&c, plain.p, plain.n);
    hf_sm3_update(&c, xy2 + 32, 32);
    hf_sm3_final(&c, tag);
}

/* Are all n bytes zero? Time depends on n only. */
static bool
all_zero(const uint8_t *p, size_t n)
{
    uint8_t any = 0;

    for (size_t i = 0; i < n; i++)
        any |= p[i];
    return any == 0;
}

/* -- Encryption ------------------------------------------------------------------ */

/* A1 to A4: C1 = kG and the shared (x2, y2) = kP for a fresh k. */
static enum hf_rc
fresh_share(const struct hf_sm2_pub *pub, const struct sm2_comb *table, uint8_t c1[64],
            uint8_t xy2[64])
{
    const struct hf_sm2_ops *o = hf_sm2_ops();
    struct sm2_aff           p = hf_sm2_pub_point(pub), a[2];
    struct sm2_jac           j[2];
    uint64_t                 k[4];
    enum hf_rc               rc;

    if ((rc = hf_sm2_random_scalar(k)) != HF_OK)
        return rc;
    hf_sm2_comb_mul(&j[0], hf_sm2_base_comb(), k);
    if (table != NULL)
        hf_sm2_comb_mul(&j[1], table, k);
    else
        o->point_mul(&j[1], &p, k);
    hf_sm2_affine_pair(a, j);
    put_point(c1, &a[0]);
    put_point(xy2, &a[1]);
    OPENSSL_cleanse(k, sizeof(k));
    OPENSSL_cleanse(j, sizeof(j));
    OPENSSL_cleanse(a, sizeof(a));
    return HF_OK;
}

/* A5: the key stream into stream[0..n), once more with another k where it is all zero. */
static enum hf_rc
fresh_stream(const struct hf_sm2_pub *pub, uint8_t c1[64], uint8_t xy2[64], uint8_t *stream,
             size_t n)
{
    const struct sm2_comb *table = hf_sm2_cache_get(pub);
    enum hf_rc             rc;

    do {
        if ((rc = fresh_share(pub, table, c1, xy2)) != HF_OK)
            break;
        hf_sm3_kdf(hf_bytes(xy2, 64), stream, n);
    } while (all_zero(stream, n));
    hf_sm2_cache_put(table);
    return rc;
}

/* Writes C1 and C3 in one of the two formats; gives the place of the n bytes of C2. */
typedef uint8_t *(*put_front)(struct hf_wr *w, const uint8_t xy[64], const uint8_t tag[32],
                              size_t n);

static uint8_t *
put_front_raw(struct hf_wr *w, const uint8_t xy[64], const uint8_t tag[32], size_t n)
{
    hf_wr_u8(w, 4);
    hf_wr_put(w, hf_bytes(xy, 64));
    hf_wr_put(w, hf_bytes(tag, 32));
    return hf_wr_space(w, n);
}

static enum hf_rc
encrypt(const struct hf_sm2_pub *pub, struct hf_bytes plain, put_front front, struct hf_wr *out)
{
    uint8_t      c1[64], xy2[64], tag[C3_LEN], *c2;
    struct hf_wr stream = hf_wr_secret(HF_SM2_PLAIN_MAX);
    enum hf_rc   rc = HF_OK;

    if (plain.n == 0)
        return hf_fail(HF_E_ARG, "SM2 encryption: empty plaintext (GB/T 32918.4 6.1 A5)");
    if ((c2 = hf_wr_space(&stream, plain.n)) == NULL)
        return hf_fail(stream.rc, "SM2 encryption: %zu bytes, at most %u", plain.n,
                       HF_SM2_PLAIN_MAX);
    if ((rc = fresh_stream(pub, c1, xy2, stream.p, plain.n)) != HF_OK)
        goto out;
    make_tag(xy2, plain, tag);
    if ((c2 = front(out, c1, tag, plain.n)) == NULL) {
        rc = hf_fail(out->rc, "SM2 ciphertext");
        goto out;
    }
    for (size_t i = 0; i < plain.n; i++)
        c2[i] = plain.p[i] ^ stream.p[i];
out:
    hf_wr_clear(&stream);
    OPENSSL_cleanse(xy2, sizeof(xy2));
    return rc;
}

enum hf_rc
hf_sm2_encrypt(const struct hf_sm2_pub *pub, struct hf_bytes plain, struct hf_wr *out)
{
    return encrypt(pub, plain, put_front_raw, out);
}

enum hf_rc
hf_sm2_encrypt_der(const struct hf_sm2_pub *pub, struct hf_bytes plain, struct hf_wr *out)
{
    return encrypt(pub, plain, hf_sm2_cipher_write, out);
}

/* -- Decryption ------------------------------------------------------------------ */

void
hf_sm2_shared(const uint8_t d[32], const struct hf_sm2_pub *point, uint8_t xy[64])
{
    struct sm2_aff p = hf_sm2_pub_point(point);
    struct sm2_jac j;
    uint64_t       k[4];

    hf_sm2_load(k, d);
    hf_sm2_ops()->point_mul(&j, &p, k);
    (void)hf_sm2_affine(&p, &j); /* 0 < k < n and the order is prime: not infinity */
    put_point(xy, &p);
    OPENSSL_cleanse(k, sizeof(k));
    OPENSSL_cleanse(&j, sizeof(j));
    OPENSSL_cleanse(&p, sizeof(p));
}

bool
hf_sm2_open_body(const struct hf_sm2_key *key, const struct hf_sm2_pub *c1,
                 const struct hf_sm2_cipher *in, uint8_t *plain)
{
    uint8_t xy2[64], tag[C3_LEN];
    size_t  n = in->body.n;
    bool    zero, same;

    hf_sm2_shared(key->d, c1, xy2);
    hf_sm3_kdf(hf_bytes(xy2, 64), plain, n);
    zero = all_zero(plain, n);
    for (size_t i = 0; i < n; i++)
        plain[i] ^= in->body.p[i];
    make_tag(xy2, hf_bytes(plain, n), tag);
    same = hf_bytes_eq_secret(hf_bytes(tag, sizeof(tag)), hf_bytes(in->tag, sizeof(in->tag)));
    OPENSSL_cleanse(xy2, sizeof(xy2));
    OPENSSL_cleanse(tag, sizeof(tag));
    return same & !zero;
}

static enum hf_rc
decrypt(const struct hf_sm2_key *key, const struct hf_sm2_cipher *in, struct hf_wr *out)
{
    struct hf_sm2_pub c1;
    size_t            mark = out->n;
    uint8_t          *plain;
    enum hf_rc        rc;

    if (in->body.n == 0 || in->body.n > HF_SM2_PLAIN_MAX)
        return hf_fail(HF_E_FORMAT, "SM2 ciphertext: C2 of %zu bytes", in->body.n);
    if ((rc = hf_sm2_pub_read(hf_bytes(in->xy, 64), &c1)) != HF_OK)
        return hf_because(rc, "SM2 ciphertext, C1 (GB/T 32918.4 7.1 B1)");
    if ((plain = hf_wr_space(out, in->body.n)) == NULL)
        return hf_fail(out->rc, "SM2 plaintext");
    if (!hf_sm2_open_body(key, &c1, in, plain)) {
        OPENSSL_cleanse(plain, in->body.n);
        hf_wr_cut(out, mark);
        return hf_fail(HF_E_VERIFY, "SM2 ciphertext does not belong to this key or was changed "
                                    "(GB/T 32918.4 7.1 B6)");
    }
    return HF_OK;
}

enum hf_rc
hf_sm2_decrypt(const struct hf_sm2_key *key, struct hf_bytes cipher, struct hf_wr *out)
{
    struct hf_sm2_cipher in;

    if (cipher.n < C1_LEN + C3_LEN + 1)
        return hf_fail(HF_E_SHORT, "SM2 ciphertext: %zu bytes", cipher.n);
    if (cipher.p[0] != 4)
        return hf_fail(HF_E_FORMAT,
                       "SM2 ciphertext: C1 of form %u, only 04 is read "
                       "(GB/T 32918.1 4.2.9)",
                       cipher.p[0]);
    memcpy(in.xy, cipher.p + 1, 64);
    memcpy(in.tag, cipher.p + C1_LEN, C3_LEN);
    in.body = hf_bytes(cipher.p + C1_LEN + C3_LEN, cipher.n - C1_LEN - C3_LEN);
    return decrypt(key, &in, out);
}

enum hf_rc
hf_sm2_decrypt_der(const struct hf_sm2_key *key, struct hf_bytes der, struct hf_wr *out)
{
    struct hf_sm2_cipher in;
    enum hf_rc           rc;

    if ((rc = hf_sm2_cipher_read(der, &in)) != HF_OK)
        return rc;
    return decrypt(key, &in, out);
}

enum hf_rc
hf_sm2_ecdh(const struct hf_sm2_key *key, const struct hf_sm2_pub *peer, uint8_t xy[64])
{
    hf_sm2_shared(key->d, peer, xy);
    return HF_OK;
}
