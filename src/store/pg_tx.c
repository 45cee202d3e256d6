/*
 * pg_tx.c - transactions on PostgreSQL: the whole is tried again until it is done or the time is up.
 *
 * Serialisable, so that a transaction which reads before it writes means the
 * same as on SQLite. Each connection owns one row of store_mark and writes the
 * number of its transaction there, in that transaction: when the answer to a
 * COMMIT is lost, the row says on a new connection, also on a new primary,
 * whether it happened. Asking takes the row's lock and so waits for an old
 * server process that is still busy committing.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "store/postgres.h"

/* Any number will do, so long as nobody else uses it: "hufu" in ASCII. */
#define SCHEMA_LOCK "1752524405"

static const char bookkeeping[] =
    "BEGIN READ WRITE;"
    "CREATE TABLE IF NOT EXISTS schema_step (number BIGINT NOT NULL PRIMARY KEY,"
    " name TEXT NOT NULL, checksum TEXT NOT NULL, at BIGINT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS store_mark (id TEXT NOT NULL PRIMARY KEY,"
    " n BIGINT NOT NULL, at BIGINT NOT NULL);"
    "DELETE FROM store_mark WHERE at < (extract(epoch FROM now())::bigint - 30 * 86400) * 1000;"
    "COMMIT";

#define LEAST_MS 5000 /* for the answers to one try */

/* One try at a transaction; what became of it. */
struct attempt {
    struct hf_store *store;
    enum hf_rc (*fn)(struct hf_db *, void *);
    void         *arg;
    int64_t       give_up_at; /* on hf_tick_ms()'s clock */
    int           times;
    enum hf_retry retry;
};

static void
pause_before(struct attempt *a)
{
    static _Thread_local unsigned seed;
    int64_t                       most_us = a->retry == HF_RETRY_SAME ? 1000 : 20000;
    struct timespec               pause;

    for (int i = 0; i < a->times && i < 5; i++)
        most_us *= 2;
    if (seed == 0)
        seed = (unsigned)hf_tick_ms() ^ (unsigned)(uintptr_t)&seed;
    pause.tv_sec = 0; /* at most 640 ms */
    pause.tv_nsec = (long)(most_us / 2 + rand_r(&seed) % most_us / 2) * 1000;
    nanosleep(&pause, NULL);
    a->times++;
}

/* -- One transaction -------------------------------------------------------------------------- */

/*
 * Serialisable transactions watch what they have read: a sequential scan of a
 * small table would watch all of it, and every writer would collide.
 */
static enum hf_rc
begin(struct hf_db *db)
{
    struct hf_pg_db *pg = (struct hf_pg_db *)db;
    char             sql[512];

    pg->mark_n++;
    db->in_tx = true;
    db->failed = HF_OK;
    db->retry = HF_RETRY_NOT;
    db->bumped = false;
    snprintf(sql, sizeof(sql),
             "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE;"
             "SET LOCAL enable_seqscan = off;"
             "INSERT INTO store_mark (id, n, at) VALUES ('%s', %lld, %lld)"
             " ON CONFLICT (id) DO UPDATE SET n = EXCLUDED.n, at = EXCLUDED.at",
             pg->mark, (long long)pg->mark_n, (long long)hf_now_ms());
    return hf_pg_run(db, sql);
}

static void
roll_back(struct hf_db *db)
{
    PGresult *result;

    if (hf_pg_lost(db))
        return;
    result = hf_pg_exec(db, "ROLLBACK"); /* keeps the recorded failure */
    PQclear(result);
}

/* A standby or a server that is shutting down still answers; the next try needs another one. */
static void
leave_server(struct hf_store *store)
{
    struct hf_pg_db *pg = pthread_getspecific(store->reader_key);

    if (pg == NULL)
        return;
    PQfinish(pg->conn);
    pg->conn = NULL; /* PQstatus(NULL) is CONNECTION_BAD: the next use connects */
}

/* The number in this connection's mark; waits for an older transaction that holds it. */
static enum hf_rc
read_mark(struct hf_db *db, int64_t *n)
{
    struct hf_pg_db *pg = (struct hf_pg_db *)db;
    char             sql[256];
    PGresult        *result;
    enum hf_rc       rc;

    if ((rc = hf_pg_run(db, "BEGIN READ WRITE; SET LOCAL lock_timeout = '5s'")) != HF_OK)
        return rc;
    snprintf(sql, sizeof(sql),
             "INSERT INTO store_mark (id, n, at) VALUES ('%s', 0, %lld)"
             " ON CONFLICT (id) DO UPDATE SET at = EXCLUDED.at RETURNING n",
             pg->mark, (long long)hf_now_ms());
    result = hf_pg_exec(db, sql);
    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
        *n = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    else
        rc = hf_pg_fail(db, result);
    PQclear(result);
    if (rc == HF_OK && (rc = hf_pg_run(db, "COMMIT")) == HF_OK)
        return pg->warned ? hf_fail(HF_E_STORE, "PostgreSQL: no standby has it yet") : HF_OK;
    roll_back(db);
    return rc;
}

/* A primary was found: however late it is, it gets the time for an answer. */
static void
allow_time(const struct attempt *a, struct hf_db *db)
{
    int64_t least = hf_tick_ms() + LEAST_MS;

    ((struct hf_pg_db *)db)->give_up_at = a->give_up_at > least ? a->give_up_at : least;
}

static enum hf_rc
look_again(const struct attempt *a, struct hf_db *db)
{
    enum hf_rc rc = hf_postgres.revive(db);

    if (rc == HF_OK)
        allow_time(a, db);
    return rc;
}

/* The answer to COMMIT was lost: find out. HF_OK: it happened. */
static enum hf_rc
ask_after_commit(struct attempt *a, struct hf_db *db)
{
    int64_t wanted = ((struct hf_pg_db *)db)->mark_n, n = 0;

    a->retry = HF_RETRY_NEW;
    leave_server(a->store);
    while (hf_tick_ms() < a->give_up_at) {
        if (look_again(a, db) == HF_OK && read_mark(db, &n) == HF_OK) {
            hf_log(HF_WARN, "store.commit.answer_lost",
                   HF_F_STR("found", n == wanted ? "done" : "undone"));
            return n == wanted ? HF_OK : hf_fail(HF_E_STORE, "PostgreSQL: the connection was lost");
        }
        pause_before(a);
    }
    a->retry = HF_RETRY_NOT;
    hf_db_new_origin(db);
    return hf_because(HF_E_STORE, "outcome unknown: the connection was lost while committing");
}

/*
 * COMMIT with a warning is the one that somebody cancelled while it waited for
 * its standby: done here, but a lost machine would take it along. Asking again
 * commits after it, and so waits for the standby in its place.
 */
static enum hf_rc
commit(struct attempt *a, struct hf_db *db)
{
    PGresult  *result = hf_pg_exec(db, "COMMIT");
    bool       warned = ((struct hf_pg_db *)db)->warned;
    enum hf_rc rc = HF_OK;

    if (PQresultStatus(result) == PGRES_COMMAND_OK && !warned) {
        if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
            rc = hf_fail(HF_E_BUG, "PostgreSQL rolled the transaction back");
    } else {
        /* also a server that is told to end while it waits for its standby may have committed */
        bool unknown = warned || hf_pg_gone(db, result);

        if (!warned)
            rc = hf_pg_fail(db, result);
        a->retry = db->retry;
        db->in_tx = false;
        if (unknown)
            rc = ask_after_commit(a, db);
    }
    PQclear(result);
    return rc;
}

/* After the commit: NOTIFY inside a transaction would make all commits wait for each other. */
static void
tell_others(struct hf_db *db)
{
    if (db->bumped && !hf_pg_lost(db))
        PQclear(hf_pg_exec(db, "NOTIFY hufu_change"));
}

static enum hf_rc
try_once(struct attempt *a)
{
    struct hf_db *db = hf_store_reader(a->store);
    int64_t       number;
    enum hf_rc    rc;

    if (db == NULL) { /* an address that never answered is a mistake, not an outage */
        a->retry = atomic_load(&a->store->reached) ? HF_RETRY_NEW : HF_RETRY_NOT;
        return HF_E_STORE;
    }
    if (db->in_tx) {
        a->retry = HF_RETRY_NOT;
        return hf_fail(HF_E_BUG, "a transaction was started inside a transaction");
    }
    number = db->number;
    allow_time(a, db);
    if ((rc = begin(db)) == HF_OK)
        rc = hf_db_settle(db, a->fn(db, a->arg));
    a->retry = db->retry;
    if (rc == HF_OK) {
        if ((rc = commit(a, db)) == HF_OK)
            tell_others(db);
    } else {
        roll_back(db);
    }
    db->in_tx = false;
    ((struct hf_pg_db *)db)->give_up_at = 0;
    if (rc != HF_OK && db->number > number)
        db->number = number;
    return rc;
}

/* The time for one write counts from the moment the database went away: what comes late does not wait long. */
enum hf_rc
hf_pg_write(struct hf_store *store, enum hf_rc (*fn)(struct hf_db *, void *), void *arg)
{
    int64_t        away_since = atomic_load(&store->away_since);
    int64_t        begun = away_since != 0 ? away_since : hf_tick_ms();
    struct attempt a = { store, fn, arg, begun + store->deadline_ms, 0, HF_RETRY_NOT };
    enum hf_rc     rc;

    while ((rc = try_once(&a)) != HF_OK && a.retry != HF_RETRY_NOT && hf_tick_ms() < a.give_up_at) {
        if (a.retry == HF_RETRY_NEW)
            leave_server(store);
        pause_before(&a);
    }
    return rc;
}

/* -- The schema ---------------------------------------------------------------------------------- */

enum hf_rc
hf_pg_schema_begin(struct hf_store *store)
{
    struct hf_db *db = hf_store_reader(store);
    enum hf_rc    rc;

    if (db == NULL)
        return HF_E_STORE;
    if ((rc = hf_pg_run(db, "SELECT pg_advisory_lock(" SCHEMA_LOCK ")")) != HF_OK)
        return rc;
    if ((rc = hf_pg_run(db, bookkeeping)) != HF_OK) {
        roll_back(db);
        hf_pg_schema_end(store);
    }
    return rc;
}

void
hf_pg_schema_end(struct hf_store *store)
{
    struct hf_db *db = hf_store_reader(store);

    if (db != NULL)
        PQclear(hf_pg_exec(db, "SELECT pg_advisory_unlock(" SCHEMA_LOCK ")"));
}
