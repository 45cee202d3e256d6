/*
 * path_policy.c - certificate policies along a chain (RFC 5280 6.1.3 (d) to (f), 6.1.4 (a) to (j), 6.1.5).
 *
 * The tree of RFC 5280 can grow exponentially. As RFC 9618 shows, the nodes of
 * one level with the same policy can be one node. Of the levels above only two
 * things still matter: what a node expects below it, and which policies of the
 * anchor's domain it descends from. So one level is kept, with both as sets.
 */
#include <stdlib.h>
#include <string.h>

#include "pki/path_int.h"

#define POLICY_MAX 512 /* different policies in one chain */
#define WORDS      (POLICY_MAX / 64)

struct set {
    uint64_t w[WORDS];
};

struct node {
    size_t     policy;
    struct set expected; /* expected_policy_set */
    struct set origin;   /* policies below anyPolicy at the top that lead here */
};

struct state {
    struct hf_bytes known[POLICY_MAX]; /* OID contents by number; 0 is anyPolicy */
    size_t          n_known;
    struct node     level[POLICY_MAX], next[POLICY_MAX];
    size_t          n_level, n_next;
    int64_t         explicit_policy, inhibit_any, mapping;
    bool            full;
};

static void
put(struct set *s, size_t i)
{
    s->w[i / 64] |= (uint64_t)1 << i % 64;
}

static bool
has(const struct set *s, size_t i)
{
    return (s->w[i / 64] >> i % 64 & 1) != 0;
}

static void
join(struct set *s, const struct set *other)
{
    for (size_t i = 0; i < WORDS; i++)
        s->w[i] |= other->w[i];
}

/* The number of a policy; new ones get the next. */
static size_t
number(struct state *s, struct hf_bytes oid)
{
    for (size_t i = 0; i < s->n_known; i++)
        if (hf_bytes_eq(s->known[i], oid))
            return i;
    if (s->n_known == POLICY_MAX) {
        s->full = true;
        return 0;
    }
    s->known[s->n_known] = oid;
    return s->n_known++;
}

static struct node *
find(struct node *level, size_t n, size_t policy)
{
    for (size_t i = 0; i < n; i++)
        if (level[i].policy == policy)
            return &level[i];
    return NULL;
}

static struct node *
add(struct node *level, size_t *n, size_t policy)
{
    struct node *x = &level[(*n)++];

    memset(x, 0, sizeof(*x));
    x->policy = policy;
    return x;
}

/* Nodes of the level that expect this policy: the origins of all of them. */
static bool
expecting(const struct state *s, size_t policy, struct set *origin)
{
    bool found = false;

    memset(origin, 0, sizeof(*origin));
    for (size_t i = 0; i < s->n_level; i++)
        if (has(&s->level[i].expected, policy)) {
            join(origin, &s->level[i].origin);
            found = true;
        }
    return found;
}

/* 6.1.3 (d)(1) */
static void
take_named(struct state *s, size_t policy)
{
    struct set   origin;
    struct node *x;
    bool         expected = expecting(s, policy, &origin);

    if (!expected && find(s->level, s->n_level, 0) == NULL)
        return;
    if (!expected)
        put(&origin, policy); /* a child of anyPolicy begins in its own name */
    x = add(s->next, &s->n_next, policy);
    put(&x->expected, policy);
    x->origin = origin;
}

/* 6.1.3 (d)(2) */
static void
take_any(struct state *s)
{
    struct set   origin;
    struct node *x;

    for (size_t p = 0; p < s->n_known; p++)
        if (find(s->next, s->n_next, p) == NULL && expecting(s, p, &origin)) {
            x = add(s->next, &s->n_next, p);
            put(&x->expected, p);
            x->origin = origin;
        }
}

static void
take_policies(struct state *s, const struct hf_cert *c, bool any_allowed)
{
    struct hf_rd    r = hf_rd(c->x.policies);
    struct hf_bytes oid, qualifiers;
    bool            any = false;

    s->n_next = 0;
    while (hf_policy_next(&r, &oid, &qualifiers)) {
        size_t p = number(s, oid);

        if (p == 0)
            any = true;
        else
            take_named(s, p);
    }
    if (any && any_allowed)
        take_any(s);
    memcpy(s->level, s->next, s->n_next * sizeof(s->next[0]));
    s->n_level = s->n_next;
}

/* 6.1.4 (b): the first mapping of a policy clears what its node expects, the others add. */
static void
map_one(struct state *s, size_t from, size_t to, struct set *seen)
{
    struct node *x = find(s->level, s->n_level, from);

    if (s->mapping == 0) {
        if (x != NULL)
            *x = s->level[--s->n_level];
        return;
    }
    if (x == NULL) {
        if (find(s->level, s->n_level, 0) == NULL)
            return;
        x = add(s->level, &s->n_level, from);
        put(&x->origin, from);
    } else if (!has(seen, from))
        memset(&x->expected, 0, sizeof(x->expected));
    put(seen, from);
    put(&x->expected, to);
}

/* 6.1.4 (a) and (b) */
static enum hf_rc
take_mappings(struct state *s, const struct hf_cert *c)
{
    struct hf_rd    r = hf_rd(c->x.mappings);
    struct hf_bytes issuer, subject;
    struct set      seen = { { 0 } };

    while (hf_mapping_next(&r, &issuer, &subject)) {
        size_t from = number(s, issuer), to = number(s, subject);

        if (s->full)
            break;
        if (from == 0 || to == 0)
            return hf_fail(HF_E_POLICY, "policyMappings from or to anyPolicy (RFC 5280 6.1.4 (a))");
        map_one(s, from, to, &seen);
    }
    return HF_OK;
}

static void
count_down(int64_t *n)
{
    if (*n > 0)
        (*n)--;
}

static void
lower(int64_t *n, int64_t to)
{
    if (to >= 0 && to < *n)
        *n = to;
}

/* 6.1.4: from one certificate to the next. */
static enum hf_rc
prepare_next(struct state *s, const struct path_cert *c)
{
    enum hf_rc rc = take_mappings(s, &c->cert);

    if (rc != HF_OK)
        return rc;
    if (!c->self_issued) { /* (h) */
        count_down(&s->explicit_policy);
        count_down(&s->mapping);
        count_down(&s->inhibit_any);
    }
    lower(&s->explicit_policy, c->cert.x.require_explicit); /* (i) */
    lower(&s->mapping, c->cert.x.inhibit_mapping);
    lower(&s->inhibit_any, c->cert.x.inhibit_any); /* (j) */
    return HF_OK;
}

/* 6.1.3 (d) to (f) for chain[i]; 0 is the leaf. */
static enum hf_rc
check_level(struct state *s, const struct path_run *run, size_t i)
{
    const struct path_cert *c = run->chain[i];
    enum hf_rc              rc = HF_OK;

    if (hf_exts_have(&c->cert.x, HF_EXT_POLICIES))
        take_policies(s, &c->cert, s->inhibit_any > 0 || (i != 0 && c->self_issued));
    else
        s->n_level = 0;
    if (s->explicit_policy == 0 && s->n_level == 0)
        rc = hf_fail(HF_E_POLICY, "no valid policy, and one is required (RFC 5280 6.1.3 (f))");
    if (rc == HF_OK && i != 0)
        rc = prepare_next(s, c);
    if (s->full)
        rc = hf_fail(HF_E_TOOBIG, "more than %d different policies in the path", POLICY_MAX);
    return rc == HF_OK ? HF_OK : hf_because(rc, "%s", path_which(run, i));
}

/* 6.1.5 (g): is anything left of what the user accepts? */
static bool
acceptable(struct state *s, const struct hf_path_query *q)
{
    struct set all = { { 0 } };

    for (size_t i = 0; i < s->n_level; i++)
        join(&all, &s->level[i].origin);
    if (q->n_policy == 0)
        return s->n_level != 0;
    for (size_t i = 0; i < q->n_policy; i++) {
        size_t p = number(s, q->policy[i]);

        if (s->n_level != 0 && (p == 0 || has(&all, 0) || has(&all, p)))
            return true;
    }
    return false;
}

static enum hf_rc
walk(struct state *s, const struct path_run *run)
{
    const struct hf_path_query *q = run->query;
    int64_t                     n = (int64_t)run->n - 1; /* the anchor does not count */
    enum hf_rc                  rc;

    s->known[0] = hf_oid(HF_OID_ANY_POLICY);
    s->n_known = 1;
    s->n_level = 0;
    put(&add(s->level, &s->n_level, 0)->expected, 0);
    put(&s->level[0].origin, 0);
    s->explicit_policy = q->explicit_policy && !run->crl_issuer ? 0 : n + 1;
    s->inhibit_any = q->inhibit_any ? 0 : n + 1;
    s->mapping = q->inhibit_mapping ? 0 : n + 1;
    for (size_t i = run->n - 1; i-- > 0;)
        if ((rc = check_level(s, run, i)) != HF_OK)
            return rc;
    count_down(&s->explicit_policy); /* 6.1.5 (a), (b) */
    if (run->chain[0]->cert.x.require_explicit == 0)
        s->explicit_policy = 0;
    if (s->explicit_policy == 0 && !run->crl_issuer && !acceptable(s, q))
        return hf_fail(HF_E_POLICY, "no policy of the path is among those asked for (RFC 5280 6.1.5 (g))");
    return HF_OK;
}

enum hf_rc
path_policies(const struct path_run *run)
{
    struct state *s = calloc(1, sizeof(*s));
    enum hf_rc    rc;

    if (s == NULL)
        return hf_fail(HF_E_NOMEM, "policies");
    rc = walk(s, run);
    free(s);
    return rc;
}
