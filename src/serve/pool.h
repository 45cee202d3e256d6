/*
 * pool.h - handler threads: jobs go in, run in order of arrival, and come back by a descriptor.
 *
 * A job is embedded in what it works on (a connection has at most one), so the
 * queue is bounded by their number and nothing is allocated. Between
 * hf_pool_put() and the return of hf_pool_done() the job's owner leaves what
 * run() uses alone.
 */
#ifndef HF_SERVE_POOL_H
#define HF_SERVE_POOL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct hf_pool;

struct hf_job {
    void (*run)(struct hf_job *job, struct hf_arena *arena); /* arena is emptied afterwards */
    bool           together; /* run() takes a list of such jobs, linked by next */
    struct hf_job *next;
};

/*
 * Jobs that say `together` and wait one behind the other with the same run()
 * go to it at once, at most this many: what they ask of somebody else is then
 * asked once. Whoever comes while all threads are busy gathers by himself.
 */
#define HF_POOL_TOGETHER 64

/* Start `threads` threads. *fd becomes readable when jobs have been done. */
HF_CHECKED enum hf_rc hf_pool_new(unsigned threads, struct hf_pool **out, int *fd);

void hf_pool_put(struct hf_pool *pool, struct hf_job *job);

/* All jobs done since the last call, linked by `next`; NULL if none. Clears the descriptor. */
struct hf_job *hf_pool_done(struct hf_pool *pool);

/* Lets running jobs end, forgets waiting ones, joins the threads. NULL is fine. */
void hf_pool_free(struct hf_pool *pool);

#endif
