/*
 * check.h - what the checker offers to the reader of exports; only src/audit includes this.
 */
#ifndef HF_AUDIT_CHECK_H
#define HF_AUDIT_CHECK_H

#include "audit/verify.h"

/* Where the reader of an export is. */
struct hf_audit_lines {
    int64_t n;            /* number of the present line, from 1; 0 when no export is read */
    bool    begun, ended; /* the first line and the end were there */
};

struct hf_audit_lines *hf_audit_checker_lines(struct hf_audit_checker *c);

/* Signed by a key that may sign? `what` names the thing in findings. */
HF_CHECKED enum hf_rc hf_audit_check_signature(struct hf_audit_checker *c, const char *what,
                                               const uint8_t   fingerprint[HF_AUDIT_HASH],
                                               struct hf_bytes message, struct hf_bytes signature);

/* The end of an export says this of a node; it must be where the chain is, and covered by a head. */
HF_CHECKED enum hf_rc hf_audit_check_end_of(struct hf_audit_checker *c, const char *node,
                                            int64_t seq, const uint8_t hash[HF_AUDIT_HASH]);

/* Every node that was fed was named by the end. */
void hf_audit_check_all_ended(struct hf_audit_checker *c);

#endif
