#include "identity/session.h"

#include <string.h>

#include "audit/act.h"
#include "base/conf.h"
#include "base/text.h"
#include "crypto/alg.h"
#include "identity/role.h"

#define SEEN_EVERY_MS 60000 /* last-seen is written at most once a minute */
#define HOUR_MS 3600000

void
hf_token_make(char text[HF_TOKEN_TEXT])
{
    uint8_t      random[HF_TOKEN_BYTES];
    struct hf_wr w = hf_wr_secret(HF_TOKEN_TEXT);

    hf_random(random, sizeof(random));
    hf_base64url(hf_bytes(random, sizeof(random)), &w);
    memcpy(text, w.p, w.n);
    text[w.n] = '\0';
    hf_wr_clear(&w);
}

enum hf_rc
hf_token_digest(const char *text, uint8_t digest[32])
{
    struct hf_bytes b = hf_bytes_str(text);

    return hf_digest(HF_DIGEST_SM3, &b, 1, digest);
}

/* -- Finding ------------------------------------------------------------------- */

static const char sql_find[] =
    "SELECT s.id, s.strength, s.seen_at, p.id, p.login, p.unit, p.roles, p.must_change FROM session s "
    "JOIN person p ON p.id = s.person "
    "WHERE s.token = $1 AND s.ends_at > $2 AND s.seen_at > $3 AND p.state = 'active'";

struct seen {
    int64_t session, now_ms;
};

static enum hf_rc
write_seen(struct hf_db *tx, void *arg)
{
    const struct seen *s = arg;
    struct hf_query    q = hf_query(tx, "UPDATE session SET seen_at = $2 WHERE id = $1");

    hf_bind_int(&q, s->session);
    hf_bind_int(&q, s->now_ms);
    return hf_query_end(&q);
}

static void
read_actor(struct hf_query *q, struct hf_arena *a, struct hf_actor *out, int64_t *seen_at)
{
    out->kind = "person";
    out->session = hf_col_int(q);
    out->strength = (enum hf_strength)hf_col_int(q);
    *seen_at = hf_col_int(q);
    out->id = hf_col_int(q);
    out->login = hf_col_text(q, a);
    out->unit = hf_col_text(q, a);
    out->may = hf_role_may(hf_col_text(q, a));
    /* a one-time password opens nothing but the way to one's own */
    if (hf_col_int(q) != 0 && out->strength == HF_STRENGTH_PASSWORD)
        out->may &= UINT64_C(1) << HF_MAY_SIGNED_IN;
}

enum hf_rc
hf_session_actor(const struct hf_env *env, const char *token, int64_t now_ms, struct hf_arena *a,
                 struct hf_actor *out)
{
    struct hf_db   *db = hf_store_reader(env->store);
    struct hf_query q;
    uint8_t         digest[32];
    int64_t         seen_at = 0;
    bool            found;
    enum hf_rc      rc;

    if (db == NULL)
        return hf_because(HF_E_STORE, "session");
    if ((rc = hf_token_digest(token, digest)) != HF_OK)
        return rc;
    q = hf_query(db, sql_find);
    hf_bind_bytes(&q, hf_bytes(digest, sizeof(digest)));
    hf_bind_int(&q, now_ms);
    hf_bind_int(&q, now_ms - hf_conf_int(env->conf, "session_idle_s") * 1000);
    if ((found = hf_step(&q)))
        read_actor(&q, a, out, &seen_at);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    if (!found)
        return hf_fail(HF_E_AUTH, "not signed in, or the session is over");
    if (now_ms - seen_at < SEEN_EVERY_MS)
        return HF_OK;
    return hf_store_write(env->store, write_seen, &(struct seen){ out->session, now_ms });
}

/* -- Starting and ending --------------------------------------------------------- */

enum hf_rc
hf_signin_count(struct hf_db *tx, const char *method, const char *result, int64_t now_ms)
{
    static const char sql[] =
        "INSERT INTO signin_hour (hour, method, result, count) VALUES ($1, $2, $3, 1) "
        "ON CONFLICT (hour, method, result) DO UPDATE SET count = signin_hour.count + 1";
    struct hf_query q = hf_query(tx, sql);

    hf_bind_int(&q, now_ms - now_ms % HOUR_MS);
    hf_bind_text(&q, method);
    hf_bind_text(&q, result);
    return hf_query_end(&q);
}

enum hf_rc
hf_session_start(struct hf_db *tx, const struct hf_env *env, int64_t person, const char *token,
                 enum hf_strength strength, const char *method, const char *address, int64_t now_ms)
{
    struct hf_query q;
    uint8_t         digest[32];
    enum hf_rc      rc;

    if ((rc = hf_token_digest(token, digest)) != HF_OK)
        return rc;
    q = hf_query(tx, "INSERT INTO session (id, token, person, strength, method, address, "
                     "created_at, seen_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)");
    hf_bind_int(&q, hf_random_id());
    hf_bind_bytes(&q, hf_bytes(digest, sizeof(digest)));
    hf_bind_int(&q, person);
    hf_bind_int(&q, strength);
    hf_bind_text(&q, method);
    hf_bind_text(&q, address);
    hf_bind_int(&q, now_ms);
    hf_bind_int(&q, now_ms + hf_conf_int(env->conf, "session_life_s") * 1000);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    return hf_signin_count(tx, method, "ok", now_ms);
}

enum hf_rc
hf_session_end_all(struct hf_db *tx, int64_t person)
{
    struct hf_query q = hf_query(tx, "DELETE FROM session WHERE person = $1");

    hf_bind_int(&q, person);
    return hf_query_end(&q);
}

static enum hf_rc
end_own(struct hf_db *tx, void *arg)
{
    const struct hf_call *c = arg;
    struct hf_query       q = hf_query(tx, "DELETE FROM session WHERE id = $1");

    hf_bind_int(&q, c->actor->session);
    return hf_query_end(&q);
}

enum hf_rc
hf_op_logout(struct hf_call *c)
{
    c->object = c->actor->login;
    c->session_end = true;
    return hf_act_commit(c, end_own, c);
}

/* Whether this session was opened by a one-time password that must be changed first. */
static enum hf_rc
tell_must_change(struct hf_call *c)
{
    struct hf_db   *db = hf_store_reader(c->env->store);
    struct hf_query q;
    bool            must = false;
    enum hf_rc      rc;

    if (db == NULL)
        return hf_because(HF_E_STORE, "person");
    q = hf_query(db, "SELECT must_change FROM person WHERE id = $1");
    hf_bind_int(&q, c->actor->id);
    if (hf_step(&q))
        must = hf_col_int(&q) != 0;
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    hf_reply_flag(c, "must_change", must && c->actor->strength == HF_STRENGTH_PASSWORD);
    return HF_OK;
}

enum hf_rc
hf_op_whoami(struct hf_call *c)
{
    json_t *may = json_array();

    for (int i = 0; i < HF_MAY_COUNT; i++)
        if (hf_actor_may(c->actor, (enum hf_may)i))
            json_array_append_new(may, json_string(hf_may_word((enum hf_may)i)));
    hf_reply_text(c, "kind", c->actor->kind);
    hf_reply_text(c, "login", c->actor->login);
    hf_reply_text(c, "unit", c->actor->unit);
    hf_reply_text(c, "strength", hf_strength_word(c->actor->strength));
    hf_reply_text(c, "address", c->actor->address);
    hf_reply_set(c, "may", may);
    return tell_must_change(c);
}

/* -- Lists -------------------------------------------------------------------------- */

static json_t *
session_row(struct hf_query *q, struct hf_arena *a, int64_t own)
{
    int64_t     id = hf_col_int(q);
    const char *login = hf_col_text(q, a);
    const char *strength = hf_strength_word((enum hf_strength)hf_col_int(q));
    const char *method = hf_col_text(q, a), *address = hf_col_text(q, a);
    char        created[HF_TIME_TEXT], seen[HF_TIME_TEXT], ends[HF_TIME_TEXT];

    hf_time_text(hf_col_int(q), created);
    hf_time_text(hf_col_int(q), seen);
    hf_time_text(hf_col_int(q), ends);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "id",
                     hf_arena_fmt(a, "%lld", (long long)id), "login", login, "strength", strength,
                     "method", method, "address", address, "created", created, "seen", seen, "ends",
                     ends, "own", id == own);
}

/* Whoever may see persons sees all sessions; everybody else his own. */
enum hf_rc
hf_op_session_list(struct hf_call *c)
{
    struct hf_db   *db = hf_store_reader(c->env->store);
    bool            all = hf_actor_may(c->actor, HF_MAY_PERSON_READ) && hf_arg_flag(c, "all");
    json_t         *items = json_array();
    struct hf_query q;

    hf_reply_set(c, "items", items);
    if (db == NULL)
        return hf_because(HF_E_STORE, "sessions");
    q = hf_query(
        db, "SELECT s.id, p.login, s.strength, s.method, s.address, s.created_at, s.seen_at, "
            "s.ends_at FROM session s JOIN person p ON p.id = s.person "
            "WHERE s.ends_at > $1 AND (s.person = $2 OR $3 = 1) ORDER BY s.seen_at DESC LIMIT 500");
    hf_bind_int(&q, c->now_ms);
    hf_bind_int(&q, c->actor->id);
    hf_bind_int(&q, all);
    while (hf_step(&q))
        json_array_append_new(items, session_row(&q, c->arena, c->actor->session));
    return hf_query_end(&q);
}

static enum hf_rc
end_one(struct hf_db *tx, void *arg)
{
    const struct hf_call *c = arg;
    struct hf_query       q;
    int64_t               id = 0;
    enum hf_rc            rc;

    if ((rc = hf_int_read("id", hf_arg_text(c, "id"), 1, INT64_MAX, &id)) != HF_OK)
        return rc;
    q = hf_query(tx, "DELETE FROM session WHERE id = $1 AND (person = $2 OR $3 = 1)");
    hf_bind_int(&q, id);
    hf_bind_int(&q, c->actor->id);
    hf_bind_int(&q, hf_actor_may(c->actor, HF_MAY_PERSON_MANAGE));
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    return q.changed == 1 ? HF_OK : hf_fail_field(HF_E_ABSENT, "id", "no such session");
}

enum hf_rc
hf_op_session_end(struct hf_call *c)
{
    c->object = hf_arg_text(c, "id");
    return hf_act_commit(c, end_one, c);
}

enum hf_rc
hf_op_signin_stats(struct hf_call *c)
{
    struct hf_db   *db = hf_store_reader(c->env->store);
    int64_t         hours = hf_arg_int(c, "hours", 24);
    json_t         *items = json_array();
    struct hf_query q;

    hf_reply_set(c, "items", items);
    if (db == NULL)
        return hf_because(HF_E_STORE, "sign-ins");
    q = hf_query(
        db, "SELECT hour, method, result, count FROM signin_hour WHERE hour > $1 ORDER BY hour");
    hf_bind_int(&q, c->now_ms - hours * HOUR_MS);
    while (hf_step(&q)) {
        char        hour[HF_TIME_TEXT];
        const char *method, *result;

        hf_time_text(hf_col_int(&q), hour);
        method = hf_col_text(&q, c->arena);
        result = hf_col_text(&q, c->arena);
        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:s, s:I}", "hour", hour, "method", method,
                                        "result", result, "count", (json_int_t)hf_col_int(&q)));
    }
    return hf_query_end(&q);
}

/* -- Cleaning ------------------------------------------------------------------------- */

static enum hf_rc
clean(struct hf_db *tx, void *arg)
{
    static const struct {
        const char *sql;
        int64_t     keep_ms;
    } rows[] = {
        { "DELETE FROM session WHERE ends_at < $1", 0 },
        { "DELETE FROM challenge WHERE expires_at < $1", 0 },
        { "DELETE FROM ticket WHERE expires_at < $1", 600000 },
        { "DELETE FROM throttle WHERE changed_at < $1", HOUR_MS },
        { "DELETE FROM signin_hour WHERE hour < $1", INT64_C(400) * 24 * HOUR_MS },
        /* pending_life_s: a year */
        { "DELETE FROM credential_given WHERE at < $1", INT64_C(400) * 24 * HOUR_MS },
    };
    int64_t    now_ms = *(const int64_t *)arg;
    enum hf_rc rc = HF_OK;

    for (size_t i = 0; i < HF_COUNT(rows) && rc == HF_OK; i++) {
        struct hf_query q = hf_query(tx, rows[i].sql);

        hf_bind_int(&q, now_ms - rows[i].keep_ms);
        rc = hf_query_end(&q);
    }
    return rc;
}

enum hf_rc
hf_identity_clean(const struct hf_env *env, int64_t now_ms)
{
    return hf_store_write(env->store, clean, &now_ms);
}
