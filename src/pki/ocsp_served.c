#include "pki/ocsp_served.h"

#include <stdlib.h>
#include <string.h>

#include "pki/issue.h"

static const char sql_signers[] =
    "SELECT own_cert.key_id, cert.not_after_ms, cert_der.der, ca.id, ca.der "
    "FROM own_cert JOIN cert ON cert.serial = own_cert.serial "
    "JOIN cert_der ON cert_der.id = cert.id JOIN ca ON ca.id = own_cert.ca_id "
    "WHERE own_cert.role = 'ocsp' AND cert.state = 0 ORDER BY ca.id";

static const struct {
    enum hf_oid    oid;
    enum hf_digest digest;
} hashes[HF_OCSP_HASHES] = {
    { HF_OID_SHA1, HF_DIGEST_SHA1 },
    { HF_OID_SHA256, HF_DIGEST_SHA256 },
    { HF_OID_SHA384, HF_DIGEST_SHA384 },
    { HF_OID_SM3, HF_DIGEST_SM3 },
};

static struct hf_bytes
key_bits(struct hf_bytes spki)
{
    struct hf_rd r = hf_rd(spki), seq = hf_der_open(&r, HF_DER_SEQUENCE);

    (void)hf_der_raw(&seq, HF_DER_SEQUENCE);
    return hf_der_bits(&seq, NULL);
}

static enum hf_alg
alg_of_signature(struct hf_bytes sig_alg)
{
    for (int alg = HF_ALG_SM2; alg <= HF_ALG_RSA4096; alg++)
        if (hf_bytes_eq(hf_alg_signature_id((enum hf_alg)alg), sig_alg))
            return (enum hf_alg)alg;
    return HF_ALG_NONE;
}

static enum hf_rc
fill(struct hf_ocsp_authority *s, struct hf_bytes ca_der)
{
    struct hf_cert  ca, signer;
    struct hf_bytes bits;
    enum hf_rc      rc;

    if ((rc = hf_cert_read(ca_der, &ca)) != HF_OK ||
        (rc = hf_cert_read(s->signer, &signer)) != HF_OK)
        return rc;
    /* signer and authority have keys of one kind, so the signature algorithm is the same too */
    s->alg = alg_of_signature(signer.sig_alg);
    bits = key_bits(ca.spki);
    for (int i = 0; i < HF_OCSP_HASHES; i++)
        if ((rc = hf_digest(hashes[i].digest, &ca.subject, 1, s->name_hash[i])) != HF_OK ||
            (rc = hf_digest(hashes[i].digest, &bits, 1, s->key_hash[i])) != HF_OK)
            return rc;
    return hf_spki_key_id(signer.spki, s->by_key);
}

enum hf_rc
hf_ocsp_served_load(struct hf_db *db, struct hf_ocsp_served **out)
{
    struct hf_ocsp_served *set = calloc(1, sizeof(*set));
    struct hf_query        q;
    enum hf_rc             rc = HF_OK;

    *out = NULL;
    if (set == NULL)
        return hf_fail(HF_E_NOMEM, "OCSP signers");
    atomic_init(&set->refs, 1);
    q = hf_query(db, sql_signers);
    while (rc == HF_OK && set->n < HF_CAS_MAX && hf_step(&q)) {
        struct hf_ocsp_authority *s = &set->authority[set->n++];

        s->key_id = hf_col_text(&q, &set->arena);
        s->signer_end_ms = hf_col_int(&q);
        s->signer = hf_col_bytes(&q, &set->arena);
        s->ca_id = hf_col_int(&q);
        rc = fill(s, hf_col_bytes(&q, &set->arena));
    }
    if (rc == HF_OK)
        rc = hf_query_end(&q);
    else
        hf_query_drop(&q);
    if (rc == HF_OK)
        *out = set;
    else
        hf_ocsp_served_free(set);
    return rc;
}

struct hf_ocsp_served *
hf_ocsp_served_ref(struct hf_ocsp_served *served)
{
    atomic_fetch_add(&served->refs, 1);
    return served;
}

void
hf_ocsp_served_free(struct hf_ocsp_served *served)
{
    if (served == NULL || atomic_fetch_sub(&served->refs, 1) != 1)
        return;
    hf_arena_clear(&served->arena);
    free(served);
}

size_t
hf_ocsp_served_count(const struct hf_ocsp_served *served)
{
    return served->n;
}

int64_t
hf_ocsp_served_ca(const struct hf_ocsp_served *served, size_t i)
{
    return served->authority[i].ca_id;
}

const struct hf_ocsp_authority *
hf_ocsp_find(const struct hf_ocsp_served *served, const struct hf_ocsp_id *id)
{
    for (int h = 0; h < HF_OCSP_HASHES; h++) {
        size_t n = hf_digest_size(hashes[h].digest);

        if (hashes[h].oid != id->hash)
            continue;
        for (size_t i = 0; i < served->n; i++) {
            const struct hf_ocsp_authority *s = &served->authority[i];

            if (hf_bytes_eq(id->name_hash, hf_bytes(s->name_hash[h], n)) &&
                hf_bytes_eq(id->key_hash, hf_bytes(s->key_hash[h], n)))
                return s;
        }
    }
    return NULL;
}
