/*
 * file.h - whole files: read with a limit, written so that a crash leaves the old or the new one.
 */
#ifndef HF_BASE_FILE_H
#define HF_BASE_FILE_H

#include <sys/types.h>

#include "base/bytes.h"

/* Append the file at path ("-" is standard input) to out. E_ABSENT, E_TOOBIG by out's limit. */
HF_CHECKED enum hf_rc hf_file_read(const char *path, struct hf_wr *out);

/* Write through a temporary file in the same folder, flush, rename, flush the folder. */
HF_CHECKED enum hf_rc hf_file_write(const char *path, struct hf_bytes b, mode_t mode);

/* The folder and those above it; an existing one is left as it is. */
HF_CHECKED enum hf_rc hf_folder_make(const char *path, mode_t mode);

#endif
