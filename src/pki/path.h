/*
 * path.h - may this certificate be relied upon? Certification paths (RFC 5280 section 6).
 *
 * A pool holds trust anchors, certificates that may help and CRLs, parsed once.
 * It does not change after it was filled and may then be used by many threads.
 * hf_path_verify() searches for a path from the leaf to an anchor, going back
 * where a way fails, and validates it: signatures, validity, constraints,
 * policies, names, revocation. Work is bounded, whatever the pool holds.
 *
 * Failures: E_EXPIRED (not valid at that time), E_REVOKED (or its status is
 * not known), E_VERIFY (no path, wrong signature), E_POLICY (all other rules),
 * E_FORMAT (unreadable). The text names the certificate, the rule and its clause.
 */
#ifndef HF_PKI_PATH_H
#define HF_PKI_PATH_H

#include "wire/crl.h"
#include "wire/x509.h"

#define HF_PATH_DEPTH 16 /* most intermediate certificates, and the default */

enum hf_purpose { /* what the leaf is to be used for (RFC 5280 4.2.1.12) */
    HF_PURPOSE_ANY,
    HF_PURPOSE_TLS_SERVER,
    HF_PURPOSE_TLS_CLIENT,
    HF_PURPOSE_OCSP,
    HF_PURPOSE_TIME,
    HF_PURPOSE_CODE,
    HF_PURPOSE_EMAIL,
};

enum hf_strictness {
    HF_STRICT_PATH,    /* the algorithm of RFC 5280 section 6 and no more */
    HF_STRICT_RFC5280, /* and every certificate is made as section 4 says, for TLS in every mark; the default */
    HF_STRICT_WEBPKI,  /* and the leaf as the CA/Browser Forum's baseline requirements say where RFC 5280 differs */
};

/* "any", "tls-server", …; "path", "rfc5280", "webpki". False if there is none of this name. */
bool hf_purpose_named(const char *name, enum hf_purpose *out);
bool hf_strictness_named(const char *name, enum hf_strictness *out);

/* -- What is at hand ---------------------------------------------------------- */

struct hf_path_pool;

HF_CHECKED enum hf_rc hf_path_pool_new(struct hf_path_pool **out);
void                  hf_path_pool_free(struct hf_path_pool *pool); /* NULL is fine */

/* Each copies the DER. E_FORMAT if it cannot be read; E_TOOBIG beyond 4096 objects. */
HF_CHECKED enum hf_rc hf_path_add_trust(struct hf_path_pool *pool, struct hf_bytes der);
HF_CHECKED enum hf_rc hf_path_add_untrusted(struct hf_path_pool *pool, struct hf_bytes der);
HF_CHECKED enum hf_rc hf_path_add_crl(struct hf_path_pool *pool, struct hf_bytes der);

/* -- The question ---------------------------------------------------------------- */

struct hf_path_query {
    struct hf_bytes     leaf;       /* DER */
    int64_t             at;         /* seconds since 1970 */
    enum hf_purpose     purpose;
    enum hf_strictness  strictness;
    const char         *dns, *ip;   /* reference identifier (RFC 9525), or both NULL */
    const char         *email;      /* the mailbox that the leaf must be for, or NULL */
    struct hf_bytes     suffixes;   /* the list of publicsuffix.org as it is published; empty: top-level names only */
    int                 max_depth;  /* most intermediates that are not self-issued, 0..HF_PATH_DEPTH */
    bool                revocation; /* a CRL must cover the leaf, and authorities whose issuer's CRL is in the pool */
    bool                revocation_all; /* and every other certificate below the anchor */
    const struct hf_bytes *policy;  /* user-initial-policy-set: OID contents; n_policy 0: anyPolicy */
    size_t              n_policy;
    bool                explicit_policy, inhibit_mapping, inhibit_any;
};

/* At HF_STRICT_RFC5280, any purpose, full depth, no revocation. */
struct hf_path_query hf_path_query(struct hf_bytes leaf, int64_t at);

/* The path that was found, from the leaf (0) to the anchor; views live as long as pool and leaf. */
struct hf_path_result {
    size_t          n;
    struct hf_bytes cert[HF_PATH_DEPTH + 2];
};

/* result may be NULL. */
HF_CHECKED enum hf_rc hf_path_verify(const struct hf_path_pool *pool, const struct hf_path_query *query,
                                     struct hf_path_result *result);

/* -- Names (RFC 9525) --------------------------------------------------------------- */

/*
 * Does the certificate name this host? Only subjectAltName counts: dNSName
 * with "*" as the whole left-most label at most, iPAddress for an address.
 * E_ARG: host is neither a name of LDH labels nor an address. E_POLICY: no match.
 */
HF_CHECKED enum hf_rc hf_path_match_host(const struct hf_cert *cert, const char *host);

/* The same for a mailbox: rfc822Name alone counts; case matters before the "@" (RFC 5280 7.5). */
HF_CHECKED enum hf_rc hf_path_match_mail(const struct hf_cert *cert, const char *mail);

#endif
