/*
 * x509_json.h - certificates, requests and CRLs as JSON, for people and programs.
 *
 * Objects are new references. Names are RFC 4514 text, times RFC 3339, numbers
 * that may be large and octets hexadecimal, general names as in hf_gn_text().
 * What cannot be shown otherwise appears as "#" and its octets.
 */
#ifndef HF_WIRE_X509_JSON_H
#define HF_WIRE_X509_JSON_H

#include <jansson.h>

#include "wire/crl.h"
#include "wire/csr.h"
#include "wire/x509.h"

json_t *hf_cert_json(const struct hf_cert *cert);
json_t *hf_csr_json(const struct hf_csr *csr);
/* "entries" is cut there; "count" is not */
json_t *hf_crl_json(const struct hf_crl *crl, size_t most_entries);

/* The members of such an object as indented lines "name: value", for a terminal. */
void hf_json_lines(const json_t *o, struct hf_wr *out);

/* Serial number as people write it: hexadecimal, at least two digits, "-" before a negative one. */
void hf_serial_text(struct hf_bytes integer, struct hf_wr *out);

#endif
