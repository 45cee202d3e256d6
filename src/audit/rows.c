#include "audit/rows.h"

#include <string.h>

/* A node has a chain for years: more names than this means that DATA/node is being lost. */
#define NODES_MAX 256

static void
copy_hash(struct hf_bytes b, uint8_t out[HF_AUDIT_HASH])
{
    memset(out, 0, HF_AUDIT_HASH); /* a hash of another length is a wrong one */
    if (b.n == HF_AUDIT_HASH)
        memcpy(out, b.p, HF_AUDIT_HASH);
}

void
hf_audit_row(struct hf_query *q, struct hf_arena *a, struct hf_audit_record *out)
{
    memset(out, 0, sizeof(*out));
    out->id = hf_col_int(q);
    out->node = hf_col_text(q, a);
    out->origin = hf_col_text(q, a);
    out->number = hf_col_int(q);
    out->at_ms = hf_col_int(q);
    out->event = hf_col_text(q, a);
    out->result = hf_col_text(q, a);
    out->actor_kind = hf_col_text(q, a);
    out->actor_id = hf_col_int(q);
    out->actor = hf_col_text(q, a);
    out->strength = hf_col_text(q, a);
    out->address = hf_col_text(q, a);
    out->object = hf_col_text(q, a);
    out->reason = hf_col_text(q, a);
    out->request = hf_col_text(q, a);
    out->detail = hf_col_text(q, a);
    out->seq = hf_col_int(q);
    copy_hash(hf_col_bytes(q, a), out->hash);
}

void
hf_audit_head_row(struct hf_query *q, struct hf_arena *a, struct hf_audit_head *out)
{
    memset(out, 0, sizeof(*out));
    out->node = hf_col_text(q, a);
    out->seq = hf_col_int(q);
    out->at_ms = hf_col_int(q);
    copy_hash(hf_col_bytes(q, a), out->hash);
    copy_hash(hf_col_bytes(q, a), out->key);
    out->signature = hf_col_bytes(q, a);
}

enum hf_rc
hf_audit_tail(struct hf_db *db, const char *node, int64_t *seq, int64_t *at_ms,
              uint8_t hash[HF_AUDIT_HASH])
{
    struct hf_query q =
        hf_query(db, "SELECT seq, at, hash FROM audit WHERE node = $1 AND seq IS NOT NULL"
                     " ORDER BY seq DESC LIMIT 1");
    struct hf_arena a = hf_arena();
    enum hf_rc      rc;

    *seq = *at_ms = 0;
    hf_bind_text(&q, node);
    if (hf_step(&q)) {
        *seq = hf_col_int(&q);
        *at_ms = hf_col_int(&q);
        copy_hash(hf_col_bytes(&q, &a), hash);
    }
    rc = hf_query_end(&q);
    hf_arena_clear(&a);
    return rc == HF_OK && *seq == 0 ? hf_audit_genesis(node, hash) : rc;
}

enum hf_rc
hf_audit_last_head(struct hf_db *db, const char *node, struct hf_arena *a,
                   struct hf_audit_head *out)
{
    struct hf_query q =
        hf_query(db, "SELECT " HF_AUDIT_HEAD_COLUMNS " FROM audit_head WHERE node = $1"
                     " ORDER BY seq DESC LIMIT 1");

    memset(out, 0, sizeof(*out));
    hf_bind_text(&q, node);
    if (hf_step(&q))
        hf_audit_head_row(&q, a, out);
    return hf_query_end(&q);
}

enum hf_rc
hf_audit_fresh(struct hf_db *db, const char *node, int64_t *n, int64_t *oldest_ms)
{
    struct hf_query q =
        hf_query(db, "SELECT COUNT(*), MIN(at) FROM audit WHERE node = $1 AND seq IS NULL");

    *n = *oldest_ms = 0;
    hf_bind_text(&q, node);
    if (hf_step(&q)) {
        *n = hf_col_int(&q);
        *oldest_ms = hf_col_int(&q);
    }
    return hf_query_end(&q);
}

/* One step of the index for each node: DISTINCT would walk all records. */
enum hf_rc
hf_audit_nodes(struct hf_db *db, struct hf_arena *a, const char ***names, size_t *n)
{
    const char *last = "";
    enum hf_rc  rc = HF_OK;

    *names = hf_arena_get(a, NODES_MAX * sizeof(**names));
    for (*n = 0; last != NULL && rc == HF_OK;) {
        struct hf_query q = hf_query(db, "SELECT MIN(node) FROM audit WHERE node > $1");

        hf_bind_text(&q, last);
        last = hf_step(&q) ? hf_col_text(&q, a) : NULL;
        rc = hf_query_end(&q);
        if (last != NULL && *n == NODES_MAX)
            return hf_fail(HF_E_TOOBIG, "audit: more than %d nodes", NODES_MAX);
        if (last != NULL)
            (*names)[(*n)++] = last;
    }
    return rc;
}

enum hf_rc
hf_audit_key_row(struct hf_db *db, const uint8_t key[HF_AUDIT_HASH], struct hf_arena *a,
                 struct hf_bytes *spki)
{
    struct hf_query q = hf_query(db, "SELECT spki FROM audit_key WHERE fingerprint = $1");
    enum hf_rc      rc;

    *spki = hf_bytes(NULL, 0);
    hf_bind_bytes(&q, hf_bytes(key, HF_AUDIT_HASH));
    if (hf_step(&q))
        *spki = hf_col_bytes(&q, a);
    rc = hf_query_end(&q);
    return rc != HF_OK || spki->n > 0
               ? rc
               : hf_fail(HF_E_ABSENT, "the public key of a head is not there");
}
