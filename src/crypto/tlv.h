/*
 * tlv.h - the few DER elements that public keys and algorithm identifiers are made of.
 *
 * crypto lies below wire, so the full reader (wire/der.h) is not to be had
 * here. Definite lengths in their shortest form only (X.690 10.1).
 */
#ifndef HF_CRYPTO_TLV_H
#define HF_CRYPTO_TLV_H

#include "base/bytes.h"

#define HF_TLV_INTEGER 0x02u
#define HF_TLV_BITS 0x03u
#define HF_TLV_OCTETS 0x04u
#define HF_TLV_NULL 0x05u
#define HF_TLV_OID 0x06u
#define HF_TLV_SEQUENCE 0x30u
#define HF_TLV_CONTEXT(n) (0xa0u | (n)) /* [n] EXPLICIT */

/* The next element has this tag. False at the end. */
bool hf_tlv_is(const struct hf_rd *r, uint8_t tag);

/* The contents of the next element, which must have this tag; fails r with E_FORMAT otherwise. */
struct hf_bytes hf_tlv(struct hf_rd *r, uint8_t tag);

/* The same as a reader of its own. */
struct hf_rd hf_tlv_in(struct hf_rd *r, uint8_t tag);

/* A positive INTEGER in shortest form, without its sign byte (X.690 8.3.2). */
struct hf_bytes hf_tlv_number(struct hf_rd *r);

/* A BIT STRING of whole bytes, without its count of unused bits. */
struct hf_bytes hf_tlv_bits(struct hf_rd *r);

/* Write: open gives a mark for close, which fills in tag and shortest length. */
size_t hf_tlv_open(struct hf_wr *w, uint8_t tag);
void   hf_tlv_close(struct hf_wr *w, size_t mark);
void   hf_tlv_put(struct hf_wr *w, uint8_t tag, struct hf_bytes contents);

/* A non-negative number as an INTEGER in shortest form. */
void hf_tlv_put_number(struct hf_wr *w, struct hf_bytes big_endian);

#endif
