#include "identity/ticket.h"

#include <stdio.h>
#include <string.h>

#include "audit/act.h"
#include "base/conf.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "crypto/pub.h"
#include "identity/app.h"
#include "identity/net.h"
#include "identity/person.h"
#include "identity/session.h"

#define TICKET_MAX 4096
#define TICKET_KEY "ticket"
#define SEAL_CONTEXT "service ticket"

/* -- The bytes ------------------------------------------------------------------------ */

static void
put_text(struct hf_wr *w, const char *s)
{
    size_t mark = hf_wr_open(w, 2);

    hf_wr_str(w, s);
    hf_wr_close(w, mark, 2);
}

void
hf_ticket_write(const struct hf_ticket *t, struct hf_wr *w)
{
    hf_wr_u8(w, 1);
    hf_wr_be64(w, t->serial);
    put_text(w, t->issuer);
    hf_wr_be64(w, (uint64_t)t->person);
    put_text(w, t->login);
    put_text(w, t->name);
    put_text(w, t->unit);
    hf_wr_u8(w, (uint8_t)t->strength);
    hf_wr_be64(w, (uint64_t)t->app_id);
    put_text(w, t->app);
    hf_wr_be64(w, (uint64_t)t->session);
    hf_wr_be64(w, (uint64_t)t->not_before_ms);
    hf_wr_be64(w, (uint64_t)t->not_after_ms);
}

static const char *
get_text(struct hf_rd *r, struct hf_arena *a)
{
    struct hf_bytes b = hf_rd_take(r, hf_rd_be16(r));

    if (!hf_utf8_is_text(b))
        hf_rd_reject(r, HF_E_FORMAT);
    return hf_arena_text(a, b);
}

static void
read_fields(struct hf_rd *r, struct hf_arena *a, struct hf_ticket *out)
{
    if (hf_rd_u8(r) != 1)
        hf_rd_reject(r, HF_E_FORMAT);
    out->serial = hf_rd_be64(r);
    out->issuer = get_text(r, a);
    out->person = (int64_t)hf_rd_be64(r);
    out->login = get_text(r, a);
    out->name = get_text(r, a);
    out->unit = get_text(r, a);
    out->strength = (enum hf_strength)hf_rd_u8(r);
    out->app_id = (int64_t)hf_rd_be64(r);
    out->app = get_text(r, a);
    out->session = (int64_t)hf_rd_be64(r);
    out->not_before_ms = (int64_t)hf_rd_be64(r);
    out->not_after_ms = (int64_t)hf_rd_be64(r);
}

enum hf_rc
hf_ticket_read(struct hf_bytes b, struct hf_arena *a, struct hf_ticket *out)
{
    struct hf_rd r = hf_rd(b);
    enum hf_rc   rc;

    *out = (struct hf_ticket){ 0 };
    read_fields(&r, a, out);
    if ((rc = hf_rd_end(&r, "service ticket")) != HF_OK)
        *out = (struct hf_ticket){ 0 };
    return rc;
}

/* -- Signing and sealing ----------------------------------------------------------------- */

static enum hf_rc
sign_and_seal(struct hf_keys *keys, const struct hf_ticket *t, struct hf_wr *sealed)
{
    struct hf_wr    w = hf_wr(TICKET_MAX), sig = hf_wr(TICKET_MAX);
    struct hf_bytes body;
    size_t          mark;
    enum hf_rc      rc;

    hf_ticket_write(t, &w);
    if ((rc = hf_wr_end(&w, &body)) != HF_OK ||
        (rc = hf_keys_sign(keys, TICKET_KEY, &body, 1, &sig)) != HF_OK)
        goto out;
    mark = hf_wr_open(&w, 2);
    hf_wr_put(&w, hf_wr_bytes(&sig));
    hf_wr_close(&w, mark, 2);
    if ((rc = hf_wr_end(&w, &body)) == HF_OK)
        rc = hf_keys_seal(keys, SEAL_CONTEXT, body, sealed);
out:
    hf_wr_clear(&sig);
    hf_wr_clear(&w);
    return rc == HF_OK ? HF_OK : hf_because(rc, "service ticket");
}

/* Does the signature belong to the ticket key? */
static enum hf_rc
verify_signature(struct hf_keys *keys, struct hf_bytes body, struct hf_bytes sig)
{
    struct hf_wr   spki = hf_wr(TICKET_MAX);
    struct hf_pub *pub = NULL;
    enum hf_rc     rc;

    if ((rc = hf_keys_public(keys, TICKET_KEY, &spki)) == HF_OK &&
        (rc = hf_pub_read(hf_wr_bytes(&spki), &pub)) == HF_OK)
        rc = hf_pub_verify(pub, hf_alg_signature_id(hf_pub_alg(pub)), body, sig);
    hf_pub_free(pub);
    hf_wr_clear(&spki);
    return rc;
}

static enum hf_rc
unseal_and_verify(struct hf_keys *keys, struct hf_bytes sealed, struct hf_arena *a,
                  struct hf_ticket *out)
{
    struct hf_wr     plain = hf_wr(TICKET_MAX);
    struct hf_ticket probe;
    struct hf_bytes  body = { NULL, 0 }, sig;
    struct hf_rd     r;
    enum hf_rc       rc;

    if ((rc = hf_keys_unseal(keys, SEAL_CONTEXT, sealed, &plain)) != HF_OK)
        goto out;
    r = hf_rd(hf_wr_bytes(&plain));
    read_fields(&r, a, &probe); /* finds where the signature begins */
    if (r.rc == HF_OK)
        body = hf_bytes(plain.p, (size_t)(r.p - plain.p));
    sig = hf_rd_take(&r, hf_rd_be16(&r));
    if ((rc = hf_rd_end(&r, "service ticket")) == HF_OK &&
        (rc = verify_signature(keys, body, sig)) == HF_OK)
        rc = hf_ticket_read(body, a, out);
out:
    hf_wr_clear(&plain);
    return rc;
}

/* -- Issuing -------------------------------------------------------------------------------- */

struct issue {
    struct hf_call         *c;
    uint8_t                 id[32]; /* digest of the identifier */
    struct hf_bytes         sealed;
    const struct hf_ticket *t;
};

static enum hf_rc
insert_ticket(struct hf_db *tx, void *arg)
{
    static const char sql[] =
        "INSERT INTO ticket (id, app, person, sealed, expires_at) VALUES ($1, $2, $3, $4, $5)";
    const struct issue *i = arg;
    struct hf_query     q = hf_query(tx, sql);

    hf_bind_bytes(&q, hf_bytes(i->id, sizeof(i->id)));
    hf_bind_int(&q, i->t->app_id);
    hf_bind_int(&q, i->t->person);
    hf_bind_bytes(&q, i->sealed);
    hf_bind_int(&q, i->t->not_after_ms);
    return hf_query_end(&q);
}

static enum hf_rc
may_enter(const struct hf_actor *actor, const struct hf_app *app)
{
    if (strcmp(app->state, "active") != 0)
        return hf_fail_field(HF_E_DENIED, "app", "%s is disabled", app->name);
    if (actor->strength < app->min_strength)
        return hf_fail_field(HF_E_WEAK, "app", "%s asks for a sign-in by %s", app->name,
                             hf_strength_word(app->min_strength));
    return HF_OK;
}

static void
fill_ticket(struct hf_call *c, const struct hf_app *app, const struct hf_person *p,
            struct hf_ticket *t)
{
    *t = (struct hf_ticket){
        .issuer = hf_conf_text(c->env->conf, "org"),
        .person = p->id,
        .login = p->login,
        .name = p->name,
        .unit = p->unit,
        .strength = c->actor->strength,
        .app_id = app->id,
        .app = app->name,
        .session = c->actor->session,
        .not_before_ms = c->now_ms,
        .not_after_ms = c->now_ms + hf_conf_int(c->env->conf, "ticket_life_s") * 1000,
    };
    hf_random(&t->serial, sizeof(t->serial));
}

enum hf_rc
hf_op_ticket_issue(struct hf_call *c)
{
    struct hf_db    *db = hf_store_reader(c->env->store);
    struct hf_wr     sealed = hf_wr(TICKET_MAX);
    struct hf_ticket t;
    struct hf_app    app;
    struct hf_person person;
    struct issue     i = { .c = c, .t = &t };
    uint8_t          random[16];
    char             id[HF_TICKET_TEXT];
    enum hf_rc       rc;

    if (db == NULL)
        return hf_because(HF_E_STORE, "service ticket");
    if (c->actor->id == 0)
        return hf_fail(HF_E_AUTH, "a ticket is for a person who is signed in");
    if ((rc = hf_app_find(db, hf_arg_text(c, "app"), c->arena, &app)) != HF_OK ||
        (rc = may_enter(c->actor, &app)) != HF_OK ||
        (rc = hf_person_find(db, c->actor->login, c->arena, &person)) != HF_OK)
        return rc;
    fill_ticket(c, &app, &person, &t);
    hf_random(random, sizeof(random));
    hf_hex(hf_bytes(random, sizeof(random)), id);
    if ((rc = hf_token_digest(id, i.id)) != HF_OK ||
        (rc = sign_and_seal(c->env->keys, &t, &sealed)) != HF_OK)
        goto out;
    i.sealed = hf_wr_bytes(&sealed);
    c->object = app.name;
    json_object_set_new(
        c->detail, "ticket",
        json_string(hf_arena_fmt(c->arena, "%016llx", (unsigned long long)t.serial)));
    hf_reply_text(c, "ticket", id);
    hf_reply_text(c, "url", app.url);
    hf_reply_time(c, "expires", t.not_after_ms);
    rc = hf_act_commit(c, insert_ticket, &i);
out:
    hf_wr_clear(&sealed);
    return rc;
}

/* -- Redeeming ---------------------------------------------------------------------------------- */

struct redeem {
    uint8_t           id[32];
    const char       *address;
    int64_t           now_ms;
    struct hf_arena  *a;
    struct hf_ticket *t;
    enum hf_rc        opened; /* what unsealing gave */
    char              opened_text[256];
    enum hf_rc        verdict; /* fn itself succeeds, so that a refusal is recorded and commits */
    char              text[256];
};

static enum hf_rc
judge(struct hf_db *tx, struct redeem *r)
{
    struct hf_app   app;
    struct hf_query q;
    const char     *state = NULL;
    enum hf_rc      rc;

    if (r->opened != HF_OK)
        return hf_fail(r->opened, "%s", r->opened_text);
    if (r->now_ms > r->t->not_after_ms)
        return hf_fail(HF_E_EXPIRED, "ticket came too late");
    if ((rc = hf_app_find_id(tx, r->t->app_id, r->a, &app)) != HF_OK)
        return rc;
    if (strcmp(app.state, "active") != 0)
        return hf_fail(HF_E_DENIED, "application %s is disabled", app.name);
    if (!hf_net_allows(app.allow, r->address))
        return hf_fail(HF_E_DENIED, "address %s may not redeem tickets of %s", r->address,
                       app.name);
    if (r->t->strength < app.min_strength)
        return hf_fail(HF_E_WEAK, "sign-in by %s is not strong enough for %s",
                       hf_strength_word(r->t->strength), app.name);
    q = hf_query(tx, "SELECT state FROM person WHERE id = $1");
    hf_bind_int(&q, r->t->person);
    if (hf_step(&q))
        state = hf_col_text(&q, r->a);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    if (state == NULL || strcmp(state, "active") != 0)
        return hf_fail(HF_E_DENIED, "the person is disabled");
    return HF_OK;
}

/* One conditional UPDATE decides who is first. */
static enum hf_rc
consume(struct hf_db *tx, struct redeem *r)
{
    static const char sql[] =
        "UPDATE ticket SET consumed_at = $2 WHERE id = $1 AND consumed_at IS NULL";
    struct hf_query q = hf_query(tx, sql);
    enum hf_rc      rc;

    hf_bind_bytes(&q, hf_bytes(r->id, sizeof(r->id)));
    hf_bind_int(&q, r->now_ms);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    return q.changed == 1 ? HF_OK : hf_fail(HF_E_STATE, "ticket was used before");
}

static enum hf_rc
redeem_in(struct hf_db *tx, void *arg)
{
    struct redeem  *r = arg;
    struct hf_actor actor = { .kind = "app",
                              .address = r->address,
                              .unit = "",
                              .login = r->t->app == NULL ? "" : r->t->app };
    struct hf_event event = { .at_ms = r->now_ms, .actor = &actor };
    json_t         *detail = NULL;
    enum hf_rc      rc;

    r->verdict = consume(tx, r);
    if (r->verdict == HF_OK)
        r->verdict = judge(tx, r);
    if (hf_rc_class(r->verdict) >= HF_CLASS_OUTSIDE)
        return r->verdict;
    snprintf(r->text, sizeof(r->text), "%s", r->verdict == HF_OK ? "" : hf_reason());
    event.name = r->verdict == HF_OK ? "ticket.redeemed" : "ticket.refused";
    event.result = r->verdict == HF_OK ? "ok" : hf_rc_name(r->verdict);
    event.object = r->t->login;
    event.reason = r->text;
    detail = json_pack("{s:s}", "ticket",
                       hf_arena_fmt(r->a, "%016llx", (unsigned long long)r->t->serial));
    event.detail = detail;
    rc = hf_audit_put(tx, &event);
    json_decref(detail);
    return rc;
}

static enum hf_rc
refuse_unknown(const struct hf_env *env, const char *address, int64_t now_ms)
{
    struct hf_actor actor = { .kind = "app", .address = address, .login = "", .unit = "" };
    struct hf_event event = { .at_ms = now_ms,
                              .name = "ticket.refused",
                              .result = "E_ABSENT",
                              .actor = &actor,
                              .reason = "no such ticket" };
    enum hf_rc      rc = hf_audit_write(env->store, &event);

    return rc != HF_OK ? rc : hf_fail(HF_E_ABSENT, "no such ticket");
}

static enum hf_rc
fetch_sealed(struct hf_db *db, const uint8_t id[32], struct hf_arena *a, struct hf_bytes *sealed)
{
    struct hf_query q = hf_query(db, "SELECT sealed FROM ticket WHERE id = $1");

    *sealed = hf_bytes(NULL, 0);
    hf_bind_bytes(&q, hf_bytes(id, 32));
    if (hf_step(&q))
        *sealed = hf_col_bytes(&q, a);
    return hf_query_end(&q);
}

enum hf_rc
hf_ticket_redeem(const struct hf_env *env, const char *id, const char *address, int64_t now_ms,
                 struct hf_arena *a, struct hf_ticket *out)
{
    struct hf_db   *db = hf_store_reader(env->store);
    struct redeem   r = { .address = address, .now_ms = now_ms, .a = a, .t = out };
    struct hf_bytes sealed;
    enum hf_rc      rc;

    *out = (struct hf_ticket){ 0 };
    if (db == NULL)
        return hf_because(HF_E_STORE, "service ticket");
    if ((rc = hf_token_digest(id, r.id)) != HF_OK ||
        (rc = fetch_sealed(db, r.id, a, &sealed)) != HF_OK)
        return rc;
    if (sealed.n == 0)
        return refuse_unknown(env, address, now_ms);
    r.opened = unseal_and_verify(env->keys, sealed, a, out);
    if (hf_rc_class(r.opened) >= HF_CLASS_OUTSIDE)
        return r.opened; /* `keys` is away: the ticket is still good for another try */
    snprintf(r.opened_text, sizeof(r.opened_text), "%s", hf_reason());
    if ((rc = hf_store_write(env->store, redeem_in, &r)) != HF_OK)
        return rc;
    return r.verdict == HF_OK ? HF_OK : hf_fail(r.verdict, "%s", r.text);
}
