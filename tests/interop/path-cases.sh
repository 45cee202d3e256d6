#!/bin/bash
# "hufu cert verify" against certification paths made here, each with one thing special: verdict, reason and time.
set -eu
cd "$(dirname "$0")/../.."
missing=
python3 -c 'import cryptography' 2>/dev/null || missing="python3-cryptography"
[ -e /usr/share/publicsuffix/public_suffix_list.dat ] || missing="$missing publicsuffix"
if [ -n "$missing" ]; then
    [ "${STRICT:-}" = 1 ] && { echo "FAIL: no $missing"; exit 1; }
    echo "SKIP: no $missing"
    exit 0
fi
exec python3 -B tests/interop/path_cases.py ./hufu "$@"
