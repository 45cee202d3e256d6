#include "crypto/sealkey.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "crypto/alg.h"

#define FILE_MAX_BYTES 1024u

/* -- The text -------------------------------------------------------------------- */

static bool
unhex_exact(const char *hex, uint8_t *out, size_t n)
{
    struct hf_wr w = hf_wr_secret(n);
    bool         ok = strlen(hex) == 2 * n && hf_unhex(hex, &w) == HF_OK;

    if (ok)
        memcpy(out, w.p, n);
    hf_wr_clear(&w);
    return ok;
}

static bool
read_text(const char *text, struct hf_sealkey_file *f)
{
    char             aead[32], salt[33], hex[65];
    struct hf_argon *a = &f->argon;
    int              end = 0;
    bool             ok;

    if (sscanf(text, "hufu sealing key 1\naead %31[a-z0-9-]\nkey %64[0-9a-f]\n%n", aead, hex,
               &end) == 2 &&
        end != 0)
        f->passphrase = false;
    else if (sscanf(text,
                    "hufu sealing key 1\naead %31[a-z0-9-]\nargon2id %9u %9u %9u "
                    "%32[0-9a-f]\ncheck %64[0-9a-f]\n%n",
                    aead, &a->memory_kib, &a->passes, &a->lanes, salt, hex, &end) == 6 &&
             end != 0)
        f->passphrase = true;
    else
        return false;
    ok = text[end] == '\0' && hf_aead_named(aead, &f->aead) && unhex_exact(hex, f->byte, 32) &&
         (!f->passphrase || (unhex_exact(salt, a->salt, 16) && hf_argon_sane(a)));
    OPENSSL_cleanse(hex, sizeof(hex));
    return ok;
}

enum hf_rc
hf_sealkey_read(struct hf_bytes text, struct hf_sealkey_file *out)
{
    char copy[FILE_MAX_BYTES + 1] = "";
    bool ok = text.n <= FILE_MAX_BYTES && (text.n == 0 || memchr(text.p, '\0', text.n) == NULL);

    memset(out, 0, sizeof(*out));
    if (ok && text.n != 0)
        memcpy(copy, text.p, text.n);
    ok = ok && read_text(copy, out);
    OPENSSL_cleanse(copy, sizeof(copy));
    if (ok)
        return HF_OK;
    OPENSSL_cleanse(out, sizeof(*out));
    return hf_fail(HF_E_FORMAT, "sealing key: the file is not of this form");
}

static void
write_text(const struct hf_sealkey_file *f, struct hf_wr *w)
{
    char hex[65], salt[33];

    hf_wr_fmt(w, "hufu sealing key 1\naead %s\n", hf_aead_name(f->aead));
    if (f->passphrase)
        hf_wr_fmt(w, "argon2id %u %u %u %s\n", f->argon.memory_kib, f->argon.passes, f->argon.lanes,
                  hf_hex(hf_bytes(f->argon.salt, 16), salt));
    hf_wr_fmt(w, "%s %s\n", f->passphrase ? "check" : "key", hf_hex(hf_bytes(f->byte, 32), hex));
    OPENSSL_cleanse(hex, sizeof(hex));
}

/* -- The key --------------------------------------------------------------------- */

static enum hf_rc
derive(const struct hf_sealkey_file *f, const struct hf_secret *passphrase, struct hf_seal_key *out,
       uint8_t check[32])
{
    enum hf_rc rc = hf_argon_key(&f->argon, hf_secret_bytes(passphrase), out->byte);

    out->aead = f->aead;
    return rc != HF_OK ? rc
                       : hf_seal_mac(out, hf_bytes_str("hufu passphrase check"),
                                     hf_bytes(f->argon.salt, 16), check);
}

static enum hf_rc
open_file(const struct hf_sealkey_file *f, const struct hf_secret *passphrase,
          struct hf_seal_key *out)
{
    uint8_t    check[32];
    enum hf_rc rc;

    if (!f->passphrase) {
        out->aead = f->aead;
        memcpy(out->byte, f->byte, sizeof(out->byte));
        return HF_OK;
    }
    if (passphrase == NULL)
        return hf_fail(HF_E_AUTH, "sealing key: a passphrase is needed (--seal-passfile)");
    if ((rc = derive(f, passphrase, out, check)) != HF_OK)
        return rc;
    if (!hf_bytes_eq_secret(hf_bytes(check, 32), hf_bytes(f->byte, 32)))
        return hf_fail(HF_E_VERIFY, "sealing key: the passphrase is wrong");
    return HF_OK;
}

enum hf_rc
hf_sealkey_load(const char *path, const struct hf_secret *passphrase, struct hf_seal_key *out)
{
    struct hf_wr           text = hf_wr_secret(FILE_MAX_BYTES);
    struct hf_sealkey_file f;
    struct stat            st;
    enum hf_rc             rc;

    memset(out, 0, sizeof(*out));
    if (stat(path, &st) == -1)
        return hf_fail(errno == ENOENT ? HF_E_ABSENT : HF_E_SYSTEM, "%s: %s", path,
                       strerror(errno));
    if ((st.st_mode & 077) != 0)
        return hf_fail(HF_E_DENIED, "%s: mode %03o lets others in; it must be 600", path,
                       (unsigned)st.st_mode & 0777);
    if ((rc = hf_file_read(path, &text)) == HF_OK &&
        (rc = hf_sealkey_read(hf_wr_bytes(&text), &f)) == HF_OK)
        rc = open_file(&f, passphrase, out);
    hf_wr_clear(&text);
    OPENSSL_cleanse(&f, sizeof(f));
    if (rc != HF_OK)
        OPENSSL_cleanse(out, sizeof(*out));
    return rc;
}

enum hf_rc
hf_sealkey_make(const char *path, enum hf_aead aead, const struct hf_secret *passphrase,
                struct hf_seal_key *out)
{
    struct hf_sealkey_file f = { .aead = aead, .passphrase = passphrase != NULL };
    struct hf_wr           text = hf_wr_secret(FILE_MAX_BYTES);
    enum hf_rc             rc = HF_OK;

    f.argon = hf_argon_new();
    if (passphrase != NULL) {
        rc = derive(&f, passphrase, out, f.byte);
    } else {
        hf_random(f.byte, sizeof(f.byte));
        rc = open_file(&f, NULL, out);
    }
    write_text(&f, &text);
    if (rc == HF_OK)
        rc = hf_file_write(path, hf_wr_bytes(&text), 0600);
    hf_wr_clear(&text);
    OPENSSL_cleanse(&f, sizeof(f));
    return rc;
}
