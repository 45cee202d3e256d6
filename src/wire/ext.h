/*
 * ext.h - extensions of certificates, CRLs and requests: reading into typed fields, and writing.
 *
 * The reader accepts what RFC 5280 section 4.2 and 5 define as syntax; whether
 * a combination is allowed is the caller's business. Lists stay as borrowed,
 * checked runs and are walked with the *_next() functions, which cannot fail.
 */
#ifndef HF_WIRE_EXT_H
#define HF_WIRE_EXT_H

#include "wire/oid.h"

#define HF_EXTS_MAX 64 /* most extensions in one object */

/* Extensions that are parsed; bit numbers of hf_exts.seen and .critical. */
enum hf_ext {
    HF_EXT_BASIC, /* basicConstraints */
    HF_EXT_KEY_USAGE,
    HF_EXT_EKU,
    HF_EXT_SAN,
    HF_EXT_IAN,
    HF_EXT_SKI,
    HF_EXT_AKI,
    HF_EXT_POLICIES,
    HF_EXT_MAPPINGS,
    HF_EXT_POLICY_LIMITS, /* policyConstraints */
    HF_EXT_INHIBIT_ANY,
    HF_EXT_NAMES, /* nameConstraints */
    HF_EXT_CDP,
    HF_EXT_FRESHEST,
    HF_EXT_AIA,
    HF_EXT_SIA,
    HF_EXT_NOCHECK,
    HF_EXT_CRL_NUMBER,
    HF_EXT_DELTA,
    HF_EXT_IDP,         /* issuingDistributionPoint */
    HF_EXT_REASON,      /* CRL entry */
    HF_EXT_INVALIDITY,  /* CRL entry */
    HF_EXT_CERT_ISSUER, /* CRL entry */
    HF_EXT_OTHER,       /* not parsed */
};
#define HF_EXT_BIT(e) (1u << (e))

/* Bits of keyUsage, RFC 5280 4.2.1.3. */
enum {
    HF_KU_SIGN = 1 << 0, /* digitalSignature */
    HF_KU_NONREP = 1 << 1,
    HF_KU_KEY_ENC = 1 << 2,
    HF_KU_DATA_ENC = 1 << 3,
    HF_KU_AGREE = 1 << 4,
    HF_KU_CERT_SIGN = 1 << 5,
    HF_KU_CRL_SIGN = 1 << 6,
    HF_KU_ENC_ONLY = 1 << 7,
    HF_KU_DEC_ONLY = 1 << 8,
};

/* Revocation reasons, RFC 5280 5.3.1; as ReasonFlags bit n stands for reason n, bit 0 unused. */
enum {
    HF_REASON_UNSPECIFIED = 0,
    HF_REASON_KEY_COMPROMISE = 1,
    HF_REASON_CA_COMPROMISE = 2,
    HF_REASON_AFFILIATION = 3,
    HF_REASON_SUPERSEDED = 4,
    HF_REASON_CESSATION = 5,
    HF_REASON_HOLD = 6,
    HF_REASON_REMOVE = 8, /* removeFromCRL: delta CRLs only */
    HF_REASON_PRIVILEGE = 9,
    HF_REASON_AA_COMPROMISE = 10,
};
#define HF_REASONS_ALL 0x1feu /* ReasonFlags (4.2.1.13): bits 1..8 */

const char *hf_reason_name(int reason);        /* "keyCompromise" …; "unknown" */
int         hf_reason_named(const char *name); /* -1 if there is none of this name */
/* the ReasonFlags bit that covers it, 0 for unspecified */
uint32_t hf_reason_flag(int reason);

/* One name of GeneralName's nine kinds; kinds are numbered by their tags. */
enum hf_gn_kind {
    HF_GN_OTHER = 0,
    HF_GN_EMAIL = 1,
    HF_GN_DNS = 2,
    HF_GN_X400 = 3,
    HF_GN_DIR = 4,
    HF_GN_EDI = 5,
    HF_GN_URI = 6,
    HF_GN_IP = 7,
    HF_GN_RID = 8,
};
struct hf_gn {
    enum hf_gn_kind kind;
    struct hf_bytes value; /* contents; of a directoryName the whole Name */
};

/* DistributionPoint, and the scope of an issuingDistributionPoint. */
struct hf_point {
    struct hf_bytes full;     /* contents of GeneralNames; empty: no fullName */
    struct hf_bytes relative; /* contents of the RDN (a SET); empty: no relative name */
    bool            named;    /* full or relative is there */
    uint32_t        reasons;  /* 0: all */
    struct hf_bytes issuer;   /* cRLIssuer, contents of GeneralNames */
};

struct hf_subtree {
    struct hf_gn base;
};

struct hf_access { /* AccessDescription */
    struct hf_bytes method;
    struct hf_gn    place;
};

struct hf_exts {
    struct hf_bytes raw; /* contents of SEQUENCE OF Extension */
    unsigned        count;
    uint32_t        seen, critical;   /* by HF_EXT_BIT() */
    struct hf_bytes unknown_critical; /* OID of the first critical extension of no known kind */

    bool            is_ca;    /* BASIC */
    int64_t         path_len; /* BASIC; -1: no limit */
    uint32_t        key_usage;
    struct hf_bytes eku;      /* contents: OIDs */
    struct hf_bytes san, ian; /* contents: GeneralNames */
    struct hf_bytes ski, aki_key, aki_issuer, aki_serial;
    struct hf_bytes policies, mappings;
    int64_t         require_explicit, inhibit_mapping; /* POLICY_LIMITS; -1: absent */
    int64_t         inhibit_any;                       /* -1: absent */
    struct hf_bytes permitted, excluded;               /* NAMES; contents: GeneralSubtrees */
    bool            has_permitted, has_excluded;
    struct hf_bytes cdp, freshest, aia, sia;

    struct hf_bytes crl_number, delta_base; /* INTEGER contents */
    struct hf_point idp;
    bool            idp_user, idp_ca, idp_indirect, idp_attribute;
    int             reason; /* -1: absent */
    int64_t         invalidity;
    struct hf_bytes cert_issuer; /* contents: GeneralNames */
};

/* One extension as it stands in the object. */
struct hf_ext_raw {
    enum hf_oid     id;
    struct hf_bytes oid, value;
    bool            critical;
};

/* -- Reading --------------------------------------------------------------- */

/* Nothing present: -1 where that says so. */
struct hf_exts hf_exts_none(void);

/* raw: contents of SEQUENCE OF Extension. E_FORMAT names the extension; one kind twice is a failure. */
HF_CHECKED enum hf_rc hf_exts_read(struct hf_bytes raw, struct hf_exts *out);

bool hf_exts_have(const struct hf_exts *x, enum hf_ext e);

/* Walks over checked contents: r = hf_rd(x->san); while (hf_gn_next(&r, &gn)) … */
bool hf_ext_next(struct hf_rd *r, struct hf_ext_raw *out); /* over raw */
bool hf_gn_next(struct hf_rd *r, struct hf_gn *out);
bool hf_eku_next(struct hf_rd *r, struct hf_bytes *oid);
bool hf_policy_next(struct hf_rd *r, struct hf_bytes *oid, struct hf_bytes *qualifiers);
bool hf_mapping_next(struct hf_rd *r, struct hf_bytes *issuer, struct hf_bytes *subject);
bool hf_subtree_next(struct hf_rd *r, struct hf_subtree *out);
bool hf_point_next(struct hf_rd *r, struct hf_point *out);   /* cdp, freshest */
bool hf_access_next(struct hf_rd *r, struct hf_access *out); /* aia, sia */

/* Is this purpose among them? */
bool hf_eku_has(struct hf_bytes eku, enum hf_oid purpose);

/* "dns:www.example.com", "ip:10.0.0.1", "email:…", "uri:…", "dn:CN=…", "rid:1.2.3", "upn:…", "other:#hex". */
void hf_gn_text(const struct hf_gn *gn, struct hf_wr *out);

/* -- Writing --------------------------------------------------------------- */

/*
 * Each appends one Extension to contents of SEQUENCE OF Extension:
 *
 *     hf_ext_put_basic(&w, true, 0);
 *     hf_ext_put_key_usage(&w, HF_KU_CERT_SIGN | HF_KU_CRL_SIGN);
 */
void hf_ext_put(struct hf_wr *w, struct hf_bytes oid, bool critical, struct hf_bytes value);
void hf_ext_put_basic(struct hf_wr *w, bool is_ca, int64_t path_len); /* critical; -1: no limit */
void hf_ext_put_key_usage(struct hf_wr *w, uint32_t bits);            /* critical */
void hf_ext_put_eku(struct hf_wr *w, bool critical, const enum hf_oid *purpose, size_t n);
void hf_ext_put_ski(struct hf_wr *w, struct hf_bytes key_id);
void hf_ext_put_aki(struct hf_wr *w, struct hf_bytes key_id);
void hf_ext_put_nocheck(struct hf_wr *w);
/* NULL: leave out */
void hf_ext_put_aia(struct hf_wr *w, const char *ocsp, const char *ca_issuers);
/* one point, n places */
void hf_ext_put_cdp(struct hf_wr *w, const char *const *uri, size_t n);
void hf_ext_put_freshest(struct hf_wr *w, const char *const *uri, size_t n);
void hf_ext_put_policies(struct hf_wr *w, bool critical, const struct hf_bytes *oid,
                         const char *const *cps, size_t n); /* cps or cps[i] may be NULL */
void hf_ext_put_mappings(struct hf_wr *w, const struct hf_bytes *issuer,
                         const struct hf_bytes *subject, size_t n); /* critical */
void hf_ext_put_policy_limits(struct hf_wr *w, int64_t require_explicit, int64_t inhibit_mapping);
void hf_ext_put_inhibit_any(struct hf_wr *w, int64_t skip);
void hf_ext_put_crl_number(struct hf_wr *w, struct hf_bytes number); /* big endian, unsigned */
void hf_ext_put_delta(struct hf_wr *w, struct hf_bytes base_number); /* critical */
void hf_ext_put_reason(struct hf_wr *w, int reason);                 /* nothing for unspecified */
void hf_ext_put_invalidity(struct hf_wr *w, int64_t s);
/* Critical issuingDistributionPoint with one URI (NULL: none) and scope flags. */
struct hf_idp {
    const char *uri;
    bool        only_user, only_ca, indirect;
    uint32_t    reasons; /* 0: all */
};
void hf_ext_put_idp(struct hf_wr *w, const struct hf_idp *idp);

/* names: contents of GeneralNames, written by hf_gn_put() and hf_gn_parse(). */
void hf_ext_put_san(struct hf_wr *w, bool critical, struct hf_bytes names);
/* permitted and excluded: contents of GeneralSubtrees by hf_subtree_parse(); empty: leave out. Critical. */
void hf_ext_put_names(struct hf_wr *w, struct hf_bytes permitted, struct hf_bytes excluded);

void hf_gn_put(struct hf_wr *w, enum hf_gn_kind kind, struct hf_bytes value);

/*
 * Append the GeneralName that text stands for, in the form that hf_gn_text()
 * writes. Checked: dns is LDH labels (a leading "*." is allowed; U-labels must
 * come as A-labels), ip is IPv4 or IPv6, uri has a scheme, email is ASCII with
 * one "@". E_ARG with the reason.
 */
HF_CHECKED enum hf_rc hf_gn_parse(const char *text, struct hf_wr *out);
/* The same as a GeneralSubtree: dns may begin with ".", ip is ADDRESS/BITS, email may be a host. */
HF_CHECKED enum hf_rc hf_subtree_parse(const char *text, struct hf_wr *out);

#endif
