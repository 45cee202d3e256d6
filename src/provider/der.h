/*
 * der.h - the two DER structures that hold SM2 keys, read strictly.
 */
#ifndef HF_PROVIDER_DER_H
#define HF_PROVIDER_DER_H

#include "base/bytes.h"

/* An SM2 SubjectPublicKeyInfo up to the point's bytes (04||x||y follows). */
#define HF_SPKI_HEAD 26
#define HF_SPKI_LEN (HF_SPKI_HEAD + 65)
extern const uint8_t hf_spki_head[HF_SPKI_HEAD];

/*
 * The point of an SM2 SubjectPublicKeyInfo. E_ABSENT when it is some other
 * kind of key, E_FORMAT when it is SM2 and malformed.
 */
HF_CHECKED enum hf_rc hf_spki_read(struct hf_bytes der, struct hf_bytes *point);

/*
 * The private key d (32 bytes, borrowed) of an SM2 PrivateKeyInfo (RFC 5958
 * around RFC 5915), and the point if there is one (n 0 otherwise). Failures
 * as above.
 */
HF_CHECKED enum hf_rc hf_pkcs8_read(struct hf_bytes der, struct hf_bytes *d,
                                    struct hf_bytes *point);

#endif
