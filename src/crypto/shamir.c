#include "crypto/shamir.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* -- GF(2^8) ------------------------------------------------------------------- */

/* Russian peasant multiplication with masks in place of branches. */
static uint8_t
gf_mul(uint8_t a, uint8_t b)
{
    uint8_t r = 0;

    for (int i = 0; i < 8; i++) {
        r ^= (uint8_t)(a & -(b & 1));
        b = (uint8_t)(b >> 1);
        a = (uint8_t)((a << 1) ^ (0x1b & -(a >> 7)));
    }
    return r;
}

/* a^254, which is 1/a. Only public abscissae are inverted. */
static uint8_t
gf_inverse(uint8_t a)
{
    uint8_t r = 1;

    for (int i = 0; i < 7; i++) {
        a = gf_mul(a, a);
        r = gf_mul(r, a);
    }
    return r;
}

/* -- Splitting and joining -------------------------------------------------------- */

static enum hf_rc
check_counts(unsigned need, unsigned of)
{
    if (need < 2 || need > of || of > HF_KEY_SHARES_MAX)
        return hf_fail_field(HF_E_ARG, "shares",
                             "%u of %u: between 2 and all, of at most %u (PKI-61)", need, of,
                             HF_KEY_SHARES_MAX);
    return HF_OK;
}

enum hf_rc
hf_share_split(const uint8_t secret[32], const char *key, unsigned need, unsigned of,
               struct hf_share *share)
{
    uint8_t    coefficient[HF_KEY_SHARES_MAX][32], set[8];
    enum hf_rc rc = check_counts(need, of);

    if (rc != HF_OK)
        return rc;
    hf_random(coefficient, sizeof(coefficient));
    hf_random(set, sizeof(set));
    memcpy(coefficient[0], secret, 32);
    for (unsigned i = 0; i < of; i++) {
        struct hf_share *s = &share[i];

        *s = (struct hf_share){ .x = i + 1, .need = need, .of = of };
        snprintf(s->key, sizeof(s->key), "%s", key);
        memcpy(s->set, set, sizeof(set));
        for (unsigned c = need; c-- > 0;) /* Horner */
            for (size_t b = 0; b < 32; b++)
                s->value[b] = gf_mul(s->value[b], (uint8_t)s->x) ^ coefficient[c][b];
    }
    OPENSSL_cleanse(coefficient, sizeof(coefficient));
    return HF_OK;
}

static enum hf_rc
check_set(const struct hf_share *share, size_t n)
{
    if (n == 0 || n < share[0].need)
        return hf_fail(HF_E_SHORT, "shares: %zu given, %u are needed", n,
                       n == 0 ? 2 : share[0].need);
    for (size_t i = 1; i < n; i++) {
        if (memcmp(share[i].set, share[0].set, sizeof(share[0].set)) != 0 ||
            share[i].need != share[0].need || share[i].of != share[0].of ||
            strcmp(share[i].key, share[0].key) != 0)
            return hf_fail(HF_E_VERIFY, "shares: number %zu is of another set than the first",
                           i + 1);
        for (size_t j = 0; j < i; j++)
            if (share[j].x == share[i].x)
                return hf_fail(HF_E_VERIFY, "shares: share %u was given twice", share[i].x);
    }
    return HF_OK;
}

/* Lagrange's weight of share i at x = 0, among the first `need`. */
static uint8_t
weight(const struct hf_share *share, size_t i)
{
    uint8_t over = 1, under = 1;

    for (size_t j = 0; j < share[0].need; j++) {
        if (j == i)
            continue;
        over = gf_mul(over, (uint8_t)share[j].x);
        under = gf_mul(under, (uint8_t)(share[j].x ^ share[i].x));
    }
    return gf_mul(over, gf_inverse(under));
}

enum hf_rc
hf_share_join(const struct hf_share *share, size_t n, uint8_t secret[32])
{
    enum hf_rc rc = check_set(share, n);

    memset(secret, 0, 32);
    if (rc != HF_OK)
        return rc;
    for (size_t i = 0; i < share[0].need; i++) {
        uint8_t w = weight(share, i);

        for (size_t b = 0; b < 32; b++)
            secret[b] ^= gf_mul(share[i].value[b], w);
    }
    return HF_OK;
}

/* -- Text ---------------------------------------------------------------------------- */

#define CHECK 8u

static enum hf_rc
check_sum(struct hf_bytes lines, char hex[2 * CHECK + 1])
{
    uint8_t    digest[HF_DIGEST_MAX];
    enum hf_rc rc = hf_digest(HF_DIGEST_SHA256, &lines, 1, digest);

    if (rc == HF_OK)
        hf_hex(hf_bytes(digest, CHECK), hex);
    return rc;
}

/* Everything above the check line; the reader compares with this, so there is one form only. */
static void
write_lines(const struct hf_share *s, struct hf_wr *w)
{
    char value[65], set[17];

    hf_wr_fmt(w, "Hufu key share 1\nkey %s\nset %s\nshare %u\nneed %u of %u\nvalue %s\n", s->key,
              hf_hex(hf_bytes(s->set, 8), set), s->x, s->need, s->of,
              hf_hex(hf_bytes(s->value, 32), value));
    OPENSSL_cleanse(value, sizeof(value));
}

enum hf_rc
hf_share_write(const struct hf_share *share, struct hf_wr *w)
{
    size_t          from = w->n;
    char            sum[2 * CHECK + 1];
    struct hf_bytes all;
    enum hf_rc      rc;

    write_lines(share, w);
    if (w->rc != HF_OK)
        return hf_wr_end(w, &all);
    if ((rc = check_sum(hf_bytes(w->p + from, w->n - from), sum)) != HF_OK)
        return rc;
    hf_wr_fmt(w, "check %s\n", sum);
    return hf_wr_end(w, &all);
}

/* The next line's text after `word` and a space, without white space at its end. */
static bool
line(struct hf_bytes *text, const char *word, char *out, size_t size)
{
    const uint8_t *end = text->n == 0 ? NULL : memchr(text->p, '\n', text->n);
    size_t         all = end == NULL ? text->n : (size_t)(end - text->p), n = all, w = strlen(word);
    const uint8_t *p = text->p;

    *text = hf_bytes(p + all + (end != NULL), text->n - all - (end != NULL));
    while (n != 0 && (p[n - 1] == '\r' || p[n - 1] == ' ' || p[n - 1] == '\t'))
        n--;
    if (n <= w + 1 || n - w - 1 >= size || memcmp(p, word, w) != 0 || p[w] != ' ' ||
        memchr(p, '\0', n) != NULL)
        return false;
    memcpy(out, p + w + 1, n - w - 1);
    out[n - w - 1] = '\0';
    return true;
}

static bool
hex_exact(const char *text, void *out, size_t n)
{
    struct hf_wr w = hf_wr_secret(n);
    bool         ok = strlen(text) == 2 * n && hf_unhex(text, &w) == HF_OK && w.n == n;

    if (ok)
        memcpy(out, w.p, n);
    hf_wr_clear(&w);
    return ok;
}

static bool
number(const char *text, unsigned *out)
{
    int64_t v;

    if (hf_int_read("share", text, 1, HF_KEY_SHARES_MAX, &v) != HF_OK)
        return false;
    *out = (unsigned)v;
    return true;
}

static bool
counts(char *text, struct hf_share *s)
{
    char *of = strstr(text, " of ");

    if (of == NULL)
        return false;
    *of = '\0';
    return number(text, &s->need) && number(of + 4, &s->of) && s->need >= 2 && s->need <= s->of &&
           s->x <= s->of;
}

/* The name of the first line that is wrong, or NULL. */
static const char *
read_lines(struct hf_bytes *text, struct hf_share *s, char *sum, size_t sum_size)
{
    char        word[80], value[80];
    const char *bad = NULL;

    if (!line(text, "Hufu key share", word, sizeof(word)) || strcmp(word, "1") != 0)
        return "first line";
    if (!line(text, "key", s->key, sizeof(s->key)))
        return "line \"key\"";
    if (!line(text, "set", word, sizeof(word)) || !hex_exact(word, s->set, sizeof(s->set)))
        return "line \"set\"";
    if (!line(text, "share", word, sizeof(word)) || !number(word, &s->x))
        return "line \"share\"";
    if (!line(text, "need", word, sizeof(word)) || !counts(word, s))
        return "line \"need\"";
    if (!line(text, "value", value, sizeof(value)) || !hex_exact(value, s->value, sizeof(s->value)))
        bad = "line \"value\"";
    OPENSSL_cleanse(value, sizeof(value));
    return bad != NULL ? bad : line(text, "check", sum, sum_size) ? NULL : "line \"check\"";
}

enum hf_rc
hf_share_read(struct hf_bytes text, struct hf_share *out)
{
    struct hf_wr again = hf_wr_secret(1024);
    char         sum[2 * CHECK + 1] = "", want[2 * CHECK + 1];
    const char  *bad;
    enum hf_rc   rc = HF_OK;

    memset(out, 0, sizeof(*out));
    if (text.n > 1024)
        return hf_fail(HF_E_TOOBIG, "share: longer than 1024 bytes");
    if ((bad = read_lines(&text, out, sum, sizeof(sum))) == NULL)
        for (size_t i = 0; i < text.n && bad == NULL; i++)
            bad = strchr("\r\n\t ", text.p[i]) == NULL || text.p[i] == 0
                      ? "text after the last line"
                      : NULL;
    write_lines(out, &again);
    if (bad == NULL)
        rc = check_sum(hf_wr_bytes(&again), want);
    if (bad == NULL && rc == HF_OK && strcasecmp(sum, want) != 0)
        bad = "checksum";
    hf_wr_clear(&again);
    if (bad != NULL)
        rc = hf_fail(HF_E_FORMAT, "share: %s is wrong", bad);
    if (rc != HF_OK)
        OPENSSL_cleanse(out, sizeof(*out));
    return rc;
}
