#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

enum hf_rc
hf_secret_set(struct hf_secret *s, struct hf_bytes b)
{
    hf_secret_clear(s);
    if (b.n > HF_SECRET_MAX)
        return hf_fail(HF_E_TOOBIG, "secret: longer than %d bytes", HF_SECRET_MAX);
    if (b.n != 0)
        memcpy(s->byte, b.p, b.n);
    s->n = b.n;
    return HF_OK;
}

static enum hf_rc
read_first_line(struct hf_secret *s, int fd, const char *path)
{
    ssize_t  got;
    uint8_t *end;

    if ((got = read(fd, s->byte, sizeof(s->byte))) == -1)
        return hf_fail_errno("%s", path);
    end = memchr(s->byte, '\n', (size_t)got);
    s->n = end == NULL ? (size_t)got : (size_t)(end - s->byte);
    if (s->n != 0 && s->byte[s->n - 1] == '\r')
        s->n--;
    if (s->n == 0)
        return hf_fail(HF_E_FORMAT, "%s: is empty", path);
    return HF_OK;
}

enum hf_rc
hf_secret_from_file(struct hf_secret *s, const char *path)
{
    int        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    enum hf_rc rc;

    hf_secret_clear(s);
    if (fd == -1)
        return hf_fail(HF_E_ABSENT, "%s: %s", path, strerror(errno));
    if ((rc = read_first_line(s, fd, path)) != HF_OK)
        hf_secret_clear(s);
    close(fd);
    return rc;
}

struct hf_bytes
hf_secret_bytes(const struct hf_secret *s)
{
    return hf_bytes(s->byte, s->n);
}

void
hf_secret_clear(struct hf_secret *s)
{
    OPENSSL_cleanse(s, sizeof(*s));
}
