/* ops_cert.h - operations on certificates, rows of the table in ops.c. */
#ifndef HF_PKI_OPS_CERT_H
#define HF_PKI_OPS_CERT_H

#include "base/op.h"

enum hf_rc hf_op_cert_issue(struct hf_call *c);
enum hf_rc hf_op_ca_sign(struct hf_call *c);
enum hf_rc hf_op_cert_show(struct hf_call *c);
enum hf_rc hf_op_cert_list(struct hf_call *c);
enum hf_rc hf_op_cert_revoke(struct hf_call *c);
enum hf_rc hf_op_cert_suspend(struct hf_call *c);
enum hf_rc hf_op_cert_resume(struct hf_call *c);
enum hf_rc hf_op_cert_bind(struct hf_call *c);
enum hf_rc hf_op_cert_stats(struct hf_call *c);

/* Unlock a protected key with the call's "passphrase" or "share" arguments; nothing if it needs none. */
HF_CHECKED enum hf_rc hf_op_unlock(struct hf_call *c, const char *key_id);
/* Make it unusable again. */
void hf_op_lock(struct hf_call *c, const char *key_id);

#endif
