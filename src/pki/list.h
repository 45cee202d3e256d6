/*
 * list.h - searching certificates, by page, and counting them.
 *
 * Pages go from the newest certificate to the oldest; `after` is the cursor
 * that the page before gave. Every filter is optional and all must hold.
 */
#ifndef HF_PKI_LIST_H
#define HF_PKI_LIST_H

#include "pki/cert.h"

struct hf_cert_filter {
    const char *serial;  /* begins with, hexadecimal */
    const char *find;    /* subject, an alternative name or the serial contains it, case ignored */
    const char *subject; /* contains, case ignored */
    const char *san;     /* one of them contains, case ignored */
    const char *state;   /* active, suspended, revoked, expired */
    const char *profile, *person, *ca, *alg;
    int64_t     expires_from_ms, expires_to_ms; /* 0: open */
    int64_t     now_ms;  /* what "expired" is measured by */
    int64_t     after;   /* cert.id of the last one seen, 0 for the first page */
};

/* At most `max` records, without their DER. */
HF_CHECKED enum hf_rc hf_cert_list(struct hf_db *db, const struct hf_cert_filter *f,
                                   struct hf_arena *a, struct hf_issued *out, size_t max, size_t *n);

/*
 * How many the filter lets through on all pages. Where that would mean reading
 * every record (find, subject, san), counting stops at HF_CERT_COUNTED.
 */
#define HF_CERT_COUNTED 1000
HF_CHECKED enum hf_rc hf_cert_total(struct hf_db *db, const struct hf_cert_filter *f, int64_t *total);

#define HF_STATS_WEEKS 13

struct hf_cert_stats {
    int64_t total, active, suspended, revoked, expired;
    int64_t in_30_days, in_60_days, in_90_days; /* active and ending within, each includes the former */
    int64_t ending[HF_STATS_WEEKS];             /* active, by week from now */
    int64_t issued[HF_STATS_WEEKS];             /* by week back from now; [0] is the last seven days */
};
HF_CHECKED enum hf_rc hf_cert_count(struct hf_db *db, int64_t now_ms, struct hf_cert_stats *out);

#endif
