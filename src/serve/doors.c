/* doors.c - every way into the product by HTTP, one row each. */
#include <string.h>

#include "serve/api.h"
#include "serve/console.h"
#include "serve/crl.h"
#include "serve/door.h"
#include "serve/ocsp.h"
#include "serve/sso.h"

static bool
health(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a)
{
    static const char body[] = "{\"status\":\"ok\"}";

    (void)s;
    (void)r;
    a->type = "application/json";
    a->lasting = hf_bytes_str(body);
    hf_wr_str(&a->fields, "Cache-Control: no-store\r\n");
    return true;
}

#define WEB (HF_ON_HTTPS | HF_ON_LOCAL)
#define ANYWHERE (HF_ON_HTTPS | HF_ON_HTTP | HF_ON_LOCAL)

static const struct hf_door doors[] = {
    /* name      path        methods      open on   largest body  on the loop     on a thread */
    { "health", "/health", "GET HEAD", ANYWHERE, 0, health, NULL, NULL },
    { "ocsp", "/ocsp", "GET POST", ANYWHERE, 16 << 10, hf_ocsp_quick, NULL, hf_ocsp_slow },
    { "ocsp", "/ocsp/", "GET POST", ANYWHERE, 16 << 10, hf_ocsp_quick, NULL, hf_ocsp_slow },
    { "crl", "/crl/", "GET HEAD", ANYWHERE, 0, hf_crl_quick, NULL, NULL },
    { "ca", "/ca/", "GET HEAD", ANYWHERE, 0, hf_crl_quick, NULL, NULL },
    { "sso", "/ssoAuthService", "GET POST", WEB, 16 << 10, NULL, hf_sso, NULL },
    { "api", "/api/v1/", "GET POST", WEB, 1 << 20, NULL, hf_api, NULL },
    { "console", "/", "GET HEAD", WEB, 0, hf_console, NULL, NULL },
};

static bool
fits(const struct hf_door *d, struct hf_bytes path)
{
    size_t n = strlen(d->path);

    if (path.n < n || memcmp(d->path, path.p, n) != 0)
        return false;
    return path.n == n || d->path[n - 1] == '/';
}

const struct hf_door *
hf_door_find(struct hf_bytes path, unsigned on)
{
    const struct hf_door *best = NULL;

    for (size_t i = 0; i < HF_COUNT(doors); i++)
        if ((doors[i].on & on) != 0 && fits(&doors[i], path))
            if (best == NULL || strlen(doors[i].path) > strlen(best->path))
                best = &doors[i];
    return best;
}

const char *
hf_door_method(const struct hf_door *door, struct hf_bytes method)
{
    static const char *const known[] = { "GET", "POST", "HEAD", "PUT", "DELETE" };
    const char              *at;

    for (size_t i = 0; i < HF_COUNT(known); i++) {
        size_t n = strlen(known[i]);

        if (!hf_bytes_eq(method, hf_bytes(known[i], n)))
            continue;
        for (at = door->methods; (at = strstr(at, known[i])) != NULL; at += n)
            if ((at == door->methods || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
                return known[i];
    }
    return NULL;
}
