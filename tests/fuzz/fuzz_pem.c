/* fuzz_pem.c - PEM text: every block is read, and reads the same after it was written. */
#include "fuzz/replay.h"

#include <stdlib.h>
#include <string.h>

#include "wire/pem.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_rd    text = hf_rd(hf_bytes(data, size)), again;
    struct hf_bytes label;
    char            name[65];

    for (;;) {
        struct hf_wr der = hf_wr(1 << 22), out = hf_wr(1 << 23), back = hf_wr(1 << 22);
        enum hf_rc   rc = hf_pem_next(&text, &label, &der);

        if (rc == HF_OK) {
            memcpy(name, label.p, label.n);
            name[label.n] = '\0';
            hf_pem_put(&out, name, hf_wr_bytes(&der));
            again = hf_rd(hf_wr_bytes(&out));
            if (strlen(name) == label.n && (hf_pem_next(&again, &label, &back) != HF_OK ||
                                            !hf_bytes_eq(hf_wr_bytes(&der), hf_wr_bytes(&back))))
                abort();
        }
        hf_wr_clear(&der);
        hf_wr_clear(&out);
        hf_wr_clear(&back);
        if (rc == HF_E_ABSENT || hf_rd_left(&text) == 0)
            return 0;
    }
}
