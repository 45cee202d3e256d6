/* finger_identify.c - `hufu finger identify`: whose finger is this, among these? */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ctl/finger.h"
#include "identity/fingerprint/gallery.h"

/* Paths by number: the id of a template in the gallery is the number of its path. */
struct paths {
    size_t n, cap;
    char **path;
};

static enum hf_rc
add_file(struct paths *p, const char *folder, const char *file)
{
    size_t n = strlen(file) + (folder != NULL ? strlen(folder) + 1 : 0) + 1;
    char **more;

    if (p->n == p->cap) {
        p->cap = p->cap * 2 + 64;
        if ((more = realloc(p->path, p->cap * sizeof(*more))) == NULL)
            return hf_fail(HF_E_NOMEM, "%zu files", p->cap);
        p->path = more;
    }
    if ((p->path[p->n] = malloc(n)) == NULL)
        return hf_fail(HF_E_NOMEM, "%zu files", p->n);
    snprintf(p->path[p->n++], n, "%s%s%s", folder != NULL ? folder : "", folder != NULL ? "/" : "",
             file);
    return HF_OK;
}

static enum hf_rc
add_path(struct paths *p, const char *path)
{
    struct stat    st;
    struct dirent *e;
    DIR           *d;
    enum hf_rc     rc = HF_OK;

    if (stat(path, &st) == -1)
        return hf_fail_errno("%s", path);
    if (!S_ISDIR(st.st_mode))
        return add_file(p, NULL, path);
    if ((d = opendir(path)) == NULL)
        return hf_fail_errno("%s", path);
    while (rc == HF_OK && (e = readdir(d)) != NULL)
        if (e->d_name[0] != '.')
            rc = add_file(p, path, e->d_name);
    closedir(d);
    return rc;
}

/* What cannot be read or enrolled is said and left out. */
static enum hf_rc
fill(const struct hf_finger_args *a, const struct paths *p, struct hf_finger_gallery *g)
{
    for (size_t i = 0; i < p->n; i++) {
        struct hf_finger_template t;
        enum hf_rc                rc = hf_finger_load(p->path[i], a->dpi_value, &t, NULL, NULL);

        if (rc == HF_OK)
            rc = hf_finger_gallery_add(g, i, &t);
        hf_finger_template_clear(&t);
        if (rc == HF_E_NOMEM)
            return rc;
        if (rc != HF_OK)
            fprintf(stderr, "hufu finger: left out: %s\n", hf_reason());
    }
    return hf_finger_gallery_count(g) > 0 ? HF_OK : hf_fail(HF_E_ABSENT, "nothing to search in");
}

static enum hf_rc
search(const struct hf_finger_args *a, const struct paths *p, const struct hf_finger_gallery *g,
       int top, int *status)
{
    struct hf_finger_search   how = { .most = top };
    struct hf_finger_hit      hits[HF_GALLERY_HITS];
    struct hf_finger_template t;
    struct hf_finger_probe   *probe = NULL;
    int64_t                   now = 0;
    int                       n = 0;
    enum hf_rc                rc;

    if ((rc = hf_finger_load(a->rest[0], a->dpi_value, &t, NULL, NULL)) != HF_OK)
        return rc;
    if ((rc = hf_finger_probe_new(&t, &probe)) == HF_OK) {
        now = hf_tick_ms();
        rc = hf_finger_gallery_search(g, probe, &how, hits, &n);
    }
    hf_finger_probe_free(probe);
    hf_finger_template_clear(&t);
    if (rc != HF_OK)
        return rc;
    for (int i = 0; i < n; i++)
        printf("%s score %.2f threshold %d %s\n", p->path[hits[i].id], (double)hits[i].points,
               HF_FINGER_POINTS_DUPLICATE,
               hits[i].points >= HF_FINGER_POINTS_DUPLICATE ? "match" : "no-match");
    printf("%zu templates, %zu bytes each, %lld ms\n", hf_finger_gallery_count(g),
           hf_finger_gallery_bytes(g) / hf_finger_gallery_count(g),
           (long long)(hf_tick_ms() - now));
    *status = n > 0 && hits[0].points >= HF_FINGER_POINTS_DUPLICATE ? 0 : 1;
    return HF_OK;
}

enum hf_rc
hf_finger_cmd_identify(const struct hf_finger_args *a, int *status)
{
    struct hf_finger_gallery *g = NULL;
    struct paths              p = { 0 };
    int64_t                   top = 5;
    enum hf_rc                rc = HF_OK;

    if (a->top != NULL && (rc = hf_int_read("--top", a->top, 1, HF_GALLERY_HITS, &top)) != HF_OK)
        return rc;
    for (int i = 1; i < a->n && rc == HF_OK; i++)
        rc = add_path(&p, a->rest[i]);
    if (rc == HF_OK && (rc = hf_finger_gallery_new(&g)) == HF_OK && (rc = fill(a, &p, g)) == HF_OK)
        rc = search(a, &p, g, (int)top, status);
    hf_finger_gallery_free(g);
    for (size_t i = 0; i < p.n; i++)
        free(p.path[i]);
    free(p.path);
    return rc;
}
