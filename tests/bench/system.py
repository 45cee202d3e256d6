"""The running system against named peers, in one run: OCSP, issuing, tickets, sign-ins, start-up, memory, lists.

Rates are per processor second of the processes that did the work (user and system time from /proc), so that they hold on
a machine that does other things as well; the ratios compare rates of this run only.
"""
import base64
import http.client
import json
import os
import random
import re
import sqlite3
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from hufu import HUFU, Hufu, UnixConnection, children, free_port  # noqa: E402

SECONDS = float(os.environ.get('BENCH_S', '4'))
CERTIFICATES = int(os.environ.get('BENCH_CERTIFICATES', '100000'))
TICK = os.sysconf('SC_CLK_TCK')


def cpu_of(pids):
    total = 0
    for pid in pids:
        try:
            with open(f'/proc/{pid}/stat', encoding='utf-8') as f:
                fields = f.read().rsplit(')', 1)[1].split()
            total += int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])
        except OSError:
            pass
    return total / TICK


def memory_of(pids):
    """Resident megabytes: shared pages counted once for each process (RSS), and shared out among them (PSS)."""
    rss = pss = 0
    for pid in pids:
        with open(f'/proc/{pid}/smaps_rollup', encoding='utf-8') as f:
            text = f.read()
        rss += int(re.search(r'^Rss:\s+(\d+)', text, re.M).group(1))
        pss += int(re.search(r'^Pss:\s+(\d+)', text, re.M).group(1))
    return rss / 1024, pss / 1024


def say(what, figure, unit, peer='', ratio=None, goal=None):
    """One line as in rows.h: rates (units with '/') are to reach their goal, all else is to stay below it."""
    digits = 0 if figure >= 1000 else 1 if figure >= 10 else 2
    line = f"{what:<60} {figure:>11,.{digits}f} {unit:<7} {'' if ratio is None else f'{ratio:.{2 if ratio < 100 else 0}f} x':>9} {peer:<24}"
    if goal is not None:
        line += f" goal {goal:,}: {'met' if (figure >= goal if '/' in unit else figure <= goal) else 'missed'}"
    print(line, flush=True)


def pids(h):
    return [h.server.pid, *children(h.server.pid)]


def wrk(url, body=None, content_type='application/ocsp-request', connections=16):
    """Requests finished by wrk in SECONDS, and its errors."""
    command = ['wrk', '-t1', f'-c{connections}', f'-d{SECONDS:.0f}s', url]
    if body is not None:
        script = f'/tmp/hufu-wrk-{os.getpid()}.lua'
        octets = ''.join('\\%03d' % b for b in body)
        with open(script, 'w', encoding='ascii') as f:
            f.write("wrk.method='POST'\nwrk.headers['Content-Type']='%s'\nwrk.body='%s'\n" % (content_type, octets))
        command += ['-s', script]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    n = int(re.search(r'(\d+) requests in', out).group(1))
    bad = re.search(r'Non-2xx or 3xx responses: (\d+)', out)
    return n, int(bad.group(1)) if bad else 0, out


def rate(pid_list, work):
    before = cpu_of(pid_list)
    n, bad, text = work()
    used = cpu_of(pid_list) - before
    if bad:
        raise RuntimeError(f'{bad} answers were not good:\n{text}')
    return n / max(used, 1 / TICK)


# -- OCSP -------------------------------------------------------------------------------------------


def ocsp_request(h, issuer, cert, nonce):
    out = h.path('ocsp-request.der')
    subprocess.run(['openssl', 'ocsp', '-issuer', issuer, '-cert', cert, '-reqout', out, '-nonce' if nonce else '-no_nonce'],
                   check=True, capture_output=True)
    with open(out, 'rb') as f:
        return f.read()


def post_again_and_again(port, body):
    """openssl ocsp closes after each answer, so each request has its own connection."""
    n, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        c = http.client.HTTPConnection('127.0.0.1', port, timeout=10)
        c.request('POST', '/', body, {'Content-Type': 'application/ocsp-request'})
        if len(c.getresponse().read()) < 200:
            raise RuntimeError('openssl ocsp gave no answer')
        c.close()
        n += 1
    return n, 0, ''


def peer_ocsp(h, issuer, cert):
    """openssl ocsp as a responder on the same machine: its rate per processor second."""
    port = free_port()
    with open(h.path('index.txt'), 'w', encoding='ascii') as f:
        f.write('V\t350101000000Z\t\t01\tunknown\t/CN=x\n')
    peer = subprocess.Popen(['openssl', 'ocsp', '-index', h.path('index.txt'), '-port', str(port), '-rsigner', h.path('peer.pem'),
                             '-rkey', h.path('peer.key'), '-CA', h.path('peer.pem'), '-ignore_err'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        body = ocsp_request(h, h.path('peer.pem'), cert, False)
        return rate([peer.pid], lambda: post_again_and_again(port, body))
    finally:
        peer.terminate()
        peer.wait()


def bench_ocsp(h, issuer, cert, pem_peer):
    peer = peer_ocsp(h, issuer, cert)
    say('openssl ocsp, P-256, signed live', peer, '/CPU s')
    plain = ocsp_request(h, issuer, cert, False)
    web = [h.child('web')]
    get = f"http://{h.http}/ocsp/{base64.b64encode(plain).decode().replace('/', '%2F').replace('+', '%2B').replace('=', '%3D')}"
    cached = rate(web, lambda: wrk(get))
    say('OCSP from cache, GET, keep-alive, web alone', cached, '/CPU s', 'openssl ocsp', cached / peer, 30000)
    cached = rate(web, lambda: wrk(f'http://{h.http}/ocsp', plain))
    say('OCSP from cache, POST, keep-alive, web alone', cached, '/CPU s', 'openssl ocsp', cached / peer, 30000)
    live = rate([h.child('web'), h.child('keys')], lambda: wrk(f'http://{h.http}/ocsp', ocsp_request(h, issuer, cert, True)))
    say('OCSP signed live (nonce), P-256, web and keys', live, '/CPU s', 'openssl ocsp', live / peer)


# -- What our own SM2 is worth ------------------------------------------------------------------------


def effect_turn(h, csr, question):
    """Rates of one start of the server: certificates through the API, OCSP signed live, sign-ins; all SM2."""
    return (hammer(h, 'cert issue', lambda i, n: {'profile': 'tls-server', 'suite': 'sm', 'csr': csr, 'san': f'dns:e{i}-{n}.example.com'}),
            rate([h.child('web'), h.child('keys')], lambda: wrk(f'http://{h.http}/ocsp', question)),
            sign_ins(h, 'wang'))


def bench_effect(h):
    """Before and after, by turns: the same program with libcrypto's SM2 and with its own."""
    csr = h.csr('effect', 'sm2')
    made = h.op('cert issue', profile='tls-server', suite='sm', csr=csr, san='dns:effect.example.com')
    with open(h.path('effect.pem'), 'w', encoding='ascii') as f:
        f.write(made['pem'])
    h.run('ca', 'export', '--ca', made['ca'], '--out', h.path('sm-issuer.pem'))
    question = ocsp_request(h, h.path('sm-issuer.pem'), h.path('effect.pem'), True)
    make_person(h, 'wang', 'sm2')
    turns = {'libcrypto': [], 'ours': []}
    for _ in range(2):
        for by in turns:
            h.stop()
            os.environ['HUFU_SM'] = by
            h.start()
            del os.environ['HUFU_SM']
            turns[by].append(effect_turn(h, csr, question))
    for i, what in enumerate(('certificates issued through the API, SM2', 'OCSP signed live (nonce), SM2, web and keys',
                              'sign-ins by SM2 certificate, with TLS handshakes')):
        before, after = (sum(t[i] for t in turns[by]) / len(turns[by]) for by in turns)
        say(what, after, '/CPU s', 'HUFU_SM=libcrypto', after / before)


# -- API ----------------------------------------------------------------------------------------------


class Caller(threading.Thread):
    """Calls one operation over one kept-alive connection until the time is up."""

    def __init__(self, h, op, make_args, until, token=None):
        super().__init__(daemon=True)
        self.h, self.op, self.make_args, self.until, self.n, self.bad = h, op, make_args, until, 0, None

    def run(self):
        c = UnixConnection(os.path.join(self.h.data, 'run', 'hufu.sock'), 30)
        while time.monotonic() < self.until and self.bad is None:
            c.request('POST', '/api/v1/' + self.op.replace(' ', '/'), json.dumps(self.make_args(self.n)), {'Content-Type': 'application/json'})
            answer = c.getresponse()
            body = answer.read()
            if answer.status != 200:
                self.bad = body
            self.n += 1
        c.close()


def hammer(h, op, make_args, threads=8):
    until = time.monotonic() + SECONDS
    before = cpu_of(pids(h))
    callers = [Caller(h, op, lambda n, i=i: make_args(i, n), until) for i in range(threads)]
    for c in callers:
        c.start()
    for c in callers:
        c.join()
    bad = next((c.bad for c in callers if c.bad), None)
    if bad:
        raise RuntimeError(f'{op}: {bad!r}')
    n = sum(c.n for c in callers)
    return n / max(cpu_of(pids(h)) - before, 1 / TICK)


def bench_list(h):
    total = h.op('cert list', limit=1)['total']
    times, after = [], None
    for _ in range(50):
        begun = time.monotonic()
        page = h.op('cert list', limit=50, **({'after': after} if after else {}))
        times.append((time.monotonic() - begun) * 1000)
        after = page['next']
    times.sort()
    say(f'page of 50 out of {total:,} certificates, median', times[len(times) // 2], 'ms', goal=50)
    say('  the slowest of 50 pages', times[-1], 'ms', goal=50)
    begun = time.monotonic()
    h.op('cert list', find='nowhere.example.com', limit=50)
    say('  search that finds nothing', (time.monotonic() - begun) * 1000, 'ms', goal=50)


def fill(h, wanted):
    """Copies of one stored certificate under other serial numbers and keys, until there are `wanted`. The server is stopped."""
    with sqlite3.connect(os.path.join(h.data, 'hufu.db')) as db:
        names = [r[1] for r in db.execute('PRAGMA table_info(cert)')]
        model = dict(zip(names, db.execute("SELECT * FROM cert WHERE profile = 'tls-server' ORDER BY id DESC LIMIT 1").fetchone()))
        der = db.execute('SELECT der FROM cert_der WHERE id = ?', (model['id'],)).fetchone()[0]
        have, oldest = db.execute('SELECT count(*), min(id) FROM cert').fetchone()

        def rows():
            for i in range(wanted - have):
                name = f'host-{i % 2000}.example.com'
                yield {**model, 'id': oldest - 1 - i, 'serial': '5%031x' % random.getrandbits(124), 'subject': f'CN={name},O=Bank {i}', 'san': f'dns:{name}',
                       'fingerprint': random.randbytes(32), 'spki': random.randbytes(32), 'not_after_ms': model['not_after_ms'] - (i % 360) * 86400000}
        all_rows = list(rows())
        db.executemany(f"INSERT INTO cert ({','.join(names)}) VALUES ({','.join(':' + n for n in names)})", all_rows)
        db.executemany('INSERT INTO cert_der (id, der) VALUES (?, ?)', ((r['id'], der) for r in all_rows))
        db.executemany('INSERT INTO cert_words (id, words) VALUES (?, ?)',
                       ((r['id'], f"{r['subject'].lower()} {r['san']} {r['serial']}") for r in all_rows))


def make_person(h, login, alg):
    """A person with a certificate in a PKCS#12 file LOGIN.p12."""
    with open(h.path('pass'), 'w', encoding='ascii') as f:
        f.write('secret\n')
    h.op('person add', login=login, name=login)
    made = h.op('cert issue', profile='person-sign', suite='sm' if alg == 'sm2' else 'intl', csr=h.csr(login, alg), person=login)
    with open(h.path(login + '.pem'), 'w', encoding='ascii') as f:
        f.write(made['pem'])
    subprocess.run(['openssl', 'pkcs12', '-export', '-inkey', h.path(login + '.key'), '-in', h.path(login + '.pem'),
                    '-out', h.path(login + '.p12'), '-passout', 'file:' + h.path('pass')], check=True)


def url_of(h):
    return f"https://localhost:{h.https.split(':')[1]}"


def sign_ins(h, login):
    """How many whole sign-ins by `hufu login` (TLS, challenge, session) the server does in a second of its processor time."""
    command = [HUFU, 'login', '--server', url_of(h), '--cacert', h.ca_file(), '--p12', h.path(login + '.p12'), '--passfile', h.path('pass')]
    before, begun = cpu_of(pids(h)), time.monotonic()
    n = 0
    while time.monotonic() - begun < SECONDS:
        running = [subprocess.Popen(command + ['--session', h.path(f'token{i}')], stdout=subprocess.DEVNULL) for i in range(3)]
        for p in running:
            if p.wait() != 0:
                raise RuntimeError('a sign-in failed')
        n += len(running)
    return n / max(cpu_of(pids(h)) - before, 1 / TICK)


def bench_people(h):
    make_person(h, 'li', 'p256')
    h.op('app add', name='core', allow=['127.0.0.1'], min_strength='certificate')
    say('sign-ins by P-256 certificate, with TLS handshakes', sign_ins(h, 'li'), '/CPU s')
    bench_tickets(h, url_of(h))


def bench_tickets(h, url):
    with open(h.path('token0'), encoding='ascii') as f:
        bearer = {'Authorization': 'Bearer ' + f.read().strip(), 'Content-Type': 'application/json'}
    c = http.client.HTTPSConnection('localhost', int(url.rsplit(':', 1)[1]), context=ssl.create_default_context(cafile=h.ca_file()))
    before, begun, n = cpu_of(pids(h)), time.monotonic(), 0
    while time.monotonic() - begun < SECONDS:
        c.request('POST', '/api/v1/ticket/issue', '{"app":"core"}', bearer)
        ticket = json.loads(c.getresponse().read())['ticket']
        c.request('GET', '/ssoAuthService?verb=validateServiceTicket&st=' + ticket)
        if b'RPC_OK' not in c.getresponse().read():
            raise RuntimeError('a ticket was not redeemed')
        n += 1
    say('tickets issued and redeemed', n / max(cpu_of(pids(h)) - before, 1 / TICK), '/CPU s')
    c.close()


def start_to_answer(h):
    """From exec to the first answer of /health on the HTTP listener."""
    h.stop()
    begun = time.monotonic()
    h.start()
    ready = (time.monotonic() - begun) * 1000
    subprocess.run(['curl', '-sf', '-o', '/dev/null', f'http://{h.http}/health'], check=True)
    return ready


def main():
    with Hufu(suite='both') as h:
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', h.path('peer.key'),
                        '-out', h.path('peer.pem'), '-subj', '/CN=peer', '-days', '30'], check=True, capture_output=True)
        csr = h.csr('bench')
        made = h.op('cert issue', profile='tls-server', suite='intl', csr=csr, san='dns:bench.example.com')
        with open(h.path('bench.pem'), 'w', encoding='ascii') as f:
            f.write(made['pem'])
        issuer = h.path('issuer.pem')
        h.run('ca', 'export', '--ca', made['ca'], '--out', issuer)
        bench_ocsp(h, issuer, h.path('bench.pem'), h.path('peer.pem'))
        per_cpu = hammer(h, 'cert issue', lambda i, n: {'profile': 'tls-server', 'suite': 'intl', 'csr': csr, 'san': f'dns:b{i}-{n}.example.com'})
        say('certificates issued through the API, P-256', per_cpu, '/CPU s')
        bench_people(h)
        bench_effect(h)
        starts = sorted(start_to_answer(h) for _ in range(5))
        say('start to ready, median of 5', starts[2], 'ms', goal=300)
        h.stop()
        fill(h, CERTIFICATES)
        h.start()
        bench_list(h)
        starts = sorted(start_to_answer(h) for _ in range(5))
        say(f'start to ready with {CERTIFICATES:,} certificates, median of 5', starts[2], 'ms', goal=300)
        h.op('cert list', limit=50)
        rss, pss = memory_of(pids(h))
        say('resident memory of all processes (RSS added up)', rss, 'MB', goal=80)
        say('  the same, shared pages shared out (PSS)', pss, 'MB')


if __name__ == '__main__':
    sys.exit(main())
