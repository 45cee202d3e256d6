/*
 * text.h - text forms of bytes and times.
 */
#ifndef HF_BASE_TEXT_H
#define HF_BASE_TEXT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

/* Lower-case hexadecimal of b into out (2 * b.n + 1 bytes). Returns out. */
char *hf_hex(struct hf_bytes b, char *out);
char *hf_hex_arena(struct hf_arena *a, struct hf_bytes b);

/* Hexadecimal, either case, an even number of digits and nothing else. */
HF_CHECKED enum hf_rc hf_unhex(const char *text, struct hf_wr *out);

/* RFC 4648 base64 with padding; the reader is strict: no white space, no spare bits. */
void                  hf_base64(struct hf_bytes b, struct hf_wr *out);
HF_CHECKED enum hf_rc hf_unbase64(struct hf_bytes text, struct hf_wr *out);

/* RFC 4648 section 5 alphabet without padding, both ways. */
void                  hf_base64url(struct hf_bytes b, struct hf_wr *out);
HF_CHECKED enum hf_rc hf_unbase64url(struct hf_bytes text, struct hf_wr *out);

/* Well-formed UTF-8 (RFC 3629: shortest form, no surrogates) without control characters. */
bool hf_utf8_is_text(struct hf_bytes b);

/* Well-formed UTF-8, control characters allowed. */
bool hf_utf8_valid(struct hf_bytes b);

/* Milliseconds since 1970-01-01 UTC, from the system's clock. */
int64_t hf_now_ms(void);

/* Milliseconds on a clock that never jumps; for intervals. */
int64_t hf_tick_ms(void);

/* "2026-11-21T20:15:20Z" (RFC 3339, UTC) into out; milliseconds are dropped. Years 0 to 9999. */
#define HF_TIME_TEXT 32
char *hf_time_text(int64_t ms, char out[HF_TIME_TEXT]);

/* RFC 3339, with "Z" or a numeric offset. E_FORMAT otherwise. */
HF_CHECKED enum hf_rc hf_time_read(const char *text, int64_t *ms);

/* Seconds since 1970 of a UTC civil time; months and days count from 1. No range check. */
int64_t hf_time_civil(int64_t year, int month, int day, int hour, int minute, int second);

/* A decimal integer and nothing else, within low..high. E_ARG naming `field` otherwise. */
HF_CHECKED enum hf_rc hf_int_read(const char *field, const char *text, int64_t low, int64_t high,
                                  int64_t *out);

#endif
