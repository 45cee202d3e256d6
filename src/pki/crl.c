#include "pki/crl.h"

#include <string.h>

#include "audit/act.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "pki/ca.h"
#include "wire/crl.h"
#include "wire/pem.h"

#define YEAR_S INT64_C(31536000)
#define ROOT_NOTICE_MS (INT64_C(30) * 86400000)

static const char sql_last[] = "SELECT number, this_update_ms, next_update_ms, der FROM crl "
                               "WHERE ca_id = $1 ORDER BY number DESC LIMIT 1";
static const char sql_state[] = "SELECT number, this_update_ms, next_update_ms, covers, entries "
                                "FROM crl WHERE ca_id = $1 ORDER BY number DESC LIMIT 1";
static const char sql_entries[] =
    "SELECT serial, changed_ms, reason FROM cert "
    "WHERE ca_id = $1 AND state <> 0 AND not_after_ms >= $2 ORDER BY id";
static const char sql_advance[] = "UPDATE ca SET crl_number = $1 WHERE id = $2 AND crl_number = $3";
static const char sql_insert[] =
    "INSERT INTO crl (ca_id, number, this_update_ms, next_update_ms, covers, entries, der) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7)";
static const char sql_forget[] = "DELETE FROM crl WHERE ca_id = $1 AND number < $2";

/* What is known of the last list without its bytes; number 0: there is none. */
struct last {
    int64_t number, this_update_ms, next_update_ms, covers, entries;
};

/* A list that is being made. */
struct list {
    const struct hf_ca *ca;
    struct last         last;
    int64_t             number, this_update_ms, next_update_ms, covers, entries;
    struct hf_wr        der;
    struct hf_call     *call; /* of an operation, whose audit record is enough; NULL: a duty */
};

static enum hf_rc
read_last(struct hf_db *db, int64_t ca_id, struct last *out)
{
    struct hf_query q = hf_query(db, sql_state);

    memset(out, 0, sizeof(*out));
    hf_bind_int(&q, ca_id);
    if (hf_step(&q)) {
        out->number = hf_col_int(&q);
        out->this_update_ms = hf_col_int(&q);
        out->next_update_ms = hf_col_int(&q);
        out->covers = hf_col_int(&q);
        out->entries = hf_col_int(&q);
    }
    return hf_query_end(&q);
}

enum hf_rc
hf_crl_last(struct hf_db *db, const char *name, struct hf_arena *a, struct hf_crl_stored *out)
{
    struct hf_ca    ca;
    struct hf_query q;
    bool            found;
    enum hf_rc      rc;

    memset(out, 0, sizeof(*out));
    if ((rc = hf_ca_get(db, name, a, &ca)) != HF_OK)
        return rc;
    q = hf_query(db, sql_last);
    hf_bind_int(&q, ca.id);
    if ((found = hf_step(&q))) {
        out->number = hf_col_int(&q);
        out->this_update_ms = hf_col_int(&q);
        out->next_update_ms = hf_col_int(&q);
        out->der = hf_col_bytes(&q, a);
    }
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    return found ? HF_OK : hf_fail_field(HF_E_ABSENT, "ca", "%s has issued no CRL yet", name);
}

/* -- Building ------------------------------------------------------------------------------- */

/*
 * Everything revoked or suspended. What has expired stays for one list: it is
 * in unless it had expired before the list before this one was made.
 */
static enum hf_rc
put_entries(struct hf_db *db, struct list *l, struct hf_wr *tbs)
{
    struct hf_query q = hf_query(db, sql_entries);
    struct hf_arena a = hf_arena();
    struct hf_wr    serial = hf_wr(32);
    enum hf_rc      rc = HF_OK;

    hf_bind_int(&q, l->ca->id);
    hf_bind_int(&q, l->last.this_update_ms);
    while (rc == HF_OK && hf_step(&q)) {
        const char *text = hf_col_text(&q, &a);
        int64_t     at_ms = hf_col_int(&q), reason = hf_col_int(&q);

        hf_wr_cut(&serial, 0);
        if ((rc = hf_unhex(text, &serial)) == HF_OK)
            hf_crl_put(tbs, hf_wr_bytes(&serial), at_ms / 1000, (int)reason, -1);
        hf_arena_reset(&a);
        l->entries++;
    }
    if (rc == HF_OK)
        rc = hf_query_end(&q);
    else
        hf_query_drop(&q);
    hf_wr_clear(&serial);
    hf_arena_clear(&a);
    return rc;
}

static void
put_extensions(const struct list *l, struct hf_wr *exts)
{
    uint8_t number[8];

    for (int i = 0; i < 8; i++)
        number[i] = (uint8_t)(l->number >> (56 - 8 * i));
    hf_ext_put_aki(exts, l->ca->cert.x.ski); /* RFC 5280 5.2.1 */
    hf_ext_put_crl_number(exts, hf_bytes(number, sizeof(number)));
}

static enum hf_rc
sign_list(const struct hf_env *env, struct list *l, struct hf_wr *tbs)
{
    struct hf_wr    sig = hf_wr(2048);
    struct hf_bytes message;
    enum hf_rc      rc = hf_wr_end(tbs, &message);

    if (rc == HF_OK)
        rc = hf_keys_sign(env->keys, l->ca->key_id, &message, 1, &sig);
    if (rc == HF_OK) {
        hf_der_put_signed(&l->der, message, hf_alg_signature_id(l->ca->alg), hf_wr_bytes(&sig));
        rc = l->der.rc;
    }
    hf_wr_clear(&sig);
    return rc;
}

static enum hf_rc
build(const struct hf_env *env, struct hf_db *db, struct list *l)
{
    struct hf_wr        tbs = hf_wr(HF_CRL_MAX), exts = hf_wr(1024);
    struct hf_crl_head  head = { .sig_alg = hf_alg_signature_id(l->ca->alg),
                                 .issuer = l->ca->cert.subject,
                                 .this_update = l->this_update_ms / 1000,
                                 .next_update = l->next_update_ms / 1000 };
    struct hf_crl_marks marks = hf_crl_begin(&tbs, &head);
    enum hf_rc          rc = put_entries(db, l, &tbs);

    if (rc == HF_OK) {
        put_extensions(l, &exts);
        hf_crl_end(&tbs, &marks, hf_wr_bytes(&exts));
        rc = sign_list(env, l, &tbs);
    }
    hf_wr_clear(&exts);
    hf_wr_clear(&tbs);
    return rc;
}

/* -- Recording ------------------------------------------------------------------------------- */

static enum hf_rc
record_audit(struct hf_db *tx, const struct list *l)
{
    json_t *detail =
        json_pack("{s:I, s:I}", "number", (json_int_t)l->number, "entries", (json_int_t)l->entries);
    struct hf_event event = { .at_ms = l->this_update_ms,
                              .name = "crl.issued",
                              .result = "ok",
                              .object = l->ca->name,
                              .detail = detail };
    enum hf_rc      rc = hf_audit_put(tx, &event);

    json_decref(detail);
    return rc;
}

/* The number rises here: whoever comes second finds it taken and changes nothing. */
static enum hf_rc
record(struct hf_db *tx, void *arg)
{
    struct list    *l = arg;
    struct hf_query q = hf_query(tx, sql_advance);
    enum hf_rc      rc;

    hf_bind_int(&q, l->number);
    hf_bind_int(&q, l->ca->id);
    hf_bind_int(&q, l->last.number);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    if (q.changed != 1)
        return hf_fail(HF_E_STATE, "CRL number %lld of %s is taken", (long long)l->number,
                       l->ca->name);
    q = hf_query(tx, sql_insert);
    hf_bind_int(&q, l->ca->id);
    hf_bind_int(&q, l->number);
    hf_bind_int(&q, l->this_update_ms);
    hf_bind_int(&q, l->next_update_ms);
    hf_bind_int(&q, l->covers);
    hf_bind_int(&q, l->entries);
    hf_bind_bytes(&q, hf_wr_bytes(&l->der));
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    q = hf_query(tx, sql_forget);
    hf_bind_int(&q, l->ca->id);
    hf_bind_int(&q, l->last.number);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    if (l->call == NULL && (rc = record_audit(tx, l)) != HF_OK)
        return rc;
    return hf_change_bump(tx, "crl");
}

static int64_t
life_of(const struct hf_env *env, const struct hf_ca *ca, int64_t life_s)
{
    if (life_s > 0)
        return life_s;
    return strcmp(ca->role, "root") == 0 ? YEAR_S : hf_conf_int(env->conf, "crl_life_s");
}

/* The reply and the audit record of an operation. */
static void
tell(struct hf_call *c, const struct list *l)
{
    struct hf_wr pem = hf_wr(HF_CRL_MAX);

    hf_pem_put(&pem, HF_PEM_CRL, hf_wr_bytes(&l->der));
    hf_reply_text(c, "ca", l->ca->name);
    hf_reply_int(c, "number", l->number);
    hf_reply_time(c, "this_update", l->this_update_ms);
    hf_reply_time(c, "next_update", l->next_update_ms);
    hf_reply_int(c, "entries", l->entries);
    hf_reply_text(c, "pem", hf_arena_text(c->arena, hf_wr_bytes(&pem)));
    hf_wr_clear(&pem);
    c->object = hf_arena_str(c->arena, l->ca->name);
    json_object_set_new(c->detail, "number", json_integer(l->number));
    json_object_set_new(c->detail, "entries", json_integer(l->entries));
}

static enum hf_rc
commit(const struct hf_env *env, struct list *l)
{
    if (l->call == NULL)
        return hf_store_write(env->store, record, l);
    tell(l->call, l);
    return hf_act_commit(l->call, record, l);
}

static enum hf_rc
issue(const struct hf_env *env, struct hf_db *db, const struct hf_ca *ca, struct hf_call *call,
      int64_t now_ms, int64_t life_s, int64_t *number)
{
    struct list l = { .ca = ca, .der = hf_wr(HF_CRL_MAX), .call = call };
    char        topic[HF_CA_TOPIC];
    enum hf_rc  rc;

    /* the sequence first: what is revoked while the entries are read makes another list due */
    if ((rc = hf_change_read(db, hf_ca_topic(ca->id, topic), &l.covers)) == HF_OK)
        rc = read_last(db, ca->id, &l.last);
    l.number = l.last.number + 1;
    l.this_update_ms = now_ms / 1000 * 1000;
    l.next_update_ms = l.this_update_ms + life_of(env, ca, life_s) * 1000;
    if (l.next_update_ms > ca->not_after_ms)
        l.next_update_ms = ca->not_after_ms;
    if (rc == HF_OK && (rc = build(env, db, &l)) == HF_OK)
        rc = commit(env, &l);
    if (rc == HF_OK)
        hf_log(HF_INFO, "crl.issued", HF_F_STR("ca", ca->name), HF_F_INT("number", l.number),
               HF_F_INT("entries", l.entries));
    *number = l.number;
    hf_wr_clear(&l.der);
    return rc == HF_OK ? HF_OK : hf_because(rc, "CRL of %s", ca->name);
}

static enum hf_rc
issue_named(const struct hf_env *env, const char *name, struct hf_call *call, int64_t now_ms,
            int64_t life_s, int64_t *number)
{
    struct hf_db   *db = hf_store_reader(env->store);
    struct hf_arena a = hf_arena();
    struct hf_ca    ca;
    enum hf_rc      rc;

    *number = 0;
    if (db == NULL)
        return hf_because(HF_E_STORE, "CRL of %s", name);
    if ((rc = hf_ca_get(db, name, &a, &ca)) == HF_OK)
        rc = issue(env, db, &ca, call, now_ms, life_s, number);
    hf_arena_clear(&a);
    return rc;
}

enum hf_rc
hf_crl_issue(const struct hf_env *env, const char *name, int64_t now_ms, int64_t life_s,
             int64_t *number)
{
    return issue_named(env, name, NULL, now_ms, life_s, number);
}

enum hf_rc
hf_crl_issue_call(struct hf_call *c, const char *name, int64_t life_s)
{
    int64_t number;

    return issue_named(c->env, name, c, c->now_ms, life_s, &number);
}

/* -- The duty ---------------------------------------------------------------------------------- */

/*
 * Due is a list that does not exist, that is in the last quarter of its life,
 * or that lacks a revocation: then at least a second after the one before,
 * longer for long lists, so that a storm of revocations does not make one each.
 */
static bool
is_due(const struct last *last, int64_t sequence, int64_t now_ms)
{
    int64_t life_ms = last->next_update_ms - last->this_update_ms;
    int64_t gap_ms = 1000 + last->entries / 20;

    if (last->number == 0 || now_ms >= last->next_update_ms - life_ms / 4)
        return true;
    return sequence != last->covers &&
           (now_ms >= last->this_update_ms + gap_ms || now_ms < last->this_update_ms);
}

/* A root's list is issued by people (`ca crl`, with its key unlocked): remind them in time, once a
 * day. */
static enum hf_rc
watch_root(struct hf_db *db, const struct hf_ca *ca, int64_t now_ms)
{
    static _Atomic int64_t said_ms;
    struct last            last;
    enum hf_rc             rc = read_last(db, ca->id, &last);

    if (rc != HF_OK || now_ms < last.next_update_ms - ROOT_NOTICE_MS ||
        now_ms < said_ms + INT64_C(86400000))
        return rc;
    said_ms = now_ms;
    hf_log(HF_WARN, "crl.root-ending", HF_F_STR("ca", ca->name),
           HF_F_INT("days", (last.next_update_ms - now_ms) / 86400000));
    return HF_OK;
}

static enum hf_rc
step_one(const struct hf_env *env, struct hf_db *db, const struct hf_ca *ca, int64_t now_ms)
{
    struct last last;
    char        topic[HF_CA_TOPIC];
    int64_t     sequence, number;
    enum hf_rc  rc;

    if (strcmp(ca->state, "active") != 0 || now_ms >= ca->not_after_ms)
        return HF_OK;
    if (strcmp(ca->role, "root") == 0)
        return watch_root(db, ca, now_ms);
    if ((rc = read_last(db, ca->id, &last)) != HF_OK ||
        (rc = hf_change_read(db, hf_ca_topic(ca->id, topic), &sequence)) != HF_OK)
        return rc;
    if (!is_due(&last, sequence, now_ms))
        return HF_OK;
    rc = issue(env, db, ca, NULL, now_ms, 0, &number);
    return rc == HF_E_STATE ? HF_OK : rc; /* another node was faster */
}

enum hf_rc
hf_crl_step(const struct hf_env *env, int64_t now_ms)
{
    struct hf_db   *db = hf_store_reader(env->store);
    struct hf_arena a = hf_arena();
    struct hf_ca   *ca = hf_arena_get(&a, HF_CAS_MAX * sizeof(*ca));
    size_t          n = 0;
    enum hf_rc      first, rc;

    if (db == NULL) {
        hf_arena_clear(&a);
        return hf_because(HF_E_STORE, "CRLs");
    }
    first = hf_ca_list(db, &a, ca, &n);
    for (size_t i = 0; i < n; i++) {
        if ((rc = step_one(env, db, &ca[i], now_ms)) == HF_OK)
            continue;
        hf_log(HF_ERROR, "crl.failed", HF_F_STR("ca", ca[i].name), HF_F_REASON);
        if (first == HF_OK)
            first = rc;
    }
    hf_arena_clear(&a);
    return first;
}
