/*
 * role.h - roles: named sets of permissions.
 *
 * A person holds several roles; his permissions are their union. An auditor
 * holds no other role: who supervises must not act (separation of duties).
 */
#ifndef HF_IDENTITY_ROLE_H
#define HF_IDENTITY_ROLE_H

#include "base/op.h"

struct hf_role {
    const char *name;
    uint64_t    may; /* 1 << HF_MAY_… */
    const char *help, *help_zh;
};

/* All roles; the last has name == NULL. */
const struct hf_role *hf_roles(void);

/* Every permission there is: the machine's local administrator. */
uint64_t hf_role_everything(void);

/* The union of permissions of roles separated by blanks. Unknown words add nothing. */
uint64_t hf_role_may(const char *roles);

/*
 * A set of roles from outside (JSON array of strings, NULL for none) in its stored form, words
 * separated by blanks. E_ARG for an unknown role or an auditor with others; E_DENIED when `giver`
 * does not himself hold what a role permits: nobody grants what he does not hold.
 */
HF_CHECKED enum hf_rc hf_role_set_read(const json_t *list, const struct hf_actor *giver,
                                       struct hf_arena *a, const char **roles);

#endif
