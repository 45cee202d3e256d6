#!/bin/bash
# SM2 compiled for ARM64 and run under qemu answers as every tier of this machine does.
set -u
cd "$(dirname "$0")/../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/arm64-sm2.XXXXXX")
trap 'rm -rf "$work"' EXIT
for need in aarch64-linux-gnu-gcc qemu-aarch64; do
    command -v $need >/dev/null && continue
    [ "${STRICT:-0}" = 1 ] && { echo "$need is missing"; exit 1; }
    echo "SKIP: $need is missing"; exit 0
done
warn="-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter -Wno-format-truncation -Werror"
sources="tests/arm64/transcript_sm2.c $(ls src/crypto/sm/*.c | grep -E '/(sm2|sm3|cpu)') src/base/bytes.c src/base/error.c"
flags="-std=c17 -O2 -Isrc -D_GNU_SOURCE -fno-strict-aliasing"
# the declarations of libcrypto are the same everywhere; the functions that are used come with the test
mkdir "$work/include" && cp -r /usr/include/openssl "$work/include/" && cp -r /usr/include/*/openssl/* "$work/include/openssl/" 2>/dev/null
aarch64-linux-gnu-gcc $flags $warn -DHF_NO_LIBCRYPTO -I"$work/include" -static -o "$work/arm64" $sources -pthread || exit 1
gcc $flags $warn -o "$work/here" $sources -lcrypto -pthread || exit 1
qemu-aarch64 "$work/arm64" >"$work/arm64.txt" || { echo "exit $? under qemu"; exit 1; }
for tier in generic bmi2 avx2 gfni avx512; do
    HUFU_CPU=$tier "$work/here" >"$work/$tier.txt" || { echo "exit $? with HUFU_CPU=$tier"; exit 1; }
done
cat "$work"/*.txt
[ "$(cut -d' ' -f2 "$work"/*.txt | sort -u | wc -l)" = 1 ] || { echo "the tiers disagree"; exit 1; }
