"""Clients that issue, revoke and sign in while things break, and the proof afterwards that nothing acknowledged was lost."""
import http.client
import json
import threading
import time

failures = []


def check(what, good, detail=''):
    print(f"  {'ok  ' if good else 'FAIL'} {what} {detail}", flush=True)
    if not good:
        failures.append(what)


def verdict():
    """The last line of a story, and its exit status."""
    print(f'{0 if failures else 1} passed, {1 if failures else 0} failed')
    return 1 if failures else 0


class Client(threading.Thread):
    """Issues, revokes and signs in until told to stop; remembers what was acknowledged."""

    def __init__(self, hufu, csr, number, stop, timeout=10):
        super().__init__(daemon=True)
        self.hufu, self.csr, self.number, self.stop, self.timeout = hufu, csr, number, stop, timeout
        self.issued, self.revoked, self.signed_in, self.refused = [], [], 0, []
        self.requests = {}  # request id: (operation, arguments, serial)
        self.last = time.monotonic()  # when something was acknowledged

    def ask(self, op, args, request_id):
        """Send until there is an answer, always under the same id: a lost answer is not a second act."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                status, body = self.hufu.call(op, args, timeout=self.timeout, request_id=request_id)
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.02)
                continue
            if status in (200, 202):
                self.last = time.monotonic()
                return body
            if status >= 500 or status == 429:
                time.sleep(0.02)
                continue
            self.refused.append((op, status, body))
            return None
        self.refused.append((op, 'no answer within 60 s', None))
        return None

    def run(self):
        n = 0
        while not self.stop.is_set():
            n += 1
            name = f'c{self.number}-{n}'
            args = {'profile': 'tls-server', 'csr': self.csr, 'san': f'dns:{name}.example.com'}
            reply = self.ask('cert issue', args, name)
            if reply is None:
                continue
            self.issued.append(reply['serial'])
            self.requests[name] = ('cert issue', args, reply['serial'])
            if n % 3 == 0 and self.ask('cert revoke', {'serial': reply['serial'], 'reason': 'superseded'}, name + '-r') is not None:
                self.revoked.append(reply['serial'])
            if n % 5 == 0 and self.ask('login password', {'login': 'li', 'password': self.hufu.li}, None) is not None:
                self.signed_in += 1


def begin(hufu, clients=3, timeout=10):
    """A person to sign in as, and that many clients at work; gives them and the event that stops them."""
    hufu.li = hufu.op('person add', login='li', name='Li', password=True)['one_time_password']
    csr = hufu.csr('storm')
    stop = threading.Event()
    found = [Client(hufu, csr, i, stop, timeout) for i in range(clients)]
    for c in found:
        c.start()
    return found, stop


def end(clients, stop):
    stop.set()
    for c in clients:
        c.join(90)


def all_certificates(h):
    found, after = {}, None
    while True:
        page = h.op('cert list', limit=1000, **({'after': after} if after else {}))
        for item in page['items']:
            found.setdefault(item['serial'], []).append(item)
        after = page.get('next')
        if not after:
            return found


def check_trail(h, found):
    time.sleep(1.5)  # the chain is sealed within milliseconds of quiet
    live = h.run('audit', 'verify', check=False)
    check('the chain verifies', live.returncode == 0, (live.stdout + live.stderr).strip()[-300:])
    trail = h.path('trail.jsonl')
    h.run('audit', 'export', '--out', trail)
    offline = h.run('audit', 'verify', trail, data=False, check=False)
    check('the export verifies without a server', offline.returncode == 0, (offline.stdout + offline.stderr).strip()[-300:])
    with open(trail, encoding='utf-8') as f:
        lines = [json.loads(line) for line in f]
    recorded = [x.get('object') for x in lines if x.get('event') in ('cert.issued', 'own.issued') and x.get('result') == 'ok']
    founded = sum(x.get('event') == 'ca.created' for x in lines)  # these name the authority, not its certificate
    silent = {s for s, items in found.items() if items[0]['profile'] != 'sub-ca'} - set(recorded)
    check('every authority has its audit record', founded == 1 + sum(items[0]['profile'] == 'sub-ca' for items in found.values()), f'{founded}')
    check('every certificate has its audit record', not silent, str(list(silent)[:3]))
    extra = [s for s in recorded if s not in found]
    check('every recorded issue has its certificate', not extra, str(extra[:3]))
    check('no issue is recorded twice', len(set(recorded)) == len(recorded))
    undone = [x.get('object') for x in lines if x.get('event') == 'cert.revoked' and x.get('result') == 'ok']
    check('no revocation is recorded twice', len(set(undone)) == len(undone))


def check_truth(h, clients, least):
    """What was acknowledged, against the store and the trail; at least so many certificates."""
    issued = [s for c in clients for s in c.issued]
    revoked = {s for c in clients for s in c.revoked}
    refused = [r for c in clients for r in c.refused]
    print(f'  {len(issued)} issued, {len(revoked)} revoked, {sum(c.signed_in for c in clients)} sign-ins')
    check('no request was refused or lost', not refused, str(refused[:2]) if refused else '')
    check('work went on', len(issued) > least, f'{len(issued)}')
    found = all_certificates(h)
    check('no acknowledged serial twice', len(set(issued)) == len(issued))
    check('no serial twice in the store', all(len(v) == 1 for v in found.values()))
    missing = [s for s in issued if s not in found]
    check('every acknowledged certificate is there', not missing, str(missing[:3]))
    lost = [s for s in revoked if s in found and found[s][0]['state'] != 'revoked']
    check('every acknowledged revocation holds', not lost, str(lost[:3]))
    check_trail(h, found)
    return found
