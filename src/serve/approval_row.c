#include "serve/approval_row.h"

#include <string.h>

void
hf_approval_row(struct hf_query *q, struct hf_arena *a, int64_t now_ms, struct hf_approval *out)
{
    memset(out, 0, sizeof(*out));
    out->id = hf_col_text(q, a);
    out->op = hf_col_text(q, a);
    out->args = hf_col_text(q, a);
    out->state = hf_col_text(q, a);
    out->asker.kind = hf_col_text(q, a);
    out->asker.id = hf_col_int(q);
    out->asker.login = hf_col_text(q, a);
    out->asker.unit = hf_col_text(q, a);
    out->asker.strength = (enum hf_strength)hf_col_int(q);
    out->asker.may = (uint64_t)hf_col_int(q);
    out->asker.address = hf_col_text(q, a);
    out->asked_at = hf_col_int(q);
    out->expires_at = hf_col_int(q);
    out->decided_at = hf_col_int(q);
    out->decided_kind = hf_col_text(q, a);
    out->decided_login = hf_col_text(q, a);
    out->note = hf_col_text(q, a);
    out->result = hf_col_text(q, a);
    if (strcmp(out->state, "waiting") == 0 && now_ms >= out->expires_at)
        out->state = "expired";
}

enum hf_rc
hf_approval_find(struct hf_call *c, struct hf_approval *out)
{
    static const char sql[] = "SELECT " HF_APPROVAL_COLUMNS " FROM approval WHERE id = $1";
    struct hf_db     *db = hf_store_reader(c->env->store);
    const char       *id = hf_arg_text(c, "id");
    struct hf_query   q;
    bool              found;
    enum hf_rc        rc;

    if (db == NULL)
        return HF_E_STORE;
    q = hf_query(db, sql);
    hf_bind_text(&q, id);
    if ((found = hf_step(&q)))
        hf_approval_row(&q, c->arena, c->now_ms, out);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    c->object = id;
    return found ? HF_OK : hf_fail_field(HF_E_ABSENT, "id", "no pending operation %s", id);
}

bool
hf_approval_asked_by(const struct hf_approval *p, const struct hf_actor *actor)
{
    return strcmp(p->asker.kind, actor->kind) == 0 && strcmp(p->asker.login, actor->login) == 0;
}
