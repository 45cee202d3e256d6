#include "pki/responder.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/text.h"
#include "pki/ca.h"
#include "pki/crl.h"
#include "pki/ocsp.h"
#include "wire/ocsp.h"

#define POLL_MS 200      /* another process's revocation is seen after this time at the latest */
#define OVERLAP_MS 60000 /* clocks of two nodes, and a transaction, differ by less */
#define BATCH 64         /* answers signed anew in one message to `keys` */
#define FILES_MAX (2 * HF_CAS_MAX)

static const char sql_changed[] =
    "SELECT serial FROM cert WHERE changed_ms >= $1 AND changed_ms <> 0";

struct file {
    struct hf_published pub; /* first */
    char               *path;
    atomic_int          refs;
    uint8_t             body[];
};

/* What the process answers from. The lock is held for moments only. */
static struct {
    pthread_mutex_t        lock;
    pthread_cond_t         wake;
    pthread_t              thread;
    bool                   running, stop;
    const struct hf_env   *env;
    struct hf_ocsp_cache  *cache;
    struct hf_ocsp_served *served;
    struct file           *file[FILES_MAX];
    size_t                 files;
} responder = { .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER };

/* What the thread has seen of the store. */
struct seen {
    int64_t ca, own, crl, cert; /* change sequences; cert: the sum over the authorities */
    int64_t cert_ms;            /* when cert was read */
};

/* -- Files ----------------------------------------------------------------------------------------
 */

void
hf_published_free(const struct hf_published *p)
{
    struct file *f = (struct file *)(uintptr_t)p;

    if (f == NULL || atomic_fetch_sub(&f->refs, 1) != 1)
        return;
    free(f->path);
    free(f);
}

const struct hf_published *
hf_published(const char *path)
{
    const struct hf_published *found = NULL;

    pthread_mutex_lock(&responder.lock);
    for (size_t i = 0; i < responder.files && found == NULL; i++) {
        if (strcmp(responder.file[i]->path, path) != 0)
            continue;
        atomic_fetch_add(&responder.file[i]->refs, 1);
        found = &responder.file[i]->pub;
    }
    pthread_mutex_unlock(&responder.lock);
    return found;
}

static struct file *
make_file(const char *path, struct hf_bytes body, const char *type, int64_t modified_ms,
          int64_t good_until_ms)
{
    struct file *f = calloc(1, sizeof(*f) + body.n);
    uint8_t      digest[32];

    if (f == NULL || (f->path = strdup(path)) == NULL ||
        hf_digest(HF_DIGEST_SHA256, &body, 1, digest) != HF_OK) {
        if (f != NULL)
            free(f->path);
        free(f);
        return NULL;
    }
    memcpy(f->body, body.p, body.n);
    f->pub = (struct hf_published){ .body = hf_bytes(f->body, body.n),
                                    .content_type = type,
                                    .modified_ms = modified_ms,
                                    .good_until_ms = good_until_ms };
    hf_hex(hf_bytes(digest, 16), f->pub.etag);
    atomic_init(&f->refs, 1);
    return f;
}

static void
add_file(struct file **list, size_t *n, struct file *f)
{
    if (f != NULL && *n < FILES_MAX)
        list[(*n)++] = f;
    else if (f != NULL)
        hf_published_free(&f->pub);
}

/* RFC 5280 4.2.1.13, RFC 2585: what the addresses in certificates point to. */
static enum hf_rc
load_files(struct hf_db *db, struct file **list, size_t *n)
{
    struct hf_arena      a = hf_arena();
    struct hf_ca        *ca = hf_arena_get(&a, HF_CAS_MAX * sizeof(*ca));
    struct hf_crl_stored crl;
    size_t               cas;
    enum hf_rc           rc = hf_ca_list(db, &a, ca, &cas);

    for (size_t i = 0; rc == HF_OK && i < cas; i++) {
        add_file(list, n,
                 make_file(hf_arena_fmt(&a, "/ca/%s.cer", ca[i].name), ca[i].der,
                           "application/pkix-cert", ca[i].created_ms, 0));
        rc = hf_crl_last(db, ca[i].name, &a, &crl);
        if (rc == HF_OK)
            add_file(list, n,
                     make_file(hf_arena_fmt(&a, "/crl/%s.crl", ca[i].name), crl.der,
                               "application/pkix-crl", crl.this_update_ms, crl.next_update_ms));
        rc = rc == HF_E_ABSENT ? HF_OK : rc;
    }
    hf_arena_clear(&a);
    return rc;
}

static enum hf_rc
refresh_files(struct hf_db *db)
{
    struct file *fresh[FILES_MAX], *old[FILES_MAX];
    size_t       n = 0, olds;
    enum hf_rc   rc = load_files(db, fresh, &n);

    if (rc != HF_OK) {
        for (size_t i = 0; i < n; i++)
            hf_published_free(&fresh[i]->pub);
        return rc;
    }
    pthread_mutex_lock(&responder.lock);
    olds = responder.files;
    memcpy(old, responder.file, olds * sizeof(old[0]));
    memcpy(responder.file, fresh, n * sizeof(fresh[0]));
    responder.files = n;
    pthread_mutex_unlock(&responder.lock);
    for (size_t i = 0; i < olds; i++)
        hf_published_free(&old[i]->pub);
    return HF_OK;
}

/* -- OCSP -------------------------------------------------------------------------------------- */

static struct hf_ocsp_served *
take_served(void)
{
    struct hf_ocsp_served *s = NULL;

    pthread_mutex_lock(&responder.lock);
    if (responder.served != NULL)
        s = hf_ocsp_served_ref(responder.served);
    pthread_mutex_unlock(&responder.lock);
    return s;
}

static enum hf_rc
refresh_served(struct hf_db *db)
{
    struct hf_ocsp_served *fresh, *old;
    enum hf_rc             rc = hf_ocsp_served_load(db, &fresh);

    if (rc != HF_OK)
        return rc;
    pthread_mutex_lock(&responder.lock);
    old = responder.served;
    responder.served = fresh;
    pthread_mutex_unlock(&responder.lock);
    hf_ocsp_served_free(old);
    return HF_OK;
}

bool
hf_ocsp_cached(struct hf_bytes request, int64_t now_ms, struct hf_ocsp_reply *reply,
               struct hf_wr *out)
{
    struct hf_ocsp_cache *cache =
        responder.cache; /* set before any thread may ask, until the stop */

    memset(reply, 0, sizeof(*reply));
    return cache != NULL && hf_ocsp_cache_get(cache, request, now_ms, reply, out);
}

/* Everybody is told to come back. */
static enum hf_rc
put_off(struct hf_ocsp_reply *reply, struct hf_wr *const *out, size_t n, enum hf_rc rc)
{
    memset(reply, 0, n * sizeof(*reply));
    for (size_t i = 0; i < n; i++)
        hf_wr_put(out[i], hf_ocsp_error(HF_OCSP_LATER));
    return rc;
}

enum hf_rc
hf_ocsp_answer_many(const struct hf_env *env, const struct hf_bytes *request, size_t n,
                    int64_t now_ms, struct hf_ocsp_reply *reply, struct hf_wr *const *out)
{
    struct hf_ocsp_served *served = take_served();
    struct hf_db          *db;
    enum hf_rc             rc = HF_OK;

    if (served == NULL) {
        db = hf_store_reader(env->store);
        rc = db == NULL ? HF_E_STORE : hf_ocsp_served_load(db, &served);
    }
    if (rc != HF_OK)
        return put_off(reply, out, n, rc);
    rc = hf_ocsp_make(env, served, responder.cache, request, n, now_ms, reply, out);
    hf_ocsp_served_free(served);
    return rc;
}

enum hf_rc
hf_ocsp_answer(const struct hf_env *env, struct hf_bytes request, int64_t now_ms,
               struct hf_ocsp_reply *reply, struct hf_wr *out)
{
    return hf_ocsp_answer_many(env, &request, 1, now_ms, reply, &out);
}

void
hf_ocsp_forget(const char *serial)
{
    struct hf_arena       a = hf_arena();
    struct hf_bytes       none;
    struct hf_ocsp_cache *cache = responder.cache;

    if (cache != NULL && serial != NULL)
        (void)hf_ocsp_cache_forget(cache, serial, &a, &none, 0);
    hf_arena_clear(&a);
}

/* Sign answers anew, before anybody has to wait for them. */
static void
sign_again(struct hf_bytes *request, size_t n)
{
    struct hf_ocsp_served *served = take_served();
    struct hf_ocsp_reply   reply[BATCH];
    struct hf_wr           answer[BATCH], *out[BATCH];

    for (size_t i = 0; i < n; i++) {
        answer[i] = hf_wr(HF_OCSP_RESP_MAX);
        out[i] = &answer[i];
    }
    if (served != NULL && n != 0 &&
        hf_ocsp_make(responder.env, served, responder.cache, request, n, hf_now_ms(), reply, out) !=
            HF_OK) /* then it is signed when somebody asks for it */
        hf_log(HF_WARN, "ocsp.not-signed-again", HF_F_REASON);
    for (size_t i = 0; i < n; i++)
        hf_wr_clear(&answer[i]);
    hf_ocsp_served_free(served);
}

/* Drop what is about certificates that changed since from_ms; sign those that were asked for. */
static enum hf_rc
drop_changed(struct hf_db *db, int64_t from_ms)
{
    struct hf_query q = hf_query(db, sql_changed);
    struct hf_arena a = hf_arena();
    struct hf_bytes again[BATCH];
    size_t          n = 0;
    enum hf_rc      rc;

    hf_bind_int(&q, from_ms);
    while (hf_step(&q))
        n += hf_ocsp_cache_forget(responder.cache, hf_col_text(&q, &a), &a, again + n, BATCH - n);
    rc = hf_query_end(&q);
    sign_again(again, n);
    hf_arena_clear(&a);
    return rc;
}

static void
sign_due(void)
{
    struct hf_arena a = hf_arena();
    struct hf_bytes due[BATCH];
    size_t          n = hf_ocsp_cache_due(responder.cache, hf_now_ms(), &a, due, BATCH);

    sign_again(due, n);
    hf_arena_clear(&a);
}

/* -- The thread -------------------------------------------------------------------------------- */

static enum hf_rc
read_cert_sequence(struct hf_db *db, int64_t *sum)
{
    struct hf_ocsp_served *served = take_served();
    char                   topic[HF_CA_TOPIC];
    enum hf_rc             rc = HF_OK;

    *sum = 0;
    for (size_t i = 0; served != NULL && rc == HF_OK && i < hf_ocsp_served_count(served); i++) {
        int64_t one = 0;

        rc = hf_change_read(db, hf_ca_topic(hf_ocsp_served_ca(served, i), topic), &one);
        *sum += one;
    }
    hf_ocsp_served_free(served);
    return rc;
}

static enum hf_rc
follow_authorities(struct hf_db *db, struct seen *seen)
{
    int64_t    ca, own, crl;
    enum hf_rc rc;

    if ((rc = hf_change_read(db, "ca", &ca)) != HF_OK ||
        (rc = hf_change_read(db, "own", &own)) != HF_OK ||
        (rc = hf_change_read(db, "crl", &crl)) != HF_OK)
        return rc;
    if ((ca != seen->ca || own != seen->own) && (rc = refresh_served(db)) != HF_OK)
        return rc;
    if ((ca != seen->ca || crl != seen->crl) && (rc = refresh_files(db)) != HF_OK)
        return rc;
    seen->ca = ca;
    seen->own = own;
    seen->crl = crl;
    return HF_OK;
}

static enum hf_rc
follow_changes(struct hf_db *db, struct seen *seen)
{
    int64_t    cert, now_ms = hf_now_ms();
    enum hf_rc rc = read_cert_sequence(db, &cert);

    if (rc != HF_OK || cert == seen->cert)
        return rc;
    if ((rc = drop_changed(db, seen->cert_ms - OVERLAP_MS)) == HF_OK) {
        seen->cert = cert;
        seen->cert_ms = now_ms;
    }
    return rc;
}

static void
follow(struct seen *seen)
{
    static enum hf_rc before; /* of this one thread */
    struct hf_db     *db = hf_store_reader(responder.env->store);
    enum hf_rc        rc = db == NULL ? HF_E_STORE : follow_authorities(db, seen);

    if (rc == HF_OK && (rc = follow_changes(db, seen)) == HF_OK)
        sign_due();
    if (rc != HF_OK && rc != before) /* once, not five times a second */
        hf_log(HF_WARN, "responder.stale", HF_F_STR("rc", hf_rc_name(rc)), HF_F_REASON);
    before = rc;
}

static bool
wait_for_turn(void)
{
    struct timespec until;
    bool            stop;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += POLL_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&responder.lock);
    if (!responder.stop)
        pthread_cond_timedwait(&responder.wake, &responder.lock, &until);
    stop = responder.stop;
    pthread_mutex_unlock(&responder.lock);
    return !stop;
}

static void *
run(void *arg)
{
    struct seen *seen = arg;

    while (wait_for_turn())
        follow(seen);
    free(seen);
    return NULL;
}

enum hf_rc
hf_responder_start(const struct hf_env *env)
{
    struct seen *seen = calloc(1, sizeof(*seen));
    size_t       max = (size_t)hf_conf_int(env->conf, "ocsp_cache_mb") << 20;
    enum hf_rc   rc;

    if (seen == NULL || responder.running) {
        free(seen);
        return seen == NULL ? hf_fail(HF_E_NOMEM, "responder")
                            : hf_fail(HF_E_BUG, "the responder runs already");
    }
    if ((rc = hf_ocsp_cache_new(max, &responder.cache)) != HF_OK) {
        free(seen);
        return rc;
    }
    responder.env = env;
    responder.stop = false;
    seen->ca = seen->own = seen->crl = seen->cert = -1;
    seen->cert_ms = hf_now_ms();
    follow(seen); /* CRLs and signers are there when the first question comes */
    if (pthread_create(&responder.thread, NULL, run, seen) != 0) {
        free(seen);
        hf_ocsp_cache_free(responder.cache);
        responder.cache = NULL;
        return hf_fail(HF_E_SYSTEM, "responder: no thread");
    }
    responder.running = true;
    return HF_OK;
}

void
hf_responder_stop(void)
{
    if (!responder.running)
        return;
    pthread_mutex_lock(&responder.lock);
    responder.stop = true;
    pthread_cond_signal(&responder.wake);
    pthread_mutex_unlock(&responder.lock);
    pthread_join(responder.thread, NULL);
    responder.running = false;
    hf_ocsp_cache_free(responder.cache);
    hf_ocsp_served_free(responder.served);
    for (size_t i = 0; i < responder.files; i++)
        hf_published_free(&responder.file[i]->pub);
    responder.cache = NULL;
    responder.served = NULL;
    responder.files = 0;
}
