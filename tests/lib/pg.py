"""A private PostgreSQL 15 for stories written in Python: `with Postgres() as pg: Hufu(store=pg.url())`."""
import os
import shutil
import subprocess
import tempfile

from hufu import free_port

BIN = '/usr/lib/postgresql/15/bin'


class Postgres:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix='hufu-pg-')
        self.port = free_port()
        self.databases = 0
        self.prefix = []
        if os.getuid() == 0:
            shutil.chown(self.dir, 'postgres', 'postgres')
            self.prefix = ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups']
        cluster = os.path.join(self.dir, 'cluster')
        subprocess.run([*self.prefix, f'{BIN}/initdb', '-D', cluster, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8'],
                       check=True, stdout=subprocess.DEVNULL, cwd=self.dir)
        self.log = open(os.path.join(self.dir, 'log'), 'wb')
        self.server = subprocess.Popen([*self.prefix, f'{BIN}/postgres', '-D', cluster, '-p', str(self.port), '-c', 'listen_addresses=127.0.0.1',
                                        '-c', f'unix_socket_directories={self.dir}', '-c', 'shared_buffers=64MB'],
                                       stdout=self.log, stderr=self.log, cwd=self.dir)
        for _ in range(200):
            if subprocess.run(['pg_isready', '-q', '-h', self.dir, '-p', str(self.port)], check=False).returncode == 0:
                return
            subprocess.run(['sleep', '0.1'], check=True)
        raise RuntimeError('PostgreSQL did not start')

    def sql(self, text, database='postgres'):
        done = subprocess.run(['psql', '-qAt', '-h', self.dir, '-p', str(self.port), '-U', 'postgres', '-d', database, '-c', text],
                              check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def url(self):
        """A fresh, empty database."""
        self.databases += 1
        self.sql(f'CREATE DATABASE hufu{self.databases}')
        return f'postgres://postgres@127.0.0.1:{self.port}/hufu{self.databases}'

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.server.terminate()
        try:
            self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)
