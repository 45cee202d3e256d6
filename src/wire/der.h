/*
 * der.h - reading and writing DER (X.690 section 10), strictly.
 *
 * Reading works on hf_rd and keeps its habit: the first failure sticks, later
 * reads give zero or an empty run, so a parser lists fields and checks once:
 *
 *     struct hf_rd r = hf_rd(der), seq = hf_der_open(&r, HF_DER_SEQUENCE);
 *
 *     version = hf_der_uint(&seq, 2);
 *     name = hf_der_raw(&seq, HF_DER_SEQUENCE);
 *     hf_der_shut(&r, &seq);
 *     return hf_rd_end(&r, "request");
 *
 * Only DER passes: definite and minimal lengths, one-byte tags, minimal
 * INTEGER, BOOLEAN 00 or FF, zero padding bits, times in the form of RFC 5280
 * 4.1.2.5. All contents are borrowed from the input. A parser's nesting is
 * fixed by its text; hf_der_check() is for values of unknown type and bounded.
 *
 * Writing works on hf_wr: hf_der_begin() and hf_der_end() surround nested
 * contents. Where the length then fits the room that was kept, nothing moves.
 */
#ifndef HF_WIRE_DER_H
#define HF_WIRE_DER_H

#include "base/bytes.h"

enum {
    HF_DER_BOOLEAN = 0x01,
    HF_DER_INTEGER = 0x02,
    HF_DER_BITS = 0x03,
    HF_DER_OCTETS = 0x04,
    HF_DER_NULL = 0x05,
    HF_DER_OID = 0x06,
    HF_DER_ENUM = 0x0a,
    HF_DER_UTF8 = 0x0c,
    HF_DER_NUMERIC = 0x12,
    HF_DER_PRINTABLE = 0x13,
    HF_DER_T61 = 0x14,
    HF_DER_IA5 = 0x16,
    HF_DER_UTCTIME = 0x17,
    HF_DER_GENTIME = 0x18,
    HF_DER_VISIBLE = 0x1a,
    HF_DER_UNIVERSAL = 0x1c,
    HF_DER_BMP = 0x1e,
    HF_DER_SEQUENCE = 0x30,
    HF_DER_SET = 0x31,
};
#define HF_DER_CTX(n) (uint8_t)(0x80 | (n))  /* [n], primitive */
#define HF_DER_CTXC(n) (uint8_t)(0xa0 | (n)) /* [n], constructed */

#define HF_DER_DEPTH 32 /* deepest nesting that hf_der_check() follows */

/* -- Reading --------------------------------------------------------------- */

/* Is the next element one with this tag? False at the end and after a failure. */
bool hf_der_next(const struct hf_rd *r, uint8_t tag);

/* Contents of the next element, which must have this tag. */
struct hf_bytes hf_der_take(struct hf_rd *r, uint8_t tag);

/* The next element with tag and length; hf_der_any() leaves the tag to the caller. */
struct hf_bytes hf_der_raw(struct hf_rd *r, uint8_t tag);
struct hf_bytes hf_der_any(struct hf_rd *r, uint8_t *tag, struct hf_bytes *contents);

/* Contents if the next element has this tag; otherwise false and nothing is read. */
bool hf_der_opt(struct hf_rd *r, uint8_t tag, struct hf_bytes *contents);

/* Contents as a reader of its own; hf_der_shut() insists that it was used up and brings its failure back. */
struct hf_rd hf_der_open(struct hf_rd *r, uint8_t tag);
void         hf_der_shut(struct hf_rd *outer, const struct hf_rd *inner);

bool            hf_der_boolean(struct hf_rd *r);
struct hf_bytes hf_der_integer(struct hf_rd *r);            /* two's complement, minimal */
uint32_t        hf_der_uint(struct hf_rd *r, uint32_t max); /* 0..max, otherwise E_FORMAT */
/* [n] IMPLICIT, ENUMERATED */
uint32_t        hf_der_uint_as(struct hf_rd *r, uint8_t tag, uint32_t max);
struct hf_bytes hf_der_oid(struct hf_rd *r); /* contents; well formed */
struct hf_bytes hf_der_octets(struct hf_rd *r);
void            hf_der_null(struct hf_rd *r);

/* BIT STRING contents without the first octet; *unused (NULL: must be 0) is 0..7. */
struct hf_bytes hf_der_bits(struct hf_rd *r, unsigned *unused);

/* A named bit list (X.690 11.2.2: no trailing zero bits) as a mask, bit n = 1 << n; at most 32. */
uint32_t hf_der_flags(struct hf_rd *r, uint8_t tag);

/* UTCTime or GeneralizedTime, seconds since 1970; *tag (may be NULL) says which it was. */
int64_t hf_der_time(struct hf_rd *r, uint8_t *tag);
/* GeneralizedTime alone (CRL and OCSP fields), under an implicit tag too. */
int64_t hf_der_gentime(struct hf_rd *r, uint8_t tag);

/* Contents of a SET OF: E_FORMAT unless the elements are in DER's order (X.690 11.6). */
struct hf_rd hf_der_open_set(struct hf_rd *r, uint8_t tag);

/* Contents checks for values under implicit tags. */
bool hf_der_oid_ok(struct hf_bytes contents);
bool hf_der_integer_ok(struct hf_bytes contents);

/* INTEGER contents without the sign octet; empty if it is negative. Zero is one 00 octet. */
struct hf_bytes hf_der_magnitude(struct hf_bytes contents);

/* One element of any type, well formed all the way down, at most HF_DER_DEPTH deep. */
HF_CHECKED enum hf_rc hf_der_check(struct hf_bytes der, const char *what);

/* -- Writing --------------------------------------------------------------- */

/*
 * Open an element; the result is for hf_der_end(). begin keeps one octet for
 * the length (contents up to 127 octets), begin_large three (256 to 65535);
 * other lengths are right too, their contents are moved once.
 */
size_t hf_der_begin(struct hf_wr *w, uint8_t tag);
size_t hf_der_begin_large(struct hf_wr *w, uint8_t tag);
void   hf_der_end(struct hf_wr *w, size_t mark);
void   hf_der_end_set(struct hf_wr *w, size_t mark); /* sorts the elements (SET OF) */

void hf_der_put(struct hf_wr *w, uint8_t tag, struct hf_bytes contents);
void hf_der_put_boolean(struct hf_wr *w, bool v);
void hf_der_put_int(struct hf_wr *w, int64_t v);
void hf_der_put_int_as(struct hf_wr *w, uint8_t tag, int64_t v);
/* leading zeros are dropped */
void hf_der_put_unsigned(struct hf_wr *w, struct hf_bytes big_endian);
void hf_der_put_oid(struct hf_wr *w, struct hf_bytes contents);
void hf_der_put_octets(struct hf_wr *w, struct hf_bytes b);
void hf_der_put_bits(struct hf_wr *w, struct hf_bytes b); /* whole octets */
void hf_der_put_flags(struct hf_wr *w, uint8_t tag, uint32_t mask);
void hf_der_put_null(struct hf_wr *w);
void hf_der_put_utf8(struct hf_wr *w, const char *s);
void hf_der_put_printable(struct hf_wr *w, const char *s);
/* RFC 5280 4.1.2.5: UTCTime to 2049 */
void hf_der_put_time(struct hf_wr *w, int64_t s);
void hf_der_put_gentime(struct hf_wr *w, uint8_t tag, int64_t s);

/* SEQUENCE { body, AlgorithmIdentifier, BIT STRING }: certificate, CRL, request, all alike. */
void hf_der_put_signed(struct hf_wr *w, struct hf_bytes body, struct hf_bytes sig_alg,
                       struct hf_bytes sig);

#endif
