#include "ctl/login.h"

#include <getopt.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "crypto/clientkey.h"
#include "crypto/pub.h"
#include "ctl/client.h"
#include "pki/path.h"
#include "wire/login.h"
#include "wire/pem.h"

#define FILE_LIMIT ((size_t)1 << 20)
#define SYSTEM_ROOTS "/etc/ssl/certs/ca-certificates.crt"

static const char usage[] =
    "usage: hufu login --server URL [--cacert FILE] [--p12 FILE | --pkcs11 MODULE | --login LOGIN]\n"
    "                  --passfile FILE [--token LABEL] [--key LABEL]\n"
    "                  [--ticket-for APPLICATION] [--session FILE]\n"
    "\n"
    "Signs in at a Hufu. With a key the server proves itself first, by a signature under its\n"
    "certificate, and the key answers; with a login, by password.\n"
    "\n"
    "  --server URL       https://HOST:PORT\n"
    "  --cacert FILE      roots to trust, PEM (the system's without it)\n"
    "  --p12 FILE         key and certificate, PKCS#12; its passphrase is in --passfile\n"
    "  --pkcs11 MODULE    key in a token through this PKCS#11 library; its PIN is in --passfile\n"
    "  --token LABEL      which token, if there are several\n"
    "  --key LABEL        which key in the token, if there are several\n"
    "  --login LOGIN      sign in by password, which is in --passfile\n"
    "  --passfile FILE    first line of FILE; - is standard input\n"
    "  --ticket-for APP   get a service ticket for an application; printed alone on the last line\n"
    "  --session FILE     write the session token there (mode 600), for hufu --token-file\n"
    "\n"
    "Exit status: 0 signed in, 1 refused, 2 usage, 3 the server cannot be reached.\n";

struct login {
    struct hf_client_to   to;
    const char           *p12, *module, *token, *key_label, *login, *passfile, *app, *session_file;
    struct hf_secret      pass;
    struct hf_client     *client;
    struct hf_client_key *key;
    struct hf_arena       arena;
};

/* -- Arguments ----------------------------------------------------------------------------- */

static const struct option options[] = {
    { "server", required_argument, NULL, 's' },
    { "cacert", required_argument, NULL, 'c' },
    { "p12", required_argument, NULL, 'p' },
    { "pkcs11", required_argument, NULL, 'm' },
    { "token", required_argument, NULL, 't' },
    { "key", required_argument, NULL, 'k' },
    { "login", required_argument, NULL, 'l' },
    { "passfile", required_argument, NULL, 'f' },
    { "ticket-for", required_argument, NULL, 'a' },
    { "session", required_argument, NULL, 'o' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static void
take_option(struct login *l, int option, const char *value)
{
    switch (option) {
    case 's':
        l->to.server = value;
        break;
    case 'c':
        l->to.ca_file = value;
        break;
    case 'p':
        l->p12 = value;
        break;
    case 'm':
        l->module = value;
        break;
    case 't':
        l->token = value;
        break;
    case 'k':
        l->key_label = value;
        break;
    case 'l':
        l->login = value;
        break;
    case 'f':
        l->passfile = value;
        break;
    case 'a':
        l->app = value;
        break;
    case 'o':
        l->session_file = value;
        break;
    }
}

static enum hf_rc
read_arguments(struct login *l, int argc, char **argv)
{
    int option;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            exit(0);
        }
        if (option == '?')
            return hf_fail(HF_E_ARG, "see: hufu login --help");
        take_option(l, option, optarg);
    }
    if (optind != argc)
        return hf_fail(HF_E_ARG, "unexpected argument: %s", argv[optind]);
    if (l->to.server == NULL)
        return hf_fail_field(HF_E_ARG, "--server", "is missing");
    if (l->passfile == NULL)
        return hf_fail_field(HF_E_ARG, "--passfile", "is missing");
    if ((l->p12 != NULL) + (l->module != NULL) + (l->login != NULL) != 1)
        return hf_fail(HF_E_ARG, "give one of --p12, --pkcs11 and --login");
    return HF_OK;
}

static enum hf_rc
open_key(struct login *l)
{
    struct hf_token_key where = { l->module, l->token, l->key_label };
    struct hf_wr        file = hf_wr_secret(FILE_LIMIT);
    enum hf_rc          rc;

    if (l->module != NULL) {
        rc = hf_client_key_token(&where, &l->pass, &l->key);
    } else if ((rc = hf_file_read(l->p12, &file)) == HF_OK) {
        rc = hf_client_key_p12(hf_wr_bytes(&file), &l->pass, &l->key);
        if (rc != HF_OK)
            rc = hf_because(rc, "%s", l->p12);
    }
    hf_wr_clear(&file);
    return rc;
}

/* -- What the server says ---------------------------------------------------------------------- */

static enum hf_rc
member_text(const json_t *body, const char *name, const char **out)
{
    *out = json_string_value(json_object_get(body, name));
    return *out != NULL ? HF_OK : hf_fail(HF_E_PEER, "the server's answer has no %s", name);
}

static enum hf_rc
member_bytes(struct login *l, const json_t *body, const char *name, struct hf_bytes *out)
{
    struct hf_wr w = hf_wr(FILE_LIMIT);
    const char  *text;
    enum hf_rc   rc = member_text(body, name, &text);

    if (rc == HF_OK && (rc = hf_unbase64(hf_bytes_str(text), &w)) == HF_OK)
        *out = hf_arena_bytes(&l->arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return rc == HF_OK ? HF_OK : hf_because(HF_E_PEER, "%s", name);
}

/* All certificates of a PEM text go to `add`; the first is copied out as the leaf. */
static enum hf_rc
add_certificates(struct login *l, struct hf_bytes pem, struct hf_path_pool *pool,
                 enum hf_rc (*add)(struct hf_path_pool *, struct hf_bytes), struct hf_bytes *leaf)
{
    struct hf_rd    r = hf_rd(pem);
    struct hf_wr    der = hf_wr(FILE_LIMIT);
    struct hf_bytes label;
    enum hf_rc      rc;

    while ((rc = hf_pem_next(&r, &label, &der)) == HF_OK) {
        if (hf_pem_is(label, HF_PEM_CERT)) {
            if (leaf != NULL && leaf->n == 0)
                *leaf = hf_arena_bytes(&l->arena, hf_wr_bytes(&der));
            if ((rc = add(pool, hf_wr_bytes(&der))) != HF_OK)
                break;
        }
        hf_wr_cut(&der, 0);
    }
    hf_wr_clear(&der);
    return rc == HF_E_ABSENT ? HF_OK : rc;
}

/* Does the chain that came with the challenge lead to a root of --cacert? */
static enum hf_rc
check_chain(struct login *l, const char *chain, struct hf_bytes *leaf)
{
    struct hf_path_pool *pool = NULL;
    struct hf_wr         roots = hf_wr(FILE_LIMIT);
    struct hf_path_query q;
    enum hf_rc           rc;

    *leaf = hf_bytes(NULL, 0);
    if ((rc = hf_path_pool_new(&pool)) != HF_OK ||
        (rc = hf_file_read(l->to.ca_file != NULL ? l->to.ca_file : SYSTEM_ROOTS, &roots)) !=
            HF_OK ||
        (rc = add_certificates(l, hf_wr_bytes(&roots), pool, hf_path_add_trust, NULL)) != HF_OK ||
        (rc = add_certificates(l, hf_bytes_str(chain), pool, hf_path_add_untrusted, leaf)) != HF_OK)
        goto out;
    q = hf_path_query(*leaf, hf_now_ms() / 1000);
    q.purpose = HF_PURPOSE_TLS_SERVER;
    rc = hf_path_verify(pool, &q, NULL);
out:
    hf_path_pool_free(pool);
    hf_wr_clear(&roots);
    return rc == HF_OK ? HF_OK : hf_because(rc, "certificate of the server");
}

static enum hf_rc
check_server(struct login *l, const json_t *body, struct hf_bytes client_random,
             struct hf_bytes server_random, uint8_t server_id[32])
{
    struct hf_wr    text = hf_wr(256);
    struct hf_bytes leaf, sig = { NULL, 0 };
    struct hf_cert  cert;
    struct hf_pub  *pub = NULL;
    const char     *chain = NULL;
    enum hf_rc      rc;

    if ((rc = member_text(body, "server_chain", &chain)) != HF_OK ||
        (rc = member_bytes(l, body, "server_signature", &sig)) != HF_OK ||
        (rc = check_chain(l, chain, &leaf)) != HF_OK || (rc = hf_cert_read(leaf, &cert)) != HF_OK ||
        (rc = hf_digest(HF_DIGEST_SHA256, &leaf, 1, server_id)) != HF_OK ||
        (rc = hf_pub_read(cert.spki, &pub)) != HF_OK)
        goto out;
    hf_login_transcript(&text, true, client_random, server_random, hf_bytes(server_id, 32));
    rc = hf_pub_verify(pub, hf_alg_signature_id(hf_pub_alg(pub)), hf_wr_bytes(&text), sig);
out:
    hf_pub_free(pub);
    hf_wr_clear(&text);
    return rc == HF_OK ? HF_OK : hf_because(rc, "the server did not prove itself");
}

/* -- By certificate -------------------------------------------------------------------------------- */

static const char *
base64_text(struct login *l, struct hf_bytes b)
{
    struct hf_wr w = hf_wr(FILE_LIMIT);
    const char  *text;

    hf_base64(b, &w);
    text = hf_arena_text(&l->arena, hf_wr_bytes(&w));
    hf_wr_clear(&w);
    return text;
}

static enum hf_rc
answer_challenge(struct login *l, const json_t *body, struct hf_bytes client_random, json_t **args)
{
    struct hf_wr    text = hf_wr(256), sig = hf_wr(1024), pem = hf_wr(FILE_LIMIT);
    struct hf_bytes server_random = { NULL, 0 };
    const char     *challenge = NULL;
    uint8_t         id[32];
    enum hf_rc      rc;

    if ((rc = member_text(body, "challenge", &challenge)) != HF_OK ||
        (rc = member_bytes(l, body, "server_random", &server_random)) != HF_OK ||
        (rc = check_server(l, body, client_random, server_random, id)) != HF_OK)
        goto out;
    hf_login_transcript(&text, false, client_random, server_random, hf_bytes(id, sizeof(id)));
    if ((rc = hf_client_key_sign(l->key, hf_wr_bytes(&text), &sig)) != HF_OK)
        goto out;
    hf_pem_put(&pem, HF_PEM_CERT, hf_client_key_cert(l->key));
    *args = json_pack("{s:s, s:s, s:s}", "challenge", challenge, "certificate",
                      hf_arena_text(&l->arena, hf_wr_bytes(&pem)), "signature",
                      base64_text(l, hf_wr_bytes(&sig)));
out:
    hf_wr_clear(&pem);
    hf_wr_clear(&sig);
    hf_wr_clear(&text);
    return rc;
}

static enum hf_rc
by_certificate(struct login *l, struct hf_client_reply *reply)
{
    struct hf_client_reply first = { 0 };
    uint8_t                random[HF_LOGIN_RANDOM];
    json_t                *args, *answer = NULL;
    enum hf_rc             rc;

    if ((rc = open_key(l)) != HF_OK)
        return rc;
    hf_random(random, sizeof(random));
    args = json_pack("{s:s}", "client_random", base64_text(l, hf_bytes(random, sizeof(random))));
    rc = hf_client_call(l->client, "login challenge", args, NULL, &first);
    if (rc == HF_OK)
        rc = answer_challenge(l, first.body, hf_bytes(random, sizeof(random)), &answer);
    if (rc == HF_OK)
        rc = hf_client_call(l->client, "login certificate", answer, NULL, reply);
    json_decref(args);
    json_decref(answer);
    hf_client_reply_clear(&first);
    return rc;
}

/* -- By password -------------------------------------------------------------------------------------- */

static enum hf_rc
by_password(struct login *l, struct hf_client_reply *reply)
{
    json_t *args = json_pack("{s:s, s:s%}", "login", l->login, "password", l->pass.byte, l->pass.n);
    enum hf_rc rc;

    if (args == NULL)
        return hf_fail_field(HF_E_ARG, "--passfile", "is not UTF-8 text");
    rc = hf_client_call(l->client, "login password", args, NULL, reply);
    json_decref(args);
    return rc;
}

/* -- Signed in ------------------------------------------------------------------------------------------- */

static enum hf_rc
take_session(struct login *l, const json_t *body)
{
    const char *token = NULL, *login = NULL;
    enum hf_rc  rc;

    if ((rc = member_text(body, "session", &token)) != HF_OK ||
        (rc = member_text(body, "login", &login)) != HF_OK ||
        (rc = hf_client_token(l->client, hf_bytes_str(token))) != HF_OK)
        return rc;
    printf("signed in as %s\n", login);
    if (json_is_true(json_object_get(body, "must_change")))
        printf("this was a one-time password: choose your own with hufu password change\n");
    return l->session_file == NULL ? HF_OK
                                   : hf_file_write(l->session_file, hf_bytes_str(token), 0600);
}

static enum hf_rc
print_ticket(struct login *l)
{
    struct hf_client_reply reply = { 0 };
    json_t                *args;
    const char            *ticket;
    enum hf_rc             rc;

    if (l->app == NULL)
        return HF_OK;
    args = json_pack("{s:s}", "app", l->app);
    rc = args == NULL ? hf_fail_field(HF_E_ARG, "--ticket-for", "is not UTF-8 text")
                      : hf_client_call(l->client, "ticket issue", args, NULL, &reply);
    if (rc == HF_OK && (rc = member_text(reply.body, "ticket", &ticket)) == HF_OK)
        printf("%s\n", ticket);
    json_decref(args);
    hf_client_reply_clear(&reply);
    return rc;
}

static enum hf_rc
sign_in(struct login *l)
{
    struct hf_client_reply reply = { 0 };
    enum hf_rc             rc;

    if ((rc = hf_secret_from_file(
             &l->pass, strcmp(l->passfile, "-") == 0 ? "/dev/stdin" : l->passfile)) != HF_OK ||
        (rc = hf_client_open(&l->to, &l->client)) != HF_OK)
        return rc;
    rc = l->login != NULL ? by_password(l, &reply) : by_certificate(l, &reply);
    if (rc == HF_OK && (rc = take_session(l, reply.body)) == HF_OK)
        rc = print_ticket(l);
    hf_client_reply_clear(&reply);
    return rc;
}

int
hf_login_main(int argc, char **argv)
{
    struct login l = { .arena = hf_arena() };
    enum hf_rc   rc = read_arguments(&l, argc, argv);
    int          refused = rc == HF_OK ? 1 : 2;

    if (rc == HF_OK)
        rc = sign_in(&l);
    if (rc != HF_OK)
        fprintf(stderr, "hufu login: %s\n", hf_reason());
    hf_client_key_free(l.key);
    hf_client_close(l.client);
    hf_secret_clear(&l.pass);
    hf_arena_clear(&l.arena);
    return rc == HF_OK ? 0 : rc == HF_E_PEER ? 3 : refused;
}
