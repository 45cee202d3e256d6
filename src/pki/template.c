/* template.c - the TBSCertificate that a profile, a request and an authority make together. */
#include <string.h>

#include "base/text.h"
#include "pki/issue.h"
#include "wire/name.h"

enum hf_rc
hf_spki_key_id(struct hf_bytes spki, uint8_t out[20])
{
    struct hf_rd    r = hf_rd(spki), seq = hf_der_open(&r, HF_DER_SEQUENCE);
    struct hf_bytes bits;
    enum hf_rc      rc;

    (void)hf_der_raw(&seq, HF_DER_SEQUENCE);
    bits = hf_der_bits(&seq, NULL);
    hf_der_shut(&r, &seq);
    if ((rc = hf_rd_end(&r, "SubjectPublicKeyInfo")) != HF_OK)
        return rc;
    return hf_digest(HF_DIGEST_SHA1, &bits, 1, out);
}

static void
put_basic(struct hf_wr *w, const struct hf_profile *p)
{
    struct hf_wr value = hf_wr(64);
    size_t       mark;

    if (p->bc_critical) {
        hf_ext_put_basic(w, p->ca, p->path_len);
        return;
    }
    mark = hf_der_begin(&value, HF_DER_SEQUENCE); /* a profile of authorities is always critical */
    hf_der_end(&value, mark);
    hf_ext_put(w, hf_oid(HF_OID_BASIC), false, hf_wr_bytes(&value));
    hf_wr_clear(&value);
}

static void
put_key_usage(struct hf_wr *w, const struct hf_profile *p, enum hf_alg alg)
{
    bool         rsa = alg == HF_ALG_RSA2048 || alg == HF_ALG_RSA3072 || alg == HF_ALG_RSA4096;
    uint32_t     bits = rsa ? p->ku_rsa : p->ku;
    struct hf_wr value = hf_wr(64);

    if (p->ku_critical) {
        hf_ext_put_key_usage(w, bits);
        return;
    }
    hf_der_put_flags(&value, HF_DER_BITS, bits);
    hf_ext_put(w, hf_oid(HF_OID_KEY_USAGE), false, hf_wr_bytes(&value));
    hf_wr_clear(&value);
}

/* Where relying parties find status and issuer. A root's own certificate says nothing about itself.
 */
static void
put_places(struct hf_wr *w, const struct hf_ca *ca, const struct hf_profile *p, const char *url,
           struct hf_arena *a)
{
    const char *crl = hf_arena_fmt(a, "%s/crl/%s.crl", url, ca->name);
    const char *cer = hf_arena_fmt(a, "%s/ca/%s.cer", url, ca->name);
    bool        ocsp = strcmp(ca->role, "issuing") == 0;

    if (p->cdp)
        hf_ext_put_cdp(w, &crl, 1);
    if (p->aia)
        hf_ext_put_aia(w, ocsp ? hf_arena_fmt(a, "%s/ocsp", url) : NULL, cer);
}

static enum hf_rc
put_names(struct hf_wr *w, const struct hf_draft *d)
{
    struct hf_wr names = hf_wr(256 << 10);
    bool         critical = d->profile->san_critical || hf_name_empty(d->request->subject);
    enum hf_rc   rc;

    if (d->request->sans.n == 0)
        return HF_OK;
    if ((rc = hf_sans_der(&d->request->sans, &names)) == HF_OK)
        hf_ext_put_san(w, critical, hf_wr_bytes(&names)); /* RFC 5280 4.2.1.6 */
    hf_wr_clear(&names);
    return rc;
}

/* ca->der is empty for a self-signed certificate that is being made. */
static enum hf_rc
put_extensions(struct hf_wr *w, const struct hf_ca *ca, const char *url, const struct hf_draft *d,
               struct hf_arena *a)
{
    const struct hf_profile *p = d->profile;
    enum hf_oid              purpose[6];
    size_t                   purposes = hf_profile_purposes(p->eku, purpose);
    uint8_t                  key_id[20];
    enum hf_rc               rc;

    put_basic(w, p);
    put_key_usage(w, p, d->request->alg);
    if (purposes != 0)
        hf_ext_put_eku(w, p->eku_critical, purpose, purposes);
    if ((rc = hf_spki_key_id(d->request->spki, key_id)) != HF_OK)
        return rc;
    hf_ext_put_ski(w, hf_bytes(key_id, sizeof(key_id)));
    if (ca->der.n != 0) {
        hf_ext_put_aki(w, ca->cert.x.ski);
        put_places(w, ca, p, url, a);
    }
    if (p->nocheck)
        hf_ext_put_nocheck(w);
    return put_names(w, d);
}

enum hf_rc
hf_issue_template(const struct hf_ca *ca, const char *base_url, struct hf_draft *d,
                  struct hf_arena *a)
{
    struct hf_wr        exts = hf_wr(256 << 10), tbs = hf_wr(256 << 10), serial = hf_wr(32);
    struct hf_cert_body body = { 0 };
    enum hf_rc          rc;

    if ((rc = put_extensions(&exts, ca, base_url, d, a)) == HF_OK &&
        (rc = hf_unhex(d->serial, &serial)) == HF_OK)
        rc = exts.rc;
    if (rc == HF_OK) {
        body.serial = hf_wr_bytes(&serial);
        body.sig_alg = hf_alg_signature_id(ca->alg);
        body.issuer = ca->der.n != 0 ? ca->cert.subject : d->request->subject;
        body.subject = d->request->subject;
        body.not_before = d->not_before_ms / 1000;
        body.not_after = d->not_after_ms / 1000;
        body.spki = d->request->spki;
        body.exts = hf_wr_bytes(&exts);
        hf_cert_put_tbs(&tbs, &body);
        rc = hf_wr_end(&tbs, &d->tbs);
        d->tbs = hf_arena_bytes(a, hf_wr_bytes(&tbs));
    }
    hf_wr_clear(&serial);
    hf_wr_clear(&exts);
    hf_wr_clear(&tbs);
    return rc == HF_OK ? HF_OK : hf_because(rc, "building the certificate");
}
