/*
 * test_path.c - certification paths: the public suites and our own, case by case.
 *
 * Each folder in tests/data/pki/ that has a cases.tsv is a suite. A case that
 * ends otherwise than the suite expects must be listed, with the reason, in
 * tests/data/pki-deviations.tsv; one that is listed there must still deviate.
 */
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "pki/path.h"
#include "unit/t.h"
#include "wire/pem.h"

#define DATA "tests/data/pki/"
#define COLUMNS 8

enum { ID, EXPECT, LEAF, TRUST, UNTRUSTED, CRLS, OPTIONS, TITLE };

static int         passed, failed;
static struct hf_wr deviations;

/* -- Files ---------------------------------------------------------------------- */

static bool
load(const char *suite, const char *name, struct hf_wr *out)
{
    char path[512];

    snprintf(path, sizeof(path), DATA "%s/%s", suite, name);
    if (hf_file_read(path, out) == HF_OK)
        return true;
    printf("  %s: %s\n", path, hf_reason());
    return false;
}

/* Every object of a file, PEM or DER, goes through add. One that cannot be read fails. */
static enum hf_rc
add_file(struct hf_path_pool *pool, struct hf_bytes file, const char *label,
         enum hf_rc (*add)(struct hf_path_pool *, struct hf_bytes))
{
    struct hf_rd text = hf_rd(file);
    enum hf_rc   rc;

    if (file.n != 0 && file.p[0] == 0x30)
        return add(pool, file);
    for (;;) {
        struct hf_wr der = hf_wr(1 << 24);

        rc = hf_pem_find(&text, label, &der);
        if (rc == HF_OK)
            rc = add(pool, hf_wr_bytes(&der));
        hf_wr_clear(&der);
        if (rc != HF_OK)
            return rc == HF_E_ABSENT ? HF_OK : rc;
    }
}

/* A list of files, separated by blanks; "-" is none. *missing: a file is not there. */
static enum hf_rc
add_list(struct hf_path_pool *pool, const char *suite, char *list, const char *label,
         enum hf_rc (*add)(struct hf_path_pool *, struct hf_bytes), bool *missing)
{
    char      *save;
    enum hf_rc first = HF_OK;

    for (char *f = strtok_r(list, " ", &save); f != NULL; f = strtok_r(NULL, " ", &save)) {
        struct hf_wr file = hf_wr(1 << 24);
        enum hf_rc   rc = HF_OK;

        if (strcmp(f, "-") != 0 && !load(suite, f, &file))
            *missing = true;
        else if (strcmp(f, "-") != 0)
            rc = add_file(pool, hf_wr_bytes(&file), label, add);
        if (first == HF_OK)
            first = rc;
        hf_wr_clear(&file);
    }
    return first;
}

/* -- One case ---------------------------------------------------------------------- */

struct policies {
    struct hf_wr    w[4];
    struct hf_bytes oid[4];
};

static bool
take_option(char *o, struct hf_path_query *q, struct policies *p)
{
    char   *value = strchr(o, '=');
    int64_t n;

    if (value != NULL)
        *value++ = '\0';
    if (strcmp(o, "time") == 0 && hf_time_read(value, &n) == HF_OK)
        q->at = n / 1000;
    else if (strcmp(o, "depth") == 0 && hf_int_read("depth", value, 0, HF_PATH_DEPTH, &n) == HF_OK)
        q->max_depth = (int)n;
    else if (strcmp(o, "dns") == 0)
        q->dns = value;
    else if (strcmp(o, "ip") == 0)
        q->ip = value;
    else if (strcmp(o, "policy") == 0 && q->n_policy < HF_COUNT(p->w)) {
        p->w[q->n_policy] = hf_wr(64);
        if (hf_oid_parse(value, &p->w[q->n_policy]) != HF_OK)
            return false;
        p->oid[q->n_policy] = hf_wr_bytes(&p->w[q->n_policy]);
        q->n_policy++;
        q->policy = p->oid;
    } else if (strcmp(o, "explicit") == 0)
        q->explicit_policy = true;
    else if (strcmp(o, "no-mapping") == 0)
        q->inhibit_mapping = true;
    else if (strcmp(o, "no-any") == 0)
        q->inhibit_any = true;
    else if (strcmp(o, "purpose") == 0)
        return hf_purpose_named(value, &q->purpose);
    else if (strcmp(o, "strictness") == 0)
        return hf_strictness_named(value, &q->strictness);
    else
        return strcmp(o, "-") == 0;
    return true;
}

static enum hf_rc
run_case(const char *suite, char **col, bool *broken)
{
    struct hf_path_pool *pool;
    struct hf_wr         file = hf_wr(1 << 20), leaf = hf_wr(1 << 20);
    struct hf_path_query q = hf_path_query(hf_bytes(NULL, 0), 0);
    struct policies      p = { 0 };
    char                *save;
    enum hf_rc           rc, bad_input = HF_OK;

    *broken = hf_path_pool_new(&pool) != HF_OK || !load(suite, col[LEAF], &file);
    rc = hf_pem_or_der(hf_wr_bytes(&file), HF_PEM_CERT, &leaf);
    q.leaf = hf_wr_bytes(&leaf);
    q.revocation = q.revocation_all = strcmp(col[CRLS], "-") != 0;
    for (char *o = strtok_r(col[OPTIONS], " ", &save); o != NULL; o = strtok_r(NULL, " ", &save))
        if (!take_option(o, &q, &p)) {
            printf("  option %s is not understood\n", o);
            *broken = true;
        }
    (void)add_list(pool, suite, col[TRUST], HF_PEM_CERT, hf_path_add_trust, broken);
    (void)add_list(pool, suite, col[UNTRUSTED], HF_PEM_CERT, hf_path_add_untrusted, broken);
    bad_input = add_list(pool, suite, col[CRLS], HF_PEM_CRL, hf_path_add_crl, broken);
    if (rc == HF_OK)
        rc = bad_input;
    if (rc == HF_OK)
        rc = hf_path_verify(pool, &q, NULL);
    for (size_t i = 0; i < HF_COUNT(p.w); i++)
        hf_wr_clear(&p.w[i]);
    hf_wr_clear(&leaf);
    hf_wr_clear(&file);
    hf_path_pool_free(pool);
    return rc;
}

/* Is "suite<TAB>id<TAB>" at the start of a line of the table? */
static bool
is_deviation(const char *suite, const char *id)
{
    char line[256];

    snprintf(line, sizeof(line), "\n%s\t%s\t", suite, id);
    return memmem(deviations.p, deviations.n, line, strlen(line)) != NULL;
}

static void
judge(const char *suite, char **col)
{
    bool       broken, valid = strcmp(col[EXPECT], "valid") == 0, listed = is_deviation(suite, col[ID]);
    char       id[128];
    enum hf_rc rc;

    snprintf(id, sizeof(id), "%s", col[ID]);
    rc = run_case(suite, col, &broken);
    if (!broken && ((rc == HF_OK) == valid) != listed) {
        passed++;
        return;
    }
    failed++;
    printf("FAIL %s %s (%s): expected %s%s, got %s: %s\n", suite, id, col[TITLE], col[EXPECT],
           listed ? " to be missed (listed as a deviation)" : "", hf_rc_name(rc), rc == HF_OK ? "valid" : hf_reason());
}

/* -- Suites --------------------------------------------------------------------------- */

static void
run_suite(const char *suite)
{
    struct hf_wr file = hf_wr(1 << 22);
    char        *line, *save;
    int          before = passed + failed;

    if (!load(suite, "cases.tsv", &file)) {
        failed++;
        return;
    }
    hf_wr_u8(&file, '\0');
    for (line = strtok_r((char *)file.p, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        char  *col[COLUMNS];
        size_t n = 0;

        if (line[0] == '#')
            continue;
        for (char *p = line; n < COLUMNS && p != NULL; n++) {
            col[n] = p;
            if ((p = strchr(p, '\t')) != NULL)
                *p++ = '\0';
        }
        if (n == COLUMNS)
            judge(suite, col);
        else {
            printf("FAIL %s: a line with %zu columns\n", suite, n);
            failed++;
        }
    }
    printf("%s: %d cases\n", suite, passed + failed - before);
    hf_wr_clear(&file);
}

int
main(int argc, char **argv)
{
    static const char *const suites[] = { "pkits", "openssl" };

    deviations = hf_wr(1 << 20);
    hf_wr_u8(&deviations, '\n');
    if (hf_file_read("tests/data/pki-deviations.tsv", &deviations) != HF_OK) {
        printf("%s\n", hf_reason());
        failed++;
    }
    for (size_t i = 0; i < HF_COUNT(suites); i++)
        if (argc < 2 || strcmp(argv[1], suites[i]) == 0)
            run_suite(suites[i]);
    hf_wr_clear(&deviations);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
