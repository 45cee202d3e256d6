#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/text.h"
#include "loop/wake.h"
#include "store/engine.h"

/* Long enough for a primary that dies and is replaced (docs/design: 8 to 24 s were seen). */
#define DEADLINE_MS 40000

static const struct {
    const char             *scheme;
    const struct hf_engine *engine;
    bool                    whole; /* the engine wants the address with its scheme */
} schemes[] = {
    { "sqlite:", &hf_sqlite, false },
    { "postgres://", &hf_postgres, true },
    { "postgresql://", &hf_postgres, true },
};

/* -- Connections by thread ------------------------------------------------------ */

static void
link_connection(struct hf_store *store, struct hf_db *db)
{
    pthread_mutex_lock(&store->lock);
    db->next = store->connections;
    db->back = &store->connections;
    if (db->next != NULL)
        db->next->back = &db->next;
    store->connections = db;
    pthread_mutex_unlock(&store->lock);
}

static void
unlink_connection(struct hf_db *db)
{
    struct hf_store *store = db->store;

    pthread_mutex_lock(&store->lock);
    *db->back = db->next;
    if (db->next != NULL)
        db->next->back = db->back;
    pthread_mutex_unlock(&store->lock);
}

static void
close_connection(struct hf_db *db)
{
    hf_db_drop_statements(db);
    db->store->engine->close(db);
}

/* Destructor of the thread's key: the thread ends before the store does. */
static void
thread_ends(void *arg)
{
    unlink_connection(arg);
    close_connection(arg);
}

struct hf_db *
hf_store_reader(struct hf_store *store)
{
    struct hf_db *db = pthread_getspecific(store->reader_key);

    if (db != NULL)
        return store->engine->revive(db) == HF_OK ? db : NULL;
    if (store->engine->open(store, &db) != HF_OK)
        return NULL;
    link_connection(store, db);
    pthread_setspecific(store->reader_key, db);
    return db;
}

/* -- The database ------------------------------------------------------------------ */

static enum hf_rc
pick_engine(struct hf_store *store, const char *url)
{
    for (size_t i = 0; i < HF_COUNT(schemes); i++) {
        size_t n = strlen(schemes[i].scheme);

        if (strncmp(url, schemes[i].scheme, n) != 0)
            continue;
        store->engine = schemes[i].engine;
        store->where = strdup(schemes[i].whole ? url : url + n);
        return store->where != NULL ? HF_OK : hf_fail(HF_E_NOMEM, "store");
    }
    return hf_fail_field(HF_E_ARG, "store", "must be sqlite, sqlite:PATH or postgres://...");
}

enum hf_rc
hf_store_open(const char *url, struct hf_store **out)
{
    struct hf_store *store = calloc(1, sizeof(*store));
    enum hf_rc       rc;

    *out = NULL;
    if (store == NULL)
        return hf_fail(HF_E_NOMEM, "store");
    store->deadline_ms = DEADLINE_MS;
    memcpy(store->node, "node", sizeof("node"));
    if ((rc = pick_engine(store, url)) != HF_OK) {
        free(store);
        return rc;
    }
    pthread_mutex_init(&store->lock, NULL);
    if (pthread_key_create(&store->reader_key, thread_ends) != 0) {
        free(store->where);
        free(store);
        return hf_fail(HF_E_SYSTEM, "store: no thread key left");
    }
    *out = store;
    return HF_OK;
}

/* -- The name of the node --------------------------------------------------------- */

static void
random_hex(char out[33])
{
    uint8_t random[16];

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        abort();
    hf_hex(hf_bytes(random, sizeof(random)), out);
}

void
hf_db_new_origin(struct hf_db *db)
{
    random_hex(db->origin);
    db->number = 0;
}

struct hf_tx_place
hf_tx_place(struct hf_db *tx)
{
    return (struct hf_tx_place){ tx->store->node, tx->origin, ++tx->number };
}

const char *
hf_store_node(const struct hf_store *store)
{
    return store->node;
}

enum hf_rc
hf_store_set_node(struct hf_store *store, const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    size_t n = strlen(name);

    if (n == 0 || n >= sizeof(store->node) || strspn(name, allowed) != n)
        return hf_fail(HF_E_FORMAT,
                       "the name of a node has 1 to 64 letters, digits, '.', '-', '_'");
    memcpy(store->node, name, n + 1);
    return HF_OK;
}

static enum hf_rc
make_node_file(const char *path)
{
    char name[34];

    random_hex(name);
    name[8] = '\n'; /* eight digits tell the nodes of a cluster apart */
    return hf_file_write(path, hf_bytes(name, 9), 0600);
}

/* Two processes may both find it missing: what is there after writing counts. */
static enum hf_rc
name_node(struct hf_store *store, const char *path)
{
    struct hf_wr text = hf_wr(128);
    enum hf_rc   rc = hf_file_read(path, &text);

    if (rc == HF_E_ABSENT && (rc = make_node_file(path)) == HF_OK)
        rc = hf_file_read(path, &text);
    while (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    hf_wr_u8(&text, 0);
    if (rc == HF_OK)
        rc = hf_store_set_node(store, (const char *)text.p);
    hf_wr_clear(&text);
    return rc == HF_OK ? HF_OK : hf_because(rc, "%s", path);
}

enum hf_rc
hf_store_open_conf(const struct hf_conf *conf, const char *data_dir, struct hf_store **out)
{
    const char     *set = hf_conf_text(conf, "store");
    struct hf_arena arena = hf_arena();
    enum hf_rc      rc;

    if (strcmp(set, "sqlite") == 0)
        set = hf_arena_fmt(&arena, "sqlite:%s/hufu.db", data_dir);
    rc = hf_store_open(set, out);
    if (rc == HF_OK && (rc = name_node(*out, hf_arena_fmt(&arena, "%s/node", data_dir))) != HF_OK) {
        hf_store_close(*out);
        *out = NULL;
    }
    hf_arena_clear(&arena);
    return rc;
}

void
hf_store_close(struct hf_store *store)
{
    struct hf_db *db;

    if (store == NULL)
        return;
    store->engine->stop(store);
    pthread_key_delete(store->reader_key); /* destructors no longer run */
    while ((db = store->connections) != NULL) {
        unlink_connection(db);
        close_connection(db);
    }
    pthread_mutex_destroy(&store->lock);
    free(store->where);
    free(store);
}

bool
hf_store_is_postgres(const struct hf_store *store)
{
    return store->engine == &hf_postgres;
}

void
hf_store_deadline(struct hf_store *store, int64_t ms)
{
    store->deadline_ms = ms;
}

enum hf_rc
hf_store_write(struct hf_store *store, enum hf_rc (*fn)(struct hf_db *tx, void *arg), void *arg)
{
    enum hf_rc rc = store->engine->write(store, fn, arg);

    if (rc == HF_OK)
        /* audit records are sealed and revocations published without waiting for a timer */
        hf_wake();
    return rc;
}

enum hf_rc
hf_db_settle(struct hf_db *tx, enum hf_rc rc)
{
    if (rc == HF_OK && tx->failed != HF_OK)
        return hf_because(HF_E_BUG, "the transaction went on after a failed statement");
    return rc;
}
