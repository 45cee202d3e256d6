#include "serve/web.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/log.h"
#include "crypto/alg.h"
#include "crypto/tlskey.h"
#include "identity/person.h"
#include "identity/session.h"
#include "pki/renew.h"
#include "pki/responder.h"
#include "store/store.h"

#define DRAIN_MS 10000

/* -- Environment ------------------------------------------------------------------------ */

static enum hf_rc
open_env(const struct hf_process *p, struct hf_env *env)
{
    enum hf_rc rc;

    *env = (struct hf_env){ .conf = p->conf,
                            .data_dir = p->data_dir,
                            .person_known = hf_person_known };
    if ((rc = hf_store_open_conf(p->conf, p->data_dir, &env->store)) != HF_OK)
        return rc;
    return hf_keys_open(p->keys_socket, &env->keys);
}

static void
close_env(struct hf_env *env)
{
    hf_keys_close(env->keys);
    hf_store_close(env->store);
}

/* -- Hufu's own certificate ----------------------------------------------------------------- */

/*
 * *out stays NULL if the certificate is the one that was loaded last: session
 * tickets live as long as their context. At the start, and then by one job at a time.
 */
static enum hf_rc
load_tls(const struct hf_env *env, struct hf_tls_context **out)
{
    static uint8_t     last[HF_DIGEST_MAX];
    uint8_t            digest[HF_DIGEST_MAX] = { 0 };
    struct hf_db      *db = hf_store_reader(env->store);
    struct hf_arena    a = hf_arena();
    struct hf_own_cert own;
    EVP_PKEY          *key = NULL;
    enum hf_rc         rc = db == NULL ? HF_E_STORE : hf_own_cert_get(db, "server", &a, &own);

    *out = NULL;
    if (rc == HF_OK && (rc = hf_digest(HF_DIGEST_SHA256, &own.chain_pem, 1, digest)) == HF_OK &&
        memcmp(digest, last, sizeof(digest)) != 0) {
        if ((rc = hf_tls_key(env->keys, own.key_id, &key)) == HF_OK)
            rc = hf_tls_context(own.chain_pem, key, out);
        if (rc == HF_OK)
            memcpy(last, digest, sizeof(last));
    }
    EVP_PKEY_free(key);
    hf_arena_clear(&a);
    return rc == HF_OK ? HF_OK : hf_because(rc, "certificate of the server");
}

/* On a handler thread, once a minute and after SIGHUP. A failure keeps the present certificate. */
static struct hf_tls_context *
remake_tls(const struct hf_serve *s)
{
    struct hf_tls_context *made;

    if (load_tls(&s->env, &made) != HF_OK)
        hf_log(HF_WARN, "web.certificate", HF_F_REASON);
    return made;
}

/*
 * Settings anew. Requests that are being handled may still hold the old ones,
 * so these are never freed: some kilobytes for each SIGHUP.
 */
static void
reload(const struct hf_serve *s)
{
    struct hf_env  *env = (struct hf_env *)&s->env;
    struct hf_conf *conf;
    char            path[4096];

    (void)snprintf(path, sizeof(path), "%s/hufu.conf", env->data_dir);
    if (hf_conf_load(path, &conf) != HF_OK || hf_conf_keep(conf, env->conf) != HF_OK) {
        hf_log(HF_ERROR, "web.reload", HF_F_REASON);
        hf_conf_free(conf);
        return;
    }
    hf_log_level_use(hf_conf_text(conf, "log_level"));
    __atomic_store_n(&env->conf, conf, __ATOMIC_RELEASE);
    hf_log(HF_INFO, "web.reload", HF_F_STR("file", path));
}

int
hf_web_run(const struct hf_process *p)
{
    struct hf_serve serve = { .ops = p->ops, .session_actor = hf_session_actor };
    struct hf_web   web = { .serve = &serve,
                            .limits = hf_conn_limits,
                            .drain_ms = DRAIN_MS,
                            .remake_tls = remake_tls,
                            .reload = reload };
    enum hf_rc      rc;

    hf_log_name("web");
    hf_log_level_use(hf_conf_text(p->conf, "log_level"));
    web.workers = (unsigned)hf_conf_int(p->conf, "workers");
    if ((rc = open_env(p, &serve.env)) == HF_OK && (rc = hf_responder_start(&serve.env)) == HF_OK) {
        if (hf_process_listener(p, "https", NULL) != NULL)
            rc = load_tls(&serve.env, &web.own_tls);
        if (rc == HF_OK)
            rc = hf_web_serve(p, &web);
        hf_responder_stop();
    }
    if (rc != HF_OK)
        hf_log(HF_ERROR, "web.failed", HF_F_STR("rc", hf_rc_name(rc)), HF_F_REASON);
    close_env(&serve.env);
    return rc == HF_OK ? 0 : 1;
}
