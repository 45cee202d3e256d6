/*
 * secret.h - a secret of up to 256 bytes with a type of its own.
 *
 * No printing, logging or JSON function takes it, so a slip does not compile.
 * hf_secret_clear() cleanses; call it on every path.
 */
#ifndef HF_BASE_SECRET_H
#define HF_BASE_SECRET_H

#include "base/bytes.h"

#define HF_SECRET_MAX 256

struct hf_secret {
    uint8_t byte[HF_SECRET_MAX];
    size_t  n;
};

/* Copy b in. E_TOOBIG beyond HF_SECRET_MAX; then s is empty. */
HF_CHECKED enum hf_rc hf_secret_set(struct hf_secret *s, struct hf_bytes b);

/*
 * The first line of the file at path, without its line end. E_ABSENT if it
 * cannot be opened, E_FORMAT if it is empty.
 */
HF_CHECKED enum hf_rc hf_secret_from_file(struct hf_secret *s, const char *path);

struct hf_bytes hf_secret_bytes(const struct hf_secret *s);
void            hf_secret_clear(struct hf_secret *s);

#endif
