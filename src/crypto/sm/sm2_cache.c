/*
 * The cache of key tables: combs of public keys that are met often.
 *
 * Two parts. A fixed array of counters, indexed by a hash of the key and
 * overwritten on collision, says how often a key was met lately; and a small
 * hash table holds the combs, counted by reference so that one can be dropped
 * while another thread computes with it. Readers share a lock for as long as
 * a look-up takes; combs are built outside it.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sm/sm2_int.h"

#define BUCKETS       256u
#define COUNTERS      4096u
#define LIMIT_FIRST   64u
#define LIMIT_HIGHEST 4096u

struct entry {
    struct sm2_comb      comb; /* first: what callers hold is the entry */
    struct entry        *next;
    uint8_t              xy[64];
    atomic_uint          refs; /* the cache's own included */
    atomic_uint_fast64_t used; /* clock at the last look-up */
};

struct counter {
    atomic_uint_fast64_t tag;
    atomic_uint          n;
};

static pthread_rwlock_t     lock = PTHREAD_RWLOCK_INITIALIZER;
static struct entry        *bucket[BUCKETS];
static struct counter       counter[COUNTERS];
static atomic_uint          limit = LIMIT_FIRST;
static unsigned             held;
static atomic_uint_fast64_t ticks;

/* Coordinates of points are as good as random; Montgomery form mixes them once more. */
static uint64_t
hash(const struct hf_sm2_pub *pub)
{
    return pub->in[0] ^ (pub->in[4] << 32 | pub->in[4] >> 32);
}

static void
drop(struct entry *e)
{
    if (atomic_fetch_sub(&e->refs, 1) == 1)
        free(e);
}

/* The entry of pub with a reference for the caller, or NULL. Lock held. */
static struct entry *
find(const struct hf_sm2_pub *pub)
{
    struct entry *e = bucket[hash(pub) % BUCKETS];

    while (e != NULL && memcmp(e->xy, pub->xy, 64) != 0)
        e = e->next;
    if (e != NULL) {
        atomic_fetch_add(&e->refs, 1);
        atomic_store_explicit(&e->used, atomic_fetch_add(&ticks, 1), memory_order_relaxed);
    }
    return e;
}

static struct entry *
find_locked(const struct hf_sm2_pub *pub)
{
    struct entry *e;

    pthread_rwlock_rdlock(&lock);
    e = find(pub);
    pthread_rwlock_unlock(&lock);
    return e;
}

/* Take the longest unused entry out. Lock held for writing; there is one. */
static void
evict(void)
{
    struct entry **oldest = NULL, *e;

    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct entry **at = &bucket[i]; *at != NULL; at = &(*at)->next)
            if (oldest == NULL || atomic_load(&(*at)->used) < atomic_load(&(*oldest)->used))
                oldest = at;
    e = *oldest;
    *oldest = e->next;
    held--;
    drop(e);
}

/* Put e in, unless another thread was first or nothing may be kept. */
static void
insert(struct entry *e, const struct hf_sm2_pub *pub)
{
    struct entry *other;

    pthread_rwlock_wrlock(&lock);
    other = find(pub);
    if (limit > 0 && other == NULL) {
        while (held >= limit)
            evict();
        atomic_fetch_add(&e->refs, 1);
        e->next = bucket[hash(pub) % BUCKETS];
        bucket[hash(pub) % BUCKETS] = e;
        held++;
    }
    if (other != NULL)
        drop(other);
    pthread_rwlock_unlock(&lock);
}

/* A new entry with the caller's reference; NULL when there is no memory for it. */
static struct entry *
build(const struct hf_sm2_pub *pub)
{
    struct sm2_aff p = hf_sm2_pub_point(pub);
    struct entry  *e = aligned_alloc(64, (sizeof(*e) + 63) / 64 * 64);

    if (e == NULL)
        return NULL;
    hf_sm2_ops()->comb_build_public(&e->comb, &p);
    memcpy(e->xy, pub->xy, 64);
    e->next = NULL;
    atomic_init(&e->refs, 1);
    atomic_init(&e->used, atomic_fetch_add(&ticks, 1));
    insert(e, pub);
    return e;
}

/* Count a use; is the table due? Races lose a count, no more. */
static bool
due(const struct hf_sm2_pub *pub)
{
    uint64_t        h = hash(pub);
    struct counter *c = &counter[h / BUCKETS % COUNTERS];

    if (atomic_load_explicit(&c->tag, memory_order_relaxed) != h) {
        atomic_store_explicit(&c->tag, h, memory_order_relaxed);
        atomic_store_explicit(&c->n, 1, memory_order_relaxed);
        return false;
    }
    if (atomic_fetch_add_explicit(&c->n, 1, memory_order_relaxed) + 1 < HF_SM2_CACHE_USES)
        return false;
    atomic_store_explicit(&c->n, 0, memory_order_relaxed);
    return true;
}

const struct sm2_comb *
hf_sm2_cache_get(const struct hf_sm2_pub *pub)
{
    struct entry *e = find_locked(pub);

    if (e == NULL && due(pub) && limit > 0)
        e = build(pub);
    return e == NULL ? NULL : &e->comb;
}

void
hf_sm2_cache_put(const struct sm2_comb *t)
{
    if (t != NULL)
        drop((struct entry *)(uintptr_t)t);
}

void
hf_sm2_cache_warm(const struct hf_sm2_pub *pub)
{
    struct entry *e = find_locked(pub);

    if (e == NULL)
        e = build(pub);
    if (e != NULL)
        drop(e);
}

void
hf_sm2_cache_limit(unsigned tables)
{
    pthread_rwlock_wrlock(&lock);
    limit = tables < LIMIT_HIGHEST ? tables : LIMIT_HIGHEST;
    while (held > limit)
        evict();
    pthread_rwlock_unlock(&lock);
}

void
hf_sm2_cache_clear(void)
{
    pthread_rwlock_wrlock(&lock);
    while (held > 0)
        evict();
    for (unsigned i = 0; i < COUNTERS; i++)
        atomic_store(&counter[i].n, 0);
    pthread_rwlock_unlock(&lock);
}
