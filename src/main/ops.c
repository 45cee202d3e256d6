#include "main/ops.h"

#include "audit/ops.h"
#include "identity/ops.h"
#include "pki/ops.h"
#include "serve/approval.h"

/* Add a part's operations: one line. */
static const struct hf_op *const tables[] = {
    hf_pki_ops, hf_identity_ops, hf_serve_ops, hf_audit_ops, NULL,
};

const struct hf_op *const *
hf_all_ops(void)
{
    return tables;
}
