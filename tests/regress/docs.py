"""Runs the shell blocks of PAGES, in order, in an empty directory with the built program in it.

Changed are only: the two ports, `make` (it is built), and TICKET and SERIAL, which are taken from what was printed before.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from hufu import HUFU, ROOT, free_port  # noqa: E402

PAGES = ('getting-started.md', 'operating.md')
passed = failed = 0


def check(what, good, detail=''):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f'FAIL {what}: {str(detail)[-1500:]}', flush=True)


def commands(block):
    """Whole commands of a block: lines that end in a backslash go on."""
    whole = ''
    for line in block.splitlines():
        whole += line + '\n'
        if not line.endswith('\\'):
            yield whole.strip()
            whole = ''


def main():
    text = ''
    for page in PAGES:
        with open(os.path.join(ROOT, 'docs', page), encoding='utf-8') as f:
            text += f.read()
    https, http = str(free_port()), str(free_port())
    where = tempfile.mkdtemp(prefix='hufu-story-')
    os.symlink(HUFU, os.path.join(where, 'hufu'))
    server, ticket, serial = None, 'TICKET', 'SERIAL'
    said = ''
    try:
        for block in re.findall(r'```sh\n(.*?)```', text, re.S):
            for command in commands(block):
                if command == 'make':
                    continue
                run = command.replace('8443', https).replace('8080', http).replace('TICKET', ticket).replace('SERIAL', serial)
                if run.endswith('&'):
                    if server is not None:
                        check('the server before it ended in order', server.wait(30) == 0)
                        server.stdout.close()
                    server = subprocess.Popen(['bash', '-c', 'exec ' + run.rstrip('& ')], cwd=where, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                    line = server.stdout.readline()
                    while line and line.strip() != b'ready':
                        line = server.stdout.readline()
                    check('the server becomes ready', line.strip() == b'ready')
                    continue
                if 'openssl ocsp' in run:
                    time.sleep(1)  # a revocation shows within one second
                done = subprocess.run(['bash', '-c', run], cwd=where, capture_output=True, text=True, timeout=120)
                out = done.stdout + done.stderr
                check(command, done.returncode == 0, out)
                said += out
                if 'hufu login' in command:
                    ticket = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ticket
                if 'cert list' in command:
                    found = re.search(r'^([0-9a-f]{16,40})\b', done.stdout, re.M)
                    serial = found.group(1) if found else serial
        check('cert verify said valid', re.search(r'^valid$', said, re.M), said[-500:])
        check('the ticket was redeemed', 'RPC_OK' in said and '<loginid>li</loginid>' in said, said[-500:])
        check('the changed setting is listed', re.search(r'^session_idle_s +900 +yes', said, re.M), said[-500:])
        check('what was issued before the back-up is there', 'www.example.com' in out, out)
        check('OCSP said revoked', ': revoked' in said and 'superseded' in said, said[-500:])
    finally:
        if server is not None:
            server.send_signal(signal.SIGTERM)
            check('the server ends in order', server.wait(30) == 0)
            server.stdout.close()
        shutil.rmtree(where, ignore_errors=True)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
