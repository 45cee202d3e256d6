#include "identity/login.h"

#include <stdio.h>
#include <string.h>

#include "audit/act.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "crypto/pub.h"
#include "identity/password.h"
#include "identity/person.h"
#include "identity/session.h"
#include "identity/throttle.h"
#include "pki/cert.h"
#include "pki/renew.h"
#include "wire/login.h"
#include "wire/pem.h"
#include "wire/x509.h"

#define CHALLENGE_MS 120000
#define SERVER_CERT "server"

/* -- What both ways share ------------------------------------------------------------- */

struct sign_in {
    struct hf_call  *c;
    struct hf_person person;
    enum hf_strength strength;
    const char      *method;
    const char      *challenge; /* that has been answered; NULL by password */
    char             token[HF_TOKEN_TEXT];
    char             subject[HF_THROTTLE_SUBJECT]; /* by password */
};

static enum hf_rc refuse_challenge(void);

/* Remember that a challenge has served. */
static enum hf_rc
spend_challenge(struct hf_db *tx, const struct sign_in *s)
{
    struct hf_query q;
    uint8_t         digest[32];
    enum hf_rc      rc;

    if (s->challenge == NULL)
        return HF_OK;
    if ((rc = hf_token_digest(s->challenge, digest)) != HF_OK)
        return rc;
    q = hf_query(tx, "INSERT INTO challenge (id, expires_at) VALUES ($1, $2)");
    hf_bind_bytes(&q, hf_bytes(digest, sizeof(digest)));
    hf_bind_int(&q, s->c->now_ms + CHALLENGE_MS);
    rc = hf_query_end(&q);
    return rc == HF_E_EXISTS ? refuse_challenge() : rc;
}

static enum hf_rc
start_session(struct hf_db *tx, void *arg)
{
    const struct sign_in *s = arg;
    struct hf_query       q = hf_query(tx, "SELECT state FROM person WHERE id = $1");
    const char           *state = NULL;
    enum hf_rc            rc;

    hf_bind_int(&q, s->person.id);
    if (hf_step(&q))
        state = hf_col_text(&q, s->c->arena);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    if (state == NULL || strcmp(state, "active") != 0)
        return hf_fail(HF_E_AUTH, "login or password is wrong");
    if (s->strength == HF_STRENGTH_PASSWORD && (rc = hf_throttle_passed(tx, s->subject)) != HF_OK)
        return rc;
    if ((rc = spend_challenge(tx, s)) != HF_OK)
        return rc;
    return hf_session_start(tx, s->c->env, s->person.id, s->token, s->strength, s->method,
                            s->c->actor->address, s->c->now_ms);
}

static enum hf_rc
sign_in(struct sign_in *s)
{
    struct hf_call *c = s->c;

    hf_token_make(s->token);
    c->object = s->person.login;
    json_object_set_new(c->detail, "method", json_string(s->method));
    hf_reply_text(c, "login", s->person.login);
    hf_reply_text(c, "name", s->person.name);
    hf_reply_text(c, "strength", hf_strength_word(s->strength));
    hf_reply_flag(c, "must_change", s->strength == HF_STRENGTH_PASSWORD && s->person.must_change);
    c->session = hf_arena_str(c->arena, s->token);
    return hf_act_commit(c, start_session, s);
}

/* -- Password ----------------------------------------------------------------------------- */

enum hf_rc
hf_op_login_password(struct hf_call *c)
{
    struct hf_db  *db = hf_store_reader(c->env->store);
    const char    *login = hf_arg_text(c, "login");
    struct sign_in s = { .c = c, .strength = HF_STRENGTH_PASSWORD, .method = "password" };
    enum hf_rc     rc, counted;

    if (db == NULL)
        return hf_because(HF_E_STORE, "sign-in");
    rc = hf_person_find(db, login, c->arena, &s.person);
    if (rc != HF_OK && rc != HF_E_ABSENT)
        return rc;
    c->object = rc == HF_OK ? s.person.login : ""; /* a login that is none may be a password */
    if ((rc = hf_throttle_subject(c->env, login, s.subject)) != HF_OK ||
        (rc = hf_throttle_check(c->env->store, s.subject, c->actor->address, c->now_ms)) != HF_OK)
        return rc;
    rc = hf_password_verify(c->env->conf, hf_bytes_str(hf_arg_text(c, "password")),
                            s.person.password);
    if (rc == HF_E_AUTH) {
        counted = hf_throttle_wrong(c, s.subject, true);
        return counted != HF_OK ? counted : hf_fail(HF_E_AUTH, "login or password is wrong");
    }
    return rc != HF_OK ? rc : sign_in(&s);
}

/* -- Challenge ------------------------------------------------------------------------------ */

/* A member of base64 text as bytes in the arena. */
static enum hf_rc
take_base64(struct hf_call *c, const char *member, size_t exactly, struct hf_bytes *out)
{
    const char  *text = hf_arg_text(c, member);
    struct hf_wr w = hf_wr(65536);
    enum hf_rc   rc = hf_unbase64(hf_bytes_str(text), &w);

    if (rc != HF_OK)
        rc = hf_fail_field(HF_E_ARG, member, "is not base64");
    else if (exactly != 0 && w.n != exactly)
        rc = hf_fail_field(HF_E_ARG, member, "must be %zu bytes", exactly);
    else
        *out = hf_arena_bytes(c->arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return rc;
}

static void
reply_base64(struct hf_call *c, const char *member, struct hf_bytes b)
{
    struct hf_wr w = hf_wr(65536);

    hf_base64(b, &w);
    hf_reply_text(c, member, hf_arena_text(c->arena, hf_wr_bytes(&w)));
    hf_wr_clear(&w);
}

/*
 * A challenge is not stored: its text carries the server's random and its end,
 * authenticated by a MAC of `keys` that covers the client's random as well. It
 * is remembered only when it has served, so that it serves once.
 */
struct challenge {
    uint8_t client_random[HF_LOGIN_RANDOM];
    uint8_t server_random[HF_LOGIN_RANDOM];
    int64_t expires_ms;
};

#define CHALLENGE_BYTES (2 * HF_LOGIN_RANDOM + 8)
#define MAC_BYTES 32

static enum hf_rc
write_challenge(struct hf_call *c, const struct challenge *ch, const char **text)
{
    struct hf_wr w = hf_wr(256), t = hf_wr(256);
    uint8_t      mac[MAC_BYTES];
    enum hf_rc   rc;

    hf_wr_put(&w, hf_bytes(ch->client_random, HF_LOGIN_RANDOM));
    hf_wr_put(&w, hf_bytes(ch->server_random, HF_LOGIN_RANDOM));
    hf_wr_be64(&w, (uint64_t)ch->expires_ms);
    if ((rc = hf_keys_mac(c->env->keys, "login challenge", hf_wr_bytes(&w), mac)) == HF_OK) {
        hf_wr_put(&w, hf_bytes(mac, sizeof(mac)));
        hf_base64url(hf_wr_bytes(&w), &t);
        *text = hf_arena_text(c->arena, hf_wr_bytes(&t));
    }
    hf_wr_clear(&t);
    hf_wr_clear(&w);
    return rc;
}

static enum hf_rc
refuse_challenge(void)
{
    return hf_fail_field(HF_E_AUTH, "challenge", "is unknown, used or older than %d seconds",
                         CHALLENGE_MS / 1000);
}

static enum hf_rc
read_challenge(struct hf_call *c, const char *text, struct challenge *ch)
{
    struct hf_wr w = hf_wr(256);
    struct hf_rd r;
    uint8_t      mac[MAC_BYTES];
    enum hf_rc   rc = refuse_challenge();

    if (hf_unbase64url(hf_bytes_str(text), &w) != HF_OK || w.n != CHALLENGE_BYTES + MAC_BYTES)
        goto out;
    r = hf_rd(hf_wr_bytes(&w));
    hf_rd_copy(&r, ch->client_random, HF_LOGIN_RANDOM);
    hf_rd_copy(&r, ch->server_random, HF_LOGIN_RANDOM);
    ch->expires_ms = (int64_t)hf_rd_be64(&r);
    rc = hf_keys_mac(c->env->keys, "login challenge", hf_bytes(w.p, CHALLENGE_BYTES), mac);
    if (rc == HF_OK && (!hf_bytes_eq_secret(hf_bytes(mac, MAC_BYTES), hf_rd_take(&r, MAC_BYTES)) ||
                        ch->expires_ms < c->now_ms))
        rc = refuse_challenge();
out:
    hf_wr_clear(&w);
    return rc;
}

/* SHA-256 of the server's certificate: what both signatures are bound to. */
static enum hf_rc
server_id(struct hf_call *c, struct hf_own_cert *own, uint8_t id[32])
{
    struct hf_db *db = hf_store_reader(c->env->store);
    enum hf_rc    rc;

    if (db == NULL)
        return hf_because(HF_E_STORE, "sign-in");
    if ((rc = hf_own_cert_get(db, SERVER_CERT, c->arena, own)) != HF_OK)
        return rc;
    return hf_digest(HF_DIGEST_SHA256, &own->der, 1, id);
}

/* The server's part of the challenge: its signature and the chain that proves its key. */
static enum hf_rc
sign_challenge(struct hf_call *c, const struct challenge *ch)
{
    struct hf_own_cert own;
    struct hf_wr       text = hf_wr(256), sig = hf_wr(1024);
    uint8_t            id[32];
    struct hf_bytes    message;
    enum hf_rc         rc;

    if ((rc = server_id(c, &own, id)) != HF_OK)
        return rc;
    hf_login_transcript(&text, true, hf_bytes(ch->client_random, HF_LOGIN_RANDOM),
                        hf_bytes(ch->server_random, HF_LOGIN_RANDOM), hf_bytes(id, sizeof(id)));
    message = hf_wr_bytes(&text);
    if ((rc = hf_keys_sign(c->env->keys, own.key_id, &message, 1, &sig)) == HF_OK) {
        reply_base64(c, "server_signature", hf_wr_bytes(&sig));
        hf_reply_text(c, "server_chain", hf_arena_text(c->arena, own.chain_pem));
    }
    hf_wr_clear(&sig);
    hf_wr_clear(&text);
    return rc;
}

enum hf_rc
hf_op_login_challenge(struct hf_call *c)
{
    struct challenge ch = { .expires_ms = c->now_ms + CHALLENGE_MS };
    struct hf_bytes  random;
    const char      *text = NULL;
    enum hf_rc       rc;

    if ((rc = take_base64(c, "client_random", HF_LOGIN_RANDOM, &random)) != HF_OK)
        return rc;
    memcpy(ch.client_random, random.p, HF_LOGIN_RANDOM);
    hf_random(ch.server_random, HF_LOGIN_RANDOM);
    if ((rc = write_challenge(c, &ch, &text)) != HF_OK || (rc = sign_challenge(c, &ch)) != HF_OK)
        return rc;
    hf_reply_text(c, "challenge", text);
    reply_base64(c, "server_random", hf_bytes(ch.server_random, HF_LOGIN_RANDOM));
    hf_reply_time(c, "expires", ch.expires_ms);
    return HF_OK;
}

/* -- Certificate -------------------------------------------------------------------------------- */

/* The client's signature over the transcript, by the key of its certificate. */
static enum hf_rc
verify_answer(const struct challenge *ch, struct hf_bytes id, struct hf_bytes der,
              struct hf_bytes sig)
{
    struct hf_wr   text = hf_wr(256);
    struct hf_cert cert;
    struct hf_pub *pub = NULL;
    enum hf_rc     rc;

    hf_login_transcript(&text, false, hf_bytes(ch->client_random, HF_LOGIN_RANDOM),
                        hf_bytes(ch->server_random, HF_LOGIN_RANDOM), id);
    if ((rc = hf_cert_read(der, &cert)) == HF_OK && (rc = hf_pub_read(cert.spki, &pub)) == HF_OK)
        rc = hf_pub_verify(pub, hf_alg_signature_id(hf_pub_alg(pub)), hf_wr_bytes(&text), sig);
    hf_pub_free(pub);
    hf_wr_clear(&text);
    return rc;
}

/* The account the certificate belongs to: bound at issue, never taken from its subject. */
static enum hf_rc
find_holder(struct hf_call *c, struct hf_bytes der, struct hf_person *person)
{
    struct hf_db    *db = hf_store_reader(c->env->store);
    struct hf_issued cert;
    enum hf_rc       rc;

    if ((rc = hf_cert_check(c->env, der, c->now_ms, c->arena, &cert)) != HF_OK)
        return rc;
    json_object_set_new(c->detail, "serial", json_string(cert.serial));
    if (cert.person[0] == '\0')
        return hf_fail(HF_E_AUTH, "certificate %s belongs to no person", cert.serial);
    c->object = cert.person;
    return db == NULL ? hf_because(HF_E_STORE, "sign-in")
                      : hf_person_find(db, cert.person, c->arena, person);
}

static enum hf_rc
read_certificate(struct hf_call *c, struct hf_bytes *der)
{
    struct hf_wr w = hf_wr(HF_CERT_MAX);
    enum hf_rc   rc = hf_pem_or_der(hf_bytes_str(hf_arg_text(c, "certificate")), HF_PEM_CERT, &w);

    if (rc == HF_OK)
        *der = hf_arena_bytes(c->arena, hf_wr_bytes(&w));
    else
        rc = hf_fail_field(HF_E_ARG, "certificate", "is no PEM certificate");
    hf_wr_clear(&w);
    return rc;
}

static enum hf_rc
check_answer(struct hf_call *c, struct sign_in *s)
{
    struct challenge   ch;
    struct hf_own_cert own;
    struct hf_bytes    der = { NULL, 0 }, sig = { NULL, 0 };
    uint8_t            id[32];
    enum hf_rc         rc;

    s->challenge = hf_arg_text(c, "challenge");
    if ((rc = read_certificate(c, &der)) != HF_OK ||
        (rc = take_base64(c, "signature", 0, &sig)) != HF_OK ||
        (rc = read_challenge(c, s->challenge, &ch)) != HF_OK ||
        (rc = find_holder(c, der, &s->person)) != HF_OK || (rc = server_id(c, &own, id)) != HF_OK)
        return rc;
    return verify_answer(&ch, hf_bytes(id, sizeof(id)), der, sig);
}

static enum hf_rc
count_refused(struct hf_db *tx, void *arg)
{
    return hf_signin_count(tx, "certificate", "refused", *(const int64_t *)arg);
}

enum hf_rc
hf_op_login_certificate(struct hf_call *c)
{
    struct sign_in s = { .c = c, .strength = HF_STRENGTH_CERTIFICATE, .method = "certificate" };
    enum hf_rc     rc = check_answer(c, &s);
    char           text[256], field[48];

    if (rc == HF_OK)
        return sign_in(&s);
    snprintf(text, sizeof(text), "%s", hf_reason());
    snprintf(field, sizeof(field), "%s", hf_reason_field());
    if (hf_store_write(c->env->store, count_refused, &c->now_ms) != HF_OK)
        return hf_because(HF_E_STORE, "counting a refused sign-in");
    hf_reason_set(field, text);
    return rc;
}
