/* lines.c - reading an export: which line means what. docs/protocols/audit-export.md */
#include <stdlib.h>
#include <string.h>

#include "audit/check.h"
#include "audit/export.h"

#define LINE_MAX_BYTES ((size_t)512 << 10)

/* -- Kinds of lines ------------------------------------------------------------------------ */

static enum hf_rc
read_begin(struct hf_audit_checker *c, const json_t *line, struct hf_arena *a)
{
    (void)a;
    if (json_integer_value(json_object_get(line, "version")) != 1)
        hf_audit_check_note(c, "this program reads version 1 of exports only");
    return HF_OK;
}

static enum hf_rc
read_key(struct hf_audit_checker *c, const json_t *line, struct hf_arena *a)
{
    struct hf_bytes spki;
    enum hf_rc      rc = hf_audit_member_base64(line, "spki", a, &spki);

    return rc == HF_OK ? hf_audit_check_key(c, spki) : rc;
}

static enum hf_rc
read_record(struct hf_audit_checker *c, const json_t *line, struct hf_arena *a)
{
    struct hf_audit_record r;
    enum hf_rc             rc = hf_audit_record_read(line, &r);

    (void)a;
    return rc == HF_OK ? hf_audit_check_record(c, &r) : rc;
}

static enum hf_rc
read_head(struct hf_audit_checker *c, const json_t *line, struct hf_arena *a)
{
    struct hf_audit_head head;
    enum hf_rc           rc = hf_audit_head_read(line, a, &head);

    return rc == HF_OK ? hf_audit_check_head(c, &head) : rc;
}

static enum hf_rc
read_end_nodes(struct hf_audit_checker *c, const json_t *list, struct hf_audit_end *end, size_t *n)
{
    enum hf_rc rc = HF_OK;

    *n = 0;
    if (!json_is_array(list) || json_array_size(list) > HF_AUDIT_END_MAX)
        return hf_fail(HF_E_FORMAT, "member \"nodes\" is missing or too long");
    for (; *n < json_array_size(list) && rc == HF_OK; ++*n) {
        const json_t *item = json_array_get(list, *n);

        end[*n].node = json_string_value(json_object_get(item, "node"));
        end[*n].seq = json_integer_value(json_object_get(item, "seq"));
        if (end[*n].node == NULL)
            return hf_fail(HF_E_FORMAT, "member \"nodes\" has an item without a name");
        if ((rc = hf_audit_member_hash(item, "hash", end[*n].hash)) == HF_OK)
            rc = hf_audit_check_end_of(c, end[*n].node, end[*n].seq, end[*n].hash);
    }
    return rc;
}

static enum hf_rc
read_end(struct hf_audit_checker *c, const json_t *line, struct hf_arena *a)
{
    struct hf_audit_end end[HF_AUDIT_END_MAX];
    struct hf_wr        text = hf_wr((size_t)256 << 10);
    uint8_t             key[HF_AUDIT_HASH];
    struct hf_bytes     signature, message;
    size_t              n = 0;
    enum hf_rc          rc;

    hf_audit_checker_lines(c)->ended = true;
    if ((rc = read_end_nodes(c, json_object_get(line, "nodes"), end, &n)) != HF_OK ||
        (rc = hf_audit_member_hash(line, "key", key)) != HF_OK ||
        (rc = hf_audit_member_base64(line, "signature", a, &signature)) != HF_OK)
        return rc;
    hf_audit_check_all_ended(c);
    hf_audit_end_write(json_integer_value(json_object_get(line, "at")), key, end, n, &text);
    if ((rc = hf_wr_end(&text, &message)) == HF_OK)
        rc = hf_audit_check_signature(c, "the end", key, message, signature);
    hf_wr_clear(&text);
    return rc;
}

static const struct {
    const char *type;
    enum hf_rc (*read)(struct hf_audit_checker *c, const json_t *line, struct hf_arena *a);
} kinds[] = {
    { "export", read_begin }, { "key", read_key }, { "record", read_record },
    { "head", read_head },    { "end", read_end },
};

/* -- One line ----------------------------------------------------------------------------------- */

static enum hf_rc
dispatch(struct hf_audit_checker *c, const json_t *line)
{
    const char     *type = json_string_value(json_object_get(line, "type"));
    struct hf_arena a = hf_arena();
    enum hf_rc      rc = HF_E_FORMAT;

    (void)hf_fail(HF_E_FORMAT, "unknown type of line");
    for (size_t i = 0; type != NULL && i < HF_COUNT(kinds); i++)
        if (strcmp(kinds[i].type, type) == 0)
            rc = kinds[i].read(c, line, &a);
    hf_arena_clear(&a);
    if (rc == HF_OK || hf_rc_class(rc) == HF_CLASS_SYSTEM)
        return rc;
    hf_audit_check_note(c, "%s", hf_reason());
    return HF_OK;
}

/* The first line, and only it, begins an export; nothing stands behind the end. */
static bool
check_order(struct hf_audit_checker *c, const json_t *line)
{
    struct hf_audit_lines *at = hf_audit_checker_lines(c);
    const char            *type = json_string_value(json_object_get(line, "type"));
    bool                   begins = type != NULL && strcmp(type, "export") == 0;

    if (at->ended) {
        hf_audit_check_note(c, "a line stands behind the end");
        return false;
    }
    if (begins != (at->n == 1)) {
        hf_audit_check_note(c, begins ? "a second beginning"
                                      : "the beginning of the export is missing");
        return !begins;
    }
    return true;
}

enum hf_rc
hf_audit_verify_line(struct hf_audit_checker *c, struct hf_bytes line)
{
    json_error_t error;
    json_t      *value;
    enum hf_rc   rc = HF_OK;

    hf_audit_checker_lines(c)->n++;
    if (line.n > LINE_MAX_BYTES) {
        hf_audit_check_note(c, "longer than a line can be");
        return HF_OK;
    }
    value = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(value))
        hf_audit_check_note(c, "cannot be read: %.100s", value == NULL ? error.text : "no object");
    else if (check_order(c, value))
        rc = dispatch(c, value);
    json_decref(value);
    return rc;
}

void
hf_audit_verify_end(struct hf_audit_checker *c)
{
    struct hf_audit_lines *at = hf_audit_checker_lines(c);

    if (!at->ended)
        hf_audit_check_note(c, "the export ends early: its last line is missing");
    at->n = 0;
}

/* -- A stream -------------------------------------------------------------------------------------- */

/* The next line without its line feed; one that is too long comes in pieces, which are findings. */
static bool
read_line(FILE *in, char *line, size_t *n)
{
    int c = EOF;

    for (*n = 0; *n <= LINE_MAX_BYTES && (c = getc_unlocked(in)) != EOF && c != '\n'; ++*n)
        line[*n] = (char)c;
    return *n > 0 || c == '\n';
}

enum hf_rc
hf_audit_verify_lines(struct hf_audit_checker *c, FILE *in)
{
    char      *line = malloc(LINE_MAX_BYTES + 1);
    enum hf_rc rc = line != NULL ? HF_OK : hf_fail(HF_E_NOMEM, "audit");
    size_t     n;

    while (rc == HF_OK && read_line(in, line, &n))
        rc = hf_audit_verify_line(c, hf_bytes(line, n));
    if (rc == HF_OK && ferror(in))
        rc = hf_fail_errno("reading the export");
    if (rc == HF_OK)
        hf_audit_verify_end(c);
    free(line);
    return rc;
}
