#include "main/init.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <getopt.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/op.h"
#include "base/secret.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "identity/password.h"
#include "identity/person.h"
#include "identity/role.h"
#include "loop/listen.h"
#include "pki/bootstrap.h"
#include "store/store.h"

#define ROOT_OPEN_S 600 /* the ceremony's time; afterwards the root key is locked */

struct init {
    const char      *data, *org, *suite, *alg, *country, *admin, *secrets;
    const char      *root_passfile, *root_shares, *shares_dir, *seal_passfile;
    char             data_dir[PATH_MAX]; /* absolute */
    struct hf_conf  *conf;
    struct hf_wr     conf_text;
    unsigned         need, of; /* shares; 0 with a passphrase */
    struct hf_secret root_pass, seal_pass;
    bool             root_pass_made;
    bool             claimed; /* the directory was empty and is ours: a failure empties it again */
    char             admin_pass[HF_PASSWORD_ONE_TIME];
    struct hf_env    env;
};

static const char usage[] =
    "usage: hufu init --data DIR --org NAME [options]\n"
    "\n"
    "Makes the authorities, keys, server certificate and first administrator of an institution\n"
    "in the empty or new directory DIR.\n"
    "\n"
    "  --suite sm|intl|both    Chinese, international or both kinds of cryptography (both)\n"
    "  --alg ALG               international keys: p256, p384, rsa2048, rsa3072, rsa4096 (p256)\n"
    "  --country CC            two letters for the authorities' names\n"
    "  --admin LOGIN           login of the first administrator (admin)\n"
    "  --secrets FILE          write one-time password and generated passphrase there as JSON,\n"
    "                          mode 600; without it they are printed\n"
    "  --root-passfile FILE    passphrase of the root keys; without it one is generated\n"
    "  --root-shares KofN      split the root keys' protection among N custodians instead, any K\n"
    "                          of whom open them; needs --shares-dir\n"
    "  --shares-dir DIR        where the N share files go\n"
    "  --seal-passfile FILE    protect the sealing key by this passphrase instead of a file\n"
    "  --store URL             sqlite (default) or postgres://user@host1,host2/name\n"
    "  --https ADDR:PORT       console, API and sign-in (127.0.0.1:8443)\n"
    "  --http ADDR:PORT        CRL and OCSP (127.0.0.1:8080)\n"
    "  --http-url URL          how certificates name the HTTP listener (http://ADDR:PORT)\n"
    "  --names LIST            names and addresses in the server's certificate (localhost and\n"
    "                          the --https address)\n";

/* -- Arguments --------------------------------------------------------------------------- */

enum {
    OPT_DATA = 256,
    OPT_ORG,
    OPT_SUITE,
    OPT_ALG,
    OPT_COUNTRY,
    OPT_ADMIN,
    OPT_SECRETS,
    OPT_ROOT_PASS,
    OPT_ROOT_SHARES,
    OPT_SHARES_DIR,
    OPT_SEAL_PASS,
    OPT_STORE,
    OPT_HTTPS,
    OPT_HTTP,
    OPT_HTTP_URL,
    OPT_NAMES
};

static const struct option options[] = {
    { "data", required_argument, NULL, OPT_DATA },
    { "org", required_argument, NULL, OPT_ORG },
    { "suite", required_argument, NULL, OPT_SUITE },
    { "alg", required_argument, NULL, OPT_ALG },
    { "country", required_argument, NULL, OPT_COUNTRY },
    { "admin", required_argument, NULL, OPT_ADMIN },
    { "secrets", required_argument, NULL, OPT_SECRETS },
    { "root-passfile", required_argument, NULL, OPT_ROOT_PASS },
    { "root-shares", required_argument, NULL, OPT_ROOT_SHARES },
    { "shares-dir", required_argument, NULL, OPT_SHARES_DIR },
    { "seal-passfile", required_argument, NULL, OPT_SEAL_PASS },
    { "store", required_argument, NULL, OPT_STORE },
    { "https", required_argument, NULL, OPT_HTTPS },
    { "http", required_argument, NULL, OPT_HTTP },
    { "http-url", required_argument, NULL, OPT_HTTP_URL },
    { "names", required_argument, NULL, OPT_NAMES },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

/* A setting of the new configuration file. */
static enum hf_rc
set(struct init *in, const char *name, const char *value)
{
    hf_wr_fmt(&in->conf_text, "%s = %s\n", name, value);
    return hf_conf_set(in->conf, name, value);
}

/* What `serve` would refuse later is refused now. */
static enum hf_rc
set_address(struct init *in, const char *name, const char *value)
{
    enum hf_rc rc = hf_listen_check(value);

    return rc != HF_OK ? hf_because(rc, "--%s", name) : set(in, name, value);
}

static enum hf_rc
take_option(struct init *in, int option, const char *value)
{
    switch (option) {
    case OPT_DATA:
        in->data = value;
        break;
    case OPT_ORG:
        in->org = value;
        return set(in, "org", value);
    case OPT_SUITE:
        in->suite = value;
        break;
    case OPT_ALG:
        in->alg = value;
        break;
    case OPT_COUNTRY:
        in->country = value;
        break;
    case OPT_ADMIN:
        in->admin = value;
        break;
    case OPT_SECRETS:
        in->secrets = value;
        break;
    case OPT_ROOT_PASS:
        in->root_passfile = value;
        break;
    case OPT_ROOT_SHARES:
        in->root_shares = value;
        break;
    case OPT_SHARES_DIR:
        in->shares_dir = value;
        break;
    case OPT_SEAL_PASS:
        in->seal_passfile = value;
        break;
    case OPT_STORE:
        return set(in, "store", value);
    case OPT_HTTPS:
        return set_address(in, "https", value);
    case OPT_HTTP:
        return set_address(in, "http", value);
    case OPT_HTTP_URL:
        return set(in, "http_url", value);
    case OPT_NAMES:
        return set(in, "https_names", value);
    }
    return HF_OK;
}

/* "3of5" */
static enum hf_rc
read_shares(struct init *in)
{
    int end = 0;

    if (in->root_shares == NULL)
        return HF_OK;
    if (sscanf(in->root_shares, "%2uof%2u%n", &in->need, &in->of, &end) != 2 ||
        in->root_shares[end] != '\0' || in->need < 2 || in->need > in->of ||
        in->of > HF_KEY_SHARES_MAX)
        return hf_fail_field(HF_E_ARG, "--root-shares",
                             "needs the form 3of5, at least 2 and at most %u", HF_KEY_SHARES_MAX);
    if (in->shares_dir == NULL)
        return hf_fail_field(HF_E_ARG, "--shares-dir", "is needed with --root-shares");
    if (in->root_passfile != NULL)
        return hf_fail_field(HF_E_ARG, "--root-passfile", "cannot be combined with --root-shares");
    return HF_OK;
}

static enum hf_rc
check_words(const struct init *in)
{
    enum hf_alg alg = hf_alg_named(in->alg);

    if (in->data == NULL)
        return hf_fail_field(HF_E_ARG, "--data", "is missing");
    if (in->org == NULL || in->org[0] == '\0')
        return hf_fail_field(HF_E_ARG, "--org", "is missing");
    if (!hf_arg_word_in("sm|intl|both", in->suite))
        return hf_fail_field(HF_E_ARG, "--suite", "must be sm, intl or both");
    if (alg == HF_ALG_NONE || alg == HF_ALG_SM2)
        return hf_fail_field(HF_E_ARG, "--alg", "must be p256, p384, rsa2048, rsa3072 or rsa4096");
    return hf_person_login_check(in->admin);
}

static enum hf_rc
read_arguments(struct init *in, int argc, char **argv)
{
    enum hf_rc rc;
    int        option;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            exit(0);
        }
        if (option == '?')
            return HF_E_ARG;
        if ((rc = take_option(in, option, optarg)) != HF_OK)
            return rc;
    }
    if (optind != argc)
        return hf_fail(HF_E_ARG, "unexpected argument: %s", argv[optind]);
    if ((rc = check_words(in)) != HF_OK || (rc = read_shares(in)) != HF_OK)
        return rc;
    if (in->seal_passfile != NULL &&
        (rc = hf_secret_from_file(&in->seal_pass, in->seal_passfile)) != HF_OK)
        return rc;
    if (in->root_passfile != NULL)
        return hf_secret_from_file(&in->root_pass, in->root_passfile);
    return HF_OK;
}

/* -- The directory -------------------------------------------------------------------------- */

static enum hf_rc
claim_directory(struct init *in)
{
    struct dirent *entry;
    enum hf_rc     rc = hf_folder_make(in->data, 0700);
    DIR           *dir;

    if (rc != HF_OK)
        return rc;
    if (realpath(in->data, in->data_dir) == NULL || (dir = opendir(in->data_dir)) == NULL)
        return hf_fail_errno("%s", in->data);
    while ((entry = readdir(dir)) != NULL && rc == HF_OK)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = hf_fail(HF_E_EXISTS, "%s is not empty; choose a new directory", in->data);
    closedir(dir);
    if (rc == HF_OK && chmod(in->data_dir, 0700) == -1)
        rc = hf_fail_errno("%s", in->data);
    return rc;
}

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return ftw->level == 0 ? 0 : remove(path);
}

/* The host of the https address belongs into the server's certificate. */
static enum hf_rc
default_names(struct init *in)
{
    const char *https = hf_conf_text(in->conf, "https"), *colon = strrchr(https, ':');
    char        names[256];
    int         n = colon == NULL ? (int)strlen(https) : (int)(colon - https);

    if (strcmp(hf_conf_text(in->conf, "https_names"), "localhost") != 0)
        return HF_OK;
    if (https[0] == '[' && n > 2) { /* [::1]:8443 */
        https++;
        n -= 2;
    }
    if (n == 0 || strncmp(https, "0.0.0.0", 7) == 0 || (n == 2 && strncmp(https, "::", 2) == 0))
        snprintf(names, sizeof(names), "localhost,127.0.0.1");
    else
        snprintf(names, sizeof(names), "localhost,%.*s", n, https);
    return set(in, "https_names", names);
}

static enum hf_rc
write_configuration(struct init *in)
{
    struct hf_bytes text;
    char            path[PATH_MAX + 16];
    enum hf_rc      rc;

    if ((rc = default_names(in)) != HF_OK || (rc = hf_wr_end(&in->conf_text, &text)) != HF_OK)
        return rc;
    snprintf(path, sizeof(path), "%s/hufu.conf", in->data_dir);
    return hf_file_write(path, text, 0600);
}

/* -- Store and keys ---------------------------------------------------------------------------- */

static enum hf_rc
open_store(struct init *in)
{
    enum hf_rc rc = hf_store_open_conf(in->conf, in->data_dir, &in->env.store);

    return rc != HF_OK ? rc : hf_store_migrate(in->env.store);
}

static enum hf_rc
write_shares(const struct init *in, const char *id, struct hf_wr *share)
{
    char       path[PATH_MAX];
    enum hf_rc rc = hf_folder_make(in->shares_dir, 0700);

    for (unsigned i = 0; i < in->of && rc == HF_OK; i++) {
        if (snprintf(path, sizeof(path), "%s/%s-%u-of-%u.share", in->shares_dir, id, i + 1,
                     in->of) >= PATH_MAX)
            return hf_fail(HF_E_TOOBIG, "--shares-dir: path is too long");
        rc = hf_file_write(path, hf_wr_bytes(&share[i]), 0600);
    }
    return rc;
}

static enum hf_rc
make_root_key(struct init *in, enum hf_alg alg)
{
    struct hf_key_protection how = { .open_s = ROOT_OPEN_S, .need = in->need, .of = in->of };
    struct hf_wr             spki = hf_wr(4096), share[HF_KEY_SHARES_MAX];
    const char              *id = hf_pki_root_key_id(alg);
    enum hf_rc               rc;

    for (unsigned i = 0; i < HF_KEY_SHARES_MAX; i++)
        share[i] = hf_wr_secret(4096);
    if (in->of == 0)
        how.passphrase = &in->root_pass;
    rc = hf_keys_generate_protected(in->env.keys, id, alg, &how, &spki, in->of == 0 ? NULL : share);
    if (rc == HF_OK && in->of != 0)
        rc = write_shares(in, id, share);
    for (unsigned i = 0; i < HF_KEY_SHARES_MAX; i++)
        hf_wr_clear(&share[i]);
    hf_wr_clear(&spki);
    return rc;
}

static enum hf_rc
make_root_keys(struct init *in, bool sm, bool intl, enum hf_alg alg)
{
    char       made[HF_PASSWORD_ONE_TIME];
    enum hf_rc rc = HF_OK;

    if (in->of == 0 && in->root_pass.n == 0) {
        hf_password_one_time(made);
        rc = hf_secret_set(&in->root_pass, hf_bytes_str(made));
        OPENSSL_cleanse(made, sizeof(made));
        in->root_pass_made = true;
    }
    if (rc == HF_OK && sm)
        rc = make_root_key(in, HF_ALG_SM2);
    if (rc == HF_OK && intl)
        rc = make_root_key(in, alg);
    return rc;
}

static enum hf_rc
make_authorities(struct init *in)
{
    bool            sm = strcmp(in->suite, "intl") != 0, intl = strcmp(in->suite, "sm") != 0;
    enum hf_alg     alg = hf_alg_named(in->alg);
    struct hf_actor actor = { .kind = "local",
                              .login = "local",
                              .unit = "",
                              .address = "unix",
                              .may = hf_role_everything() };
    struct hf_pki_bootstrap b = {
        .org = in->org,
        .country = in->country,
        .sm = sm,
        .intl = intl,
        .intl_alg = alg,
        .server_names = hf_conf_text(in->conf, "https_names"),
        .actor = &actor,
        .now_ms = hf_now_ms(),
    };
    enum hf_rc rc;

    if ((rc = hf_keys_open_local(in->data_dir, sm && !intl,
                                 in->seal_pass.n == 0 ? NULL : &in->seal_pass, &in->env.keys)) !=
            HF_OK ||
        (rc = make_root_keys(in, sm, intl, alg)) != HF_OK ||
        (rc = hf_pki_bootstrap(&in->env, &b)) != HF_OK)
        return rc;
    if (sm && (rc = hf_keys_lock(in->env.keys, hf_pki_root_key_id(HF_ALG_SM2))) != HF_OK)
        return rc;
    return intl ? hf_keys_lock(in->env.keys, hf_pki_root_key_id(alg)) : HF_OK;
}

static enum hf_rc
make_administrator(struct init *in)
{
    char       phc[HF_PASSWORD_PHC];
    enum hf_rc rc;

    hf_password_one_time(in->admin_pass);
    rc = hf_password_hash(in->conf, hf_bytes_str(in->admin_pass), phc);
    return rc != HF_OK ? rc : hf_person_bootstrap(&in->env, in->admin, phc, hf_now_ms());
}

/* -- The secrets, once -------------------------------------------------------------------------- */

static enum hf_rc
write_secrets(const struct init *in)
{
    struct hf_wr w = hf_wr_secret(4096);
    enum hf_rc   rc = HF_OK;

    /* The values are letters, digits and '-'; the login is checked: nothing needs escaping */
    hf_wr_fmt(&w, "{\"login\":\"%s\",\"password\":\"%s\"", in->admin, in->admin_pass);
    if (in->root_pass_made) {
        hf_wr_str(&w, ",\"root_passphrase\":\"");
        hf_wr_put(&w, hf_secret_bytes(&in->root_pass));
        hf_wr_str(&w, "\"");
    }
    hf_wr_str(&w, "}\n");
    if (in->secrets != NULL)
        rc = hf_file_write(in->secrets, hf_wr_bytes(&w), 0600);
    else
        fwrite(w.p, 1, w.n, stdout);
    hf_wr_clear(&w);
    return rc;
}

static void
print_what_was_made(const struct init *in)
{
    printf("%s is ready for %s (suite %s).\n", in->data, in->org, in->suite);
    if (in->secrets != NULL)
        printf("First administrator: %s; the one-time password is in %s.\n", in->admin,
               in->secrets);
    if (in->root_pass_made)
        printf("The root keys' passphrase is %s; keep it offline and remove it here.\n",
               in->secrets == NULL ? "above" : "there too");
    if (in->of != 0)
        printf(
            "Give the %u share files in %s to their custodians; any %u of them open the root keys.\n",
            in->of, in->shares_dir, in->need);
    printf("Start it: hufu serve --data %s\n", in->data);
}

static enum hf_rc
initialise(struct init *in)
{
    enum hf_rc rc;

    if ((rc = write_configuration(in)) != HF_OK || (rc = open_store(in)) != HF_OK ||
        (rc = make_authorities(in)) != HF_OK || (rc = make_administrator(in)) != HF_OK)
        return rc;
    return write_secrets(in);
}

int
hf_init_main(int argc, char **argv)
{
    struct init in = {
        .suite = "both", .alg = "p256", .admin = "admin", .conf_text = hf_wr(65536)
    };
    enum hf_rc rc;
    int        status = 2;

    hf_log_level(HF_WARN); /* this is a command, not a server */
    in.env.data_dir = in.data_dir;
    if ((rc = hf_conf_read(hf_bytes(NULL, 0), &in.conf)) != HF_OK)
        goto out;
    in.env.conf = in.conf;
    if ((rc = read_arguments(&in, argc, argv)) != HF_OK)
        goto out;
    status = 1;
    if ((rc = claim_directory(&in)) != HF_OK)
        goto out;
    in.claimed = true;
    rc = initialise(&in);
out:
    if (rc != HF_OK && (status == 1 || hf_reason()[0] != '\0'))
        fprintf(stderr, "hufu init: %s\n%s", hf_reason(),
                status == 2 ? "see: hufu init --help\n" : "");
    hf_keys_close(in.env.keys);
    hf_store_close(in.env.store);
    if (rc == HF_OK)
        print_what_was_made(&in);
    else if (in.claimed)
        nftw(in.data_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    hf_secret_clear(&in.root_pass);
    hf_secret_clear(&in.seal_pass);
    OPENSSL_cleanse(in.admin_pass, sizeof(in.admin_pass));
    hf_wr_clear(&in.conf_text);
    hf_conf_free(in.conf);
    return rc == HF_OK ? 0 : status;
}
