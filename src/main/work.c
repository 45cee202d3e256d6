#include "main/work.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/act.h"
#include "audit/seal.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "identity/session.h"
#include "loop/wake.h"
#include "pki/crl.h"
#include "pki/renew.h"
#include "serve/approval.h"
#include "store/store.h"

enum lane { SEALING, CERTIFICATES, CLEANING, LANES };

/* Add a duty: one row. */
static const struct duty {
    const char *name;
    enum lane   lane;
    int         every_ms;
    bool        on_write; /* also after a write, and a last time before the process ends */
    int         gap_ms;   /* but not sooner than this after the time before */
    enum hf_rc (*step)(const struct hf_env *env, int64_t now_ms);
} duties[] = {
    { "audit-seal", SEALING, 200, true, 0, hf_audit_seal_step },
    { "audit-head", SEALING, 250, false, 0, hf_audit_head_step },
    { "crl", CERTIFICATES, 500, true, 50, hf_crl_step },
    { "renew", CERTIFICATES, 5000, false, 0, hf_pki_renew_step },
    { "sessions", CLEANING, 60000, false, 0, hf_identity_clean },
    { "requests", CLEANING, 300000, false, 0, hf_act_forget_step },
    { "approvals", CLEANING, 10000, false, 0, hf_approval_step },
};

static struct {
    struct hf_env    env;
    pthread_rwlock_t conf_lock; /* readers use env, a reload changes env.conf */
    pthread_mutex_t  lock;      /* over what follows */
    pthread_cond_t   changed;
    unsigned         writes; /* counted, so that a lane sees whether it has missed one */
    bool             stopping;
} work;

/* -- Lanes ------------------------------------------------------------------------------ */

#define SAY_AGAIN_MS 60000 /* while a duty keeps failing: the database may be away for long */

/* Each duty is run by its lane alone, and so is its place in said_at. */
static void
run_duty(size_t i)
{
    static int64_t     said_at[HF_COUNT(duties)]; /* 0: the last run went well */
    const struct duty *d = &duties[i];
    enum hf_rc         rc;

    pthread_rwlock_rdlock(&work.conf_lock);
    rc = d->step(&work.env, hf_now_ms());
    pthread_rwlock_unlock(&work.conf_lock);
    if (rc == HF_OK) {
        said_at[i] = 0;
    } else if (said_at[i] == 0 || hf_tick_ms() - said_at[i] >= SAY_AGAIN_MS) {
        said_at[i] = hf_tick_ms();
        hf_log(HF_WARN, "duty.failed", HF_F_STR("duty", d->name), HF_F_STR("rc", hf_rc_name(rc)),
               HF_F_REASON);
    }
}

/* Run what is due in this lane; gives the time of the next. */
static int64_t
run_due(enum lane lane, bool written, int64_t *due, int64_t *ran)
{
    int64_t next = INT64_MAX;

    for (size_t i = 0; i < HF_COUNT(duties); i++) {
        if (duties[i].lane != lane)
            continue;
        if (written && duties[i].on_write && ran[i] + duties[i].gap_ms < due[i])
            due[i] = ran[i] + duties[i].gap_ms;
        if (hf_tick_ms() >= due[i]) {
            run_duty(i);
            ran[i] = hf_tick_ms();
            due[i] = ran[i] + duties[i].every_ms;
        }
        if (due[i] < next)
            next = due[i];
    }
    return next;
}

/* Until the next duty, a write or the end. True while there is no end. */
static bool
wait_until(int64_t next, unsigned *seen, bool *written)
{
    struct timespec t = { .tv_sec = next / 1000, .tv_nsec = next % 1000 * 1000000 };
    bool            more;

    pthread_mutex_lock(&work.lock);
    while (!work.stopping && work.writes == *seen && hf_tick_ms() < next)
        pthread_cond_timedwait(&work.changed, &work.lock, &t);
    *written = work.writes != *seen;
    *seen = work.writes;
    more = !work.stopping;
    pthread_mutex_unlock(&work.lock);
    return more;
}

static void *
run_lane(void *arg)
{
    enum lane lane = (enum lane)(uintptr_t)arg;
    int64_t   due[HF_COUNT(duties)] = { 0 }, ran[HF_COUNT(duties)] = { 0 }, next;
    unsigned  seen = 0;
    bool      written = false;

    do
        next = run_due(lane, written, due, ran);
    while (wait_until(next == INT64_MAX ? hf_tick_ms() + 3600000 : next, &seen, &written));
    memset(ran, 0, sizeof(ran));         /* whatever the gap */
    (void)run_due(lane, true, due, ran); /* what the other processes wrote before they ended */
    return NULL;
}

/* -- The process --------------------------------------------------------------------------- */

static enum hf_rc
open_env(const struct hf_process *p)
{
    enum hf_rc rc;

    work.env.conf = p->conf;
    work.env.data_dir = p->data_dir;
    if ((rc = hf_keys_open(p->keys_socket, &work.env.keys)) != HF_OK)
        return rc;
    return hf_store_open_conf(p->conf, p->data_dir, &work.env.store);
}

static void
reload(const struct hf_process *p)
{
    struct hf_conf *conf, *old;

    if (hf_process_conf(p, &conf) != HF_OK) {
        hf_log(HF_ERROR, "reload.failed", HF_F_REASON);
        return;
    }
    hf_log_level_use(hf_conf_text(conf, "log_level"));
    pthread_rwlock_wrlock(&work.conf_lock);
    old = work.env.conf;
    work.env.conf = conf;
    pthread_rwlock_unlock(&work.conf_lock);
    if (old != p->conf)
        hf_conf_free(old);
}

static void
tell_lanes(bool stop)
{
    pthread_mutex_lock(&work.lock);
    work.writes++;
    work.stopping = stop;
    pthread_cond_broadcast(&work.changed);
    pthread_mutex_unlock(&work.lock);
}

static void
wait_for_writes(const struct hf_process *p, int wake)
{
    struct pollfd f[] = { { p->stop_fd, POLLIN, 0 },
                          { wake, POLLIN, 0 },
                          { p->reload_fd, POLLIN, 0 } };

    for (;;) {
        if (poll(f, HF_COUNT(f), -1) <= 0)
            continue;
        if (f[0].revents != 0)
            return;
        if (f[2].revents != 0)
            reload(p);
        if (hf_wake_clear(wake))
            tell_lanes(false);
    }
}

static void
init_locks(void)
{
    pthread_condattr_t attr;

    pthread_rwlock_init(&work.conf_lock, NULL);
    pthread_mutex_init(&work.lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC); /* the clock of hf_tick_ms() */
    pthread_cond_init(&work.changed, &attr);
    pthread_condattr_destroy(&attr);
}

int
hf_work_run(const struct hf_process *p)
{
    const struct hf_listener *wake = hf_process_listener(p, "wake", NULL);
    pthread_t                 thread[LANES];
    enum hf_rc                rc;

    if (wake == NULL)
        abort();
    init_locks();
    if ((rc = open_env(p)) != HF_OK) {
        hf_log(HF_ERROR, "work.start-failed", HF_F_STR("rc", hf_rc_name(rc)), HF_F_REASON);
        return 1;
    }
    for (uintptr_t i = 0; i < LANES; i++)
        if (pthread_create(&thread[i], NULL, run_lane, (void *)i) != 0)
            return 1;
    hf_log(HF_INFO, "work.started", HF_F_INT("duties", HF_COUNT(duties)));
    hf_process_ready(p);
    wait_for_writes(p, wake->fd);
    tell_lanes(true);
    for (size_t i = 0; i < LANES; i++)
        pthread_join(thread[i], NULL);
    hf_store_close(work.env.store);
    hf_keys_close(work.env.keys);
    return 0;
}
