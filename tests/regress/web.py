"""Hostile HTTP on raw sockets, shutdown without a lost reply, restart of web, dual control, exit codes, completion."""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from hufu import HUFU, Hufu  # noqa: E402

failures = 0


def check(what, ok, more=''):
    global failures
    if not ok:
        failures += 1
        print('FAIL', what, more)


def hear(s):
    answer = b''
    try:
        while part := s.recv(65536):
            answer += part
    except (TimeoutError, ConnectionResetError):
        pass
    return answer


def raw(address, text):
    host, port = address.rsplit(':', 1)
    with socket.create_connection((host, int(port)), timeout=10) as s:
        s.sendall(text)
        s.shutdown(socket.SHUT_WR)
        return hear(s)


HOST = b'Host: a\r\n'
# What a strict server refuses, on the listener that everybody reaches (RFC 9112).
HOSTILE = [
    (400, b'POST /ocsp HTTP/1.1\r\n' + HOST + b'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    (400, b'POST /ocsp HTTP/1.1\r\n' + HOST + b'Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'),
    (400, b'POST /ocsp HTTP/1.1\r\n' + HOST + b'Content-Length: +5\r\n\r\nhello'),
    (400, b'POST /ocsp HTTP/1.1\r\n' + HOST + b'Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n'),
    (501, b'POST /ocsp HTTP/1.1\r\n' + HOST + b'Transfer-Encoding: gzip, chunked\r\n\r\n'),
    (400, b'GET /health HTTP/1.1\r\nHost : a\r\n\r\n'),
    (400, b'GET /health HTTP/1.1\nHost: a\n\n'),
    (400, b'GET /health HTTP/1.1\r\n\r\n'),
    (400, b'GET /health HTTP/1.1\r\n' + HOST + HOST + b'\r\n'),
    (400, b'GET /health HTTP/1.1\r\n' + HOST + b'X: a\0b\r\n\r\n'),
    (400, b'GET /health HTTP/1.1\r\n' + HOST + b'X: a\r\n b\r\n\r\n'),
    (417, b'POST /ocsp HTTP/1.1\r\n' + HOST + b'Expect: magic\r\nContent-Length: 1\r\n\r\n'),
    (414, b'GET /' + b'a' * 9000 + b' HTTP/1.1\r\n' + HOST + b'\r\n'),
    (431, b'GET /health HTTP/1.1\r\n' + HOST + b'X: ' + b'y' * 20000 + b'\r\n\r\n'),
    (413, b'POST /ocsp HTTP/1.1\r\n' + HOST + b'Content-Length: 100000\r\n\r\n'),
    (405, b'DELETE /health HTTP/1.1\r\n' + HOST + b'\r\n'),
    (405, b'POST /crl/x.crl HTTP/1.1\r\n' + HOST + b'\r\n'),
    (404, b'GET /api/v1/whoami HTTP/1.1\r\n' + HOST + b'\r\n'),
    (404, b'GET /crl/../keys/root HTTP/1.1\r\n' + HOST + b'\r\n'),
    (404, b'GET /crl/%2e%2e/hufu.conf HTTP/1.1\r\n' + HOST + b'\r\n'),
    (400, b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'),
    (505, b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
]


def hostile(h):
    for status, text in HOSTILE:
        answer = raw(h.http, text)
        check(text[:60], answer.startswith(b'HTTP/1.1 %d ' % status), answer[:80])
    # refused once means closed: what follows is not taken for a request
    answer = raw(h.http, HOSTILE[0][1] + b'GET /health HTTP/1.1\r\n' + HOST + b'\r\n')
    check('one answer after a refusal', answer.count(b'HTTP/1.1 ') == 1, answer)
    answer = raw(h.http, b'GET /health HTTP/1.1\r\n' + HOST + b'\r\n' + b'HEAD /health HTTP/1.1\r\n' + HOST + b'\r\n')
    check('pipelining', answer.count(b'HTTP/1.1 200') == 2, answer)
    answer = raw(h.https, b'GET / HTTP/1.1\r\n' + HOST + b'\r\n')
    check('plain HTTP on the TLS port', not answer.startswith(b'HTTP'), answer[:80])


def refused_and_recorded(h):
    before = h.op('audit list', limit=1)['total']
    status, _ = h.call('person add', {'login': 'x' * 65, 'name': 'N'})
    check('argument refused', status == 400, status)
    after = h.op('audit list', limit=1)
    check('one line of audit', after['total'] == before + 1, (before, after['total']))
    check('it says why', after['items'][0]['result'] == 'E_ARG', after['items'][0])


def ctl(h, *words, **more):
    return subprocess.run([HUFU, *words], capture_output=True, text=True, env={**os.environ, 'LANG': 'C', **more})


def exit_codes(h):
    check('done', ctl(h, '--data', h.data, 'ca', 'list').returncode == 0)
    check('refused', ctl(h, '--data', h.data, 'person', 'show', 'nobody').returncode == 1)
    check('usage', ctl(h, '--data', h.data, 'person', 'show').returncode == 2)
    check('unknown', ctl(h, '--data', h.data, 'persn', 'show').returncode == 2)
    check('away', ctl(h, '--data', h.path('nowhere'), 'ca', 'list').returncode == 3)
    check('no place', ctl(h, 'ca', 'list', HUFU_DATA='').returncode in (2, 3))
    check('variable', ctl(h, 'ca', 'list', HUFU_DATA=h.data).returncode == 0)
    r = ctl(h, '--data', h.data, 'ca', 'list', '--json')
    check('json', len(json.loads(r.stdout)['items']) >= 2, r.stdout)
    app = ('--data', h.data, 'app', 'add', '--allow', '127.0.0.1', '--min-strength', 'password', '--request-id', 'story-1', '--name')
    r, again, other = ctl(h, *app, 'shop'), ctl(h, *app, 'shop'), ctl(h, *app, 'other')
    check('done once', r.returncode == 0 and again.returncode == 0 and r.stdout == again.stdout, r.stderr + again.stderr)
    check('another request under the same id', other.returncode == 1 and 'E_EXISTS' in other.stderr, other.stderr)
    check('person', ctl(h, '--data', h.data, 'person', 'add', '--login', 'ann', '--name', 'Ann').returncode == 0)


def completion():
    for shell in ('bash', 'zsh', 'fish'):
        r = subprocess.run([HUFU, 'completion', shell], capture_output=True, text=True)
        check(shell, r.returncode == 0 and 'cert' in r.stdout)
    script = subprocess.run([HUFU, 'completion', 'bash'], capture_output=True, text=True).stdout
    for words, expected in ((['hufu', 'ce'], 'cert'), (['hufu', 'cert', 're'], 'revoke'),
                            (['hufu', '--data', 'd', 'cert', 'issue', '--pro'], '--profile'),
                            (['hufu', 'approval', 'list', '--state', 'wa'], 'waiting')):
        run = script + '\nCOMP_WORDS=(' + ' '.join(words) + f'); COMP_CWORD={len(words) - 1}; _hufu; echo "${{COMPREPLY[@]}}"'
        r = subprocess.run(['bash', '-c', run], capture_output=True, text=True)
        check(words, expected in r.stdout.split(), (r.stdout, r.stderr))


def approvals(h):
    status, reply = h.call('person roles', {'login': 'ann', 'role': ['operator']})
    check('waits', status == 202 and 'pending' in reply, reply)
    pending = reply['pending']['id']
    status, reply = h.call('approval approve', {'id': pending})
    check('not by the asker', status == 403, reply)
    check('not done', h.op('person show', login='ann')['roles'] in ('', []), h.op('person show', login='ann'))
    check('shown', h.op('approval show', id=pending)['args'] == {'login': 'ann', 'role': ['operator']})
    h.op('approval reject', id=pending, note='not now')
    check('rejected', h.op('approval list', state='rejected')['total'] == 1)


def survives_a_kill(h):
    """A request that meets the death of web is sent again by the client and answered."""
    os.kill(h.child('web'), signal.SIGKILL)
    r = ctl(h, '--data', h.data, 'ca', 'list')
    check('answered after a kill', r.returncode == 0, r.stderr)


def shutdown_loses_nothing(h):
    """Twenty requests are on their way when SIGTERM comes: twenty whole answers."""
    whole = []
    sockets = []
    request = b'GET /api/v1/audit/list?limit=1000 HTTP/1.1\r\n' + HOST + b'\r\n'
    for _ in range(20):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(20)
        s.connect(os.path.join(h.data, 'run', 'hufu.sock'))
        s.sendall(request)
        sockets.append(s)

    def read(s):
        answer = hear(s)
        head, _, body = answer.partition(b'\r\n\r\n')
        length = [int(line[16:]) for line in head.split(b'\r\n') if line.startswith(b'Content-Length: ')]
        whole.append(head.startswith(b'HTTP/1.1 200') and length == [len(body)])

    os.kill(h.server.pid, signal.SIGTERM)
    threads = [threading.Thread(target=read, args=(s,)) for s in sockets]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    check('20 of 20 replies', whole == [True] * 20, whole.count(True))
    check('the server ended well', h.server.wait(timeout=30) == 0, h.server.returncode)


def main():
    begun = time.monotonic()
    completion()
    with Hufu(suite='intl') as h:
        hostile(h)
        refused_and_recorded(h)
        exit_codes(h)
        approvals(h)
        survives_a_kill(h)
        shutdown_loses_nothing(h)
    print(f'{time.monotonic() - begun:.1f} s')
    sys.exit(failures != 0)


main()
