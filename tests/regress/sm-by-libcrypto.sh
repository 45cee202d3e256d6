#!/bin/bash
# HUFU_SM=libcrypto: SM2 and SM3 by OpenSSL instead of our own arithmetic. What one signs the other verifies, both ways;
# the server says in its log which it is.
set -u
cd "$(dirname "$0")/../.."
failed=0 passed=0
dir=$(mktemp -d "${TMPDIR:-/tmp}/hufu-sm.XXXXXX") || exit 1
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server"; rm -rf "$dir"' EXIT

# check NAME COMMAND...
check() {
    local name=$1; shift
    if out=$("$@" 2>&1); then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "FAIL $name"; echo "    $*"; echo "$out" | tail -20 | sed 's/^/    /'
    fi
}
for t in test_pub test_keys; do check "$t with HUFU_SM=libcrypto" env HUFU_SM=libcrypto "build/release/unit/$t"; done

for by in libcrypto ours; do
    env HUFU_SM=$by ./hufu init --data "$dir/$by" --org "Example Bank" --suite sm --secrets "$dir/$by.json" \
        --https 127.0.0.1:0 --http 127.0.0.1:0 >"$dir/$by.init" 2>&1 || { cat "$dir/$by.init"; exit 1; }
    mkfifo "$dir/$by.out"
    env HUFU_SM=$by ./hufu serve --data "$dir/$by" >"$dir/$by.out" 2>"$dir/$by.log" &
    server=$!
    read -r -t 30 line <"$dir/$by.out"; [ "$line" = ready ] || { cat "$dir/$by.log"; exit 1; }
    if [ "$(grep -c 'server.sm-by-libcrypto' "$dir/$by.log")" = "$([ $by = libcrypto ]; echo $((1 - $?)))" ]; then
        passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL the log of $by:"; cat "$dir/$by.log"; fi
    openssl genpkey -algorithm SM2 -out "$dir/$by.key"
    openssl req -new -key "$dir/$by.key" -sm3 -subj "/CN=$by.example.com" -out "$dir/$by.csr" \
        -sigopt distid:1234567812345678
    check "issue by $by" ./hufu --data "$dir/$by" cert issue --profile tls-server --suite sm --csr "$dir/$by.csr" \
        --san "dns:$by.example.com" --out "$dir/$by.pem" --chain
    check "authorities of $by" ./hufu --data "$dir/$by" ca export --out "$dir/$by.ca"
    kill "$server" && wait "$server"; server=
    for other in libcrypto ours; do
        check "certificate by $by, verified by $other" env HUFU_SM=$other ./hufu cert verify --trust "$dir/$by.ca" \
            --untrusted "$dir/$by.pem" --dns "$by.example.com" "$dir/$by.pem"
    done
done
echo "$passed passed, $failed failed"
exit $((failed != 0))
