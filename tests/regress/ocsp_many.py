"""Many OCSP clients at once: what waits together is signed together, and everybody gets the answer to his own question.

Each client sends questions with nonces of its own over one connection, by GET and POST, good ones and garbage by turns;
in between other requests of the same server, so that lists of jobs are cut.
"""
import base64
import http.client
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from hufu import Hufu  # noqa: E402

CLIENTS, ROUNDS = 24, 40
MALFORMED = bytes.fromhex('30030a0101')


def question(h, issuer, cert):
    out = h.path('question.der')
    subprocess.run(['openssl', 'ocsp', '-issuer', issuer, '-cert', cert, '-reqout', out, '-nonce'], check=True, capture_output=True)
    with open(out, 'rb') as f:
        der = f.read()
    at = der.rindex(bytes.fromhex('0410')) + 2  # the nonce is the last thing: an OCTET STRING of 16 bytes
    assert at + 16 == len(der), der.hex()
    return der[:at]


class Client(threading.Thread):
    def __init__(self, h, heads, number):
        super().__init__()
        self.h, self.heads, self.number, self.failed, self.good = h, heads, number, [], 0

    def ask(self, c, der, get):
        if get:
            path = base64.b64encode(der).decode().replace('/', '%2F').replace('+', '%2B').replace('=', '%3D')
            c.request('GET', '/ocsp/' + path)
        else:
            c.request('POST', '/ocsp', der, {'Content-Type': 'application/ocsp-request'})
        answer = c.getresponse()
        return answer.status, answer.read()

    def one(self, c, i):
        kind = (self.number + i) % 5
        if kind == 4:
            c.request('GET', '/health')
            if b'ok' not in c.getresponse().read():
                self.failed.append('health')
        elif kind == 3:
            status, body = self.ask(c, os.urandom(20), i % 2)
            if (status, body) != (200, MALFORMED):
                self.failed.append(f'garbage got {status} {body.hex()}')
        else:
            nonce = os.urandom(16)
            status, body = self.ask(c, self.heads[i % len(self.heads)] + nonce, i % 2)
            if status != 200 or body.count(nonce) != 1:
                self.failed.append(f'{status} without the nonce: {body.hex()[:80]}')
        self.good += 1

    def run(self):
        host, port = self.h.http.split(':')
        c = http.client.HTTPConnection(host, int(port), timeout=30)
        try:
            for i in range(ROUNDS):
                self.one(c, i)
        except OSError as e:
            self.failed.append(repr(e))
        c.close()


def main():
    with Hufu(suite='both') as h:
        heads = []
        for suite, alg in (('sm', 'sm2'), ('intl', 'p256')):
            made = h.op('cert issue', profile='tls-server', suite=suite, csr=h.csr(suite, alg), san='dns:many.example.com')
            with open(h.path('leaf.pem'), 'w', encoding='ascii') as f:
                f.write(made['pem'])
            h.run('ca', 'export', '--ca', made['ca'], '--out', h.path(suite + '.pem'))
            heads.append(question(h, h.path(suite + '.pem'), h.path('leaf.pem')))
        clients = [Client(h, heads, i) for i in range(CLIENTS)]
        for c in clients:
            c.start()
        for c in clients:
            c.join()
        failed = [f for c in clients for f in c.failed]
        for f in failed[:10]:
            print('FAIL', f)
        good = sum(c.good for c in clients)
        if good != CLIENTS * ROUNDS and not failed:
            failed.append('')
            print(f'FAIL {good} of {CLIENTS * ROUNDS} answered')
        print(f'{good - len(failed)} passed, {len(failed)} failed')
        return bool(failed)


if __name__ == '__main__':
    sys.exit(main())
