#include "pki/cert.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "crypto/pub.h"
#include "pki/ca.h"
#include "pki/rows.h"
#include "pki/state.h"

static const char sql_by_serial[] = "SELECT " HF_CERT_COLUMNS HF_CERT_FROM "WHERE cert.serial = $1";
static const char sql_by_person[] =
    "SELECT " HF_CERT_COLUMNS HF_CERT_FROM
    "WHERE cert.person = $1 AND cert.person <> '' ORDER BY cert.id DESC";
static const char sql_der[] = "SELECT der FROM cert_der WHERE id = $1";
static const char sql_bind[] = "UPDATE cert SET person = $1 WHERE serial = $2 AND person = ''";

const char *
hf_issued_state_word(const struct hf_issued *cert, int64_t now_ms)
{
    if (cert->state == HF_CERT_ACTIVE && cert->not_after_ms <= now_ms)
        return "expired";
    return hf_cert_state_name(cert->state);
}

char *
hf_serial_normal(const char *text, struct hf_arena *a)
{
    char  *out = hf_arena_get(a, strlen(text) + 1);
    size_t n = 0;

    for (; *text != '\0'; text++) {
        if (*text == ':' || isspace((unsigned char)*text))
            continue;
        if (!isxdigit((unsigned char)*text))
            return NULL;
        out[n++] = (char)tolower((unsigned char)*text);
    }
    return n >= 1 && n <= 40 ? out : NULL;
}

void
hf_cert_row(struct hf_query *q, struct hf_arena *a, struct hf_issued *out)
{
    memset(out, 0, sizeof(*out));
    out->id = hf_col_int(q);
    out->serial = hf_col_text(q, a);
    out->ca_id = hf_col_int(q);
    out->ca = hf_col_text(q, a);
    out->profile = hf_col_text(q, a);
    out->subject = hf_col_text(q, a);
    out->san = hf_col_text(q, a);
    out->person = hf_col_text(q, a);
    out->alg = hf_col_text(q, a);
    out->request_sig = hf_col_text(q, a);
    out->state = (enum hf_cert_state)hf_col_int(q);
    out->reason = (int)hf_col_int(q);
    out->not_before_ms = hf_col_int(q);
    out->not_after_ms = hf_col_int(q);
    out->issued_ms = hf_col_int(q);
    out->changed_ms = hf_col_int(q);
    out->fingerprint = hf_col_bytes(q, a);
    out->spki_sha256 = hf_col_bytes(q, a);
}

/* The single row of q and its DER. */
static enum hf_rc
read_one(struct hf_query *q, const char *what, struct hf_arena *a, struct hf_issued *out)
{
    struct hf_db *db = q->db;
    bool          found = hf_step(q);
    enum hf_rc    rc;

    if (found)
        hf_cert_row(q, a, out);
    if ((rc = hf_query_end(q)) != HF_OK)
        return rc;
    if (!found)
        return hf_fail_field(HF_E_ABSENT, "serial", "there is no certificate %s", what);
    *q = hf_query(db, sql_der);
    hf_bind_int(q, out->id);
    if (hf_step(q))
        out->der = hf_col_bytes(q, a);
    return hf_query_end(q);
}

enum hf_rc
hf_issued_get_serial(struct hf_db *db, const char *serial, struct hf_arena *a,
                     struct hf_issued *out)
{
    const char     *normal = hf_serial_normal(serial, a);
    struct hf_query q;

    memset(out, 0, sizeof(*out));
    if (normal == NULL)
        return hf_fail_field(HF_E_ARG, "serial",
                             "must be a serial number of 1 to 40 hexadecimal digits");
    q = hf_query(db, sql_by_serial);
    hf_bind_text(&q, normal);
    return read_one(&q, normal, a, out);
}

/* By its serial number, and then it must be the very same. */
static enum hf_rc
get_read(struct hf_db *db, const struct hf_cert *cert, struct hf_bytes der, struct hf_arena *a,
         struct hf_issued *out)
{
    const char *serial = hf_hex_arena(a, hf_der_magnitude(cert->serial));
    enum hf_rc  rc = hf_issued_get_serial(db, serial, a, out);

    if (rc == HF_OK && !hf_bytes_eq(out->der, der))
        rc = hf_fail(HF_E_ABSENT, "certificate %s is not the one issued under this number", serial);
    return rc;
}

enum hf_rc
hf_issued_get_der(struct hf_db *db, struct hf_bytes der, struct hf_arena *a, struct hf_issued *out)
{
    struct hf_cert cert;
    enum hf_rc     rc;

    memset(out, 0, sizeof(*out));
    if ((rc = hf_cert_read(der, &cert)) != HF_OK)
        return hf_because(rc, "certificate");
    return get_read(db, &cert, der, a, out);
}

enum hf_rc
hf_issued_of_person(struct hf_db *db, const char *login, struct hf_arena *a, struct hf_issued *out,
                    size_t max, size_t *n)
{
    struct hf_query q = hf_query(db, sql_by_person);

    hf_bind_text(&q, login);
    for (*n = 0; *n < max && hf_step(&q); (*n)++)
        hf_cert_row(&q, a, &out[*n]);
    return hf_query_end(&q);
}

enum hf_rc
hf_issued_bind(struct hf_db *tx, const char *serial, const char *login)
{
    struct hf_arena  a = hf_arena();
    struct hf_issued cert;
    enum hf_rc       rc = hf_issued_get_serial(tx, serial, &a, &cert);

    if (rc == HF_OK && *cert.person != '\0') {
        rc = hf_fail_field(HF_E_EXISTS, "serial", "is bound to %s already", cert.person);
    } else if (rc == HF_OK) {
        struct hf_query q = hf_query(tx, sql_bind);

        hf_bind_text(&q, login);
        hf_bind_text(&q, cert.serial);
        rc = hf_query_end(&q);
    }
    hf_arena_clear(&a);
    return rc;
}

/* -- Is one good? ----------------------------------------------------------------------- */

#define DEPTH_MAX 8 /* authorities above a certificate */

static enum hf_rc
check_times(const char *what, int64_t from_ms, int64_t to_ms, int64_t now_ms)
{
    if (now_ms < from_ms)
        return hf_fail(HF_E_EXPIRED, "%s is not valid yet (RFC 5280 6.1.3 (a)(2))", what);
    if (now_ms >= to_ms)
        return hf_fail(HF_E_EXPIRED, "%s has expired (RFC 5280 6.1.3 (a)(2))", what);
    return HF_OK;
}

static enum hf_rc
check_signed(const struct hf_cert *cert, const struct hf_ca *by, const char *what)
{
    struct hf_pub *pub = NULL;
    enum hf_rc     rc = hf_pub_read(by->cert.spki, &pub);

    if (rc == HF_OK)
        rc = hf_pub_verify(pub, cert->sig_alg, cert->tbs, cert->sig);
    hf_pub_free(pub);
    return rc == HF_OK ? HF_OK : hf_because(rc, "%s, signed by %s", what, by->name);
}

static enum hf_rc
check_state(const struct hf_issued *cert, const char *what)
{
    if (cert->state == HF_CERT_ACTIVE)
        return HF_OK;
    return hf_fail(HF_E_REVOKED, "%s is %s (%s)", what, hf_cert_state_name(cert->state),
                   hf_reason_name(cert->reason));
}

/* ca itself, then those above it up to the root. */
static enum hf_rc
check_above(struct hf_db *db, int64_t ca_id, const struct hf_cert *below, const char *what,
            int64_t now_ms, struct hf_arena *a)
{
    struct hf_ca     ca;
    struct hf_issued own;
    struct hf_cert   cert = *below;
    enum hf_rc       rc;

    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        if ((rc = hf_ca_get_id(db, ca_id, a, &ca)) != HF_OK ||
            (rc = check_signed(&cert, &ca, what)) != HF_OK)
            return rc;
        what = hf_arena_fmt(a, "authority %s", ca.name);
        if ((rc = check_times(what, ca.not_before_ms, ca.not_after_ms, now_ms)) != HF_OK)
            return rc;
        if (ca.parent == ca.id)
            return check_signed(&ca.cert, &ca, what);
        if ((rc = hf_issued_get_serial(db, ca.serial, a, &own)) != HF_OK ||
            (rc = check_state(&own, what)) != HF_OK)
            return rc;
        cert = ca.cert;
        ca_id = ca.parent;
    }
    return hf_fail(HF_E_VERIFY, "more than %d authorities above a certificate", DEPTH_MAX);
}

enum hf_rc
hf_cert_check(const struct hf_env *env, struct hf_bytes der, int64_t now_ms, struct hf_arena *a,
              struct hf_issued *out)
{
    struct hf_db  *db = hf_store_reader(env->store);
    struct hf_cert cert;
    const char    *what;
    enum hf_rc     rc;

    memset(out, 0, sizeof(*out));
    if (db == NULL)
        return hf_because(HF_E_STORE, "checking a certificate");
    if ((rc = hf_cert_read(der, &cert)) != HF_OK)
        return hf_because(rc, "certificate");
    if ((rc = get_read(db, &cert, der, a, out)) != HF_OK)
        return rc;
    what = hf_arena_fmt(a, "certificate %s", out->serial);
    if ((rc = check_times(what, out->not_before_ms, out->not_after_ms, now_ms)) != HF_OK ||
        (rc = check_state(out, what)) != HF_OK)
        return rc;
    return check_above(db, out->ca_id, &cert, what, now_ms, a);
}
