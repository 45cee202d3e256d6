#include "crypto/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <openssl/crypto.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECURE_HEAP (1u << 20) /* a power of two; some 2000 keys */

/* -- Memory ---------------------------------------------------------------------- */

enum hf_rc
hf_sandbox_memory(bool *locked)
{
    struct rlimit none = { 0, 0 }, lock;

    *locked = false;
    if (setrlimit(RLIMIT_CORE, &none) == -1 || prctl(PR_SET_DUMPABLE, 0) == -1)
        return hf_fail_errno("forbidding core dumps");
    if (CRYPTO_secure_malloc_initialized() == 0 && CRYPTO_secure_malloc_init(SECURE_HEAP, 32) == 0)
        return hf_fail(HF_E_SYSTEM, "no locked memory for secrets: is RLIMIT_MEMLOCK below 1 MiB?");
    if (getrlimit(RLIMIT_MEMLOCK, &lock) == 0 && (lock.rlim_cur == RLIM_INFINITY || geteuid() == 0))
        *locked = mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
    return HF_OK;
}

/* -- Paths ----------------------------------------------------------------------- */

/* Landlock: no file anywhere but in the folder. Kernels without it leave the system calls' own
 * limits. */
static bool
confine_paths(int folder_fd)
{
    struct landlock_ruleset_attr all = {
        .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                             LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
                             LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                             LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
                             LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                             LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                             LANDLOCK_ACCESS_FS_MAKE_BLOCK,
    };
    struct landlock_path_beneath_attr here = {
        .allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                          LANDLOCK_ACCESS_FS_REMOVE_FILE,
        .parent_fd = folder_fd,
    };
    int  fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
    bool ok = fd >= 0 &&
              syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &here, 0) == 0 &&
              syscall(SYS_landlock_restrict_self, fd, 0) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

/* -- System calls -------------------------------------------------------------------- */

static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(getsockopt),
    SCMP_SYS(fcntl),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(lseek),
    SCMP_SYS(fsync),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(tgkill),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Nothing in this process has a use for these: whoever calls them is an intruder. */
static const int fatal[] = {
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(bpf),
    SCMP_SYS(mount),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
};

/* Files: new ones in the folder, opened for writing only. */
static int
allow_files(scmp_filter_ctx ctx, scmp_datum_t folder)
{
    const unsigned flags = O_CREAT | O_EXCL | O_ACCMODE;
    int            rc;

    rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 2, SCMP_A0_32(SCMP_CMP_EQ, folder),
                          SCMP_A2(SCMP_CMP_MASKED_EQ, flags, O_CREAT | O_EXCL | O_WRONLY));
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(renameat2), 2,
                              SCMP_A0_32(SCMP_CMP_EQ, folder), SCMP_A2_32(SCMP_CMP_EQ, folder));
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(unlinkat), 1,
                              SCMP_A0_32(SCMP_CMP_EQ, folder));
    return rc;
}

/* Memory that is never executable, and threads but no processes. */
static int
allow_memory(scmp_filter_ctx ctx)
{
    int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                              SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    if (rc == 0) /* its flags are in memory, out of the filter's sight: libc then takes clone */
        rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    return rc;
}

static int
add_rules(scmp_filter_ctx ctx, int folder_fd)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < HF_COUNT(allowed); i++)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; rc == 0 && i < HF_COUNT(fatal); i++)
        rc = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, fatal[i], 0);
    if (rc == 0)
        rc = allow_files(ctx, (scmp_datum_t)(uint32_t)folder_fd);
    return rc == 0 ? allow_memory(ctx) : rc;
}

enum hf_rc
hf_sandbox_enter(int folder_fd, bool *landlock)
{
    scmp_filter_ctx ctx;
    int             rc;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
        return hf_fail_errno("giving up privileges");
    *landlock = confine_paths(folder_fd);
    if ((ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM))) == NULL)
        return hf_fail(HF_E_NOMEM, "seccomp filter");
    if ((rc = add_rules(ctx, folder_fd)) == 0)
        rc = seccomp_load(ctx);
    seccomp_release(ctx);
    return rc == 0 ? HF_OK : hf_fail(HF_E_SYSTEM, "seccomp filter: %s", strerror(-rc));
}
