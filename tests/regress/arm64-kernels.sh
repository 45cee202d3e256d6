#!/bin/bash
# SM3 and SM4 compiled for ARM64 and run under qemu: with the SM3, SM4 and PMULL instructions and without them, they answer
# as the kernels of this machine do.
set -u
cd "$(dirname "$0")/../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/arm64.XXXXXX")
trap 'rm -rf "$work"' EXIT
for need in aarch64-linux-gnu-gcc qemu-aarch64; do
    command -v $need >/dev/null && continue
    [ "${STRICT:-0}" = 1 ] && { echo "$need is missing"; exit 1; }
    echo "SKIP: $need is missing"; exit 0
done
warn="-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter -Wno-format-truncation -Werror"
sources="tests/arm64/transcript.c $(ls src/crypto/sm/*.c | grep -E '/(sm3|sm4|ghash|cpu)') src/base/bytes.c src/base/error.c"
flags="-std=c17 -O2 -Isrc -D_GNU_SOURCE -fno-strict-aliasing"
# the declarations of libcrypto are the same everywhere; the two functions that are used come with the test
mkdir "$work/include" && cp -r /usr/include/openssl "$work/include/" && cp -r /usr/include/*/openssl/* "$work/include/openssl/" 2>/dev/null
aarch64-linux-gnu-gcc $flags $warn -DHF_NO_LIBCRYPTO -I"$work/include" -static -o "$work/arm64" $sources -pthread || exit 1
gcc $flags -o "$work/here" $sources -lcrypto -pthread || exit 1
"$work/here" >"$work/here.txt" || exit 1
qemu-aarch64 -cpu max "$work/arm64" >"$work/max.txt" || exit 1
qemu-aarch64 -cpu cortex-a57 "$work/arm64" >"$work/plain.txt" || exit 1
HUFU_CPU=generic qemu-aarch64 -cpu max -E HUFU_CPU=generic "$work/arm64" >"$work/generic.txt" || exit 1
cat "$work"/{here,max,plain,generic}.txt
status=0
grep -q '^arm64/arm64 ' "$work/max.txt" || { echo "the SM instructions were not used under -cpu max"; status=1; }
grep -q '^generic/pmull ' "$work/plain.txt" || { echo "PMULL was not used on a processor without SM instructions"; status=1; }
[ "$(cut -d' ' -f2 "$work"/*.txt | sort -u | wc -l)" = 1 ] || { echo "the kernels disagree"; status=1; }
exit $status
