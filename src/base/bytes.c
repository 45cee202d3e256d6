#include "base/bytes.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hf_bytes
hf_bytes(const void *p, size_t n)
{
    return (struct hf_bytes){ .p = p, .n = n };
}

struct hf_bytes
hf_bytes_str(const char *s)
{
    return hf_bytes(s, s == NULL ? 0 : strlen(s));
}

bool
hf_bytes_eq(struct hf_bytes a, struct hf_bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int
hf_bytes_cmp(struct hf_bytes a, struct hf_bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int    c = n == 0 ? 0 : memcmp(a.p, b.p, n);

    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

bool
hf_bytes_eq_secret(struct hf_bytes a, struct hf_bytes b)
{
    return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

/* -- Reader ---------------------------------------------------------------- */

struct hf_rd
hf_rd(struct hf_bytes in)
{
    static const uint8_t nothing[1];
    const uint8_t       *p = in.p == NULL ? nothing : in.p;

    return (struct hf_rd){ .p = p, .end = p + in.n, .rc = HF_OK };
}

size_t
hf_rd_left(const struct hf_rd *r)
{
    return r->rc == HF_OK ? (size_t)(r->end - r->p) : 0;
}

/* n bytes from the front, or NULL: too few left, or failed before. */
static const uint8_t *
advance(struct hf_rd *r, size_t n)
{
    const uint8_t *p = r->p;

    if (r->rc != HF_OK)
        return NULL;
    if ((size_t)(r->end - p) < n) {
        r->rc = HF_E_SHORT;
        return NULL;
    }
    r->p += n;
    return p;
}

static uint64_t
big_endian(struct hf_rd *r, unsigned width)
{
    const uint8_t *p = advance(r, width);
    uint64_t       v = 0;

    for (unsigned i = 0; p != NULL && i < width; i++)
        v = v << 8 | p[i];
    return v;
}

uint8_t
hf_rd_u8(struct hf_rd *r)
{
    return (uint8_t)big_endian(r, 1);
}

uint16_t
hf_rd_be16(struct hf_rd *r)
{
    return (uint16_t)big_endian(r, 2);
}

uint32_t
hf_rd_be32(struct hf_rd *r)
{
    return (uint32_t)big_endian(r, 4);
}

uint64_t
hf_rd_be64(struct hf_rd *r)
{
    return big_endian(r, 8);
}

struct hf_bytes
hf_rd_take(struct hf_rd *r, size_t n)
{
    const uint8_t *p = advance(r, n);

    return hf_bytes(p, p == NULL ? 0 : n);
}

struct hf_bytes
hf_rd_run(struct hf_rd *r)
{
    return hf_rd_take(r, hf_rd_be32(r));
}

struct hf_rd
hf_rd_sub(struct hf_rd *r, size_t n)
{
    struct hf_rd sub = hf_rd(hf_rd_take(r, n));

    sub.rc = r->rc;
    return sub;
}

void
hf_rd_copy(struct hf_rd *r, void *out, size_t n)
{
    const uint8_t *p = advance(r, n);

    if (n == 0)
        return;
    if (p == NULL)
        memset(out, 0, n);
    else
        memcpy(out, p, n);
}

uint64_t
hf_rd_decimal(struct hf_rd *r, unsigned digits)
{
    const uint8_t *p = digits <= 19 ? advance(r, digits) : NULL;
    uint64_t       v = 0;

    if (p == NULL) {
        hf_rd_reject(r, HF_E_FORMAT);
        return 0;
    }
    for (unsigned i = 0; i < digits; i++) {
        if (p[i] < '0' || p[i] > '9') {
            hf_rd_reject(r, HF_E_FORMAT);
            return 0;
        }
        v = v * 10 + (uint64_t)(p[i] - '0');
    }
    return v;
}

void
hf_rd_reject(struct hf_rd *r, enum hf_rc rc)
{
    if (r->rc == HF_OK)
        r->rc = rc;
}

enum hf_rc
hf_rd_end(const struct hf_rd *r, const char *what)
{
    if (r->rc != HF_OK)
        return hf_fail(r->rc, "%s: %s", what, hf_rc_text(r->rc));
    if (r->p != r->end)
        return hf_fail(HF_E_TRAILING, "%s: %zu bytes left over", what, (size_t)(r->end - r->p));
    return HF_OK;
}

/* -- Writer ---------------------------------------------------------------- */

struct hf_wr
hf_wr(size_t max)
{
    return (struct hf_wr){ .max = max };
}

struct hf_wr
hf_wr_secret(size_t max)
{
    return (struct hf_wr){ .max = max, .secret = true };
}

static enum hf_rc
grow(struct hf_wr *w, size_t need)
{
    size_t   cap = w->cap == 0 ? 64 : w->cap;
    uint8_t *p;

    if (need > w->max)
        return HF_E_TOOBIG;
    while (cap < need)
        cap = cap > w->max / 2 ? w->max : cap * 2;
    if (cap < need || (p = malloc(cap)) == NULL)
        return HF_E_NOMEM;
    if (w->n != 0)
        memcpy(p, w->p, w->n);
    if (w->secret && w->p != NULL)
        OPENSSL_cleanse(w->p, w->cap);
    free(w->p);
    w->p = p;
    w->cap = cap;
    return HF_OK;
}

uint8_t *
hf_wr_space(struct hf_wr *w, size_t n)
{
    uint8_t *at;

    if (w->rc != HF_OK)
        return NULL;
    if (n > w->max - w->n)
        w->rc = HF_E_TOOBIG;
    else if (n > w->cap - w->n || w->p == NULL)
        w->rc = grow(w, w->n + n);
    if (w->rc != HF_OK)
        return NULL;
    at = w->p + w->n;
    w->n += n;
    return at;
}

static void
put_big_endian(uint8_t *p, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        p[i] = (uint8_t)(v >> (8 * (width - 1 - i)));
}

static void
write_big_endian(struct hf_wr *w, uint64_t v, unsigned width)
{
    uint8_t *p = hf_wr_space(w, width);

    if (p != NULL)
        put_big_endian(p, v, width);
}

void
hf_wr_u8(struct hf_wr *w, uint8_t v)
{
    write_big_endian(w, v, 1);
}

void
hf_wr_be16(struct hf_wr *w, uint16_t v)
{
    write_big_endian(w, v, 2);
}

void
hf_wr_be32(struct hf_wr *w, uint32_t v)
{
    write_big_endian(w, v, 4);
}

void
hf_wr_be64(struct hf_wr *w, uint64_t v)
{
    write_big_endian(w, v, 8);
}

void
hf_wr_put(struct hf_wr *w, struct hf_bytes b)
{
    uint8_t *p;

    if (b.n != 0 && (p = hf_wr_space(w, b.n)) != NULL)
        memcpy(p, b.p, b.n);
}

void
hf_wr_run(struct hf_wr *w, struct hf_bytes b)
{
    if (b.n > UINT32_MAX) {
        if (w->rc == HF_OK)
            w->rc = HF_E_TOOBIG;
        return;
    }
    hf_wr_be32(w, (uint32_t)b.n);
    hf_wr_put(w, b);
}

void
hf_wr_str(struct hf_wr *w, const char *s)
{
    hf_wr_put(w, hf_bytes_str(s));
}

void
hf_wr_fmt(struct hf_wr *w, const char *fmt, ...)
{
    char    small[256], *text = small;
    int     n;
    va_list ap;

    va_start(ap, fmt);
    n = vsnprintf(small, sizeof(small), fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof(small)) {
        va_start(ap, fmt);
        n = vasprintf(&text, fmt, ap);
        va_end(ap);
    }
    if (n < 0) {
        if (w->rc == HF_OK)
            w->rc = HF_E_NOMEM;
        return;
    }
    hf_wr_put(w, hf_bytes(text, (size_t)n));
    if (w->secret)
        OPENSSL_cleanse(text, (size_t)n);
    if (text != small)
        free(text);
}

size_t
hf_wr_open(struct hf_wr *w, unsigned width)
{
    write_big_endian(w, 0, width);
    return w->n;
}

void
hf_wr_close(struct hf_wr *w, size_t mark, unsigned width)
{
    uint64_t n = w->n - mark;

    if (w->rc != HF_OK)
        return;
    if (width < 8 && n >> (8 * width) != 0) {
        w->rc = HF_E_TOOBIG;
        return;
    }
    put_big_endian(w->p + mark - width, n, width);
}

void
hf_wr_cut(struct hf_wr *w, size_t mark)
{
    if (mark < w->n)
        w->n = mark;
}

struct hf_bytes
hf_wr_bytes(const struct hf_wr *w)
{
    return hf_bytes(w->p, w->n);
}

enum hf_rc
hf_wr_end(const struct hf_wr *w, struct hf_bytes *out)
{
    *out = hf_bytes(NULL, 0);
    if (w->rc != HF_OK)
        return hf_fail(w->rc, "writing: %s (limit %zu bytes)", hf_rc_text(w->rc), w->max);
    *out = hf_wr_bytes(w);
    return HF_OK;
}

void
hf_wr_clear(struct hf_wr *w)
{
    if (w->secret && w->p != NULL)
        OPENSSL_cleanse(w->p, w->cap);
    free(w->p);
    *w = (struct hf_wr){ .max = w->max, .secret = w->secret };
}
