#!/bin/bash
# Unmodified openssl(1) with hufusm.so loaded through openssl.cnf, and without it: what one side makes the other takes.
set -u
cd "$(dirname "$0")/../.."
top=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/hufusm.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0 passed=0
[ -f hufusm.so ] || { echo "hufusm.so is not built"; exit 1; }
command -v openssl >/dev/null || { [ "${STRICT:-0}" = 1 ] && { echo "no openssl"; exit 1; }; echo "SKIP: no openssl"; exit 0; }

cat >"$work/ours.cnf" <<EOF
openssl_conf = init
[init]
providers = providers
alg_section = algorithms
[providers]
default = default_provider
hufusm = hufusm_provider
[default_provider]
activate = 1
[hufusm_provider]
module = $top/hufusm.so
activate = 1
[algorithms]
default_properties = ?provider=hufusm
[req]
distinguished_name = dn
x509_extensions = ca
[dn]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,digitalSignature,keyEncipherment
[ee]
basicConstraints = CA:FALSE
EOF
sed '/^openssl_conf/d' "$work/ours.cnf" >"$work/plain.cnf"
ours() { OPENSSL_CONF=$work/ours.cnf openssl "$@"; }
plain() { OPENSSL_CONF=$work/plain.cnf openssl "$@"; }
id=1234567812345678
cd "$work" || exit 1

# check NAME COMMAND...: the command succeeds
check() {
    local name=$1; shift
    if out=$("$@" 2>&1); then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "FAIL $name"; echo "    $*"; echo "$out" | sed 's/^/    /' | head -20
    fi
}
# same NAME FILE FILE
same() {
    if cmp -s "$2" "$3"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $1: $2 and $3 differ"; fi
}
# refused NAME COMMAND...: the command fails
refused() {
    local name=$1; shift
    if "$@" >/dev/null 2>&1; then failed=$((failed + 1)); echo "FAIL $name: accepted"; else passed=$((passed + 1)); fi
}

head -c 300001 /dev/urandom >data
check "the provider is active" bash -c "OPENSSL_CONF=ours.cnf openssl list -providers | grep -q hufusm"

# -- SM3, HMAC
ours dgst -sm3 -binary data >a; plain dgst -sm3 -binary data >b; same "SM3 digest" a b
ours dgst -sm3 -hmac secret -binary data >a; plain dgst -sm3 -hmac secret -binary data >b; same "HMAC-SM3" a b
printf abc | ours dgst -sm3 | grep -q 66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0 &&
    passed=$((passed + 1)) || { failed=$((failed + 1)); echo "FAIL SM3 of abc"; }

# -- SM4, both directions
key=0123456789abcdeffedcba9876543210 iv=00112233445566778899aabbccddeeff
for mode in ecb cbc ctr ofb cfb; do
    ivopt=(-iv $iv); [ $mode = ecb ] && ivopt=()
    ours enc -sm4-$mode -K $key "${ivopt[@]}" -in data -out a 2>/dev/null
    plain enc -sm4-$mode -K $key "${ivopt[@]}" -in data -out b 2>/dev/null
    same "SM4-$mode encryption" a b
    ours enc -d -sm4-$mode -K $key "${ivopt[@]}" -in b -out c 2>/dev/null
    same "SM4-$mode decryption" data c
done
ours enc -sm4-cbc -pbkdf2 -md sm3 -pass pass:word -in data -out a
plain enc -d -sm4-cbc -pbkdf2 -md sm3 -pass pass:word -in a -out b; same "enc with a passphrase" data b

# -- Keys
check "generate a key" ours genpkey -algorithm SM2 -out key.pem
check "public key" ours pkey -in key.pem -pubout -out pub.pem
plain pkey -in key.pem -pubout -out pub2.pem; same "public key as libcrypto writes it" pub.pem pub2.pem
check "key as text" bash -c "OPENSSL_CONF=ours.cnf openssl pkey -in key.pem -text -noout | grep -q 'SM2'"
check "seal the key" ours pkey -in key.pem -sm4-cbc -passout pass:word -out sealed.pem
grep -q ENCRYPTED sealed.pem && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "FAIL the key was not sealed"; }
plain pkey -in sealed.pem -passin pass:word -out key2.pem; same "sealed key opened by libcrypto" key.pem key2.pem
check "open a sealed key" ours pkey -in sealed.pem -passin pass:word -out key3.pem; same "sealed key opened" key.pem key3.pem
check "check a key" ours pkey -in key.pem -check -noout
check "traditional key" plain ec -in key.pem -out ec.pem
check "read a traditional key" ours pkey -in ec.pem -pubout -out pub3.pem; same "public key of it" pub.pem pub3.pem

# -- Signatures: without the option the identity is 1234567812345678
check "sign" ours dgst -sm3 -sign key.pem -out sig data
check "verify" ours dgst -sm3 -verify pub.pem -signature sig data
check "verified by libcrypto" plain pkeyutl -verify -rawin -digest sm3 -pubin -inkey pub.pem -in data -sigfile sig -pkeyopt distid:$id
plain pkeyutl -sign -rawin -digest sm3 -inkey key.pem -in data -out sig2 -pkeyopt distid:$id
check "verify libcrypto's signature" ours dgst -sm3 -verify pub.pem -signature sig2 data
check "sign under an identity" ours pkeyutl -sign -rawin -digest sm3 -inkey key.pem -in data -out sig3 -pkeyopt distid:alice
check "verify under an identity" plain pkeyutl -verify -rawin -digest sm3 -pubin -inkey pub.pem -in data -sigfile sig3 -pkeyopt distid:alice
refused "another identity" ours pkeyutl -verify -rawin -digest sm3 -pubin -inkey pub.pem -in data -sigfile sig3 -pkeyopt distid:bob
echo x >>data2; refused "another message" ours dgst -sm3 -verify pub.pem -signature sig data2

# -- Encryption, agreement
head -c 99 data >short
check "encrypt" ours pkeyutl -encrypt -pubin -inkey pub.pem -in short -out ct
check "libcrypto decrypts" plain pkeyutl -decrypt -inkey key.pem -in ct -out pt; same "its plaintext" short pt
check "libcrypto encrypts" plain pkeyutl -encrypt -pubin -inkey pub.pem -in short -out ct2
check "decrypt" ours pkeyutl -decrypt -inkey key.pem -in ct2 -out pt2; same "our plaintext" short pt2
ours genpkey -algorithm SM2 -out peer.pem; ours pkey -in peer.pem -pubout -out peerpub.pem
check "derive" ours pkeyutl -derive -inkey key.pem -peerkey peerpub.pem -out z1
check "derive, other side" ours pkeyutl -derive -inkey peer.pem -peerkey pub.pem -out z2; same "agreed secret" z1 z2

# -- Certificates
check "self-signed CA" ours req -config ours.cnf -new -x509 -key key.pem -sm3 -subj "/CN=SM2 CA" -days 2 -out ca.pem
check "request" ours req -config ours.cnf -new -key peer.pem -sm3 -subj "/CN=server" -out req.pem
check "request verifies" ours req -in req.pem -verify -noout
check "issue" ours x509 -req -in req.pem -CA ca.pem -CAkey key.pem -CAcreateserial -sm3 -days 2 -extfile ours.cnf -extensions ee -out cert.pem
check "chain verifies" ours verify -check_ss_sig -CAfile ca.pem cert.pem
check "chain verifies in libcrypto" plain verify -vfyopt distid:$id -CAfile ca.pem cert.pem
openssl x509 -in cert.pem -outform DER -out cert.der; printf '\x01' | dd of=cert.der bs=1 seek=$(($(stat -c %s cert.der) - 5)) conv=notrunc 2>/dev/null
refused "a damaged certificate" ours verify -CAfile ca.pem <(openssl x509 -inform DER -in cert.der)

# -- CMS
# (libcrypto 3.0 itself cannot sign CMS with SM2 keys, with or without a provider: what -sign leaves is no CMS)
ours cms -sign -in data -signer cert.pem -inkey peer.pem -md sm3 -binary -outform DER -out signed >/dev/null 2>&1
refused "docs: CMS signed by an SM2 key" ours cms -cmsout -inform DER -in signed -noout -print
refused "docs: CMS for an SM2 key" ours cms -encrypt -sm4-cbc -in short -binary -outform DER -out enveloped cert.pem
check "CMS digest" ours cms -digest_create -md sm3 -in data -binary -outform DER -out digested
check "CMS digest in libcrypto" plain cms -digest_verify -inform DER -in digested -out back -binary; same "CMS content" data back
plain req -config plain.cnf -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout p256.pem -subj /CN=r -days 2 -out p256cert.pem 2>/dev/null
check "CMS envelope with SM4" ours cms -encrypt -sm4-cbc -in data -binary -outform DER -out enveloped p256cert.pem
check "CMS envelope in libcrypto" plain cms -decrypt -inform DER -in enveloped -recip p256cert.pem -inkey p256.pem -binary -out back3
same "CMS envelope content" data back3
check "encrypted data" ours cms -EncryptedData_encrypt -sm4-cbc -secretkey $key -in data -binary -outform DER -out encrypted
check "decrypted by libcrypto" plain cms -EncryptedData_decrypt -secretkey $key -inform DER -in encrypted -out back2; same "CMS data" data back2

# -- What docs/provider.md says, word for word: its openssl.cnf and each of its shell blocks
mkdir doc
sed -n '/^## openssl.cnf/,/^## With/p' "$top/docs/provider.md" | sed -n '/^```$/,/^```$/p' | grep -v '^```' |
    sed "s,/usr/local/lib/ossl-modules/hufusm.so,$top/hufusm.so," >doc/openssl.cnf
check "docs: openssl.cnf" bash -c "OPENSSL_CONF=doc/openssl.cnf openssl list -providers | grep -q hufusm"
awk '/^```sh$/ { file = sprintf("doc/block%d.sh", ++n); next } /^```/ { file = ""; next } file != "" { print > file }' "$top/docs/provider.md"
for b in doc/block*.sh; do
    sed -i "s,/etc/hufu/openssl.cnf,$work/doc/openssl.cnf," "$b"
    check "docs: ${b#doc/} of provider.md" bash -c "cd doc && bash -eu -o pipefail ${b#doc/}"
done
[ "$(ls doc/block*.sh | wc -l)" -ge 3 ] || { failed=$((failed + 1)); echo "FAIL docs/provider.md has no shell blocks"; }
same "docs: what comes back" <(echo "some data") <(OPENSSL_CONF=doc/openssl.cnf openssl pkeyutl -decrypt -inkey doc/key.pem -in doc/data.enc)

# -- Every tier that HUFU_CPU can name
for tier in generic bmi2 avx2 gfni avx512; do
    export HUFU_CPU=$tier
    ours dgst -sm3 -binary data >a; plain dgst -sm3 -binary data >b; same "SM3 with HUFU_CPU=$tier" a b
    ours enc -sm4-ctr -K $key -iv $iv -in data -out a; plain enc -sm4-ctr -K $key -iv $iv -in data -out b
    same "SM4 with HUFU_CPU=$tier" a b
    ours dgst -sm3 -sign key.pem -out sig data
    check "SM2 with HUFU_CPU=$tier" plain pkeyutl -verify -rawin -digest sm3 -pubin -inkey pub.pem -in data -sigfile sig -pkeyopt distid:$id
    unset HUFU_CPU
done

echo "$passed passed, $failed failed"
exit $((failed != 0))
