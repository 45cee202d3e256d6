#include "crypto/keysd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "crypto/answer.h"
#include "crypto/sandbox.h"
#include "crypto/sealkey.h"
#include "loop/frame.h"

#define CONNECTIONS_MAX 256
#define STACK_BYTES (512u << 10)
#define SWEEP_MS 1000
#define DRAIN_MS 30000
#define QUIET_MS 200 /* an orphan ends when nobody has been connected for so long */

static struct {
    struct hf_ring *ring;
    atomic_int      connections;
    atomic_int      busy; /* questions being answered */
} keysd;

/* -- Connections ------------------------------------------------------------------------ */

struct connection {
    int           fd;
    enum hf_asker asker;
};

/* One question and its answer. False when the connection is over. */
static bool
serve_one(const struct connection *c)
{
    struct hf_wr question = hf_wr_secret(HF_KEYS_BYTES), answer = hf_wr_secret(HF_KEYS_BYTES);
    bool         more = hf_frame_receive(c->fd, &question, INT64_MAX) == HF_OK;

    if (more) {
        atomic_fetch_add(&keysd.busy, 1);
        hf_answer(keysd.ring, c->asker, hf_wr_bytes(&question), &answer);
        more = hf_frame_send(c->fd, hf_wr_bytes(&answer), hf_tick_ms() + HF_KEYS_ASK_MS) == HF_OK;
        atomic_fetch_sub(&keysd.busy, 1);
    }
    hf_wr_clear(&question);
    hf_wr_clear(&answer);
    return more;
}

static void *
serve_connection(void *arg)
{
    struct connection c = *(struct connection *)arg;

    free(arg);
    while (serve_one(&c))
        ;
    close(c.fd);
    atomic_fetch_sub(&keysd.connections, 1);
    return NULL;
}

/* Only our own user, or root, has business here; the folder's mode says the same. */
static bool
is_ours(int fd)
{
    struct ucred cred;
    socklen_t    n = sizeof(cred);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0 &&
           (cred.uid == geteuid() || cred.uid == 0);
}

static bool
start_thread(int fd, enum hf_asker asker)
{
    struct connection *c = malloc(sizeof(*c));
    pthread_attr_t     attr;
    pthread_t          thread;
    bool               ok;

    if (c == NULL)
        return false;
    *c = (struct connection){ fd, asker };
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    atomic_fetch_add(&keysd.connections, 1);
    ok = pthread_create(&thread, &attr, serve_connection, c) == 0;
    pthread_attr_destroy(&attr);
    if (!ok) {
        atomic_fetch_sub(&keysd.connections, 1);
        free(c);
    }
    return ok;
}

static void
accept_one(int listener, enum hf_asker asker)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd == -1)
        return; /* the peer is gone again, or the sibling was faster */
    if (!is_ours(fd) || keysd.connections >= CONNECTIONS_MAX || !start_thread(fd, asker)) {
        hf_log(HF_WARN, "keys.connection-refused", HF_F_INT("connections", keysd.connections));
        close(fd);
    }
}

/* -- The process -------------------------------------------------------------------------- */

static enum hf_rc
load_seal_key(const struct hf_process *p, struct hf_seal_key *out)
{
    char             path[PATH_MAX];
    struct hf_secret passphrase = { .n = 0 };
    enum hf_rc       rc = HF_OK;

    snprintf(path, sizeof(path), "%s/secrets/seal.key", p->data_dir);
    if (p->seal_passfile != NULL)
        rc = hf_secret_from_file(&passphrase, p->seal_passfile);
    if (rc == HF_OK)
        rc = hf_sealkey_load(path, p->seal_passfile == NULL ? NULL : &passphrase, out);
    hf_secret_clear(&passphrase);
    return rc;
}

static enum hf_rc
open_ring(const struct hf_process *p)
{
    char                path[PATH_MAX];
    struct hf_seal_key *key = OPENSSL_secure_zalloc(sizeof(*key));
    enum hf_rc          rc = key == NULL ? hf_fail(HF_E_NOMEM, "sealing key") : HF_OK;
    int                 folder;

    if (rc != HF_OK || (rc = load_seal_key(p, key)) != HF_OK)
        goto out;
    snprintf(path, sizeof(path), "%s/keys", p->data_dir);
    if ((folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
        rc = hf_fail_errno("%s", path);
    else if ((rc = hf_ring_open(folder, key, &keysd.ring)) != HF_OK)
        close(folder);
out:
    OPENSSL_secure_clear_free(key, sizeof(*key));
    return rc;
}

/* libcrypto reads its configuration and builds its tables at first use: let that be now. */
static enum hf_rc
warm_up(void)
{
    struct hf_bytes message = hf_bytes_str("warm up");
    struct hf_wr    sig = hf_wr(1024);
    struct hf_pkey *key;
    enum hf_rc      rc = HF_OK;

    for (enum hf_alg alg = HF_ALG_SM2; rc == HF_OK && alg <= HF_ALG_P256; alg++) {
        if ((rc = hf_pkey_generate(alg, &key)) == HF_OK)
            rc = hf_pkey_sign(key, &message, 1, &sig);
        hf_pkey_free(key);
    }
    hf_wr_clear(&sig);
    return rc;
}

/* Wait for connections until the time or, if stop_fd is one, until it says stop: then true. */
static bool
accept_for(int ms, int stop_fd, int web, int work)
{
    struct pollfd f[3] = { { stop_fd, POLLIN, 0 }, { web, POLLIN, 0 }, { work, POLLIN, 0 } };
    int           n = poll(f, 3, ms);

    if (n > 0 && f[1].revents != 0)
        accept_one(web, HF_ASKER_WEB);
    if (n > 0 && f[2].revents != 0)
        accept_one(work, HF_ASKER_WORK);
    hf_ring_sweep(keysd.ring);
    return n > 0 && f[0].revents != 0;
}

/*
 * Usually those who ask have ended before. When the supervisor was killed, all
 * are told to stop at once, and the others still need their answers.
 */
static void
drain(bool orphan, int web, int work)
{
    int64_t end = hf_tick_ms() + DRAIN_MS, quiet = hf_tick_ms() + (orphan ? QUIET_MS : 0);

    while (hf_tick_ms() < end && (keysd.connections != 0 || hf_tick_ms() < quiet)) {
        (void)accept_for(10, -1, web, work);
        if (keysd.connections != 0 && orphan)
            quiet = hf_tick_ms() + QUIET_MS;
        if (!orphan && keysd.busy == 0)
            return;
    }
}

int
hf_keys_run(const struct hf_process *p)
{
    const struct hf_listener *web = hf_process_listener(p, "keys-web", NULL);
    const struct hf_listener *work = hf_process_listener(p, "keys-work", NULL);
    bool                      locked = false, landlock = false;
    pid_t                     parent = getppid();
    enum hf_rc                rc;

    if (web == NULL || work == NULL)
        abort();
    if ((rc = hf_sandbox_memory(&locked)) != HF_OK || (rc = warm_up()) != HF_OK ||
        (rc = open_ring(p)) != HF_OK ||
        (rc = hf_sandbox_enter(hf_ring_folder(keysd.ring), &landlock)) != HF_OK) {
        hf_log(HF_ERROR, "keys.start-failed", HF_F_STR("rc", hf_rc_name(rc)), HF_F_REASON);
        return 1;
    }
    hf_log(HF_INFO, "keys.started", HF_F_INT("keys", (int64_t)hf_ring_count(keysd.ring)),
           HF_F_INT("pages-locked", locked), HF_F_INT("paths-confined", landlock));
    hf_process_ready(p);
    while (!accept_for(SWEEP_MS, p->stop_fd, web->fd, work->fd))
        ;
    drain(getppid() != parent, web->fd, work->fd);
    return 0;
}
