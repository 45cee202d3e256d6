/* probe.c - put every edge in each bin where an edge that agrees with it can fall. */
#include <math.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "identity/fingerprint/match.h"
#include "identity/fingerprint/probe.h"

/* Bins that one edge reaches, taken from its first end. */
static int
reach(const struct hf_side_edge *e, bool turned, uint16_t *bins)
{
    int slack = hf_probe_slack(e->length) + 1; /* the other one's may be larger by this */
    int low = (e->length - slack) / HF_PROBE_LENGTH, n = 0;
    int high = (e->length + slack) / HF_PROBE_LENGTH;
    int a = turned ? e->at_j : e->at_i, b = turned ? e->at_i : e->at_j;

    low = low < 0 ? 0 : low;
    high = high >= HF_PROBE_LENGTHS ? HF_PROBE_LENGTHS - 1 : high;
    for (int l = low; l <= high; l++)
        for (int u = (a - HF_PROBE_TURN + 256) / 16; u <= (a + HF_PROBE_TURN + 256) / 16; u++)
            for (int v = (b - HF_PROBE_TURN + 256) / 16; v <= (b + HF_PROBE_TURN + 256) / 16; v++)
                bins[n++] = (uint16_t)((l * 16 + (u & 15)) * 16 + (v & 15));
    return n;
}

enum { REACH_MAX = 4 * 3 * 3 };

static void
count(struct hf_finger_probe *p)
{
    uint16_t bins[REACH_MAX];

    for (int k = 0; k < 2 * p->side.edges; k++) {
        int n = reach(&p->side.edge[k >> 1], k & 1, bins);

        for (int i = 0; i < n; i++)
            if (p->first[bins[i] + 1] < HF_PROBE_ROOM)
                p->first[bins[i] + 1]++;
    }
    for (int i = 0; i < HF_PROBE_BINS; i++)
        p->first[i + 1] += p->first[i];
}

static struct hf_side_edge
seen_from(const struct hf_side_edge *e, bool turned)
{
    if (!turned)
        return *e;
    return (struct hf_side_edge){ e->j, e->i, e->length, e->at_j, e->at_i };
}

static void
fill(struct hf_finger_probe *p, uint8_t *used)
{
    uint16_t bins[REACH_MAX];

    for (int k = 0; k < 2 * p->side.edges; k++) {
        int n = reach(&p->side.edge[k >> 1], k & 1, bins);

        for (int i = 0; i < n; i++) {
            uint32_t at = p->first[bins[i]] + used[bins[i]];

            if (at < p->first[bins[i] + 1]) {
                p->entry[at] = seen_from(&p->side.edge[k >> 1], k & 1);
                used[bins[i]]++;
            }
        }
    }
}

enum hf_rc
hf_finger_probe_new(const struct hf_finger_template *t, struct hf_finger_probe **out)
{
    struct hf_finger_template own = *t;
    struct hf_finger_probe   *p = calloc(1, sizeof(*p));
    uint8_t                   used[HF_PROBE_BINS] = { 0 };

    *out = NULL;
    if (p == NULL)
        return hf_fail(HF_E_NOMEM, "fingerprint probe");
    hf_finger_template_extent(&own);
    hf_side_make(&p->side, &own);
    hf_finger_template_clear(&own);
    for (int i = 0; i < t->n; i++) {
        p->middle_x += p->side.x[i] / (float)t->n;
        p->middle_y += p->side.y[i] / (float)t->n;
    }
    for (int i = 0; i < 256; i++)
        p->cosine[i] = cosf((float)(i - 128) * (float)M_PI / 128);
    count(p);
    p->entry = calloc(p->first[HF_PROBE_BINS] + 1, sizeof(*p->entry));
    if (p->entry == NULL) {
        hf_finger_probe_free(p);
        return hf_fail(HF_E_NOMEM, "fingerprint probe");
    }
    fill(p, used);
    *out = p;
    return HF_OK;
}

void
hf_finger_probe_free(struct hf_finger_probe *p)
{
    if (p == NULL)
        return;
    if (p->entry != NULL)
        OPENSSL_cleanse(p->entry, p->first[HF_PROBE_BINS] * sizeof(*p->entry));
    free(p->entry);
    OPENSSL_cleanse(p, sizeof(*p));
    free(p);
}
