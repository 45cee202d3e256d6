/*
 * crl.h - certificate revocation lists (RFC 5280 section 5): one full list for each authority.
 *
 * Revoking signs nothing. `work` calls hf_crl_step(), which issues a list when
 * something was revoked since the last one and before the last one ends. Lists
 * are kept in the store; pki/responder.h gives them to the HTTP door.
 */
#ifndef HF_PKI_CRL_H
#define HF_PKI_CRL_H

#include "base/op.h"
#include "store/store.h"

/*
 * A duty of `work`, to be called every half second or so: issues the lists that are due, of
 * all authorities whose key can sign without a ceremony. Cheap when nothing
 * is due. A failure for one authority is logged and does not stop the others;
 * the first one is returned. Several nodes may call it: the list's number
 * rises by a conditional update, the second one finds its work done.
 */
HF_CHECKED enum hf_rc hf_crl_step(const struct hf_env *env, int64_t now_ms);

/*
 * Issue the next list of the authority `name` now, valid for life_s seconds
 * (0: crl_life_s; for a root a year). E_ABSENT; E_STATE if the key is locked.
 */
HF_CHECKED enum hf_rc hf_crl_issue(const struct hf_env *env, const char *ca, int64_t now_ms,
                                   int64_t life_s, int64_t *number);

/*
 * The same for an operation: the audit record is the call's. The reply gets
 * "ca", "number", "this_update", "next_update", "entries" and "pem".
 */
HF_CHECKED enum hf_rc hf_crl_issue_call(struct hf_call *c, const char *ca, int64_t life_s);

struct hf_crl_stored {
    int64_t         number, this_update_ms, next_update_ms;
    struct hf_bytes der;
};

/* The last list of an authority, from the store. E_ABSENT if there is none yet. */
HF_CHECKED enum hf_rc hf_crl_last(struct hf_db *db, const char *ca, struct hf_arena *a,
                                  struct hf_crl_stored *out);

#endif
