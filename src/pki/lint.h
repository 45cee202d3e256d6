/*
 * lint.h - the last look at a certificate before it is signed.
 *
 * Works on the finished TBSCertificate, as a relying party would read it, and
 * knows nothing of how it came about: a mistake in a profile or in the code
 * before it is found here.
 */
#ifndef HF_PKI_LINT_H
#define HF_PKI_LINT_H

#include "pki/ca.h"

/* issuer->der empty: self-signed. E_POLICY with the clause. */
HF_CHECKED enum hf_rc hf_lint(struct hf_bytes tbs, const struct hf_ca *issuer);

#endif
