/* reason.c - names and bits of revocation reasons. */
#include "wire/ext.h"

#include <string.h>

static const struct {
    const char *name;
    uint32_t    flag; /* bit of ReasonFlags, RFC 5280 4.2.1.13 */
} reasons[] = {
    [HF_REASON_UNSPECIFIED] = { "unspecified", 0 },
    [HF_REASON_KEY_COMPROMISE] = { "keyCompromise", 1 << 1 },
    [HF_REASON_CA_COMPROMISE] = { "cACompromise", 1 << 2 },
    [HF_REASON_AFFILIATION] = { "affiliationChanged", 1 << 3 },
    [HF_REASON_SUPERSEDED] = { "superseded", 1 << 4 },
    [HF_REASON_CESSATION] = { "cessationOfOperation", 1 << 5 },
    [HF_REASON_HOLD] = { "certificateHold", 1 << 6 },
    [HF_REASON_REMOVE] = { "removeFromCRL", 0 },
    [HF_REASON_PRIVILEGE] = { "privilegeWithdrawn", 1 << 7 },
    [HF_REASON_AA_COMPROMISE] = { "aACompromise", 1 << 8 },
};

const char *
hf_reason_name(int reason)
{
    bool known = reason >= 0 && (size_t)reason < HF_COUNT(reasons) && reasons[reason].name != NULL;

    return known ? reasons[reason].name : "unknown";
}

int
hf_reason_named(const char *name)
{
    for (size_t i = 0; i < HF_COUNT(reasons); i++)
        if (reasons[i].name != NULL && strcmp(reasons[i].name, name) == 0)
            return (int)i;
    return -1;
}

uint32_t
hf_reason_flag(int reason)
{
    return reason >= 0 && (size_t)reason < HF_COUNT(reasons) ? reasons[reason].flag : 0;
}
