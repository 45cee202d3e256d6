/*
 * sqlite.h - connections to an SQLite file; only src/store includes this.
 */
#ifndef HF_STORE_SQLITE_H
#define HF_STORE_SQLITE_H

#include <sqlite3.h>

#include "store/engine.h"

struct hf_sqlite_db {
    struct hf_db db; /* first */
    sqlite3     *handle;
};

/* writing: a connection that may write; others refuse to (PRAGMA query_only). */
HF_CHECKED enum hf_rc hf_sqlite_connect(struct hf_store *store, bool writing, struct hf_db **out);
void                  hf_sqlite_disconnect(struct hf_db *db);

/* Run SQL without parameters; for BEGIN, COMMIT, savepoints and schema files. */
HF_CHECKED enum hf_rc hf_sqlite_run(struct hf_db *db, const char *sql);

void hf_sqlite_roll_back(struct hf_db *db);

/* True if the engine gave up the whole transaction by itself (disk full, I/O error). */
bool hf_sqlite_lost_transaction(struct hf_db *db);

/* The group-commit writer: writer.c. */
HF_CHECKED enum hf_rc hf_writer_write(struct hf_store *store,
                                      enum hf_rc (*fn)(struct hf_db *, void *), void *arg);
void                  hf_writer_stop(struct hf_store *store);

#endif
