/*
 * bytes.h - reading and writing wire formats.
 *
 *   hf_bytes  a borrowed run of bytes, passed by value
 *   hf_rd     a reader: consumes borrowed bytes from the front
 *   hf_wr     a writer: owns a growing buffer with a hard upper limit
 *
 * Reader and writer remember their first failure. After it, reads give zero
 * or an empty run, writes do nothing, and the final hf_rd_end() or
 * hf_wr_end() reports it. A parser therefore lists the fields of its message
 * in order and checks once, at the end, before anything it read is used:
 *
 *     struct hf_rd r = hf_rd(in);
 *
 *     m->version = hf_rd_u8(&r);
 *     m->serial  = hf_rd_be32(&r);
 *     m->name    = hf_rd_take(&r, hf_rd_be16(&r));
 *     return hf_rd_end(&r, "enrolment request");
 *
 * A length taken from the wire can never reach past the bytes that are
 * there, and an unread remainder is a failure (E_TRAILING), not ignored.
 *
 * One read a statement (C leaves the order of two arguments open); a length
 * read inside hf_rd_take() or hf_rd_sub() is the one nesting that is used.
 */
#ifndef HF_BASE_BYTES_H
#define HF_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"

/* -- Borrowed bytes -------------------------------------------------------- */

struct hf_bytes {
    const uint8_t *p; /* NULL only when n is 0 */
    size_t         n;
};

struct hf_bytes hf_bytes(const void *p, size_t n);
struct hf_bytes hf_bytes_str(const char *s); /* without the NUL; NULL is empty */
bool            hf_bytes_eq(struct hf_bytes a, struct hf_bytes b);
int             hf_bytes_cmp(struct hf_bytes a, struct hf_bytes b); /* like memcmp, shorter first */

/* Time depends on the lengths only: for MACs, tokens, digests of secrets. */
bool hf_bytes_eq_secret(struct hf_bytes a, struct hf_bytes b);

/* -- Reader ---------------------------------------------------------------- */

struct hf_rd {
    const uint8_t *p, *end; /* what is left */
    enum hf_rc     rc;      /* the first failure, or HF_OK */
};

struct hf_rd hf_rd(struct hf_bytes in);
size_t       hf_rd_left(const struct hf_rd *r); /* 0 after a failure */

uint8_t  hf_rd_u8(struct hf_rd *r);
uint16_t hf_rd_be16(struct hf_rd *r);
uint32_t hf_rd_be32(struct hf_rd *r);
uint64_t hf_rd_be64(struct hf_rd *r);

/* n bytes, still owned by whoever owns the input. */
struct hf_bytes hf_rd_take(struct hf_rd *r, size_t n);

/* A run preceded by its own big-endian 32-bit length. */
struct hf_bytes hf_rd_run(struct hf_rd *r);

/*
 * n bytes as a reader of their own: nested structures stay inside it. It
 * starts out failed if r has failed, and needs an hf_rd_end() of its own.
 */
struct hf_rd hf_rd_sub(struct hf_rd *r, size_t n);

/* Exactly n bytes into out, which is zeroed on failure. */
void hf_rd_copy(struct hf_rd *r, void *out, size_t n);

/* A decimal number of exactly `digits` ASCII digits (ISO 8583, HSM hosts). */
uint64_t hf_rd_decimal(struct hf_rd *r, unsigned digits);

/* For a parser's own checks: "this field has an impossible value". */
void hf_rd_reject(struct hf_rd *r, enum hf_rc rc);

/* Report the first failure, or bytes left over. `what` names the message. */
HF_CHECKED enum hf_rc hf_rd_end(const struct hf_rd *r, const char *what);

/* -- Writer ---------------------------------------------------------------- */

struct hf_wr {
    uint8_t   *p; /* owned; NULL until the first byte */
    size_t     n, cap, max;
    bool       secret; /* old memory is cleansed when it grows or dies */
    enum hf_rc rc;
};

/* An empty writer that refuses to hold more than max bytes. No allocation. */
struct hf_wr hf_wr(size_t max);
struct hf_wr hf_wr_secret(size_t max);

void hf_wr_u8(struct hf_wr *w, uint8_t v);
void hf_wr_be16(struct hf_wr *w, uint16_t v);
void hf_wr_be32(struct hf_wr *w, uint32_t v);
void hf_wr_be64(struct hf_wr *w, uint64_t v);
void hf_wr_put(struct hf_wr *w, struct hf_bytes b);
void hf_wr_run(struct hf_wr *w, struct hf_bytes b); /* be32 length, then the bytes */
void hf_wr_str(struct hf_wr *w, const char *s);     /* the characters, no NUL */
void hf_wr_fmt(struct hf_wr *w, const char *fmt, ...) HF_PRINTF(2, 3);

/* n bytes to be filled in by the caller; NULL after a failure. */
uint8_t *hf_wr_space(struct hf_wr *w, size_t n);

/*
 * A length that is known only later: open, write the contents, close.
 *
 *     size_t mark = hf_wr_open(&w, 2);
 *     hf_wr_put(&w, name);
 *     hf_wr_close(&w, mark, 2);
 *
 * width is 1, 2, 3 or 4 bytes, big endian; contents that do not fit the
 * width make the writer fail with E_TOOBIG.
 */
size_t hf_wr_open(struct hf_wr *w, unsigned width);
void   hf_wr_close(struct hf_wr *w, size_t mark, unsigned width);

/* Forget what was written after `mark` bytes; memory stays. */
void hf_wr_cut(struct hf_wr *w, size_t mark);

/* What is there now, also after a failure (then possibly incomplete). */
struct hf_bytes hf_wr_bytes(const struct hf_wr *w);

/* Report the first failure. On HF_OK *out views the bytes; w still owns them. */
HF_CHECKED enum hf_rc hf_wr_end(const struct hf_wr *w, struct hf_bytes *out);

/* Release the memory, cleansing it first if secret. w is empty afterwards. */
void hf_wr_clear(struct hf_wr *w);

#endif
