#include "pki/state.h"

/* A row for each state, a column for each event; `why` when the event is refused. */
static const struct {
    bool               allowed;
    enum hf_cert_state to;
    const char        *why;
} table[HF_CERT_STATES][HF_CERT_EVENTS] = {
    [HF_CERT_ACTIVE] = {
        [HF_CERT_REVOKE] = { true, HF_CERT_REVOKED, NULL },
        [HF_CERT_SUSPEND] = { true, HF_CERT_SUSPENDED, NULL },
        [HF_CERT_RESUME] = { false, 0, "it is active, not suspended" },
    },
    [HF_CERT_SUSPENDED] = {
        [HF_CERT_REVOKE] = { true, HF_CERT_REVOKED, NULL },
        [HF_CERT_SUSPEND] = { false, 0, "it is suspended already" },
        [HF_CERT_RESUME] = { true, HF_CERT_ACTIVE, NULL },
    },
    [HF_CERT_REVOKED] = {
        [HF_CERT_REVOKE] = { false, 0, "it is revoked already" },
        [HF_CERT_SUSPEND] = { false, 0, "it is revoked, which is final (RFC 5280 5.3.1)" },
        [HF_CERT_RESUME] = { false, 0, "it is revoked, which is final (RFC 5280 5.3.1)" },
    },
};

static const char *const names[HF_CERT_STATES] = {
    [HF_CERT_ACTIVE] = "active",
    [HF_CERT_SUSPENDED] = "suspended",
    [HF_CERT_REVOKED] = "revoked",
};

enum hf_rc
hf_cert_next_state(enum hf_cert_state from, bool expired, enum hf_cert_event event,
                   enum hf_cert_state *to)
{
    *to = from;
    if (from >= HF_CERT_STATES || event >= HF_CERT_EVENTS)
        return hf_fail(HF_E_BUG, "certificate state %d, event %d", (int)from, (int)event);
    if (!table[from][event].allowed)
        return hf_fail_field(HF_E_STATE, "serial", "%s", table[from][event].why);
    if (expired)
        return hf_fail_field(HF_E_STATE, "serial", "it has expired");
    *to = table[from][event].to;
    return HF_OK;
}

const char *
hf_cert_state_name(enum hf_cert_state state)
{
    return state < HF_CERT_STATES ? names[state] : "";
}
