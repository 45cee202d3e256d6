/* pose.c - agreeing edges vote for pairs of minutiae, and pairs for a pose. */
#include <math.h>
#include <string.h>

#include "identity/fingerprint/pose.h"

enum { CELLS = HF_FINGER_MINUTIAE * HF_FINGER_MINUTIAE, CLASSES = 256, TURN_SLACK = 14 };

/* Votes for each pair (minutia of the probe, minutia of the other print). */
struct votes {
    int      touched;
    uint16_t cell[CELLS]; /* which have any */
    uint16_t votes[CELLS];
    int16_t  turn[CELLS]; /* votes times a quarter of the turn beyond the pair's own */
};

static void
vote(struct votes *v, int at, int weight, int turn)
{
    if (v->votes[at] > UINT16_MAX / 2)
        return;
    if (v->votes[at] == 0)
        v->cell[v->touched++] = (uint16_t)at;
    v->votes[at] = (uint16_t)(v->votes[at] + weight);
    v->turn[at] = (int16_t)(v->turn[at] + weight * turn / 4);
}

static void
count_votes(const struct hf_finger_probe *p, const struct hf_side *g, struct votes *v)
{
    v->touched = 0;
    memset(v->votes, 0, (size_t)(p->side.n * g->n) * sizeof(v->votes[0]));
    memset(v->turn, 0, (size_t)(p->side.n * g->n) * sizeof(v->turn[0]));
    for (int k = 0; k < g->edges; k++) {
        const struct hf_side_edge *e = &g->edge[k];
        int                        bin = hf_probe_bin(e->length, e->at_i, e->at_j);
        int                        slack = hf_probe_slack(e->length);

        for (uint32_t q = p->first[bin]; q < p->first[bin + 1]; q++) {
            const struct hf_side_edge *f = &p->entry[q];
            int                        ti, tj, weight;

            if ((weight = hf_probe_agree(f, e, slack, &ti, &tj)) == 0)
                continue;
            vote(v, f->i * g->n + e->i, weight, ti);
            vote(v, f->j * g->n + e->j, weight, tj);
        }
    }
}

static void
make_pose(const struct hf_side *p, const struct hf_side *g, const struct votes *v, int at,
          struct hf_pose *out)
{
    int   i = at / g->n, j = at % g->n;
    int   beyond = (int)lrintf(4.0F * (float)v->turn[at] / (float)v->votes[at]);
    int   turn = (int8_t)(uint8_t)(g->angle[j] - p->angle[i] + beyond);
    float a = (float)turn * ((float)M_PI / 128), c = cosf(a), s = sinf(a);

    *out =
        (struct hf_pose){ .i = i, .j = j, .support = v->votes[at], .turn = turn, .c = c, .s = s };
    out->x = g->x[j] - (c * p->x[i] - s * p->y[i]);
    out->y = g->y[j] - (s * p->x[i] + c * p->y[i]);
}

/* The pairs with most votes, as many as there is room for; whole classes of equals only. */
static int
choose_seeds(const struct hf_side *p, const struct hf_side *g, const struct votes *v,
             struct hf_pose *seed)
{
    int class[CLASSES] = { 0 }, cut = CLASSES - 1, n = 0;

    for (int k = 0; k < v->touched; k++) {
        int c = v->votes[v->cell[k]] / 4;

        class[c < CLASSES ? c : CLASSES - 1]++;
    }
    for (int sum = 0; cut > 0 && sum + class[cut] <= HF_POSE_SEEDS; cut--)
        sum += class[cut];
    for (int k = 0; k < v->touched && n < HF_POSE_SEEDS; k++)
        if (v->votes[v->cell[k]] / 4 > cut || cut == CLASSES - 1)
            make_pose(p, g, v, v->cell[k], &seed[n++]);
    return n;
}

static bool
agree(const struct hf_side *p, const struct hf_side *g, const struct hf_pose *a,
      const struct hf_pose *b)
{
    int   turn = (int8_t)(uint8_t)(a->turn - b->turn);
    float bx = p->x[b->i], by = p->y[b->i], ex, ey, dx, dy, slack2;

    if (turn > TURN_SLACK || turn < -TURN_SLACK)
        return false;
    ex = hf_pose_x(a, bx, by) - g->x[b->j];
    ey = hf_pose_y(a, bx, by) - g->y[b->j];
    dx = bx - p->x[a->i];
    dy = by - p->y[a->i];
    slack2 = 100 + 0.03F * (dx * dx + dy * dy); /* 0.5 mm, and a sixth of the distance */
    return ex * ex + ey * ey <= slack2;
}

int
hf_pose_find(const struct hf_finger_probe *pp, const struct hf_side *g,
             struct hf_pose out[HF_POSES])
{
    const struct hf_side *p = &pp->side;
    struct votes          v;
    struct hf_pose        seed[HF_POSE_SEEDS];
    uint32_t              same[HF_POSE_SEEDS], done = 0;
    int                   score[HF_POSE_SEEDS], n, found = 0;

    count_votes(pp, g, &v);
    n = choose_seeds(p, g, &v, seed);
    for (int a = 0; a < n; a++) {
        score[a] = 0;
        same[a] = 0;
        for (int b = 0; b < n; b++)
            if (a == b || agree(p, g, &seed[a], &seed[b])) {
                same[a] |= (uint32_t)1 << b;
                if (a == b || (seed[a].i != seed[b].i && seed[a].j != seed[b].j))
                    score[a] += seed[b].support;
            }
    }
    while (found < HF_POSES) {
        int best = -1;

        for (int a = 0; a < n; a++)
            if (!(done >> a & 1) && (best < 0 || score[a] > score[best]))
                best = a;
        if (best < 0 || (found > 0 && score[best] * 3 < out[0].support))
            break;
        done |= same[best];
        out[found] = seed[best];
        out[found++].support = score[best];
    }
    return found;
}
