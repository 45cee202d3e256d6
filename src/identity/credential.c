#include "identity/credential.h"

#include <string.h>

#include "base/text.h"
#include "identity/person.h"
#include "identity/role.h"

static const char founders_sql[] = "SELECT roles FROM person WHERE roles <> ''";

static const char given_sql[] =
    "INSERT INTO credential_given (login, giver, at) VALUES ($1, $2, $3) "
    "ON CONFLICT (login, giver) DO UPDATE SET at = $3";

/* The hand of somebody is himself and whoever gave him a way to sign in. $1, $2 selves; $3, $4 logins. */
static const char one_hand_sql[] =
    "SELECT who FROM (SELECT 1 AS side, CAST($1 AS TEXT) AS who UNION ALL SELECT 2, $2 UNION ALL "
    "SELECT 1, giver FROM credential_given WHERE login = $3 AND at >= $5 UNION ALL "
    "SELECT 2, giver FROM credential_given WHERE login = $4 AND at >= $5) AS hand "
    "GROUP BY who HAVING COUNT(DISTINCT side) = 2 ORDER BY who LIMIT 1";

enum hf_rc
hf_credential_founding(struct hf_db *db, bool *founding)
{
    struct hf_query q = hf_query(db, founders_sql);
    struct hf_arena a = hf_arena();
    int             approvers = 0;

    while (approvers < 2 && hf_step(&q))
        approvers += (int)(hf_role_may(hf_col_text(&q, &a)) >> HF_MAY_APPROVE & 1);
    hf_arena_clear(&a);
    *founding = approvers < 2;
    return hf_query_end(&q);
}

/* -- What a call gives whom ------------------------------------------------------------ */

const char *
hf_credential_receiver(const struct hf_call *c)
{
    const char *login = hf_arg_text(c, "login");

    return login != NULL ? login : hf_arg_text(c, "person");
}

enum hf_rc
hf_credential_power(const struct hf_call *c, struct hf_db *db, uint64_t *may)
{
    const char      *login = hf_credential_receiver(c);
    const json_t    *roles = hf_arg_list(c, "role");
    struct hf_person person;
    enum hf_rc       rc;

    *may = 0;
    if (login == NULL)
        return HF_OK;
    rc = hf_person_find(db, login, c->arena, &person);
    if (rc != HF_OK && rc != HF_E_ABSENT)
        return rc;
    *may = hf_role_may(rc == HF_OK ? person.roles : "");
    for (size_t i = 0; i < json_array_size(roles); i++)
        *may |= hf_role_may(json_string_value(json_array_get(roles, i)));
    *may &= ~hf_role_may("");
    return HF_OK;
}

/* -- Who gave ---------------------------------------------------------------------------- */

/* Logins are unique among persons only: a person may be called "local". */
static const char *
self(struct hf_arena *a, const struct hf_actor *actor)
{
    return hf_arena_fmt(a, "%s:%s", actor->kind, actor->login);
}

static const char *
login_of(const struct hf_actor *actor)
{
    return strcmp(actor->kind, "person") == 0 ? actor->login : "";
}

enum hf_rc
hf_credential_given(struct hf_db *tx, const struct hf_call *c, const struct hf_actor *giver)
{
    const char     *login = hf_credential_receiver(c);
    struct hf_query q;

    if (login == NULL || strcmp(login_of(giver), login) == 0)
        return HF_OK;
    q = hf_query(tx, given_sql);
    hf_bind_text(&q, login);
    hf_bind_text(&q, self(c->arena, giver));
    hf_bind_int(&q, c->now_ms);
    return hf_query_end(&q);
}

enum hf_rc
hf_credential_one_hand(struct hf_db *db, const struct hf_actor *a, const struct hf_actor *b,
                       int64_t since_ms, struct hf_arena *arena, const char **who)
{
    struct hf_query q = hf_query(db, one_hand_sql);

    hf_bind_text(&q, self(arena, a));
    hf_bind_text(&q, self(arena, b));
    hf_bind_text(&q, login_of(a));
    hf_bind_text(&q, login_of(b));
    hf_bind_int(&q, since_ms);
    *who = hf_step(&q) ? hf_col_text(&q, arena) : NULL;
    return hf_query_end(&q);
}
