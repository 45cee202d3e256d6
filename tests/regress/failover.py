"""What was acknowledged survives a lost primary: Hufu on three nodes of Patroni, etcd and PostgreSQL.

During a stream of issues, revocations and sign-ins the primary's node is lost FAILOVERS (default 3) times: killed at once, or
frozen so that it keeps its connections and answers nothing. Each time Hufu must answer again by itself, with the processes it
had, within GAP seconds; questions in between get 503 and a text that names the database. Afterwards the truth is checked, and
requests that were sent before are sent again.
"""
import http.client
import json
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from cluster import TTL, Cluster  # noqa: E402
from hufu import PROCESSES, Hufu, UnixConnection  # noqa: E402
from storm import all_certificates, begin, check, check_truth, end, verdict  # noqa: E402

FAILOVERS = int(os.environ.get('FAILOVERS', '3'))
GAP = TTL + 25  # a lease that just began, an election, promotion, and a busy machine


class Watcher(threading.Thread):
    """Asks something that only the database knows, and something that it need not be asked for, again and again."""

    def __init__(self, hufu, stop):
        super().__init__(daemon=True)
        self.hufu, self.stop, self.answers, self.other, self.ocsp = hufu, stop, [], [], []
        issued = hufu.op('cert issue', profile='tls-server', csr=hufu.csr('watched'), san='dns:watched.example.com')
        self.request = self.ocsp_request(issued['serial'])

    def ocsp_request(self, serial):
        h = self.hufu
        issuer = h.path('issuer.pem')
        h.run('ca', 'export', '--ca', 'issuing-p256', '--out', issuer)
        subprocess.run(['openssl', 'ocsp', '-issuer', issuer, '-serial', '0x' + serial, '-no_nonce', '-reqout', h.path('watched.ocsp')],
                       check=True, capture_output=True)
        with open(h.path('watched.ocsp'), 'rb') as f:
            return f.read()

    def ask_ocsp(self):
        c = http.client.HTTPConnection(*self.hufu.http.split(':'), timeout=5)
        try:
            c.request('POST', '/ocsp', self.request, {'Content-Type': 'application/ocsp-request'})
            return c.getresponse().read()[:9].hex()  # SEQUENCE { ENUMERATED responseStatus …
        except OSError as e:
            return str(e)
        finally:
            c.close()

    def ask_list(self):
        """(status, text of the error, Retry-After)"""
        c = UnixConnection(os.path.join(self.hufu.data, 'run', 'hufu.sock'), GAP)
        try:
            c.request('GET', '/api/v1/cert/list?limit=1')
            answer = c.getresponse()
            return answer.status, json.loads(answer.read()).get('error', {}).get('message', ''), answer.headers.get('Retry-After')
        finally:
            c.close()

    def run(self):
        while not self.stop.is_set():
            try:
                self.answers.append(self.ask_list())
            except (OSError, http.client.HTTPException, ValueError) as e:
                self.other.append(str(e))
            self.ocsp.append(self.ask_ocsp())
            time.sleep(0.2)


def processes(h):
    return [h.child(p) for p in PROCESSES]


def lose(h, cluster, clients, how):
    """The primary's node goes; gives the seconds until every client has had an answer again."""
    node = cluster.leader()
    before, lost = processes(h), time.monotonic()
    (cluster.freeze if how == 'frozen' else cluster.kill)(node)
    while time.monotonic() < lost + GAP and not all(c.last > lost + 0.5 for c in clients):
        time.sleep(0.05)
    gap = max(c.last for c in clients) - lost if all(c.last > lost + 0.5 for c in clients) else float('inf')
    successor = cluster.until('a new leader', 60, lambda: cluster.leader() not in (None, node) and cluster.leader())
    check(f'node {node} is {how}, node {successor} leads: answers again within {GAP} s', gap < GAP, f'{gap:.1f} s')
    if how == 'frozen':
        cluster.kill(node)
    cluster.revive(node)
    cluster.until('the lost node as a standby again', 90, cluster.whole)
    check('with the same processes', processes(h) == before, f'{before} {processes(h)}')


def check_watch(w):
    refused = [a for a in w.answers if a[0] != 200]
    texts = {a[1] for a in refused}
    check('questions in the gap get 503', {a[0] for a in refused} == {503} and not w.other, f'{len(refused)} of {len(w.answers)} {w.other[:2]}')
    check('and when to come again', {a[2] for a in refused} == {'5'})
    check('and a text that says what is missing', all('database' in t or 'PostgreSQL' in t for t in texts), str(sorted(texts))[:600])
    check('but no address', not any('127.0.0.1' in t for t in texts))
    check('OCSP goes on from the cache', set(w.ocsp) == {w.ocsp[0]} and w.ocsp[0].startswith('30'), str(set(w.ocsp)))


def check_again(h, clients):
    """Requests that were acknowledged, under their ids once more: the same answer, and nothing new."""
    before, wrong = len(all_certificates(h)), []
    for c in clients:
        for name in list(c.requests)[:: max(1, len(c.requests) // 20)]:
            op, args, serial = c.requests[name]
            if h.op(op, request_id=name, **args)['serial'] != serial:
                wrong.append(name)
    check('a request sent again is answered as before', not wrong, str(wrong[:3]))
    check('and not done again', len(all_certificates(h)) == before)


def main():
    with Cluster() as cluster, Hufu(suite='intl', store=cluster.url()) as h:
        clients, stop = begin(h, 3, GAP)
        watcher = Watcher(h, stop)
        watcher.start()
        time.sleep(2)
        for i in range(FAILOVERS):
            lose(h, cluster, clients, 'frozen' if i % 3 == 2 else 'killed')
        time.sleep(2)
        end([*clients, watcher], stop)
        check_watch(watcher)
        found = check_truth(h, clients, 20)
        check('the trail and the store are on the last primary', len(found) > 20)
        check_again(h, clients)
    return verdict()


if __name__ == '__main__':
    sys.exit(main())
