#include "identity/app.h"

#include <string.h>

#include "audit/act.h"
#include "base/text.h"
#include "crypto/alg.h"
#include "identity/net.h"

#define APP_COLUMNS "id, name, title, url, allow, min_strength, state"

static void
read_app(struct hf_query *q, struct hf_arena *a, struct hf_app *app)
{
    app->id = hf_col_int(q);
    app->name = hf_col_text(q, a);
    app->title = hf_col_text(q, a);
    app->url = hf_col_text(q, a);
    app->allow = hf_col_text(q, a);
    app->min_strength = (enum hf_strength)hf_col_int(q);
    app->state = hf_col_text(q, a);
}

static enum hf_rc
finish_find(struct hf_query *q, struct hf_arena *a, struct hf_app *out)
{
    bool       found;
    enum hf_rc rc;

    *out = (struct hf_app){ 0 };
    if ((found = hf_step(q)))
        read_app(q, a, out);
    if ((rc = hf_query_end(q)) != HF_OK)
        return rc;
    return found ? HF_OK : hf_fail_field(HF_E_ABSENT, "app", "no such application");
}

enum hf_rc
hf_app_find(struct hf_db *db, const char *name, struct hf_arena *a, struct hf_app *out)
{
    struct hf_query q = hf_query(db, "SELECT " APP_COLUMNS " FROM app WHERE name = $1");

    hf_bind_text(&q, name);
    return finish_find(&q, a, out);
}

enum hf_rc
hf_app_find_id(struct hf_db *db, int64_t id, struct hf_arena *a, struct hf_app *out)
{
    struct hf_query q = hf_query(db, "SELECT " APP_COLUMNS " FROM app WHERE id = $1");

    hf_bind_int(&q, id);
    return finish_find(&q, a, out);
}

static json_t *
app_json(const struct hf_app *app)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", app->name, "title", app->title,
                     "url", app->url, "allow", app->allow, "min_strength",
                     hf_strength_word(app->min_strength), "state", app->state);
}

/* -- Adding and changing ------------------------------------------------------------------ */

/* The networks of a JSON array as one text; each is checked. */
static enum hf_rc
read_allow(const json_t *list, struct hf_arena *a, const char **out)
{
    enum hf_rc rc;

    *out = NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *net = json_string_value(json_array_get(list, i));

        if ((rc = hf_net_check("allow", net)) != HF_OK)
            return rc;
        *out = *out == NULL ? net : hf_arena_fmt(a, "%s %s", *out, net);
    }
    return HF_OK;
}

static enum hf_rc
check_url(const char *url)
{
    if (url == NULL || strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0)
        return HF_OK;
    return hf_fail_field(HF_E_ARG, "url", "must begin with https:// or http://");
}

struct edit {
    struct hf_call *c;
    const char     *name, *title, *url, *allow, *state; /* NULL: stays as it is */
    int64_t         min_strength;                       /* -1: stays as it is */
};

static enum hf_rc
insert_app(struct hf_db *tx, void *arg)
{
    static const char sql[] =
        "INSERT INTO app (id, name, title, url, allow, min_strength, state, created_at, changed_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, $7)";
    const struct edit *e = arg;
    struct hf_query    q = hf_query(tx, sql);
    enum hf_rc         rc;

    hf_bind_int(&q, hf_random_id());
    hf_bind_text(&q, e->name);
    hf_bind_text(&q, e->title == NULL ? e->name : e->title);
    hf_bind_text(&q, e->url == NULL ? "" : e->url);
    hf_bind_text(&q, e->allow);
    hf_bind_int(&q, e->min_strength);
    hf_bind_int(&q, e->c->now_ms);
    if ((rc = hf_query_end(&q)) == HF_E_EXISTS)
        return hf_fail_field(HF_E_EXISTS, "name", "%s exists already", e->name);
    return rc;
}

static enum hf_rc
update_app(struct hf_db *tx, void *arg)
{
    static const char sql[] =
        "UPDATE app SET title = coalesce($2, title), url = coalesce($3, url), allow = coalesce($4, allow), "
        "min_strength = CASE WHEN $5 < 0 THEN min_strength ELSE $5 END, state = coalesce($6, state), "
        "changed_at = $7 WHERE name = $1";
    const struct edit *e = arg;
    struct hf_query    q = hf_query(tx, sql);
    enum hf_rc         rc;

    hf_bind_text(&q, e->name);
    hf_bind_text(&q, e->title);
    hf_bind_text(&q, e->url);
    hf_bind_text(&q, e->allow);
    hf_bind_int(&q, e->min_strength);
    hf_bind_text(&q, e->state);
    hf_bind_int(&q, e->c->now_ms);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    return q.changed == 1 ? HF_OK : hf_fail_field(HF_E_ABSENT, "app", "no such application");
}

static enum hf_rc
read_edit(struct hf_call *c, const char *name_member, struct edit *e)
{
    const char      *strength = hf_arg_text(c, "min_strength");
    enum hf_strength min = HF_STRENGTH_NONE;
    enum hf_rc       rc;

    *e = (struct edit){ .c = c,
                        .name = hf_arg_text(c, name_member),
                        .title = hf_arg_text(c, "title"),
                        .url = hf_arg_text(c, "url"),
                        .state = hf_arg_text(c, "state"),
                        .min_strength = -1 };
    if (strength != NULL && hf_strength_named(strength, &min))
        e->min_strength = min;
    if ((rc = read_allow(hf_arg_list(c, "allow"), c->arena, &e->allow)) != HF_OK ||
        (rc = check_url(e->url)) != HF_OK)
        return rc;
    c->object = e->name;
    if (e->allow != NULL)
        json_object_set_new(c->detail, "allow", json_string(e->allow));
    if (strength != NULL)
        json_object_set_new(c->detail, "min_strength", json_string(strength));
    hf_reply_text(c, "name", e->name);
    return HF_OK;
}

enum hf_rc
hf_op_app_add(struct hf_call *c)
{
    struct edit e;
    enum hf_rc  rc = read_edit(c, "name", &e);

    if (rc != HF_OK)
        return rc;
    if (e.name[strcspn(e.name, " /?#&%")] != '\0')
        return hf_fail_field(HF_E_ARG, "name", "must not have blanks or any of / ? # & %%");
    return hf_act_commit(c, insert_app, &e);
}

enum hf_rc
hf_op_app_change(struct hf_call *c)
{
    struct edit e;
    enum hf_rc  rc = read_edit(c, "app", &e);

    return rc != HF_OK ? rc : hf_act_commit(c, update_app, &e);
}

/* -- Reading ----------------------------------------------------------------------------------- */

static enum hf_rc
list_apps(struct hf_call *c, bool mine)
{
    struct hf_db   *db = hf_store_reader(c->env->store);
    json_t         *items = json_array();
    struct hf_query q;

    hf_reply_set(c, "items", items);
    if (db == NULL)
        return hf_because(HF_E_STORE, "applications");
    q = hf_query(db, "SELECT " APP_COLUMNS " FROM app ORDER BY name");
    while (hf_step(&q)) {
        struct hf_app app;

        read_app(&q, c->arena, &app);
        if (!mine)
            json_array_append_new(items, app_json(&app));
        else if (strcmp(app.state, "active") == 0)
            json_array_append_new(
                items, json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", app.name, "title", app.title,
                                 "url", app.url, "min_strength", hf_strength_word(app.min_strength),
                                 "open", c->actor->strength >= app.min_strength));
    }
    hf_reply_int(c, "total", (int64_t)json_array_size(items));
    return hf_query_end(&q);
}

enum hf_rc
hf_op_app_list(struct hf_call *c)
{
    return list_apps(c, false);
}

/* The applications one may enter, for the portal: without their allow-lists. */
enum hf_rc
hf_op_app_mine(struct hf_call *c)
{
    return list_apps(c, true);
}

enum hf_rc
hf_op_app_show(struct hf_call *c)
{
    struct hf_db *db = hf_store_reader(c->env->store);
    struct hf_app app;
    json_t       *json;
    enum hf_rc    rc;

    if (db == NULL)
        return hf_because(HF_E_STORE, "application");
    if ((rc = hf_app_find(db, hf_arg_text(c, "app"), c->arena, &app)) != HF_OK)
        return rc;
    json = app_json(&app);
    json_object_update(c->reply, json);
    json_decref(json);
    return HF_OK;
}
