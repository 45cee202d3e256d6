#!/bin/bash
# SM2 of every tier against libcrypto, over 1,000,000 operations a tier with a new seed each time (about 7 minutes).
set -eu
cd "$(dirname "$0")/../.."
make -s build/release/unit/test_sm2_diff
seed=${HF_DIFF_SEED:-$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')}
echo "HF_DIFF_SEED=$seed"
HF_DIFF_SEED=$seed HF_DIFF_ITEMS=${HF_DIFF_ITEMS:-126000} build/release/unit/test_sm2_diff
