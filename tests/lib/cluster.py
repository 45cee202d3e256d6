"""A PostgreSQL 15 cluster that looks after itself, for stories: three nodes of Patroni and etcd on loopback.

    with Cluster() as c:
        Hufu(store=c.url())
        c.kill(c.leader())        # SIGKILL to everything of that node, as a loss of power does
        c.freeze(c.leader())      # SIGSTOP instead
        c.revive(1)               # the killed node comes back and joins as a standby

A node is one etcd member, one Patroni and its PostgreSQL, each in the node's own folder; killing it takes all three. Commits
wait for a standby, and with none left they wait on (strict synchronous mode): what is acknowledged is on two nodes. As root
everything runs as user postgres. Everything started is ended by its id, and the folder is removed.
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

from hufu import free_port

BIN = '/usr/lib/postgresql/15/bin'
NODES = (1, 2, 3)
TTL, LOOP, RETRY = 10, 1, 4  # seconds; Patroni wants ttl >= loop + 2 * retry


class Node:
    def __init__(self, cluster, number):
        self.cluster, self.number, self.name = cluster, number, f'node{number}'
        self.dir = os.path.join(cluster.dir, self.name)
        self.client, self.peer, self.rest, self.port = (free_port() for _ in range(4))
        self.processes = []
        os.mkdir(self.dir, 0o700)
        self.data = os.path.join(self.dir, 'data')

    def own(self):
        if os.getuid() == 0:
            subprocess.run(['chown', '-R', 'postgres:', self.dir], check=True)

    def start_etcd(self):
        self.spawn('etcd', ['/usr/bin/etcd', '--name', self.name, '--data-dir', os.path.join(self.dir, 'etcd'),
                            '--listen-client-urls', f'http://127.0.0.1:{self.client}', '--advertise-client-urls', f'http://127.0.0.1:{self.client}',
                            '--listen-peer-urls', f'http://127.0.0.1:{self.peer}', '--initial-advertise-peer-urls', f'http://127.0.0.1:{self.peer}',
                            '--initial-cluster', ','.join(f'{n.name}=http://127.0.0.1:{n.peer}' for n in self.cluster.nodes.values()),
                            '--heartbeat-interval', '100', '--election-timeout', '1000', '--logger', 'zap', '--log-level', 'error'])

    def start_patroni(self):
        self.spawn('patroni', ['/usr/bin/patroni', os.path.join(self.dir, 'patroni.json')])

    def spawn(self, name, command):
        self.own()
        with open(os.path.join(self.dir, name + '.log'), 'ab') as log:
            self.processes.append(subprocess.Popen([*self.cluster.drop, *command], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                                   cwd=self.dir, env={'PATH': BIN + ':/usr/bin:/bin', 'LC_ALL': 'C.UTF-8'}))

    def configure(self):
        c = self.cluster
        conf = {
            'scope': 'hufu', 'namespace': '/hufu/', 'name': self.name,
            'restapi': {'listen': f'127.0.0.1:{self.rest}', 'connect_address': f'127.0.0.1:{self.rest}'},
            'etcd3': {'hosts': [f'127.0.0.1:{n.client}' for n in c.nodes.values()]},
            'bootstrap': {
                'dcs': {'ttl': TTL, 'loop_wait': LOOP, 'retry_timeout': RETRY, 'synchronous_mode': True, 'synchronous_mode_strict': True,
                        'postgresql': {'use_pg_rewind': True, 'use_slots': True,
                                       'parameters': {'wal_log_hints': 'on', 'wal_keep_size': '128MB', 'max_connections': 80}}},
                'initdb': [{'encoding': 'UTF8'}, {'locale': 'C.UTF-8'}, 'data-checksums', 'no-sync'],
                'pg_hba': ['local all postgres trust', 'host replication replicator 127.0.0.1/32 scram-sha-256',
                           'host all all 127.0.0.1/32 scram-sha-256'],
            },
            'postgresql': {
                'listen': f'127.0.0.1:{self.port}', 'connect_address': f'127.0.0.1:{self.port}', 'data_dir': self.data, 'bin_dir': BIN,
                'pgpass': os.path.join(self.dir, 'pgpass'), 'remove_data_directory_on_rewind_failure': True,
                'authentication': {'superuser': {'username': 'postgres', 'password': 'of the superuser'},
                                   'replication': {'username': 'replicator', 'password': 'of replication'},
                                   'rewind': {'username': 'rewinder', 'password': 'of rewinding'}},
                'parameters': {'unix_socket_directories': self.dir, 'shared_buffers': '16MB', 'password_encryption': 'scram-sha-256'},
            },
        }
        with open(os.path.join(self.dir, 'patroni.json'), 'w', encoding='ascii') as f:
            json.dump(conf, f, indent=1)

    def postmaster(self):
        """The server's process id and those of its children."""
        try:
            with open(os.path.join(self.data, 'postmaster.pid'), encoding='ascii') as f:
                pid = int(f.readline())
            with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as f:
                return [pid, *(int(p) for p in f.read().split())]
        except (OSError, ValueError):
            return []

    def strike(self, how):
        for pid in [p.pid for p in self.processes] + self.postmaster():
            try:
                os.kill(pid, how)
            except ProcessLookupError:
                pass

    def kill(self):
        """Everything of the node at once; nothing gets to say goodbye."""
        self.strike(signal.SIGKILL)
        for p in self.processes:
            p.wait()
        self.processes = []

    def ask(self, path):
        """Patroni's REST answer: (status, JSON); (0, None) without one."""
        try:
            with urllib.request.urlopen(f'http://127.0.0.1:{self.rest}/{path}', timeout=2) as answer:
                return answer.status, json.loads(answer.read() or 'null')
        except urllib.error.HTTPError as e:
            return e.code, None
        except (OSError, ValueError):
            return 0, None

    def sql(self, text, database='postgres'):
        return subprocess.run(['psql', '-XqAt', '-h', self.dir, '-p', str(self.port), '-U', 'postgres', '-d', database, '-c', text],
                              check=True, capture_output=True, text=True, timeout=60).stdout.strip()


class Cluster:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix='hufu-ha-')
        os.chmod(self.dir, 0o755)
        self.drop = ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--pdeathsig', 'KILL'] if os.getuid() == 0 \
            else ['setpriv', '--pdeathsig', 'KILL']
        self.nodes = {}
        for n in NODES:
            self.nodes[n] = Node(self, n)
        self.passwords = os.path.join(self.dir, 'passfile')
        with open(os.open(self.passwords, os.O_WRONLY | os.O_CREAT, 0o600), 'w', encoding='ascii') as f:
            f.write('*:*:*:hufu:of hufu\n')

    def start(self):
        for node in self.nodes.values():
            node.configure()
            node.start_etcd()
        self.nodes[1].start_patroni()
        self.until('a leader', 60, self.leader)
        self.nodes[2].start_patroni()
        self.nodes[3].start_patroni()
        self.until('a synchronous standby and another one', 60, self.whole)
        self.nodes[1].sql("CREATE ROLE hufu LOGIN PASSWORD 'of hufu'")
        self.nodes[1].sql('CREATE DATABASE hufu OWNER hufu')

    def until(self, what, seconds, seen):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = seen()
            if found:
                return found
            time.sleep(0.2)
        raise RuntimeError(f'no {what} within {seconds} s\n' + self.logs())

    def logs(self):
        return ''.join(f'--- {n.name}\n' + subprocess.run(['tail', '-n', '12', os.path.join(n.dir, 'patroni.log')],
                                                          capture_output=True, text=True, check=False).stdout for n in self.nodes.values())

    def leader(self):
        """The number of the node that is primary now; None while there is none."""
        return next((n for n, node in self.nodes.items() if node.processes and node.ask('primary')[0] == 200), None)

    def whole(self):
        """One leader, one synchronous standby, one more standby, all streaming."""
        n = self.leader()
        members = (self.nodes[n].ask('cluster')[1] or {}).get('members', []) if n else []
        roles = sorted(m['role'] for m in members if m.get('state') in ('running', 'streaming') and m.get('lag', 0) == 0)
        return roles == ['leader', 'replica', 'sync_standby']

    def kill(self, n):
        self.nodes[n].kill()

    def freeze(self, n):
        """As a machine whose disk hangs: connections stay, answers do not come."""
        self.nodes[n].strike(signal.SIGSTOP)

    def revive(self, n):
        self.nodes[n].start_etcd()
        self.nodes[n].start_patroni()

    def url(self):
        """What the setting `store` says for this cluster."""
        hosts = ','.join(f'127.0.0.1:{n.port}' for n in self.nodes.values())
        return f'postgres://hufu@{hosts}/hufu?target_session_attrs=read-write&connect_timeout=2&passfile={self.passwords}'

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, value, trace):
        for node in self.nodes.values():
            node.kill()
        shutil.rmtree(self.dir, ignore_errors=True)
