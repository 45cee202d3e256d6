"""`hufu init`: what it refuses and how it cleans up; roots under shares or a passphrase of one's own, the sealing key under a
passphrase, RSA authorities."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from hufu import HUFU, Hufu  # noqa: E402

passed = failed = 0


def check(what, good, detail=''):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f'FAIL {what}: {str(detail)[-600:]}', flush=True)


def put(path, text):
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    return path


def init(data, *more, **how):
    return subprocess.run([HUFU, 'init', '--data', data, '--org', 'Example Bank', *more], capture_output=True, text=True, timeout=120, **how)


def refusals(folder):
    full = os.path.join(folder, 'full')
    os.mkdir(full)
    put(os.path.join(full, 'letter'), 'mine')
    short = put(os.path.join(folder, 'short'), 'seven77\n')
    cases = [
        ('a directory that is not empty', full, [], 1, 'not empty'),
        ('a suite that is none', 'new', ['--suite', 'german'], 2, '--suite'),
        ('an algorithm that is none', 'new', ['--alg', 'rsa512'], 2, '--alg'),
        ('SM2 as the international algorithm', 'new', ['--alg', 'sm2'], 2, '--alg'),
        ('shares in another form', 'new', ['--root-shares', '3/5', '--shares-dir', 'shares'], 2, '--root-shares'),
        ('more needed than there are', 'new', ['--root-shares', '5of3', '--shares-dir', 'shares'], 2, '--root-shares'),
        ('one that is enough', 'new', ['--root-shares', '1of3', '--shares-dir', 'shares'], 2, '--root-shares'),
        ('too many shares', 'new', ['--root-shares', '2of17', '--shares-dir', 'shares'], 2, '--root-shares'),
        ('words after the shares', 'new', ['--root-shares', '3of5x', '--shares-dir', 'shares'], 2, '--root-shares'),
        ('shares without a place', 'new', ['--root-shares', '3of5'], 2, '--shares-dir'),
        ('shares and a passphrase', 'new', ['--root-shares', '3of5', '--shares-dir', 'shares', '--root-passfile', short], 2, '--root-passfile'),
        ('a passphrase too short', 'new', ['--root-passfile', short], 1, 'passphrase'),
        ('a passphrase file that is none', 'new', ['--root-passfile', 'absent'], 2, 'absent'),
        ('an organisation without a name', 'new', ['--org', ''], 2, '--org'),
        ('a login that is none', 'new', ['--admin', 'a b'], 2, 'login'),
        ('a store that is none', 'new', ['--store', 'oracle://x'], 1, 'store'),
        ('an address that is none', 'new', ['--https', 'here'], 2, '--https'),
        ('a port that is none', 'new', ['--http', '127.0.0.1:70000'], 2, '--http'),
        ('a name instead of an address', 'new', ['--http', 'localhost:8080'], 2, '--http'),
        ('an option that is none', 'new', ['--colour', 'red'], 2, 'colour'),
        ('a word too many', 'new', ['more'], 2, 'more'),
        ('a file in the way', os.path.join(full, 'letter'), [], 1, 'letter'),
        ('a place for the secrets that is none', 'new', ['--suite', 'intl', '--secrets', 'absent/secrets.json'], 1, 'absent'),
    ]
    for what, data, more, status, wanted in cases:
        done = init(data, *more, cwd=folder)
        check(f'{what}: exit {status}', done.returncode == status, (done.returncode, done.stdout, done.stderr))
        check(f'{what}: names it', wanted in done.stderr and len(done.stderr.strip().splitlines()) <= 2, done.stderr)
        new = os.path.join(folder, 'new')
        check(f'{what}: leaves nothing', not os.path.exists(new) or os.listdir(new) == [], os.path.exists(new) and os.listdir(new))
    check('what was there is still there', os.listdir(full) == ['letter'] and open(os.path.join(full, 'letter'), encoding='ascii').read() == 'mine')
    check('no shares were written', not os.path.exists(os.path.join(folder, 'shares')))
    check('without --data', subprocess.run([HUFU, 'init', '--org', 'X'], capture_output=True, text=True).returncode == 2)
    again = init('new', '--suite', 'intl', cwd=folder)
    check('the same directory serves afterwards', again.returncode == 0, again.stderr)
    check('and no second time', init('new', '--suite', 'intl', cwd=folder).returncode == 1)
    closed = os.path.join(folder, 'closed')
    os.mkdir(closed, 0o500)
    if os.geteuid() == 0:  # for root nothing is closed: try it as somebody else
        os.chmod(folder, 0o755)
        done = init(os.path.join(closed, 'x'), user=65534, group=65534, extra_groups=[]) if os.access(HUFU, os.X_OK) else None
    else:
        done = init(os.path.join(closed, 'x'))
    check('a directory that cannot be written', done.returncode == 1 and 'ermission' in done.stderr, done)


def crl_number(h, path):
    done = subprocess.run(['openssl', 'crl', '-in', path, '-noout', '-crlnumber'], capture_output=True, text=True)
    return done.stdout.strip()


def ca_crl(h, *more):
    return h.run('ca', 'crl', '--ca', 'root-p256', '--out', h.path('root.crl'), *more, check=False)


def shares():
    folder = tempfile.TemporaryDirectory(prefix='hufu-shares-')
    with folder, Hufu(suite='intl', extra=('--root-shares', '3of5', '--shares-dir', folder.name)) as h:
        files = sorted(os.path.join(folder.name, n) for n in os.listdir(folder.name))
        check('five files of mode 600', len(files) == 5 and all(os.stat(f).st_mode & 0o777 == 0o600 for f in files), files)
        check('no passphrase beside them', 'root_passphrase' not in h.secrets, list(h.secrets))

        def given(*which):
            return [word for i in which for word in ('--share', files[i])]

        done = ca_crl(h)
        check('no share: refused', done.returncode == 1, done.stdout + done.stderr)
        done = ca_crl(h, *given(0, 4))
        check('two shares: refused', done.returncode == 1 and 'E_SHORT' in done.stderr, done.stderr)
        done = ca_crl(h, *given(0, 0, 4))
        check('one of them twice: refused', done.returncode == 1, done.stdout + done.stderr)
        broken = put(h.path('broken.share'), open(files[2], encoding='ascii').read()[:-9] + 'AAAAAAAA\n')
        done = ca_crl(h, *given(0, 4), '--share', broken)
        check('a damaged share: refused and numbered', done.returncode == 1 and 'share 3' in done.stderr, done.stderr)
        check('no list came of it', not os.path.exists(h.path('root.crl')))
        for which in ((0, 2, 4), (3, 1, 2), (0, 1, 2, 3, 4)):
            done = ca_crl(h, *given(*which))
            check(f'shares {which}: a list', done.returncode == 0 and 'crlNumber' in crl_number(h, h.path('root.crl')), done.stdout + done.stderr)
        done = subprocess.run(['openssl', 'crl', '-in', h.path('root.crl'), '-noout', '-CAfile', h.ca_file()], capture_output=True, text=True)
        check('which openssl verifies', 'verify OK' in done.stderr, done.stderr)


def passphrases():
    """One's own passphrase of the roots, one of the sealing key, and RSA for the authorities."""
    with tempfile.TemporaryDirectory(prefix='hufu-pass-') as folder:
        root, seal = put(os.path.join(folder, 'root'), 'Three Ruffs and a Reeve\n'), put(os.path.join(folder, 'seal'), 'Knot Dunlin Sanderling\n')
        wrong = put(os.path.join(folder, 'wrong'), 'Knot Dunlin Sanderlinx\n')
        with Hufu(suite='intl', serve=False, extra=('--root-passfile', root, '--seal-passfile', seal, '--alg', 'rsa3072')) as h:
            check('no generated passphrase', 'root_passphrase' not in h.secrets, list(h.secrets))
            text = open(os.path.join(h.data, 'secrets', 'seal.key'), encoding='ascii').read()
            check('the sealing key is in no file', 'argon2id' in text and not re.search('^key ', text, re.M), text)
            serve = [HUFU, 'serve', '--data', h.data, '--https', h.https, '--http', h.http]
            for more, wanted in (([], '--seal-passfile'), (['--seal-passfile', wrong], 'passphrase is wrong'), (['--seal-passfile', os.path.join(folder, 'absent')], 'absent')):
                done = subprocess.run(serve + more, capture_output=True, text=True, timeout=60)
                check(f'serve {more[:1]} is refused', done.returncode not in (0, None) and 'ready' not in done.stdout, done)
                check('and says why', wanted in done.stderr, done.stderr)
            h.start(extra=('--seal-passfile', seal))
            sign(h, root, wrong)
            h.stop()
            h.start(extra=('--seal-passfile', seal))
            check('a second start opens the same keys', h.op('ca list')['total'] >= 2)


def sign(h, root, wrong):
    done = h.run('ca', 'crl', '--ca', 'root-rsa3072', '--passphrase', wrong, '--out', h.path('root.crl'), check=False)
    check('a wrong passphrase of the root is refused', done.returncode == 1 and 'E_VERIFY' in done.stderr, done.stderr)
    done = h.run('ca', 'crl', '--ca', 'root-rsa3072', '--passphrase', root, '--out', h.path('root.crl'), check=False)
    check('the right one gives a list', done.returncode == 0, done.stdout + done.stderr)
    h.csr('web')
    h.run('cert', 'issue', '--profile', 'tls-server', '--csr', h.path('web.csr'), '--san', 'dns:web.example.com', '--out', h.path('web.pem'), '--chain')
    leaf = put(h.path('leaf.pem'), re.search('-----BEGIN.*?-----END CERTIFICATE-----\n', open(h.path('web.pem'), encoding='ascii').read(), re.S).group(0))
    done = subprocess.run(['openssl', 'verify', '-CAfile', h.ca_file(), '-untrusted', h.path('web.pem'), leaf], capture_output=True, text=True)
    check('openssl verifies what RSA authorities issue', done.returncode == 0, done.stdout + done.stderr)
    done = subprocess.run(['openssl', 'x509', '-in', leaf, '-noout', '-text'], capture_output=True, text=True)
    check('signed by RSA', 'sha256WithRSAEncryption' in done.stdout, done.stdout)
    root_cert = h.run('ca', 'export', '--ca', 'root-rsa3072').stdout
    done = subprocess.run(['openssl', 'x509', '-noout', '-text'], input=root_cert, capture_output=True, text=True)
    check('the root has 3072 bits', '(3072 bit)' in done.stdout, done.stdout + done.stderr)


def main():
    with tempfile.TemporaryDirectory(prefix='hufu-init-') as folder:
        refusals(folder)
    shares()
    passphrases()
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
