/*
 * http_head.h - the head of an HTTP/1.1 message, once it is there as a whole. For http.c alone.
 *
 * RFC 9112 sections 3 to 6 and 9.3; what could be read in two ways is refused.
 */
#ifndef HF_WIRE_HTTP_HEAD_H
#define HF_WIRE_HTTP_HEAD_H

#include "wire/http.h"

/*
 * Where the head ends: the offset behind the first empty line, or 0. Lines
 * that end in a bare LF count, so that they are seen, and refused, at once.
 * Keeps in r how far it has looked.
 */
size_t hf_http_head_end(struct hf_http_reader *r, struct hf_bytes in);

/* Read a complete head into r->head, which borrows from it. On failure r->refuse is the status to answer. */
HF_CHECKED enum hf_rc hf_http_head_read(struct hf_http_reader *r, struct hf_bytes head);

/* One line "name: value" without its CRLF, of a head or a trailer. */
HF_CHECKED enum hf_rc hf_http_field_read(struct hf_http_reader *r, struct hf_bytes line,
                                         struct hf_http_field *f);

/* Characters that a field's value may have, RFC 9110 5.5. */
bool hf_http_is_value(struct hf_bytes b);

/* Record why a message is refused and with which status (none for a response). */
enum hf_rc hf_http_refuse(struct hf_http_reader *r, int status, const char *why);

#endif
