/*
 * path_int.h - shared by the files of path validation; nobody else includes it.
 */
#ifndef HF_PKI_PATH_INT_H
#define HF_PKI_PATH_INT_H

#include "base/arena.h"
#include "crypto/pub.h"
#include "pki/path.h"

#define PATH_MAX_CERTS (HF_PATH_DEPTH + 2)

struct path_cert {
    struct hf_cert  cert;
    struct hf_pub  *pub;     /* NULL: the key cannot be used */
    enum hf_rc      pub_rc;
    char           *pub_why; /* reason, if NULL */
    uint8_t        *der;     /* owned copy */
    bool            self_issued;
    size_t          id;      /* within one run: for the cache of signatures */
};

struct path_crl {
    struct hf_crl crl;
    uint8_t      *der;
    char         *unusable; /* why it must not be used at all, or NULL */
};

struct hf_path_pool {
    struct path_cert **trust, **untrusted;
    size_t             n_trust, n_untrusted;
    struct path_crl  **crl;
    size_t             n_crl;
};

/* One verification. A search for the path of a CRL issuer is a run of its own inside it. */
struct path_run {
    const struct hf_path_pool  *pool;
    const struct hf_path_query *query;
    const struct path_run      *outer;  /* the run that wants this CRL issuer, or NULL */
    const struct path_cert     *anchor; /* the only anchor allowed, or NULL */
    struct path_work           *work;   /* shared by all runs of one verification */
    const struct path_cert     *chain[PATH_MAX_CERTS]; /* from the leaf upwards */
    size_t                      n;
    bool                        crl_issuer; /* the leaf of this run signs CRLs */
    int                         rank;   /* how far the best attempt came */
    enum hf_rc                  rc;
    char                        why[512];
};

struct path_work {
    unsigned steps, signatures, compares;
    struct path_edge {
        const struct path_cert *child, *issuer;
        enum hf_rc              rc;
    } edge[512];
    size_t n_edges;
    const struct path_cert *server; /* a leaf whose names were found good already */
};
#define PATH_STEPS      20000u  /* certificates looked at */
#define PATH_SIGNATURES 512u    /* public-key operations */
#define PATH_COMPARES   (1u << 20) /* names against constraints */

/* path.c */
enum hf_rc path_search(struct path_run *run, const struct path_cert *leaf);
enum hf_rc path_signed_by(struct path_work *work, const struct path_cert *child,
                          const struct path_cert *issuer);
enum hf_rc path_work_one(unsigned *count, unsigned most, const char *what);
/* "certificate 2 of 3 (CN=…)", counted from the leaf. Static per thread. */
const char *path_which(const struct path_run *run, size_t i);

/* path_check.c: the whole of section 6.1 on run->chain. */
enum hf_rc path_validate(struct path_run *run);
/* What can be said about one certificate as an issuer, without the rest of the path. */
enum hf_rc path_may_issue(const struct hf_cert *c, enum hf_strictness strictness);
enum hf_rc path_in_time(const struct hf_cert *c, int64_t at);

/* Where a certificate stands in its path. */
enum { PATH_LEAF = 1, PATH_MIDDLE = 2, PATH_ANCHOR = 4, PATH_ALL = PATH_LEAF | PATH_MIDDLE | PATH_ANCHOR };

/* A rule on how one certificate is made. */
struct path_rule {
    unsigned    where;
    bool        (*broken)(const struct hf_cert *);
    const char *text;
};

/* path_profile.c: section 4. */
enum hf_rc path_profile(const struct path_run *run, size_t i);
enum hf_rc path_apply(const struct path_rule *rule, size_t n, unsigned where, const struct hf_cert *c);
bool path_critical(const struct hf_cert *c, enum hf_ext e);
enum hf_rc path_purpose(const struct path_run *run);
/* Is a TLS peer judged, and more than the bare algorithm asked for? */
bool path_for_tls(const struct hf_path_query *q);
bool path_for_host(const struct hf_path_query *q);
/* The same for servers: who asks for a host wants one. */
bool path_for_server(const struct hf_path_query *q);

/* path_server.c: certificate i of the chain as the baseline requirements have it. */
enum hf_rc path_server(const struct path_run *run, size_t i, unsigned where);
enum hf_rc path_web(const struct path_run *run, size_t i, unsigned where);
enum hf_rc path_whole_octets(const struct path_cert *p, const char *clause);

/* path_mail.c: the same for mail. */
enum hf_rc path_mail(const struct path_run *run, size_t i, unsigned where);

/* path_policy.c: policies along the chain. */
enum hf_rc path_policies(const struct path_run *run);

/* path_names.c: name constraints along the chain. */
enum hf_rc path_constraints(struct path_run *run);
/* One DNS label sequence, LDH and underscore; a leading "*." if wildcard. */
bool path_dns_ok(struct hf_bytes name, bool wildcard);
bool path_is_wildcard(struct hf_bytes name);

/* path_crl.c: section 6.3 for chain[i]. */
enum hf_rc path_revocation(struct path_run *run, size_t i);
const char *path_crl_unusable(const struct hf_crl *crl);

#endif
