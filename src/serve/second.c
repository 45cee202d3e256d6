#include "serve/second.h"

#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "identity/credential.h"
#include "serve/dispatch.h"

/* -- The setting `second` ------------------------------------------------------------------ */

/* The next name in it, "cert revoke, ca create"; *list goes past it. Empty at the end. */
static struct hf_bytes
next_name(const char **list)
{
    const char *name = *list + strspn(*list, ", ");
    size_t      n = strcspn(name, ",");

    *list = name + n;
    while (n != 0 && name[n - 1] == ' ')
        n--;
    return hf_bytes(name, n);
}

static bool
is_named(const char *list, const char *name)
{
    struct hf_bytes one;

    while ((one = next_name(&list)).n != 0)
        if (hf_bytes_eq(one, hf_bytes_str(name)))
            return true;
    return false;
}

enum hf_rc
hf_second_check(const char *list, const struct hf_op *const *ops)
{
    struct hf_bytes one;
    char            name[64];

    while ((one = next_name(&list)).n != 0) {
        const struct hf_op *op;

        (void)snprintf(name, sizeof(name), "%.*s", (int)one.n, (const char *)one.p);
        if ((op = hf_op_find(ops, name)) == NULL)
            return hf_fail_field(HF_E_ARG, "second", "there is no operation \"%s\"", name);
        if ((op->flags & HF_OP_READ) != 0)
            return hf_fail_field(HF_E_ARG, "second",
                                 "%s changes nothing: it cannot wait for anybody", name);
    }
    return HF_OK;
}

/* -- Ways to sign in --------------------------------------------------------------------------- */

static bool
gives_credential(const struct hf_call *c)
{
    return (c->op->flags & HF_OP_CREDENTIAL) != 0 && hf_credential_receiver(c) != NULL;
}

enum hf_rc
hf_second_reach(const struct hf_call *c)
{
    struct hf_db *db;
    uint64_t      may;
    enum hf_rc    rc;

    if (!gives_credential(c))
        return HF_OK;
    if ((db = hf_store_reader(c->env->store)) == NULL)
        return HF_E_STORE;
    if ((rc = hf_credential_power(c, db, &may)) != HF_OK)
        return rc;
    if ((may & ~c->actor->may) != 0)
        return hf_fail_field(HF_E_DENIED, hf_arg_text(c, "login") != NULL ? "login" : "person",
                             "%s holds permissions that you do not", hf_credential_receiver(c));
    return HF_OK;
}

/* In the act's own transaction, when nobody else confirms it. */
static enum hf_rc
remember_giver(struct hf_db *tx, struct hf_call *c)
{
    return hf_credential_given(tx, c, c->actor);
}

/* Does what it gives reach somebody with a role? And are the first persons still to be made? */
static enum hf_rc
look(const struct hf_call *c, bool *power, bool *founding)
{
    struct hf_db *db = hf_store_reader(c->env->store);
    uint64_t      may = 0;
    enum hf_rc    rc;

    if (db == NULL)
        return HF_E_STORE;
    if ((rc = hf_credential_power(c, db, &may)) != HF_OK)
        return rc;
    *power = may != 0;
    return hf_credential_founding(db, founding);
}

enum hf_rc
hf_second_needed(struct hf_call *c, bool *needed)
{
    bool       marked, power = false, founding = false;
    enum hf_rc rc;

    *needed = false;
    if ((c->op->flags & HF_OP_READ) != 0)
        return HF_OK;
    marked = (c->op->flags & HF_OP_SECOND) != 0 ||
             is_named(hf_conf_text(c->env->conf, "second"), c->op->name);
    if (gives_credential(c) && (rc = look(c, &power, &founding)) != HF_OK)
        return rc;
    *needed = (marked || (power && !founding)) && hf_conf_flag(c->env->conf, "dual_control");
    if (!*needed && (marked || power))
        json_object_set_new(
            c->detail, "alone",
            json_string(founding ? "fewer than two persons may approve" : "dual_control is off"));
    if (!*needed && gives_credential(c) && !founding)
        c->within = remember_giver;
    return HF_OK;
}

/* -- Two people ------------------------------------------------------------------------------------ */

enum hf_rc
hf_second_independent(struct hf_call *c, const struct hf_actor *asker,
                      const struct hf_actor *confirmer)
{
    struct hf_db *db = hf_store_reader(c->env->store);
    int64_t       days_ms = 1000 * hf_conf_int(c->env->conf, "pending_life_s");
    const char   *who;
    enum hf_rc    rc;

    if (strcmp(asker->kind, confirmer->kind) == 0 && strcmp(asker->login, confirmer->login) == 0)
        return hf_fail(HF_E_DENIED, "whoever asks cannot confirm: another person has to");
    if (db == NULL)
        return HF_E_STORE;
    if ((rc = hf_credential_one_hand(db, asker, confirmer, c->now_ms - days_ms, c->arena, &who)) !=
            HF_OK ||
        who == NULL)
        return rc;
    json_object_set_new(c->detail, "one_hand", json_string(who));
    return hf_fail(HF_E_DENIED,
                   "%s has lately given %s a password or a certificate and could be both: "
                   "another person has to confirm",
                   strchr(who, ':') + 1,
                   strcmp(strchr(who, ':') + 1, asker->login) == 0 ? confirmer->login
                                                                   : asker->login);
}
