/*
 * second.h - dual control: which call needs a second person, and who can be that.
 *
 * An operation waits if its row says so (HF_OP_SECOND), if the setting
 * `second` names it, or if it gives somebody who holds or gets a role a way to
 * sign in (HF_OP_CREDENTIAL): otherwise one administrator could make himself
 * the second. Such a way nobody gives to one who may do more than he does
 * himself. The setting dual_control turns waiting off, and the first persons
 * need no second yet (identity/credential.h); then the record of the act says so.
 */
#ifndef HF_SERVE_SECOND_H
#define HF_SERVE_SECOND_H

#include "base/op.h"
#include "store/store.h"

/* The value of the setting `second`: names of operations that change something, separated by commas. E_ARG. */
HF_CHECKED enum hf_rc hf_second_check(const char *list, const struct hf_op *const *ops);

/*
 * Must this call wait? Notes in c->detail why one that would does not, and arranges that what it gives is
 * remembered (c->within). The call has passed its checks.
 */
HF_CHECKED enum hf_rc hf_second_needed(struct hf_call *c, bool *needed);

/* May the asker give this person a way to sign in? E_DENIED names the field. Other calls pass. */
HF_CHECKED enum hf_rc hf_second_reach(const struct hf_call *c);

/*
 * Are asker and confirmer surely two people? E_DENIED if they are one, or if one
 * hand could have signed in as both within the last pending_life_s.
 */
HF_CHECKED enum hf_rc hf_second_independent(struct hf_call *c, const struct hf_actor *asker,
                                            const struct hf_actor *confirmer);

#endif
