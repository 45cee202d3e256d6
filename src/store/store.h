/*
 * store.h - the database: one interface, SQLite or PostgreSQL behind it.
 *
 *   hf_store   the database as a whole, one per process, safe from any thread
 *   hf_db      a connection or an open transaction, used by one thread at a time
 *   hf_query   one statement: bind in order, step through rows, read columns in order
 *
 * SQL is written once for both engines: parameters are $1, $2 …; types are
 * BIGINT, TEXT, BYTEA; times are BIGINT milliseconds since 1970 UTC; truth is
 * BIGINT 0 or 1. INSERT … ON CONFLICT and RETURNING work on both.
 *
 * A query remembers its first failure, in the manner of hf_rd: bind, step and
 * read straight down and check once:
 *
 *     struct hf_query q = hf_query(db, "SELECT id, name FROM person WHERE unit = $1");
 *
 *     hf_bind_text(&q, unit);
 *     while (hf_step(&q)) {
 *         id = hf_col_int(&q);
 *         name = hf_col_text(&q, arena);
 *     }
 *     return hf_query_end(&q);
 */
#ifndef HF_STORE_STORE_H
#define HF_STORE_STORE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

struct hf_asset;
struct hf_conf;
struct hf_store;
struct hf_db;
struct hf_stmt;

/* -- The database ------------------------------------------------------------- */

/*
 * url: "sqlite:PATH" or "postgres://…" (libpq; several hosts may be named).
 * Opens no connection that would be inherited by a fork: call after fork.
 */
HF_CHECKED enum hf_rc hf_store_open(const char *url, struct hf_store **out);
HF_CHECKED enum hf_rc hf_store_open_conf(const struct hf_conf *conf, const char *data_dir,
                                         struct hf_store **out); /* by setting `store` */
/* NULL is fine; no thread uses it now */
void hf_store_close(struct hf_store *store);
bool hf_store_is_postgres(const struct hf_store *store);

/* How long a write is tried again, from the moment that the database went away; 40 s at the start. */
void hf_store_deadline(struct hf_store *store, int64_t ms);

/*
 * Apply the embedded schema/NNN-*.sql files that the database has not seen, in
 * order, each in its own transaction. E_STATE if the database has one that this
 * program does not know, or one whose text has changed since.
 *
 * In such a file the word HUFU_ID stands for the type and key of a column whose
 * value the database gives: `id HUFU_ID,` makes ids 1, 2, 3 … that are never
 * given again (ask for them with INSERT … RETURNING id). The order in which
 * ids are given is not the order of commits. HUFU_KEY is a column whose number
 * the program gives, and by which rows lie in the table on engines that can.
 */
HF_CHECKED enum hf_rc hf_store_migrate(struct hf_store *store);

/* The same with other files than the embedded ones, ended by name == NULL: for tests. */
HF_CHECKED enum hf_rc hf_store_migrate_assets(struct hf_store       *store,
                                              const struct hf_asset *assets);

/*
 * This thread's connection for reading; made at first use, closed with the
 * store or at the thread's end. NULL with a reason if the database is away.
 * It refuses to write, and every statement sees what was committed before it.
 */
struct hf_db *hf_store_reader(struct hf_store *store);

/*
 * Run fn in a transaction that is durable when this returns HF_OK. fn may run
 * several times (the whole is retried after a serialisation failure or a lost
 * primary), so it must not act on anything but tx and its own arg, and must
 * start afresh each time. Any failure of fn rolls back and is returned.
 * After a failed statement the transaction is lost, whatever fn makes of it:
 * where a row may exist already, use INSERT … ON CONFLICT DO NOTHING and look at
 * hf_query.changed. Transactions are serialisable on both engines. A commit
 * whose answer was lost is looked up on a new connection; fn runs again only
 * if it is known not to have happened (else E_STORE "outcome unknown").
 * On SQLite fn runs on the writer thread, within a savepoint of a transaction
 * that it shares with other callers (group commit): no blocking calls in it.
 * The failure's text and field are carried back to the calling thread.
 */
HF_CHECKED enum hf_rc hf_store_write(struct hf_store *store,
                                     enum hf_rc (*fn)(struct hf_db *tx, void *arg), void *arg);

/*
 * The place of a transaction among all others: which node it runs on, and the
 * next number of its connection. A connection's committed transactions carry
 * 1, 2, 3 … without a gap, so a row that vanished can be told by its number.
 * Each call takes a further number. origin is made at random for each connection.
 */
struct hf_tx_place {
    const char *node, *origin; /* borrowed, as long as the transaction */
    int64_t     number;
};
struct hf_tx_place hf_tx_place(struct hf_db *tx);

/*
 * The name of this node, "node" at the start. hf_store_open_conf() takes it
 * from DATA/node, which it makes with a random name if it is not there.
 */
const char           *hf_store_node(const struct hf_store *store);
HF_CHECKED enum hf_rc hf_store_set_node(struct hf_store *store, const char *name);

/* -- Queries -------------------------------------------------------------------- */

struct hf_query {
    struct hf_db   *db;
    struct hf_stmt *stmt;    /* the engine's own */
    int             bound;   /* parameters so far */
    int             column;  /* columns read of the present row */
    int64_t         changed; /* rows changed, after hf_query_end() */
    enum hf_rc      rc;
};

/* Statements are cached by the address of sql: use string constants, or hf_query_text(). */
struct hf_query hf_query(struct hf_db *db, const char *sql);

/* The same for SQL put together at run time (filters of a list): not cached. */
struct hf_query hf_query_text(struct hf_db *db, const char *sql);

/* Values are copied when bound. */
void hf_bind_int(struct hf_query *q, int64_t v);
void hf_bind_text(struct hf_query *q, const char *s); /* NULL binds NULL */
void hf_bind_bytes(struct hf_query *q, struct hf_bytes b);
void hf_bind_null(struct hf_query *q);

/* The next row: true if there is one. The first step executes. */
bool hf_step(struct hf_query *q);

/* The next column of the row. NULL reads as 0, NULL text, empty bytes. */
int64_t         hf_col_int(struct hf_query *q);
char           *hf_col_text(struct hf_query *q, struct hf_arena *a);
struct hf_bytes hf_col_bytes(struct hf_query *q, struct hf_arena *a);
bool            hf_col_null(struct hf_query *q); /* of the next column, which is not consumed */

/* Finish; runs the statement if it was never stepped. E_EXISTS for a unique violation. */
HF_CHECKED enum hf_rc hf_query_end(struct hf_query *q);

/* Leave a query early because of another failure, whose text stands. */
void hf_query_drop(struct hf_query *q);

/* A statement without parameters and rows. */
HF_CHECKED enum hf_rc hf_exec(struct hf_db *db, const char *sql);

/* -- Changes told between processes and nodes ------------------------------------- */

/*
 * A sequence that rises with every committed change of a topic ("cert", "ca",
 * "app" …). Whoever changes the truth bumps it in the same transaction; whoever
 * caches compares. On PostgreSQL the process also sends NOTIFY hufu_change
 * (empty payload: compare the sequences) right after the commit.
 */
HF_CHECKED enum hf_rc hf_change_bump(struct hf_db *tx, const char *topic);
HF_CHECKED enum hf_rc hf_change_read(struct hf_db *db, const char *topic, int64_t *sequence);

#endif
