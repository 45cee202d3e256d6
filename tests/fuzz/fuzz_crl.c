/* fuzz_crl.c - CRLs: read, shown, searched. */
#include "fuzz/replay.h"

#include <stdlib.h>

#include "wire/x509_json.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_crl       c;
    struct hf_crl_entry e;
    struct hf_rd        r;
    json_t             *shown;
    size_t              n = 0;

    if (hf_crl_read(hf_bytes(data, size), &c) != HF_OK)
        return 0;
    if ((shown = hf_crl_json(&c, 100)) == NULL)
        abort();
    json_decref(shown);
    for (r = hf_rd(c.revoked); hf_crl_next(&r, &e); n++)
        (void)hf_crl_find(&c, e.serial, c.issuer, &e);
    if (n != c.entries && n <= 1000)
        abort();
    return 0;
}
