"""Certificates and CRLs for the path cases, right and wrong ones: every byte is put together here.

Only keys and signatures come from python3-cryptography, because that library
refuses to write most of what a strict validator has to refuse to read.
"""
import datetime
import hashlib
import ipaddress

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# -- DER --------------------------------------------------------------------------


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 128:
        return bytes([tag, n]) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def seq(*parts):
    return tlv(0x30, *parts)


def ctx(n, *parts, constructed=True):
    return tlv((0xA0 if constructed else 0x80) | n, *parts)


def integer(value):
    if isinstance(value, bytes):
        return tlv(2, value)
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = bytearray()
    for arc in [40 * arcs[0] + arcs[1]] + arcs[2:]:
        piece = [arc & 0x7F]
        while arc := arc >> 7:
            piece.append(0x80 | arc & 0x7F)
        out += bytes(reversed(piece))
    return tlv(6, bytes(out))


def octets(value):
    return tlv(4, value)


def bits(value, unused=0):
    return tlv(3, bytes([unused]) + value)


def flags(*numbers):
    """A BIT STRING with named bits."""
    if not numbers:
        return bits(b"")
    value = bytearray(max(numbers) // 8 + 1)
    for n in numbers:
        value[n // 8] |= 0x80 >> n % 8
    return bits(bytes(value), 7 - max(numbers) % 8)


TRUE = b"\x01\x01\xff"
NULL = b"\x05\x00"

# -- Names --------------------------------------------------------------------------

ATTRIBUTES = {"CN": "2.5.4.3", "O": "2.5.4.10", "OU": "2.5.4.11", "C": "2.5.4.6", "serialNumber": "2.5.4.5",
              "email": "1.2.840.113549.1.9.1"}


def name(*pairs, tag=0x0C):
    """name("CN=a", "O=b"): one attribute an RDN."""
    out = []
    for pair in pairs:
        kind, value = pair.split("=", 1)
        string = 0x16 if kind == "email" else 0x13 if kind in ("C", "serialNumber") else tag
        out.append(tlv(0x31, seq(oid(ATTRIBUTES[kind]), tlv(string, value.encode()))))
    return seq(*out)


def dns(value):
    return ctx(2, value if isinstance(value, bytes) else value.encode(), constructed=False)


def email(value):
    return ctx(1, value.encode(), constructed=False)


def uri(value):
    return ctx(6, value.encode(), constructed=False)


def ip(value):
    return ctx(7, ipaddress.ip_address(value).packed, constructed=False)


def net(value):
    n = ipaddress.ip_network(value)
    return ctx(7, n.network_address.packed + n.netmask.packed, constructed=False)


def raw_ip(value):
    return ctx(7, value, constructed=False)


def directory(n):
    return ctx(4, n)


def other(value=NULL, kind="1.3.6.1.4.1.55555.1"):
    return ctx(0, oid(kind), ctx(0, value))


# -- Times ----------------------------------------------------------------------------


def moment(text):
    """"2024-06-01" or "2024-06-01T00:00:00" as UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5)."""
    if isinstance(text, bytes):
        return text
    t = datetime.datetime.fromisoformat(text)
    if 1950 <= t.year < 2050:
        return tlv(0x17, t.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(0x18, f"{t.year:04d}".encode() + t.strftime("%m%d%H%M%SZ").encode())


# -- Keys -------------------------------------------------------------------------------

kept = {}


def new_key(kind):
    """A fresh key of curve P-256, or the one key there is of another kind: those are slow to make."""
    if kind == "p256":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind not in kept:
        if kind.startswith("rsa"):
            kept[kind] = rsa.generate_private_key(65537, int(kind[3:].split("/")[0]))
        elif kind == "dsa":
            kept[kind] = dsa.generate_private_key(2048)
        else:
            curve = {"p384": ec.SECP384R1, "p521": ec.SECP521R1, "p192": ec.SECP192R1, "p224": ec.SECP224R1,
                     "k256": ec.SECP256K1, "explicit": ec.SECP256R1}[kind.split("/")[0]]
            kept[kind] = ec.generate_private_key(curve())
    return kept[kind]


def explicit_spki(key):
    """The key with the curve written out in place of its name (RFC 3279 2.3.5: specifiedCurve)."""
    p = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    g = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
         0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    wide = [x.to_bytes(32, "big") for x in (p - 3, b, *g)]
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    domain = seq(integer(1), seq(oid("1.2.840.10045.1.1"), integer(p)), seq(octets(wide[0]), octets(wide[1])),
                 octets(b"\x04" + wide[2] + wide[3]), integer(order), integer(1))
    return seq(seq(oid("1.2.840.10045.2.1"), domain), bits(point))


def spki_of(key, kind=""):
    if kind.startswith("explicit"):
        return explicit_spki(key)
    if kind.startswith("broken"):
        return seq(seq(oid("1.2.840.113549.1.1.1"), NULL), bits(b""))
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_id(spki):
    return hashlib.sha1(spki).digest()


RSA_ALGS = {"sha256": "1.2.840.113549.1.1.11", "sha384": "1.2.840.113549.1.1.12", "sha512": "1.2.840.113549.1.1.13",
            "sha1": "1.2.840.113549.1.1.5", "md5": "1.2.840.113549.1.1.4"}
EC_ALGS = {"sha256": "1.2.840.10045.4.3.2", "sha384": "1.2.840.10045.4.3.3", "sha512": "1.2.840.10045.4.3.4",
           "sha1": "1.2.840.10045.4.1"}
HASHES = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512, "sha1": hashes.SHA1,
          "md5": hashes.MD5}


def algorithm(key, digest):
    if isinstance(key, rsa.RSAPrivateKey):
        return seq(oid(RSA_ALGS[digest]), NULL)
    if isinstance(key, dsa.DSAPrivateKey):
        return seq(oid("2.16.840.1.101.3.4.3.2"))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return seq(oid("1.3.101.112"))
    return seq(oid(EC_ALGS[digest]))


def sign(key, digest, data):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    h = HASHES[digest]()
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), h)
    if isinstance(key, dsa.DSAPrivateKey):
        return key.sign(data, h)
    return key.sign(data, ec.ECDSA(h))


# -- Extensions: (object identifier, critical, value) ----------------------------------------

USAGES = {"sign": 0, "nonrep": 1, "keyenc": 2, "dataenc": 3, "agree": 4, "cert": 5, "crl": 6}
PURPOSES = {"server": "1.3.6.1.5.5.7.3.1", "client": "1.3.6.1.5.5.7.3.2", "code": "1.3.6.1.5.5.7.3.3",
            "email": "1.3.6.1.5.5.7.3.4", "time": "1.3.6.1.5.5.7.3.8", "ocsp": "1.3.6.1.5.5.7.3.9",
            "any": "2.5.29.37.0", "precert": "1.3.6.1.4.1.11129.2.4.4"}


def basic(ca=True, length=None, critical=True):
    return ("2.5.29.19", critical, seq(TRUE if ca else b"", integer(length) if length is not None else b""))


def usage(text, critical=True):
    return ("2.5.29.15", critical, flags(*(USAGES[u] for u in text.split())))


def purposes(text, critical=False):
    return ("2.5.29.37", critical, seq(*(oid(PURPOSES[p]) for p in text.split())))


def san(*names, critical=False):
    return ("2.5.29.17", critical, seq(*names))


def ski(value, critical=False):
    return ("2.5.29.14", critical, octets(value))


def aki(value=None, issuer=None, serial=None, critical=False):
    return ("2.5.29.35", critical,
            seq(ctx(0, value, constructed=False) if value is not None else b"",
                ctx(1, directory(issuer)) if issuer else b"",
                ctx(2, serial.to_bytes(8, "big"), constructed=False) if serial else b""))


def constraints(permitted=None, excluded=None, critical=True):
    """Lists of general names; None leaves the field out, [] writes an empty list."""
    def trees(n, names):
        return b"" if names is None else ctx(n, *(seq(g) for g in names))
    return ("2.5.29.30", critical, seq(trees(0, permitted), trees(1, excluded)))


def policy_limits(explicit=None, mapping=None, critical=True):
    def number(n, value):
        return b"" if value is None else ctx(n, bytes([value]), constructed=False)
    return ("2.5.29.36", critical, seq(number(0, explicit), number(1, mapping)))


def points(*names, issuer=None, reasons=None):
    """cRLDistributionPoints with one point: fullName of these names."""
    place = ctx(0, ctx(0, *names)) if names else b""
    return ("2.5.29.31", False,
            seq(seq(place, ctx(1, flags(*reasons)[2:], constructed=False) if reasons else b"",
                    ctx(2, directory(issuer)) if issuer else b"")))


def access(value=None, critical=False):
    if value is None:
        value = seq(seq(oid("1.3.6.1.5.5.7.48.2"), uri("http://ca.example.com/ca.crt")))
    return ("1.3.6.1.5.5.7.1.1", critical, value)


def unknown(critical):
    return ("1.3.6.1.4.1.55555.2", critical, NULL)


def idp(names=(), relative=None, user=False, ca=False, attribute=False, indirect=False, reasons=None, critical=True):
    place = ctx(0, ctx(0, *names)) if names else ctx(0, ctx(1, relative)) if relative else b""

    def flag(n, on):
        return ctx(n, b"\xff", constructed=False) if on else b""
    return ("2.5.29.28", critical,
            seq(place, flag(1, user), flag(2, ca),
                ctx(3, flags(*reasons)[2:], constructed=False) if reasons else b"", flag(4, indirect), flag(5, attribute)))


def extensions(exts):
    return seq(*(seq(oid(o), TRUE if critical else b"", octets(value)) for o, critical, value in exts))


# -- Certificates -------------------------------------------------------------------------------

counter = [0x1000000000000000]


def next_serial():
    counter[0] += 1
    return counter[0]


class Cert:
    """A certificate with its key; what is needed to issue below it."""

    def __init__(self, parent=None, subject=None, exts=(), key="p256", issuer=None, serial=None, begins="2020-01-01",
                 ends="2040-01-01", version=3, digest="sha256", inner=None, outer=None, own_key=None, flip=False,
                 signer=None):
        self.kind = key
        self.key = own_key or (new_key("rsa2048") if key == "broken" else new_key(key))
        self.subject = name("CN=Somebody") if subject is None else subject
        self.spki = spki_of(self.key, key)
        self.id = key_id(self.spki)
        self.serial = next_serial() if serial is None else serial
        signer = signer or parent or self
        issuer = issuer if issuer is not None else (parent or self).subject
        alg = algorithm(signer.key, digest)
        fields = [b"" if version == 1 else ctx(0, integer(version - 1)), integer(self.serial), inner or alg, issuer,
                  seq(moment(begins), moment(ends)), self.subject, self.spki]
        if exts:
            fields.append(ctx(3, extensions(exts)))
        tbs = seq(*fields)
        signature = sign(signer.key, digest, tbs)
        if flip:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        self.der = seq(tbs, outer or alg, bits(signature))


def crl(signer, revoked=(), number=1, issuer=None, begins="2024-05-01", ends="2024-07-01", exts=(), version=2, key=None,
        number_critical=False, with_aki=True, digest="sha256"):
    """revoked: serial numbers, or (serial, date, entry extensions)."""
    rows = []
    for entry in revoked:
        serial, when, more = entry if isinstance(entry, tuple) else (entry, "2024-05-15", ())
        rows.append(seq(integer(serial), moment(when), extensions(more) if more else b""))
    all_exts = list(exts)
    if with_aki:
        all_exts.append(aki(signer.id))
    if number is not None:
        all_exts.append(("2.5.29.20", number_critical, integer(number)))
    key = key or signer.key
    alg = algorithm(key, digest)
    tbs = seq(integer(version - 1) if version else b"", alg, issuer or signer.subject, moment(begins),
              moment(ends) if ends else b"", seq(*rows) if rows else b"",
              ctx(0, extensions(all_exts)) if all_exts else b"")
    return seq(tbs, alg, bits(sign(key, digest, tbs)))
