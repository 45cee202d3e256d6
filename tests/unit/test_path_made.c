/*
 * test_path_made.c - paths of our own making, each with a P-256 and an SM2 hierarchy.
 *
 * The cases are of the kinds that the public suites ask about: conforming
 * certificates, names and name constraints, purposes, policies, CRLs, and
 * searching where several ways lead up or none does.
 */
#include "unit/made.h"

#include "base/text.h"
#include "pki/path.h"

#define ROOT "ca ku:cert+crl ski"
#define ICA  "ca ku:cert+crl ski aki"
#define LEAF "ku:sign eku:server aki ski san:dns:example.com"

#define AT 1700000000

static const struct plan {
    const char *name, *root, *ica, *leaf; /* ica NULL: none */
    const char *dns;
    const char *fault; /* NULL: valid; otherwise a part of the reason */
    unsigned    level; /* 0: the default */
} plans[] = {
    { "plain", ROOT, ICA, LEAF, "example.com", NULL, 0 },
    { "without intermediate", ROOT, NULL, LEAF, "example.com", NULL, 0 },
    { "path length 0 above a leaf", ROOT, "ca:0 ku:cert ski aki", LEAF, "example.com", NULL, 0 },
    { "path length 0 in the anchor", "ca:0 ku:cert ski", ICA, LEAF, "example.com", "6.1.4 (l)", 0 },
    { "expired leaf", ROOT, ICA, LEAF " to:1600000000", "example.com", "expired", 0 },
    { "leaf from the future", ROOT, ICA, LEAF " from:1800000000", "example.com", "not valid before", 0 },
    { "ends this second", ROOT, ICA, LEAF " to:1700000000", "example.com", NULL, 0 },
    { "begins this second", ROOT, ICA, LEAF " from:1700000000", "example.com", NULL, 0 },
    { "expired anchor", ROOT " to:1600000000", ICA, LEAF, "example.com", "expired", 0 },
    { "expired intermediate", ROOT, ICA " to:1600000000", LEAF, "example.com", "expired", 0 },
    { "intermediate is no CA", ROOT, "noca ski aki", LEAF, "example.com", "not a CA", 0 },
    { "intermediate without basicConstraints", ROOT, "ku:cert ski aki", LEAF, "example.com", "no basicConstraints", 0 },
    { "anchor without basicConstraints", "ku:cert ski", NULL, LEAF, "example.com", "trust anchor is not a CA", 0 },
    { "anchor's basicConstraints not critical", "ca~ ku:cert ski", NULL, LEAF, "example.com", "not critical", 0 },
    { "anchor without keyUsage", "ca ski", NULL, LEAF, "example.com", NULL, 0 },
    { "anchor without keyCertSign", "ca ku:crl ski", NULL, LEAF, "example.com", "trust anchor is not a CA", 0 },
    { "intermediate without keyCertSign", ROOT, "ca ku:crl ski aki", LEAF, "example.com", "keyCertSign", 0 },
    { "leaf with keyCertSign", ROOT, NULL, "noca ku:sign+cert aki ski san:dns:example.com", "example.com", "keyCertSign", 0 },
    { "critical AKI", ROOT, NULL, "aki! san:dns:example.com", "example.com", "4.2.1.1", 0 },
    { "critical SKI in the anchor", "ca ku:cert ski!", NULL, LEAF, "example.com", "4.2.1.2", 0 },
    { "leaf without AKI", ROOT, NULL, "san:dns:example.com", "example.com", "4.2.1.1", 0 },
    { "leaf without AKI, bare algorithm", ROOT, NULL, "san:dns:example.com", "example.com", NULL, 9 },
    { "intermediate without AKI", ROOT, "ca ku:cert ski", LEAF, "example.com", "4.2.1.1", 0 },
    { "anchor without SKI", "ca ku:cert", NULL, LEAF, "example.com", "4.2.1.2", 0 },
    { "intermediate without SKI", ROOT, "ca ku:cert aki", LEAF, "example.com", "4.2.1.2", 0 },
    { "critical AIA", ROOT, NULL, LEAF " aia!", "example.com", "4.2.2", 0 },
    { "unknown extension", ROOT, NULL, LEAF " unknown", "example.com", NULL, 0 },
    { "unknown critical extension in the leaf", ROOT, NULL, LEAF " unknown!", "example.com", "unknown critical", 0 },
    { "unknown critical extension in the CA", ROOT, ICA " unknown!", LEAF, "example.com", "unknown critical", 0 },
    { "unknown critical extension in the anchor", ROOT " unknown!", NULL, LEAF, "example.com", "unknown critical", 0 },
    { "serial zero", ROOT, NULL, LEAF " serial:0", "example.com", "4.1.2.2", 0 },
    { "serial of 21 octets", ROOT, NULL, LEAF " serial:long", "example.com", "4.1.2.2", 0 },
    { "empty issuer", "subject: ca ku:cert ski", NULL, LEAF, "example.com", "empty issuer", 0 },
    { "empty subject, SAN not critical", ROOT, NULL, "subject: ku:sign aki san:dns:example.com", "example.com", "4.2.1.6", 0 },
    { "empty subject, critical SAN", ROOT, NULL, "subject: ku:sign aki san! san:dns:example.com", "example.com", NULL, 0 },
    { "version 1 leaf", ROOT, NULL, "v1", NULL, "RFC 5280 4.1.2.1", 0 },
    { "CA in place of the leaf", ROOT, NULL, "ca ku:cert ski aki san:dns:example.com", "example.com", NULL, 0 },
    { "CA in place of the leaf, web", ROOT, NULL, "ca ku:cert ski aki eku:server san:dns:example.com", "example.com", "7.1.2.7.8", 2 },
    { "CA leaf whose keyUsage does not sign", ROOT, NULL, "ca ku:sign ski aki san:dns:example.com", "example.com", "keyCertSign", 0 },
    /* names */
    { "other host", ROOT, NULL, LEAF, "example2.com", "RFC 9525", 0 },
    { "case of the host", ROOT, NULL, LEAF, "EXAMPLE.com.", NULL, 0 },
    { "subdomain of the name", ROOT, NULL, LEAF, "abc.example.com", "RFC 9525", 0 },
    { "commonName alone", ROOT, NULL, "subject:CN=example.com ku:sign aki", "example.com", "RFC 9525", 0 },
    { "wildcard", ROOT, NULL, "aki san:dns:*.example.com", "foo.example.com", NULL, 0 },
    { "wildcard for two labels", ROOT, NULL, "aki san:dns:*.example.com", "a.b.example.com", "RFC 9525", 0 },
    { "wildcard for none", ROOT, NULL, "aki san:dns:*.example.com", "example.com", "RFC 9525", 0 },
    { "wildcard in part", ROOT, NULL, "aki san:dns:ba*.example.com", "baz.example.com", "4.2.1.6", 0 },
    { "wildcard in the middle", ROOT, NULL, "aki san:dns:foo.*.example.com", "foo.bar.example.com", "4.2.1.6", 0 },
    { "wildcard under a top level", ROOT, NULL, "aki san:dns:*.com", "example.com", "3.2.2.6", 0 },
    { "wildcard in an A-label", ROOT, NULL, "aki san:dns:xn--*-1b3c148a.example.com", "xn--bliss-1b3c148a.example.com", "4.2.1.6", 0 },
    { "address", ROOT, NULL, "aki san:ip:10.0.0.1", "10.0.0.1", NULL, 0 },
    { "IPv6 address", ROOT, NULL, "aki san:ip:2001:db8::1", "2001:DB8:0::1", NULL, 0 },
    { "address as a name", ROOT, NULL, "aki san:dns:10.0.0.1", "10.0.0.1", "is an address", 0 },
    { "underscore", ROOT, NULL, LEAF " san:dns:a_b.example.com", "example.com", "4.2.1.6", 0 },
    { "commonName in another case", ROOT, NULL, "subject:CN=Example.com aki san:dns:example.com", "example.com", "7.1.4.3", 0 },
    { "commonName of another host", ROOT, NULL, "subject:CN=a.example.com aki san:dns:example.com", "example.com", NULL, 0 },
    { "commonName of another host, web", ROOT, NULL, "subject:CN=a.example.com aki ku:sign eku:server san:dns:example.com", "example.com", "7.1.4.3", 2 },
    { "no host at all", ROOT, NULL, LEAF, "exa mple", "neither", 0 },
    /* name constraints */
    { "permitted", ROOT " nc+dns:example.com", NULL, LEAF, "example.com", NULL, 0 },
    { "permitted below", ROOT " nc+dns:example.com", NULL, "aki san:dns:a.b.example.com", "a.b.example.com", NULL, 0 },
    { "not permitted", ROOT " nc+dns:example.com", NULL, "aki san:dns:not-example.com", "not-example.com", "no permitted", 0 },
    { "excluded", ROOT, ICA " nc-dns:example.com", LEAF, "example.com", "excluded", 0 },
    { "excluded second name", ROOT " nc-dns:no.example.com", NULL, LEAF " san:dns:no.example.com", "example.com", "excluded", 0 },
    { "permitted and excluded", ROOT " nc+dns:example.com nc-dns:example.com", NULL, LEAF, "example.com", "excluded", 0 },
    { "another kind of constraint", ROOT " nc+ip:192.0.2.0/24", NULL, LEAF, "example.com", NULL, 0 },
    { "constraints not critical", ROOT " nc+dns:example.com nc~", NULL, LEAF, "example.com", "not critical", 0 },
    { "constraint with a leading dot", ROOT " nc+dns:.example.com", NULL, "aki san:dns:a.example.com", "a.example.com", "malformed", 0 },
    { "constraint with a wildcard", ROOT " nc+dns:*.example.com", NULL, "aki san:dns:a.example.com", "a.example.com", "malformed", 0 },
    { "malformed name under constraints", ROOT " nc+dns:example.com", NULL, LEAF " san:dns:.example.com", "example.com", "4.2.1.6", 0 },
    { "wildcard that may be excluded", ROOT " nc+dns:example.com nc-dns:bar.example.com", NULL, "aki san:dns:*.example.com", "foo.example.com", "excluded", 0 },
    { "wildcard wider than permitted", ROOT " nc+dns:foo.example.com", NULL, "aki san:dns:*.example.com", "foo.example.com", "no permitted", 0 },
    { "address permitted", ROOT " nc+ip:192.0.2.0/24", NULL, "aki san:ip:192.0.2.9", "192.0.2.9", NULL, 0 },
    { "address not permitted", ROOT " nc+ip:192.0.2.0/24", NULL, "aki san:ip:192.0.3.9", "192.0.3.9", "no permitted", 0 },
    { "IPv6 excluded", ROOT " nc-ip:::1/128", NULL, "aki san:ip:::1", "::1", "excluded", 0 },
    { "directory name permitted", ROOT " nc+dn:CN=leaf", NULL, LEAF, "example.com", NULL, 0 },
    { "directory name not permitted", ROOT " nc+dn:CN=other", NULL, LEAF, "example.com", "no permitted", 0 },
    { "directory name excluded", ROOT " nc-dn:CN=LEAF", NULL, LEAF, "example.com", "excluded", 0 },
    { "mailbox permitted", ROOT " nc+email:foo@example.com", NULL, LEAF " san:email:foo@example.com", "example.com", NULL, 0 },
    { "mail host permitted", ROOT " nc+email:example.com", NULL, LEAF " san:email:bar@Example.com", "example.com", NULL, 0 },
    { "mail host not permitted", ROOT " nc+email:example.com", NULL, LEAF " san:email:bar@a.example.com", "example.com", "no permitted", 0 },
    { "malformed mail address", ROOT " nc+email:example.com", NULL, LEAF " san:email:a@b@example.com", "example.com", "malformed", 0 },
    { "URI permitted", ROOT " nc+uri:.example.com", NULL, LEAF " san:uri:http://u@www.example.com:80/x", "example.com", NULL, 0 },
    { "URI not permitted", ROOT " nc+uri:example.com", NULL, LEAF " san:uri:http://www.example.com/", "example.com", "no permitted", 0 },
    { "URI of an address", ROOT " nc+uri:example.com", NULL, LEAF " san:uri:http://10.0.0.1/", "example.com", "malformed", 0 },
    { "narrowed by the second CA", ROOT " nc+dns:example.com", ICA " nc+dns:a.example.com", LEAF, "example.com", "no permitted", 0 },
    { "not widened by the second CA", ROOT " nc+dns:a.example.com", ICA " nc+dns:example.com", LEAF, "example.com", "no permitted", 0 },
    { "CA's own name forbidden", ROOT " nc-dns:ca.example.com", ICA " san:dns:ca.example.com", LEAF, "example.com", "excluded", 0 },
    { "constraints in a leaf", ROOT, NULL, LEAF " nc+dns:example.com", "example.com", "4.2.1.10", 0 },
    { "principal name under constraints for it", ROOT " nc-upn:x@y", NULL, LEAF " san:upn:a@b", "example.com", "unknown form", 0 },
    { "constraints for a form that does not occur", ROOT " nc-upn:x@y", NULL, LEAF, "example.com", NULL, 0 },
    /* purposes */
    { "no extKeyUsage", ROOT, NULL, "aki ku:sign san:dns:example.com", "example.com", NULL, 0 },
    { "no extKeyUsage, web", ROOT, NULL, "aki ku:sign san:dns:example.com", "example.com", "7.1.2.7.6", 2 },
    { "client's extKeyUsage", ROOT, NULL, "aki eku:client san:dns:example.com", "example.com", "serverAuth", 0 },
    { "anyExtendedKeyUsage alone", ROOT, NULL, "aki eku:any san:dns:example.com", "example.com", "anyExtendedKeyUsage", 0 },
    { "CA for clients", ROOT, ICA " eku:client", LEAF, "example.com", "serverAuth", 0 },
    { "CA for any purpose", ROOT, ICA " eku:any", LEAF, "example.com", NULL, 0 },
    { "keyUsage that does not suit", ROOT, NULL, "aki ku:crl eku:server san:dns:example.com", "example.com", "keyUsage", 0 },
    { "critical SAN beside a subject", ROOT, NULL, "aki san! san:dns:example.com", "example.com", "CA/B BR", 0 },
    { "critical extKeyUsage", ROOT, NULL, "aki ku:sign eku! eku:server san:dns:example.com", "example.com", "7.1.2.7.6", 0 },
    { "server and mail", ROOT, NULL, "aki ku:sign eku:server+email san:dns:example.com", "example.com", "7.1.2.7.10", 0 },
    { "CA for servers and mail", ROOT, ICA " eku:server+email", LEAF, "example.com", "7.1.2.10.6", 0 },
    { "root with extKeyUsage", ROOT " eku:server", NULL, LEAF, "example.com", "7.1.2.1.2", 0 },
    { "root with extKeyUsage, no host", ROOT " eku:server", NULL, LEAF, NULL, NULL, 0 },
    /* policies */
    { "explicit policy, none there", ROOT, ICA " explicit:0", LEAF, "example.com", "6.1.3 (f)", 0 },
    { "explicit policy, there", ROOT, ICA " explicit:0 pol:1.2.3.4", LEAF " pol:1.2.3.4", "example.com", NULL, 0 },
    { "explicit policy, another", ROOT, ICA " explicit:0 pol:1.2.3.4", LEAF " pol:1.2.3.5", "example.com", "6.1.3 (f)", 0 },
    { "mapped policy", ROOT, ICA " explicit:0 pol:1.2.3.4 map:1.2.3.4=1.2.3.5", LEAF " pol:1.2.3.5", "example.com", NULL, 0 },
    { "mapping from anyPolicy", ROOT, ICA " pol:1.2.3.4 map:2.5.29.32.0=1.2.3.5", LEAF, "example.com", "6.1.4 (a)", 0 },
    { "anyPolicy", ROOT, ICA " explicit:0 pol:2.5.29.32.0", LEAF " pol:1.2.3.5", "example.com", NULL, 0 },
    { "anyPolicy inhibited", ROOT, ICA " explicit:0 pol:1.2.3.4 noany:0", LEAF " pol:2.5.29.32.0", "example.com", "6.1.3 (f)", 0 },
};

struct chain {
    struct made          root, ica, leaf;
    struct hf_path_pool *pool;
    bool                 has_ica;
};

static struct chain
make_chain(enum hf_alg alg, const char *root, const char *ica, const char *leaf)
{
    struct chain c = { .has_ica = ica != NULL };

    c.root = made_cert(alg, NULL, NULL, "CN=root", root);
    if (ica != NULL)
        c.ica = made_cert(alg, &c.root, NULL, "CN=intermediate", ica);
    c.leaf = made_cert(alg, ica != NULL ? &c.ica : &c.root, NULL, "CN=leaf", leaf);
    T_OK(hf_path_pool_new(&c.pool));
    T_OK(hf_path_add_trust(c.pool, hf_wr_bytes(&c.root.der)));
    if (ica != NULL)
        T_OK(hf_path_add_untrusted(c.pool, hf_wr_bytes(&c.ica.der)));
    return c;
}

static void
free_chain(struct chain *c)
{
    hf_path_pool_free(c->pool);
    made_free(&c->root);
    if (c->has_ica)
        made_free(&c->ica);
    made_free(&c->leaf);
}

static void
expect(const char *name, enum hf_alg alg, enum hf_rc rc, const char *fault)
{
    bool right = fault == NULL ? rc == HF_OK : rc != HF_OK && strstr(hf_reason(), fault) != NULL;

    if (!right) {
        t_bad++;
        printf("  %s (%s): expected %s, got %s: %s\n", name, hf_alg_name(alg), fault == NULL ? "valid" : fault,
               hf_rc_name(rc), rc == HF_OK ? "" : hf_reason());
    }
}

static void
run_plans(enum hf_alg alg)
{
    for (size_t i = 0; i < HF_COUNT(plans); i++) {
        const struct plan   *p = &plans[i];
        struct chain         c = make_chain(alg, p->root, p->ica, p->leaf);
        struct hf_path_query q = hf_path_query(hf_wr_bytes(&c.leaf.der), AT);

        q.purpose = HF_PURPOSE_TLS_SERVER;
        q.dns = p->dns;
        q.strictness = p->level == 9 ? HF_STRICT_PATH : p->level == 2 ? HF_STRICT_WEBPKI : HF_STRICT_RFC5280;
        expect(p->name, alg, hf_path_verify(c.pool, &q, NULL), p->fault);
        free_chain(&c);
    }
}

static void
p256_paths_end_as_they_should(void)
{
    run_plans(HF_ALG_P256);
}

static void
sm2_paths_end_as_they_should(void)
{
    run_plans(HF_ALG_SM2);
}

/* -- CRLs ------------------------------------------------------------------------------ */

static const struct crl_plan {
    const char *name, *leaf;
    const char *first, *second; /* words; "R" at the start: the leaf is in it; second NULL: none */
    bool        by_other;       /* the first is signed with another key */
    const char *fault;
} crl_plans[] = {
    { "not revoked", LEAF, "", NULL, false, NULL },
    { "revoked", LEAF, "R", NULL, false, "revoked at" },
    { "on hold", LEAF, "R reason:6", NULL, false, "certificateHold" },
    { "stale CRL", LEAF, "to:1600000000", NULL, false, "not known" },
    { "CRL from the future", LEAF, "from:1800000000", NULL, false, "not known" },
    { "CRL of another key", LEAF, "", NULL, true, "not known" },
    { "CRL without number", LEAF, "nonumber", NULL, false, "5.2.3" },
    { "CRL with a critical number", LEAF, "number!", NULL, false, "5.2.3" },
    { "unknown extension", LEAF, "unknown", NULL, false, NULL },
    { "unknown critical extension", LEAF, "unknown!", NULL, false, "unknown critical" },
    { "a number twice", LEAF, "R twice", NULL, false, "twice" },
    { "for users only", LEAF, "idp-user", NULL, false, NULL },
    { "for CAs only", LEAF, "idp-ca", NULL, false, "not known" },
    { "distribution point agrees", LEAF " cdp:http://c.example/1", "idp:http://c.example/1", NULL, false, NULL },
    { "distribution point differs", LEAF " cdp:http://c.example/1", "idp:http://c.example/2", NULL, false, "not known" },
    { "distribution point missing", LEAF, "idp:http://c.example/1", NULL, false, "not known" },
    { "revoked in the delta", LEAF, "number:10", "R delta:9 number:11", false, "revoked at" },
    { "released in the delta", LEAF, "R reason:6 number:10", "R reason:8 delta:9 number:11", false, NULL },
    { "delta for a later base", LEAF, "number:10", "R delta:11 number:12", false, NULL },
    { "delta alone", LEAF, "delta:9 number:11", NULL, false, "not known" },
    { "stale delta", LEAF, "number:10", "R delta:9 number:11 to:1600000000", false, NULL },
};

static void
add_crl(const struct chain *c, const char *words, const struct made *by)
{
    bool         revokes = words[0] == 'R';
    struct hf_wr der = made_crl(by, revokes ? &c->leaf : NULL, revokes ? words + 1 : words);

    T_OK(hf_path_add_crl(c->pool, hf_wr_bytes(&der)));
    hf_wr_clear(&der);
}

static void
run_crls(enum hf_alg alg)
{
    for (size_t i = 0; i < HF_COUNT(crl_plans); i++) {
        const struct crl_plan *p = &crl_plans[i];
        struct chain           c = make_chain(alg, ROOT, NULL, p->leaf);
        struct made            other = made_cert(alg, NULL, NULL, "CN=root", ROOT);
        struct hf_path_query   q = hf_path_query(hf_wr_bytes(&c.leaf.der), AT);

        q.purpose = HF_PURPOSE_TLS_SERVER;
        q.dns = "example.com";
        q.revocation = true;
        add_crl(&c, p->first, p->by_other ? &other : &c.root);
        if (p->second != NULL)
            add_crl(&c, p->second, &c.root);
        expect(p->name, alg, hf_path_verify(c.pool, &q, NULL), p->fault);
        made_free(&other);
        free_chain(&c);
    }
}

static void
p256_crls_are_obeyed(void)
{
    run_crls(HF_ALG_P256);
}

static void
sm2_crls_are_obeyed(void)
{
    run_crls(HF_ALG_SM2);
}

/* -- Searching ----------------------------------------------------------------------------- */

static void
a_bundle_of_intermediates_is_searched(void)
{
    struct made          root = made_cert(HF_ALG_SM2, NULL, NULL, "CN=root", ROOT);
    struct made          lost = made_cert(HF_ALG_SM2, NULL, NULL, "CN=root", ROOT); /* same name, not trusted */
    struct made          good = made_cert(HF_ALG_SM2, &root, NULL, "CN=ica", ICA);
    struct made          bad = made_cert(HF_ALG_SM2, &lost, good.key, "CN=ica", ICA);
    struct made          old = made_cert(HF_ALG_SM2, &root, good.key, "CN=ica", ICA " to:1600000000");
    struct made          leaf = made_cert(HF_ALG_SM2, &good, NULL, "CN=leaf", LEAF);
    struct hf_path_query q = hf_path_query(hf_wr_bytes(&leaf.der), AT);
    struct hf_path_pool *pool;
    struct hf_path_result r;

    T_OK(hf_path_pool_new(&pool));
    T_OK(hf_path_add_trust(pool, hf_wr_bytes(&root.der)));
    T_OK(hf_path_add_untrusted(pool, hf_wr_bytes(&old.der)));
    T_OK(hf_path_add_untrusted(pool, hf_wr_bytes(&bad.der)));
    T_OK(hf_path_add_untrusted(pool, hf_wr_bytes(&lost.der)));
    T_OK(hf_path_add_untrusted(pool, hf_wr_bytes(&good.der)));
    T_OK(hf_path_verify(pool, &q, &r));
    T_EQ(r.n, 3);
    T_BYTES(r.cert[1], hf_wr_bytes(&good.der));
    q.max_depth = 0;
    T_RC(hf_path_verify(pool, &q, &r), HF_E_VERIFY);
    hf_path_pool_free(pool);
    made_free(&root);
    made_free(&lost);
    made_free(&good);
    made_free(&bad);
    made_free(&old);
    made_free(&leaf);
}

static void
cas_that_sign_each_other_end_the_search(void)
{
    struct made          root = made_cert(HF_ALG_P256, NULL, NULL, "CN=root", ROOT);
    struct made          a = made_cert(HF_ALG_P256, NULL, NULL, "CN=a", ROOT), b = made_cert(HF_ALG_P256, NULL, NULL, "CN=b", ROOT);
    struct made          a_by_b = made_cert(HF_ALG_P256, &b, a.key, "CN=a", ICA);
    struct made          b_by_a = made_cert(HF_ALG_P256, &a, b.key, "CN=b", ICA);
    struct made          leaf = made_cert(HF_ALG_P256, &a, NULL, "CN=leaf", LEAF);
    struct hf_path_query q = hf_path_query(hf_wr_bytes(&leaf.der), AT);
    struct hf_path_pool *pool;

    T_OK(hf_path_pool_new(&pool));
    T_OK(hf_path_add_trust(pool, hf_wr_bytes(&root.der)));
    T_OK(hf_path_add_untrusted(pool, hf_wr_bytes(&a_by_b.der)));
    T_OK(hf_path_add_untrusted(pool, hf_wr_bytes(&b_by_a.der)));
    T_RC(hf_path_verify(pool, &q, NULL), HF_E_VERIFY);
    hf_path_pool_free(pool);
    made_free(&root);
    made_free(&a);
    made_free(&b);
    made_free(&a_by_b);
    made_free(&b_by_a);
    made_free(&leaf);
}

/* Twelve layers of four CAs that all carry the same names: millions of ways, and none leads up. */
static void
a_maze_of_intermediates_is_given_up(void)
{
    enum { LAYERS = 12, WIDE = 4 };
    struct made          root = made_cert(HF_ALG_P256, NULL, NULL, "CN=root", ROOT);
    struct made          top = made_cert(HF_ALG_P256, NULL, NULL, "CN=lost", ROOT), below = top, leaf;
    struct made          keep[LAYERS * WIDE];
    struct hf_path_query q;
    struct hf_path_pool *pool;
    int64_t              start = hf_tick_ms();
    size_t               n = 0;

    T_OK(hf_path_pool_new(&pool));
    T_OK(hf_path_add_trust(pool, hf_wr_bytes(&root.der)));
    for (int layer = 0; layer < LAYERS; layer++) {
        EVP_PKEY *key = made_key(HF_ALG_P256);
        char      name[32];

        snprintf(name, sizeof(name), "CN=layer %d", layer);
        for (int i = 0; i < WIDE; i++) {
            keep[n] = made_cert(HF_ALG_P256, &below, key, name, ICA);
            T_OK(hf_path_add_untrusted(pool, hf_wr_bytes(&keep[n].der)));
            n++;
        }
        EVP_PKEY_free(key);
        below = keep[n - 1];
    }
    leaf = made_cert(HF_ALG_P256, &below, NULL, "CN=leaf", LEAF);
    q = hf_path_query(hf_wr_bytes(&leaf.der), AT);
    T_TRUE(hf_path_verify(pool, &q, NULL) != HF_OK);
    T_TRUE(hf_tick_ms() - start < 20000);
    hf_path_pool_free(pool);
    for (size_t i = 0; i < n; i++)
        made_free(&keep[i]);
    made_free(&root);
    made_free(&top);
    made_free(&leaf);
}

static void
a_trusted_leaf_needs_no_path(void)
{
    struct made          leaf = made_cert(HF_ALG_SM2, NULL, NULL, "CN=leaf", "ku:sign eku:server ski san:dns:example.com");
    struct hf_path_query q = hf_path_query(hf_wr_bytes(&leaf.der), AT);
    struct hf_path_pool *pool;

    T_OK(hf_path_pool_new(&pool));
    T_OK(hf_path_add_trust(pool, hf_wr_bytes(&leaf.der)));
    q.dns = "example.com";
    q.purpose = HF_PURPOSE_TLS_SERVER;
    T_OK(hf_path_verify(pool, &q, NULL));
    q.at = 4102444801;
    T_RC(hf_path_verify(pool, &q, NULL), HF_E_EXPIRED);
    hf_path_pool_free(pool);
    made_free(&leaf);
}

/* Every flipped bit of a leaf must be noticed: by the reader or by the signature. */
static void
every_changed_octet_of_a_leaf_is_noticed(void)
{
    struct chain         c = make_chain(HF_ALG_SM2, ROOT, NULL, LEAF);
    struct hf_path_query q = hf_path_query(hf_wr_bytes(&c.leaf.der), AT);

    T_OK(hf_path_verify(c.pool, &q, NULL));
    for (size_t i = 0; i < c.leaf.der.n; i++) {
        c.leaf.der.p[i] ^= (uint8_t)(1 << i % 8);
        T_TRUE(hf_path_verify(c.pool, &q, NULL) != HF_OK);
        c.leaf.der.p[i] ^= (uint8_t)(1 << i % 8);
        q.leaf.n = i;
        T_TRUE(hf_path_verify(c.pool, &q, NULL) != HF_OK);
        q.leaf.n = c.leaf.der.n;
    }
    T_OK(hf_path_verify(c.pool, &q, NULL));
    free_chain(&c);
}

T_MAIN(T(p256_paths_end_as_they_should), T(sm2_paths_end_as_they_should), T(p256_crls_are_obeyed),
       T(sm2_crls_are_obeyed), T(a_bundle_of_intermediates_is_searched), T(cas_that_sign_each_other_end_the_search),
       T(a_maze_of_intermediates_is_given_up), T(a_trusted_leaf_needs_no_path),
       T(every_changed_octet_of_a_leaf_is_noticed))
