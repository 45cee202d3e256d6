#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum hf_rc
read_all(int fd, const char *path, struct hf_wr *out)
{
    for (;;) {
        size_t   want = 16384 < out->max - out->n ? 16384 : out->max - out->n + 1, before = out->n;
        uint8_t *p, last[1];
        ssize_t  got;

        if (before == out->max) { /* full: only the end of the file is acceptable now */
            got = read(fd, last, 1);
            return got == 0 ? HF_OK
                            : hf_fail(HF_E_TOOBIG, "%s: larger than %zu bytes", path, out->max);
        }
        if (want > out->max - before)
            want = out->max - before;
        if ((p = hf_wr_space(out, want)) == NULL)
            return hf_fail(out->rc, "%s", path);
        while ((got = read(fd, p, want)) == -1 && errno == EINTR)
            ;
        if (got == -1)
            return hf_fail_errno("%s", path);
        hf_wr_cut(out, before + (size_t)got);
        if (got == 0)
            return HF_OK;
    }
}

enum hf_rc
hf_file_read(const char *path, struct hf_wr *out)
{
    bool       standard = strcmp(path, "-") == 0;
    int        fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    enum hf_rc rc;

    if (fd == -1)
        return hf_fail(HF_E_ABSENT, "%s: %s", path, strerror(errno));
    rc = read_all(fd, path, out);
    if (!standard)
        close(fd);
    return rc;
}

static enum hf_rc
flush_folder(const char *path)
{
    char copy[PATH_MAX];
    int  fd;

    snprintf(copy, sizeof(copy), "%s", path);
    if ((fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
        return hf_fail_errno("folder of %s", path);
    (void)fsync(fd); /* some file systems cannot flush a folder; nothing better exists */
    close(fd);
    return HF_OK;
}

static enum hf_rc
open_direct(struct hf_file_new *f)
{
    bool standard = strcmp(f->path, "-") == 0;

    f->direct = true;
    f->fd =
        standard ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0) : open(f->path, O_WRONLY | O_CLOEXEC);
    return f->fd == -1 ? hf_fail_errno("%s", f->path) : HF_OK;
}

enum hf_rc
hf_file_new_open(const char *path, mode_t mode, struct hf_file_new *f)
{
    struct stat st;

    f->fd = -1;
    f->direct = false;
    if (snprintf(f->path, sizeof(f->path), "%s", path) >= (int)sizeof(f->path) ||
        snprintf(f->temporary, sizeof(f->temporary), "%s.XXXXXX", path) >=
            (int)sizeof(f->temporary))
        return hf_fail(HF_E_TOOBIG, "%s: path is too long", path);
    if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode)))
        return open_direct(f); /* /dev/stdout, a pipe: no renaming there */
    if ((f->fd = mkostemp(f->temporary, O_CLOEXEC)) == -1)
        return hf_fail_errno("%s", path);
    return fchmod(f->fd, mode) == -1 ? hf_file_new_close(f, hf_fail_errno("%s", path)) : HF_OK;
}

enum hf_rc
hf_file_new_put(struct hf_file_new *f, struct hf_bytes b)
{
    while (b.n != 0) {
        ssize_t put = write(f->fd, b.p, b.n);

        if (put == -1 && errno == EINTR)
            continue;
        if (put == -1)
            return hf_fail_errno("%s", f->path);
        b.p += put;
        b.n -= (size_t)put;
    }
    return HF_OK;
}

enum hf_rc
hf_file_new_close(struct hf_file_new *f, enum hf_rc rc)
{
    if (f->fd == -1)
        return rc;
    if (rc == HF_OK && fsync(f->fd) == -1 && errno != EINVAL && errno != EROFS)
        rc = hf_fail_errno("%s", f->path);
    close(f->fd);
    f->fd = -1;
    if (f->direct)
        return rc;
    if (rc == HF_OK && rename(f->temporary, f->path) == -1)
        rc = hf_fail_errno("%s", f->path);
    if (rc == HF_OK)
        return flush_folder(f->path);
    unlink(f->temporary);
    return rc;
}

enum hf_rc
hf_file_write(const char *path, struct hf_bytes b, mode_t mode)
{
    struct hf_file_new f;
    enum hf_rc         rc = hf_file_new_open(path, mode, &f);

    return rc == HF_OK ? hf_file_new_close(&f, hf_file_new_put(&f, b)) : rc;
}

enum hf_rc
hf_folder_make(const char *path, mode_t mode)
{
    char copy[PATH_MAX];

    if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
        return hf_fail(HF_E_TOOBIG, "%s: path is too long", path);
    for (char *p = copy + 1; *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(copy, mode) == -1 && errno != EEXIST)
            return hf_fail_errno("%s", copy);
        *p = '/';
    }
    return mkdir(copy, mode) == -1 && errno != EEXIST ? hf_fail_errno("%s", copy) : HF_OK;
}
