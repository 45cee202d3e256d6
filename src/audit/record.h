/*
 * record.h - audit records and heads: their canonical bytes, their digests, their JSON lines.
 *
 * docs/protocols/audit-export.md describes both forms. Reading is pure; text
 * is borrowed from the arena or JSON value that it was read with.
 */
#ifndef HF_AUDIT_RECORD_H
#define HF_AUDIT_RECORD_H

#include <jansson.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

#define HF_AUDIT_HASH 32 /* SM3 */
#define HF_AUDIT_DETAIL_MAX ((size_t)64 << 10)
#define HF_AUDIT_TEXT_MAX ((size_t)1024) /* of every other text; longer ones are cut when written */

struct hf_audit_record {
    const char *node; /* whose chain */
    int64_t     seq;  /* place in the chain, from 1; 0: not sealed yet */
    /* the connection that wrote it, and its number there, from 1 without gaps */
    const char *origin;
    int64_t     number;
    int64_t     at_ms;
    const char *event, *result;
    const char *actor_kind, *actor, *strength, *address;
    int64_t     actor_id;
    const char *object, *reason, *request;
    const char *detail;              /* JSON text or "" */
    uint8_t     hash[HF_AUDIT_HASH]; /* when sealed */
    int64_t     id;                  /* row in the store; not part of the content */
};

struct hf_audit_head {
    const char     *node;
    int64_t         seq, at_ms;
    uint8_t         hash[HF_AUDIT_HASH]; /* of record seq */
    uint8_t         key[HF_AUDIT_HASH];  /* SM3 of the public key's SubjectPublicKeyInfo */
    struct hf_bytes signature;
};

/* What stands before record 1 of a node's chain. */
HF_CHECKED enum hf_rc hf_audit_genesis(const char *node, uint8_t out[HF_AUDIT_HASH]);

/* SM3(previous || canonical bytes of r). r->hash is not looked at. */
HF_CHECKED enum hf_rc hf_audit_record_hash(const uint8_t                 previous[HF_AUDIT_HASH],
                                           const struct hf_audit_record *r,
                                           uint8_t                       out[HF_AUDIT_HASH]);

/* The bytes that a head's signature is made over. */
void hf_audit_head_write(const struct hf_audit_head *head, struct hf_wr *out);

/* SM3 of a SubjectPublicKeyInfo: how a key is called in heads. */
HF_CHECKED enum hf_rc hf_audit_fingerprint(struct hf_bytes spki, uint8_t out[HF_AUDIT_HASH]);

/* JSON forms. The object is new, or NULL when memory is short. */
json_t *hf_audit_record_json(const struct hf_audit_record *r);
json_t *hf_audit_head_json(const struct hf_audit_head *head);

/* E_FORMAT names the member that is missing, unknown or wrong. */
HF_CHECKED enum hf_rc hf_audit_record_read(const json_t *line, struct hf_audit_record *out);
HF_CHECKED enum hf_rc hf_audit_head_read(const json_t *line, struct hf_arena *arena,
                                         struct hf_audit_head *out);

/* Members of a line, for other kinds of lines. */
HF_CHECKED enum hf_rc hf_audit_member_hash(const json_t *line, const char *member,
                                           uint8_t out[HF_AUDIT_HASH]);
HF_CHECKED enum hf_rc hf_audit_member_base64(const json_t *line, const char *member,
                                             struct hf_arena *arena, struct hf_bytes *out);
json_t               *hf_audit_json_hash(const uint8_t hash[HF_AUDIT_HASH]);
json_t               *hf_audit_json_base64(struct hf_bytes b);

#endif
