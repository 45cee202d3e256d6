#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/ring_int.h"

/* -- Files --------------------------------------------------------------------------- */

static enum hf_rc
write_fd(int fd, struct hf_bytes b)
{
    while (b.n != 0) {
        ssize_t put = write(fd, b.p, b.n);

        if (put == -1 && errno != EINTR)
            return hf_fail_errno("writing");
        b = put == -1 ? b : hf_bytes(b.p + put, b.n - (size_t)put);
    }
    return fsync(fd) == -1 ? hf_fail_errno("flushing") : HF_OK;
}

/* A whole new file or none; an existing one stays. The folder is flushed too. */
static enum hf_rc
write_file(int folder, const char *id, struct hf_bytes b)
{
    char       name[HF_KEY_ID_MAX + 8], temporary[HF_KEY_ID_MAX + 24];
    uint32_t   salt;
    enum hf_rc rc;
    int        fd;

    hf_random(&salt, sizeof(salt));
    snprintf(name, sizeof(name), "%s.key", id);
    snprintf(temporary, sizeof(temporary), ".%s.%08x.tmp", id, salt);
    if ((fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) == -1)
        return hf_fail_errno("keys/%s", temporary);
    rc = write_fd(fd, b);
    close(fd);
    if (rc == HF_OK && renameat2(folder, temporary, folder, name, RENAME_NOREPLACE) == -1)
        rc = errno == EEXIST ? hf_fail(HF_E_EXISTS, "key %s exists already", id)
                             : hf_fail_errno("rename");
    if (rc != HF_OK) {
        unlinkat(folder, temporary, 0);
        return hf_because(rc, "keys/%s", name);
    }
    return fsync(folder) == -1 && errno != EINVAL ? hf_fail_errno("keys folder") : HF_OK;
}

/* -- Making ------------------------------------------------------------------------------- */

/* The key that a protected private key is sealed under, new, and what the file says about it. */
static enum hf_rc
protect(struct hf_keyfile *file, const struct hf_key_protection *how, struct hf_seal_key *wrap,
        struct hf_wr *share)
{
    struct hf_share part[HF_KEY_SHARES_MAX];
    enum hf_rc      rc;

    if (how->passphrase != NULL) {
        file->info.protection = HF_KEY_PASSPHRASE;
        file->argon = hf_argon_new();
        return hf_argon_key(&file->argon, hf_secret_bytes(how->passphrase), wrap->byte);
    }
    hf_random(wrap->byte, sizeof(wrap->byte));
    if ((rc = hf_share_split(wrap->byte, file->info.id, how->need, how->of, part)) != HF_OK)
        return rc;
    file->info.protection = HF_KEY_SHARES;
    file->info.need = how->need;
    file->info.of = how->of;
    memcpy(file->set, part[0].set, sizeof(file->set));
    for (unsigned i = 0; rc == HF_OK && i < how->of; i++)
        rc = hf_share_write(&part[i], &share[i]);
    OPENSSL_cleanse(part, sizeof(part));
    return rc;
}

static enum hf_rc
check_protection(const struct hf_key_protection *how)
{
    if (how == NULL)
        return HF_OK;
    if (how->open_s > HF_KEY_OPEN_MAX_S)
        return hf_fail_field(HF_E_ARG, "open_s", "at most %u seconds", HF_KEY_OPEN_MAX_S);
    if (how->passphrase != NULL && how->passphrase->n < 8)
        return hf_fail_field(HF_E_ARG, "passphrase", "shorter than 8 bytes");
    return HF_OK;
}

/* The bytes of the file: header, then the private key sealed under wrap. */
static enum hf_rc
seal_file(const struct hf_keyfile *file, const struct hf_pkey *pkey, const struct hf_seal_key *wrap,
          struct hf_wr *raw)
{
    struct hf_wr plain = hf_wr_secret(HF_KEYFILE_MAX), sealed = hf_wr(HF_KEYFILE_MAX);
    enum hf_rc   rc;

    hf_keyfile_write_header(file, raw);
    if ((rc = hf_pkey_write(pkey, &plain)) == HF_OK)
        rc = hf_seal(wrap, hf_wr_bytes(raw), hf_wr_bytes(&plain), &sealed);
    if (rc == HF_OK)
        hf_wr_run(raw, hf_wr_bytes(&sealed));
    hf_wr_clear(&plain);
    hf_wr_clear(&sealed);
    return rc == HF_OK && raw->rc != HF_OK ? hf_fail(raw->rc, "key file") : rc;
}

/* Write the file and put the key into the ring. pkey is referenced, not taken over. */
static enum hf_rc
keep(struct hf_ring *ring, const char *id, struct hf_bytes raw, struct hf_pkey *pkey,
     const struct hf_key_protection *how)
{
    struct hf_ring_entry *e;
    enum hf_rc            rc;

    if ((rc = hf_ring_entry_new(raw, &e)) != HF_OK)
        return rc;
    e->until = how == NULL ? INT64_MAX : hf_tick_ms() + (int64_t)how->open_s * 1000;
    e->pkey = how == NULL || how->open_s != 0 ? hf_pkey_ref(pkey) : NULL;
    if ((rc = write_file(ring->folder, id, raw)) != HF_OK) {
        hf_ring_entry_free(e);
        return rc;
    }
    pthread_rwlock_wrlock(&ring->lock);
    rc = hf_ring_add(ring, e);
    pthread_rwlock_unlock(&ring->lock);
    return rc;
}

/* What was made under the same tag is the answer to the same question asked twice. */
static enum hf_rc
made_before(struct hf_ring *ring, const char *id, enum hf_alg alg, const uint8_t *tag,
            const struct hf_key_protection *how, struct hf_wr *spki, bool *yes)
{
    struct hf_ring_entry *e;
    enum hf_rc            rc = HF_OK;

    pthread_rwlock_rdlock(&ring->lock);
    *yes = (e = hf_ring_find(ring, id)) != NULL;
    if (e != NULL && (memcmp(e->file.tag, tag, HF_KEY_TAG) != 0 || e->file.info.alg != alg))
        rc = hf_fail(HF_E_EXISTS, "key %s exists already", id);
    else if (e != NULL && how != NULL && how->passphrase == NULL)
        rc = hf_fail(HF_E_EXISTS, "key %s was made, but its shares were lost on the way", id);
    else if (e != NULL)
        hf_wr_put(spki, e->file.spki);
    pthread_rwlock_unlock(&ring->lock);
    return rc;
}

static enum hf_rc
make(struct hf_ring *ring, struct hf_keyfile *file, const struct hf_key_protection *how,
     struct hf_wr *spki, struct hf_wr *share)
{
    struct hf_seal_key wrap = *ring->key;
    struct hf_wr       raw = hf_wr(HF_KEYFILE_MAX);
    struct hf_pkey    *pkey = NULL;
    struct hf_bytes    all;
    enum hf_rc         rc;

    if ((rc = hf_pkey_generate(file->info.alg, &pkey)) != HF_OK)
        goto out;
    file->spki = hf_pkey_spki(pkey);
    if (how != NULL && (rc = protect(file, how, &wrap, share)) != HF_OK)
        goto out;
    if ((rc = seal_file(file, pkey, &wrap, &raw)) != HF_OK)
        goto out;
    hf_wr_put(spki, file->spki);
    if ((rc = hf_wr_end(spki, &all)) == HF_OK)
        rc = keep(ring, file->info.id, hf_wr_bytes(&raw), pkey, how);
out:
    OPENSSL_cleanse(&wrap, sizeof(wrap));
    hf_wr_clear(&raw);
    hf_pkey_free(pkey);
    return rc;
}

enum hf_rc
hf_ring_generate(struct hf_ring *ring, const char *id, enum hf_alg alg, const uint8_t *tag,
                 const struct hf_key_protection *how, struct hf_wr *spki, struct hf_wr *share)
{
    struct hf_keyfile file = { .info.alg = alg, .made_ms = hf_now_ms() };
    bool              before;
    enum hf_rc        rc;

    if (!hf_key_id_ok(hf_bytes_str(id)))
        return hf_fail_field(HF_E_ARG, "key",
                             "is not an id of a-z, 0-9, '-', '_', '.', at most %u long",
                             HF_KEY_ID_MAX);
    if ((rc = check_protection(how)) != HF_OK)
        return rc;
    snprintf(file.info.id, sizeof(file.info.id), "%s", id);
    memcpy(file.tag, tag, sizeof(file.tag));
    pthread_mutex_lock(&ring->making);
    rc = made_before(ring, id, alg, tag, how, spki, &before);
    if (!before)
        rc = make(ring, &file, how, spki, share);
    pthread_mutex_unlock(&ring->making);
    return rc;
}
