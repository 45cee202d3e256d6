/*
 * writer.c - one thread that writes for all threads of the process (group commit).
 *
 * Callers queue up and sleep. The writer opens one transaction, runs each
 * caller's function in a savepoint of its own, and commits once for all of
 * them: a flush costs the same for one as for fifty. While it flushes, the
 * next callers gather.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite.h"

/* Nobody waits for more than this many others before the flush. */
#define BATCH_MAX 128

struct job {
    struct job *next;
    enum hf_rc (*fn)(struct hf_db *, void *);
    void      *arg;
    enum hf_rc rc;
    char      *reason, *field; /* of a failure; carried to the caller's thread */
    bool       done;
};

struct hf_writer {
    struct hf_db   *db;
    pthread_t       thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t  work, finished;
    struct job     *first, **last;
    bool            stopping;
};

/* -- One batch ---------------------------------------------------------------------------- */

static void
record_failure(struct job *job, enum hf_rc rc)
{
    job->rc = rc;
    free(job->reason);
    free(job->field);
    job->reason = strdup(hf_reason());
    job->field = strdup(hf_reason_field());
}

static enum hf_rc
run_in_savepoint(struct hf_db *db, struct job *job)
{
    enum hf_rc rc = hf_sqlite_run(db, "SAVEPOINT act");

    if (rc != HF_OK)
        return rc;
    db->in_tx = true;
    db->failed = HF_OK;
    rc = hf_db_settle(db, job->fn(db, job->arg));
    db->in_tx = false;
    return rc == HF_OK ? hf_sqlite_run(db, "RELEASE act") : rc;
}

/*
 * Run one job. False if SQLite gave up the whole transaction with it, so that
 * what others did before it is gone as well.
 */
static bool
run_job(struct hf_db *db, struct job *job)
{
    int64_t number = db->number;

    job->rc = run_in_savepoint(db, job);
    if (job->rc == HF_OK)
        return true;
    db->number = number;
    record_failure(job, job->rc);
    if (hf_sqlite_lost_transaction(db))
        return false;
    if (hf_sqlite_run(db, "ROLLBACK TO act; RELEASE act") == HF_OK)
        return true;
    hf_sqlite_roll_back(db);
    return false;
}

static void
fail_open_jobs(struct job *const *jobs, size_t n, enum hf_rc rc)
{
    for (size_t i = 0; i < n; i++)
        if (jobs[i]->rc == HF_OK)
            record_failure(jobs[i], rc);
}

/* All jobs that have not failed yet, in one transaction. False: a job failed with all, try again. */
static bool
try_batch(struct hf_db *db, struct job *const *jobs, size_t n)
{
    int64_t    number = db->number;
    enum hf_rc rc = hf_sqlite_run(db, "BEGIN IMMEDIATE");

    for (size_t i = 0; i < n && rc == HF_OK; i++) {
        if (jobs[i]->rc == HF_OK && !run_job(db, jobs[i])) {
            db->number = number;
            return false;
        }
    }
    if (rc == HF_OK && (rc = hf_sqlite_run(db, "COMMIT")) == HF_OK)
        return true;
    fail_open_jobs(jobs, n, rc);
    if (db->number != number) /* a commit that failed may still turn out to be on the disk */
        hf_db_new_origin(db);
    if (!hf_sqlite_lost_transaction(db))
        hf_sqlite_roll_back(db);
    return true;
}

static void
run_batch(struct hf_db *db, struct job *const *jobs, size_t n)
{
    /* each further round has one job less, so this ends */
    while (!try_batch(db, jobs, n))
        ;
}

/* -- The thread --------------------------------------------------------------------------------- */

static size_t
take_jobs(struct hf_writer *w, struct job *jobs[BATCH_MAX])
{
    size_t n = 0;

    while (n < BATCH_MAX && w->first != NULL) {
        jobs[n] = w->first;
        w->first = jobs[n++]->next;
    }
    if (w->first == NULL)
        w->last = &w->first;
    return n;
}

static void *
writer_main(void *arg)
{
    struct hf_writer *w = arg;
    struct job       *jobs[BATCH_MAX];
    size_t            n;

    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (w->first == NULL && !w->stopping)
            pthread_cond_wait(&w->work, &w->lock);
        if ((n = take_jobs(w, jobs)) == 0)
            break;
        pthread_mutex_unlock(&w->lock);
        run_batch(w->db, jobs, n);
        pthread_mutex_lock(&w->lock);
        for (size_t i = 0; i < n; i++)
            jobs[i]->done = true;
        pthread_cond_broadcast(&w->finished);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void
free_writer(struct hf_writer *w)
{
    if (w->db != NULL) {
        hf_db_drop_statements(w->db);
        hf_sqlite_disconnect(w->db);
    }
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->finished);
    free(w);
}

static enum hf_rc
start_writer(struct hf_store *store, struct hf_writer **out)
{
    struct hf_writer *w = calloc(1, sizeof(*w));
    enum hf_rc        rc;

    if (w == NULL)
        return hf_fail(HF_E_NOMEM, "store: writer");
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
    pthread_cond_init(&w->finished, NULL);
    w->last = &w->first;
    if ((rc = hf_sqlite_connect(store, true, &w->db)) == HF_OK &&
        pthread_create(&w->thread, NULL, writer_main, w) != 0)
        rc = hf_fail(HF_E_SYSTEM, "store: cannot start the writer thread");
    if (rc != HF_OK)
        free_writer(w);
    else
        *out = w;
    return rc;
}

static enum hf_rc
writer_of(struct hf_store *store, struct hf_writer **out)
{
    enum hf_rc rc = HF_OK;

    pthread_mutex_lock(&store->lock);
    if (store->writer == NULL)
        rc = start_writer(store, &store->writer);
    *out = store->writer;
    pthread_mutex_unlock(&store->lock);
    return rc;
}

/* -- The caller's side ------------------------------------------------------------------------------ */

static enum hf_rc
hand_back(struct job *job)
{
    if (job->rc != HF_OK)
        hf_reason_set(job->field != NULL ? job->field : "", job->reason != NULL ? job->reason : "");
    free(job->reason);
    free(job->field);
    return job->rc;
}

enum hf_rc
hf_writer_write(struct hf_store *store, enum hf_rc (*fn)(struct hf_db *, void *), void *arg)
{
    struct job        job = { .fn = fn, .arg = arg };
    struct hf_writer *w;
    enum hf_rc        rc;

    if ((rc = writer_of(store, &w)) != HF_OK)
        return rc;
    if (pthread_equal(pthread_self(), w->thread))
        return hf_fail(HF_E_BUG, "a transaction was started inside a transaction");
    pthread_mutex_lock(&w->lock);
    *w->last = &job;
    w->last = &job.next;
    pthread_cond_signal(&w->work);
    while (!job.done)
        pthread_cond_wait(&w->finished, &w->lock);
    pthread_mutex_unlock(&w->lock);
    return hand_back(&job);
}

void
hf_writer_stop(struct hf_store *store)
{
    struct hf_writer *w = store->writer;

    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    free_writer(w);
    store->writer = NULL;
}
