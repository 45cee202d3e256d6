/*
 * origins.h - the last number seen of each origin; only src/audit includes this.
 */
#ifndef HF_AUDIT_ORIGINS_H
#define HF_AUDIT_ORIGINS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct hf_origin {
    char   *name; /* NULL: empty place */
    int64_t number;
};

struct hf_origins {
    struct hf_origin *place;
    size_t            used, size; /* size is a power of two */
};

/* The entry of an origin, made with number 0 when it is new. Valid until the next call. */
HF_CHECKED enum hf_rc hf_origins_get(struct hf_origins *o, const char *name,
                                     struct hf_origin **out);
void                  hf_origins_clear(struct hf_origins *o);

#endif
