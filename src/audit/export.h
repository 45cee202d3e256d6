/*
 * export.h - the trail as lines of JSON that can be verified without the server.
 *
 * docs/protocols/audit-export.md describes the lines. An export ends, for each
 * node, with the record that the node's last head is about.
 */
#ifndef HF_AUDIT_EXPORT_H
#define HF_AUDIT_EXPORT_H

#include "base/op.h"

struct hf_audit_end { /* of one node */
    const char *node;
    int64_t     seq;
    uint8_t     hash[32];
};

#define HF_AUDIT_END_MAX 64 /* nodes in one export */

/*
 * Append about `limit` records, with heads, from where *cursor says ("" is the
 * beginning) and move it on; it is "" again after the last page. Signs the end
 * with key "audit".
 */
HF_CHECKED enum hf_rc hf_audit_export(const struct hf_env *env, int64_t now_ms, int64_t limit,
                                      struct hf_arena *arena, const char **cursor,
                                      struct hf_wr *out);

/* The bytes that the signature of the end is made over. */
void hf_audit_end_write(int64_t at_ms, const uint8_t key[32], const struct hf_audit_end *end,
                        size_t n, struct hf_wr *out);

#endif
