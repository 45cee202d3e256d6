/*
 * SubjectPublicKeyInfo and PrivateKeyInfo of SM2 keys, as the provider's
 * decoders read them.
 */
#include "fuzz/replay.h"

#include <stdlib.h>

#include "crypto/sm/sm2.h"
#include "provider/der.h"

/* What was found lies inside the input. */
static void
inside(struct hf_bytes part, const uint8_t *data, size_t size)
{
    if (part.n > 0 && (part.p < data || part.p + part.n > data + size))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_bytes   point, d;
    struct hf_sm2_pub pub;
    struct hf_sm2_key key;

    if (hf_spki_read(hf_bytes(data, size), &point) == HF_OK) {
        inside(point, data, size);
        if (hf_sm2_pub_read(point, &pub) != HF_OK)
            return 0;
    }
    if (hf_pkcs8_read(hf_bytes(data, size), &d, &point) == HF_OK) {
        inside(d, data, size);
        inside(point, data, size);
        if (d.n != 32)
            abort();
        if (hf_sm2_key_read(d, &key) == HF_OK)
            hf_sm2_key_clear(&key);
    }
    return 0;
}
