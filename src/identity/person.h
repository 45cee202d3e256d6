/*
 * person.h - persons: who can sign in, by what, and with which roles.
 */
#ifndef HF_IDENTITY_PERSON_H
#define HF_IDENTITY_PERSON_H

#include "base/op.h"
#include "store/store.h"

struct hf_person {
    int64_t     id;
    const char *login, *name, *unit, *roles, *state;
    const char *password; /* PHC string or NULL */
    bool        must_change;
};

/* The person with this login; strings live in the arena. E_ABSENT if there is none. */
HF_CHECKED enum hf_rc hf_person_find(struct hf_db *db, const char *login, struct hf_arena *a,
                                     struct hf_person *out);

/* For struct hf_env: is there a person with this login? */
HF_CHECKED enum hf_rc hf_person_known(struct hf_db *db, const char *login);

/* A login is 1 to 64 letters, digits and . _ - @, of any script. E_ARG. */
HF_CHECKED enum hf_rc hf_person_login_check(const char *login);

/*
 * For `hufu init`: the first administrator, with a one-time password whose hash is phc.
 * In a transaction of its own, with its audit record. E_EXISTS if the login is taken.
 */
HF_CHECKED enum hf_rc hf_person_bootstrap(const struct hf_env *env, const char *login,
                                          const char *phc, int64_t now_ms);

/* Operations */
enum hf_rc hf_op_person_add(struct hf_call *c);
enum hf_rc hf_op_person_list(struct hf_call *c);
enum hf_rc hf_op_person_show(struct hf_call *c);
enum hf_rc hf_op_person_change(struct hf_call *c);
enum hf_rc hf_op_person_roles(struct hf_call *c);
enum hf_rc hf_op_person_disable(struct hf_call *c);
enum hf_rc hf_op_person_enable(struct hf_call *c);
enum hf_rc hf_op_person_reset(struct hf_call *c);
enum hf_rc hf_op_password_change(struct hf_call *c);
enum hf_rc hf_op_role_list(struct hf_call *c);

#endif
