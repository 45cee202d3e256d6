#include "serve/dispatch.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "audit/act.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/text.h"
#include "serve/approval.h"
#include "serve/second.h"

const struct hf_op *
hf_op_find(const struct hf_op *const *ops, const char *name)
{
    for (; *ops != NULL; ops++)
        for (const struct hf_op *op = *ops; op->name != NULL; op++)
            if (strcmp(op->name, name) == 0)
                return op;
    return NULL;
}

bool
hf_request_id_ok(const char *id)
{
    size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    return n != 0 && n <= 64 && id[n] == '\0';
}

enum hf_rc
hf_op_permitted(const struct hf_op *op, const struct hf_actor *actor)
{
    if (op->may == HF_MAY_ANYBODY || hf_actor_may(actor, op->may))
        return HF_OK;
    if (strcmp(actor->kind, "nobody") == 0)
        return hf_fail(HF_E_AUTH, "%s: sign in first", op->name);
    return hf_fail(HF_E_DENIED, "%s: needs the permission %s", op->name, hf_may_word(op->may));
}

/* -- Refusals on record ------------------------------------------------------------------ */

#define ANONYMOUS_PER_S 20

/* Anonymous refusals are written at most ANONYMOUS_PER_S times a second: nobody fills the disk from
 * outside. */
static bool
may_record(const struct hf_call *c)
{
    static atomic_llong second;
    static atomic_int   count;
    long long           now = c->now_ms / 1000;

    if (strcmp(c->actor->kind, "nobody") != 0)
        return true;
    if (atomic_exchange(&second, now) != now)
        atomic_store(&count, 0);
    return atomic_fetch_add(&count, 1) < ANONYMOUS_PER_S;
}

/*
 * What the refused operation was about: its first argument by position, or a
 * login. Not when anybody may ask: some type their password where the login goes.
 */
static const char *
object_of(const struct hf_call *c)
{
    struct hf_arg arg[HF_OP_ARGS_MAX];
    size_t        n = hf_op_args(c->op, arg);
    const char   *text;

    if (c->object != NULL || c->op->may == HF_MAY_ANYBODY)
        return c->object != NULL ? c->object : "";
    if (n != 0 && arg[0].positional && strcmp(arg[0].word, "secret") != 0 &&
        strcmp(arg[0].word, "file") != 0)
        text = hf_arg_text(c, arg[0].member);
    else
        text = hf_arg_text(c, "login");
    return text != NULL && strlen(text) <= 128 ? text : "";
}

/* Leaves the reason of the refusal as it was. */
static void
record_refusal(struct hf_call *c, enum hf_rc rc)
{
    const char     *reason = hf_arena_str(c->arena, hf_reason());
    const char     *field = hf_arena_str(c->arena, hf_reason_field());
    struct hf_event event = {
        .at_ms = c->now_ms,
        .name = c->op->audit,
        .result = hf_rc_name(rc),
        .actor = c->actor,
        .object = object_of(c),
        .reason = hf_utf8_valid(hf_bytes_str(reason)) ? reason : hf_rc_text(rc),
        .request_id = c->request_id,
        .detail = c->detail,
    };

    if (c->op->audit != NULL && !c->committed && may_record(c) &&
        hf_audit_write(c->env->store, &event) != HF_OK)
        hf_log(HF_ERROR, "audit.lost", HF_F_STR("event", c->op->audit), HF_F_REASON);
    hf_reason_set(field, reason);
}

/* -- The way through ----------------------------------------------------------------------- */

/* An operation that had nothing to store is on record all the same. */
static enum hf_rc
record_success(struct hf_call *c)
{
    struct hf_event event = {
        .at_ms = c->now_ms,
        .name = c->op->audit,
        .result = "ok",
        .actor = c->actor,
        .object = object_of(c),
        .request_id = c->request_id,
        .detail = c->detail,
    };

    if (c->committed || c->op->audit == NULL)
        return HF_OK;
    return hf_audit_write(c->env->store, &event);
}

static enum hf_rc
run(struct hf_call *c, struct hf_outcome *out)
{
    json_t    *remembered = NULL;
    enum hf_rc rc;

    if ((rc = hf_op_permitted(c->op, c->actor)) != HF_OK ||
        (rc = hf_op_check(c->op, c->args)) != HF_OK)
        return rc;
    if (c->request_id[0] != '\0' && (c->op->flags & HF_OP_READ) == 0) {
        if ((rc = hf_act_recall(c, &remembered)) != HF_OK)
            return rc;
        if (remembered != NULL) {
            json_decref(c->reply);
            c->reply = remembered;
            c->committed = true;
            out->pending = json_object_get(remembered, "pending") != NULL;
            return HF_OK;
        }
    }
    if ((rc = hf_second_reach(c)) != HF_OK || (rc = hf_second_needed(c, &out->pending)) != HF_OK)
        return rc;
    if (out->pending)
        return hf_approval_ask(c);
    if ((rc = c->op->run(c)) != HF_OK)
        return rc;
    return record_success(c);
}

static struct hf_call
new_call(const struct hf_asking *asking)
{
    struct hf_call c = {
        .op = asking->op,
        .env = asking->env,
        .actor = asking->actor,
        .args = asking->args,
        .arena = asking->arena,
        .request_id = asking->request_id,
        .approval = "",
        .now_ms = asking->now_ms,
        .reply = json_object(),
        .detail = json_object(),
        .ops = asking->ops,
    };

    if (c.reply == NULL || c.detail == NULL)
        abort();
    return c;
}

enum hf_rc
hf_dispatch(const struct hf_asking *asking, struct hf_outcome *out)
{
    struct hf_call c = new_call(asking);
    enum hf_rc     rc;

    *out = (struct hf_outcome){ 0 };
    if ((rc = run(&c, out)) == HF_OK) {
        out->reply = json_incref(c.reply);
        out->session = hf_arena_str(c.arena, c.session);
        out->session_end = c.session_end;
    } else {
        record_refusal(&c, rc);
    }
    json_decref(c.reply);
    json_decref(c.detail);
    return rc;
}

void
hf_dispatch_refused(const struct hf_asking *asking, enum hf_rc rc)
{
    struct hf_call c = new_call(asking);

    record_refusal(&c, rc);
    json_decref(c.reply);
    json_decref(c.detail);
}
