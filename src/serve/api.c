#include "serve/api.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "identity/role.h"
#include "serve/dispatch.h"

#define PREFIX "/api/v1/"
#define COOKIE "hufu_session"

/* -- Who asks ----------------------------------------------------------------------------- */

struct caller {
    struct hf_actor actor;
    bool            cookie; /* known by its cookie, which browsers send by themselves */
};

/* The token after "Bearer ", or in the cookie. NULL without. */
static const char *
token_of(const struct hf_request *r, bool *cookie)
{
    const struct hf_bytes *field = hf_http_find(r->head, "authorization");
    struct hf_bytes        value;

    *cookie = false;
    if (field != NULL && field->n > 7 && hf_http_is(hf_bytes(field->p, 7), "bearer "))
        return hf_arena_text(r->arena, hf_bytes(field->p + 7, field->n - 7));
    value = hf_http_cookie(r->head, COOKIE);
    *cookie = value.n != 0;
    return value.n == 0 ? NULL : hf_arena_text(r->arena, value);
}

static enum hf_rc
find_caller(const struct hf_serve *s, const struct hf_request *r, struct caller *out)
{
    struct hf_actor found = { 0 };
    const char     *token;
    enum hf_rc      rc;

    *out = (struct caller){ { .kind = "nobody", .login = "", .unit = "", .address = r->address },
                            false };
    if (r->on == HF_ON_LOCAL) {
        out->actor.kind = out->actor.login = "local";
        out->actor.strength = HF_STRENGTH_CERTIFICATE;
        out->actor.may = hf_role_everything();
        return HF_OK;
    }
    if ((token = token_of(r, &out->cookie)) == NULL || s->session_actor == NULL)
        return HF_OK;
    rc = s->session_actor(&s->env, token, r->now_ms, r->arena, &found);
    if (rc == HF_OK)
        out->actor = found;
    out->actor.address = r->address;
    return rc;
}

/* -- Other sites (CSRF) ---------------------------------------------------------------------- */

static bool
is_own_origin(const struct hf_request *r, struct hf_bytes origin)
{
    struct hf_bytes host = r->head->host;

    return origin.n == 8 + host.n && memcmp(origin.p, "https://", 8) == 0 &&
           strncasecmp((const char *)origin.p + 8, (const char *)host.p, host.n) == 0;
}

/*
 * A browser says where a request comes from: Origin with every POST, and
 * Sec-Fetch-Site. What comes from elsewhere is refused; a cookie alone, with
 * neither, as well, if the operation changes something.
 */
static enum hf_rc
check_site(const struct hf_request *r, const struct hf_op *op, bool cookie)
{
    const struct hf_bytes *origin = hf_http_find(r->head, "origin");
    const struct hf_bytes *site = hf_http_find(r->head, "sec-fetch-site");

    if (r->on != HF_ON_HTTPS)
        return HF_OK;
    if (origin != NULL && !is_own_origin(r, *origin))
        return hf_fail(HF_E_DENIED, "the request comes from another site (Origin)");
    if (site != NULL && !hf_http_is(*site, "same-origin") && !hf_http_is(*site, "none"))
        return hf_fail(HF_E_DENIED, "the request comes from another site (Sec-Fetch-Site)");
    if (cookie && origin == NULL && site == NULL && (op->flags & HF_OP_READ) == 0)
        return hf_fail(HF_E_DENIED, "a request with a cookie must name its Origin");
    return HF_OK;
}

/* -- Arguments -------------------------------------------------------------------------------- */

static enum hf_rc
typed(const struct hf_arg *arg, const char *text, json_t **value)
{
    int64_t    n = 0;
    enum hf_rc rc = HF_OK;

    switch (arg->kind->type) {
    case HF_ARG_INT:
        rc = hf_int_read(arg->member, text, arg->kind->low, arg->kind->high, &n);
        *value = json_integer(n);
        return rc;
    case HF_ARG_FLAG:
        *value = json_boolean(strcmp(text, "true") == 0);
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            rc = hf_fail_field(HF_E_ARG, arg->member, "must be true or false");
        return rc;
    case HF_ARG_TEXT:
        break;
    }
    *value = json_string(text);
    return HF_OK;
}

static enum hf_rc
add_pair(const struct hf_arg *arg, size_t n, const struct hf_form_pair *pair, json_t *args)
{
    json_t    *value = NULL, *present = json_object_get(args, pair->name);
    enum hf_rc rc;
    size_t     i = 0;

    while (i < n && strcmp(arg[i].member, pair->name) != 0)
        i++;
    if (i == n)
        return hf_fail_field(HF_E_ARG, pair->name, "is not a parameter here");
    if (present != NULL && !arg[i].repeated)
        return hf_fail_field(HF_E_ARG, pair->name, "is given twice");
    if ((rc = typed(&arg[i], pair->value, &value)) != HF_OK) {
        json_decref(value);
        return rc;
    }
    if (!arg[i].repeated) {
        json_object_set_new(args, pair->name, value);
        return HF_OK;
    }
    if (present == NULL)
        json_object_set_new(args, pair->name, present = json_array());
    json_array_append_new(present, value);
    return HF_OK;
}

enum hf_rc
hf_op_query(const struct hf_op *op, struct hf_bytes query, struct hf_arena *a, json_t **own_args)
{
    struct hf_arg  arg[HF_OP_ARGS_MAX];
    size_t         n = hf_op_args(op, arg);
    struct hf_form form;
    json_t        *args = json_object();
    enum hf_rc     rc = hf_form_read(query, true, a, &form);

    *own_args = NULL;
    for (size_t i = 0; rc == HF_OK && i < form.n; i++)
        rc = add_pair(arg, n, &form.pair[i], args);
    if (rc != HF_OK)
        json_decref(args);
    else
        *own_args = args;
    return rc;
}

/* The media type of the body, without its parameters. */
static bool
is_json(const struct hf_request *r)
{
    const struct hf_bytes *type = hf_http_find(r->head, "content-type");
    size_t                 n = 0;

    if (type == NULL)
        return false;
    while (n < type->n && type->p[n] != ';' && type->p[n] != ' ')
        n++;
    return hf_http_is(hf_bytes(type->p, n), "application/json");
}

static enum hf_rc
read_body(const struct hf_request *r, json_t **own_args)
{
    json_error_t where;

    if (r->head->query.n != 0)
        return hf_fail(HF_E_ARG, "arguments of a POST belong into its body");
    if (r->body.n == 0) {
        *own_args = json_object();
        return HF_OK;
    }
    if (!is_json(r))
        return hf_fail_field(HF_E_ARG, "Content-Type", "must be application/json");
    /*
     * jansson refuses invalid UTF-8, NUL and what follows the object; nesting is limited to
     * 2048. Its text quotes the body, which may be a password: the place has to do.
     */
    *own_args = json_loadb((const char *)r->body.p, r->body.n, JSON_REJECT_DUPLICATES, &where);
    if (*own_args == NULL)
        return hf_fail(HF_E_FORMAT, "the body is not JSON: line %d column %d", where.line,
                       where.column);
    if (!json_is_object(*own_args)) {
        json_decref(*own_args);
        *own_args = NULL;
        return hf_fail(HF_E_ARG, "the body must be a JSON object");
    }
    return HF_OK;
}

static enum hf_rc
read_args(const struct hf_request *r, const struct hf_op *op, json_t **own_args)
{
    *own_args = NULL;
    if (strcmp(r->method, "POST") == 0)
        return read_body(r, own_args);
    return hf_op_query(op, r->head->query, r->arena, own_args);
}

static enum hf_rc
request_id_of(const struct hf_request *r, const char **out)
{
    size_t given = 0;

    *out = "";
    for (size_t i = 0; i < r->head->fields; i++) {
        if (!hf_http_is(r->head->field[i].name, "hufu-request-id"))
            continue;
        *out = hf_arena_text(r->arena, r->head->field[i].value);
        if (given++ != 0 || !hf_request_id_ok(*out)) {
            *out = "";
            return hf_fail_field(HF_E_ARG, "Hufu-Request-Id",
                                 "must be up to 64 of A-Z a-z 0-9 . _ -, once");
        }
    }
    return HF_OK;
}

/* -- Answers ------------------------------------------------------------------------------------
 */

/* Does a browser ask? Then the token goes where its scripts cannot read it. */
static bool
is_browser(const struct hf_request *r)
{
    return hf_http_find(r->head, "origin") != NULL ||
           hf_http_find(r->head, "sec-fetch-site") != NULL;
}

static void
put_session(const struct hf_request *r, const struct hf_outcome *out, struct hf_answer *a)
{
    if (out->session != NULL && !is_browser(r)) {
        json_object_set_new(out->reply, "session", json_string(out->session));
    } else if (out->session != NULL) {
        hf_wr_str(&a->fields, "Set-Cookie: " COOKIE "=");
        hf_wr_str(&a->fields, out->session);
        hf_wr_str(&a->fields, "; Path=/; Secure; HttpOnly; SameSite=Strict\r\n");
    } else if (out->session_end) {
        hf_wr_str(&a->fields, "Set-Cookie: " COOKIE
                              "=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict\r\n");
    }
}

/* Everything that must be known before the operation is asked for. */
static enum hf_rc
prepare(const struct hf_serve *s, const struct hf_request *r, struct caller *caller,
        struct hf_asking *asking)
{
    enum hf_rc rc = find_caller(s, r, caller);

    if (rc == HF_E_AUTH && asking->op->may == HF_MAY_ANYBODY)
        rc = HF_OK; /* an old cookie does not keep anybody from signing in */
    if (rc == HF_OK)
        rc = request_id_of(r, &asking->request_id);
    if (rc == HF_OK)
        rc = check_site(r, asking->op, caller->cookie);
    return rc == HF_OK ? read_args(r, asking->op, &asking->args) : rc;
}

static void
answer_op(const struct hf_serve *s, const struct hf_request *r, const struct hf_op *op,
          struct hf_answer *a)
{
    struct caller     caller;
    struct hf_asking  asking = { .env = &s->env,
                                 .ops = s->ops,
                                 .op = op,
                                 .actor = &caller.actor,
                                 .request_id = "",
                                 .arena = r->arena,
                                 .now_ms = r->now_ms };
    struct hf_outcome out;
    enum hf_rc        rc = prepare(s, r, &caller, &asking);

    if (rc == HF_OK)
        rc = hf_dispatch(&asking, &out);
    else
        hf_dispatch_refused(&asking, rc);
    json_decref(asking.args);
    if (rc != HF_OK) {
        if (hf_rc_class(rc) >= HF_CLASS_OUTSIDE)
            hf_log(HF_ERROR, "api.failed", HF_F_STR("op", op->name), HF_F_STR("rc", hf_rc_name(rc)),
                   HF_F_REASON);
        hf_answer_error(a, rc, asking.request_id);
        return;
    }
    a->status = out.pending ? 202 : 200;
    hf_http_put_str(&a->fields, "Cache-Control", "no-store");
    put_session(r, &out, a);
    hf_answer_json(a, out.reply);
}

/* -- Descriptions ------------------------------------------------------------------------------ */

static const char *const arg_types[] = {
    [HF_ARG_TEXT] = "text", [HF_ARG_INT] = "integer", [HF_ARG_FLAG] = "boolean"
};

static json_t *
describe_arg(const struct hf_arg *arg)
{
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:I, s:I}", "name", arg->name,
                          "member", arg->member, "kind", arg->is_switch ? "switch" : arg->word,
                          "type", arg_types[arg->kind->type], "help", arg->kind->help, "positional",
                          arg->positional, "required", arg->required, "repeated", arg->repeated,
                          "low", (json_int_t)arg->kind->low, "high", (json_int_t)arg->kind->high);

    if (o == NULL || json_object_set_new(o, "help_zh", json_string(arg->kind->help_zh)) != 0)
        abort();
    return o;
}

json_t *
hf_op_describe(const struct hf_op *op, bool may)
{
    struct hf_arg arg[HF_OP_ARGS_MAX];
    size_t        n = hf_op_args(op, arg);
    json_t       *args = json_array(), *o;

    for (size_t i = 0; i < n; i++)
        if (strcmp(arg[i].word, "path-out") != 0)
            json_array_append_new(args, describe_arg(&arg[i]));
    o = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:o}", "name", op->name, "help",
                  op->help, "help_zh", op->help_zh == NULL ? op->help : op->help_zh, "permission",
                  hf_may_word(op->may), "may", may, "read", (op->flags & HF_OP_READ) != 0, "second",
                  (op->flags & HF_OP_SECOND) != 0, "second_for_role",
                  (op->flags & HF_OP_CREDENTIAL) != 0, "arguments", args);
    if (o == NULL)
        abort();
    if (op->columns != NULL)
        json_object_set_new(o, "columns", json_string(op->columns));
    if (op->out != NULL)
        json_object_set_new(o, "out", json_string(op->out));
    return o;
}

static void
answer_operations(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a)
{
    struct caller caller;
    json_t       *items = json_array();
    enum hf_rc    rc = find_caller(s, r, &caller);

    if (rc != HF_OK && rc != HF_E_AUTH) {
        hf_answer_error(a, rc, "");
        json_decref(items);
        return;
    }
    for (const struct hf_op *const *table = s->ops; *table != NULL; table++)
        for (const struct hf_op *op = *table; op->name != NULL; op++)
            if ((op->flags & HF_OP_HIDDEN) == 0)
                json_array_append_new(
                    items, hf_op_describe(op, hf_op_permitted(op, &caller.actor) == HF_OK));
    hf_http_put_str(&a->fields, "Cache-Control", "no-store");
    hf_answer_json(a, json_pack("{s:o}", "items", items));
}

static void
answer_openapi(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a)
{
    (void)r;
    hf_http_put_str(&a->fields, "Cache-Control", "no-cache");
    hf_answer_json(a, hf_openapi(s->ops));
}

/* -- Routes ------------------------------------------------------------------------------------ */

static const struct {
    const char *path;
    void (*answer)(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a);
} documents[] = {
    { PREFIX "operations", answer_operations },
    { PREFIX "openapi.json", answer_openapi },
};

/* "/api/v1/cert/revoke" to "cert revoke"; NULL if it cannot be one. */
static const char *
op_name(const struct hf_request *r)
{
    struct hf_bytes path = r->head->path;
    char           *name;

    if (path.n <= strlen(PREFIX) || path.n > 64)
        return NULL;
    name = hf_arena_text(r->arena, hf_bytes(path.p + strlen(PREFIX), path.n - strlen(PREFIX)));
    for (char *p = name; *p != '\0'; p++) {
        if (*p == ' ')
            return NULL;
        if (*p == '/')
            *p = ' ';
    }
    return name;
}

void
hf_api(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a)
{
    const char         *name = op_name(r);
    const struct hf_op *op = name == NULL ? NULL : hf_op_find(s->ops, name);

    for (size_t i = 0; strcmp(r->method, "GET") == 0 && i < HF_COUNT(documents); i++) {
        if (hf_bytes_eq(r->head->path, hf_bytes_str(documents[i].path))) {
            documents[i].answer(s, r, a);
            return;
        }
    }
    if (op == NULL) {
        hf_answer_error(a, hf_fail(HF_E_ABSENT, "no such operation; see " PREFIX "operations"), "");
        return;
    }
    if (strcmp(r->method, "POST") != 0 && (op->flags & HF_OP_READ) == 0) {
        hf_answer_refuse(a, 405, hf_fail(HF_E_ARG, "%s changes something: use POST", op->name));
        hf_http_put_str(&a->fields, "Allow", "POST");
        return;
    }
    answer_op(s, r, op, a);
}
