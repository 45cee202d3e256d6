/*
 * file.h - whole files: read with a limit, written so that a crash leaves the old or the new one.
 */
#ifndef HF_BASE_FILE_H
#define HF_BASE_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/bytes.h"

/* Append the file at path ("-" is standard input) to out. E_ABSENT, E_TOOBIG by out's limit. */
HF_CHECKED enum hf_rc hf_file_read(const char *path, struct hf_wr *out);

/* Write through a temporary file in the same folder, flush, rename, flush the folder. */
HF_CHECKED enum hf_rc hf_file_write(const char *path, struct hf_bytes b, mode_t mode);

/*
 * The same in pieces: what has been put appears under the path as a whole when
 * the file is closed with HF_OK, and not at all otherwise. "-" is standard output
 * and gets the pieces as they come, and so does what is no regular file.
 */
struct hf_file_new {
    int  fd;
    bool direct;
    char path[PATH_MAX], temporary[PATH_MAX];
};
HF_CHECKED enum hf_rc hf_file_new_open(const char *path, mode_t mode, struct hf_file_new *f);
HF_CHECKED enum hf_rc hf_file_new_put(struct hf_file_new *f, struct hf_bytes b);
/* gives the first failure */
HF_CHECKED enum hf_rc hf_file_new_close(struct hf_file_new *f, enum hf_rc rc);

/* The folder and those above it; an existing one is left as it is. */
HF_CHECKED enum hf_rc hf_folder_make(const char *path, mode_t mode);

#endif
