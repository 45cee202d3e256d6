/* minutiae.c - minutiae are the points around which the ridge phase turns once. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "identity/fingerprint/field.h"
#include "identity/fingerprint/minutiae.h"
#include "identity/fingerprint/print.h"
#include "identity/fingerprint/template.h"

enum { FOUND_MAX = 2048, PATCH = 4, HALF = 24, DIRECTIONS = 48 };

struct found {
    float               x, y, dx, dy; /* position; unit vector towards the added ridge */
    float               quality, period, border, strength, weakest;
    int                 sense, drop;
    enum hf_finger_kind kind;
};

static int
turn_at(const struct hf_print *p, int x, int y)
{
    return p->turn[y / PATCH * (p->w / PATCH) + x / PATCH];
}

/* Signed crossings of the positive axis when going round the four points once. */
static int
winding(const struct hf_print *p, int x, int y)
{
    static const int ox[4] = { 0, 1, 1, 0 }, oy[4] = { 0, 0, 1, 1 };
    float            re[4], im[4];
    int              base = turn_at(p, x, y), turns = 0;

    for (int k = 0; k < 4; k++) {
        int at = (y + oy[k]) * p->stride + x + ox[k];
        int d = turn_at(p, x + ox[k], y + oy[k]) - base;

        re[k] = p->re[at];
        im[k] = d > HALF || d < -HALF ? -p->im[at] : p->im[at];
        if (re[k] == 0 && im[k] == 0)
            return 0; /* not filtered: outside the print */
    }
    for (int k = 0; k < 4; k++) {
        int   n = (k + 1) & 3;
        float cross = re[k] * im[n] - re[n] * im[k];

        if (im[k] < 0 && im[n] >= 0 && cross > 0)
            turns++;
        if (im[k] >= 0 && im[n] < 0 && cross < 0)
            turns--;
    }
    return turns;
}

/* Blocks to the nearest block outside the print or to the edge of the image. */
static void
edge_distance(const struct hf_print *p, float *d)
{
    int w = p->bw, h = p->bh;

    for (int i = 0; i < w * h; i++)
        d[i] = p->mask[i] ? 1e3F : 0;
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < w * h; k++) {
            int   i = pass ? w * h - 1 - k : k, s = pass ? 1 : -1, x = i % w, y = i / w;
            int   inx = s < 0 ? x > 0 : x + 1 < w, iny = s < 0 ? y > 0 : y + 1 < h;
            int   inr = s < 0 ? x + 1 < w : x > 0;
            float a = inx ? d[i + s] : 0, b = iny ? d[i + s * w] : 0;
            float c = inx && iny ? d[i + s * w + s] : 0, e = inr && iny ? d[i + s * w - s] : 0;

            d[i] = fminf(d[i], fminf(fminf(a, b) + 1, fminf(c, e) + 1.4F));
        }
}

/*
 * The filtered wave on a ring around a minutia, where it should be as strong as
 * anywhere: its mean length, and its least as a share of that.
 */
static void
ring(const struct hf_print *p, int x, int y, float *mean, float *least)
{
    float sum = 0, low = 1e9F;
    int   n = 0;

    for (int j = -12; j <= 12; j++)
        for (int i = -12; i <= 12; i++) {
            int   d2 = i * i + j * j, at = (y + j) * p->stride + x + i;
            float a;

            if (d2 < 25 || d2 > 144 || x + i < 0 || y + j < 0 || x + i >= p->w || y + j >= p->h)
                continue;
            a = sqrtf(p->re[at] * p->re[at] + p->im[at] * p->im[at]);
            sum += a;
            n++;
            if (a < low)
                low = a;
        }
    *mean = n > 0 ? sum / (float)n : 0;
    *least = sum > 0 ? low * (float)n / sum : 0;
}

static void
describe(const struct hf_print *p, struct found *f, int x, int y, int sense, const float *edge)
{
    float a = (float)turn_at(p, x, y) * (float)M_PI / DIRECTIONS;
    float ax = cosf(a), ay = sinf(a), fx = (float)x + 1, fy = (float)y + 1, c, s, border;
    int   qx, qy;

    s = hf_field_at(p, p->sin2, fx, fy);
    c = hf_field_at(p, p->cos2, fx, fy);
    a = 0.5F * atan2f(s, c);
    f->dx = cosf(a);
    f->dy = sinf(a);
    if (f->dx * ax + f->dy * ay < 0) {
        f->dx = -f->dx;
        f->dy = -f->dy;
    }
    ax = f->dx; /* the normal; a quarter turn towards the added ridge */
    f->dx = f->dy * (float)sense;
    f->dy = -ax * (float)sense;
    f->x = fx;
    f->y = fy;
    f->sense = sense;
    f->drop = 0;
    f->period = hf_field_at(p, p->period, fx, fy);
    border = hf_field_at(p, edge, fx, fy) * HF_PRINT_BLOCK;
    f->border = border;
    f->strength = f->weakest = 0; /* only those that are kept are looked around */
    if (border < 10)
        f->drop = 1;
    qx = (int)(fx + f->dx * 0.6F * f->period);
    qy = (int)(fy + f->dy * 0.6F * f->period);
    f->kind = HF_FINGER_OTHER;
    if (qx >= 0 && qy >= 0 && qx < p->w && qy < p->h)
        f->kind = p->re[qy * p->stride + qx] < 0 ? HF_FINGER_ENDING : HF_FINGER_BIFURCATION;
}

/* Two that face each other within a period are a pore, a dent or a bridge: neither is kept. */
static void
drop_pairs(struct found *f, int n)
{
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n && !f[i].drop; j++) {
            float dx = f[j].x - f[i].x, dy = f[j].y - f[i].y, d2 = dx * dx + dy * dy;
            float t = 0.9F * f[i].period;

            if (!f[j].drop && d2 < t * t && f[i].dx * f[j].dx + f[i].dy * f[j].dy < -0.5F)
                f[i].drop = f[j].drop = 1;
        }
}

/*
 * Quality is the chance that another impression shows the minutia too, as a
 * logistic function of what decides it: strength of the ridge pattern around,
 * distance from the edge of the print, distance from a minutia that faces it.
 */
static void
weigh(struct found *f, int n)
{
    for (int i = 0; i < n; i++) {
        float facing2 = 24 * 24, z;

        for (int j = 0; j < n; j++) {
            float dx = f[j].x - f[i].x, dy = f[j].y - f[i].y, d2 = dx * dx + dy * dy;

            if (j != i && !f[j].drop && d2 < facing2 &&
                f[i].dx * f[j].dx + f[i].dy * f[j].dy < -0.5F)
                facing2 = d2;
        }
        z = -3.3F + 3.2F * fminf(f[i].strength, 0.8F) + 1.4F * fminf(f[i].weakest, 0.5F) +
            1.65F * fminf(f[i].border, 48) / 48 + 1.65F * sqrtf(facing2) / 24;
        f[i].quality = 1 / (1 + expf(-z));
    }
}

static int
better(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    if (x->drop != y->drop)
        return x->drop - y->drop;
    if (x->quality != y->quality)
        return x->quality > y->quality ? -1 : 1;
    if (x->y != y->y)
        return x->y < y->y ? -1 : 1;
    return (x->x > y->x) - (x->x < y->x);
}

static void
keep(const struct found *f, struct hf_finger_template *t)
{
    struct hf_finger_minutia *m = &t->m[t->n++];
    float                     a = atan2f(-f->dy, f->dx) * HF_FINGER_TURN / (2 * (float)M_PI);

    m->x = (uint16_t)fminf(fmaxf(f->x, 0), (float)(t->width - 1));
    m->y = (uint16_t)fminf(fmaxf(f->y, 0), (float)(t->height - 1));
    m->angle = (uint16_t)((int)lrintf(a) & (HF_FINGER_TURN - 1));
    m->kind = (uint8_t)f->kind;
    m->quality = (uint8_t)(1 + 99 * f->quality);
}

void
hf_minutiae_find(const struct hf_print *p, struct hf_finger_template *t)
{
    float       *edge = p->tmp;
    struct found f[FOUND_MAX];
    int          n = 0;

    edge_distance(p, edge);
    for (int y = 0; y + 1 < p->h; y++)
        for (int x = 0; x + 1 < p->w; x++) {
            int sense;

            if (!p->mask[y / HF_PRINT_BLOCK * p->bw + x / HF_PRINT_BLOCK]) {
                x |= HF_PRINT_BLOCK - 1;
                continue;
            }
            if ((sense = winding(p, x, y)) != 0 && n < FOUND_MAX)
                describe(p, &f[n++], x, y, sense, edge);
        }
    drop_pairs(f, n);
    for (int i = 0; i < n; i++)
        if (!f[i].drop)
            ring(p, (int)f[i].x - 1, (int)f[i].y - 1, &f[i].strength, &f[i].weakest);
    weigh(f, n);
    qsort(f, (size_t)n, sizeof(f[0]), better);
    t->n = 0;
    for (int i = 0; i < n && t->n < HF_FINGER_MINUTIAE && !f[i].drop && f[i].quality > 0.2F; i++)
        keep(&f[i], t);
}
