/* test_identity.c - persons, passwords, sessions, throttling, applications, tickets; on both engines. */
#include "unit/env.h"

#include "identity/net.h"
#include "identity/ops.h"
#include "identity/password.h"
#include "identity/role.h"
#include "identity/session.h"
#include "identity/throttle.h"
#include "identity/ticket.h"

#define OP(name, actor, args, reply) t_op(e, hf_identity_ops, name, actor, args, reply)

/* -- Pure ------------------------------------------------------------------------------ */

static void
networks_are_read_and_matched(void)
{
    static const char *const bad[] = { "", "10.0.0.0/33", "10.0.0.1/8", "300.1.1.1", "::1/129", "10.0.0.0/",
                                       "10.0.0.0/8x", "10.0.0.0/-1", "fe80::1%eth0" };

    T_OK(hf_net_check("allow", "10.1.0.0/16"));
    T_OK(hf_net_check("allow", "2001:db8::/32"));
    T_OK(hf_net_check("allow", "127.0.0.1"));
    for (size_t i = 0; i < HF_COUNT(bad); i++)
        T_RC(hf_net_check("allow", bad[i]), HF_E_ARG);
    T_TRUE(hf_net_allows("192.168.0.0/24 10.1.0.0/16", "10.1.200.3"));
    T_TRUE(hf_net_allows("10.1.0.0/16", "::ffff:10.1.2.3"));
    T_FALSE(hf_net_allows("10.1.0.0/16", "10.2.0.1"));
    T_FALSE(hf_net_allows("", "127.0.0.1"));
    T_FALSE(hf_net_allows("127.0.0.1", "::1"));
    T_FALSE(hf_net_allows("0.0.0.0/0", "unix"));
    T_TRUE(hf_net_allows("2001:db8::/33", "2001:db8:7fff::1"));
    T_FALSE(hf_net_allows("2001:db8::/33", "2001:db8:8000::1"));
}

static void
waits_grow_and_end(void)
{
    T_EQ(hf_throttle_wait_ms(2), 0);
    T_EQ(hf_throttle_wait_ms(3), 1000);
    T_EQ(hf_throttle_wait_ms(5), 4000);
    T_EQ(hf_throttle_wait_ms(12), 300000);
    T_EQ(hf_throttle_wait_ms(1000000), 300000);
}

static void
one_time_passwords_differ(void)
{
    char a[HF_PASSWORD_ONE_TIME], b[HF_PASSWORD_ONE_TIME];

    hf_password_one_time(a);
    hf_password_one_time(b);
    T_EQ(strlen(a), 23);
    T_TRUE(strcmp(a, b) != 0 && a[5] == '-' && a[17] == '-');
    T_OK(hf_password_acceptable("new", "admin", hf_bytes_str(a)));
    T_RC(hf_password_acceptable("new", "administrator", hf_bytes_str("administrator")), HF_E_ARG);
    T_RC(hf_password_acceptable("new", "admin", hf_bytes_str("aaaaaaaaaaaa")), HF_E_ARG);
    T_RC(hf_password_acceptable("new", "admin", hf_bytes_str("short1")), HF_E_ARG);
}

static void
every_row_has_a_grammar_and_a_name_in_the_audit(void)
{
    for (const struct hf_op *op = hf_identity_ops; op->name != NULL; op++) {
        struct hf_arg arg[HF_OP_ARGS_MAX];

        T_TRUE(hf_op_args(op, arg) <= HF_OP_ARGS_MAX);
        T_TRUE((op->flags & HF_OP_READ) != 0 || op->audit != NULL);
        T_TRUE(op->help != NULL && op->help_zh != NULL && op->run != NULL);
    }
}

static void
a_ticket_is_read_back_and_every_truncation_refused(void)
{
    struct hf_ticket t = { .serial = 7, .issuer = "Test Bank", .person = 5, .login = "li", .name = "李",
                           .unit = "总行", .strength = HF_STRENGTH_CERTIFICATE, .app_id = 9,
                           .app = "core", .session = 11, .not_before_ms = 1000, .not_after_ms = 61000 };
    struct hf_ticket back;
    struct hf_arena  a = hf_arena();
    struct hf_wr     w = hf_wr(4096);

    hf_ticket_write(&t, &w);
    for (size_t n = 0; n < w.n; n++)
        T_TRUE(hf_ticket_read(hf_bytes(w.p, n), &a, &back) != HF_OK);
    T_OK(hf_ticket_read(hf_wr_bytes(&w), &a, &back));
    T_STR(back.unit, "总行");
    T_EQ(back.strength, HF_STRENGTH_CERTIFICATE);
    T_EQ(back.not_after_ms, 61000);
    hf_wr_clear(&w);
    hf_arena_clear(&a);
}

/* -- Persons and passwords ------------------------------------------------------------------ */

static void
persons(struct t_env *e)
{
    struct hf_actor registrar = { .kind = "person", .id = 1, .login = "reg", .unit = "", .address = "127.0.0.1",
                                  .may = hf_role_may("registrar") };
    json_t         *reply;

    T_OK(OP("person add", &e->admin, "{\"login\":\"li\",\"name\":\"Li Na\",\"unit\":\"HQ\"}", NULL));
    T_RC(OP("person add", &e->admin, "{\"login\":\"li\",\"name\":\"Other\"}", NULL), HF_E_EXISTS);
    T_STR(hf_reason_field(), "login");
    T_RC(OP("person add", &e->admin, "{\"login\":\"a b\",\"name\":\"x\"}", NULL), HF_E_ARG);
    T_RC(OP("person add", &e->admin, "{\"login\":\"x\",\"name\":\"x\",\"role\":[\"king\"]}", NULL), HF_E_ARG);
    T_RC(OP("person add", &e->admin, "{\"login\":\"x\",\"name\":\"x\",\"role\":[\"auditor\",\"operator\"]}", NULL),
         HF_E_ARG);
    T_RC(OP("person add", &registrar, "{\"login\":\"x\",\"name\":\"x\",\"role\":[\"admin\"]}", NULL), HF_E_DENIED);
    T_OK(OP("person add", &e->admin, "{\"login\":\"boss\",\"name\":\"Boss\",\"role\":[\"admin\"]}", NULL));
    T_RC(OP("person reset", &registrar, "{\"login\":\"boss\"}", NULL), HF_E_DENIED);
    T_OK(OP("person change", &registrar, "{\"login\":\"li\",\"unit\":\"Branch\"}", NULL));
    T_OK(OP("person show", &e->admin, "{\"login\":\"li\"}", &reply));
    T_STR(t_member(reply, "unit"), "Branch");
    T_STR(t_member(reply, "name"), "Li Na");
    json_decref(reply);
    T_OK(OP("person list", &e->admin, "{\"limit\":1}", &reply));
    T_EQ(json_array_size(json_object_get(reply, "items")), 1);
    T_STR(t_member(reply, "next"), "boss");
    T_EQ(json_integer_value(json_object_get(reply, "total")), 2);
    json_decref(reply);
    T_RC(OP("person show", &e->admin, "{\"login\":\"nobody\"}", NULL), HF_E_ABSENT);
    T_EQ(t_count(e, "SELECT count(*) FROM person"), 2);
}

static char *
login_args(struct t_env *e, const char *login, const char *password)
{
    return hf_arena_fmt(&e->arena, "{\"login\":\"%s\",\"password\":\"%s\"}", login, password);
}

static bool
tells_must_change(struct t_env *e, struct hf_actor *who)
{
    json_t *reply = NULL;
    bool    must;

    T_OK(OP("whoami", who, "{}", &reply));
    must = json_is_true(json_object_get(reply, "must_change"));
    json_decref(reply);
    return must;
}

static void
password_sign_in(struct t_env *e)
{
    struct hf_actor who = { .address = "127.0.0.1" };
    const char     *once;
    json_t         *reply;

    T_OK(OP("person add", &e->admin,
            "{\"login\":\"li\",\"name\":\"Li\",\"role\":[\"auditor\"],\"password\":true}", &reply));
    once = hf_arena_str(&e->arena, t_member(reply, "one_time_password"));
    json_decref(reply);
    T_RC(OP("login password", &e->nobody, login_args(e, "li", "wrong wrong wrong"), NULL), HF_E_AUTH);
    T_RC(OP("login password", &e->nobody, login_args(e, "ghost", "wrong wrong wrong"), NULL), HF_E_AUTH);
    T_STR(hf_reason(), "login or password is wrong");
    T_OK(OP("login password", &e->nobody, login_args(e, "li", once), &reply));
    T_TRUE(json_is_true(json_object_get(reply, "must_change")));
    json_decref(reply);
    T_OK(hf_session_actor(&e->env, e->session, e->now_ms, &e->arena, &who));
    T_STR(who.login, "li");
    T_EQ(who.strength, HF_STRENGTH_PASSWORD);
    T_TRUE(hf_actor_may(&who, HF_MAY_SIGNED_IN) && !hf_actor_may(&who, HF_MAY_AUDIT_READ));
    T_TRUE(tells_must_change(e, &who));
    T_RC(hf_session_actor(&e->env, "x", e->now_ms, &e->arena, &(struct hf_actor){ 0 }), HF_E_AUTH);
    T_RC(OP("password change", &who, "{\"old\":\"not it, sorry\",\"new\":\"another good one\"}", NULL), HF_E_DENIED);
    T_OK(OP("password change", &who, hf_arena_fmt(&e->arena, "{\"old\":\"%s\",\"new\":\"another good one\"}", once), NULL));
    T_RC(OP("login password", &e->nobody, login_args(e, "li", once), NULL), HF_E_AUTH);
    T_OK(OP("login password", &e->nobody, login_args(e, "li", "another good one"), NULL));
    T_OK(hf_session_actor(&e->env, e->session, e->now_ms, &e->arena, &who));
    T_TRUE(hf_actor_may(&who, HF_MAY_AUDIT_READ)); /* with one's own password the roles hold */
    T_TRUE(!tells_must_change(e, &who));
}

static void
guessing_in_an_open_session_is_slowed_down_too(struct t_env *e)
{
    struct hf_actor who = { .address = "127.0.0.1" };
    json_t         *reply;
    const char     *once;

    T_OK(OP("person add", &e->admin, "{\"login\":\"li\",\"name\":\"Li\",\"password\":true}", &reply));
    once = hf_arena_str(&e->arena, t_member(reply, "one_time_password"));
    json_decref(reply);
    T_OK(OP("login password", &e->nobody, login_args(e, "li", once), NULL));
    T_OK(hf_session_actor(&e->env, e->session, e->now_ms, &e->arena, &who));
    for (int i = 0; i < 3; i++)
        T_RC(OP("password change", &who, "{\"old\":\"guess guess\",\"new\":\"another good one\"}", NULL), HF_E_DENIED);
    T_RC(OP("password change", &who, hf_arena_fmt(&e->arena, "{\"old\":\"%s\",\"new\":\"another good one\"}", once), NULL),
         HF_E_BUSY);
}

static void
sessions_end(struct t_env *e)
{
    struct hf_actor who = { .address = "127.0.0.1" };
    char            first[64];
    const char     *once;
    json_t         *reply;

    T_OK(OP("person add", &e->admin, "{\"login\":\"li\",\"name\":\"Li\",\"password\":true}", &reply));
    once = hf_arena_str(&e->arena, t_member(reply, "one_time_password"));
    json_decref(reply);
    T_OK(OP("login password", &e->nobody, login_args(e, "li", once), NULL));
    strcpy(first, e->session);
    T_OK(OP("login password", &e->nobody, login_args(e, "li", once), NULL));
    T_OK(hf_session_actor(&e->env, e->session, e->now_ms, &e->arena, &who));
    T_OK(OP("logout", &who, "{}", NULL));
    T_RC(hf_session_actor(&e->env, e->session, e->now_ms, &e->arena, &who), HF_E_AUTH);
    T_OK(hf_session_actor(&e->env, first, e->now_ms + 1700 * 1000, &e->arena, &who)); /* is seen again */
    T_OK(hf_session_actor(&e->env, first, e->now_ms + 3400 * 1000, &e->arena, &who));
    T_RC(hf_session_actor(&e->env, first, e->now_ms + 5300 * 1000, &e->arena, &who), HF_E_AUTH); /* idle */
    T_OK(OP("login password", &e->nobody, login_args(e, "li", once), NULL));
    T_OK(OP("person disable", &e->admin, "{\"login\":\"li\"}", NULL));
    T_RC(hf_session_actor(&e->env, e->session, e->now_ms, &e->arena, &who), HF_E_AUTH);
    T_RC(OP("login password", &e->nobody, login_args(e, "li", once), NULL), HF_E_AUTH);
    T_OK(hf_identity_clean(&e->env, e->now_ms + INT64_C(90000) * 1000));
    T_EQ(t_count(e, "SELECT count(*) FROM session"), 0);
}

static void
guessing_is_slowed_down(struct t_env *e)
{
    char        subject[HF_THROTTLE_SUBJECT];
    const char *once;
    json_t     *reply;

    T_OK(OP("person add", &e->admin, "{\"login\":\"li\",\"name\":\"Li\",\"password\":true}", &reply));
    once = hf_arena_str(&e->arena, t_member(reply, "one_time_password"));
    json_decref(reply);
    for (int i = 0; i < 3; i++)
        T_RC(OP("login password", &e->nobody, login_args(e, "li", "wrong wrong wrong"), NULL), HF_E_AUTH);
    T_RC(OP("login password", &e->nobody, login_args(e, "li", once), NULL), HF_E_BUSY);
    T_OK(hf_throttle_subject(&e->env, "li", subject));
    T_EQ(t_count(e, hf_arena_fmt(&e->arena, "SELECT failures FROM throttle WHERE subject = '%s'", subject)), 3);
    T_EQ(t_count(e, "SELECT count(*) FROM throttle WHERE subject LIKE '%li%'"), 0); /* it might be a password */
    T_RC(OP("login password", &e->nobody, login_args(e, "ghost", "x"), NULL), HF_E_AUTH); /* another login */
    e->now_ms += 1100;
    T_OK(OP("login password", &e->nobody, login_args(e, "li", once), NULL));
    T_EQ(t_count(e, hf_arena_fmt(&e->arena, "SELECT count(*) FROM throttle WHERE subject = '%s'", subject)), 0);
    T_EQ(t_count(e, "SELECT count FROM signin_hour WHERE result = 'refused' AND method = 'password'"), 4);
}

/* -- Applications and tickets ---------------------------------------------------------------------- */

static struct hf_actor
signed_in(struct t_env *e, enum hf_strength strength)
{
    struct hf_actor who = { .kind = "person", .login = "li", .unit = "HQ", .address = "127.0.0.1",
                            .strength = strength, .may = hf_role_may("") };

    who.id = t_count(e, "SELECT id FROM person WHERE login = 'li'");
    return who;
}

static void
prepare_tickets(struct t_env *e)
{
    struct hf_wr spki = hf_wr(4096);

    T_OK(hf_keys_generate(e->env.keys, "ticket", HF_ALG_P256, &spki));
    hf_wr_clear(&spki);
    T_OK(OP("person add", &e->admin, "{\"login\":\"li\",\"name\":\"Li Na\",\"unit\":\"HQ\"}", NULL));
    T_OK(OP("app add", &e->admin, "{\"name\":\"mail\",\"allow\":[\"127.0.0.1\"],\"min_strength\":\"password\"}", NULL));
    T_OK(OP("app add", &e->admin, "{\"name\":\"core\",\"allow\":[\"10.0.0.0/8\",\"127.0.0.1\"],\"min_strength\":\"certificate\"}", NULL));
}

static const char *
ticket_for(struct t_env *e, const struct hf_actor *who, const char *app)
{
    json_t     *reply;
    const char *id;

    T_OK(OP("ticket issue", who, hf_arena_fmt(&e->arena, "{\"app\":\"%s\"}", app), &reply));
    id = hf_arena_str(&e->arena, t_member(reply, "ticket"));
    json_decref(reply);
    return id;
}

static enum hf_rc
redeem(struct t_env *e, const char *id, const char *address, int64_t now_ms)
{
    struct hf_ticket t;

    return hf_ticket_redeem(&e->env, id, address, now_ms, &e->arena, &t);
}

static void
tickets_work_once(struct t_env *e)
{
    struct hf_actor  strong, weak;
    struct hf_ticket t;
    const char      *id;

    prepare_tickets(e);
    strong = signed_in(e, HF_STRENGTH_CERTIFICATE);
    weak = signed_in(e, HF_STRENGTH_PASSWORD);
    id = ticket_for(e, &strong, "core");
    T_EQ(strlen(id), 32);
    T_OK(hf_ticket_redeem(&e->env, id, "10.9.8.7", e->now_ms, &e->arena, &t));
    T_STR(t.login, "li");
    T_STR(t.app, "core");
    T_EQ(t.strength, HF_STRENGTH_CERTIFICATE);
    T_RC(redeem(e, id, "10.9.8.7", e->now_ms), HF_E_STATE);
    T_TRUE((t_find_op(hf_identity_ops, "ticket issue")->flags & HF_OP_SECRET) != 0); /* not kept for a repeat */
    T_RC(OP("ticket issue", &weak, "{\"app\":\"core\"}", NULL), HF_E_WEAK);
    T_OK(redeem(e, ticket_for(e, &strong, "mail"), "127.0.0.1", e->now_ms)); /* strong may enter weak */
    T_RC(redeem(e, "00000000000000000000000000000000", "127.0.0.1", e->now_ms), HF_E_ABSENT);
    T_EQ(t_count(e, "SELECT count(*) FROM ticket WHERE consumed_at IS NULL"), 0);
}

static void
tickets_are_refused_for_cause_and_spent_by_it(struct t_env *e)
{
    struct hf_actor strong, weak;
    const char     *id;

    prepare_tickets(e);
    strong = signed_in(e, HF_STRENGTH_CERTIFICATE);
    weak = signed_in(e, HF_STRENGTH_PASSWORD);
    id = ticket_for(e, &strong, "core");
    T_RC(redeem(e, id, "11.0.0.1", e->now_ms), HF_E_DENIED); /* foreign address */
    T_RC(redeem(e, id, "10.0.0.1", e->now_ms), HF_E_STATE);
    T_RC(redeem(e, ticket_for(e, &strong, "core"), "10.0.0.1", e->now_ms + 61000), HF_E_EXPIRED);
    id = ticket_for(e, &weak, "mail"); /* the application asks for more meanwhile */
    T_OK(OP("app change", &e->admin, "{\"app\":\"mail\",\"min_strength\":\"certificate\"}", NULL));
    T_RC(redeem(e, id, "127.0.0.1", e->now_ms), HF_E_WEAK);
    id = ticket_for(e, &strong, "mail");
    T_OK(OP("app change", &e->admin, "{\"app\":\"mail\",\"state\":\"disabled\"}", NULL));
    T_RC(redeem(e, id, "127.0.0.1", e->now_ms), HF_E_DENIED);
    T_RC(OP("ticket issue", &strong, "{\"app\":\"mail\"}", NULL), HF_E_DENIED);
    id = ticket_for(e, &strong, "core");
    T_OK(OP("person disable", &e->admin, "{\"login\":\"li\"}", NULL));
    T_RC(redeem(e, id, "10.0.0.1", e->now_ms), HF_E_DENIED);
}

static void
applications_are_checked(struct t_env *e)
{
    json_t *reply;

    T_RC(OP("app add", &e->admin, "{\"name\":\"x\",\"allow\":[\"10.0.0.1/8\"],\"min_strength\":\"password\"}", NULL), HF_E_ARG);
    T_STR(hf_reason_field(), "allow");
    T_RC(OP("app add", &e->admin, "{\"name\":\"x\",\"min_strength\":\"password\"}", NULL), HF_E_ARG);
    T_RC(OP("app add", &e->admin, "{\"name\":\"x\",\"allow\":[\"10.0.0.1\"],\"min_strength\":\"blood\"}", NULL), HF_E_ARG);
    T_RC(OP("app add", &e->admin, "{\"name\":\"x/y\",\"allow\":[\"10.0.0.1\"],\"min_strength\":\"password\"}", NULL), HF_E_ARG);
    T_OK(OP("app add", &e->admin, "{\"name\":\"x\",\"allow\":[\"10.0.0.1\"],\"min_strength\":\"password\"}", NULL));
    T_RC(OP("app add", &e->admin, "{\"name\":\"x\",\"allow\":[\"10.0.0.1\"],\"min_strength\":\"password\"}", NULL), HF_E_EXISTS);
    T_OK(OP("app list", &e->admin, "{}", &reply));
    T_EQ(json_integer_value(json_object_get(reply, "total")), 1);
    json_decref(reply);
    T_RC(OP("app change", &e->admin, "{\"app\":\"y\",\"title\":\"Y\"}", NULL), HF_E_ABSENT);
}

#define BOTH(name) static void name##_on_both_engines(void) { t_on_both(name); }
BOTH(persons)
BOTH(password_sign_in)
BOTH(sessions_end)
BOTH(guessing_in_an_open_session_is_slowed_down_too)
BOTH(guessing_is_slowed_down)
BOTH(tickets_work_once)
BOTH(tickets_are_refused_for_cause_and_spent_by_it)
BOTH(applications_are_checked)

T_MAIN(T(networks_are_read_and_matched), T(waits_grow_and_end), T(one_time_passwords_differ),
       T(every_row_has_a_grammar_and_a_name_in_the_audit),
       T(a_ticket_is_read_back_and_every_truncation_refused), T(persons_on_both_engines),
       T(password_sign_in_on_both_engines), T(sessions_end_on_both_engines),
       T(guessing_in_an_open_session_is_slowed_down_too_on_both_engines),
       T(guessing_is_slowed_down_on_both_engines), T(tickets_work_once_on_both_engines),
       T(tickets_are_refused_for_cause_and_spent_by_it_on_both_engines),
       T(applications_are_checked_on_both_engines))
