#include "audit/export.h"

#include <stdlib.h>
#include <string.h>

#include "audit/walk.h"
#include "base/text.h"
#include "crypto/keys.h"

static const char end_label[] = "hufu audit end 1";

struct export
{
    const struct hf_env *env;
    struct hf_db        *db;
    struct hf_arena     *arena;
    struct hf_wr        *out;
    int64_t              now_ms, left; /* records still wanted on this page */
    struct hf_audit_end  at[HF_AUDIT_END_MAX];
    size_t               n; /* nodes begun; the last one is in progress */
};

/* -- Lines ------------------------------------------------------------------------------ */

static enum hf_rc
put_line(struct hf_wr *out, json_t *own_line)
{
    char *text = own_line != NULL ? json_dumps(own_line, JSON_COMPACT) : NULL;

    json_decref(own_line);
    if (text == NULL)
        return hf_fail(HF_E_BUG, "audit: a line that is no JSON");
    hf_wr_str(out, text);
    hf_wr_u8(out, '\n');
    free(text);
    return out->rc == HF_OK
               ? HF_OK
               : hf_fail(out->rc, "audit: the export is too large; ask for it in pages");
}

static enum hf_rc
put_record(void *arg, const struct hf_audit_record *r)
{
    struct export *e = arg;

    e->left--;
    e->at[e->n - 1].seq = r->seq;
    return put_line(e->out, hf_audit_record_json(r));
}

static enum hf_rc
put_head(void *arg, const struct hf_audit_head *head)
{
    return put_line(((struct export *)arg)->out, hf_audit_head_json(head));
}

static enum hf_rc
put_key(void *arg, struct hf_bytes spki)
{
    return put_line(((struct export *)arg)->out,
                    json_pack("{s:s, s:o}", "type", "key", "spki", hf_audit_json_base64(spki)));
}

static enum hf_rc
put_beginning(struct export *e)
{
    enum hf_rc rc =
        put_line(e->out, json_pack("{s:s, s:i, s:s, s:I}", "type", "export", "version", 1, "node",
                                   hf_store_node(e->env->store), "at", (json_int_t)e->now_ms));

    return rc == HF_OK ? hf_audit_walk_keys(e->db, put_key, e) : rc;
}

/* -- The end --------------------------------------------------------------------------------- */

void
hf_audit_end_write(int64_t at_ms, const uint8_t key[32], const struct hf_audit_end *end, size_t n,
                   struct hf_wr *out)
{
    hf_wr_str(out, end_label);
    hf_wr_be64(out, (uint64_t)at_ms);
    hf_wr_put(out, hf_bytes(key, HF_AUDIT_HASH));
    hf_wr_be32(out, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        hf_wr_run(out, hf_bytes_str(end[i].node));
        hf_wr_be64(out, (uint64_t)end[i].seq);
        hf_wr_put(out, hf_bytes(end[i].hash, sizeof(end[i].hash)));
    }
}

static enum hf_rc
read_hash(struct export *e, struct hf_audit_end *end)
{
    struct hf_query q = hf_query(e->db, "SELECT hash FROM audit WHERE node = $1 AND seq = $2");
    struct hf_bytes hash = { NULL, 0 };
    enum hf_rc      rc;

    hf_bind_text(&q, end->node);
    hf_bind_int(&q, end->seq);
    if (hf_step(&q))
        hash = hf_col_bytes(&q, e->arena);
    rc = hf_query_end(&q);
    if (hash.n == sizeof(end->hash))
        memcpy(end->hash, hash.p, hash.n);
    return rc;
}

static json_t *
ends_json(const struct export *e)
{
    json_t *list = json_array();

    for (size_t i = 0; i < e->n; i++)
        json_array_append_new(list, json_pack("{s:s, s:I, s:o}", "node", e->at[i].node, "seq",
                                              (json_int_t)e->at[i].seq, "hash",
                                              hf_audit_json_hash(e->at[i].hash)));
    return list;
}

static enum hf_rc
sign_end(struct export *e, uint8_t key[HF_AUDIT_HASH], struct hf_wr *signature)
{
    struct hf_wr    spki = hf_wr(4096), text = hf_wr((size_t)64 << 10);
    struct hf_bytes message;
    enum hf_rc      rc = hf_keys_public(e->env->keys, "audit", &spki);

    if (rc == HF_OK && (rc = hf_audit_fingerprint(hf_wr_bytes(&spki), key)) == HF_OK) {
        hf_audit_end_write(e->now_ms, key, e->at, e->n, &text);
        if ((rc = hf_wr_end(&text, &message)) == HF_OK)
            rc = hf_keys_sign(e->env->keys, "audit", &message, 1, signature);
    }
    hf_wr_clear(&spki);
    hf_wr_clear(&text);
    return rc;
}

/* A node without a head has nothing in the export. */
static void
leave_out_empty(struct export *e)
{
    size_t n = 0;

    for (size_t i = 0; i < e->n; i++)
        if (e->at[i].seq > 0)
            e->at[n++] = e->at[i];
    e->n = n;
}

static enum hf_rc
put_end(struct export *e)
{
    struct hf_wr signature = hf_wr(4096);
    uint8_t      key[HF_AUDIT_HASH];
    enum hf_rc   rc = HF_OK;

    leave_out_empty(e);
    for (size_t i = 0; i < e->n && rc == HF_OK; i++)
        rc = read_hash(e, &e->at[i]);
    if (rc == HF_OK && (rc = sign_end(e, key, &signature)) == HF_OK)
        rc = put_line(e->out, json_pack("{s:s, s:I, s:o, s:o, s:o}", "type", "end", "at",
                                        (json_int_t)e->now_ms, "nodes", ends_json(e), "key",
                                        hf_audit_json_hash(key), "signature",
                                        hf_audit_json_base64(hf_wr_bytes(&signature))));
    hf_wr_clear(&signature);
    return rc;
}

/* -- The cursor: "node:seq,node:seq", the last one in progress ------------------------------------ */

static enum hf_rc
read_cursor(struct export *e, const char *cursor)
{
    char *text = hf_arena_str(e->arena, cursor), *rest = NULL;

    for (char *part = strtok_r(text, ",", &rest); part != NULL; part = strtok_r(NULL, ",", &rest)) {
        char *colon = strchr(part, ':');

        if (colon == NULL || e->n == HF_AUDIT_END_MAX)
            return hf_fail_field(HF_E_ARG, "after", "is no cursor of this list");
        *colon = '\0';
        e->at[e->n].node = part;
        if (hf_int_read("after", colon + 1, 0, INT64_MAX, &e->at[e->n].seq) != HF_OK)
            return HF_E_ARG;
        e->n++;
    }
    return HF_OK;
}

static const char *
write_cursor(const struct export *e)
{
    const char *text = "";

    for (size_t i = 0; i < e->n; i++)
        text = hf_arena_fmt(e->arena, "%s%s%s:%lld", text, i > 0 ? "," : "", e->at[i].node,
                            (long long)e->at[i].seq);
    return text;
}

/* -- Pages ---------------------------------------------------------------------------------------- */

/* What is left of the node in progress, up to its last head or the end of the page. */
static enum hf_rc
export_node(struct export *e, bool *whole)
{
    const struct hf_audit_visitor v = { put_record, put_head, e };
    struct hf_audit_end          *at = &e->at[e->n - 1];
    struct hf_audit_head          last;
    int64_t                       from = at->seq, to;
    enum hf_rc                    rc = hf_audit_last_head(e->db, at->node, e->arena, &last);

    if (rc != HF_OK)
        return rc;
    to = last.seq - from > e->left ? from + e->left : last.seq;
    *whole = to >= last.seq;
    rc = hf_audit_walk(e->db, at->node, from, to, &v);
    if (to > from)
        /* also when records of the range are missing: the reader of the export sees it */
        at->seq = to;
    return rc;
}

static bool
next_node(struct export *e, const char *const *node, size_t nodes)
{
    const char *last = e->n > 0 ? e->at[e->n - 1].node : "";

    for (size_t i = 0; i < nodes && e->n < HF_AUDIT_END_MAX; i++) {
        if (strcmp(node[i], last) > 0) {
            e->at[e->n++] = (struct hf_audit_end){ .node = node[i] };
            return true;
        }
    }
    return false;
}

static enum hf_rc
export_page(struct export *e, bool *done)
{
    const char **node;
    size_t       nodes;
    bool         whole = true;
    enum hf_rc   rc = hf_audit_nodes(e->db, e->arena, &node, &nodes);

    *done = false;
    if (rc == HF_OK && e->n > 0)
        rc = export_node(e, &whole);
    while (rc == HF_OK && whole && e->left > 0 && next_node(e, node, nodes))
        rc = export_node(e, &whole);
    if (rc != HF_OK || !whole || e->left <= 0)
        return rc;
    *done = true;
    return put_end(e);
}

enum hf_rc
hf_audit_export(const struct hf_env *env, int64_t now_ms, int64_t limit, struct hf_arena *arena,
                const char **cursor, struct hf_wr *out)
{
    struct export e = { .env = env, .arena = arena, .out = out, .now_ms = now_ms, .left = limit };
    bool       first = **cursor == '\0', done = false;
    enum hf_rc rc;

    if ((e.db = hf_store_reader(env->store)) == NULL)
        return HF_E_STORE;
    if ((rc = read_cursor(&e, *cursor)) != HF_OK)
        return rc;
    if (first && (rc = put_beginning(&e)) != HF_OK)
        return rc;
    rc = export_page(&e, &done);
    *cursor = done ? "" : write_cursor(&e);
    return rc == HF_OK ? HF_OK : hf_because(rc, "audit export");
}
