/*
 * ask.h - questions to `keys` and its answers, as bytes. Pure. Included inside crypto/ only.
 *
 *     question:  version 1 | kind | fields of the kind (ask.c has the table)
 *     answer:    version 1 | result, 2 bytes | on failure: run field, run text
 *                                            | on success: what the kind answers
 *
 * A run is a 4-byte big-endian length and so many bytes.
 */
#ifndef HF_CRYPTO_ASK_H
#define HF_CRYPTO_ASK_H

#include "crypto/keyfile.h"
#include "crypto/pkey.h"

enum hf_ask_kind {
    HF_ASK_GENERATE = 1,
    HF_ASK_PUBLIC,
    HF_ASK_INFO,
    HF_ASK_SIGN,
    HF_ASK_TLS_SIGN,
    HF_ASK_SEAL,
    HF_ASK_UNSEAL,
    HF_ASK_MAC,
    HF_ASK_UNLOCK,
    HF_ASK_UNLOCK_SHARES,
    HF_ASK_LOCK,
    HF_ASK_KINDS,
};

/* A question. Which fields count depends on the kind; bytes are borrowed. */
struct hf_ask {
    enum hf_ask_kind kind;
    char             id[HF_KEY_ID_MAX + 1]; /* of the key; "" for SEAL, UNSEAL, MAC */
    uint8_t          tag[HF_KEY_TAG];       /* GENERATE */
    enum hf_alg      alg;
    unsigned         protection; /* enum of struct hf_key_info */
    unsigned         need, of, open_s;
    enum hf_pad      pad; /* TLS_SIGN */
    enum hf_digest   digest;
    /* digest, passphrase, or what is sealed, opened, digested */
    struct hf_bytes data;
    struct hf_bytes context; /* SEAL, UNSEAL, MAC: at most 255 bytes */
    uint32_t        n;       /* SIGN: messages; UNLOCK_SHARES: share texts */
    struct hf_bytes runs;    /* n runs, checked */
};

void                  hf_ask_write(const struct hf_ask *ask, struct hf_wr *w);
HF_CHECKED enum hf_rc hf_ask_read(struct hf_bytes in, struct hf_ask *out);

/* What the kind is called in the log. */
const char *hf_ask_name(enum hf_ask_kind kind);

/*
 * The start of a success; whoever answers goes on writing. A failure is a
 * whole answer by itself and carries this thread's reason.
 */
void hf_answer_ok(struct hf_wr *w);
void hf_answer_failure(enum hf_rc rc, struct hf_wr *w);

/* Take an answer apart: the failure it reports, with its reason set, or HF_OK and the rest. */
HF_CHECKED enum hf_rc hf_answer_read(struct hf_bytes in, struct hf_rd *rest);

/* Key information in an answer. */
void                  hf_answer_put_info(const struct hf_key_info *info, struct hf_wr *w);
HF_CHECKED enum hf_rc hf_answer_info(struct hf_rd *r, struct hf_key_info *out);

#endif
