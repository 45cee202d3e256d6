#include "base/asset.h"

#include <string.h>

extern const struct hf_asset hf_asset_table[]; /* made by tools/embed */

const struct hf_asset *
hf_assets(void)
{
    return hf_asset_table;
}

bool
hf_asset_find(const char *name, struct hf_bytes *out)
{
    *out = hf_bytes(NULL, 0);
    for (const struct hf_asset *a = hf_asset_table; a->name != NULL; a++) {
        if (strcmp(a->name, name) == 0) {
            *out = hf_bytes(a->p, a->n);
            return true;
        }
    }
    return false;
}
