#include "pki/lifecycle.h"

#include "pki/ca.h"

static const char sql_change[] = "UPDATE cert SET state = $1, reason = $2, changed_ms = $3 "
                                 "WHERE id = $4 AND state = $5";

/* Which reasons an event takes, as bits. */
static const uint32_t reasons[HF_CERT_EVENTS] = {
    [HF_CERT_REVOKE] = 1u << HF_REASON_UNSPECIFIED | 1u << HF_REASON_KEY_COMPROMISE |
                       1u << HF_REASON_CA_COMPROMISE | 1u << HF_REASON_AFFILIATION |
                       1u << HF_REASON_SUPERSEDED | 1u << HF_REASON_CESSATION |
                       1u << HF_REASON_PRIVILEGE | 1u << HF_REASON_AA_COMPROMISE,
    [HF_CERT_SUSPEND] = 1u << HF_REASON_HOLD,
    [HF_CERT_RESUME] = 1u << HF_REASON_UNSPECIFIED,
};

static enum hf_rc
check_reason(enum hf_cert_event event, int reason)
{
    if (reason >= 0 && reason < 32 && (reasons[event] & 1u << reason) != 0)
        return HF_OK;
    return hf_fail_field(HF_E_ARG, "reason", "%s is no reason for this (RFC 5280 5.3.1)",
                         hf_reason_name(reason));
}

enum hf_rc
hf_cert_apply(struct hf_db *tx, const char *serial, enum hf_cert_event event, int reason,
              int64_t now_ms, struct hf_arena *a, struct hf_issued *out)
{
    enum hf_cert_state from, to;
    struct hf_query    q;
    char               topic[HF_CA_TOPIC];
    enum hf_rc         rc;

    if ((rc = check_reason(event, reason)) != HF_OK ||
        (rc = hf_issued_get_serial(tx, serial, a, out)) != HF_OK)
        return rc;
    from = out->state;
    rc = hf_cert_next_state(from, out->not_after_ms <= now_ms, event, &to);
    if (rc != HF_OK)
        return rc;
    q = hf_query(tx, sql_change);
    hf_bind_int(&q, to);
    hf_bind_int(&q, reason);
    hf_bind_int(&q, now_ms);
    hf_bind_int(&q, out->id);
    hf_bind_int(&q, from);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    if (q.changed != 1)
        return hf_fail_field(HF_E_STATE, "serial", "was changed by somebody else in this moment");
    out->state = to;
    out->reason = reason;
    out->changed_ms = now_ms;
    return hf_change_bump(tx, hf_ca_topic(out->ca_id, topic));
}
