/*
 * arena.h - memory that lives as long as one request.
 *
 * What is allocated from an arena is freed with it in one call. Memory comes
 * zeroed and aligned for any type. Running out of memory aborts: a request
 * has no use for half of its data, and the supervisor starts the process anew.
 * Secrets never live here (see secret.h). Not thread-safe: one request, one thread.
 */
#ifndef HF_BASE_ARENA_H
#define HF_BASE_ARENA_H

#include <stddef.h>

#include "base/attr.h"
#include "base/bytes.h"

struct hf_arena {
    struct hf_arena_block *blocks; /* newest first */
    size_t                 used;   /* of the newest block */
};

/* Empty, no allocation yet; { 0 } is the same. */
struct hf_arena hf_arena(void);

void           *hf_arena_get(struct hf_arena *a, size_t n);
char           *hf_arena_str(struct hf_arena *a, const char *s);      /* a copy */
char           *hf_arena_text(struct hf_arena *a, struct hf_bytes b); /* a copy with NUL */
char           *hf_arena_fmt(struct hf_arena *a, const char *fmt, ...) HF_PRINTF(2, 3);
struct hf_bytes hf_arena_bytes(struct hf_arena *a, struct hf_bytes b); /* a copy */

/* Forget all contents; one block is kept for the next request. */
void hf_arena_reset(struct hf_arena *a);
void hf_arena_clear(struct hf_arena *a);

#endif
