"""Hostile and mistaken requests to the API, over TLS: each is refused with its status, code and field, stores nothing, and
leaves a line of audit exactly when somebody tried to change something."""
import http.client
import json
import os
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from hufu import Hufu  # noqa: E402

passed = failed = 0


def check(what, good, detail=''):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f'FAIL {what}: {str(detail)[-600:]}', flush=True)


def ask(h, method, path, headers, body=None):
    """(status, error or reply, headers), byte for byte as given."""
    host, port = h.https.split(':')
    c = http.client.HTTPSConnection('localhost', int(port), timeout=20, context=ssl.create_default_context(cafile=h.ca_file()))
    try:
        c.putrequest(method, '/api/v1/' + path, skip_accept_encoding=True)
        fields = [(n, v) for n, v in headers if v is not None]
        if body is not None and not any(n == 'Content-Length' for n, _ in fields):
            fields.append(('Content-Length', str(len(body))))
        for name, value in fields:
            c.putheader(name, value)
        c.endheaders(body)
        answer = c.getresponse()
        text = answer.read()
        try:
            return answer.status, json.loads(text), answer.headers
        except ValueError:
            return answer.status, {'text': text}, answer.headers
    finally:
        c.close()


JSON = ('Content-Type', 'application/json')
ADD = b'{"login":"mallory","name":"M"}'


def cases(h, token):
    """what, method, path, headers, body, status, code, field, event that is on record"""
    bearer, cookie = ('Authorization', 'Bearer ' + token), ('Cookie', 'hufu_session=' + token)
    own, foreign = ('Origin', f'https://localhost:{h.https.split(":")[1]}'), ('Origin', 'https://evil.example')
    add, event = 'person/add', 'person.added'

    def post(what, body, code, field, headers=(bearer, JSON), status=400, path=add, on_record=event):
        return what, 'POST', path, headers, body, status, code, field, on_record

    return [
        ('a parameter twice', 'GET', 'person/list?limit=1&limit=2', [bearer], None, 400, 'E_ARG', 'limit', None),
        ('the same one, escaped', 'GET', 'person/list?limit=1&l%69mit=2', [bearer], None, 400, 'E_ARG', 'limit', None),
        ('an unknown parameter', 'GET', 'person/list?colour=red', [bearer], None, 400, 'E_ARG', 'colour', None),
        ('a query that is no UTF-8', 'GET', 'person/list?find=%ff%fe', [bearer], None, 400, None, None, None),
        ('a query with NUL', 'GET', 'person/list?find=a%00b', [bearer], None, 400, None, None, None),
        ('a number that is none', 'GET', 'person/list?limit=1e9', [bearer], None, 400, 'E_ARG', 'limit', None),
        ('GET on what writes', 'GET', 'person/add?login=mallory&name=M', [bearer], None, 405, 'E_ARG', None, None),
        ('DELETE', 'DELETE', add, [bearer], None, 405, None, None, None),
        ('PUT', 'PUT', add, [bearer, JSON], ADD, 405, None, None, None),
        ('an operation that is none', 'POST', 'person/vanish', [bearer, JSON], b'{}', 404, 'E_ABSENT', None, None),
        ('a path upwards', 'POST', 'person/../person/add', [bearer, JSON], ADD, 404, None, None, None),
        ('a body that is announced too large', 'POST', add, [bearer, JSON, ('Content-Length', '999999999')], b'', 413, 'E_TOOBIG', None, None),
        post('no session', ADD, 'E_AUTH', '', (JSON,), 401),
        post('a session that is none', ADD, 'E_AUTH', None, (('Authorization', 'Bearer ' + '0' * 64), JSON), 401),
        post('another content type', ADD, 'E_ARG', 'Content-Type', (bearer, ('Content-Type', 'text/plain'))),
        post('a form', b'login=mallory&name=M', 'E_ARG', 'Content-Type', (bearer, ('Content-Type', 'application/x-www-form-urlencoded'))),
        post('no content type', ADD, 'E_ARG', 'Content-Type', (bearer,)),
        post('a body that is no UTF-8', b'{"login":"mallory","name":"\xff\xfe"}', 'E_FORMAT', ''),
        post('half a surrogate', b'{"login":"mallory","name":"\\ud800"}', 'E_FORMAT', ''),
        post('NUL in a text', b'{"login":"mallory","name":"a\\u0000b"}', None, None),
        post('control characters', b'{"login":"mallory","name":"a\\u001b[31m"}', 'E_ARG', 'name'),
        post('no JSON', b'login=mallory', 'E_FORMAT', ''),
        post('JSON and more', ADD + b'x', 'E_FORMAT', ''),
        post('an array', b'[' + ADD + b']', 'E_ARG', ''),
        post('a member twice', b'{"login":"mallory","login":"malory","name":"M"}', 'E_FORMAT', ''),
        post('deep nesting', b'[' * 100000, 'E_FORMAT', ''),
        post('an unknown argument', b'{"login":"mallory","name":"M","rank":"boss"}', 'E_ARG', 'rank'),
        post('a wrong type', b'{"login":["mallory"],"name":"M"}', 'E_ARG', 'login'),
        post('a missing argument', b'{"login":"mallory"}', 'E_ARG', 'name'),
        post('a role that is none', b'{"login":"mallory","name":"M","role":["emperor"]}', 'E_ARG', 'role'),
        post('arguments in the query', ADD, 'E_ARG', '', path=add + '?login=mallory'),
        post('a request id that is none', ADD, 'E_ARG', 'Hufu-Request-Id', (bearer, JSON, ('Hufu-Request-Id', 'a b'))),
        post('a request id too long', ADD, 'E_ARG', 'Hufu-Request-Id', (bearer, JSON, ('Hufu-Request-Id', 'a' * 65))),
        post('two request ids', ADD, 'E_ARG', 'Hufu-Request-Id', (bearer, JSON, ('Hufu-Request-Id', 'a'), ('Hufu-Request-Id', 'b'))),
        post('a cookie from another site', ADD, 'E_DENIED', '', (cookie, JSON, foreign), 403),
        post('a cookie, fetched across sites', ADD, 'E_DENIED', '', (cookie, JSON, ('Sec-Fetch-Site', 'cross-site')), 403),
        post('a cookie, own Origin, fetched across sites', ADD, 'E_DENIED', '', (cookie, JSON, own, ('Sec-Fetch-Site', 'same-site')), 403),
        post('a cookie without Origin', ADD, 'E_DENIED', '', (cookie, JSON), 403),
        post('a cookie from Origin null', ADD, 'E_DENIED', '', (cookie, JSON, ('Origin', 'null')), 403),
        post('a cookie and a form', ADD, 'E_ARG', 'Content-Type', (cookie, own, ('Content-Type', 'text/plain'))),
        ('reading with a cookie from another site', 'GET', 'person/list', [cookie, foreign], None, 403, 'E_DENIED', '', None),
    ]


def state(h):
    return tuple(h.op(op)['total'] for op in ('person list', 'app list', 'cert list', 'approval list'))


def refusals(h, token):
    before, audit = state(h), h.op('audit list', limit=1)['total']
    for what, method, path, headers, body, status, code, field, event in cases(h, token):
        got, answer, fields = ask(h, method, path, headers, body)
        error = answer.get('error', {})
        check(f'{what}: {status}', got == status, (got, answer))
        check(f'{what}: an error in our form', error.get('message') and error.get('code') == (code or error.get('code')), answer)
        check(f'{what}: names {field!r}', field is None or error.get('field') == field, answer)
        check(f'{what}: says what is allowed', got != 405 or 'POST' in (fields.get('Allow') or ''), dict(fields))
        listed = h.op('audit list', limit=1)
        check(f'{what}: {"one line" if event else "no line"} of audit', listed['total'] == audit + (event is not None), listed)
        if event:
            line = listed['items'][0]
            check(f'{what}: the line says so', line['event'] == event and line['result'] == error.get('code'), line)
        audit = listed['total']
    check('nothing was stored', state(h) == before, (state(h), before))


def good_ones(h, token):
    """The same requests without their fault are accepted: it was the fault that was refused."""
    cookie, own = ('Cookie', 'hufu_session=' + token), ('Origin', f'https://localhost:{h.https.split(":")[1]}')
    status, answer, _ = ask(h, 'POST', 'person/add', [cookie, own, ('Sec-Fetch-Site', 'same-origin'), JSON], ADD)
    check('a cookie with its own Origin', status == 200, answer)
    status, answer, _ = ask(h, 'GET', 'person/list?limit=1', [('Authorization', 'Bearer ' + token)])
    check('one parameter', status == 200 and len(answer['items']) == 1, answer)
    status, answer, _ = ask(h, 'POST', 'app/add', [('Authorization', 'Bearer ' + token), ('Content-Type', 'application/json; charset=utf-8'), ('Hufu-Request-Id', 'a' * 64)],
                            b'{"name":"x","allow":["10.0.0.1"],"min_strength":"password"}')
    check('a content type with its parameter, a request id of full length', status == 200, answer)
    line = h.op('audit list', limit=1)['items'][0]
    check('the request id is on record', h.op('audit show', id=str(line['id']))['request'] == 'a' * 64, line)


def main():
    with Hufu(suite='intl') as h:
        status, body = h.call('login password', {'login': h.secrets['login'], 'password': h.secrets['password']}, token='')
        check('signed in', status == 200, body)
        token = body['session']
        h.op('password change', token=token, old=h.secrets['password'], new='Gibbon-Plover-Marten-51')
        refusals(h, token)
        good_ones(h, token)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
