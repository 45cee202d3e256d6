/*
 * pem.h - text encoding of DER objects (RFC 7468).
 *
 * The reader takes the lax outer form (text between blocks is skipped) and a
 * strict inner one: base64 lines, no headers, matching labels.
 */
#ifndef HF_WIRE_PEM_H
#define HF_WIRE_PEM_H

#include "base/bytes.h"

#define HF_PEM_CERT "CERTIFICATE"
#define HF_PEM_CRL "X509 CRL"
#define HF_PEM_CSR "CERTIFICATE REQUEST"

/*
 * The next block of text. *label is borrowed from the text; the DER is
 * appended to der. E_ABSENT when there is no further block; E_FORMAT, E_SHORT
 * for a broken one, with its line.
 */
HF_CHECKED enum hf_rc hf_pem_next(struct hf_rd *text, struct hf_bytes *label, struct hf_wr *der);

/* The next block with this label; others are skipped unread (a private key is not decoded). */
HF_CHECKED enum hf_rc hf_pem_find(struct hf_rd *text, const char *want, struct hf_wr *der);

/* Is it this label? CSR also matches the old "NEW CERTIFICATE REQUEST", CERT "X509 CERTIFICATE". */
bool hf_pem_is(struct hf_bytes label, const char *want);

/*
 * The single object in a file that is PEM with this label or bare DER
 * (it begins with a SEQUENCE). Other blocks are skipped; a second one with
 * this label is ignored too. E_ABSENT: none of this label.
 */
HF_CHECKED enum hf_rc hf_pem_or_der(struct hf_bytes file, const char *label, struct hf_wr *der);

/* 64 columns, with begin and end line. */
void hf_pem_put(struct hf_wr *w, const char *label, struct hf_bytes der);

#endif
