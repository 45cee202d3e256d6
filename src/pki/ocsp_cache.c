#include "pki/ocsp_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/alg.h"

#define SERIAL_TEXT 41

struct entry {
    struct entry        *by_request, *by_serial; /* next in the same bucket */
    struct entry        *newer, *older;          /* order of use */
    uint64_t             hash, serial_hash;
    struct hf_ocsp_reply reply;
    char                 serial[SERIAL_TEXT];
    uint32_t             asked; /* since it was signed */
    size_t               request_n, answer_n;
    uint8_t              bytes[]; /* request, answer */
};

struct hf_ocsp_cache {
    pthread_mutex_t lock;
    uint64_t        seed, epoch;
    size_t          max, used, count, buckets; /* buckets: a power of two */
    struct entry  **by_request, **by_serial;
    struct entry   *newest, *oldest;
};

enum hf_rc
hf_ocsp_cache_new(size_t max_bytes, struct hf_ocsp_cache **out)
{
    struct hf_ocsp_cache *c = calloc(1, sizeof(*c));

    *out = NULL;
    if (c == NULL)
        return hf_fail(HF_E_NOMEM, "OCSP cache");
    for (c->buckets = 256; c->buckets * 1024 < max_bytes; c->buckets *= 2)
        ;
    c->max = max_bytes;
    c->used = 2 * c->buckets * sizeof(struct entry *);
    c->by_request = calloc(c->buckets, sizeof(struct entry *));
    c->by_serial = calloc(c->buckets, sizeof(struct entry *));
    if (c->by_request == NULL || c->by_serial == NULL) {
        free(c->by_request);
        free(c->by_serial);
        free(c);
        return hf_fail(HF_E_NOMEM, "OCSP cache");
    }
    pthread_mutex_init(&c->lock, NULL);
    hf_random(&c->seed, sizeof(c->seed)); /* nobody outside can choose what shares a bucket */
    *out = c;
    return HF_OK;
}

/* A multiplicative hash over 8 octets at a time; the seed is secret. */
static uint64_t
hash_of(const struct hf_ocsp_cache *c, struct hf_bytes b)
{
    uint64_t h = c->seed ^ (b.n * UINT64_C(0x9e3779b97f4a7c15));

    while (b.n != 0) {
        uint64_t v = 0;
        size_t   n = b.n < 8 ? b.n : 8;

        memcpy(&v, b.p, n);
        h = (h ^ v) * UINT64_C(0xff51afd7ed558ccd);
        h ^= h >> 32;
        b.p += n;
        b.n -= n;
    }
    return h ^ (h >> 29);
}

/* -- Links ---------------------------------------------------------------------------------- */

static void
unlink_use(struct hf_ocsp_cache *c, struct entry *e)
{
    *(e->newer != NULL ? &e->newer->older : &c->newest) = e->older;
    *(e->older != NULL ? &e->older->newer : &c->oldest) = e->newer;
}

static void
link_newest(struct hf_ocsp_cache *c, struct entry *e)
{
    e->newer = NULL;
    e->older = c->newest;
    *(c->newest != NULL ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static size_t
size_of(const struct entry *e)
{
    return sizeof(*e) + e->request_n + e->answer_n;
}

static void
drop(struct hf_ocsp_cache *c, struct entry *e)
{
    struct entry **p = &c->by_request[e->hash & (c->buckets - 1)];

    while (*p != e)
        p = &(*p)->by_request;
    *p = e->by_request;
    p = &c->by_serial[e->serial_hash & (c->buckets - 1)];
    while (*p != e)
        p = &(*p)->by_serial;
    *p = e->by_serial;
    unlink_use(c, e);
    c->used -= size_of(e);
    c->count--;
    free(e);
}

static struct entry *
find(struct hf_ocsp_cache *c, uint64_t hash, struct hf_bytes request)
{
    struct entry *e = c->by_request[hash & (c->buckets - 1)];

    while (e != NULL &&
           !(e->hash == hash && hf_bytes_eq(hf_bytes(e->bytes, e->request_n), request)))
        e = e->by_request;
    return e;
}

/* -- In and out ------------------------------------------------------------------------------- */

uint64_t
hf_ocsp_cache_epoch(struct hf_ocsp_cache *c)
{
    uint64_t epoch;

    pthread_mutex_lock(&c->lock);
    epoch = c->epoch;
    pthread_mutex_unlock(&c->lock);
    return epoch;
}

static struct entry *
make(const struct hf_ocsp_cache *c, struct hf_bytes request, const char *serial,
     const struct hf_ocsp_reply *reply, struct hf_bytes answer)
{
    struct entry *e = malloc(sizeof(*e) + request.n + answer.n);

    if (e == NULL)
        return NULL;
    *e = (struct entry){ .reply = *reply, .request_n = request.n, .answer_n = answer.n };
    memcpy(e->bytes, request.p, request.n);
    memcpy(e->bytes + request.n, answer.p, answer.n);
    memcpy(e->serial, serial, strlen(serial) + 1);
    e->hash = hash_of(c, request);
    e->serial_hash = hash_of(c, hf_bytes_str(serial));
    return e;
}

bool
hf_ocsp_cache_put(struct hf_ocsp_cache *c, uint64_t epoch, struct hf_bytes request,
                  const char *serial, const struct hf_ocsp_reply *reply, struct hf_bytes answer)
{
    struct entry *e, *before, **bucket;

    if (strlen(serial) >= SERIAL_TEXT || (request.n + answer.n) * 16 > c->max ||
        (e = make(c, request, serial, reply, answer)) == NULL)
        return false;
    pthread_mutex_lock(&c->lock);
    if (epoch != c->epoch) {
        pthread_mutex_unlock(&c->lock);
        free(e);
        return false;
    }
    if ((before = find(c, e->hash, request)) != NULL)
        drop(c, before);
    while (c->oldest != NULL && c->used + size_of(e) > c->max)
        drop(c, c->oldest);
    bucket = &c->by_request[e->hash & (c->buckets - 1)];
    e->by_request = *bucket;
    *bucket = e;
    bucket = &c->by_serial[e->serial_hash & (c->buckets - 1)];
    e->by_serial = *bucket;
    *bucket = e;
    link_newest(c, e);
    c->used += size_of(e);
    c->count++;
    pthread_mutex_unlock(&c->lock);
    return true;
}

bool
hf_ocsp_cache_get(struct hf_ocsp_cache *c, struct hf_bytes request, int64_t now_ms,
                  struct hf_ocsp_reply *reply, struct hf_wr *out)
{
    uint64_t      hash = hash_of(c, request);
    struct entry *e;
    bool          good;

    pthread_mutex_lock(&c->lock);
    e = find(c, hash, request);
    good = e != NULL && now_ms < e->reply.next_update_ms;
    if (good) {
        hf_wr_put(out, hf_bytes(e->bytes + e->request_n, e->answer_n));
        *reply = e->reply;
        e->asked++;
        unlink_use(c, e);
        link_newest(c, e);
    } else if (e != NULL) {
        drop(c, e);
    }
    pthread_mutex_unlock(&c->lock);
    return good;
}

size_t
hf_ocsp_cache_forget(struct hf_ocsp_cache *c, const char *serial, struct hf_arena *a,
                     struct hf_bytes *request, size_t max)
{
    uint64_t      hash = hash_of(c, hf_bytes_str(serial));
    struct entry *e, *next;
    size_t        n = 0;

    pthread_mutex_lock(&c->lock);
    c->epoch++;
    for (e = c->by_serial[hash & (c->buckets - 1)]; e != NULL; e = next) {
        next = e->by_serial;
        if (e->serial_hash != hash || strcmp(e->serial, serial) != 0)
            continue;
        if (e->asked != 0 && n < max)
            request[n++] = hf_arena_bytes(a, hf_bytes(e->bytes, e->request_n));
        drop(c, e);
    }
    pthread_mutex_unlock(&c->lock);
    return n;
}

size_t
hf_ocsp_cache_due(struct hf_ocsp_cache *c, int64_t now_ms, struct hf_arena *a,
                  struct hf_bytes *request, size_t max)
{
    size_t n = 0;

    /* from the one used last: the walk ends where nobody has asked for a long time */
    pthread_mutex_lock(&c->lock);
    for (struct entry *e = c->newest; e != NULL && n < max; e = e->older) {
        int64_t half_ms = (e->reply.next_update_ms + e->reply.this_update_ms) / 2;

        if (e->asked != 0 && now_ms >= half_ms)
            request[n++] = hf_arena_bytes(a, hf_bytes(e->bytes, e->request_n));
    }
    pthread_mutex_unlock(&c->lock);
    return n;
}

size_t
hf_ocsp_cache_bytes(struct hf_ocsp_cache *c)
{
    size_t n;

    pthread_mutex_lock(&c->lock);
    n = c->used;
    pthread_mutex_unlock(&c->lock);
    return n;
}

size_t
hf_ocsp_cache_count(struct hf_ocsp_cache *c)
{
    size_t n;

    pthread_mutex_lock(&c->lock);
    n = c->count;
    pthread_mutex_unlock(&c->lock);
    return n;
}

void
hf_ocsp_cache_free(struct hf_ocsp_cache *c)
{
    if (c == NULL)
        return;
    while (c->oldest != NULL)
        drop(c, c->oldest);
    pthread_mutex_destroy(&c->lock);
    free(c->by_request);
    free(c->by_serial);
    free(c);
}
