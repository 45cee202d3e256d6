/*
 * keyfile.h - the file DATA/keys/ID.key: one sealed private key. Pure: bytes in, struct out.
 *
 *     "HFKY" | version 1 | protection | algorithm, 2 bytes | 16 bytes of request tag | made at, 8 bytes
 *     run id | run SubjectPublicKeyInfo
 *     protection 1 (passphrase): memory, passes, lanes, 4 bytes each | 16 bytes of salt
 *     protection 2 (shares):     8 bytes of set | need | of
 *     run sealed blob (seal.h)
 *
 * Numbers are big endian, a run is a 4-byte length and the bytes. Everything
 * above the blob is the context the blob is sealed under, so that no part of
 * the file can be changed or moved to another id. The request tag recognises a
 * generation that is asked for again because its answer was lost.
 */
#ifndef HF_CRYPTO_KEYFILE_H
#define HF_CRYPTO_KEYFILE_H

#include "crypto/keys.h"
#include "crypto/seal.h"

#define HF_KEYFILE_MAX 32768u
#define HF_KEY_TAG 16u

struct hf_keyfile {
    struct hf_key_info info; /* open_until_ms is not part of the file */
    uint8_t            tag[HF_KEY_TAG];
    int64_t            made_ms;
    struct hf_argon    argon;  /* HF_KEY_PASSPHRASE */
    uint8_t            set[8]; /* HF_KEY_SHARES */
    struct hf_bytes    spki;   /* borrowed, like the two below */
    struct hf_bytes    header; /* what the blob is sealed under; set by reading only */
    struct hf_bytes    sealed;
};

/* E_FORMAT, E_SHORT, E_TRAILING; every field is within its limits afterwards. */
HF_CHECKED enum hf_rc hf_keyfile_read(struct hf_bytes in, struct hf_keyfile *out);

/* Everything above the blob; the caller adds hf_wr_run() of the blob. */
void hf_keyfile_write_header(const struct hf_keyfile *file, struct hf_wr *w);

/* Is it a possible id? It becomes part of a file name. */
bool hf_key_id_ok(struct hf_bytes id);

#endif
