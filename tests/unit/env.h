/*
 * env.h - an environment for tests of parts: fresh data directory, store on one engine, keys in this process.
 *
 *     static void tickets(struct t_env *e) { … t_op(e, hf_identity_ops, "app add", &e->admin, "{…}", &reply) … }
 *     static void tickets_on_both(void) { t_on_both(tickets); }
 */
#ifndef HF_TESTS_UNIT_ENV_H
#define HF_TESTS_UNIT_ENV_H

#include "unit/pg.h"
#include "unit/t.h"

#include "base/conf.h"
#include "base/op.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "store/store.h"

struct t_env {
    struct hf_env   env;
    struct hf_arena arena;
    struct hf_actor admin;   /* holds every permission */
    struct hf_actor nobody;
    bool            postgres;
    int64_t         now_ms;  /* of the next call; a test moves it */
    char            dir[64];
    char            session[64]; /* token that the last sign-in gave */
};

static inline void
t_env_open(struct t_env *e, bool postgres)
{
    char url[PG_URL];

    memset(e, 0, sizeof(*e));
    snprintf(e->dir, sizeof(e->dir), "/tmp/hufu-test-XXXXXX");
    T_TRUE(mkdtemp(e->dir) != NULL);
    e->postgres = postgres;
    if (postgres)
        pg_fresh(url);
    else
        snprintf(url, sizeof(url), "sqlite:%s/hufu.db", e->dir);
    T_OK(hf_store_open(url, &e->env.store));
    T_OK(hf_store_migrate(e->env.store));
    T_OK(hf_conf_read(hf_bytes_str("org = Test Bank\npassword_hashes = 2\n"), &e->env.conf));
    T_OK(hf_keys_open_local(e->dir, false, NULL, &e->env.keys));
    e->env.data_dir = e->dir;
    e->admin = (struct hf_actor){ .kind = "local", .login = "local", .unit = "", .address = "127.0.0.1",
                                  .may = ~UINT64_C(0), .strength = HF_STRENGTH_CERTIFICATE };
    e->nobody = (struct hf_actor){ .kind = "nobody", .login = "", .unit = "", .address = "127.0.0.1" };
    e->now_ms = hf_now_ms();
}

static inline void
t_env_close(struct t_env *e)
{
    char command[128];

    hf_keys_close(e->env.keys);
    hf_store_close(e->env.store);
    hf_conf_free(e->env.conf);
    hf_arena_clear(&e->arena);
    snprintf(command, sizeof(command), "rm -rf '%s'", e->dir);
    (void)pg_system(command);
}

static const struct hf_op *
t_find_op(const struct hf_op *ops, const char *name)
{
    while (ops->name != NULL && strcmp(ops->name, name) != 0)
        ops++;
    return ops;
}

/* Run one operation as the dispatcher would, without permission check. *reply is owned by the caller. */
static inline enum hf_rc
t_op(struct t_env *e, const struct hf_op *ops, const char *name, const struct hf_actor *actor,
     const char *args, json_t **reply)
{
    struct hf_call c = { .op = t_find_op(ops, name), .env = &e->env, .actor = actor, .arena = &e->arena,
                         .request_id = "", .approval = "", .now_ms = e->now_ms, .object = "" };
    enum hf_rc     rc;

    c.args = json_loads(args, 0, NULL);
    c.reply = json_object();
    c.detail = json_object();
    rc = hf_op_check(c.op, c.args);
    if (rc == HF_OK)
        rc = c.op->run(&c);
    if (rc == HF_OK && (c.op->flags & HF_OP_READ) == 0)
        T_TRUE(c.committed);
    if (c.session != NULL)
        snprintf(e->session, sizeof(e->session), "%s", c.session);
    json_decref(c.args);
    json_decref(c.detail);
    if (reply != NULL)
        *reply = c.reply;
    else
        json_decref(c.reply);
    return rc;
}

static inline const char *
t_member(const json_t *reply, const char *name)
{
    const char *s = json_string_value(json_object_get(reply, name));

    return s == NULL ? "" : s;
}

static inline void
t_on_both(void (*test)(struct t_env *e))
{
    for (int postgres = 0; postgres <= 1; postgres++) {
        struct t_env e;
        int          before = t_bad;

        t_env_open(&e, postgres != 0);
        if (t_bad == before)
            test(&e);
        if (t_bad != before)
            printf("  … on %s\n", postgres ? "PostgreSQL" : "SQLite");
        t_env_close(&e);
    }
}

/* The number that a query of one cell gives. */
static inline int64_t
t_count(struct t_env *e, const char *sql)
{
    struct hf_query q = hf_query_text(hf_store_reader(e->env.store), sql);
    int64_t         n = -1;

    if (hf_step(&q))
        n = hf_col_int(&q);
    T_OK(hf_query_end(&q));
    return n;
}

#endif
