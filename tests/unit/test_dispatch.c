/* test_dispatch.c - permission, arguments, repeated requests, dual control, refusals on record; on both engines. */
#include "unit/env.h"

#include "audit/act.h"
#include "identity/ops.h"
#include "serve/api.h"
#include "serve/approval.h"
#include "serve/dispatch.h"
#include "serve/second.h"

/* -- Operations of the test ---------------------------------------------------------------- */

static enum hf_rc
add_note(struct hf_db *tx, void *arg)
{
    struct hf_call *c = arg;
    struct hf_query q = hf_query(tx, "INSERT INTO note (name, days) VALUES ($1, $2)");

    hf_bind_text(&q, hf_arg_text(c, "name"));
    hf_bind_int(&q, hf_arg_int(c, "days", 0));
    return hf_query_end(&q);
}

static enum hf_rc
note_add(struct hf_call *c)
{
    c->object = hf_arg_text(c, "name");
    hf_reply_text(c, "name", c->object);
    return hf_act_commit(c, add_note, c);
}

static enum hf_rc
note_list(struct hf_call *c)
{
    hf_reply_set(c, "items", json_array());
    hf_reply_int(c, "limit", hf_arg_int(c, "limit", 7));
    hf_reply_flag(c, "all", hf_arg_flag(c, "all"));
    return HF_OK;
}

static enum hf_rc
nothing(struct hf_call *c)
{
    hf_reply_text(c, "was", "done");
    return HF_OK;
}

static const struct hf_op test_ops[] = {
    { .name = "note add", .args = "<name> [--days <days>]", .help = "Add a note.", .may = HF_MAY_CA_MANAGE,
      .audit = "note.added", .run = note_add },
    { .name = "note list", .args = "[<text>] [--limit <count>] [--all] [--allow <cidr>]...", .help = "List notes.",
      .may = HF_MAY_CA_READ, .flags = HF_OP_READ, .columns = "name,days", .run = note_list },
    { .name = "note burn", .args = "<name>", .help = "Add after a second person.", .may = HF_MAY_CA_MANAGE,
      .flags = HF_OP_SECOND, .audit = "note.burnt", .run = note_add },
    { .name = "note whisper", .args = "--password <secret>", .help = "Needs a second person but has a secret.",
      .may = HF_MAY_CA_MANAGE, .flags = HF_OP_SECOND, .audit = "note.whispered", .run = nothing },
    { .name = "note badge", .args = "<name> --person <login>", .help = "Lets a person sign in.", .may = HF_MAY_CA_MANAGE,
      .flags = HF_OP_CREDENTIAL, .audit = "note.badge", .run = note_add },
    { .name = "note poke", .args = "", .help = "Stores nothing.", .may = HF_MAY_ANYBODY, .audit = "note.poked",
      .run = nothing },
    { 0 },
};
static const struct hf_op *const ops[] = { test_ops, hf_serve_ops, hf_identity_ops, NULL };

static const struct hf_actor alice = { .kind = "person", .id = 1, .login = "alice", .unit = "", .address = "10.0.0.1",
                                       .may = 1u << HF_MAY_CA_MANAGE | 1u << HF_MAY_CA_READ | 1u << HF_MAY_APPROVE |
                                              1u << HF_MAY_SIGNED_IN };
static const struct hf_actor bob = { .kind = "person", .id = 2, .login = "bob", .unit = "", .address = "10.0.0.2",
                                     .may = 1u << HF_MAY_CA_MANAGE | 1u << HF_MAY_APPROVE | 1u << HF_MAY_SIGNED_IN };
static const struct hf_actor carol = { .kind = "person", .id = 3, .login = "carol", .unit = "", .address = "10.0.0.3",
                                       .may = 1u << HF_MAY_APPROVE | 1u << HF_MAY_SIGNED_IN };

static enum hf_rc
ask(struct t_env *e, const char *name, const struct hf_actor *actor, const char *id, const char *args, json_t **reply)
{
    struct hf_asking a = { .env = &e->env, .ops = ops, .op = hf_op_find(ops, name), .actor = actor, .request_id = id,
                           .arena = &e->arena, .now_ms = e->now_ms, .args = json_loads(args, 0, NULL) };
    struct hf_outcome out;
    enum hf_rc        rc = hf_dispatch(&a, &out);

    json_decref(a.args);
    if (reply != NULL)
        *reply = out.reply;
    else
        json_decref(out.reply);
    return rc;
}

static enum hf_rc
create_note(struct hf_db *tx, void *arg)
{
    (void)arg;
    return hf_exec(tx, "CREATE TABLE note (name TEXT PRIMARY KEY, days BIGINT NOT NULL)");
}

static enum hf_rc
create_persons(struct hf_db *tx, void *arg)
{
    enum hf_rc rc = HF_OK;

    (void)arg;
    for (int i = 0; rc == HF_OK && i < 2; i++) {
        struct hf_query q = hf_query(tx, i == 0 ? "UPDATE person SET roles = 'admin', id = 1 WHERE login = 'alice'"
                                                : "UPDATE person SET roles = 'admin', id = 2 WHERE login = 'bob'");
        rc = hf_query_end(&q);
    }
    return rc;
}

/* -- Tests ------------------------------------------------------------------------------------- */

static void
prepare(struct t_env *e)
{
    T_OK(hf_store_write(e->env.store, create_note, NULL));
}

static void
permits_checks_and_records(struct t_env *e)
{
    json_t *reply;

    prepare(e);
    T_RC(ask(e, "note add", &e->nobody, "", "{\"name\":\"a\"}", NULL), HF_E_AUTH);
    T_RC(ask(e, "note add", &carol, "", "{\"name\":\"a\"}", NULL), HF_E_DENIED);
    T_RC(ask(e, "note add", &alice, "", "{\"name\":\"a\",\"days\":0}", NULL), HF_E_ARG);
    T_STR(hf_reason_field(), "days");
    T_RC(ask(e, "note add", &alice, "refused-1", "{\"nome\":\"a\"}", NULL), HF_E_ARG);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE request = 'refused-1' AND result = 'E_ARG'"), 1);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM note"), 0);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'note.added' AND result <> 'ok'"), 4);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE result = 'E_DENIED' AND object = 'a' AND actor = 'carol'"), 1);
    T_OK(ask(e, "note add", &alice, "", "{\"name\":\"a\",\"days\":3}", &reply));
    T_STR(t_member(reply, "name"), "a");
    json_decref(reply);
    T_EQ(t_count(e, "SELECT days FROM note WHERE name = 'a'"), 3);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'note.added' AND result = 'ok'"), 1);
    T_RC(ask(e, "note add", &alice, "", "{\"name\":\"a\",\"days\":3}", NULL), HF_E_EXISTS);
    T_OK(ask(e, "note poke", &e->nobody, "poke-1", "{}", NULL));
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'note.poked' AND result = 'ok' AND request = 'poke-1'"), 1);
    T_RC(ask(e, "note list", &bob, "", "{}", NULL), HF_E_DENIED);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event LIKE '%list%'"), 0);
}

static void
keeps_anonymous_refusals_few(struct t_env *e)
{
    prepare(e);
    e->now_ms += e->postgres ? 20000 : 10000; /* seconds of their own: the count is the process's */
    for (int i = 0; i < 100; i++)
        T_RC(ask(e, "note add", &e->nobody, "", "{}", NULL), HF_E_AUTH);
    T_TRUE(t_count(e, "SELECT COUNT(*) FROM audit") <= 20);
    T_TRUE(t_count(e, "SELECT COUNT(*) FROM audit") >= 10);
}

static void
gives_a_repeated_request_its_reply(struct t_env *e)
{
    json_t *reply;

    prepare(e);
    T_OK(ask(e, "note add", &alice, "req-1", "{\"name\":\"a\"}", NULL));
    T_OK(ask(e, "note add", &alice, "req-1", "{\"name\":\"a\"}", &reply));
    T_STR(t_member(reply, "name"), "a");
    json_decref(reply);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'note.added'"), 1);
    T_RC(ask(e, "note add", &alice, "req-1", "{\"name\":\"b\"}", NULL), HF_E_EXISTS);
    T_RC(ask(e, "note add", &bob, "req-1", "{\"name\":\"a\"}", NULL), HF_E_EXISTS);
}

/* Ask for "note burn"; the pending id goes into id. */
static void
pend(struct t_env *e, const struct hf_actor *actor, const char *name, char id[32])
{
    json_t *reply = NULL;
    char    args[64];

    snprintf(args, sizeof(args), "{\"name\":\"%s\"}", name);
    T_OK(ask(e, "note burn", actor, "", args, &reply));
    snprintf(id, 32, "%s", t_member(json_object_get(reply, "pending"), "id"));
    T_EQ(strlen(id), 24);
    json_decref(reply);
}

static enum hf_rc
decide(struct t_env *e, const char *op, const struct hf_actor *actor, const char *id, json_t **reply)
{
    char args[64];

    snprintf(args, sizeof(args), "{\"id\":\"%s\"}", id);
    return ask(e, op, actor, "", args, reply);
}

static void
add_persons(struct t_env *e)
{
    T_OK(t_op(e, hf_identity_ops, "person add", &e->admin, "{\"login\":\"alice\",\"name\":\"A\",\"role\":[\"admin\"]}", NULL));
    T_OK(t_op(e, hf_identity_ops, "person add", &e->admin, "{\"login\":\"bob\",\"name\":\"B\",\"role\":[\"admin\"]}", NULL));
    T_OK(hf_store_write(e->env.store, create_persons, NULL));
}

static void
waits_for_another_person(struct t_env *e)
{
    json_t *reply = NULL;
    char    id[32];

    prepare(e);
    add_persons(e);
    pend(e, &alice, "x", id);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM note"), 0);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'approval.asked' AND actor = 'alice'"), 1);
    T_RC(decide(e, "approval approve", &alice, id, NULL), HF_E_DENIED);
    T_RC(decide(e, "approval approve", &carol, id, NULL), HF_E_DENIED); /* lacks the operation's own permission */
    T_RC(decide(e, "approval approve", &bob, "0123", NULL), HF_E_ABSENT);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM note"), 0);
    T_OK(decide(e, "approval approve", &bob, id, &reply));
    T_STR(t_member(json_object_get(reply, "result"), "name"), "x");
    json_decref(reply);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM note WHERE name = 'x'"), 1);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'note.burnt' AND actor = 'alice' AND detail LIKE "
                    "'%confirmed_by%bob%'"), 1);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'approval.approved' AND actor = 'bob' AND result = 'ok'"), 1);
    T_OK(decide(e, "approval approve", &bob, id, NULL)); /* the answer was lost: the same once more */
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'note.burnt'"), 1);
    T_RC(decide(e, "approval approve", &e->admin, id, NULL), HF_E_STATE);
    T_RC(decide(e, "approval reject", &bob, id, NULL), HF_E_STATE);
}

static void
the_local_administrator_is_one_person(struct t_env *e)
{
    char id[32];

    prepare(e);
    pend(e, &e->admin, "x", id);
    T_RC(decide(e, "approval approve", &e->admin, id, NULL), HF_E_DENIED);
    T_OK(decide(e, "approval approve", &bob, id, NULL));
    T_EQ(t_count(e, "SELECT COUNT(*) FROM note"), 1);
}

static void
rejects_and_expires(struct t_env *e)
{
    char    id[32];
    json_t *reply;

    prepare(e);
    pend(e, &alice, "x", id);
    T_RC(decide(e, "approval reject", &(struct hf_actor){ .kind = "person", .id = 9, .login = "eve", .unit = "",
                                                         .address = "", .may = 1u << HF_MAY_SIGNED_IN }, id, NULL),
         HF_E_DENIED);
    T_OK(decide(e, "approval reject", &bob, id, NULL));
    T_RC(decide(e, "approval approve", &bob, id, NULL), HF_E_STATE);
    pend(e, &alice, "y", id);
    T_OK(hf_approval_step(&e->env, e->now_ms));
    e->now_ms += INT64_C(604800) * 1000 + 1;
    T_RC(decide(e, "approval approve", &bob, id, NULL), HF_E_EXPIRED);
    T_OK(decide(e, "approval show", &bob, id, &reply));
    T_STR(t_member(reply, "state"), "expired");
    json_decref(reply);
    T_OK(hf_approval_step(&e->env, e->now_ms));
    T_OK(hf_approval_step(&e->env, e->now_ms));
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'approval.expired'"), 1);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM note"), 0);
}

static void
an_asker_without_his_role_is_refused(struct t_env *e)
{
    char id[32];

    prepare(e);
    add_persons(e);
    pend(e, &alice, "x", id);
    T_OK(t_op(e, hf_identity_ops, "person disable", &e->admin, "{\"login\":\"alice\"}", NULL));
    T_RC(decide(e, "approval approve", &bob, id, NULL), HF_E_DENIED);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM note"), 0);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM approval WHERE state = 'waiting'"), 1);
}

static void
a_failed_act_leaves_the_approval_waiting(struct t_env *e)
{
    char id[32];

    prepare(e);
    add_persons(e);
    T_OK(ask(e, "note add", &bob, "", "{\"name\":\"x\"}", NULL));
    pend(e, &alice, "x", id);
    T_RC(decide(e, "approval approve", &bob, id, NULL), HF_E_EXISTS);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM approval WHERE state = 'waiting'"), 1);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'approval.approved' AND result = 'E_EXISTS'"), 1);
}

/* Ask as one of the persons; the pending id, or "" if it was done at once, goes into id. */
static enum hf_rc
ask_or_wait(struct t_env *e, const char *op, const struct hf_actor *actor, const char *args, char id[32])
{
    json_t    *reply = NULL;
    enum hf_rc rc = ask(e, op, actor, "", args, &reply);

    snprintf(id, 32, "%s", rc == HF_OK ? t_member(json_object_get(reply, "pending"), "id") : "");
    json_decref(reply);
    return rc;
}

/* It is done at once, or it waits under the id that is then in `id`. */
#define DONE(op, actor, args)                              \
    do {                                                   \
        T_OK(ask_or_wait(e, op, actor, args, id));         \
        T_STR(id, "");                                     \
    } while (0)
#define WAITS(op, actor, args)                             \
    do {                                                   \
        T_OK(ask_or_wait(e, op, actor, args, id));         \
        T_EQ(strlen(id), 24);                              \
    } while (0)

/* A person of the store as an actor who holds everything. */
static struct hf_actor
acting(struct t_env *e, const char *login)
{
    char sql[100];

    snprintf(sql, sizeof(sql), "SELECT id FROM person WHERE login = '%s'", login);
    return (struct hf_actor){ .kind = "person", .id = t_count(e, sql), .login = login, .unit = "", .address = "10.0.0.9",
                              .strength = HF_STRENGTH_PASSWORD, .may = ~UINT64_C(0) };
}

static void
the_first_persons_need_no_second(struct t_env *e)
{
    char id[32];

    DONE("person add", &e->admin, "{\"login\":\"ann\",\"name\":\"A\",\"role\":[\"admin\"]}");
    DONE("person add", &e->admin, "{\"login\":\"bea\",\"name\":\"B\",\"role\":[\"approver\"],\"password\":true}");
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'person.added' AND detail LIKE '%fewer than two%'"), 2);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM credential_given"), 0); /* taken on trust */
    WAITS("person add", &e->admin, "{\"login\":\"cas\",\"name\":\"C\",\"role\":[\"operator\"]}");
    T_EQ(t_count(e, "SELECT COUNT(*) FROM person WHERE login = 'cas'"), 0);
    DONE("person add", &e->admin, "{\"login\":\"dan\",\"name\":\"D\"}"); /* without a role: nothing to confirm */
    T_EQ(t_count(e, "SELECT COUNT(*) FROM credential_given WHERE login = 'dan' AND giver = 'local:local'"), 1);
    /* whoever disables the others is not the first again */
    T_OK(ask(e, "person disable", &e->admin, "", "{\"login\":\"bea\"}", NULL));
    WAITS("person add", &e->admin, "{\"login\":\"cas\",\"name\":\"C\",\"role\":[\"approver\"]}");
    T_OK(hf_conf_set(e->env.conf, "dual_control", "off"));
    DONE("person add", &e->admin, "{\"login\":\"cas\",\"name\":\"C\",\"role\":[\"approver\"]}");
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE object = 'cas' AND detail LIKE '%dual_control is off%'"), 1);
}

static void
two_administrators(struct t_env *e, struct hf_actor *ann, struct hf_actor *bea)
{
    char id[32];

    prepare(e);
    DONE("person add", &e->admin, "{\"login\":\"ann\",\"name\":\"A\",\"role\":[\"admin\"]}");
    DONE("person add", &e->admin, "{\"login\":\"bea\",\"name\":\"B\",\"role\":[\"admin\"]}");
    *ann = acting(e, "ann");
    *bea = acting(e, "bea");
}

static void
a_password_for_somebody_with_a_role_needs_two(struct t_env *e)
{
    struct hf_actor ann, bea;
    char            id[32];
    json_t         *reply = NULL;

    two_administrators(e, &ann, &bea);
    WAITS("person reset", &ann, "{\"login\":\"bea\"}");
    T_RC(decide(e, "approval approve", &ann, id, NULL), HF_E_DENIED);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM person WHERE login = 'bea' AND password IS NOT NULL"), 0);
    T_OK(decide(e, "approval approve", &bea, id, &reply)); /* her own, and she alone sees it */
    T_TRUE(*t_member(json_object_get(reply, "result"), "one_time_password") != '\0');
    json_decref(reply);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM approval WHERE result <> ''"), 0); /* not kept */
    T_EQ(t_count(e, "SELECT COUNT(*) FROM credential_given"), 0);
    WAITS("person reset", &ann, "{\"login\":\"ann\"}"); /* an open session is no password */
    T_OK(decide(e, "approval approve", &bea, id, NULL));
    T_EQ(t_count(e, "SELECT COUNT(*) FROM credential_given WHERE login = 'ann' AND giver = 'person:bea'"), 1);
}

static void
make_administrator(struct t_env *e, const char *login, const struct hf_actor *asker, const struct hf_actor *second,
                   struct hf_actor *out)
{
    char args[100], id[32];

    snprintf(args, sizeof(args), "{\"login\":\"%s\",\"name\":\"X\",\"password\":true}", login);
    DONE("person add", asker, args);
    snprintf(args, sizeof(args), "{\"login\":\"%s\",\"role\":[\"admin\"]}", login);
    WAITS("person roles", asker, args);
    T_OK(decide(e, "approval approve", second, id, NULL));
    *out = acting(e, login);
}

static void
one_hand_is_not_two_people(struct t_env *e)
{
    struct hf_actor ann, bea, cas, dan;
    char            id[32];

    two_administrators(e, &ann, &bea);
    make_administrator(e, "cas", &ann, &bea, &cas); /* ann saw both one-time passwords */
    make_administrator(e, "dan", &ann, &bea, &dan);
    pend(e, &ann, "by-ann", id);
    T_RC(decide(e, "approval approve", &cas, id, NULL), HF_E_DENIED); /* who asks gave the confirmer his password */
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'approval.approved' AND actor = 'cas' AND "
                    "detail LIKE '%one_hand%person:ann%'"), 1);
    T_OK(decide(e, "approval approve", &bea, id, NULL));
    pend(e, &cas, "by-cas", id);
    T_RC(decide(e, "approval approve", &ann, id, NULL), HF_E_DENIED); /* who confirms gave it to the asker */
    T_RC(decide(e, "approval approve", &dan, id, NULL), HF_E_DENIED); /* a third gave it to both */
    T_OK(decide(e, "approval approve", &bea, id, NULL));
    T_EQ(t_count(e, "SELECT COUNT(*) FROM note"), 2);
    e->now_ms += INT64_C(604800) * 1000 + 1; /* pending_life_s later they have had time to notice */
    pend(e, &ann, "later", id);
    T_OK(decide(e, "approval approve", &cas, id, NULL));
    T_EQ(t_count(e, "SELECT COUNT(*) FROM note"), 3);
}

static void
nobody_lets_himself_in_as_a_greater_one(struct t_env *e)
{
    struct hf_actor ann, bea;
    char            id[32];

    two_administrators(e, &ann, &bea);
    T_OK(ask(e, "person add", &ann, "", "{\"login\":\"li\",\"name\":\"Li\"}", NULL));
    T_RC(ask(e, "note badge", &alice, "", "{\"name\":\"x\",\"person\":\"ann\"}", NULL), HF_E_DENIED);
    T_STR(hf_reason_field(), "person");
    DONE("note badge", &alice, "{\"name\":\"x\",\"person\":\"li\"}");
    T_EQ(t_count(e, "SELECT COUNT(*) FROM credential_given WHERE login = 'li' AND giver = 'person:alice'"), 1);
    WAITS("note badge", &ann, "{\"name\":\"y\",\"person\":\"bea\"}");
    T_OK(decide(e, "approval approve", &e->admin, id, NULL));
    T_EQ(t_count(e, "SELECT COUNT(*) FROM credential_given WHERE login = 'bea' AND giver = 'person:ann'"), 1);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM credential_given WHERE login = 'bea'"), 1); /* not who confirmed: ann has the key */
    T_OK(hf_conf_set(e->env.conf, "dual_control", "off")); /* turns waiting off, and not this */
    T_RC(ask(e, "note badge", &alice, "", "{\"name\":\"z\",\"person\":\"ann\"}", NULL), HF_E_DENIED);
    DONE("note badge", &ann, "{\"name\":\"z\",\"person\":\"bea\"}");
    T_EQ(t_count(e, "SELECT COUNT(*) FROM note"), 3);
}

static void
secrets_do_not_wait(struct t_env *e)
{
    prepare(e);
    T_RC(ask(e, "note whisper", &alice, "", "{\"password\":\"tell-nobody\"}", NULL), HF_E_STATE);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM approval"), 0);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE detail LIKE '%tell-nobody%' OR reason LIKE '%tell-nobody%'"), 0);
}

static void
settings_name_more_operations(struct t_env *e)
{
    json_t *reply;

    prepare(e);
    T_OK(hf_conf_set(e->env.conf, "second", "note ad, note add ,cert revoke"));
    T_OK(ask(e, "note add", &alice, "same", "{\"name\":\"x\"}", &reply));
    T_TRUE(json_object_get(reply, "pending") != NULL);
    json_decref(reply);
    T_OK(ask(e, "note add", &alice, "same", "{\"name\":\"x\"}", &reply)); /* asked once, not twice */
    T_TRUE(json_object_get(reply, "pending") != NULL);
    json_decref(reply);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM approval"), 1);
    T_OK(hf_conf_set(e->env.conf, "dual_control", "off"));
    T_OK(ask(e, "note burn", &alice, "", "{\"name\":\"y\"}", NULL));
    T_EQ(t_count(e, "SELECT COUNT(*) FROM note"), 1);
}

static void
the_setting_second_names_what_there_is(struct t_env *e)
{
    (void)e;
    T_OK(hf_second_check("", ops));
    T_OK(hf_second_check("note add,note burn , note whisper,", ops));
    T_RC(hf_second_check("note add, note ad", ops), HF_E_ARG);
    T_TRUE(strstr(hf_reason(), "there is no operation \"note ad\"") != NULL);
    T_RC(hf_second_check("note list", ops), HF_E_ARG); /* would wait for nothing */
    T_RC(hf_second_check("note add note burn", ops), HF_E_ARG);
}

static void
lists_page_by_page(struct t_env *e)
{
    json_t *reply = NULL;
    char    id[32], args[96];

    prepare(e);
    for (int i = 0; i < 5; i++) {
        char name[8];

        snprintf(name, sizeof(name), "n%d", i);
        e->now_ms += 10;
        pend(e, i == 0 ? &bob : &alice, name, id);
    }
    T_OK(ask(e, "approval list", &alice, "", "{\"limit\":3}", &reply));
    T_EQ(json_array_size(json_object_get(reply, "items")), 3);
    T_EQ(json_integer_value(json_object_get(reply, "total")), 5);
    snprintf(args, sizeof(args), "{\"limit\":3,\"after\":\"%s\",\"state\":\"waiting\"}", t_member(reply, "next"));
    json_decref(reply);
    T_OK(ask(e, "approval list", &alice, "", args, &reply));
    T_EQ(json_array_size(json_object_get(reply, "items")), 2);
    T_TRUE(json_is_null(json_object_get(reply, "next")));
    json_decref(reply);
    T_OK(ask(e, "approval list", &alice, "", "{\"state\":\"done\"}", &reply));
    T_EQ(json_array_size(json_object_get(reply, "items")), 0);
    json_decref(reply);
}

#define BOTH(test) static void test##_on_both(void) { t_on_both(test); }
BOTH(permits_checks_and_records)
BOTH(keeps_anonymous_refusals_few)
BOTH(gives_a_repeated_request_its_reply)
BOTH(waits_for_another_person)
BOTH(the_local_administrator_is_one_person)
BOTH(rejects_and_expires)
BOTH(an_asker_without_his_role_is_refused)
BOTH(a_failed_act_leaves_the_approval_waiting)
BOTH(secrets_do_not_wait)
BOTH(the_first_persons_need_no_second)
BOTH(a_password_for_somebody_with_a_role_needs_two)
BOTH(one_hand_is_not_two_people)
BOTH(nobody_lets_himself_in_as_a_greater_one)
BOTH(settings_name_more_operations)
BOTH(the_setting_second_names_what_there_is)
BOTH(lists_page_by_page)

/* -- Pure --------------------------------------------------------------------------------------------- */

static void
queries_become_typed_arguments(void)
{
    static const char *const wrong[] = { "limit=x", "limit=0", "limit=1&limit=2", "all=yes", "nix=1", "text=%ff", "=" };
    struct hf_arena     a = hf_arena();
    const struct hf_op *op = hf_op_find(ops, "note list");
    json_t             *args;
    char               *text;

    T_OK(hf_op_query(op, hf_bytes_str("limit=5&all=true&allow=a&allow=b&text=x+y"), &a, &args));
    text = json_dumps(args, JSON_COMPACT | JSON_SORT_KEYS);
    T_STR(text, "{\"all\":true,\"allow\":[\"a\",\"b\"],\"limit\":5,\"text\":\"x y\"}");
    free(text);
    json_decref(args);
    for (size_t i = 0; i < HF_COUNT(wrong); i++)
        T_TRUE(hf_op_query(op, hf_bytes_str(wrong[i]), &a, &args) != HF_OK && args == NULL);
    hf_arena_clear(&a);
}

static void
the_openapi_document_has_every_operation(void)
{
    const struct hf_op *const few[] = { test_ops, hf_serve_ops, NULL };
    json_t *doc = hf_openapi(few), *paths = json_object_get(doc, "paths"), *add, *list;

    T_STR(t_member(doc, "openapi"), "3.0.3");
    T_EQ(json_object_size(paths), 6 + 4);
    add = json_object_get(json_object_get(paths, "/note/add"), "post");
    T_STR(t_member(add, "operationId"), "note_add");
    T_TRUE(json_object_get(json_object_get(paths, "/note/add"), "get") == NULL);
    T_TRUE(json_object_get(json_object_get(add, "responses"), "202") != NULL);
    list = json_object_get(json_object_get(paths, "/note/list"), "get");
    T_EQ(json_array_size(json_object_get(list, "parameters")), 4);
    T_TRUE(json_object_get(json_object_get(doc, "components"), "responses") != NULL);
    json_decref(doc);
}

static void
every_code_has_a_status(void)
{
#define X(name, class, text) T_TRUE(hf_status_of(HF_##name) >= 400 || HF_##name == HF_OK);
    HF_RC_LIST(X)
#undef X
    T_EQ(hf_status_of(HF_OK), 200);
    T_EQ(hf_status_of(HF_E_AUTH), 401);
    T_EQ(hf_status_of(HF_E_TOOBIG), 413);
    T_EQ(hf_status_of(HF_E_BUSY), 429);
    T_EQ(hf_status_of(HF_E_STORE), 503);
}

T_MAIN(T(permits_checks_and_records_on_both), T(keeps_anonymous_refusals_few_on_both),
       T(gives_a_repeated_request_its_reply_on_both), T(waits_for_another_person_on_both),
       T(the_local_administrator_is_one_person_on_both), T(rejects_and_expires_on_both),
       T(an_asker_without_his_role_is_refused_on_both), T(a_failed_act_leaves_the_approval_waiting_on_both),
       T(the_first_persons_need_no_second_on_both),
       T(a_password_for_somebody_with_a_role_needs_two_on_both),
       T(one_hand_is_not_two_people_on_both),
       T(nobody_lets_himself_in_as_a_greater_one_on_both),
       T(secrets_do_not_wait_on_both), T(settings_name_more_operations_on_both),
       T(the_setting_second_names_what_there_is_on_both), T(lists_page_by_page_on_both),
       T(queries_become_typed_arguments), T(the_openapi_document_has_every_operation), T(every_code_has_a_status))
