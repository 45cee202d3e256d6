#!/bin/bash
# SM3 and SM4 against libcrypto: a million operations per algorithm and kernel (every kernel that this processor can run
# is run by each program), with another seed each time. About ten minutes. LONG_ITEMS changes the number.
set -u
cd "$(dirname "$0")/../.."
export HF_DIFF_ITEMS=${LONG_ITEMS:-1000000} HF_DIFF_SEED=${HF_DIFF_SEED:-$(date +%s)}
make --no-print-directory -s build/release/unit/test_sm3 build/release/unit/test_sm4 || exit 1
echo "-- $HF_DIFF_ITEMS operations, seed $HF_DIFF_SEED"
status=0
build/release/unit/test_sm3 libcrypto || status=1
build/release/unit/test_sm4 as_libcrypto || status=1
build/release/unit/test_sm4 one_by_one || status=1
build/release/unit/test_sm4 refusals || status=1
exit $status
