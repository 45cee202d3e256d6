"""`hufu login --pkcs11` with SoftHSM: keys of P-256 and RSA in tokens, certificates that Hufu issued, a ticket at the end."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from hufu import Hufu  # noqa: E402

MODULE = '/usr/lib/softhsm/libsofthsm2.so'
PIN = '271828'
passed = failed = 0


def check(what, good, detail=''):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f'FAIL {what}: {str(detail)[-600:]}', flush=True)


def sh(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def put(h, name, text):
    with open(h.path(name), 'w', encoding='ascii') as f:
        f.write(text)
    return h.path(name)


def make_token(h, label):
    sh('softhsm2-util', '--init-token', '--free', '--label', label, '--pin', PIN, '--so-pin', '31415926')


def fill_token(h, token, name, alg, key_id):
    """A key pair and the certificate that Hufu gives for it, under one label and identifier."""
    h.csr(name, alg, '/O=Example Bank/CN=Li Na')
    h.run('cert', 'issue', '--profile', 'person-sign', '--csr', h.path(name + '.csr'), '--person', 'li', '--out', h.path(name + '.pem'))
    sh('openssl', 'pkcs8', '-topk8', '-nocrypt', '-in', h.path(name + '.key'), '-out', h.path(name + '.p8'))
    sh('openssl', 'x509', '-in', h.path(name + '.pem'), '-outform', 'DER', '-out', h.path(name + '.der'))
    sh('softhsm2-util', '--import', h.path(name + '.p8'), '--token', token, '--label', name, '--id', key_id, '--pin', PIN)
    sh('pkcs11-tool', '--module', MODULE, '--token-label', token, '--login', '--pin', PIN, '--write-object', h.path(name + '.der'),
       '--type', 'cert', '--label', name, '--id', key_id)
    os.remove(h.path(name + '.key'))
    os.remove(h.path(name + '.p8'))


def login(h, *more, pin='pin'):
    return h.run('login', '--server', f'https://localhost:{h.https.split(":")[1]}', '--cacert', h.ca_file(), '--pkcs11', MODULE,
                 '--passfile', h.path(pin), *more, data=False, check=False)


def redeem(h, ticket):
    url = f'https://localhost:{h.https.split(":")[1]}/ssoAuthService?verb=validateServiceTicket&st={ticket}'
    return subprocess.run(['curl', '-s', '--cacert', h.ca_file(), url], capture_output=True, text=True).stdout


def signs_in(h, what, *more):
    done = login(h, *more, '--ticket-for', 'core', '--session', h.path('session'))
    ticket = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ''
    check(f'{what}: signs in', done.returncode == 0 and re.fullmatch('[0-9a-f]{32}', ticket), done.stdout + done.stderr)
    text = redeem(h, ticket)
    check(f'{what}: the ticket says who', 'RPC_OK' in text and '<loginid>li</loginid>' in text, text)
    done = h.run('whoami', '--server', f'https://localhost:{h.https.split(":")[1]}', '--cacert', h.ca_file(), '--token-file', h.path('session'),
                 '--json', data=False, check=False)
    check(f'{what}: by certificate', done.returncode == 0 and '"certificate"' in done.stdout, done.stdout + done.stderr)


def refused(h, what, wanted, *more, pin='pin'):
    done = login(h, *more, pin=pin)
    check(f'{what}: refused', done.returncode == 1, (done.returncode, done.stdout, done.stderr))
    check(f'{what}: says why', wanted in done.stderr, done.stderr)
    check(f'{what}: without the PIN', PIN not in done.stderr + done.stdout, done.stderr)


def story(h):
    os.mkdir(h.path('tokens'))
    os.environ['SOFTHSM2_CONF'] = put(h, 'softhsm.conf', f'directories.tokendir = {h.path("tokens")}\nlog.level = ERROR\n')
    put(h, 'pin', PIN + '\n')
    put(h, 'wrong', '161803\n')
    h.run('person', 'add', '--login', 'li', '--name', 'Li Na')
    h.run('app', 'add', '--name', 'core', '--allow', '127.0.0.1', '--min-strength', 'certificate')
    make_token(h, 'desk')
    fill_token(h, 'desk', 'curve', 'p256', '01')
    signs_in(h, 'the only key of the only token')
    fill_token(h, 'desk', 'modulus', 'rsa', '02')
    signs_in(h, 'P-256', '--token', 'desk', '--key', 'curve')
    signs_in(h, 'RSA', '--token', 'desk', '--key', 'modulus')
    refused(h, 'several keys and no label', 'several', '--token', 'desk')
    refused(h, 'a key that is not there', 'no such', '--token', 'desk', '--key', 'nothing')
    refused(h, 'a token that is not there', 'no such token', '--token', 'drawer', '--key', 'curve')
    refused(h, 'a wrong PIN', 'PIN is wrong', '--token', 'desk', '--key', 'curve', pin='wrong')
    make_token(h, 'spare')
    refused(h, 'several tokens and no label', 'several tokens', '--key', 'curve')
    certs = h.op('cert list', limit=100)['items']
    serial = sh('openssl', 'x509', '-in', h.path('curve.pem'), '-noout', '-serial').strip().split('=')[1].lower()
    check('the certificate is listed', any(c['serial'].lower().lstrip('0') == serial.lstrip('0') for c in certs), (serial, certs))
    h.run('cert', 'revoke', serial, '--reason', 'keyCompromise')
    refused(h, 'a revoked certificate', '', '--token', 'desk', '--key', 'curve')
    signs_in(h, 'the other key still', '--token', 'desk', '--key', 'modulus')


def main():
    missing = [c for c in ('softhsm2-util', 'pkcs11-tool') if shutil.which(c) is None] + ([] if os.path.exists(MODULE) else [MODULE])
    if missing:
        print('SKIP: missing ' + ', '.join(missing))
        return 1 if os.environ.get('STRICT') == '1' else 0
    with Hufu(suite='intl') as h:
        story(h)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
