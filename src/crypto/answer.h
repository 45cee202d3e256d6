/*
 * answer.h - answering questions to `keys`: who may ask what, and what is done.
 * Included inside crypto/ only.
 */
#ifndef HF_CRYPTO_ANSWER_H
#define HF_CRYPTO_ANSWER_H

#include "crypto/ring.h"

/* Who asks is known by the socket that the connection came through. */
enum hf_asker {
    HF_ASKER_WEB = 1,
    HF_ASKER_WORK = 2,
    HF_ASKER_SELF = 4, /* this process: hf_keys_open_local() */
};

/*
 * Answer one question. Always gives a whole answer: failures are answers too.
 * `answer` is an empty secret writer of HF_KEYS_BYTES.
 */
void hf_answer(struct hf_ring *ring, enum hf_asker asker, struct hf_bytes question,
               struct hf_wr *answer);

#endif
