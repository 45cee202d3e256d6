#include "provider/der.h"

#include <string.h>

#define TAG_INTEGER 0x02
#define TAG_BITS 0x03
#define TAG_OCTETS 0x04
#define TAG_SEQUENCE 0x30
#define TAG_PARAMS 0xa0 /* ECPrivateKey.parameters [0] */
#define TAG_PUBLIC 0xa1 /* ECPrivateKey.publicKey [1] */
#define TAG_ATTRS 0xa0  /* PrivateKeyInfo.attributes [0] */

/* SEQUENCE { id-ecPublicKey, sm2p256v1 } (RFC 5480 2.1.1, GM/T 0006) */
static const uint8_t algorithm[] = { 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
                                     0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d };

const uint8_t hf_spki_head[HF_SPKI_HEAD] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                             0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81, 0x1c,
                                             0xcf, 0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00 };

/* A DER length of at most two bytes after the first, least form only (X.690 10.1). */
static size_t
read_length(struct hf_rd *r)
{
    uint8_t first = hf_rd_u8(r);
    size_t  n = first;

    if (first == 0x81 && (n = hf_rd_u8(r)) < 0x80)
        hf_rd_reject(r, HF_E_FORMAT);
    else if (first == 0x82 && (n = hf_rd_be16(r)) < 0x100)
        hf_rd_reject(r, HF_E_FORMAT);
    else if (first > 0x82 || first == 0x80)
        hf_rd_reject(r, HF_E_FORMAT);
    return n;
}

/* The contents of the next element, which must have this tag. */
static struct hf_bytes
read_element(struct hf_rd *r, uint8_t tag)
{
    if (hf_rd_u8(r) != tag)
        hf_rd_reject(r, HF_E_FORMAT);
    return hf_rd_take(r, read_length(r));
}

static bool
next_is(const struct hf_rd *r, uint8_t tag)
{
    return hf_rd_left(r) > 0 && r->p[0] == tag;
}

/* Is the next element the AlgorithmIdentifier of SM2? Consumes it if so. */
static bool
read_algorithm(struct hf_rd *r)
{
    if (hf_rd_left(r) < sizeof(algorithm) || memcmp(r->p, algorithm, sizeof(algorithm)) != 0)
        return false;
    (void)hf_rd_take(r, sizeof(algorithm));
    return true;
}

/* The octets of a BIT STRING without unused bits. */
static struct hf_bytes
read_bits(struct hf_rd *r)
{
    struct hf_bytes b = read_element(r, TAG_BITS);

    if (b.n == 0 || b.p[0] != 0) {
        hf_rd_reject(r, HF_E_FORMAT);
        return hf_bytes(NULL, 0);
    }
    return hf_bytes(b.p + 1, b.n - 1);
}

enum hf_rc
hf_spki_read(struct hf_bytes der, struct hf_bytes *point)
{
    struct hf_rd    outer = hf_rd(der), r;
    struct hf_bytes body = read_element(&outer, TAG_SEQUENCE);
    enum hf_rc      rc;

    *point = hf_bytes(NULL, 0);
    r = hf_rd(body);
    if (!read_algorithm(&r))
        return hf_fail(HF_E_ABSENT, "not an SM2 public key");
    *point = read_bits(&r);
    if ((rc = hf_rd_end(&outer, "SubjectPublicKeyInfo")) != HF_OK)
        return rc;
    return hf_rd_end(&r, "SubjectPublicKeyInfo");
}

/* ECPrivateKey (RFC 5915 3): version 1, d, parameters (SM2 if there), public key (if there). */
static enum hf_rc
read_ec_private(struct hf_bytes der, struct hf_bytes *d, struct hf_bytes *point)
{
    struct hf_rd    outer = hf_rd(der), r, sub;
    struct hf_bytes version;
    enum hf_rc      rc;

    r = hf_rd(read_element(&outer, TAG_SEQUENCE));
    version = read_element(&r, TAG_INTEGER);
    if (version.n != 1 || version.p[0] != 1)
        hf_rd_reject(&r, HF_E_FORMAT);
    *d = read_element(&r, TAG_OCTETS);
    if (d->n != 32)
        hf_rd_reject(&r, HF_E_FORMAT);
    if (next_is(&r, TAG_PARAMS)) {
        struct hf_bytes oid = read_element(&r, TAG_PARAMS);

        if (oid.n != 10 || memcmp(oid.p, algorithm + 11, 10) != 0)
            hf_rd_reject(&r, HF_E_FORMAT);
    }
    if (next_is(&r, TAG_PUBLIC)) {
        sub = hf_rd(read_element(&r, TAG_PUBLIC));
        *point = read_bits(&sub);
        if ((rc = hf_rd_end(&sub, "ECPrivateKey public key")) != HF_OK)
            return rc;
    }
    if ((rc = hf_rd_end(&outer, "ECPrivateKey")) != HF_OK)
        return rc;
    return hf_rd_end(&r, "ECPrivateKey");
}

enum hf_rc
hf_pkcs8_read(struct hf_bytes der, struct hf_bytes *d, struct hf_bytes *point)
{
    struct hf_rd    outer = hf_rd(der), r;
    struct hf_bytes version, key;
    enum hf_rc      rc;

    *d = *point = hf_bytes(NULL, 0);
    r = hf_rd(read_element(&outer, TAG_SEQUENCE));
    version = read_element(&r, TAG_INTEGER);
    if (!read_algorithm(&r))
        return hf_fail(HF_E_ABSENT, "not an SM2 private key");
    if (version.n != 1 || version.p[0] != 0)
        return hf_fail(HF_E_FORMAT, "PrivateKeyInfo version (RFC 5208 5)");
    key = read_element(&r, TAG_OCTETS);
    if (next_is(&r, TAG_ATTRS))
        (void)read_element(&r, TAG_ATTRS);
    if ((rc = hf_rd_end(&outer, "PrivateKeyInfo")) != HF_OK ||
        (rc = hf_rd_end(&r, "PrivateKeyInfo")) != HF_OK)
        return rc;
    if ((rc = read_ec_private(key, d, point)) != HF_OK)
        *d = *point = hf_bytes(NULL, 0);
    return rc;
}
