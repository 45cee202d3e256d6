"""No secret is found where it does not belong.

Known secrets go through the product the way they do in life, mistakes included: a password typed as a login, one in a
malformed request, a ticket redeemed twice. Then everything that Hufu has written, and the command line of every process
it has had, is searched for them: as they are, in hexadecimal and in base64. Private keys are taken out of their sealed
files by this script itself, so that their true bytes are looked for.
"""
import base64
import ctypes
import ctypes.util
import hmac
import json
import os
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from hufu import Hufu  # noqa: E402

passed = failed = 0


def check(what, good, detail=''):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f'FAIL {what}: {str(detail)[-600:]}', flush=True)


# -- Sealed files, opened from outside -------------------------------------------------------------------------------


def hkdf(key, salt, info, n):
    """RFC 5869 with SHA-256."""
    prk, out, block = hmac.digest(salt, key, 'sha256'), b'', b''
    while len(out) < n:
        block = hmac.digest(prk, block + info + bytes([len(out) // 32 + 1]), 'sha256')
        out += block
    return out[:n]


def aes_gcm_open(key, nonce, header, context, text, tag):
    crypto = ctypes.CDLL(ctypes.util.find_library('crypto'))
    for name in ('EVP_CIPHER_CTX_new', 'EVP_aes_256_gcm'):
        getattr(crypto, name).restype = ctypes.c_void_p
    ctx, n = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new()), ctypes.c_int()
    out = ctypes.create_string_buffer(len(text))
    crypto.EVP_DecryptInit_ex(ctx, ctypes.c_void_p(crypto.EVP_aes_256_gcm()), None, key, nonce)
    for part in (header, context):
        crypto.EVP_DecryptUpdate(ctx, None, ctypes.byref(n), part, len(part))
    crypto.EVP_DecryptUpdate(ctx, out, ctypes.byref(n), text, len(text))
    crypto.EVP_CIPHER_CTX_ctrl(ctx, 0x11, 16, tag)
    good = crypto.EVP_DecryptFinal_ex(ctx, ctypes.create_string_buffer(16), ctypes.byref(n))
    crypto.EVP_CIPHER_CTX_free(ctx)
    return out.raw if good == 1 else None


def private_keys(h):
    """{id: the private number} of the keys that open without a passphrase; the sealing key under ''."""
    with open(os.path.join(h.data, 'secrets', 'seal.key'), encoding='ascii') as f:
        seal = bytes.fromhex(re.search(r'^key ([0-9a-f]{64})$', f.read(), re.M).group(1))
    found = {'': seal}
    for name in os.listdir(os.path.join(h.data, 'keys')):
        with open(os.path.join(h.data, 'keys', name), 'rb') as f:
            raw = f.read()
        at = 4 + 1 + 1 + 2 + 16 + 8
        for _ in range(2):
            at += 4 + int.from_bytes(raw[at:at + 4], 'big')
        if raw[5] != 0:
            continue
        header, blob = raw[:at], raw[at + 4:]
        derived = hkdf(seal, blob[4:28], b'hufu sealed blob 1', 44)
        der = aes_gcm_open(derived[:32], derived[32:], blob[:28], header, blob[28:-16], blob[-16:])
        if der is not None:
            found[name] = der[der.index(b'\x04\x20') + 2:][:32]  # ECPrivateKey, RFC 5915: version, then 32 bytes
    return found


# -- Searching -------------------------------------------------------------------------------------------------------


def shapes(secret):
    raw = secret if isinstance(secret, bytes) else secret.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for shift in range(3):  # in the middle of a base64 text the same bytes have three forms
        inner = base64.b64encode(b'\0' * shift + raw)[(0, 2, 3)[shift]:]
        yield inner[:len(inner) - 4]


def find(secrets, haystacks):
    for name, secret in secrets.items():
        where = [place for place, text in haystacks.items() for s in shapes(secret) if s in text]
        check(f'{name} is nowhere', not where, sorted(set(where)))


class CommandLines(threading.Thread):
    """Every command line of our program while the story runs."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen, self.over = set(), threading.Event()

    def run(self):
        while not self.over.wait(0.01):
            for pid in filter(str.isdigit, os.listdir('/proc')):
                try:
                    with open(f'/proc/{pid}/cmdline', 'rb') as f:
                        text = f.read()
                except OSError:
                    continue
                if b'hufu' in text.split(b'\0')[0]:
                    self.seen.add(text)

    def end(self):
        self.over.set()
        self.join()
        return b'\n'.join(self.seen)


def written(h, lines):
    """Everything on disk and in /proc, but what is sealed, the file of first secrets, and the story's own inputs."""
    out = {'command lines': lines}
    with open(h.path('log'), 'rb') as f:
        out['log'] = f.read()
    for folder, folders, files in os.walk(h.data):
        if folder == h.data:
            folders[:] = [f for f in folders if f not in ('keys', 'secrets')]
        for path in (os.path.join(folder, name) for name in files):
            if os.path.isfile(path):  # no socket
                with open(path, 'rb') as f:
                    out[os.path.relpath(path, h.data)] = f.read()
    with open(h.path('trail.jsonl'), 'rb') as f:
        out['export'] = f.read()
    return out


# -- The story -------------------------------------------------------------------------------------------------------


def put(h, name, text):
    with open(h.path(name), 'w', encoding='utf-8') as f:
        f.write(text + '\n')
    return h.path(name)


def sign_in(h, login, password):
    status, body = h.call('login password', {'login': login, 'password': password}, token='')
    return body.get('session') if status == 200 else None


def raw_body(h, op, body):
    """A body that no client of ours would send; over HTTPS, with nobody signed in."""
    done = subprocess.run(['curl', '-s', '--cacert', h.ca_file(), '-H', 'Content-Type: application/json', '--data-binary', '@-',
                           f'https://localhost:{h.https.split(":")[1]}/api/v1/{op}'], input=body, capture_output=True, text=True)
    return done.stdout


def persons(h, secrets):
    secrets['one-time password of the administrator'] = h.secrets['password']
    secrets['password of the administrator'] = 'Gibbon-Plover-Marten-51'
    token = sign_in(h, 'admin', h.secrets['password'])
    check('the administrator signs in', token)
    secrets['first session'] = token
    h.op('password change', token=token, old=h.secrets['password'], new=secrets['password of the administrator'])
    secrets['session'] = sign_in(h, 'admin', secrets['password of the administrator'])
    check('and again with his own password', secrets['session'])
    secrets['one-time password of a person'] = h.op('person add', login='li', name='Li', password=True)['one_time_password']
    once = h.op('person reset', request_id='reset-1', login='li')['one_time_password']
    secrets['one-time password after a reset'] = once
    check('a repeated reset gives no password', h.call('person reset', {'login': 'li'}, request_id='reset-1')[0] == 409)
    token = secrets['session of a person'] = sign_in(h, 'li', once)
    secrets['password of a person'] = 'Turnstone-Weasel-77'
    h.op('password change', token=token, old=once, new=secrets['password of a person'])


def mistakes(h, secrets):
    secrets['wrong password'] = 'Wigeon-Not-The-One-8'
    check('a wrong password is refused', sign_in(h, 'li', secrets['wrong password']) is None)
    check('a password typed as the login is refused', sign_in(h, secrets['password of a person'], 'li') is None)
    secrets['password with blanks, typed as the login'] = 'my Avocet with blanks!'
    check('so is one that no login could be', sign_in(h, secrets['password with blanks, typed as the login'], 'x') is None)
    secrets['password in a malformed body'] = 'Dunnock-Mal-Formed-1'
    text = raw_body(h, 'login/password', '{"login":"li","password" "%s"}' % secrets['password in a malformed body'])
    check('a malformed body is refused', 'E_FORMAT' in text, text)
    check('and not quoted', 'Dunnock' not in text, text)
    raw_body(h, 'login/password', '{"login":"li","password":["%s"]}' % secrets['password in a malformed body'])
    raw_body(h, 'login/password?login=li&password=' + secrets['password in a malformed body'], '{}')
    secrets['token that is none'] = '0123456789abcdef' * 4
    check('a token that is none is refused', h.call('whoami', {}, token=secrets['token that is none'])[0] == 401)
    status, _ = h.call('password change', {'old': secrets['wrong password'], 'new': 'Some-Other-Word-55'}, token=secrets['session'])
    check('the old password must be right', status in (400, 403), status)


def tickets(h, secrets):
    h.op('app add', name='core', allow=['127.0.0.1'], min_strength='password')
    args = {'app': 'core'}
    status, body = h.call('ticket issue', args, token=secrets['session'], request_id='ticket-1')
    check('a ticket', status == 200, body)
    secrets['ticket'] = next(v for v in body.values() if isinstance(v, str) and re.fullmatch('[0-9a-f]{32}', v))
    status, body = h.call('ticket issue', args, token=secrets['session'], request_id='ticket-1')
    check('a repeated request gives no ticket', status == 409 and secrets['ticket'] not in json.dumps(body), (status, body))
    for wanted in (True, False):
        url = f'https://localhost:{h.https.split(":")[1]}/ssoAuthService?verb=validateServiceTicket&st={secrets["ticket"]}'
        text = subprocess.run(['curl', '-s', '--cacert', h.ca_file(), url], capture_output=True, text=True).stdout
        check('it is redeemed once', ('RPC_OK' in text) == wanted, text)


def certificates(h, secrets):
    secrets['passphrase of a PKCS#12 file'] = 'Serin-Twite-Siskin-3'
    good, bad = put(h, 'p12pass', secrets['passphrase of a PKCS#12 file']), put(h, 'badpass', secrets['wrong password'])
    h.csr('li', subject='/O=Example Bank/CN=Li')
    h.run('cert', 'issue', '--profile', 'person-sign', '--csr', h.path('li.csr'), '--person', 'li', '--out', h.path('li.pem'))
    subprocess.run(['openssl', 'pkcs12', '-export', '-inkey', h.path('li.key'), '-in', h.path('li.pem'), '-out', h.path('li.p12'),
                    '-passout', 'file:' + good], check=True, capture_output=True)
    for passfile, status in ((good, 0), (bad, 1)):
        done = h.run('login', '--server', f'https://localhost:{h.https.split(":")[1]}', '--cacert', h.ca_file(), '--p12', h.path('li.p12'),
                     '--passfile', passfile, '--session', h.path('session'), data=False, check=False)
        check(f'sign-in by certificate ends with {status}', done.returncode == status, done.stdout + done.stderr)
    with open(h.path('session'), encoding='ascii') as f:
        secrets['session by certificate'] = f.read().strip()


def roots(h, secrets):
    secrets['passphrase of the roots'] = h.secrets['root_passphrase']
    for passphrase, status in ((secrets['wrong password'], 1), (h.secrets['root_passphrase'], 0)):
        done = h.run('ca', 'crl', '--ca', 'root-p256', '--passphrase', put(h, 'rootpass', passphrase), '--out', h.path('root.crl'), check=False)
        check(f'a list of the root ends with {status}', done.returncode == status, done.stdout + done.stderr)


def approvals(h, secrets):
    status, body = h.call('person roles', {'login': 'li', 'role': ['operator']})
    check('roles wait for a second person', status == 202, body)
    status, body = h.call('approval approve', {'id': body['pending']['id']}, token=secrets['session'])
    check('who approves', status == 200, body)


def processes(h):
    """Arguments and environment of the server's own processes."""
    text = b''
    for pid in [h.server.pid] + [h.child(name) for name in ('keys', 'web', 'work')]:
        for name in ('cmdline', 'environ'):
            try:
                with open(f'/proc/{pid}/{name}', 'rb') as f:
                    text += f.read()
            except PermissionError:
                pass  # keys lets nobody look into its environment
    return text


def main():
    secrets = {}
    watch = CommandLines()
    watch.start()
    with Hufu(suite='intl') as h:
        for story in (persons, mistakes, tickets, certificates, roots, approvals):
            story(h, secrets)
        time.sleep(1)
        h.run('audit', 'export', '--out', h.path('trail.jsonl'))
        lines = watch.end() + processes(h)
        check('command lines were seen', b'hufu' in lines and b'--passphrase' in lines, lines[:300])
        keys = private_keys(h)
        check('private keys were opened', {'server-p256.key', 'issuing-p256.key', 'ticket.key', 'audit.key'} <= set(keys), list(keys))
        secrets.update({f'private key {name or "that seals"}': key for name, key in keys.items()})
        places = written(h, lines)
        check('database, log, run and export were read', {'hufu.db', 'log', 'export'} <= set(places), list(places))
        check('each secret is one', all(len(s) >= 12 for s in secrets.values()), {n: len(s) for n, s in secrets.items()})
        find(secrets, places)
        check('what is searched for would be found', 'person.reset' in places['export'].decode() and b'person.reset' in places['hufu.db'] + places.get('hufu.db-wal', b''))
        h.stop()
        find(secrets, {place + ' after the end': text for place, text in written(h, b'').items()})
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
