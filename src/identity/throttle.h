/*
 * throttle.h - slowing down whoever guesses passwords.
 *
 * Failures are counted per login and per source network. After the third the
 * next attempt must wait 1, 2, 4 … 300 seconds; a success clears the login's
 * counter only. A login that does not exist is counted like one that does.
 * Certificate sign-ins are never held up (identity specification, section 12).
 */
#ifndef HF_IDENTITY_THROTTLE_H
#define HF_IDENTITY_THROTTLE_H

#include "base/op.h"
#include "store/store.h"

/*
 * Under what the failures of a login are counted: a keyed digest, since what was
 * typed there may be a password. Asks `keys`: not within a transaction.
 */
#define HF_THROTTLE_SUBJECT 48
HF_CHECKED enum hf_rc hf_throttle_subject(const struct hf_env *env, const char *login,
                                          char out[HF_THROTTLE_SUBJECT]);

/* May this login be tried from this address now? E_BUSY says how long to wait. */
HF_CHECKED enum hf_rc hf_throttle_check(struct hf_store *store, const char *subject,
                                        const char *address, int64_t now_ms);

/*
 * A wrong password was given in this call: one more failure of both, in a
 * transaction of its own; at a sign-in one more refused one in the statistics.
 */
HF_CHECKED enum hf_rc hf_throttle_wrong(const struct hf_call *c, const char *subject, bool sign_in);

/* Within a transaction: the login is cleared. */
HF_CHECKED enum hf_rc hf_throttle_passed(struct hf_db *tx, const char *subject);

/* The wait after so many failures in a row, in milliseconds. */
int64_t hf_throttle_wait_ms(int64_t failures);

#endif
