/* rows.h - reading rows of table cert; shared by the files of this folder that select them. */
#ifndef HF_PKI_ROWS_H
#define HF_PKI_ROWS_H

#include "pki/cert.h"

#define HF_CERT_COLUMNS                                                                            \
    "cert.id, cert.serial, cert.ca_id, ca.name, cert.profile, cert.subject, cert.san, "            \
    "cert.person, cert.alg, cert.request_sig, cert.state, cert.reason, cert.not_before_ms, "       \
    "cert.not_after_ms, cert.issued_ms, cert.changed_ms, cert.fingerprint, cert.spki"
#define HF_CERT_FROM " FROM cert JOIN ca ON ca.id = cert.ca_id "

/* The columns of HF_CERT_COLUMNS, in that order. */
void hf_cert_row(struct hf_query *q, struct hf_arena *a, struct hf_issued *out);

/* Hexadecimal, either case, colons and white space dropped; NULL unless 1 to 40 digits are left. */
char *hf_serial_normal(const char *text, struct hf_arena *a);

#endif
