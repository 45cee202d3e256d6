#include "serve/pool.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct hf_pool {
    pthread_mutex_t lock;
    pthread_cond_t  wake;
    struct hf_job  *first, *last; /* waiting */
    struct hf_job  *done;         /* newest first */
    bool            stop;
    int             fd;
    unsigned        threads;
    pthread_t       thread[64];
};

/* The last of those that run together with job. */
static struct hf_job *
last_beside(struct hf_job *job)
{
    size_t n = 1;

    while (job->together && n++ < HF_POOL_TOGETHER && job->next != NULL && job->next->together &&
           job->next->run == job->run)
        job = job->next;
    return job;
}

/* A job, or a list of those that run together; NULL at the end. */
static struct hf_job *
take(struct hf_pool *p)
{
    struct hf_job *job, *last;

    while (p->first == NULL && !p->stop)
        pthread_cond_wait(&p->wake, &p->lock);
    if (p->stop)
        return NULL;
    job = p->first;
    last = last_beside(job);
    p->first = last->next;
    if (p->first == NULL)
        p->last = NULL;
    last->next = NULL;
    return job;
}

/* The loop is woken for the first of those that it finds done. */
static void
give_back(struct hf_pool *p, struct hf_job *job)
{
    uint64_t       one = 1;
    ssize_t        put;
    struct hf_job *last = job;

    while (last->next != NULL)
        last = last->next;
    if (p->done == NULL) {
        put = write(p->fd, &one, sizeof(one));
        (void)put; /* an eventfd that is full is readable already */
    }
    last->next = p->done;
    p->done = job;
}

static void *
work(void *arg)
{
    struct hf_pool *p = arg;
    struct hf_arena arena = hf_arena();
    struct hf_job  *job;

    pthread_mutex_lock(&p->lock);
    while ((job = take(p)) != NULL) {
        pthread_mutex_unlock(&p->lock);
        job->run(job, &arena);
        hf_arena_reset(&arena);
        pthread_mutex_lock(&p->lock);
        give_back(p, job);
    }
    pthread_mutex_unlock(&p->lock);
    hf_arena_clear(&arena);
    return NULL;
}

enum hf_rc
hf_pool_new(unsigned threads, struct hf_pool **out, int *fd)
{
    struct hf_pool *p = calloc(1, sizeof(*p));

    *out = NULL;
    if (p == NULL)
        return hf_fail(HF_E_NOMEM, "handler threads");
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    if ((p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1) {
        free(p);
        return hf_fail_errno("handler threads");
    }
    while (p->threads < threads && p->threads < HF_COUNT(p->thread)) {
        if (pthread_create(&p->thread[p->threads], NULL, work, p) != 0) {
            hf_pool_free(p);
            return hf_fail(HF_E_SYSTEM, "a handler thread cannot be started");
        }
        p->threads++;
    }
    *fd = p->fd;
    *out = p;
    return HF_OK;
}

void
hf_pool_put(struct hf_pool *p, struct hf_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&p->lock);
    if (p->last != NULL)
        p->last->next = job;
    else
        p->first = job;
    p->last = job;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

struct hf_job *
hf_pool_done(struct hf_pool *p)
{
    struct hf_job *done;
    uint64_t       count;
    ssize_t        got = read(p->fd, &count, sizeof(count));

    (void)got;
    pthread_mutex_lock(&p->lock);
    done = p->done;
    p->done = NULL;
    pthread_mutex_unlock(&p->lock);
    return done;
}

void
hf_pool_free(struct hf_pool *p)
{
    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->threads; i++)
        pthread_join(p->thread[i], NULL);
    close(p->fd);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
