/* openapi.c - the OpenAPI 3.0 document, made from the operation tables. */
#include <stdlib.h>
#include <string.h>

#include "serve/api.h"

static json_t *
must(json_t *v)
{
    if (v == NULL)
        abort(); /* out of memory, or a row that is not UTF-8 */
    return v;
}

static void
set(json_t *object, const char *member, json_t *own_value)
{
    if (json_object_set_new(object, member, must(own_value)) != 0)
        abort();
}

/* "a|b|c" as a JSON array. */
static json_t *
words(const char *list)
{
    json_t *all = must(json_array());

    while (*list != '\0') {
        size_t n = strcspn(list, "|");

        json_array_append_new(all, must(json_stringn(list, n)));
        list += n + (list[n] == '|');
    }
    return all;
}

static json_t *
schema_of(const struct hf_arg *arg)
{
    json_t *one = must(json_object());

    if (arg->kind->type == HF_ARG_INT) {
        set(one, "type", json_string("integer"));
        set(one, "minimum", json_integer(arg->kind->low));
        set(one, "maximum", json_integer(arg->kind->high));
    } else if (arg->kind->type == HF_ARG_FLAG) {
        set(one, "type", json_string("boolean"));
    } else {
        set(one, "type", json_string("string"));
        set(one, "minLength", json_integer(arg->kind->low));
        set(one, "maxLength", json_integer(arg->kind->high)); /* bytes of UTF-8 */
        if (strchr(arg->word, '|') != NULL)
            set(one, "enum", words(arg->word));
        if (strcmp(arg->word, "secret") == 0)
            set(one, "format", json_string("password"));
    }
    if (arg->kind->help[0] != '\0')
        set(one, "description", json_string(arg->kind->help));
    return arg->repeated ? must(json_pack("{s:s, s:o}", "type", "array", "items", one)) : one;
}

static bool
is_sent(const struct hf_arg *arg)
{
    return strcmp(arg->word, "path-out") != 0;
}

static json_t *
body_of(const struct hf_arg *arg, size_t n)
{
    json_t *properties = must(json_object()), *required = must(json_array());
    json_t *schema;

    for (size_t i = 0; i < n; i++) {
        if (!is_sent(&arg[i]))
            continue;
        set(properties, arg[i].member, schema_of(&arg[i]));
        if (arg[i].required)
            json_array_append_new(required, json_string(arg[i].member));
    }
    schema = must(json_pack("{s:s, s:b, s:o}", "type", "object", "additionalProperties", 0,
                            "properties", properties));
    if (json_array_size(required) != 0)
        set(schema, "required", json_incref(required));
    json_decref(required);
    return must(json_pack("{s:b, s:{s:{s:o}}}", "required", 1, "content", "application/json",
                          "schema", schema));
}

static json_t *
parameters_of(const struct hf_arg *arg, size_t n)
{
    json_t *all = must(json_array());

    for (size_t i = 0; i < n; i++)
        if (is_sent(&arg[i]))
            json_array_append_new(
                all, must(json_pack("{s:s, s:s, s:b, s:o}", "name", arg[i].member, "in", "query",
                                    "required", arg[i].required, "schema", schema_of(&arg[i]))));
    return all;
}

static json_t *
reply_schema(const struct hf_op *op)
{
    json_t *item = must(json_object()), *properties = must(json_object());

    if (op->columns == NULL) {
        json_decref(item);
        json_decref(properties);
        return must(json_pack("{s:s}", "type", "object"));
    }
    for (const char *p = op->columns; *p != '\0';) {
        size_t n = strcspn(p, ",");
        char   name[64] = "";

        memcpy(name, p, n < sizeof(name) ? n : sizeof(name) - 1);
        set(properties, name, json_object());
        p += n + (p[n] == ',');
    }
    set(item, "type", json_string("object"));
    set(item, "properties", properties);
    return must(json_pack("{s:s, s:{s:{s:s, s:o}, s:{s:s, s:b}, s:{s:s}}}", "type", "object",
                          "properties", "items", "type", "array", "items", item, "next", "type",
                          "string", "nullable", 1, "total", "type", "integer"));
}

static json_t *
responses_of(const struct hf_op *op)
{
    json_t *all = must(json_pack("{s:{s:s, s:{s:{s:o}}}, s:{s:s}}", "200", "description", "done",
                                 "content", "application/json", "schema", reply_schema(op),
                                 "default", "$ref", "#/components/responses/error"));

    if ((op->flags & HF_OP_READ) == 0)
        set(all, "202", json_pack("{s:s}", "$ref", "#/components/responses/pending"));
    return all;
}

static json_t *
method_of(const struct hf_op *op, bool get)
{
    struct hf_arg arg[HF_OP_ARGS_MAX];
    size_t        n = hf_op_args(op, arg);
    char          id[96], tag[32] = "";
    size_t        i = 0;
    json_t       *m;

    for (; op->name[i] != '\0' && i < sizeof(id) - 5; i++)
        id[i] = op->name[i] == ' ' || op->name[i] == '-' ? '_' : op->name[i];
    strcpy(id + i, get ? "_get" : "");
    memcpy(tag, op->name,
           strcspn(op->name, " ") < sizeof(tag) ? strcspn(op->name, " ") : sizeof(tag) - 1);
    m = must(json_pack("{s:s, s:s, s:[s], s:s, s:o}", "operationId", id, "summary", op->help,
                       "tags", tag, "x-permission", hf_may_word(op->may), "responses",
                       responses_of(op)));
    if (op->help_zh != NULL)
        set(m, "x-summary-zh", json_string(op->help_zh));
    if ((op->flags & HF_OP_SECOND) != 0)
        set(m, "x-second-person", json_true());
    if ((op->flags & HF_OP_CREDENTIAL) != 0)
        set(m, "x-second-person", json_string("if it is about somebody with a role"));
    if (op->may == HF_MAY_ANYBODY)
        set(m, "security", json_array());
    if (get) {
        set(m, "parameters", parameters_of(arg, n));
        return m;
    }
    if ((op->flags & HF_OP_READ) == 0)
        set(m, "parameters", json_pack("[{s:s}]", "$ref", "#/components/parameters/request_id"));
    set(m, "requestBody", body_of(arg, n));
    return m;
}

static void
add_path(json_t *paths, const struct hf_op *op)
{
    char    path[96] = "/";
    json_t *methods = must(json_object());
    size_t  n = 1;

    for (const char *p = op->name; *p != '\0' && n < sizeof(path) - 1; p++)
        path[n++] = *p == ' ' ? '/' : *p;
    path[n] = '\0';
    if ((op->flags & HF_OP_READ) != 0)
        set(methods, "get", method_of(op, true));
    set(methods, "post", method_of(op, false));
    set(paths, path, methods);
}

/* What all operations share. */
static const char components[] =
    "{\"securitySchemes\":{"
    "\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
    "\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"hufu_session\"}},"
    "\"parameters\":{\"request_id\":{\"name\":\"Hufu-Request-Id\",\"in\":\"header\",\"required\":"
    "false,"
    "\"description\":\"Chosen by the client. The same id with the same arguments gives the same "
    "reply and is "
    "done once.\",\"schema\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9._-]{1,64}$\"}}},"
    "\"responses\":{"
    "\"pending\":{\"description\":\"another person has to "
    "confirm\",\"content\":{\"application/json\":{\"schema\":"
    "{\"type\":\"object\",\"properties\":{\"pending\":{\"type\":\"object\",\"properties\":"
    "{\"id\":{\"type\":\"string\"},\"expires\":{\"type\":\"string\",\"format\":\"date-time\"}}}}}}}"
    "},"
    "\"error\":{\"description\":\"refused (4xx) or failed "
    "(5xx)\",\"content\":{\"application/json\":{\"schema\":"
    "{\"type\":\"object\",\"properties\":{\"error\":{\"type\":\"object\",\"properties\":"
    "{\"code\":{\"type\":\"string\"},\"field\":{\"type\":\"string\"},\"message\":{\"type\":"
    "\"string\"},"
    "\"id\":{\"type\":\"string\"}}}}}}}}}}";

json_t *
hf_openapi(const struct hf_op *const *ops)
{
    json_t *paths = must(json_object());
    json_t *document;

    for (; *ops != NULL; ops++)
        for (const struct hf_op *op = *ops; op->name != NULL; op++)
            if ((op->flags & HF_OP_HIDDEN) == 0)
                add_path(paths, op);
    document = must(
        json_pack("{s:s, s:{s:s, s:s, s:s}, s:[{s:s}], s:[{s:[]}, {s:[]}], s:o}", "openapi",
                  "3.0.3", "info", "title", "Hufu", "version", HF_VERSION, "description",
                  "Every operation of the product. Made from the table of operations.", "servers",
                  "url", "/api/v1", "security", "bearer", "cookie", "paths", paths));
    set(document, "components", json_loads(components, 0, NULL));
    return document;
}
