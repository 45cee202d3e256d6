/* bench_wire.c - certificates read, written and judged, against libcrypto on the same octets in the same run. */
#include "bench/rows.h"
#include "unit/made.h"

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "pki/path.h"

#define RUN_MS 600

struct bench {
    struct made          root, ica, leaf;
    struct hf_cert       cert;
    struct hf_cert_body  body;
    struct hf_path_pool *pool;
    X509                *x_root, *x_ica, *x_leaf, *x_new;
    X509_STORE          *store;
    STACK_OF(X509)      *others;
};

static X509 *
x509_of(const struct made *m)
{
    const uint8_t *p = m->der.p;

    return d2i_X509(NULL, &p, (long)m->der.n);
}

static void
read_ours(struct bench *b)
{
    struct hf_cert c;

    if (hf_cert_read(hf_wr_bytes(&b->leaf.der), &c) != HF_OK)
        abort();
}

/* Extensions too: d2i_X509 leaves them for the first question. */
static void
read_theirs(struct bench *b)
{
    X509 *x = x509_of(&b->leaf);

    if (X509_get_extension_flags(x) == 0)
        abort();
    X509_free(x);
}

static void
write_ours(struct bench *b)
{
    static const enum hf_oid eku[] = { HF_OID_EKU_SERVER };
    static const char *const crl[] = { "http://crl.example/ca.crl" };
    struct hf_wr             exts = hf_wr(8192), names = hf_wr(1024), tbs = hf_wr(8192);

    if (hf_gn_parse("dns:www.example.com", &names) != HF_OK)
        abort();
    hf_ext_put_basic(&exts, false, -1);
    hf_ext_put_key_usage(&exts, HF_KU_SIGN);
    hf_ext_put_eku(&exts, false, eku, 1);
    hf_ext_put_ski(&exts, hf_bytes(b->leaf.key_id, 20));
    hf_ext_put_aki(&exts, hf_bytes(b->ica.key_id, 20));
    hf_ext_put_san(&exts, false, hf_wr_bytes(&names));
    hf_ext_put_cdp(&exts, crl, 1);
    b->body.exts = hf_wr_bytes(&exts);
    hf_cert_put_tbs(&tbs, &b->body);
    if (tbs.rc != HF_OK)
        abort();
    hf_wr_clear(&exts);
    hf_wr_clear(&names);
    hf_wr_clear(&tbs);
}

static void
write_theirs(struct bench *b)
{
    static const struct {
        int         nid;
        const char *value;
    } exts[] = { { NID_basic_constraints, "critical,CA:FALSE" }, { NID_key_usage, "critical,digitalSignature" },
                 { NID_ext_key_usage, "serverAuth" },            { NID_subject_key_identifier, "hash" },
                 { NID_subject_alt_name, "DNS:www.example.com" }, { NID_crl_distribution_points, "URI:http://crl.example/ca.crl" },
                 { NID_authority_key_identifier, "keyid" } };
    X509      *x = b->x_new; /* one object all the time: an empty one has no algorithm, which only signing sets */
    X509V3_CTX ctx;
    uint8_t   *der = NULL;

    while (X509_get_ext_count(x) > 0)
        X509_EXTENSION_free(X509_delete_ext(x, 0));
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1234567);
    X509_set_issuer_name(x, X509_get_subject_name(b->x_ica));
    X509_set_subject_name(x, X509_get_subject_name(b->x_leaf));
    ASN1_TIME_set(X509_getm_notBefore(x), 1577836800);
    ASN1_TIME_set(X509_getm_notAfter(x), 1900000000);
    X509_set_pubkey(x, b->leaf.key);
    X509V3_set_ctx(&ctx, b->x_ica, x, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&ctx);
    for (size_t i = 0; i < HF_COUNT(exts); i++) {
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, exts[i].nid, exts[i].value);

        if (e == NULL)
            abort();
        X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
    }
    if (i2d_re_X509_tbs(x, &der) <= 0)
        abort();
    OPENSSL_free(der);
}

static void
judge_ours(struct bench *b)
{
    struct hf_path_query q = hf_path_query(hf_wr_bytes(&b->leaf.der), 1700000000);

    q.purpose = HF_PURPOSE_TLS_SERVER;
    q.dns = "example.com";
    if (hf_path_verify(b->pool, &q, NULL) != HF_OK)
        abort();
}

/* Parsed anew each time, as a server meets it: libcrypto would remember what it found. */
static void
judge_theirs(struct bench *b)
{
    X509_STORE_CTX    *ctx = X509_STORE_CTX_new();
    X509              *leaf = x509_of(&b->leaf);
    X509_VERIFY_PARAM *param;

    X509_STORE_CTX_init(ctx, b->store, leaf, b->others);
    param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, 1700000000);
    X509_VERIFY_PARAM_set1_host(param, "example.com", 0);
    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
    if (X509_verify_cert(ctx) != 1)
        abort();
    X509_STORE_CTX_free(ctx);
    X509_free(leaf);
}

/* Runs a second by the process's own clock, so that neighbours count less. */
static double
rate(void (*run)(struct bench *), struct bench *b)
{
    clock_t start = clock(), end = start + (clock_t)RUN_MS * CLOCKS_PER_SEC / 1000;
    long    n = 0;

    do {
        for (int i = 0; i < 20; i++)
            run(b);
        n += 20;
    } while (clock() < end);
    return (double)n * CLOCKS_PER_SEC / (double)(clock() - start);
}

static void
compare(const char *what, void (*ours)(struct bench *), void (*theirs)(struct bench *), struct bench *b, double goal)
{
    double o, t;

    rate(ours, b); /* warm */
    o = rate(ours, b);
    t = rate(theirs, b);
    row(&(struct row){ what, o, "/s", o / t, "libcrypto", 0, goal });
}

int
main(void)
{
    struct bench b = { .root = made_cert(HF_ALG_P256, NULL, NULL, "CN=root,O=Example Bank,C=CN", "ca ku:cert+crl ski") };

    b.ica = made_cert(HF_ALG_P256, &b.root, NULL, "CN=issuing,O=Example Bank,C=CN", "ca:0 ku:cert+crl ski aki");
    b.leaf = made_cert(HF_ALG_P256, &b.ica, NULL, "CN=www.example.com,O=Example Bank,C=CN",
                       "noca ku:sign eku:server ski aki san:dns:example.com san:dns:*.example.com cdp:http://crl.example/ca.crl");
    if (hf_path_pool_new(&b.pool) != HF_OK || hf_path_add_trust(b.pool, hf_wr_bytes(&b.root.der)) != HF_OK ||
        hf_path_add_untrusted(b.pool, hf_wr_bytes(&b.ica.der)) != HF_OK ||
        hf_cert_read(hf_wr_bytes(&b.leaf.der), &b.cert) != HF_OK)
        abort();
    b.body = (struct hf_cert_body){ .serial = hf_bytes(b.leaf.serial, 4), .sig_alg = b.cert.sig_alg,
                                    .issuer = b.cert.issuer, .subject = b.cert.subject, .not_before = 1577836800,
                                    .not_after = 1900000000, .spki = b.cert.spki };
    b.x_root = x509_of(&b.root);
    b.x_ica = x509_of(&b.ica);
    b.x_leaf = x509_of(&b.leaf);
    b.x_new = X509_dup(b.x_leaf);
    b.store = X509_STORE_new();
    b.others = sk_X509_new_null();
    X509_STORE_add_cert(b.store, b.x_root);
    sk_X509_push(b.others, b.x_ica);
    compare("certificate read, extensions too", read_ours, read_theirs, &b, 20);
    compare("TBSCertificate with 7 extensions", write_ours, write_theirs, &b, 20);
    compare("path of 3, server, host", judge_ours, judge_theirs, &b, 0);
    return t_bad != 0;
}
