/*
 * bench_effect.c - what our own SM2 and SM3 are worth in whole operations: certificates issued, OCSP answers signed,
 * sign-ins by certificate. "Before" is the same program with HUFU_SM=libcrypto; both take turns in one run.
 *
 *     bench_effect              the table; each figure is the median of ROUNDS turns of a second
 *     bench_effect RATE         one turn in this process, for itself and for profilers; BENCH_S seconds (default 1)
 *
 * Rates are per second of this process's processor time, all its threads together; the store is SQLite, durable.
 */
#include "bench/pki_bench.h"
#include "bench/rows.h"

#include <pthread.h>
#include <unistd.h>

#include "base/log.h"
#include "identity/ops.h"
#include "pki/list.h"
#include "pki/ops.h"
#include "pki/responder.h"
#include "provider/provider.h"
#include "wire/login.h"
#include "wire/pem.h"

#define ROUNDS  3
#define PERSONS 256 /* more than there are tables of known keys */
#define THREADS 8

static double turn_s = 1;

/* -- Issuing --------------------------------------------------------------------------------------- */

/* Twice as long as the others: a flush to the disk falls into it now and then. */
static double
issue(struct t_env *e)
{
    const struct hf_bytes *csr = make_csrs(e, HF_ALG_SM2);
    double                 cpu;
    size_t                 n;

    (void)issue_for(e, "issuing-sm2", csr, turn_s, BATCH, false); /* memory and the store's files are there then */
    cpu = cpu_seconds();
    n = issue_for(e, "issuing-sm2", csr, 2 * turn_s, SIZE_MAX, false);
    return (double)n / (cpu_seconds() - cpu);
}

/* -- OCSP -------------------------------------------------------------------------------------------- */

static double
ocsp(struct t_env *e)
{
    struct hf_issued      one[1];
    struct hf_cert_filter f = { .ca = "issuing-sm2", .now_ms = hf_now_ms() };
    struct hf_ocsp_reply  reply;
    struct hf_wr          out = hf_wr(1 << 20);
    struct hf_bytes       request;
    size_t                n = 0;
    double                cpu;

    must(hf_cert_list(hf_store_reader(e->env.store), &f, &e->arena, one, 1, &n), "list");
    request = ocsp_request(e, "issuing-sm2", one[0].serial);
    must(hf_responder_start(&e->env), "responder");
    n = 0;
    for (cpu = cpu_seconds(); cpu_seconds() - cpu < turn_s; n++) {
        hf_wr_cut(&out, 0);
        must(hf_ocsp_answer(&e->env, request, hf_now_ms(), &reply, &out), "OCSP");
    }
    cpu = (double)n / (cpu_seconds() - cpu);
    hf_responder_stop();
    hf_wr_clear(&out);
    return cpu;
}

/* -- Signing in --------------------------------------------------------------------------------------- */

struct person {
    struct hf_pkey *key;
    char            login[32];
    struct hf_bytes pem;
};

struct caller {
    struct t_env   e;
    struct person *person;
    size_t         first, n;
    double         until, client_s; /* processor time of the clients' part */
    pthread_t      thread;
};

static double
thread_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *
base64(struct t_env *e, struct hf_bytes b)
{
    struct hf_wr w = hf_wr(65536);
    const char  *text;

    hf_base64(b, &w);
    text = hf_arena_text(&e->arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return text;
}

static void
make_person(struct t_env *e, struct person *p, size_t i)
{
    struct hf_wr pem = hf_wr(65536);
    json_t      *reply, *args;
    char        *text;

    snprintf(p->login, sizeof(p->login), "p%zu", i);
    must(hf_pkey_generate(HF_ALG_SM2, &p->key), "key");
    must(t_op(e, hf_identity_ops, "person add", &e->admin,
              hf_arena_fmt(&e->arena, "{\"login\":\"%s\",\"name\":\"%s\"}", p->login, p->login), NULL), "person");
    hf_pem_put(&pem, HF_PEM_CSR, make_csr(e, p->key, p->login));
    args = json_pack("{s:s, s:s%, s:s}", "profile", "person-sign", "csr", (const char *)pem.p, pem.n,
                             "person", p->login);
    text = json_dumps(args, 0);
    must(t_op(e, hf_pki_ops, "cert issue", &e->admin, text, &reply), "certificate");
    p->pem = hf_arena_bytes(&e->arena, hf_bytes_str(t_member(reply, "pem")));
    free(text);
    json_decref(args);
    json_decref(reply);
    hf_wr_clear(&pem);
}

/* What the person's program does: sign both randoms. Gives the arguments of the second call. */
static char *
client_part(struct caller *c, const struct person *p, struct hf_bytes mine, const json_t *reply)
{
    struct hf_wr    text = hf_wr(256), sig = hf_wr(256), theirs = hf_wr(64), der = hf_wr(8192);
    uint8_t         id[32];
    struct hf_bytes cert, message;
    struct hf_rd    run;
    json_t         *args;
    char           *out;

    /* the server's certificate is the first of the chain that it shows */
    must(hf_pem_or_der(hf_bytes_str(t_member(reply, "server_chain")), HF_PEM_CERT, &der), "chain");
    cert = hf_wr_bytes(&der);
    must(hf_digest(HF_DIGEST_SHA256, &cert, 1, id), "hash");
    must(hf_unbase64(hf_bytes_str(t_member(reply, "server_random")), &theirs), "random");
    hf_login_transcript(&text, false, mine, hf_wr_bytes(&theirs), hf_bytes(id, sizeof(id)));
    message = hf_wr_bytes(&text);
    must(hf_pkey_sign(p->key, &message, 1, &sig), "signature");
    run = hf_rd(hf_wr_bytes(&sig));
    args = json_pack("{s:s, s:s%, s:s}", "challenge", t_member(reply, "challenge"), "certificate",
                     (const char *)p->pem.p, p->pem.n, "signature", base64(&c->e, hf_rd_run(&run)));
    out = json_dumps(args, 0);
    json_decref(args);
    hf_wr_clear(&text);
    hf_wr_clear(&sig);
    hf_wr_clear(&theirs);
    hf_wr_clear(&der);
    return out;
}

static void
login_once(struct caller *c, const struct person *p)
{
    uint8_t random[HF_LOGIN_RANDOM];
    json_t *reply;
    double  begun;
    char   *text;

    hf_random(random, sizeof(random));
    c->e.now_ms = hf_now_ms();
    must(t_op(&c->e, hf_identity_ops, "login challenge", &c->e.nobody,
              hf_arena_fmt(&c->e.arena, "{\"client_random\":\"%s\"}", base64(&c->e, hf_bytes(random, sizeof(random)))), &reply),
         "challenge");
    begun = thread_seconds();
    text = client_part(c, p, hf_bytes(random, sizeof(random)), reply);
    c->client_s += thread_seconds() - begun;
    must(t_op(&c->e, hf_identity_ops, "login certificate", &c->e.nobody, text, NULL), "sign-in");
    free(text);
    json_decref(reply);
    hf_arena_clear(&c->e.arena);
}

static void *
call(void *arg)
{
    struct caller *c = arg;

    for (size_t i = c->first; seconds() < c->until; i = (i + THREADS) % PERSONS, c->n++)
        login_once(c, &c->person[i]);
    return NULL;
}

static double
login(struct t_env *e)
{
    static struct person person[PERSONS];
    static struct caller caller[THREADS];
    double               cpu, client_s = 0;
    size_t               n = 0;

    for (size_t i = 0; i < PERSONS; i++)
        make_person(e, &person[i], i);
    cpu = cpu_seconds();
    for (size_t i = 0; i < THREADS; i++) {
        caller[i] = (struct caller){ .e = *e, .person = person, .first = i, .until = seconds() + turn_s };
        caller[i].e.arena = hf_arena();
        if (pthread_create(&caller[i].thread, NULL, call, &caller[i]) != 0)
            exit(1);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(caller[i].thread, NULL);
        n += caller[i].n;
        client_s += caller[i].client_s;
    }
    return (double)n / (cpu_seconds() - cpu - client_s);
}

/* -- Turns ----------------------------------------------------------------------------------------------- */

static const struct rate {
    const char *name, *what;
    double (*run)(struct t_env *e);
    double goal;
} rates[] = {
    { "issue", "certificate issued, SM2, batch of 2048: checked, recorded", issue, 20000 },
    { "ocsp", "OCSP answer built and signed live, SM2, one by one", ocsp, 30000 },
    { "login", "sign-in by SM2 certificate, with session and audit record", login, 0 },
};

static int
one_turn(const struct rate *r)
{
    const char  *s = getenv("BENCH_S");
    struct t_env e;

    if (s != NULL)
        turn_s = strtod(s, NULL);
    if (!hf_sm_by_libcrypto()) /* as the program does */
        must(hf_provider_use(NULL), "provider");
    t_env_open(&e, false);
    found(&e);
    printf("%.0f\n", r->run(&e));
    t_env_close(&e);
    return t_bad != 0;
}

static double
turn_of(const char *self, const struct rate *r, const char *by)
{
    char   command[512], line[64] = "";
    FILE  *f;
    double v;

    snprintf(command, sizeof(command), "HUFU_SM=%s '%s' %s", by, self, r->name);
    if ((f = popen(command, "r")) == NULL || fgets(line, sizeof(line), f) == NULL || pclose(f) != 0) {
        printf("%s %s: no figure\n", r->name, by);
        exit(1);
    }
    v = strtod(line, NULL);
    return v;
}

static int
rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
    hf_log_level(HF_WARN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; argc == 2 && i < HF_COUNT(rates); i++)
        if (strcmp(argv[1], rates[i].name) == 0)
            return one_turn(&rates[i]);
    if (argc != 1)
        return 2;
    for (size_t i = 0; i < HF_COUNT(rates); i++) {
        double ours[ROUNDS], before[ROUNDS];

        for (size_t k = 0; k < ROUNDS; k++) {
            before[k] = turn_of(argv[0], &rates[i], "libcrypto");
            ours[k] = turn_of(argv[0], &rates[i], "ours");
        }
        qsort(ours, ROUNDS, sizeof(ours[0]), rising);
        qsort(before, ROUNDS, sizeof(before[0]), rising);
        row(&(struct row){ rates[i].what, ours[ROUNDS / 2], "/CPU s", ours[ROUNDS / 2] / before[ROUNDS / 2],
                           "HUFU_SM=libcrypto", rates[i].goal, 0 });
    }
    return 0;
}
