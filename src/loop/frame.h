/*
 * frame.h - messages between processes: a 4-byte big-endian length, then so many bytes.
 *
 * Blocking, over Unix stream sockets, with a deadline. Used by threads that
 * have nothing else to do meanwhile. SIGPIPE is not raised.
 */
#ifndef HF_LOOP_FRAME_H
#define HF_LOOP_FRAME_H

#include <stdint.h>

#include "base/bytes.h"

/*
 * Send one message. deadline is of hf_tick_ms(), INT64_MAX for none. E_PEER
 * when the other side is gone, E_BUSY when the deadline has passed.
 */
HF_CHECKED enum hf_rc hf_frame_send(int fd, struct hf_bytes message, int64_t deadline);

/*
 * Receive one message into `out`, which was empty and bounds its size: E_TOOBIG
 * before anything is allocated for a longer one. E_ABSENT when the other side
 * closed between messages, E_PEER within one.
 */
HF_CHECKED enum hf_rc hf_frame_receive(int fd, struct hf_wr *out, int64_t deadline);

/* A connected Unix stream socket, close-on-exec. E_STATE when nobody listens there. */
HF_CHECKED enum hf_rc hf_unix_connect(const char *path, int *fd);

#endif
