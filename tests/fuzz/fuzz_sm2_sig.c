/* SM2 signatures in DER: what is read must be written again as the very same bytes. */
#include <stdlib.h>
#include <string.h>

#include "crypto/sm/sm2.h"
#include "fuzz/replay.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_sm2_sig sig;
    uint8_t           der[HF_SM2_DER_MAX];

    if (hf_sm2_sig_read(hf_bytes(data, size), &sig) != HF_OK)
        return 0;
    if (hf_sm2_sig_write(&sig, der) != size || memcmp(der, data, size) != 0)
        abort();
    return 0;
}
