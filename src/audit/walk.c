#include "audit/walk.h"

#define STEP 400

static const char records_sql[] = "SELECT " HF_AUDIT_COLUMNS " FROM audit"
                                  " WHERE node = $1 AND seq > $2 AND seq <= $3 ORDER BY seq";
static const char heads_sql[] = "SELECT " HF_AUDIT_HEAD_COLUMNS " FROM audit_head"
                                " WHERE node = $1 AND seq > $2 AND seq <= $3 ORDER BY seq";

struct range {
    struct hf_db   *db;
    const char     *node;
    int64_t         from, to;
    struct hf_arena arena;
};

static struct hf_query
ask(const struct range *r, const char *sql)
{
    struct hf_query q = hf_query(r->db, sql);

    hf_bind_text(&q, r->node);
    hf_bind_int(&q, r->from);
    hf_bind_int(&q, r->to);
    return q;
}

/* Heads are few beside records: those of the range are read first. */
static enum hf_rc
read_heads(struct range *r, struct hf_audit_head *out, size_t *n)
{
    struct hf_query q = ask(r, heads_sql);

    for (*n = 0; *n < STEP && hf_step(&q); ++*n)
        hf_audit_head_row(&q, &r->arena, &out[*n]);
    return hf_query_end(&q);
}

static enum hf_rc
visit_heads(const struct hf_audit_visitor *v, const struct hf_audit_head *head, size_t n,
            size_t *next, int64_t before)
{
    enum hf_rc rc = HF_OK;

    for (; rc == HF_OK && *next < n && head[*next].seq < before; ++*next)
        rc = v->head(v->arg, &head[*next]);
    return rc;
}

static enum hf_rc
walk_range(struct range *r, const struct hf_audit_visitor *v)
{
    struct hf_audit_head *head = hf_arena_get(&r->arena, STEP * sizeof(*head));
    struct hf_query       q;
    size_t                n, next = 0;
    enum hf_rc            rc = read_heads(r, head, &n);

    if (rc != HF_OK)
        return rc;
    q = ask(r, records_sql);
    while (rc == HF_OK && hf_step(&q)) {
        struct hf_audit_record record;

        hf_audit_row(&q, &r->arena, &record);
        if (q.rc == HF_OK && (rc = visit_heads(v, head, n, &next, record.seq)) == HF_OK)
            rc = v->record(v->arg, &record);
    }
    if (rc != HF_OK) {
        hf_query_drop(&q);
        return rc;
    }
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    return visit_heads(v, head, n, &next, INT64_MAX);
}

enum hf_rc
hf_audit_walk(struct hf_db *db, const char *node, int64_t from, int64_t to,
              const struct hf_audit_visitor *v)
{
    struct range r = { .db = db, .node = node, .arena = hf_arena() };
    enum hf_rc   rc = HF_OK;

    for (r.from = from; r.from < to && rc == HF_OK; r.from = r.to) {
        r.to = to - r.from > STEP ? r.from + STEP : to;
        rc = walk_range(&r, v);
        hf_arena_reset(&r.arena);
    }
    hf_arena_clear(&r.arena);
    return rc;
}

enum hf_rc
hf_audit_walk_keys(struct hf_db *db, enum hf_rc (*key)(void *arg, struct hf_bytes spki), void *arg)
{
    struct hf_query q = hf_query(db, "SELECT spki FROM audit_key ORDER BY at, fingerprint");
    struct hf_arena a = hf_arena();
    enum hf_rc      rc = HF_OK;

    while (rc == HF_OK && hf_step(&q)) {
        struct hf_bytes spki = hf_col_bytes(&q, &a);

        rc = key(arg, spki);
    }
    if (rc == HF_OK)
        rc = hf_query_end(&q);
    else
        hf_query_drop(&q);
    hf_arena_clear(&a);
    return rc;
}
