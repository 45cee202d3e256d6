#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

struct sqlite_stmt {
    struct hf_stmt stmt; /* first */
    sqlite3_stmt  *handle;
    bool           done; /* a further sqlite3_step() would start it again */
    /* parameter $n to SQLite's own number; 0: not asked yet */
    int index[HF_BIND_MAX + 1];
};

/*
 * Durable at every commit (FULL) and readers that never wait for the writer
 * (WAL). One file may be written by several processes: see wait_busy().
 */
static const char connection_setup[] = "PRAGMA journal_mode = WAL;"
                                       "PRAGMA synchronous = FULL;"
                                       "PRAGMA foreign_keys = ON;"
                                       "PRAGMA trusted_schema = OFF;"
                                       "PRAGMA journal_size_limit = 67108864;"
                                       "PRAGMA cache_size = -4096;";

/* The writer touches pages all over the indexes; what it has at hand, and writes back once, counts. */
static const char writer_setup[] = "PRAGMA cache_size = -16384;"
                                   "PRAGMA wal_autocheckpoint = 4000;"; /* pages: 16 MB */

/* -- Failures -------------------------------------------------------------------------- */

static const struct {
    int        code;
    enum hf_rc rc;
} failures[] = {
    { SQLITE_CONSTRAINT_UNIQUE, HF_E_EXISTS },
    { SQLITE_CONSTRAINT_PRIMARYKEY, HF_E_EXISTS },
    { SQLITE_CONSTRAINT_ROWID, HF_E_EXISTS },
    { SQLITE_CONSTRAINT_FOREIGNKEY, HF_E_STATE },
    { SQLITE_CONSTRAINT_NOTNULL, HF_E_BUG },
    { SQLITE_CONSTRAINT_CHECK, HF_E_BUG },
    { SQLITE_RANGE, HF_E_BUG },
    { SQLITE_MISUSE, HF_E_BUG },
    { SQLITE_ERROR, HF_E_BUG }, /* wrong SQL */
    { SQLITE_NOMEM, HF_E_NOMEM },
};

static enum hf_rc
fail(sqlite3 *handle)
{
    int        code = sqlite3_extended_errcode(handle);
    enum hf_rc rc = HF_E_STORE;

    for (size_t i = 0; i < HF_COUNT(failures); i++)
        if (failures[i].code == code)
            rc = failures[i].rc;
    return hf_fail(rc, "SQLite: %s", sqlite3_errmsg(handle));
}

static sqlite3 *
handle_of(struct hf_db *db)
{
    return ((struct hf_sqlite_db *)db)->handle;
}

/* -- Connections -------------------------------------------------------------------------- */

/*
 * Another process holds the write lock for about one flush. Short waits of
 * unequal length share it fairly; SQLite's own back-off reaches 100 ms.
 */
static int
wait_busy(void *arg, int times)
{
    struct hf_store *store = arg;
    struct timespec  pause = { 0, 500000 + (times % 7) * 350000 };
    int64_t          waited_ms = (int64_t)times * 3 / 2;

    if (waited_ms > store->deadline_ms)
        return 0;
    nanosleep(&pause, NULL);
    return 1;
}

/*
 * Made here and not by SQLite, so that only the owner can read it from the
 * first moment. A file that is there must not be opened: closing it again
 * would drop the locks that this process's other connections hold (POSIX
 * locks belong to the process), and another process would then remove the
 * write-ahead log under them.
 */
static enum hf_rc
make_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd == -1 && errno == EEXIST)
        return HF_OK;
    if (fd == -1)
        return hf_because(hf_fail_errno("%s", path), "opening the database");
    close(fd);
    return HF_OK;
}

static pthread_once_t configured = PTHREAD_ONCE_INIT;

/* SQLite counts what it allocates under a lock of the process; nobody here asks for the sum. */
static void
configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum hf_rc
hf_sqlite_connect(struct hf_store *store, bool writing, struct hf_db **out)
{
    struct hf_sqlite_db *made = calloc(1, sizeof(*made));
    const int            flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    enum hf_rc           rc;

    *out = NULL;
    pthread_once(&configured, configure);
    if (made == NULL)
        return hf_fail(HF_E_NOMEM, "database connection");
    made->db.store = store;
    hf_db_new_origin(&made->db);
    if ((rc = make_file(store->where)) != HF_OK)
        goto out;
    if (sqlite3_open_v2(store->where, &made->handle, flags, NULL) != SQLITE_OK) {
        rc = made->handle != NULL ? fail(made->handle) : hf_fail(HF_E_NOMEM, "SQLite");
        goto out;
    }
    sqlite3_extended_result_codes(made->handle, 1);
    sqlite3_busy_handler(made->handle, wait_busy, store);
    sqlite3_db_config(made->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(made->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    if ((rc = hf_sqlite_run(&made->db, connection_setup)) != HF_OK)
        goto out;
    if ((rc = hf_sqlite_run(&made->db, writing ? writer_setup : "PRAGMA query_only = ON")) != HF_OK)
        goto out;
    *out = &made->db;
    made = NULL;
out:
    if (made != NULL)
        hf_sqlite_disconnect(&made->db);
    return rc;
}

static enum hf_rc
sqlite_open(struct hf_store *store, struct hf_db **out)
{
    return hf_sqlite_connect(store, false, out);
}

static enum hf_rc
sqlite_revive(struct hf_db *db)
{
    (void)db; /* a file does not go away */
    return HF_OK;
}

void
hf_sqlite_disconnect(struct hf_db *db)
{
    sqlite3_close(handle_of(db));
    free(db);
}

void
hf_sqlite_roll_back(struct hf_db *db)
{
    /* the failure before it is the one to tell */
    sqlite3_exec(handle_of(db), "ROLLBACK", NULL, NULL, NULL);
}

bool
hf_sqlite_lost_transaction(struct hf_db *db)
{
    return sqlite3_get_autocommit(handle_of(db)) != 0;
}

enum hf_rc
hf_sqlite_run(struct hf_db *db, const char *sql)
{
    return sqlite3_exec(handle_of(db), sql, NULL, NULL, NULL) == SQLITE_OK ? HF_OK
                                                                           : fail(handle_of(db));
}

/* -- The schema ------------------------------------------------------------------------------ */

static const char bookkeeping[] =
    "CREATE TABLE IF NOT EXISTS schema_step (number BIGINT NOT NULL PRIMARY KEY,"
    " name TEXT NOT NULL, checksum TEXT NOT NULL, at BIGINT NOT NULL)";

static enum hf_rc
make_bookkeeping(struct hf_db *tx, void *arg)
{
    (void)arg;
    return hf_exec(tx, bookkeeping);
}

/* BEGIN IMMEDIATE keeps two processes apart: each looks again inside its transaction. */
static enum hf_rc
sqlite_schema_begin(struct hf_store *store)
{
    return hf_store_write(store, make_bookkeeping, NULL);
}

static void
sqlite_schema_end(struct hf_store *store)
{
    (void)store;
}

/* -- Statements -------------------------------------------------------------------------------- */

static sqlite3_stmt *
raw(struct hf_stmt *stmt)
{
    return ((struct sqlite_stmt *)stmt)->handle;
}

static enum hf_rc
bind_result(struct hf_stmt *stmt, int result)
{
    return result == SQLITE_OK ? HF_OK : fail(sqlite3_db_handle(raw(stmt)));
}

/* SQLite numbers $1, $2 … by their first appearance, so the name is looked up. */
static int
index_of(struct hf_stmt *stmt, int n)
{
    struct sqlite_stmt *s = (struct sqlite_stmt *)stmt;
    char                name[16];

    if (s->index[n] == 0) {
        snprintf(name, sizeof(name), "$%d", n);
        s->index[n] = sqlite3_bind_parameter_index(s->handle, name);
    }
    return s->index[n];
}

static enum hf_rc
sqlite_prepare(struct hf_db *db, const char *sql, struct hf_stmt **out)
{
    struct sqlite_stmt *s = calloc(1, sizeof(*s));

    *out = NULL;
    if (s == NULL)
        return hf_fail(HF_E_NOMEM, "statement");
    if (sqlite3_prepare_v3(handle_of(db), sql, -1, SQLITE_PREPARE_PERSISTENT, &s->handle, NULL) !=
        SQLITE_OK) {
        free(s);
        return fail(handle_of(db));
    }
    *out = &s->stmt;
    return HF_OK;
}

static void
sqlite_drop(struct hf_db *db, struct hf_stmt *stmt)
{
    (void)db;
    sqlite3_finalize(raw(stmt));
    free(stmt);
}

static enum hf_rc
sqlite_bind_int(struct hf_stmt *stmt, int n, int64_t v)
{
    return bind_result(stmt, sqlite3_bind_int64(raw(stmt), index_of(stmt, n), v));
}

static enum hf_rc
sqlite_bind_text(struct hf_stmt *stmt, int n, const char *s)
{
    return bind_result(stmt,
                       sqlite3_bind_text(raw(stmt), index_of(stmt, n), s, -1, SQLITE_TRANSIENT));
}

static enum hf_rc
sqlite_bind_bytes(struct hf_stmt *stmt, int n, struct hf_bytes b)
{
    int index = index_of(stmt, n);

    /* a NULL pointer would bind NULL; no bytes are a value */
    return bind_result(
        stmt, b.n == 0 ? sqlite3_bind_zeroblob(raw(stmt), index, 0)
                       : sqlite3_bind_blob64(raw(stmt), index, b.p, b.n, SQLITE_TRANSIENT));
}

static enum hf_rc
sqlite_bind_null(struct hf_stmt *stmt, int n)
{
    return bind_result(stmt, sqlite3_bind_null(raw(stmt), index_of(stmt, n)));
}

static enum hf_rc
sqlite_step(struct hf_db *db, struct hf_stmt *stmt, int bound, bool *row)
{
    struct sqlite_stmt *s = (struct sqlite_stmt *)stmt;
    int                 wanted = sqlite3_bind_parameter_count(s->handle);
    int                 result;

    *row = false;
    if (s->done)
        return HF_OK;
    if (bound != wanted)
        return hf_fail(HF_E_BUG, "%d of %d parameters bound in: %s", bound, wanted, stmt->sql);
    result = sqlite3_step(s->handle);
    *row = result == SQLITE_ROW;
    s->done = result != SQLITE_ROW;
    return result == SQLITE_ROW || result == SQLITE_DONE ? HF_OK : fail(handle_of(db));
}

static int
sqlite_columns(struct hf_stmt *stmt)
{
    return sqlite3_data_count(raw(stmt));
}

static bool
sqlite_is_null(struct hf_stmt *stmt, int column)
{
    return sqlite3_column_type(raw(stmt), column) == SQLITE_NULL;
}

static enum hf_rc
sqlite_get_int(struct hf_stmt *stmt, int column, int64_t *out)
{
    if (sqlite3_column_type(raw(stmt), column) != SQLITE_INTEGER)
        return hf_fail(HF_E_BUG, "column %d is no integer in: %s", column + 1, stmt->sql);
    *out = sqlite3_column_int64(raw(stmt), column);
    return HF_OK;
}

static enum hf_rc
sqlite_get_bytes(struct hf_stmt *stmt, int column, struct hf_bytes *out)
{
    int         type = sqlite3_column_type(raw(stmt), column);
    const void *p;

    if (type != SQLITE_TEXT && type != SQLITE_BLOB)
        return hf_fail(HF_E_BUG, "column %d is a number in: %s", column + 1, stmt->sql);
    p = sqlite3_column_blob(raw(stmt), column);
    *out = hf_bytes(p, p == NULL ? 0 : (size_t)sqlite3_column_bytes(raw(stmt), column));
    return HF_OK;
}

static int64_t
sqlite_changed(struct hf_db *db, struct hf_stmt *stmt)
{
    /* of a statement that only reads, sqlite3_changes() tells what an earlier one did */
    if (sqlite3_stmt_readonly(raw(stmt)))
        return 0;
    /* all changes are made before the first row of RETURNING, but counted after the last */
    while (!((struct sqlite_stmt *)stmt)->done && sqlite3_step(raw(stmt)) == SQLITE_ROW)
        ;
    return sqlite3_changes64(handle_of(db));
}

static void
sqlite_reset(struct hf_db *db, struct hf_stmt *stmt)
{
    (void)db;
    sqlite3_reset(raw(stmt)); /* repeats the failure of the last step, which is known already */
    sqlite3_clear_bindings(raw(stmt));
    ((struct sqlite_stmt *)stmt)->done = false;
}

const struct hf_engine hf_sqlite = {
    .id_column = "INTEGER PRIMARY KEY AUTOINCREMENT",
    /* the row's own number: no index beside the table */
    .key_column = "INTEGER NOT NULL PRIMARY KEY",
    .open = sqlite_open,
    .revive = sqlite_revive,
    .close = hf_sqlite_disconnect,
    .stop = hf_writer_stop,
    .write = hf_writer_write,
    .exec = hf_sqlite_run,
    .schema_begin = sqlite_schema_begin,
    .schema_end = sqlite_schema_end,
    .prepare = sqlite_prepare,
    .drop = sqlite_drop,
    .bind_int = sqlite_bind_int,
    .bind_text = sqlite_bind_text,
    .bind_bytes = sqlite_bind_bytes,
    .bind_null = sqlite_bind_null,
    .step = sqlite_step,
    .columns = sqlite_columns,
    .is_null = sqlite_is_null,
    .get_int = sqlite_get_int,
    .get_bytes = sqlite_get_bytes,
    .changed = sqlite_changed,
    .reset = sqlite_reset,
};
