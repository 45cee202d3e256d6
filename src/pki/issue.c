#include "pki/issue.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "audit/act.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "pki/lint.h"
#include "pki/cert.h"

#define DAY_MS INT64_C(86400000)

static const char sql_compromised[] =
    "SELECT 1 FROM cert WHERE spki = $1 AND state = 2 AND reason = 1 LIMIT 1";
/* the first holders of a key tell whose it is; those after them were held against these */
static const char sql_holders[] = "SELECT subject FROM cert WHERE spki = $1 LIMIT 16";
static const char sql_insert[] =
    "INSERT INTO cert (id, serial, ca_id, profile, subject, san, person, alg, request_sig, state, "
    "reason, not_before_ms, not_after_ms, issued_ms, changed_ms, fingerprint, spki) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10, $11, $12, 0, $13, $14)";
static const char sql_insert_words[] =
    "INSERT INTO cert_words (id, words) VALUES ($1, lower($2) || ' ' || $3 || ' ' || $4)";
static const char sql_insert_der[] = "INSERT INTO cert_der (id, der) VALUES ($1, $2)";

static int
by_octets(const void *a, const void *b)
{
    return memcmp(a, b, HF_SERIAL_OCTETS);
}

void
hf_serials_draw(uint8_t (*out)[HF_SERIAL_OCTETS], size_t n)
{
    hf_random(out, n * HF_SERIAL_OCTETS);
    for (size_t i = 0; i < n; i++)
        out[i][0] = (uint8_t)((out[i][0] & 0x7f) | 0x40); /* positive, and all equally long */
    qsort(out, n, HF_SERIAL_OCTETS, by_octets);
}

int64_t
hf_cert_id_make(int64_t now_ms)
{
    static _Atomic uint32_t counter;
    static atomic_bool      started;
    uint32_t                start;

    /* processes and nodes start at different places, so that their numbers do not meet */
    if (!atomic_exchange(&started, true)) {
        hf_random(&start, sizeof(start));
        atomic_fetch_add(&counter, start);
    }
    return (now_ms << 20) | (atomic_fetch_add(&counter, 1) & 0xfffff);
}

/* -- Signing -------------------------------------------------------------------------- */

static enum hf_rc
set_validity(const struct hf_ca *ca, struct hf_draft *d, int64_t now_ms)
{
    const struct hf_profile *p = d->profile;
    int64_t                  days = d->days == 0 ? p->days : d->days;

    if (days < 1 || days > p->max_days)
        return hf_fail_field(HF_E_POLICY, "days", "%lld days: profile %s allows 1 to %lld",
                             (long long)days, p->name, (long long)p->max_days);
    d->issued_ms = now_ms;
    d->not_before_ms = now_ms / 1000 * 1000;
    d->not_after_ms = d->not_before_ms + days * DAY_MS;
    d->cut = ca->der.n != 0 && d->not_after_ms > ca->not_after_ms;
    if (d->cut && p->refuse_beyond)
        return hf_fail_field(HF_E_POLICY, "days", "ends after its authority %s", ca->name);
    if (d->cut)
        d->not_after_ms = ca->not_after_ms;
    return HF_OK;
}

static enum hf_rc
check_authority(const struct hf_ca *ca, int64_t now_ms)
{
    if (strcmp(ca->state, "active") != 0)
        return hf_fail_field(HF_E_STATE, "ca", "authority %s is %s", ca->name, ca->state);
    if (ca->der.n != 0 && (now_ms < ca->not_before_ms || now_ms >= ca->not_after_ms))
        return hf_fail_field(HF_E_STATE, "ca", "authority %s is outside its validity", ca->name);
    return HF_OK;
}

static enum hf_rc
prepare(const struct hf_ca *ca, const char *url, struct hf_draft *d, int64_t now_ms,
        struct hf_bytes serial, struct hf_arena *a)
{
    enum hf_rc rc;

    hf_hex(serial, d->serial);
    d->id = hf_cert_id_make(now_ms);
    if ((rc = set_validity(ca, d, now_ms)) != HF_OK ||
        (rc = hf_issue_template(ca, url, d, a)) != HF_OK || (rc = hf_lint(d->tbs, ca)) != HF_OK)
        return rc;
    return hf_digest(HF_DIGEST_SHA256, &d->request->spki, 1, d->spki);
}

static enum hf_rc
assemble(const struct hf_ca *ca, struct hf_draft *d, struct hf_bytes sig, struct hf_arena *a)
{
    struct hf_wr w = hf_wr(512 << 10);
    enum hf_rc   rc;

    hf_der_put_signed(&w, d->tbs, hf_alg_signature_id(ca->alg), sig);
    if ((rc = hf_wr_end(&w, &d->der)) == HF_OK) {
        d->der = hf_arena_bytes(a, d->der);
        rc = hf_digest(HF_DIGEST_SHA256, &d->der, 1, d->fingerprint);
    }
    hf_wr_clear(&w);
    return rc;
}

enum hf_rc
hf_issue_sign(const struct hf_env *env, const struct hf_ca *ca, struct hf_draft *draft, size_t n,
              int64_t now_ms, struct hf_arena *a)
{
    const char      *url = hf_pki_base_url(env->conf, a);
    struct hf_bytes *message = hf_arena_get(a, n * sizeof(*message));
    struct hf_wr    *sig = hf_arena_get(a, n * sizeof(*sig));
    uint8_t (*serial)[HF_SERIAL_OCTETS] = hf_arena_get(a, n * HF_SERIAL_OCTETS);
    enum hf_rc       rc = check_authority(ca, now_ms);

    hf_serials_draw(serial, n);
    for (size_t i = 0; i < n; i++)
        sig[i] = hf_wr(2048);
    for (size_t i = 0; rc == HF_OK && i < n; i++) {
        rc = prepare(ca, url, &draft[i], now_ms, hf_bytes(serial[i], HF_SERIAL_OCTETS), a);
        message[i] = draft[i].tbs;
    }
    if (rc == HF_OK)
        rc = hf_keys_sign(env->keys, ca->key_id, message, n, sig);
    for (size_t i = 0; i < n; i++) {
        if (rc == HF_OK)
            rc = assemble(ca, &draft[i], hf_wr_bytes(&sig[i]), a);
        hf_wr_clear(&sig[i]);
    }
    return rc;
}

/* -- Recording -------------------------------------------------------------------------- */

static enum hf_rc
is_compromised(struct hf_db *tx, struct hf_bytes spki, bool *out)
{
    struct hf_query q = hf_query(tx, sql_compromised);

    hf_bind_bytes(&q, spki);
    *out = hf_step(&q);
    return hf_query_end(&q);
}

/* Is there one, and is one of them somebody else? */
static enum hf_rc
find_holders(struct hf_db *tx, struct hf_bytes spki, const char *subject, bool *any, bool *foreign)
{
    struct hf_query q = hf_query(tx, sql_holders);
    struct hf_arena a = hf_arena();

    *any = *foreign = false;
    hf_bind_bytes(&q, spki);
    while (hf_step(&q)) {
        *any = true;
        *foreign |= strcmp(hf_col_text(&q, &a), subject) != 0;
    }
    hf_arena_clear(&a);
    return hf_query_end(&q);
}

/* Who else has this key? (section 10: a key already used by another subscriber) */
static enum hf_rc
check_key_use(struct hf_db *tx, const struct hf_draft *d)
{
    struct hf_bytes spki = hf_bytes(d->spki, sizeof(d->spki));
    bool            any, foreign, compromised = false;
    enum hf_rc      rc;

    if ((rc = find_holders(tx, spki, d->request->subject_text, &any, &foreign)) != HF_OK || !any)
        return rc;
    if ((rc = is_compromised(tx, spki, &compromised)) != HF_OK)
        return rc;
    if (compromised)
        return hf_fail_field(
            HF_E_POLICY, "csr",
            "its key is in a certificate revoked for keyCompromise: make a new one");
    if (foreign && !d->profile->shared_key)
        return hf_fail_field(HF_E_POLICY, "csr",
                             "its key is in a certificate of another subject: make a new one");
    return HF_OK;
}

static enum hf_rc
insert_row(struct hf_db *tx, const struct hf_ca *ca, const struct hf_draft *d, const char *san)
{
    struct hf_query q = hf_query(tx, sql_insert);
    enum hf_rc      rc;

    hf_bind_int(&q, d->id);
    hf_bind_text(&q, d->serial);
    hf_bind_int(&q, ca->id);
    hf_bind_text(&q, d->profile->name);
    hf_bind_text(&q, d->request->subject_text);
    hf_bind_text(&q, san);
    hf_bind_text(&q, d->person == NULL ? "" : d->person);
    hf_bind_text(&q, hf_alg_name(d->request->alg));
    hf_bind_text(&q, d->request->sig);
    hf_bind_int(&q, d->not_before_ms);
    hf_bind_int(&q, d->not_after_ms);
    hf_bind_int(&q, d->issued_ms);
    hf_bind_bytes(&q, hf_bytes(d->fingerprint, sizeof(d->fingerprint)));
    hf_bind_bytes(&q, hf_bytes(d->spki, sizeof(d->spki)));
    rc = hf_query_end(&q);
    return rc == HF_OK ? HF_OK : hf_because(rc, "certificate %s", d->serial);
}

/* The certificate's bytes and the words it is found by, kept apart from the row. */
static enum hf_rc
insert_beside(struct hf_db *tx, const struct hf_draft *d, const char *san)
{
    struct hf_query q = hf_query(tx, sql_insert_der);
    enum hf_rc      rc;

    hf_bind_int(&q, d->id);
    hf_bind_bytes(&q, d->der);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    q = hf_query(tx, sql_insert_words);
    hf_bind_int(&q, d->id);
    hf_bind_text(&q, d->request->subject_text);
    hf_bind_text(&q, san);
    hf_bind_text(&q, d->serial);
    return hf_query_end(&q);
}

enum hf_rc
hf_issue_insert(struct hf_db *tx, const struct hf_ca *ca, const struct hf_draft *d)
{
    struct hf_arena a = hf_arena();
    const char     *san = hf_sans_text(&d->request->sans, &a);
    enum hf_rc      rc;

    if ((rc = check_key_use(tx, d)) == HF_OK && (rc = insert_row(tx, ca, d, san)) == HF_OK)
        rc = insert_beside(tx, d, san);
    hf_arena_clear(&a);
    return rc;
}

struct batch {
    const struct hf_ca *ca;
    struct hf_draft    *draft;
    size_t              n;
};

static enum hf_rc
insert_batch(struct hf_db *tx, void *arg)
{
    struct batch *b = arg;
    enum hf_rc    rc = HF_OK;

    for (size_t i = 0; rc == HF_OK && i < b->n; i++)
        rc = hf_issue_insert(tx, b->ca, &b->draft[i]);
    return rc;
}

enum hf_rc
hf_issue_commit(struct hf_call *c, const struct hf_ca *ca, struct hf_draft *draft, size_t n)
{
    struct batch b = { ca, draft, n };

    return hf_act_commit(c, insert_batch, &b);
}

enum hf_rc
hf_pki_issue_batch(struct hf_call *c, const struct hf_ca *ca, struct hf_draft *draft, size_t n)
{
    enum hf_rc rc = hf_issue_sign(c->env, ca, draft, n, c->now_ms, c->arena);

    return rc == HF_OK ? hf_issue_commit(c, ca, draft, n) : rc;
}
