/* gallery.c - packed templates with a few edges each; searched in two stages. */
#include <math.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "identity/fingerprint/gallery.h"
#include "identity/fingerprint/probe.h"
#include "identity/fingerprint/score.h"

enum {
    EDGES = 56, /* kept for the first look, those of the most reliable minutiae */
    EDGE = 5,   /* bytes of one */
    CHUNK = 1 << 20,
    AGREED_MAX = 192,  /* agreeing edges looked at for each template */
    WEIGHT_LEAST = 13, /* of agreement, 16 is perfect */
    SET_SHIFT = 24,    /* pixels */
    CLASSES = 1024,    /* of first-look scores */
    SHORT_LEAST = 200,
    SHORT_SHARE = 33, /* one in so many is compared in full */
    SHORT_MOST = 4000,
    CANCEL_EVERY = 256
};

struct entry {
    uint64_t id;
    uint8_t *at; /* edges, then the stored template */
    uint16_t n;  /* bytes of the template; 0 when it was removed */
    uint8_t  edges;
};

struct hf_finger_gallery {
    struct entry *entry;
    size_t        n, cap, live;
    uint8_t     **chunk;
    size_t        chunks, used; /* bytes of the last chunk */
};

enum hf_rc
hf_finger_gallery_new(struct hf_finger_gallery **out)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? HF_OK : hf_fail(HF_E_NOMEM, "fingerprint gallery");
}

void
hf_finger_gallery_free(struct hf_finger_gallery *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->chunks; i++) {
        OPENSSL_cleanse(g->chunk[i], CHUNK);
        free(g->chunk[i]);
    }
    free(g->chunk);
    free(g->entry);
    free(g);
}

size_t
hf_finger_gallery_count(const struct hf_finger_gallery *g)
{
    return g->live;
}

size_t
hf_finger_gallery_bytes(const struct hf_finger_gallery *g)
{
    return g->chunks * CHUNK + g->cap * sizeof(*g->entry);
}

/* -- Adding ------------------------------------------------------------------------ */

static uint8_t *
reserve(struct hf_finger_gallery *g, size_t n)
{
    uint8_t **more;

    if (g->chunks == 0 || g->used + n > CHUNK) {
        if ((more = realloc(g->chunk, (g->chunks + 1) * sizeof(*more))) == NULL)
            return NULL;
        g->chunk = more;
        if ((g->chunk[g->chunks] = malloc(CHUNK)) == NULL)
            return NULL;
        g->chunks++;
        g->used = 0;
    }
    return g->chunk[g->chunks - 1] + g->used;
}

static bool
room_for_entry(struct hf_finger_gallery *g)
{
    size_t        cap = g->cap == 0 ? 256 : g->cap + g->cap / 4;
    struct entry *more;

    if (g->n < g->cap)
        return true;
    if ((more = realloc(g->entry, cap * sizeof(*more))) == NULL)
        return false;
    g->entry = more;
    g->cap = cap;
    return true;
}

struct ranked_edge {
    struct hf_side_edge e;
    int                 rank;
};

static int
by_rank(const void *a, const void *b)
{
    const struct ranked_edge *p = a, *q = b;

    return p->rank != q->rank ? p->rank - q->rank : p->e.length - q->e.length;
}

/* Number in the stored order of a minutia of a side, which is in order of y. */
static int
stored_number(const struct hf_side *s, int i, const struct hf_finger_template *t)
{
    for (int k = 0; k < t->n; k++)
        if (t->m[k].x == (uint16_t)s->x[i] && t->m[k].y == (uint16_t)-s->y[i] &&
            (uint8_t)((t->m[k].angle + 8) >> 4) == s->angle[i])
            return k;
    return -1;
}

/* The edges whose less reliable end is most reliable; a rank counts from the best minutia. */
static int
choose_edges(const struct hf_finger_template *t, int kept, uint8_t *out)
{
    struct hf_side     side;
    struct ranked_edge r[HF_SIDE_EDGES];
    int                number[HF_FINGER_MINUTIAE], n = 0;

    hf_side_make(&side, t);
    for (int i = 0; i < side.n; i++)
        number[i] = stored_number(&side, i, t);
    for (int k = 0; k < side.edges; k++) {
        struct hf_side_edge e = side.edge[k];
        int                 a = number[e.i], b = number[e.j];

        if (a < 0 || b < 0 || a >= kept || b >= kept)
            continue;
        e.j = (uint8_t)(side.angle[e.i] + e.at_i); /* here: the edge's own direction */
        e.i = (uint8_t)a;
        r[n++] = (struct ranked_edge){ e, a > b ? a : b };
    }
    qsort(r, (size_t)n, sizeof(r[0]), by_rank);
    n = n > EDGES ? EDGES : n;
    for (int k = 0; k < n; k++)
        memcpy(out + k * EDGE, &r[k].e, EDGE);
    OPENSSL_cleanse(&side, sizeof(side));
    return n;
}

enum hf_rc
hf_finger_gallery_add(struct hf_finger_gallery *g, uint64_t id, const struct hf_finger_template *t)
{
    struct hf_finger_template own = *t, back;
    struct hf_wr              w = hf_wr_secret(HF_GALLERY_ENTRY);
    uint8_t                  *at = NULL;
    struct entry             *e;
    enum hf_rc                rc;

    hf_finger_template_sort(&own);
    hf_finger_template_extent(&own);
    if (t->n < 4)
        rc = hf_fail(HF_E_ARG, "a template of %d minutiae cannot be searched for", t->n);
    else if ((rc = hf_finger_template_pack(&own, HF_GALLERY_ENTRY - EDGES * EDGE, &w)) == HF_OK &&
             (rc = hf_finger_template_read(hf_wr_bytes(&w), &back)) == HF_OK &&
             ((at = reserve(g, EDGES * EDGE + w.n)) == NULL || !room_for_entry(g)))
        rc = hf_fail(HF_E_NOMEM, "fingerprint gallery of %zu", g->n);
    if (rc == HF_OK) {
        e = &g->entry[g->n++];
        *e = (struct entry){ .id = id, .at = at, .n = (uint16_t)w.n };
        e->edges = (uint8_t)choose_edges(&own, back.n, at);
        memcpy(at + e->edges * EDGE, w.p, w.n);
        g->used += e->edges * EDGE + w.n;
        g->live++;
    }
    hf_wr_clear(&w);
    hf_finger_template_clear(&own);
    hf_finger_template_clear(&back);
    return rc;
}

size_t
hf_finger_gallery_remove(struct hf_finger_gallery *g, uint64_t id)
{
    size_t removed = 0;

    for (size_t i = 0; i < g->n; i++) {
        struct entry *e = &g->entry[i];

        if (e->id != id || e->n == 0)
            continue;
        OPENSSL_cleanse(e->at, (size_t)(e->edges * EDGE) + e->n);
        e->n = 0;
        removed++;
    }
    g->live -= removed;
    return removed;
}

/* -- The first look ------------------------------------------------------------------ */

/* Edges that agree, in 16 classes of how much the finger would have to turn. */
struct agreed {
    int n, first[17];
    struct {
        const struct hf_side_edge *own;          /* the probe's edge */
        uint8_t                    edge, number; /* the other's edge, and its minutia */
        uint8_t                    turn, weight;
    } found[AGREED_MAX];
    struct {
        float x, y; /* how far it would have to move after the turn */
        int   weight, edge;
    } placed[AGREED_MAX]; /* class by class */
};

static void
find_agreed(const struct hf_finger_probe *p, const struct entry *g, struct agreed *a)
{
    int ti, tj, weight;

    a->n = 0;
    memset(a->first, 0, sizeof(a->first));
    for (int k = 0; k < g->edges; k++) {
        struct hf_side_edge e;
        int                 bin, slack;

        memcpy(&e, g->at + k * EDGE, EDGE);
        bin = hf_probe_bin(e.length, e.at_i, e.at_j);
        slack = hf_probe_slack(e.length);
        for (uint32_t q = p->first[bin]; q < p->first[bin + 1] && a->n < AGREED_MAX; q++) {
            const struct hf_side_edge *own = &p->entry[q];
            uint8_t                    turn;

            if ((weight = hf_probe_agree(own, &e, slack, &ti, &tj)) < WEIGHT_LEAST)
                continue;
            turn = (uint8_t)(e.j - p->side.angle[own->i] - own->at_i);
            a->found[a->n].own = own;
            a->found[a->n].edge = (uint8_t)k;
            a->found[a->n].number = e.i;
            a->found[a->n].weight = (uint8_t)weight;
            a->found[a->n++].turn = turn;
            a->first[(turn >> 4) + 1]++;
        }
    }
}

static void
place_agreed(const struct hf_finger_probe *p, const uint8_t *stored, struct agreed *a)
{
    int next[16];

    for (int t = 0; t < 16; t++) {
        a->first[t + 1] += a->first[t];
        next[t] = a->first[t];
    }
    for (int k = 0; k < a->n; k++) {
        int      turn = a->found[k].turn, at = next[turn >> 4]++, i = a->found[k].own->i;
        float    px = p->side.x[i] - p->middle_x, py = p->side.y[i] - p->middle_y;
        float    c = p->cosine[(uint8_t)(turn + 128)], s = p->cosine[(uint8_t)(turn + 64)];
        unsigned x, y;

        hf_finger_template_place(stored, a->found[k].number, &x, &y);
        a->placed[at].x = (float)x - (c * px - s * py);
        a->placed[at].y = -(float)y - (s * px + c * py);
        a->placed[at].weight = a->found[k].weight;
        a->placed[at].edge = a->found[k].edge;
    }
}

/* Weight of those of one class that would move as number i; an edge counts once. */
static int
weigh_class(const struct agreed *a, int i, int class)
{
    int sum = 0, edge = -1, counted = 0;

    for (int k = a->first[class]; k < a->first[class + 1]; k++) {
        float dx = a->placed[i].x - a->placed[k].x, dy = a->placed[i].y - a->placed[k].y;
        int   weight = a->placed[k].weight;

        if (dx * dx + dy * dy >= SET_SHIFT * SET_SHIFT)
            continue;
        if (a->placed[k].edge != edge)
            counted = 0;
        edge = a->placed[k].edge;
        if (weight > counted) {
            sum += weight - counted;
            counted = weight;
        }
    }
    return sum;
}

/* Weight of the largest set of agreeing edges that agree on turn and shift too. */
static int
first_look(const struct hf_finger_probe *p, const struct entry *g)
{
    struct agreed a;
    int           best = 0;

    find_agreed(p, g, &a);
    place_agreed(p, g->at + g->edges * EDGE, &a);
    for (int t = 0; t < 16; t++)
        for (int i = a.first[t]; i < a.first[t + 1]; i++) {
            int sum = weigh_class(&a, i, (t + 15) & 15) + weigh_class(&a, i, t) +
                      weigh_class(&a, i, (t + 1) & 15);

            best = sum > best ? sum : best;
        }
    return best < CLASSES ? best : CLASSES - 1;
}

/* -- The search ------------------------------------------------------------------------ */

static bool
cancelled(const struct hf_finger_search *how, size_t i)
{
    return how->cancel != NULL && i % CANCEL_EVERY == 0 && atomic_load(how->cancel);
}

/* First-look scores of all, and the least score with which the short list is not too long. */
static enum hf_rc
look_at_all(const struct hf_finger_gallery *g, const struct hf_finger_probe *p,
            const struct hf_finger_search *how, uint16_t *score, int *least)
{
    size_t class[CLASSES] = { 0 }, room = g->live / SHORT_SHARE, sum = 0;

    room = room < SHORT_LEAST ? SHORT_LEAST : room > SHORT_MOST ? SHORT_MOST : room;
    *least = 0;
    if (how->all)
        return HF_OK;
    for (size_t i = 0; i < g->n; i++) {
        if (cancelled(how, i))
            return hf_fail(HF_E_BUSY, "search was stopped");
        score[i] = g->entry[i].n != 0 ? (uint16_t)first_look(p, &g->entry[i]) : 0;
        class[score[i]] += g->entry[i].n != 0;
    }
    for (int c = CLASSES - 1; c > 0; c--) {
        if ((sum += class[c]) > room && sum > class[c]) {
            *least = c + 1;
            break;
        }
    }
    return HF_OK;
}

static void
add_hit(struct hf_finger_hit *hits, int *n, int most, uint64_t id, float points)
{
    int k = 0;

    while (k < *n && hits[k].id != id)
        k++;
    if (k < *n && hits[k].points >= points)
        return;
    if (k == *n) {
        if (*n == most && hits[most - 1].points >= points)
            return;
        k = *n < most ? (*n)++ : most - 1;
    }
    for (; k > 0 && hits[k - 1].points < points; k--)
        hits[k] = hits[k - 1];
    hits[k] = (struct hf_finger_hit){ id, points };
}

static enum hf_rc
compare_entry(const struct entry *e, const struct hf_finger_probe *p, float *points)
{
    struct hf_finger_template t;
    enum hf_rc                rc;

    if ((rc = hf_finger_template_read(hf_bytes(e->at + e->edges * EDGE, e->n), &t)) != HF_OK)
        return hf_because(rc, "gallery"); /* memory was damaged */
    *points = hf_finger_score(p, &t);
    hf_finger_template_clear(&t);
    return HF_OK;
}

enum hf_rc
hf_finger_gallery_search(const struct hf_finger_gallery *g, const struct hf_finger_probe *p,
                         const struct hf_finger_search *how, struct hf_finger_hit *hits, int *n)
{
    uint16_t  *score = calloc(g->n + 1, sizeof(*score));
    int        least, most = how->most < HF_GALLERY_HITS ? how->most : HF_GALLERY_HITS;
    float      points;
    enum hf_rc rc;

    *n = 0;
    if (score == NULL)
        return hf_fail(HF_E_NOMEM, "search in %zu fingerprints", g->n);
    rc = look_at_all(g, p, how, score, &least);
    for (size_t i = 0; i < g->n && rc == HF_OK && most > 0; i++) {
        if (g->entry[i].n == 0 || score[i] < least)
            continue;
        if (cancelled(how, i))
            rc = hf_fail(HF_E_BUSY, "search was stopped");
        else if ((rc = compare_entry(&g->entry[i], p, &points)) == HF_OK && points >= how->least)
            add_hit(hits, n, most, g->entry[i].id, points);
    }
    free(score);
    if (rc != HF_OK)
        *n = 0;
    return rc;
}
