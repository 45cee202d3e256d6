/* profile_file.c - profiles as files of the data directory. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/asset.h"
#include "base/file.h"
#include "pki/profile.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-"

static char *
path_of(const char *data_dir, const char *name, struct hf_arena *a)
{
    return hf_arena_fmt(a, "%s/profiles/%s.conf", data_dir, name);
}

/* A name from outside becomes part of a path: nothing but these characters. */
static bool
name_is_safe(const char *name)
{
    size_t n = strlen(name);

    return n >= 1 && n <= 64 && strspn(name, NAME_CHARS) == n;
}

enum hf_rc
hf_profile_get(const char *data_dir, const char *name, struct hf_arena *a, struct hf_profile **out)
{
    struct hf_wr text = hf_wr(HF_PROFILE_TEXT_MAX);
    char        *path;
    enum hf_rc   rc;

    *out = NULL;
    if (!name_is_safe(name))
        return hf_fail_field(HF_E_ABSENT, "profile", "there is no profile of this name");
    path = path_of(data_dir, name, a);
    if ((rc = hf_file_read(path, &text)) == HF_E_ABSENT)
        rc = hf_fail_field(HF_E_ABSENT, "profile",
                           "there is no profile \"%s\"; see: hufu profile list", name);
    else if (rc == HF_OK)
        rc = hf_profile_read(hf_wr_bytes(&text), path, a, out);
    if (rc == HF_OK && strcmp((*out)->name, name) != 0)
        rc = hf_fail(HF_E_FORMAT, "%s: name is %s, the file says %s", path, (*out)->name, name);
    hf_wr_clear(&text);
    return rc;
}

static int
by_name(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

#define PROFILES_MAX 1000

enum hf_rc
hf_profile_names(const char *data_dir, struct hf_arena *a, const char ***out, size_t *n)
{
    const char    *path = hf_arena_fmt(a, "%s/profiles", data_dir);
    DIR           *dir = opendir(path);
    struct dirent *e;

    *n = 0;
    *out = hf_arena_get(a, PROFILES_MAX * sizeof(**out));
    if (dir == NULL)
        return hf_fail_errno("opening %s", path);
    while ((e = readdir(dir)) != NULL && *n < PROFILES_MAX) {
        size_t len = strlen(e->d_name);

        if (len > 5 && strcmp(e->d_name + len - 5, ".conf") == 0)
            (*out)[(*n)++] = hf_arena_text(a, hf_bytes(e->d_name, len - 5));
    }
    closedir(dir);
    qsort(*out, *n, sizeof(**out), by_name);
    return HF_OK;
}

enum hf_rc
hf_profile_put(const char *data_dir, struct hf_bytes text, const char *file, struct hf_arena *a,
               struct hf_profile **out)
{
    enum hf_rc rc;

    if ((rc = hf_profile_read(text, file, a, out)) != HF_OK)
        return rc;
    return hf_file_write(path_of(data_dir, (*out)->name, a), text, 0640);
}

static enum hf_rc
install_one(const char *data_dir, const struct hf_asset *asset)
{
    struct hf_arena    a = hf_arena();
    struct hf_profile *p;
    struct hf_bytes    text = hf_bytes(asset->p, asset->n);
    enum hf_rc         rc;

    if ((rc = hf_profile_read(text, asset->name, &a, &p)) == HF_OK &&
        access(path_of(data_dir, p->name, &a), F_OK) == -1)
        rc = hf_file_write(path_of(data_dir, p->name, &a), text, 0640);
    hf_arena_clear(&a);
    return rc;
}

enum hf_rc
hf_profile_install(const char *data_dir)
{
    char      *path = NULL;
    enum hf_rc rc;

    if (asprintf(&path, "%s/profiles", data_dir) == -1)
        return hf_fail(HF_E_NOMEM, "installing profiles");
    rc = hf_folder_make(path, 0750);
    free(path);
    for (const struct hf_asset *f = hf_assets(); rc == HF_OK && f->name != NULL; f++)
        if (strncmp(f->name, "profiles/", 9) == 0)
            rc = install_one(data_dir, f);
    return rc;
}
