/* SM2 ciphertexts in DER: what is read must be written again as the very same bytes. */
#include <stdlib.h>
#include <string.h>

#include "crypto/sm/sm2_der.h"
#include "fuzz/replay.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_sm2_cipher c;
    struct hf_wr         w = hf_wr(size + 64);
    uint8_t             *body;

    if (hf_sm2_cipher_read(hf_bytes(data, size), &c) != HF_OK)
        return 0;
    body = hf_sm2_cipher_write(&w, c.xy, c.tag, c.body.n);
    if (body == NULL && c.body.n > 0)
        abort();
    if (c.body.n > 0)
        memcpy(body, c.body.p, c.body.n);
    if (!hf_bytes_eq(hf_wr_bytes(&w), hf_bytes(data, size)))
        abort();
    hf_wr_clear(&w);
    return 0;
}
