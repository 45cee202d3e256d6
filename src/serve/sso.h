/*
 * sso.h - the door ssoAuthService (identity specification, section 2): an application redeems a
 * ticket.
 *
 *     /ssoAuthService?verb=validateServiceTicket&st=<ticket id>
 *
 * GET, or POST with parameters in a form body, which goes first; a parameter
 * given twice is refused, blanks around values are taken off. The answer is XML
 * with HTTP status 200; a refusal has its text in <result> and nothing else.
 */
#ifndef HF_SERVE_SSO_H
#define HF_SERVE_SSO_H

#include "serve/door.h"

void hf_sso(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a);

/* Text for an XML element: & < > and quotes escaped, what XML 1.0 does not allow replaced by
 * U+FFFD. */
void hf_xml_text(struct hf_wr *w, const char *utf8);

#endif
