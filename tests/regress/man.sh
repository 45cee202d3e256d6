#!/bin/bash
# The manual page in the tree is the one that the tables give, mandoc finds no fault with it, and `make install` puts
# everything where it belongs.
set -eu
cd "$(dirname "$0")/../.."
./hufu man | diff - man/hufu.1 || { echo "make it anew: ./hufu man >man/hufu.1"; exit 1; }
mandoc -Tlint -Wwarning man/hufu.1
target=$(mktemp -d)
trap 'rm -rf "$target"' EXIT
make -s install DESTDIR="$target" PREFIX=/usr >/dev/null
for f in bin/hufu lib/ossl-modules/hufusm.so share/man/man1/hufu.1 share/bash-completion/completions/hufu; do
    [ -s "$target/usr/$f" ] || { echo "not installed: $f"; exit 1; }
done
"$target/usr/bin/hufu" --version | grep -q "^hufu $(cat VERSION)$"
bash -n "$target/usr/share/bash-completion/completions/hufu"
echo "1 passed, 0 failed"
