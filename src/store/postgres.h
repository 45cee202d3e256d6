/*
 * postgres.h - connections to PostgreSQL; only src/store includes this.
 */
#ifndef HF_STORE_POSTGRES_H
#define HF_STORE_POSTGRES_H

#include <libpq-fe.h>

#include "store/engine.h"

struct hf_pg_db {
    struct hf_db db; /* first */
    PGconn      *conn;
    unsigned     generation; /* of the connection; statements prepared on an older one are gone */
    unsigned     names;      /* prepared statements so far */
    char         mark[33];   /* this connection's row of store_mark */
    int64_t      mark_n;     /* number of the transaction in progress */
    int64_t      give_up_at; /* no answer is waited for beyond this; 0: no limit */
    bool         warned;     /* the last hf_pg_exec() brought a warning */
};

/* pg_conn.c */

/* A new connection in place of the old, to a server that takes writes. E_STORE: there is none now. */
HF_CHECKED enum hf_rc hf_pg_connect(struct hf_db *db);

/* The connection is known to be broken. */
bool hf_pg_lost(struct hf_db *db);

/*
 * The last result of what PQsend…() has sent (its return value is `sent`), as
 * PQexec() gives it; NULL if it was not sent. A server that stopped answering
 * shows as a lost connection, and so does one that is slower than give_up_at.
 */
PGresult *hf_pg_answer(struct hf_db *db, int sent);
PGresult *hf_pg_exec(struct hf_db *db, const char *sql);

/* postgres.c */

/* A statement without parameters; a failure is recorded and classified. */
HF_CHECKED enum hf_rc hf_pg_run(struct hf_db *db, const char *sql);

/* Record the failure of a result: code, text, and what a retry is worth. Does not free it. */
enum hf_rc hf_pg_fail(struct hf_db *db, const PGresult *result);

/* Record a text of libpq, which has line feeds, on one line. */
enum hf_rc hf_pg_fail_text(enum hf_rc rc, const char *text);

/* What the server did with the statement is not known: this result, or the connection, says so. */
bool hf_pg_gone(struct hf_db *db, const PGresult *result);

/* pg_tx.c */
HF_CHECKED enum hf_rc hf_pg_write(struct hf_store *store, enum hf_rc (*fn)(struct hf_db *, void *),
                                  void            *arg);
HF_CHECKED enum hf_rc hf_pg_schema_begin(struct hf_store *store);
void                  hf_pg_schema_end(struct hf_store *store);

#endif
