#include "pki/own.h"

#include <arpa/inet.h>
#include <string.h>

#include "audit/act.h"
#include "crypto/keys.h"
#include "crypto/pub.h"
#include "wire/name.h"

static const char sql_put[] =
    "INSERT INTO own_cert (name, role, key_id, ca_id, serial) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (name) DO UPDATE SET role = $2, key_id = $3, ca_id = $4, serial = $5";

const char *
hf_ca_org(const struct hf_ca *ca, struct hf_arena *a)
{
    struct hf_attr attr;
    struct hf_wr   w = hf_wr(1024);
    const char    *text;

    if (!hf_name_find(ca->cert.subject, HF_OID_O, &attr))
        return "";
    hf_attr_utf8(&attr, &w);
    text = hf_arena_text(a, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return text;
}

/* "localhost,127.0.0.1" to "dns:localhost,ip:127.0.0.1". */
static const char *
san_text(const char *names, struct hf_arena *a)
{
    char       *rest = hf_arena_str(a, names), *name;
    const char *out = "";
    uint8_t     raw[16];

    while ((name = strsep(&rest, ", ")) != NULL) {
        bool ip = inet_pton(AF_INET, name, raw) == 1 || inet_pton(AF_INET6, name, raw) == 1;

        if (*name != '\0')
            out =
                hf_arena_fmt(a, "%s%s%s:%s", out, *out == '\0' ? "" : ",", ip ? "ip" : "dns", name);
    }
    return out;
}

static enum hf_rc
make_subject(const char *org, const char *cn, struct hf_arena *a, struct hf_request *out)
{
    struct hf_wr w = hf_wr(4096), text = hf_wr(4096);
    size_t       mark = hf_name_begin(&w);
    enum hf_rc   rc;

    if (*org != '\0')
        hf_name_put(&w, HF_OID_O, org);
    hf_name_put(&w, HF_OID_CN, cn);
    hf_der_end(&w, mark);
    rc = w.rc;
    out->subject = hf_arena_bytes(a, hf_wr_bytes(&w));
    hf_name_text(out->subject, &text);
    out->subject_text = hf_arena_text(a, hf_wr_bytes(&text));
    hf_wr_clear(&w);
    hf_wr_clear(&text);
    return rc;
}

static enum hf_rc
take_key(const struct hf_env *env, const char *key_id, struct hf_arena *a, struct hf_request *out)
{
    struct hf_wr   spki = hf_wr(4096);
    struct hf_pub *pub = NULL;
    enum hf_rc     rc = hf_keys_public(env->keys, key_id, &spki);

    if (rc == HF_OK && (rc = hf_pub_read(hf_wr_bytes(&spki), &pub)) == HF_OK) {
        out->alg = hf_pub_alg(pub);
        out->spki = hf_arena_bytes(a, hf_wr_bytes(&spki));
    }
    hf_pub_free(pub);
    hf_wr_clear(&spki);
    return rc;
}

/* What a request would have said: Hufu asks itself. */
static enum hf_rc
make_request(const struct hf_env *env, const struct hf_ca *ca, const struct hf_own_spec *spec,
             struct hf_arena *a, struct hf_request *out)
{
    const char *org = hf_ca_org(ca, a), *cn;
    enum hf_rc  rc;

    memset(out, 0, sizeof(*out));
    out->sig = out->ignored = "";
    if ((rc = take_key(env, spec->key_id, a, out)) != HF_OK)
        return rc;
    if (strcmp(spec->role, "ocsp") == 0) {
        cn = hf_arena_fmt(a, "OCSP %s", ca->name);
    } else {
        if ((rc = hf_sans_parse(san_text(spec->names, a), a, &out->sans)) != HF_OK)
            return hf_because(rc, "https_names");
        cn = out->sans.value[0];
    }
    return make_subject(org, cn, a, out);
}

struct own {
    const struct hf_ca       *ca;
    const struct hf_own_spec *spec;
    const struct hf_actor    *actor;
    struct hf_draft           draft;
};

static enum hf_rc
record(struct hf_db *tx, void *arg)
{
    struct own     *o = arg;
    struct hf_event event = { .at_ms = o->draft.issued_ms,
                              .name = "own.issued",
                              .result = "ok",
                              .actor = o->actor,
                              .object = o->draft.serial };
    struct hf_query q;
    json_t         *detail;
    enum hf_rc      rc;

    if ((rc = hf_issue_insert(tx, o->ca, &o->draft)) != HF_OK)
        return rc;
    q = hf_query(tx, sql_put);
    hf_bind_text(&q, o->spec->name);
    hf_bind_text(&q, o->spec->role);
    hf_bind_text(&q, o->spec->key_id);
    hf_bind_int(&q, o->ca->id);
    hf_bind_text(&q, o->draft.serial);
    if ((rc = hf_query_end(&q)) != HF_OK || (rc = hf_change_bump(tx, "own")) != HF_OK)
        return rc;
    detail = json_pack("{s:s, s:s}", "name", o->spec->name, "ca", o->ca->name);
    event.detail = detail;
    rc = hf_audit_put(tx, &event);
    json_decref(detail);
    return rc;
}

enum hf_rc
hf_own_issue(const struct hf_env *env, const struct hf_ca *ca, const struct hf_own_spec *spec,
             const struct hf_actor *actor, int64_t now_ms)
{
    struct hf_arena    a = hf_arena();
    struct hf_profile *profile;
    struct hf_request  request;
    struct own         o = { .ca = ca, .spec = spec, .actor = actor };
    enum hf_rc         rc;

    if ((rc = hf_profile_get(env->data_dir, strcmp(spec->role, "ocsp") == 0 ? "ocsp" : "tls-server",
                             &a, &profile)) == HF_OK &&
        (rc = make_request(env, ca, spec, &a, &request)) == HF_OK) {
        profile->shared_key = true; /* renewed with the key it has, also when its names change */
        o.draft.profile = profile;
        o.draft.request = &request;
        o.draft.person = "";
        if ((rc = hf_issue_sign(env, ca, &o.draft, 1, now_ms, &a)) == HF_OK)
            rc = hf_store_write(env->store, record, &o);
    }
    hf_arena_clear(&a);
    return rc == HF_OK ? HF_OK : hf_because(rc, "certificate %s", spec->name);
}
