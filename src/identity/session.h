/*
 * session.h - who is signed in.
 *
 * A session is known to its holder by a random token; the store keeps only the
 * token's digest. It ends by sign-out, after session_idle_s of silence or after
 * session_life_s, whichever is first, and at once when its person is disabled.
 */
#ifndef HF_IDENTITY_SESSION_H
#define HF_IDENTITY_SESSION_H

#include "base/op.h"
#include "store/store.h"

#define HF_TOKEN_BYTES 32
#define HF_TOKEN_TEXT 44 /* base64url with NUL */

/* A fresh token as text. */
void hf_token_make(char text[HF_TOKEN_TEXT]);

/* What the store keeps of a token, ticket or challenge identifier: its SM3 digest. */
HF_CHECKED enum hf_rc hf_token_digest(const char *text, uint8_t digest[32]);

/*
 * Who holds this token. E_AUTH if it is none, or no longer; the text does not
 * say which. Strings of *out live in the arena.
 */
HF_CHECKED enum hf_rc hf_session_actor(const struct hf_env *env, const char *token, int64_t now_ms,
                                       struct hf_arena *a, struct hf_actor *out);

/* Within a transaction: start a session of person under `token`; counts the sign-in. */
HF_CHECKED enum hf_rc hf_session_start(struct hf_db *tx, const struct hf_env *env, int64_t person,
                                       const char *token, enum hf_strength strength,
                                       const char *method, const char *address, int64_t now_ms);

/* Within a transaction: count a sign-in of this hour (method; ok or refused). */
HF_CHECKED enum hf_rc hf_signin_count(struct hf_db *tx, const char *method, const char *result,
                                      int64_t now_ms);

/* Within a transaction: end all sessions of a person. */
HF_CHECKED enum hf_rc hf_session_end_all(struct hf_db *tx, int64_t person);

/* Operations */
enum hf_rc hf_op_logout(struct hf_call *c);
enum hf_rc hf_op_whoami(struct hf_call *c);
enum hf_rc hf_op_session_list(struct hf_call *c);
enum hf_rc hf_op_session_end(struct hf_call *c);
enum hf_rc hf_op_signin_stats(struct hf_call *c);

/* Remove what is over: sessions, challenges, tickets, old counters. A duty of `work`. */
HF_CHECKED enum hf_rc hf_identity_clean(const struct hf_env *env, int64_t now_ms);

#endif
