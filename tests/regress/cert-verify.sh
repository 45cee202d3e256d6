#!/bin/bash
# "hufu cert verify" as an operator uses it: files made by openssl, plain and JSON answers, exit statuses.
set -u
hufu=$PWD/hufu
dir=$(mktemp -d "${TMPDIR:-/tmp}/hufu-verify.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
failed=0

# expect STATUS TEXT ARGUMENTS…
expect() {
    local status=$1 text=$2 got
    shift 2
    got=$("$hufu" cert verify "$@" 2>&1)
    local code=$?
    if [ $code -ne "$status" ] || [[ $got != *"$text"* ]]; then
        echo "hufu cert verify $*"
        echo "    expected status $status and \"$text\", got status $code:"
        echo "$got" | sed 's/^/    /'
        failed=1
    fi
}

cat >ca.cnf <<'CNF'
[req]
distinguished_name = dn
prompt = no
[dn]
CN = placeholder
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[sub]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[leaf]
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:www.example.com,DNS:*.apps.example.com,IP:192.0.2.7
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[ca]
default_ca = sub_ca
[sub_ca]
database = index.txt
crlnumber = crlnumber
default_md = default
default_crl_days = 30
crl_extensions = crl
[crl]
authorityKeyIdentifier = keyid:always
CNF

# make KIND: a root, an intermediate and a leaf with keys of one kind
make_chain() {
    local kind=$1 sm="" new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha256"
    if [ "$kind" = sm2 ]; then
        new="-newkey sm2 -sm3" sm="-sigopt distid:1234567812345678"
    elif [ "$kind" = rsa ]; then
        new="-newkey rsa:2048 -sha256"
    fi
    local digest=${new##* }
    openssl req -x509 $new $sm -nodes -keyout root.key -out root.pem -days 3650 -subj "/O=Example Bank/CN=Root $kind" \
        -config ca.cnf -extensions root || return 1
    openssl req -new $new $sm -nodes -keyout sub.key -out sub.csr -subj "/O=Example Bank/CN=Sub $kind" -config ca.cnf || return 1
    openssl x509 -req -in sub.csr $digest $sm -vfyopt distid:1234567812345678 -CA root.pem -CAkey root.key -CAcreateserial \
        -out sub.pem -days 1800 -extfile ca.cnf -extensions sub 2>>log || sign_without_vfyopt sub root sub "$digest" "$sm" || return 1
    openssl req -new $new $sm -nodes -keyout leaf.key -out leaf.csr -subj "/O=Example Bank/CN=www.example.com" -config ca.cnf || return 1
    openssl x509 -req -in leaf.csr $digest $sm -vfyopt distid:1234567812345678 -CA sub.pem -CAkey sub.key -CAcreateserial \
        -out leaf.pem -days 90 -extfile ca.cnf -extensions leaf 2>>log || sign_without_vfyopt leaf sub leaf "$digest" "$sm" || return 1
    cat leaf.pem sub.pem >chain.pem
}
# options for SM2 are refused for other keys
sign_without_vfyopt() {
    openssl x509 -req -in "$1.csr" $4 $5 -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -out "$1.pem" -days 800 \
        -extfile ca.cnf -extensions "$3"
}

for kind in p256 sm2 rsa; do
    rm -f ./*.pem ./*.key ./*.csr ./*.srl
    make_chain $kind 2>>log || { echo "openssl could not make the $kind chain:"; tail -5 log; exit 1; }
    expect 0 valid --trust root.pem --untrusted sub.pem leaf.pem
    expect 0 valid --trust root.pem chain.pem
    expect 0 valid --trust root.pem --purpose tls-server --dns www.example.com chain.pem
    expect 0 valid --trust root.pem --purpose tls-server --dns a.apps.example.com chain.pem
    expect 0 valid --trust root.pem --purpose tls-server --ip 192.0.2.7 chain.pem
    expect 0 valid --trust sub.pem leaf.pem
    expect 0 '"valid": true' --json --trust root.pem chain.pem
    expect 1 "RFC 9525" --trust root.pem --purpose tls-server --dns example.com chain.pem
    expect 1 "RFC 9525" --trust root.pem --ip 192.0.2.8 chain.pem
    expect 1 "clientAuth (RFC 5280 4.2.1.12)" --trust root.pem --purpose tls-client chain.pem
    expect 1 "no path to a trust anchor" --trust root.pem leaf.pem
    expect 1 "RFC 5280 6.1.3 (a)(2)" --trust root.pem --time 2001-01-01T00:00:00Z chain.pem
    expect 1 "expired" --trust root.pem --time 2190-01-01T00:00:00+08:00 chain.pem
    expect 1 "invalid" --trust root.pem --max-depth 0 chain.pem
    expect 1 '"code": "E_VERIFY"' --json --trust leaf.pem --untrusted sub.pem root.pem
    sed 's/^MII/MIJ/' leaf.pem >broken.pem
    expect 1 "certificate" --trust root.pem --untrusted sub.pem broken.pem
done

# the last chain is RSA: revoke its leaf with openssl's own CA
: >index.txt
echo 01 >crlnumber
openssl ca -config ca.cnf -name sub_ca -cert sub.pem -keyfile sub.key -md sha256 -gencrl -out sub.crl 2>>log
openssl ca -config ca.cnf -name sub_ca -cert root.pem -keyfile root.key -md sha256 -gencrl -out root.crl 2>>log
expect 0 valid --trust root.pem --crl sub.crl --crl root.crl chain.pem
expect 0 valid --trust root.pem --crl sub.crl chain.pem
expect 1 "revocation status is not known" --trust root.pem --crl sub.crl --crl-all chain.pem
expect 1 "revocation status is not known" --trust root.pem --crl root.crl chain.pem
openssl ca -config ca.cnf -name sub_ca -cert sub.pem -keyfile sub.key -md sha256 -revoke leaf.pem -crl_reason keyCompromise 2>>log
openssl ca -config ca.cnf -name sub_ca -cert sub.pem -keyfile sub.key -md sha256 -gencrl -out sub.crl 2>>log
cat sub.crl root.crl >all.crl
expect 1 "reason keyCompromise" --trust root.pem --crl all.crl chain.pem

expect 2 "--trust FILE is missing" leaf.pem
expect 2 "no such file" --trust "no such file" leaf.pem
expect 2 "not both" --trust root.pem --dns a --ip 10.0.0.1 leaf.pem
expect 2 "purpose" --trust root.pem --purpose anything leaf.pem
expect 2 "max-depth" --trust root.pem --max-depth x leaf.pem
expect 2 "time" --trust root.pem --time yesterday leaf.pem
expect 2 "unknown option" --trust root.pem --frob leaf.pem
expect 0 "usage: hufu cert verify" --help

[ $failed = 0 ] && echo "paths of P-256, SM2 and RSA judged as expected"
exit $failed
