#include "serve/console.h"

#include <stdio.h>
#include <string.h>

#include "base/asset.h"
#include "base/text.h"
#include "crypto/alg.h"

static const struct {
    const char *suffix, *type;
} types[] = {
    { ".html", "text/html; charset=utf-8" },
    { ".js", "text/javascript; charset=utf-8" },
    { ".css", "text/css; charset=utf-8" },
    { ".svg", "image/svg+xml" },
    { ".png", "image/png" },
    { ".ico", "image/x-icon" },
    { ".json", "application/json" },
    { ".webmanifest", "application/manifest+json" },
    { ".woff2", "font/woff2" },
    { ".txt", "text/plain; charset=utf-8" },
};

/* Everything from here, nothing inline, nobody may frame it. */
static const char policy[] = "Content-Security-Policy: default-src 'none'; script-src 'self'; "
                             "style-src 'self'; img-src 'self' data:; "
                             "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri "
                             "'none'; form-action 'self'; "
                             "frame-ancestors 'none'\r\n"
                             "Referrer-Policy: no-referrer\r\n"
                             "Cross-Origin-Opener-Policy: same-origin\r\n"
                             "Cross-Origin-Resource-Policy: same-origin\r\n"
                             "Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n";

static const char *
type_of(const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; i < HF_COUNT(types); i++) {
        size_t k = strlen(types[i].suffix);

        if (n > k && strcmp(name + n - k, types[i].suffix) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

/* "app-D3f_2a9c.js": Vite puts at least eight characters of a content hash before the suffix. */
static bool
is_hashed(const char *name)
{
    const char *dash = strrchr(name, '-'), *dot = strrchr(name, '.');

    return strstr(name, "/assets/") != NULL && dash != NULL && dot != NULL && dot - dash > 8;
}

/* The asset of a path; the page for paths of its router. NULL if there is none. */
static const char *
asset_of(const struct hf_request *r, struct hf_bytes *body)
{
    const char *path, *name;

    if (hf_http_path(r->head->path, r->arena, &path) != HF_OK)
        return NULL;
    name = hf_arena_fmt(r->arena, "console%s", path);
    if (hf_asset_find(name, body))
        return name;
    if (strchr(strrchr(path, '/'), '.') != NULL || !hf_asset_find("console/index.html", body))
        return NULL;
    return "console/index.html";
}

/* The entity tag of an asset, quoted. Remembered: this runs on the loop thread, and there alone. */
static const char *
tag_of(struct hf_bytes body)
{
    static struct {
        const uint8_t *p;
        char           tag[40];
    } known[128];
    static size_t n;
    uint8_t       digest[HF_DIGEST_MAX];
    char          hex[33];

    for (size_t i = 0; i < n; i++)
        if (known[i].p == body.p)
            return known[i].tag;
    if (n == HF_COUNT(known))
        n = 0;
    if (hf_digest(HF_DIGEST_SHA256, &body, 1, digest) != HF_OK)
        return "\"\"";
    known[n].p = body.p;
    (void)snprintf(known[n].tag, sizeof(known[n].tag), "\"%s\"", hf_hex(hf_bytes(digest, 16), hex));
    return known[n++].tag;
}

static bool
tag_matches(const struct hf_request *r, const char *tag)
{
    const struct hf_bytes *field = hf_http_find(r->head, "if-none-match");

    return field != NULL && field->n >= strlen(tag) &&
           memmem(field->p, field->n, tag, strlen(tag)) != NULL;
}

bool
hf_console(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a)
{
    struct hf_bytes body;
    const char     *name = asset_of(r, &body), *tag;

    (void)s;
    if (name == NULL) {
        hf_answer_error(a, hf_fail(HF_E_ABSENT, "there is nothing at this address"), "");
        return true;
    }
    tag = tag_of(body);
    a->type = type_of(name);
    a->lasting = body;
    hf_http_put_str(&a->fields, "ETag", tag);
    hf_wr_str(&a->fields, is_hashed(name) ? "Cache-Control: public, max-age=31536000, immutable\r\n"
                                          : "Cache-Control: no-cache\r\n");
    hf_wr_str(&a->fields, policy);
    if (tag_matches(r, tag))
        a->status = 304;
    return true;
}
