/* test_keys.c - shares, sealing, key files, the ring of keys, and the keys process itself. */
#include "unit/t.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/ask.h"
#include "crypto/keys.h"
#include "crypto/keys_tls.h"
#include "crypto/keysd.h"
#include "crypto/pub.h"
#include "crypto/sandbox.h"
#include "crypto/seal.h"
#include "crypto/sealkey.h"
#include "crypto/shamir.h"
#include "loop/frame.h"
#include "loop/listen.h"

/* -- Shares ------------------------------------------------------------------------ */

static void
any_m_shares_bring_the_key_back(void)
{
    uint8_t         secret[32], back[32];
    struct hf_share all[5], some[5];

    hf_random(secret, sizeof(secret));
    T_OK(hf_share_split(secret, "root", 3, 5, all));
    for (unsigned set = 1; set < 32; set++) {
        size_t n = 0;

        for (unsigned i = 0; i < 5; i++)
            if ((set >> i & 1) != 0)
                some[n++] = all[i];
        if (n < 3) {
            T_RC(hf_share_join(some, n, back), HF_E_SHORT);
            continue;
        }
        T_OK(hf_share_join(some, n, back));
        T_BYTES(hf_bytes(back, 32), hf_bytes(secret, 32));
    }
    T_RC(hf_share_split(secret, "root", 1, 5, all), HF_E_ARG);
    T_RC(hf_share_split(secret, "root", 4, 3, all), HF_E_ARG);
    T_RC(hf_share_split(secret, "root", 2, 17, all), HF_E_ARG);
}

/*
 * Fewer than m tell nothing: for any two shares of three there is, for every
 * guess of the secret, a third that makes it right. Here one byte, all guesses.
 */
static void
fewer_than_m_shares_fit_every_secret(void)
{
    uint8_t         secret[32] = { 0x5a }, back[32];
    struct hf_share all[3];
    bool            seen[256] = { false };

    T_OK(hf_share_split(secret, "root", 3, 3, all));
    for (unsigned guess = 0; guess < 256; guess++) {
        all[2].value[0] = (uint8_t)guess;
        T_OK(hf_share_join(all, 3, back));
        T_FALSE(seen[back[0]]);
        seen[back[0]] = true;
    }
}

static void
mixed_and_repeated_shares_are_refused(void)
{
    uint8_t         secret[32] = { 1 }, back[32];
    struct hf_share a[3], b[3], some[2];

    T_OK(hf_share_split(secret, "root", 2, 3, a));
    T_OK(hf_share_split(secret, "root", 2, 3, b));
    some[0] = a[0], some[1] = b[1];
    T_RC(hf_share_join(some, 2, back), HF_E_VERIFY);
    some[1] = a[0];
    T_RC(hf_share_join(some, 2, back), HF_E_VERIFY);
}

static void
share_text_goes_both_ways_and_tells_damage(void)
{
    uint8_t         secret[32];
    struct hf_share all[3], back;
    struct hf_wr    w = hf_wr_secret(1024);
    char            text[1024];

    hf_random(secret, sizeof(secret));
    T_OK(hf_share_split(secret, "root-sm2", 2, 3, all));
    T_OK(hf_share_write(&all[1], &w));
    T_OK(hf_share_read(hf_wr_bytes(&w), &back));
    T_EQ(memcmp(&back, &all[1], sizeof(back)), 0);
    memcpy(text, w.p, w.n);
    for (size_t n = 0; n < w.n - 1; n++) /* the last line end may be missing */
        T_TRUE(hf_share_read(hf_bytes(text, n), &back) != HF_OK);
    for (size_t i = 0; i < w.n - 1; i++) {
        bool letter;

        text[i] ^= 0x01;
        T_TRUE(hf_share_read(hf_bytes(text, w.n), &back) != HF_OK);
        text[i] ^= 0x01;
        letter = text[i] >= 'a' && text[i] <= 'f';
        text[i] ^= 0x20; /* upper-case digits are the same digits */
        T_TRUE(letter || hf_share_read(hf_bytes(text, w.n), &back) != HF_OK);
        text[i] ^= 0x20;
    }
    hf_wr_clear(&w);
}

/* -- Sealing ----------------------------------------------------------------------------- */

static void
sealed_data_opens_only_unchanged(void)
{
    for (enum hf_aead aead = HF_AEAD_AES256_GCM; aead <= HF_AEAD_SM4_GCM; aead++) {
        struct hf_seal_key key = { .aead = aead }, other;
        struct hf_wr       blob = hf_wr(1000), plain = hf_wr_secret(1000);
        struct hf_bytes    context = hf_bytes_str("context");

        hf_random(key.byte, sizeof(key.byte));
        other = key;
        other.byte[31] ^= 1;
        T_OK(hf_seal(&key, context, hf_bytes_str("seventeen letters"), &blob));
        T_EQ(blob.n, 17 + HF_SEAL_EXTRA);
        T_OK(hf_unseal(&key, context, hf_wr_bytes(&blob), &plain));
        T_BYTES(hf_wr_bytes(&plain), hf_bytes_str("seventeen letters"));
        hf_wr_clear(&plain);
        T_RC(hf_unseal(&other, context, hf_wr_bytes(&blob), &plain), HF_E_VERIFY);
        T_RC(hf_unseal(&key, hf_bytes_str("contexT"), hf_wr_bytes(&blob), &plain), HF_E_VERIFY);
        for (size_t i = 0; i < blob.n; i++) {
            blob.p[i] ^= 0x80;
            T_TRUE(hf_unseal(&key, context, hf_wr_bytes(&blob), &plain) != HF_OK);
            T_EQ(plain.n, 0);
            blob.p[i] ^= 0x80;
            T_TRUE(hf_unseal(&key, context, hf_bytes(blob.p, i), &plain) != HF_OK);
        }
        hf_wr_clear(&blob);
        T_OK(hf_seal(&key, context, hf_bytes(NULL, 0), &blob));
        T_OK(hf_unseal(&key, context, hf_wr_bytes(&blob), &plain));
        T_EQ(plain.n, 0);
        hf_wr_clear(&blob), hf_wr_clear(&plain);
    }
}

/* -- A data directory ----------------------------------------------------------------------- */

static char dir[64];

static void
make_dir(void)
{
    snprintf(dir, sizeof(dir), "/tmp/hufu-keys.XXXXXX");
    if (mkdtemp(dir) == NULL)
        abort();
}

static void
drop_dir(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", dir);
    if (system(command) != 0)
        abort();
}

static const char *
in_dir(const char *name)
{
    static char path[2][128];
    static int  turn;

    turn ^= 1;
    snprintf(path[turn], sizeof(path[0]), "%s/%s", dir, name);
    return path[turn];
}

/* A signature by id over message verifies under its own public key. */
static void
check_signs(struct hf_keys *keys, const char *id, enum hf_alg alg, const char *message)
{
    struct hf_wr    spki = hf_wr(4096), sig = hf_wr(2048);
    struct hf_bytes m = hf_bytes_str(message);
    struct hf_pub  *pub = NULL;

    T_OK(hf_keys_public(keys, id, &spki));
    T_OK(hf_pub_read(hf_wr_bytes(&spki), &pub));
    T_OK(hf_keys_sign(keys, id, &m, 1, &sig));
    if (pub != NULL)
        T_OK(hf_pub_verify(pub, hf_alg_signature_id(alg), m, hf_wr_bytes(&sig)));
    hf_pub_free(pub);
    hf_wr_clear(&spki), hf_wr_clear(&sig);
}

static void
keys_are_made_kept_and_used(void)
{
    struct hf_keys *keys, *second;

    make_dir();
    for (int round = 0; round < 2; round++) {
        T_OK(hf_keys_open_local(dir, round == 1, NULL, &keys));
        T_RC(hf_keys_open_local(dir, false, NULL, &second), HF_E_STATE);
        for (enum hf_alg alg = HF_ALG_SM2; alg <= HF_ALG_RSA2048; alg++) {
            struct hf_wr spki = hf_wr(4096);

            if (round == 0)
                T_OK(hf_keys_generate(keys, hf_alg_name(alg), alg, &spki));
            else
                T_RC(hf_keys_generate(keys, hf_alg_name(alg), alg, &spki), HF_E_EXISTS);
            hf_wr_clear(&spki);
            check_signs(keys, hf_alg_name(alg), alg, "to be signed");
        }
        hf_keys_close(keys);
    }
    drop_dir();
}

static void
vectors_are_signed_in_order(void)
{
    struct hf_keys *keys;
    struct hf_bytes m[40];
    struct hf_wr    sig[40], spki = hf_wr(4096);
    struct hf_pub  *pub;
    uint8_t         byte[40];

    make_dir();
    T_OK(hf_keys_open_local(dir, true, NULL, &keys));
    T_OK(hf_keys_generate(keys, "ca", HF_ALG_SM2, &spki));
    T_OK(hf_pub_read(hf_wr_bytes(&spki), &pub));
    for (uint8_t i = 0; i < 40; i++) {
        byte[i] = i;
        m[i] = hf_bytes(&byte[i], i % 2);
        sig[i] = hf_wr(100);
    }
    T_OK(hf_keys_sign(keys, "ca", m, 40, sig));
    for (size_t i = 0; i < 40; i++)
        T_OK(hf_pub_verify(pub, hf_alg_signature_id(HF_ALG_SM2), m[i], hf_wr_bytes(&sig[i])));
    T_RC(hf_pub_verify(pub, hf_alg_signature_id(HF_ALG_SM2), m[1], hf_wr_bytes(&sig[3])), HF_E_VERIFY);
    T_OK(hf_keys_sign(keys, "ca", m, 0, sig));
    for (size_t i = 0; i < 40; i++)
        hf_wr_clear(&sig[i]);
    hf_wr_clear(&spki);
    hf_pub_free(pub);
    hf_keys_close(keys);
    drop_dir();
}

static void
changed_key_files_are_refused(void)
{
    struct hf_keys   *keys;
    struct hf_wr      raw = hf_wr(HF_KEYFILE_MAX), spki = hf_wr(4096);
    struct hf_keyfile file;

    make_dir();
    T_OK(hf_keys_open_local(dir, false, NULL, &keys));
    T_OK(hf_keys_generate(keys, "one", HF_ALG_P256, &spki));
    hf_keys_close(keys);
    T_OK(hf_file_read(in_dir("keys/one.key"), &raw));
    T_OK(hf_keyfile_read(hf_wr_bytes(&raw), &file));
    for (size_t i = 0; i < raw.n; i += 5) {
        raw.p[i] ^= 2;
        T_OK(hf_file_write(in_dir("keys/one.key"), hf_wr_bytes(&raw), 0600));
        T_TRUE(hf_keys_open_local(dir, false, NULL, &keys) != HF_OK);
        raw.p[i] ^= 2;
    }
    T_OK(hf_file_write(in_dir("keys/one.key"), hf_wr_bytes(&raw), 0600));
    T_OK(hf_file_write(in_dir("keys/two.key"), hf_wr_bytes(&raw), 0600)); /* moved to another id */
    T_RC(hf_keys_open_local(dir, false, NULL, &keys), HF_E_VERIFY);
    unlink(in_dir("keys/two.key"));
    T_OK(hf_keys_open_local(dir, false, NULL, &keys));
    hf_keys_close(keys);
    chmod(in_dir("secrets/seal.key"), 0644);
    T_RC(hf_keys_open_local(dir, false, NULL, &keys), HF_E_DENIED);
    hf_wr_clear(&raw), hf_wr_clear(&spki);
    drop_dir();
}

static void
sealing_key_from_a_passphrase(void)
{
    struct hf_keys  *keys;
    struct hf_secret right, wrong;
    struct hf_wr     sealed = hf_wr(1000), plain = hf_wr_secret(1000);
    uint8_t          a[32], b[32];

    T_OK(hf_secret_set(&right, hf_bytes_str("correct horse")));
    T_OK(hf_secret_set(&wrong, hf_bytes_str("incorrect horse")));
    make_dir();
    T_OK(hf_keys_open_local(dir, true, &right, &keys));
    T_OK(hf_keys_seal(keys, "totp", hf_bytes_str("seed"), &sealed));
    T_OK(hf_keys_mac(keys, "token", hf_bytes_str("x"), a));
    hf_keys_close(keys);
    T_RC(hf_keys_open_local(dir, true, NULL, &keys), HF_E_AUTH);
    T_RC(hf_keys_open_local(dir, true, &wrong, &keys), HF_E_VERIFY);
    T_OK(hf_keys_open_local(dir, true, &right, &keys));
    T_OK(hf_keys_unseal(keys, "totp", hf_wr_bytes(&sealed), &plain));
    T_BYTES(hf_wr_bytes(&plain), hf_bytes_str("seed"));
    T_RC(hf_keys_unseal(keys, "other", hf_wr_bytes(&sealed), &plain), HF_E_VERIFY);
    T_OK(hf_keys_mac(keys, "token", hf_bytes_str("x"), b));
    T_BYTES(hf_bytes(a, 32), hf_bytes(b, 32));
    T_OK(hf_keys_mac(keys, "Token", hf_bytes_str("x"), b));
    T_FALSE(hf_bytes_eq(hf_bytes(a, 32), hf_bytes(b, 32)));
    hf_keys_close(keys);
    hf_wr_clear(&sealed), hf_wr_clear(&plain);
    drop_dir();
}

static void
root_key_opens_by_passphrase_for_a_time(void)
{
    struct hf_secret         right, wrong;
    struct hf_key_protection how = { .passphrase = &right, .open_s = 0 };
    struct hf_keys          *keys;
    struct hf_wr             spki = hf_wr(4096), sig = hf_wr(1000);
    struct hf_bytes          m = hf_bytes_str("m");
    struct hf_key_info       info;

    T_OK(hf_secret_set(&right, hf_bytes_str("ceremony of the root")));
    T_OK(hf_secret_set(&wrong, hf_bytes_str("ceremony of the boot")));
    make_dir();
    T_OK(hf_keys_open_local(dir, false, NULL, &keys));
    T_OK(hf_keys_generate_protected(keys, "root", HF_ALG_P256, &how, &spki, NULL));
    T_RC(hf_keys_sign(keys, "root", &m, 1, &sig), HF_E_STATE);
    T_RC(hf_keys_unlock(keys, "root", &wrong, 60), HF_E_VERIFY);
    T_RC(hf_keys_sign(keys, "root", &m, 1, &sig), HF_E_STATE);
    T_OK(hf_keys_unlock(keys, "root", &right, 60));
    T_OK(hf_keys_info(keys, "root", &info));
    T_TRUE(info.protection == HF_KEY_PASSPHRASE && info.open_until_ms > hf_now_ms());
    check_signs(keys, "root", HF_ALG_P256, "root");
    T_OK(hf_keys_lock(keys, "root"));
    T_RC(hf_keys_sign(keys, "root", &m, 1, &sig), HF_E_STATE);
    T_OK(hf_keys_unlock(keys, "root", &right, 1));
    T_OK(hf_keys_info(keys, "root", &info));
    while (hf_now_ms() <= info.open_until_ms)
        usleep(20000);
    T_RC(hf_keys_sign(keys, "root", &m, 1, &sig), HF_E_STATE);
    T_RC(hf_keys_unlock(keys, "root", &right, HF_KEY_OPEN_MAX_S + 1), HF_E_ARG);
    T_RC(hf_keys_unlock(keys, "none", &right, 1), HF_E_ABSENT);
    hf_keys_close(keys);
    hf_wr_clear(&spki), hf_wr_clear(&sig);
    drop_dir();
}

static void
root_key_opens_by_shares(void)
{
    struct hf_key_protection how = { .need = 2, .of = 3, .open_s = 5 };
    struct hf_keys          *keys;
    struct hf_wr             spki = hf_wr(4096), share[3], again[3];
    struct hf_bytes          two[2];

    make_dir();
    for (int i = 0; i < 3; i++)
        share[i] = hf_wr_secret(1024), again[i] = hf_wr_secret(1024);
    T_OK(hf_keys_open_local(dir, true, NULL, &keys));
    T_OK(hf_keys_generate_protected(keys, "root", HF_ALG_SM2, &how, &spki, share));
    check_signs(keys, "root", HF_ALG_SM2, "at once");
    hf_keys_close(keys);
    T_OK(hf_keys_open_local(dir, true, NULL, &keys));
    two[0] = hf_wr_bytes(&share[2]), two[1] = hf_wr_bytes(&share[0]);
    T_RC(hf_keys_unlock_shares(keys, "root", two, 1, 10), HF_E_SHORT);
    T_OK(hf_keys_unlock_shares(keys, "root", two, 2, 10));
    check_signs(keys, "root", HF_ALG_SM2, "later");
    spki.n = 0;
    T_OK(hf_keys_generate_protected(keys, "root2", HF_ALG_SM2, &how, &spki, again));
    two[1] = hf_wr_bytes(&again[1]);
    T_RC(hf_keys_unlock_shares(keys, "root", two, 2, 10), HF_E_VERIFY);
    share[1].p[share[1].n / 2] ^= 1;
    two[1] = hf_wr_bytes(&share[1]);
    T_RC(hf_keys_unlock_shares(keys, "root", two, 2, 10), HF_E_FORMAT);
    T_TRUE(strstr(hf_reason(), "share 2 of those given") != NULL);
    hf_keys_close(keys);
    for (int i = 0; i < 3; i++)
        hf_wr_clear(&share[i]), hf_wr_clear(&again[i]);
    hf_wr_clear(&spki);
    drop_dir();
}

/* -- The process --------------------------------------------------------------------------------- */

static struct hf_listener listeners[2] = { { .name = "keys-web" }, { .name = "keys-work" } };
static char               sockets[2][80];

/* Start `keys` on dir; gives its process id when it answers. */
static pid_t
start_keys(void)
{
    struct hf_process p = { .name = "keys", .data_dir = dir, .listener = listeners, .listeners = 2 };
    int               ready[2];
    char              byte;
    pid_t             pid;

    if (pipe(ready) == -1 || (pid = fork()) == -1)
        abort();
    if (pid == 0) {
        close(ready[0]);
        p.ready_fd = ready[1];
        if (hf_process_signals(&p) == -1)
            _exit(9);
        _exit(hf_keys_run(&p));
    }
    close(ready[1]);
    T_EQ(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void
open_sockets(void)
{
    for (int i = 0; i < 2; i++) {
        snprintf(sockets[i], sizeof(sockets[0]), "%s/%s.sock", dir, listeners[i].name);
        T_OK(hf_listen_unix(sockets[i], true, &listeners[i].fd));
    }
}

static void
end_keys(pid_t pid, int sig)
{
    int status;

    kill(pid, sig);
    T_EQ(waitpid(pid, &status, 0), pid);
    if (sig == SIGTERM)
        T_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
stop_all(pid_t pid)
{
    end_keys(pid, SIGTERM);
    close(listeners[0].fd), close(listeners[1].fd);
    drop_dir();
}

static pid_t
start_all(const char *id, enum hf_alg alg)
{
    struct hf_keys *keys;
    struct hf_wr    spki = hf_wr(4096);

    make_dir();
    T_OK(hf_keys_open_local(dir, true, NULL, &keys));
    T_OK(hf_keys_generate(keys, id, alg, &spki));
    hf_keys_close(keys);
    hf_wr_clear(&spki);
    open_sockets();
    return start_keys();
}

static void
the_process_answers_by_role(void)
{
    pid_t           pid = start_all("ca", HF_ALG_SM2);
    struct hf_keys *web, *work;
    struct hf_wr    spki = hf_wr(4096), sig = hf_wr(1000);
    uint8_t         digest[32] = { 7 };

    T_OK(hf_keys_open(sockets[0], &web));
    T_OK(hf_keys_open(sockets[1], &work));
    check_signs(web, "ca", HF_ALG_SM2, "asked by web");
    check_signs(work, "ca", HF_ALG_SM2, "asked by work");
    T_RC(hf_keys_generate(work, "new", HF_ALG_P256, &spki), HF_E_DENIED);
    T_RC(hf_keys_public(web, "new", &spki), HF_E_ABSENT);
    T_OK(hf_keys_generate(web, "server-p256", HF_ALG_P256, &spki));
    check_signs(web, "server-p256", HF_ALG_P256, "made while running");
    T_RC(hf_keys_tls_sign(work, "server-p256", HF_PAD_NONE, HF_DIGEST_SHA256, hf_bytes(digest, 32), &sig),
         HF_E_DENIED);
    T_RC(hf_keys_tls_sign(web, "ca", HF_PAD_NONE, HF_DIGEST_SHA256, hf_bytes(digest, 32), &sig), HF_E_DENIED);
    T_OK(hf_keys_tls_sign(web, "server-p256", HF_PAD_NONE, HF_DIGEST_SHA256, hf_bytes(digest, 32), &sig));
    T_RC(hf_keys_lock(work, "ca"), HF_E_DENIED);
    T_RC(hf_keys_lock(web, "ca"), HF_E_STATE);
    T_RC(hf_keys_generate(web, "../x", HF_ALG_P256, &spki), HF_E_ARG);
    hf_keys_close(web), hf_keys_close(work);
    hf_wr_clear(&spki), hf_wr_clear(&sig);
    stop_all(pid);
}

/* Who signs what with the reserved keys; all messages of a vector count. */
static void
reserved_keys_sign_for_their_role(void)
{
    static const struct {
        const char *key, *message, *more;
        bool        web, work;
    } rows[] = {
        { "audit", "hufu audit head 1, sequence 7", NULL, false, true },
        { "audit", "hufu audit end 1, all of it", NULL, true, true },
        { "audit", "hufu audit end 1", "hufu audit head 1", false, true },
        { "audit", "hufu audit end ", NULL, false, true },
        { "audit-archive", "hufu audit head 1", NULL, true, true },
        { "ticket", "a ticket", NULL, true, false },
        { "root-p256", "a list of a root", NULL, true, false },
        { "server-p256", "a challenge", NULL, true, false },
        { "issuing-p256", "a certificate", NULL, true, true },
    };
    pid_t           pid = start_all("audit", HF_ALG_P256);
    struct hf_keys *as[2];
    struct hf_wr    spki = hf_wr(4096);

    T_OK(hf_keys_open(sockets[0], &as[0]));
    T_OK(hf_keys_open(sockets[1], &as[1]));
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_bytes message[2] = { hf_bytes_str(rows[i].message), hf_bytes_str(rows[i].more ? rows[i].more : "") };

        if (hf_keys_public(as[0], rows[i].key, &spki) != HF_OK)
            T_OK(hf_keys_generate(as[0], rows[i].key, HF_ALG_P256, &spki));
        for (int who = 0; who < 2; who++) {
            struct hf_wr sig[2] = { hf_wr(200), hf_wr(200) };
            bool         may = who == 0 ? rows[i].web : rows[i].work;

            T_RC(hf_keys_sign(as[who], rows[i].key, message, rows[i].more ? 2 : 1, sig), may ? HF_OK : HF_E_DENIED);
            T_TRUE((sig[0].n != 0) == may);
            hf_wr_clear(&sig[0]), hf_wr_clear(&sig[1]);
        }
        hf_wr_cut(&spki, 0);
    }
    hf_keys_close(as[0]), hf_keys_close(as[1]);
    hf_wr_clear(&spki);
    stop_all(pid);
}

/* Peers that send nonsense, half a message, or die, are dropped; others are served on. */
static void
the_process_survives_bad_peers(void)
{
    static const uint8_t bad[][8] = {
        { 0xff, 0xff, 0xff, 0xff, 1, 1 }, { 0, 0, 0, 2, 1, 99 }, { 0, 0, 1, 0, 1, 4 }, { 0, 0, 0, 0 },
    };
    pid_t           pid = start_all("ca", HF_ALG_P256);
    struct hf_keys *web;
    int             fd;

    for (size_t i = 0; i < HF_COUNT(bad); i++) {
        T_OK(hf_unix_connect(sockets[0], &fd));
        T_EQ(send(fd, bad[i], sizeof(bad[i]), MSG_NOSIGNAL), sizeof(bad[i]));
        close(fd);
    }
    T_OK(hf_keys_open(sockets[0], &web));
    check_signs(web, "ca", HF_ALG_P256, "still here");
    T_EQ(kill(pid, 0), 0);
    hf_keys_close(web);
    stop_all(pid);
}

static struct hf_keys *shared;
static struct hf_pub  *shared_pub;
static atomic_int      signed_ok, signed_bad;
static atomic_bool     enough;

static void *
sign_on(void *arg)
{
    while (!enough) {
        struct hf_wr    sig = hf_wr(200);
        struct hf_bytes m = hf_bytes_str("under load");

        if (hf_keys_sign(shared, "ca", &m, 1, &sig) == HF_OK &&
            hf_pub_verify(shared_pub, hf_alg_signature_id(HF_ALG_P256), m, hf_wr_bytes(&sig)) == HF_OK)
            signed_ok++;
        else
            signed_bad++;
        hf_wr_clear(&sig);
    }
    return arg;
}

/*
 * Kill `keys` and start it anew for each byte that comes in, until the end of
 * the pipe. In a process of its own, because one with threads must not fork.
 */
static pid_t
start_restarter(pid_t keys, const int order[2])
{
    pid_t pid = fork();
    char  byte;

    if (pid != 0)
        return pid;
    close(order[1]);
    kill(keys, SIGKILL); /* the test's own; from here on they are ours */
    keys = start_keys();
    while (read(order[0], &byte, 1) == 1) {
        end_keys(keys, SIGKILL);
        keys = start_keys();
    }
    end_keys(keys, SIGTERM);
    _exit(t_bad != 0);
}

static void
a_restart_under_load_fails_nobody(void)
{
    pid_t        first = start_all("ca", HF_ALG_P256), restarter;
    struct hf_wr spki = hf_wr(4096);
    pthread_t    thread[4];
    int          order[2], status;

    signed_ok = signed_bad = 0;
    enough = false;
    T_EQ(pipe(order), 0);
    restarter = start_restarter(first, order);
    close(order[0]);
    T_OK(hf_keys_open(sockets[0], &shared));
    T_OK(hf_keys_public(shared, "ca", &spki));
    T_OK(hf_pub_read(hf_wr_bytes(&spki), &shared_pub));
    for (int i = 0; i < 4; i++)
        pthread_create(&thread[i], NULL, sign_on, NULL);
    for (int round = 0; round < 8; round++) {
        int before = signed_ok;

        while (signed_ok < before + 20)
            usleep(1000);
        T_EQ(write(order[1], "k", 1), 1);
    }
    enough = true;
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    T_TRUE(signed_ok > 100);
    T_EQ(signed_bad, 0);
    hf_pub_free(shared_pub);
    hf_keys_close(shared);
    hf_wr_clear(&spki);
    close(order[1]);
    T_EQ(waitpid(restarter, &status, 0), restarter);
    T_EQ(status, 0);
    waitpid(first, NULL, 0);
    close(listeners[0].fd), close(listeners[1].fd);
    drop_dir();
}

/* -- The sandbox ------------------------------------------------------------------------------------ */

enum attempt { SOCKET, EXECVE, FORK, OPEN_READ, OPEN_OUTSIDE, OPEN_NEW, EXEC_MEMORY };

static int
mprotect_exec(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return page == MAP_FAILED ? 0 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void
attempt(enum attempt what, int folder)
{
    char *argv[] = { (char *)"/bin/true", NULL };
    bool  landlock;
    int   ok = -1;

    if (hf_sandbox_enter(folder, &landlock) != HF_OK)
        _exit(99);
    switch (what) {
    case SOCKET: ok = socket(AF_INET, SOCK_STREAM, 0); break;
    case EXECVE: ok = execv(argv[0], argv); break;
    case FORK: ok = (int)fork(); break;
    case OPEN_READ: ok = openat(folder, "x", O_RDONLY); break;
    case OPEN_OUTSIDE: ok = open("/etc/passwd", O_RDONLY); break;
    case OPEN_NEW: ok = openat(folder, "new", O_WRONLY | O_CREAT | O_EXCL, 0600); break;
    case EXEC_MEMORY: ok = mprotect_exec(); break;
    }
    _exit(ok == -1 ? (errno == EPERM || errno == EACCES ? 1 : 2) : 0);
}

/* What is left after the sandbox closed: exit 1 means refused, 0 allowed, a signal killed. */
static void
the_sandbox_holds(void)
{
    static const struct {
        enum attempt what;
        int          sig, exit;
    } rows[] = {
        { SOCKET, SIGSYS, 0 },    { EXECVE, SIGSYS, 0 },      { FORK, 0, 1 },        { OPEN_READ, 0, 1 },
        { OPEN_OUTSIDE, 0, 1 },   { OPEN_NEW, 0, 0 },         { EXEC_MEMORY, 0, 1 },
    };
    int folder, status;

    make_dir();
    T_OK(hf_file_write(in_dir("x"), hf_bytes_str("x"), 0600));
    folder = open(dir, O_RDONLY | O_DIRECTORY);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        pid_t pid = fork();

        if (pid == 0)
            attempt(rows[i].what, folder);
        T_EQ(waitpid(pid, &status, 0), pid);
        T_EQ(WIFSIGNALED(status) ? WTERMSIG(status) : 0, rows[i].sig);
        if (rows[i].sig == 0)
            T_EQ(WEXITSTATUS(status), rows[i].exit);
    }
    close(folder);
    drop_dir();
}

/* What the kernel says of the running process (proc(5)): a filter, no core dumps, no tracing. */
static void
the_process_runs_confined(void)
{
    pid_t        pid = start_all("ca", HF_ALG_P256);
    char         path[64];
    struct hf_wr text = hf_wr(16384), limits = hf_wr(16384);

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    T_OK(hf_file_read(path, &text));
    hf_wr_u8(&text, 0);
    T_TRUE(strstr((char *)text.p, "Seccomp:\t2\n") != NULL);
    T_TRUE(strstr((char *)text.p, "NoNewPrivs:\t1\n") != NULL);
    snprintf(path, sizeof(path), "/proc/%d/limits", (int)pid);
    T_OK(hf_file_read(path, &limits));
    hf_wr_u8(&limits, 0);
    T_TRUE(strstr((char *)limits.p, "Max core file size        0                    0 ") != NULL);
    hf_wr_clear(&text), hf_wr_clear(&limits);
    stop_all(pid);
}

/* -- Bytes ------------------------------------------------------------------------------------------- */

static void
questions_are_read_strictly(void)
{
    struct hf_wr  w = hf_wr(4096);
    struct hf_ask a = { .kind = HF_ASK_UNLOCK_SHARES, .id = "root", .open_s = 9, .n = 2 }, back;
    struct hf_wr  runs = hf_wr(100);

    hf_wr_run(&runs, hf_bytes_str("one"));
    hf_wr_run(&runs, hf_bytes_str("two"));
    a.runs = hf_wr_bytes(&runs);
    hf_ask_write(&a, &w);
    T_OK(hf_ask_read(hf_wr_bytes(&w), &back));
    T_STR(back.id, "root");
    T_TRUE(back.open_s == 9 && back.n == 2 && back.runs.n == 14);
    for (size_t n = 0; n < w.n; n++)
        T_TRUE(hf_ask_read(hf_bytes(w.p, n), &back) != HF_OK);
    hf_wr_u8(&w, 0);
    T_RC(hf_ask_read(hf_wr_bytes(&w), &back), HF_E_TRAILING);
    hf_wr_clear(&w), hf_wr_clear(&runs);
}

int
main(int argc, char **argv)
{
    static const struct t_test tests[] = {
        T(any_m_shares_bring_the_key_back), T(fewer_than_m_shares_fit_every_secret),
        T(mixed_and_repeated_shares_are_refused), T(share_text_goes_both_ways_and_tells_damage),
        T(sealed_data_opens_only_unchanged), T(keys_are_made_kept_and_used), T(vectors_are_signed_in_order),
        T(changed_key_files_are_refused), T(sealing_key_from_a_passphrase),
        T(root_key_opens_by_passphrase_for_a_time), T(root_key_opens_by_shares),
        T(the_process_answers_by_role), T(reserved_keys_sign_for_their_role), T(the_process_survives_bad_peers),
        T(a_restart_under_load_fails_nobody), T(the_sandbox_holds), T(the_process_runs_confined),
        T(questions_are_read_strictly),
    };

    hf_log_level(HF_ERROR); /* refusals are provoked here */
    return t_run(tests, HF_COUNT(tests), argc > 1 ? argv[1] : "");
}
