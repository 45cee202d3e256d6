/*
 * migrate.c - numbered schema files, embedded, applied in order, never edited.
 *
 * Table schema_step holds number, name and SHA-256 of every file that was
 * applied. A file is applied in one transaction with its row.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "base/log.h"
#include "base/text.h"
#include "store/engine.h"

#define STEPS_MAX 999
static const char id_word[] = "HUFU_ID", key_word[] = "HUFU_KEY";

struct step {
    int64_t         number;
    const char     *name; /* "001-store.sql" */
    struct hf_bytes text;
    char            checksum[65];
};

struct schema {
    struct hf_store *store;
    struct step     *step;
    size_t           n;
    size_t           next; /* the step to apply now */
};

/* -- What the program carries ------------------------------------------------------------- */

static enum hf_rc
checksum_of(struct hf_bytes text, char out[65])
{
    uint8_t digest[32];

    if (EVP_Digest(text.p, text.n, digest, NULL, EVP_sha256(), NULL) != 1)
        return hf_fail(HF_E_CRYPTO, "schema: SHA-256");
    hf_hex(hf_bytes(digest, sizeof(digest)), out);
    return HF_OK;
}

static int
by_number(const void *a, const void *b)
{
    const struct step *x = a, *y = b;

    return x->number < y->number ? -1 : x->number > y->number;
}

static enum hf_rc
add_step(struct schema *s, const char *name, struct hf_bytes text)
{
    struct step *step = &s->step[s->n];

    if (strlen(name) < 5 || strspn(name, "0123456789") != 3 || name[3] != '-' || s->n == STEPS_MAX)
        return hf_fail(HF_E_BUG, "schema file %s: name is not NNN-name.sql", name);
    step->number = strtol(name, NULL, 10);
    step->name = name;
    step->text = text;
    s->n++;
    return checksum_of(text, step->checksum);
}

static enum hf_rc
gather_steps(const struct hf_asset *asset, struct schema *s)
{
    static const char folder[] = "schema/";
    enum hf_rc        rc;

    for (; asset->name != NULL; asset++) {
        if (strncmp(asset->name, folder, sizeof(folder) - 1) != 0)
            continue;
        if ((rc = add_step(s, asset->name + sizeof(folder) - 1, hf_bytes(asset->p, asset->n))) !=
            HF_OK)
            return rc;
    }
    qsort(s->step, s->n, sizeof(*s->step), by_number);
    for (size_t i = 1; i < s->n; i++)
        if (s->step[i].number == s->step[i - 1].number)
            return hf_fail(HF_E_BUG, "schema files %s and %s have one number", s->step[i - 1].name,
                           s->step[i].name);
    return HF_OK;
}

/* -- What the database has seen ------------------------------------------------------------- */

static const struct step *
find_step(const struct schema *s, int64_t number)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->step[i].number == number)
            return &s->step[i];
    return NULL;
}

static enum hf_rc
check_applied(const struct schema *s, int64_t number, const char *name, const char *checksum)
{
    const struct step *step = find_step(s, number);

    if (step == NULL)
        return hf_fail(HF_E_STATE,
                       "the database has schema step %s, which this program does not know: "
                       "it belongs to a newer version",
                       name);
    if (strcmp(step->checksum, checksum) != 0)
        return hf_fail(HF_E_STATE,
                       "schema step %s differs from the one that the database was made with", name);
    return HF_OK;
}

/* Check all applied steps; s->next becomes the first one that is missing, or s->n. */
static enum hf_rc
compare(struct hf_db *db, struct schema *s)
{
    struct hf_query q =
        hf_query(db, "SELECT number, name, checksum FROM schema_step ORDER BY number");
    struct hf_arena arena = hf_arena();
    enum hf_rc      rc = HF_OK, ended;
    bool            applied[STEPS_MAX + 1] = { false };

    while (rc == HF_OK && hf_step(&q)) {
        int64_t     number = hf_col_int(&q);
        const char *name = hf_col_text(&q, &arena);
        const char *checksum = hf_col_text(&q, &arena);

        if (q.rc == HF_OK && (rc = check_applied(s, number, name, checksum)) == HF_OK)
            applied[number] = true;
    }
    hf_arena_clear(&arena);
    if (rc != HF_OK) { /* its text shall stand */
        hf_query_drop(&q);
        return rc;
    }
    if ((ended = hf_query_end(&q)) != HF_OK)
        return ended;
    for (s->next = 0; s->next < s->n && applied[s->step[s->next].number]; s->next++)
        ;
    return HF_OK;
}

/* -- Applying -------------------------------------------------------------------------------------- */

static const uint8_t *
find(struct hf_bytes text, const char *word)
{
    return text.n == 0 ? NULL : memmem(text.p, text.n, word, strlen(word));
}

/* The file's text with HUFU_ID and HUFU_KEY replaced by the engine's own words. */
static enum hf_rc
text_for_engine(const struct schema *s, const struct step *step, struct hf_wr *out)
{
    struct hf_bytes left = step->text;
    const uint8_t  *id, *key;
    size_t          before;
    bool            is_id;

    for (;;) {
        id = find(left, id_word);
        key = find(left, key_word);
        if (id == NULL && key == NULL)
            break;
        is_id = key == NULL || (id != NULL && id < key);
        before = (size_t)((is_id ? id : key) - left.p);
        hf_wr_put(out, hf_bytes(left.p, before));
        hf_wr_str(out, is_id ? s->store->engine->id_column : s->store->engine->key_column);
        before += strlen(is_id ? id_word : key_word);
        left = hf_bytes(left.p + before, left.n - before);
    }
    hf_wr_put(out, left);
    hf_wr_u8(out, 0);
    return hf_wr_end(out, &(struct hf_bytes){ 0 });
}

static enum hf_rc
record_step(struct hf_db *tx, const struct step *step)
{
    struct hf_query q = hf_query(tx, "INSERT INTO schema_step (number, name, checksum, at)"
                                     " VALUES ($1, $2, $3, $4)");

    hf_bind_int(&q, step->number);
    hf_bind_text(&q, step->name);
    hf_bind_text(&q, step->checksum);
    hf_bind_int(&q, hf_now_ms());
    return hf_query_end(&q);
}

/* Look again, inside the transaction: another process may have been faster. */
static enum hf_rc
apply_next(struct hf_db *tx, void *arg)
{
    struct schema *s = arg;
    struct hf_wr   sql = hf_wr((size_t)1 << 20);
    enum hf_rc     rc = compare(tx, s);

    if (rc != HF_OK || s->next == s->n)
        return rc;
    if ((rc = text_for_engine(s, &s->step[s->next], &sql)) == HF_OK &&
        (rc = hf_exec(tx, (const char *)sql.p)) == HF_OK)
        rc = record_step(tx, &s->step[s->next]);
    hf_wr_clear(&sql);
    return rc == HF_OK ? HF_OK : hf_because(rc, "schema step %s", s->step[s->next].name);
}

static enum hf_rc
apply_all(struct schema *s)
{
    struct hf_db *db;
    enum hf_rc    rc;

    for (;;) {
        if ((db = hf_store_reader(s->store)) == NULL)
            return HF_E_STORE;
        if ((rc = compare(db, s)) != HF_OK || s->next == s->n)
            return rc;
        if ((rc = hf_store_write(s->store, apply_next, s)) != HF_OK)
            return rc;
        if (s->next < s->n)
            hf_log(HF_INFO, "store.schema", HF_F_STR("step", s->step[s->next].name));
    }
}

enum hf_rc
hf_store_migrate_assets(struct hf_store *store, const struct hf_asset *assets)
{
    struct schema s = { .store = store };
    enum hf_rc    rc;

    if ((s.step = calloc(STEPS_MAX, sizeof(*s.step))) == NULL)
        return hf_fail(HF_E_NOMEM, "schema");
    if ((rc = gather_steps(assets, &s)) == HF_OK &&
        (rc = store->engine->schema_begin(store)) == HF_OK) {
        rc = apply_all(&s);
        store->engine->schema_end(store);
    }
    free(s.step);
    return rc;
}

enum hf_rc
hf_store_migrate(struct hf_store *store)
{
    return hf_store_migrate_assets(store, hf_assets());
}
