#include "identity/throttle.h"

#include <stdio.h>

#include "base/text.h"
#include "crypto/keys.h"
#include "identity/net.h"
#include "identity/session.h"

#define FREE_FAILURES 3
#define LONGEST_MS 300000
#define FORGET_MS 3600000 /* counted anew after an hour without a failure */
#define NETWORK_FACTOR 10 /* a network holds many people */

int64_t
hf_throttle_wait_ms(int64_t failures)
{
    int64_t over = failures - FREE_FAILURES;

    if (over < 0)
        return 0;
    return over > 9                               ? LONGEST_MS
           : (INT64_C(1000) << over) < LONGEST_MS ? INT64_C(1000) << over
                                                  : LONGEST_MS;
}

enum hf_rc
hf_throttle_subject(const struct hf_env *env, const char *login, char out[HF_THROTTLE_SUBJECT])
{
    uint8_t    digest[32];
    char       hex[33];
    enum hf_rc rc = hf_keys_mac(env->keys, "throttle", hf_bytes_str(login), digest);

    if (rc == HF_OK)
        snprintf(out, HF_THROTTLE_SUBJECT, "login:%s", hf_hex(hf_bytes(digest, 16), hex));
    return rc == HF_OK ? HF_OK : hf_because(rc, "throttling");
}

static void
network_of(const char *address, char out[128])
{
    char source[64];

    hf_net_source(address, source);
    snprintf(out, 128, "net:%s", source);
}

enum hf_rc
hf_throttle_check(struct hf_store *store, const char *subject, const char *address, int64_t now_ms)
{
    struct hf_db   *db = hf_store_reader(store);
    struct hf_query q;
    char            network[128];
    int64_t         until = 0;
    enum hf_rc      rc;

    if (db == NULL)
        return hf_because(HF_E_STORE, "throttling");
    network_of(address, network);
    q = hf_query(db, "SELECT coalesce(max(until_at), 0) FROM throttle WHERE subject IN ($1, $2)");
    hf_bind_text(&q, subject);
    hf_bind_text(&q, network);
    if (hf_step(&q))
        until = hf_col_int(&q);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    if (until > now_ms)
        return hf_fail(HF_E_BUSY, "too many failed attempts; try again in %lld seconds",
                       (long long)((until - now_ms + 999) / 1000));
    return HF_OK;
}

static enum hf_rc
count_failure(struct hf_db *tx, const char *subject, int64_t factor, int64_t now_ms)
{
    static const char sql[] =
        "INSERT INTO throttle (subject, failures, until_at, changed_at) VALUES ($1, 1, 0, $2) "
        "ON CONFLICT (subject) DO UPDATE SET changed_at = $2, failures = "
        "CASE WHEN throttle.changed_at < $3 THEN 1 ELSE throttle.failures + 1 END "
        "RETURNING failures";
    struct hf_query q = hf_query(tx, sql);
    int64_t         failures = 0;
    enum hf_rc      rc;

    hf_bind_text(&q, subject);
    hf_bind_int(&q, now_ms);
    hf_bind_int(&q, now_ms - FORGET_MS);
    if (hf_step(&q))
        failures = hf_col_int(&q);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    q = hf_query(tx, "UPDATE throttle SET until_at = $2 WHERE subject = $1");
    hf_bind_text(&q, subject);
    hf_bind_int(&q, now_ms + hf_throttle_wait_ms(failures / factor));
    return hf_query_end(&q);
}

struct wrong {
    const struct hf_call *c;
    const char           *subject;
    bool                  sign_in;
};

static enum hf_rc
count_wrong(struct hf_db *tx, void *arg)
{
    const struct wrong *w = arg;
    int64_t             now_ms = w->c->now_ms;
    char                network[128];
    enum hf_rc          rc;

    network_of(w->c->actor->address, network);
    if ((rc = count_failure(tx, w->subject, 1, now_ms)) != HF_OK ||
        (rc = count_failure(tx, network, NETWORK_FACTOR, now_ms)) != HF_OK || !w->sign_in)
        return rc;
    return hf_signin_count(tx, "password", "refused", now_ms);
}

enum hf_rc
hf_throttle_wrong(const struct hf_call *c, const char *subject, bool sign_in)
{
    struct wrong w = { c, subject, sign_in };

    return hf_store_write(c->env->store, count_wrong, &w);
}

enum hf_rc
hf_throttle_passed(struct hf_db *tx, const char *subject)
{
    struct hf_query q = hf_query(tx, "DELETE FROM throttle WHERE subject = $1");

    hf_bind_text(&q, subject);
    return hf_query_end(&q);
}
