#include "pki/list.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "pki/rows.h"

#define DAY_MS INT64_C(86400000)
#define WEEK_MS (7 * DAY_MS)

/* -- Filters ---------------------------------------------------------------------------- */

/* A WHERE clause that grows, and the values for its parameters in order. */
struct where {
    struct hf_wr    sql;
    struct hf_arena arena;
    struct {
        const char *text; /* or, when NULL, the number */
        int64_t     number;
    } value[24];
    int  n;
    bool words; /* reads cert_words, by its own order */
};

static void
add(struct where *w, const char *condition)
{
    hf_wr_fmt(&w->sql, "%s%s", w->sql.n == 0 ? "WHERE " : " AND ", condition);
}

static int
value(struct where *w, const char *text)
{
    w->value[w->n].text = text;
    return ++w->n;
}

/* A condition around one parameter. */
static void
add_text(struct where *w, const char *before, const char *after, const char *text)
{
    int n = value(w, text);

    add(w, "");
    hf_wr_fmt(&w->sql, "%s$%d%s", before, n, after);
}

static void
add_int(struct where *w, const char *before, int64_t v)
{
    w->value[w->n].text = NULL;
    w->value[w->n].number = v;
    w->n++;
    add(w, "");
    hf_wr_fmt(&w->sql, "%s$%d", before, w->n);
}

/* "%text%" in lower case, with LIKE's own characters escaped by '!'. */
static const char *
pattern(const char *text, struct hf_arena *a)
{
    char *out = hf_arena_get(a, 2 * strlen(text) + 3), *p = out;

    *p++ = '%';
    for (; *text != '\0'; text++) {
        if (strchr("%_!", *text) != NULL)
            *p++ = '!';
        *p++ = (char)tolower((unsigned char)*text);
    }
    *p++ = '%';
    *p = '\0';
    return out;
}

/* Anything that a person may type into one field. */
static void
add_find(struct where *w, const char *text)
{
    w->words = true;
    add_text(w, "cert_words.words LIKE ", " ESCAPE '!'", pattern(text, &w->arena));
}

static enum hf_rc
add_serial(struct where *w, const char *text)
{
    const char *normal = hf_serial_normal(text, &w->arena);

    if (normal == NULL)
        return hf_fail_field(HF_E_ARG, "serial", "must be 1 to 40 hexadecimal digits");
    /* 'g' follows every hexadecimal digit: the range is what begins with `normal` */
    add_text(w, "cert.serial >= ", "", normal);
    add_text(w, "cert.serial < ", "", hf_arena_fmt(&w->arena, "%sg", normal));
    return HF_OK;
}

static enum hf_rc
add_state(struct where *w, const char *state, int64_t now_ms)
{
    static const struct {
        const char *word, *condition, *time;
    } states[] = {
        /* the sign keeps the engine off the index by end: most are active, newest first finds a
           page soon */
        { "active", "cert.state = 0", "+cert.not_after_ms > " },
        { "expired", "cert.state = 0", "cert.not_after_ms <= " },
        { "suspended", "cert.state = 1", NULL },
        { "revoked", "cert.state = 2", NULL },
    };

    for (size_t i = 0; i < HF_COUNT(states); i++) {
        if (strcmp(states[i].word, state) != 0)
            continue;
        add(w, states[i].condition);
        if (states[i].time != NULL)
            add_int(w, states[i].time, now_ms);
        return HF_OK;
    }
    return hf_fail_field(HF_E_ARG, "state", "must be active, suspended, revoked or expired");
}

/* What ties the tables of list_by_words together. */
static void
add_ties(struct where *w)
{
    if (w->words)
        add(w, "cert.id = cert_words.id AND ca.id = cert.ca_id");
}

static enum hf_rc
build(struct where *w, const struct hf_cert_filter *f)
{
    enum hf_rc rc = HF_OK;

    *w = (struct where){ .sql = hf_wr(4096), .arena = hf_arena() };
    if (f->serial != NULL)
        rc = add_serial(w, f->serial);
    if (rc == HF_OK && f->state != NULL)
        rc = add_state(w, f->state, f->now_ms);
    if (f->profile != NULL)
        add_text(w, "cert.profile = ", "", f->profile);
    if (f->person != NULL)
        add_text(w, "cert.person <> '' AND cert.person = ", "", f->person);
    if (f->ca != NULL)
        add_text(w, "cert.ca_id IN (SELECT id FROM ca WHERE name = ", ")", f->ca);
    if (f->alg != NULL)
        add_text(w, "cert.alg = ", "", f->alg);
    if (f->expires_from_ms != 0)
        add_int(w, "cert.not_after_ms >= ", f->expires_from_ms);
    if (f->expires_to_ms != 0)
        add_int(w, "cert.not_after_ms < ", f->expires_to_ms);
    if (f->subject != NULL)
        add_text(w, "lower(cert.subject) LIKE ", " ESCAPE '!'", pattern(f->subject, &w->arena));
    if (f->san != NULL)
        add_text(w, "cert.san LIKE ", " ESCAPE '!'", pattern(f->san, &w->arena));
    if (f->find != NULL)
        add_find(w, f->find);
    add_ties(w);
    return rc == HF_OK ? w->sql.rc : rc;
}

static void
bind_all(struct hf_query *q, const struct where *w)
{
    for (int i = 0; i < w->n; i++) {
        if (w->value[i].text != NULL)
            hf_bind_text(q, w->value[i].text);
        else
            hf_bind_int(q, w->value[i].number);
    }
}

static void
clear(struct where *w)
{
    hf_wr_clear(&w->sql);
    hf_arena_clear(&w->arena);
}

/* "head WHERE ... tail" as one text in the arena of w. */
static const char *
statement(struct where *w, const char *head, const char *tail)
{
    char *clause = hf_arena_text(&w->arena, hf_wr_bytes(&w->sql));

    return hf_arena_fmt(&w->arena, "%s%s%s", head, clause, tail);
}

static const char list_by_id[] = "SELECT " HF_CERT_COLUMNS HF_CERT_FROM;
/* CROSS JOIN: the words are walked, newest first, and the rest is looked up for what was found */
static const char list_by_words[] =
    "SELECT " HF_CERT_COLUMNS " FROM cert_words CROSS JOIN cert CROSS JOIN ca ";

enum hf_rc
hf_cert_list(struct hf_db *db, const struct hf_cert_filter *f, struct hf_arena *a,
             struct hf_issued *out, size_t max, size_t *n)
{
    struct where    w;
    struct hf_query q;
    char            tail[64];
    enum hf_rc      rc = build(&w, f);

    *n = 0;
    if (rc == HF_OK) {
        const char *table = w.words ? "cert_words" : "cert";

        if (f->after != 0)
            add_int(&w, w.words ? "cert_words.id < " : "cert.id < ", f->after);
        snprintf(tail, sizeof(tail), " ORDER BY %s.id DESC LIMIT %zu", table, max);
        q = hf_query_text(db, statement(&w, w.words ? list_by_words : list_by_id, tail));
        bind_all(&q, &w);
        while (*n < max && hf_step(&q))
            hf_cert_row(&q, a, &out[(*n)++]);
        rc = hf_query_end(&q);
    }
    clear(&w);
    return rc;
}

/* -- Figures ------------------------------------------------------------------------------- */

static const char sql_total[] = "SELECT count(*) FROM cert";
static const char sql_bad[] = "SELECT state, count(*) FROM cert WHERE state <> 0 GROUP BY state";
static const char sql_past[] = "SELECT count(*) FROM cert WHERE not_after_ms <= $1";
static const char sql_past_bad[] =
    "SELECT count(*) FROM cert WHERE state <> 0 AND not_after_ms <= $1";
/* each from one index alone: all that end in a time, less those that are suspended or revoked */
static const char sql_ending[] = "SELECT (not_after_ms - $1) / 86400000, count(*) FROM cert "
                                 "WHERE not_after_ms > $2 AND not_after_ms <= $3 GROUP BY 1";
static const char sql_ending_bad[] =
    "SELECT (not_after_ms - $1) / 86400000, count(*) FROM cert "
    "WHERE state <> 0 AND not_after_ms > $2 AND not_after_ms <= $3 GROUP BY 1";
/* cert.id begins with the time of issue in milliseconds */
static const char sql_issued[] =
    "SELECT ($1 - id / 1048576) / 604800000, count(*) FROM cert WHERE id > $2 GROUP BY 1";

static enum hf_rc
count_one(struct hf_db *db, const char *sql, int64_t now_ms, int64_t *out)
{
    struct hf_query q = hf_query(db, sql);

    if (sql != sql_total)
        hf_bind_int(&q, now_ms);
    *out = hf_step(&q) ? hf_col_int(&q) : 0;
    return hf_query_end(&q);
}

static enum hf_rc
count_states(struct hf_db *db, int64_t now_ms, struct hf_cert_stats *s)
{
    struct hf_query q = hf_query(db, sql_bad);
    int64_t         past = 0, past_bad = 0;
    enum hf_rc      rc;

    while (hf_step(&q)) {
        int64_t state = hf_col_int(&q);

        *(state == HF_CERT_SUSPENDED ? &s->suspended : &s->revoked) = hf_col_int(&q);
    }
    if ((rc = hf_query_end(&q)) != HF_OK ||
        (rc = count_one(db, sql_total, 0, &s->total)) != HF_OK ||
        (rc = count_one(db, sql_past, now_ms, &past)) != HF_OK ||
        (rc = count_one(db, sql_past_bad, now_ms, &past_bad)) != HF_OK)
        return rc;
    s->expired = past - past_bad;
    s->active = s->total - s->suspended - s->revoked - s->expired;
    return HF_OK;
}

static void
add_day(struct hf_cert_stats *s, int64_t day, int64_t n)
{
    s->in_30_days += day < 30 ? n : 0;
    s->in_60_days += day < 60 ? n : 0;
    s->in_90_days += day < 90 ? n : 0;
    if (day / 7 < HF_STATS_WEEKS)
        s->ending[day / 7] += n;
}

/* Add what a statement counts by day, times `sign`. */
static enum hf_rc
count_ending(struct hf_db *db, const char *sql, int64_t now_ms, int sign, struct hf_cert_stats *s)
{
    struct hf_query q = hf_query(db, sql);

    hf_bind_int(&q, now_ms);
    hf_bind_int(&q, now_ms);
    hf_bind_int(&q, now_ms + HF_STATS_WEEKS * WEEK_MS);
    while (hf_step(&q)) {
        int64_t day = hf_col_int(&q);

        add_day(s, day, sign * hf_col_int(&q));
    }
    return hf_query_end(&q);
}

/* Nothing but a state is asked for: the indexes know the answer. */
static bool
only_state(const struct hf_cert_filter *f)
{
    return f->find == NULL && f->serial == NULL && f->subject == NULL && f->san == NULL &&
           f->profile == NULL && f->person == NULL && f->ca == NULL && f->alg == NULL &&
           f->expires_from_ms == 0 && f->expires_to_ms == 0;
}

static enum hf_rc
total_by_state(struct hf_db *db, const struct hf_cert_filter *f, int64_t *total)
{
    struct hf_cert_stats s = { 0 };
    enum hf_rc           rc = count_states(db, f->now_ms, &s);
    const struct {
        const char *word;
        int64_t     n;
    } states[] = { { "active", s.active },
                   { "suspended", s.suspended },
                   { "revoked", s.revoked },
                   { "expired", s.expired } };

    *total = s.total;
    for (size_t i = 0; f->state != NULL && i < HF_COUNT(states); i++)
        if (strcmp(states[i].word, f->state) == 0)
            *total = states[i].n;
    return rc;
}

static const char total_by_id[] = "SELECT count(*) FROM cert ";

/* Searching by text reads every record there is, so it ends at HF_CERT_COUNTED. */
static const char *
total_statement(struct where *w, const struct hf_cert_filter *f)
{
    char tail[64];

    if (f->find == NULL && f->subject == NULL && f->san == NULL)
        return statement(w, total_by_id, "");
    snprintf(tail, sizeof(tail), " LIMIT %d) AS found", HF_CERT_COUNTED);
    return statement(w,
                     w->words ? "SELECT count(*) FROM (SELECT 1 FROM cert_words CROSS JOIN cert "
                                "CROSS JOIN ca "
                              : "SELECT count(*) FROM (SELECT 1 FROM cert ",
                     tail);
}

enum hf_rc
hf_cert_total(struct hf_db *db, const struct hf_cert_filter *f, int64_t *total)
{
    struct where    w;
    struct hf_query q;
    enum hf_rc      rc;

    *total = 0;
    if (only_state(f))
        return total_by_state(db, f, total);
    if ((rc = build(&w, f)) == HF_OK) {
        q = hf_query_text(db, total_statement(&w, f));
        bind_all(&q, &w);
        if (hf_step(&q))
            *total = hf_col_int(&q);
        rc = hf_query_end(&q);
    }
    clear(&w);
    return rc;
}

enum hf_rc
hf_cert_count(struct hf_db *db, int64_t now_ms, struct hf_cert_stats *s)
{
    struct hf_query q;
    enum hf_rc      rc;

    memset(s, 0, sizeof(*s));
    if ((rc = count_states(db, now_ms, s)) != HF_OK)
        return rc;
    if ((rc = count_ending(db, sql_ending, now_ms, 1, s)) != HF_OK ||
        (rc = count_ending(db, sql_ending_bad, now_ms, -1, s)) != HF_OK)
        return rc;
    q = hf_query(db, sql_issued);
    hf_bind_int(&q, now_ms);
    hf_bind_int(&q, (now_ms - HF_STATS_WEEKS * WEEK_MS) << 20);
    while (hf_step(&q)) {
        int64_t week = hf_col_int(&q), n = hf_col_int(&q);

        if (week >= 0 && week < HF_STATS_WEEKS)
            s->issued[week] += n;
    }
    return hf_query_end(&q);
}
