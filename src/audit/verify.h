/*
 * verify.h - is an audit trail whole? The same checks for the live store and for an export.
 *
 * A checker is fed with the trail in order, per node: records by number, each
 * head after the record it is about. It goes on after a finding, so that one
 * damaged record is one finding, and keeps the first HF_AUDIT_FINDINGS texts.
 *
 * What it finds: changed, missing, inserted and exchanged records; records
 * that vanished before they were sealed (a gap in their origin's numbers);
 * heads that are forged, moved or belong to another history; records behind
 * the last head where none may be; an export that ends early. What it cannot
 * find by itself: a trail that somebody signed anew as a whole with another
 * key. That is what the fingerprint is for: keep it apart from the trail.
 */
#ifndef HF_AUDIT_VERIFY_H
#define HF_AUDIT_VERIFY_H

#include <stdio.h>

#include "audit/record.h"

#define HF_AUDIT_FINDINGS 20

struct hf_audit_report {
    int64_t records, heads, nodes;
    int64_t uncovered;                  /* records behind the last head of their node */
    char    key[2 * HF_AUDIT_HASH + 1]; /* fingerprint of the last head's key, "" without a head */
    int64_t findings;                   /* 0: the trail is whole */
    char    finding[HF_AUDIT_FINDINGS][400];
};

struct hf_audit_checker;

/* trusted: fingerprint that heads must be signed by, NULL: any key that the trail brings along. */
HF_CHECKED enum hf_rc hf_audit_checker_new(const uint8_t *trusted, struct hf_audit_checker **out);
void                  hf_audit_checker_free(struct hf_audit_checker *c); /* NULL is fine */

/* A public key that heads may be signed by. */
HF_CHECKED enum hf_rc hf_audit_check_key(struct hf_audit_checker *c, struct hf_bytes spki);

/* Failures are those of memory and cryptography; what is wrong with the trail is in the report. */
HF_CHECKED enum hf_rc hf_audit_check_record(struct hf_audit_checker      *c,
                                            const struct hf_audit_record *r);
HF_CHECKED enum hf_rc hf_audit_check_head(struct hf_audit_checker    *c,
                                          const struct hf_audit_head *head);

/* A finding of the caller's own. */
void hf_audit_check_note(struct hf_audit_checker *c, const char *fmt, ...) HF_PRINTF(2, 3);

/* How far the chain of a node goes: 0 for an unknown node. */
int64_t hf_audit_checker_seq(const struct hf_audit_checker *c, const char *node);
int64_t hf_audit_checker_head(const struct hf_audit_checker *c, const char *node);

/* Everything has been fed. Borrowed, as long as the checker. */
const struct hf_audit_report *hf_audit_checker_end(struct hf_audit_checker *c);

/* -- An export ----------------------------------------------------------------------- */

/*
 * One line of an export, without its line feed. Pure and bounded. A line that
 * cannot be read is a finding.
 */
HF_CHECKED enum hf_rc hf_audit_verify_line(struct hf_audit_checker *c, struct hf_bytes line);

/* After the last line: was there an end? */
void hf_audit_verify_end(struct hf_audit_checker *c);

/* A whole stream. The report is in the checker. */
HF_CHECKED enum hf_rc hf_audit_verify_lines(struct hf_audit_checker *c, FILE *in);

/*
 * hufu audit verify FILE [--key FINGERPRINT] [--json]: without a server.
 * argv[0] is "verify". Exit status 0 whole, 1 not, 2 usage.
 */
int hf_audit_verify_main(int argc, char **argv);

#endif
