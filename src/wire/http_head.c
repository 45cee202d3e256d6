#include "wire/http_head.h"

#include <string.h>

/* -- Characters ------------------------------------------------------------------ */

enum {
    TOKEN = 1,  /* tchar, RFC 9110 5.6.2 */
    VALUE = 2,  /* field-vchar, SP, HTAB: RFC 9110 5.5 */
    TARGET = 4, /* characters of a URI, RFC 3986, and '%' */
    HOST = 8,   /* characters of uri-host and port */
};

#define ALNUM (TOKEN | VALUE | TARGET | HOST)
#define MARK (VALUE | TARGET | HOST)
static const uint8_t class_of[256] = {
    ['\t'] = VALUE,         [' '] = VALUE,
    ['0' ... '9'] = ALNUM,  ['A' ... 'Z'] = ALNUM,
    ['a' ... 'z'] = ALNUM,  ['-'] = ALNUM,
    ['.'] = ALNUM,          ['_'] = ALNUM,
    ['~'] = ALNUM,          ['!'] = ALNUM,
    ['$'] = ALNUM,          ['&'] = ALNUM,
    ['\''] = ALNUM,         ['*'] = ALNUM,
    ['+'] = ALNUM,          ['%'] = ALNUM,
    [':'] = MARK,           ['['] = VALUE | HOST,
    [']'] = VALUE | HOST,   ['('] = MARK,
    [')'] = MARK,           [','] = MARK,
    [';'] = MARK,           ['='] = MARK,
    ['/'] = VALUE | TARGET, ['?'] = VALUE | TARGET,
    ['@'] = VALUE | TARGET, ['#'] = TOKEN | VALUE,
    ['^'] = TOKEN | VALUE,  ['`'] = TOKEN | VALUE,
    ['|'] = TOKEN | VALUE,  ['"'] = VALUE,
    ['<'] = VALUE,          ['>'] = VALUE,
    ['\\'] = VALUE,         ['{'] = VALUE,
    ['}'] = VALUE,          [0x80 ... 0xff] = VALUE,
};

static bool
all_of(struct hf_bytes b, uint8_t class)
{
    for (size_t i = 0; i < b.n; i++)
        if ((class_of[b.p[i]] & class) == 0)
            return false;
    return true;
}

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool
hf_http_is(struct hf_bytes name, const char *word)
{
    size_t i = 0;

    while (i < name.n && word[i] != '\0' && lower(name.p[i]) == (uint8_t)word[i])
        i++;
    return i == name.n && word[i] == '\0';
}

bool
hf_http_is_value(struct hf_bytes b)
{
    return all_of(b, VALUE);
}

static struct hf_bytes
trim(struct hf_bytes b)
{
    while (b.n != 0 && (b.p[0] == ' ' || b.p[0] == '\t'))
        b = hf_bytes(b.p + 1, b.n - 1);
    while (b.n != 0 && (b.p[b.n - 1] == ' ' || b.p[b.n - 1] == '\t'))
        b.n--;
    return b;
}

/* The part of *rest before the next `mark`; *rest becomes what follows it. False at the end. */
static bool
split(struct hf_bytes *rest, char mark, struct hf_bytes *part)
{
    const uint8_t *at;

    if (rest->p == NULL)
        return false;
    at = rest->n == 0 ? NULL : memchr(rest->p, mark, rest->n);
    if (at == NULL) {
        *part = *rest;
        *rest = hf_bytes(NULL, 0);
        return true;
    }
    *part = hf_bytes(rest->p, (size_t)(at - rest->p));
    *rest = hf_bytes(at + 1, rest->n - part->n - 1);
    return true;
}

/* -- Failure ---------------------------------------------------------------------- */

enum hf_rc
hf_http_refuse(struct hf_http_reader *r, int status, const char *why)
{
    r->refuse = r->response ? 0 : status;
    return hf_fail(status == 413 || status == 414 || status == 431 ? HF_E_TOOBIG : HF_E_FORMAT,
                   "HTTP: %s", why);
}

/* -- Fields that decide how the message is read -------------------------------------- */

enum { SEEN_HOST = 1, SEEN_LENGTH = 2, SEEN_CODING = 4, SEEN_CLOSE = 8, SEEN_KEEP = 16 };

static enum hf_rc
take_host(struct hf_http_reader *r, struct hf_bytes value, unsigned *seen)
{
    if ((*seen & SEEN_HOST) != 0)
        return hf_http_refuse(r, 400, "Host is given twice (RFC 9112 3.2)");
    *seen |= SEEN_HOST;
    if (r->response)
        return HF_OK;
    if (value.n == 0 || !all_of(value, HOST))
        return hf_http_refuse(r, 400, "Host is malformed (RFC 9112 3.2)");
    if (r->head.host.n == 0) /* the target's own authority goes first, RFC 9112 3.2.2 */
        r->head.host = value;
    return HF_OK;
}

static enum hf_rc
take_length(struct hf_http_reader *r, struct hf_bytes value, unsigned *seen)
{
    uint64_t n = 0;

    if ((*seen & SEEN_LENGTH) != 0)
        return hf_http_refuse(r, 400, "Content-Length is given twice (RFC 9112 6.3)");
    *seen |= SEEN_LENGTH;
    if (value.n == 0 || value.n > 18)
        return hf_http_refuse(r, 400, "Content-Length is malformed (RFC 9110 8.6)");
    for (size_t i = 0; i < value.n; i++) {
        if (!is_digit(value.p[i]))
            return hf_http_refuse(r, 400, "Content-Length is not a number (RFC 9110 8.6)");
        n = n * 10 + (uint64_t)(value.p[i] - '0');
    }
    r->head.framing = HF_HTTP_LENGTH;
    r->head.length = n;
    return HF_OK;
}

static enum hf_rc
take_coding(struct hf_http_reader *r, struct hf_bytes value, unsigned *seen)
{
    if ((*seen & SEEN_CODING) != 0)
        return hf_http_refuse(r, 400, "Transfer-Encoding is given twice");
    *seen |= SEEN_CODING;
    if (!hf_http_is(value, "chunked"))
        return hf_http_refuse(r, 501, "this Transfer-Encoding is not supported (RFC 9112 6.1)");
    return HF_OK;
}

static enum hf_rc
take_connection(struct hf_http_reader *r, struct hf_bytes value, unsigned *seen)
{
    struct hf_bytes word;

    while (split(&value, ',', &word)) {
        word = trim(word);
        if (!all_of(word, TOKEN))
            return hf_http_refuse(r, 400, "Connection is malformed (RFC 9110 7.6.1)");
        if (hf_http_is(word, "close"))
            *seen |= SEEN_CLOSE;
        if (hf_http_is(word, "keep-alive"))
            *seen |= SEEN_KEEP;
    }
    return HF_OK;
}

static enum hf_rc
take_expect(struct hf_http_reader *r, struct hf_bytes value, unsigned *seen)
{
    if (r->response)
        return HF_OK;
    if (!hf_http_is(value, "100-continue"))
        return hf_http_refuse(r, 417, "this expectation cannot be met (RFC 9110 10.1.1)");
    r->head.expect = r->head.minor == 1;
    return HF_OK;
}

static const struct {
    const char *name;
    size_t      n;
    enum hf_rc (*take)(struct hf_http_reader *r, struct hf_bytes value, unsigned *seen);
} framing_fields[] = {
    { "host", 4, take_host },
    { "content-length", 14, take_length },
    { "transfer-encoding", 17, take_coding },
    { "connection", 10, take_connection },
    { "expect", 6, take_expect },
};

/* -- Lines of the head ---------------------------------------------------------------- */

/* One "name: value" line, checked; RFC 9112 section 5. */
enum hf_rc
hf_http_field_read(struct hf_http_reader *r, struct hf_bytes line, struct hf_http_field *f)
{
    const uint8_t *colon;

    if (line.p[0] == ' ' || line.p[0] == '\t')
        return hf_http_refuse(r, 400, "a folded line (RFC 9112 5.2)");
    if ((colon = memchr(line.p, ':', line.n)) == NULL)
        return hf_http_refuse(r, 400, "a field without a colon");
    f->name = hf_bytes(line.p, (size_t)(colon - line.p));
    f->value = hf_bytes(colon + 1, line.n - f->name.n - 1);
    if (f->name.n == 0 || !all_of(f->name, TOKEN))
        return hf_http_refuse(r, 400, "a malformed field name (RFC 9112 5.1)");
    if (!all_of(f->value, VALUE))
        return hf_http_refuse(r, 400, "a control character in a field (RFC 9110 5.5)");
    f->value = trim(f->value);
    return HF_OK;
}

static enum hf_rc
take_field(struct hf_http_reader *r, struct hf_bytes line, unsigned *seen)
{
    struct hf_http_field *f = &r->head.field[r->head.fields];
    enum hf_rc            rc;

    if (r->head.fields == HF_HTTP_FIELDS_MAX)
        return hf_http_refuse(r, 431, "too many fields");
    if ((rc = hf_http_field_read(r, line, f)) != HF_OK)
        return rc;
    r->head.fields++;
    for (size_t i = 0; i < HF_COUNT(framing_fields); i++)
        if (f->name.n == framing_fields[i].n && hf_http_is(f->name, framing_fields[i].name))
            return framing_fields[i].take(r, f->value, seen);
    return HF_OK;
}

/* "HTTP/1.1": 505 for another version, 400 for something else. */
static enum hf_rc
read_version(struct hf_http_reader *r, struct hf_bytes v)
{
    if (v.n != 8 || memcmp(v.p, "HTTP/", 5) != 0 || !is_digit(v.p[5]) || v.p[6] != '.' ||
        !is_digit(v.p[7]))
        return hf_http_refuse(r, 400, "malformed version");
    if (v.p[5] != '1' || v.p[7] > '1')
        return hf_http_refuse(r, 505, "only HTTP/1.0 and HTTP/1.1 are spoken");
    r->head.minor = v.p[7] - '0';
    return HF_OK;
}

/* "http://authority/path": take the authority off (RFC 9112 3.2.2). */
static bool
take_authority(struct hf_http_head *head, struct hf_bytes *target)
{
    size_t          n = target->n > 7 && memcmp(target->p, "http://", 7) == 0    ? 7
                        : target->n > 8 && memcmp(target->p, "https://", 8) == 0 ? 8
                                                                                 : 0;
    struct hf_bytes rest = hf_bytes(target->p + n, target->n - n);
    size_t          end = 0;

    if (n == 0)
        return false;
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
        end++;
    head->host = hf_bytes(rest.p, end);
    *target = hf_bytes(rest.p + end, rest.n - end);
    return end != 0 && all_of(head->host, HOST) && target->n != 0 && target->p[0] == '/';
}

static enum hf_rc
read_target(struct hf_http_reader *r, struct hf_bytes target)
{
    struct hf_http_head *head = &r->head;
    const uint8_t       *mark;
    bool                 star = target.n == 1 && target.p[0] == '*';

    if (target.n == 0 || !all_of(target, TARGET))
        return hf_http_refuse(r, 400, "malformed request target");
    if (star ? !hf_bytes_eq(head->method, hf_bytes_str("OPTIONS"))
             : target.p[0] != '/' && !take_authority(head, &target))
        return hf_http_refuse(r, 400, "malformed request target (RFC 9112 3.2)");
    mark = memchr(target.p, '?', target.n);
    head->path = hf_bytes(target.p, mark == NULL ? target.n : (size_t)(mark - target.p));
    head->query =
        mark == NULL ? hf_bytes(NULL, 0) : hf_bytes(mark + 1, target.n - head->path.n - 1);
    return HF_OK;
}

/* method SP target SP version: exactly two blanks (RFC 9112 section 3). */
static enum hf_rc
read_request_line(struct hf_http_reader *r, struct hf_bytes line)
{
    struct hf_bytes target, rest = line;
    enum hf_rc      rc;

    if (!split(&rest, ' ', &r->head.method) || !split(&rest, ' ', &target) || rest.p == NULL)
        return hf_http_refuse(r, 400, "malformed request line (RFC 9112 3)");
    if (r->head.method.n == 0 || r->head.method.n > 16 || !all_of(r->head.method, TOKEN))
        return hf_http_refuse(r, 400, "malformed method");
    if ((rc = read_version(r, rest)) != HF_OK)
        return rc;
    return read_target(r, target);
}

/* "HTTP/1.1 200 reason"; the reason may be empty (RFC 9112 section 4). */
static enum hf_rc
read_status_line(struct hf_http_reader *r, struct hf_bytes line)
{
    const uint8_t *p = line.p;
    enum hf_rc     rc;

    if (line.n < 13 || p[8] != ' ' || p[12] != ' ' || p[9] < '1' || p[9] > '5' ||
        !is_digit(p[10]) || !is_digit(p[11]) || !all_of(hf_bytes(p + 13, line.n - 13), VALUE))
        return hf_http_refuse(r, 400, "malformed status line (RFC 9112 4)");
    if ((rc = read_version(r, hf_bytes(p, 8))) != HF_OK)
        return rc;
    r->head.status = (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
    return HF_OK;
}

/* -- The head as a whole ----------------------------------------------------------------- */

/* What the fields say together (RFC 9112 sections 6.3 and 9.3). */
static enum hf_rc
settle(struct hf_http_reader *r, unsigned seen)
{
    struct hf_http_head *h = &r->head;

    if (!r->response && h->minor == 1 && (seen & SEEN_HOST) == 0)
        return hf_http_refuse(r, 400, "Host is missing (RFC 9112 3.2)");
    if ((seen & SEEN_CODING) != 0) {
        if ((seen & SEEN_LENGTH) != 0)
            return hf_http_refuse(r, 400,
                                  "both Content-Length and Transfer-Encoding (RFC 9112 6.1)");
        if (h->minor == 0)
            return hf_http_refuse(r, 400, "Transfer-Encoding in HTTP/1.0 (RFC 9112 6.1)");
        h->framing = HF_HTTP_CHUNKED;
    }
    if (r->response && (r->no_body || h->status < 200 || h->status == 204 || h->status == 304))
        h->framing = HF_HTTP_NO_BODY;
    else if (r->response && (seen & (SEEN_CODING | SEEN_LENGTH)) == 0)
        h->framing = HF_HTTP_UNTIL_CLOSE;
    if (h->framing == HF_HTTP_LENGTH && h->length > r->limits.body)
        return hf_http_refuse(r, 413, "the body is too large");
    h->keep_alive = (seen & SEEN_CLOSE) == 0 && (h->minor == 1 || (seen & SEEN_KEEP) != 0) &&
                    h->framing != HF_HTTP_UNTIL_CLOSE;
    return HF_OK;
}

/* The next line of a complete head, without CRLF. A CR or LF elsewhere is refused. */
static enum hf_rc
next_line(struct hf_http_reader *r, struct hf_bytes *rest, struct hf_bytes *line)
{
    const uint8_t *lf = memchr(rest->p, '\n', rest->n);
    size_t         n = lf == NULL ? 0 : (size_t)(lf - rest->p);

    if (n == 0 || rest->p[n - 1] != '\r')
        return hf_http_refuse(r, 400, "a line that does not end in CR LF (RFC 9112 2.2)");
    *line = hf_bytes(rest->p, n - 1);
    *rest = hf_bytes(lf + 1, rest->n - n - 1);
    return HF_OK;
}

enum hf_rc
hf_http_head_read(struct hf_http_reader *r, struct hf_bytes rest)
{
    struct hf_bytes line;
    unsigned        seen = 0;
    enum hf_rc      rc;

    memset(&r->head, 0, offsetof(struct hf_http_head, field));
    if ((rc = next_line(r, &rest, &line)) != HF_OK)
        return rc;
    if (line.n > r->limits.line)
        return hf_http_refuse(r, 414, "the request line is too long");
    if ((rc = r->response ? read_status_line(r, line) : read_request_line(r, line)) != HF_OK)
        return rc;
    while ((rc = next_line(r, &rest, &line)) == HF_OK && line.n != 0)
        if ((rc = take_field(r, line, &seen)) != HF_OK)
            return rc;
    return rc != HF_OK ? rc : settle(r, seen);
}

/*
 * Where the head ends: the offset behind the first empty line, or 0. Lines
 * that end in a bare LF count, so that they are seen, and refused, at once.
 */
size_t
hf_http_head_end(struct hf_http_reader *r, struct hf_bytes in)
{
    const uint8_t *p = in.p + r->scanned, *end = in.p + in.n;

    while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        if (p + 1 < end && p[1] == '\n')
            return (size_t)(p - in.p) + 2;
        if (p + 2 < end && p[1] == '\r' && p[2] == '\n')
            return (size_t)(p - in.p) + 3;
        if (p + 2 >= end)
            break; /* undecided: look at this LF again */
        p++;
    }
    r->scanned = p != NULL && p < end ? (size_t)(p - in.p) : in.n;
    return 0;
}

/* -- Looking fields up ------------------------------------------------------------------------- */

const struct hf_bytes *
hf_http_find(const struct hf_http_head *head, const char *word)
{
    const struct hf_bytes *found = NULL;

    for (size_t i = 0; i < head->fields; i++) {
        if (!hf_http_is(head->field[i].name, word))
            continue;
        if (found != NULL)
            return NULL;
        found = &head->field[i].value;
    }
    return found;
}

struct hf_bytes
hf_http_cookie(const struct hf_http_head *head, const char *name)
{
    const struct hf_bytes *field = hf_http_find(head, "cookie");
    struct hf_bytes        rest, pair, key, found = { NULL, 0 };

    if (field == NULL)
        return found;
    rest = *field;
    while (split(&rest, ';', &pair)) {
        pair = trim(pair);
        if (!split(&pair, '=', &key) || !hf_bytes_eq(key, hf_bytes_str(name)))
            continue;
        if (found.p != NULL || pair.p == NULL)
            return hf_bytes(NULL, 0);
        found = pair;
    }
    return found;
}
