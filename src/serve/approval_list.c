/* approval_list.c - what waits for a second person: showing it, and the operations about it. */
#include "serve/approval.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "serve/approval_row.h"

static json_t *
describe(const struct hf_approval *p, bool all)
{
    char    asked[HF_TIME_TEXT], expires[HF_TIME_TEXT], decided[HF_TIME_TEXT];
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", p->id, "op", p->op, "asker",
                  p->asker.login, "state", p->state, "asked", hf_time_text(p->asked_at, asked),
                  "expires", hf_time_text(p->expires_at, expires));
    json_t *args = json_loads(p->args, 0, NULL);

    if (o == NULL)
        abort();
    if (args != NULL)
        json_object_set_new(o, "args", args);
    if (!all)
        return o;
    json_object_set_new(o, "address", json_string(p->asker.address));
    if (p->decided_at != 0) {
        json_object_set_new(o, "decided", json_string(hf_time_text(p->decided_at, decided)));
        json_object_set_new(o, "decided_by", json_string(p->decided_login));
        json_object_set_new(o, "note", json_string(p->note));
    }
    return o;
}

/* Approvers see everything, everybody sees what he has asked for himself. */
static bool
may_see(const struct hf_call *c, const struct hf_approval *p)
{
    return hf_actor_may(c->actor, HF_MAY_APPROVE) || hf_approval_asked_by(p, c->actor);
}

static enum hf_rc
show(struct hf_call *c)
{
    struct hf_approval p;
    json_t            *o;
    enum hf_rc         rc;

    if ((rc = hf_approval_find(c, &p)) != HF_OK)
        return rc;
    if (!may_see(c, &p))
        return hf_fail_field(HF_E_ABSENT, "id", "no pending operation %s", p.id);
    o = describe(&p, true);
    json_object_update(c->reply, o);
    json_decref(o);
    return HF_OK;
}

/* $1 cursor, $2 state or "", $3 1 for everything, $4 and $5 the asker, $6 now, $7 rows. */
static const char list_sql[] =
    "SELECT " HF_APPROVAL_COLUMNS " FROM approval WHERE id < $1 "
    "AND ($2 = '' OR $2 = CASE WHEN state = 'waiting' AND expires_at <= $6 THEN 'expired' ELSE "
    "state END) "
    "AND ($3 = 1 OR (asker_kind = $4 AND asker_login = $5)) ORDER BY id DESC LIMIT $7";
static const char count_sql[] =
    "SELECT COUNT(*) FROM approval WHERE id < $1 "
    "AND ($2 = '' OR $2 = CASE WHEN state = 'waiting' AND expires_at <= $6 THEN 'expired' ELSE "
    "state END) "
    "AND ($3 = 1 OR (asker_kind = $4 AND asker_login = $5)) AND $7 >= 0";

static struct hf_query
list_query(struct hf_call *c, struct hf_db *db, const char *sql, const char *after, int64_t rows)
{
    const char     *state = hf_arg_text(c, "state");
    struct hf_query q = hf_query(db, sql);

    hf_bind_text(&q, after);
    hf_bind_text(&q, state == NULL ? "" : state);
    hf_bind_int(&q, hf_actor_may(c->actor, HF_MAY_APPROVE));
    hf_bind_text(&q, c->actor->kind);
    hf_bind_text(&q, c->actor->login);
    hf_bind_int(&q, c->now_ms);
    hf_bind_int(&q, rows);
    return q;
}

static enum hf_rc
list(struct hf_call *c)
{
    struct hf_db   *db = hf_store_reader(c->env->store);
    const char     *after = hf_arg_text(c, "after"), *last = NULL;
    int64_t         limit = hf_arg_int(c, "limit", 100), n = 0;
    json_t         *items = json_array();
    struct hf_query q;
    enum hf_rc      rc;

    hf_reply_set(c, "items", items);
    hf_reply_set(c, "next", json_null());
    if (db == NULL)
        return HF_E_STORE;
    for (q = list_query(c, db, list_sql, after == NULL ? "g" : after, limit + 1); hf_step(&q);
         n++) {
        struct hf_approval p;

        hf_approval_row(&q, c->arena, c->now_ms, &p);
        if (n == limit) {
            hf_reply_text(c, "next", last);
            break;
        }
        last = p.id;
        json_array_append_new(items, describe(&p, false));
    }
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    q = list_query(c, db, count_sql, "g", 0);
    if (hf_step(&q))
        hf_reply_int(c, "total", hf_col_int(&q));
    return hf_query_end(&q);
}

/* -- The table ------------------------------------------------------------------------------ */

const struct hf_op hf_serve_ops[] = {
    {
        .name = "approval list",
        .args = "[--state <waiting|done|rejected|expired>] [--limit <count>] [--after <text>]",
        .help = "List operations that wait, or waited, for a second person.",
        .help_zh = "列出等待（或曾等待）第二人确认的操作。",
        .may = HF_MAY_SIGNED_IN,
        .flags = HF_OP_READ,
        .columns = "id,op,asker,state,asked,expires",
        .run = list,
    },
    {
        .name = "approval show",
        .args = "<id>",
        .help = "Show one of them with its arguments.",
        .help_zh = "显示一项待确认操作及其参数。",
        .may = HF_MAY_SIGNED_IN,
        .flags = HF_OP_READ,
        .run = show,
    },
    {
        .name = "approval approve",
        .args = "<id> [--note <text>]",
        .help = "Confirm what another person has asked for; it runs at once.",
        .help_zh = "确认他人申请的操作；确认后立即执行。",
        .may = HF_MAY_APPROVE,
        .audit = "approval.approved",
        .run = hf_approval_approve,
    },
    {
        .name = "approval reject",
        .args = "<id> [--note <text>]",
        .help = "Reject it, or take back what one has asked for oneself.",
        .help_zh = "拒绝该操作，或撤回自己的申请。",
        .may = HF_MAY_SIGNED_IN,
        .audit = "approval.rejected",
        .run = hf_approval_reject,
    },
    { 0 },
};
