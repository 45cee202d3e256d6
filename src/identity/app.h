/*
 * app.h - relying applications: who may redeem tickets, from where, and how strongly one must have signed in.
 */
#ifndef HF_IDENTITY_APP_H
#define HF_IDENTITY_APP_H

#include "base/op.h"
#include "store/store.h"

struct hf_app {
    int64_t          id;
    const char      *name, *title, *url, *allow, *state;
    enum hf_strength min_strength;
};

/* The application of this name or id; strings live in the arena. E_ABSENT if there is none. */
HF_CHECKED enum hf_rc hf_app_find(struct hf_db *db, const char *name, struct hf_arena *a,
                                  struct hf_app *out);
HF_CHECKED enum hf_rc hf_app_find_id(struct hf_db *db, int64_t id, struct hf_arena *a,
                                     struct hf_app *out);

/* Operations */
enum hf_rc hf_op_app_add(struct hf_call *c);
enum hf_rc hf_op_app_list(struct hf_call *c);
enum hf_rc hf_op_app_show(struct hf_call *c);
enum hf_rc hf_op_app_change(struct hf_call *c);
enum hf_rc hf_op_app_mine(struct hf_call *c);

#endif
