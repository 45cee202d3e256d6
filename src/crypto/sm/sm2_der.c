/* The two structures of GM/T 0009-2012 in strict DER: signatures (7.3) and ciphertexts (7.2). */
#include <string.h>

#include "crypto/sm/sm2_der.h"
#include "crypto/sm/sm2_int.h"

#define TAG_INTEGER  0x02
#define TAG_OCTETS   0x04
#define TAG_SEQUENCE 0x30

/* -- Reading ------------------------------------------------------------------- */

/* A length in its least form, at most 4 bytes of it (X.690 10.1). */
static size_t
read_length(struct hf_rd *r)
{
    uint8_t first = hf_rd_u8(r);
    size_t  n = 0;

    if (first < 0x80)
        return first;
    if (first == 0x80 || first > 0x84) {
        hf_rd_reject(r, HF_E_FORMAT);
        return 0;
    }
    for (int i = 0; i < (first & 0x7f); i++) {
        n = n << 8 | hf_rd_u8(r);
        if (n == 0)
            hf_rd_reject(r, HF_E_FORMAT);
    }
    if (n < 0x80)
        hf_rd_reject(r, HF_E_FORMAT);
    return n;
}

static size_t
read_head(struct hf_rd *r, uint8_t tag)
{
    if (hf_rd_u8(r) != tag)
        hf_rd_reject(r, HF_E_FORMAT);
    return read_length(r);
}

/* A number that is not negative, in its least form, of at most 32 bytes. */
static void
read_number(struct hf_rd *r, uint8_t out[32])
{
    struct hf_bytes b = hf_rd_take(r, read_head(r, TAG_INTEGER));

    memset(out, 0, 32);
    if (b.n == 0 || (b.p[0] & 0x80) != 0 || (b.n > 1 && b.p[0] == 0 && (b.p[1] & 0x80) == 0)) {
        hf_rd_reject(r, HF_E_FORMAT);
        return;
    }
    if (b.p[0] == 0) {
        b.p++;
        b.n--;
    }
    if (b.n > 32)
        hf_rd_reject(r, HF_E_FORMAT);
    else if (b.n > 0)
        memcpy(out + 32 - b.n, b.p, b.n);
}

/* The one SEQUENCE that `in` is. */
static struct hf_rd
open_sequence(struct hf_rd *outer)
{
    return hf_rd_sub(outer, read_head(outer, TAG_SEQUENCE));
}

static enum hf_rc
close_sequence(const struct hf_rd *outer, const struct hf_rd *inner, const char *what)
{
    enum hf_rc rc = hf_rd_end(inner, what);

    return rc != HF_OK ? rc : hf_rd_end(outer, what);
}

enum hf_rc
hf_sm2_sig_read(struct hf_bytes der, struct hf_sm2_sig *out)
{
    struct hf_rd outer = hf_rd(der), r = open_sequence(&outer);
    enum hf_rc   rc;

    read_number(&r, out->r);
    read_number(&r, out->s);
    if ((rc = close_sequence(&outer, &r, "SM2 signature (GM/T 0009-2012 7.3)")) != HF_OK)
        memset(out, 0, sizeof(*out));
    return rc;
}

enum hf_rc
hf_sm2_cipher_read(struct hf_bytes der, struct hf_sm2_cipher *out)
{
    struct hf_rd    outer = hf_rd(der), r = open_sequence(&outer);
    struct hf_bytes tag;
    enum hf_rc      rc;

    memset(out, 0, sizeof(*out));
    read_number(&r, out->xy);
    read_number(&r, out->xy + 32);
    tag = hf_rd_take(&r, read_head(&r, TAG_OCTETS));
    if (tag.n != sizeof(out->tag))
        hf_rd_reject(&r, HF_E_FORMAT);
    else
        memcpy(out->tag, tag.p, tag.n);
    out->body = hf_rd_take(&r, read_head(&r, TAG_OCTETS));
    if ((rc = close_sequence(&outer, &r, "SM2 ciphertext (GM/T 0009-2012 7.2)")) != HF_OK)
        memset(out, 0, sizeof(*out));
    return rc;
}

/* -- Writing ------------------------------------------------------------------- */

/* Where the number starts without leading zeros, and whether it needs one in front. */
static size_t
number_length(const uint8_t in[32], size_t *skip, bool *pad)
{
    for (*skip = 0; *skip < 31 && in[*skip] == 0; (*skip)++)
        continue;
    *pad = (in[*skip] & 0x80) != 0;
    return 32 - *skip + *pad;
}

static size_t
put_number(uint8_t *out, const uint8_t in[32])
{
    size_t skip, n;
    bool   pad;

    n = number_length(in, &skip, &pad);
    out[0] = TAG_INTEGER;
    out[1] = (uint8_t)n;
    if (pad)
        out[2] = 0;
    memcpy(out + 2 + pad, in + skip, 32 - skip);
    return 2 + n;
}

size_t
hf_sm2_sig_write(const struct hf_sm2_sig *sig, uint8_t out[HF_SM2_DER_MAX])
{
    size_t n = put_number(out + 2, sig->r);

    n += put_number(out + 2 + n, sig->s);
    out[0] = TAG_SEQUENCE;
    out[1] = (uint8_t)n;
    return 2 + n;
}

static void
put_head(struct hf_wr *w, uint8_t tag, size_t n)
{
    unsigned bytes = n < 0x80 ? 0 : n <= 0xff ? 1 : n <= 0xffff ? 2 : n <= 0xffffff ? 3 : 4;

    hf_wr_u8(w, tag);
    hf_wr_u8(w, (uint8_t)(bytes == 0 ? n : 0x80 | bytes));
    while (bytes-- > 0)
        hf_wr_u8(w, (uint8_t)(n >> 8 * bytes));
}

static size_t
head_length(size_t n)
{
    return n < 0x80 ? 2 : n <= 0xff ? 3 : n <= 0xffff ? 4 : n <= 0xffffff ? 5 : 6;
}

uint8_t *
hf_sm2_cipher_write(struct hf_wr *w, const uint8_t xy[64], const uint8_t tag[32], size_t n)
{
    uint8_t number[2 * 35];
    size_t  k = put_number(number, xy);

    k += put_number(number + k, xy + 32);
    put_head(w, TAG_SEQUENCE, k + 34 + head_length(n) + n);
    hf_wr_put(w, hf_bytes(number, k));
    put_head(w, TAG_OCTETS, 32);
    hf_wr_put(w, hf_bytes(tag, 32));
    put_head(w, TAG_OCTETS, n);
    return hf_wr_space(w, n);
}
