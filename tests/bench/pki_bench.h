/*
 * pki_bench.h - what the benches of certificates share: clocks, an institution, requests, batches.
 */
#ifndef HF_TESTS_BENCH_PKI_BENCH_H
#define HF_TESTS_BENCH_PKI_BENCH_H

#include "unit/env.h"

#include <stdlib.h>
#include <time.h>

#include "crypto/pkey.h"
#include "pki/bootstrap.h"
#include "pki/ca.h"
#include "pki/issue.h"
#include "wire/csr.h"
#include "wire/name.h"
#include "wire/ocsp.h"

#define BATCH 2048 /* requests checked, signed and recorded together; divides REQUESTS */

static inline double
seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline double
cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void
must(enum hf_rc rc, const char *what)
{
    if (rc == HF_OK)
        return;
    printf("%s: %s %s\n", what, hf_rc_name(rc), hf_reason());
    exit(1);
}

static inline void
found(struct t_env *e)
{
    struct hf_pki_bootstrap b = { .org = "Bench", .sm = true, .intl = true, .intl_alg = HF_ALG_P256,
                                  .server_names = "localhost", .actor = &e->admin, .now_ms = e->now_ms };
    struct hf_wr            spki = hf_wr(4096);

    must(hf_keys_generate(e->env.keys, "root-sm2", HF_ALG_SM2, &spki), "key");
    hf_wr_clear(&spki);
    must(hf_keys_generate(e->env.keys, "root-p256", HF_ALG_P256, &spki), "key");
    hf_wr_clear(&spki);
    must(hf_pki_bootstrap(&e->env, &b), "bootstrap");
}

#define REQUESTS 4096 /* of different keys: none of them is met often enough to get a table */

/* The request of key for CN=<name>, as DER in the arena. */
static inline struct hf_bytes
make_csr(struct t_env *e, struct hf_pkey *key, const char *name)
{
    struct hf_wr    subject = hf_wr(4096), info = hf_wr(4096), run = hf_wr(1024), der = hf_wr(8192);
    size_t          mark = hf_name_begin(&subject);
    struct hf_bytes message, out;
    struct hf_rd    sig;

    hf_name_put(&subject, HF_OID_CN, name);
    hf_der_end(&subject, mark);
    hf_csr_put_info(&info, hf_wr_bytes(&subject), hf_pkey_spki(key), hf_bytes(NULL, 0));
    message = hf_wr_bytes(&info);
    must(hf_pkey_sign(key, &message, 1, &run), "request");
    sig = hf_rd(hf_wr_bytes(&run));
    hf_der_put_signed(&der, message, hf_alg_signature_id(hf_pkey_alg(key)), hf_rd_run(&sig));
    out = hf_arena_bytes(&e->arena, hf_wr_bytes(&der));
    hf_wr_clear(&subject);
    hf_wr_clear(&info);
    hf_wr_clear(&run);
    hf_wr_clear(&der);
    return out;
}

/* REQUESTS of them, each of a key of its own. */
static inline struct hf_bytes *
make_csrs(struct t_env *e, enum hf_alg alg)
{
    struct hf_bytes *csr = hf_arena_get(&e->arena, REQUESTS * sizeof(*csr));
    struct hf_pkey  *key;

    for (size_t i = 0; i < REQUESTS; i++) {
        must(hf_pkey_generate(alg, &key), "key");
        csr[i] = make_csr(e, key, hf_arena_fmt(&e->arena, "somebody %zu", i));
        hf_pkey_free(key);
    }
    return csr;
}

struct insert {
    const struct hf_ca *ca;
    struct hf_draft    *draft;
    size_t              n;
};

static inline enum hf_rc
insert_all(struct hf_db *tx, void *arg)
{
    struct insert *in = arg;
    enum hf_rc     rc = HF_OK;

    for (size_t i = 0; rc == HF_OK && i < in->n; i++)
        rc = hf_issue_insert(tx, in->ca, &in->draft[i]);
    return rc;
}

/* Check each request, sign a vector, record: what a batch costs end to end without the API. */
static inline size_t
issue_for(struct t_env *e, const char *ca_name, const struct hf_bytes *csr, double limit_s, size_t most, bool varied)
{
    struct hf_profile *profile;
    struct hf_ca       ca;
    size_t             done = 0, bad;
    double             start = seconds();

    must(hf_profile_get(e->dir, "tls-client", &e->arena, &profile), "profile");
    must(hf_ca_get(hf_store_reader(e->env.store), ca_name, &e->arena, &ca), "authority");
    while (done < most && seconds() - start < limit_s) {
        struct hf_arena   a = hf_arena();
        struct hf_request *request = hf_arena_get(&a, BATCH * sizeof(*request));
        struct hf_draft   *draft = hf_arena_get(&a, BATCH * sizeof(*draft));
        struct insert      in = { &ca, draft, BATCH };

        must(hf_requests_check(&csr[done % REQUESTS], BATCH, profile, NULL, &a, request, &bad), "request");
        for (size_t i = 0; i < BATCH; i++) {
            draft[i] = (struct hf_draft){ .profile = profile, .request = &request[i], .person = "" };
            if (!varied)
                continue;
            /* 2000 names and 700 ends, so that searching has something to tell apart */
            request[i].subject_text = hf_arena_fmt(&a, "CN=host-%zu.example.com,O=Bank %zu", (done + i) % 2000, done + i);
            draft[i].days = (int64_t)(1 + (done + i) % 700);
        }
        must(hf_issue_sign(&e->env, &ca, draft, BATCH, hf_now_ms(), &a), "signing");
        for (size_t i = 0; i < BATCH; i++) { /* in the records all keys differ, as they would */
            uint64_t one = (done + i + 1) * UINT64_C(0x9e3779b97f4a7c15);

            memcpy(draft[i].spki, &one, sizeof(one));
        }
        must(hf_store_write(e->env.store, insert_all, &in), "recording");
        done += BATCH;
        hf_arena_clear(&a);
    }
    return done;
}

static inline struct hf_bytes
ocsp_request(struct t_env *e, const char *ca_name, const char *serial)
{
    struct hf_ca    ca;
    struct hf_rd    r, seq;
    struct hf_bytes bits, id;
    struct hf_wr    w = hf_wr(4096), out = hf_wr(4096), number = hf_wr(64);
    uint8_t         name_hash[20], key_hash[20];

    must(hf_ca_get(hf_store_reader(e->env.store), ca_name, &e->arena, &ca), "authority");
    r = hf_rd(ca.cert.spki);
    seq = hf_der_open(&r, HF_DER_SEQUENCE);
    (void)hf_der_raw(&seq, HF_DER_SEQUENCE);
    bits = hf_der_bits(&seq, NULL);
    must(hf_digest(HF_DIGEST_SHA1, &ca.cert.subject, 1, name_hash), "hash");
    must(hf_digest(HF_DIGEST_SHA1, &bits, 1, key_hash), "hash");
    must(hf_unhex(serial, &number), "serial");
    hf_ocsp_put_id(&w, HF_OID_SHA1, hf_bytes(name_hash, 20), hf_bytes(key_hash, 20), hf_wr_bytes(&number));
    id = hf_wr_bytes(&w);
    hf_ocsp_put_request(&out, &id, 1, hf_bytes(NULL, 0));
    id = hf_arena_bytes(&e->arena, hf_wr_bytes(&out));
    hf_wr_clear(&w);
    hf_wr_clear(&out);
    hf_wr_clear(&number);
    return id;
}

#endif
