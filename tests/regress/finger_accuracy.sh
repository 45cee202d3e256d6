#!/bin/bash
# An institution measures the engine on its own prints: error rates, speed, formats, and what is refused.
set -u
cd "$(dirname "$0")/../.."
prints=../shared/data/fingerprint
out=$(mktemp -d "${TMPDIR:-/tmp}/finger.XXXXXX"); trap 'rm -rf "$out"' EXIT
passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok   $1"; }
bad() { failed=$((failed + 1)); echo "FAIL $1"; shift; printf '     %s\n' "$@"; }
check() { # NAME CONDITION-OF-AWK: over the numbers in $line
    if echo "$line" | awk "{ exit !($2) }"; then ok "$1"; else bad "$1" "$line"; fi
}
if [ ! -f $prints/fvc2002_db1b/101_1.png ]; then
    echo "the prints that this test measures on are missing: $prints (two FVC2002 sets, see its README.md)"
    echo "0 passed, 1 failed"; exit 1
fi
finger() { ./hufu finger "$@"; }

# The locked result: a change for the worse fails here. FMR1000 etc. are the 4th last fields of the line.
for set in fvc2002_db1b fvc2002_db3b; do
    finger evaluate $prints/$set --scores "$out/$set" --csv "$out/$set.csv" --det "$out/$set.png" >"$out/log" || bad "evaluate $set" "$(cat "$out/log")"
    line=$(tail -n 1 "$out/log" | grep -Eo '[0-9.]+ %' | tr -d ' %' | tr '\n' ' ')
    check "$set: EER at most 1.1 %" '$1 <= 1.1'
    check "$set: FMR1000 at most 1.5 %" '$3 <= 1.5'
    line=$(wc -l <"$out/$set"); check "$set: 3160 comparisons in the file of scores" '$1 == 3160'
    grep -q '^101_1 102_3 [0-9.]*$' "$out/$set" && ok "$set: a line a comparison" || bad "$set: a line a comparison" "$(head -3 "$out/$set")"
    [ -s "$out/$set.png" ] && [ "$(head -1 "$out/$set.csv")" = threshold,fmr,fnmr ] && ok "$set: curve written" || bad "$set: curve written"
done
finger evaluate $prints/fvc2002_db1b $prints/fvc2002_db3b --enrol 3 >"$out/log"
line=$(tail -n 1 "$out/log" | grep -Eo '[0-9.]+ %' | tr -d ' %' | tr '\n' ' ')
check "three enrolled: FMR1000 at most 1 %" '$3 <= 1'
finger evaluate $prints/fvc2002_db1b --protocol fvc >"$out/log"
grep -q '^280 genuine and 45 impostor' "$out/log" && ok "protocol fvc: 45 impostor pairs" || bad "protocol fvc" "$(cat "$out/log")"

# Templates stand for their images; another finger does not match; exit statuses.
finger extract $prints/fvc2002_db1b/101_1.png "$out/a.fmr" >/dev/null &&
    finger match "$out/a.fmr" $prints/fvc2002_db1b/101_2.png >"$out/log" && grep -Eq '^score [0-9.]+ threshold 40 match$' "$out/log" \
    && ok "a template matches its finger" || bad "a template matches its finger" "$(cat "$out/log")"
finger match "$out/a.fmr" $prints/fvc2002_db1b/102_2.png >"$out/log"
[ $? = 1 ] && grep -Eq '^score [0-9.]+ threshold 40 no-match$' "$out/log" && ok "another finger does not" || bad "another finger does not" "$(cat "$out/log")"
for f in ansi own card-normal card-compact; do
    finger extract --format $f $prints/fvc2002_db1b/101_1.png "$out/$f" >/dev/null && [ -s "$out/$f" ] && ok "writes $f" || bad "writes $f"
done
[ "$(stat -c %s "$out/own")" -le 1024 ] && ok "a stored template is at most 1 kB" || bad "a stored template is at most 1 kB"
finger match "$out/ansi" "$out/own" >"$out/log" && ok "ANSI record matches own template" || bad "ANSI record matches own template" "$(cat "$out/log")"
finger extract $prints/fvc2002_db1b/101_1.png "$out/b.fmr" >/dev/null; cmp -s "$out/a.fmr" "$out/b.fmr" && ok "the same image gives the same bytes" || bad "the same bytes"
finger show $prints/fvc2002_db3b/101_1.png "$out/show.png" >"$out/log" && file -b "$out/show.png" 2>/dev/null | grep -q PNG && ok "show draws" || { [ -s "$out/show.png" ] && ok "show draws" || bad "show draws" "$(cat "$out/log")"; }
finger identify $prints/fvc2002_db3b/104_5.png $prints/fvc2002_db1b $prints/fvc2002_db3b/104_1.png $prints/fvc2002_db3b/104_2.png >"$out/log" \
    && head -1 "$out/log" | grep -q 'fvc2002_db3b/104_' && ok "identify finds the finger" || bad "identify finds the finger" "$(cat "$out/log")"
finger calibrate $prints/fvc2002_db3b >"$out/log" && grep -q '^offset of this site' "$out/log" && ok "calibrate" || bad "calibrate" "$(cat "$out/log")"

# What is refused, and how.
refused() { # NAME TEXT COMMAND...
    local name=$1 text=$2; shift 2
    finger "$@" >"$out/log" 2>&1; local status=$?
    [ $status = 2 ] && grep -q -- "$text" "$out/log" && ok "$name" || bad "$name" "status $status" "$(cat "$out/log")"
}
head -c 100 $prints/fvc2002_db1b/101_1.png >"$out/cut.png"
head -c 30 "$out/a.fmr" >"$out/cut.fmr"
refused "a cut image" "PNG" match "$out/cut.png" "$out/a.fmr"
refused "a cut record" "length" match "$out/cut.fmr" "$out/a.fmr"
refused "no such file" "nowhere" match "$out/nowhere" "$out/a.fmr"
refused "a wrong resolution" "dpi" match --dpi 100 "$out/a.fmr" "$out/a.fmr"
refused "an unknown option" "no such option" match --fast 1 "$out/a.fmr" "$out/a.fmr"
refused "a text file" "no known format" match tests/regress/finger_accuracy.sh "$out/a.fmr"
refused "a folder without prints" "two fingers" evaluate tests
echo "$passed passed, $failed failed"
[ $failed = 0 ]
