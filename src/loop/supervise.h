/*
 * supervise.h - children of one server: started together, restarted alone, stopped in order.
 *
 * The supervisor has one thread and parses nothing. A child that ends without
 * having been asked is started again after a pause that grows with each early
 * end; the others go on. The listening sockets stay open here, so that nobody
 * is turned away meanwhile.
 */
#ifndef HF_LOOP_SUPERVISE_H
#define HF_LOOP_SUPERVISE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "loop/process.h"

struct hf_child {
    int (*run)(const struct hf_process *p);
    struct hf_process process;  /* name, directory, listeners … filled in by the caller */
    int               drain_ms; /* after SIGTERM; then it is killed */
    /* the supervisor's own */
    pid_t   pid;      /* 0: not running */
    int     ready_fd; /* readable when the child says so, -1 afterwards */
    bool    ready;
    int64_t started;  /* hf_tick_ms() */
    int64_t start_at; /* when it is to be started again */
    int     pause_ms;
};

struct hf_supervise {
    struct hf_child *child; /* in the order in which they are stopped, one after the other */
    size_t           n;
    /* Once, when all children have said that they are ready. */
    void (*ready)(void *arg);
    /* On SIGHUP: may change child[i].process.conf. The children get the signal only if it says true. */
    bool (*reload)(void *arg);
    /* In each new child before run(): close what it must not have. */
    void (*in_child)(const struct hf_process *p, void *arg);
    /* When stopping begins: close the listening sockets here. */
    void (*stopping)(void *arg);
    void *arg;
};

/*
 * Run until SIGTERM or SIGINT and the children have ended. HF_OK then; E_STATE
 * if a child gave up (ended by itself with a failure) before all were ready:
 * starting again would not help. The others are stopped first in either case.
 */
HF_CHECKED enum hf_rc hf_supervise(struct hf_supervise *s);

#endif
