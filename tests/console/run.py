"""Starts a real Hufu with something in it and lets story.mjs drive a browser through its console.

run.py FOLDER: the folder where playwright-core and axe-core are installed. The last line is the story's.
"""
import json
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, 'tests', 'lib'))
import hufu  # noqa: E402

CERTIFICATES = 105  # more than two pages


def public_key_hash(h):
    """base64 of SHA-256 over the server's public key, taken from a connection that is verified: what Chromium pins."""
    made = subprocess.run(
        f"openssl s_client -connect {h.https} -servername localhost -verify_return_error -CAfile {h.ca_file()} </dev/null "
        "2>/dev/null | openssl x509 -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64",
        shell=True, check=True, capture_output=True, text=True)
    return made.stdout.strip()


def fill(h):
    """Certificates of every state, persons, an application; gives two serials."""
    requests = [h.csr('www'), h.csr('pay', alg='sm2')]
    serials = [h.op('cert issue', profile='tls-server', csr=requests[i % 4 == 0], san=f'dns:host{i}.example.com',
                    days=10 + i * 3)['serial'] for i in range(CERTIFICATES)]
    for serial in serials[5:40:7]:
        h.op('cert revoke', serial=serial, reason='superseded')
    h.op('cert suspend', serial=serials[2])
    h.op('person add', login='li', name='Zhang Li', unit='Head Office', role=['operator'])
    h.op('cert issue', profile='person-sign', csr=requests[0], person='li')
    h.op('app add', name='core', title='Core banking', url='https://core.example.com/sso', allow=['10.0.0.0/8'],
         min_strength='password')
    return [serials[0], serials[5]]


def main():
    folder = os.path.abspath(sys.argv[1])
    with hufu.Hufu(suite='both') as h:
        serials = fill(h)
        h.csr('console')
        story = {'https': h.https, 'spki': public_key_hash(h), 'admin': h.secrets, 'csr': h.path('console.csr'),
                 'serials': serials, 'source': os.path.join(TOP, 'console', 'src')}
        with open(h.path('story.json'), 'w', encoding='utf-8', opener=lambda p, f: os.open(p, f, 0o600)) as f:
            json.dump(story, f)
        env = dict(os.environ, HUFU_STORY=h.path('story.json'), HUFU_SHOTS=folder,
                   CHROMIUM=os.environ.get('CHROMIUM', '/usr/bin/chromium'))
        status = subprocess.run(['node', os.path.join(folder, 'story.mjs')], env=env, check=False).returncode
    sys.exit(status)


main()
