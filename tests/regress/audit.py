"""The trail as an auditor meets it: exported page by page into one file, and every damage to the live one named."""
import json
import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from hufu import Hufu  # noqa: E402

passed = failed = 0


def check(what, good, detail=''):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f'FAIL {what}: {str(detail)[-800:]}', flush=True)


def export_in_pages(h):
    first = h.op('audit export', limit=5)
    check('a page is a page', first['next'] and first['export'].count('"type":"record"') == 5, first['next'])
    path = h.path('trail.jsonl')
    done = h.run('audit', 'export', '--out', path, '--limit', '5', check=False)
    check('the command line goes through the pages', done.returncode == 0, done.stdout + done.stderr)
    with open(path, encoding='utf-8') as f:
        lines = [json.loads(line) for line in f]
    records = [line for line in lines if line['type'] == 'record']
    check('the file is whole', len(records) > 20 and lines[0]['type'] == 'export' and lines[-1]['type'] == 'end',
          [line['type'] for line in lines])
    check('one export, one record of it more', sum(r['event'] == 'audit.exported' for r in records) == 2, records[-3:])
    done = h.run('audit', 'verify', path, data=False, check=False)
    check('it verifies', done.returncode == 0 and f'{len(records)} records' in done.stdout, done.stdout + done.stderr)
    piped = h.run('audit', 'export', '--out', '-', '--limit', '7').stdout
    check('standard output gets all pages as well', piped.count('"type":"end"') == 1 and piped.count('"type":"export"') == 1,
          piped[-300:])
    done = h.run('audit', 'export', '--out', h.path('absent/trail'), check=False)
    check('a place that is none is an error', done.returncode == 1 and 'absent/trail' in done.stderr, done.stderr)
    check('nothing is left beside the file', not [n for n in os.listdir(h.dir) if n.startswith('trail.jsonl.')])


def damage(h):
    done = h.run('audit', 'verify', check=False)
    check('the trail is whole at first', done.returncode == 0, done.stdout + done.stderr)
    with sqlite3.connect(os.path.join(h.data, 'hufu.db'), timeout=20) as db:
        db.execute("UPDATE audit SET actor = 'somebody' WHERE seq = 4")
        db.execute("UPDATE audit SET object = 'p99' WHERE seq = 9")
        db.execute('DELETE FROM audit WHERE seq = 12')
    done = h.run('audit', 'verify', check=False)
    check('damage ends with status 1', done.returncode == 1, (done.returncode, done.stdout, done.stderr))
    for n in (4, 9, 12):
        check(f'record {n} is named', f'record {n} ' in done.stdout, done.stdout)
    reply = json.loads(h.run('audit', 'verify', '--json', check=False).stdout)
    check('programs get the list', reply['valid'] is False and len(reply['findings']) >= 3, reply)
    path = h.path('damaged.jsonl')
    h.run('audit', 'export', '--out', path, '--limit', '5')
    done = h.run('audit', 'verify', path, data=False, check=False)
    check('the export of it does not verify either', done.returncode == 1 and 'NOT VALID' in done.stdout, done.stdout)


def main():
    with Hufu(suite='intl') as h:
        for i in range(25):
            h.op('person add', login=f'p{i}', name=f'Person {i}')
        time.sleep(0.8)
        export_in_pages(h)
        damage(h)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
