/* wire/http: what is read, what is refused and with which status, at every cut. */
#include <stdlib.h>

#include "unit/t.h"
#include "wire/http.h"

#define STATUS_MORE (-1) /* incomplete, and nothing wrong so far */

struct got {
    int    status; /* 200: complete; STATUS_MORE; else what it is refused with */
    char   body[256];
    size_t n, used;
};

/* Feed `text` in pieces of `piece` bytes, each run in memory of its own so that sanitizers see over-reads. */
static struct got
feed(struct hf_http_reader *r, const char *text, size_t n, size_t piece)
{
    struct got g = { STATUS_MORE, "", 0, 0 };
    size_t     have = 0;

    for (;;) {
        uint8_t           *copy = malloc(have - g.used + 1);
        struct hf_bytes    data;
        size_t             used;
        enum hf_http_event e;

        memcpy(copy, text + g.used, have - g.used);
        e = hf_http_read(r, hf_bytes(copy, have - g.used), &used, &data);
        T_TRUE(used <= have - g.used);
        g.used += used;
        if (e == HF_HTTP_DATA && g.n + data.n < sizeof(g.body)) {
            memcpy(g.body + g.n, data.p, data.n);
            g.n += data.n;
        }
        free(copy);
        if (e == HF_HTTP_END || e == HF_HTTP_BAD) {
            g.status = e == HF_HTTP_END ? 200 : r->refuse;
            return g;
        }
        if (e == HF_HTTP_MORE) {
            if (have == n)
                return g;
            have = n - have < piece ? n : have + piece;
        }
    }
}

static int
status_of(const char *text, size_t n, size_t piece)
{
    struct hf_http_reader r;

    hf_http_reader_init(&r, false, hf_http_limits(32));
    return feed(&r, text, n, piece).status;
}

#define H "Host: a\r\n"
static const struct {
    int         status;
    const char *text;
} requests[] = {
    { 200, "GET / HTTP/1.1\r\n" H "\r\n" },
    { 200, "\r\nGET / HTTP/1.1\r\n" H "\r\n" },
    { 200, "GET / HTTP/1.0\r\n\r\n" },
    { 200, "GET http://a.b:80/x?y HTTP/1.1\r\n" H "\r\n" },
    { 200, "OPTIONS * HTTP/1.1\r\n" H "\r\n" },
    { 200, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello" },
    { 200, "POST / HTTP/1.1\r\n" H "Content-Length:\t0 \r\n\r\n" },
    { 200, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" },
    { 200, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n3;a=\"b\"\r\nhel\r\n02\r\nlo\r\n00\r\nX: y\r\n\r\n" },
    { 200, "GET /%e4%bd%a0 HTTP/1.1\r\n" H "X: \xe4\xbd\xa0\r\n\r\n" },
    /* lines */
    { 400, "GET / HTTP/1.1\n" H "\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\n\n" },
    { 400, "GET / HTTP/1.1\n\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n" },
    { 400, "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n" },
    { 400, "GET  / HTTP/1.1\r\n" H "\r\n" },
    { 400, "GET / HTTP/1.1 \r\n" H "\r\n" },
    { 400, " GET / HTTP/1.1\r\n" H "\r\n" },
    { 400, "GET /\r\n" H "\r\n" },
    { 400, "G(T / HTTP/1.1\r\n" H "\r\n" },
    { 400, "ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\n" H "\r\n" },
    { 400, "GET x HTTP/1.1\r\n" H "\r\n" },
    { 400, "GET * HTTP/1.1\r\n" H "\r\n" },
    { 400, "CONNECT a:443 HTTP/1.1\r\n" H "\r\n" },
    { 400, "GET http:///x HTTP/1.1\r\n" H "\r\n" },
    { 400, "GET http://u@a/x HTTP/1.1\r\n" H "\r\n" },
    { 400, "GET /a\"b HTTP/1.1\r\n" H "\r\n" },
    { 400, "GET /a#b HTTP/1.1\r\n" H "\r\n" },
    { 400, "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n" },
    { 400, "GET / http/1.1\r\n" H "\r\n" },
    { 400, "GET / HTTP/1.10\r\n" H "\r\n" },
    { 505, "GET / HTTP/2.0\r\n" H "\r\n" },
    { 505, "GET / HTTP/1.2\r\n" H "\r\n" },
    /* fields */
    { 400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n" H ": a\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n" H "X\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n" H "X: \x01\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n" H "X: \x7f\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n" H "X y: a\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n" H H "\r\n" },
    { 400, "GET / HTTP/1.0\r\n" H H "\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n" },
    { 417, "POST / HTTP/1.1\r\n" H "Expect: x\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n" H "Connection: a b\r\n\r\n" },
    /* framing */
    { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello" },
    { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello" },
    { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5, 5\r\n\r\nhello" },
    { 400, "POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\nhello" },
    { 400, "POST / HTTP/1.1\r\n" H "Content-Length: -5\r\n\r\nhello" },
    { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\nhello" },
    { 400, "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\nhello" },
    { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n" },
    { 413, "POST / HTTP/1.1\r\n" H "Content-Length: 33\r\n\r\n" },
    { 501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n" },
    { 501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n" },
    { 501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" },
    { 400, "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
#define C "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
    { 400, C "0x5\r\nhello\r\n0\r\n\r\n" },
    { 400, C "+5\r\nhello\r\n0\r\n\r\n" },
    { 400, C "5 \r\nhello\r\n0\r\n\r\n" },
    { 400, C "\r\nhello\r\n0\r\n\r\n" },
    { 400, C "5\nhello\r\n0\r\n\r\n" },
    { 400, C "5\r\nhellox\r\n0\r\n\r\n" },
    { 400, C "5\r\nhello\n0\r\n\r\n" },
    { 400, C "5;\x01\r\nhello\r\n0\r\n\r\n" },
    { 400, C "1234567890abcdef0\r\n" },
    { 400, C "0\r\nX : y\r\n\r\n" },
    { 400, C "0\r\n\n" },
    { 413, C "21\r\n" },
    { 413, C "10\r\n0123456789abcdef\r\n11\r\n" },
    { 413, C "fffffffffffffff\r\n" },
};

static void
answers_each_request_with_its_status(void)
{
    for (size_t i = 0; i < HF_COUNT(requests); i++) {
        const char *text = requests[i].text;
        size_t      n = strlen(text);

        for (size_t piece = 1; piece <= n; piece++) {
            int status = status_of(text, n, piece);

            if (status != requests[i].status) {
                T_EQ(status, requests[i].status);
                printf("  in pieces of %zu: %s\n", piece, text);
                break;
            }
        }
    }
}

static void
waits_at_every_cut(void)
{
    for (size_t i = 0; i < HF_COUNT(requests); i++) {
        size_t n = strlen(requests[i].text);

        for (size_t cut = 0; requests[i].status == 200 && cut < n; cut++)
            T_EQ(status_of(requests[i].text, cut, cut + 1), STATUS_MORE);
    }
}

static void
never_reads_beyond_flipped_bytes(void)
{
    for (size_t i = 0; i < HF_COUNT(requests); i++) {
        char  *text = strdup(requests[i].text);
        size_t n = strlen(text);

        for (size_t k = 0; k < n * 8; k++) {
            text[k / 8] = (char)(text[k / 8] ^ 1 << k % 8);
            (void)status_of(text, n, 7);
            text[k / 8] = (char)(text[k / 8] ^ 1 << k % 8);
        }
        free(text);
    }
}

static void
refuses_nul(void)
{
    static const char text[] = "GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n";

    T_EQ(status_of(text, sizeof(text) - 1, 100), 400);
}

/* A head of `n` bytes of one field, after which it may or may not be complete. */
static int
large(const char *start, const char *unit, size_t times, const char *end)
{
    struct hf_wr w = hf_wr(1 << 20);
    int          status;

    hf_wr_str(&w, start);
    for (size_t i = 0; i < times; i++)
        hf_wr_str(&w, unit);
    hf_wr_str(&w, end);
    status = status_of((const char *)w.p, w.n, 1000);
    hf_wr_clear(&w);
    return status;
}

static void
keeps_its_limits(void)
{
    T_EQ(large("GET /", "a", 8100, " HTTP/1.1\r\n" H "\r\n"), 200);
    T_EQ(large("GET /", "a", 8200, " HTTP/1.1\r\n" H "\r\n"), 414);
    T_EQ(large("GET /", "a", 20000, ""), 414);
    T_EQ(large("GET / HTTP/1.1\r\n" H, "X: yyyyyyyy\r\n", 63, "\r\n"), 200);
    T_EQ(large("GET / HTTP/1.1\r\n" H, "X: yyyyyyyy\r\n", 64, "\r\n"), 431);
    T_EQ(large("GET / HTTP/1.1\r\n" H "X: ", "y", 16000, "\r\n\r\n"), 200);
    T_EQ(large("GET / HTTP/1.1\r\n" H "X: ", "y", 16400, "\r\n\r\n"), 431);
    T_EQ(large("GET / HTTP/1.1\r\n" H "X: ", "y", 20000, ""), 431);
    T_EQ(large(C "1;", "y", 300, ""), 400);
    T_EQ(large(C "0\r\n", "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", 1000, "\r\n"), 431);
}

static void
gives_target_fields_and_body(void)
{
    static const char text[] = "POST http://h.example:8080/a%20b?c=d&e HTTP/1.1\r\nHost: other\r\n"
                               "X-One:  two words \r\nTransfer-Encoding: chunked\r\nExpect: 100-Continue\r\n"
                               "Cookie: a=1; hufu_session=abc; b=2\r\n\r\n"
                               "4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n"
                               "GET /second HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n";
    struct hf_http_reader r;
    struct hf_bytes       data;
    struct got            g;
    size_t                used;

    hf_http_reader_init(&r, false, hf_http_limits(100));
    T_EQ(hf_http_read(&r, hf_bytes_str(text), &used, &data), HF_HTTP_HEAD);
    T_BYTES(r.head.method, hf_bytes_str("POST"));
    T_BYTES(r.head.path, hf_bytes_str("/a%20b"));
    T_BYTES(r.head.query, hf_bytes_str("c=d&e"));
    T_BYTES(r.head.host, hf_bytes_str("h.example:8080"));
    T_TRUE(r.head.expect && r.head.keep_alive && r.head.framing == HF_HTTP_CHUNKED);
    T_BYTES(*hf_http_find(&r.head, "x-one"), hf_bytes_str("two words"));
    T_TRUE(hf_http_find(&r.head, "x-two") == NULL);
    T_BYTES(hf_http_cookie(&r.head, "hufu_session"), hf_bytes_str("abc"));
    T_EQ(hf_http_cookie(&r.head, "session").n, 0);
    g = feed(&r, text + used, strlen(text) - used, 1000);
    T_EQ(g.status, 200);
    T_BYTES(hf_bytes(g.body, g.n), hf_bytes_str("Wikipedia"));
    hf_http_reader_next(&r);
    T_EQ(feed(&r, text + used + g.used, strlen(text) - used - g.used, 1000).status, 200);
    T_FALSE(r.head.keep_alive);
}

static void
knows_when_a_connection_stays(void)
{
    static const struct {
        bool        stays;
        const char *text;
    } cases[] = {
        { true, "GET / HTTP/1.1\r\n" H "\r\n" },
        { false, "GET / HTTP/1.0\r\n" H "\r\n" },
        { true, "GET / HTTP/1.0\r\n" H "Connection: Keep-Alive\r\n\r\n" },
        { false, "GET / HTTP/1.1\r\n" H "Connection: x, close\r\n\r\n" },
        { false, "GET / HTTP/1.0\r\n" H "Connection: keep-alive\r\nConnection: close\r\n\r\n" },
    };

    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        struct hf_http_reader r;

        hf_http_reader_init(&r, false, hf_http_limits(0));
        T_EQ(feed(&r, cases[i].text, strlen(cases[i].text), 99).status, 200);
        T_EQ(r.head.keep_alive, cases[i].stays);
    }
}

/* Status of the response, 0 refused, STATUS_MORE; *body and *until_close by the way. */
static int
response(const char *text, bool no_body, struct got *g, bool *until_close)
{
    struct hf_http_reader r;

    hf_http_reader_init(&r, true, hf_http_limits(100));
    r.no_body = no_body;
    *g = feed(&r, text, strlen(text), 3);
    *until_close = hf_http_reader_close(&r);
    return g->status == 200 ? r.head.status : g->status;
}

static void
reads_responses(void)
{
    struct got g;
    bool       closes;

    T_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, &g, &closes), 200);
    T_STR(g.body, "hi");
    T_EQ(response("HTTP/1.1 100 Continue\r\n\r\n", false, &g, &closes), 100);
    T_EQ(response("HTTP/1.1 304 \r\nContent-Length: 5\r\n\r\n", false, &g, &closes), 304);
    T_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", true, &g, &closes), 200);
    T_EQ(response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", false, &g, &closes), 200);
    T_EQ(response("HTTP/1.1 200 OK\r\n\r\nall of it", false, &g, &closes), STATUS_MORE);
    T_TRUE(closes && strcmp(g.body, "all of it") == 0);
    T_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal", false, &g, &closes), STATUS_MORE);
    T_FALSE(closes);
    T_EQ(response("HTTP/1.1 2000 OK\r\n\r\n", false, &g, &closes), 0);
    T_EQ(response("HTTP/1.1 600 OK\r\n\r\n", false, &g, &closes), 0);
    T_EQ(response("ICY 200 OK\r\n\r\nx", false, &g, &closes), 0);
    T_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", false, &g, &closes), 0);
    T_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", false, &g, &closes), 0);
}

/* -- Paths and forms ------------------------------------------------------------------ */

static void
decodes_paths(void)
{
    static const char *const wrong[] = {
        "/a%2fb", "/a%2Fb", "/%", "/%1", "/%zz", "/%00", "/a%0ab", "/%ff", "/%c0%af", "/../a", "/a/./b", "//a",
        "/a//b", "/a/..", "/%2e%2e/a",
    };
    struct hf_arena a = hf_arena();
    const char     *path;

    T_OK(hf_http_path(hf_bytes_str("/crl/%E6%A0%B9%20a.crl"), &a, &path));
    T_STR(path, "/crl/\xe6\xa0\xb9 a.crl");
    T_OK(hf_http_path(hf_bytes_str("/"), &a, &path));
    T_OK(hf_http_path(hf_bytes_str("/a/"), &a, &path));
    for (size_t i = 0; i < HF_COUNT(wrong); i++)
        T_RC(hf_http_path(hf_bytes_str(wrong[i]), &a, &path), HF_E_FORMAT);
    hf_arena_clear(&a);
}

static void
reads_forms(void)
{
    static const struct {
        const char *text;
        enum hf_rc  rc;
    } wrong[] = {
        { "a=1&a=2", HF_E_ARG }, { "a=1&%61=2", HF_E_ARG }, { "a=%", HF_E_FORMAT }, { "a=%f", HF_E_FORMAT },
        { "a=%ff", HF_E_FORMAT }, { "=1", HF_E_FORMAT },    { "a=%00", HF_E_FORMAT }, { "a=1&&b", HF_E_FORMAT },
        { "a&", HF_E_FORMAT },   { "&a", HF_E_FORMAT },     { "a=%ed%a0%80", HF_E_FORMAT },
    };
    struct hf_arena a = hf_arena();
    struct hf_form  f;

    T_OK(hf_form_read(hf_bytes_str("verb=+x%20y&st=%e4%bd%a0&b=&c"), false, &a, &f));
    T_STR(hf_form_get(&f, "verb"), " x y");
    T_STR(hf_form_get(&f, "st"), "\xe4\xbd\xa0");
    T_STR(hf_form_get(&f, "b"), "");
    T_STR(hf_form_get(&f, "c"), "");
    T_TRUE(hf_form_get(&f, "d") == NULL);
    T_OK(hf_form_read(hf_bytes_str(""), false, &a, &f));
    T_EQ(f.n, 0);
    T_OK(hf_form_read(hf_bytes_str("a=1&a=2"), true, &a, &f));
    T_EQ(f.n, 2);
    for (size_t i = 0; i < HF_COUNT(wrong); i++)
        T_RC(hf_form_read(hf_bytes_str(wrong[i].text), false, &a, &f), wrong[i].rc);
    T_RC(hf_form_read(hf_bytes_str("a=1&b=2&a=3"), false, &a, &f), HF_E_ARG);
    T_STR(hf_reason_field(), "a");
    hf_arena_clear(&a);
}

static void
refuses_too_many_parameters(void)
{
    struct hf_arena a = hf_arena();
    struct hf_wr    w = hf_wr(4096);
    struct hf_form  f;

    for (int i = 0; i < HF_FORM_MAX; i++)
        hf_wr_fmt(&w, "%sp%d=1", i == 0 ? "" : "&", i);
    T_OK(hf_form_read(hf_wr_bytes(&w), false, &a, &f));
    hf_wr_str(&w, "&q=1");
    T_RC(hf_form_read(hf_wr_bytes(&w), false, &a, &f), HF_E_TOOBIG);
    hf_wr_clear(&w);
    hf_arena_clear(&a);
}

/* -- Writing --------------------------------------------------------------------------- */

static void
writes_what_it_reads(void)
{
    struct hf_wr          w = hf_wr(4096);
    struct hf_http_reader r;
    struct got            g;

    hf_http_put_request(&w, "POST", "/x", "localhost");
    hf_http_put_str(&w, "A", "b");
    hf_http_put_chunked(&w);
    hf_http_put_chunk(&w, hf_bytes_str("0123456789abcdefg"));
    hf_http_put_chunk(&w, hf_bytes_str("h"));
    hf_http_put_chunk(&w, hf_bytes(NULL, 0));
    hf_http_reader_init(&r, false, hf_http_limits(100));
    g = feed(&r, (const char *)w.p, w.n, 5);
    T_EQ(g.status, 200);
    T_EQ(g.used, w.n);
    T_STR(g.body, "0123456789abcdefgh");
    hf_wr_cut(&w, 0);
    hf_http_put_status(&w, 404);
    hf_http_put_body(&w, hf_bytes_str("gone"));
    T_BYTES(hf_wr_bytes(&w), hf_bytes_str("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone"));
    hf_wr_cut(&w, 0);
    hf_http_escape(hf_bytes_str("a b/\xe4~"), &w);
    T_BYTES(hf_wr_bytes(&w), hf_bytes_str("a%20b%2F%E4~"));
    hf_wr_clear(&w);
}

static void
writes_and_reads_dates(void)
{
    char    text[HF_HTTP_DATE];
    int64_t t;

    T_STR(hf_http_date(784111777, text), "Sun, 06 Nov 1994 08:49:37 GMT");
    T_OK(hf_http_date_read(hf_bytes_str(text), &t));
    T_EQ(t, 784111777);
    T_RC(hf_http_date_read(hf_bytes_str("Mon, 06 Nov 1994 08:49:37 GMT"), &t), HF_E_FORMAT);
    T_RC(hf_http_date_read(hf_bytes_str("Sun, 36 Nov 1994 08:49:37 GMT"), &t), HF_E_FORMAT);
    T_RC(hf_http_date_read(hf_bytes_str("Sunday, 06-Nov-94 08:49:37 GMT"), &t), HF_E_FORMAT);
}

T_MAIN(T(answers_each_request_with_its_status), T(waits_at_every_cut), T(never_reads_beyond_flipped_bytes),
       T(refuses_nul), T(keeps_its_limits), T(gives_target_fields_and_body), T(knows_when_a_connection_stays),
       T(reads_responses), T(decodes_paths), T(reads_forms), T(refuses_too_many_parameters),
       T(writes_what_it_reads), T(writes_and_reads_dates))
