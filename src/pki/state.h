/*
 * state.h - the life of a certificate: which event leads from which state to which.
 */
#ifndef HF_PKI_STATE_H
#define HF_PKI_STATE_H

#include "pki/cert.h"

enum hf_cert_event {
    HF_CERT_REVOKE,
    HF_CERT_SUSPEND,
    HF_CERT_RESUME,
    HF_CERT_EVENTS,
};

/*
 * Where `event` leads. E_STATE with the reason if it is not possible: revoked
 * is final (RFC 5280 5.3.1), an expired certificate changes no more.
 */
HF_CHECKED enum hf_rc hf_cert_next_state(enum hf_cert_state from, bool expired,
                                         enum hf_cert_event event, enum hf_cert_state *to);

const char *hf_cert_state_name(enum hf_cert_state state); /* "active" ... */

#endif
