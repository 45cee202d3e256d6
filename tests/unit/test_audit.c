/* test_audit.c - acts and their records, the chain, its heads, and every way to tamper with them. */
#include "unit/env.h"

#include <pthread.h>
#include <stdatomic.h>

#include "audit/act.h"
#include "audit/export.h"
#include "audit/live.h"
#include "audit/ops.h"
#include "audit/seal.h"
#include "base/file.h"

static const struct hf_op act_op = { .name = "thing do", .args = "[--n <number>] [--pin <secret>]",
                                     .audit = "thing.done", .may = HF_MAY_SETTINGS };
static const struct hf_op secret_op = { .name = "thing make", .args = "", .audit = "thing.made",
                                        .may = HF_MAY_SETTINGS, .flags = HF_OP_SECRET };

/* -- Acts ------------------------------------------------------------------------------ */

struct doing {
    struct hf_call *call;
    enum hf_rc      rc;
    int             runs;
};

static enum hf_rc
do_thing(struct hf_db *tx, void *arg)
{
    struct doing *d = arg;
    enum hf_rc    rc = hf_change_bump(tx, "thing");

    d->runs++;
    d->call->object = "thing-1";
    json_object_set_new(d->call->detail, "colour", json_string("青"));
    json_object_set_new(d->call->reply, "made", json_integer(7));
    return rc != HF_OK ? rc : d->rc != HF_OK ? hf_fail(d->rc, "refused") : HF_OK;
}

static struct hf_call
call_of(struct t_env *e, const struct hf_op *op, const char *request, const char *args)
{
    return (struct hf_call){ .op = op, .env = &e->env, .actor = &e->admin, .arena = &e->arena,
                             .request_id = request, .approval = "", .now_ms = e->now_ms, .object = "",
                             .args = json_loads(args, 0, NULL), .reply = json_object(),
                             .detail = json_object() };
}

static void
call_done(struct hf_call *c)
{
    json_decref(c->args);
    json_decref(c->reply);
    json_decref(c->detail);
}

static void
act(struct t_env *e)
{
    struct hf_call c = call_of(e, &act_op, "", "{}");
    struct doing   d = { .call = &c };

    T_OK(hf_act_commit(&c, do_thing, &d));
    T_TRUE(c.committed);
    call_done(&c);
}

static void
an_act_and_its_record_are_one(struct t_env *e)
{
    struct hf_call c = call_of(e, &act_op, "r-1", "{\"n\":1}");
    struct doing   d = { .call = &c, .rc = HF_E_POLICY };

    T_RC(hf_act_commit(&c, do_thing, &d), HF_E_POLICY);
    T_FALSE(c.committed);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit"), 0);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM request"), 0);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM store_change WHERE topic = 'thing'"), 0);
    d.rc = HF_OK;
    T_OK(hf_act_commit(&c, do_thing, &d));
    T_TRUE(c.committed);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'thing.done' AND object = 'thing-1'"
                    " AND detail = '{\"colour\":\"青\"}' AND request = 'r-1' AND actor = 'local'"
                    " AND strength = 'certificate' AND number = 1 AND seq IS NULL"), 1);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM store_change WHERE topic = 'thing'"), 1);
    call_done(&c);
}

static void
a_request_is_done_once(struct t_env *e)
{
    struct hf_call c = call_of(e, &act_op, "r-1", "{\"n\":1,\"pin\":\"1234\"}");
    struct hf_call same = call_of(e, &act_op, "r-1", "{\"pin\":\"9999\",\"n\":1}");
    struct hf_call other = call_of(e, &act_op, "r-1", "{\"n\":2}");
    struct hf_call elsewhere = call_of(e, &secret_op, "r-1", "{}");
    struct hf_call secret = call_of(e, &secret_op, "r-2", "{}");
    struct doing   d = { .call = &c }, again = { .call = &same };
    json_t        *reply;

    T_OK(hf_act_recall(&c, &reply));
    T_TRUE(reply == NULL);
    T_OK(hf_act_commit(&c, do_thing, &d));
    T_OK(hf_act_recall(&same, &reply)); /* secrets are not part of what is compared */
    T_EQ(json_integer_value(json_object_get(reply, "made")), 7);
    json_decref(reply);
    T_RC(hf_act_recall(&other, &reply), HF_E_EXISTS);
    T_RC(hf_act_recall(&elsewhere, &reply), HF_E_EXISTS);
    other.actor = &e->nobody;
    T_RC(hf_act_recall(&other, &reply), HF_E_EXISTS);

    /* two at the same time: the second one comes too late and gives the first one's answer */
    json_object_set_new(same.reply, "stale", json_true());
    T_OK(hf_act_commit(&same, do_thing, &again));
    T_EQ(again.runs, 1);
    T_TRUE(json_object_get(same.reply, "stale") == NULL);
    T_EQ(json_integer_value(json_object_get(same.reply, "made")), 7);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit"), 1);

    d.call = &secret;
    T_OK(hf_act_commit(&secret, do_thing, &d));
    T_RC(hf_act_recall(&secret, &reply), HF_E_EXISTS);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM request WHERE reply IS NULL"), 1);

    T_OK(hf_act_forget_step(&e->env, e->now_ms + 86399999));
    T_EQ(t_count(e, "SELECT COUNT(*) FROM request"), 2);
    T_OK(hf_act_forget_step(&e->env, e->now_ms + 86400000));
    T_EQ(t_count(e, "SELECT COUNT(*) FROM request"), 0);
    call_done(&c);
    call_done(&same);
    call_done(&other);
    call_done(&elsewhere);
    call_done(&secret);
}

static void
anything_from_outside_can_be_recorded(struct t_env *e)
{
    char            longer[4000];
    json_t         *detail = json_object();
    struct hf_event event = { .at_ms = e->now_ms, .name = "login.refused", .result = "E_DENIED",
                              .actor = &e->nobody, .object = "\xff\xfe", .reason = longer };

    for (size_t i = 0; i + 3 < sizeof(longer); i += 3)
        memcpy(longer + i, "虎", 4);
    T_OK(hf_audit_write(e->env.store, &event));
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE object = 'hex:fffe' AND length(reason) < 400"), 1);
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    for (int i = 0; i < 20; i++) {
        char name[8];

        snprintf(name, sizeof(name), "m%d", i);
        json_object_set_new(detail, name, json_string(longer));
    }
    event.detail = detail;
    T_RC(hf_audit_write(e->env.store, &event), HF_E_TOOBIG);
    json_decref(detail);
}

/* -- A trail to tamper with ----------------------------------------------------------------- */

static void
make_key(struct t_env *e)
{
    struct hf_wr spki = hf_wr(4096);

    T_OK(hf_keys_generate(e->env.keys, "audit", HF_ALG_SM2, &spki));
    hf_wr_clear(&spki);
}

static void
seal(struct t_env *e)
{
    T_OK(hf_audit_seal_step(&e->env, e->now_ms));
    T_OK(hf_audit_head_now(&e->env, e->now_ms));
}

/* Twelve records under heads 4, 8 and 12. */
static void
make_trail(struct t_env *e)
{
    make_key(e);
    for (int i = 0; i < 12; i++) {
        act(e);
        if (i % 4 == 3)
            seal(e);
    }
}

static struct hf_audit_report
live(struct t_env *e)
{
    struct hf_audit_report r = { .findings = -1 };

    T_OK(hf_audit_verify_live(&e->env, &r));
    return r;
}

static void
print_findings(const struct hf_audit_report *r)
{
    for (int64_t i = 0; i < r->findings && i < HF_AUDIT_FINDINGS; i++)
        printf("    %s\n", r->finding[i]);
}

static void
a_whole_trail_is_found_whole(struct t_env *e)
{
    struct hf_audit_report r;

    make_trail(e);
    r = live(e);
    T_EQ(r.findings, 0);
    T_EQ(r.records, 12);
    T_EQ(r.heads, 3);
    T_EQ(r.uncovered, 0);
    T_EQ(strlen(r.key), 64);
    act(e);
    T_OK(hf_audit_seal_step(&e->env, e->now_ms));
    act(e);
    r = live(e);
    print_findings(&r);
    T_EQ(r.findings, 0);
    T_EQ(r.records, 13); /* the fourteenth is not sealed */
    T_EQ(r.uncovered, 1);
}

static void
heads_come_when_they_are_due(struct t_env *e)
{
    make_key(e);
    T_OK(hf_audit_head_step(&e->env, e->now_ms));
    act(e);
    T_OK(hf_audit_seal_step(&e->env, e->now_ms));
    T_OK(hf_audit_head_step(&e->env, e->now_ms)); /* the first one at once */
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit_head"), 1);
    e->now_ms += 100;
    act(e);
    T_OK(hf_audit_seal_step(&e->env, e->now_ms));
    T_OK(hf_audit_head_step(&e->env, e->now_ms + 100)); /* more may come */
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit_head"), 1);
    T_OK(hf_audit_head_step(&e->env, e->now_ms + 400)); /* nothing came */
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit_head"), 2);
    e->now_ms += 3000;
    act(e);
    T_OK(hf_audit_seal_step(&e->env, e->now_ms));
    T_OK(hf_audit_head_step(&e->env, e->now_ms + 10)); /* the last one is old */
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit_head"), 3);
    T_OK(hf_audit_head_step(&e->env, e->now_ms + 100000));
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit_head"), 3);
}

/* -- Tampering with the live store --------------------------------------------------------------- */

static enum hf_rc
run_sql(struct hf_db *tx, void *arg)
{
    return hf_exec(tx, arg);
}

struct tamper {
    const char *what;
    const char *sql;
    const char *found; /* in the first finding */
    const char *outside; /* the same for a finding that only the kept head gives */
};

/* $N would be a parameter: everything is in the text. */
static const struct tamper live_tampers[] = {
    { "a record's content", "UPDATE audit SET actor = 'someone' WHERE seq = 5", "record 5 of", NULL },
    { "a record's time", "UPDATE audit SET at = at + 1 WHERE seq = 1", "record 1 of", NULL },
    { "a record's detail", "UPDATE audit SET detail = '' WHERE seq = 12", "record 12 of", NULL },
    { "a record's hash", "UPDATE audit SET hash = (SELECT hash FROM audit_head WHERE seq = 4) WHERE seq = 7",
      "record 7 of", NULL },
    { "a record is deleted", "DELETE FROM audit WHERE seq = 6", "record 6 of node node is missing", NULL },
    { "records are deleted", "DELETE FROM audit WHERE seq IN (2, 3)", "records 2 to 3 of node node are missing",
      NULL },
    { "two are exchanged",
      "UPDATE audit SET seq = 100 WHERE seq = 6; UPDATE audit SET seq = 6 WHERE seq = 7;"
      "UPDATE audit SET seq = 7 WHERE seq = 100", "record 6 of", NULL },
    { "one is inserted at the end",
      "INSERT INTO audit (node, origin, number, at, event, result, actor_kind, actor_id, actor, strength,"
      " address, object, reason, request, detail, seq, hash) SELECT node, origin, 13, at, event, result,"
      " actor_kind, actor_id, actor, strength, address, object, reason, request, detail, 13, hash FROM audit"
      " WHERE seq = 12", "record 13 of", NULL },
    { "one is inserted before the chain",
      "INSERT INTO audit (node, origin, number, at, event, result, actor_kind, actor_id, actor, strength,"
      " address, object, reason, request, detail, seq, hash) SELECT node, origin, 99, at, event, result,"
      " actor_kind, actor_id, actor, strength, address, object, reason, request, detail, 0, hash FROM audit"
      " WHERE seq = 12", "numbers below 1", NULL },
    { "the end is cut off, heads stay", "DELETE FROM audit WHERE seq > 9",
      "head 12 of node node stands behind record 9", NULL },
    { "the end is cut off with its heads", "DELETE FROM audit WHERE seq > 8; DELETE FROM audit_head WHERE seq > 8",
      NULL, "ends at record 8, but a head of record 12 is kept outside" },
    { "a head's signature",
      "UPDATE audit_head SET signature = (SELECT signature FROM audit_head WHERE seq = 4) WHERE seq = 8",
      "head 8 of node node is forged", NULL },
    { "a head's time", "UPDATE audit_head SET at = at + 1 WHERE seq = 4", "head 4 of node node is forged", NULL },
    { "the key", "UPDATE audit_key SET spki = fingerprint", "public key cannot be used", NULL },
    { "all heads are gone", "DELETE FROM audit_head; DELETE FROM audit WHERE seq = 12", NULL,
      "ends at record 11" },
};

static void
tamper_with(struct t_env *e, const struct tamper *t)
{
    struct hf_audit_report r;
    const char            *wanted = t->found != NULL ? t->found : t->outside;

    make_trail(e);
    T_OK(hf_store_write(e->env.store, run_sql, (void *)(uintptr_t)t->sql));
    r = live(e);
    if (r.findings == 0 || strstr(r.finding[0], wanted) == NULL) {
        printf("  %s: expected \"%s\"\n", t->what, wanted);
        print_findings(&r);
        t_bad++;
    }
}

static void
tampering_with_the_store_is_found(void)
{
    for (int postgres = 0; postgres <= 1; postgres++) {
        for (size_t i = 0; i < HF_COUNT(live_tampers); i++) {
            struct t_env e;

            t_env_open(&e, postgres != 0);
            tamper_with(&e, &live_tampers[i]);
            t_env_close(&e);
        }
    }
}

static void
a_record_that_vanishes_before_it_is_sealed_leaves_a_gap(struct t_env *e)
{
    struct hf_audit_report r;

    make_trail(e);
    act(e);
    act(e);
    T_OK(hf_store_write(e->env.store, run_sql,
                        (char[]){ "DELETE FROM audit WHERE id = (SELECT MIN(id) FROM audit WHERE seq IS NULL)" }));
    seal(e);
    r = live(e);
    T_EQ(r.findings, 1);
    T_TRUE(strstr(r.finding[0], "record 13 of node node has number 14") != NULL);
    T_TRUE(strstr(r.finding[0], "vanished before it was sealed") != NULL);
}

/* Somebody with the database signs a history of his own. */
static void
a_trail_signed_by_another_key_is_found(struct t_env *e)
{
    struct hf_audit_report r;
    struct t_env           thief;
    struct hf_env          mixed;

    make_key(e);
    t_env_open(&thief, false);
    make_key(&thief);
    mixed = e->env;
    mixed.keys = thief.env.keys;
    act(e);
    T_OK(hf_audit_seal_step(&mixed, e->now_ms));
    T_OK(hf_audit_head_now(&mixed, e->now_ms));
    r = live(e);
    T_EQ(r.findings, 1);
    T_TRUE(strstr(r.finding[0], "signed by another key than the trusted one") != NULL);
    t_env_close(&thief);
}

/* -- Many writers, several sealers --------------------------------------------------------------------- */

struct crew {
    struct t_env *e;
    int           number, bad;
    atomic_bool  *stop;
};

static void *
write_records(void *arg)
{
    struct crew *c = arg;

    for (int i = 0; i < 40; i++) {
        struct hf_event event = { .at_ms = hf_now_ms(), .name = "crew", .result = "ok" };

        c->bad += hf_audit_write(c->e->env.store, &event) != HF_OK;
    }
    return NULL;
}

static void *
seal_records(void *arg)
{
    struct crew *c = arg;

    while (!atomic_load(c->stop))
        c->bad += hf_audit_seal_step(&c->e->env, hf_now_ms()) != HF_OK;
    return NULL;
}

static void
writers_and_sealers_make_one_chain(struct t_env *e)
{
    atomic_bool            stop = false;
    struct crew            crew[6];
    pthread_t              thread[6];
    struct hf_audit_report r;

    make_key(e);
    for (int i = 0; i < 6; i++) {
        crew[i] = (struct crew){ .e = e, .number = i, .stop = &stop };
        pthread_create(&thread[i], NULL, i < 4 ? write_records : seal_records, &crew[i]);
    }
    for (int i = 0; i < 6; i++) {
        if (i == 4)
            atomic_store(&stop, true);
        pthread_join(thread[i], NULL);
        T_EQ(crew[i].bad, 0);
    }
    seal(e);
    r = live(e);
    print_findings(&r);
    T_EQ(r.findings, 0);
    T_EQ(r.records, 160);
}

/* -- Exports ---------------------------------------------------------------------------------------------- */

static char *
export_text(struct t_env *e, int64_t limit)
{
    struct hf_wr w = hf_wr((size_t)4 << 20);
    const char  *cursor = "";
    int          pages = 0;

    do
        T_OK(hf_audit_export(&e->env, e->now_ms, limit, &e->arena, &cursor, &w));
    while (*cursor != '\0' && ++pages < 100);
    hf_wr_u8(&w, 0);
    return (char *)w.p; /* owned by the caller */
}

static struct hf_audit_report
verify_text(const char *text, size_t n, const uint8_t *trusted)
{
    struct hf_audit_checker *c;
    struct hf_audit_report   r;
    FILE                    *in = fmemopen((void *)(uintptr_t)(n > 0 ? text : "\n"), n > 0 ? n : 1, "r");

    T_OK(hf_audit_checker_new(trusted, &c));
    T_OK(hf_audit_verify_lines(c, in));
    r = *hf_audit_checker_end(c);
    hf_audit_checker_free(c);
    fclose(in);
    return r;
}

static void
an_export_is_verified_without_the_store(struct t_env *e)
{
    struct hf_audit_report r;
    uint8_t                key[32];
    char                  *whole, *pages;
    size_t                 n;

    make_trail(e);
    T_OK(hf_store_set_node(e->env.store, "second"));
    act(e);
    seal(e);
    act(e); /* not under a head: not in the export */
    whole = export_text(e, 1000);
    pages = export_text(e, 5);
    n = (size_t)(strstr(whole, "{\"type\":\"end\"") - whole); /* the last line has a new signature each time */
    T_TRUE(strncmp(whole, pages, n) == 0);
    T_EQ(verify_text(pages, strlen(pages), NULL).findings, 0);
    r = verify_text(whole, strlen(whole), NULL);
    print_findings(&r);
    T_EQ(r.findings, 0);
    T_EQ(r.records, 13);
    T_EQ(r.heads, 4);
    T_EQ(r.nodes, 2);
    T_OK(hf_audit_live_key(&e->env, key));
    T_EQ(verify_text(whole, strlen(whole), key).findings, 0);
    key[0] ^= 1;
    T_EQ(verify_text(whole, strlen(whole), key).findings, 5); /* each head and the end */
    /* cut anywhere: at a line's end or inside */
    for (n = 0; n < strlen(whole) - 1; n += 1 + n % 7)
        T_TRUE(verify_text(whole, n, NULL).findings > 0);
    free(whole);
    free(pages);
}

/* Every character of the text is changed, one at a time; none goes unnoticed except where nothing is said. */
static void
every_changed_byte_of_an_export_is_found(struct t_env *e)
{
    char  *text;
    size_t n, unnoticed = 0, first_line;

    if (e->postgres)
        return; /* the text does not depend on the engine */
    make_key(e);
    act(e);
    act(e);
    seal(e);
    text = export_text(e, 1000);
    n = strlen(text);
    first_line = (size_t)(strchr(text, '\n') - text);
    for (size_t i = first_line + 1; i < n - 1; i++) {
        char was = text[i];

        text[i] = (char)(was ^ 1);
        if (verify_text(text, n, NULL).findings == 0 && unnoticed++ < 5)
            printf("  unnoticed: byte %zu, %.30s\n", i, text + i - 10);
        text[i] = was;
    }
    T_EQ(unnoticed, 0);
    free(text);
}

static char *
line_at(char *text, int n, size_t *length)
{
    for (int i = 1; i < n; i++)
        text = strchr(text, '\n') + 1;
    *length = (size_t)(strchr(text, '\n') + 1 - text);
    return text;
}

/* The text with line `from` taken out and put in front of line `to` (as they are numbered then); 0: dropped. */
static struct hf_audit_report
verify_moved(const char *text, int from, int to, bool keep)
{
    char                  *copy = strdup(text), *made = calloc(1, 2 * strlen(text) + 1);
    char                  *line, *at;
    size_t                 n, before;
    struct hf_audit_report r;

    line = line_at(copy, from, &n);
    if (to == 0) {
        memmove(line, line + n, strlen(line + n) + 1);
        strcpy(made, copy);
    } else {
        char *own = strndup(line, n);

        if (!keep)
            memmove(line, line + n, strlen(line + n) + 1);
        at = line_at(copy, to, &n);
        before = (size_t)(at - copy);
        memcpy(made, copy, before);
        strcpy(made + before, own);
        strcat(made, at);
        free(own);
    }
    r = verify_text(made, strlen(made), NULL);
    free(copy);
    free(made);
    return r;
}

/* Lines: 1 beginning, 2 key, 3-6 records 1-4, 7 head, 8-11 records, 12 head, 13-16 records, 17 head, 18 end. */
static void
moved_lines_of_an_export_are_found(struct t_env *e)
{
    static const struct {
        int         from, to;
        bool        keep;
        const char *found;
    } moves[] = {
        { 5, 0, false, "line 5: record 3 of node node is missing" },
        { 3, 0, false, "line 3: record 1 of node node is missing" },
        { 16, 0, false, "line 16: head 12 of node node stands behind record 11" },
        { 5, 6, false, "line 5: record 3 of node node is missing" },
        { 5, 5, true, "line 6: record 3 of node node stands behind record 3: inserted or out of order" },
        { 7, 9, false, "line 9: head 4 of node node stands behind record 6" },
        { 17, 0, false, "records behind head 8 of node node" },
        { 2, 0, false, "signed by a key that is not there" },
        { 18, 0, false, "the export ends early" },
        { 18, 17, false, "line 17: records behind head 8 of node node" },
        { 1, 0, false, "the beginning of the export is missing" },
        { 1, 3, true, "a second beginning" },
    };
    char *text;

    make_trail(e);
    text = export_text(e, 1000);
    for (size_t i = 0; i < HF_COUNT(moves); i++) {
        struct hf_audit_report r;

        r = verify_moved(text, moves[i].from, moves[i].to, moves[i].keep);
        if (r.findings == 0 || strstr(r.finding[0], moves[i].found) == NULL) {
            printf("  move %d to %d: expected \"%s\"\n", moves[i].from, moves[i].to, moves[i].found);
            print_findings(&r);
            t_bad++;
        }
    }
    free(text);
}

/* -- Operations ---------------------------------------------------------------------------------------------- */

static void
operations_show_the_trail(struct t_env *e)
{
    struct hf_event event = { .name = "login.refused", .result = "E_DENIED", .actor = &e->nobody,
                              .object = "wang", .request_id = "r-1" };
    json_t         *reply;
    char            args[200], time[HF_TIME_TEXT];
    const char     *next;

    make_trail(e);
    event.at_ms = e->now_ms + 5000;
    T_OK(hf_audit_write(e->env.store, &event));

    T_OK(t_op(e, hf_audit_ops, "audit list", &e->admin, "{\"limit\":5}", &reply));
    T_EQ(json_integer_value(json_object_get(reply, "total")), 13);
    T_EQ(json_array_size(json_object_get(reply, "items")), 5);
    T_STR(t_member(json_array_get(json_object_get(reply, "items"), 0), "event"), "login.refused");
    T_TRUE(json_is_false(json_object_get(json_array_get(json_object_get(reply, "items"), 0), "sealed")));
    T_TRUE(json_is_true(json_object_get(json_array_get(json_object_get(reply, "items"), 1), "sealed")));
    next = t_member(reply, "next");
    snprintf(args, sizeof(args), "{\"limit\":1000,\"after\":\"%s\"}", next);
    json_decref(reply);
    T_OK(t_op(e, hf_audit_ops, "audit list", &e->admin, args, &reply));
    T_EQ(json_array_size(json_object_get(reply, "items")), 8);
    T_TRUE(json_is_null(json_object_get(reply, "next")));
    T_EQ(json_integer_value(json_object_get(reply, "total")), 13);
    json_decref(reply);

    T_OK(t_op(e, hf_audit_ops, "audit list", &e->admin,
              "{\"event\":\"login.*\",\"result\":\"E_DENIED\",\"object\":\"wang\",\"actor\":\"local\"}", &reply));
    T_EQ(json_integer_value(json_object_get(reply, "total")), 0);
    json_decref(reply);
    snprintf(args, sizeof(args), "{\"event\":\"login.*\",\"object\":\"wang\",\"from\":\"%s\"}",
             hf_time_text(event.at_ms - 1000, time));
    T_OK(t_op(e, hf_audit_ops, "audit list", &e->admin, args, &reply));
    T_EQ(json_integer_value(json_object_get(reply, "total")), 1);
    snprintf(args, sizeof(args), "{\"id\":\"%lld\"}",
             (long long)json_integer_value(
                 json_object_get(json_array_get(json_object_get(reply, "items"), 0), "id")));
    json_decref(reply);
    T_OK(t_op(e, hf_audit_ops, "audit list", &e->admin, "{\"request\":\"r-1\"}", &reply));
    T_EQ(json_integer_value(json_object_get(reply, "total")), 1);
    json_decref(reply);
    T_OK(t_op(e, hf_audit_ops, "audit list", &e->admin, "{\"request\":\"r-2\"}", &reply));
    T_EQ(json_integer_value(json_object_get(reply, "total")), 0);
    json_decref(reply);
    T_OK(t_op(e, hf_audit_ops, "audit show", &e->admin, args, &reply));
    T_STR(t_member(reply, "object"), "wang");
    T_STR(t_member(reply, "strength"), "none");
    json_decref(reply);
    T_RC(t_op(e, hf_audit_ops, "audit show", &e->admin, "{\"id\":\"4711\"}", NULL), HF_E_ABSENT);
    T_RC(t_op(e, hf_audit_ops, "audit show", &e->admin, "{\"id\":\"x\"}", NULL), HF_E_ARG);
    T_RC(t_op(e, hf_audit_ops, "audit list", &e->admin, "{\"from\":\"yesterday\"}", NULL), HF_E_ARG);
    T_STR(hf_reason_field(), "from");
    T_RC(t_op(e, hf_audit_ops, "audit list", &e->admin, "{\"after\":\"x\"}", NULL), HF_E_ARG);
}

/* What the process `work` does. */
static void *
work(void *arg)
{
    struct crew *c = arg;

    while (!atomic_load(c->stop)) {
        c->bad += hf_audit_seal_step(&c->e->env, hf_now_ms()) != HF_OK;
        c->bad += hf_audit_head_step(&c->e->env, hf_now_ms()) != HF_OK;
        usleep(5000);
    }
    return NULL;
}

static bool
has_finding(const json_t *reply, const char *wanted)
{
    json_t *list = json_object_get(reply, "findings");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (strstr(json_string_value(json_array_get(list, i)), wanted) != NULL)
            return true;
    return false;
}

static void
operations_verify_and_export(struct t_env *e)
{
    struct hf_audit_report r;
    json_t                *reply;
    atomic_bool            stop = false;
    struct crew            crew = { .e = e, .stop = &stop };
    pthread_t              thread;

    make_trail(e);
    T_OK(t_op(e, hf_audit_ops, "audit status", &e->admin, "{}", &reply));
    T_EQ(json_integer_value(json_object_get(reply, "records")), 12);
    T_EQ(json_integer_value(json_object_get(reply, "head")), 12);
    T_EQ(json_integer_value(json_object_get(reply, "unsealed")), 0);
    T_EQ(strlen(t_member(reply, "key")), 64);
    json_decref(reply);
    T_OK(t_op(e, hf_audit_ops, "audit verify", &e->admin, "{}", &reply));
    T_TRUE(json_is_true(json_object_get(reply, "valid")));
    T_EQ(json_integer_value(json_object_get(reply, "records")), 12);
    json_decref(reply);
    pthread_create(&thread, NULL, work, &crew);
    T_OK(t_op(e, hf_audit_ops, "audit export", &e->admin, "{}", &reply));
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    T_EQ(crew.bad, 0);
    r = verify_text(t_member(reply, "export"), strlen(t_member(reply, "export")), NULL);
    T_EQ(r.findings, 0);
    T_EQ(r.records, 13); /* with the record of the export itself */
    json_decref(reply);
    T_EQ(t_count(e, "SELECT COUNT(*) FROM audit WHERE event = 'audit.exported'"), 1);
    T_OK(t_op(e, hf_audit_ops, "audit export", &e->admin, "{\"limit\":5}", &reply));
    T_STR(t_member(reply, "next"), "node:5");
    json_decref(reply);
    T_RC(t_op(e, hf_audit_ops, "audit export", &e->admin, "{\"after\":\"nonsense\"}", NULL), HF_E_ARG);
    T_OK(hf_store_write(e->env.store, run_sql, (char[]){ "UPDATE audit SET result = 'ok!' WHERE seq = 3" }));
    T_OK(hf_store_write(e->env.store, run_sql, (char[]){ "UPDATE audit SET actor = 'x' WHERE seq = 7" }));
    T_OK(t_op(e, hf_audit_ops, "audit verify", &e->admin, "{}", &reply));
    T_TRUE(json_is_false(json_object_get(reply, "valid")));
    T_TRUE(has_finding(reply, "record 3 of node node") && has_finding(reply, "record 7 of node node"));
    json_decref(reply);
}

/* -- On both engines ---------------------------------------------------------------------------------------------- */

#define ON_BOTH(name)                                                                              \
    static void name##_on_both(void)                                                               \
    {                                                                                              \
        t_on_both(name);                                                                           \
    }
ON_BOTH(an_act_and_its_record_are_one)
ON_BOTH(a_request_is_done_once)
ON_BOTH(anything_from_outside_can_be_recorded)
ON_BOTH(a_whole_trail_is_found_whole)
ON_BOTH(heads_come_when_they_are_due)
ON_BOTH(a_record_that_vanishes_before_it_is_sealed_leaves_a_gap)
ON_BOTH(a_trail_signed_by_another_key_is_found)
ON_BOTH(writers_and_sealers_make_one_chain)
ON_BOTH(an_export_is_verified_without_the_store)
ON_BOTH(every_changed_byte_of_an_export_is_found)
ON_BOTH(moved_lines_of_an_export_are_found)
ON_BOTH(operations_show_the_trail)
ON_BOTH(operations_verify_and_export)

T_MAIN(T(an_act_and_its_record_are_one_on_both), T(a_request_is_done_once_on_both),
       T(anything_from_outside_can_be_recorded_on_both), T(a_whole_trail_is_found_whole_on_both),
       T(heads_come_when_they_are_due_on_both), T(tampering_with_the_store_is_found),
       T(a_record_that_vanishes_before_it_is_sealed_leaves_a_gap_on_both),
       T(a_trail_signed_by_another_key_is_found_on_both), T(writers_and_sealers_make_one_chain_on_both),
       T(an_export_is_verified_without_the_store_on_both),
       T(every_changed_byte_of_an_export_is_found_on_both), T(moved_lines_of_an_export_are_found_on_both),
       T(operations_show_the_trail_on_both), T(operations_verify_and_export_on_both))
