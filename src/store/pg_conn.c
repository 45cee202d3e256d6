/*
 * pg_conn.c - connections to PostgreSQL: finding the primary, and waiting for its answers.
 *
 * A server whose machine died says so (the connection breaks) or falls silent.
 * Silence alone means nothing, a long query is silent too: after a while the
 * server is asked on a connection of its own whether it is there, and only one
 * that does not answer that either is given up. Its connection is then shut,
 * which libpq takes for a broken one.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/text.h"
#include "store/postgres.h"

#define SILENCE_MS                                                                                 \
    4000 /* until the server is asked whether it is there, and between such questions */

/*
 * Reads happen outside transactions and must not write. An `off` or `local`
 * of the server would acknowledge what a lost machine takes along; a statement
 * that times out while COMMIT waits for the standby would do so as well. A node
 * that hangs in the middle of a transaction shall not hold its locks for ever.
 */
static const char connection_setup[] =
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;"
    "SET client_min_messages = warning;"
    "SET statement_timeout = 0;"
    "SET idle_in_transaction_session_timeout = '60s';"
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') IN ('off', 'local')";

static struct hf_pg_db *
of(struct hf_db *db)
{
    return (struct hf_pg_db *)db;
}

bool
hf_pg_lost(struct hf_db *db)
{
    return PQstatus(of(db)->conn) != CONNECTION_OK;
}

/* -- Waiting ------------------------------------------------------------------------------- */

/* No answer at all within two seconds. One that refuses us for whatever reason is there. */
static bool
is_gone(struct hf_db *db)
{
    PGconn                  *conn = of(db)->conn;
    static const char *const names[] = {
        "dbname", "host", "hostaddr", "port", "connect_timeout", "target_session_attrs", NULL
    };
    const char *const values[] = {
        db->store->where, PQhost(conn), "", PQport(conn), "2", "any", NULL
    };

    return PQpingParams(names, values, 1) == PQPING_NO_RESPONSE;
}

static int
wait_ms(const struct hf_pg_db *pg)
{
    int64_t left = pg->give_up_at == 0 ? SILENCE_MS : pg->give_up_at - hf_tick_ms();

    return left < 0 ? 0 : left < SILENCE_MS ? (int)left : SILENCE_MS;
}

static void
give_up(struct hf_db *db, const char *why)
{
    hf_log(HF_WARN, "store.server.silent", HF_F_STR("host", PQhost(of(db)->conn)),
           HF_F_STR("port", PQport(of(db)->conn)), HF_F_STR("why", why));
    shutdown(PQsocket(of(db)->conn), SHUT_RDWR);
    of(db)->give_up_at = 0;
}

/* Until the whole answer is there, or the connection has no more to give. */
static void
wait_for_answer(struct hf_db *db)
{
    struct hf_pg_db *pg = of(db);
    struct pollfd    f = { .fd = PQsocket(pg->conn), .events = POLLIN };

    while (PQisBusy(pg->conn) != 0) {
        int ready = poll(&f, 1, wait_ms(pg));

        if (ready == 0 && pg->give_up_at != 0 && hf_tick_ms() >= pg->give_up_at)
            give_up(db, "the time of the transaction is up");
        else if (ready == 0 && is_gone(db))
            give_up(db, "does not answer a second connection either");
        else if (ready > 0 && PQconsumeInput(pg->conn) == 0)
            return;
    }
}

PGresult *
hf_pg_answer(struct hf_db *db, int sent)
{
    PGresult *last = NULL, *next;

    if (sent == 0)
        return NULL;
    for (wait_for_answer(db); (next = PQgetResult(of(db)->conn)) != NULL; wait_for_answer(db)) {
        PQclear(last);
        last = next;
    }
    return last;
}

PGresult *
hf_pg_exec(struct hf_db *db, const char *sql)
{
    of(db)->warned = false;
    return hf_pg_answer(db, PQsendQuery(of(db)->conn, sql));
}

static void
take_notice(void *arg, const PGresult *notice)
{
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);

    if (severity != NULL && strcmp(severity, "WARNING") == 0)
        ((struct hf_pg_db *)arg)->warned = true;
}

/* -- Connecting ------------------------------------------------------------------------------ */

/*
 * What stands before dbname can be changed by the address, what stands after
 * it cannot. A peer that vanished is noticed within about ten seconds.
 */
static PGconn *
dial(const char *where)
{
    static const char *const names[] = { "application_name", "connect_timeout",
                                         "keepalives_idle",  "keepalives_interval",
                                         "keepalives_count", "tcp_user_timeout",
                                         "dbname",           "target_session_attrs",
                                         "client_encoding",  NULL };
    const char *const        values[] = { "hufu",  "2",   "5",          "2",    "3",
                                          "10000", where, "read-write", "UTF8", NULL };

    return PQconnectdbParams(names, values, 1);
}

/*
 * The log says once which server failed how. Whoever asks meanwhile is told
 * only that the database is away, unless it never was there: then the address
 * is wrong, and the operator who has just written it wants to know.
 */
static enum hf_rc
is_away(struct hf_db *db)
{
    struct hf_store *store = db->store;
    enum hf_rc       rc = hf_pg_fail_text(HF_E_STORE, PQerrorMessage(of(db)->conn));
    long long        never = 0;

    if (!atomic_load(&store->reached))
        return hf_because(rc, "connecting");
    if (atomic_compare_exchange_strong(&store->away_since, &never, hf_tick_ms()))
        hf_log(HF_ERROR, "store.away", HF_F_REASON);
    return hf_fail(HF_E_STORE, "the database is away and looked for; nothing was changed, "
                               "ask again in a few seconds");
}

static void
is_back(struct hf_store *store)
{
    long long since = atomic_exchange(&store->away_since, 0);

    if (since != 0)
        hf_log(HF_INFO, "store.back", HF_F_INT("away_ms", hf_tick_ms() - since));
    atomic_store(&store->reached, true);
}

enum hf_rc
hf_pg_connect(struct hf_db *db)
{
    struct hf_pg_db *pg = of(db);
    enum hf_rc       rc;

    PQfinish(pg->conn);
    pg->generation++;
    pg->give_up_at = 0;
    pg->conn = dial(db->store->where);
    if (hf_pg_lost(db))
        return is_away(db);
    PQsetNoticeReceiver(pg->conn, take_notice, pg);
    if ((rc = hf_pg_run(db, connection_setup)) != HF_OK)
        return rc;
    db->slot = PQbackendPID(pg->conn) & 255;
    is_back(db->store);
    return HF_OK;
}
