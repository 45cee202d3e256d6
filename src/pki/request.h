/*
 * request.h - a certification request held against a profile.
 *
 * hf_request_check() takes the request apart (strict PKCS#10), checks the
 * proof of possession, the key, the names and the extensions asked for, and
 * gives what the certificate will carry. It asks nobody and changes nothing.
 */
#ifndef HF_PKI_REQUEST_H
#define HF_PKI_REQUEST_H

#include "crypto/alg.h"
#include "pki/profile.h"
#include "pki/san.h"

struct hf_request {
    struct hf_bytes subject;      /* Name in the profile's order, UTF8String */
    const char     *subject_text; /* RFC 4514 */
    struct hf_bytes spki;
    enum hf_alg     alg;
    struct hf_sans  sans;
    const char     *sig;          /* SM2: identity of the signature, "default" or "empty"; "" otherwise */
    const char     *ignored;      /* extensions asked for and not granted: "keyUsage, extKeyUsage" */
};

/* PEM, or base64 of DER without any lines around it, to DER. E_FORMAT, field "csr". */
HF_CHECKED enum hf_rc hf_request_decode(const char *text, struct hf_arena *a, struct hf_bytes *der);

/*
 * san: names given by the officer, which replace those of the request; NULL
 * for none. Everything given lives in the arena. Failures name the field
 * ("csr" or "san") and the clause: E_FORMAT, E_VERIFY, E_POLICY, E_ARG.
 */
HF_CHECKED enum hf_rc hf_request_check(struct hf_bytes csr, const struct hf_profile *p,
                                       const char *san, struct hf_arena *a, struct hf_request *out);

/*
 * n of them for one profile, all or nothing: SM2 proofs of possession cost a
 * fraction of what they do one by one. san is NULL or has a member for each,
 * which may be NULL. *bad is the number of the one that a failure is about.
 */
HF_CHECKED enum hf_rc hf_requests_check(const struct hf_bytes *csr, size_t n,
                                        const struct hf_profile *p, const char *const *san,
                                        struct hf_arena *a, struct hf_request *out, size_t *bad);

/*
 * A subject held against a profile: attributes allowed, present, of allowed
 * length and number; *out gets them in the profile's order.
 */
HF_CHECKED enum hf_rc hf_subject_check(struct hf_bytes name, const struct hf_profile *p,
                                       const char *field, struct hf_arena *a, struct hf_bytes *out);

#endif
