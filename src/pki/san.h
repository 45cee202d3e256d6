/*
 * san.h - alternative names: from text or from a request, normalised and checked against a profile.
 *
 * Normalised means: DNS names in lower case without a final dot, addresses in
 * their shortest text form; order kept; a name given twice is refused.
 */
#ifndef HF_PKI_SAN_H
#define HF_PKI_SAN_H

#include "base/arena.h"
#include "pki/profile.h"

#define HF_SANS_MAX 200

struct hf_sans {
    unsigned    kind[HF_SANS_MAX];  /* HF_SAN_DNS ... */
    const char *value[HF_SANS_MAX]; /* "www.example.com" */
    size_t      n;
};

/* "dns:a.example,ip:10.0.0.1,email:x@a.example,uri:https://a.example/" (a leading "san=" is dropped). E_ARG, field "san". */
HF_CHECKED enum hf_rc hf_sans_parse(const char *text, struct hf_arena *a, struct hf_sans *out);

/* The names in a request's extension: contents of GeneralNames. E_POLICY, field "csr", for a kind that we never issue. */
HF_CHECKED enum hf_rc hf_sans_from_der(struct hf_bytes names, struct hf_arena *a,
                                       struct hf_sans *out);

/* Kinds, number, wildcards as the profile says. E_POLICY; `field` is whom the error is about. */
HF_CHECKED enum hf_rc hf_sans_check(const struct hf_sans *s, const struct hf_profile *p,
                                    const char *field);

/*
 * The profile's rule about commonName (NULL: there is none): checked, or added
 * to s when it is missing. E_POLICY, field `field`.
 */
HF_CHECKED enum hf_rc hf_sans_common_name(struct hf_sans *s, const struct hf_profile *p,
                                          const char *cn, const char *field, struct hf_arena *a);

/* Does a DNS name or address of s equal `name`? Exactly, no wildcards. */
bool hf_sans_have(const struct hf_sans *s, const char *name);

/* Contents of GeneralNames, for hf_ext_put_san(). */
HF_CHECKED enum hf_rc hf_sans_der(const struct hf_sans *s, struct hf_wr *out);

/* The same as one text, in the form that hf_sans_parse() reads. */
char *hf_sans_text(const struct hf_sans *s, struct hf_arena *a);

#endif
