/*
 * weak.h - public keys that are well formed and nevertheless unsafe.
 *
 * RSA: moduli of the ROCA class (CVE-2017-15361), with a small prime factor,
 * with two factors so close that Fermat's method finds them (CVE-2022-26320);
 * curves: public keys whose private key everybody knows, because a standard
 * prints it or because it is 1 or 2. Sizes and points are checked by crypto/pub.h.
 */
#ifndef HF_PKI_WEAK_H
#define HF_PKI_WEAK_H

#include "base/bytes.h"

/* E_POLICY with the reason, field "csr"; HF_OK if nothing is known against the key. */
HF_CHECKED enum hf_rc hf_weak_check(struct hf_bytes spki);

#endif
