/*
 * sm2.h - SM2 public-key cryptography, GB/T 32918.1 to .5.
 *
 * The direct door to our own SM2: signatures one at a time and in batches,
 * encryption, key agreement, keys. The provider (provider/) stands on it, and
 * so do the hot paths that cannot afford EVP. It works on the recommended
 * curve of GB/T 32918.5 only, with SM3 as its digest.
 *
 * All objects are plain values in the caller's memory; nothing here is
 * allocated except hf_wr output and the table cache described below. A key
 * pair holds secrets: clear it with hf_sm2_key_clear() on every path.
 *
 * Secrets (private keys, nonces, shared points, plaintexts until they are
 * released) decide neither a branch nor an address. Public values (public
 * keys, signatures, ciphertexts, digests) may.
 *
 * Numbers cross this interface as 32 bytes, big endian (GB/T 32918.1 4.2.5);
 * points as x and y, 32 bytes each.
 *
 * Threads: every function may be called from any thread; an object must not
 * be changed while another thread uses it.
 *
 * Failures: E_FORMAT for encodings, E_VERIFY for a signature, ciphertext tag
 * or confirmation that does not match, E_CRYPTO when no randomness is to be
 * had, E_TOOBIG for stated limits. Texts name the clause; none holds a secret.
 */
#ifndef HF_CRYPTO_SM_SM2_H
#define HF_CRYPTO_SM_SM2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"
#include "crypto/sm/sm3.h"

/* The identity everybody uses when none is agreed (GM/T 0009-2012 10). */
#define HF_SM2_DEFAULT_ID "1234567812345678"

#define HF_SM2_ID_MAX    8191u      /* ENTL counts bits in two bytes (GB/T 32918.2 5.5) */
#define HF_SM2_DER_MAX   72u        /* longest DER signature */
#define HF_SM2_PLAIN_MAX (1u << 24) /* our limit on one plaintext, bytes */

/* -- Keys ------------------------------------------------------------------ */

/*
 * A public key that was found to lie on the curve (and so in the group, whose
 * cofactor is 1). xy may be read; in[] is the form the arithmetic wants.
 */
struct hf_sm2_pub {
    uint8_t  xy[64];
    uint64_t in[8];
};

/*
 * A key pair, 1 <= d <= n-2 (GB/T 32918.1 6.1). Everything but pub is secret.
 * inv is (1+d)^-1 ready for use, mac the state of the nonce derivation.
 */
struct hf_sm2_key {
    struct hf_sm2_pub      pub;
    uint8_t                d[32];
    uint64_t               inv[4];
    struct hf_sm3_hmac_key mac;
};

/*
 * Read a public key: 64 bytes x||y, or the octets of GB/T 32918.1 4.2.9 -
 * 04||x||y, 06/07||x||y, 02/03||x. E_FORMAT when a coordinate is not below p,
 * the point is not on the curve, or it is the point at infinity.
 */
HF_CHECKED enum hf_rc hf_sm2_pub_read(struct hf_bytes in, struct hf_sm2_pub *out);

/* 04||x||y. */
void hf_sm2_pub_write(const struct hf_sm2_pub *pub, uint8_t out[65]);

bool hf_sm2_pub_eq(const struct hf_sm2_pub *a, const struct hf_sm2_pub *b);

/* A fresh key pair from libcrypto's private random generator. */
HF_CHECKED enum hf_rc hf_sm2_key_generate(struct hf_sm2_key *out);

/* n of them at a fraction of the cost; all or none. */
HF_CHECKED enum hf_rc hf_sm2_key_generate_batch(struct hf_sm2_key *out, size_t n);

/* The pair of the private key d; E_FORMAT unless d is 32 bytes in [1, n-2]. */
HF_CHECKED enum hf_rc hf_sm2_key_read(struct hf_bytes d, struct hf_sm2_key *out);

/* Wipe. Safe on an all-zero key. */
void hf_sm2_key_clear(struct hf_sm2_key *key);

/* -- Digests --------------------------------------------------------------- */

/*
 * Z = SM3(ENTL || id || a || b || G || P), GB/T 32918.2 5.5. An empty id is
 * an identity of no bytes, not the default one. E_TOOBIG above HF_SM2_ID_MAX.
 */
HF_CHECKED enum hf_rc hf_sm2_z(const struct hf_sm2_pub *pub, struct hf_bytes id, uint8_t z[32]);

/* e = SM3(Z || msg), the digest that is signed (GB/T 32918.2 6.1). */
HF_CHECKED enum hf_rc hf_sm2_digest(const struct hf_sm2_pub *pub, struct hf_bytes id,
                                    struct hf_bytes msg, uint8_t e[32]);

/* -- Signatures ------------------------------------------------------------ */

struct hf_sm2_sig {
    uint8_t r[32], s[32];
};

/*
 * Strict DER of SEQUENCE { r INTEGER, s INTEGER } (GM/T 0009-2012 7.3): least
 * length, positive, nothing after it. Range is the verification's business,
 * but a number of more than 32 bytes is refused here.
 */
HF_CHECKED enum hf_rc hf_sm2_sig_read(struct hf_bytes der, struct hf_sm2_sig *out);

/* Gives the length, at most HF_SM2_DER_MAX. */
size_t hf_sm2_sig_write(const struct hf_sm2_sig *sig, uint8_t out[HF_SM2_DER_MAX]);

/*
 * Sign the digest e (GB/T 32918.2 6.1). The nonce is HMAC-SM3 under the key
 * over e and fresh randomness: a repeated or guessed random state does not
 * reveal the key.
 */
HF_CHECKED enum hf_rc hf_sm2_sign(const struct hf_sm2_key *key, const uint8_t e[32],
                                  struct hf_sm2_sig *out);

/*
 * Verify (GB/T 32918.2 7.1): E_VERIFY unless sig is pub's over e. A key that
 * is verified with often gets a table in the process-wide cache below.
 */
HF_CHECKED enum hf_rc hf_sm2_verify(const struct hf_sm2_pub *pub, const uint8_t e[32],
                                    const struct hf_sm2_sig *sig);

/* One signature of a batch: key and e in, sig out. Keys may differ. */
struct hf_sm2_sign_job {
    const struct hf_sm2_key *key;
    const uint8_t           *e; /* 32 bytes */
    struct hf_sm2_sig        sig;
};

/* Sign them all, or fail with every sig zero. Any n; multiples of 16 cost least. */
HF_CHECKED enum hf_rc hf_sm2_sign_batch(struct hf_sm2_sign_job *jobs, size_t n);

/* One verification of a batch: pub, e, sig in, ok out. */
struct hf_sm2_verify_job {
    const struct hf_sm2_pub *pub;
    const uint8_t           *e; /* 32 bytes */
    struct hf_sm2_sig        sig;
    bool                     ok;
};

/* Fill in every ok; gives whether all are. A bad one does not hide others. */
bool hf_sm2_verify_batch(struct hf_sm2_verify_job *jobs, size_t n);

/* -- Encryption ------------------------------------------------------------ */

/*
 * Encrypt (GB/T 32918.4 6.1) into out as C1 || C3 || C2, C1 being 04||x||y:
 * 97 bytes more than the plaintext, which must not be empty (a KDF of no bits
 * would count as all zero, step A5).
 */
HF_CHECKED enum hf_rc hf_sm2_encrypt(const struct hf_sm2_pub *pub, struct hf_bytes plain,
                                     struct hf_wr *out);

/*
 * Decrypt C1 || C3 || C2. E_VERIFY when C3 does not match; out then holds what
 * it held before. Give it a secret writer (hf_wr_secret).
 */
HF_CHECKED enum hf_rc hf_sm2_decrypt(const struct hf_sm2_key *key, struct hf_bytes cipher,
                                     struct hf_wr *out);

/*
 * The same as DER: SEQUENCE { x INTEGER, y INTEGER, C3 OCTET STRING,
 * C2 OCTET STRING } (GM/T 0009-2012 7.2), read strictly.
 */
HF_CHECKED enum hf_rc hf_sm2_encrypt_der(const struct hf_sm2_pub *pub, struct hf_bytes plain,
                                         struct hf_wr *out);
HF_CHECKED enum hf_rc hf_sm2_decrypt_der(const struct hf_sm2_key *key, struct hf_bytes der,
                                         struct hf_wr *out);

/* -- Key agreement --------------------------------------------------------- */

/*
 * The x and y of d * peer: plain Diffie-Hellman, for protocols that derive
 * their own keys. The result is a secret.
 */
HF_CHECKED enum hf_rc hf_sm2_ecdh(const struct hf_sm2_key *key, const struct hf_sm2_pub *peer,
                                  uint8_t xy[64]);

/*
 * One run of the key exchange of GB/T 32918.3 6.1, seen from one side. Fill in
 * every field; self_z and peer_z come from hf_sm2_z().
 */
struct hf_sm2_kx {
    bool                     initiator;
    const struct hf_sm2_key *self;           /* long-term pair */
    const struct hf_sm2_key *self_ephemeral; /* of this run only: generate, then clear */
    const struct hf_sm2_pub *peer;
    const struct hf_sm2_pub *peer_ephemeral;
    const uint8_t           *self_z, *peer_z; /* 32 bytes each */
};

/* What the optional confirmation compares: S1/SB is the responder's, S2/SA the initiator's. */
struct hf_sm2_kx_confirm {
    uint8_t s_responder[32];
    uint8_t s_initiator[32];
};

/*
 * The agreed key of n bytes, and the confirmation values when confirm is not
 * NULL. Compare received ones with hf_bytes_eq_secret(). E_VERIFY when the
 * shared point is infinity (step B6).
 */
HF_CHECKED enum hf_rc hf_sm2_kx_derive(const struct hf_sm2_kx *kx, uint8_t *key, size_t n,
                                       struct hf_sm2_kx_confirm *confirm);

/* -- The cache of key tables ----------------------------------------------- */

/*
 * A key that verification or encryption has met HF_SM2_CACHE_USES times gets a
 * table of its multiples (about 150 KiB, made in the time of about 20
 * verifications) and is three times as fast from then on, ten times with eight lanes. The cache is
 * shared by all threads and bounded; the least recently used table goes first. Only public values
 * are in it.
 */
#define HF_SM2_CACHE_USES 32u

/* How many tables may be kept; 64 by default, 0 turns it off, at most 4096. */
void hf_sm2_cache_limit(unsigned tables);

/* Drop all tables (tests, memory pressure). */
void hf_sm2_cache_clear(void);

/* Build the table of a key now: a CA key at start, say. */
void hf_sm2_cache_warm(const struct hf_sm2_pub *pub);

#endif
