/*
 * name.h - distinguished names (X.501 Name, RFC 5280 4.1.2.4).
 *
 * A name is kept as the DER it came in: a borrowed run holding the whole
 * RDNSequence element. Functions other than hf_name_check() need a checked one.
 */
#ifndef HF_WIRE_NAME_H
#define HF_WIRE_NAME_H

#include "wire/oid.h"

#define HF_NAME_ATTRS 1024 /* most attributes in one name */
#define HF_RDN_ATTRS 32    /* most attributes in one of its RDNs */

struct hf_attr {
    enum hf_oid     type;   /* HF_OID_NONE if not in the table */
    struct hf_bytes oid;    /* contents */
    uint8_t         tag;    /* of the value */
    struct hf_bytes value;  /* contents as encoded */
    bool            joined; /* in the same RDN as the attribute before */
};

/* Strict DER, known string types well formed, at most HF_NAME_ATTRS attributes, HF_RDN_ATTRS in an RDN. */
HF_CHECKED enum hf_rc hf_name_check(struct hf_bytes name);

bool hf_name_empty(struct hf_bytes name);

/* Walk the attributes in order: it = hf_name_walk(name); while (hf_name_next(&it, &a)) … */
struct hf_name_walk {
    struct hf_rd rdns, rdn;
};
struct hf_name_walk hf_name_walk(struct hf_bytes name);
bool                hf_name_next(struct hf_name_walk *it, struct hf_attr *out);

/* The value as UTF-8 appended to out; a value that is no string as "#" and hexadecimal DER. */
void hf_attr_utf8(const struct hf_attr *a, struct hf_wr *out);

/* Most specific (last) attribute of this type. */
bool hf_name_find(struct hf_bytes name, enum hf_oid type, struct hf_attr *out);

/*
 * Equal as RFC 5280 7.1 says: RDN by RDN, attributes of an RDN in any order,
 * strings of all directory types compared by character, case folded (Unicode
 * simple folding), white space trimmed and inner runs taken as one.
 * Other types are compared octet by octet.
 */
bool hf_name_eq(struct hf_bytes a, struct hf_bytes b);

/* Do the first RDNs of name equal all RDNs of base? (directoryName constraints) */
bool hf_name_within(struct hf_bytes name, struct hf_bytes base);

/* RFC 4514 text, most specific first: "CN=Alice,O=Bank,C=CN". */
void hf_name_text(struct hf_bytes name, struct hf_wr *out);

/*
 * RFC 4514 text to DER, appended to out. countryName, serialNumber and dnQualifier
 * become PrintableString, emailAddress and domainComponent IA5String, all else
 * UTF8String. E_ARG with the place of the fault: unknown type, bad escape,
 * empty value, country not two letters, longer than the bounds of RFC 5280 A.1.
 */
HF_CHECKED enum hf_rc hf_name_parse(const char *text, struct hf_wr *out);

/* Write a name: mark = hf_name_begin(w); hf_name_put(w, HF_OID_C, "CN"); … hf_der_end(w, mark). One attribute an RDN. */
size_t hf_name_begin(struct hf_wr *w);
void   hf_name_put(struct hf_wr *w, enum hf_oid type, const char *utf8);

#endif
