#include "pki/ops_cert.h"

#include <stdlib.h>
#include <string.h>

#include "audit/act.h"
#include "base/text.h"
#include "crypto/pub.h"
#include "pki/issue.h"
#include "pki/lifecycle.h"
#include "pki/list.h"
#include "pki/responder.h"
#include "wire/name.h"
#include "wire/pem.h"

/* -- Issuing ----------------------------------------------------------------------------------- */

struct job {
    struct hf_profile *profile;
    struct hf_request  request;
    struct hf_ca       ca;
    struct hf_draft    draft;
};

static enum hf_rc
read_request(struct hf_call *c, struct job *j)
{
    struct hf_bytes csr;
    enum hf_rc      rc;

    if ((rc = hf_profile_get(c->env->data_dir, hf_arg_text(c, "profile"), c->arena, &j->profile)) !=
            HF_OK ||
        (rc = hf_request_decode(hf_arg_text(c, "csr"), c->arena, &csr)) != HF_OK)
        return rc;
    return hf_request_check(csr, j->profile, hf_arg_text(c, "san"), c->arena, &j->request);
}

static enum hf_rc
pick_authority(struct hf_call *c, struct job *j)
{
    struct hf_db *db = hf_store_reader(c->env->store);
    const char   *name = hf_arg_text(c, "ca");

    if (db == NULL)
        return hf_because(HF_E_STORE, "issuing");
    return name != NULL
               ? hf_ca_get(db, name, c->arena, &j->ca)
               : hf_ca_issuing(db, hf_arg_text(c, "suite"), j->request.alg, c->arena, &j->ca);
}

/* The certificate and, if asked for, the authorities above it without the root. */
static enum hf_rc
put_pem(struct hf_call *c, const struct hf_ca *issuer, struct hf_bytes der)
{
    struct hf_db *db = hf_store_reader(c->env->store);
    struct hf_wr  pem = hf_wr(1 << 20);
    struct hf_ca  ca = *issuer;
    enum hf_rc    rc = db == NULL ? hf_because(HF_E_STORE, "chain") : HF_OK;

    hf_pem_put(&pem, HF_PEM_CERT, der);
    while (rc == HF_OK && hf_arg_flag(c, "chain") && ca.parent != ca.id) {
        hf_pem_put(&pem, HF_PEM_CERT, ca.der);
        rc = hf_ca_get_id(db, ca.parent, c->arena, &ca);
    }
    if (rc == HF_OK && (rc = pem.rc) == HF_OK)
        hf_reply_text(c, "pem", hf_arena_text(c->arena, hf_wr_bytes(&pem)));
    hf_wr_clear(&pem);
    return rc;
}

static void
tell_issued(struct hf_call *c, const struct job *j)
{
    const struct hf_draft *d = &j->draft;
    const char            *print = hf_hex_arena(c->arena, hf_bytes(d->fingerprint, 32));
    char                  *san = hf_sans_text(&j->request.sans, c->arena);

    hf_reply_text(c, "serial", d->serial);
    hf_reply_text(c, "subject", j->request.subject_text);
    hf_reply_text(c, "san", san);
    hf_reply_text(c, "ca", j->ca.name);
    hf_reply_text(c, "profile", j->profile->name);
    hf_reply_text(c, "person", d->person);
    hf_reply_time(c, "not_before", d->not_before_ms);
    hf_reply_time(c, "not_after", d->not_after_ms);
    hf_reply_int(c, "days", (d->not_after_ms - d->not_before_ms) / 86400000);
    hf_reply_flag(c, "cut_to_issuer", d->cut);
    hf_reply_text(c, "request_identity", j->request.sig);
    hf_reply_text(c, "ignored", j->request.ignored);
    hf_reply_text(c, "fingerprint", print);
    c->object = hf_arena_str(c->arena, d->serial);
    json_object_update_new(c->detail,
                           json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "ca", j->ca.name,
                                     "profile", j->profile->name, "subject",
                                     j->request.subject_text, "san", san, "person", d->person,
                                     "fingerprint", print, "request_identity", j->request.sig));
}

/* The person that a certificate is to be bound to must exist. */
static enum hf_rc
check_person(const struct hf_env *env, const char *login)
{
    struct hf_db *db = hf_store_reader(env->store);

    if (login == NULL || env->person_known == NULL)
        return HF_OK;
    if (db == NULL)
        return hf_because(HF_E_STORE, "person");
    return env->person_known(db, login) == HF_E_ABSENT
               ? hf_fail_field(HF_E_ABSENT, "person", "there is no person %s", login)
               : HF_OK;
}

/* Everything up to the signature; then the record. */
static enum hf_rc
issue(struct hf_call *c, struct job *j)
{
    const char *person = hf_arg_text(c, "person");
    enum hf_rc  rc = check_person(c->env, person);

    if (rc != HF_OK)
        return rc;

    j->draft.profile = j->profile;
    j->draft.request = &j->request;
    j->draft.days = hf_arg_int(c, "days", 0);
    j->draft.person = person == NULL ? "" : person;
    if ((rc = hf_issue_sign(c->env, &j->ca, &j->draft, 1, c->now_ms, c->arena)) != HF_OK ||
        (rc = put_pem(c, &j->ca, j->draft.der)) != HF_OK)
        return rc;
    tell_issued(c, j);
    return hf_issue_commit(c, &j->ca, &j->draft, 1);
}

enum hf_rc
hf_op_cert_issue(struct hf_call *c)
{
    struct job *j = hf_arena_get(c->arena, sizeof(*j));
    enum hf_rc  rc;

    if ((rc = read_request(c, j)) != HF_OK || (rc = pick_authority(c, j)) != HF_OK)
        return rc;
    return issue(c, j);
}

enum hf_rc
hf_op_ca_sign(struct hf_call *c)
{
    struct job *j = hf_arena_get(c->arena, sizeof(*j));
    enum hf_rc  rc;

    if ((rc = read_request(c, j)) != HF_OK || (rc = pick_authority(c, j)) != HF_OK ||
        (rc = hf_op_unlock(c, j->ca.key_id)) != HF_OK)
        return rc;
    rc = issue(c, j);
    hf_op_lock(c, j->ca.key_id);
    return rc;
}

/* -- Showing --------------------------------------------------------------------------------------
 */

static json_t *
time_json(int64_t ms)
{
    char text[HF_TIME_TEXT];

    return ms == 0 ? json_null() : json_string(hf_time_text(ms, text));
}

static json_t *
issued_json(const struct hf_issued *cert, int64_t now_ms)
{
    bool bad = cert->state != HF_CERT_ACTIVE;

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "serial",
                     cert->serial, "subject", cert->subject, "san", cert->san, "state",
                     hf_issued_state_word(cert, now_ms), "profile", cert->profile, "ca", cert->ca,
                     "person", cert->person, "alg", cert->alg, "not_before",
                     time_json(cert->not_before_ms), "not_after", time_json(cert->not_after_ms),
                     "issued", time_json(cert->issued_ms), "changed", time_json(cert->changed_ms),
                     "reason", bad ? json_string(hf_reason_name(cert->reason)) : json_null());
}

static void
reply_hash(struct hf_call *c, const char *member, enum hf_digest how, struct hf_bytes der)
{
    uint8_t digest[HF_DIGEST_MAX];

    if (hf_digest(how, &der, 1, digest) == HF_OK)
        hf_reply_text(c, member, hf_hex_arena(c->arena, hf_bytes(digest, hf_digest_size(how))));
}

static const char *
name_text(struct hf_call *c, struct hf_bytes name)
{
    struct hf_wr w = hf_wr(64 << 10);
    const char  *text;

    hf_name_text(name, &w);
    text = hf_arena_text(c->arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return text;
}

static const char *
usage_text(struct hf_call *c, const struct hf_exts *x)
{
    return hf_profile_words("key-usage", x->key_usage, c->arena);
}

static const char *
purpose_text(struct hf_call *c, const struct hf_exts *x)
{
    struct hf_rd    r = hf_rd(x->eku);
    struct hf_bytes oid;
    const char     *text = "";
    char            shown[HF_OID_TEXT];

    while (hf_eku_next(&r, &oid))
        text = hf_arena_fmt(c->arena, "%s%s%s", text, *text == '\0' ? "" : " ",
                            hf_oid_show(oid, shown));
    return text;
}

static const char *
san_text(struct hf_call *c, const struct hf_exts *x)
{
    struct hf_rd r = hf_rd(x->san);
    struct hf_wr w = hf_wr(256 << 10);
    struct hf_gn gn;
    const char  *text;

    while (hf_gn_next(&r, &gn)) {
        if (w.n != 0)
            hf_wr_u8(&w, ',');
        hf_gn_text(&gn, &w);
    }
    text = hf_arena_text(c->arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return text;
}

/* What the certificate itself says. */
static enum hf_rc
tell_contents(struct hf_call *c, struct hf_bytes der)
{
    struct hf_cert cert;
    struct hf_pub *pub = NULL;
    struct hf_wr   pem = hf_wr(1 << 20);
    enum hf_rc     rc;

    if ((rc = hf_cert_read(der, &cert)) != HF_OK)
        return rc;
    hf_reply_text(c, "serial", hf_hex_arena(c->arena, hf_der_magnitude(cert.serial)));
    hf_reply_text(c, "subject", name_text(c, cert.subject));
    hf_reply_text(c, "issuer", name_text(c, cert.issuer));
    hf_reply_text(c, "san", san_text(c, &cert.x));
    hf_reply_time(c, "not_before", cert.not_before * 1000);
    hf_reply_time(c, "not_after", cert.not_after * 1000);
    hf_reply_flag(c, "authority", cert.x.is_ca);
    hf_reply_text(c, "key_usage", usage_text(c, &cert.x));
    hf_reply_text(c, "ext_key_usage", purpose_text(c, &cert.x));
    if (hf_pub_read(cert.spki, &pub) == HF_OK) {
        hf_reply_text(c, "alg", hf_alg_name(hf_pub_alg(pub)));
        hf_reply_int(c, "bits", hf_pub_bits(pub));
    }
    hf_pub_free(pub);
    reply_hash(c, "fingerprint", HF_DIGEST_SHA256, der);
    reply_hash(c, "fingerprint_sha1", HF_DIGEST_SHA1, der); /* what Windows shows as thumbprint */
    hf_pem_put(&pem, HF_PEM_CERT, der);
    hf_reply_text(c, "pem", hf_arena_text(c->arena, hf_wr_bytes(&pem)));
    hf_wr_clear(&pem);
    return HF_OK;
}

static void
tell_record(struct hf_call *c, const struct hf_issued *cert)
{
    json_t *record = issued_json(cert, c->now_ms);

    json_object_update(c->reply, record);
    json_decref(record);
    hf_reply_text(c, "request_identity", cert->request_sig);
}

/* A certificate from a file: ours, with its state, or somebody else's. */
static enum hf_rc
show_file(struct hf_call *c, struct hf_db *db, const char *text)
{
    struct hf_wr     w = hf_wr(HF_CERT_MAX);
    struct hf_issued cert;
    struct hf_bytes  der;
    enum hf_rc       rc = hf_pem_or_der(hf_bytes_str(text), HF_PEM_CERT, &w);

    der = hf_arena_bytes(c->arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    if (rc != HF_OK)
        return hf_fail_field(HF_E_ARG, "certificate",
                             "is neither a serial number nor a certificate");
    if ((rc = tell_contents(c, der)) != HF_OK)
        return rc;
    rc = hf_issued_get_der(db, der, c->arena, &cert);
    if (rc == HF_OK)
        tell_record(c, &cert);
    else if (rc == HF_E_ABSENT)
        hf_reply_text(c, "state", "foreign");
    return rc == HF_E_ABSENT ? HF_OK : rc;
}

enum hf_rc
hf_op_cert_show(struct hf_call *c)
{
    struct hf_db    *db = hf_store_reader(c->env->store);
    const char      *text = hf_arg_text(c, "certificate");
    struct hf_issued cert;
    enum hf_rc       rc;

    if (db == NULL)
        return hf_because(HF_E_STORE, "showing a certificate");
    if (strstr(text, "-----BEGIN") != NULL)
        return show_file(c, db, text);
    if ((rc = hf_issued_get_serial(db, text, c->arena, &cert)) != HF_OK)
        return rc;
    if ((rc = tell_contents(c, cert.der)) != HF_OK)
        return hf_because(rc, "stored certificate %s", cert.serial);
    tell_record(c, &cert);
    return HF_OK;
}

/* -- Searching --------------------------------------------------------------------------------- */

static enum hf_rc
time_arg(struct hf_call *c, const char *member, int64_t *out)
{
    const char *text = hf_arg_text(c, member);

    if (text == NULL || hf_time_read(text, out) == HF_OK)
        return HF_OK;
    return hf_fail_field(HF_E_ARG, member,
                         "must be a time such as 2027-01-31T00:00:00Z (RFC 3339)");
}

static enum hf_rc
read_filter(struct hf_call *c, struct hf_cert_filter *f)
{
    const char *after = hf_arg_text(c, "after");
    enum hf_rc  rc;

    *f = (struct hf_cert_filter){
        .find = hf_arg_text(c, "find"),
        .serial = hf_arg_text(c, "serial"),
        .subject = hf_arg_text(c, "subject"),
        .san = hf_arg_text(c, "san"),
        .state = hf_arg_text(c, "state"),
        .profile = hf_arg_text(c, "profile"),
        .person = hf_arg_text(c, "person"),
        .ca = hf_arg_text(c, "ca"),
        .now_ms = c->now_ms,
    };
    if (after != NULL && hf_int_read("after", after, 1, INT64_MAX, &f->after) != HF_OK)
        return hf_fail_field(HF_E_ARG, "after", "must be the `next` of the page before");
    if ((rc = time_arg(c, "expires_from", &f->expires_from_ms)) != HF_OK)
        return rc;
    return time_arg(c, "expires_to", &f->expires_to_ms);
}

enum hf_rc
hf_op_cert_list(struct hf_call *c)
{
    struct hf_db         *db = hf_store_reader(c->env->store);
    size_t                limit = (size_t)hf_arg_int(c, "limit", 50), n = 0;
    struct hf_issued     *row = hf_arena_get(c->arena, (limit + 1) * sizeof(*row));
    struct hf_cert_filter f;
    json_t               *items;
    int64_t               total = 0;
    enum hf_rc            rc;

    if (db == NULL)
        return hf_because(HF_E_STORE, "listing certificates");
    if ((rc = read_filter(c, &f)) != HF_OK ||
        (rc = hf_cert_list(db, &f, c->arena, row, limit + 1, &n)) != HF_OK)
        return rc;
    if (f.after == 0 && n <= limit) /* this page is all there is */
        total = (int64_t)n;
    else if ((rc = hf_cert_total(db, &f, &total)) != HF_OK)
        return rc;
    items = json_array();
    for (size_t i = 0; i < n && i < limit; i++)
        json_array_append_new(items, issued_json(&row[i], c->now_ms));
    hf_reply_set(c, "items", items);
    hf_reply_text(c, "next",
                  n > limit ? hf_arena_fmt(c->arena, "%lld", (long long)row[limit - 1].id) : NULL);
    hf_reply_int(c, "total", total);
    return HF_OK;
}

/* -- Life -------------------------------------------------------------------------------------- */

struct change {
    struct hf_call    *c;
    enum hf_cert_event event;
    int                reason;
};

static enum hf_rc
apply(struct hf_db *tx, void *arg)
{
    struct change   *ch = arg;
    struct hf_issued cert;
    enum hf_rc       rc = hf_cert_apply(tx, hf_arg_text(ch->c, "serial"), ch->event, ch->reason,
                                        ch->c->now_ms, ch->c->arena, &cert);

    if (rc != HF_OK)
        return rc;
    tell_record(ch->c, &cert);
    ch->c->object = cert.serial;
    json_object_update_new(ch->c->detail,
                           json_pack("{s:s, s:s, s:s}", "subject", cert.subject, "ca", cert.ca,
                                     "reason", hf_reason_name(ch->reason)));
    return HF_OK;
}

static enum hf_rc
change(struct hf_call *c, enum hf_cert_event event, int reason)
{
    struct change ch = { c, event, reason };
    const char   *note = hf_arg_text(c, "note");
    enum hf_rc    rc;

    c->object = hf_arg_text(c, "serial");
    if (note != NULL)
        json_object_set_new(c->detail, "note", json_string(note));
    if ((rc = hf_act_commit(c, apply, &ch)) == HF_OK)
        hf_ocsp_forget(c->object);
    return rc;
}

enum hf_rc
hf_op_cert_revoke(struct hf_call *c)
{
    int reason = hf_reason_named(hf_arg_text(c, "reason"));

    return change(c, reason == HF_REASON_HOLD ? HF_CERT_SUSPEND : HF_CERT_REVOKE, reason);
}

enum hf_rc
hf_op_cert_suspend(struct hf_call *c)
{
    return change(c, HF_CERT_SUSPEND, HF_REASON_HOLD);
}

enum hf_rc
hf_op_cert_resume(struct hf_call *c)
{
    return change(c, HF_CERT_RESUME, HF_REASON_UNSPECIFIED);
}

static enum hf_rc
bind_person(struct hf_db *tx, void *arg)
{
    struct hf_call *c = arg;

    return hf_issued_bind(tx, hf_arg_text(c, "serial"), hf_arg_text(c, "person"));
}

enum hf_rc
hf_op_cert_bind(struct hf_call *c)
{
    enum hf_rc rc = check_person(c->env, hf_arg_text(c, "person"));

    if (rc != HF_OK)
        return rc;
    c->object = hf_arg_text(c, "serial");
    json_object_set_new(c->detail, "person", json_string(hf_arg_text(c, "person")));
    hf_reply_text(c, "serial", c->object);
    hf_reply_text(c, "person", hf_arg_text(c, "person"));
    return hf_act_commit(c, bind_person, c);
}

/* -- Figures ----------------------------------------------------------------------------------- */

static json_t *
weeks_json(const int64_t *count, int64_t now_ms, int direction)
{
    json_t *list = json_array();

    for (int i = 0; i < HF_STATS_WEEKS; i++)
        json_array_append_new(list,
                              json_pack("{s:o, s:I}", "week",
                                        time_json(now_ms + (int64_t)direction * i * 7 * 86400000),
                                        "count", (json_int_t)count[i]));
    return list;
}

enum hf_rc
hf_op_cert_stats(struct hf_call *c)
{
    struct hf_db        *db = hf_store_reader(c->env->store);
    struct hf_cert_stats s;
    enum hf_rc           rc;

    if (db == NULL)
        return hf_because(HF_E_STORE, "counting certificates");
    if ((rc = hf_cert_count(db, c->now_ms, &s)) != HF_OK)
        return rc;
    hf_reply_int(c, "total", s.total);
    hf_reply_set(c, "states",
                 json_pack("{s:I, s:I, s:I, s:I}", "active", (json_int_t)s.active, "suspended",
                           (json_int_t)s.suspended, "revoked", (json_int_t)s.revoked, "expired",
                           (json_int_t)s.expired));
    hf_reply_set(c, "expiring",
                 json_pack("{s:I, s:I, s:I}", "30", (json_int_t)s.in_30_days, "60",
                           (json_int_t)s.in_60_days, "90", (json_int_t)s.in_90_days));
    hf_reply_set(c, "weeks", weeks_json(s.ending, c->now_ms, 1));
    hf_reply_set(c, "issued_weeks", weeks_json(s.issued, c->now_ms, -1));
    return HF_OK;
}
