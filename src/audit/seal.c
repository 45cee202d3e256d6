#include "audit/seal.h"

#include <stdlib.h>
#include <string.h>

#include "audit/rows.h"
#include "base/file.h"
#include "crypto/keys.h"

#define BATCH 256       /* records in one transaction */
#define BATCHES 64      /* in one step: other duties wait */
#define HEAD_EVERY 1024 /* records */
#define HEAD_EVERY_MS 2000
#define HEAD_IDLE_MS 300

static const char key_id[] = "audit";

static const char fresh_sql[] =
    "SELECT " HF_AUDIT_COLUMNS " FROM audit WHERE node = $1 AND seq IS NULL"
    " ORDER BY id LIMIT $2";
static const char seal_sql[] = "UPDATE audit SET seq = $1, hash = $2 WHERE id = $3";
static const char any_sql[] = "SELECT id FROM audit WHERE node = $1 AND seq IS NULL LIMIT 1";
static const char lock_sql[] = "SELECT pg_try_advisory_xact_lock(1752524406, hashtext($1))";

/* -- Sealing ---------------------------------------------------------------------------- */

struct batch {
    const struct hf_env *env;
    int64_t              sealed;
};

/* Is this the only one that seals the node's chain? */
static enum hf_rc
take_lock(struct hf_db *tx, const struct hf_env *env, bool *taken)
{
    struct hf_query q;

    *taken = true;
    if (!hf_store_is_postgres(env->store))
        return HF_OK; /* one transaction at a time writes to the file */
    q = hf_query(tx, lock_sql);
    hf_bind_text(&q, hf_store_node(env->store));
    *taken = hf_step(&q) && hf_col_int(&q) != 0;
    return hf_query_end(&q);
}

static enum hf_rc
write_seal(struct hf_db *tx, const struct hf_audit_record *r)
{
    struct hf_query q = hf_query(tx, seal_sql);

    hf_bind_int(&q, r->seq);
    hf_bind_bytes(&q, hf_bytes(r->hash, sizeof(r->hash)));
    hf_bind_int(&q, r->id);
    return hf_query_end(&q);
}

static enum hf_rc
read_fresh(struct hf_db *tx, const char *node, struct hf_arena *a, struct hf_audit_record *out,
           size_t *n)
{
    struct hf_query q = hf_query(tx, fresh_sql);

    hf_bind_text(&q, node);
    hf_bind_int(&q, BATCH);
    for (*n = 0; hf_step(&q); ++*n)
        hf_audit_row(&q, a, &out[*n]);
    return hf_query_end(&q);
}

static enum hf_rc
chain(struct hf_db *tx, const char *node, struct hf_audit_record *r, size_t n)
{
    uint8_t    previous[HF_AUDIT_HASH];
    int64_t    seq, at_ms;
    enum hf_rc rc = hf_audit_tail(tx, node, &seq, &at_ms, previous);

    for (size_t i = 0; i < n && rc == HF_OK; i++) {
        r[i].seq = ++seq;
        if ((rc = hf_audit_record_hash(previous, &r[i], r[i].hash)) == HF_OK)
            rc = write_seal(tx, &r[i]);
        memcpy(previous, r[i].hash, sizeof(previous));
    }
    return rc;
}

static enum hf_rc
seal_batch(struct hf_db *tx, void *arg)
{
    struct batch           *b = arg;
    const char             *node = hf_store_node(b->env->store);
    struct hf_arena         a = hf_arena();
    struct hf_audit_record *r = hf_arena_get(&a, BATCH * sizeof(*r));
    size_t                  n = 0;
    bool                    alone;
    enum hf_rc              rc = take_lock(tx, b->env, &alone);

    b->sealed = 0;
    if (rc == HF_OK && alone && (rc = read_fresh(tx, node, &a, r, &n)) == HF_OK)
        rc = chain(tx, node, r, n);
    b->sealed = (int64_t)n;
    hf_arena_clear(&a);
    return rc;
}

static enum hf_rc
is_any_fresh(const struct hf_env *env, bool *any)
{
    struct hf_query q = hf_query(hf_store_reader(env->store), any_sql);

    hf_bind_text(&q, hf_store_node(env->store));
    *any = hf_step(&q);
    return hf_query_end(&q);
}

enum hf_rc
hf_audit_seal_step(const struct hf_env *env, int64_t now_ms)
{
    struct batch b = { .env = env, .sealed = BATCH };
    bool         any;
    enum hf_rc   rc = is_any_fresh(env, &any);

    (void)now_ms;
    if (rc != HF_OK || !any)
        return rc;
    for (int i = 0; i < BATCHES && b.sealed == BATCH && rc == HF_OK; i++)
        rc = hf_store_write(env->store, seal_batch, &b);
    return rc == HF_OK ? HF_OK : hf_because(rc, "sealing the audit trail");
}

/* -- Heads --------------------------------------------------------------------------------- */

struct new_head {
    struct hf_audit_head head;
    struct hf_bytes      spki;
};

static enum hf_rc
insert_head(struct hf_db *tx, void *arg)
{
    const struct new_head      *n = arg;
    const struct hf_audit_head *h = &n->head;
    struct hf_query             q =
        hf_query(tx, "INSERT INTO audit_key (fingerprint, spki, at) VALUES ($1, $2, $3)"
                     " ON CONFLICT (fingerprint) DO NOTHING");
    enum hf_rc rc;

    hf_bind_bytes(&q, hf_bytes(h->key, sizeof(h->key)));
    hf_bind_bytes(&q, n->spki);
    hf_bind_int(&q, h->at_ms);
    if ((rc = hf_query_end(&q)) != HF_OK)
        return rc;
    q = hf_query(tx, "INSERT INTO audit_head (" HF_AUDIT_HEAD_COLUMNS
                     ") VALUES ($1, $2, $3, $4, $5, $6)"
                     " ON CONFLICT (node, seq) DO NOTHING");
    hf_bind_text(&q, h->node);
    hf_bind_int(&q, h->seq);
    hf_bind_int(&q, h->at_ms);
    hf_bind_bytes(&q, hf_bytes(h->hash, sizeof(h->hash)));
    hf_bind_bytes(&q, hf_bytes(h->key, sizeof(h->key)));
    hf_bind_bytes(&q, h->signature);
    return hf_query_end(&q);
}

static enum hf_rc
sign_head(const struct hf_env *env, struct hf_audit_head *head, struct hf_wr *spki,
          struct hf_wr *signature)
{
    struct hf_wr    text = hf_wr(1024);
    struct hf_bytes message;
    enum hf_rc      rc = hf_keys_public(env->keys, key_id, spki);

    if (rc == HF_OK && (rc = hf_audit_fingerprint(hf_wr_bytes(spki), head->key)) == HF_OK) {
        hf_audit_head_write(head, &text);
        if ((rc = hf_wr_end(&text, &message)) == HF_OK)
            rc = hf_keys_sign(env->keys, key_id, &message, 1, signature);
    }
    hf_wr_clear(&text);
    return rc;
}

/* A copy that whoever can change the database alone cannot change. */
static enum hf_rc
keep_outside(const struct hf_env *env, const struct hf_audit_head *head)
{
    struct hf_arena a = hf_arena();
    json_t         *line = hf_audit_head_json(head);
    char           *text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;
    enum hf_rc      rc = HF_OK;

    if (text == NULL)
        rc = hf_fail(HF_E_NOMEM, "audit head");
    else if (env->data_dir != NULL)
        rc = hf_file_write(hf_arena_fmt(&a, "%s/audit.head", env->data_dir), hf_bytes_str(text),
                           0600);
    free(text);
    json_decref(line);
    hf_arena_clear(&a);
    return rc;
}

static enum hf_rc
make_head(const struct hf_env *env, struct hf_audit_head *head)
{
    struct hf_wr    spki = hf_wr(4096), signature = hf_wr(4096);
    struct new_head n;
    enum hf_rc      rc = sign_head(env, head, &spki, &signature);

    if (rc == HF_OK) {
        head->signature = hf_wr_bytes(&signature);
        n = (struct new_head){ *head, hf_wr_bytes(&spki) };
        if ((rc = hf_store_write(env->store, insert_head, &n)) == HF_OK)
            rc = keep_outside(env, head);
    }
    hf_wr_clear(&spki);
    hf_wr_clear(&signature);
    return rc == HF_OK ? HF_OK : hf_because(rc, "signing the head of the audit trail");
}

/* The clock may be set back; then a head is due as well. */
static bool
is_due(int64_t since_head_ms, int64_t since_record_ms, int64_t records)
{
    return records >= HEAD_EVERY || since_head_ms >= HEAD_EVERY_MS || since_head_ms < 0 ||
           since_record_ms >= HEAD_IDLE_MS;
}

static enum hf_rc
head_if(const struct hf_env *env, int64_t now_ms, bool always)
{
    struct hf_arena      a = hf_arena();
    struct hf_db        *db = hf_store_reader(env->store);
    const char          *node = hf_store_node(env->store);
    struct hf_audit_head head = { .node = node, .at_ms = now_ms }, last;
    int64_t              record_at;
    enum hf_rc           rc = hf_audit_tail(db, node, &head.seq, &record_at, head.hash);

    if (rc == HF_OK && (rc = hf_audit_last_head(db, node, &a, &last)) == HF_OK &&
        head.seq > last.seq &&
        (always || is_due(now_ms - last.at_ms, now_ms - record_at, head.seq - last.seq)))
        rc = make_head(env, &head);
    hf_arena_clear(&a);
    return rc;
}

enum hf_rc
hf_audit_head_step(const struct hf_env *env, int64_t now_ms)
{
    return head_if(env, now_ms, false);
}

enum hf_rc
hf_audit_head_now(const struct hf_env *env, int64_t now_ms)
{
    return head_if(env, now_ms, true);
}
