/* fuzz_pub.c - SubjectPublicKeyInfo and signature algorithms out of foreign certificates. */
#include "fuzz/replay.h"

#include "crypto/pub.h"
#include "crypto/sigalg.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_bytes  in = hf_bytes(data, size);
    struct hf_sigalg alg;
    struct hf_pub   *pub;

    if (hf_sigalg_read(in, &alg) == HF_OK && alg.kind != HF_SIG_ED25519 && hf_digest_size(alg.digest) < 32)
        __builtin_trap();
    if (hf_pub_read(in, &pub) == HF_OK) {
        if (!hf_bytes_eq(hf_pub_spki(pub), in) || hf_pub_bits(pub) < 256)
            __builtin_trap();
        hf_pub_free(pub);
    }
    if (hf_pub_read_foreign(in, &pub) == HF_OK) {
        if (hf_pub_verify(pub, in, in, in) == HF_OK)
            __builtin_trap();
        hf_pub_free(pub);
    }
    return 0;
}
