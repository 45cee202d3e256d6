/*
 * engine.h - what SQLite and PostgreSQL each provide; only src/store includes this.
 *
 * store.c and query.c hold everything that does not depend on the engine:
 * connections by thread, the cache of statements, the first failure of a query.
 * An engine is a table of functions; its connection and its statement begin
 * with struct hf_db and struct hf_stmt.
 */
#ifndef HF_STORE_ENGINE_H
#define HF_STORE_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/store.h"

/* The most parameters of one statement. */
#define HF_BIND_MAX 64

/* What a failed transaction is worth: PostgreSQL only, SQLite has one writer. */
enum hf_retry {
    HF_RETRY_NOT,
    HF_RETRY_SAME, /* 40001, 40P01: once more on this connection */
    HF_RETRY_NEW,  /* the server went away or became read-only: once more on a new one */
};

struct hf_stmt {
    struct hf_stmt *next; /* in its bucket of the cache */
    const char     *key;  /* address of the constant; NULL when not cached */
    char           *sql;  /* owned copy: a key whose text changed is a caller's mistake */
    bool            busy; /* between hf_query() and hf_query_end() */
    bool            stepped;
};

#define HF_STMT_BUCKETS 128

struct hf_db {
    struct hf_store *store;
    struct hf_db    *next, **back; /* list of the store's connections */
    struct hf_stmt  *cache[HF_STMT_BUCKETS];
    bool             in_tx;
    enum hf_rc       failed;     /* first failed statement of the open transaction */
    enum hf_retry    retry;      /* what that failure is worth */
    bool             bumped;     /* hf_change_bump() was called in this transaction */
    int64_t          slot;       /* of store_change, so that writers do not collide */
    char             origin[33]; /* see hf_tx_place(): random */
    int64_t          number;     /* the last one given; the engine takes it back on a roll-back */
};

struct hf_engine {
    const char *id_column;  /* stands for HUFU_ID in schema files */
    const char *key_column; /* stands for HUFU_KEY */

    enum hf_rc (*open)(struct hf_store *store, struct hf_db **out);
    enum hf_rc (*revive)(struct hf_db *db); /* a connection that was lost is made anew */
    void (*close)(struct hf_db *db);        /* statements are gone by then */
    void (*stop)(struct hf_store *store);   /* before connections are closed */

    enum hf_rc (*write)(struct hf_store *store, enum hf_rc (*fn)(struct hf_db *, void *),
                        void            *arg);
    enum hf_rc (*exec)(struct hf_db *db, const char *sql);

    /* Before and after migrations: one process at a time, bookkeeping tables are there. */
    enum hf_rc (*schema_begin)(struct hf_store *store);
    void (*schema_end)(struct hf_store *store);

    enum hf_rc (*prepare)(struct hf_db *db, const char *sql, struct hf_stmt **out);
    void (*drop)(struct hf_db *db, struct hf_stmt *stmt);
    enum hf_rc (*bind_int)(struct hf_stmt *stmt, int n, int64_t v); /* n counts from 1 */
    enum hf_rc (*bind_text)(struct hf_stmt *stmt, int n, const char *s);
    enum hf_rc (*bind_bytes)(struct hf_stmt *stmt, int n, struct hf_bytes b);
    enum hf_rc (*bind_null)(struct hf_stmt *stmt, int n);
    enum hf_rc (*step)(struct hf_db *db, struct hf_stmt *stmt, int bound, bool *row);
    int (*columns)(struct hf_stmt *stmt);
    bool (*is_null)(struct hf_stmt *stmt, int column); /* counts from 0 */
    enum hf_rc (*get_int)(struct hf_stmt *stmt, int column, int64_t *out);
    /* or text; borrowed */
    enum hf_rc (*get_bytes)(struct hf_stmt *stmt, int column, struct hf_bytes *out);
    int64_t (*changed)(struct hf_db *db, struct hf_stmt *stmt);
    void (*reset)(struct hf_db *db, struct hf_stmt *stmt); /* ready for the next use */
};

struct hf_store {
    const struct hf_engine *engine;
    char                    node[65];
    char                   *where; /* path, or connection text of libpq */
    pthread_key_t           reader_key;
    pthread_mutex_t         lock; /* guards connections */
    struct hf_db           *connections;
    struct hf_writer       *writer;      /* SQLite: the writer thread, made at the first write */
    int64_t                 deadline_ms; /* how long a write is tried */
    /* PostgreSQL: it has answered before, so waiting makes sense */
    atomic_bool reached;
    /* … and has not since then, on hf_tick_ms()'s clock; 0: it is there */
    atomic_llong away_since;
};

extern const struct hf_engine hf_sqlite;
extern const struct hf_engine hf_postgres;

/* A new random origin, whose numbers start at 1. */
void hf_db_new_origin(struct hf_db *db);

/* Forget (and free) every cached statement of a connection that is being closed. */
void hf_db_drop_statements(struct hf_db *db);

/* After fn: HF_OK only if it succeeded and none of its statements failed. */
HF_CHECKED enum hf_rc hf_db_settle(struct hf_db *tx, enum hf_rc rc);

#endif
