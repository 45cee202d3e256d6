"""What an operator sees of the processes: clear refusals to start, restarts, reload, stopping, and what `keys` can do."""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from hufu import HUFU, PROCESSES, Hufu, children  # noqa: E402

failures = []


begun = time.monotonic()


def check(what, good, detail=''):
    print(f"  {time.monotonic() - begun:6.2f} {'ok  ' if good else 'FAIL'} {what} {detail}", flush=True)
    if not good:
        failures.append(what)


def serve_once(data, https, http, *more):
    """`hufu serve` that is expected to end by itself."""
    return subprocess.run([HUFU, 'serve', '--data', data, '--https', https, '--http', http, *more],
                          capture_output=True, text=True, timeout=60)


def refused(what, done, *words):
    text = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ''
    check(what, done.returncode == 1 and all(w in done.stderr for w in words) and 'ready' not in done.stdout, text)


def refusals(h):
    refused('no data directory', serve_once(h.path('nowhere'), h.https, h.http), 'no such data directory')
    os.mkdir(h.path('empty'), 0o700)
    refused('a directory without init', serve_once(h.path('empty'), h.https, h.http), 'hufu init')
    refused('no address', serve_once(h.data, 'localhost', h.http), 'ADDRESS:PORT')
    os.chmod(h.data, 0o777)
    refused('a directory that others may write', serve_once(h.data, h.https, h.http), 'must be 700')
    os.chmod(h.data, 0o700)
    key = os.path.join(h.data, 'secrets', 'seal.key')
    os.chmod(key, 0o644)
    refused('a sealing key that others may read', serve_once(h.data, h.https, h.http), 'must be 600')
    os.chmod(key, 0o600)
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        refused('a port in use', serve_once(h.data, h.https, f'127.0.0.1:{s.getsockname()[1]}'), 'in use')
    conf = os.path.join(h.data, 'hufu.conf')
    text = open(conf, encoding='utf-8').read()
    with open(conf, 'a', encoding='utf-8') as f:
        f.write('second = cert revok\n')
    refused('a setting that names no operation', serve_once(h.data, h.https, h.http), 'second: there is no operation')
    with open(conf, 'w', encoding='utf-8') as f:
        f.write(text)
    done = subprocess.run([HUFU, 'serve'], capture_output=True, text=True, timeout=10)
    check('no arguments is a usage error', done.returncode == 2 and 'usage' in done.stderr)


def one_server(h):
    refused('a second server on the same data', serve_once(h.data, '127.0.0.1:0', '127.0.0.1:0'), 'in use by another server')
    check('the first one goes on', 'items' in h.op('ca list'))


def proc(pid, name):
    with open(f'/proc/{pid}/{name}', encoding='utf-8', errors='replace') as f:
        return f.read()


def confinement(h):
    pid = h.child('keys')
    status = proc(pid, 'status')
    check('keys runs under a seccomp filter', 'Seccomp:\t2\n' in status)
    check('keys can gain no privileges', 'NoNewPrivs:\t1\n' in status)
    for name in PROCESSES:
        check(f'{name} leaves no core dump', 'Max core file size        0                    0 ' in proc(h.child(name), 'limits'))
    if os.geteuid() != 0:  # what they hold, only root can look at
        check('its own user cannot look into keys', not os.access(f'/proc/{pid}/fd', os.R_OK) and not os.access(f'/proc/{pid}/mem', os.R_OK))
        return
    links = [os.readlink(f'/proc/{pid}/fd/{fd}') for fd in os.listdir(f'/proc/{pid}/fd')]
    inet = {line.split()[9] for name in ('tcp', 'tcp6', 'udp', 'udp6') for line in proc(pid, f'net/{name}').splitlines()[1:]}
    check('keys has no network socket', not any(x[8:-1] in inet for x in links if x.startswith('socket:')))
    check('keys has no database open', not any('hufu.db' in x for x in links), str([x for x in links if x.startswith('/')]))
    folder = [x for x in links if x.startswith(h.data)]
    check('keys holds only its folder and the lock', sorted(os.path.relpath(x, h.data) for x in folder) == ['keys', 'run/lock'],
          str(folder))
    for name in ('web', 'work'):
        held = [os.readlink(f'/proc/{h.child(name)}/fd/{fd}') for fd in os.listdir(f'/proc/{h.child(name)}/fd')]
        check(f'{name} has no key file open', not any('/keys' in x or '/secrets' in x for x in held))


def await_child(h, name):
    end = time.monotonic() + 5
    while time.monotonic() < end and h.child(name) is None:
        time.sleep(0.02)
    return h.child(name)


def ended(pid):
    """Gone, or dead and not yet collected by whoever inherited it."""
    try:
        return 'State:\tZ' in proc(pid, 'status')
    except OSError:
        return True


def restarts(h):
    csr = h.csr('restart')
    for name in PROCESSES:
        before = h.child(name)
        os.kill(before, signal.SIGKILL)
        reply = None
        for _ in range(50):  # web itself may be the one that is gone
            try:
                reply = h.op('cert issue', profile='tls-server', csr=csr, san=f'dns:{name}.example.com',
                             request_id=f'after-{name}')
                break
            except (OSError, Exception) as e:  # noqa: BLE001
                if getattr(e, 'status', 500) < 500:
                    raise
                time.sleep(0.05)
        after = await_child(h, name)
        check(f'{name} is started again and work goes on', reply is not None and after not in (None, before))
    check('all three are there', all(await_child(h, n) for n in PROCESSES))


def reload(h):
    with open(os.path.join(h.data, 'hufu.conf'), 'a', encoding='utf-8') as f:
        f.write('\nlog_level = debug\n')
    pids = {n: h.child(n) for n in PROCESSES}
    h.server.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    check('a reload restarts nobody', pids == {n: h.child(n) for n in PROCESSES})
    check('a reload is logged', 'server.reloaded' in h.log_tail(200))
    with open(os.path.join(h.data, 'hufu.conf'), 'a', encoding='utf-8') as f:
        f.write('nonsense = 1\n')
    h.server.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    check('a bad file is reported and changes nothing', 'reload.failed' in h.log_tail(200) and 'items' in h.op('ca list'))
    text = open(os.path.join(h.data, 'hufu.conf'), encoding='utf-8').read().replace('nonsense = 1\n', '')
    for line, words in (('second = cert revok', 'no operation "cert revok"'), ('second = cert list', 'changes nothing'),
                        ('log_level = loud', 'must be error, warn, info or debug'), ('workers = 0', 'between 1 and 64')):
        with open(os.path.join(h.data, 'hufu.conf'), 'w', encoding='utf-8') as f:
            f.write(text + line + '\n')
        listed = config(h.data)
        check(f'"{line}" is refused by config list', listed.returncode == 1 and words in listed.stderr, listed.stderr)
        h.server.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        check(f'"{line}" is refused by a reload', words in h.log_tail(3).replace('\\"', '"'), h.log_tail(3))
    with open(os.path.join(h.data, 'hufu.conf'), 'w', encoding='utf-8') as f:
        f.write(text)


def config(data):
    return subprocess.run([HUFU, 'config', 'list', '--json', '--data', data], capture_output=True, text=True, timeout=10)


def settings(h):
    """What is set, what it defaults to, and a password in the store's address hidden."""
    with open(os.path.join(h.data, 'hufu.conf'), 'a', encoding='utf-8') as f:
        f.write('second = cert revoke, ca sign\nstore = postgres://hufu:not-for-you@db1,db2/hufu?sslpassword=not-for-you&x=1\n')
    done = config(h.data)
    found = {row['name']: row for row in json.loads(done.stdout)['items']}
    check('config list shows what the file sets', found['second']['value'] == 'cert revoke, ca sign' and found['second']['set'])
    check('and the defaults of the rest', found['workers']['value'] == '4' and not found['workers']['set'])
    check('and no password', 'not-for-you' not in done.stdout and found['store']['value'] == 'postgres://hufu:***@db1,db2/hufu?sslpassword=***&x=1')
    check('config list of a directory that is not there', config(h.path('nowhere')).returncode == 1)
    usage = subprocess.run([HUFU, 'config', 'list', '--dat'], capture_output=True, text=True, timeout=10)
    check('a wrong option of config list is a usage error', usage.returncode == 2 and 'usage: hufu config list' in usage.stderr)


def stopping(h):
    """SIGTERM in the middle of many requests: whoever sent one that was accepted gets its whole answer."""
    csr, answers = h.csr('stop'), []

    def ask(i):
        try:
            answers.append(h.call('cert issue', {'profile': 'tls-server', 'csr': csr, 'san': f'dns:s{i}.example.com'})[0])
        except (ConnectionError, FileNotFoundError):
            answers.append('refused')  # came too late
        except Exception as e:  # noqa: BLE001
            answers.append(repr(e))  # cut off: wrong

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(40)]
    for i, t in enumerate(threads):
        t.start()
        if i == 20:
            h.server.send_signal(signal.SIGTERM)
    for t in threads:
        t.join()
    status = h.server.wait(40)
    check('the server ends with status 0', status == 0, str(status))
    bad = [a for a in answers if a not in (200, 'refused')]
    check('no answer was cut off', not bad, f"{answers.count(200)} answered, {answers.count('refused')} too late {bad[:3]}")
    left = [n for n in os.listdir(os.path.join(h.data, 'run')) if n.endswith('.sock')]
    check('no socket file is left', not left, str(left))
    h.server.stdout.close()
    h.log.close()
    h.server = None


def supervisor_killed(h):
    h.start()
    pids = children(h.server.pid)
    h.stop(signal.SIGKILL)
    seconds = h.start(wait=50)
    check('a new server starts after the old supervisor was killed', 'items' in h.op('ca list'), f'{seconds:.2f} s')
    check('the orphans have ended', all(ended(p) for p in pids))


with Hufu(serve=False) as hufu:
    refusals(hufu)
    print(f'  ready after {hufu.start() * 1000:.0f} ms')
    one_server(hufu)
    confinement(hufu)
    restarts(hufu)
    reload(hufu)
    stopping(hufu)
    supervisor_killed(hufu)
    check('it stops in good order', hufu.stop() == 0)
    settings(hufu)
print(f'{len(failures)} failed: {failures}' if failures else 'all as it should be')
sys.exit(1 if failures else 0)
