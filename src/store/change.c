/* change.c - sequences by which a cache learns that the truth has moved. */
#include "store/engine.h"

static const char bump_sql[] =
    "INSERT INTO store_change (topic, slot, sequence) VALUES ($1, $2, 1)"
    " ON CONFLICT (topic, slot) DO UPDATE SET sequence = store_change.sequence + 1";

static const char read_sql[] =
    "SELECT CAST(COALESCE(SUM(sequence), 0) AS BIGINT) FROM store_change WHERE topic = $1";

enum hf_rc
hf_change_bump(struct hf_db *tx, const char *topic)
{
    struct hf_query q = hf_query(tx, bump_sql);

    hf_bind_text(&q, topic);
    hf_bind_int(&q, tx->slot);
    tx->bumped = true;
    return hf_query_end(&q);
}

enum hf_rc
hf_change_read(struct hf_db *db, const char *topic, int64_t *sequence)
{
    struct hf_query q = hf_query(db, read_sql);

    *sequence = 0;
    hf_bind_text(&q, topic);
    if (hf_step(&q))
        *sequence = hf_col_int(&q);
    return hf_query_end(&q);
}
