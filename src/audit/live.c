#include "audit/live.h"

#include <stdlib.h>
#include <string.h>

#include "audit/walk.h"
#include "base/file.h"
#include "crypto/keys.h"

enum hf_rc
hf_audit_live_key(const struct hf_env *env, uint8_t out[HF_AUDIT_HASH])
{
    struct hf_wr spki = hf_wr(4096);
    enum hf_rc   rc = hf_keys_public(env->keys, "audit", &spki);

    if (rc == HF_OK)
        rc = hf_audit_fingerprint(hf_wr_bytes(&spki), out);
    hf_wr_clear(&spki);
    return rc;
}

static enum hf_rc
feed_key(void *arg, struct hf_bytes spki)
{
    return hf_audit_check_key(arg, spki);
}

static enum hf_rc
feed_record(void *arg, const struct hf_audit_record *r)
{
    return hf_audit_check_record(arg, r);
}

static enum hf_rc
feed_head(void *arg, const struct hf_audit_head *head)
{
    return hf_audit_check_head(arg, head);
}

/* -- The head that is kept outside ------------------------------------------------------------ */

/* The record that the kept head is about, as the database has it now. */
static enum hf_rc
compare_kept(struct hf_db *db, struct hf_audit_checker *c, const struct hf_audit_head *kept)
{
    struct hf_query q = hf_query(db, "SELECT hash FROM audit WHERE node = $1 AND seq = $2");
    struct hf_arena a = hf_arena();
    struct hf_bytes hash = { NULL, 0 };
    enum hf_rc      rc;

    hf_bind_text(&q, kept->node);
    hf_bind_int(&q, kept->seq);
    if (hf_step(&q))
        hash = hf_col_bytes(&q, &a);
    rc = hf_query_end(&q);
    if (rc == HF_OK && hash.n == 0)
        hf_audit_check_note(
            c,
            "node %.64s ends at record %lld, but a head of record %lld is kept outside of the "
            "database: records were cut off, or an older state was put back",
            kept->node, (long long)hf_audit_checker_seq(c, kept->node), (long long)kept->seq);
    else if (rc == HF_OK && !hf_bytes_eq(hash, hf_bytes(kept->hash, sizeof(kept->hash))))
        hf_audit_check_note(
            c,
            "record %lld of node %.64s is not the one that the head kept outside of the "
            "database is about",
            (long long)kept->seq, kept->node);
    hf_arena_clear(&a);
    return rc;
}

static enum hf_rc
read_kept(struct hf_wr *text, struct hf_arena *a, json_t **line, struct hf_audit_head *out)
{
    *line = json_loadb((const char *)text->p, text->n, JSON_REJECT_DUPLICATES, NULL);
    return *line != NULL ? hf_audit_head_read(*line, a, out) : hf_fail(HF_E_FORMAT, "no JSON");
}

static enum hf_rc
check_kept(const struct hf_env *env, struct hf_db *db, struct hf_audit_checker *c)
{
    struct hf_arena      a = hf_arena();
    struct hf_wr         text = hf_wr(65536);
    struct hf_audit_head kept;
    json_t              *line = NULL;
    enum hf_rc           rc = HF_OK, found;

    if (env->data_dir == NULL)
        return HF_OK;
    found = hf_file_read(hf_arena_fmt(&a, "%s/audit.head", env->data_dir), &text);
    if (found == HF_E_ABSENT && hf_audit_checker_head(c, hf_store_node(env->store)) > 0)
        hf_audit_check_note(c, "the head kept outside of the database (audit.head) is missing");
    else if (found != HF_OK && found != HF_E_ABSENT)
        rc = found;
    else if (found == HF_OK && read_kept(&text, &a, &line, &kept) != HF_OK)
        hf_audit_check_note(c, "audit.head cannot be read: %s", hf_reason());
    else if (found == HF_OK)
        rc = compare_kept(db, c, &kept);
    json_decref(line);
    hf_wr_clear(&text);
    hf_arena_clear(&a);
    return rc;
}

/* -- All of it ------------------------------------------------------------------------------------ */

/* Numbers below 1 belong to no chain, and the walk would not meet them. */
static enum hf_rc
check_strays(struct hf_db *db, struct hf_audit_checker *c)
{
    struct hf_query q = hf_query(db, "SELECT COUNT(*) FROM audit WHERE seq < 1");
    int64_t         n = hf_step(&q) ? hf_col_int(&q) : 0;
    enum hf_rc      rc = hf_query_end(&q);

    if (rc == HF_OK && n > 0)
        hf_audit_check_note(c, "%lld records have numbers below 1: inserted", (long long)n);
    return rc;
}

static enum hf_rc
feed_node(struct hf_db *db, struct hf_audit_checker *c, const char *node)
{
    const struct hf_audit_visitor v = { feed_record, feed_head, c };
    struct hf_arena               a = hf_arena();
    struct hf_audit_head          last;
    uint8_t                       hash[HF_AUDIT_HASH];
    int64_t                       seq, at_ms;
    enum hf_rc                    rc = hf_audit_tail(db, node, &seq, &at_ms, hash);

    /* heads may go further than records: then records were cut off */
    if (rc == HF_OK && (rc = hf_audit_last_head(db, node, &a, &last)) == HF_OK)
        rc = hf_audit_walk(db, node, 0, last.seq > seq ? last.seq : seq, &v);
    hf_arena_clear(&a);
    return rc;
}

static enum hf_rc
feed_all(const struct hf_env *env, struct hf_db *db, struct hf_audit_checker *c)
{
    struct hf_arena a = hf_arena();
    const char    **node;
    size_t          nodes;
    enum hf_rc      rc = hf_audit_walk_keys(db, feed_key, c);

    if (rc == HF_OK && (rc = hf_audit_nodes(db, &a, &node, &nodes)) == HF_OK)
        for (size_t i = 0; i < nodes && rc == HF_OK; i++)
            rc = feed_node(db, c, node[i]);
    if (rc == HF_OK && (rc = check_strays(db, c)) == HF_OK)
        rc = check_kept(env, db, c);
    hf_arena_clear(&a);
    return rc;
}

enum hf_rc
hf_audit_verify_live(const struct hf_env *env, struct hf_audit_report *out)
{
    struct hf_db            *db = hf_store_reader(env->store);
    struct hf_audit_checker *c = NULL;
    uint8_t                  trusted[HF_AUDIT_HASH];
    enum hf_rc               rc = db == NULL ? HF_E_STORE : hf_audit_live_key(env, trusted);

    if (rc == HF_OK && (rc = hf_audit_checker_new(trusted, &c)) == HF_OK &&
        (rc = feed_all(env, db, c)) == HF_OK)
        *out = *hf_audit_checker_end(c);
    hf_audit_checker_free(c);
    return rc;
}
