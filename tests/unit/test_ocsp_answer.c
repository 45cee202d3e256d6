/* test_ocsp_answer.c - OCSP answers of our authorities: the cache, every kind of question, changes of state. */
#include "unit/env.h"

#include <time.h>

#include "pki/bootstrap.h"
#include "pki/ca.h"
#include "pki/issue.h"
#include "pki/lifecycle.h"
#include "pki/ocsp.h"
#include "pki/ocsp_cache.h"
#include "pki/responder.h"
#include "wire/ocsp.h"
#include "wire/name.h"

/* -- The cache alone ------------------------------------------------------------------------ */

static struct hf_ocsp_reply
good_from(int64_t from_ms)
{
    return (struct hf_ocsp_reply){ .this_update_ms = from_ms, .next_update_ms = from_ms + 1000 };
}

static bool
cached(struct hf_ocsp_cache *c, const char *request, int64_t now_ms, const char *want)
{
    struct hf_ocsp_reply reply;
    struct hf_wr         out = hf_wr(4096);
    bool                 found = hf_ocsp_cache_get(c, hf_bytes_str(request), now_ms, &reply, &out);

    if (found && want != NULL)
        T_BYTES(hf_wr_bytes(&out), hf_bytes_str(want));
    hf_wr_clear(&out);
    return found;
}

static void
the_cache_gives_back_and_forgets(void)
{
    struct hf_ocsp_cache *c;
    struct hf_ocsp_reply  reply = good_from(1000);
    struct hf_arena       a = hf_arena();
    struct hf_bytes       again[4];
    uint64_t              epoch;

    T_OK(hf_ocsp_cache_new(1 << 20, &c));
    epoch = hf_ocsp_cache_epoch(c);
    T_TRUE(hf_ocsp_cache_put(c, epoch, hf_bytes_str("q1"), "0a", &reply, hf_bytes_str("answer 1")));
    T_TRUE(hf_ocsp_cache_put(c, epoch, hf_bytes_str("q2"), "0a", &reply, hf_bytes_str("answer 2")));
    T_TRUE(hf_ocsp_cache_put(c, epoch, hf_bytes_str("q3"), "0b", &reply, hf_bytes_str("answer 3")));
    T_TRUE(hf_ocsp_cache_put(c, epoch, hf_bytes_str("q3"), "0b", &reply, hf_bytes_str("answer three")));
    T_EQ(hf_ocsp_cache_count(c), 3);
    T_TRUE(cached(c, "q1", 1500, "answer 1"));
    T_TRUE(cached(c, "q3", 1500, "answer three"));
    T_FALSE(cached(c, "q4", 1500, ""));
    T_EQ(hf_ocsp_cache_due(c, 1400, &a, again, 4), 0);
    T_EQ(hf_ocsp_cache_due(c, 1600, &a, again, 4), 2);
    T_EQ(hf_ocsp_cache_forget(c, "0a", &a, again, 4), 1); /* q2 was not asked for */
    T_BYTES(again[0], hf_bytes_str("q1"));
    T_FALSE(cached(c, "q1", 1500, ""));
    T_FALSE(hf_ocsp_cache_put(c, epoch, hf_bytes_str("q1"), "0a", &reply, hf_bytes_str("overtaken")));
    T_FALSE(cached(c, "q3", 2000, "")); /* past its end */
    T_EQ(hf_ocsp_cache_count(c), 0);
    hf_ocsp_cache_free(c);
    hf_arena_clear(&a);
}

static void
the_cache_keeps_within_its_memory(void)
{
    struct hf_ocsp_cache *c;
    struct hf_ocsp_reply  reply = good_from(0);
    char                  request[32], serial[32];
    static uint8_t        answer[900];

    T_OK(hf_ocsp_cache_new(1 << 20, &c));
    for (int i = 0; i < 5000; i++) {
        snprintf(request, sizeof(request), "request %d", i);
        snprintf(serial, sizeof(serial), "%08x", i);
        T_TRUE(hf_ocsp_cache_put(c, 0, hf_bytes_str(request), serial, &reply, hf_bytes(answer, sizeof(answer))));
        T_TRUE(hf_ocsp_cache_bytes(c) <= 1 << 20);
        if (i % 10 == 0) /* in use all the time: stays */
            T_TRUE(cached(c, "request 0", 1, NULL));
    }
    T_TRUE(hf_ocsp_cache_count(c) > 800 && hf_ocsp_cache_count(c) < 1100);
    T_FALSE(cached(c, "request 1", 1, ""));
    hf_ocsp_cache_free(c);
}

/* -- A small house -------------------------------------------------------------------------------- */

#define CERTS 4

struct house {
    struct t_env   *e;
    struct hf_ca    ca, other; /* issuing authorities: the suite under test, and a second one */
    struct hf_draft draft[CERTS];
    struct hf_profile *profile;
    struct hf_request  request;
};

static enum hf_rc
insert_all(struct hf_db *tx, void *arg)
{
    struct house *h = arg;
    enum hf_rc    rc = HF_OK;

    for (int i = 0; rc == HF_OK && i < CERTS; i++)
        rc = hf_issue_insert(tx, &h->ca, &h->draft[i]);
    return rc;
}

static void
build_house(struct house *h, struct t_env *e, const char *issuing)
{
    struct hf_pki_bootstrap b = { .org = "Test Bank", .sm = true, .intl = true, .intl_alg = HF_ALG_P256,
                                  .server_names = "localhost", .actor = &e->admin, .now_ms = e->now_ms };
    struct hf_wr            spki = hf_wr(4096), subject = hf_wr(4096);
    size_t                  mark;

    h->e = e;
    T_OK(hf_keys_generate(e->env.keys, "root-sm2", HF_ALG_SM2, &spki));
    hf_wr_clear(&spki);
    T_OK(hf_keys_generate(e->env.keys, "root-p256", HF_ALG_P256, &spki));
    hf_wr_clear(&spki);
    T_OK(hf_pki_bootstrap(&e->env, &b));
    T_OK(hf_ca_get(hf_store_reader(e->env.store), issuing, &e->arena, &h->ca));
    T_OK(hf_ca_get(hf_store_reader(e->env.store), strcmp(issuing, "issuing-sm2") == 0 ? "issuing-p256" : "issuing-sm2",
                   &e->arena, &h->other));
    T_OK(hf_profile_get(e->dir, "tls-client", &e->arena, &h->profile));
    T_OK(hf_keys_generate(e->env.keys, "somebody", HF_ALG_P256, &spki));
    mark = hf_name_begin(&subject);
    hf_name_put(&subject, HF_OID_CN, "somebody");
    hf_der_end(&subject, mark);
    h->request = (struct hf_request){ .subject = hf_arena_bytes(&e->arena, hf_wr_bytes(&subject)),
                                      .subject_text = "CN=somebody", .sig = "", .alg = HF_ALG_P256,
                                      .spki = hf_arena_bytes(&e->arena, hf_wr_bytes(&spki)) };
    hf_wr_clear(&spki);
    hf_wr_clear(&subject);
    for (int i = 0; i < CERTS; i++)
        h->draft[i] = (struct hf_draft){ .profile = h->profile, .request = &h->request, .person = "" };
    T_OK(hf_issue_sign(&e->env, &h->ca, h->draft, CERTS, e->now_ms, &e->arena));
    T_OK(hf_store_write(e->env.store, insert_all, h));
}

/* A CertID of our own making, so that every hash can be asked with. */
static struct hf_bytes
cert_id(struct house *h, const struct hf_ca *ca, enum hf_oid oid, enum hf_digest how, const char *serial)
{
    struct hf_rd    r = hf_rd(ca->cert.spki), seq = hf_der_open(&r, HF_DER_SEQUENCE);
    struct hf_bytes bits, name = ca->cert.subject, id;
    struct hf_wr    w = hf_wr(4096), number = hf_wr(64), magnitude = hf_wr(64);
    uint8_t         name_hash[HF_DIGEST_MAX], key_hash[HF_DIGEST_MAX];

    (void)hf_der_raw(&seq, HF_DER_SEQUENCE);
    bits = hf_der_bits(&seq, NULL);
    T_OK(hf_digest(how, &name, 1, name_hash));
    T_OK(hf_digest(how, &bits, 1, key_hash));
    T_OK(hf_unhex(serial, &magnitude));
    hf_ocsp_put_id(&w, oid, hf_bytes(name_hash, hf_digest_size(how)), hf_bytes(key_hash, hf_digest_size(how)),
                   hf_wr_bytes(&magnitude));
    id = hf_arena_bytes(&h->e->arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    hf_wr_clear(&number);
    hf_wr_clear(&magnitude);
    return id;
}

static struct hf_bytes
request_of(struct house *h, const struct hf_bytes *id, size_t n, struct hf_bytes nonce)
{
    struct hf_wr    w = hf_wr(64 << 10);
    struct hf_bytes der;

    hf_ocsp_put_request(&w, id, n, nonce);
    der = hf_arena_bytes(&h->e->arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return der;
}

/* Ask, and take the answer apart. The bytes live in the arena. */
static struct hf_ocsp_response
ask(struct house *h, struct hf_bytes request, struct hf_ocsp_reply *reply)
{
    struct hf_wr            w = hf_wr(1 << 20);
    struct hf_ocsp_response r;
    struct hf_bytes         der;

    (void)!hf_ocsp_answer(&h->e->env, request, h->e->now_ms, reply, &w);
    der = hf_arena_bytes(&h->e->arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    memset(&r, 0, sizeof(r));
    T_OK(hf_ocsp_response_read(der, &r));
    return r;
}

static struct hf_ocsp_single
first_of(const struct hf_ocsp_response *r)
{
    struct hf_rd          rd = hf_rd(r->singles);
    struct hf_ocsp_single s = { .status = HF_OCSP_UNKNOWN };

    T_TRUE(hf_ocsp_single_next(&rd, &s));
    return s;
}

struct change {
    const char        *serial;
    enum hf_cert_event event;
    int                reason;
    int64_t            now_ms;
};

static enum hf_rc
change_one(struct hf_db *tx, void *arg)
{
    struct change   *c = arg;
    struct hf_arena  a = hf_arena();
    struct hf_issued cert;
    enum hf_rc       rc = hf_cert_apply(tx, c->serial, c->event, c->reason, c->now_ms, &a, &cert);

    hf_arena_clear(&a);
    return rc;
}

static void
every_question_is_answered(struct t_env *e)
{
    static const struct {
        enum hf_oid    oid;
        enum hf_digest how;
    } hashes[] = { { HF_OID_SHA1, HF_DIGEST_SHA1 }, { HF_OID_SHA256, HF_DIGEST_SHA256 },
                   { HF_OID_SHA384, HF_DIGEST_SHA384 }, { HF_OID_SM3, HF_DIGEST_SM3 } };
    static const uint8_t    nonce[129] = { 1, 2, 3 };
    struct house           *h = hf_arena_get(&e->arena, sizeof(*h));
    struct hf_ocsp_response r;
    struct hf_ocsp_reply    reply;
    struct hf_bytes         id[12], request, none = { NULL, 0 };

    build_house(h, e, e->postgres ? "issuing-p256" : "issuing-sm2");
    for (size_t i = 0; i < HF_COUNT(hashes); i++) {
        id[0] = cert_id(h, &h->ca, hashes[i].oid, hashes[i].how, h->draft[0].serial);
        r = ask(h, request_of(h, id, 1, none), &reply);
        T_EQ(r.outcome, HF_OCSP_SUCCESS);
        T_EQ(first_of(&r).status, HF_OCSP_GOOD);
        T_BYTES(first_of(&r).id.raw, id[0]);
        T_TRUE(!r.has_nonce && reply.next_update_ms > e->now_ms && strlen(reply.etag) == 32);
    }
    /* nonces: copied, ignored, malformed */
    r = ask(h, request_of(h, id, 1, hf_bytes(nonce, 32)), &reply);
    T_TRUE(r.has_nonce && reply.next_update_ms == 0);
    T_BYTES(r.nonce, hf_bytes(nonce, 32));
    r = ask(h, request_of(h, id, 1, hf_bytes(nonce, 33)), &reply);
    T_TRUE(r.outcome == HF_OCSP_SUCCESS && !r.has_nonce);
    T_EQ(ask(h, request_of(h, id, 1, hf_bytes(nonce, 129)), &reply).outcome, HF_OCSP_MALFORMED);
    /* unknown serial; another authority's name; two authorities in one request; too many */
    id[1] = cert_id(h, &h->ca, HF_OID_SHA1, HF_DIGEST_SHA1, "4000000000000000000000000000aaaa");
    r = ask(h, request_of(h, id + 1, 1, none), &reply);
    T_EQ(first_of(&r).status, HF_OCSP_UNKNOWN);
    T_EQ(reply.next_update_ms, 0);
    id[2] = cert_id(h, &h->other, HF_OID_SHA1, HF_DIGEST_SHA1, h->draft[0].serial);
    r = ask(h, request_of(h, id + 2, 1, none), &reply);
    T_EQ(first_of(&r).status, HF_OCSP_UNKNOWN); /* served, but it never issued this number */
    T_EQ(ask(h, request_of(h, id + 1, 2, none), &reply).outcome, HF_OCSP_UNAUTHORIZED);
    for (int i = 0; i < 12; i++)
        id[i] = cert_id(h, &h->ca, HF_OID_SHA1, HF_DIGEST_SHA1, h->draft[i % CERTS].serial);
    r = ask(h, request_of(h, id, 10, none), &reply);
    T_TRUE(r.outcome == HF_OCSP_SUCCESS && r.count == 10 && reply.next_update_ms == 0);
    T_EQ(ask(h, request_of(h, id, 11, none), &reply).outcome, HF_OCSP_MALFORMED);
    {
        struct hf_ca stranger = h->ca;

        stranger.cert.subject = h->request.subject;
        id[0] = cert_id(h, &stranger, HF_OID_SHA256, HF_DIGEST_SHA256, "01");
        T_EQ(ask(h, request_of(h, id, 1, none), &reply).outcome, HF_OCSP_UNAUTHORIZED);
    }
    /* every truncation and every flipped bit of a good request gets a well-formed answer */
    id[0] = cert_id(h, &h->ca, HF_OID_SHA1, HF_DIGEST_SHA1, h->draft[0].serial);
    request = request_of(h, id, 1, none);
    for (size_t i = 0; i < request.n; i++) {
        uint8_t *copy = hf_arena_get(&e->arena, request.n);

        memcpy(copy, request.p, request.n);
        T_TRUE(ask(h, hf_bytes(copy, i), &reply).outcome == HF_OCSP_MALFORMED);
        copy[i] ^= (uint8_t)(1 << i % 8);
        (void)ask(h, hf_bytes(copy, request.n), &reply);
    }
}

static void
every_question_is_answered_on_both(void)
{
    t_on_both(every_question_is_answered);
}

/* Good, malformed and foreign ones in one question: each gets its own answer, signed by its own authority. */
static void
many_are_answered_together(struct t_env *e)
{
    struct house           *h = hf_arena_get(&e->arena, sizeof(*h));
    struct hf_bytes         request[40], id, none = { NULL, 0 };
    struct hf_ocsp_reply    reply[40];
    struct hf_wr            answer[40], *out[40];
    uint8_t                 nonce[40][8];
    struct hf_ocsp_response r;
    struct hf_ca            stranger;

    build_house(h, e, "issuing-sm2");
    stranger = h->ca;
    stranger.cert.subject = h->request.subject;
    for (int i = 0; i < 40; i++) {
        const struct hf_ca *ca = i % 4 == 1 ? &h->other : i % 4 == 3 ? &stranger : &h->ca;

        id = cert_id(h, ca, HF_OID_SHA1, HF_DIGEST_SHA1, h->draft[i % CERTS].serial);
        memset(nonce[i], i + 1, sizeof(nonce[i]));
        request[i] = i % 4 == 2 ? none : request_of(h, &id, 1, hf_bytes(nonce[i], sizeof(nonce[i])));
        answer[i] = hf_wr(1 << 20);
        out[i] = &answer[i];
    }
    T_RC(hf_ocsp_answer_many(&e->env, request, 40, e->now_ms, reply, out), HF_E_ABSENT);
    for (int i = 0; i < 40; i++) {
        T_OK(hf_ocsp_response_read(hf_wr_bytes(&answer[i]), &r));
        T_EQ(r.outcome, i % 4 == 2 ? HF_OCSP_MALFORMED : i % 4 == 3 ? HF_OCSP_UNAUTHORIZED : HF_OCSP_SUCCESS);
        if (i % 4 < 2) {
            T_BYTES(r.nonce, hf_bytes(nonce[i], sizeof(nonce[i])));
            T_EQ(first_of(&r).status, i % 4 == 0 ? HF_OCSP_GOOD : HF_OCSP_UNKNOWN);
        }
        hf_wr_clear(&answer[i]);
    }
}

static void
many_are_answered_together_on_both(void)
{
    t_on_both(many_are_answered_together);
}

static bool
in_cache(struct hf_bytes request, enum hf_ocsp_status *status)
{
    struct hf_wr            w = hf_wr(1 << 20);
    struct hf_ocsp_reply    reply;
    struct hf_ocsp_response r;
    bool                    found = hf_ocsp_cached(request, hf_now_ms(), &reply, &w);

    *status = HF_OCSP_UNKNOWN;
    if (found) {
        T_OK(hf_ocsp_response_read(hf_wr_bytes(&w), &r));
        *status = first_of(&r).status;
        T_TRUE(reply.next_update_ms > hf_now_ms());
    }
    hf_wr_clear(&w);
    return found;
}

/* Wait until the cache says `want`, at most a second. Gives the milliseconds it took, -1 if it did not. */
static int64_t
wait_for(struct hf_bytes request, enum hf_ocsp_status want)
{
    int64_t             start = hf_tick_ms();
    enum hf_ocsp_status status;
    struct timespec     pause = { 0, 5000000 };

    while (hf_tick_ms() < start + 1000) {
        if (in_cache(request, &status) && status == want)
            return hf_tick_ms() - start;
        nanosleep(&pause, NULL);
    }
    return -1;
}

static void
changes_reach_the_cache(struct t_env *e)
{
    struct house              *h = hf_arena_get(&e->arena, sizeof(*h));
    struct hf_bytes            id, request, none = { NULL, 0 };
    struct hf_ocsp_reply       reply;
    struct hf_ocsp_response    r;
    const struct hf_published *file;
    enum hf_ocsp_status        status;
    struct change              c;
    int64_t                    ms;

    build_house(h, e, "issuing-p256");
    T_OK(hf_responder_start(&e->env));
    T_TRUE((file = hf_published("/crl/issuing-p256.crl")) != NULL && strlen(file->etag) == 32);
    hf_published_free(file);
    T_TRUE((file = hf_published("/ca/root-sm2.cer")) != NULL);
    hf_published_free(file);
    T_TRUE(hf_published("/crl/nothing.crl") == NULL);

    id = cert_id(h, &h->ca, HF_OID_SHA1, HF_DIGEST_SHA1, h->draft[0].serial);
    request = request_of(h, &id, 1, none);
    T_FALSE(in_cache(request, &status));
    e->now_ms = hf_now_ms();
    r = ask(h, request, &reply);
    T_TRUE(in_cache(request, &status) && status == HF_OCSP_GOOD);
    (void)ask(h, request_of(h, &id, 1, hf_bytes("12345678", 8)), &reply); /* with a nonce: not kept */
    T_EQ(r.count, 1);

    /* as another process would do it: nobody tells the cache but the store */
    c = (struct change){ h->draft[0].serial, HF_CERT_SUSPEND, HF_REASON_HOLD, hf_now_ms() };
    T_OK(hf_store_write(e->env.store, change_one, &c));
    ms = wait_for(request, HF_OCSP_REVOKED);
    printf("  seen after %lld ms through the store\n", (long long)ms);
    T_TRUE(ms >= 0);

    /* in this process: at once */
    c = (struct change){ h->draft[0].serial, HF_CERT_RESUME, 0, hf_now_ms() };
    T_OK(hf_store_write(e->env.store, change_one, &c));
    hf_ocsp_forget(h->draft[0].serial);
    T_FALSE(in_cache(request, &status));
    T_EQ(ask(h, request, &reply).outcome, HF_OCSP_SUCCESS);
    T_TRUE(wait_for(request, HF_OCSP_GOOD) >= 0);
    hf_responder_stop();
    T_FALSE(in_cache(request, &status));
}

static void
changes_reach_the_cache_on_both(void)
{
    t_on_both(changes_reach_the_cache);
}

T_MAIN(T(the_cache_gives_back_and_forgets), T(the_cache_keeps_within_its_memory), T(every_question_is_answered_on_both),
       T(many_are_answered_together_on_both), T(changes_reach_the_cache_on_both))
