#include "ctl/verify.h"

#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "pki/path.h"
#include "wire/name.h"
#include "wire/pem.h"

#define FILE_MAX ((size_t)64 << 20)
#define POLICIES_MAX 32
#define SUFFIXES "/usr/share/publicsuffix/public_suffix_list.dat"

static const char usage[] =
    "usage: hufu cert verify --trust FILE [--untrusted FILE] [--crl FILE] [--crl-all] [--time RFC3339]\n"
    "                        [--purpose any|tls-server|tls-client|ocsp|time|code|email]\n"
    "                        [--dns NAME | --ip ADDR | --email ADDR] [--max-depth N]\n"
    "                        [--strictness path|rfc5280|webpki]\n"
    "                        [--policy OID] [--explicit-policy] [--inhibit-mapping] [--inhibit-any]\n"
    "                        [--json] LEAF.pem\n"
    "\n"
    "Is there a valid certification path (RFC 5280) from LEAF to a certificate in --trust?\n"
    "Files hold one or more PEM blocks, or one DER object; --trust, --untrusted and --crl may be\n"
    "repeated. With --crl the leaf must be covered by a CRL, and so must authorities whose issuer's\n"
    "CRL is there; with --crl-all every certificate below the anchor. The leaf's\n"
    "own file may hold further certificates, which count as untrusted. Wildcards under a public\n"
    "suffix are refused; the list is " SUFFIXES ", if it is there.\n"
    "Prints \"valid\", or the reason with the clause. Exit status: 0 valid, 1 not, 2 usage.\n";

struct ask {
    struct hf_path_pool *pool;
    struct hf_path_query q;
    struct hf_wr         leaf;
    struct hf_wr         policy[POLICIES_MAX];
    struct hf_bytes      oid[POLICIES_MAX];
    struct hf_wr         suffixes;
    bool                 json, trusted;
};

static char left_out[512]; /* the first object that could not be read, and why */

enum {
    TRUST = 1,
    UNTRUSTED,
    CRL,
    CRL_ALL,
    TIME,
    PURPOSE,
    DNS,
    IP,
    EMAIL,
    DEPTH,
    STRICT,
    POLICY,
    EXPLICIT,
    MAPPING,
    ANY,
    JSON,
    HELP
};

static const struct option options[] = {
    { "trust", required_argument, NULL, TRUST },
    { "untrusted", required_argument, NULL, UNTRUSTED },
    { "crl", required_argument, NULL, CRL },
    { "crl-all", no_argument, NULL, CRL_ALL },
    { "time", required_argument, NULL, TIME },
    { "purpose", required_argument, NULL, PURPOSE },
    { "dns", required_argument, NULL, DNS },
    { "ip", required_argument, NULL, IP },
    { "email", required_argument, NULL, EMAIL },
    { "max-depth", required_argument, NULL, DEPTH },
    { "strictness", required_argument, NULL, STRICT },
    { "policy", required_argument, NULL, POLICY },
    { "explicit-policy", no_argument, NULL, EXPLICIT },
    { "inhibit-mapping", no_argument, NULL, MAPPING },
    { "inhibit-any", no_argument, NULL, ANY },
    { "json", no_argument, NULL, JSON },
    { "help", no_argument, NULL, HELP },
    { NULL, 0, NULL, 0 },
};

/* -- Files ------------------------------------------------------------------------- */

typedef enum hf_rc (*add_fn)(struct hf_path_pool *, struct hf_bytes);

/* A file that is not there is a mistake on the command line. */
static enum hf_rc
read_file(const char *path, struct hf_wr *file)
{
    enum hf_rc rc = hf_file_read(path, file);

    return rc == HF_E_ABSENT ? HF_E_ARG : rc;
}

/* One object that cannot be read is left out with a note, unless the answer hangs on it. */
static enum hf_rc
add_one(struct hf_path_pool *pool, const char *path, struct hf_bytes der, add_fn add, bool strict)
{
    enum hf_rc rc = add(pool, der);

    if (rc == HF_OK || strict || hf_rc_class(rc) != HF_CLASS_INPUT)
        return rc == HF_OK ? HF_OK : hf_because(rc, "%s", path);
    fprintf(stderr, "%s: left out: %s\n", path, hf_reason());
    if (left_out[0] == '\0')
        snprintf(left_out, sizeof(left_out), "%s", hf_reason());
    return HF_OK;
}

static enum hf_rc
add_blocks(struct hf_path_pool *pool, const char *path, struct hf_bytes text, const char *label,
           add_fn add, bool strict)
{
    struct hf_rd r = hf_rd(text);
    enum hf_rc   rc;

    for (;;) {
        struct hf_wr der = hf_wr(FILE_MAX);

        rc = hf_pem_find(&r, label, &der);
        if (rc == HF_OK)
            rc = add_one(pool, path, hf_wr_bytes(&der), add, strict);
        else if (rc != HF_E_ABSENT)
            rc = hf_because(rc, "%s", path);
        hf_wr_clear(&der);
        if (rc != HF_OK)
            return rc == HF_E_ABSENT ? HF_OK : rc;
    }
}

/* Every object with this label in the file goes through add. */
static enum hf_rc
add_file(struct hf_path_pool *pool, const char *path, const char *label, add_fn add, bool strict)
{
    struct hf_wr    file = hf_wr(FILE_MAX);
    struct hf_bytes all;
    enum hf_rc      rc = read_file(path, &file);

    all = hf_wr_bytes(&file);
    if (rc == HF_OK && all.n > 1 && all.p[0] == 0x30)
        rc = add_one(pool, path, all, add, strict);
    else if (rc == HF_OK)
        rc = add_blocks(pool, path, all, label, add, strict);
    hf_wr_clear(&file);
    return rc;
}

/* The first certificate is the leaf, the others in the file may help. */
static enum hf_rc
read_leaf(struct ask *a, const char *path)
{
    struct hf_wr file = hf_wr(FILE_MAX);
    enum hf_rc   rc = read_file(path, &file);

    if (rc == HF_OK && (rc = hf_pem_or_der(hf_wr_bytes(&file), HF_PEM_CERT, &a->leaf)) != HF_OK)
        rc = hf_because(rc, "%s", path);
    hf_wr_clear(&file);
    if (rc != HF_OK)
        return rc;
    a->q.leaf = hf_wr_bytes(&a->leaf);
    return add_file(a->pool, path, HF_PEM_CERT, hf_path_add_untrusted, false);
}

/* -- Arguments ------------------------------------------------------------------------ */

static enum hf_rc
bad(const char *option, const char *value)
{
    return hf_fail(HF_E_ARG, "--%s: \"%.80s\" is not among the values allowed", option, value);
}

static enum hf_rc
take_policy(struct ask *a, const char *text)
{
    enum hf_rc rc;

    if (a->q.n_policy == POLICIES_MAX)
        return hf_fail(HF_E_ARG, "--policy: more than %d", POLICIES_MAX);
    a->policy[a->q.n_policy] = hf_wr(256);
    if ((rc = hf_oid_parse(text, &a->policy[a->q.n_policy])) != HF_OK)
        return hf_because(rc, "--policy");
    a->oid[a->q.n_policy] = hf_wr_bytes(&a->policy[a->q.n_policy]);
    a->q.n_policy++;
    a->q.policy = a->oid;
    return HF_OK;
}

static enum hf_rc
take_number(struct ask *a, int option, const char *value)
{
    int64_t    v = 0;
    enum hf_rc rc = option == TIME ? hf_time_read(value, &v)
                                   : hf_int_read("max-depth", value, 0, INT32_MAX, &v);

    if (rc != HF_OK)
        return hf_because(HF_E_ARG, "--%s", option == TIME ? "time" : "max-depth");
    if (option == TIME)
        a->q.at = v >= 0 ? v / 1000 : (v - 999) / 1000;
    else
        a->q.max_depth = v > HF_PATH_DEPTH ? HF_PATH_DEPTH : (int)v;
    return HF_OK;
}

static enum hf_rc
take_option(struct ask *a, int option, const char *value)
{
    switch (option) {
    case TRUST:
        a->trusted = true;
        return add_file(a->pool, value, HF_PEM_CERT, hf_path_add_trust, false);
    case UNTRUSTED:
        return add_file(a->pool, value, HF_PEM_CERT, hf_path_add_untrusted, false);
    case CRL_ALL:
        a->q.revocation = a->q.revocation_all = true;
        return HF_OK;
    case CRL:
        a->q.revocation = true;
        return add_file(a->pool, value, HF_PEM_CRL, hf_path_add_crl, true);
    case TIME:
    case DEPTH:
        return take_number(a, option, value);
    case PURPOSE:
        return hf_purpose_named(value, &a->q.purpose) ? HF_OK : bad("purpose", value);
    case STRICT:
        return hf_strictness_named(value, &a->q.strictness) ? HF_OK : bad("strictness", value);
    case DNS:
        a->q.dns = value;
        return HF_OK;
    case IP:
        a->q.ip = value;
        return HF_OK;
    case EMAIL:
        a->q.email = value;
        return HF_OK;
    case POLICY:
        return take_policy(a, value);
    case EXPLICIT:
        a->q.explicit_policy = true;
        return HF_OK;
    case MAPPING:
        a->q.inhibit_mapping = true;
        return HF_OK;
    case ANY:
        a->q.inhibit_any = true;
        return HF_OK;
    case JSON:
        a->json = true;
        return HF_OK;
    default:
        return hf_fail(HF_E_ARG, "unknown option");
    }
}

/* What concerns the command line and what the objects themselves are two exit statuses. */
static bool
is_usage(enum hf_rc rc)
{
    return rc == HF_E_ARG || rc == HF_E_SYSTEM || rc == HF_E_NOMEM;
}

static enum hf_rc
read_arguments(struct ask *a, int argc, char **argv)
{
    enum hf_rc rc = HF_OK;
    int        option;

    optind = 0; /* start anew, whatever was read before */
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == '?')
            return hf_fail(HF_E_ARG, "unknown option, or one without its value");
        if (option == HELP)
            return HF_E_AGAIN;
        if ((rc = take_option(a, option, optarg)) != HF_OK)
            return rc;
    }
    if (!a->trusted)
        return hf_fail(HF_E_ARG, "--trust FILE is missing");
    if (a->q.dns != NULL && a->q.ip != NULL)
        return hf_fail(HF_E_ARG, "--dns or --ip, not both");
    if (argc - optind != 1)
        return hf_fail(HF_E_ARG, "one file with the leaf's certificate is needed");
    return read_leaf(a, argv[optind]);
}

/* The system's list of public suffixes, if it has one: no wildcard may stand just under one of them. */
static enum hf_rc
read_suffixes(struct ask *a)
{
    enum hf_rc rc = a->q.dns == NULL ? HF_E_ABSENT : hf_file_read(SUFFIXES, &a->suffixes);

    a->q.suffixes = hf_wr_bytes(&a->suffixes);
    return rc == HF_E_ABSENT ? HF_OK : rc;
}

/* A path may be missing because of what was left out: then that is the reason to know. */
static enum hf_rc
verify(struct ask *a, struct hf_path_result *r)
{
    enum hf_rc rc = hf_path_verify(a->pool, &a->q, r);

    if (rc != HF_E_VERIFY || left_out[0] == '\0')
        return rc;
    return hf_because(rc, "a certificate was left out (%s)", left_out);
}

/* -- The answer -------------------------------------------------------------------------- */

static json_t *
path_json(const struct hf_path_result *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->n; i++) {
        struct hf_cert c;
        struct hf_wr   w = hf_wr(64 << 10);

        if (hf_cert_read(r->cert[i], &c) == HF_OK)
            hf_name_text(c.subject, &w);
        json_array_append_new(list, json_stringn((const char *)w.p, w.n));
        hf_wr_clear(&w);
    }
    return list;
}

static void
print_json(enum hf_rc rc, const struct hf_path_result *r)
{
    json_t *o;

    if (rc == HF_OK)
        o = json_pack("{s:b, s:o}", "valid", 1, "path", path_json(r));
    else
        o = json_pack("{s:b, s:{s:s, s:s}}", "valid", 0, "error", "code", hf_rc_name(rc), "message",
                      hf_reason());
    json_dumpf(o, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(o);
}

static int
answer(const struct ask *a, enum hf_rc rc, const struct hf_path_result *r)
{
    if (rc == HF_E_AGAIN) {
        fputs(usage, stdout);
        return 0;
    }
    if (a->json)
        print_json(rc, r);
    else if (rc == HF_OK)
        puts("valid");
    else
        fprintf(is_usage(rc) ? stderr : stdout, "%s: %s\n",
                is_usage(rc) ? "hufu cert verify" : "invalid", hf_reason());
    if (rc == HF_E_ARG && !a->json)
        fputs("try: hufu cert verify --help\n", stderr);
    return rc == HF_OK ? 0 : is_usage(rc) ? 2 : 1;
}

int
hf_cert_verify_main(int argc, char **argv)
{
    struct ask            a = { .leaf = hf_wr(FILE_MAX), .suffixes = hf_wr(FILE_MAX) };
    struct hf_path_result r = { 0 };
    enum hf_rc            rc = hf_path_pool_new(&a.pool);
    int                   status;

    left_out[0] = '\0';
    a.q = hf_path_query(hf_bytes(NULL, 0), hf_now_ms() / 1000);
    if (rc == HF_OK)
        rc = read_arguments(&a, argc, argv);
    if (rc == HF_OK)
        rc = read_suffixes(&a);
    if (rc == HF_OK)
        rc = verify(&a, &r);
    status = answer(&a, rc, &r);
    for (size_t i = 0; i < POLICIES_MAX; i++)
        hf_wr_clear(&a.policy[i]);
    hf_wr_clear(&a.leaf);
    hf_wr_clear(&a.suffixes);
    hf_path_pool_free(a.pool);
    return status;
}
