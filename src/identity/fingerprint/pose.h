/*
 * pose.h - how one print may lie on another; private to the matcher.
 */
#ifndef HF_IDENTITY_FINGERPRINT_POSE_H
#define HF_IDENTITY_FINGERPRINT_POSE_H

#include "identity/fingerprint/probe.h"

/* A turn and a shift that put minutia i of the probe on minutia j of the other. */
struct hf_pose {
    int   i, j;
    int   support; /* agreeing edges behind it, weighted */
    int   turn;    /* 256 a turn */
    float c, s;    /* cosine and sine of the turn */
    float x, y;    /* shift after the turn */
};

enum { HF_POSES = 4, HF_POSE_SEEDS = 32 };

static inline float
hf_pose_x(const struct hf_pose *p, float x, float y)
{
    return p->c * x - p->s * y + p->x;
}

static inline float
hf_pose_y(const struct hf_pose *p, float x, float y)
{
    return p->s * x + p->c * y + p->y;
}

/* The best different poses, best first. Gives their number, at most HF_POSES. */
int hf_pose_find(const struct hf_finger_probe *p, const struct hf_side *g,
                 struct hf_pose out[HF_POSES]);

#endif
