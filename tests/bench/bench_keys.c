/*
 * bench_keys.c - signatures through the keys process: what the process boundary costs, and what vectors save.
 *
 * The peer in each row is libcrypto signing in this process with a context that was made ready.
 */
#include "bench/rows.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "crypto/keys.h"
#include "crypto/keysd.h"
#include "loop/listen.h"

#define RUN_MS 1000
#define MOST   256

static char               dir[64], path[2][80];
static struct hf_listener listener[2] = { { .name = "keys-web" }, { .name = "keys-work" } };

static void
must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_keys: %s: %s\n", what, hf_reason());
    exit(1);
}

static pid_t
start(void)
{
    static const enum hf_alg algs[] = { HF_ALG_SM2, HF_ALG_P256, HF_ALG_RSA2048 };
    struct hf_process        p = { .name = "keys", .data_dir = dir, .listener = listener, .listeners = 2 };
    struct hf_keys          *keys;
    char                     byte;
    int                      ready[2];
    pid_t                    pid;

    snprintf(dir, sizeof(dir), "/tmp/hufu-bench.XXXXXX");
    must(mkdtemp(dir) != NULL && pipe(ready) == 0, "temporary directory");
    must(hf_keys_open_local(dir, false, NULL, &keys) == HF_OK, "keys");
    for (size_t i = 0; i < HF_COUNT(algs); i++) {
        struct hf_wr spki = hf_wr(4096);

        must(hf_keys_generate(keys, hf_alg_name(algs[i]), algs[i], &spki) == HF_OK, "key");
        hf_wr_clear(&spki);
    }
    hf_keys_close(keys);
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof(path[0]), "%s/%s", dir, listener[i].name);
        must(hf_listen_unix(path[i], true, &listener[i].fd) == HF_OK, "socket");
    }
    if ((pid = fork()) == 0) {
        p.ready_fd = ready[1];
        hf_log_level(HF_ERROR);
        _exit(hf_process_signals(&p) == -1 ? 1 : hf_keys_run(&p));
    }
    must(pid != -1 && read(ready[0], &byte, 1) == 1, "keys process");
    return pid;
}

/* Signatures a second of vectors of n messages by one thread. */
static double
asked(struct hf_keys *keys, const char *id, size_t n)
{
    static struct hf_wr sig[MOST];
    struct hf_bytes     message[MOST];
    int64_t             begun = hf_tick_ms(), now;
    size_t              done = 0;

    for (size_t i = 0; i < n; i++) {
        message[i] = hf_bytes_str("a TBSCertificate would be a few hundred bytes long; this is shorter");
        sig[i] = hf_wr(1024);
    }
    do {
        for (size_t i = 0; i < n; i++)
            hf_wr_cut(&sig[i], 0);
        must(hf_keys_sign(keys, id, message, n, sig) == HF_OK, "signing");
        done += n;
    } while ((now = hf_tick_ms()) < begun + RUN_MS);
    for (size_t i = 0; i < n; i++)
        hf_wr_clear(&sig[i]);
    return (double)done * 1000 / (double)(now - begun);
}

static double
libcrypto(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    uint8_t       digest[32] = { 1 }, sig[1024];
    int64_t       begun = hf_tick_ms(), now;
    size_t        done = 0, n;

    must(ctx != NULL && EVP_PKEY_sign_init(ctx) == 1, "libcrypto");
    do {
        n = sizeof(sig);
        must(EVP_PKEY_sign(ctx, sig, &n, digest, sizeof(digest)) == 1, "libcrypto signing");
        done++;
    } while ((now = hf_tick_ms()) < begun + RUN_MS);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return (double)done * 1000 / (double)(now - begun);
}

static void
compare(struct hf_keys *keys, const char *id, EVP_PKEY *peer)
{
    double here = libcrypto(peer), one = asked(keys, id, 1), many = asked(keys, id, 64);
    char   what[80];

    snprintf(what, sizeof(what), "signature asked of keys, %s", id);
    row(&(struct row){ what, one, "/s", one / here, "libcrypto in the process", 0, 0 });
    snprintf(what, sizeof(what), "signatures asked of keys, 64 a question, %s", id);
    row(&(struct row){ what, many, "/s", many / here, "libcrypto in the process", 0, 0 });
}

int
main(void)
{
    pid_t           pid = start();
    struct hf_keys *keys;
    char            command[96];

    must(hf_keys_open(path[0], &keys) == HF_OK, "keys");
    compare(keys, "sm2", EVP_PKEY_Q_keygen(NULL, NULL, "SM2"));
    compare(keys, "p256", EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"));
    compare(keys, "rsa2048", EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048));
    hf_keys_close(keys);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command) != 0;
}
