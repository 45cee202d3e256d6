/* Many operations in one call. */
#include <string.h>

#include <openssl/crypto.h>

#include "crypto/sm/sm2_int.h"

enum hf_rc
hf_sm2_key_generate_batch(struct hf_sm2_key *out, size_t n)
{
    enum hf_rc rc = HF_OK;

    for (size_t i = 0; i < n && rc == HF_OK; i++)
        rc = hf_sm2_key_generate(&out[i]);
    if (rc != HF_OK)
        OPENSSL_cleanse(out, n * sizeof(*out));
    return rc;
}

enum hf_rc
hf_sm2_sign_batch(struct hf_sm2_sign_job *jobs, size_t n)
{
    enum hf_rc rc = HF_OK;

    for (size_t i = 0; i < n && rc == HF_OK; i++)
        rc = hf_sm2_sign(jobs[i].key, jobs[i].e, &jobs[i].sig);
    for (size_t i = 0; i < n && rc != HF_OK; i++)
        memset(&jobs[i].sig, 0, sizeof(jobs[i].sig));
    return rc;
}

bool
hf_sm2_verify_batch(struct hf_sm2_verify_job *jobs, size_t n)
{
    bool all = true;

    for (size_t i = 0; i < n; i++) {
        jobs[i].ok = hf_sm2_verify(jobs[i].pub, jobs[i].e, &jobs[i].sig) == HF_OK;
        all &= jobs[i].ok;
    }
    return all;
}
