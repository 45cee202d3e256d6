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
write_all(int fd, struct hf_bytes b, const char *path)
{
    while (b.n != 0) {
        ssize_t put = write(fd, b.p, b.n);

        if (put == -1 && errno == EINTR)
            continue;
        if (put == -1)
            return hf_fail_errno("%s", path);
        b.p += put;
        b.n -= (size_t)put;
    }
    return fsync(fd) == -1 && errno != EINVAL ? hf_fail_errno("%s", path) : HF_OK;
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

enum hf_rc
hf_file_write(const char *path, struct hf_bytes b, mode_t mode)
{
    char        temporary[PATH_MAX];
    enum hf_rc  rc;
    struct stat st;
    int         fd;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) { /* /dev/stdout, a pipe: no renaming there */
        if ((fd = open(path, O_WRONLY | O_CLOEXEC)) == -1)
            return hf_fail_errno("%s", path);
        rc = write_all(fd, b, path);
        close(fd);
        return rc;
    }
    if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
        return hf_fail(HF_E_TOOBIG, "%s: path is too long", path);
    if ((fd = mkostemp(temporary, O_CLOEXEC)) == -1)
        return hf_fail_errno("%s", path);
    rc = fchmod(fd, mode) == -1 ? hf_fail_errno("%s", path) : write_all(fd, b, path);
    close(fd);
    if (rc == HF_OK && rename(temporary, path) == -1)
        rc = hf_fail_errno("%s", path);
    if (rc != HF_OK) {
        unlink(temporary);
        return rc;
    }
    return flush_folder(path);
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
