/* test_base.c - bytes, text, time, arguments of operations, configuration. */
#include "unit/t.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/op.h"
#include "base/text.h"

static void
reader_stops_at_every_truncation(void)
{
    static const uint8_t message[] = { 1, 0, 2, 'a', 'b', 0, 0, 0, 7 };

    for (size_t n = 0; n <= sizeof(message); n++) {
        struct hf_rd    r = hf_rd(hf_bytes(message, n));
        uint8_t         kind = hf_rd_u8(&r);
        struct hf_bytes name = hf_rd_take(&r, hf_rd_be16(&r));
        uint32_t        tail = hf_rd_be32(&r);

        T_RC(hf_rd_end(&r, "sample"), n == sizeof(message) ? HF_OK : HF_E_SHORT);
        T_TRUE(n < 1 || kind == 1);
        T_TRUE(n < 5 || name.n == 2);
        T_TRUE(n < sizeof(message) || tail == 7);
    }
}

static void
reader_reports_what_is_left(void)
{
    struct hf_rd r = hf_rd(hf_bytes_str("abc"));

    T_EQ(hf_rd_u8(&r), 'a');
    T_RC(hf_rd_end(&r, "letters"), HF_E_TRAILING);
    T_STR(hf_reason(), "letters: 2 bytes left over");
}

static void
writer_keeps_its_limit_and_lengths(void)
{
    struct hf_wr    w = hf_wr(300);
    struct hf_bytes out;
    size_t          mark = hf_wr_open(&w, 1);

    hf_wr_fmt(&w, "%0255d", 0);
    hf_wr_close(&w, mark, 1);
    T_OK(hf_wr_end(&w, &out));
    T_EQ(out.n, 256);
    T_EQ(out.p[0], 255);
    hf_wr_be64(&w, 1);
    hf_wr_fmt(&w, "%037d", 0);
    T_RC(hf_wr_end(&w, &out), HF_E_TOOBIG);
    hf_wr_clear(&w);
}

static void
base64_goes_both_ways_and_is_strict(void)
{
    static const char *const bad[] = { "Zg=", "Zh==", "Z===", "Zm9v\n", "Zg==Zg==", "====", "Zm9-" };
    struct hf_wr             text = hf_wr(64), back = hf_wr(64);

    for (size_t n = 0; n <= 6; n++) {
        hf_wr_cut(&text, 0);
        hf_wr_cut(&back, 0);
        hf_base64(hf_bytes("foobar", n), &text);
        T_OK(hf_unbase64(hf_wr_bytes(&text), &back));
        T_BYTES(hf_wr_bytes(&back), hf_bytes("foobar", n));
    }
    T_BYTES(hf_wr_bytes(&text), hf_bytes_str("Zm9vYmFy"));
    for (size_t i = 0; i < HF_COUNT(bad); i++)
        T_RC(hf_unbase64(hf_bytes_str(bad[i]), &back), HF_E_FORMAT);
    hf_wr_clear(&text);
    hf_wr_clear(&back);
}

static void
utf8_refuses_what_rfc_3629_refuses(void)
{
    static const char *const bad[] = { "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                       "\xf8\x88\x80\x80\x80", "a\x80", "\xe8\x99" };

    T_TRUE(hf_utf8_is_text(hf_bytes_str("虎符 tally 😀")));
    T_FALSE(hf_utf8_is_text(hf_bytes_str("a\nb")));
    T_TRUE(hf_utf8_valid(hf_bytes_str("a\nb")));
    for (size_t i = 0; i < HF_COUNT(bad); i++)
        T_FALSE(hf_utf8_valid(hf_bytes_str(bad[i])));
}

static void
times_go_both_ways(void)
{
    static const struct {
        const char *text;
        int64_t     ms;
    } good[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2026-11-21T20:15:20+08:00", 1795263320000 },
        { "2000-02-29T12:00:00.5-01:30", 951831000000 },
    };
    static const char *const bad[] = { "", "2026-02-29T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01",
                                       "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
                                       "2026-01-01T00:00:00+8:00", "x2026-01-01T00:00:00Z" };
    int64_t                  ms;
    char                     text[HF_TIME_TEXT];

    for (size_t i = 0; i < HF_COUNT(good); i++) {
        T_OK(hf_time_read(good[i].text, &ms));
        T_EQ(ms, good[i].ms);
    }
    for (size_t i = 0; i < HF_COUNT(bad); i++)
        T_RC(hf_time_read(bad[i], &ms), HF_E_FORMAT);
    T_STR(hf_time_text(951831000000, text), "2000-02-29T13:30:00Z");
}

static const struct hf_op sample = {
    .name = "sample do",
    .args = "<serial> --reason <keyCompromise|superseded> [--days <days>] [--san <san>]... [--chain] [--out <path-out>]",
};

static void
grammar_of_a_row_is_taken_apart(void)
{
    struct hf_arg a[HF_OP_ARGS_MAX];

    T_EQ(hf_op_args(&sample, a), 6);
    T_TRUE(a[0].positional && a[0].required);
    T_STR(a[1].member, "reason");
    T_TRUE(a[1].required && !a[1].positional);
    T_TRUE(!a[2].required && a[2].kind->type == HF_ARG_INT);
    T_TRUE(a[3].repeated);
    T_TRUE(a[4].is_switch);
}

static void
arguments_are_checked_by_the_grammar(void)
{
    static const struct {
        const char *json;
        enum hf_rc  rc;
        const char *field;
    } cases[] = {
        { "{\"serial\":\"01\",\"reason\":\"superseded\"}", HF_OK, "" },
        { "{\"serial\":\"01\",\"reason\":\"superseded\",\"days\":30,\"san\":[\"dns:a\"],\"chain\":true}", HF_OK, "" },
        { "{\"reason\":\"superseded\"}", HF_E_ARG, "serial" },
        { "{\"serial\":\"\",\"reason\":\"superseded\"}", HF_E_ARG, "serial" },
        { "{\"serial\":1,\"reason\":\"superseded\"}", HF_E_ARG, "serial" },
        { "{\"serial\":\"01\",\"reason\":\"super\"}", HF_E_ARG, "reason" },
        { "{\"serial\":\"01\",\"reason\":\"superseded\",\"days\":0}", HF_E_ARG, "days" },
        { "{\"serial\":\"01\",\"reason\":\"superseded\",\"days\":\"3\"}", HF_E_ARG, "days" },
        { "{\"serial\":\"01\",\"reason\":\"superseded\",\"out\":\"x\"}", HF_E_ARG, "out" },
        { "{\"serial\":\"01\",\"reason\":\"superseded\",\"more\":1}", HF_E_ARG, "more" },
        { "{\"serial\":\"0\\u0000\",\"reason\":\"superseded\"}", HF_E_ARG, "serial" },
        { "[]", HF_E_ARG, "" },
    };

    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        json_t *args = json_loads(cases[i].json, JSON_ALLOW_NUL, NULL);

        T_RC(hf_op_check(&sample, args), cases[i].rc);
        if (cases[i].rc != HF_OK)
            T_STR(hf_reason_field(), cases[i].field);
        json_decref(args);
    }
}

static void
configuration_names_line_and_setting(void)
{
    struct hf_conf *conf;

    T_OK(hf_conf_read(hf_bytes_str("# comment\n org = Example Bank \nworkers=8\n\n"), &conf));
    T_STR(hf_conf_text(conf, "org"), "Example Bank");
    T_EQ(hf_conf_int(conf, "workers"), 8);
    T_TRUE(hf_conf_flag(conf, "dual_control"));
    hf_conf_free(conf);
    T_RC(hf_conf_read(hf_bytes_str("org=a\nworkers=65\n"), &conf), HF_E_ARG);
    T_STR(hf_reason(), "configuration line 2: workers: must lie between 1 and 64");
    T_TRUE(conf == NULL);
    T_RC(hf_conf_read(hf_bytes_str("colour=red\n"), &conf), HF_E_ARG);
    T_RC(hf_conf_read(hf_bytes_str("just words\n"), &conf), HF_E_FORMAT);
}

static void
arena_gives_zeroed_aligned_memory(void)
{
    struct hf_arena a = hf_arena();

    for (size_t i = 1; i < 40000; i = i * 3 + 1) {
        uint8_t *p = hf_arena_get(&a, i);

        T_TRUE((uintptr_t)p % 16 == 0 && p[0] == 0 && p[i - 1] == 0);
        memset(p, 0xff, i);
        if (i > 10000)
            hf_arena_reset(&a);
    }
    T_STR(hf_arena_fmt(&a, "%s-%d", "x", 7), "x-7");
    hf_arena_clear(&a);
}

/* In pieces: under its name only when it is whole. */
static void
a_file_appears_whole_or_not_at_all(void)
{
    char               dir[] = "/tmp/hufu-base-XXXXXX", path[64];
    struct hf_file_new f;
    struct hf_wr       w = hf_wr(100);
    struct stat        st;

    T_TRUE(mkdtemp(dir) != NULL);
    snprintf(path, sizeof(path), "%s/out", dir);
    T_OK(hf_file_new_open(path, 0640, &f));
    T_OK(hf_file_new_put(&f, hf_bytes_str("one ")));
    T_TRUE(access(path, F_OK) == -1);
    T_RC(hf_file_new_close(&f, HF_E_PEER), HF_E_PEER);
    T_TRUE(access(path, F_OK) == -1 && access(f.temporary, F_OK) == -1);
    T_OK(hf_file_new_open(path, 0640, &f));
    T_OK(hf_file_new_put(&f, hf_bytes_str("one ")));
    T_OK(hf_file_new_put(&f, hf_bytes_str("two")));
    T_OK(hf_file_new_close(&f, HF_OK));
    T_TRUE(stat(path, &st) == 0 && (st.st_mode & 0777) == 0640 && access(f.temporary, F_OK) == -1);
    T_OK(hf_file_read(path, &w));
    T_TRUE(hf_bytes_eq(hf_wr_bytes(&w), hf_bytes_str("one two")));
    T_TRUE(hf_file_new_open("/nonexistent/out", 0640, &f) != HF_OK);
    hf_wr_clear(&w);
    unlink(path), rmdir(dir);
}

T_MAIN(T(a_file_appears_whole_or_not_at_all), T(reader_stops_at_every_truncation), T(reader_reports_what_is_left),
       T(writer_keeps_its_limit_and_lengths), T(base64_goes_both_ways_and_is_strict),
       T(utf8_refuses_what_rfc_3629_refuses), T(times_go_both_ways),
       T(grammar_of_a_row_is_taken_apart), T(arguments_are_checked_by_the_grammar),
       T(configuration_names_line_and_setting), T(arena_gives_zeroed_aligned_memory))
