#include "audit/ops.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/act.h"
#include "audit/export.h"
#include "audit/live.h"
#include "audit/rows.h"
#include "audit/seal.h"
#include "base/text.h"

#define LIST_LIMIT 50
#define PAGE_RECORDS 20000 /* of an export in one answer; who asks goes on with `next` */
#define EXPORT_MAX ((size_t)256 << 20)
#define CATCH_UP_MS 2000 /* an export waits this long for `work` to seal and sign what there is */

/* -- Items ------------------------------------------------------------------------------- */

static json_t *
time_json(int64_t ms)
{
    char text[HF_TIME_TEXT];

    return ms != 0 ? json_string(hf_time_text(ms, text)) : json_null();
}

static json_t *
item_json(const struct hf_audit_record *r)
{
    return json_pack("{s:I, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:b}", "id",
                     (json_int_t)r->id, "at", time_json(r->at_ms), "event", r->event, "result",
                     r->result, "actor_kind", r->actor_kind, "actor", r->actor, "address",
                     r->address, "object", r->object, "reason", r->reason, "node", r->node, "seq",
                     r->seq > 0 ? json_integer(r->seq) : json_null(), "sealed", r->seq > 0);
}

/* -- audit list ------------------------------------------------------------------------------ */

struct filter {
    const char *text[5]; /* bound as text, in order: event and the four of add_texts() */
    int64_t     number[3];
    const char *where;
    size_t      texts, numbers;
};

/* "login.*" means every event that begins with "login."; anything else is the whole word. */
static void
add_event(struct filter *f, struct hf_arena *a, const char *event)
{
    size_t n = strlen(event);

    if (event[n - 1] == '*') {
        f->where =
            hf_arena_fmt(a, "%s AND substr(event, 1, %zu) = $%zu", f->where, n - 1, f->texts + 1);
        event = hf_arena_text(a, hf_bytes(event, n - 1));
    } else {
        f->where = hf_arena_fmt(a, "%s AND event = $%zu", f->where, f->texts + 1);
    }
    f->text[f->texts++] = event;
}

static enum hf_rc
add_texts(struct filter *f, const struct hf_call *c)
{
    static const char *const columns[] = { "actor", "object", "result", "request" };
    const char              *v = hf_arg_text(c, "event");

    if (v != NULL && !hf_utf8_valid(hf_bytes_str(v)))
        return hf_fail_field(HF_E_ARG, "event", "is not UTF-8");
    if (v != NULL)
        add_event(f, c->arena, v);
    for (size_t i = 0; i < HF_COUNT(columns); i++) {
        if ((v = hf_arg_text(c, columns[i])) == NULL)
            continue;
        f->where = hf_arena_fmt(c->arena, "%s AND %s = $%zu", f->where, columns[i], f->texts + 1);
        f->text[f->texts++] = v;
    }
    return HF_OK;
}

static void
add_number(struct filter *f, struct hf_arena *a, const char *condition, int64_t v)
{
    f->where = hf_arena_fmt(a, "%s AND %s $%zu", f->where, condition, f->texts + f->numbers + 1);
    f->number[f->numbers++] = v;
}

static enum hf_rc
add_times(struct filter *f, const struct hf_call *c)
{
    static const struct {
        const char *member, *condition;
    } bounds[] = { { "from", "at >=" }, { "to", "at <" } };
    int64_t at;

    for (size_t i = 0; i < HF_COUNT(bounds); i++) {
        const char *v = hf_arg_text(c, bounds[i].member);

        if (v == NULL)
            continue;
        if (hf_time_read(v, &at) != HF_OK)
            return hf_fail_field(HF_E_ARG, bounds[i].member,
                                 "is no time such as 2026-11-21T20:15:00Z");
        add_number(f, c->arena, bounds[i].condition, at);
    }
    return HF_OK;
}

static struct hf_query
ask(const struct hf_call *c, const struct filter *f, const char *sql)
{
    struct hf_query q = hf_query_text(hf_store_reader(c->env->store), sql);

    for (size_t i = 0; i < f->texts; i++)
        hf_bind_text(&q, f->text[i]);
    for (size_t i = 0; i < f->numbers; i++)
        hf_bind_int(&q, f->number[i]);
    return q;
}

static enum hf_rc
count_all(struct hf_call *c, const struct filter *f)
{
    struct hf_query q =
        ask(c, f, hf_arena_fmt(c->arena, "SELECT COUNT(*) FROM audit WHERE %s", f->where));
    int64_t    total = hf_step(&q) ? hf_col_int(&q) : 0;
    enum hf_rc rc = hf_query_end(&q);

    hf_reply_int(c, "total", total);
    return rc;
}

/* One row more than asked for tells whether there is a next page. */
static enum hf_rc
list_items(struct hf_call *c, const struct filter *f, int64_t limit)
{
    struct hf_query q = ask(c, f,
                            hf_arena_fmt(c->arena,
                                         "SELECT " HF_AUDIT_COLUMNS " FROM audit WHERE %s"
                                         " ORDER BY id DESC LIMIT %lld",
                                         f->where, (long long)limit + 1));
    json_t         *items = json_array();
    const char     *next = NULL;
    int64_t         last = 0;

    while (hf_step(&q)) {
        struct hf_audit_record r;

        hf_audit_row(&q, c->arena, &r);
        if ((int64_t)json_array_size(items) == limit) {
            next = hf_arena_fmt(c->arena, "%lld", (long long)last);
            break;
        }
        last = r.id;
        json_array_append_new(items, item_json(&r));
    }
    hf_reply_set(c, "items", items);
    hf_reply_text(c, "next", next);
    return hf_query_end(&q);
}

static enum hf_rc
audit_list(struct hf_call *c)
{
    struct filter f = { .where = "1 = 1" };
    const char   *after = hf_arg_text(c, "after");
    int64_t       id;
    enum hf_rc    rc = add_texts(&f, c);

    if (rc != HF_OK || (rc = add_times(&f, c)) != HF_OK || (rc = count_all(c, &f)) != HF_OK)
        return rc;
    if (after != NULL && hf_int_read("after", after, 1, INT64_MAX, &id) != HF_OK)
        return HF_E_ARG;
    if (after != NULL)
        add_number(&f, c->arena, "id <", id);
    return list_items(c, &f, hf_arg_int(c, "limit", LIST_LIMIT));
}

/* -- audit show -------------------------------------------------------------------------------- */

static json_t *
shown_json(const struct hf_audit_record *r)
{
    json_t *item = item_json(r);
    char    hex[2 * HF_AUDIT_HASH + 1];

    json_object_set_new(item, "actor_id", json_integer(r->actor_id));
    json_object_set_new(item, "strength", json_string(r->strength));
    json_object_set_new(item, "request", json_string(r->request));
    json_object_set_new(item, "origin", json_string(r->origin));
    json_object_set_new(item, "number", json_integer(r->number));
    json_object_set_new(item, "detail",
                        r->detail[0] != '\0' ? json_loads(r->detail, 0, NULL) : json_object());
    if (r->seq > 0)
        json_object_set_new(item, "hash",
                            json_string(hf_hex(hf_bytes(r->hash, sizeof(r->hash)), hex)));
    return item;
}

static enum hf_rc
audit_show(struct hf_call *c)
{
    struct hf_audit_record r;
    struct hf_query        q;
    json_t                *shown;
    int64_t                id;
    bool                   found;
    enum hf_rc             rc = hf_int_read("id", hf_arg_text(c, "id"), 1, INT64_MAX, &id);

    if (rc != HF_OK)
        return rc;
    q = hf_query(hf_store_reader(c->env->store),
                 "SELECT " HF_AUDIT_COLUMNS " FROM audit WHERE id = $1");
    hf_bind_int(&q, id);
    if ((found = hf_step(&q)))
        hf_audit_row(&q, c->arena, &r);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    if (!found)
        return hf_fail_field(HF_E_ABSENT, "id", "there is no record %lld", (long long)id);
    shown = shown_json(&r);
    json_object_update(c->reply, shown);
    json_decref(shown);
    return HF_OK;
}

/* -- audit verify ------------------------------------------------------------------------------- */

static json_t *
findings_json(const struct hf_audit_report *r)
{
    json_t *list = json_array();

    for (int64_t i = 0; i < r->findings && i < HF_AUDIT_FINDINGS; i++)
        json_array_append_new(list, json_string(r->finding[i]));
    if (r->findings > HF_AUDIT_FINDINGS)
        json_array_append_new(list, json_sprintf("\xe2\x80\xa6 and %lld more",
                                                 (long long)(r->findings - HF_AUDIT_FINDINGS)));
    return list;
}

static enum hf_rc
audit_verify(struct hf_call *c)
{
    struct hf_audit_report r;
    int64_t                fresh, oldest;
    enum hf_rc             rc = hf_audit_verify_live(c->env, &r);

    if (rc == HF_OK)
        rc = hf_audit_fresh(hf_store_reader(c->env->store), hf_store_node(c->env->store), &fresh,
                            &oldest);
    if (rc != HF_OK)
        return rc;
    hf_reply_flag(c, "valid", r.findings == 0);
    hf_reply_int(c, "records", r.records);
    hf_reply_int(c, "heads", r.heads);
    hf_reply_int(c, "nodes", r.nodes);
    hf_reply_int(c, "uncovered", r.uncovered);
    hf_reply_int(c, "unsealed", fresh);
    hf_reply_text(c, "key", r.key);
    hf_reply_set(c, "findings", findings_json(&r));
    return HF_OK; /* the question was answered; "no" has its reasons in the reply */
}

/* -- audit export --------------------------------------------------------------------------------- */

/* Is everything that was there at `before_ms` sealed and covered by a head? */
static enum hf_rc
is_caught_up(const struct hf_env *env, struct hf_arena *arena, int64_t before_ms, bool *yes)
{
    struct hf_db        *db = hf_store_reader(env->store);
    const char          *node = hf_store_node(env->store);
    struct hf_audit_head head;
    uint8_t              hash[HF_AUDIT_HASH];
    int64_t              fresh, oldest, seq, at;
    enum hf_rc           rc = hf_audit_fresh(db, node, &fresh, &oldest);

    *yes = false;
    if (rc != HF_OK || (rc = hf_audit_tail(db, node, &seq, &at, hash)) != HF_OK ||
        (rc = hf_audit_last_head(db, node, arena, &head)) != HF_OK)
        return rc;
    *yes = (fresh == 0 || oldest > before_ms) && (head.seq == seq || head.at_ms > before_ms);
    return HF_OK;
}

static enum hf_rc
wait_for_work(const struct hf_call *c)
{
    const struct timespec pause = { 0, 20 * 1000 * 1000 };
    int64_t               give_up = hf_tick_ms() + CATCH_UP_MS, now = hf_now_ms();
    bool                  done = false;
    enum hf_rc            rc = HF_OK;

    while (rc == HF_OK && (rc = is_caught_up(c->env, c->arena, now, &done)) == HF_OK && !done &&
           hf_tick_ms() < give_up)
        nanosleep(&pause, NULL);
    return rc;
}

static enum hf_rc
begin_export(const struct hf_call *c)
{
    const struct hf_event event = { .at_ms = c->now_ms,
                                    .name = "audit.exported",
                                    .result = "ok",
                                    .actor = c->actor,
                                    .request_id = c->request_id };
    enum hf_rc            rc = hf_audit_write(c->env->store, &event);

    return rc == HF_OK ? wait_for_work(c) : rc;
}

static enum hf_rc
audit_export(struct hf_call *c)
{
    const char  *cursor = hf_arg_text(c, "after");
    int64_t      limit = hf_arg_int(c, "limit", PAGE_RECORDS);
    struct hf_wr text = hf_wr(EXPORT_MAX);
    enum hf_rc   rc = cursor == NULL ? begin_export(c) : HF_OK;

    if (cursor == NULL)
        cursor = "";
    if (rc == HF_OK)
        rc = hf_audit_export(c->env, c->now_ms, limit, c->arena, &cursor, &text);
    if (rc == HF_OK) {
        hf_reply_set(c, "export", json_stringn_nocheck((const char *)text.p, text.n));
        hf_reply_text(c, "next", *cursor != '\0' ? cursor : NULL);
    }
    hf_wr_clear(&text);
    return rc;
}

/* -- audit status ----------------------------------------------------------------------------------- */

static enum hf_rc
node_status(const struct hf_call *c, const char *node, json_t **out)
{
    struct hf_db        *db = hf_store_reader(c->env->store);
    struct hf_audit_head head;
    uint8_t              hash[HF_AUDIT_HASH];
    char                 hex[2 * HF_AUDIT_HASH + 1];
    int64_t              seq, at, fresh, oldest;
    enum hf_rc           rc = hf_audit_tail(db, node, &seq, &at, hash);

    if (rc != HF_OK || (rc = hf_audit_fresh(db, node, &fresh, &oldest)) != HF_OK ||
        (rc = hf_audit_last_head(db, node, c->arena, &head)) != HF_OK)
        return rc;
    *out = json_pack("{s:s, s:I, s:o, s:s, s:I, s:o, s:I, s:o}", "node", node, "records",
                     (json_int_t)seq, "last_record", time_json(at), "hash",
                     hf_hex(hf_bytes(hash, sizeof(hash)), hex), "head", (json_int_t)head.seq,
                     "last_head", time_json(head.at_ms), "unsealed", (json_int_t)fresh,
                     "oldest_unsealed", time_json(oldest));
    return *out != NULL ? HF_OK : hf_fail(HF_E_NOMEM, "audit status");
}

static enum hf_rc
own_status(struct hf_call *c)
{
    json_t    *own = NULL;
    enum hf_rc rc = node_status(c, hf_store_node(c->env->store), &own);

    if (rc == HF_OK)
        json_object_update(c->reply, own);
    json_decref(own);
    return rc;
}

static enum hf_rc
audit_status(struct hf_call *c)
{
    uint8_t      key[HF_AUDIT_HASH];
    char         hex[2 * HF_AUDIT_HASH + 1];
    const char **node;
    json_t      *items = json_array(), *item;
    size_t       nodes;
    enum hf_rc   rc = own_status(c);

    if (rc == HF_OK)
        rc = hf_audit_nodes(hf_store_reader(c->env->store), c->arena, &node, &nodes);
    for (size_t i = 0; rc == HF_OK && i < nodes; i++)
        if ((rc = node_status(c, node[i], &item)) == HF_OK)
            json_array_append_new(items, item);
    hf_reply_set(c, "items", items);
    if (rc == HF_OK && (rc = hf_audit_live_key(c->env, key)) == HF_OK)
        hf_reply_text(c, "key", hf_hex(hf_bytes(key, sizeof(key)), hex));
    return rc;
}

/* -- The table ----------------------------------------------------------------------------------------- */

const struct hf_op hf_audit_ops[] = {
    {
        .name = "audit list",
        .args =
            "[--actor <text>] [--event <text>] [--object <text>] [--result <text>] [--request <id>]"
            " [--from <time>] [--to <time>] [--limit <count>] [--after <text>]",
        .help =
            "List audit records, newest first; --event login.* matches every event of that kind.",
        .help_zh = "列出审计记录（最新在前）；--event login.* 匹配该类全部事件。",
        .may = HF_MAY_AUDIT_READ,
        .flags = HF_OP_READ,
        .columns = "id,at,event,result,actor,address,object,reason,seq",
        .run = audit_list,
    },
    {
        .name = "audit show",
        .args = "<id>",
        .help = "Show one audit record.",
        .help_zh = "显示一条审计记录。",
        .may = HF_MAY_AUDIT_READ,
        .flags = HF_OP_READ,
        .run = audit_show,
    },
    {
        .name = "audit verify",
        .args = "",
        .help = "Check the whole audit trail: chains, heads, signatures.",
        .help_zh = "校验全部审计记录：哈希链、链头与签名。",
        .may = HF_MAY_AUDIT_READ,
        .flags = HF_OP_READ,
        .run = audit_verify,
    },
    {
        .name = "audit export",
        .args = "--out <path-out> [--limit <count>] [--after <text>]",
        .help =
            "Write the audit trail to a file that `hufu audit verify FILE` checks without a server.",
        .help_zh = "导出审计记录；导出文件可用 hufu audit verify 离线校验。",
        .may = HF_MAY_AUDIT_READ,
        .flags = HF_OP_READ,
        .out = "export",
        .run = audit_export,
    },
    {
        .name = "audit status",
        .args = "",
        .help = "Show how far the chains of all nodes are sealed and signed, and by which key.",
        .help_zh = "显示各节点审计链的封存与签名进度及签名密钥。",
        .may = HF_MAY_AUDIT_READ,
        .flags = HF_OP_READ,
        .columns = "node,records,last_record,head,last_head,unsealed",
        .run = audit_status,
    },
    { .name = NULL },
};
