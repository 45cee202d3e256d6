#include "identity/person.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "audit/act.h"
#include "base/text.h"
#include "crypto/alg.h"
#include "identity/password.h"
#include "identity/role.h"
#include "identity/session.h"
#include "identity/throttle.h"

#define PERSON_COLUMNS "id, login, name, unit, roles, state, password, must_change, created_at"

static void
read_person(struct hf_query *q, struct hf_arena *a, struct hf_person *p, int64_t *created_at)
{
    p->id = hf_col_int(q);
    p->login = hf_col_text(q, a);
    p->name = hf_col_text(q, a);
    p->unit = hf_col_text(q, a);
    p->roles = hf_col_text(q, a);
    p->state = hf_col_text(q, a);
    p->password = hf_col_text(q, a);
    p->must_change = hf_col_int(q) != 0;
    *created_at = hf_col_int(q);
}

static enum hf_rc
find_with_time(struct hf_db *db, const char *login, struct hf_arena *a, struct hf_person *out,
               int64_t *created_at)
{
    struct hf_query q = hf_query(db, "SELECT " PERSON_COLUMNS " FROM person WHERE login = $1");
    bool            found;
    enum hf_rc      rc;

    *out = (struct hf_person){ 0 };
    hf_bind_text(&q, login);
    if ((found = hf_step(&q)))
        read_person(&q, a, out, created_at);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    return found ? HF_OK : hf_fail_field(HF_E_ABSENT, "login", "no person %s", login);
}

enum hf_rc
hf_person_find(struct hf_db *db, const char *login, struct hf_arena *a, struct hf_person *out)
{
    int64_t created_at;

    return find_with_time(db, login, a, out, &created_at);
}

enum hf_rc
hf_person_known(struct hf_db *db, const char *login)
{
    struct hf_arena  a = hf_arena();
    struct hf_person person;
    enum hf_rc       rc = hf_person_find(db, login, &a, &person);

    hf_arena_clear(&a);
    return rc;
}

enum hf_rc
hf_person_login_check(const char *login)
{
    size_t n = strlen(login);

    if (n == 0 || n > 64 || !hf_utf8_is_text(hf_bytes(login, n)))
        return hf_fail_field(HF_E_ARG, "login", "needs 1 to 64 bytes of text");
    for (size_t i = 0; i < n; i++) {
        unsigned char ch = (unsigned char)login[i];
        bool          word = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                    (ch >= '0' && ch <= '9') || ch >= 0x80;

        if (!word && strchr("._-@", ch) == NULL)
            return hf_fail_field(HF_E_ARG, "login", "may have letters, digits and . _ - @ only");
    }
    return HF_OK;
}

static json_t *
person_json(const struct hf_person *p, int64_t created_at)
{
    char created[HF_TIME_TEXT];

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:s}", "login", p->login, "name", p->name,
                     "unit", p->unit, "roles", p->roles, "state", p->state, "password",
                     p->password != NULL, "must_change", p->must_change, "created",
                     hf_time_text(created_at, created));
}

/* -- Adding ------------------------------------------------------------------------ */

struct addition {
    const char *login, *name, *unit, *roles;
    const char *phc; /* NULL: no sign-in by password */
    int64_t     now_ms;
};

static enum hf_rc
insert_person(struct hf_db *tx, void *arg)
{
    static const char sql[] =
        "INSERT INTO person (id, login, name, unit, roles, state, password, must_change, created_at, "
        "changed_at) VALUES ($1, $2, $3, $4, $5, 'active', $6, $7, $8, $8)";
    const struct addition *a = arg;
    struct hf_query        q = hf_query(tx, sql);
    enum hf_rc             rc;

    hf_bind_int(&q, hf_random_id());
    hf_bind_text(&q, a->login);
    hf_bind_text(&q, a->name);
    hf_bind_text(&q, a->unit);
    hf_bind_text(&q, a->roles);
    hf_bind_text(&q, a->phc);
    hf_bind_int(&q, a->phc != NULL);
    hf_bind_int(&q, a->now_ms);
    if ((rc = hf_query_end(&q)) == HF_E_EXISTS)
        return hf_fail_field(HF_E_EXISTS, "login", "%s exists already", a->login);
    return rc;
}

/* A one-time password goes into the reply, its hash into phc. */
static enum hf_rc
make_one_time(struct hf_call *c, char phc[HF_PASSWORD_PHC])
{
    char       password[HF_PASSWORD_ONE_TIME];
    enum hf_rc rc;

    hf_password_one_time(password);
    if ((rc = hf_password_hash(c->env->conf, hf_bytes_str(password), phc)) == HF_OK)
        hf_reply_text(c, "one_time_password", password);
    OPENSSL_cleanse(password, sizeof(password));
    return rc;
}

enum hf_rc
hf_op_person_add(struct hf_call *c)
{
    char            phc[HF_PASSWORD_PHC] = "";
    const char     *unit = hf_arg_text(c, "unit");
    struct addition a = { .login = hf_arg_text(c, "login"),
                          .name = hf_arg_text(c, "name"),
                          .unit = unit == NULL ? "" : unit,
                          .now_ms = c->now_ms };
    enum hf_rc      rc;

    if ((rc = hf_person_login_check(a.login)) != HF_OK)
        return rc;
    if ((rc = hf_role_set_read(hf_arg_list(c, "role"), c->actor, c->arena, &a.roles)) != HF_OK)
        return rc;
    if (hf_arg_flag(c, "password")) {
        if ((rc = make_one_time(c, phc)) != HF_OK)
            return rc;
        a.phc = phc;
    }
    c->object = a.login;
    json_object_set_new(c->detail, "name", json_string(a.name));
    json_object_set_new(c->detail, "unit", json_string(a.unit));
    json_object_set_new(c->detail, "roles", json_string(a.roles));
    hf_reply_text(c, "login", a.login);
    return hf_act_commit(c, insert_person, &a);
}

struct bootstrap {
    struct addition addition;
    struct hf_event event;
};

static enum hf_rc
insert_first(struct hf_db *tx, void *arg)
{
    struct bootstrap *b = arg;
    enum hf_rc        rc = insert_person(tx, &b->addition);

    return rc != HF_OK ? rc : hf_audit_put(tx, &b->event);
}

enum hf_rc
hf_person_bootstrap(const struct hf_env *env, const char *login, const char *phc, int64_t now_ms)
{
    struct bootstrap b = {
        .addition = { login, "Administrator", "", "admin", phc, now_ms },
        .event = { .at_ms = now_ms, .name = "person.added", .result = "ok", .object = login },
    };

    return hf_store_write(env->store, insert_first, &b);
}

/* -- Reading --------------------------------------------------------------------------- */

enum hf_rc
hf_op_person_list(struct hf_call *c)
{
    struct hf_db   *db = hf_store_reader(c->env->store);
    int64_t         limit = hf_arg_int(c, "limit", 50), created_at, n = 0;
    const char     *after = hf_arg_text(c, "after"), *find = hf_arg_text(c, "find");
    const char     *unit = hf_arg_text(c, "unit"), *last = NULL;
    json_t         *items = json_array();
    struct hf_query q;
    enum hf_rc      rc;

    hf_reply_set(c, "items", items);
    if (db == NULL)
        return hf_because(HF_E_STORE, "persons");
    q = hf_query(db, "SELECT " PERSON_COLUMNS " FROM person WHERE login > $1 "
                     "AND ($2 = '' OR login LIKE $3 OR name LIKE $3) AND ($4 = '' OR unit = $4) "
                     "ORDER BY login LIMIT $5");
    hf_bind_text(&q, after == NULL ? "" : after);
    hf_bind_text(&q, find == NULL ? "" : find);
    hf_bind_text(&q, hf_arena_fmt(c->arena, "%%%s%%", find == NULL ? "" : find));
    hf_bind_text(&q, unit == NULL ? "" : unit);
    hf_bind_int(&q, limit + 1);
    while (hf_step(&q)) {
        struct hf_person p;

        read_person(&q, c->arena, &p, &created_at);
        if (n++ == limit) {
            hf_reply_text(c, "next", last);
            break;
        }
        json_array_append_new(items, person_json(&p, created_at));
        last = p.login;
    }
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    if (n <= limit)
        hf_reply_text(c, "next", NULL);
    q = hf_query(db, "SELECT count(*) FROM person");
    if (hf_step(&q))
        hf_reply_int(c, "total", hf_col_int(&q));
    return hf_query_end(&q);
}

enum hf_rc
hf_op_person_show(struct hf_call *c)
{
    struct hf_db    *db = hf_store_reader(c->env->store);
    struct hf_person p;
    int64_t          created_at = 0;
    json_t          *person;
    enum hf_rc       rc;

    if (db == NULL)
        return hf_because(HF_E_STORE, "person");
    if ((rc = find_with_time(db, hf_arg_text(c, "login"), c->arena, &p, &created_at)) != HF_OK)
        return rc;
    person = person_json(&p, created_at);
    json_object_update(c->reply, person);
    json_decref(person);
    return HF_OK;
}

enum hf_rc
hf_op_role_list(struct hf_call *c)
{
    json_t *items = json_array();

    for (const struct hf_role *r = hf_roles(); r->name != NULL; r++) {
        json_t *may = json_array();

        for (int i = 0; i < HF_MAY_COUNT; i++)
            if ((r->may >> i & 1) != 0)
                json_array_append_new(may, json_string(hf_may_word((enum hf_may)i)));
        json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:o}", "role", r->name, "help",
                                               r->help, "help_zh", r->help_zh, "may", may));
    }
    hf_reply_set(c, "items", items);
    return HF_OK;
}

/* -- Changing ---------------------------------------------------------------------------- */

struct change {
    struct hf_call *c;
    const char     *login;
    const char     *name, *unit, *roles, *state, *phc; /* NULL: stays as it is */
    bool            must_change;                       /* together with phc */
    bool            end_sessions;
    char            subject[HF_THROTTLE_SUBJECT]; /* when the person himself changes his password */
};

/* Whoever changes a person must hold what the person holds: a registrar cannot take over an admin. */
static enum hf_rc
change_allowed(const struct change *ch, const struct hf_person *p)
{
    const struct hf_actor *actor = ch->c->actor;

    if (actor->id == p->id && ch->roles == NULL && ch->state == NULL)
        return HF_OK;
    if ((hf_role_may(p->roles) & ~actor->may) != 0)
        return hf_fail_field(HF_E_DENIED, "login", "%s holds permissions that you do not",
                             p->login);
    return HF_OK;
}

static enum hf_rc
update_person(struct hf_db *tx, void *arg)
{
    struct change   *ch = arg;
    struct hf_person p;
    struct hf_query  q;
    enum hf_rc       rc;

    if ((rc = hf_person_find(tx, ch->login, ch->c->arena, &p)) != HF_OK ||
        (rc = change_allowed(ch, &p)) != HF_OK)
        return rc;
    q = hf_query(tx,
                 "UPDATE person SET name = coalesce($2, name), unit = coalesce($3, unit), "
                 "roles = coalesce($4, roles), state = coalesce($5, state), "
                 "must_change = CASE WHEN CAST($6 AS TEXT) IS NULL THEN must_change ELSE $7 END, "
                 "password = coalesce($6, password), changed_at = $8 WHERE id = $1");
    hf_bind_int(&q, p.id);
    hf_bind_text(&q, ch->name);
    hf_bind_text(&q, ch->unit);
    hf_bind_text(&q, ch->roles);
    hf_bind_text(&q, ch->state);
    hf_bind_text(&q, ch->phc);
    hf_bind_int(&q, ch->must_change);
    hf_bind_int(&q, ch->c->now_ms);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    return ch->end_sessions ? hf_session_end_all(tx, p.id) : HF_OK;
}

static enum hf_rc
commit_change(struct hf_call *c, struct change *ch)
{
    ch->c = c;
    ch->login = hf_arg_text(c, "login");
    c->object = ch->login;
    hf_reply_text(c, "login", ch->login);
    return hf_act_commit(c, update_person, ch);
}

enum hf_rc
hf_op_person_change(struct hf_call *c)
{
    struct change ch = { .name = hf_arg_text(c, "name"), .unit = hf_arg_text(c, "unit") };

    if (ch.name == NULL && ch.unit == NULL)
        return hf_fail(HF_E_ARG, "nothing to change: give --name or --unit");
    return commit_change(c, &ch);
}

enum hf_rc
hf_op_person_roles(struct hf_call *c)
{
    struct change ch = { .end_sessions = true };
    enum hf_rc    rc;

    if ((rc = hf_role_set_read(hf_arg_list(c, "role"), c->actor, c->arena, &ch.roles)) != HF_OK)
        return rc;
    json_object_set_new(c->detail, "roles", json_string(ch.roles));
    return commit_change(c, &ch);
}

enum hf_rc
hf_op_person_disable(struct hf_call *c)
{
    struct change ch = { .state = "disabled", .end_sessions = true };

    return commit_change(c, &ch);
}

enum hf_rc
hf_op_person_enable(struct hf_call *c)
{
    struct change ch = { .state = "active" };

    return commit_change(c, &ch);
}

enum hf_rc
hf_op_person_reset(struct hf_call *c)
{
    char          phc[HF_PASSWORD_PHC];
    struct change ch = { .phc = phc, .must_change = true, .end_sessions = true };
    enum hf_rc    rc = make_one_time(c, phc);

    return rc != HF_OK ? rc : commit_change(c, &ch);
}

/* -- One's own password --------------------------------------------------------------------- */

static enum hf_rc
update_own_password(struct hf_db *tx, void *arg)
{
    static const char sql[] =
        "UPDATE person SET password = $2, must_change = 0, changed_at = $3 WHERE login = $1";
    const struct change *ch = arg;
    struct hf_query      q = hf_query(tx, sql);
    enum hf_rc           rc;

    hf_bind_text(&q, ch->login);
    hf_bind_text(&q, ch->phc);
    hf_bind_int(&q, ch->c->now_ms);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    return hf_throttle_passed(tx, ch->subject);
}

/* Whoever finds a session open must not be able to guess its holder's password at leisure. */
static enum hf_rc
check_present(const struct change *ch, struct hf_bytes password, const char *phc)
{
    enum hf_rc rc = hf_password_verify(ch->c->env->conf, password, phc);

    if (rc != HF_E_AUTH)
        return rc;
    if ((rc = hf_throttle_wrong(ch->c, ch->subject, false)) != HF_OK)
        return rc;
    return hf_fail_field(HF_E_DENIED, "old", "is not the present password");
}

enum hf_rc
hf_op_password_change(struct hf_call *c)
{
    struct hf_db   *db = hf_store_reader(c->env->store);
    struct hf_bytes now = hf_bytes_str(hf_arg_text(c, "old")),
                    next = hf_bytes_str(hf_arg_text(c, "new"));
    char             phc[HF_PASSWORD_PHC];
    struct change    ch = { .c = c, .login = c->actor->login, .phc = phc };
    struct hf_person p;
    enum hf_rc       rc;

    if (db == NULL)
        return hf_because(HF_E_STORE, "password");
    if ((rc = hf_throttle_subject(c->env, ch.login, ch.subject)) != HF_OK ||
        (rc = hf_throttle_check(c->env->store, ch.subject, c->actor->address, c->now_ms)) !=
            HF_OK ||
        (rc = hf_person_find(db, ch.login, c->arena, &p)) != HF_OK ||
        (rc = check_present(&ch, now, p.password)) != HF_OK)
        return rc;
    if (hf_bytes_eq_secret(now, next))
        return hf_fail_field(HF_E_ARG, "new", "is the old one");
    if ((rc = hf_password_acceptable("new", ch.login, next)) != HF_OK ||
        (rc = hf_password_hash(c->env->conf, next, phc)) != HF_OK)
        return rc;
    c->object = ch.login;
    return hf_act_commit(c, update_own_password, &ch);
}
