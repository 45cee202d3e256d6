/*
 * sandbox.h - what the `keys` process gives up before it answers anybody. Included inside crypto/ only.
 */
#ifndef HF_CRYPTO_SANDBOX_H
#define HF_CRYPTO_SANDBOX_H

#include "base/bytes.h"

/*
 * First of all, before any secret is read: no core dumps, no tracing by
 * others, libcrypto's locked heap for secrets, all pages locked where the
 * limits allow it. *locked says whether all pages are.
 */
HF_CHECKED enum hf_rc hf_sandbox_memory(bool *locked);

/*
 * Last, for good and for all threads to come. Left are: the descriptors that
 * are open now, accepting on them, memory, threads, time, randomness, and new
 * files in folder_fd (made anew, renamed, removed there). Asking for a socket,
 * another program or another process's memory kills the process; the rest
 * fails with EPERM. *landlock says whether the kernel also confines paths.
 */
HF_CHECKED enum hf_rc hf_sandbox_enter(int folder_fd, bool *landlock);

#endif
