#include "main/serve.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "crypto/alg.h"
#include "crypto/keysd.h"
#include "crypto/sm/cpu.h"
#include "loop/datalock.h"
#include "loop/listen.h"
#include "loop/supervise.h"
#include "loop/wake.h"
#include "main/ops.h"
#include "main/settings.h"
#include "main/work.h"
#include "serve/web.h"
#include "store/store.h"

#define LOCK_WAIT_MS 40000 /* longer than the children of a killed server take to finish */
#define ADDRESS_MAX 80

/* -- Sockets and processes ------------------------------------------------------------------ */

enum { HTTPS, HTTP, LOCAL, KEYS_WEB, KEYS_WORK, WAKE, SOCKETS };

/* Where each socket is: a setting with an address, or a file in DATA/run. */
static const struct {
    const char *name, *setting, *file;
    bool        stream;
} sockets[SOCKETS] = {
    [HTTPS] = { "https", "https", NULL, true },
    [HTTP] = { "http", "http", NULL, true },
    [LOCAL] = { "local", NULL, "hufu.sock", true },
    [KEYS_WEB] = { "keys-web", NULL, "keys-web.sock", true },
    [KEYS_WORK] = { "keys-work", NULL, "keys-work.sock", true },
    [WAKE] = { "wake", NULL, "work.sock", false },
};

/* The processes in the order in which they stop: who asks goes before who answers. */
static const struct {
    const char *name;
    int (*run)(const struct hf_process *p);
    unsigned sockets; /* 1 << HTTPS … that it inherits */
    int      asks;    /* the socket of `keys` that it asks through, or -1 */
    int      drain_ms;
} processes[] = {
    { "web", hf_web_run, 1u << HTTPS | 1u << HTTP | 1u << LOCAL, KEYS_WEB, 30000 },
    { "work", hf_work_run, 1u << WAKE, KEYS_WORK, 30000 },
    { "keys", hf_keys_run, 1u << KEYS_WEB | 1u << KEYS_WORK, -1, 10000 },
};
#define PROCESSES HF_COUNT(processes)

struct server {
    char               data_dir[PATH_MAX];
    char               path[SOCKETS][PATH_MAX]; /* of Unix sockets, address of the others */
    struct hf_listener all[SOCKETS];
    struct hf_listener of[PROCESSES][SOCKETS];
    struct hf_override override[2];
    size_t             overrides;
    struct hf_conf    *conf;
    char              *passfile;
    int                lock_fd;
    struct hf_child    child[PROCESSES];
};

/* -- Arguments --------------------------------------------------------------------------------- */

static const char help[] =
    "usage: hufu serve " HF_SERVE_ARGS "\n"
    "\n"
    "Runs the server on a directory that hufu init made, in the foreground, and prints ready when\n"
    "every listener answers. SIGTERM finishes what is under way and ends; SIGHUP reads DIR/hufu.conf\n"
    "again. The log goes to standard error.\n"
    "\n"
    "  --data DIR            the data directory\n"
    "  --https ADDRESS:PORT  console, API and sign-in, instead of the setting https\n"
    "  --http ADDRESS:PORT   CRL and OCSP, instead of the setting http\n"
    "  --seal-passfile FILE  passphrase of the sealing key, if hufu init was given one\n";

static int
usage(void)
{
    fprintf(stderr, "usage: hufu serve " HF_SERVE_ARGS "\nsee: hufu serve --help\n");
    return 2;
}

static bool
read_arguments(struct server *s, int argc, char **argv, const char **data)
{
    static const struct option options[] = {
        { "data", required_argument, NULL, 'd' }, { "https", required_argument, NULL, 's' },
        { "http", required_argument, NULL, 'p' }, { "seal-passfile", required_argument, NULL, 'f' },
        { "help", no_argument, NULL, 'h' },       { NULL, 0, NULL, 0 },
    };
    const char *https = NULL, *http = NULL;
    int         c;

    *data = NULL;
    optind = 1;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'd':
            *data = optarg;
            break;
        case 's':
            https = optarg;
            break;
        case 'p':
            http = optarg;
            break;
        case 'f':
            s->passfile = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            return false;
        }
    }
    if (https != NULL)
        s->override[s->overrides++] = (struct hf_override){ "https", https };
    if (http != NULL)
        s->override[s->overrides++] = (struct hf_override){ "http", http };
    return *data != NULL && optind == argc;
}

/* -- Before anything starts -------------------------------------------------------------------- */

static enum hf_rc
check_data_dir(struct server *s, const char *data)
{
    char        path[PATH_MAX];
    struct stat st;

    if (realpath(data, s->data_dir) == NULL || stat(s->data_dir, &st) == -1)
        return hf_fail(HF_E_ABSENT, "%s: no such data directory; hufu init makes one", data);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
        return hf_fail(HF_E_DENIED,
                       "%s: must be a directory that belongs to the user of the server", data);
    if ((st.st_mode & 022) != 0)
        return hf_fail(HF_E_DENIED, "%s: mode %03o lets others write; it must be 700", data,
                       (unsigned)st.st_mode & 0777);
    if (snprintf(path, sizeof(path), "%s/secrets/seal.key", s->data_dir) >= (int)sizeof(path))
        return hf_fail(HF_E_TOOBIG, "%s: path is too long", data);
    if (stat(path, &st) == -1)
        return hf_fail(HF_E_ABSENT, "%s: %s; hufu init makes it", path, strerror(errno));
    return HF_OK;
}

static enum hf_rc
read_conf(struct server *s, struct hf_conf **out)
{
    struct hf_process p = { .data_dir = s->data_dir,
                            .override = s->override,
                            .overrides = s->overrides };

    enum hf_rc rc = hf_process_conf(&p, out);

    if (rc == HF_OK && (rc = hf_settings_check(*out)) != HF_OK) {
        hf_conf_free(*out);
        *out = NULL;
        return hf_because(rc, "%s/hufu.conf", s->data_dir);
    }
    return rc;
}

/* The address with the port that was really opened, so that ":0" can be used and told. */
static enum hf_rc
open_tcp(struct server *s, int i)
{
    const char *address = hf_conf_text(s->conf, sockets[i].setting);
    uint16_t    port;
    enum hf_rc  rc;

    if (address[0] == '\0') /* an empty setting closes this door */
        return HF_OK;
    if ((rc = hf_listen_tcp(address, &s->all[i].fd, &port)) != HF_OK)
        return hf_because(rc, "--%s", sockets[i].setting);
    snprintf(s->path[i], ADDRESS_MAX, "%.*s:%u", (int)(strrchr(address, ':') - address), address,
             port);
    for (size_t o = 0; o < s->overrides; o++)
        if (strcmp(s->override[o].name, sockets[i].setting) == 0)
            s->override[o].value = s->path[i];
    return hf_conf_set(s->conf, sockets[i].setting, s->path[i]);
}

static enum hf_rc
open_sockets(struct server *s)
{
    enum hf_rc rc = HF_OK;

    for (int i = 0; rc == HF_OK && i < SOCKETS; i++) {
        s->all[i] = (struct hf_listener){ sockets[i].name, s->path[i], -1 };
        if (sockets[i].file == NULL) {
            rc = open_tcp(s, i);
            continue;
        }
        if (snprintf(s->path[i], PATH_MAX, "%s/run/%s", s->data_dir, sockets[i].file) >= PATH_MAX)
            return hf_fail(HF_E_TOOBIG, "%s: path is too long", s->data_dir);
        rc = hf_listen_unix(s->path[i], sockets[i].stream, &s->all[i].fd);
    }
    return rc;
}

/*
 * The schema is brought up to date before anybody uses it, in a process of its
 * own: this one opens no database that its children would inherit.
 */
static enum hf_rc
migrate(const struct server *s)
{
    struct hf_store *store;
    enum hf_rc       rc;
    int              status;
    pid_t            pid = fork();

    if (pid == -1)
        return hf_fail_errno("fork");
    if (pid == 0) {
        if ((rc = hf_store_open_conf(s->conf, s->data_dir, &store)) == HF_OK) {
            rc = hf_store_migrate(store);
            hf_store_close(store);
        }
        if (rc != HF_OK)
            fprintf(stderr, "hufu serve: database: %s\n", hf_reason());
        _exit(rc != HF_OK);
    }
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    return status == 0 ? HF_OK : hf_fail(HF_E_STORE, "the database is not ready");
}

/* -- Running ----------------------------------------------------------------------------------- */

static void
fill_child(struct server *s, size_t i)
{
    struct hf_child *c = &s->child[i];
    size_t           n = 0;

    for (int k = 0; k < SOCKETS; k++)
        if ((processes[i].sockets >> k & 1) != 0 && s->all[k].fd != -1)
            s->of[i][n++] = s->all[k];
    c->run = processes[i].run;
    c->drain_ms = processes[i].drain_ms;
    c->process = (struct hf_process){
        .name = processes[i].name,
        .data_dir = s->data_dir,
        .conf = s->conf,
        .override = s->override,
        .overrides = s->overrides,
        .ops = hf_all_ops(),
        .listener = s->of[i],
        .listeners = n,
        .keys_socket = processes[i].asks == -1 ? NULL : s->path[processes[i].asks],
        .seal_passfile = processes[i].asks == -1 ? s->passfile : NULL,
    };
}

static void
on_ready(void *arg)
{
    const struct server *s = arg;

    hf_log(HF_INFO, "server.ready", HF_F_STR("https", s->path[HTTPS]),
           HF_F_STR("http", s->path[HTTP]), HF_F_STR("version", HF_VERSION),
           HF_F_STR("cpu", hf_cpu_tier_name(hf_cpu_tier())));
    if (hf_sm_by_libcrypto())
        hf_log(
            HF_WARN, "server.sm-by-libcrypto",
            HF_F_STR("reason",
                     "HUFU_SM=libcrypto: SM2 is many times slower than by Hufu's own arithmetic"));
    printf("ready\n");
    fflush(stdout);
}

static bool
on_reload(void *arg)
{
    struct server  *s = arg;
    struct hf_conf *conf;

    if (read_conf(s, &conf) != HF_OK) {
        hf_log(HF_ERROR, "reload.failed", HF_F_REASON);
        return false;
    }
    hf_conf_free(s->conf);
    s->conf = conf;
    for (size_t i = 0; i < PROCESSES; i++)
        s->child[i].process.conf = conf;
    hf_log_level_use(hf_conf_text(conf, "log_level"));
    hf_log(HF_INFO, "server.reloaded", HF_F_STR("data", s->data_dir));
    return true;
}

/* Sockets of the siblings are closed; the lock stays open, so that it is held until all have ended.
 */
static void
in_child(const struct hf_process *p, void *arg)
{
    const struct server *s = arg;

    for (int i = 0; i < SOCKETS; i++)
        if (s->all[i].fd != -1 && hf_process_listener(p, sockets[i].name, NULL) == NULL)
            close(s->all[i].fd);
    if (strcmp(p->name, "web") == 0)
        hf_wake_to(s->path[WAKE]);
}

/* Who connects from now on is refused instead of waiting for nobody. `keys` is still asked. */
static void
on_stopping(void *arg)
{
    struct server *s = arg;

    hf_log(HF_INFO, "server.stopping", HF_F_STR("data", s->data_dir));
    for (int i = HTTPS; i <= LOCAL; i++)
        if (s->all[i].fd != -1)
            close(s->all[i].fd);
}

static void
remove_sockets(const struct server *s)
{
    for (int i = 0; i < SOCKETS; i++)
        if (sockets[i].file != NULL && s->all[i].fd != -1)
            unlink(s->path[i]);
}

static enum hf_rc
start(struct server *s, const char *data)
{
    enum hf_rc rc;

    if ((rc = check_data_dir(s, data)) != HF_OK ||
        (rc = hf_data_lock(s->data_dir, LOCK_WAIT_MS, &s->lock_fd)) != HF_OK ||
        (rc = read_conf(s, &s->conf)) != HF_OK)
        return rc;
    hf_log_level_use(hf_conf_text(s->conf, "log_level"));
    if ((rc = open_sockets(s)) != HF_OK || (rc = migrate(s)) != HF_OK)
        return rc;
    for (size_t i = 0; i < PROCESSES; i++)
        fill_child(s, i);
    return HF_OK;
}

int
hf_serve_command(int argc, char **argv)
{
    struct server      *s = calloc(1, sizeof(*s));
    struct hf_supervise how = { .n = PROCESSES,
                                .ready = on_ready,
                                .reload = on_reload,
                                .in_child = in_child,
                                .stopping = on_stopping,
                                .arg = s };
    const char         *data;
    enum hf_rc          rc;

    if (s == NULL || !read_arguments(s, argc, argv, &data)) {
        free(s);
        return usage();
    }
    how.child = s->child;
    hf_log_name("server");
    signal(SIGPIPE, SIG_IGN);
    umask(077); /* whatever a process writes is its user's alone */
    s->lock_fd = -1;
    for (int i = 0; i < SOCKETS; i++)
        s->all[i].fd = -1;
    if ((rc = start(s, data)) == HF_OK)
        rc = hf_supervise(&how);
    if (rc != HF_OK)
        fprintf(stderr, "hufu serve: %s\n", hf_reason());
    remove_sockets(s);
    hf_conf_free(s->conf);
    free(s);
    return rc == HF_OK ? 0 : 1;
}
