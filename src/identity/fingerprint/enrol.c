/* enrol.c - which impressions of a finger are kept. */
#include <math.h>
#include <string.h>

#include "identity/fingerprint/enrol.h"
#include "identity/fingerprint/match.h"
#include "identity/fingerprint/score.h"
#include "identity/fingerprint/side.h"

enum { N = HF_ENROL_IMPRESSIONS };

struct pairs {
    float                    points[N][N];
    struct hf_finger_verdict lies[N][N]; /* how i lies on k */
};

static void
compare_all(struct hf_finger_probe *const *probe, int n, struct pairs *p)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            if (i != k)
                p->points[i][k] =
                    hf_finger_points(hf_finger_weigh_probes(probe[i], probe[k], &p->lies[i][k]));
}

static void
count_agreeing(const struct pairs *p, int n, bool *counts, struct hf_finger_enrolment *out)
{
    for (int i = 0; i < n; i++) {
        float sum = 0;

        counts[i] = false;
        for (int k = 0; k < n; k++) {
            sum += p->points[i][k];
            counts[i] = counts[i] || p->points[i][k] >= HF_ENROL_POINTS;
        }
        out->points[i] = n > 1 ? sum / (float)(n - 1) : 0;
        out->agree += counts[i];
    }
}

/* Share of the cells of print i that lie outside print k, in the pose that was found. */
static float
new_area(const struct hf_finger_template *t, const struct pairs *p, int i, int k)
{
    const struct hf_finger_grid    *g = &t[i].grid, *h = &t[k].grid;
    const struct hf_finger_verdict *v = &p->lies[i][k];
    float                           a = v->turn_deg * (float)M_PI / 180, c = cosf(a), s = sinf(a);
    int                             all = 0, fresh = 0;

    for (int q = 0; q < g->columns * g->rows; q++) {
        float x = (float)g->x0 + ((float)(q % g->columns) + 0.5F) * (float)g->step;
        float y = -(float)g->y0 - ((float)(q / g->columns) + 0.5F) * (float)g->step;
        float u = (c * x - s * y + v->x - (float)h->x0) / (float)(h->step ? h->step : 1);
        float w = (v->y - s * x - c * y - (float)h->y0) / (float)(h->step ? h->step : 1);

        if (g->cell[q] == HF_FINGER_OUTSIDE)
            continue;
        all++;
        fresh += !(u >= 0 && w >= 0 && u < (float)h->columns && w < (float)h->rows) ||
                 h->cell[(int)w * h->columns + (int)u] == HF_FINGER_OUTSIDE;
    }
    return all > 0 ? (float)fresh / (float)all : 0;
}

/* What impression i adds to the references chosen so far; below 0 if it does not match the first.
 */
static float
gain(const struct hf_finger_template *t, const struct pairs *p, int i,
     const struct hf_finger_enrolment *e)
{
    float least = 1;

    if (p->points[i][e->reference[0]] < HF_ENROL_POINTS)
        return -1;
    for (int r = 0; r < e->n; r++) {
        if (i == e->reference[r])
            return -1;
        if (p->points[i][e->reference[r]] >= HF_ENROL_POINTS)
            least = fminf(least, new_area(t, p, i, e->reference[r]));
    }
    return least + p->points[i][e->reference[0]] * 1e-4F; /* equal areas: the better match */
}

static void
choose(const struct hf_finger_template *t, int n, const struct pairs *p, const bool *counts,
       struct hf_finger_enrolment *out)
{
    int best = -1;

    for (int i = 0; i < n; i++)
        if (counts[i] && (best < 0 || out->points[i] > out->points[best]))
            best = i;
    while (best >= 0 && out->n < HF_ENROL_REFERENCES) {
        float most = 0;

        out->reference[out->n++] = best;
        best = -1;
        for (int i = 0; i < n; i++) {
            float g = counts[i] ? gain(t, p, i, out) : -1;

            if (g > most) {
                most = g;
                best = i;
            }
        }
    }
}

enum hf_rc
hf_finger_enrol(const struct hf_finger_template *t, int n, struct hf_finger_enrolment *out)
{
    struct hf_finger_probe *probe[N] = { NULL };
    struct pairs            p;
    bool                    counts[N];
    enum hf_rc              rc = HF_OK;

    memset(out, 0, sizeof(*out));
    memset(&p, 0, sizeof(p));
    if (n < 1 || n > N)
        return hf_fail(HF_E_ARG, "%d impressions, 1 to %d can be enrolled together", n, N);
    for (int i = 0; i < n && rc == HF_OK; i++)
        rc = hf_finger_probe_new(&t[i], &probe[i]);
    if (rc == HF_OK) {
        compare_all(probe, n, &p);
        count_agreeing(&p, n, counts, out);
        if (out->agree < HF_ENROL_AGREE)
            rc = hf_fail(HF_E_STATE, "%d of %d impressions agree with another, %d are needed",
                         out->agree, n, HF_ENROL_AGREE);
        else
            choose(t, n, &p, counts, out);
    }
    for (int i = 0; i < n; i++)
        hf_finger_probe_free(probe[i]);
    return rc;
}
