"""A private PostgreSQL 15 for stories written in Python: `with Postgres() as pg: Hufu(store=pg.url())`. pg.sh starts it."""
import os
import subprocess

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pg.sh')
SHELL = '''
. "$0"
trap pg_stop EXIT
pg_start || exit 1
echo "$HUFU_PG_URL"
while read -r name; do pg_fresh "$name"; done
'''


class Postgres:
    """The shell holds the server; it ends with its standard input, however this program ends."""

    def __enter__(self):
        self.shell = subprocess.Popen(['bash', '-c', SHELL, SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.databases = 0
        if not self.answer():
            raise RuntimeError('PostgreSQL did not start')
        return self

    def answer(self):
        for line in self.shell.stdout:  # what comes before an address is why there is none
            if line.startswith('postgres://'):
                return line.strip()
            print(line, end='', flush=True)
        return None

    def url(self):
        """A fresh, empty database."""
        self.databases += 1
        self.shell.stdin.write(f'story{self.databases}\n')
        self.shell.stdin.flush()
        return self.answer()

    def __exit__(self, kind, value, trace):
        self.shell.stdin.close()
        self.shell.wait(60)
        self.shell.stdout.close()
