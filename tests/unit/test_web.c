/* test_web.c - the web process from outside: raw sockets, TLS, the client; limits, time-outs, shutdown. */
#include "unit/env.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "ctl/client.h"
#include "loop/listen.h"
#include "serve/approval.h"
#include "serve/web.h"

/* -- Operations of the test ------------------------------------------------------------------ */

static atomic_int runs;

static enum hf_rc
echo(struct hf_call *c)
{
    hf_reply_text(c, "text", hf_arg_text(c, "text"));
    hf_reply_text(c, "kind", c->actor->kind);
    hf_reply_text(c, "login", c->actor->login);
    hf_reply_text(c, "address", c->actor->address);
    atomic_fetch_add(&runs, 1);
    return HF_OK;
}

static enum hf_rc
slow(struct hf_call *c)
{
    usleep(100000);
    return echo(c);
}

static enum hf_rc
large(struct hf_call *c)
{
    size_t n = (size_t)hf_arg_int(c, "number", 1000);
    char  *text = malloc(n + 1);

    memset(text, 'x', n);
    text[n] = '\0';
    hf_reply_text(c, "text", text);
    free(text);
    return HF_OK;
}

static enum hf_rc
sign_in(struct hf_call *c)
{
    c->session = "token-of-alice";
    hf_reply_text(c, "login", "alice");
    return HF_OK;
}

static const struct hf_op web_ops[] = {
    { .name = "echo", .args = "[--text <text>]", .help = "Say it again.", .may = HF_MAY_ANYBODY, .flags = HF_OP_READ,
      .run = echo },
    { .name = "echo slow", .args = "[--text <text>]", .help = "The same in a while.", .may = HF_MAY_ANYBODY,
      .flags = HF_OP_READ, .run = slow },
    { .name = "echo large", .args = "[--number <number>]", .help = "Much.", .may = HF_MAY_ANYBODY,
      .flags = HF_OP_READ, .run = large },
    { .name = "echo change", .args = "[--text <text>]", .help = "Changes something.", .may = HF_MAY_SIGNED_IN,
      .audit = "echo.changed", .run = echo },
    { .name = "sign in", .args = "", .help = "Signs in.", .may = HF_MAY_ANYBODY, .audit = "sign.in", .run = sign_in },
    { 0 },
};
static const struct hf_op *const ops[] = { web_ops, hf_serve_ops, NULL };

static enum hf_rc
session_actor(const struct hf_env *env, const char *token, int64_t now_ms, struct hf_arena *a, struct hf_actor *out)
{
    if (strcmp(token, "token-of-alice") != 0)
        return hf_fail(HF_E_AUTH, "no such session");
    *out = (struct hf_actor){ .kind = "person", .id = 1, .login = "alice", .unit = "", .may = 1u << HF_MAY_SIGNED_IN };
    return HF_OK;
}

/* -- A server in this process ----------------------------------------------------------------- */

static struct {
    struct t_env       e;
    struct hf_serve    serve;
    struct hf_web      web;
    struct hf_process  process;
    struct hf_listener listener[3];
    uint16_t           http, https;
    char               ca[128], data[80];
    pthread_t          thread;
    int                ready;
} web;

/* A certificate for localhost and 127.0.0.1, signed by itself. */
static struct hf_tls_context *
make_tls(void)
{
    EVP_PKEY              *key = EVP_EC_gen("P-256");
    X509                  *cert = X509_new();
    BIO                   *bio = BIO_new(BIO_s_mem());
    X509_EXTENSION        *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    struct hf_tls_context *tls = NULL;
    FILE                  *f;
    char                  *pem;
    long                   n;

    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_set_pubkey(cert, key);
    X509_add_ext(cert, san, -1);
    X509_sign(cert, key, EVP_sha256());
    PEM_write_bio_X509(bio, cert);
    n = BIO_get_mem_data(bio, &pem);
    T_OK(hf_tls_context(hf_bytes(pem, (size_t)n), key, &tls));
    snprintf(web.ca, sizeof(web.ca), "%s/ca.pem", web.e.dir);
    if ((f = fopen(web.ca, "w")) != NULL) {
        fwrite(pem, 1, (size_t)n, f);
        fclose(f);
    }
    X509_EXTENSION_free(san);
    BIO_free(bio);
    X509_free(cert);
    EVP_PKEY_free(key);
    return tls;
}

static void *
serve(void *arg)
{
    (void)arg;
    T_OK(hf_web_serve(&web.process, &web.web));
    return NULL;
}

static void
start(struct hf_conn_limits limits)
{
    char path[128];
    int  pipe_fd[2];
    char byte;

    memset(&web, 0, sizeof(web));
    atomic_store(&runs, 0);
    t_env_open(&web.e, false);
    web.serve = (struct hf_serve){ .env = web.e.env, .ops = ops, .session_actor = session_actor };
    web.web = (struct hf_web){ .serve = &web.serve, .limits = limits, .workers = 4, .drain_ms = 5000,
                               .own_tls = make_tls() };
    snprintf(path, sizeof(path), "%s/run", web.e.dir);
    (void)mkdir(path, 0700);
    strcat(path, "/hufu.sock");
    for (int i = 0; i < 3; i++)
        web.listener[i] = (struct hf_listener){ i == 0 ? "http" : i == 1 ? "https" : "local", "127.0.0.1:0", -1 };
    T_OK(hf_listen_tcp("127.0.0.1:0", &web.listener[0].fd, &web.http));
    T_OK(hf_listen_tcp("127.0.0.1:0", &web.listener[1].fd, &web.https));
    T_OK(hf_listen_unix(path, true, &web.listener[2].fd));
    T_EQ(pipe(pipe_fd), 0);
    web.process = (struct hf_process){ .name = "web", .data_dir = web.e.dir, .conf = web.e.env.conf, .ops = ops,
                                       .listener = web.listener, .listeners = 3,
                                       .stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                                       .reload_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready_fd = pipe_fd[1] };
    pthread_create(&web.thread, NULL, serve, NULL);
    T_EQ(read(pipe_fd[0], &byte, 1), 1);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
}

static void
ask_to_stop(void)
{
    uint64_t one = 1;

    T_EQ(write(web.process.stop_fd, &one, sizeof(one)), sizeof(one));
}

static void
stop(void)
{
    ask_to_stop();
    pthread_join(web.thread, NULL);
    for (int i = 0; i < 3; i++)
        close(web.listener[i].fd);
    close(web.process.stop_fd);
    close(web.process.reload_fd);
    t_env_close(&web.e);
}

static int
dial(uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval     t = { .tv_sec = 10 };
    int                fd = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
    T_EQ(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static int
dial_local(void)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    struct timeval     t = { .tv_sec = 10 };
    int                fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(to.sun_path, sizeof(to.sun_path), "%s/run/hufu.sock", web.e.dir);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
    T_EQ(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void
say(int fd, const char *text)
{
    T_EQ(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Everything until the server closes; owned by the caller. */
static char *
hear(int fd)
{
    char   *all = calloc(1, 1 << 16);
    size_t  n = 0;
    ssize_t got;

    while (n < (1 << 16) - 1 && (got = recv(fd, all + n, (1 << 16) - 1 - n, 0)) > 0)
        n += (size_t)got;
    return all;
}

static int
count(const char *text, const char *what)
{
    int n = 0;

    while ((text = strstr(text, what)) != NULL) {
        n++;
        text += strlen(what);
    }
    return n;
}

/* Say it on a new connection of the Unix socket; the answer must hold all of `expect`, parted by '|'. */
static void
check(const char *request, const char *expect)
{
    int   fd = dial_local();
    char *answer, *copy = strdup(expect), *rest = copy, *part;

    say(fd, request);
    shutdown(fd, SHUT_WR);
    answer = hear(fd);
    while ((part = strsep(&rest, "|")) != NULL)
        if (strstr(answer, part) == NULL) {
            t_bad++;
            printf("  for %.60s…\n  no \"%s\" in: %s\n", request, part, answer);
        }
    free(copy);
    free(answer);
    close(fd);
}

/* -- Tests ------------------------------------------------------------------------------------------- */

#define H "Host: a\r\n"

static void
answers_and_refuses(void)
{
    start(hf_conn_limits);
    check("GET /health HTTP/1.1\r\n" H "\r\n", "HTTP/1.1 200 OK\r\n|Content-Length: 15\r\n|Date: |{\"status\":\"ok\"}");
    check("HEAD /health HTTP/1.1\r\n" H "\r\n", "HTTP/1.1 200 OK\r\n|Content-Length: 15\r\n");
    check("GET /api/v1/echo?text=%E4%BD%A0 HTTP/1.1\r\n" H "\r\n", "200 OK|{\"text\":\"\xe4\xbd\xa0\"|\"kind\":\"local\"|no-store");
    check("GET /api/v1/echo?text=a&text=b HTTP/1.1\r\n" H "\r\n", "400 Bad|E_ARG|\"field\":\"text\"");
    check("GET /api/v1/echo?text=%ff HTTP/1.1\r\n" H "\r\n", "400 Bad|E_FORMAT");
    check("GET /api/v1/nothing HTTP/1.1\r\n" H "\r\n", "404 Not Found|E_ABSENT");
    check("GET /api/v1/echo/change HTTP/1.1\r\n" H "\r\n", "405 |Allow: POST");
    check("PUT /health HTTP/1.1\r\n" H "\r\n", "405 |Allow: GET HEAD\r\n");
    check("GET /api/v1/../x HTTP/1.1\r\n" H "\r\n", "404 ");
    check("POST /api/v1/echo HTTP/1.1\r\n" H "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"text\":\"abc\"}",
          "200 OK|\"text\":\"abc\"");
    check("POST /api/v1/echo HTTP/1.1\r\n" H "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
          "6\r\n{\"text\r\n2\r\n\":\r\n6\r\n\"abc\"}\r\n0\r\n\r\n", "200 OK|\"text\":\"abc\"");
    check("POST /api/v1/echo HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n",
          "HTTP/1.1 100 Continue\r\n\r\n");
    check("POST /api/v1/echo HTTP/1.1\r\n" H "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", "400 |Content-Type");
    check("POST /api/v1/echo HTTP/1.1\r\n" H "Content-Type: application/json\r\nContent-Length: 3\r\n\r\n{}x", "400 |E_FORMAT");
    check("POST /api/v1/echo HTTP/1.1\r\n" H "Content-Type: application/json\r\nContent-Length: 19\r\n\r\n{\"text\":1,\"text\":2}", "400 |E_FORMAT");
    check("POST /api/v1/echo HTTP/1.1\r\n" H "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n[]", "400 |E_ARG");
    check("POST /api/v1/echo HTTP/1.1\r\n" H "Content-Length: 9999999\r\n\r\n", "413 |Connection: close");
    check("POST /api/v1/echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n", "413 |Connection: close");
    check("POST /health HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello", "405 |Connection: close");
    check("GET /health HTTP/1.1\r\n\r\n", "400 |Connection: close|Host is missing");
    check("GET /health HTTP/1.1\n" H "\r\n", "400 |Connection: close");
    check("GET /health HTTP/3.0\r\n" H "\r\n", "505 ");
    check("POST /api/v1/echo/change HTTP/1.1\r\n" H "Hufu-Request-Id: a b\r\nContent-Length: 0\r\n\r\n", "400 |Hufu-Request-Id");
    check("POST /api/v1/echo/change HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", "200 OK|\"kind\":\"local\"|\"address\":\"unix\"");
    check("GET /api/v1/openapi.json HTTP/1.1\r\n" H "\r\n", "200 OK|\"openapi\":\"3.0.3\"");
    check("GET /api/v1/operations HTTP/1.1\r\n" H "\r\n", "200 OK|\"name\":\"echo slow\"|\"may\":true");
    check("GET /nothing.js HTTP/1.1\r\n" H "\r\n", "404 ");
    /* refused before the operation was reached: on record all the same, reads are not */
    T_EQ(t_count(&web.e, "SELECT COUNT(*) FROM audit WHERE event = 'echo.changed' AND result = 'E_ARG'"), 1);
    check("POST /api/v1/echo/change HTTP/1.1\r\n" H "Content-Type: application/json\r\nContent-Length: 1\r\n\r\n{", "400 |E_FORMAT");
    T_EQ(t_count(&web.e, "SELECT COUNT(*) FROM audit WHERE event = 'echo.changed' AND result = 'E_FORMAT'"), 1);
    T_EQ(t_count(&web.e, "SELECT COUNT(*) FROM audit WHERE event <> 'echo.changed'"), 0);
    stop();
}

static void
keeps_pipelined_requests_in_order(void)
{
    int   fd;
    char *answer, *a, *b, *c;

    start(hf_conn_limits);
    fd = dial_local();
    say(fd, "GET /api/v1/echo/slow?text=one HTTP/1.1\r\n" H "\r\nGET /health HTTP/1.1\r\n" H "\r\n"
            "GET /api/v1/echo?text=two HTTP/1.1\r\n" H "\r\nGET /nothing.x HTTP/1.1\r\n" H "\r\n"
            "GET /health HTTP/1.1\r\n" H "Connection: close\r\n\r\nGET /health HTTP/1.1\r\n" H "\r\n");
    answer = hear(fd);
    T_EQ(count(answer, "HTTP/1.1 "), 5);
    a = strstr(answer, "\"one\"");
    b = strstr(answer, "\"status\"");
    c = strstr(answer, "\"two\"");
    T_TRUE(a != NULL && b != NULL && c != NULL && a < b && b < c && strstr(c, "404") != NULL);
    T_EQ(count(answer, "Connection: close"), 1);
    free(answer);
    close(fd);
    stop();
}

static void
reads_a_request_byte_by_byte(void)
{
    static const char text[] = "POST /api/v1/echo HTTP/1.1\r\n" H "Content-Type: application/json\r\nConnection: close\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n3\r\n{\"t\r\nb\r\next\":\"abc\"}\r\n0\r\n\r\n";
    int   fd;
    char *answer;

    start(hf_conn_limits);
    fd = dial_local();
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        T_EQ(send(fd, text + i, 1, MSG_NOSIGNAL), 1);
        usleep(200);
    }
    answer = hear(fd);
    T_EQ(count(answer, "200 OK"), 1);
    T_EQ(count(answer, "\"abc\""), 1);
    free(answer);
    close(fd);
    stop();
}

static void
sends_away_who_is_too_slow(void)
{
    struct hf_conn_limits l = { .connections = 50, .head_ms = 300, .body_ms = 300, .idle_ms = 300, .write_ms = 300 };
    int                   silent, half, body, idle, tls;
    char                 *a, *b, *c, *d, *e;

    start(l);
    silent = dial(web.http);
    half = dial(web.http);
    body = dial_local();
    idle = dial(web.http);
    tls = dial(web.https);
    say(half, "GET /health HTT");
    say(body, "POST /api/v1/echo HTTP/1.1\r\n" H "Content-Length: 10\r\n\r\nhalf");
    say(idle, "GET /health HTTP/1.1\r\n" H "\r\n");
    say(tls, "\x16\x03\x01");
    a = hear(silent);
    b = hear(half);
    c = hear(body);
    d = hear(idle);
    e = hear(tls);
    T_STR(a, "");
    T_EQ(count(b, "408 Request Timeout"), 1);
    T_EQ(count(c, "408 Request Timeout"), 1);
    T_EQ(count(d, "HTTP/1.1 "), 1);
    T_EQ(count(e, "HTTP"), 0);
    free(a); free(b); free(c); free(d); free(e);
    close(silent); close(half); close(body); close(idle); close(tls);
    stop();
}

static void
closes_on_a_reader_that_does_not_read(void)
{
    struct hf_conn_limits l = { .connections = 50, .head_ms = 3000, .body_ms = 3000, .idle_ms = 3000, .write_ms = 400 };
    int                   fd, small = 4096;
    char                  buffer[65536];
    size_t                got = 0;
    ssize_t               n;

    start(l);
    fd = dial_local();
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    say(fd, "GET /api/v1/echo/large?number=4000000 HTTP/1.1\r\n" H "\r\n");
    T_EQ(poll(&(struct pollfd){ .fd = fd, .events = POLLRDHUP }, 1, 20000), 1); /* nothing is read until it closes */
    while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0)
        got += (size_t)n;
    T_TRUE(got > 0 && got < 4000000);
    close(fd);
    /* and a reader that reads gets all of it */
    fd = dial_local();
    say(fd, "GET /api/v1/echo/large?number=4000000 HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
    for (got = 0; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0; got += (size_t)n)
        continue;
    T_TRUE(got > 4000000 && got < 4001000);
    close(fd);
    stop();
}

static void
gives_idle_places_away(void)
{
    struct hf_conn_limits l = hf_conn_limits;
    int                   fd[8];
    char                  byte;

    l.connections = 4;
    start(l);
    for (int i = 0; i < 8; i++) { /* each is served, although only four may stay */
        char answer[4096];

        fd[i] = dial(web.http);
        say(fd[i], "GET /health HTTP/1.1\r\n" H "\r\n");
        T_TRUE(recv(fd[i], answer, sizeof(answer), 0) > 0);
    }
    T_EQ(recv(fd[0], &byte, 1, 0), 0); /* the one idle for longest had to go */
    T_EQ(recv(fd[7], &byte, 1, MSG_DONTWAIT), -1);
    for (int i = 0; i < 8; i++)
        close(fd[i]);
    stop();
}

static void
only_offers_what_belongs_to_a_listener(void)
{
    int   fd;
    char *answer;

    start(hf_conn_limits);
    fd = dial(web.http); /* plain HTTP: no API, no sign-in */
    say(fd, "GET /api/v1/echo HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
    answer = hear(fd);
    T_EQ(count(answer, "404 Not Found"), 1);
    free(answer);
    close(fd);
    stop();
}

/* -- Shutdown --------------------------------------------------------------------------------------------- */

/* Whoever has sent a request before the server is asked to stop gets its whole answer. */
static void
loses_no_reply_at_shutdown(void)
{
    int fd[20], whole = 0;

    start(hf_conn_limits);
    for (int i = 0; i < 20; i++) {
        char request[128];

        fd[i] = dial_local();
        snprintf(request, sizeof(request), "GET /api/v1/echo/%s HTTP/1.1\r\n" H "\r\n",
                 i % 3 == 0 ? "large?number=400000" : "slow?text=yes");
        say(fd[i], request);
    }
    usleep(20000);
    ask_to_stop();
    for (int i = 0; i < 20; i++) {
        size_t  total = 0;
        ssize_t n;
        char    buffer[65536];
        char    head[4096] = "";

        while ((n = recv(fd[i], buffer, sizeof(buffer), 0)) > 0) {
            if (total == 0)
                memcpy(head, buffer, (size_t)n < sizeof(head) - 1 ? (size_t)n : sizeof(head) - 1);
            total += (size_t)n;
        }
        if (strncmp(head, "HTTP/1.1 200 OK", 15) == 0) {
            size_t length = strtoul(strstr(head, "Content-Length: ") + 16, NULL, 10);

            whole += total == (size_t)(strstr(head, "\r\n\r\n") + 4 - head) + length;
        }
        close(fd[i]);
    }
    T_EQ(whole, 20);
    stop();
}

static void
closes_idle_connections_at_shutdown(void)
{
    int  idle, half;
    char answer[4096];

    start(hf_conn_limits);
    idle = dial(web.http);
    half = dial(web.http);
    say(idle, "GET /health HTTP/1.1\r\n" H "\r\n");
    T_TRUE(recv(idle, answer, sizeof(answer), 0) > 0);
    say(half, "GET /health HTTP/1.1\r\n");
    usleep(20000);
    ask_to_stop();
    T_EQ(recv(idle, answer, sizeof(answer), 0), 0);
    say(half, H "\r\n"); /* begun before, finished after */
    T_TRUE(recv(half, answer, sizeof(answer) - 1, 0) > 0);
    T_EQ(strncmp(answer, "HTTP/1.1 200", 12), 0);
    close(idle);
    close(half);
    stop();
}

/* -- TLS, sessions, the client -------------------------------------------------------------------------------- */

static struct hf_client *
client(void)
{
    char                url[64];
    struct hf_client_to to = { .server = url, .ca_file = web.ca, .timeout_ms = 10000 };
    struct hf_client   *c = NULL;

    snprintf(url, sizeof(url), "https://localhost:%u", web.https);
    T_OK(hf_client_open(&to, &c));
    return c;
}

static void
speaks_tls(void)
{
    struct hf_client      *c;
    struct hf_client_reply r;
    json_t                *args = json_pack("{s:s}", "text", "hello"), *none = json_object();

    start(hf_conn_limits);
    c = client();
    for (int i = 0; i < 3; i++) {
        T_OK(hf_client_call(c, "echo", args, NULL, &r));
        T_EQ(r.status, 200);
        T_STR(t_member(r.body, "text"), "hello");
        T_STR(t_member(r.body, "kind"), "nobody");
        T_STR(t_member(r.body, "address"), "127.0.0.1");
        hf_client_reply_clear(&r);
    }
    T_TRUE(hf_client_server_certificate(c).n > 100);
    T_RC(hf_client_call(c, "echo change", args, NULL, &r), HF_E_AUTH);
    T_EQ(r.status, 401);
    hf_client_reply_clear(&r);
    T_OK(hf_client_call(c, "sign in", none, NULL, &r));
    T_STR(t_member(r.body, "session"), "token-of-alice");
    T_OK(hf_client_token(c, hf_bytes_str(t_member(r.body, "session"))));
    hf_client_reply_clear(&r);
    T_OK(hf_client_call(c, "echo change", args, NULL, &r));
    T_STR(t_member(r.body, "login"), "alice");
    hf_client_reply_clear(&r);
    T_OK(hf_client_send(c, "GET", "/api/v1/echo/large?number=3000000", NULL, hf_bytes(NULL, 0), &r));
    T_TRUE(r.raw.n > 3000000);
    hf_client_reply_clear(&r);
    hf_client_close(c);
    json_decref(args);
    json_decref(none);
    stop();
}

/* One request over TLS with these fields; the answer, owned by the caller. Version 0: any. */
static char *
tls_request(int version, const char *request, bool *shook_hands)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL     *ssl;
    char    *all = calloc(1, 1 << 16);
    size_t   n = 0, got;
    int      fd = dial(web.https);

    SSL_CTX_load_verify_file(ctx, web.ca);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_min_proto_version(ctx, version);
    SSL_CTX_set_max_proto_version(ctx, version);
    ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    *shook_hands = SSL_connect(ssl) == 1;
    if (*shook_hands && SSL_write_ex(ssl, request, strlen(request), &got) == 1)
        while (n < (1 << 16) - 1 && SSL_read_ex(ssl, all + n, (1 << 16) - 1 - n, &got) == 1)
            n += got;
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    return all;
}

#define POST_CHANGE "POST /api/v1/echo/change HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n" \
                    "Content-Type: application/json\r\nCookie: hufu_session=token-of-alice\r\n"

static void
guards_cookies(void)
{
    static const struct {
        const char *request, *expect;
    } cases[] = {
        { POST_CHANGE "Origin: https://localhost\r\n\r\n{}", "200 OK" },
        { POST_CHANGE "Sec-Fetch-Site: same-origin\r\n\r\n{}", "200 OK" },
        { POST_CHANGE "Origin: https://evil.example\r\n\r\n{}", "403 Forbidden" },
        { POST_CHANGE "Origin: null\r\n\r\n{}", "403 Forbidden" },
        { POST_CHANGE "Origin: http://localhost\r\n\r\n{}", "403 Forbidden" },
        { POST_CHANGE "Sec-Fetch-Site: cross-site\r\n\r\n{}", "403 Forbidden" },
        { POST_CHANGE "\r\n{}", "403 Forbidden" },
        { "POST /api/v1/echo/change HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n"
          "Content-Type: text/plain\r\nCookie: hufu_session=token-of-alice\r\nOrigin: https://localhost\r\n\r\n{}",
          "400 Bad Request" },
        { "GET /api/v1/echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: hufu_session=token-of-alice\r\n\r\n",
          "\"login\":\"alice\"" },
        { "GET /api/v1/approval/list HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: hufu_session=wrong\r\n\r\n",
          "401 Unauthorized" },
        { "GET /api/v1/echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: hufu_session=wrong\r\n\r\n",
          "\"kind\":\"nobody\"" },
        { "POST /api/v1/sign/in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\nOrigin: "
          "https://localhost\r\n\r\n",
          "Set-Cookie: hufu_session=token-of-alice; Path=/; Secure; HttpOnly; SameSite=Strict\r\n" },
        { "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "Strict-Transport-Security" },
    };

    start(hf_conn_limits);
    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        bool  shook;
        char *answer = tls_request(i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION, cases[i].request, &shook);

        T_TRUE(shook);
        if (strstr(answer, cases[i].expect) == NULL) {
            t_bad++;
            printf("  no \"%s\" in the answer to %s:\n%s\n", cases[i].expect, cases[i].request, answer);
        }
        if (strstr(cases[i].expect, "Set-Cookie") != NULL)
            T_EQ(count(answer, "token-of-alice"), 1); /* in the cookie alone: scripts must not see it */
        free(answer);
    }
    stop();
}

static void
refuses_old_tls(void)
{
    bool shook;

    start(hf_conn_limits);
    free(tls_request(TLS1_1_VERSION, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", &shook));
    T_FALSE(shook);
    stop();
}

static void
the_client_tells_whom_it_trusts(void)
{
    struct hf_client      *c = NULL;
    struct hf_client_reply r;
    json_t                *none = json_object();
    char                   url[64];
    struct hf_client_to    to = { .server = url, .timeout_ms = 5000 };
    static const char *const wrong[] = { "http://localhost", "https://", "https://a:b", "https://a/b", "https://[::1", "https://u@h" };

    start(hf_conn_limits);
    snprintf(url, sizeof(url), "https://127.0.0.1:%u", web.https);
    T_OK(hf_client_open(&to, &c)); /* the system's roots: ours is not among them */
    T_RC(hf_client_call(c, "echo", none, NULL, &r), HF_E_PEER);
    T_EQ(r.status, 0);
    hf_client_reply_clear(&r);
    hf_client_close(c);
    to.ca_file = web.ca;
    T_OK(hf_client_open(&to, &c));
    T_OK(hf_client_call(c, "echo", none, NULL, &r)); /* by address */
    hf_client_reply_clear(&r);
    hf_client_close(c);
    for (size_t i = 0; i < HF_COUNT(wrong); i++) {
        to.server = wrong[i];
        T_RC(hf_client_open(&to, &c), HF_E_ARG);
    }
    to.server = NULL;
    to.data_dir = "/nowhere";
    T_OK(hf_client_open(&to, &c));
    T_RC(hf_client_call(c, "echo", none, NULL, &r), HF_E_PEER);
    hf_client_reply_clear(&r);
    hf_client_close(c);
    to.data_dir = web.e.dir;
    T_OK(hf_client_open(&to, &c));
    T_OK(hf_client_call(c, "echo change", none, NULL, &r));
    T_STR(t_member(r.body, "kind"), "local");
    hf_client_reply_clear(&r);
    hf_client_close(c);
    json_decref(none);
    stop();
}

T_MAIN(T(answers_and_refuses), T(keeps_pipelined_requests_in_order), T(reads_a_request_byte_by_byte),
       T(sends_away_who_is_too_slow), T(closes_on_a_reader_that_does_not_read), T(gives_idle_places_away),
       T(only_offers_what_belongs_to_a_listener), T(loses_no_reply_at_shutdown),
       T(closes_idle_connections_at_shutdown), T(speaks_tls), T(guards_cookies), T(refuses_old_tls),
       T(the_client_tells_whom_it_trusts))
