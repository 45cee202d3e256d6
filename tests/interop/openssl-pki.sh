#!/bin/bash
# Requests made by openssl and keytool; certificates, CRL and OCSP as openssl and curl see them.
set -eu
cd "$(dirname "$0")/../.."
for tool in openssl curl keytool python3; do
    command -v $tool >/dev/null || { [ "${STRICT:-}" = 1 ] && { echo "FAIL: no $tool"; exit 1; }; echo "SKIP: no $tool"; exit 0; }
done
hufu=$PWD/hufu
dir=$(mktemp -d "${TMPDIR:-/tmp}/hufu-pki-XXXXXX")
server=
finish() {
    status=$?
    [ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; }
    [ $status = 0 ] || { echo "--- the end of the server's log"; tail -n 20 "$dir/log" 2>/dev/null; }
    rm -rf "$dir"
    exit $status
}
trap finish EXIT
cd "$dir"

step() { echo "== $*"; }
fail() { echo "FAIL: $*"; exit 1; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
member() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
serial_of() { openssl x509 -in "$1" -noout -serial | cut -d= -f2; }
call() { "$hufu" --data data "$@"; }
# Repeat a command until it succeeds, at most $1 tenths of a second; says how long it took.
within() {
    local tenths=$1 n=0; shift
    while ! "$@" >out.txt 2>&1; do
        n=$((n + 1)); [ $n -lt "$tenths" ] || { cat out.txt; return 1; }
        sleep 0.1
    done
    echo "   after about $n tenths of a second"
}

https=$(free_port) http=$(free_port)
step "init and serve"
"$hufu" init --data data --org "Example Bank" --suite both --secrets secrets.json >init.txt
"$hufu" serve --data data --https 127.0.0.1:$https --http 127.0.0.1:$http >ready.txt 2>log &
server=$!
within 100 grep -q '^ready' ready.txt || fail "the server is not ready"
url=http://127.0.0.1:$http
call ca export --out ca.pem
csplit -s -z -f ca- ca.pem '/-----BEGIN/' '{*}'
for f in ca-*; do openssl x509 -in "$f" -out "$(openssl x509 -in "$f" -noout -subject -nameopt RFC2253 | sed 's/.*CN=\([^,]*\).*/\1/; s/ /-/g').pem"; done
ls ./*.pem
root=Root-CA-P256.pem issuing=Issuing-CA-P256.pem sm=Issuing-CA-SM2.pem

step "requests of three kinds, by openssl and keytool"
openssl req -new -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.csr -subj "/C=CN/O=Example Bank/CN=rsa.example.com" -addext "subjectAltName=DNS:rsa.example.com,IP:10.0.0.1" 2>/dev/null
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout p256.key -out p256.csr -subj "/CN=p256.example.com" 2>/dev/null
openssl genpkey -algorithm SM2 -out sm2.key; openssl req -new -key sm2.key -out sm2.csr -subj "/CN=sm2.example.com"
openssl req -new -key sm2.key -sm3 -sigopt distid:1234567812345678 -out sm2id.csr -subj "/CN=sm2.example.com"
keytool -genkeypair -alias k -keyalg EC -groupname secp256r1 -dname "CN=java.example.com, O=Example Bank, C=CN" -keystore k.p12 -storepass secret123 -storetype PKCS12 2>/dev/null
keytool -certreq -alias k -keystore k.p12 -storepass secret123 -ext san=dns:java.example.com -file java.csr 2>/dev/null
for n in rsa p256 java sm2 sm2id; do
    call cert issue --profile tls-server --csr $n.csr --out $n.crt --chain --json >$n.json
    grep -c BEGIN $n.crt | grep -qx 2 || fail "$n: --chain gives $(grep -c BEGIN $n.crt) certificates"
done
call cert issue --profile tls-server --csr p256.csr --san dns:a.example.com,ip:10.0.0.9 --days 30 --out san.crt
openssl x509 -in san.crt -noout -ext subjectAltName | grep -q 'DNS:a.example.com, IP Address:10.0.0.9, DNS:p256.example.com' || fail "SAN"

step "openssl accepts them"
for n in rsa p256 java san; do
    openssl verify -x509_strict -CAfile $root -untrusted $issuing -purpose sslserver $n.crt
done
for n in sm2 sm2id; do
    openssl verify -partial_chain -CAfile $sm -vfyopt distid:1234567812345678 -purpose sslserver $n.crt
done
openssl verify -CAfile Root-CA-SM2.pem -vfyopt distid:1234567812345678 $sm
call cert show "$(serial_of sm2.crt)" --json | grep -q '"request_identity": *"empty"' || fail "the empty identity is not recorded"
call cert show "$(serial_of sm2id.crt)" --json | grep -q '"request_identity": *"default"' || fail "the default identity is not recorded"
cat p256.crt >chain.crt; keytool -importcert -noprompt -alias root -file $root -keystore k.p12 -storepass secret123 2>/dev/null
cat java.crt $root >java-chain.pem
keytool -importcert -noprompt -alias k -file java-chain.pem -keystore k.p12 -storepass secret123 2>&1 | grep -qi installed || fail "keytool does not take the reply"

step "addresses in certificates point to this server"
openssl x509 -in p256.crt -noout -text >text.txt
grep -q "OCSP - URI:$url/ocsp" text.txt && grep -q "CA Issuers - URI:$url/ca/issuing-p256.cer" text.txt && grep -q "URI:$url/crl/issuing-p256.crl" text.txt || { cat text.txt; fail "AIA or CDP"; }
curl -sf "$url/ca/issuing-p256.cer" | openssl x509 -inform DER -noout -subject
crl() { curl -sf "$url/crl/issuing-p256.crl" | openssl crl -inform DER -out crl.pem; }
verify_crl() { crl && openssl verify -crl_check -CRLfile crl.pem -CAfile ca.pem "$1"; }
verify_crl p256.crt
openssl crl -in crl.pem -noout -text -CAfile $issuing 2>&1 | grep -q 'verify OK' || fail "CRL signature"

step "openssl ocsp, POST with a nonce and GET"
ask() { openssl ocsp -issuer $issuing -cert "$1" -url "$url/ocsp" -CAfile $root -verify_other $issuing "${@:2}" 2>&1; }
ask p256.crt | tee out.txt | grep -q 'p256.crt: good' && grep -q 'Response verify OK' out.txt || { cat out.txt; fail "OCSP"; }
ask rsa.crt -no_nonce | grep -q 'rsa.crt: good' || fail "OCSP without a nonce"
openssl ocsp -issuer $issuing -cert p256.crt -no_nonce -reqout req.der >/dev/null
get=$(base64 -w0 req.der | sed 's/+/%2B/g; s/\//%2F/g; s/=/%3D/g')
curl -sf -D head.txt -o resp.der "$url/ocsp/$get"
grep -qi '^content-type: application/ocsp-response' head.txt && grep -qi '^cache-control:.*max-age' head.txt || { cat head.txt; fail "GET headers"; }
openssl ocsp -issuer $issuing -cert p256.crt -respin resp.der -no_nonce -CAfile $root -verify_other $issuing 2>&1 | grep -q 'p256.crt: good' || fail "GET"
openssl ocsp -issuer $sm -cert sm2.crt -url "$url/ocsp" -noverify 2>&1 | grep -q 'sm2.crt: good' || fail "OCSP of SM2"
openssl ocsp -issuer $root -cert p256.crt -url "$url/ocsp" -noverify 2>&1 | grep -qi unauthorized || fail "a foreign authority is answered"

step "suspend, resume, revoke: OCSP within a second, CRL within three"
is() { ask "$1" -no_nonce | grep -q "$1: $2"; }
call cert suspend "$(serial_of p256.crt)" >/dev/null
within 10 is p256.crt revoked || fail "suspended, and OCSP does not say so"
ask p256.crt -no_nonce | grep -q certificateHold || fail "no certificateHold"
call cert resume "$(serial_of p256.crt)" >/dev/null
within 10 is p256.crt good || fail "resumed, and OCSP does not say so"
call cert revoke "$(serial_of p256.crt)" --reason keyCompromise >/dev/null
within 10 is p256.crt revoked || fail "revoked, and OCSP does not say so"
in_crl() { crl && openssl crl -in crl.pem -noout -text | grep -qi "$(serial_of p256.crt)"; }
within 30 in_crl || fail "revoked, and the CRL does not say so"
verify_crl p256.crt >out.txt 2>&1 && fail "verifies although revoked"
grep -q 'certificate revoked' out.txt || { cat out.txt; fail "refused for another reason"; }
verify_crl rsa.crt
set +e
call cert revoke "$(serial_of p256.crt)" --reason superseded >out.txt 2>&1; [ $? = 1 ] || { cat out.txt; fail "revoked twice"; }

step "bad requests are refused with field and clause"
refuse() { # words, then arguments
    call cert issue --profile tls-server --out no.crt "${@:2}" >out.txt 2>&1; [ $? = 1 ] || { cat out.txt; fail "not refused: ${*:2}"; }
    grep -q -- "$1" out.txt || { cat out.txt; fail "does not say '$1'"; }
    [ ! -e no.crt ] || fail "a file was written"
}
head -c 300 rsa.csr >cut.csr
openssl req -new -newkey rsa:2048 -nodes -keyout sha1.key -sha1 -out sha1.csr -subj "/CN=a.example.com" 2>/dev/null
openssl req -new -newkey rsa:1024 -nodes -keyout weak.key -out weak.csr -subj "/CN=a.example.com" 2>/dev/null
refuse csr --csr cut.csr
refuse sha1 --csr sha1.csr
refuse 1024 --csr weak.csr
refuse "names of this kind" --csr rsa.csr --san email:a@example.com
refuse "given twice" --csr rsa.csr --san dns:a.example.com,dns:a.example.com
refuse keyCompromise --csr p256.csr
call cert issue --profile nothing --csr rsa.csr --out no.crt >out.txt 2>&1; [ $? = 1 ] || fail "unknown profile"
grep -q profile out.txt || fail "unknown profile is not named"
set -e

step "search"
call cert list --find p256.example --json | member total | grep -qx 2 || fail "find"
call cert list --state revoked --json | member total | grep -qx 1 || fail "state"
call cert stats --json >/dev/null
echo ok
