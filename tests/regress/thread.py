"""From an empty directory to a certificate, a person, a ticket and a record; with openssl, keytool and curl as the others.

Runs on SQLite and on PostgreSQL, and for each suite.
"""
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from hufu import HUFU, ROOT, Hufu  # noqa: E402
from pg import Postgres  # noqa: E402

# openssl 3.0 verifies SM2 under the empty identity unless our provider is loaded, which uses the default one (GM/T 0009)
OUR_SM2 = ['-provider-path', ROOT, '-provider', 'hufusm', '-provider', 'default']

passed = failed = 0


def check(what, good, detail=''):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f'FAIL {what}: {str(detail)[-600:]}', flush=True)


def sh(*command, text=None):
    return subprocess.run(command, capture_output=True, text=True, input=text, timeout=120)


def read(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


def split_pem(path, out):
    """The first certificate of a chain into a file of its own."""
    first = re.search(r'-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n', read(path), re.S).group(0)
    with open(out, 'w', encoding='ascii') as f:
        f.write(first)
    return out


def issue(h, name, alg, suite, *more):
    h.csr(name, alg)
    done = h.run('cert', 'issue', '--profile', 'tls-server', '--csr', h.path(name + '.csr'), '--suite', suite, '--san',
                 f'dns:{name}.example.com,ip:10.1.2.3', '--days', '90', '--out', h.path(name + '.pem'), '--chain', *more, check=False)
    check(f'{name}: issued', done.returncode == 0, done.stdout + done.stderr)
    return split_pem(h.path(name + '.pem'), h.path(name + '.leaf.pem'))


def certificates(h, suites):
    """Requests by openssl and keytool; verified by openssl and by hufu."""
    for suite in suites:
        for alg in ('p256', 'rsa', 'sm2'):
            name = f'{suite}-{alg}'
            leaf = issue(h, name, alg, suite)
            done = sh('openssl', 'verify', *OUR_SM2, '-CAfile', h.ca_file(), '-untrusted', h.path(name + '.pem'), leaf)
            check(f'{name}: openssl verify', done.returncode == 0, done.stdout + done.stderr)
            done = h.run('cert', 'verify', '--trust', h.ca_file(), '--untrusted', h.path(name + '.pem'), '--purpose', 'tls-server', '--dns',
                         f'{name}.example.com', leaf, check=False, data=False)
            check(f'{name}: hufu cert verify', done.returncode == 0 and done.stdout.strip() == 'valid', done.stdout + done.stderr)
            done = h.run('cert', 'verify', '--trust', h.ca_file(), '--untrusted', h.path(name + '.pem'), '--dns', 'other.example.com', leaf, check=False, data=False)
            check(f'{name}: another name is refused', done.returncode == 1, done.stdout)
    store = h.path('store.p12')
    sh('keytool', '-genkeypair', '-keystore', store, '-storepass', 'changeit', '-alias', 'x', '-keyalg', 'RSA', '-keysize', '2048', '-dname', 'CN=java.example.com,O=Example Bank')
    done = sh('keytool', '-certreq', '-keystore', store, '-storepass', 'changeit', '-alias', 'x', '-file', h.path('java.csr'))
    check('keytool made a request', done.returncode == 0, done.stdout)
    done = h.run('cert', 'issue', '--profile', 'tls-server', '--csr', h.path('java.csr'), '--suite', suites[0], '--out', h.path('java.pem'), check=False)
    check('a request by keytool is served', done.returncode == 0, done.stdout + done.stderr)


def bad_requests(h):
    """One clear error each, exit 1, nothing stored."""
    before = h.op('cert list', limit=1)['total']
    good = h.csr('good')
    sh('openssl', 'req', '-new', '-newkey', 'rsa:1024', '-nodes', '-keyout', h.path('weak.key'), '-subj', '/CN=weak.example.com', '-out', h.path('weak.csr'))
    sh('openssl', 'req', '-new', '-newkey', 'rsa:2048', '-sha1', '-nodes', '-keyout', h.path('sha1.key'), '-subj', '/CN=sha1.example.com', '-out', h.path('sha1.csr'))
    lines = good.splitlines()
    body = ''.join(lines[1:-1])
    import base64
    der = bytearray(base64.b64decode(body))
    der[-3] ^= 1
    broken = '-----BEGIN CERTIFICATE REQUEST-----\n' + base64.encodebytes(bytes(der)).decode() + '-----END CERTIFICATE REQUEST-----\n'
    short = '-----BEGIN CERTIFICATE REQUEST-----\n' + base64.encodebytes(bytes(der[:100])).decode() + '-----END CERTIFICATE REQUEST-----\n'
    cases = [
        ('truncated DER', {'csr': short}, 'csr'), ('wrong signature', {'csr': broken}, 'csr'), ('weak key', {'csr': read(h.path('weak.csr'))}, 'csr'),
        ('SHA-1', {'csr': read(h.path('sha1.csr'))}, 'csr'), ('no PEM', {'csr': 'hello'}, 'csr'),
        ('SAN of a kind outside the profile', {'csr': good, 'san': 'email:a@example.com'}, 'san'), ('a SAN that is none', {'csr': good, 'san': 'dns:a b'}, 'san'),
        ('unknown profile', {'csr': good, 'profile': 'nonsense'}, 'profile'), ('too many days', {'csr': good, 'days': 36000}, 'days'),
        ('an unknown argument', {'csr': good, 'colour': 'red'}, 'colour'), ('a wrong type', {'csr': good, 'days': 'ten'}, 'days'),
        ('an absent person', {'csr': good, 'person': 'ghost', 'profile': 'person-sign', 'san': 'email:a@example.com'}, 'person'),
    ]
    for what, args, field in cases:
        status, body = h.call('cert issue', {'profile': 'tls-server', 'suite': SUITE, 'san': 'dns:x.example.com', **args})
        error = body.get('error', {})
        check(f'{what}: refused with 4xx', 400 <= status < 500, (status, body))
        check(f'{what}: names the field {field}', error.get('field') == field, (status, body))
    check('nothing was stored', h.op('cert list', limit=1)['total'] == before)


SUITE = 'intl'


def status(h, suites):
    """Suspend, resume, revoke; OCSP within a second, CRL for openssl verify."""
    for suite in suites:
        name = f'status-{suite}'
        leaf = issue(h, name, 'sm2' if suite == 'sm' else 'p256', suite)
        shown = json.loads(h.run('cert', 'show', leaf, '--json').stdout)
        serial = shown['serial']
        ca = shown['ca']
        issuer = h.path(ca + '.pem')
        h.run('ca', 'export', '--ca', ca, '--out', issuer)

        def ocsp():
            done = sh('openssl', 'ocsp', *OUR_SM2, '-issuer', issuer, '-cert', leaf, '-url', f'http://{h.http}/ocsp', '-CAfile', h.ca_file())
            return done.stdout + done.stderr

        text = ocsp()
        check(f'{name}: OCSP says good', ': good' in text and 'Response verify OK' in text, text)
        h.run('cert', 'suspend', serial)
        begun, text = time.monotonic(), ''
        while 'certificateHold' not in text and time.monotonic() - begun < 5:
            text = ocsp()
        check(f'{name}: OCSP says suspended', 'revoked' in text and 'certificateHold' in text, text)
        h.run('cert', 'resume', serial)
        time.sleep(1)
        check(f'{name}: OCSP says good again', ': good' in ocsp(), ocsp())
        h.run('cert', 'revoke', serial, '--reason', 'keyCompromise')
        time.sleep(1)
        text = ocsp()
        check(f'{name}: revoked in OCSP within a second', ': revoked' in text and 'keyCompromise' in text, text)
        again = h.run('cert', 'revoke', serial, '--reason', 'superseded', check=False)
        check(f'{name}: revoked is final', again.returncode == 1, again.stdout + again.stderr)
        crl_check(h, name, suite, ca, leaf)


def crl_check(h, name, suite, ca, leaf):
    url = f'http://{h.http}/crl/{ca}.crl'
    pem = h.path(ca + '.crl.pem')
    for _ in range(30):
        sh('curl', '-sf', '-o', h.path(ca + '.crl'), url)
        sh('openssl', 'crl', '-inform', 'DER', '-in', h.path(ca + '.crl'), '-out', pem)
        text = sh('openssl', 'crl', '-in', pem, '-noout', '-text').stdout
        if 'Key Compromise' in text:
            break
        time.sleep(0.2)
    check(f'{name}: the CRL lists it', 'Key Compromise' in text and 'CRL Number' in text, text)
    distribution = sh('openssl', 'x509', '-in', leaf, '-noout', '-text').stdout
    check(f'{name}: the certificate points there', url in distribution and f'http://{h.http}/ocsp' in distribution, distribution)
    done = sh('openssl', 'verify', *OUR_SM2, '-crl_check', '-CAfile', h.ca_file(), '-untrusted', h.path(name + '.pem'), '-CRLfile', pem, leaf)
    check(f'{name}: openssl verify -crl_check refuses it', 'certificate revoked' in done.stdout + done.stderr, done.stdout + done.stderr)
    done = h.run('cert', 'verify', '--trust', h.ca_file(), '--untrusted', h.path(name + '.pem'), '--crl', pem, leaf, check=False, data=False)
    check(f'{name}: hufu cert verify --crl refuses it', done.returncode == 1 and 'revoked' in done.stdout, done.stdout + done.stderr)


def login(h, *more):
    return sh(HUFU, 'login', '--server', f'https://localhost:{h.https.split(":")[1]}', '--cacert', h.ca_file(), *more)


def redeem(h, ticket):
    return sh('curl', '-s', '--cacert', h.ca_file(), f'https://localhost:{h.https.split(":")[1]}/ssoAuthService?verb=validateServiceTicket&st={ticket}').stdout


def person_and_ticket(h, suites):
    with open(h.path('pass'), 'w', encoding='ascii') as f:
        f.write('secret-of-li\n')
    h.run('person', 'add', '--login', 'li', '--name', '李娜', '--unit', '清算部')
    h.run('app', 'add', '--name', 'core', '--allow', '127.0.0.1', '--min-strength', 'certificate')
    h.run('app', 'add', '--name', 'far', '--allow', '10.0.0.0/8', '--min-strength', 'password')
    for suite in suites:
        name = f'li-{suite}'
        h.csr(name, 'sm2' if suite == 'sm' else 'p256', '/O=Example Bank/CN=Li Na')
        h.run('cert', 'issue', '--profile', 'person-sign', '--csr', h.path(name + '.csr'), '--suite', suite, '--person', 'li', '--out', h.path(name + '.pem'), '--chain')
        sh('openssl', 'pkcs12', '-export', '-inkey', h.path(name + '.key'), '-in', h.path(name + '.pem'), '-out', h.path(name + '.p12'), '-passout', 'file:' + h.path('pass'))
        done = login(h, '--p12', h.path(name + '.p12'), '--passfile', h.path('pass'), '--ticket-for', 'core')
        ticket = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ''
        check(f'{name}: login gives a ticket', done.returncode == 0 and re.fullmatch('[0-9a-f]{32}', ticket), done.stdout + done.stderr)
        text = redeem(h, ticket)
        check(f'{name}: redeemed', '<result>RPC_OK</result>' in text and '<loginid>li</loginid>' in text, text)
        text = redeem(h, ticket)
        check(f'{name}: not twice', '<result>' in text and 'RPC_OK' not in text and '<loginid>' not in text, text)
        done = login(h, '--p12', h.path(name + '.p12'), '--passfile', h.path('pass'), '--ticket-for', 'far')
        text = redeem(h, done.stdout.strip().splitlines()[-1])
        check(f'{name}: not from a foreign address', 'RPC_OK' not in text, text)
    passwords(h)


def passwords(h):
    once = h.op('person reset', login='li')['one_time_password']
    with open(h.path('pw'), 'w', encoding='ascii') as f:
        f.write(once + '\n')
    done = login(h, '--login', 'li', '--passfile', h.path('pw'), '--ticket-for', 'core')
    check('a password does not open a certificate application', done.returncode == 1, done.stdout + done.stderr)
    done = login(h, '--login', 'li', '--passfile', h.path('pw'))
    check('a password signs in', done.returncode == 0, done.stdout + done.stderr)
    with open(h.path('wrong'), 'w', encoding='ascii') as f:
        f.write('not the password\n')
    done = login(h, '--login', 'li', '--passfile', h.path('wrong'))
    check('a wrong password does not', done.returncode == 1, done.stdout + done.stderr)


def trail(h):
    time.sleep(0.5)
    done = h.run('audit', 'verify', check=False)
    check('the live chain verifies', done.returncode == 0, done.stdout + done.stderr)
    path = h.path('trail.jsonl')
    h.run('audit', 'export', '--out', path)
    done = h.run('audit', 'verify', path, data=False, check=False)
    check('the export verifies', done.returncode == 0, done.stdout + done.stderr)
    lines = read(path).splitlines(True)
    events = {json.loads(line).get('event') for line in lines}
    for event in ('cert.issued', 'cert.revoked', 'person.added', 'app.added', 'login.certificate', 'ticket.issued', 'ticket.redeemed', 'ticket.refused'):
        check(f'{event} is on record', event in events, events)
    at = next(i for i, line in enumerate(lines) if '"event":"cert.issued"' in line.replace(' ', '') or '"event": "cert.issued"' in line)
    for what, changed in (('an edit', lines[:at] + [lines[at].replace('tls-server', 'tls-client').replace('cert.issued', 'cert.issueD')] + lines[at + 1:]),
                          ('a deletion', lines[:at] + lines[at + 1:]), ('a swap', lines[:at] + [lines[at + 1], lines[at]] + lines[at + 2:])):
        with open(h.path('bad.jsonl'), 'w', encoding='utf-8') as f:
            f.writelines(changed)
        done = h.run('audit', 'verify', h.path('bad.jsonl'), data=False, check=False)
        check(f'{what} is found', done.returncode == 1 and re.search(r'\d', done.stdout + done.stderr), done.stdout + done.stderr)


def story(suite, store):
    global SUITE
    suites = ('intl', 'sm') if suite == 'both' else (suite,)
    SUITE = suites[0]
    with Hufu(suite=suite, store=store) as h:
        listed = json.loads(h.run('ca', 'list', '--json').stdout)['items']
        check(f'{suite}: authorities', len(listed) >= 2 * len(suites), listed)
        certificates(h, suites)
        bad_requests(h)
        status(h, suites)
        person_and_ticket(h, suites)
        trail(h)
        check(f'{suite}: ends in order', h.stop() == 0)


def main():
    story('both', None)
    story('sm', None)
    with Postgres() as pg:
        story('both', pg.url())
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
