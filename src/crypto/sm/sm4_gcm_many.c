/*
 * sm4_gcm_many.c - short SM4-GCM records of many connections. One record of a
 * few blocks leaves most of a vector kernel empty and waits for its latency;
 * four records with four keys fill it.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "crypto/sm/sm4_impl.h"

/* Up to HF_SM4_PADS short records that go through the cipher together. */
struct group {
    struct hf_sm4_gcm_job *job[HF_SM4_PADS];
    unsigned               n;
    uint8_t                counter[HF_SM4_PADS][16];
    uint8_t                pad[HF_SM4_PADS * HF_SM4_PAD_MAX * 16];
};

static void
mix(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] ^ b[i];
}

/* pad: E(J0), then the key stream. */
static void
seal_one(struct hf_sm4_gcm_job *job, const uint8_t *pad)
{
    const struct hf_sm4_aead *r = &job->record;
    uint8_t                   tag[16];

    mix(r->out, r->in.p, pad + 16, r->in.n);
    hf_sm4_gcm_tag_of(job->key, pad, r->aad, hf_bytes(r->out, r->in.n), tag);
    memcpy(r->tag, tag, r->tag_n);
    job->rc = HF_OK;
}

static void
open_one(struct hf_sm4_gcm_job *job, const uint8_t *pad)
{
    const struct hf_sm4_aead *r = &job->record;
    uint8_t                   tag[16];

    hf_sm4_gcm_tag_of(job->key, pad, r->aad, r->in, tag);
    if (!hf_bytes_eq_secret(hf_bytes(tag, r->tag_n), hf_bytes(r->tag, r->tag_n))) {
        job->rc = hf_fail(HF_E_VERIFY, "GCM tag does not match");
        return;
    }
    mix(r->out, r->in.p, pad + 16, r->in.n);
    job->rc = HF_OK;
}

typedef void one_fn(struct hf_sm4_gcm_job *job, const uint8_t *pad);

static void
group_run(struct group *g, one_fn *one)
{
    const struct hf_sm4_impl *impl = hf_sm4_impl();
    const uint32_t           *rk[HF_SM4_PADS];

    if (g->n == 0)
        return;
    for (unsigned i = 0; i < HF_SM4_PADS; i++) /* empty places repeat the first */
        rk[i] = g->job[i < g->n ? i : 0]->key->sm4.enc;
    impl->pads(rk, (const uint8_t(*)[16])g->counter, g->pad);
    for (unsigned i = 0; i < g->n; i++)
        one(g->job[i], g->pad + 16 * (size_t)impl->pad_blocks * i);
    g->n = 0;
}

/* Its place in the group; nonces were checked. */
static void
group_add(struct group *g, struct hf_sm4_gcm_job *job, one_fn *one)
{
    if ((job->rc = hf_sm4_gcm_j0(job->key, job->record.nonce, g->counter[g->n])) != HF_OK)
        return;
    g->job[g->n++] = job;
    if (g->n == HF_SM4_PADS)
        group_run(g, one);
}

static bool
is_short(const struct hf_sm4_gcm_job *job)
{
    const struct hf_sm4_impl *impl = hf_sm4_impl();

    return impl->pads != NULL && job->record.in.n <= 16 * (size_t)(impl->pad_blocks - 1);
}

static enum hf_rc
check_all(struct hf_sm4_gcm_job *job, size_t n)
{
    uint8_t    j0[16];
    enum hf_rc rc;

    for (size_t i = 0; i < n; i++) {
        if ((rc = hf_sm4_gcm_check(&job[i].record)) != HF_OK)
            return hf_because(rc, "record %zu", i);
        if (job[i].record.nonce.n != 12 &&
            (rc = hf_sm4_gcm_j0(job[i].key, job[i].record.nonce, j0)) != HF_OK)
            return hf_because(rc, "record %zu", i);
    }
    return HF_OK;
}

enum hf_rc
hf_sm4_gcm_seal_many(struct hf_sm4_gcm_job *job, size_t n)
{
    struct group g = { .n = 0 };
    enum hf_rc   rc = check_all(job, n);

    if (rc != HF_OK)
        return rc;
    for (size_t i = 0; i < n; i++) {
        if (is_short(&job[i]))
            group_add(&g, &job[i], seal_one);
        else
            job[i].rc = hf_sm4_gcm_seal(job[i].key, &job[i].record);
    }
    group_run(&g, seal_one);
    OPENSSL_cleanse(&g, sizeof(g));
    return HF_OK;
}

enum hf_rc
hf_sm4_gcm_open_many(struct hf_sm4_gcm_job *job, size_t n)
{
    struct group g = { .n = 0 };
    enum hf_rc   rc = HF_OK;

    for (size_t i = 0; i < n; i++) {
        if ((job[i].rc = hf_sm4_gcm_check(&job[i].record)) != HF_OK)
            continue;
        if (is_short(&job[i]))
            group_add(&g, &job[i], open_one);
        else
            job[i].rc = hf_sm4_gcm_open(job[i].key, &job[i].record);
    }
    group_run(&g, open_one);
    OPENSSL_cleanse(&g, sizeof(g));
    for (size_t i = 0; i < n && rc == HF_OK; i++)
        rc = job[i].rc;
    return rc;
}
