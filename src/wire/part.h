/*
 * part.h - pieces that certificates, requests, CRLs and OCSP messages share. For the readers in this folder.
 */
#ifndef HF_WIRE_PART_H
#define HF_WIRE_PART_H

#include "wire/der.h"

/* AlgorithmIdentifier and SubjectPublicKeyInfo with their tags; their shape is checked. */
struct hf_bytes hf_part_alg(struct hf_rd *r);
struct hf_bytes hf_part_spki(struct hf_rd *r);

/* SEQUENCE { SEQUENCE body, AlgorithmIdentifier, BIT STRING } and nothing after it. */
struct hf_part_signed {
    struct hf_bytes body, sig_alg, sig;
};
HF_CHECKED enum hf_rc hf_part_signed(struct hf_bytes der, const char *what,
                                     struct hf_part_signed *out);

/*
 * One GeneralName: as it is; and checked, in constraints by the rules of those. GeneralNames under
 * this tag: one or more, all checked; gives the contents.
 */
struct hf_gn;
void            hf_part_gn(struct hf_rd *r, struct hf_gn *out);
void            hf_part_gn_ok(struct hf_rd *r, struct hf_gn *out, bool constraint);
struct hf_bytes hf_part_names(struct hf_rd *r, uint8_t tag);

/* HF_OK, or a failure text that names the object and the field. */
HF_CHECKED enum hf_rc hf_part_ok(const struct hf_rd *r, const char *object, const char *what);

#endif
