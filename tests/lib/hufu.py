"""A Hufu for stories written in Python: fresh data directory, real program, real processes.

    with Hufu(suite='both') as h:
        h.op('person add', login='li', name='Li')
        reply = h.op('cert issue', profile='tls-server', csr=csr)

op() speaks HTTP to the Unix socket as the local administrator; a refusal raises Refused. call() gives the status too.
Everything is in one temporary directory, which is removed at the end, and every process started is ended by its id.
"""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HUFU = os.path.join(ROOT, 'hufu')
PROCESSES = ('keys', 'web', 'work')


class Refused(Exception):
    def __init__(self, status, error):
        super().__init__(f"{status} {error.get('code')} {error.get('message')}")
        self.status, self.code, self.field = status, error.get('code'), error.get('field')


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__('localhost', timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def children(pid):
    """Process ids below pid: those of the supervisor's direct children."""
    try:
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as f:
            return [int(p) for p in f.read().split()]
    except OSError:
        return []


class Hufu:
    def __init__(self, suite='both', store=None, extra=(), serve=True, org='Example Bank'):
        self.dir = tempfile.mkdtemp(prefix='hufu-story-')
        self.data = os.path.join(self.dir, 'data')
        self.https = f'127.0.0.1:{free_port()}'
        self.http = f'127.0.0.1:{free_port()}'
        self.server = None
        command = [HUFU, 'init', '--data', self.data, '--org', org, '--suite', suite, '--secrets',
                   self.path('secrets.json'), '--https', self.https, '--http', self.http, *extra]
        if store:
            command += ['--store', store]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with open(self.path('secrets.json'), encoding='utf-8') as f:
            self.secrets = json.load(f)
        if serve:
            self.start()

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self, wait=30, extra=()):
        """Start `hufu serve`; gives the seconds until it printed ready."""
        begun = time.monotonic()
        self.log = open(self.path('log'), 'ab')
        self.server = subprocess.Popen([HUFU, 'serve', '--data', self.data, '--https', self.https, '--http', self.http, *extra],
                                       stdout=subprocess.PIPE, stderr=self.log)
        line = b''
        while line.strip() != b'ready':
            line = self.server.stdout.readline()
            if not line or time.monotonic() - begun > wait:
                raise RuntimeError('hufu serve did not become ready:\n' + self.log_tail())
        return time.monotonic() - begun

    def log_tail(self, lines=30):
        with open(self.path('log'), encoding='utf-8', errors='replace') as f:
            return ''.join(f.readlines()[-lines:])

    def stop(self, how=signal.SIGTERM, wait=30):
        if self.server is None:
            return None
        self.server.send_signal(how)
        status = self.server.wait(wait)
        self.server.stdout.close()
        self.log.close()
        self.server = None
        return status

    def child(self, name):
        """The process id of keys, web or work; None while it is being started anew."""
        for pid in children(self.server.pid):
            try:
                with open(f'/proc/{pid}/stat', encoding='utf-8') as f:
                    comm, state = re.match(r'\d+ \((.*)\) (\S)', f.read()).groups()
            except OSError:
                continue
            if comm == f'hufu {name}' and state != 'Z':  # one that was killed stays a zombie for a moment
                return pid
        return None

    def call(self, op, args=None, timeout=30, token=None, request_id=None, method='POST'):
        """(status, body) of an operation; over the Unix socket, or over HTTPS with a session token."""
        headers = {'Content-Type': 'application/json'}
        if request_id:
            headers['Hufu-Request-Id'] = request_id
        if token is None:
            c = UnixConnection(os.path.join(self.data, 'run', 'hufu.sock'), timeout)
        else:
            host, port = self.https.split(':')
            context = ssl.create_default_context(cafile=self.ca_file())
            c = http.client.HTTPSConnection('localhost', int(port), timeout=timeout, context=context)
            if token:
                headers['Authorization'] = 'Bearer ' + token
        try:
            c.request(method, '/api/v1/' + op.replace(' ', '/'), json.dumps(args or {}), headers)
            answer = c.getresponse()
            body = answer.read()
            return answer.status, json.loads(body) if body else {}
        finally:
            c.close()

    def op(self, operation, /, *, timeout=30, token=None, request_id=None, **args):
        status, body = self.call(operation, args, timeout, token, request_id)
        if status not in (200, 202):
            raise Refused(status, body.get('error', {}))
        return body

    def ca_file(self):
        path = self.path('ca.pem')
        if not os.path.exists(path):
            self.run('ca', 'export', '--out', path)
        return path

    def run(self, *words, check=True, data=True, text_in=None):
        """The command line; gives the finished process with stdout and stderr as text."""
        command = [HUFU, *(('--data', self.data) if data else ()), *words]
        done = subprocess.run(command, capture_output=True, text=True, input=text_in, timeout=120)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def csr(self, name, alg='p256', subject=None):
        """A request made by openssl; gives its PEM text. The key is NAME.key in the story's directory."""
        how = {'p256': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], 'sm2': ['-algorithm', 'SM2'],
               'rsa': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']}[alg]
        out, key = self.path(name + '.csr'), self.path(name + '.key')
        subprocess.run(['openssl', 'genpkey', *how, '-out', key], check=True, capture_output=True)
        subprocess.run(['openssl', 'req', '-new', '-key', key, '-sm3' if alg == 'sm2' else '-sha256', '-subj',
                        subject or f'/O=Example Bank/CN={name}', '-out', out], check=True, capture_output=True)
        with open(out, encoding='ascii') as f:
            return f.read()

    def close(self):
        if self.server is not None:
            try:
                self.stop(wait=15)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and self.server is not None:
            print('--- the end of the log:\n' + self.log_tail(), flush=True)
        self.close()
