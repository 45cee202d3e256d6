/*
 * test_secrets.c - private keys are in the memory of `keys` and nowhere else.
 *
 * Starts the real program, lets it sign (TLS handshakes, certificates), and
 * searches the memory of every process for each private key and the sealing
 * key. That the search works is shown by finding them in `keys` itself.
 */
#include "unit/t.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/keyfile.h"
#include "crypto/sealkey.h"
#include "loop/listen.h"

#define SECRETS_MAX 32

static char dir[64], data[80];

static struct secret {
    char    name[80];
    uint8_t byte[32];
} secrets[SECRETS_MAX];
static size_t n_secrets;

static void
remember(const char *name, const uint8_t *byte)
{
    if (n_secrets == SECRETS_MAX)
        abort();
    snprintf(secrets[n_secrets].name, sizeof(secrets[0].name), "%s", name);
    memcpy(secrets[n_secrets++].byte, byte, 32);
}

/* 32 bytes that give the private key away: the number of a curve key. */
static void
remember_key(const struct hf_seal_key *seal, const char *path)
{
    struct hf_wr      raw = hf_wr(HF_KEYFILE_MAX), plain = hf_wr_secret(HF_KEYFILE_MAX);
    struct hf_keyfile f;
    EVP_PKEY         *pkey = NULL;
    const uint8_t    *p;
    BIGNUM           *d = NULL;
    uint8_t           byte[32];

    T_OK(hf_file_read(path, &raw));
    T_OK(hf_keyfile_read(hf_wr_bytes(&raw), &f));
    if (f.info.protection == HF_KEY_SEALED) { /* root keys cannot be opened, here or there */
        T_OK(hf_unseal(seal, f.header, f.sealed, &plain));
        p = plain.p;
        pkey = d2i_AutoPrivateKey(NULL, &p, (long)plain.n);
        T_EQ(EVP_PKEY_get_bn_param(pkey, "priv", &d), 1);
        T_EQ(BN_bn2binpad(d, byte, 32), 32);
        remember(f.info.id, byte);
    }
    BN_free(d);
    EVP_PKEY_free(pkey);
    hf_wr_clear(&raw), hf_wr_clear(&plain);
}

static void
read_secrets(void)
{
    char               path[400];
    struct hf_seal_key seal;
    DIR               *folder;
    struct dirent     *e;

    snprintf(path, sizeof(path), "%s/secrets/seal.key", data);
    T_OK(hf_sealkey_load(path, NULL, &seal));
    remember("sealing key", seal.byte);
    snprintf(path, sizeof(path), "%s/keys", data);
    folder = opendir(path);
    while (folder != NULL && (e = readdir(folder)) != NULL) {
        snprintf(path, sizeof(path), "%s/keys/%s", data, e->d_name);
        if (e->d_name[0] != '.')
            remember_key(&seal, path);
    }
    if (folder != NULL)
        closedir(folder);
}

/* The bytes as they are, and as libcrypto's big numbers keep them: little endian. */
static bool
holds(const uint8_t *mem, size_t n, const uint8_t *byte)
{
    uint8_t turned[32];

    for (int i = 0; i < 32; i++)
        turned[i] = byte[31 - i];
    return memmem(mem, n, byte, 32) != NULL || memmem(mem, n, turned, 32) != NULL;
}

/* Every readable and writable page of the process; how many secrets are there, which ones in the output. */
static int
search(pid_t pid, const char *who, bool expected)
{
    static uint8_t part[4 << 20];
    char           path[64], line[512], mode[8];
    FILE          *maps;
    int            mem, found = 0;
    bool           seen[SECRETS_MAX] = { false };
    unsigned long  from, to;

    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    mem = open(path, O_RDONLY);
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    maps = fopen(path, "r");
    while (mem != -1 && maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || mode[0] != 'r' || mode[1] != 'w')
            continue;
        for (unsigned long at = from; at < to; at += sizeof(part) - 64) {
            size_t  want = to - at < sizeof(part) ? to - at : sizeof(part);
            ssize_t got = pread(mem, part, want, (off_t)at);

            for (size_t i = 0; got > 0 && i < n_secrets; i++)
                seen[i] |= holds(part, (size_t)got, secrets[i].byte);
        }
    }
    for (size_t i = 0; i < n_secrets; i++) {
        found += seen[i];
        if (seen[i] && !expected)
            printf("  %s has %s in its memory\n", who, secrets[i].name);
    }
    if (mem == -1 || maps == NULL)
        found = -1;
    if (mem != -1)
        close(mem);
    if (maps != NULL)
        fclose(maps);
    return found;
}

/* -- The server ---------------------------------------------------------------------------- */

static pid_t server;
static int   https_port;

static int
run(const char *command)
{
    int status = system(command);

    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
free_port(void)
{
    uint16_t port = 0;
    int      fd;

    T_OK(hf_listen_tcp("127.0.0.1:0", &fd, &port));
    close(fd);
    return port;
}

static void
start_server(void)
{
    char  command[512], line[64] = "", address[32];
    int   out[2];
    FILE *from;

    snprintf(dir, sizeof(dir), "/tmp/hufu-secrets.XXXXXX");
    if (mkdtemp(dir) == NULL || pipe(out) == -1)
        abort();
    snprintf(data, sizeof(data), "%s/d", dir);
    https_port = free_port();
    snprintf(address, sizeof(address), "127.0.0.1:%d", https_port);
    snprintf(command, sizeof(command),
             "./hufu init --data %s --org Test --suite both --secrets %s/s >/dev/null 2>&1", data, dir);
    T_EQ(run(command), 0);
    if ((server = fork()) == 0) {
        int log = open("/dev/null", O_WRONLY);

        dup2(out[1], 1);
        dup2(log, 2);
        execl("./hufu", "hufu", "serve", "--data", data, "--https", address, "--http", "127.0.0.1:0", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    from = fdopen(out[0], "r");
    T_TRUE(fgets(line, sizeof(line), from) != NULL);
    T_STR(line, "ready\n");
    fclose(from);
}

static void
stop_server(void)
{
    char command[128];
    int  status;

    kill(server, SIGTERM);
    T_EQ(waitpid(server, &status, 0), server);
    T_EQ(status, 0);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    T_EQ(run(command), 0);
}

/* Handshakes, so that every process has had to do with keys. */
static void
use_keys(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    char     address[32];

    snprintf(address, sizeof(address), "127.0.0.1:%d", https_port);
    for (int i = 0; i < 20; i++) {
        BIO *bio = BIO_new_ssl_connect(ctx);

        BIO_set_conn_hostname(bio, address);
        T_EQ(BIO_do_handshake(bio), 1);
        BIO_puts(bio, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        BIO_free_all(bio);
    }
    SSL_CTX_free(ctx);
}

/* The server's children, by what the kernel calls them. How many there are. */
static size_t
children(pid_t pid[8], char comm[8][32])
{
    char   path[64];
    size_t n = 0;
    FILE  *f, *g;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)server, (int)server);
    f = fopen(path, "r");
    while (f != NULL && n < 8 && fscanf(f, "%d", &pid[n]) == 1) {
        snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid[n]);
        if ((g = fopen(path, "r")) == NULL)
            continue;
        n += fgets(comm[n], 32, g) != NULL;
        fclose(g);
    }
    if (f != NULL)
        fclose(f);
    return n;
}

static void
private_keys_are_in_keys_only(void)
{
    pid_t  pid[8];
    char   comm[8][32];
    size_t n;

    start_server();
    read_secrets();
    T_TRUE(n_secrets >= 6);
    use_keys();
    T_EQ(search(server, "the supervisor", false), 0);
    T_EQ(n = children(pid, comm), 3);
    for (size_t i = 0; i < n; i++) {
        bool keys = strcmp(comm[i], "hufu keys\n") == 0;
        int  found = search(pid[i], comm[i], keys);

        if (!keys)
            T_EQ(found, 0);
        else if (geteuid() == 0) /* root may look into `keys`: there the search must find them all */
            T_EQ(found, n_secrets);
        else /* it is not dumpable: nobody else may */
            T_EQ(found, -1);
    }
    stop_server();
}

T_MAIN(T(private_keys_are_in_keys_only))
