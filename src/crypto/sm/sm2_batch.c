/*
 * Many operations in one call: cut into groups of eight for the kernels of
 * sm2_x8.c where there are any, else done one after the other.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "crypto/sm/sm2_int.h"
#include "crypto/sm/sm2_x8_int.h"

#define CHUNK (8 * HF_SM2_X8_GROUPS) /* what shares one inversion */

/* -- Multiples of the base point --------------------------------------------------- */

/* Affine k[i] G for n scalars, at most CHUNK; bad[i] where it is infinity or must be done alone. */
static void
base_many(const uint64_t (*k)[4], size_t n, struct sm2_aff out[CHUNK], bool bad[CHUNK])
{
    struct sm2_x8_points p;
    uint64_t             lane[8][4];
    unsigned char        zero[HF_SM2_X8_GROUPS];
    size_t               groups = (n + 7) / 8;

    for (size_t g = 0; g < groups; g++) {
        size_t left = n - 8 * g < 8 ? n - 8 * g : 8;

        memset(lane, 0, sizeof(lane));
        memcpy(lane, k + 8 * g, left * sizeof(lane[0]));
        hf_sm2_x8_base_mul(&p, g, lane);
    }
    hf_sm2_x8_affine(out, zero, &p, groups);
    for (size_t i = 0; i < n; i++)
        bad[i] = (zero[i / 8] >> i % 8 & 1) != 0;
    OPENSSL_cleanse(lane, sizeof(lane));
    OPENSSL_cleanse(&p, sizeof(p));
}

/* -- Keys -------------------------------------------------------------------------- */

/*
 * inv[i] = 1/(1 + d[i]) mod n for all, by one inversion. montmul(a, b) is ab/R:
 * with prefix[i] = t[0]...t[i] / R^i, multiplying the running inverse of
 * prefix[i] by prefix[i-1] gives 1/t[i], and by t[i] that of prefix[i-1].
 */
static void
invert_many(const uint64_t (*d)[4], size_t n, uint64_t (*inv)[4])
{
    static const uint64_t one[4] = { 1 };
    uint64_t              t[CHUNK][4], prefix[CHUNK][4], rest[4];

    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        hf_sm2_n_add(t[i], d[i], one);
        if (i == 0)
            memcpy(prefix[i], t[i], sizeof(t[i]));
        else
            hf_sm2_n_montmul(prefix[i], prefix[i - 1], t[i]);
    }
    hf_sm2_n_inv(rest, prefix[n - 1]);
    for (size_t i = n; i-- > 1;) {
        hf_sm2_n_montmul(inv[i], rest, prefix[i - 1]);
        hf_sm2_n_montmul(rest, rest, t[i]);
    }
    memcpy(inv[0], rest, sizeof(rest));
    OPENSSL_cleanse(t, sizeof(t));
    OPENSSL_cleanse(prefix, sizeof(prefix));
    OPENSSL_cleanse(rest, sizeof(rest));
}

/* n private keys, from one draw; the few that are out of range are drawn again. */
static enum hf_rc
random_scalars(uint64_t (*d)[4], size_t n)
{
    uint8_t    wide[CHUNK][64];
    enum hf_rc rc = hf_sm2_random_key(wide[0], n * sizeof(wide[0]));

    for (size_t i = 0; i < n && rc == HF_OK; i++) {
        hf_sm2_n_wide(d[i], wide[i]);
        if (!hf_sm2_scalar_good(d[i]))
            rc = hf_sm2_random_scalar(d[i]);
    }
    OPENSSL_cleanse(wide, sizeof(wide));
    return rc;
}

static enum hf_rc
generate_chunk(struct hf_sm2_key *out, size_t n)
{
    uint64_t       d[CHUNK][4], inv[CHUNK][4];
    struct sm2_aff p[CHUNK];
    bool           bad[CHUNK];
    enum hf_rc     rc = random_scalars(d, n);

    if (rc == HF_OK) {
        base_many((const uint64_t(*)[4])d, n, p, bad);
        invert_many((const uint64_t(*)[4])d, n, inv);
    }
    for (size_t i = 0; i < n && rc == HF_OK; i++) {
        hf_sm2_pub_set(&out[i].pub, &p[i]);
        hf_sm2_key_finish(&out[i], d[i], inv[i]);
        if (bad[i])
            hf_sm2_key_make(&out[i], d[i]);
    }
    OPENSSL_cleanse(d, sizeof(d));
    OPENSSL_cleanse(inv, sizeof(inv));
    return rc;
}

enum hf_rc
hf_sm2_key_generate_batch(struct hf_sm2_key *out, size_t n)
{
    bool       wide = hf_sm2_x8_here();
    size_t     step;
    enum hf_rc rc = HF_OK;

    for (size_t i = 0; i < n && rc == HF_OK; i += step) {
        step = !wide || n - i == 1 ? 1 : n - i < CHUNK ? n - i : CHUNK;
        rc = step == 1 ? hf_sm2_key_generate(&out[i]) : generate_chunk(&out[i], step);
    }
    if (rc != HF_OK)
        OPENSSL_cleanse(out, n * sizeof(*out));
    return rc;
}

/* -- Signing ----------------------------------------------------------------------- */

static enum hf_rc
sign_chunk(struct hf_sm2_sign_job *jobs, size_t n)
{
    uint64_t       k[CHUNK][4];
    struct sm2_aff p[CHUNK];
    bool           bad[CHUNK];
    uint8_t        x1[32];
    enum hf_rc     rc;

    if ((rc = hf_sm2_nonces(jobs, n, k)) != HF_OK)
        return rc;
    base_many((const uint64_t(*)[4])k, n, p, bad);
    for (size_t i = 0; i < n && rc == HF_OK; i++) {
        hf_sm2_fe_write(x1, &p[i].x);
        if (!hf_sm2_sign_with(jobs[i].key, jobs[i].e, k[i], x1, &jobs[i].sig) || bad[i])
            rc = hf_sm2_sign(jobs[i].key, jobs[i].e, &jobs[i].sig);
    }
    OPENSSL_cleanse(k, sizeof(k));
    OPENSSL_cleanse(p, sizeof(p));
    return rc;
}

enum hf_rc
hf_sm2_sign_batch(struct hf_sm2_sign_job *jobs, size_t n)
{
    bool       wide = hf_sm2_x8_here();
    size_t     step;
    enum hf_rc rc = HF_OK;

    for (size_t i = 0; i < n && rc == HF_OK; i += step) {
        step = !wide || n - i == 1 ? 1 : n - i < CHUNK ? n - i : CHUNK;
        rc = step == 1 ? hf_sm2_sign(jobs[i].key, jobs[i].e, &jobs[i].sig)
                       : sign_chunk(&jobs[i], step);
    }
    for (size_t i = 0; i < n && rc != HF_OK; i++)
        memset(&jobs[i].sig, 0, sizeof(jobs[i].sig));
    return rc;
}

/* -- Verifying --------------------------------------------------------------------- */

/* Verifications waiting until there are eight of a kind: with a table, or without. */
struct waiting {
    struct hf_sm2_x8_verify   in;
    struct hf_sm2_verify_job *job[8];
    size_t                    n;
};

static bool
verify_alone(const struct hf_sm2_verify_job *job)
{
    return hf_sm2_verify(job->pub, job->e, &job->sig) == HF_OK;
}

/* Fewer than this many are done sooner one by one: measured. */
static size_t
worth(const struct waiting *w)
{
    return w->in.tables ? 2 : 3;
}

static void
verify_eight(struct waiting *w)
{
    unsigned good, odd;

    for (size_t l = w->n; l < 8; l++) { /* empty lanes repeat the first */
        w->in.point[l] = w->in.point[0];
        w->in.table[l] = w->in.table[0];
        memcpy(w->in.s[l], w->in.s[0], sizeof(w->in.s[0]));
        memcpy(w->in.t[l], w->in.t[0], sizeof(w->in.t[0]));
        memcpy(w->in.v[l], w->in.v[0], sizeof(w->in.v[0]));
    }
    hf_sm2_x8_verify(&w->in, &good, &odd);
    for (size_t l = 0; l < w->n; l++) {
        w->job[l]->ok = (good >> l & 1) != 0;
        if ((odd >> l & 1) != 0 || (!w->job[l]->ok && hf_sm2_sig_two_targets(w->in.v[l])))
            w->job[l]->ok = verify_alone(w->job[l]);
    }
}

static void
flush(struct waiting *w)
{
    if (w->n >= worth(w))
        verify_eight(w);
    else
        for (size_t l = 0; l < w->n; l++)
            w->job[l]->ok = verify_alone(w->job[l]);
    for (size_t l = 0; l < w->n; l++)
        hf_sm2_cache_put(w->in.table[l]);
    w->n = 0;
}

/* Put a job where it belongs; one whose numbers are out of range is answered at once. */
static void
enqueue(struct waiting kind[2], struct hf_sm2_verify_job *job)
{
    uint64_t               r[4], s[4], t[4];
    const struct sm2_comb *table;
    struct waiting        *w;

    job->ok = false;
    if (!hf_sm2_sig_scalars(&job->sig, r, s, t))
        return;
    table = hf_sm2_cache_get(job->pub);
    w = &kind[table != NULL];
    w->job[w->n] = job;
    w->in.table[w->n] = table;
    w->in.point[w->n] = (const struct sm2_aff *)(const void *)job->pub->in;
    memcpy(w->in.s[w->n], s, sizeof(s));
    memcpy(w->in.t[w->n], t, sizeof(t));
    hf_sm2_sig_target(r, job->e, w->in.v[w->n]);
    if (++w->n == 8)
        flush(w);
}

static void
verify_wide(struct hf_sm2_verify_job *jobs, size_t n)
{
    struct waiting kind[2];

    memset(kind, 0, sizeof(kind));
    kind[1].in.tables = true;
    for (size_t i = 0; i < n; i++)
        enqueue(kind, &jobs[i]);
    flush(&kind[0]);
    flush(&kind[1]);
}

bool
hf_sm2_verify_batch(struct hf_sm2_verify_job *jobs, size_t n)
{
    bool all = true;

    if (n > 1 && hf_sm2_x8_here())
        verify_wide(jobs, n);
    else
        for (size_t i = 0; i < n; i++)
            jobs[i].ok = verify_alone(&jobs[i]);
    for (size_t i = 0; i < n; i++)
        all &= jobs[i].ok;
    return all;
}
