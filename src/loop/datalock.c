#include "loop/datalock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

/* The process that wrote its id into the lock, 0 if none did. */
static pid_t
owner(int fd)
{
    char    text[16] = "";
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    int64_t pid = 0;

    if (n > 0)
        text[strcspn(text, "\n")] = '\0';
    if (n > 0 && hf_int_read("pid", text, 1, INT32_MAX, &pid) != HF_OK)
        pid = 0;
    return (pid_t)pid;
}

/* A killed server's children hold the lock until they have ended too: that is worth waiting for. */
static enum hf_rc
wait_lock(const char *data_dir, int fd, int wait_ms)
{
    int64_t end = hf_tick_ms() + wait_ms;

    while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
        pid_t pid;
        bool  alive;

        if (errno != EWOULDBLOCK && errno != EINTR)
            return hf_fail_errno("%s/run/lock", data_dir);
        pid = owner(fd);
        alive = pid != 0 && (kill(pid, 0) == 0 || errno == EPERM);
        if (alive || hf_tick_ms() >= end)
            return hf_fail(HF_E_STATE, "%s: in use by another server (process %d)", data_dir,
                           (int)pid);
        nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL);
    }
    return HF_OK;
}

enum hf_rc
hf_data_lock(const char *data_dir, int wait_ms, int *fd)
{
    char        path[PATH_MAX], pid[16];
    struct stat st;
    enum hf_rc  rc;
    int         n;

    *fd = -1;
    if (stat(data_dir, &st) == -1 || !S_ISDIR(st.st_mode))
        return hf_fail(HF_E_ABSENT, "%s: no such data directory (hufu init makes one)", data_dir);
    if (snprintf(path, sizeof(path), "%s/run/lock", data_dir) >= (int)sizeof(path))
        return hf_fail(HF_E_TOOBIG, "%s: path is too long", data_dir);
    path[strlen(path) - 5] = '\0';
    if ((rc = hf_folder_make(path, 0700)) != HF_OK)
        return rc;
    path[strlen(path)] = '/';
    if ((*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1)
        return hf_fail_errno("%s", path);
    if ((rc = wait_lock(data_dir, *fd, wait_ms)) != HF_OK) {
        close(*fd);
        *fd = -1;
        return rc;
    }
    n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
    if (ftruncate(*fd, 0) == -1 || pwrite(*fd, pid, (size_t)n, 0) != n)
        rc = hf_fail_errno("%s", path);
    return rc;
}
