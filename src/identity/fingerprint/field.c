/* field.c - level the image, find ridge direction, ridge period and the print itself. */
#include <math.h>
#include <string.h>

#include "identity/fingerprint/field.h"
#include "identity/fingerprint/print.h"

#define B HF_PRINT_BLOCK

static float *
scratch(const struct hf_print *p, int k)
{
    return p->tmp + (size_t)k * (size_t)(p->bw * p->bh);
}

/* Gaussian of the given sigma (in blocks) over a map; what lies outside does not count. */
static void
smooth_row(const float *in, float *out, int n, int step, const float *g, int r)
{
    for (int i = 0; i < n; i++) {
        float s = 0, w = 0;
        int   lo = i - r < 0 ? -i : -r, hi = i + r >= n ? n - 1 - i : r;

        for (int k = lo; k <= hi; k++) {
            s += g[k + r] * in[(i + k) * step];
            w += g[k + r];
        }
        out[i * step] = s / w;
    }
}

void
hf_field_smooth(const struct hf_print *p, float *map, float sigma)
{
    float *t = scratch(p, 5), g[33];
    int    r = (int)ceilf(2.5F * sigma);

    if (r > 16)
        r = 16;
    for (int k = -r; k <= r; k++)
        g[k + r] = expf(-0.5F * (float)(k * k) / (sigma * sigma));
    for (int y = 0; y < p->bh; y++)
        smooth_row(map + y * p->bw, t + y * p->bw, p->bw, 1, g, r);
    for (int x = 0; x < p->bw; x++)
        smooth_row(t + x, map + x, p->bh, p->bw, g, r);
}

/* Value of a map at pixel (x, y), between the centres of four blocks. */
float
hf_field_at(const struct hf_print *p, const float *map, float x, float y)
{
    float fx = x / B - 0.5F, fy = y / B - 0.5F;
    int   x0, y0, x1, y1;

    fx = fminf(fmaxf(fx, 0), (float)(p->bw - 1));
    fy = fminf(fmaxf(fy, 0), (float)(p->bh - 1));
    x0 = (int)fx;
    y0 = (int)fy;
    x1 = x0 + 1 < p->bw ? x0 + 1 : x0;
    y1 = y0 + 1 < p->bh ? y0 + 1 : y0;
    fx -= (float)x0;
    fy -= (float)y0;
    return (1 - fy) * ((1 - fx) * map[y0 * p->bw + x0] + fx * map[y0 * p->bw + x1]) +
           fy * ((1 - fx) * map[y1 * p->bw + x0] + fx * map[y1 * p->bw + x1]);
}

/* The value below which the given share of a map lies; values 0..top in 256 classes. */
float
hf_field_quantile(const float *map, int n, float share)
{
    int   hist[256] = { 0 }, seen = 0;
    float top = 1e-6F;

    for (int i = 0; i < n; i++)
        top = fmaxf(top, map[i]);
    for (int i = 0; i < n; i++)
        hist[(int)(map[i] / top * 255.0F)]++;
    for (int k = 0; k < 256; k++)
        if ((float)(seen += hist[k]) >= share * (float)n)
            return (float)(k + 1) / 256.0F * top;
    return top;
}

/* -- Levelling ---------------------------------------------------------------- */

static void
block_moments(const struct hf_print *p, const uint8_t *grey, float *mean, float *var)
{
    for (int by = 0; by < p->bh; by++)
        for (int bx = 0; bx < p->bw; bx++) {
            uint32_t s = 0, q = 0;

            for (int y = 0; y < B; y++) {
                const uint8_t *g = grey + (by * B + y) * p->w + bx * B;

                for (int x = 0; x < B; x++) {
                    s += g[x];
                    q += (uint32_t)g[x] * g[x];
                }
            }
            mean[by * p->bw + bx] = (float)s / (B * B);
            var[by * p->bw + bx] = (float)q / (B * B); /* second moment for now */
        }
}

/* One pixel row of a map, between block centres as hf_field_at. */
static void
map_row(const struct hf_print *p, const float *map, int y, float *out)
{
    float fy = fminf(fmaxf(((float)y + 0.5F) / B - 0.5F, 0), (float)(p->bh - 1));
    int   y0 = (int)fy, y1 = y0 + 1 < p->bh ? y0 + 1 : y0;
    float last = 0, v = 0;

    fy -= (float)y0;
    for (int bx = 0; bx <= p->bw; bx++, last = v) {
        if (bx < p->bw)
            v = (1 - fy) * map[y0 * p->bw + bx] + fy * map[y1 * p->bw + bx];
        if (bx == 0)
            last = v;
        for (int i = 0; i < B; i++) {
            int   x = bx * B - B / 2 + i;
            float t = ((float)i + 0.5F) / B;

            if (x >= 0 && x < p->w)
                out[x] = last + t * (v - last);
        }
    }
}

static void
level_pixels(struct hf_print *p, const uint8_t *grey, const float *mean, const float *gain)
{
    float *m = p->re, *k = p->im; /* not in use yet */

    for (int y = 0; y < p->h; y++) {
        float         *out = p->norm + y * p->stride;
        const uint8_t *g = grey + y * p->w;

        map_row(p, mean, y, m);
        map_row(p, gain, y, k);
        for (int x = 0; x < p->w; x++) {
            float v = ((float)g[x] - m[x]) * k[x];

            out[x] = v > 2.5F ? 2.5F : v < -2.5F ? -2.5F : v;
        }
    }
    memset(m, 0, (size_t)p->w * sizeof(*m));
    memset(k, 0, (size_t)p->w * sizeof(*k));
}

/*
 * Bring the local mean to 0 and the local deviation to 1. Weak places are not
 * raised beyond a fifth of what the print's strong places have: there is only
 * noise to raise.
 */
void
hf_field_level(struct hf_print *p, const uint8_t *grey)
{
    float *mean = scratch(p, 0), *var = scratch(p, 1), *own = scratch(p, 2);
    int    n = p->bw * p->bh;
    float  floor_dev, strong;

    block_moments(p, grey, mean, var);
    for (int i = 0; i < n; i++)
        own[i] = var[i];
    hf_field_smooth(p, mean, 1.5F);
    hf_field_smooth(p, var, 1.5F);
    for (int i = 0; i < n; i++)
        var[i] = sqrtf(fmaxf(var[i] - mean[i] * mean[i], 0));
    strong = hf_field_quantile(var, n, 0.9F);
    floor_dev = fmaxf(0.2F * strong, 3.0F);
    for (int i = 0; i < n; i++) {
        p->coarse[i] = var[i] > fmaxf(0.25F * strong, 4.0F);
        own[i] = 1.0F / fmaxf(var[i], floor_dev);
    }
    level_pixels(p, grey, mean, own);
}

/* -- Direction ---------------------------------------------------------------- */

/* Sums of gradient products over each block of a padded plane. */
static void
tensor(const struct hf_print *p, const float *plane, float *dd, float *xy, float *tr)
{
    int s = p->stride;

    for (int by = 0; by < p->bh; by++)
        for (int bx = 0; bx < p->bw; bx++) {
            float a[B] = { 0 }, b[B] = { 0 }, c[B] = { 0 };
            float sd = 0, sx = 0, st = 0;

            for (int y = 0; y < B; y++) {
                const float *q = plane + (by * B + y) * s + bx * B;

                for (int x = 0; x < B; x++) {
                    float gx = q[x - s + 1] + 2 * q[x + 1] + q[x + s + 1] - q[x - s - 1] -
                               2 * q[x - 1] - q[x + s - 1];
                    float gy = q[x + s - 1] + 2 * q[x + s] + q[x + s + 1] - q[x - s - 1] -
                               2 * q[x - s] - q[x - s + 1];

                    a[x] += gx * gx - gy * gy;
                    b[x] += 2 * gx * gy;
                    c[x] += gx * gx + gy * gy;
                }
            }
            for (int x = 0; x < B; x++) {
                sd += a[x];
                sx += b[x];
                st += c[x];
            }
            dd[by * p->bw + bx] = sd;
            xy[by * p->bw + bx] = sx;
            tr[by * p->bw + bx] = st;
        }
}

/*
 * Direction of the ridge normal from the gradients of a plane. A close and a
 * wide neighbourhood are added; where the close one is coherent it decides.
 */
void
hf_field_direction(struct hf_print *p, const float *plane, float near_blocks, float wide_blocks,
                   float wide_weight)
{
    float *wd = scratch(p, 0), *wx = scratch(p, 1), *wt = scratch(p, 2);
    float *d = p->cos2, *x = p->sin2, *t = scratch(p, 3);
    int    n = p->bw * p->bh;

    tensor(p, plane, d, x, t);
    memcpy(wd, d, (size_t)n * sizeof(*d));
    memcpy(wx, x, (size_t)n * sizeof(*x));
    memcpy(wt, t, (size_t)n * sizeof(*t));
    hf_field_smooth(p, d, near_blocks);
    hf_field_smooth(p, x, near_blocks);
    hf_field_smooth(p, t, near_blocks);
    hf_field_smooth(p, wd, wide_blocks);
    hf_field_smooth(p, wx, wide_blocks);
    hf_field_smooth(p, wt, wide_blocks);
    for (int i = 0; i < n; i++) {
        float c = d[i] / (t[i] + 1e-6F), s = x[i] / (t[i] + 1e-6F);
        float k = sqrtf(c * c + s * s);

        d[i] = c * k + wide_weight * wd[i] / (wt[i] + 1e-6F);
        x[i] = s * k + wide_weight * wx[i] / (wt[i] + 1e-6F);
        c = sqrtf(d[i] * d[i] + x[i] * x[i]) + 1e-6F;
        d[i] *= k / c; /* direction of the sum, coherence of the close part */
        x[i] *= k / c;
    }
}

/* -- Period ------------------------------------------------------------------- */

enum { PROFILE = 49, ACROSS = 8, LAG_MIN = 4, LAG_MAX = 17 };

/* Grey profile along the ridge normal, each sample the mean of a stretch of ridge. */
static void
profile(const struct hf_print *p, float cx, float cy, float nx, float ny, float *out)
{
    float mean = 0;

    for (int i = 0; i < PROFILE; i++) {
        float s = 0;

        for (int j = -ACROSS; j <= ACROSS; j += 2) {
            int x = (int)(cx + nx * (float)(i - PROFILE / 2) - ny * (float)j);
            int y = (int)(cy + ny * (float)(i - PROFILE / 2) + nx * (float)j);

            if (x >= 0 && y >= 0 && x < p->w && y < p->h)
                s += p->norm[y * p->stride + x];
        }
        out[i] = s;
        mean += s / PROFILE;
    }
    for (int i = 0; i < PROFILE; i++)
        out[i] -= mean;
}

/* First peak of the autocorrelation; gives its height, 0 if there is none. */
static float
first_peak(const float *v, float *lag)
{
    float r[LAG_MAX + 2], best = 0, r0 = 1e-6F;
    int   k0 = 0;

    for (int i = 0; i < PROFILE; i++)
        r0 += v[i] * v[i];
    for (int k = LAG_MIN - 1; k <= LAG_MAX + 1; k++) {
        r[k] = 0;
        for (int i = 0; i + k < PROFILE; i++)
            r[k] += v[i] * v[i + k];
        r[k] *= (float)PROFILE / (float)(PROFILE - k) / r0;
    }
    for (int k = LAG_MIN; k <= LAG_MAX; k++)
        if (r[k] >= r[k - 1] && r[k] >= r[k + 1] && r[k] > 1.15F * best) {
            best = r[k];
            k0 = k;
        }
    if (k0 == 0)
        return 0;
    *lag = (float)k0 + 0.5F * (r[k0 - 1] - r[k0 + 1]) / (r[k0 - 1] - 2 * r[k0] + r[k0 + 1] - 1e-6F);
    return best;
}

/*
 * Ridge period from profiles at every second block, weighted by how clear the
 * peak is, then smoothed over the print: the period changes slowly on a finger.
 */
void
hf_field_period(struct hf_print *p)
{
    float *sum = scratch(p, 0), *weight = scratch(p, 1), v[PROFILE], lag = 0;
    float  all = 1e-3F * 9, seen = 1e-3F;
    int    n = p->bw * p->bh;

    memset(sum, 0, (size_t)n * sizeof(*sum));
    memset(weight, 0, (size_t)n * sizeof(*weight));
    for (int by = 0; by < p->bh; by += 2)
        for (int bx = 0; bx < p->bw; bx += 2) {
            int   i = by * p->bw + bx;
            float a, w;

            if (!p->coarse[i])
                continue;
            a = 0.5F * atan2f(p->sin2[i], p->cos2[i]);
            profile(p, ((float)bx + 0.5F) * B, ((float)by + 0.5F) * B, cosf(a), sinf(a), v);
            w = first_peak(v, &lag);
            if (w < 0.15F)
                continue;
            w *= w;
            sum[i] = w / lag;
            weight[i] = w;
            all += w * lag;
            seen += w;
        }
    all /= seen;
    hf_field_smooth(p, sum, 3.0F);
    hf_field_smooth(p, weight, 3.0F);
    for (int i = 0; i < n; i++) {
        float f = (sum[i] + 0.003F / all) / (weight[i] + 0.003F);

        p->period[i] = fminf(fmaxf(1 / f, 4.5F), 16.0F);
    }
}

/* -- The print ---------------------------------------------------------------- */

static void
vote(const struct hf_print *p, const uint8_t *in, uint8_t *out, int r, float need)
{
    for (int y = 0; y < p->bh; y++)
        for (int x = 0; x < p->bw; x++) {
            int on = 0, all = 0;

            for (int j = y - r; j <= y + r; j++)
                for (int i = x - r; i <= x + r; i++) {
                    all++;
                    if (j >= 0 && i >= 0 && j < p->bh && i < p->bw)
                        on += in[j * p->bw + i];
                }
            out[y * p->bw + x] = (float)on >= need * (float)all;
        }
}

/* Blocks joined to `start` and of the same value; lists them and gives their number. */
static int
flood(const struct hf_print *p, const uint8_t *in, uint8_t *seen, int *list, int start,
      bool *at_edge)
{
    int n = 1;

    list[0] = start;
    seen[start] = 1;
    *at_edge = false;
    for (int k = 0; k < n; k++) {
        int i = list[k], x = i % p->bw, y = i / p->bw;
        int next[4] = { x > 0 ? i - 1 : -1, x + 1 < p->bw ? i + 1 : -1, y > 0 ? i - p->bw : -1,
                        y + 1 < p->bh ? i + p->bw : -1 };

        for (int q = 0; q < 4; q++) {
            if (next[q] < 0)
                *at_edge = true;
            else if (!seen[next[q]] && in[next[q]] == in[start]) {
                seen[next[q]] = 1;
                list[n++] = next[q];
            }
        }
    }
    return n;
}

/* Keep the largest piece and those of a fifth of its size; fill holes below 6 mm2. */
static void
keep_pieces(const struct hf_print *p, uint8_t *mask, uint8_t *seen, uint8_t *was, int *list)
{
    size_t blocks = (size_t)p->bw * (size_t)p->bh;
    int    n = (int)blocks, largest = 0, size;
    bool   at_edge;

    memset(seen, 0, blocks);
    memcpy(was, mask, blocks);
    for (int i = 0; i < n; i++)
        if (was[i] && !seen[i] && (size = flood(p, was, seen, list, i, &at_edge)) > largest)
            largest = size;
    memset(seen, 0, blocks);
    for (int i = 0; i < n; i++) {
        if (seen[i])
            continue;
        size = flood(p, was, seen, list, i, &at_edge);
        if (was[i] ? size * 5 < largest : !at_edge && size < 40)
            for (int k = 0; k < size; k++)
                mask[list[k]] = !was[i];
    }
}

#define RIDGE_LEAST 0.04F

/* The share of power kept by the filter that the best fifth of the blocks with contrast reach. */
static float
best_share(const struct hf_print *p, float *map)
{
    int n = 0;

    for (int i = 0; i < p->bw * p->bh; i++)
        if (p->coarse[i])
            map[n++] = p->ridge[i];
    return n > 0 ? hf_field_quantile(map, n, 0.8F) : 0;
}

/*
 * The print is where there is contrast and where the ridge filter kept a good
 * share of it: noise and text have contrast, but in no single direction. Where
 * even the best places are noisy a third of their share will do, down to four
 * times what pure noise leaves in the filter.
 */
void
hf_field_mask(struct hf_print *p, float need)
{
    uint8_t *a = (uint8_t *)scratch(p, 0), *seen = (uint8_t *)scratch(p, 1);
    int     *list = (int *)(void *)scratch(p, 2), n = p->bw * p->bh;

    need = fminf(need, fmaxf(0.33F * best_share(p, scratch(p, 3)), RIDGE_LEAST));
    for (int i = 0; i < n; i++)
        a[i] = p->coarse[i] && p->ridge[i] > need;
    vote(p, a, p->mask, 1, 0.6F);
    vote(p, p->mask, a, 2, 0.5F);
    vote(p, a, p->mask, 1, 0.55F);
    keep_pieces(p, p->mask, seen, a, list);
}
