/*
 * keys.h - asking for private-key operations, wherever the private key is.
 *
 * A key is named by its id, a text such as "ca-issuing-sm2" or "ticket". Who
 * holds it (the `keys` process over its Unix socket, or this process itself
 * while `hufu init` makes the first keys) is decided when hf_keys is opened;
 * nothing above knows. Safe from any thread; a lost connection is made anew.
 */
#ifndef HF_CRYPTO_KEYS_H
#define HF_CRYPTO_KEYS_H

#include "base/secret.h"
#include "crypto/alg.h"

struct hf_keys;

#define HF_KEY_ID_MAX 63u     /* characters of an id: a-z, 0-9, '-', '_', '.', first a letter */
#define HF_KEYS_ASK_MS 30000  /* an answer of `keys` is waited for this long, restarts included */
#define HF_KEYS_VECTOR 65536u /* most messages in one hf_keys_sign() */
#define HF_KEYS_BYTES (64u << 20) /* most bytes in one question or answer */

/* -- Opening ----------------------------------------------------------------- */

/*
 * Through the socket of the keys process (struct hf_process says which).
 * Connects at first use. A question that meets a restart of `keys` is asked
 * again by itself; E_KEYDEV when HF_KEYS_ASK_MS have passed without an answer.
 */
HF_CHECKED enum hf_rc hf_keys_open(const char *socket_path, struct hf_keys **out);
void                  hf_keys_close(struct hf_keys *keys); /* NULL is fine */

/*
 * The same, served within this process: `hufu init` and offline ceremonies,
 * while no server runs on data_dir. Makes DATA/keys and, where there is none
 * yet, the sealing key DATA/secrets/seal.key: a random one in a file of mode
 * 600, or with passphrase (else NULL) one derived from it by argon2id, of
 * which the file holds the salt alone. `sm` decides for a new sealing key
 * whether SM4-GCM and SM3 or AES-256-GCM and SHA-256 are used. E_VERIFY for a
 * wrong passphrase, E_AUTH if one is needed and not given.
 */
HF_CHECKED enum hf_rc hf_keys_open_local(const char *data_dir, bool sm,
                                         const struct hf_secret *passphrase, struct hf_keys **out);

/* -- Keys ---------------------------------------------------------------------- */

/*
 * Make a key pair and keep it sealed under `id`. *spki gets the public key
 * (SubjectPublicKeyInfo, DER). E_EXISTS if there is one already.
 */
HF_CHECKED enum hf_rc hf_keys_generate(struct hf_keys *keys, const char *id, enum hf_alg alg,
                                       struct hf_wr *spki);

/*
 * How a root key is protected: sealed under a wrapping key of its own, which
 * is derived from a passphrase (argon2id) or split into `of` shares of which
 * `need` bring it back (Shamir over GF(2^8); 2 <= need <= of <= 16). `keys`
 * itself cannot open it.
 */
struct hf_key_protection {
    const struct hf_secret *passphrase; /* or NULL: shares */
    unsigned                need, of;   /* of shares */
    /* usable for so long after it was made, at most HF_KEY_OPEN_MAX_S */
    unsigned open_s;
};
#define HF_KEY_OPEN_MAX_S 86400u
#define HF_KEY_SHARES_MAX 16u

/*
 * The same for a protected key. share[0] … share[of - 1] are secret writers
 * (hf_wr_secret) which get the text of one share file each; the caller hands
 * them to the custodians and clears them. NULL with a passphrase.
 */
HF_CHECKED enum hf_rc hf_keys_generate_protected(struct hf_keys *keys, const char *id,
                                                 enum hf_alg                     alg,
                                                 const struct hf_key_protection *how,
                                                 struct hf_wr *spki, struct hf_wr *share);

/*
 * Make a protected key usable for open_s seconds. E_VERIFY for a wrong
 * passphrase or shares that do not belong together, E_SHORT for too few,
 * E_FORMAT for a damaged share (the text says which and why).
 */
HF_CHECKED enum hf_rc hf_keys_unlock(struct hf_keys *keys, const char *id,
                                     const struct hf_secret *passphrase, unsigned open_s);
HF_CHECKED enum hf_rc hf_keys_unlock_shares(struct hf_keys *keys, const char *id,
                                            const struct hf_bytes *share, size_t n,
                                            unsigned open_s);

/* Make it unusable at once. E_STATE for a key that has no protection of its own. */
HF_CHECKED enum hf_rc hf_keys_lock(struct hf_keys *keys, const char *id);

struct hf_key_info {
    char        id[HF_KEY_ID_MAX + 1];
    enum hf_alg alg;
    enum { HF_KEY_SEALED, HF_KEY_PASSPHRASE, HF_KEY_SHARES } protection;
    unsigned need, of;      /* of shares, otherwise 0 */
    int64_t  open_until_ms; /* since 1970; 0: locked; INT64_MAX: always usable */
};
HF_CHECKED enum hf_rc hf_keys_info(struct hf_keys *keys, const char *id, struct hf_key_info *out);

/* The public key of id, locked or not. E_ABSENT if there is none. */
HF_CHECKED enum hf_rc hf_keys_public(struct hf_keys *keys, const char *id, struct hf_wr *spki);

/*
 * Sign whole messages with key id: n messages in, n signatures out, in order,
 * each as X.509 wants it (DER for SM2 and ECDSA, PKCS#1 v1.5 for RSA), with the
 * digest of hf_alg_digest() and for SM2 the default identity. All or nothing.
 * sig[0] … sig[n - 1] are writers of the caller. E_ABSENT: no such key;
 * E_STATE: it is locked.
 */
HF_CHECKED enum hf_rc hf_keys_sign(struct hf_keys *keys, const char *id,
                                   const struct hf_bytes *message, size_t n, struct hf_wr *sig);

/*
 * Seal and open small data (at most 64 KiB) under the sealing key, with
 * `context` as authenticated data (at most 255 bytes). The sealing key itself
 * never leaves `keys`. E_VERIFY if data or context were changed.
 */
HF_CHECKED enum hf_rc hf_keys_seal(struct hf_keys *keys, const char *context, struct hf_bytes plain,
                                   struct hf_wr *sealed);
HF_CHECKED enum hf_rc hf_keys_unseal(struct hf_keys *keys, const char *context,
                                     struct hf_bytes sealed, struct hf_wr *plain);

/* A keyed digest (HMAC) of data under a key derived from the sealing key and `context`; 32 bytes. */
HF_CHECKED enum hf_rc hf_keys_mac(struct hf_keys *keys, const char *context, struct hf_bytes data,
                                  uint8_t out[32]);

#endif
