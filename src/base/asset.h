/*
 * asset.h - files embedded in the program: SQL, profiles, the console's bundle.
 *
 * Names are "schema/...", "profiles/...", "console/..."; the Makefile says what goes in.
 */
#ifndef HF_BASE_ASSET_H
#define HF_BASE_ASSET_H

#include "base/bytes.h"

struct hf_asset {
    const char    *name; /* NULL after the last */
    const uint8_t *p;
    size_t         n;
};

/* All of them, by the order of the Makefile; ends with name == NULL. */
const struct hf_asset *hf_assets(void);

/* The contents of one, or an empty run and false. */
bool hf_asset_find(const char *name, struct hf_bytes *out);

#endif
