#include "pki/ca.h"

#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "wire/x509.h"

#define COLUMNS                                                                                    \
    "id, parent, name, role, suite, alg, key_id, state, serial, subject, not_before_ms, "          \
    "not_after_ms, created_ms, crl_number, der"

static const char sql_by_name[] = "SELECT " COLUMNS " FROM ca WHERE name = $1";
static const char sql_by_id[] = "SELECT " COLUMNS " FROM ca WHERE id = $1";
static const char sql_all[] = "SELECT " COLUMNS " FROM ca ORDER BY id";
#define ISSUING "FROM ca WHERE role = 'issuing' AND state = 'active' "
static const char sql_newest[] = "SELECT " COLUMNS " " ISSUING "ORDER BY id DESC LIMIT 1";
static const char sql_newest_of[] =
    "SELECT " COLUMNS " " ISSUING "AND suite = $1 ORDER BY id DESC LIMIT 1";
static const char sql_insert[] =
    "INSERT INTO ca (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
    "$14, $15)";
static const char sql_next_id[] = "SELECT coalesce(max(id), 0) + 1 FROM ca";

static void
read_row(struct hf_query *q, struct hf_arena *a, struct hf_ca *out)
{
    out->id = hf_col_int(q);
    out->parent = hf_col_int(q);
    out->name = hf_col_text(q, a);
    out->role = hf_col_text(q, a);
    out->suite = hf_col_text(q, a);
    out->alg = hf_alg_named(hf_col_text(q, a));
    out->key_id = hf_col_text(q, a);
    out->state = hf_col_text(q, a);
    out->serial = hf_col_text(q, a);
    out->subject = hf_col_text(q, a);
    out->not_before_ms = hf_col_int(q);
    out->not_after_ms = hf_col_int(q);
    out->created_ms = hf_col_int(q);
    out->crl_number = hf_col_int(q);
    out->der = hf_col_bytes(q, a);
}

/* The single row of q, with its certificate taken apart. */
static enum hf_rc
read_one(struct hf_query *q, const char *what, struct hf_arena *a, struct hf_ca *out)
{
    bool       found = hf_step(q);
    enum hf_rc rc;

    memset(out, 0, sizeof(*out));
    if (found)
        read_row(q, a, out);
    if ((rc = hf_query_end(q)) != HF_OK)
        return rc;
    if (!found)
        return hf_fail_field(HF_E_ABSENT, "ca", "there is no authority %s; see: hufu ca list",
                             what);
    rc = hf_cert_read(out->der, &out->cert);
    return rc == HF_OK ? HF_OK : hf_because(rc, "certificate of authority %s", out->name);
}

enum hf_rc
hf_ca_get(struct hf_db *db, const char *name, struct hf_arena *a, struct hf_ca *out)
{
    struct hf_query q = hf_query(db, sql_by_name);

    hf_bind_text(&q, name);
    return read_one(&q, name, a, out);
}

enum hf_rc
hf_ca_get_id(struct hf_db *db, int64_t id, struct hf_arena *a, struct hf_ca *out)
{
    struct hf_query q = hf_query(db, sql_by_id);

    hf_bind_int(&q, id);
    return read_one(&q, hf_arena_fmt(a, "number %lld", (long long)id), a, out);
}

enum hf_rc
hf_ca_list(struct hf_db *db, struct hf_arena *a, struct hf_ca *out, size_t *n)
{
    struct hf_query q = hf_query(db, sql_all);
    enum hf_rc      rc;

    for (*n = 0; *n < HF_CAS_MAX && hf_step(&q); (*n)++)
        read_row(&q, a, &out[*n]);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    for (size_t i = 0; i < *n; i++)
        if ((rc = hf_cert_read(out[i].der, &out[i].cert)) != HF_OK)
            return hf_because(rc, "certificate of authority %s", out[i].name);
    return HF_OK;
}

/* The newest issuing authority that is active: of the suite, or with NULL of any. */
static enum hf_rc
newest(struct hf_db *db, const char *suite, struct hf_arena *a, struct hf_ca *out)
{
    struct hf_query q = hf_query(db, suite == NULL ? sql_newest : sql_newest_of);

    if (suite != NULL)
        hf_bind_text(&q, suite);
    return read_one(&q, "that issues", a, out);
}

enum hf_rc
hf_ca_issuing(struct hf_db *db, const char *suite, enum hf_alg alg, struct hf_arena *a,
              struct hf_ca *out)
{
    enum hf_rc rc = newest(db, suite != NULL ? suite : alg == HF_ALG_SM2 ? "sm" : "intl", a, out);

    if (rc == HF_E_ABSENT && suite == NULL)
        rc = newest(db, NULL, a, out);
    if (rc == HF_E_ABSENT)
        return hf_fail_field(HF_E_ABSENT, "suite", "there is no issuing authority of suite %s",
                             suite == NULL ? "sm or intl" : suite);
    return rc;
}

enum hf_rc
hf_ca_insert(struct hf_db *tx, struct hf_ca *ca)
{
    struct hf_query q = hf_query(tx, sql_next_id);
    enum hf_rc      rc;

    ca->id = hf_step(&q) ? hf_col_int(&q) : 0;
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    q = hf_query(tx, sql_insert);
    hf_bind_int(&q, ca->id);
    hf_bind_int(&q, ca->parent == 0 ? ca->id : ca->parent);
    hf_bind_text(&q, ca->name);
    hf_bind_text(&q, ca->role);
    hf_bind_text(&q, ca->suite);
    hf_bind_text(&q, hf_alg_name(ca->alg));
    hf_bind_text(&q, ca->key_id);
    hf_bind_text(&q, ca->state);
    hf_bind_text(&q, ca->serial);
    hf_bind_text(&q, ca->subject);
    hf_bind_int(&q, ca->not_before_ms);
    hf_bind_int(&q, ca->not_after_ms);
    hf_bind_int(&q, ca->created_ms);
    hf_bind_int(&q, ca->crl_number);
    hf_bind_bytes(&q, ca->der);
    rc = hf_query_end(&q);
    return rc == HF_OK ? hf_change_bump(tx, "ca") : rc;
}

const char *
hf_ca_topic(int64_t id, char out[HF_CA_TOPIC])
{
    snprintf(out, HF_CA_TOPIC, "cert.%lld", (long long)id);
    return out;
}

const char *
hf_pki_base_url(const struct hf_conf *conf, struct hf_arena *a)
{
    const char *set = hf_conf_text(conf, "http_url");
    char       *url = *set != '\0' ? hf_arena_str(a, set)
                                   : hf_arena_fmt(a, "http://%s", hf_conf_text(conf, "http"));
    size_t      n = strlen(url);

    while (n != 0 && url[n - 1] == '/')
        url[--n] = '\0';
    return url;
}
