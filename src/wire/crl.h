/*
 * crl.h - certificate revocation lists (RFC 5280 section 5): reading, searching, writing.
 */
#ifndef HF_WIRE_CRL_H
#define HF_WIRE_CRL_H

#include "wire/ext.h"

#define HF_CRL_MAX (256u << 20) /* largest CRL that is read */

struct hf_crl {
    struct hf_bytes der;
    struct hf_bytes tbs;
    struct hf_bytes sig_alg, sig;
    unsigned        version; /* 1 or 2 */
    struct hf_bytes issuer;
    int64_t         this_update;
    int64_t         next_update; /* -1: absent */
    struct hf_bytes revoked;     /* contents: entries */
    size_t          entries;
    struct hf_exts  x;
    bool            bad_entry; /* an entry has a critical extension of no known kind */
};

struct hf_crl_entry {
    struct hf_bytes serial; /* INTEGER contents */
    int64_t         revoked_at;
    int             reason;     /* -1: absent, which means unspecified */
    int64_t         invalidity; /* -1: absent */
    /* GeneralNames contents; empty: as the entry before (indirect CRLs) */
    struct hf_bytes cert_issuer;
    struct hf_bytes unknown_critical;
};

/* Views borrow from der; every entry is checked. */
HF_CHECKED enum hf_rc hf_crl_read(struct hf_bytes der, struct hf_crl *out);

/* Walk: r = hf_rd(crl->revoked); while (hf_crl_next(&r, &e)) … */
bool hf_crl_next(struct hf_rd *r, struct hf_crl_entry *out);

/*
 * The last entry for this serial number (INTEGER contents) and certificate issuer. In an
 * indirect CRL the issuer of an entry is that of the nearest certificateIssuer before it,
 * at first the CRL's own (5.3.3). Linear.
 */
bool hf_crl_find(const struct hf_crl *crl, struct hf_bytes serial, struct hf_bytes issuer,
                 struct hf_crl_entry *out);

/* -- Writing --------------------------------------------------------------- */

/*
 *     struct hf_crl_marks m = hf_crl_begin(&w, &head);
 *     hf_crl_put(&w, serial, revoked_at, reason, -1);       one an entry
 *     hf_crl_end(&w, &m, exts);
 *     then hf_der_put_signed(out, tbs, sig_alg, sig)
 */
struct hf_crl_head {
    struct hf_bytes sig_alg, issuer; /* with their tags */
    int64_t         this_update, next_update;
};
struct hf_crl_marks {
    size_t tbs, list;
};
struct hf_crl_marks hf_crl_begin(struct hf_wr *w, const struct hf_crl_head *head);
/* serial: big endian, unsigned; reason unspecified is left out; invalidity -1: none. */
void hf_crl_put(struct hf_wr *w, struct hf_bytes serial, int64_t revoked_at, int reason,
                int64_t invalidity);
void hf_crl_end(struct hf_wr *w, const struct hf_crl_marks *m, struct hf_bytes exts);

#endif
