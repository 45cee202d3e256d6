/*
 * crl.h - the door of published files: /crl/<authority>.crl and /ca/<authority>.cer (RFC
 * 5280 4.2.1.13, 4.2.2.1).
 */
#ifndef HF_SERVE_CRL_H
#define HF_SERVE_CRL_H

#include "serve/door.h"

bool hf_crl_quick(const struct hf_serve *s, const struct hf_request *r, struct hf_answer *a);

#endif
