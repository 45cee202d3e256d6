/*
 * pair.c - pairing and weighing.
 *
 * Pairs are sought outwards from the first one. Where a minutia should lie is
 * told by the pose and by how far the pairs already found lie from where the
 * pose puts them, near ones counting most: so the pairing follows stretched
 * skin, which no single turn and shift can.
 */
#include <math.h>
#include <string.h>

#include "identity/fingerprint/pair.h"

#define SIGMA 5.0F          /* pixels: how far partners lie from where they should */
#define SIGMA_TURN 8.0F     /* of 256: how much their directions differ */
#define SLACK 16.0F         /* pixels: partners lie no further off than this */
#define SLACK_TURN 20       /* of 256 */
#define SOFT2 400.0F        /* pixels squared: pairs nearer than this count alike */
#define STIFF (1.0F / 3000) /* weight of the pose itself among them */
#define DENSITY_MIN 4e-4F   /* minutiae a square pixel: 0.15 a square millimetre */
#define CHANCE_TURN                                                                                \
    3.0F                  /* directions of strangers agree this often, ridges being what they are  \
                           */
#define MISS_WEIGHT 0.3F  /* misses come in crowds and are not worth their full weight */
#define RIDGE_WEIGHT 0.2F /* nor are neighbouring grid cells */
#define RIDGE_MOST 3.0F   /* like patterns have like ridges: no more than this in favour */

/* Four numbers at a time; the compiler has such a type on every machine. */
typedef float four __attribute__((vector_size(16)));

enum { N = HF_FINGER_MINUTIAE };

struct pairing {
    int     n;          /* pairs */
    float   x[N], y[N]; /* the probe's minutiae in this pose */
    uint8_t angle[N];
    uint8_t order[N];             /* outwards from the first pair */
    int8_t  partner[N];           /* of each minutia of the probe; -1 without */
    bool    taken[N];             /* minutiae of the other print */
    float   cost[N];              /* how badly partners fit */
    four    px[N / 4], py[N / 4]; /* pairs: where the probe's minutia lies, */
    four    ox[N / 4], oy[N / 4]; /* and how far from there its partner */
};

static void
put_in_pose(const struct hf_side *p, const struct hf_pose *pose, struct pairing *r)
{
    for (int i = 0; i < p->n; i++) {
        r->x[i] = hf_pose_x(pose, p->x[i], p->y[i]);
        r->y[i] = hf_pose_y(pose, p->x[i], p->y[i]);
        r->angle[i] = (uint8_t)(p->angle[i] + pose->turn);
    }
}

static void
order_outwards(const struct hf_side *p, int from, struct pairing *r)
{
    uint32_t key[N];

    for (int i = 0; i < p->n; i++) {
        float    dx = p->x[i] - p->x[from], dy = p->y[i] - p->y[from];
        uint32_t k = (uint32_t)fminf(dx * dx + dy * dy, 1.6e7F) << 8 | (uint32_t)i;
        int      q = i;

        for (; q > 0 && key[q - 1] > k; q--)
            key[q] = key[q - 1];
        key[q] = k;
    }
    for (int i = 0; i < p->n; i++)
        r->order[i] = (uint8_t)key[i];
}

/* Displacement to expect at a point: mean of the pairs', by the square of nearness. */
static void
expect(const struct pairing *r, float x, float y, float *dx, float *dy)
{
    four sx = { 0 }, sy = { 0 }, sw = { STIFF };

    for (int k = 0; k < (r->n + 3) / 4; k++) {
        four u = r->px[k] - x, v = r->py[k] - y, w = 1.0F / (u * u + v * v + SOFT2);

        sx += w * r->ox[k];
        sy += w * r->oy[k];
        sw += w;
    }
    *dx = (sx[0] + sx[1] + (sx[2] + sx[3])) / (sw[0] + sw[1] + (sw[2] + sw[3]));
    *dy = (sy[0] + sy[1] + (sy[2] + sy[3])) / (sw[0] + sw[1] + (sw[2] + sw[3]));
}

/* The free minutia of g that fits best at (x, y, angle); -1 if none is within the slack. */
static int
fit(const struct hf_side *g, const struct pairing *r, float x, float y, uint8_t angle, float *cost)
{
    int best = -1, first, end;

    hf_side_rows(g, y - SLACK, y + SLACK, &first, &end);
    for (int j = first; j < end; j++) {
        float dx = x - g->x[j], dy = y - g->y[j], d2 = dx * dx + dy * dy, c;
        int   turn = (int8_t)(uint8_t)(angle - g->angle[j]);

        if (d2 > SLACK * SLACK || turn > SLACK_TURN || turn < -SLACK_TURN || r->taken[j])
            continue;
        c = d2 / (2 * SIGMA * SIGMA) + (float)(turn * turn) / (2 * SIGMA_TURN * SIGMA_TURN);
        if (best < 0 || c < *cost) {
            best = j;
            *cost = c;
        }
    }
    return best;
}

static void
add_pair(const struct hf_side *g, struct pairing *r, int i, int j)
{
    int k = r->n / 4, q = r->n % 4;

    if (q == 0) { /* unused places lie so far away that they have no weight */
        r->px[k] = r->py[k] = (four){ 1e9F, 1e9F, 1e9F, 1e9F };
        r->ox[k] = r->oy[k] = (four){ 0 };
    }
    r->px[k][q] = r->x[i];
    r->py[k][q] = r->y[i];
    r->ox[k][q] = g->x[j] - r->x[i];
    r->oy[k][q] = g->y[j] - r->y[i];
    r->partner[i] = (int8_t)j;
    r->taken[j] = true;
    r->n++;
}

static void
pair_up(const struct hf_side *p, const struct hf_side *g, const struct hf_pose *first,
        struct pairing *r)
{
    r->n = 0;
    memset(r->partner, -1, sizeof(r->partner));
    memset(r->taken, 0, sizeof(r->taken));
    if (first != NULL) {
        r->cost[first->i] = 0;
        add_pair(g, r, first->i, first->j);
    }
    for (int k = 0; k < p->n; k++) {
        int   i = r->order[k], j;
        float dx, dy;

        if (r->partner[i] >= 0)
            continue;
        expect(r, r->x[i], r->y[i], &dx, &dy);
        j = fit(g, r, r->x[i] + dx, r->y[i] + dy, r->angle[i], &r->cost[i]);
        if (j >= 0)
            add_pair(g, r, i, j);
    }
}

/* The turn and shift that bring the pairs together best (least squares). */
static void
refine(const struct hf_side *p, const struct hf_side *g, const struct pairing *r,
       struct hf_pose *pose)
{
    float ax = 0, ay = 0, bx = 0, by = 0, c = 0, s = 0, n = (float)r->n, l;

    for (int i = 0; i < p->n; i++)
        if (r->partner[i] >= 0) {
            ax += p->x[i] / n;
            ay += p->y[i] / n;
            bx += g->x[r->partner[i]] / n;
            by += g->y[r->partner[i]] / n;
        }
    for (int i = 0; i < p->n; i++)
        if (r->partner[i] >= 0) {
            float x = p->x[i] - ax, y = p->y[i] - ay;
            float u = g->x[r->partner[i]] - bx, v = g->y[r->partner[i]] - by;

            c += x * u + y * v;
            s += x * v - y * u;
        }
    if ((l = sqrtf(c * c + s * s)) < 1)
        return;
    pose->c = c / l;
    pose->s = s / l;
    pose->turn = (int)lrintf(atan2f(s, c) * (128 / (float)M_PI));
    pose->x = bx - (pose->c * ax - pose->s * ay);
    pose->y = by - (pose->s * ax + pose->c * ay);
}

/*
 * Logarithm of likelihoods, one finger against two. A pair: how densely would
 * the same minutia fall here, how densely any; times the chance that it is seen
 * again. A minutia in the overlap without a partner: the chance to be missed.
 */
static float
weigh_minutiae(const struct hf_side *p, const struct hf_side *g, const struct hf_pose *pose,
               const struct pairing *r, struct hf_finger_verdict *v)
{
    float peak = 1 / (2 * (float)M_PI * SIGMA * SIGMA);
    float turn = 256 / (sqrtf(2 * (float)M_PI) * SIGMA_TURN) / CHANCE_TURN;
    float rare = logf(peak * turn / fmaxf(g->density, DENSITY_MIN));
    float found = 0, missed = 0;

    for (int i = 0; i < p->n; i++) {
        if (r->partner[i] >= 0)
            found += rare - r->cost[i] + p->keep[i] + g->keep[r->partner[i]];
        else if (hf_side_cell(g, r->x[i], r->y[i]) != HF_FINGER_OUTSIDE)
            missed += p->miss[i];
        else
            continue;
        v->probe_in_overlap++;
    }
    for (int j = 0; j < g->n; j++) {
        float x = g->x[j] - pose->x, y = g->y[j] - pose->y;

        if (!r->taken[j]) {
            if (hf_side_cell(p, pose->c * x + pose->s * y, pose->c * y - pose->s * x) ==
                HF_FINGER_OUTSIDE)
                continue;
            missed += g->miss[j];
        }
        v->other_in_overlap++;
    }
    return found + MISS_WEIGHT * missed;
}

/* How well ridge directions agree: 0.8 where they do, below 0 beyond 12 degrees. */
static float
ridge_value(int degrees)
{
    static const float value[91] = {
        0.800F,  0.792F,  0.767F,  0.728F,  0.676F,  0.612F,  0.540F,  0.460F,  0.375F,  0.288F,
        0.198F,  0.107F,  0.016F,  -0.074F, -0.163F, -0.251F, -0.336F, -0.420F, -0.502F, -0.582F,
        -0.660F, -0.736F, -0.809F, -0.881F, -0.951F, -1.019F, -1.085F, -1.149F, -1.212F, -1.273F,
        -1.333F, -1.391F, -1.447F, -1.503F, -1.556F, -1.609F, -1.661F, -1.711F, -1.760F, -1.808F,
        -1.855F, -1.901F, -1.946F, -1.990F, -2.033F, -2.076F, -2.117F, -2.158F, -2.198F, -2.237F,
        -2.276F, -2.313F, -2.350F, -2.387F, -2.423F, -2.458F, -2.493F, -2.527F, -2.560F, -2.593F,
        -2.626F, -2.658F, -2.689F, -2.721F, -2.751F, -2.781F, -2.811F, -2.840F, -2.869F, -2.898F,
        -2.926F, -2.953F, -2.981F, -3.008F, -3.034F, -3.060F, -3.086F, -3.112F, -3.137F, -3.162F,
        -3.187F, -3.211F, -3.235F, -3.259F, -3.283F, -3.306F, -3.329F, -3.352F, -3.374F, -3.397F,
        -3.419F
    };

    degrees = (degrees % 180 + 180) % 180;
    return value[degrees > 90 ? 180 - degrees : degrees];
}

static float
weigh_ridges(const struct hf_side *p, const struct hf_side *g, const struct hf_pose *pose)
{
    const struct hf_finger_grid *q = &p->grid;
    int                          turn = (int)lrintf((float)pose->turn * 180 / 128);
    float                        sum = 0;

    for (int k = 0; k < q->columns * q->rows; k++) {
        float x = (float)q->x0 + ((float)(k % q->columns) + 0.5F) * (float)q->step;
        float y = -(float)q->y0 - ((float)(k / q->columns) + 0.5F) * (float)q->step;
        int   b;

        if (q->cell[k] >= HF_FINGER_INSIDE)
            continue;
        b = hf_side_cell(g, hf_pose_x(pose, x, y), hf_pose_y(pose, x, y));
        if (b < HF_FINGER_INSIDE)
            sum += ridge_value(q->cell[k] + turn - b);
    }
    return fminf(sum * RIDGE_WEIGHT, RIDGE_MOST);
}

void
hf_pair_weigh(const struct hf_side *p, const struct hf_side *g, struct hf_pose pose, float least,
              struct hf_finger_verdict *v)
{
    struct pairing r;

    *v = (struct hf_finger_verdict){ 0 };
    order_outwards(p, pose.i, &r);
    put_in_pose(p, &pose, &r);
    pair_up(p, g, &pose, &r);
    if (r.n >= 3) {
        refine(p, g, &r, &pose);
        put_in_pose(p, &pose, &r);
        pair_up(p, g, NULL, &r);
    }
    v->weight = weigh_minutiae(p, g, &pose, &r, v);
    if (v->weight + RIDGE_MOST > least)
        v->weight += weigh_ridges(p, g, &pose);
    v->pairs = r.n;
    v->turn_deg = (float)pose.turn * 360 / 256;
    v->x = pose.x;
    v->y = -pose.y;
}
