#include "audit/record.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/alg.h"

static const char record_label[] = "hufu audit record 1";
static const char chain_label[] = "hufu audit chain 1";
static const char head_label[] = "hufu audit head 1";

/*
 * The content of a record, in the order of its canonical bytes: JSON member
 * and place in the structure. Integers are 8 bytes, texts a 4-byte length and
 * so many bytes.
 */
static const struct member {
    const char *name;
    enum { M_TEXT, M_INT } kind;
    size_t offset;
} members[] = {
    { "node", M_TEXT, offsetof(struct hf_audit_record, node) },
    { "seq", M_INT, offsetof(struct hf_audit_record, seq) },
    { "origin", M_TEXT, offsetof(struct hf_audit_record, origin) },
    { "number", M_INT, offsetof(struct hf_audit_record, number) },
    { "at", M_INT, offsetof(struct hf_audit_record, at_ms) },
    { "event", M_TEXT, offsetof(struct hf_audit_record, event) },
    { "result", M_TEXT, offsetof(struct hf_audit_record, result) },
    { "actor_kind", M_TEXT, offsetof(struct hf_audit_record, actor_kind) },
    { "actor_id", M_INT, offsetof(struct hf_audit_record, actor_id) },
    { "actor", M_TEXT, offsetof(struct hf_audit_record, actor) },
    { "strength", M_TEXT, offsetof(struct hf_audit_record, strength) },
    { "address", M_TEXT, offsetof(struct hf_audit_record, address) },
    { "object", M_TEXT, offsetof(struct hf_audit_record, object) },
    { "reason", M_TEXT, offsetof(struct hf_audit_record, reason) },
    { "request", M_TEXT, offsetof(struct hf_audit_record, request) },
    { "detail", M_TEXT, offsetof(struct hf_audit_record, detail) },
};

static const char *
text_of(const struct hf_audit_record *r, const struct member *m)
{
    const char *const *at = (const char *const *)(const void *)((const char *)r + m->offset);

    return *at != NULL ? *at : "";
}

static int64_t
int_of(const struct hf_audit_record *r, const struct member *m)
{
    return *(const int64_t *)(const void *)((const char *)r + m->offset);
}

/* -- Canonical bytes ----------------------------------------------------------------- */

static void
write_content(const struct hf_audit_record *r, struct hf_wr *w)
{
    hf_wr_str(w, record_label);
    for (size_t i = 0; i < HF_COUNT(members); i++) {
        if (members[i].kind == M_TEXT)
            hf_wr_run(w, hf_bytes_str(text_of(r, &members[i])));
        else
            hf_wr_be64(w, (uint64_t)int_of(r, &members[i]));
    }
}

enum hf_rc
hf_audit_genesis(const char *node, uint8_t out[HF_AUDIT_HASH])
{
    const struct hf_bytes runs[] = { hf_bytes_str(chain_label), hf_bytes_str(node) };

    return hf_digest(HF_DIGEST_SM3, runs, HF_COUNT(runs), out);
}

enum hf_rc
hf_audit_record_hash(const uint8_t previous[HF_AUDIT_HASH], const struct hf_audit_record *r,
                     uint8_t out[HF_AUDIT_HASH])
{
    struct hf_wr    w = hf_wr(HF_AUDIT_DETAIL_MAX + HF_COUNT(members) * (HF_AUDIT_TEXT_MAX + 64));
    struct hf_bytes runs[2] = { hf_bytes(previous, HF_AUDIT_HASH), { NULL, 0 } };
    enum hf_rc      rc;

    write_content(r, &w);
    if ((rc = hf_wr_end(&w, &runs[1])) == HF_OK)
        rc = hf_digest(HF_DIGEST_SM3, runs, 2, out);
    hf_wr_clear(&w);
    return rc;
}

void
hf_audit_head_write(const struct hf_audit_head *head, struct hf_wr *out)
{
    hf_wr_str(out, head_label);
    hf_wr_run(out, hf_bytes_str(head->node));
    hf_wr_be64(out, (uint64_t)head->seq);
    hf_wr_be64(out, (uint64_t)head->at_ms);
    hf_wr_put(out, hf_bytes(head->hash, HF_AUDIT_HASH));
    hf_wr_put(out, hf_bytes(head->key, HF_AUDIT_HASH));
}

enum hf_rc
hf_audit_fingerprint(struct hf_bytes spki, uint8_t out[HF_AUDIT_HASH])
{
    return hf_digest(HF_DIGEST_SM3, &spki, 1, out);
}

/* -- JSON, writing ---------------------------------------------------------------------- */

json_t *
hf_audit_json_hash(const uint8_t hash[HF_AUDIT_HASH])
{
    char text[2 * HF_AUDIT_HASH + 1];

    return json_string(hf_hex(hf_bytes(hash, HF_AUDIT_HASH), text));
}

json_t *
hf_audit_json_base64(struct hf_bytes b)
{
    struct hf_wr text = hf_wr(2 * b.n + 8);
    json_t      *value = NULL;

    hf_base64(b, &text);
    if (text.rc == HF_OK)
        value = json_stringn((const char *)text.p, text.n);
    hf_wr_clear(&text);
    return value;
}

json_t *
hf_audit_record_json(const struct hf_audit_record *r)
{
    json_t *line = json_object();
    int     bad = json_object_set_new(line, "type", json_string("record"));

    for (size_t i = 0; i < HF_COUNT(members); i++) {
        const struct member *m = &members[i];

        bad |= json_object_set_new(line, m->name,
                                   m->kind == M_TEXT ? json_string(text_of(r, m))
                                                     : json_integer(int_of(r, m)));
    }
    bad |= json_object_set_new(line, "hash", hf_audit_json_hash(r->hash));
    if (bad == 0)
        return line;
    json_decref(line);
    return NULL;
}

json_t *
hf_audit_head_json(const struct hf_audit_head *head)
{
    return json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o}", "type", "head", "node", head->node,
                     "seq", (json_int_t)head->seq, "at", (json_int_t)head->at_ms, "hash",
                     hf_audit_json_hash(head->hash), "key", hf_audit_json_hash(head->key),
                     "signature", hf_audit_json_base64(head->signature));
}

/* -- JSON, reading ------------------------------------------------------------------------ */

static enum hf_rc
wrong(const char *member, const char *what)
{
    return hf_fail(HF_E_FORMAT, "member \"%s\" %s", member, what);
}

static enum hf_rc
member_text(const json_t *line, const char *member, const char **out)
{
    const json_t *v = json_object_get(line, member);

    if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v))
        return wrong(member, v == NULL ? "is missing" : "is no text");
    *out = json_string_value(v);
    return HF_OK;
}

static enum hf_rc
member_int(const json_t *line, const char *member, int64_t *out)
{
    const json_t *v = json_object_get(line, member);

    if (!json_is_integer(v))
        return wrong(member, v == NULL ? "is missing" : "is no integer");
    *out = json_integer_value(v);
    return HF_OK;
}

enum hf_rc
hf_audit_member_hash(const json_t *line, const char *member, uint8_t out[HF_AUDIT_HASH])
{
    struct hf_wr w = hf_wr(HF_AUDIT_HASH);
    const char  *text;
    char         again[2 * HF_AUDIT_HASH + 1];
    enum hf_rc   rc = member_text(line, member, &text);

    if (rc == HF_OK && (strlen(text) != 2 * HF_AUDIT_HASH || hf_unhex(text, &w) != HF_OK ||
                        strcmp(hf_hex(hf_wr_bytes(&w), again), text) != 0))
        rc = wrong(member, "is not 64 lower-case hexadecimal digits");
    if (rc == HF_OK)
        memcpy(out, w.p, HF_AUDIT_HASH);
    hf_wr_clear(&w);
    return rc;
}

enum hf_rc
hf_audit_member_base64(const json_t *line, const char *member, struct hf_arena *arena,
                       struct hf_bytes *out)
{
    struct hf_wr w = hf_wr(16384);
    const char  *text;
    enum hf_rc   rc = member_text(line, member, &text);

    if (rc == HF_OK && hf_unbase64(hf_bytes_str(text), &w) != HF_OK)
        rc = wrong(member, "is not base64");
    if (rc == HF_OK)
        *out = hf_arena_bytes(arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return rc;
}

enum hf_rc
hf_audit_record_read(const json_t *line, struct hf_audit_record *out)
{
    enum hf_rc rc = HF_OK;

    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < HF_COUNT(members) && rc == HF_OK; i++) {
        void *at = (char *)out + members[i].offset;

        rc = members[i].kind == M_TEXT ? member_text(line, members[i].name, at)
                                       : member_int(line, members[i].name, at);
    }
    if (rc == HF_OK)
        rc = hf_audit_member_hash(line, "hash", out->hash);
    /* a member outside the content would look like part of the record without being protected */
    if (rc == HF_OK && json_object_size(line) != HF_COUNT(members) + 2)
        rc = hf_fail(HF_E_FORMAT, "unknown member in a record");
    return rc;
}

enum hf_rc
hf_audit_head_read(const json_t *line, struct hf_arena *arena, struct hf_audit_head *out)
{
    enum hf_rc rc;

    memset(out, 0, sizeof(*out));
    if ((rc = member_text(line, "node", &out->node)) != HF_OK ||
        (rc = member_int(line, "seq", &out->seq)) != HF_OK ||
        (rc = member_int(line, "at", &out->at_ms)) != HF_OK ||
        (rc = hf_audit_member_hash(line, "hash", out->hash)) != HF_OK ||
        (rc = hf_audit_member_hash(line, "key", out->key)) != HF_OK ||
        (rc = hf_audit_member_base64(line, "signature", arena, &out->signature)) != HF_OK)
        return rc;
    return json_object_size(line) == 7 ? HF_OK : hf_fail(HF_E_FORMAT, "unknown member in a head");
}
