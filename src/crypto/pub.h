/*
 * pub.h - public keys: reading SubjectPublicKeyInfo, strength, verifying signatures.
 *
 * SM2 signatures are verified with the default identity 1234567812345678
 * (GM/T 0009) everywhere; OpenSSL 3.0 by itself uses the empty identity.
 */
#ifndef HF_CRYPTO_PUB_H
#define HF_CRYPTO_PUB_H

#include "crypto/alg.h"

struct hf_pub; /* immutable; shared by reference */

/*
 * Read a SubjectPublicKeyInfo (DER). Strict: curve points must be on the curve
 * and uncompressed, RSA moduli 2048 to 8192 bits, odd exponent >= 65537.
 * E_POLICY with the reason for a well-formed key that is too weak or unknown.
 */
HF_CHECKED enum hf_rc hf_pub_read(struct hf_bytes spki, struct hf_pub **out);
/*
 * The same, and P-521, Ed25519 and RSA for RSASSA-PSS alone: keys that the
 * product does not make, but others' certificates may have.
 */
HF_CHECKED enum hf_rc hf_pub_read_foreign(struct hf_bytes spki, struct hf_pub **out);
struct hf_pub        *hf_pub_ref(struct hf_pub *pub);
void                  hf_pub_free(struct hf_pub *pub);       /* NULL is fine */
struct hf_bytes       hf_pub_spki(const struct hf_pub *pub); /* borrowed */
/* HF_ALG_NONE for RSA of other sizes and foreign keys */
enum hf_alg hf_pub_alg(const struct hf_pub *pub);
unsigned    hf_pub_bits(const struct hf_pub *pub);

/*
 * Verify a signature over tbs. sig_alg is the AlgorithmIdentifier (DER) that
 * came with it; it must suit the key. E_VERIFY if it does not verify, E_POLICY
 * for SHA-1, MD5 and unknown algorithms (the text names the algorithm).
 */
HF_CHECKED enum hf_rc hf_pub_verify(const struct hf_pub *pub, struct hf_bytes sig_alg,
                                    struct hf_bytes tbs, struct hf_bytes sig);

/*
 * The same for requests: an SM2 signature may have been made under the empty
 * identity (as OpenSSL 3.0 does, PKI-45); *empty_id says that it was.
 */
HF_CHECKED enum hf_rc hf_pub_verify_request(const struct hf_pub *pub, struct hf_bytes sig_alg,
                                            struct hf_bytes tbs, struct hf_bytes sig,
                                            bool *empty_id);

/* One signature of several that are verified together. */
struct hf_pub_check {
    const struct hf_pub *pub;
    struct hf_bytes      sig_alg, tbs, sig; /* as hf_pub_verify() wants them */
    bool                 empty_too;         /* a request's: the empty SM2 identity will do */
    bool                 good, empty_id;    /* what came of it */
};

/*
 * Verify them all; gives whether all are good. SM2 signatures cost a fraction
 * of what single ones do. Why one is not good, the single call tells.
 */
bool hf_pub_verify_batch(struct hf_pub_check *check, size_t n);

/* SHA-1 of the subjectPublicKey bits, the usual key identifier (RFC 5280 4.2.1.2 (1)). */
HF_CHECKED enum hf_rc hf_pub_key_id(const struct hf_pub *pub, uint8_t out[20]);

#endif
