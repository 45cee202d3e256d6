/* test_store.c - the store: every case on SQLite and on a real PostgreSQL. */
#include "unit/t.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/asset.h"
#include "base/conf.h"
#include "base/text.h"
#include "store/store.h"
#include "unit/pg.h"

static bool on_postgres;
static char folder[256]; /* of SQLite files */
static char url[PG_URL];

static void
fresh_url(void)
{
    static int n;

    if (on_postgres)
        pg_fresh(url);
    else
        snprintf(url, sizeof(url), "sqlite:%s/%d.db", folder, ++n);
}

static struct hf_store *
open_again(void)
{
    struct hf_store *store = NULL;

    T_OK(hf_store_open(url, &store));
    return store;
}

/* -- A schema of the tests' own --------------------------------------------------- */

static const char     item_sql[] = "CREATE TABLE item (id HUFU_ID, name TEXT NOT NULL UNIQUE, n BIGINT,"
                                   " body BYTEA, parent BIGINT REFERENCES item (id));\n"
                                   "CREATE INDEX item_n ON item (n);\n";
static struct hf_asset item_assets[] = {
    { "schema/900-item.sql", (const uint8_t *)item_sql, sizeof(item_sql) - 1 },
    { "profiles/x.conf", NULL, 0 },
    { NULL, NULL, 0 },
};

/* The embedded schema and table `item`. */
static enum hf_rc
migrate_all(struct hf_store *store)
{
    struct hf_asset all[64];
    size_t          n = 0;

    for (const struct hf_asset *a = hf_assets(); a->name != NULL && n < 60; a++)
        all[n++] = *a;
    memcpy(&all[n], item_assets, sizeof(item_assets));
    return hf_store_migrate_assets(store, all);
}

static struct hf_store *
fresh(void)
{
    struct hf_store *store;

    fresh_url();
    store = open_again();
    T_OK(migrate_all(store));
    return store;
}

struct item {
    const char *name;
    int64_t     n, id;
    int64_t     parent;
    int         runs;
    bool        bump;
};

static enum hf_rc
insert_item(struct hf_db *tx, void *arg)
{
    struct item    *it = arg;
    struct hf_query q = hf_query(tx, "INSERT INTO item (name, n, parent) VALUES ($1, $2, $3) RETURNING id");
    enum hf_rc      rc;

    it->runs++;
    hf_bind_text(&q, it->name);
    hf_bind_int(&q, it->n);
    if (it->parent != 0)
        hf_bind_int(&q, it->parent);
    else
        hf_bind_null(&q);
    if (hf_step(&q))
        it->id = hf_col_int(&q);
    rc = hf_query_end(&q);
    if (rc == HF_OK && q.changed != 1)
        return hf_fail(HF_E_BUG, "changed %lld rows", (long long)q.changed);
    return rc == HF_OK && it->bump ? hf_change_bump(tx, "item") : rc;
}

static int64_t
count(struct hf_store *store, const char *sql)
{
    struct hf_query q = hf_query_text(hf_store_reader(store), sql);
    int64_t         n = hf_step(&q) ? hf_col_int(&q) : -1;

    T_OK(hf_query_end(&q));
    return n;
}

/* -- Values --------------------------------------------------------------------------- */

static const int64_t numbers[] = { 0, 1, -1, 42, INT64_MAX, INT64_MIN };

static enum hf_rc
insert_values(struct hf_db *tx, void *arg)
{
    (void)arg;
    for (size_t i = 0; i < HF_COUNT(numbers); i++) {
        struct hf_query q = hf_query(tx, "INSERT INTO item (name, n, body) VALUES ($2, $1, $3)");
        char            name[40];
        enum hf_rc      rc;

        snprintf(name, sizeof(name), "值 %zu 'quoted' \n", i);
        hf_bind_int(&q, numbers[i]);
        hf_bind_text(&q, name);
        hf_bind_bytes(&q, hf_bytes("\0\xff\0'", i % 5));
        if ((rc = hf_query_end(&q)) != HF_OK)
            return rc;
    }
    return HF_OK;
}

static void
values_come_back_as_they_were(void)
{
    struct hf_store *store = fresh();
    struct hf_arena  a = hf_arena();
    struct hf_query  q;
    size_t           i = 0;

    T_OK(hf_store_write(store, insert_values, NULL));
    q = hf_query(hf_store_reader(store), "SELECT n, name, body, parent, id FROM item ORDER BY id");
    for (; hf_step(&q); i++) {
        T_EQ(hf_col_int(&q), numbers[i]);
        T_TRUE(strncmp(hf_col_text(&q, &a), "值 ", 4) == 0);
        T_FALSE(hf_col_null(&q));
        T_BYTES(hf_col_bytes(&q, &a), hf_bytes("\0\xff\0'", i % 5));
        T_TRUE(hf_col_null(&q));
        T_EQ(hf_col_int(&q), 0);
        T_EQ(hf_col_int(&q), (int64_t)i + 1);
        T_TRUE(hf_col_null(&q)); /* behind the last column */
    }
    T_OK(hf_query_end(&q));
    T_EQ(i, HF_COUNT(numbers));
    T_EQ(count(store, "SELECT SUM(n) FROM item WHERE n > 0 AND n < 100"), 43);
    T_EQ(count(store, "SELECT SUM(n) FROM item WHERE n > 1000"), INT64_MAX);
    T_EQ(count(store, "SELECT SUM(n) FROM item WHERE n < 0 AND n > -5"), -1);
    T_EQ(count(store, "SELECT COUNT(*) FROM item WHERE n > 0"), 3);
    hf_arena_clear(&a);
    hf_store_close(store);
}

/* Each of these fails with a code of its own, on both engines the same. */
static enum hf_rc
run_text(struct hf_db *tx, void *arg)
{
    struct hf_query q = hf_query_text(tx, arg);

    return hf_query_end(&q);
}

static void
failures_are_told_apart(void)
{
    struct hf_store *store = fresh();
    struct item      first = { .name = "one" };

    T_OK(hf_store_write(store, insert_item, &first));
    T_RC(hf_store_write(store, insert_item, &first), HF_E_EXISTS);
    T_TRUE(strstr(hf_reason(), "name") != NULL);
    T_RC(hf_store_write(store, run_text, "INSERT INTO item (id, name) VALUES (1, 'two')"), HF_E_EXISTS);
    T_RC(hf_store_write(store, run_text, "INSERT INTO item (name, parent) VALUES ('two', 77)"), HF_E_STATE);
    T_RC(hf_store_write(store, run_text, "INSERT INTO item (n) VALUES (1)"), HF_E_BUG);
    T_RC(hf_store_write(store, run_text, "INSERT INTO nowhere VALUES (1)"), HF_E_BUG);
    T_RC(hf_store_write(store, run_text, "INSERT INTO item (name) VALUES ($1)"), HF_E_BUG);
    T_EQ(count(store, "SELECT COUNT(*) FROM item"), 1);
    hf_store_close(store);
}

static void
misuse_is_refused(void)
{
    struct hf_store *store = fresh();
    struct hf_db    *db = hf_store_reader(store);
    struct hf_query  q = hf_query(db, "SELECT 'x' AS t, CAST(7 AS BIGINT) AS n");
    struct hf_arena  a = hf_arena();

    T_TRUE(hf_step(&q));
    T_EQ(hf_col_int(&q), 0); /* text is no number */
    T_RC(hf_query_end(&q), HF_E_BUG);
    q = hf_query(db, "SELECT CAST(7 AS BIGINT)");
    T_TRUE(hf_step(&q));
    T_TRUE(hf_col_text(&q, &a) == NULL); /* and a number no text */
    T_RC(hf_query_end(&q), HF_E_BUG);
    q = hf_query(db, "SELECT CAST($1 AS TEXT)");
    hf_bind_text(&q, "\xc3\x28");
    T_RC(hf_query_end(&q), HF_E_FORMAT);
    q = hf_query(db, "SELECT CAST(1 AS BIGINT)");
    T_TRUE(hf_step(&q));
    (void)hf_col_int(&q);
    (void)hf_col_int(&q);
    T_RC(hf_query_end(&q), HF_E_BUG);
    /* a reader does not write */
    q = hf_query(db, "INSERT INTO item (name) VALUES ('x')");
    T_TRUE(hf_query_end(&q) != HF_OK);
    T_EQ(count(store, "SELECT COUNT(*) FROM item"), 0);
    hf_arena_clear(&a);
    hf_store_close(store);
}

static void
a_statement_may_be_used_inside_itself(void)
{
    static const char sql[] = "SELECT n FROM item WHERE n >= $1 ORDER BY n";
    struct hf_store  *store = fresh();
    int               rows = 0;

    for (int i = 1; i <= 3; i++) {
        struct item it = { .name = (const char *[]){ "", "a", "b", "c" }[i], .n = i };

        T_OK(hf_store_write(store, insert_item, &it));
    }
    for (int round = 0; round < 2; round++) {
        struct hf_query outer = hf_query(hf_store_reader(store), sql);

        hf_bind_int(&outer, 1);
        while (hf_step(&outer)) {
            struct hf_query inner = hf_query(hf_store_reader(store), sql);

            hf_bind_int(&inner, hf_col_int(&outer));
            while (hf_step(&inner))
                rows++;
            T_OK(hf_query_end(&inner));
        }
        T_OK(hf_query_end(&outer));
    }
    T_EQ(rows, 12);
    hf_store_close(store);
}

/* -- Transactions ----------------------------------------------------------------------- */

static enum hf_rc
insert_then_refuse(struct hf_db *tx, void *arg)
{
    enum hf_rc rc = insert_item(tx, arg);

    return rc != HF_OK ? rc : hf_fail_field(HF_E_POLICY, "days", "too %s", "long");
}

static enum hf_rc
go_on_after_failure(struct hf_db *tx, void *arg)
{
    struct item again = { .name = "kept" };

    if (insert_item(tx, &again) == HF_OK)
        return hf_fail(HF_E_BUG, "expected a failure");
    (void)!insert_item(tx, arg);
    return HF_OK;
}

static struct hf_store *nested_store;

static enum hf_rc
nest(struct hf_db *tx, void *arg)
{
    (void)tx;
    return hf_store_write(nested_store, insert_item, arg);
}

static void
a_failed_function_leaves_nothing(void)
{
    struct hf_store *store = fresh();
    struct item      kept = { .name = "kept" }, gone = { .name = "gone", .bump = true };
    int64_t          sequence;

    T_OK(hf_store_write(store, insert_item, &kept));
    T_RC(hf_store_write(store, insert_then_refuse, &gone), HF_E_POLICY);
    T_STR(hf_reason(), "days: too long");
    T_STR(hf_reason_field(), "days");
    T_EQ(gone.runs, 1);
    T_RC(hf_store_write(store, go_on_after_failure, &gone), HF_E_BUG);
    nested_store = store;
    T_RC(hf_store_write(store, nest, &gone), HF_E_BUG);
    T_EQ(count(store, "SELECT COUNT(*) FROM item"), 1);
    T_OK(hf_change_read(hf_store_reader(store), "item", &sequence));
    T_EQ(sequence, 0);
    T_OK(hf_store_write(store, insert_item, &gone)); /* all is well again */
    T_OK(hf_change_read(hf_store_reader(store), "item", &sequence));
    T_EQ(sequence, 1);
    hf_store_close(store);
}

/* -- Many threads ---------------------------------------------------------------------------- */

#define THREADS 8
#define EACH    40

struct crowd {
    struct hf_store *store;
    int              number, good, refused;
};

static void *
crowd_main(void *arg)
{
    struct crowd *c = arg;

    for (int i = 0; i < EACH; i++) {
        char        name[40];
        struct item it = { .name = name, .n = c->number, .bump = true };

        /* every fourth name is the same for all threads: one of them wins */
        snprintf(name, sizeof(name), i % 4 == 0 ? "shared-%d" : "own-%d-%d", i, c->number);
        switch (hf_store_write(c->store, insert_item, &it)) {
        case HF_OK:
            c->good++;
            break;
        case HF_E_EXISTS:
            c->refused++;
            break;
        default:
            printf("  thread %d: %s\n", c->number, hf_reason());
        }
    }
    return NULL;
}

static void
many_threads_write_at_once(void)
{
    struct hf_store *store = fresh();
    struct crowd     crowd[THREADS];
    pthread_t        thread[THREADS];
    int              good = 0, refused = 0;
    int64_t          sequence;

    for (int i = 0; i < THREADS; i++) {
        crowd[i] = (struct crowd){ store, i, 0, 0 };
        pthread_create(&thread[i], NULL, crowd_main, &crowd[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        good += crowd[i].good;
        refused += crowd[i].refused;
    }
    T_EQ(good, THREADS * EACH * 3 / 4 + EACH / 4);
    T_EQ(refused, (THREADS - 1) * EACH / 4);
    T_EQ(count(store, "SELECT COUNT(*) FROM item"), good);
    T_OK(hf_change_read(hf_store_reader(store), "item", &sequence));
    T_EQ(sequence, good);
    hf_store_close(store);
}

/* Read, then write what follows from it: only right if the two are one. */
static enum hf_rc
add_one(struct hf_db *tx, void *arg)
{
    struct hf_query q = hf_query(tx, "SELECT n FROM item WHERE name = 'counter'");
    int64_t         n = hf_step(&q) ? hf_col_int(&q) : -1;
    enum hf_rc      rc = hf_query_end(&q);

    ++*(int *)arg;
    if (rc != HF_OK)
        return rc;
    q = hf_query(tx, "UPDATE item SET n = $1 WHERE name = 'counter'");
    hf_bind_int(&q, n + 1);
    return hf_query_end(&q);
}

static void *
counter_main(void *arg)
{
    struct crowd *c = arg;

    for (int i = 0; i < EACH; i++)
        c->good += hf_store_write(c->store, add_one, &c->refused) == HF_OK;
    return NULL;
}

static void
transactions_behave_as_if_one_after_the_other(void)
{
    struct hf_store *store = fresh();
    struct item      counter = { .name = "counter" };
    struct crowd     crowd[4];
    pthread_t        thread[4];
    int              good = 0;

    T_OK(hf_store_write(store, insert_item, &counter));
    for (int i = 0; i < 4; i++) {
        crowd[i] = (struct crowd){ store, i, 0, 0 };
        pthread_create(&thread[i], NULL, counter_main, &crowd[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        good += crowd[i].good;
    }
    T_EQ(good, 4 * EACH);
    T_EQ(count(store, "SELECT n FROM item WHERE name = 'counter'"), good);
    hf_store_close(store);
}

/* -- Migrations -------------------------------------------------------------------------------- */

static void
migrations_are_applied_once_and_checked(void)
{
    static const char      more_sql[] = "ALTER TABLE item ADD COLUMN extra TEXT;";
    static const char      wrong_sql[] = "CREATE TABLE half (a BIGINT); CREATE TABLE half (a BIGINT);";
    static const struct hf_asset more[] = {
        { "schema/900-item.sql", (const uint8_t *)item_sql, sizeof(item_sql) - 1 },
        { "schema/901-more.sql", (const uint8_t *)more_sql, sizeof(more_sql) - 1 },
        { NULL, NULL, 0 },
    };
    static const struct hf_asset wrong[] = {
        { "schema/900-item.sql", (const uint8_t *)item_sql, sizeof(item_sql) - 1 },
        { "schema/902-half.sql", (const uint8_t *)wrong_sql, sizeof(wrong_sql) - 1 },
        { NULL, NULL, 0 },
    };
    static const struct hf_asset changed[] = {
        { "schema/900-item.sql", (const uint8_t *)item_sql, sizeof(item_sql) - 2 },
        { NULL, NULL, 0 },
    };
    static const struct hf_asset misnamed[] = { { "schema/9-item.sql", NULL, 0 }, { NULL, NULL, 0 } };
    struct hf_store             *store;

    fresh_url();
    store = open_again();
    T_OK(hf_store_migrate_assets(store, item_assets));
    T_OK(hf_store_migrate_assets(store, item_assets));
    T_RC(hf_store_migrate_assets(store, wrong), HF_E_BUG);
    T_TRUE(strstr(hf_reason(), "902-half.sql") != NULL);
    T_EQ(count(store, "SELECT COUNT(*) FROM schema_step"), 1);
    T_OK(hf_store_write(store, run_text, "CREATE TABLE half (a BIGINT)")); /* nothing of it stayed */
    T_RC(hf_store_migrate_assets(store, changed), HF_E_STATE);
    T_STR(hf_reason(), "schema step 900-item.sql differs from the one that the database was made with");
    T_OK(hf_store_migrate_assets(store, more));
    T_RC(hf_store_migrate_assets(store, item_assets), HF_E_STATE);
    T_TRUE(strstr(hf_reason(), "901-more.sql") != NULL);
    T_RC(hf_store_migrate_assets(store, misnamed), HF_E_BUG);
    hf_store_close(store);
}

static void
processes_may_migrate_at_the_same_time(void)
{
    pid_t pid[4];

    fresh_url();
    for (int i = 0; i < 4; i++) {
        if ((pid[i] = fork()) == 0) {
            struct hf_store *store = open_again();
            enum hf_rc       rc = migrate_all(store);

            if (rc != HF_OK)
                printf("  %s\n", hf_reason());
            hf_store_close(store);
            _exit(rc != HF_OK);
        }
    }
    for (int i = 0; i < 4; i++) {
        int status = -1;

        waitpid(pid[i], &status, 0);
        T_EQ(status, 0);
    }
}

/* -- Crashes -------------------------------------------------------------------------------------- */

/* Writes until it is killed; each acknowledged number goes to fd. */
static void
write_until_killed(int fd, int64_t from)
{
    struct hf_store *store = open_again();

    for (int64_t i = from;; i++) {
        char        name[32];
        struct item it = { .name = name, .n = i, .bump = true };

        snprintf(name, sizeof(name), "k%lld", (long long)i);
        if (hf_store_write(store, insert_item, &it) != HF_OK) {
            printf("  writer: %s\n", hf_reason());
            _exit(1);
        }
        if (write(fd, &i, sizeof(i)) != (ssize_t)sizeof(i))
            _exit(2);
    }
}

static int64_t
drain(int fd, bool *seen, int64_t most)
{
    int64_t i, n = 0;

    while (read(fd, &i, sizeof(i)) == (ssize_t)sizeof(i)) {
        if (i < most)
            seen[i] = true;
        n++;
    }
    return n;
}

#define KILLS 25
#define ROOM  200000

static void
nothing_acknowledged_is_lost_by_kill_9(void)
{
    static bool      seen[ROOM];
    struct hf_store *store = fresh();
    struct hf_query  q;
    int64_t          acknowledged = 0, found = 0, sequence, missing = 0;

    memset(seen, 0, sizeof(seen));
    for (int round = 0; round < KILLS; round++) {
        int   pipes[2];
        pid_t pid;

        T_EQ(pipe(pipes), 0);
        if ((pid = fork()) == 0) {
            close(pipes[0]);
            write_until_killed(pipes[1], (int64_t)round * (ROOM / KILLS));
        }
        close(pipes[1]);
        /* the writer starts up for as long as it needs; the kill meets it at work */
        T_EQ(poll(&(struct pollfd){ .fd = pipes[0], .events = POLLIN }, 1, 20000), 1);
        usleep(10000 + (useconds_t)(hf_tick_ms() * 7919 % 60000));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        acknowledged += drain(pipes[0], seen, ROOM);
        close(pipes[0]);
    }
    q = hf_query(hf_store_reader(store), "SELECT n FROM item ORDER BY n");
    while (hf_step(&q)) {
        seen[hf_col_int(&q)] = false;
        found++;
    }
    T_OK(hf_query_end(&q));
    for (int64_t i = 0; i < ROOM; i++)
        missing += seen[i];
    T_EQ(missing, 0);
    T_TRUE(acknowledged >= KILLS);
    T_TRUE(found >= acknowledged && found <= acknowledged + KILLS);
    T_OK(hf_change_read(hf_store_reader(store), "item", &sequence));
    T_EQ(sequence, found); /* row and bump are there together or not at all */
    hf_store_close(store);
}

/* -- PostgreSQL alone: servers that go away ----------------------------------------------------------- */

struct victim {
    struct item it;
    int         kill_runs; /* in how many runs the connection is ended under us */
};

static enum hf_rc
insert_and_be_killed(struct hf_db *tx, void *arg)
{
    struct victim  *v = arg;
    enum hf_rc      rc = insert_item(tx, &v->it);
    struct hf_query q;

    if (rc != HF_OK || v->it.runs > v->kill_runs)
        return rc;
    q = hf_query(tx, "SELECT pg_terminate_backend(pg_backend_pid())");
    return hf_query_end(&q);
}

static void
a_killed_server_process_is_survived(void)
{
    struct hf_store *store;
    struct victim    v = { .it = { .name = "phoenix" }, .kill_runs = 3 };
    struct item      other = { .name = "reader" };

    if (!on_postgres)
        return;
    store = fresh();
    T_OK(hf_store_write(store, insert_and_be_killed, &v));
    T_EQ(v.it.runs, 4);
    T_EQ(count(store, "SELECT COUNT(*) FROM item"), 1);
    /* a read on a connection that is gone is sent again */
    T_TRUE(pg_sql("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                              " WHERE application_name = 'hufu'"));
    T_EQ(count(store, "SELECT COUNT(*) FROM item"), 1);
    T_TRUE(pg_sql("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                              " WHERE application_name = 'hufu'"));
    T_OK(hf_store_write(store, insert_item, &other));
    /* and when it never ends, the deadline does */
    v = (struct victim){ .it = { .name = "icarus" }, .kill_runs = 1000000 };
    hf_store_deadline(store, 300);
    T_RC(hf_store_write(store, insert_and_be_killed, &v), HF_E_STORE);
    T_TRUE(v.it.runs > 1 && v.it.runs < 100);
    T_EQ(count(store, "SELECT COUNT(*) FROM item"), 2);
    hf_store_close(store);
}

static void *
restart_server(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        usleep(300000);
        kill(pg_server.pid, SIGQUIT); /* as a crash: no checkpoint, clients cut off */
        waitpid(pg_server.pid, NULL, 0);
        pg_start_server();
    }
    return NULL;
}

static void *
write_through_restarts(void *arg)
{
    struct crowd *c = arg;
    int64_t       end = hf_tick_ms() + 2500;

    for (int i = 0; hf_tick_ms() < end; i++) {
        char        name[40];
        struct item it = { .name = name, .n = c->number, .bump = true };

        snprintf(name, sizeof(name), "r-%d-%d", c->number, i);
        /* the name is unique: a second run of a committed one would be refused */
        if (hf_store_write(c->store, insert_item, &it) == HF_OK)
            c->good++;
        else
            printf("  thread %d: %s %d\n", c->number, hf_reason(), ++c->refused);
    }
    return NULL;
}

static void
a_server_that_restarts_loses_nothing_and_doubles_nothing(void)
{
    struct hf_store *store;
    struct crowd     crowd[4];
    pthread_t        thread[4];
    int              good = 0, refused = 0;
    int64_t          sequence;

    if (!on_postgres)
        return;
    store = fresh();
    hf_store_deadline(store, 240000); /* recovery after a crash takes as long as the disk wants */
    for (int i = 0; i < 4; i++) {
        crowd[i] = (struct crowd){ store, i, 0, 0 };
        pthread_create(&thread[i], NULL, write_through_restarts, &crowd[i]);
    }
    restart_server(NULL); /* in this thread: the server dies with the thread that started it */
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        good += crowd[i].good;
        refused += crowd[i].refused;
    }
    T_EQ(refused, 0);
    T_TRUE(good > 4);
    T_EQ(count(store, "SELECT COUNT(*) FROM item"), good);
    T_OK(hf_change_read(hf_store_reader(store), "item", &sequence));
    T_EQ(sequence, good);
    hf_store_close(store);
}

#define WAITING "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"

struct waiting {
    struct hf_store *store;
    struct item      it;
    enum hf_rc       rc;
    atomic_bool      done;
};

static void *
write_and_wait(void *arg)
{
    struct waiting *w = arg;

    w->rc = hf_store_write(w->store, insert_item, &w->it);
    atomic_store(&w->done, true);
    return NULL;
}

/* Is a COMMIT waiting for a standby, or does it come to that within ten seconds? */
static bool
waits_for_standby(struct hf_store *store)
{
    for (int i = 0; i < 200; i++, usleep(50000))
        if (count(store, "SELECT COUNT(*) " WAITING) > 0)
            return true;
    return false;
}

static void
a_cancelled_wait_for_the_standby_is_no_acknowledgement(void)
{
    struct hf_store *store;
    struct waiting   w = { .it = { .name = "only here" } };
    pthread_t        thread;

    if (!on_postgres)
        return;
    w.store = store = fresh();
    T_TRUE(pg_sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'"));
    T_TRUE(pg_sql("postgres", "SELECT pg_reload_conf()"));
    usleep(300000); /* until every server process has heard of it */
    pthread_create(&thread, NULL, write_and_wait, &w);
    T_TRUE(waits_for_standby(store));
    /* the transaction is committed here now, and nowhere else: not yet a success */
    T_TRUE(pg_sql("postgres", "SELECT pg_cancel_backend(pid) " WAITING));
    T_TRUE(waits_for_standby(store));
    T_TRUE(!atomic_load(&w.done));
    T_TRUE(pg_sql("postgres", "ALTER SYSTEM RESET synchronous_standby_names"));
    T_TRUE(pg_sql("postgres", "SELECT pg_reload_conf()"));
    pthread_join(thread, NULL);
    T_OK(w.rc);
    T_EQ(w.it.runs, 1);
    T_EQ(count(store, "SELECT COUNT(*) FROM item"), 1);
    hf_store_close(store);
}

static void
a_server_that_falls_silent_is_given_up(void)
{
    struct hf_store *store;
    struct item      it = { .name = "late" };
    char             command[200];
    int64_t          begun;

    if (!on_postgres)
        return;
    store = fresh();
    T_EQ(count(store, "SELECT COUNT(*) FROM pg_sleep(5)"), 1); /* slow, not silent */
    snprintf(command, sizeof(command), "pkill -STOP -P %d", (int)pg_server.pid);
    T_EQ(kill(pg_server.pid, SIGSTOP), 0);
    T_EQ(pg_system(command), 0); /* its server processes: children of the postmaster we started */
    begun = hf_tick_ms();
    hf_store_deadline(store, 6000);
    T_RC(hf_store_write(store, insert_item, &it), HF_E_STORE);
    T_TRUE(hf_tick_ms() - begun < 20000);
    begun = hf_tick_ms();
    hf_store_deadline(store, 500);
    T_RC(hf_store_write(store, insert_item, &it), HF_E_STORE); /* the time is up already */
    T_TRUE(hf_tick_ms() - begun < 5000);
    snprintf(command, sizeof(command), "pkill -CONT -P %d", (int)pg_server.pid);
    T_EQ(kill(pg_server.pid, SIGCONT), 0);
    T_EQ(pg_system(command), 0);
    T_OK(hf_store_write(store, insert_item, &it));
    T_EQ(count(store, "SELECT COUNT(*) FROM item"), 1);
    hf_store_close(store);
}

/* -- SQLite alone ------------------------------------------------------------------------------------------ */

static void
an_address_is_checked(void)
{
    struct hf_store *store;
    struct hf_conf  *conf;
    struct stat      st;
    char             path[400];

    if (on_postgres)
        return;
    T_RC(hf_store_open("mysql://x", &store), HF_E_ARG);
    T_STR(hf_reason_field(), "store");
    T_OK(hf_store_open("sqlite:/nowhere/at/all.db", &store));
    T_TRUE(hf_store_reader(store) == NULL);
    T_RC(hf_store_write(store, run_text, "SELECT 1"), HF_E_SYSTEM);
    hf_store_close(store);
    T_OK(hf_store_open("postgres://hufu@127.0.0.1:1/x?connect_timeout=1", &store));
    T_TRUE(hf_store_reader(store) == NULL);
    T_RC(hf_store_write(store, run_text, "SELECT 1"), HF_E_STORE); /* at once: it never answered */
    hf_store_close(store);
    T_OK(hf_conf_read(hf_bytes_str(""), &conf));
    T_OK(hf_store_open_conf(conf, folder, &store));
    T_OK(hf_store_migrate(store));
    snprintf(path, sizeof(path), "%s/hufu.db", folder);
    T_EQ(stat(path, &st), 0);
    T_EQ(st.st_mode & 0777, 0600);
    hf_store_close(store);
    hf_conf_free(conf);
}

static const struct t_test cases[] = {
    T(values_come_back_as_they_were),
    T(failures_are_told_apart),
    T(misuse_is_refused),
    T(a_statement_may_be_used_inside_itself),
    T(a_failed_function_leaves_nothing),
    T(many_threads_write_at_once),
    T(transactions_behave_as_if_one_after_the_other),
    T(migrations_are_applied_once_and_checked),
    T(processes_may_migrate_at_the_same_time),
    T(nothing_acknowledged_is_lost_by_kill_9),
    T(a_killed_server_process_is_survived),
    T(a_server_that_restarts_loses_nothing_and_doubles_nothing),
    T(a_cancelled_wait_for_the_standby_is_no_acknowledgement),
    T(a_server_that_falls_silent_is_given_up),
    T(an_address_is_checked),
};

int
main(int argc, char **argv)
{
    char          command[300];
    int           failed;

    snprintf(folder, sizeof(folder), "%s/hufu-store-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(folder) == NULL)
        return 1;
    failed = t_run(cases, HF_COUNT(cases), argc > 1 ? argv[1] : "");
    on_postgres = true;
    printf("-- PostgreSQL\n");
    failed |= t_run(cases, HF_COUNT(cases), argc > 1 ? argv[1] : "");
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    (void)!system(command);
    return failed;
}
