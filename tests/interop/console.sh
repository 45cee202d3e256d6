#!/bin/bash
# The console: its dictionaries, its bundle made again from the source, and a day of it in a real Chromium against a real
# Hufu. npm's packages are kept in build/ by the digest of their lock file. Screenshots of failures: build/console-tests/.
set -u
cd "$(dirname "$0")/../.."
passed=0 failed=0
say() { if [ "$1" = 0 ]; then passed=$((passed + 1)); echo "ok   $2"; else failed=$((failed + 1)); echo "FAIL $2"; fi; }
end() { echo "$passed passed, $failed failed"; [ $failed = 0 ]; exit; }
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
for need in node npm "$CHROMIUM" openssl python3; do
    command -v "$need" >/dev/null && continue
    [ "${STRICT:-0}" = 1 ] && { echo "no $need"; exit 1; }
    echo "SKIP: no $need"; exit 0
done

# Packages are trusted for their digests, which the lock files hold and npm checks, and not for where they came from: so a
# registry behind a proxy whose certificate this machine does not know is asked again without looking at the certificate.
fetch() {
    npm ci --no-audit --no-fund --loglevel=error 2>npm.log && return
    grep -q CERT npm.log || { cat npm.log; return 1; }
    npm ci --strict-ssl=false --no-audit --no-fund --loglevel=error
}

# install FOLDER SOURCE: the packages that SOURCE/package-lock.json names, in FOLDER, unless they are there already
install() {
    local have want
    have=$(cat "$1/installed" 2>/dev/null) want=$(sha256sum <"$2/package-lock.json")
    mkdir -p "$1" && cp "$2"/package.json "$2"/package-lock.json "$1"
    [ "$have" = "$want" ] && return 0
    rm -f "$1/installed"
    (cd "$1" && fetch) && echo "$want" >"$1/installed"
}

for lock in console tests/console; do
    [ "$(jq '[.packages | del(.[""])[] | select(.integrity | startswith("sha512-") | not)] | length' $lock/package-lock.json)" = 0 ]
    say $? "every package in $lock/package-lock.json has its digest"
done

out=build/console-tests
install $out tests/console; status=$?
say $status "npm ci in tests/console gives what the lock file names"
[ $status = 0 ] || end
cp tests/console/*.mjs $out/
! grep -q '"resolved"' tests/console/package-lock.json console/package-lock.json
say $? "the lock files name no registry"

node $out/words.mjs console/src; say $? "dictionaries"

size=$(cat console/dist/assets/* | gzip -9 | wc -c)
[ "$size" -le 122880 ]; say $? "the bundle is $size bytes compressed, at most 122880"
tools/console-digest | cmp - console/dist.from; say $? "the committed bundle was made from the committed source"
! grep -rlE "https?://[a-z]" console/dist --include=*.html --include=*.css; say $? "pages and style name no other place"

if [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then
    again=build/console-build
    install $again console; status=$?
    say $status "npm ci in console gives what the lock file names"
    if [ $status = 0 ]; then
        (cd $again && rm -rf src public index.html vite.config.js dist && cp -r ../../console/{src,public,index.html,vite.config.js} . && npm run --silent build >build.log 2>&1) || cat $again/build.log
        diff -r console/dist $again/dist; say $? "the bundle made from the source is the committed one, byte for byte"
    fi
else
    echo "     Node $(node --version) cannot build the console (needs 20): the bundle is compared with its source by digest alone"
fi

python3 tests/console/run.py $out | tee $out/story.log
counts=$(tail -n 1 $out/story.log | grep -E '^[0-9]+ passed, [0-9]+ failed$' || echo "0 passed, 1 failed")
passed=$((passed + ${counts%% *}))
failed=$((failed + $(echo "$counts" | awk '{ print $3 }')))
end
