/* fuzz_cert.c - certificates: read, shown, walked, and matched against a host. */
#include "fuzz/replay.h"

#include <stdlib.h>

#include "pki/path.h"
#include "wire/x509_json.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_cert c;
    json_t        *shown;

    if (hf_cert_read(hf_bytes(data, size), &c) != HF_OK)
        return 0;
    if ((shown = hf_cert_json(&c)) == NULL)
        abort();
    json_decref(shown);
    (void)hf_cert_self_issued(&c);
    if (hf_path_match_host(&c, "www.example.com") == HF_E_ARG || hf_path_match_host(&c, "10.0.0.1") == HF_E_ARG)
        abort();
    return 0;
}
