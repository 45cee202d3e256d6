/*
 * live.h - is the trail in the store whole? And figures about it.
 */
#ifndef HF_AUDIT_LIVE_H
#define HF_AUDIT_LIVE_H

#include "audit/verify.h"
#include "base/op.h"

/*
 * Feed everything that is sealed to a checker that trusts the key that `keys`
 * holds, and compare with the head that this node keeps outside of the
 * database. Reads in small steps; a trail that grows meanwhile is fine.
 */
HF_CHECKED enum hf_rc hf_audit_verify_live(const struct hf_env *env, struct hf_audit_report *out);

/* Fingerprint of the key that signs heads now. */
HF_CHECKED enum hf_rc hf_audit_live_key(const struct hf_env *env, uint8_t out[HF_AUDIT_HASH]);

#endif
