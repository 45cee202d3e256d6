/*
 * process.h - what a child of `hufu serve` is given when it starts.
 *
 * The supervisor opens the listening sockets, forks, and calls the child's
 * entry point (hf_keys_run, hf_web_run, hf_work_run) with this. The entry
 * point returns the exit status of the process: 0 after it was asked to stop,
 * anything else makes the supervisor start it again.
 *
 * Asking to stop and to reload comes by descriptors that become readable, so
 * that a loop can wait for them like for a socket and a thread can poll them.
 * SIGTERM and SIGHUP end there; SIGINT and SIGPIPE are ignored in children.
 */
#ifndef HF_LOOP_PROCESS_H
#define HF_LOOP_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct hf_conf;
struct hf_op;

/* A setting given on the command line: it goes before the file. */
struct hf_override {
    const char *name, *value;
};

/* An inherited listening descriptor, close-on-exec. The supervisor keeps it open too. */
struct hf_listener {
    const char *name;    /* "https", "http", "local", "keys-web", "keys-work", "wake" */
    const char *address; /* as given: "127.0.0.1:8443", or the path of a Unix socket */
    /* stream sockets listen and are non-blocking; "wake" is a datagram socket */
    int fd;
};

struct hf_process {
    const char                *name;     /* "keys", "web", "work" */
    const char                *data_dir; /* absolute path */
    struct hf_conf            *conf;     /* as read at the start; see hf_process_conf() */
    const struct hf_override  *override;
    size_t                     overrides;
    const struct hf_op *const *ops;      /* tables of operations, the last is NULL */
    const struct hf_listener  *listener; /* only those this process needs */
    size_t                     listeners;
    const char *keys_socket; /* where this process asks `keys`; NULL in keys itself */
    /* keys only: file with the passphrase of the sealing key, or NULL */
    const char *seal_passfile;
    /* readable from the moment this process shall end; do not read it */
    int stop_fd;
    /* eventfd, non-blocking: readable after SIGHUP; read it to clear */
    int reload_fd;
    int ready_fd; /* see hf_process_ready() */
};

/* The next listener called name after `after` (NULL: the first), or NULL. There may be several. */
const struct hf_listener *hf_process_listener(const struct hf_process *p, const char *name,
                                              const struct hf_listener *after);

/* Tell the supervisor that every listener of this process answers. Call once. */
void hf_process_ready(const struct hf_process *p);

/* Has this process been asked to stop? Cheap; any thread. */
bool hf_process_stopping(const struct hf_process *p);

/*
 * Block until asked to stop or until timeout_ms have passed (-1: no limit).
 * True if asked to stop.
 */
bool hf_process_wait_stop(const struct hf_process *p, int timeout_ms);

/*
 * Read DATA/hufu.conf with the overrides on top: at the start and after
 * reload_fd became readable, which this clears. *out is the caller's. A file
 * with an error in it gives the failure and changes nothing.
 */
HF_CHECKED enum hf_rc hf_process_conf(const struct hf_process *p, struct hf_conf **out);

/*
 * In a fresh child: signals as described above, end with the parent. Sets
 * stop_fd and reload_fd. -1 with errno on failure. The supervisor calls it.
 */
int hf_process_signals(struct hf_process *p);

#endif
