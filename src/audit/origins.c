#include "audit/origins.h"

#include <stdlib.h>
#include <string.h>

static struct hf_origin *
find_place(struct hf_origin *place, size_t size, const char *name)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a; a poor spread costs time, not correctness */

    for (const char *p = name; *p != '\0'; p++)
        h = (h ^ (uint8_t)*p) * 1099511628211u;
    for (size_t i = h & (size - 1);; i = (i + 1) & (size - 1))
        if (place[i].name == NULL || strcmp(place[i].name, name) == 0)
            return &place[i];
}

static enum hf_rc
grow(struct hf_origins *o)
{
    size_t            size = o->size == 0 ? 64 : 2 * o->size;
    struct hf_origin *place = calloc(size, sizeof(*place));

    if (place == NULL)
        return hf_fail(HF_E_NOMEM, "audit origins");
    for (size_t i = 0; i < o->size; i++)
        if (o->place[i].name != NULL)
            *find_place(place, size, o->place[i].name) = o->place[i];
    free(o->place);
    o->place = place;
    o->size = size;
    return HF_OK;
}

enum hf_rc
hf_origins_get(struct hf_origins *o, const char *name, struct hf_origin **out)
{
    enum hf_rc rc;

    if (2 * o->used >= o->size && (rc = grow(o)) != HF_OK)
        return rc;
    *out = find_place(o->place, o->size, name);
    if ((*out)->name != NULL)
        return HF_OK;
    if (((*out)->name = strdup(name)) == NULL)
        return hf_fail(HF_E_NOMEM, "audit origins");
    o->used++;
    return HF_OK;
}

void
hf_origins_clear(struct hf_origins *o)
{
    for (size_t i = 0; i < o->size; i++)
        free(o->place[i].name);
    free(o->place);
    *o = (struct hf_origins){ NULL, 0, 0 };
}
