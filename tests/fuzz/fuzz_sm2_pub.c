/* SM2 public keys: what is read is on the curve by libcrypto's account too, and has one form. */
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "crypto/sm/sm2.h"
#include "fuzz/replay.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static EC_GROUP  *group;
    static EC_POINT  *point;
    struct hf_sm2_pub pub, again;
    uint8_t           b[65], full[65] = { 4 };
    const uint8_t    *octets = data;
    size_t            n = size;
    int               theirs;

    if (group == NULL) {
        group = EC_GROUP_new_by_curve_name(NID_sm2);
        point = EC_POINT_new(group);
    }
    if (size == 64) {
        memcpy(full + 1, data, 64);
        octets = full;
        n = 65;
    }
    theirs = n > 1 && EC_POINT_oct2point(group, point, octets, n, NULL) == 1;
    if ((hf_sm2_pub_read(hf_bytes(data, size), &pub) == HF_OK) != theirs)
        abort();
    if (!theirs)
        return 0;
    hf_sm2_pub_write(&pub, b);
    if (hf_sm2_pub_read(hf_bytes(b, 65), &again) != HF_OK || !hf_sm2_pub_eq(&pub, &again))
        abort();
    if (EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, full, 65, NULL) != 65 ||
        memcmp(full, b, 65) != 0)
        abort();
    return 0;
}
