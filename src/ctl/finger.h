/*
 * finger.h - `hufu finger`: fingerprints on the command line, without a server.
 *
 * For operators who want to see why a print is poor, and for institutions that
 * want to measure the engine on their own prints. Nothing is stored anywhere
 * but in the files that are named.
 */
#ifndef HF_CTL_FINGER_H
#define HF_CTL_FINGER_H

#include "identity/fingerprint/finger.h"

/* Exit status: 0 done or match, 1 no match, 2 wrong usage or failure (said on stderr). */
int hf_finger_main(int argc, char **argv);

/* -- Between the files of this command -------------------------------------------- */

enum { HF_FINGER_OPTIONS = 16 };

/* Options that were given, and what is left. */
struct hf_finger_args {
    const char *dpi, *format, *points, *enrol, *scores, *protocol, *det, *csv, *top, *fmr;
    const char *rest[4096];
    int         n;
    int         dpi_value; /* checked; 0 when not given */
};

typedef enum hf_rc hf_finger_command(const struct hf_finger_args *a, int *status);

hf_finger_command hf_finger_cmd_evaluate, hf_finger_cmd_calibrate, hf_finger_cmd_identify;

/* A template from a file of any format. *is_image may be NULL. */
HF_CHECKED enum hf_rc hf_finger_load(const char *path, int dpi, struct hf_finger_template *t,
                                     struct hf_finger_report *report, bool *is_image);

HF_CHECKED enum hf_rc hf_finger_save(const char *path, struct hf_wr *w);

#endif
