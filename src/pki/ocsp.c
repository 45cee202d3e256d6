#include "pki/ocsp.h"

#include <string.h>

#include "base/conf.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "pki/cert.h"
#include "pki/ocsp_served.h"

static const char sql_state[] =
    "SELECT state, reason, changed_ms, ca_id FROM cert WHERE serial = $1";

/* One request on its way to an answer. */
struct question {
    struct hf_bytes                 der;
    struct hf_ocsp_request          request;
    const struct hf_ocsp_authority *authority;
    struct hf_ocsp_answer           answer[HF_OCSP_ASKED_MAX];
    size_t                          n;
    char                            serial[41]; /* of the first, hexadecimal */
    bool                            keep;       /* the answer may serve others */
    struct hf_wr                    data, sig;
    enum hf_ocsp_outcome            outcome;
    enum hf_rc                      rc;
};

struct batch {
    const struct hf_env   *env;
    struct hf_ocsp_served *served;
    struct hf_ocsp_cache  *cache;
    struct hf_arena        arena;
    int64_t                now_ms;
    uint64_t               epoch;
};

static void
give_up(struct question *q, enum hf_ocsp_outcome outcome, enum hf_rc rc)
{
    q->outcome = outcome;
    q->rc = rc;
}

/* -- What is asked ------------------------------------------------------------------------------
 */

/* RFC 9654 2.1: an empty nonce or one beyond 128 octets is malformed; up to 32 are copied. */
static bool
nonce_wrong(const struct hf_ocsp_request *r)
{
    return r->has_nonce && (r->nonce.n == 0 || r->nonce.n > 128);
}

/* Nothing but one CertID in its plainest form: then equal octets mean equal answers. */
static bool
is_plain(const struct question *q)
{
    struct hf_wr w = hf_wr(4096);
    bool         plain = false;

    if (q->n == 1 && !q->request.has_nonce) {
        hf_ocsp_put_request(&w, &q->answer[0].id, 1, hf_bytes(NULL, 0));
        plain = w.rc == HF_OK && hf_bytes_eq(hf_wr_bytes(&w), q->der);
    }
    hf_wr_clear(&w);
    return plain;
}

static void
read_request(struct batch *b, struct question *q)
{
    struct hf_rd      r;
    struct hf_ocsp_id id;
    enum hf_rc        rc = hf_ocsp_request_read(q->der, &q->request);

    if (rc != HF_OK) {
        give_up(q, HF_OCSP_MALFORMED, rc);
        return;
    }
    if (q->request.count > HF_OCSP_ASKED_MAX || nonce_wrong(&q->request) ||
        q->request.unknown_critical.n != 0) {
        give_up(q, HF_OCSP_MALFORMED,
                hf_fail(HF_E_FORMAT,
                        "OCSP request: more than %d certificates, an impossible nonce or "
                        "an unknown critical extension",
                        HF_OCSP_ASKED_MAX));
        return;
    }
    r = hf_rd(q->request.list);
    while (hf_ocsp_id_next(&r, &id)) {
        const struct hf_ocsp_authority *s = hf_ocsp_find(b->served, &id);
        struct hf_bytes                 serial = hf_der_magnitude(id.serial);

        if (s == NULL || (q->authority != NULL && s != q->authority)) {
            /* RFC 6960 2.3: not ours to answer, or not all by one signer */
            give_up(q, HF_OCSP_UNAUTHORIZED,
                    hf_fail(HF_E_ABSENT, "OCSP request: authority not served"));
            return;
        }
        q->authority = s;
        if (q->n == 0 && serial.n <= 20)
            hf_hex(serial, q->serial);
        q->answer[q->n++] = (struct hf_ocsp_answer){ .id = id.raw, .status = HF_OCSP_UNKNOWN };
    }
}

/* -- What the store says ----------------------------------------------------------------------- */

static enum hf_rc
look_up(struct batch *b, struct hf_db *db, struct question *q, struct hf_bytes serial,
        struct hf_ocsp_answer *out, bool *known)
{
    struct hf_query query = hf_query(db, sql_state);
    int64_t         state = 0, reason = 0, changed_ms = 0, ca_id = 0;

    *known = false;
    hf_bind_text(&query, hf_hex_arena(&b->arena, serial));
    if (hf_step(&query)) {
        state = hf_col_int(&query);
        reason = hf_col_int(&query);
        changed_ms = hf_col_int(&query);
        ca_id = hf_col_int(&query);
        *known = ca_id == q->authority->ca_id;
    }
    if (*known && state == HF_CERT_ACTIVE) {
        out->status = HF_OCSP_GOOD;
    } else if (*known) {
        out->status = HF_OCSP_REVOKED; /* suspended is revoked with certificateHold */
        out->revoked_at = changed_ms / 1000;
        out->reason = (int)reason;
    }
    return hf_query_end(&query);
}

static void
look_up_all(struct batch *b, struct hf_db *db, struct question *q)
{
    struct hf_rd      r = hf_rd(q->request.list);
    struct hf_ocsp_id id;
    int64_t           now_s = b->now_ms / 1000, next_s, end_s = q->authority->signer_end_ms / 1000;
    bool              known = false;

    next_s = now_s + hf_conf_int(b->env->conf, "ocsp_life_s");
    if (next_s > end_s)
        next_s = end_s; /* an answer does not outlive its signer */
    for (size_t i = 0; i < q->n && hf_ocsp_id_next(&r, &id); i++) {
        struct hf_bytes serial = hf_der_magnitude(id.serial);

        q->answer[i].reason = -1;
        q->answer[i].this_update = now_s;
        q->answer[i].next_update = next_s;
        if (serial.n > 20)
            continue; /* no certificate has such a number: unknown */
        if ((q->rc = look_up(b, db, q, serial, &q->answer[i], &known)) != HF_OK) {
            give_up(q, HF_OCSP_LATER, q->rc);
            return;
        }
    }
    q->keep = known && is_plain(q);
}

/* -- Signatures -------------------------------------------------------------------------------- */

static void
build_data(struct batch *b, struct question *q)
{
    struct hf_ocsp_head head = { .by_key = hf_bytes(q->authority->by_key, 20),
                                 .produced_at = b->now_ms / 1000 };

    if (q->request.has_nonce && q->request.nonce.n <= 32)
        head.nonce = q->request.nonce;
    hf_ocsp_put_data(&q->data, &head, q->answer, q->n);
    if (q->data.rc != HF_OK)
        give_up(q, HF_OCSP_INTERNAL, q->data.rc);
}

/* All questions of one signer in one message to `keys`. */
static void
sign_for(struct batch *b, const struct hf_ocsp_authority *s, struct question *q, size_t n)
{
    struct hf_bytes *message = hf_arena_get(&b->arena, n * sizeof(*message));
    struct hf_wr    *sig = hf_arena_get(&b->arena, n * sizeof(*sig));
    size_t           m = 0;
    enum hf_rc       rc;

    for (size_t i = 0; i < n; i++) {
        if (q[i].outcome != HF_OCSP_SUCCESS || q[i].authority != s)
            continue;
        message[m] = hf_wr_bytes(&q[i].data);
        sig[m++] = hf_wr(2048);
    }
    if (m == 0)
        return;
    rc = hf_keys_sign(b->env->keys, s->key_id, message, m, sig);
    m = 0;
    for (size_t i = 0; i < n; i++) {
        if (q[i].outcome != HF_OCSP_SUCCESS || q[i].authority != s)
            continue;
        q[i].sig = sig[m++]; /* handed over */
        if (rc != HF_OK)
            give_up(&q[i], HF_OCSP_LATER, rc);
    }
}

/* -- The answer -------------------------------------------------------------------------------- */

static void
describe(const struct question *q, struct hf_bytes answer, struct hf_ocsp_reply *reply)
{
    uint8_t digest[32];

    memset(reply, 0, sizeof(*reply));
    if (!q->keep || hf_digest(HF_DIGEST_SHA256, &answer, 1, digest) != HF_OK)
        return;
    hf_hex(hf_bytes(digest, 16), reply->etag);
    reply->this_update_ms = q->answer[0].this_update * 1000;
    reply->next_update_ms = q->answer[0].next_update * 1000;
}

static void
finish(struct batch *b, struct question *q, struct hf_ocsp_reply *reply, struct hf_wr *out)
{
    size_t          mark = out->n;
    struct hf_bytes answer;

    memset(reply, 0, sizeof(*reply));
    if (q->outcome != HF_OCSP_SUCCESS) {
        hf_wr_put(out, hf_ocsp_error(q->outcome));
        return;
    }
    hf_ocsp_put_response(out, hf_wr_bytes(&q->data), hf_alg_signature_id(q->authority->alg),
                         hf_wr_bytes(&q->sig), &q->authority->signer, 1);
    if (out->rc != HF_OK) {
        q->rc = out->rc;
        return;
    }
    answer = hf_bytes(out->p + mark, out->n - mark);
    describe(q, answer, reply);
    if (q->keep && b->cache != NULL && reply->next_update_ms != 0)
        (void)hf_ocsp_cache_put(b->cache, b->epoch, q->der, q->serial, reply, answer);
}

static void
answer_all(struct batch *b, struct question *q, size_t n)
{
    struct hf_db *db = hf_store_reader(b->env->store);

    for (size_t i = 0; i < n; i++) {
        read_request(b, &q[i]);
        if (q[i].outcome != HF_OCSP_SUCCESS)
            continue;
        if (db == NULL)
            give_up(&q[i], HF_OCSP_LATER, HF_E_STORE);
        else
            look_up_all(b, db, &q[i]);
        if (q[i].outcome == HF_OCSP_SUCCESS)
            build_data(b, &q[i]);
    }
    for (size_t s = 0; s < b->served->n; s++)
        sign_for(b, &b->served->authority[s], q, n);
}

enum hf_rc
hf_ocsp_make(const struct hf_env *env, struct hf_ocsp_served *served, struct hf_ocsp_cache *cache,
             const struct hf_bytes *request, size_t n, int64_t now_ms, struct hf_ocsp_reply *reply,
             struct hf_wr *const *out)
{
    struct batch     b = { .env = env, .served = served, .cache = cache, .now_ms = now_ms };
    struct question *q = hf_arena_get(&b.arena, n * sizeof(*q));
    enum hf_rc       rc = HF_OK;

    /* before the store is read: a change after this moment makes the answers unfit for the cache */
    b.epoch = cache == NULL ? 0 : hf_ocsp_cache_epoch(cache);
    for (size_t i = 0; i < n; i++)
        q[i] = (struct question){ .der = request[i], .data = hf_wr(64 << 10), .sig = hf_wr(0) };
    answer_all(&b, q, n);
    for (size_t i = 0; i < n; i++) {
        finish(&b, &q[i], &reply[i], out[i]);
        if (rc == HF_OK || hf_rc_class(q[i].rc) > hf_rc_class(rc))
            rc = q[i].rc;
        hf_wr_clear(&q[i].data);
        hf_wr_clear(&q[i].sig);
    }
    hf_arena_clear(&b.arena);
    return rc;
}
