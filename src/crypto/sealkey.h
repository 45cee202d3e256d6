/*
 * sealkey.h - the file DATA/secrets/seal.key: where the sealing key comes from.
 *
 *     hufu sealing key 1                    hufu sealing key 1
 *     aead aes-256-gcm                      aead sm4-gcm
 *     key <64 hexadecimal digits>           argon2id <KiB> <passes> <lanes> <32 digits of salt>
 *                                           check <64 digits>
 *
 * Left: the key itself, in a file that only the server's user may read.
 * Right: derived from a passphrase by argon2id; check is a keyed digest that
 * tells a wrong passphrase from a damaged store.
 */
#ifndef HF_CRYPTO_SEALKEY_H
#define HF_CRYPTO_SEALKEY_H

#include "crypto/seal.h"

/* Where the bytes of a sealing key come from, as the file says. Holds a secret in the first form. */
struct hf_sealkey_file {
    enum hf_aead    aead;
    bool            passphrase;
    struct hf_argon argon;
    uint8_t         byte[32]; /* the key, or check */
};

/* Pure: the text of the file. E_FORMAT. */
HF_CHECKED enum hf_rc hf_sealkey_read(struct hf_bytes text, struct hf_sealkey_file *out);

/*
 * The sealing key from the file at path; passphrase may be NULL. E_ABSENT: no
 * such file; E_DENIED: others may read it; E_AUTH: a passphrase is needed;
 * E_VERIFY: it is wrong.
 */
HF_CHECKED enum hf_rc hf_sealkey_load(const char *path, const struct hf_secret *passphrase,
                                      struct hf_seal_key *out);

/* A new one, written to path with mode 600. */
HF_CHECKED enum hf_rc hf_sealkey_make(const char *path, enum hf_aead aead,
                                      const struct hf_secret *passphrase, struct hf_seal_key *out);

#endif
