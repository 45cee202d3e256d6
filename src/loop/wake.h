/*
 * wake.h - telling `work` at once that something was written.
 *
 * `work` does its duties at intervals; a datagram to its socket makes it look
 * now. The message says nothing, may be lost, and is never waited for: the
 * interval remains.
 */
#ifndef HF_LOOP_WAKE_H
#define HF_LOOP_WAKE_H

/* Where hf_wake() sends to in this process; before, and in `work` itself, it does nothing. */
void hf_wake_to(const char *path);

/* From any thread; never blocks. */
void hf_wake(void);

/* Read away what has come in. True if there was any. fd is the listener "wake". */
int hf_wake_clear(int fd);

#endif
