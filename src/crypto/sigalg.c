#include "crypto/sigalg.h"

#include <stdio.h>
#include <string.h>

#include "crypto/tlv.h"

/* Contents octets of the object identifiers. */
#define OID(bytes)                                                                                 \
    {                                                                                              \
        bytes, sizeof(bytes) - 1                                                                   \
    }

enum parameters { NONE, NULL_OR_NONE, PSS };

static const struct {
    struct {
        const char *p;
        size_t      n;
    } oid;
    const char      *name, *refused; /* why, or NULL */
    enum hf_sig_kind kind;
    enum hf_digest   digest;
    enum parameters  parameters;
} rows[] = {
    /* GM/T 0006: no parameters are written; NULL is tolerated on input (PKI-40) */
    { OID("\x2a\x81\x1c\xcf\x55\x01\x83\x75"), "SM3withSM2", NULL, HF_SIG_SM2, HF_DIGEST_SM3,
      NULL_OR_NONE },
    /* RFC 5758 3.2: parameters must be absent */
    { OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), "ecdsa-with-SHA256", NULL, HF_SIG_ECDSA,
      HF_DIGEST_SHA256, NONE },
    { OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), "ecdsa-with-SHA384", NULL, HF_SIG_ECDSA,
      HF_DIGEST_SHA384, NONE },
    { OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"), "ecdsa-with-SHA512", NULL, HF_SIG_ECDSA,
      HF_DIGEST_SHA512, NONE },
    /* RFC 4055 5: NULL is written, absence is accepted */
    { OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), "sha256WithRSAEncryption", NULL, HF_SIG_RSA,
      HF_DIGEST_SHA256, NULL_OR_NONE },
    { OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), "sha384WithRSAEncryption", NULL, HF_SIG_RSA,
      HF_DIGEST_SHA384, NULL_OR_NONE },
    { OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), "sha512WithRSAEncryption", NULL, HF_SIG_RSA,
      HF_DIGEST_SHA512, NULL_OR_NONE },
    { OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), "RSASSA-PSS", NULL, HF_SIG_RSA_PSS,
      HF_DIGEST_NONE, PSS },
    { OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x02"), "md2WithRSAEncryption", "MD2 is broken",
      HF_SIG_RSA, 0, NULL_OR_NONE },
    { OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"), "md5WithRSAEncryption", "MD5 is broken",
      HF_SIG_RSA, 0, NULL_OR_NONE },
    { OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), "sha1WithRSAEncryption", "SHA-1 is broken",
      HF_SIG_RSA, 0, NULL_OR_NONE },
    { OID("\x2b\x0e\x03\x02\x1d"), "sha1WithRSA", "SHA-1 is broken", HF_SIG_RSA, 0, NULL_OR_NONE },
    { OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e"), "sha224WithRSAEncryption",
      "SHA-224 is too short", HF_SIG_RSA, 0, NULL_OR_NONE },
    { OID("\x2a\x86\x48\xce\x3d\x04\x01"), "ecdsa-with-SHA1", "SHA-1 is broken", HF_SIG_ECDSA, 0,
      NONE },
    { OID("\x2a\x86\x48\xce\x3d\x04\x03\x01"), "ecdsa-with-SHA224", "SHA-224 is too short",
      HF_SIG_ECDSA, 0, NONE },
    { OID("\x2a\x86\x48\xce\x38\x04\x03"), "dsa-with-sha1", "SHA-1 is broken", HF_SIG_RSA, 0,
      NONE },
    { OID("\x60\x86\x48\x01\x65\x03\x04\x03\x02"), "dsa-with-sha256", "DSA is not supported",
      HF_SIG_RSA, 0, NONE },
    /* RFC 8410 3: parameters must be absent; only for foreign keys */
    { OID("\x2b\x65\x70"), "Ed25519", NULL, HF_SIG_ED25519, HF_DIGEST_NONE, NONE },
};

/* Object identifiers of the digests that RSASSA-PSS may name (RFC 4055 2.1). */
static const struct {
    const char    *p;
    enum hf_digest digest;
} pss_digests[] = {
    { "\x60\x86\x48\x01\x65\x03\x04\x02\x01", HF_DIGEST_SHA256 },
    { "\x60\x86\x48\x01\x65\x03\x04\x02\x02", HF_DIGEST_SHA384 },
    { "\x60\x86\x48\x01\x65\x03\x04\x02\x03", HF_DIGEST_SHA512 },
};

/* NULL or nothing. */
static void
no_parameters(struct hf_rd *r, bool null_allowed)
{
    if (!null_allowed || !hf_tlv_is(r, HF_TLV_NULL))
        return; /* whatever is left over is reported by hf_rd_end() */
    if (hf_tlv(r, HF_TLV_NULL).n != 0)
        hf_rd_reject(r, HF_E_FORMAT);
}

/* A digest's AlgorithmIdentifier; HF_DIGEST_NONE if it is none of ours. */
static enum hf_digest
read_digest(struct hf_rd *r)
{
    struct hf_rd    seq = hf_tlv_in(r, HF_TLV_SEQUENCE);
    struct hf_bytes oid = hf_tlv(&seq, HF_TLV_OID);

    no_parameters(&seq, true);
    if (hf_rd_left(&seq) != 0)
        hf_rd_reject(r, HF_E_FORMAT);
    hf_rd_reject(r, seq.rc);
    for (size_t i = 0; i < HF_COUNT(pss_digests); i++)
        if (oid.n == 9 && memcmp(oid.p, pss_digests[i].p, 9) == 0)
            return pss_digests[i].digest;
    return HF_DIGEST_NONE;
}

/* RFC 4055 3.1. The defaults are SHA-1, so hash and mask generation must be given. */
static enum hf_rc
read_pss(struct hf_rd *r, struct hf_sigalg *out)
{
    static const uint8_t mgf1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08 };
    struct hf_rd         seq = hf_tlv_in(r, HF_TLV_SEQUENCE), part, inner;
    enum hf_digest       mask = HF_DIGEST_NONE;
    struct hf_bytes      salt, trailer;

    out->salt = 20;
    if (hf_tlv_is(&seq, HF_TLV_CONTEXT(0))) {
        part = hf_tlv_in(&seq, HF_TLV_CONTEXT(0));
        out->digest = read_digest(&part);
        hf_rd_reject(&seq, part.rc);
    }
    if (hf_tlv_is(&seq, HF_TLV_CONTEXT(1))) {
        part = hf_tlv_in(&seq, HF_TLV_CONTEXT(1));
        inner = hf_tlv_in(&part, HF_TLV_SEQUENCE);
        if (hf_bytes_eq(hf_tlv(&inner, HF_TLV_OID), hf_bytes(mgf1, sizeof(mgf1))))
            mask = read_digest(&inner);
        hf_rd_reject(&seq, inner.rc);
    }
    if (hf_tlv_is(&seq, HF_TLV_CONTEXT(2))) {
        part = hf_tlv_in(&seq, HF_TLV_CONTEXT(2));
        salt = hf_tlv_number(&part);
        if (part.rc != HF_OK || salt.n != 1 || salt.p[0] > 64)
            return hf_fail(HF_E_POLICY, "RSASSA-PSS: salt length (RFC 4055 3.1)");
        out->salt = salt.p[0];
    }
    if (hf_tlv_is(&seq, HF_TLV_CONTEXT(3))) {
        part = hf_tlv_in(&seq, HF_TLV_CONTEXT(3));
        trailer = hf_tlv_number(&part);
        if (part.rc != HF_OK || trailer.n != 1 || trailer.p[0] != 1)
            return hf_fail(HF_E_POLICY, "RSASSA-PSS: trailer field is not 1 (RFC 4055 3.1)");
    }
    if (hf_rd_end(&seq, "RSASSA-PSS parameters") != HF_OK)
        return HF_E_FORMAT;
    if (out->digest == HF_DIGEST_NONE || mask != out->digest)
        return hf_fail(HF_E_POLICY, "RSASSA-PSS: digest is SHA-1 or unknown, or MGF1 uses another");
    return HF_OK;
}

static enum hf_rc
unknown(struct hf_bytes oid)
{
    char   text[2 * 12 + 1] = "";
    size_t n = oid.n < 12 ? oid.n : 12;

    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", oid.p[i]);
    return hf_fail(HF_E_POLICY, "signature algorithm is unknown (object identifier %s%s)", text,
                   oid.n > n ? "…" : "");
}

static enum hf_rc
read_row(size_t i, struct hf_rd *seq, struct hf_sigalg *out)
{
    enum hf_rc rc = HF_OK;

    *out = (struct hf_sigalg){ rows[i].kind, rows[i].digest, 0, rows[i].name };
    if (rows[i].refused != NULL)
        return hf_fail(HF_E_POLICY, "%s: %s", rows[i].name, rows[i].refused);
    if (rows[i].parameters == PSS)
        rc = read_pss(seq, out);
    else
        no_parameters(seq, rows[i].parameters == NULL_OR_NONE);
    return rc != HF_OK ? rc : hf_rd_end(seq, rows[i].name);
}

enum hf_rc
hf_sigalg_read(struct hf_bytes der, struct hf_sigalg *out)
{
    struct hf_rd    r = hf_rd(der), seq = hf_tlv_in(&r, HF_TLV_SEQUENCE);
    struct hf_bytes oid = hf_tlv(&seq, HF_TLV_OID);
    enum hf_rc      rc;

    *out = (struct hf_sigalg){ 0 };
    if ((rc = hf_rd_end(&r, "signature algorithm")) != HF_OK)
        return rc;
    if (seq.rc != HF_OK)
        return hf_fail(seq.rc, "signature algorithm: %s", hf_rc_text(seq.rc));
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        if (oid.n == rows[i].oid.n && memcmp(oid.p, rows[i].oid.p, oid.n) == 0)
            return read_row(i, &seq, out);
    return unknown(oid);
}
