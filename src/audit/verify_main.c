/* verify_main.c - hufu audit verify FILE: needs nothing but the file. */
#include <stdlib.h>
#include <string.h>

#include "audit/verify.h"
#include "base/text.h"

struct arguments {
    const char *file, *key;
    bool        json;
};

static int
usage(void)
{
    fprintf(stderr,
            "usage: hufu audit verify FILE [--key FINGERPRINT] [--json]\n"
            "FILE comes from `hufu audit export`; - is standard input. The fingerprint of the key\n"
            "that signs the trail is shown by `hufu audit status`.\n");
    return 2;
}

static bool
read_arguments(int argc, char **argv, struct arguments *a)
{
    memset(a, 0, sizeof(*a));
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            a->json = true;
        else if (strcmp(argv[i], "--key") == 0 && i + 1 < argc)
            a->key = argv[++i];
        else if (a->file == NULL && (argv[i][0] != '-' || argv[i][1] == '\0'))
            a->file = argv[i];
        else
            return false;
    }
    return a->file != NULL;
}

static void
print_text(const struct hf_audit_report *r)
{
    for (int64_t i = 0; i < r->findings && i < HF_AUDIT_FINDINGS; i++)
        printf("%s\n", r->finding[i]);
    if (r->findings > HF_AUDIT_FINDINGS)
        printf("… and %lld more\n", (long long)(r->findings - HF_AUDIT_FINDINGS));
    printf("%s: %lld records, %lld heads, %lld nodes; signed by key %s\n",
           r->findings == 0 ? "valid" : "NOT VALID", (long long)r->records, (long long)r->heads,
           (long long)r->nodes, r->key[0] != '\0' ? r->key : "none");
}

static void
print_json(const struct hf_audit_report *r)
{
    json_t *list = json_array(), *all;

    for (int64_t i = 0; i < r->findings && i < HF_AUDIT_FINDINGS; i++)
        json_array_append_new(list, json_string(r->finding[i]));
    all = json_pack("{s:b, s:I, s:I, s:I, s:s, s:I, s:o}", "valid", r->findings == 0, "records",
                    (json_int_t)r->records, "heads", (json_int_t)r->heads, "nodes",
                    (json_int_t)r->nodes, "key", r->key, "findings", (json_int_t)r->findings,
                    "finding", list);
    json_dumpf(all, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(all);
}

static enum hf_rc
verify(const struct arguments *a, const uint8_t *trusted, FILE *in, bool *valid)
{
    struct hf_audit_checker      *c;
    const struct hf_audit_report *r;
    enum hf_rc                    rc = hf_audit_checker_new(trusted, &c);

    if (rc == HF_OK && (rc = hf_audit_verify_lines(c, in)) == HF_OK) {
        r = hf_audit_checker_end(c);
        *valid = r->findings == 0;
        if (a->json)
            print_json(r);
        else
            print_text(r);
    }
    hf_audit_checker_free(c);
    return rc;
}

int
hf_audit_verify_main(int argc, char **argv)
{
    struct arguments a;
    struct hf_wr     key = hf_wr(HF_AUDIT_HASH);
    FILE            *in = NULL;
    bool             valid = false;
    enum hf_rc       rc = HF_OK;

    if (!read_arguments(argc, argv, &a))
        return usage();
    if (a.key != NULL && (hf_unhex(a.key, &key) != HF_OK || key.n != HF_AUDIT_HASH)) {
        fprintf(stderr, "hufu: --key: a fingerprint has 64 hexadecimal digits\n");
        hf_wr_clear(&key);
        return 2;
    }
    if ((in = strcmp(a.file, "-") == 0 ? stdin : fopen(a.file, "re")) == NULL)
        rc = hf_fail_errno("%s", a.file);
    if (rc == HF_OK)
        rc = verify(&a, a.key != NULL ? key.p : NULL, in, &valid);
    if (rc != HF_OK)
        fprintf(stderr, "hufu: %s\n", hf_reason());
    if (in != NULL && in != stdin)
        fclose(in);
    hf_wr_clear(&key);
    return rc == HF_OK && valid ? 0 : 1;
}
