/*
 * sm4_streams.c - CBC encryption of many streams side by side. Each stream is
 * a serial chain; the kernels run 4 to 32 chains at once, each with its own
 * key. A stream that ends hands its place to the next one.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "crypto/sm/sm4_impl.h"

#define STEP 64 /* blocks at most between looks at who has finished */

struct streams {
    struct hf_sm4_streams  kernel;
    struct hf_sm4_cbc_job *next, *end;
    struct hf_sm4_cbc_job *job[HF_SM4_STREAMS]; /* NULL: idle */
    unsigned               busy;
    uint32_t               rk[32 * HF_SM4_STREAMS] __attribute__((aligned(64)));
    uint8_t                iv[16 * HF_SM4_STREAMS];
};

static void
place_key(struct streams *s, unsigned l, const struct hf_sm4_key *key)
{
    for (unsigned r = 0; r < 32; r++)
        s->rk[r * s->kernel.width + l] = key->enc[r];
}

static void
place_take(struct streams *s, unsigned l)
{
    while (s->next < s->end && s->next->blocks == 0)
        s->next++;
    s->job[l] = s->next < s->end ? s->next++ : NULL;
    if (s->job[l] == NULL)
        return;
    s->busy++;
    place_key(s, l, s->job[l]->key);
    memcpy(s->iv + 16 * l, s->job[l]->iv, 16);
}

static void
place_settle(struct streams *s, unsigned l, size_t done)
{
    struct hf_sm4_cbc_job *job = s->job[l];

    if (job == NULL)
        return;
    job->in += HF_SM4_BLOCK * done;
    job->out += HF_SM4_BLOCK * done;
    job->blocks -= done;
    if (job->blocks > 0)
        return;
    memcpy(job->iv, s->iv + 16 * l, 16);
    s->busy--;
    place_take(s, l);
}

static void
streams_step(struct streams *s)
{
    static const uint8_t nothing[HF_SM4_BLOCK * STEP];
    uint8_t              waste[HF_SM4_BLOCK * STEP];
    const uint8_t       *in[HF_SM4_STREAMS];
    uint8_t             *out[HF_SM4_STREAMS];
    size_t               n = STEP;

    for (unsigned l = 0; l < s->kernel.width; l++) {
        in[l] = s->job[l] != NULL ? s->job[l]->in : nothing;
        out[l] = s->job[l] != NULL ? s->job[l]->out : waste;
        if (s->job[l] != NULL && s->job[l]->blocks < n)
            n = s->job[l]->blocks;
    }
    s->kernel.run(s->rk, s->iv, in, out, n);
    for (unsigned l = 0; l < s->kernel.width; l++)
        place_settle(s, l, n);
}

static void
jobs_alone(struct hf_sm4_cbc_job *job, size_t n)
{
    for (; n > 0; n--, job++) {
        hf_sm4_cbc_encrypt(job->key, job->iv, job->in, job->out, job->blocks);
        job->in += HF_SM4_BLOCK * job->blocks;
        job->out += HF_SM4_BLOCK * job->blocks;
        job->blocks = 0;
    }
}

/* The narrowest kernel that takes n streams, or the widest. */
static struct hf_sm4_streams
kernel_for(const struct hf_sm4_impl *impl, size_t n)
{
    unsigned i = 0;

    while (i + 1 < HF_COUNT(impl->streams) && impl->streams[i].width < n &&
           impl->streams[i + 1].run != NULL)
        i++;
    return impl->streams[i];
}

void
hf_sm4_cbc_encrypt_many(struct hf_sm4_cbc_job *job, size_t n)
{
    const struct hf_sm4_impl *impl = hf_sm4_impl();
    struct streams            s;

    if (impl->streams[0].run == NULL || n < 2) {
        jobs_alone(job, n);
        return;
    }
    s.kernel = kernel_for(impl, n);
    s.next = job;
    s.end = job + n;
    s.busy = 0;
    memset(s.rk, 0, s.kernel.width * 32 * sizeof(s.rk[0])); /* of places that stay idle */
    memset(s.iv, 0, sizeof(s.iv));
    for (unsigned l = 0; l < s.kernel.width; l++)
        place_take(&s, l);
    while (s.busy > 0)
        streams_step(&s);
    OPENSSL_cleanse(s.rk, s.kernel.width * 32 * sizeof(s.rk[0]));
}
