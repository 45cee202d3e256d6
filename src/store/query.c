/* query.c - statements: the cache, and the first failure that sticks. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/engine.h"

/* -- The cache of a connection ---------------------------------------------------- */

static struct hf_stmt **
bucket_of(struct hf_db *db, const char *key)
{
    return &db->cache[((uintptr_t)key >> 3) % HF_STMT_BUCKETS];
}

static void
drop(struct hf_db *db, struct hf_stmt *stmt)
{
    free(stmt->sql);
    stmt->sql = NULL;
    db->store->engine->drop(db, stmt);
}

void
hf_db_drop_statements(struct hf_db *db)
{
    struct hf_stmt *stmt;

    for (size_t i = 0; i < HF_STMT_BUCKETS; i++) {
        while ((stmt = db->cache[i]) != NULL) {
            db->cache[i] = stmt->next;
            drop(db, stmt);
        }
    }
}

static enum hf_rc
prepare(struct hf_db *db, const char *sql, struct hf_stmt **out)
{
    enum hf_rc rc = db->store->engine->prepare(db, sql, out);

    if (rc != HF_OK)
        return rc;
    if (((*out)->sql = strdup(sql)) != NULL)
        return HF_OK;
    drop(db, *out);
    *out = NULL;
    return hf_fail(HF_E_NOMEM, "statement");
}

/* A free cached statement, or a new one; one that is in use leaves the cache alone. */
static enum hf_rc
find_or_prepare(struct hf_db *db, const char *sql, struct hf_stmt **out)
{
    struct hf_stmt **bucket = bucket_of(db, sql), *stmt = *bucket;
    enum hf_rc       rc;

    while (stmt != NULL && stmt->key != sql)
        stmt = stmt->next;
    if (stmt != NULL && strcmp(stmt->sql, sql) != 0)
        return hf_fail(HF_E_BUG, "hf_query() needs constant text: %s", sql);
    if (stmt != NULL && !stmt->busy) {
        *out = stmt;
        return HF_OK;
    }
    if ((rc = prepare(db, sql, out)) != HF_OK || stmt != NULL)
        return rc;
    (*out)->key = sql;
    (*out)->next = *bucket;
    *bucket = *out;
    return HF_OK;
}

/* -- A query -------------------------------------------------------------------------- */

static const struct hf_engine *
engine_of(const struct hf_query *q)
{
    return q->db->store->engine;
}

static void
note(struct hf_query *q, enum hf_rc rc)
{
    if (rc == HF_OK || q->rc != HF_OK)
        return;
    q->rc = rc;
    if (q->db != NULL && q->db->in_tx && q->db->failed == HF_OK)
        q->db->failed = rc;
}

static struct hf_query
begin(struct hf_db *db, const char *sql,
      enum hf_rc (*get)(struct hf_db *, const char *, struct hf_stmt **))
{
    struct hf_query q = { .db = db };

    if (db == NULL) { /* hf_store_reader() gave none; its reason stands */
        q.rc = HF_E_STORE;
        return q;
    }
    if (db->in_tx && db->failed != HF_OK) {
        q.rc = db->failed;
        return q;
    }
    note(&q, get(db, sql, &q.stmt));
    if (q.stmt != NULL) {
        q.stmt->busy = true;
        q.stmt->stepped = false;
    }
    return q;
}

struct hf_query
hf_query(struct hf_db *db, const char *sql)
{
    return begin(db, sql, find_or_prepare);
}

struct hf_query
hf_query_text(struct hf_db *db, const char *sql)
{
    return begin(db, sql, prepare);
}

/* The number of the parameter to bind now, or 0 after a failure. */
static int
next_parameter(struct hf_query *q)
{
    if (q->rc != HF_OK)
        return 0;
    if (q->bound == HF_BIND_MAX) {
        note(q, hf_fail(HF_E_BUG, "more than %d parameters", HF_BIND_MAX));
        return 0;
    }
    return ++q->bound;
}

void
hf_bind_int(struct hf_query *q, int64_t v)
{
    int n = next_parameter(q);

    if (n != 0)
        note(q, engine_of(q)->bind_int(q->stmt, n, v));
}

void
hf_bind_text(struct hf_query *q, const char *s)
{
    int n = next_parameter(q);

    if (n == 0)
        return;
    if (s == NULL)
        note(q, engine_of(q)->bind_null(q->stmt, n));
    else if (!hf_utf8_valid(hf_bytes_str(s)))
        note(q, hf_fail(HF_E_FORMAT, "text for the database is not UTF-8"));
    else
        note(q, engine_of(q)->bind_text(q->stmt, n, s));
}

void
hf_bind_bytes(struct hf_query *q, struct hf_bytes b)
{
    int n = next_parameter(q);

    if (n != 0)
        note(q, engine_of(q)->bind_bytes(q->stmt, n, b));
}

void
hf_bind_null(struct hf_query *q)
{
    int n = next_parameter(q);

    if (n != 0)
        note(q, engine_of(q)->bind_null(q->stmt, n));
}

bool
hf_step(struct hf_query *q)
{
    bool row = false;

    if (q->rc != HF_OK)
        return false;
    q->column = 0;
    note(q, engine_of(q)->step(q->db, q->stmt, q->bound, &row));
    q->stmt->stepped = true;
    return q->rc == HF_OK && row;
}

/* -- Columns ------------------------------------------------------------------------------ */

/* The number of the column to read now, or -1 after a failure. */
static int
next_column(struct hf_query *q)
{
    if (q->rc != HF_OK)
        return -1;
    if (q->column >= engine_of(q)->columns(q->stmt)) {
        note(q, hf_fail(HF_E_BUG, "no column %d in: %s", q->column + 1, q->stmt->sql));
        return -1;
    }
    return q->column++;
}

int64_t
hf_col_int(struct hf_query *q)
{
    int     column = next_column(q);
    int64_t v = 0;

    if (column == -1 || engine_of(q)->is_null(q->stmt, column))
        return 0;
    note(q, engine_of(q)->get_int(q->stmt, column, &v));
    return v;
}

/* Text or bytes of the next column. False if it is NULL or cannot be read. */
static bool
next_run(struct hf_query *q, struct hf_bytes *out)
{
    int column = next_column(q);

    if (column == -1 || engine_of(q)->is_null(q->stmt, column))
        return false;
    note(q, engine_of(q)->get_bytes(q->stmt, column, out));
    return q->rc == HF_OK;
}

char *
hf_col_text(struct hf_query *q, struct hf_arena *a)
{
    struct hf_bytes run;

    return next_run(q, &run) ? hf_arena_text(a, run) : NULL;
}

struct hf_bytes
hf_col_bytes(struct hf_query *q, struct hf_arena *a)
{
    struct hf_bytes run;

    return next_run(q, &run) ? hf_arena_bytes(a, run) : hf_bytes(NULL, 0);
}

bool
hf_col_null(struct hf_query *q)
{
    return q->rc != HF_OK || q->column >= engine_of(q)->columns(q->stmt) ||
           engine_of(q)->is_null(q->stmt, q->column);
}

/* -- The end --------------------------------------------------------------------------------- */

void
hf_query_drop(struct hf_query *q)
{
    if (q->stmt == NULL)
        return;
    engine_of(q)->reset(q->db, q->stmt);
    q->stmt->busy = false;
    if (q->stmt->key == NULL)
        drop(q->db, q->stmt);
    q->stmt = NULL;
}

enum hf_rc
hf_query_end(struct hf_query *q)
{
    if (q->rc == HF_OK && !q->stmt->stepped)
        (void)hf_step(q);
    if (q->rc == HF_OK)
        q->changed = engine_of(q)->changed(q->db, q->stmt);
    hf_query_drop(q);
    return q->rc;
}

enum hf_rc
hf_exec(struct hf_db *db, const char *sql)
{
    enum hf_rc rc;

    if (db->in_tx && db->failed != HF_OK)
        return db->failed;
    rc = db->store->engine->exec(db, sql);
    if (rc != HF_OK && db->in_tx)
        db->failed = rc;
    return rc;
}
