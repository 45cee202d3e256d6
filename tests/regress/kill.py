"""kill -9 of keys, web, work or the supervisor at random moments during a stream of issues, revocations and sign-ins.

For each engine KILLS (default 200) kills. Afterwards: every acknowledged certificate is there, no serial twice, every
acknowledged revocation holds, every certificate has its audit record and every record of an issue its certificate, and
the chain verifies, live and from the export.
"""
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from hufu import PROCESSES, Hufu  # noqa: E402
from pg import Postgres  # noqa: E402
from storm import begin, check_truth, end, verdict  # noqa: E402

KILLS = int(os.environ.get('KILLS', '200'))


def strike(h):
    """One kill: mostly a random child, sometimes the supervisor (its children end with it). False if nothing was hit."""
    if random.random() < 0.04:
        h.stop(signal.SIGKILL)
        h.start()
        return True
    pid = h.child(random.choice(PROCESSES))
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def storm(h, kills):
    done = 0
    while done < kills:
        time.sleep(random.uniform(0.02, 0.5))
        done += strike(h)


def story(engine, store):
    print(f'{engine}: {KILLS} kills', flush=True)
    with Hufu(suite='intl', store=store) as h:
        clients, stop = begin(h)
        storm(h, KILLS)
        end(clients, stop)
        check_truth(h, clients, KILLS / 4)


def main():
    random.seed(os.environ.get('SEED', str(time.time())))
    story('SQLite', None)
    with Postgres() as pg:
        story('PostgreSQL', pg.url())
    return verdict()


if __name__ == '__main__':
    sys.exit(main())
