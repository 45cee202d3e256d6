/*
 * listen.h - opening the sockets a server listens on, with errors an operator can act on.
 */
#ifndef HF_LOOP_LISTEN_H
#define HF_LOOP_LISTEN_H

#include <stdint.h>

#include "base/bytes.h"

/*
 * "127.0.0.1:8443", "[::1]:8443", "0.0.0.0:80": a numeric address and a port
 * (0: any free one). Non-blocking, close-on-exec, SO_REUSEADDR. *port gets the
 * real one. E_ARG for what is no address, E_EXISTS if the port is in use,
 * E_DENIED if the port is privileged.
 */
HF_CHECKED enum hf_rc hf_listen_tcp(const char *address, int *fd, uint16_t *port);

/* Does it have that form? E_ARG if not. */
HF_CHECKED enum hf_rc hf_listen_check(const char *address);

/*
 * A Unix socket at path with mode 600. A file that a crashed server left there
 * is replaced: hold hf_data_lock(). stream listens; otherwise a datagram
 * socket that receives. Non-blocking, close-on-exec.
 */
HF_CHECKED enum hf_rc hf_listen_unix(const char *path, bool stream, int *fd);

#endif
