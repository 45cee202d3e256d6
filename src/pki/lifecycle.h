/*
 * lifecycle.h - revoking, suspending and resuming, in the store.
 */
#ifndef HF_PKI_LIFECYCLE_H
#define HF_PKI_LIFECYCLE_H

#include "pki/state.h"

/*
 * Let `event` happen to a certificate, within a transaction: one conditional
 * UPDATE, the authority's change sequence rises, nothing is signed. reason is that of RFC
 * 5280 5.3.1 (certificateHold for HF_CERT_SUSPEND). *out is the record as it
 * is afterwards. E_ABSENT, E_STATE, E_POLICY for a reason that the event does not take.
 */
HF_CHECKED enum hf_rc hf_cert_apply(struct hf_db *tx, const char *serial, enum hf_cert_event event,
                                    int reason, int64_t now_ms, struct hf_arena *a,
                                    struct hf_issued *out);

#endif
