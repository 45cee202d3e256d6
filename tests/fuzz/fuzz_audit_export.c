/* fuzz_audit_export.c - the reader of exported audit trails: any bytes, split into lines. */
#include "fuzz/replay.h"

#include <string.h>

#include "audit/verify.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_audit_checker *c;
    const uint8_t           *end = data + size, *at;

    if (hf_audit_checker_new(NULL, &c) != HF_OK)
        return 0;
    for (; data < end; data = at + 1) {
        if ((at = memchr(data, '\n', (size_t)(end - data))) == NULL)
            at = end;
        if (hf_audit_verify_line(c, hf_bytes(data, (size_t)(at - data))) != HF_OK)
            break;
    }
    hf_audit_verify_end(c);
    (void)hf_audit_checker_end(c);
    hf_audit_checker_free(c);
    return 0;
}
