#include "serve/approval.h"

#include <stdlib.h>
#include <string.h>

#include "audit/act.h"
#include "base/conf.h"
#include "base/text.h"
#include "crypto/alg.h"
#include "identity/credential.h"
#include "identity/person.h"
#include "identity/role.h"
#include "serve/approval_row.h"
#include "serve/dispatch.h"
#include "serve/second.h"

/* -- Asking ---------------------------------------------------------------------------------- */

struct asking {
    struct hf_call *c;
    char            id[32];
    char           *args;
    int64_t         expires_at;
};

static enum hf_rc
insert(struct hf_db *tx, void *arg)
{
    static const char sql[] =
        "INSERT INTO approval (id, op, args, state, asker_kind, asker_id, asker_login, "
        "asker_unit, asker_strength, asker_may, asker_address, asked_at, expires_at) "
        "VALUES ($1, $2, $3, 'waiting', $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    struct asking         *s = arg;
    const struct hf_actor *actor = s->c->actor;
    struct hf_query        q = hf_query(tx, sql);

    hf_bind_text(&q, s->id);
    hf_bind_text(&q, s->c->op->name);
    hf_bind_text(&q, s->args);
    hf_bind_text(&q, actor->kind);
    hf_bind_int(&q, actor->id);
    hf_bind_text(&q, actor->login);
    hf_bind_text(&q, actor->unit);
    hf_bind_int(&q, actor->strength);
    hf_bind_int(&q, (int64_t)actor->may);
    hf_bind_text(&q, actor->address);
    hf_bind_int(&q, s->c->now_ms);
    hf_bind_int(&q, s->expires_at);
    return hf_query_end(&q);
}

/* Secrets are not written down to wait. */
static enum hf_rc
refuse_secrets(const struct hf_call *c)
{
    struct hf_arg arg[HF_OP_ARGS_MAX];
    size_t        n = hf_op_args(c->op, arg);

    for (size_t i = 0; i < n; i++)
        if (strcmp(arg[i].word, "secret") == 0 && json_object_get(c->args, arg[i].member) != NULL)
            return hf_fail_field(
                HF_E_STATE, arg[i].member,
                "is a secret: %s cannot wait for another person; see the setting `second`",
                c->op->name);
    return HF_OK;
}

/* 48 bits of time, 48 random ones: 24 hexadecimal digits that sort by time. */
static void
make_id(int64_t now_ms, char out[32])
{
    uint8_t b[12];

    for (int i = 0; i < 6; i++)
        b[i] = (uint8_t)(now_ms >> (40 - 8 * i));
    hf_random(b + 6, 6);
    hf_hex(hf_bytes(b, sizeof(b)), out);
}

enum hf_rc
hf_approval_ask(struct hf_call *c)
{
    const struct hf_op *op = c->op;
    struct hf_op        recorded = *op; /* the same operation, on record as asked for */
    struct asking       s = { .c = c };
    char                expires[HF_TIME_TEXT];
    enum hf_rc          rc;

    if ((rc = refuse_secrets(c)) != HF_OK)
        return rc;
    if ((s.args = json_dumps(c->args, JSON_COMPACT | JSON_SORT_KEYS)) == NULL)
        abort();
    make_id(c->now_ms, s.id);
    s.expires_at = c->now_ms + 1000 * hf_conf_int(c->env->conf, "pending_life_s");
    hf_reply_set(
        c, "pending",
        json_pack("{s:s, s:s}", "id", s.id, "expires", hf_time_text(s.expires_at, expires)));
    json_object_set_new(c->detail, "op", json_string(op->name));
    json_object_set(c->detail, "args", c->args);
    c->object = hf_arena_str(c->arena, s.id);
    recorded.audit = "approval.asked";
    c->op = &recorded;
    rc = hf_act_commit(c, insert, &s);
    c->op = op;
    free(s.args);
    return rc;
}

/* -- Deciding ---------------------------------------------------------------------------------- */

struct decision {
    const struct hf_approval *what;
    const struct hf_call     *by;
    const char               *state; /* that it goes into */
};

/* waiting -> state, once. */
static enum hf_rc
decide(struct hf_db *tx, const struct decision *d, const char *result)
{
    static const char sql[] = "UPDATE approval SET state = $1, decided_at = $2, decided_kind = $3, "
                              "decided_login = $4, note = $5, result = $6 "
                              "WHERE id = $7 AND state = 'waiting' AND expires_at > $8";
    const char       *note = hf_arg_text(d->by, "note");
    struct hf_query   q = hf_query(tx, sql);
    enum hf_rc        rc;

    hf_bind_text(&q, d->state);
    hf_bind_int(&q, d->by->now_ms);
    hf_bind_text(&q, d->by->actor->kind);
    hf_bind_text(&q, d->by->actor->login);
    hf_bind_text(&q, note == NULL ? "" : note);
    hf_bind_text(&q, result);
    hf_bind_text(&q, d->what->id);
    hf_bind_int(&q, d->by->now_ms);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    return q.changed == 1 ? HF_OK : hf_fail(HF_E_STATE, "%s is decided already", d->what->id);
}

/* In the transaction of the act: spend the approval, put the approver on record. */
static enum hf_rc
spend(struct hf_db *tx, struct hf_call *c)
{
    const struct decision *d = c->within_arg;
    bool                   secret = (c->op->flags & HF_OP_SECRET) != 0; /* is not kept */
    char                  *result = secret ? strdup("") : json_dumps(c->reply, JSON_COMPACT);
    struct hf_event        event = {
               .at_ms = d->by->now_ms,
               .name = d->by->op->audit,
               .result = "ok",
               .actor = d->by->actor,
               .object = d->what->id,
               .request_id = d->by->request_id,
               .detail = d->by->detail,
    };
    enum hf_rc rc;

    if (result == NULL)
        abort();
    rc = decide(tx, d, result);
    free(result);
    /* whoever confirms sees the password */
    /* who is shown the password, or has chosen the key */
    if (rc == HF_OK && (c->op->flags & HF_OP_CREDENTIAL) != 0)
        rc = hf_credential_given(tx, c, secret ? d->by->actor : c->actor);
    return rc != HF_OK ? rc : hf_audit_put(tx, &event);
}

static enum hf_rc
spend_alone(struct hf_db *tx, void *arg)
{
    return spend(tx, arg);
}

/* What the asker may do today: what he could when he asked, as far as his roles still say so. */
static enum hf_rc
refresh_asker(struct hf_call *c, struct hf_actor *asker)
{
    struct hf_db    *db = hf_store_reader(c->env->store);
    struct hf_person person;
    enum hf_rc       rc;

    if (strcmp(asker->kind, "person") != 0)
        return HF_OK;
    if (db == NULL)
        return HF_E_STORE;
    if ((rc = hf_person_find(db, asker->login, c->arena, &person)) != HF_OK)
        return rc;
    if (person.id != asker->id || strcmp(person.state, "active") != 0)
        return hf_fail(HF_E_DENIED, "%s, who asked for it, may not sign in any more", asker->login);
    asker->may &= hf_role_may(person.roles) | UINT64_C(1) << HF_MAY_SIGNED_IN;
    return HF_OK;
}

static enum hf_rc
check_approver(struct hf_call *c, const struct hf_approval *p, const struct hf_op *op)
{
    enum hf_rc rc = hf_second_independent(c, &p->asker, c->actor);

    if (rc != HF_OK)
        return rc;
    if (strcmp(p->state, "expired") == 0)
        return hf_fail(HF_E_EXPIRED, "%s has expired", p->id);
    if (strcmp(p->state, "waiting") != 0)
        return hf_fail(HF_E_STATE, "%s is decided already: %s", p->id, p->state);
    return hf_op_permitted(op, c->actor);
}

/* Run the operation as the asker's, confirmed by c's actor; the reply goes into c's. */
static enum hf_rc
run_for(struct hf_call *c, struct hf_approval *p, const struct hf_op *op)
{
    struct decision d = { p, c, "done" };
    struct hf_call  in = {
         .op = op,
         .env = c->env,
         .actor = &p->asker,
         .args = json_loads(p->args, 0, NULL),
         .arena = c->arena,
         .request_id = "",
         .approval = p->id,
         .now_ms = c->now_ms,
         .reply = json_object(),
         .detail = json_object(),
         .within = spend,
         .within_arg = &d,
         .ops = c->ops,
    };
    enum hf_rc rc;

    if (in.args == NULL || in.reply == NULL || in.detail == NULL) {
        rc = hf_fail(HF_E_BUG, "kept arguments of %s", p->id);
        goto out;
    }
    json_object_set_new(in.detail, "confirmed_by", json_string(c->actor->login));
    if ((rc = hf_op_permitted(op, &p->asker)) != HF_OK ||
        (rc = hf_op_check(op, in.args)) != HF_OK || (rc = hf_second_reach(&in)) != HF_OK ||
        (rc = op->run(&in)) != HF_OK)
        goto out;
    if (!in.committed && (rc = hf_store_write(c->env->store, spend_alone, &in)) != HF_OK)
        goto out;
    c->committed = true;
    hf_reply_set(c, "result", json_incref(in.reply));
out:
    json_decref(in.args);
    json_decref(in.reply);
    json_decref(in.detail);
    return rc;
}

/* Approving again what the same person has approved gives the same reply: the first one may have
 * been lost. */
static bool
was_mine(struct hf_call *c, const struct hf_approval *p)
{
    json_t *result;

    if (strcmp(p->state, "done") != 0 || strcmp(p->decided_kind, c->actor->kind) != 0 ||
        strcmp(p->decided_login, c->actor->login) != 0 ||
        (result = json_loads(p->result, 0, NULL)) == NULL)
        return false;
    hf_reply_set(c, "result", result);
    c->committed = true;
    return true;
}

enum hf_rc
hf_approval_approve(struct hf_call *c)
{
    const struct hf_op *op;
    struct hf_approval  p;
    enum hf_rc          rc;

    if ((rc = hf_approval_find(c, &p)) != HF_OK)
        return rc;
    hf_reply_text(c, "id", p.id);
    hf_reply_text(c, "op", p.op);
    json_object_set_new(c->detail, "op", json_string(p.op));
    json_object_set_new(c->detail, "asked_by", json_string(p.asker.login));
    if (was_mine(c, &p))
        return HF_OK;
    if ((op = hf_op_find(c->ops, p.op)) == NULL)
        return hf_fail(HF_E_STATE, "%s is no operation of this version", p.op);
    if ((rc = check_approver(c, &p, op)) != HF_OK || (rc = refresh_asker(c, &p.asker)) != HF_OK)
        return rc;
    return run_for(c, &p, op);
}

static enum hf_rc
decide_rejected(struct hf_db *tx, void *arg)
{
    return decide(tx, arg, "");
}

enum hf_rc
hf_approval_reject(struct hf_call *c)
{
    struct hf_approval p;
    struct decision    d = { &p, c, "rejected" };
    enum hf_rc         rc;

    if ((rc = hf_approval_find(c, &p)) != HF_OK)
        return rc;
    if (strcmp(p.state, "waiting") != 0)
        return hf_fail(HF_E_STATE, "%s is decided already: %s", p.id, p.state);
    if (!hf_approval_asked_by(&p, c->actor) && !hf_actor_may(c->actor, HF_MAY_APPROVE))
        return hf_fail(HF_E_DENIED, "needs the permission %s", hf_may_word(HF_MAY_APPROVE));
    json_object_set_new(c->detail, "op", json_string(p.op));
    json_object_set_new(c->detail, "asked_by", json_string(p.asker.login));
    hf_reply_text(c, "id", p.id);
    hf_reply_text(c, "state", "rejected");
    return hf_act_commit(c, decide_rejected, &d);
}

/* -- Expiry --------------------------------------------------------------------------------- */

#define EXPIRED_MAX 64 /* in one transaction; the next step takes the rest */

static enum hf_rc
expire(struct hf_db *tx, void *arg)
{
    static const char sql[] =
        "UPDATE approval SET state = 'expired', decided_at = $1 WHERE id IN (SELECT id "
        "FROM approval WHERE state = 'waiting' AND expires_at <= $2 ORDER BY id LIMIT 64) "
        "RETURNING id, op";
    const int64_t  *now = arg;
    struct hf_arena a = hf_arena();
    struct hf_query q = hf_query(tx, sql);
    const char     *id[EXPIRED_MAX], *op[EXPIRED_MAX];
    size_t          n = 0;
    enum hf_rc      rc;

    hf_bind_int(&q, *now);
    hf_bind_int(&q, *now);
    for (; n < EXPIRED_MAX && hf_step(&q); n++) {
        id[n] = hf_col_text(&q, &a);
        op[n] = hf_col_text(&q, &a);
    }
    rc = hf_query_end(&q);
    for (size_t i = 0; rc == HF_OK && i < n; i++) {
        json_t         *detail = json_pack("{s:s}", "op", op[i]);
        struct hf_event event = { .at_ms = *now,
                                  .name = "approval.expired",
                                  .result = "ok",
                                  .object = id[i],
                                  .detail = detail };

        rc = hf_audit_put(tx, &event);
        json_decref(detail);
    }
    hf_arena_clear(&a);
    return rc;
}

enum hf_rc
hf_approval_step(const struct hf_env *env, int64_t now_ms)
{
    static const char sql[] =
        "SELECT 1 FROM approval WHERE state = 'waiting' AND expires_at <= $1 LIMIT 1";
    struct hf_db   *db = hf_store_reader(env->store);
    struct hf_query q;
    bool            due;
    enum hf_rc      rc;

    if (db == NULL)
        return HF_E_STORE;
    q = hf_query(db, sql);
    hf_bind_int(&q, now_ms);
    due = hf_step(&q);
    if ((rc = hf_query_end(&q)) != HF_OK || !due)
        return rc;
    return hf_store_write(env->store, expire, &now_ms);
}
