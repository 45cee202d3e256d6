#include "pki/renew.h"

#include <string.h>

#include "base/conf.h"
#include "base/log.h"
#include "pki/cert.h"
#include "pki/own.h"
#include "wire/pem.h"

static const char sql_get[] =
    "SELECT own_cert.key_id, own_cert.ca_id, cert.not_before_ms, cert.not_after_ms, cert_der.der "
    "FROM own_cert JOIN cert ON cert.serial = own_cert.serial JOIN cert_der ON cert_der.id = "
    "cert.id "
    "WHERE own_cert.name = $1";
static const char sql_all[] =
    "SELECT own_cert.name, own_cert.role, own_cert.key_id, own_cert.ca_id, cert.state, "
    "cert.not_before_ms, cert.not_after_ms "
    "FROM own_cert JOIN cert ON cert.serial = own_cert.serial ORDER BY own_cert.name";

#define CHAIN_MAX 8

/* Append the authorities from ca_id upwards, the root left out. */
static enum hf_rc
put_chain(struct hf_db *db, int64_t ca_id, struct hf_arena *a, struct hf_wr *pem)
{
    struct hf_ca ca;
    enum hf_rc   rc;

    for (int depth = 0; depth < CHAIN_MAX; depth++) {
        if ((rc = hf_ca_get_id(db, ca_id, a, &ca)) != HF_OK)
            return rc;
        if (ca.parent == ca.id)
            return HF_OK;
        hf_pem_put(pem, HF_PEM_CERT, ca.der);
        ca_id = ca.parent;
    }
    return hf_fail(HF_E_STATE, "more than %d authorities above a certificate", CHAIN_MAX);
}

enum hf_rc
hf_own_cert_get(struct hf_db *db, const char *name, struct hf_arena *a, struct hf_own_cert *out)
{
    struct hf_query q = hf_query(db, sql_get);
    struct hf_wr    pem = hf_wr(1 << 20);
    bool            found;
    enum hf_rc      rc;

    memset(out, 0, sizeof(*out));
    out->name = hf_arena_str(a, name);
    hf_bind_text(&q, name);
    if ((found = hf_step(&q))) {
        out->key_id = hf_col_text(&q, a);
        out->ca_id = hf_col_int(&q);
        out->not_before_ms = hf_col_int(&q);
        out->not_after_ms = hf_col_int(&q);
        out->der = hf_col_bytes(&q, a);
    }
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    if (!found)
        return hf_fail(HF_E_ABSENT, "Hufu has no certificate \"%s\" of its own", name);
    hf_pem_put(&pem, HF_PEM_CERT, out->der);
    if ((rc = put_chain(db, out->ca_id, a, &pem)) == HF_OK && (rc = pem.rc) == HF_OK)
        out->chain_pem = hf_arena_bytes(a, hf_wr_bytes(&pem));
    hf_wr_clear(&pem);
    return rc;
}

/* -- The duty -------------------------------------------------------------------------------- */

struct own_row {
    struct hf_own_spec spec;
    int64_t            ca_id, state, not_before_ms, not_after_ms;
};

#define OWN_MAX 64

static enum hf_rc
read_all(struct hf_db *db, struct hf_arena *a, struct own_row *out, size_t *n)
{
    struct hf_query q = hf_query(db, sql_all);

    for (*n = 0; *n < OWN_MAX && hf_step(&q); (*n)++) {
        struct own_row *o = &out[*n];

        o->spec.name = hf_col_text(&q, a);
        o->spec.role = hf_col_text(&q, a);
        o->spec.key_id = hf_col_text(&q, a);
        o->ca_id = hf_col_int(&q);
        o->state = hf_col_int(&q);
        o->not_before_ms = hf_col_int(&q);
        o->not_after_ms = hf_col_int(&q);
    }
    return hf_query_end(&q);
}

/*
 * In the last third of its life, or revoked. A certificate that already ends
 * with its authority is left alone: another one would end no later.
 */
static bool
is_due(const struct own_row *o, const struct hf_ca *ca, int64_t now_ms)
{
    int64_t life_ms = o->not_after_ms - o->not_before_ms;

    if (o->state == HF_CERT_REVOKED)
        return true;
    return now_ms >= o->not_after_ms - life_ms / 3 && o->not_after_ms < ca->not_after_ms;
}

static enum hf_rc
step_one(const struct hf_env *env, struct hf_db *db, struct own_row *o, int64_t now_ms,
         struct hf_arena *a)
{
    struct hf_ca ca;
    enum hf_rc   rc = hf_ca_get_id(db, o->ca_id, a, &ca);

    if (rc != HF_OK || !is_due(o, &ca, now_ms))
        return rc;
    o->spec.names = hf_conf_text(env->conf, "https_names");
    if ((rc = hf_own_issue(env, &ca, &o->spec, NULL, now_ms)) == HF_OK)
        hf_log(HF_INFO, "own.renewed", HF_F_STR("name", o->spec.name));
    return rc;
}

enum hf_rc
hf_pki_renew_step(const struct hf_env *env, int64_t now_ms)
{
    struct hf_db   *db = hf_store_reader(env->store);
    struct hf_arena a = hf_arena();
    struct own_row *row = hf_arena_get(&a, OWN_MAX * sizeof(*row));
    size_t          n = 0;
    enum hf_rc      first, rc;

    if (db == NULL) {
        hf_arena_clear(&a);
        return hf_because(HF_E_STORE, "renewing");
    }
    first = read_all(db, &a, row, &n);
    for (size_t i = 0; i < n; i++) {
        if ((rc = step_one(env, db, &row[i], now_ms, &a)) == HF_OK)
            continue;
        hf_log(HF_ERROR, "own.failed", HF_F_STR("name", row[i].spec.name), HF_F_REASON);
        if (first == HF_OK)
            first = rc;
    }
    hf_arena_clear(&a);
    return first;
}
