#!/bin/bash
# Debian's nginx and curl with hufusm.so from openssl.cnf, and certificates of an SM2 authority of Hufu: HTTPS, mutual TLS,
# revocation, reload, end. Without the provider neither accepts such a certificate. Also what libssl 3.0 cannot do.
set -u
cd "$(dirname "$0")/../.."
top=$PWD hufu=$PWD/hufu
for tool in nginx curl openssl python3; do
    command -v $tool >/dev/null || { [ "${STRICT:-}" = 1 ] && { echo "FAIL: no $tool"; exit 1; }; echo "SKIP: no $tool"; exit 0; }
done
[ -f hufusm.so ] || { echo "hufusm.so is not built"; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/hufusm-nginx.XXXXXX")
chmod 711 "$work" # the workers of nginx give up root
server='' nginx='' failed=0 passed=0
finish() {
    status=$?
    for pid in $nginx $server; do kill "$pid" 2>/dev/null && wait "$pid"; done
    [ $failed = 0 ] || { echo "--- nginx:"; tail -n 15 "$work/error.log" 2>/dev/null; }
    rm -rf "$work"
    exit $status
}
trap finish EXIT
cd "$work" || exit 1

check() { # NAME COMMAND...: the command succeeds
    local name=$1; shift
    if out=$("$@" 2>&1); then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "FAIL $name"; echo "    $*"; echo "$out" | head -20 | sed 's/^/    /'
    fi
}
refused() { # NAME COMMAND...: the command fails
    local name=$1; shift
    if out=$("$@" 2>&1); then failed=$((failed + 1)); echo "FAIL $name: it did not fail"; echo "$out" | head -5 | sed 's/^/    /'
    else passed=$((passed + 1)); fi
}
says() { # NAME TEXT COMMAND...: the output of the command has the text in it
    local name=$1 text=$2; shift 2
    out=$("$@" 2>&1)
    if [[ $out == *"$text"* ]]; then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "FAIL $name: no \"$text\" in"; echo "$out" | head -20 | sed 's/^/    /'
    fi
}
wait_for() { # COMMAND...: until it succeeds, at most 15 seconds
    for _ in $(seq 150); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done
    echo "waited in vain for: $*"; return 1
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

cat >provider.cnf <<END
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
END
: >plain.cnf

# -- Certificates: keys of P-256, because that is what libssl speaks; the authority is SM2
http=127.0.0.1:$(free_port)
"$hufu" init --data data --org "Example Bank" --suite sm --secrets secrets.json --https 127.0.0.1:$(free_port) --http $http >init.txt 2>&1 ||
    { cat init.txt; exit 1; }
"$hufu" serve --data data >ready.txt 2>serve.log &
server=$!
wait_for grep -q '^ready' ready.txt || { cat serve.log; exit 1; }
issue() { # NAME PROFILE SAN
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/O=Example Bank/CN=$1" 2>/dev/null
    "$hufu" --data data cert issue --profile "$2" --suite sm --csr "$1.csr" --san "$3" --out "$1.pem" --chain >"$1.txt" 2>&1 || cat "$1.txt"
}
issue localhost tls-server dns:localhost
issue robot tls-client dns:robot.example.com
issue lost tls-client dns:lost.example.com
"$hufu" --data data ca export --out ca.pem
crls() { # both lists in one file, as nginx wants them
    for ca in root-sm2 issuing-sm2; do curl -sf "http://$http/crl/$ca.crl" | openssl crl -inform DER || return 1; done
}
says "the certificate's signature" "SM2-with-SM3" openssl x509 -in localhost.pem -noout -text
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout stranger.key -out stranger.pem -subj /CN=stranger -days 2 2>/dev/null

# -- nginx
port=$(free_port)
mkdir files; head -c 1000000 /dev/urandom >files/data; chmod -R a+rX files
cat >nginx.conf <<END
daemon off;
pid nginx.pid;
error_log error.log info;
events { }
http {
    access_log off;
    client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
    ssl_protocols TLSv1.2 TLSv1.3;
    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate localhost.pem;
        ssl_certificate_key localhost.key;
        ssl_client_certificate ca.pem;
        ssl_verify_client optional;
        ssl_verify_depth 3;
        include crl.conf;
        location / { root files; }
        location /who { return 200 "\$ssl_protocol \$ssl_client_verify \$ssl_client_s_dn\n"; }
    }
}
END
: >crl.conf
start_nginx() { # CONF
    OPENSSL_CONF=$work/$1 nginx -p "$work" -c nginx.conf -e error.log >>error.log 2>&1 &
    nginx=$!
    wait_for bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" || { failed=$((failed + 1)); exit 1; }
}
stop_nginx() { # not in a subshell: only its parent learns the status it ends with
    kill -QUIT "$nginx"; wait "$nginx"; local status=$?
    nginx=''
    check "$1: nginx ends with status 0" [ $status = 0 ]
}
get() { OPENSSL_CONF=$work/provider.cnf curl -sS --max-time 20 --cacert ca.pem "$@"; }
url=https://localhost:$port

start_nginx provider.cnf
worker=$(cat "/proc/$nginx/task/$nginx/children")
check "the provider is mapped into nginx" grep -q "$top/hufusm.so" "/proc/$nginx/maps"
check "and into its worker" grep -q "$top/hufusm.so" "/proc/${worker%% *}/maps"
for tls in 1.2 1.3; do
    says "TLS $tls" "TLSv$tls NONE" get --tls-max $tls --tlsv$tls $url/who
    says "TLS $tls with a client's certificate" "TLSv$tls SUCCESS CN=robot" get --tls-max $tls --tlsv$tls --cert robot.pem --key robot.key $url/who
done
check "a file" get -o got $url/data
check "the file is the same" cmp got files/data
says "a certificate of a stranger" "400 Bad Request" get --cert stranger.pem --key stranger.key $url/who
says "another one of ours" "SUCCESS CN=lost" get --cert lost.pem --key lost.key $url/who
refused "curl without the provider" env OPENSSL_CONF="$work/plain.cnf" curl -sS --max-time 20 --cacert ca.pem $url/who
check "hundred connections" bash -c "seq 100 | OPENSSL_CONF=$work/provider.cnf xargs -P 8 -I{} curl -sS --max-time 20 --cacert ca.pem --cert robot.pem --key robot.key -o /dev/null -f '$url/who?{}'"

# -- Revocation and reload
"$hufu" --data data cert revoke "$(openssl x509 -in lost.pem -noout -serial | cut -d= -f2)" --reason keyCompromise >revoke.txt 2>&1 || cat revoke.txt
fresh_crl() { crls >crl.pem && curl -sf "http://$http/crl/issuing-sm2.crl" | openssl crl -inform DER -noout -text | grep -q "Serial Number"; }
wait_for fresh_crl || failed=$((failed + 1))
echo "ssl_crl crl.pem;" >crl.conf
kill -HUP "$nginx"
revoked() { [[ $(get --cert lost.pem --key lost.key $url/who 2>&1) == *"400 Bad Request"* ]]; }
check "after reload the revoked one is refused" wait_for revoked
says "the other one is not" "SUCCESS CN=robot" get --cert robot.pem --key robot.key $url/who
new_worker() { worker=$(cat "/proc/$nginx/task/$nginx/children") && [ "$(wc -w <<<"$worker")" = 1 ]; }
wait_for new_worker
worker=$(cat "/proc/$nginx/task/$nginx/children")
check "the provider is mapped into the new worker" grep -q "$top/hufusm.so" "/proc/${worker%% *}/maps"
stop_nginx "with the provider"
refused "a crash in nginx's log" grep -qE "signal (4|6|7|8|11)|\[(alert|emerg)\]" error.log

# -- Without the provider nginx does not accept the client; `env` in nginx.conf comes too late to load it
: >crl.conf
start_nginx plain.cnf
refused "no provider in it" grep -q hufusm "/proc/$nginx/maps"
says "the client's certificate without the provider" "400 Bad Request" get --cert robot.pem --key robot.key $url/who
stop_nginx "without it"

# -- Limits of libssl 3.0, whatever provider is there: no SM2 keys in TLS, no SM cipher suites
openssl genpkey -algorithm SM2 -out sm2.key
OPENSSL_CONF=$work/provider.cnf openssl req -config <(echo "[req]"; echo "distinguished_name=dn"; echo "[dn]") -new -x509 -key sm2.key -sm3 -subj /CN=localhost -days 2 -out sm2.pem 2>/dev/null
says "an SM2 key in TLS" "unknown certificate type" env OPENSSL_CONF="$work/provider.cnf" openssl s_server -accept "$(free_port)" -cert sm2.pem -key sm2.key
says "RFC 8998 suites" "no cipher match" env OPENSSL_CONF="$work/provider.cnf" openssl s_client -connect localhost:1 -ciphersuites TLS_SM4_GCM_SM3

echo "$passed passed, $failed failed"
exit $((failed != 0))
