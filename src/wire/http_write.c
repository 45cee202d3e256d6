/* http_write.c - writing HTTP/1.1 messages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "wire/http.h"

static const struct {
    int         status;
    const char *reason;
} reasons[] = {
    { 200, "OK" },
    { 100, "Continue" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 301, "Moved Permanently" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 417, "Expectation Failed" },
    { 421, "Misdirected Request" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 505, "HTTP Version Not Supported" },
};

const char *
hf_http_reason(int status)
{
    for (size_t i = 0; i < HF_COUNT(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "";
}

/* Decimal or hexadecimal without printf: this runs for each answer. */
static void
put_number(struct hf_wr *w, uint64_t v, unsigned base)
{
    char   text[24];
    size_t n = sizeof(text);

    do
        text[--n] = "0123456789abcdef"[v % base];
    while ((v /= base) != 0);
    hf_wr_put(w, hf_bytes(text + n, sizeof(text) - n));
}

void
hf_http_put_status(struct hf_wr *w, int status)
{
    hf_wr_str(w, "HTTP/1.1 ");
    put_number(w, (uint64_t)status, 10);
    hf_wr_u8(w, ' ');
    hf_wr_str(w, hf_http_reason(status));
    hf_wr_str(w, "\r\n");
}

void
hf_http_put_request(struct hf_wr *w, const char *method, const char *target, const char *host)
{
    hf_wr_str(w, method);
    hf_wr_u8(w, ' ');
    hf_wr_str(w, target);
    hf_wr_str(w, " HTTP/1.1\r\n");
    hf_http_put_str(w, "Host", host);
}

void
hf_http_put_field(struct hf_wr *w, const char *name, struct hf_bytes value)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < 0x20 ? value.p[i] != '\t' : value.p[i] == 0x7f)
            abort(); /* would split the message */
    hf_wr_str(w, name);
    hf_wr_str(w, ": ");
    hf_wr_put(w, value);
    hf_wr_str(w, "\r\n");
}

void
hf_http_put_str(struct hf_wr *w, const char *name, const char *value)
{
    hf_http_put_field(w, name, hf_bytes_str(value));
}

void
hf_http_put_body(struct hf_wr *w, struct hf_bytes body)
{
    hf_wr_str(w, "Content-Length: ");
    put_number(w, body.n, 10);
    hf_wr_str(w, "\r\n\r\n");
    hf_wr_put(w, body);
}

void
hf_http_put_chunked(struct hf_wr *w)
{
    hf_wr_str(w, "Transfer-Encoding: chunked\r\n\r\n");
}

void
hf_http_put_chunk(struct hf_wr *w, struct hf_bytes part)
{
    put_number(w, part.n, 16);
    hf_wr_str(w, "\r\n");
    hf_wr_put(w, part);
    hf_wr_str(w, "\r\n");
}

/* -- Dates (RFC 9110 section 5.6.7) ------------------------------------------------- */

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

char *
hf_http_date(int64_t unix_s, char out[HF_HTTP_DATE])
{
    time_t    t = (time_t)unix_s;
    struct tm tm;

    gmtime_r(&t, &tm);
    (void)snprintf(out, HF_HTTP_DATE, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                   days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900,
                   tm.tm_hour, tm.tm_min, tm.tm_sec);
    return out;
}

static bool
two_digits(const uint8_t *p, int *out)
{
    *out = (p[0] - '0') * 10 + (p[1] - '0');
    return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9';
}

enum hf_rc
hf_http_date_read(struct hf_bytes text, int64_t *unix_s)
{
    const uint8_t *p = text.p;
    int            day, high, low, h, m, s, month = 0;
    char           back[HF_HTTP_DATE];

    *unix_s = 0;
    if (text.n != 29 || !two_digits(p + 5, &day) || !two_digits(p + 12, &high) ||
        !two_digits(p + 14, &low) || !two_digits(p + 17, &h) || !two_digits(p + 20, &m) ||
        !two_digits(p + 23, &s))
        return hf_fail(HF_E_FORMAT, "date: not as in RFC 9110 5.6.7");
    while (month < 12 && memcmp(months + 3 * month, p + 8, 3) != 0)
        month++;
    if (month < 12)
        *unix_s = hf_time_civil(high * 100 + low, month + 1, day, h, m, s);
    /* whatever was wrong, or out of its range, does not come out the same way */
    if (month == 12 || memcmp(hf_http_date(*unix_s, back), p, 29) != 0)
        return hf_fail(HF_E_FORMAT, "date: not as in RFC 9110 5.6.7");
    return HF_OK;
}
