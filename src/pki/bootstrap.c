#include "pki/bootstrap.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "audit/act.h"
#include "crypto/keys.h"
#include "crypto/pub.h"
#include "pki/ceremony.h"
#include "pki/crl.h"
#include "pki/own.h"
#include "wire/name.h"

#define ROOT_DAYS (25 * 365)
#define ISSUING_DAYS (15 * 365)
#define TRANSPORT_DAYS (15 * 365)

#define AUTHORITIES_MAX 8

/* What one bootstrap carries along. */
struct boot {
    const struct hf_env           *env;
    const struct hf_pki_bootstrap *b;
    struct hf_arena                arena;
    struct hf_profile             *sub_ca; /* the shipped one, as the shape of every authority */
    struct hf_ca                   ca[AUTHORITIES_MAX];
    size_t                         n;
};

const char *
hf_pki_root_key_id(enum hf_alg alg)
{
    static const char *const ids[] = {
        [HF_ALG_NONE] = "root",
        [HF_ALG_SM2] = "root-sm2",
        [HF_ALG_P256] = "root-p256",
        [HF_ALG_P384] = "root-p384",
        [HF_ALG_RSA2048] = "root-rsa2048",
        [HF_ALG_RSA3072] = "root-rsa3072",
        [HF_ALG_RSA4096] = "root-rsa4096",
    };

    return alg < HF_COUNT(ids) ? ids[alg] : ids[HF_ALG_NONE];
}

/* -- One authority ---------------------------------------------------------------------------- */

/* What is wanted of an authority; parent NULL: self-signed. */
struct wanted {
    const char         *role, *suite, *title;
    enum hf_alg         alg;
    const struct hf_ca *parent;
    int64_t             days;
    int                 path_len;
};

static enum hf_rc
make_subject(struct boot *bt, const struct wanted *w, struct hf_request *out)
{
    struct hf_wr der = hf_wr(4096), text = hf_wr(4096);
    size_t       mark = hf_name_begin(&der);
    char         alg[16];
    enum hf_rc   rc;

    snprintf(alg, sizeof(alg), "%s", hf_alg_name(w->alg));
    for (char *p = alg; *p != '\0'; p++)
        *p = (char)toupper((unsigned char)*p);
    if (bt->b->country != NULL)
        hf_name_put(&der, HF_OID_C, bt->b->country);
    hf_name_put(&der, HF_OID_O, bt->b->org);
    hf_name_put(&der, HF_OID_CN, hf_arena_fmt(&bt->arena, "%s %s", w->title, alg));
    hf_der_end(&der, mark);
    out->subject = hf_arena_bytes(&bt->arena, hf_wr_bytes(&der));
    rc = der.rc;
    hf_name_text(out->subject, &text);
    out->subject_text = hf_arena_text(&bt->arena, hf_wr_bytes(&text));
    hf_wr_clear(&der);
    hf_wr_clear(&text);
    return rc;
}

/* A root's key exists already, under its protection; the others are made here. */
static enum hf_rc
make_key(struct boot *bt, const struct wanted *w, const char *key_id, struct hf_request *out)
{
    struct hf_wr spki = hf_wr(4096);
    enum hf_rc   rc = strcmp(w->role, "root") == 0
                          ? hf_keys_public(bt->env->keys, key_id, &spki)
                          : hf_keys_generate(bt->env->keys, key_id, w->alg, &spki);

    out->alg = w->alg;
    out->sig = out->ignored = "";
    out->spki = hf_arena_bytes(&bt->arena, hf_wr_bytes(&spki));
    hf_wr_clear(&spki);
    return rc;
}

struct founding {
    struct boot        *bt;
    struct hf_ca       *ca;
    const struct hf_ca *parent;
    struct hf_draft     draft;
};

static enum hf_rc
record(struct hf_db *tx, void *arg)
{
    struct founding *f = arg;
    struct hf_event  event = { .at_ms = f->bt->b->now_ms,
                               .name = "ca.created",
                               .result = "ok",
                               .actor = f->bt->b->actor,
                               .object = f->ca->name };
    json_t          *detail;
    enum hf_rc       rc;

    if (f->parent != NULL && (rc = hf_issue_insert(tx, f->parent, &f->draft)) != HF_OK)
        return rc;
    f->ca->parent = f->parent == NULL ? 0 : f->parent->id;
    if ((rc = hf_ca_insert(tx, f->ca)) != HF_OK)
        return rc;
    if (f->parent == NULL)
        f->ca->parent = f->ca->id;
    detail = json_pack("{s:s, s:s, s:s, s:s}", "subject", f->ca->subject, "serial", f->ca->serial,
                       "algorithm", hf_alg_name(f->ca->alg), "key", f->ca->key_id);
    event.detail = detail;
    rc = hf_audit_put(tx, &event);
    json_decref(detail);
    return rc;
}

static void
describe(struct boot *bt, const struct wanted *w, const char *name, struct hf_ca *ca)
{
    *ca = (struct hf_ca){ .name = name,
                          .role = w->role,
                          .suite = w->suite,
                          .alg = w->alg,
                          .key_id = name,
                          .state = "active",
                          .created_ms = bt->b->now_ms };
}

/* The certificate is signed by the parent, or by the authority itself. */
static enum hf_rc
found(struct boot *bt, const struct wanted *w, const struct hf_ca **out)
{
    const char       *name = hf_arena_fmt(&bt->arena, "%s-%s", w->role, hf_alg_name(w->alg));
    struct hf_ca     *ca = &bt->ca[bt->n];
    struct hf_profile profile = *bt->sub_ca;
    struct hf_request request = { .sig = "" };
    struct founding   f = {
          .bt = bt,
          .ca = ca,
          .parent = w->parent,
          .draft = { .profile = &profile, .request = &request, .days = w->days, .person = "" }
    };
    enum hf_rc rc;

    describe(bt, w, name, ca);
    profile.path_len = w->path_len;
    profile.max_days = w->days;
    if ((rc = make_key(bt, w, name, &request)) != HF_OK ||
        (rc = make_subject(bt, w, &request)) != HF_OK ||
        (rc = hf_issue_sign(bt->env, w->parent == NULL ? ca : w->parent, &f.draft, 1, bt->b->now_ms,
                            &bt->arena)) != HF_OK)
        return hf_because(rc, "authority %s", name);
    ca->serial = hf_arena_str(&bt->arena, f.draft.serial);
    ca->subject = request.subject_text;
    ca->not_before_ms = f.draft.not_before_ms;
    ca->not_after_ms = f.draft.not_after_ms;
    ca->der = f.draft.der;
    if ((rc = hf_cert_read(ca->der, &ca->cert)) != HF_OK ||
        (rc = hf_store_write(bt->env->store, record, &f)) != HF_OK)
        return hf_because(rc, "authority %s", name);
    bt->n++;
    *out = ca;
    return HF_OK;
}

/* -- A suite ----------------------------------------------------------------------------------- */

static enum hf_rc
make_ocsp_signer(struct boot *bt, const struct hf_ca *ca)
{
    const char        *name = hf_arena_fmt(&bt->arena, "ocsp-%s", ca->name);
    struct hf_own_spec spec = { .name = name, .role = "ocsp", .key_id = name };
    struct hf_wr       spki = hf_wr(4096);
    enum hf_rc         rc = hf_keys_generate(bt->env->keys, name, ca->alg, &spki);

    hf_wr_clear(&spki);
    return rc == HF_OK ? hf_own_issue(bt->env, ca, &spec, bt->b->actor, bt->b->now_ms) : rc;
}

static enum hf_rc
make_suite(struct boot *bt, const char *suite, enum hf_alg alg, const struct hf_ca **issuing)
{
    struct wanted       root = { .role = "root",
                                 .suite = suite,
                                 .title = "Root CA",
                                 .alg = alg,
                                 .days = ROOT_DAYS,
                                 .path_len = -1 };
    struct wanted       sub = { .role = "issuing",
                                .suite = suite,
                                .title = "Issuing CA",
                                .alg = alg,
                                .days = ISSUING_DAYS,
                                .path_len = 0 };
    const struct hf_ca *top;
    int64_t             number;
    enum hf_rc          rc;

    if ((rc = found(bt, &root, &top)) != HF_OK)
        return rc;
    sub.parent = top;
    if ((rc = found(bt, &sub, issuing)) != HF_OK ||
        (rc = make_ocsp_signer(bt, *issuing)) != HF_OK ||
        (rc = hf_crl_issue(bt->env, top->name, bt->b->now_ms, 0, &number)) != HF_OK)
        return rc;
    return hf_crl_issue(bt->env, (*issuing)->name, bt->b->now_ms, 0, &number);
}

/* libssl has no SM2: under the SM suite alone the console's own TLS needs an authority beside it.
 */
static enum hf_rc
make_transport(struct boot *bt, const struct hf_ca **out)
{
    struct wanted w = { .role = "transport",
                        .suite = "intl",
                        .title = "Transport CA",
                        .alg = HF_ALG_P256,
                        .days = TRANSPORT_DAYS,
                        .path_len = 0 };
    int64_t       number;
    enum hf_rc    rc = found(bt, &w, out);

    return rc == HF_OK ? hf_crl_issue(bt->env, (*out)->name, bt->b->now_ms, 0, &number) : rc;
}

static enum hf_rc
make_server(struct boot *bt, const struct hf_ca *ca)
{
    struct hf_own_spec spec = {
        .name = "server", .role = "server", .key_id = "server-p256", .names = bt->b->server_names
    };
    struct hf_wr spki = hf_wr(4096);
    enum hf_rc   rc = hf_keys_generate(bt->env->keys, spec.key_id, HF_ALG_P256, &spki);

    hf_wr_clear(&spki);
    return rc == HF_OK ? hf_own_issue(bt->env, ca, &spec, bt->b->actor, bt->b->now_ms) : rc;
}

/* Keys that sign tickets and audit heads; an SM-only house has SM ones. */
static enum hf_rc
make_service_keys(struct boot *bt)
{
    static const char *const ids[] = { "ticket", "audit" };
    enum hf_alg              alg = bt->b->intl ? HF_ALG_P256 : HF_ALG_SM2;
    enum hf_rc               rc = HF_OK;

    for (size_t i = 0; rc == HF_OK && i < HF_COUNT(ids); i++) {
        struct hf_wr spki = hf_wr(4096);

        rc = hf_keys_generate(bt->env->keys, ids[i], alg, &spki);
        hf_wr_clear(&spki);
    }
    return rc;
}

static enum hf_rc
check_wishes(const struct hf_pki_bootstrap *b)
{
    if (!b->sm && !b->intl)
        return hf_fail_field(HF_E_ARG, "suite", "names no suite");
    if (b->org == NULL || *b->org == '\0' || strlen(b->org) > 64)
        return hf_fail_field(HF_E_ARG, "org", "must have 1 to 64 bytes (RFC 5280 A.1)");
    if (b->intl && b->intl_alg == HF_ALG_SM2)
        return hf_fail_field(HF_E_ARG, "suite", "sm2 is no algorithm of the international suite");
    if (b->country != NULL && (strlen(b->country) != 2 || !isupper((unsigned char)b->country[0]) ||
                               !isupper((unsigned char)b->country[1])))
        return hf_fail_field(HF_E_ARG, "country", "must be two capital letters (ISO 3166)");
    return HF_OK;
}

static enum hf_rc
build(struct boot *bt)
{
    const struct hf_pki_bootstrap *b = bt->b;
    const struct hf_ca            *sm = NULL, *intl = NULL;
    enum hf_rc                     rc;

    if ((rc = hf_profile_install(bt->env->data_dir)) != HF_OK ||
        (rc = hf_profile_get(bt->env->data_dir, "sub-ca", &bt->arena, &bt->sub_ca)) != HF_OK ||
        (rc = make_service_keys(bt)) != HF_OK)
        return rc;
    if (b->sm && (rc = make_suite(bt, "sm", HF_ALG_SM2, &sm)) != HF_OK)
        return rc;
    if (b->intl)
        rc = make_suite(bt, "intl", b->intl_alg == HF_ALG_NONE ? HF_ALG_P256 : b->intl_alg, &intl);
    else
        rc = make_transport(bt, &intl);
    if (rc != HF_OK || (rc = make_server(bt, intl)) != HF_OK)
        return rc;
    return hf_ceremony_write(bt->env, "audit", b->actor, bt->ca, bt->n, b->now_ms);
}

enum hf_rc
hf_pki_bootstrap(const struct hf_env *env, const struct hf_pki_bootstrap *b)
{
    struct boot bt = { .env = env, .b = b, .arena = hf_arena() };
    enum hf_rc  rc = check_wishes(b);

    if (rc == HF_OK)
        rc = build(&bt);
    hf_arena_clear(&bt.arena);
    return rc == HF_OK ? HF_OK : hf_because(rc, "creating the authorities");
}
