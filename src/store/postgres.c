#include "store/postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/text.h"

struct pg_stmt {
    struct hf_stmt  stmt; /* first */
    char            name[24];
    unsigned        generation; /* of the connection it was prepared on; 0: not yet */
    Oid             type[HF_BIND_MAX];
    const char     *value[HF_BIND_MAX];
    int             length[HF_BIND_MAX], format[HF_BIND_MAX];
    struct hf_arena copies; /* of the values */
    PGresult       *result; /* all rows */
    int             row;
};

/* Types as PostgreSQL numbers them (catalogue pg_type). */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_VARCHAR = 1043,
    OID_NUMERIC = 1700
};

/* -- Failures ------------------------------------------------------------------------------- */

/* The first row whose state is a prefix of the SQLSTATE (PostgreSQL appendix A) decides. */
static const struct {
    const char   *state;
    enum hf_rc    rc;
    enum hf_retry retry;
} failures[] = {
    { "23505", HF_E_EXISTS, HF_RETRY_NOT },
    { "23503", HF_E_STATE, HF_RETRY_NOT },
    { "23", HF_E_BUG, HF_RETRY_NOT },
    { "40001", HF_E_STORE, HF_RETRY_SAME },
    { "40P01", HF_E_STORE, HF_RETRY_SAME },
    { "08P01", HF_E_BUG, HF_RETRY_NOT }, /* wrong number of parameters */
    { "08", HF_E_STORE, HF_RETRY_NEW },
    { "57P01", HF_E_STORE, HF_RETRY_NEW },
    { "57P02", HF_E_STORE, HF_RETRY_NEW },
    { "57P03", HF_E_STORE, HF_RETRY_NEW },
    { "57P05", HF_E_STORE, HF_RETRY_NEW },
    { "25006", HF_E_STORE, HF_RETRY_NEW }, /* read-only now: a standby, or demoted */
    { "25P03", HF_E_STORE, HF_RETRY_NEW },
    { "53300", HF_E_STORE, HF_RETRY_NEW },
    { "22021", HF_E_FORMAT, HF_RETRY_NOT },
    { "22", HF_E_BUG, HF_RETRY_NOT },
    { "25", HF_E_BUG, HF_RETRY_NOT },
    { "42", HF_E_BUG, HF_RETRY_NOT },
    { "", HF_E_STORE, HF_RETRY_NOT },
};

static PGconn *
conn_of(struct hf_db *db)
{
    return ((struct hf_pg_db *)db)->conn;
}

bool
hf_pg_gone(struct hf_db *db, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    /* libpq may report the broken connection first and call it broken only at its next use */
    if (hf_pg_lost(db) || (PQresultStatus(result) == PGRES_FATAL_ERROR && state == NULL))
        return true;
    return state != NULL && (strncmp(state, "57P0", 4) == 0 ||
                             (strncmp(state, "08", 2) == 0 && strcmp(state, "08P01") != 0));
}

/* libpq ends its own messages with a line feed and puts several on lines of their own. */
enum hf_rc
hf_pg_fail_text(enum hf_rc rc, const char *text)
{
    char  one_line[512];
    char *end;

    snprintf(one_line, sizeof(one_line), "%s", text);
    for (char *p = one_line; *p != '\0'; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
    end = one_line + strlen(one_line);
    while (end > one_line && end[-1] == ' ')
        *--end = '\0';
    return hf_fail(rc, "PostgreSQL: %s", one_line);
}

static enum hf_rc
note_retry(struct hf_db *db, enum hf_retry retry, enum hf_rc rc)
{
    if (db->in_tx && db->failed == HF_OK) {
        db->retry = retry;
        db->failed = rc;
    }
    return rc;
}

enum hf_rc
hf_pg_fail(struct hf_db *db, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    size_t      i = 0;

    if (state == NULL || text == NULL) { /* the connection broke: no server said anything */
        hf_pg_fail_text(HF_E_STORE, PQerrorMessage(conn_of(db)));
        return note_retry(db, HF_RETRY_NEW, HF_E_STORE);
    }
    while (strncmp(state, failures[i].state, strlen(failures[i].state)) != 0)
        i++;
    hf_fail(failures[i].rc, "PostgreSQL %s: %s", state, text);
    return note_retry(db, failures[i].retry, failures[i].rc);
}

enum hf_rc
hf_pg_run(struct hf_db *db, const char *sql)
{
    PGresult      *result = hf_pg_exec(db, sql);
    ExecStatusType status = PQresultStatus(result);
    enum hf_rc     rc = HF_OK;

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        rc = hf_pg_fail(db, result);
    PQclear(result);
    return rc;
}

/* -- The connection of a thread --------------------------------------------------------------------- */

static void
pg_close(struct hf_db *db)
{
    PQfinish(conn_of(db));
    free(db);
}

static enum hf_rc
pg_open(struct hf_store *store, struct hf_db **out)
{
    struct hf_pg_db *pg = calloc(1, sizeof(*pg));
    uint8_t          random[16];
    enum hf_rc       rc;

    *out = NULL;
    if (pg == NULL)
        return hf_fail(HF_E_NOMEM, "database connection");
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        abort();
    hf_hex(hf_bytes(random, sizeof(random)), pg->mark);
    pg->db.store = store;
    hf_db_new_origin(&pg->db);
    if ((rc = hf_pg_connect(&pg->db)) != HF_OK) {
        pg_close(&pg->db);
        return rc;
    }
    *out = &pg->db;
    return HF_OK;
}

static enum hf_rc
pg_revive(struct hf_db *db)
{
    return hf_pg_lost(db) ? hf_pg_connect(db) : HF_OK;
}

static void
pg_stop(struct hf_store *store)
{
    (void)store; /* no thread of its own */
}

/* -- Statements ----------------------------------------------------------------------------------- */

static struct pg_stmt *
of(struct hf_stmt *stmt)
{
    return (struct pg_stmt *)stmt;
}

static enum hf_rc
pg_prepare(struct hf_db *db, const char *sql, struct hf_stmt **out)
{
    struct pg_stmt *s = calloc(1, sizeof(*s));

    (void)sql; /* prepared at the first execution, when the types are known */
    *out = NULL;
    if (s == NULL)
        return hf_fail(HF_E_NOMEM, "statement");
    snprintf(s->name, sizeof(s->name), "s%u", ++((struct hf_pg_db *)db)->names);
    *out = &s->stmt;
    return HF_OK;
}

static void
pg_drop(struct hf_db *db, struct hf_stmt *stmt)
{
    /* only statements that are not cached go before their connection, and those have no name there */
    (void)db;
    PQclear(of(stmt)->result);
    hf_arena_clear(&of(stmt)->copies);
    free(stmt);
}

static void
bind(struct hf_stmt *stmt, int n, Oid type, const char *value, size_t length, int format)
{
    struct pg_stmt *s = of(stmt);

    s->type[n - 1] = type;
    s->value[n - 1] = value;
    s->length[n - 1] = (int)length;
    s->format[n - 1] = format;
}

static enum hf_rc
pg_bind_int(struct hf_stmt *stmt, int n, int64_t v)
{
    bind(stmt, n, OID_INT8, hf_arena_fmt(&of(stmt)->copies, "%lld", (long long)v), 0, 0);
    return HF_OK;
}

static enum hf_rc
pg_bind_text(struct hf_stmt *stmt, int n, const char *s)
{
    bind(stmt, n, OID_TEXT, hf_arena_str(&of(stmt)->copies, s), 0, 0);
    return HF_OK;
}

static enum hf_rc
pg_bind_bytes(struct hf_stmt *stmt, int n, struct hf_bytes b)
{
    if (b.n > INT32_MAX)
        return hf_fail(HF_E_TOOBIG, "value for the database");
    bind(stmt, n, OID_BYTEA, b.n == 0 ? "" : (const char *)hf_arena_bytes(&of(stmt)->copies, b).p,
         b.n, 1);
    return HF_OK;
}

static enum hf_rc
pg_bind_null(struct hf_stmt *stmt, int n)
{
    bind(stmt, n, 0, NULL, 0, 0);
    return HF_OK;
}

/* -- Execution --------------------------------------------------------------------------------------- */

static PGresult *
send_once(struct hf_db *db, struct pg_stmt *s, int bound)
{
    struct hf_pg_db *pg = (struct hf_pg_db *)db;
    PGresult        *result;

    if (s->stmt.key == NULL)
        return hf_pg_answer(db, PQsendQueryParams(pg->conn, s->stmt.sql, bound, s->type, s->value,
                                                  s->length, s->format, 1));
    if (s->generation != pg->generation) {
        result = hf_pg_answer(db, PQsendPrepare(pg->conn, s->name, s->stmt.sql, bound, s->type));
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            return result;
        PQclear(result);
        s->generation = pg->generation;
    }
    return hf_pg_answer(
        db, PQsendQueryPrepared(pg->conn, s->name, bound, s->value, s->length, s->format, 1));
}

/* A read outside a transaction may be sent again on a new connection. */
static enum hf_rc
execute(struct hf_db *db, struct pg_stmt *s, int bound)
{
    ExecStatusType status;

    s->result = send_once(db, s, bound);
    if (!db->in_tx && hf_pg_gone(db, s->result)) {
        PQclear(s->result);
        s->result = NULL;
        if (hf_pg_connect(db) != HF_OK)
            return HF_E_STORE;
        s->result = send_once(db, s, bound);
    }
    s->row = -1;
    status = PQresultStatus(s->result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? HF_OK
                                                                   : hf_pg_fail(db, s->result);
}

static enum hf_rc
pg_step(struct hf_db *db, struct hf_stmt *stmt, int bound, bool *row)
{
    struct pg_stmt *s = of(stmt);
    enum hf_rc      rc = s->result == NULL ? execute(db, s, bound) : HF_OK;

    *row = false;
    if (rc == HF_OK && s->row < PQntuples(s->result))
        *row = ++s->row < PQntuples(s->result);
    return rc;
}

static void
pg_reset(struct hf_db *db, struct hf_stmt *stmt)
{
    (void)db;
    PQclear(of(stmt)->result);
    of(stmt)->result = NULL;
    hf_arena_reset(&of(stmt)->copies);
}

static int64_t
pg_changed(struct hf_db *db, struct hf_stmt *stmt)
{
    const char *tag = PQcmdStatus(of(stmt)->result);

    (void)db;
    return strncmp(tag, "SELECT", 6) == 0 ? 0 : strtoll(PQcmdTuples(of(stmt)->result), NULL, 10);
}

/* -- Columns, all in binary form ------------------------------------------------------------------------ */

static int
pg_columns(struct hf_stmt *stmt)
{
    struct pg_stmt *s = of(stmt);

    return s->result != NULL && s->row >= 0 && s->row < PQntuples(s->result) ? PQnfields(s->result)
                                                                             : 0;
}

static bool
pg_is_null(struct hf_stmt *stmt, int column)
{
    return PQgetisnull(of(stmt)->result, of(stmt)->row, column) != 0;
}

static struct hf_bytes
value_of(struct hf_stmt *stmt, int column)
{
    struct pg_stmt *s = of(stmt);

    return hf_bytes(PQgetvalue(s->result, s->row, column),
                    (size_t)PQgetlength(s->result, s->row, column));
}

/* numeric, as SUM() of BIGINT gives it: groups of four decimal digits, most significant first. */
static bool
read_numeric(struct hf_bytes b, int64_t *out)
{
    struct hf_rd r = hf_rd(b);
    int          groups = hf_rd_be16(&r);
    int          weight = (int16_t)hf_rd_be16(&r);
    unsigned     sign = hf_rd_be16(&r);
    __int128     v = 0;

    (void)hf_rd_be16(&r); /* digits to show after the point */
    if (groups > weight + 1 || weight > 4 || (sign != 0 && sign != 0x4000))
        return groups == 0 && sign == 0 && (*out = 0) == 0;
    for (int i = 0; i <= weight; i++)
        v = v * 10000 + (i < groups ? hf_rd_be16(&r) : 0);
    if (r.rc != HF_OK || v > INT64_MAX)
        return false;
    *out = (int64_t)(sign == 0 ? v : -v);
    return true;
}

static enum hf_rc
pg_get_int(struct hf_stmt *stmt, int column, int64_t *out)
{
    struct hf_rd r = hf_rd(value_of(stmt, column));

    switch (PQftype(of(stmt)->result, column)) {
    case OID_BOOL:
        *out = hf_rd_u8(&r);
        return HF_OK;
    case OID_INT2:
        *out = (int16_t)hf_rd_be16(&r);
        return HF_OK;
    case OID_INT4:
        *out = (int32_t)hf_rd_be32(&r);
        return HF_OK;
    case OID_INT8:
        *out = (int64_t)hf_rd_be64(&r);
        return HF_OK;
    case OID_NUMERIC:
        if (read_numeric(value_of(stmt, column), out))
            return HF_OK;
        break;
    default:
        break;
    }
    return hf_fail(HF_E_BUG, "column %d is no integer in: %s", column + 1, stmt->sql);
}

static enum hf_rc
pg_get_bytes(struct hf_stmt *stmt, int column, struct hf_bytes *out)
{
    Oid type = PQftype(of(stmt)->result, column);

    if (type != OID_TEXT && type != OID_BYTEA && type != OID_VARCHAR)
        return hf_fail(HF_E_BUG, "column %d is neither text nor bytes in: %s", column + 1,
                       stmt->sql);
    *out = value_of(stmt, column);
    return HF_OK;
}

const struct hf_engine hf_postgres = {
    .id_column = "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
    .key_column = "BIGINT NOT NULL PRIMARY KEY",
    .open = pg_open,
    .revive = pg_revive,
    .close = pg_close,
    .stop = pg_stop,
    .write = hf_pg_write,
    .exec = hf_pg_run,
    .schema_begin = hf_pg_schema_begin,
    .schema_end = hf_pg_schema_end,
    .prepare = pg_prepare,
    .drop = pg_drop,
    .bind_int = pg_bind_int,
    .bind_text = pg_bind_text,
    .bind_bytes = pg_bind_bytes,
    .bind_null = pg_bind_null,
    .step = pg_step,
    .columns = pg_columns,
    .is_null = pg_is_null,
    .get_int = pg_get_int,
    .get_bytes = pg_get_bytes,
    .changed = pg_changed,
    .reset = pg_reset,
};
