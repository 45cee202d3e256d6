#include "audit/act.h"

#include <stdlib.h>
#include <string.h>

#include "audit/record.h"
#include "base/text.h"
#include "crypto/alg.h"

/* How long a client may wait with sending a request again. */
#define REMEMBER_MS (INT64_C(24) * 3600 * 1000)

static const char put_sql[] =
    "INSERT INTO audit (node, origin, number, at, event, result, actor_kind, actor_id, actor,"
    " strength, address, object, reason, request, detail)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

static const char remember_sql[] =
    "INSERT INTO request (id, actor_kind, actor_id, op, args, reply, at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";

static const char recall_sql[] =
    "SELECT actor_kind, actor_id, op, args, reply FROM request WHERE id = $1 AND at > $2";

static const char forget_sql[] = "DELETE FROM request WHERE at <= $1";

static const struct hf_actor the_system = { .kind = "system", .login = "", .address = "" };

/* -- Writing a record ------------------------------------------------------------------ */

/*
 * What came from outside may be anything; the trail takes it all, but as
 * UTF-8 and no longer than agreed.
 */
static const char *
clean(const char *s, struct hf_arena *a)
{
    size_t n = s == NULL ? 0 : strlen(s);

    if (n == 0)
        return "";
    if (!hf_utf8_valid(hf_bytes(s, n)))
        return hf_arena_fmt(a, "hex:%.1000s", hf_hex_arena(a, hf_bytes(s, n < 500 ? n : 500)));
    if (n <= HF_AUDIT_TEXT_MAX)
        return s;
    n = HF_AUDIT_TEXT_MAX - 3;
    while ((s[n] & 0xc0) == 0x80)
        n--; /* not inside a character */
    return hf_arena_fmt(a, "%.*s…", (int)n, s);
}

static enum hf_rc
detail_text(const json_t *detail, struct hf_arena *a, const char **out)
{
    char *text;

    *out = "";
    if (detail == NULL || json_object_size(detail) == 0)
        return HF_OK;
    if ((text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS)) == NULL)
        return hf_fail(HF_E_BUG, "audit: detail is no JSON object");
    *out = hf_arena_str(a, text);
    free(text);
    return strlen(*out) <= HF_AUDIT_DETAIL_MAX
               ? HF_OK
               : hf_fail(HF_E_TOOBIG, "audit: detail of %zu bytes", strlen(*out));
}

static enum hf_rc
insert_record(struct hf_db *tx, const struct hf_event *e, const char *detail, struct hf_arena *a)
{
    const struct hf_actor *who = e->actor != NULL ? e->actor : &the_system;
    struct hf_tx_place     place = hf_tx_place(tx);
    struct hf_query        q = hf_query(tx, put_sql);

    hf_bind_text(&q, place.node);
    hf_bind_text(&q, place.origin);
    hf_bind_int(&q, place.number);
    hf_bind_int(&q, e->at_ms);
    hf_bind_text(&q, clean(e->name, a));
    hf_bind_text(&q, clean(e->result, a));
    hf_bind_text(&q, clean(who->kind, a));
    hf_bind_int(&q, who->id);
    hf_bind_text(&q, clean(who->login, a));
    hf_bind_text(&q, hf_strength_word(who->strength));
    hf_bind_text(&q, clean(who->address, a));
    hf_bind_text(&q, clean(e->object, a));
    hf_bind_text(&q, clean(e->reason, a));
    hf_bind_text(&q, clean(e->request_id, a));
    hf_bind_text(&q, detail);
    return hf_query_end(&q);
}

enum hf_rc
hf_audit_put(struct hf_db *tx, const struct hf_event *event)
{
    struct hf_arena a = hf_arena();
    const char     *detail;
    enum hf_rc      rc = detail_text(event->detail, &a, &detail);

    if (rc == HF_OK)
        rc = insert_record(tx, event, detail, &a);
    hf_arena_clear(&a);
    return rc == HF_OK ? HF_OK : hf_because(rc, "audit record %s", event->name);
}

static enum hf_rc
put_alone(struct hf_db *tx, void *arg)
{
    return hf_audit_put(tx, arg);
}

enum hf_rc
hf_audit_write(struct hf_store *store, const struct hf_event *event)
{
    struct hf_event copy = *event;

    return hf_store_write(store, put_alone, &copy);
}

/* -- What a request was --------------------------------------------------------------------- */

/* Secrets stay out: a digest of a short password would give it away. */
static json_t *
arguments_without_secrets(const struct hf_call *c)
{
    struct hf_arg arg[HF_OP_ARGS_MAX];
    size_t        n = hf_op_args(c->op, arg);
    json_t       *args = json_copy(c->args);

    for (size_t i = 0; i < n; i++)
        if (strcmp(arg[i].word, "secret") == 0)
            json_object_del(args, arg[i].member);
    return args;
}

static enum hf_rc
digest_arguments(const struct hf_call *c, uint8_t out[HF_AUDIT_HASH])
{
    json_t         *args = arguments_without_secrets(c);
    char           *text = args != NULL ? json_dumps(args, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    struct hf_bytes run = hf_bytes_str(text != NULL ? text : "{}");
    enum hf_rc      rc = hf_digest(HF_DIGEST_SM3, &run, 1, out);

    free(text);
    json_decref(args);
    return rc;
}

/* -- The act ------------------------------------------------------------------------------------ */

struct act {
    struct hf_call *call;
    enum hf_rc (*fn)(struct hf_db *, void *);
    void   *arg;
    uint8_t digest[HF_AUDIT_HASH];
    bool    repeated; /* the request id was taken in the meantime */
};

static json_t *
detail_with_approval(const struct hf_call *c)
{
    json_t *detail = c->detail != NULL ? json_copy(c->detail) : json_object();

    if (c->approval != NULL && c->approval[0] != '\0')
        json_object_set_new(detail, "approval", json_string(c->approval));
    return detail;
}

static enum hf_rc
record_act(struct hf_db *tx, const struct hf_call *c)
{
    json_t               *detail = detail_with_approval(c);
    const struct hf_event event = {
        .at_ms = c->now_ms,
        .name = c->op->audit != NULL ? c->op->audit : c->op->name,
        .result = "ok",
        .actor = c->actor,
        .object = c->object,
        .request_id = c->request_id,
        .detail = detail,
    };
    enum hf_rc rc = hf_audit_put(tx, &event);

    json_decref(detail);
    return rc;
}

/* A reply that holds a secret is shown once and not kept. */
static bool
keeps_reply(const struct hf_call *c)
{
    return c->session == NULL && (c->op->flags & HF_OP_SECRET) == 0;
}

static enum hf_rc
remember(struct hf_db *tx, struct act *act)
{
    const struct hf_call *c = act->call;
    char                 *reply = keeps_reply(c) ? json_dumps(c->reply, JSON_COMPACT) : NULL;
    struct hf_query       q = hf_query(tx, remember_sql);
    enum hf_rc            rc;

    hf_bind_text(&q, c->request_id);
    hf_bind_text(&q, c->actor->kind);
    hf_bind_int(&q, c->actor->id);
    hf_bind_text(&q, c->op->name);
    hf_bind_bytes(&q, hf_bytes(act->digest, sizeof(act->digest)));
    hf_bind_text(&q, reply);
    hf_bind_int(&q, c->now_ms);
    rc = hf_query_end(&q);
    free(reply);
    act->repeated = rc == HF_OK && q.changed == 0;
    return act->repeated ? hf_fail(HF_E_EXISTS, "request %s was done before", c->request_id) : rc;
}

static enum hf_rc
run_act(struct hf_db *tx, void *arg)
{
    struct act *act = arg;
    enum hf_rc  rc;

    act->repeated = false;
    if ((rc = act->fn(tx, act->arg)) != HF_OK || (rc = record_act(tx, act->call)) != HF_OK)
        return rc;
    if (act->call->within != NULL && (rc = act->call->within(tx, act->call)) != HF_OK)
        return rc;
    return act->call->request_id != NULL && act->call->request_id[0] != '\0' ? remember(tx, act)
                                                                             : HF_OK;
}

/* The same request was done by another thread at the same time: give its answer. */
static enum hf_rc
answer_as_before(struct hf_call *c)
{
    json_t    *reply;
    enum hf_rc rc = hf_act_recall(c, &reply);

    if (rc != HF_OK)
        return rc;
    if (reply == NULL)
        return hf_fail(HF_E_EXISTS, "request id %s was used more than a day ago", c->request_id);
    json_object_clear(c->reply);
    json_object_update(c->reply, reply);
    json_decref(reply);
    return HF_OK;
}

enum hf_rc
hf_act_commit(struct hf_call *c, enum hf_rc (*fn)(struct hf_db *tx, void *arg), void *arg)
{
    struct act act = { .call = c, .fn = fn, .arg = arg };
    enum hf_rc rc = digest_arguments(c, act.digest);

    if (rc == HF_OK)
        rc = hf_store_write(c->env->store, run_act, &act);
    if (rc == HF_E_EXISTS && act.repeated)
        rc = answer_as_before(c);
    c->committed = rc == HF_OK;
    return rc;
}

/* -- Memory -------------------------------------------------------------------------------------- */

struct remembered {
    const char     *actor_kind, *op, *reply;
    int64_t         actor_id;
    struct hf_bytes digest;
};

static enum hf_rc
find_request(const struct hf_call *c, struct hf_arena *a, struct remembered *out, bool *found)
{
    struct hf_query q = hf_query(hf_store_reader(c->env->store), recall_sql);

    hf_bind_text(&q, c->request_id);
    hf_bind_int(&q, c->now_ms - REMEMBER_MS);
    if ((*found = hf_step(&q))) {
        out->actor_kind = hf_col_text(&q, a);
        out->actor_id = hf_col_int(&q);
        out->op = hf_col_text(&q, a);
        out->digest = hf_col_bytes(&q, a);
        out->reply = hf_col_text(&q, a);
    }
    return hf_query_end(&q);
}

static enum hf_rc
answer_remembered(const struct hf_call *c, const struct remembered *r, json_t **reply)
{
    uint8_t    digest[HF_AUDIT_HASH];
    enum hf_rc rc = digest_arguments(c, digest);

    if (rc != HF_OK)
        return rc;
    if (strcmp(r->actor_kind, c->actor->kind) != 0 || r->actor_id != c->actor->id ||
        strcmp(r->op, c->op->name) != 0 ||
        !hf_bytes_eq(r->digest, hf_bytes(digest, sizeof(digest))))
        return hf_fail(HF_E_EXISTS, "request id %s belongs to another request", c->request_id);
    if (r->reply == NULL)
        return hf_fail(HF_E_EXISTS, "request %s was done; its answer held a secret and is not kept",
                       c->request_id);
    *reply = json_loads(r->reply, 0, NULL);
    return *reply != NULL ? HF_OK
                          : hf_fail(HF_E_STORE, "request %s: damaged answer", c->request_id);
}

enum hf_rc
hf_act_recall(const struct hf_call *c, json_t **reply)
{
    struct hf_arena   a = hf_arena();
    struct remembered r;
    bool              found;
    enum hf_rc        rc;

    *reply = NULL;
    if (c->request_id == NULL || c->request_id[0] == '\0')
        return HF_OK;
    rc = find_request(c, &a, &r, &found);
    if (rc == HF_OK && found)
        rc = answer_remembered(c, &r, reply);
    hf_arena_clear(&a);
    return rc;
}

static enum hf_rc
forget(struct hf_db *tx, void *arg)
{
    struct hf_query q = hf_query(tx, forget_sql);

    hf_bind_int(&q, *(const int64_t *)arg - REMEMBER_MS);
    return hf_query_end(&q);
}

enum hf_rc
hf_act_forget_step(const struct hf_env *env, int64_t now_ms)
{
    return hf_store_write(env->store, forget, &now_ms);
}
