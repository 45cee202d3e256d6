/*
 * datalock.h - only one server, or one ceremony, works on a data directory at a time.
 */
#ifndef HF_LOOP_DATALOCK_H
#define HF_LOOP_DATALOCK_H

#include "base/bytes.h"

/*
 * Take DATA/run/lock, waiting at most wait_ms for the children of a server
 * that was killed to end. The lock is held as long as *fd is open here or in a child that
 * inherited it. Makes DATA/run. E_STATE: another server runs (the text has its
 * process id); E_ABSENT: there is no such data directory.
 */
HF_CHECKED enum hf_rc hf_data_lock(const char *data_dir, int wait_ms, int *fd);

#endif
