/*
 * bench_pki.c - issuing through the library against bare libcrypto, OCSP from the cache and signed live,
 * and 100,000 stored certificates listed by page. Everything in one process and one run: compare ratios only.
 *
 *     bench_pki [CERTIFICATES]     default 100000 in the list, SQLite in a fresh folder
 */
#include "bench/pki_bench.h"
#include "bench/rows.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/log.h"
#include "pki/lifecycle.h"
#include "pki/list.h"
#include "pki/ops.h"
#include "pki/responder.h"

/* -- Issuing ------------------------------------------------------------------------------------ */

/* The same cryptography with libcrypto alone: verify the request, build, sign. No record is kept. */
static double
libcrypto_rate(const char *group, const EVP_MD *md)
{
    EVP_PKEY   *key = EVP_PKEY_Q_keygen(NULL, NULL, strcmp(group, "SM2") == 0 ? "SM2" : "EC", group);
    X509_REQ   *req = X509_REQ_new();
    X509_NAME  *name = X509_NAME_new();
    double      start;
    size_t      n = 0;

    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)"somebody", -1, -1, 0);
    X509_REQ_set_subject_name(req, name);
    X509_REQ_set_pubkey(req, key);
    X509_REQ_sign(req, key, md);
    start = cpu_seconds();
    while (cpu_seconds() - start < 1.0) {
        X509    *cert = X509_new();
        uint8_t *der = NULL;

        if (X509_REQ_verify(req, key) != 1)
            return 0;
        X509_set_version(cert, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(cert), (long)n + 1);
        X509_set_issuer_name(cert, name);
        X509_set_subject_name(cert, name);
        X509_gmtime_adj(X509_getm_notBefore(cert), 0);
        X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
        X509_set_pubkey(cert, key);
        X509_sign(cert, key, md);
        i2d_X509(cert, &der);
        OPENSSL_free(der);
        X509_free(cert);
        n++;
    }
    X509_REQ_free(req);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
    return (double)n / (cpu_seconds() - start);
}

static void
bench_issuing(struct t_env *e, const char *ca, enum hf_alg alg, const char *group, const EVP_MD *md)
{
    const struct hf_bytes *csr = make_csrs(e, alg);
    double                 cpu;
    size_t                 n;

    cpu = cpu_seconds();
    n = issue_for(e, ca, csr, 2.0, SIZE_MAX, false);
    cpu = cpu_seconds() - cpu;
    double other = libcrypto_rate(group, md);
    row(&(struct row){ hf_arena_fmt(&e->arena, "certificate issued, %s, batch of %d: checked, recorded", group, BATCH),
                       (double)n / cpu, "/CPU s", (double)n / cpu / other, "libcrypto, verify and sign",
                       alg == HF_ALG_SM2 ? 20000 : 0, 0 });
}

/* -- Lists -------------------------------------------------------------------------------------------- */

static void
time_list(struct t_env *e, const char *what, const char *args)
{
    double  worst = 0;
    json_t *reply;

    for (int i = 0; i < 5; i++) {
        double start = seconds();

        must(t_op(e, hf_pki_ops, "cert list", &e->admin, args, &reply), what);
        double took = (seconds() - start) * 1000;
        worst = took > worst ? took : worst;
        if (i == 4)
            row(&(struct row){ hf_arena_fmt(&e->arena, "  %s, slowest of 5; %lld found", what,
                                            (long long)json_integer_value(json_object_get(reply, "total"))),
                               worst, "ms", 0, NULL, 50, 0 });
        json_decref(reply);
    }
}

static void
bench_lists(struct t_env *e, size_t want)
{
    const struct hf_bytes *csr = make_csrs(e, HF_ALG_SM2); /* the sooner there */
    int64_t         have = t_count(e, "SELECT count(*) FROM cert");
    json_t         *reply;
    double          start;

    if ((int64_t)want > have)
        (void)issue_for(e, "issuing-sm2", csr, 600, want - (size_t)have, true);
    printf("%lld certificates stored, %s; a page of 50 and its total:\n",
           (long long)t_count(e, "SELECT count(*) FROM cert"), e->postgres ? "PostgreSQL" : "SQLite");
    time_list(e, "newest", "{}");
    time_list(e, "active", "{\"state\":\"active\"}");
    time_list(e, "find, many", "{\"find\":\"host-17\"}");
    time_list(e, "find, nothing", "{\"find\":\"no such thing\"}");
    time_list(e, "serial begins with", "{\"serial\":\"41\"}");
    time_list(e, "expires within 30 days",
              hf_arena_fmt(&e->arena, "{\"expires_to\":\"2026-12-21T00:00:00Z\",\"state\":\"active\"}"));
    start = seconds();
    must(t_op(e, hf_pki_ops, "cert stats", &e->admin, "{}", &reply), "stats");
    row(&(struct row){ "  counts by state and expiry", (seconds() - start) * 1000, "ms", 0, NULL, 50, 0 });
    json_decref(reply);
}

/* -- OCSP ------------------------------------------------------------------------------------------------- */

static void
bench_ocsp(struct t_env *e, const char *ca)
{
    struct hf_arena         a = hf_arena();
    struct hf_issued        one[1];
    struct hf_cert_filter   f = { .ca = ca, .now_ms = hf_now_ms() };
    struct hf_ocsp_reply    reply;
    struct hf_wr            out = hf_wr(1 << 20);
    struct hf_bytes         request;
    size_t                  n = 0, live = 0, hits = 0;
    double                  start, live_rate, hit_rate;

    must(hf_cert_list(hf_store_reader(e->env.store), &f, &a, one, 1, &n), "list");
    request = ocsp_request(e, ca, one[0].serial);
    start = cpu_seconds();
    while (cpu_seconds() - start < 1.0) {
        hf_wr_cut(&out, 0);
        must(hf_ocsp_answer(&e->env, request, hf_now_ms(), &reply, &out), "OCSP");
        live++;
    }
    live_rate = (double)live / (cpu_seconds() - start);
    start = cpu_seconds();
    while (cpu_seconds() - start < 1.0) {
        hf_wr_cut(&out, 0);
        if (!hf_ocsp_cached(request, hf_now_ms(), &reply, &out))
            must(hf_ocsp_answer(&e->env, request, hf_now_ms(), &reply, &out), "OCSP");
        hits++;
    }
    hit_rate = (double)hits / (cpu_seconds() - start);
    row(&(struct row){ hf_arena_fmt(&e->arena, "OCSP answer signed live, %s", ca), live_rate, "/CPU s", 0, NULL,
                       strcmp(ca, "issuing-sm2") == 0 ? 30000 : 0, 0 });
    row(&(struct row){ hf_arena_fmt(&e->arena, "OCSP answer from the cache, %zu bytes", out.n), hit_rate, "/CPU s", 0, NULL, 0, 0 });
    hf_wr_clear(&out);
    hf_arena_clear(&a);
}

/* -- Revoking ------------------------------------------------------------------------------------------- */

static void
bench_revoking(struct t_env *e)
{
    struct hf_arena       a = hf_arena();
    struct hf_issued     *cert = hf_arena_get(&a, 200 * sizeof(*cert));
    struct hf_cert_filter f = { .state = "active", .profile = "tls-client", .now_ms = hf_now_ms() };
    size_t                n;
    double                start;

    must(hf_cert_list(hf_store_reader(e->env.store), &f, &a, cert, 200, &n), "list");
    start = seconds();
    for (size_t i = 0; i < n; i++)
        must(t_op(e, hf_pki_ops, "cert revoke", &e->admin,
                  hf_arena_fmt(&a, "{\"serial\":\"%s\",\"reason\":\"superseded\"}", cert[i].serial), NULL),
             "revoke");
    row(&(struct row){ "  revoke one of them, with its audit record", (seconds() - start) * 1000 / (double)n, "ms", 0, NULL, 0, 0 });
    hf_arena_clear(&a);
}

int
main(int argc, char **argv)
{
    size_t       want = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
    struct t_env e;

    hf_log_level(HF_WARN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    t_env_open(&e, argc > 2 && strcmp(argv[2], "postgres") == 0);
    found(&e);
    bench_issuing(&e, "issuing-p256", HF_ALG_P256, "P-256", EVP_sha256());
    bench_issuing(&e, "issuing-sm2", HF_ALG_SM2, "SM2", EVP_sm3());
    must(hf_responder_start(&e.env), "responder");
    bench_ocsp(&e, "issuing-p256");
    bench_ocsp(&e, "issuing-sm2");
    hf_responder_stop();
    bench_lists(&e, want);
    bench_revoking(&e);
    t_env_close(&e);
    return t_bad != 0;
}
