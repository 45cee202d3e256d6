#include "pki/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pki/path_int.h"
#include "wire/name.h"

#define POOL_MAX 4096

/* -- Names of purposes and levels ---------------------------------------------- */

static const char *const purposes[] = {
    [HF_PURPOSE_ANY] = "any",   [HF_PURPOSE_TLS_SERVER] = "tls-server",
    [HF_PURPOSE_TLS_CLIENT] = "tls-client", [HF_PURPOSE_OCSP] = "ocsp",
    [HF_PURPOSE_TIME] = "time", [HF_PURPOSE_CODE] = "code", [HF_PURPOSE_EMAIL] = "email",
};
static const char *const levels[] = {
    [HF_STRICT_PATH] = "path", [HF_STRICT_RFC5280] = "rfc5280", [HF_STRICT_WEBPKI] = "webpki",
};

static bool
named(const char *const *names, size_t n, const char *name, size_t *out)
{
    for (*out = 0; *out < n; (*out)++)
        if (strcmp(names[*out], name) == 0)
            return true;
    return false;
}

bool
hf_purpose_named(const char *name, enum hf_purpose *out)
{
    size_t i;
    bool   found = named(purposes, HF_COUNT(purposes), name, &i);

    *out = found ? (enum hf_purpose)i : HF_PURPOSE_ANY;
    return found;
}

bool
hf_strictness_named(const char *name, enum hf_strictness *out)
{
    size_t i;
    bool   found = named(levels, HF_COUNT(levels), name, &i);

    *out = found ? (enum hf_strictness)i : HF_STRICT_RFC5280;
    return found;
}

/* -- The pool ---------------------------------------------------------------------- */

static void
cert_free(struct path_cert *c)
{
    if (c == NULL)
        return;
    hf_pub_free(c->pub);
    free(c->pub_why);
    free(c->der);
    free(c);
}

static enum hf_rc
copy_der(struct hf_bytes der, uint8_t **out)
{
    *out = malloc(der.n == 0 ? 1 : der.n);
    if (*out == NULL)
        return hf_fail(HF_E_NOMEM, "certificate pool");
    if (der.n != 0)
        memcpy(*out, der.p, der.n);
    return HF_OK;
}

/* A key that cannot be used is no failure yet: other paths may do without it. */
static enum hf_rc
cert_new(struct hf_bytes der, struct path_cert **out)
{
    struct path_cert *c = calloc(1, sizeof(*c));
    enum hf_rc        rc;

    *out = NULL;
    if (c == NULL)
        return hf_fail(HF_E_NOMEM, "certificate pool");
    if ((rc = copy_der(der, &c->der)) != HF_OK ||
        (rc = hf_cert_read(hf_bytes(c->der, der.n), &c->cert)) != HF_OK)
        goto out;
    c->self_issued = hf_cert_self_issued(&c->cert);
    c->pub_rc = hf_pub_read_foreign(c->cert.spki, &c->pub);
    if (c->pub_rc != HF_OK && (c->pub_why = strdup(hf_reason())) == NULL) {
        rc = hf_fail(HF_E_NOMEM, "certificate pool");
        goto out;
    }
    *out = c;
    c = NULL; /* handed over */
out:
    cert_free(c);
    return rc;
}

static void
crl_free(struct path_crl *c)
{
    if (c == NULL)
        return;
    free(c->unusable);
    free(c->der);
    free(c);
}

enum hf_rc
hf_path_pool_new(struct hf_path_pool **out)
{
    *out = calloc(1, sizeof(**out));
    return *out == NULL ? hf_fail(HF_E_NOMEM, "certificate pool") : HF_OK;
}

void
hf_path_pool_free(struct hf_path_pool *pool)
{
    if (pool == NULL)
        return;
    for (size_t i = 0; i < pool->n_trust; i++)
        cert_free(pool->trust[i]);
    for (size_t i = 0; i < pool->n_untrusted; i++)
        cert_free(pool->untrusted[i]);
    for (size_t i = 0; i < pool->n_crl; i++)
        crl_free(pool->crl[i]);
    free(pool->trust);
    free(pool->untrusted);
    free(pool->crl);
    free(pool);
}

/* Room for one more pointer, in steps of powers of two. */
static enum hf_rc
one_more(void ***list, size_t n)
{
    void **more;

    if (n >= POOL_MAX)
        return hf_fail(HF_E_TOOBIG, "certificate pool: more than %d objects", POOL_MAX);
    if ((n & (n - 1)) != 0)
        return HF_OK;
    more = realloc(*list, (n == 0 ? 1 : 2 * n) * sizeof(*more));
    if (more == NULL)
        return hf_fail(HF_E_NOMEM, "certificate pool");
    *list = more;
    return HF_OK;
}

static enum hf_rc
add_cert(struct path_cert ***list, size_t *n, struct hf_bytes der)
{
    struct path_cert *c;
    enum hf_rc        rc;

    if ((rc = one_more((void ***)list, *n)) != HF_OK || (rc = cert_new(der, &c)) != HF_OK)
        return rc;
    (*list)[(*n)++] = c;
    return HF_OK;
}

enum hf_rc
hf_path_add_trust(struct hf_path_pool *pool, struct hf_bytes der)
{
    return add_cert(&pool->trust, &pool->n_trust, der);
}

enum hf_rc
hf_path_add_untrusted(struct hf_path_pool *pool, struct hf_bytes der)
{
    return add_cert(&pool->untrusted, &pool->n_untrusted, der);
}

enum hf_rc
hf_path_add_crl(struct hf_path_pool *pool, struct hf_bytes der)
{
    struct path_crl *c;
    const char      *why;
    enum hf_rc       rc;

    if ((rc = one_more((void ***)&pool->crl, pool->n_crl)) != HF_OK)
        return rc;
    if ((c = calloc(1, sizeof(*c))) == NULL)
        return hf_fail(HF_E_NOMEM, "certificate pool");
    if ((rc = copy_der(der, &c->der)) != HF_OK ||
        (rc = hf_crl_read(hf_bytes(c->der, der.n), &c->crl)) != HF_OK) {
        rc = hf_because(rc, "RFC 5280 5.1");
        goto out;
    }
    why = path_crl_unusable(&c->crl);
    if (why != NULL && (c->unusable = strdup(why)) == NULL) {
        rc = hf_fail(HF_E_NOMEM, "certificate pool");
        goto out;
    }
    pool->crl[pool->n_crl++] = c;
    c = NULL; /* handed over */
out:
    crl_free(c);
    return rc;
}

/* -- Searching ------------------------------------------------------------------------ */

enum hf_rc
path_work_one(unsigned *count, unsigned most, const char *what)
{
    if (++*count > most)
        return hf_fail(HF_E_TOOBIG, "path: more than %u %s; the search is given up", most, what);
    return HF_OK;
}

const char *
path_which(const struct path_run *run, size_t i)
{
    static _Thread_local char text[200];
    struct hf_wr              w = hf_wr(4096);

    hf_name_text(run->chain[i]->cert.subject, &w);
    snprintf(text, sizeof(text), "certificate %zu of %zu (%.*s)", i + 1, run->n, (int)(w.n < 120 ? w.n : 120),
             w.n == 0 ? "" : (const char *)w.p);
    hf_wr_clear(&w);
    return text;
}

/* Keep the reason of the attempt that came furthest. */
static void
remember(struct path_run *run, int rank, enum hf_rc rc)
{
    if (rank < run->rank)
        return;
    run->rank = rank;
    run->rc = rc;
    snprintf(run->why, sizeof(run->why), "%s", hf_reason());
}

enum hf_rc
path_signed_by(struct path_work *work, const struct path_cert *child, const struct path_cert *issuer)
{
    enum hf_rc rc;

    for (size_t i = 0; i < work->n_edges; i++)
        if (work->edge[i].child == child && work->edge[i].issuer == issuer)
            return work->edge[i].rc == HF_OK
                       ? HF_OK
                       : hf_fail(work->edge[i].rc, "signature (RFC 5280 6.1.3 (a)(1)): does not verify");
    if (issuer->pub == NULL)
        return hf_fail(issuer->pub_rc, "issuer's key: %s (RFC 5280 6.1.3 (a)(1))", issuer->pub_why);
    if ((rc = path_work_one(&work->signatures, PATH_SIGNATURES, "signatures")) != HF_OK)
        return rc;
    rc = hf_pub_verify(issuer->pub, child->cert.sig_alg, child->cert.tbs, child->cert.sig);
    if (work->n_edges < HF_COUNT(work->edge) && (rc == HF_OK || hf_rc_class(rc) == HF_CLASS_INPUT))
        work->edge[work->n_edges++] = (struct path_edge){ child, issuer, rc };
    return rc == HF_OK ? HF_OK : hf_because(rc, "signature (RFC 5280 6.1.3 (a)(1))");
}

/* The same certificate, or another one for the same name and key: no path needs both. */
static bool
in_chain(const struct path_run *run, const struct path_cert *c)
{
    for (size_t i = 0; i < run->n; i++) {
        const struct hf_cert *x = &run->chain[i]->cert;

        if (hf_bytes_eq(x->der, c->cert.der))
            return true;
        if (i != 0 && hf_bytes_eq(x->spki, c->cert.spki) && hf_name_eq(x->subject, c->cert.subject))
            return true;
    }
    return false;
}

static bool extend(struct path_run *run);

/* With the anchor on top the path is whole: validate it. */
static bool
close_path(struct path_run *run, const struct path_cert *anchor)
{
    enum hf_rc rc;

    for (size_t i = 0; i < run->n; i++)
        if (hf_bytes_eq(run->chain[i]->cert.der, anchor->cert.der))
            return false;
    run->chain[run->n++] = anchor;
    rc = path_signed_by(run->work, run->chain[run->n - 2], anchor);
    if (rc != HF_OK) {
        rc = hf_because(rc, "%s", path_which(run, run->n - 2));
        remember(run, 2, rc);
    } else if ((rc = path_validate(run)) != HF_OK)
        remember(run, 3, rc);
    if (rc == HF_OK)
        return true; /* the chain stays for the caller */
    run->n--;
    return false;
}

/* Self-issued intermediates do not count (6.1.4 (l)), but are no way to a path without end. */
static bool
too_deep(const struct path_run *run, const struct path_cert *ca)
{
    int counted = ca->self_issued ? 0 : 1;

    for (size_t i = 1; i < run->n; i++)
        counted += run->chain[i]->self_issued ? 0 : 1;
    return counted > run->query->max_depth || run->n > HF_PATH_DEPTH;
}

/* One more intermediate; what is wrong with it alone is found before the search goes on above it. */
static bool
go_through(struct path_run *run, const struct path_cert *ca)
{
    enum hf_rc rc;

    if (in_chain(run, ca))
        return false;
    if (too_deep(run, ca)) {
        rc = hf_fail(HF_E_VERIFY, "no path to a trust anchor with at most %d intermediate certificates "
                                  "(RFC 5280 6.1.4 (l))", run->query->max_depth);
        remember(run, 1, rc);
        return false;
    }
    run->chain[run->n++] = ca;
    if ((rc = path_in_time(&ca->cert, run->query->at)) != HF_OK ||
        (rc = path_may_issue(&ca->cert, run->query->strictness)) != HF_OK)
        rc = hf_because(rc, "%s", path_which(run, run->n - 1));
    else if ((rc = path_signed_by(run->work, run->chain[run->n - 2], ca)) != HF_OK)
        rc = hf_because(rc, "%s", path_which(run, run->n - 2));
    if (rc != HF_OK)
        remember(run, 1, rc);
    else if (extend(run))
        return true;
    run->n--;
    return false;
}

/* Could c have issued the top of the chain? By name; key identifiers only set the order (4.2.1.1). */
static bool
could_issue(const struct path_run *run, const struct path_cert *c, bool key_known)
{
    const struct hf_cert *child = &run->chain[run->n - 1]->cert;
    bool agree = child->x.aki_key.n != 0 && c->cert.x.ski.n != 0 &&
                 hf_bytes_eq(child->x.aki_key, c->cert.x.ski);

    return agree == key_known && hf_name_eq(child->issuer, c->cert.subject);
}

/* Anchors before intermediates, agreeing key identifiers before others. True if a path was found. */
static bool
extend(struct path_run *run)
{
    const struct hf_path_pool *pool = run->pool;

    for (int pass = 0; pass < 4; pass++) {
        bool   anchors = pass % 2 == 0, key_known = pass < 2;
        size_t n = anchors ? pool->n_trust : pool->n_untrusted;

        for (size_t i = 0; i < n; i++) {
            const struct path_cert *c = anchors ? pool->trust[i] : pool->untrusted[i];

            if (!could_issue(run, c, key_known) || (anchors && run->anchor != NULL && run->anchor != c))
                continue;
            if (path_work_one(&run->work->steps, PATH_STEPS, "certificates tried") != HF_OK) {
                remember(run, 4, HF_E_TOOBIG);
                return false;
            }
            if (anchors ? close_path(run, c) : go_through(run, c))
                return true;
        }
    }
    return false;
}

/* Trusted itself: then there is no path to look for, only the certificate to judge. */
static bool
is_anchor(const struct path_run *run, const struct path_cert *leaf)
{
    for (size_t i = 0; !run->crl_issuer && i < run->pool->n_trust; i++)
        if (hf_bytes_eq(run->pool->trust[i]->cert.der, leaf->cert.der))
            return true;
    return false;
}

enum hf_rc
path_search(struct path_run *run, const struct path_cert *leaf)
{
    char issuer[128];
    struct hf_wr w = hf_wr(4096);

    run->chain[0] = leaf;
    run->n = 1;
    hf_name_text(leaf->cert.issuer, &w);
    snprintf(issuer, sizeof(issuer), "%.*s", (int)w.n, w.n == 0 ? "" : (const char *)w.p);
    hf_wr_clear(&w);
    run->rank = 0;
    run->rc = HF_E_VERIFY;
    snprintf(run->why, sizeof(run->why),
             "no path to a trust anchor: no certificate for the issuer \"%s\" leads there (RFC 5280 6.1)", issuer);
    if (is_anchor(run, leaf))
        return path_validate(run);
    if (extend(run))
        return HF_OK;
    hf_reason_set("", run->why);
    return run->rc;
}

/* -- The question ------------------------------------------------------------------------- */

struct hf_path_query
hf_path_query(struct hf_bytes leaf, int64_t at)
{
    return (struct hf_path_query){ .leaf = leaf, .at = at, .strictness = HF_STRICT_RFC5280,
                                   .max_depth = HF_PATH_DEPTH };
}

static enum hf_rc
check_leaf(const struct path_cert *leaf, const struct hf_path_query *q)
{
    enum hf_rc rc;

    if (q->dns != NULL && (rc = hf_path_match_host(&leaf->cert, q->dns)) != HF_OK)
        return rc;
    if (q->ip != NULL && (rc = hf_path_match_host(&leaf->cert, q->ip)) != HF_OK)
        return rc;
    if (q->email != NULL && (rc = hf_path_match_mail(&leaf->cert, q->email)) != HF_OK)
        return rc;
    if (leaf->pub == NULL && q->strictness != HF_STRICT_PATH)
        return hf_fail(leaf->pub_rc, "key of the leaf: %s (RFC 5280 4.1.2.7)", leaf->pub_why);
    return HF_OK;
}

enum hf_rc
hf_path_verify(const struct hf_path_pool *pool, const struct hf_path_query *query,
               struct hf_path_result *result)
{
    struct path_work *work = calloc(1, sizeof(*work));
    struct path_cert *leaf = NULL;
    struct path_run   run = { .pool = pool, .query = query, .work = work };
    enum hf_rc        rc;

    if (work == NULL)
        return hf_fail(HF_E_NOMEM, "path");
    if (query->max_depth < 0 || query->max_depth > HF_PATH_DEPTH) {
        rc = hf_fail_field(HF_E_ARG, "max_depth", "must lie between 0 and %d", HF_PATH_DEPTH);
        goto out;
    }
    if ((rc = cert_new(query->leaf, &leaf)) != HF_OK || (rc = path_search(&run, leaf)) != HF_OK ||
        (rc = check_leaf(leaf, query)) != HF_OK)
        goto out;
    if (result != NULL) {
        result->n = run.n;
        for (size_t i = 0; i < run.n; i++)
            result->cert[i] = run.chain[i]->cert.der;
        result->cert[0] = query->leaf;
    }
out:
    cert_free(leaf);
    free(work);
    return rc;
}
