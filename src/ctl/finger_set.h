/*
 * finger_set.h - a folder of prints named as in the FVC competitions: FINGER_IMPRESSION.png.
 */
#ifndef HF_CTL_FINGER_SET_H
#define HF_CTL_FINGER_SET_H

#include "identity/fingerprint/finger.h"
#include "identity/fingerprint/rates.h"

struct hf_finger_sample {
    int                     finger, impression;
    char                    name[24]; /* "101_1" */
    char                    file[64];
    bool                    failed; /* could not be enrolled: scores 0 everywhere */
    char                    why[160];
    struct hf_finger_probe *probe;
};

struct hf_finger_set {
    const char              *folder;
    size_t                   n;
    struct hf_finger_sample *sample; /* by finger, then impression */
    int                      fingers, failed;
    double                   extract_ms; /* mean processor time of reading and extracting one */
};

/* Every file of that name pattern, extracted. E_ABSENT when there are fewer than two fingers. */
HF_CHECKED enum hf_rc hf_finger_set_load(const char *folder, int dpi, struct hf_finger_set *s);
void                  hf_finger_set_clear(struct hf_finger_set *s);

/* Which pairs are compared, and what becomes of the scores. */
struct hf_finger_trial {
    int           enrol; /* impressions enrolled together; 0: each against each */
    bool          fvc;   /* impostors: first impressions only */
    struct hf_wr *lines; /* "101_1 102_3 SCORE" for each comparison; NULL: not wanted */
};

/* Compare. The scores are the caller's to free (hf_finger_scores_free). */
HF_CHECKED enum hf_rc hf_finger_set_run(const struct hf_finger_set   *s,
                                        const struct hf_finger_trial *t,
                                        struct hf_finger_scores *out, double *impostors_s);
void                  hf_finger_scores_free(struct hf_finger_scores *s);

#endif
