/*
 * sm3_many.c - many SM3 messages at once: lanes, their refilling, and what is
 * built on them (digests, HMAC, key derivation).
 */
#include <openssl/crypto.h>
#include <string.h>

#include "crypto/sm/sm3_impl.h"

/* -- One message as runs of whole blocks ------------------------------------ */

static void
put64(uint8_t *p, uint64_t v)
{
    for (unsigned i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

/* The end of a message: `have` bytes are in run->last; pad them and make them the last run. */
static void
run_close(struct hf_sm3_run *run, size_t have, uint64_t bits)
{
    size_t n = (have + 9 + HF_SM3_BLOCK - 1) / HF_SM3_BLOCK;

    memset(run->last + have, 0, n * HF_SM3_BLOCK - have);
    run->last[have] = 0x80;
    put64(run->last + n * HF_SM3_BLOCK - 8, bits);
    run->seg[2].p = run->last;
    run->seg[2].n = n;
}

static void
append(struct hf_sm3_run *run, size_t *have, const uint8_t *p, size_t n)
{
    if (n > 0)
        memcpy(run->last + *have, p, n);
    *have += n;
}

void
hf_sm3_run_set(struct hf_sm3_run *run, struct hf_bytes head, struct hf_bytes body, uint64_t before)
{
    uint64_t bits = 8 * (before + head.n + body.n);
    size_t   have = 0, fill = 0;

    memset(run->seg, 0, sizeof(run->seg));
    if (head.n + body.n + 9 <= sizeof(run->last)) { /* one run is quicker than three */
        append(run, &have, head.p, head.n);
        append(run, &have, body.p, body.n);
        run_close(run, have, bits);
        return;
    }
    if (head.n > 0) { /* then the body fills its block, being long */
        fill = HF_SM3_BLOCK - head.n;
        memcpy(run->first, head.p, head.n);
        memcpy(run->first + head.n, body.p, fill);
        run->seg[0].p = run->first;
        run->seg[0].n = 1;
    }
    run->seg[1].p = body.p + fill;
    run->seg[1].n = (body.n - fill) / HF_SM3_BLOCK;
    fill += run->seg[1].n * HF_SM3_BLOCK;
    append(run, &have, body.p + fill, body.n - fill);
    run_close(run, have, bits);
}

static bool
run_ended(struct hf_sm3_run *run, unsigned *seg)
{
    while (*seg < 3 && run->seg[*seg].n == 0)
        (*seg)++;
    return *seg == 3;
}

static void
run_alone(struct hf_sm3_run *run, unsigned seg)
{
    for (; seg < 3; seg++)
        hf_sm3_impl()->blocks(run->h, run->seg[seg].p, run->seg[seg].n);
}

/* -- Lanes ------------------------------------------------------------------ */

struct lane {
    struct hf_sm3_run run;
    unsigned          seg;    /* which run of blocks it is in */
    size_t            number; /* of its message */
    bool              busy;
};

struct lanes {
    const struct hf_sm3_impl   *impl;
    const struct hf_sm3_source *src;
    size_t                      next, n; /* the next message to take, and all */
    unsigned                    busy;
    struct lane                 lane[HF_SM3_LANES];
    uint32_t                    h[8 * HF_SM3_LANES] __attribute__((aligned(64)));
};

static void
lane_take(struct lanes *s, unsigned l)
{
    struct lane *lane = &s->lane[l];

    lane->busy = s->next < s->n;
    if (!lane->busy)
        return;
    s->busy++;
    lane->number = s->next++;
    lane->seg = 0;
    s->src->next(s->src->arg, lane->number, &lane->run);
    (void)run_ended(&lane->run, &lane->seg);
    for (unsigned w = 0; w < 8; w++)
        s->h[w * s->impl->lanes + l] = lane->run.h[w];
}

static void
lane_state(struct lanes *s, unsigned l)
{
    for (unsigned w = 0; w < 8; w++)
        s->lane[l].run.h[w] = s->h[w * s->impl->lanes + l];
}

/* Run all lanes for as many blocks as the shortest run still has. */
static void
lanes_step(struct lanes *s)
{
    const uint8_t *p[HF_SM3_LANES], *any = NULL;
    size_t         n = SIZE_MAX;

    for (unsigned l = 0; l < s->impl->lanes; l++) {
        const struct lane *lane = &s->lane[l];

        if (lane->busy && lane->run.seg[lane->seg].n < n)
            n = lane->run.seg[lane->seg].n;
    }
    for (unsigned l = 0; l < s->impl->lanes; l++) {
        p[l] = s->lane[l].busy ? s->lane[l].run.seg[s->lane[l].seg].p : NULL;
        any = p[l] != NULL ? p[l] : any;
    }
    for (unsigned l = 0; l < s->impl->lanes; l++)
        p[l] = p[l] != NULL ? p[l] : any; /* an idle lane repeats another's work */
    s->impl->wide(s->h, p, n);
    for (unsigned l = 0; l < s->impl->lanes; l++) {
        struct lane *lane = &s->lane[l];

        if (lane->busy) {
            lane->run.seg[lane->seg].p += n * HF_SM3_BLOCK;
            lane->run.seg[lane->seg].n -= n;
        }
    }
}

static void
lanes_settle(struct lanes *s)
{
    for (unsigned l = 0; l < s->impl->lanes; l++) {
        struct lane *lane = &s->lane[l];

        if (!lane->busy || !run_ended(&lane->run, &lane->seg))
            continue;
        lane_state(s, l);
        s->src->done(s->src->arg, lane->number, lane->run.h);
        s->busy--;
        lane_take(s, l);
    }
}

/* A single message left over goes faster alone. */
static void
lanes_last(struct lanes *s)
{
    for (unsigned l = 0; l < s->impl->lanes; l++) {
        if (!s->lane[l].busy)
            continue;
        lane_state(s, l);
        run_alone(&s->lane[l].run, s->lane[l].seg);
        s->src->done(s->src->arg, s->lane[l].number, s->lane[l].run.h);
    }
}

void
hf_sm3_run_all(const struct hf_sm3_source *src, size_t n)
{
    struct lanes s; /* large; every lane is set up before it is used */

    s.impl = hf_sm3_impl();
    s.src = src;
    s.next = s.busy = 0;
    s.n = n;
    if (s.impl->wide == NULL || n == 1) {
        for (size_t i = 0; i < n; i++) {
            src->next(src->arg, i, &s.lane[0].run);
            run_alone(&s.lane[0].run, 0);
            src->done(src->arg, i, s.lane[0].run.h);
        }
    } else {
        for (unsigned l = 0; l < s.impl->lanes; l++)
            lane_take(&s, l);
        while (s.busy > 1) {
            lanes_step(&s);
            lanes_settle(&s);
        }
        lanes_last(&s);
    }
    OPENSSL_cleanse(&s, sizeof(s));
}

/* -- Digests ---------------------------------------------------------------- */

struct digests {
    const struct hf_bytes *msg;
    uint8_t (*out)[HF_SM3_LEN];
};

static void
digest_next(void *arg, size_t i, struct hf_sm3_run *run)
{
    const struct digests *d = arg;

    memcpy(run->h, hf_sm3_iv, sizeof(run->h));
    hf_sm3_run_set(run, hf_bytes(NULL, 0), d->msg[i], 0);
}

static void
digest_done(void *arg, size_t i, const uint32_t h[8])
{
    const struct digests *d = arg;

    hf_sm3_put(h, d->out[i]);
}

void
hf_sm3_many(const struct hf_bytes *msg, size_t n, uint8_t (*out)[HF_SM3_LEN])
{
    struct digests             d = { .msg = msg, .out = out };
    const struct hf_sm3_source src = { digest_next, digest_done, &d };

    hf_sm3_run_all(&src, n);
}

/* -- HMAC ------------------------------------------------------------------- */

static void
inner_next(void *arg, size_t i, struct hf_sm3_run *run)
{
    const struct hf_sm3_hmac_job *job = (const struct hf_sm3_hmac_job *)arg + i;

    memcpy(run->h, job->key->inner, sizeof(run->h));
    hf_sm3_run_set(run, job->head, job->body, HF_SM3_BLOCK);
}

static void
outer_next(void *arg, size_t i, struct hf_sm3_run *run)
{
    const struct hf_sm3_hmac_job *job = (const struct hf_sm3_hmac_job *)arg + i;

    memcpy(run->h, job->key->outer, sizeof(run->h));
    hf_sm3_run_set(run, hf_bytes(NULL, 0), hf_bytes(job->out, HF_SM3_LEN), HF_SM3_BLOCK);
}

static void
hmac_done(void *arg, size_t i, const uint32_t h[8])
{
    hf_sm3_put(h, ((const struct hf_sm3_hmac_job *)arg)[i].out);
}

void
hf_sm3_hmac_many(const struct hf_sm3_hmac_job *job, size_t n)
{
    /* the sources only read the jobs */
    const struct hf_sm3_source inner = { inner_next, hmac_done, (void *)(uintptr_t)job };
    const struct hf_sm3_source outer = { outer_next, hmac_done, (void *)(uintptr_t)job };

    hf_sm3_run_all(&inner, n);
    hf_sm3_run_all(&outer, n);
}

/* -- Key derivation --------------------------------------------------------- */

struct kdf {
    struct hf_sm3 z; /* z taken in */
    uint8_t      *out;
    size_t        n;
};

static void
kdf_next(void *arg, size_t i, struct hf_sm3_run *run)
{
    const struct kdf *k = arg;
    uint32_t          counter = (uint32_t)(i + 1);
    uint8_t           tail[HF_SM3_BLOCK + 4];
    size_t            have = k->z.n % HF_SM3_BLOCK;

    memcpy(tail, k->z.buf, have);
    for (unsigned b = 0; b < 4; b++)
        tail[have + b] = (uint8_t)(counter >> (24 - 8 * b));
    memcpy(run->h, k->z.h, sizeof(run->h));
    /* at most a block and four bytes: everything is copied into run */
    hf_sm3_run_set(run, hf_bytes(tail, have), hf_bytes(tail + have, 4), k->z.n - have);
    OPENSSL_cleanse(tail, sizeof(tail));
}

static void
kdf_done(void *arg, size_t i, const uint32_t h[8])
{
    const struct kdf *k = arg;
    uint8_t           block[HF_SM3_LEN];
    size_t            at = i * HF_SM3_LEN, n = k->n - at < HF_SM3_LEN ? k->n - at : HF_SM3_LEN;

    hf_sm3_put(h, block);
    memcpy(k->out + at, block, n);
    OPENSSL_cleanse(block, sizeof(block));
}

void
hf_sm3_kdf(struct hf_bytes z, uint8_t *out, size_t n)
{
    struct kdf                 k = { .out = out, .n = n };
    const struct hf_sm3_source src = { kdf_next, kdf_done, &k };

    hf_sm3_init(&k.z);
    hf_sm3_update(&k.z, z.p, z.n);
    hf_sm3_run_all(&src, (n + HF_SM3_LEN - 1) / HF_SM3_LEN);
    OPENSSL_cleanse(&k, sizeof(k));
}
