/*
 * gallery.h - many templates in memory, and whose finger is it?
 *
 * At most HF_GALLERY_ENTRY bytes a template. A search looks at every template
 * shortly (do a few of its edges agree with the probe's, and with each other?)
 * and compares the likeliest few in a hundred in full.
 *
 * Searching does not change a gallery: any number of threads may search at a
 * time, while nobody adds or removes.
 */
#ifndef HF_IDENTITY_FINGERPRINT_GALLERY_H
#define HF_IDENTITY_FINGERPRINT_GALLERY_H

#include <stdatomic.h>

#include "identity/fingerprint/match.h"

enum { HF_GALLERY_ENTRY = 1024, HF_GALLERY_HITS = 64 };

struct hf_finger_gallery;

struct hf_finger_hit {
    uint64_t id;
    float    points; /* of this comparison; a search among n has n chances (score.h) */
};

struct hf_finger_search {
    float        least;  /* points a hit must have */
    int          most;   /* hits wanted, at most HF_GALLERY_HITS */
    bool         all;    /* compare every template in full: slow, to measure the loss against */
    atomic_bool *cancel; /* set by another thread to stop; may be NULL */
};

HF_CHECKED enum hf_rc hf_finger_gallery_new(struct hf_finger_gallery **out);
void                  hf_finger_gallery_free(struct hf_finger_gallery *g);

/* Several templates may have the same id. A template with fewer than 4 minutiae is E_ARG. */
HF_CHECKED enum hf_rc hf_finger_gallery_add(struct hf_finger_gallery *g, uint64_t id,
                                            const struct hf_finger_template *t);

/* Take out every template of this id; gives how many there were. */
size_t hf_finger_gallery_remove(struct hf_finger_gallery *g, uint64_t id);

size_t hf_finger_gallery_count(const struct hf_finger_gallery *g);
size_t hf_finger_gallery_bytes(const struct hf_finger_gallery *g); /* memory in use */

/* Best hits, best first, one for each id. *n is set. E_BUSY when it was cancelled. */
HF_CHECKED enum hf_rc hf_finger_gallery_search(const struct hf_finger_gallery *g,
                                               const struct hf_finger_probe   *p,
                                               const struct hf_finger_search  *how,
                                               struct hf_finger_hit *hits, int *n);

#endif
