/*
 * ceremony.h - the record of a key ceremony (GM/T 0034 10.3): who, when, which keys, how protected.
 *
 * DATA/ceremony/<time>.json is one JSON object: "record" is a text (JSON
 * again), "signature" the base64 signature of exactly these octets by the audit key,
 * "public_key" its SubjectPublicKeyInfo in base64 and "algorithm" its kind.
 */
#ifndef HF_PKI_CEREMONY_H
#define HF_PKI_CEREMONY_H

#include "base/op.h"
#include "pki/ca.h"

/* Write the record about the authorities given. key_id: that of the signer. */
HF_CHECKED enum hf_rc hf_ceremony_write(const struct hf_env *env, const char *key_id,
                                        const struct hf_actor *actor, const struct hf_ca *ca,
                                        size_t n, int64_t now_ms);

#endif
