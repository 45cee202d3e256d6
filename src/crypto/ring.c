#include "crypto/ring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/ring_int.h"

#define KEYS_MAX 65536u

/* -- Files --------------------------------------------------------------------------- */

static enum hf_rc
read_file(int folder, const char *name, struct hf_wr *out)
{
    int     fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    uint8_t part[4096];
    ssize_t got = 0;

    if (fd == -1)
        return hf_fail_errno("keys/%s", name);
    while (out->rc == HF_OK && (got = read(fd, part, sizeof(part))) > 0)
        hf_wr_put(out, hf_bytes(part, (size_t)got));
    close(fd);
    if (got == -1)
        return hf_fail_errno("keys/%s", name);
    return out->rc == HF_OK ? HF_OK
                            : hf_fail(out->rc, "keys/%s: larger than a key file can be", name);
}

/* -- Entries --------------------------------------------------------------------------- */

void
hf_ring_entry_free(struct hf_ring_entry *e)
{
    if (e == NULL)
        return;
    hf_pkey_free(e->pkey);
    free(e);
}

enum hf_rc
hf_ring_entry_new(struct hf_bytes raw, struct hf_ring_entry **out)
{
    struct hf_ring_entry *e = calloc(1, sizeof(*e) + raw.n);
    enum hf_rc            rc;

    *out = NULL;
    if (e == NULL)
        return hf_fail(HF_E_NOMEM, "key");
    if (raw.n != 0)
        memcpy(e->raw, raw.p, raw.n);
    e->n = raw.n;
    if ((rc = hf_keyfile_read(hf_bytes(e->raw, e->n), &e->file)) == HF_OK)
        *out = e;
    else
        hf_ring_entry_free(e);
    return rc;
}

/* Open the private key under key; its public half must be the one in the file. */
static enum hf_rc
entry_open(const struct hf_ring_entry *e, const struct hf_seal_key *key, struct hf_pkey **out)
{
    struct hf_wr plain = hf_wr_secret(HF_KEYFILE_MAX);
    enum hf_rc   rc;

    *out = NULL;
    if ((rc = hf_unseal(key, e->file.header, e->file.sealed, &plain)) == HF_OK)
        rc = hf_pkey_read(hf_wr_bytes(&plain), out);
    hf_wr_clear(&plain);
    if (rc == HF_OK && !hf_bytes_eq(hf_pkey_spki(*out), e->file.spki)) {
        hf_pkey_free(*out);
        *out = NULL;
        rc = hf_fail(HF_E_VERIFY, "public key is not that of the private key");
    }
    return rc == HF_OK ? rc : hf_because(rc, "key %s", e->file.info.id);
}

/* Under the lock. */
struct hf_ring_entry *
hf_ring_find(const struct hf_ring *ring, const char *id)
{
    for (size_t i = 0; i < ring->n; i++)
        if (strcmp(ring->entry[i]->file.info.id, id) == 0)
            return ring->entry[i];
    return NULL;
}

static enum hf_rc
absent(const char *id)
{
    return hf_fail(HF_E_ABSENT, "there is no key %s", id);
}

enum hf_rc
hf_ring_add(struct hf_ring *ring, struct hf_ring_entry *own_e)
{
    struct hf_ring_entry **more =
        ring->n >= KEYS_MAX ? NULL : realloc(ring->entry, (ring->n + 1) * sizeof(*more));

    if (more == NULL) {
        hf_ring_entry_free(own_e);
        return hf_fail(HF_E_NOMEM, "keys: no room for one more");
    }
    ring->entry = more;
    ring->entry[ring->n++] = own_e;
    return HF_OK;
}

/* -- Opening ----------------------------------------------------------------------------- */

static enum hf_rc
load_file(struct hf_ring *ring, const char *name)
{
    struct hf_wr          raw = hf_wr(HF_KEYFILE_MAX);
    struct hf_ring_entry *e = NULL;
    enum hf_rc            rc;

    if ((rc = read_file(ring->folder, name, &raw)) == HF_OK)
        rc = hf_ring_entry_new(hf_wr_bytes(&raw), &e);
    hf_wr_clear(&raw);
    if (rc != HF_OK)
        return hf_because(rc, "keys/%s", name);
    if (strlen(name) != strlen(e->file.info.id) + 4 ||
        strncmp(name, e->file.info.id, strlen(e->file.info.id)) != 0)
        rc = hf_fail(HF_E_VERIFY, "keys/%s: is the file of key %s", name, e->file.info.id);
    else if (e->file.info.protection == HF_KEY_SEALED)
        rc = entry_open(e, ring->key, &e->pkey);
    e->until = INT64_MAX;
    if (rc == HF_OK)
        return hf_ring_add(ring, e);
    hf_ring_entry_free(e);
    return rc;
}

/* A crash while a key was made leaves a temporary file; nobody was told of its key. */
static enum hf_rc
load_all(struct hf_ring *ring, DIR *dir)
{
    struct dirent *d;
    enum hf_rc     rc = HF_OK;

    while (rc == HF_OK && (d = readdir(dir)) != NULL) {
        size_t n = strlen(d->d_name);

        if (d->d_name[0] == '.' && n > 4 && strcmp(d->d_name + n - 4, ".tmp") == 0)
            unlinkat(ring->folder, d->d_name, 0);
        else if (n > 4 && d->d_name[0] != '.' && strcmp(d->d_name + n - 4, ".key") == 0)
            rc = load_file(ring, d->d_name);
    }
    return rc;
}

enum hf_rc
hf_ring_open(int folder_fd, const struct hf_seal_key *key, struct hf_ring **out)
{
    struct hf_ring *ring = calloc(1, sizeof(*ring));
    int             again = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR            *dir = again == -1 ? NULL : fdopendir(again);
    enum hf_rc      rc;

    *out = NULL;
    if (ring == NULL || dir == NULL || (ring->key = OPENSSL_secure_zalloc(sizeof(*key))) == NULL) {
        rc = dir == NULL ? hf_fail_errno("keys folder") : hf_fail(HF_E_NOMEM, "keys");
        free(ring);
        if (dir != NULL)
            closedir(dir);
        return rc;
    }
    *ring->key = *key;
    ring->folder = folder_fd;
    pthread_rwlock_init(&ring->lock, NULL);
    pthread_mutex_init(&ring->making, NULL);
    rc = load_all(ring, dir);
    closedir(dir);
    if (rc == HF_OK) {
        *out = ring;
    } else {
        ring->folder = -1;
        hf_ring_close(ring);
    }
    return rc;
}

void
hf_ring_close(struct hf_ring *ring)
{
    if (ring == NULL)
        return;
    for (size_t i = 0; i < ring->n; i++)
        hf_ring_entry_free(ring->entry[i]);
    free(ring->entry);
    OPENSSL_secure_clear_free(ring->key, sizeof(*ring->key));
    if (ring->folder != -1)
        close(ring->folder);
    pthread_rwlock_destroy(&ring->lock);
    pthread_mutex_destroy(&ring->making);
    free(ring);
}

const struct hf_seal_key *
hf_ring_seal_key(const struct hf_ring *ring)
{
    return ring->key;
}

int
hf_ring_folder(const struct hf_ring *ring)
{
    return ring->folder;
}

size_t
hf_ring_count(struct hf_ring *ring)
{
    size_t n;

    pthread_rwlock_rdlock(&ring->lock);
    n = ring->n;
    pthread_rwlock_unlock(&ring->lock);
    return n;
}

/* -- Asking ----------------------------------------------------------------------------------- */

enum hf_rc
hf_ring_public(struct hf_ring *ring, const char *id, struct hf_wr *spki)
{
    struct hf_ring_entry *e;
    struct hf_bytes       all;

    pthread_rwlock_rdlock(&ring->lock);
    if ((e = hf_ring_find(ring, id)) != NULL)
        hf_wr_put(spki, e->file.spki);
    pthread_rwlock_unlock(&ring->lock);
    return e == NULL ? absent(id) : hf_wr_end(spki, &all);
}

static int64_t
open_until_ms(const struct hf_ring_entry *e)
{
    int64_t left = e->until - hf_tick_ms();

    if (e->pkey == NULL || left <= 0)
        return 0;
    return e->until == INT64_MAX ? INT64_MAX : hf_now_ms() + left;
}

enum hf_rc
hf_ring_info(struct hf_ring *ring, const char *id, struct hf_key_info *out)
{
    struct hf_ring_entry *e;

    memset(out, 0, sizeof(*out));
    pthread_rwlock_rdlock(&ring->lock);
    if ((e = hf_ring_find(ring, id)) != NULL) {
        *out = e->file.info;
        out->open_until_ms = open_until_ms(e);
    }
    pthread_rwlock_unlock(&ring->lock);
    return e == NULL ? absent(id) : HF_OK;
}

enum hf_rc
hf_ring_take(struct hf_ring *ring, const char *id, struct hf_pkey **out)
{
    struct hf_ring_entry *e;

    *out = NULL;
    pthread_rwlock_rdlock(&ring->lock);
    e = hf_ring_find(ring, id);
    if (e != NULL && e->pkey != NULL && e->until > hf_tick_ms())
        *out = hf_pkey_ref(e->pkey);
    pthread_rwlock_unlock(&ring->lock);
    if (*out != NULL)
        return HF_OK;
    return e == NULL ? absent(id) : hf_fail(HF_E_STATE, "key %s is locked; unlock it first", id);
}

/* -- Unlocking -------------------------------------------------------------------------------- */

/* What unlocking needs to know of the file, copied so that no lock is held while argon2id runs. */
static enum hf_rc
look(struct hf_ring *ring, const char *id, int protection, unsigned open_s, struct hf_keyfile *out)
{
    struct hf_ring_entry *e;

    pthread_rwlock_rdlock(&ring->lock);
    if ((e = hf_ring_find(ring, id)) != NULL)
        *out = e->file; /* entries live as long as the ring, so its views stay */
    pthread_rwlock_unlock(&ring->lock);
    if (e == NULL)
        return absent(id);
    if (out->info.protection == HF_KEY_SEALED)
        return hf_fail(HF_E_STATE, "key %s has no protection of its own", id);
    if ((int)out->info.protection != protection)
        return hf_fail(HF_E_STATE, "key %s is protected by %s", id,
                       out->info.protection == HF_KEY_SHARES ? "shares" : "a passphrase");
    if (open_s == 0 || open_s > HF_KEY_OPEN_MAX_S)
        return hf_fail_field(HF_E_ARG, "open_s", "between 1 and %u seconds", HF_KEY_OPEN_MAX_S);
    return HF_OK;
}

static enum hf_rc
open_with(struct hf_ring *ring, const char *id, const struct hf_seal_key *wrap, unsigned open_s)
{
    struct hf_pkey       *pkey, *old;
    struct hf_ring_entry *e;
    enum hf_rc            rc;

    pthread_rwlock_rdlock(&ring->lock);
    e = hf_ring_find(ring, id);
    pthread_rwlock_unlock(&ring->lock);
    if ((rc = entry_open(e, wrap, &pkey)) != HF_OK)
        return rc == HF_E_VERIFY ? hf_fail(rc, "key %s: passphrase or shares are wrong", id) : rc;
    pthread_rwlock_wrlock(&ring->lock);
    old = e->pkey;
    e->pkey = pkey;
    e->until = hf_tick_ms() + (int64_t)open_s * 1000;
    pthread_rwlock_unlock(&ring->lock);
    hf_pkey_free(old);
    return HF_OK;
}

enum hf_rc
hf_ring_unlock(struct hf_ring *ring, const char *id, const struct hf_secret *passphrase,
               unsigned open_s)
{
    struct hf_seal_key wrap = { .aead = ring->key->aead };
    struct hf_keyfile  file;
    enum hf_rc         rc;

    if ((rc = look(ring, id, HF_KEY_PASSPHRASE, open_s, &file)) != HF_OK)
        return rc;
    if ((rc = hf_argon_key(&file.argon, hf_secret_bytes(passphrase), wrap.byte)) == HF_OK)
        rc = open_with(ring, id, &wrap, open_s);
    OPENSSL_cleanse(&wrap, sizeof(wrap));
    return rc;
}

enum hf_rc
hf_ring_unlock_shares(struct hf_ring *ring, const char *id, const struct hf_share *share, size_t n,
                      unsigned open_s)
{
    struct hf_seal_key wrap = { .aead = ring->key->aead };
    struct hf_keyfile  file;
    enum hf_rc         rc;

    if ((rc = look(ring, id, HF_KEY_SHARES, open_s, &file)) != HF_OK)
        return rc;
    for (size_t i = 0; i < n; i++)
        if (memcmp(share[i].set, file.set, sizeof(file.set)) != 0 || strcmp(share[i].key, id) != 0)
            return hf_fail(HF_E_VERIFY, "share %u is not one of key %s", share[i].x, id);
    if ((rc = hf_share_join(share, n, wrap.byte)) == HF_OK)
        rc = open_with(ring, id, &wrap, open_s);
    OPENSSL_cleanse(&wrap, sizeof(wrap));
    return rc;
}

enum hf_rc
hf_ring_lock(struct hf_ring *ring, const char *id)
{
    struct hf_pkey       *old = NULL;
    struct hf_ring_entry *e;
    bool                  sealed = false;

    pthread_rwlock_wrlock(&ring->lock);
    if ((e = hf_ring_find(ring, id)) != NULL &&
        !(sealed = e->file.info.protection == HF_KEY_SEALED)) {
        old = e->pkey;
        e->pkey = NULL;
    }
    pthread_rwlock_unlock(&ring->lock);
    hf_pkey_free(old);
    if (e == NULL)
        return absent(id);
    return sealed ? hf_fail(HF_E_STATE, "key %s has no protection of its own", id) : HF_OK;
}

void
hf_ring_sweep(struct hf_ring *ring)
{
    pthread_rwlock_wrlock(&ring->lock);
    for (size_t i = 0; i < ring->n; i++) {
        struct hf_ring_entry *e = ring->entry[i];

        if (e->pkey != NULL && e->until <= hf_tick_ms()) {
            hf_pkey_free(e->pkey);
            e->pkey = NULL;
        }
    }
    pthread_rwlock_unlock(&ring->lock);
}
