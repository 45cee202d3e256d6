#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* -- Hexadecimal and base64 ------------------------------------------------ */

char *
hf_hex(struct hf_bytes b, char *out)
{
    static const char digit[] = "0123456789abcdef";

    for (size_t i = 0; i < b.n; i++) {
        out[2 * i] = digit[b.p[i] >> 4];
        out[2 * i + 1] = digit[b.p[i] & 15];
    }
    out[2 * b.n] = '\0';
    return out;
}

char *
hf_hex_arena(struct hf_arena *a, struct hf_bytes b)
{
    return hf_hex(b, hf_arena_get(a, 2 * b.n + 1));
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum hf_rc
hf_unhex(const char *text, struct hf_wr *out)
{
    size_t n = strlen(text);

    if (n % 2 != 0)
        return hf_fail(HF_E_FORMAT, "hexadecimal: odd number of digits");
    for (size_t i = 0; i < n; i += 2) {
        int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

        if (high < 0 || low < 0)
            return hf_fail(HF_E_FORMAT, "hexadecimal: no digit at position %zu", i + 1);
        hf_wr_u8(out, (uint8_t)(high << 4 | low));
    }
    return out->rc;
}

static const char base64_std[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void
base64_write(struct hf_bytes b, const char *alphabet, bool pad, struct hf_wr *out)
{
    for (size_t i = 0; i < b.n; i += 3) {
        size_t   left = b.n - i;
        uint32_t v = (uint32_t)b.p[i] << 16;

        if (left > 1)
            v |= (uint32_t)b.p[i + 1] << 8;
        if (left > 2)
            v |= b.p[i + 2];
        hf_wr_u8(out, (uint8_t)alphabet[v >> 18]);
        hf_wr_u8(out, (uint8_t)alphabet[v >> 12 & 63]);
        if (left > 1 || pad)
            hf_wr_u8(out, left > 1 ? (uint8_t)alphabet[v >> 6 & 63] : '=');
        if (left > 2 || pad)
            hf_wr_u8(out, left > 2 ? (uint8_t)alphabet[v & 63] : '=');
    }
}

static int
base64_digit(uint8_t c, const char *alphabet)
{
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);

    return at == NULL ? -1 : (int)(at - alphabet);
}

static enum hf_rc
base64_read(struct hf_bytes text, const char *alphabet, struct hf_wr *out)
{
    uint32_t v = 0;
    unsigned bits = 0;

    if (text.n % 4 == 1)
        return hf_fail(HF_E_FORMAT, "base64: impossible length");
    for (size_t i = 0; i < text.n; i++) {
        int d = base64_digit(text.p[i], alphabet);

        if (d < 0)
            return hf_fail(HF_E_FORMAT, "base64: bad character at position %zu", i + 1);
        v = (v << 6 | (uint32_t)d) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            hf_wr_u8(out, (uint8_t)(v >> bits));
        }
    }
    if ((v & ((1u << bits) - 1)) != 0)
        return hf_fail(HF_E_FORMAT, "base64: spare bits are set");
    return out->rc;
}

void
hf_base64(struct hf_bytes b, struct hf_wr *out)
{
    base64_write(b, base64_std, true, out);
}

enum hf_rc
hf_unbase64(struct hf_bytes text, struct hf_wr *out)
{
    if (text.n % 4 != 0)
        return hf_fail(HF_E_FORMAT, "base64: length is no multiple of four");
    for (int i = 0; i < 2 && text.n != 0 && text.p[text.n - 1] == '='; i++)
        text.n--;
    return base64_read(text, base64_std, out);
}

void
hf_base64url(struct hf_bytes b, struct hf_wr *out)
{
    base64_write(b, base64_url, false, out);
}

enum hf_rc
hf_unbase64url(struct hf_bytes text, struct hf_wr *out)
{
    return base64_read(text, base64_url, out);
}

/* -- UTF-8 ------------------------------------------------------------------ */

/* The character at p and its length in *n; -1 if it is malformed. */
static int32_t
utf8_next(const uint8_t *p, size_t left, size_t *n)
{
    static const int32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    int32_t              c;

    *n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (*n == 1)
        return p[0];
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < *n)
        return -1;
    c = p[0] & (0xff >> (*n + 1));
    for (size_t i = 1; i < *n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return -1;
        c = c << 6 | (p[i] & 0x3f);
    }
    if (c < least[*n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return -1;
    return c;
}

static bool
utf8_check(struct hf_bytes b, bool control_allowed)
{
    size_t n;

    for (size_t i = 0; i < b.n; i += n) {
        int32_t c = utf8_next(b.p + i, b.n - i, &n);

        if (c < 0 || (!control_allowed && (c < 0x20 || (c >= 0x7f && c < 0xa0))))
            return false;
    }
    return true;
}

bool
hf_utf8_is_text(struct hf_bytes b)
{
    return utf8_check(b, false);
}

bool
hf_utf8_valid(struct hf_bytes b)
{
    return utf8_check(b, true);
}

/* -- Time -------------------------------------------------------------------- */

static int64_t
clock_ms(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
hf_now_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t
hf_tick_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

/* The last n digits of v. Every certificate has several times, of which snprintf() would be most. */
static void
put_digits(char *p, size_t n, int v)
{
    while (n-- != 0) {
        p[n] = (char)('0' + v % 10);
        v /= 10;
    }
}

char *
hf_time_text(int64_t ms, char out[HF_TIME_TEXT])
{
    time_t    s = (time_t)(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
    struct tm tm;

    gmtime_r(&s, &tm);
    memcpy(out, "0000-00-00T00:00:00Z", sizeof("0000-00-00T00:00:00Z"));
    put_digits(out, 4, tm.tm_year + 1900);
    put_digits(out + 5, 2, tm.tm_mon + 1);
    put_digits(out + 8, 2, tm.tm_mday);
    put_digits(out + 11, 2, tm.tm_hour);
    put_digits(out + 14, 2, tm.tm_min);
    put_digits(out + 17, 2, tm.tm_sec);
    return out;
}

int64_t
hf_time_civil(int64_t year, int month, int day, int hour, int minute, int second)
{
    /* Years that begin in March put the leap day last (Gregorian, proleptic). */
    int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t days = era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;

    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

static bool
civil_is_valid(int year, int month, int day, int hour, int minute, int second)
{
    static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool             leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month >= 1 && month <= 12 && day >= 1 &&
           day <= length[month - 1] + (month == 2 && leap) && hour >= 0 && hour <= 23 &&
           minute >= 0 && minute <= 59 && second >= 0 && second <= 59;
}

enum hf_rc
hf_time_read(const char *text, int64_t *ms)
{
    int  y, mo, d, h, mi, s, used = 0, oh = 0, om = 0, end = 0;
    char t, sign = 'Z';

    *ms = 0;
    if (strspn(text, "0123456789-+:.TtZz ") != strlen(text) ||
        sscanf(text, "%4d-%2d-%2d%c%2d:%2d:%2d%n", &y, &mo, &d, &t, &h, &mi, &s, &used) != 7 ||
        used != 19 || strchr("Tt ", t) == NULL || !civil_is_valid(y, mo, d, h, mi, s))
        return hf_fail(HF_E_FORMAT, "time: not RFC 3339, such as 2026-01-31T08:00:00Z");
    text += used;
    if (*text == '.')
        text += 1 + strspn(text + 1, "0123456789");
    if (strcmp(text, "Z") != 0 && strcmp(text, "z") != 0) {
        if (sscanf(text, "%c%2d:%2d%n", &sign, &oh, &om, &end) != 3 || text[end] != '\0' ||
            end != 6 || (sign != '+' && sign != '-') || oh < 0 || oh > 23 || om < 0 || om > 59)
            return hf_fail(HF_E_FORMAT, "time: needs Z or an offset such as +08:00 at its end");
    }
    *ms = hf_time_civil(y, mo, d, h, mi, s) * 1000;
    *ms -= (sign == '-' ? -1 : 1) * (int64_t)(oh * 60 + om) * 60000;
    return HF_OK;
}

enum hf_rc
hf_int_read(const char *field, const char *text, int64_t low, int64_t high, int64_t *out)
{
    char     *end;
    long long v;

    *out = 0;
    errno = 0;
    v = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || isspace((unsigned char)text[0]) || text[0] == '+')
        return hf_fail_field(HF_E_ARG, field, "must be a whole number");
    if (errno == ERANGE || v < low || v > high)
        return hf_fail_field(HF_E_ARG, field, "must lie between %lld and %lld", (long long)low,
                             (long long)high);
    *out = v;
    return HF_OK;
}
