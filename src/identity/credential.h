/*
 * credential.h - who gave whom a way to sign in, and so could be two people.
 *
 * Whoever makes an account, resets a password or issues a certificate for
 * somebody has for a while the means to sign in as that one: he has seen the
 * one-time password, or chose the key. What he could do so is what dual control
 * must not fall for. It is remembered for the setting pending_life_s, which is
 * also the longest that anything waits for a second person.
 *
 * The first persons are taken on trust: until two hold the permission to
 * approve, in whatever state they are, nobody could confirm and nothing is
 * remembered.
 */
#ifndef HF_IDENTITY_CREDENTIAL_H
#define HF_IDENTITY_CREDENTIAL_H

#include "base/op.h"
#include "store/store.h"

/* Do fewer than two persons hold `approve`? Only a confirmed act can bring that about again. */
HF_CHECKED enum hf_rc hf_credential_founding(struct hf_db *db, bool *founding);

/*
 * For an operation with HF_OP_CREDENTIAL: the login of the person that the
 * call gives a way to sign in, NULL if it is about nobody; and what that person
 * may do then by his roles, the new ones included. 0: no more than anybody.
 */
const char           *hf_credential_receiver(const struct hf_call *c);
HF_CHECKED enum hf_rc hf_credential_power(const struct hf_call *c, struct hf_db *db, uint64_t *may);

/* Within the transaction of that call: giver had it in hand. Nothing when he is the receiver himself. */
HF_CHECKED enum hf_rc hf_credential_given(struct hf_db *tx, const struct hf_call *c,
                                          const struct hf_actor *giver);

/*
 * Could one hand have signed in as both? *who is then "person:LOGIN" or "local:local", otherwise NULL: one of
 * the two who gave the other a way to sign in since since_ms, or a third who did so for both.
 */
HF_CHECKED enum hf_rc hf_credential_one_hand(struct hf_db *db, const struct hf_actor *a,
                                             const struct hf_actor *b, int64_t since_ms,
                                             struct hf_arena *arena, const char **who);

#endif
