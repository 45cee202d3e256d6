#!/bin/bash
# SM3 and SM4 against libcrypto: a million operations in each mode (ECB, CBC, CTR, XTS, GCM, CCM; one message, pieces and
# many at once) by each kernel that this processor can run, with another seed each time. About fifteen minutes.
# LONG_ITEMS changes the number.
set -u
cd "$(dirname "$0")/../.."
export HF_DIFF_ITEMS=${LONG_ITEMS:-1000000} HF_DIFF_SEED=${HF_DIFF_SEED:-$(date +%s)}
units='build/release/unit/test_sm3 build/release/unit/test_sm4 build/release/unit/test_sm4_aead'
make --no-print-directory -s $units || exit 1
echo "-- $HF_DIFF_ITEMS operations, seed $HF_DIFF_SEED"
status=0
for unit in $units; do
    $unit || status=1
done
exit $status
