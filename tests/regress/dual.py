"""Where two people are needed, one cannot be both: the first persons, roles, resets, certificates, and an asker in disguise."""
import contextlib
import json
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from hufu import Hufu  # noqa: E402
from storm import check, verdict  # noqa: E402


class Person:
    """Somebody with a password of his own, at his own session."""

    def __init__(self, h, login, once):
        self.h, self.login, self.password = h, login, 'own secret of ' + login
        first = self.sign_in(once)
        self.h.op('password change', token=first, old=once, new=self.password)
        self.token = self.sign_in(self.password)

    def sign_in(self, password):
        return self.h.op('login password', token='', login=self.login, password=password)['session']

    def ask(self, op, **args):
        return self.h.call(op, args, token=self.token)


def pending(answer):
    status, body = answer
    return body['pending']['id'] if status == 202 else None


def brief(body):
    """The error, if it is one: the rest has passwords in it."""
    return str(body.get('error', '')) if isinstance(body, dict) else ''


def details(h, event, wanted):
    """What the trail says beyond the line of the list."""
    return [h.op('audit show', id=str(x['id'])) for x in h.op('audit list', limit=50)['items'] if x['event'] == event and wanted(x)]


def first_persons(h):
    """init made one administrator: the second person who may approve is made alone, the third is not."""
    admin = Person(h, h.secrets['login'], h.secrets['password'])
    done = h.run('person', 'add', '--login', 'wang', '--name', 'Wang', '--role', 'admin', '--password', '--json')
    made = json.loads(done.stdout)
    check('the second administrator is made at once', made.get('one_time_password'))
    wang = Person(h, 'wang', made['one_time_password'])
    added = details(h, 'person.added', lambda x: x['object'] == 'wang')
    check('on record as made alone', len(added) == 1 and 'fewer than two' in str(added[0]), str(added)[:300])
    waits = pending(admin.ask('person add', login='zhao', name='Zhao', role=['approver'], password=True))
    check('the third waits for another person', waits is not None)
    check('not for the one who asked', admin.ask('approval approve', id=waits)[0] == 403)
    status, body = wang.ask('approval approve', id=waits)
    check('Wang confirms and is shown the password', status == 200 and body['result']['one_time_password'], brief(body))
    return admin, wang, Person(h, 'zhao', body['result']['one_time_password'])


def disguise(h, admin):
    """An administrator who makes himself a second person finds that it is not one."""
    status, body = admin.ask('person add', login='puppet', name='Puppet', password=True)
    check('a person without a role is made at once', status == 200, brief(body))
    puppet = Person(h, 'puppet', body['one_time_password'])
    waits = pending(admin.ask('person roles', login='puppet', role=['admin']))
    check('his role waits', waits is not None)
    check('nor can he give it to himself', puppet.ask('approval approve', id=waits)[0] == 403)
    h.op('approval approve', id=waits)  # somebody is taken in
    puppet = Person.__new__(Person)
    puppet.h, puppet.login, puppet.password = h, 'puppet', 'own secret of puppet'
    puppet.token = puppet.sign_in(puppet.password)
    waits = pending(admin.ask('person roles', login='puppet', role=['operator', 'approver']))
    status, body = puppet.ask('approval approve', id=waits)
    check('the puppet cannot confirm what its maker asks', status == 403 and 'could be both' in body['error']['message'], brief(body))
    refused = details(h, 'approval.approved', lambda x: x['result'] == 'E_DENIED' and x['actor'] == 'puppet')
    check('on record with whose hand it is', 'person:' + admin.login in str(refused[:1]), str(refused)[:300])
    h.op('approval reject', id=waits)


def resets(admin, wang, zhao):
    waits = pending(admin.ask('person reset', login='zhao'))
    check('a reset of somebody with a role waits', waits is not None)
    check('Zhao keeps his password meanwhile', zhao.ask('whoami')[0] == 200)
    check('rejected', wang.ask('approval reject', id=waits)[0] == 200)


def certificates(h, admin, wang):
    h.op('person add', login='op', name='Operator', password=True)
    once = h.op('person reset', login='op')['one_time_password']
    wang.ask('approval approve', id=h.op('person roles', login='op', role=['operator'])['pending']['id'])
    operator = Person(h, 'op', once)
    csr = h.csr('mine')
    status, body = operator.ask('cert issue', profile='person-sign', csr=csr, person=admin.login)
    check('an operator cannot make himself an administrator by certificate', status == 403 and body['error']['field'] == 'person', brief(body))
    waits = pending(admin.ask('cert issue', profile='person-sign', csr=csr, person='wang'))
    check('a certificate for an administrator waits', waits is not None)
    status, body = wang.ask('approval approve', id=waits)
    check('and is issued once confirmed', status == 200 and body['result']['serial'], brief(body))
    status, body = operator.ask('cert issue', profile='tls-server', csr=csr, san='dns:www.example.com')
    check('a server needs nobody', status == 200, brief(body))
    check('nor does it wait to bind it to somebody without a role', h.op('person add', login='li', name='Li') and
          operator.ask('cert issue', profile='person-sign', csr=h.csr('li'), person='li')[0] == 200)
    with contextlib.closing(sqlite3.connect(f'file:{h.data}/hufu.db?mode=ro', uri=True)) as db:
        givers = {g for g, in db.execute("SELECT giver FROM credential_given WHERE login = 'li'")}
    check('but who issued it is remembered', givers == {'local:local', 'person:op'}, str(givers))


def main():
    with Hufu(suite='intl') as h:
        admin, wang, zhao = first_persons(h)
        disguise(h, admin)
        resets(admin, wang, zhao)
        certificates(h, admin, wang)
        check('the chain verifies', h.run('audit', 'verify', check=False).returncode == 0)
    return verdict()


if __name__ == '__main__':
    sys.exit(main())
