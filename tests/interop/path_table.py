"""The path cases: what is special, the verdict, and the part of the reason that must be given.

A row is case(name, verdict, reason, ...). verdict None is "valid", otherwise
a part of the reason, so that a case cannot pass because of another fault.
Where the answer depends on the level, the row says which.
"""
from path_make import *  # noqa: F401,F403

HOST = "example.com"
ROWS = []


def case(title, fault=None, leaf=None, trust=(), untrusted=(), crls=(), dns_name=HOST, address=None, time="2024-06-01T00:00:00Z",
         purpose="tls-server", options=(), seconds=4):
    ROWS.append({"title": title, "fault": fault, "leaf": leaf, "trust": list(trust), "untrusted": list(untrusted),
                 "crls": list(crls), "dns": None if address else dns_name, "ip": address, "time": time,
                 "purpose": purpose, "options": list(options), "seconds": seconds})


# -- Conforming certificates, of which each row changes one thing ----------------------------


def part(exts, name_, default):
    """One extension of a set: what the row says, else the default; None leaves it out."""
    return exts.pop(name_) if name_ in exts else default


def root(cn="Path Root", more=(), **kw):
    key = new_key(kw.get("key", "p256"))
    exts = {k: kw.pop(k) for k in ("bc", "ku", "ski", "aki", "san", "nc", "eku") if k in kw}
    own = key_id(spki_of(key, kw.get("key", "")))
    kw.setdefault("subject", name("CN=" + cn))
    listed = [part(exts, "bc", basic()), part(exts, "ku", usage("cert crl")), part(exts, "ski", ski(own)),
              part(exts, "aki", None), part(exts, "san", None), part(exts, "nc", None), part(exts, "eku", None)]
    return Cert(own_key=key, exts=[e for e in listed if e] + list(more), **kw)


def issued(parent, exts, defaults, more, kw):
    key = new_key("rsa2048") if kw.get("key") == "broken" else kw.pop("own_key", None) or new_key(kw.get("key", "p256"))
    own = key_id(spki_of(key, kw.get("key", "")))
    values = dict(defaults)
    values["ski"] = ski(own)
    values["aki"] = aki((kw.get("signer") or parent).id)
    values.update(exts)
    return Cert(parent, own_key=key, exts=[e for e in values.values() if e] + list(more), **kw)


def ica(parent, cn="Path Sub", length=None, more=(), **kw):
    exts = {k: kw.pop(k) for k in ("bc", "ku", "ski", "aki", "san", "nc", "eku") if k in kw}
    kw.setdefault("subject", name("CN=" + cn))
    return issued(parent, exts, {"bc": basic(length=length), "ku": usage("cert crl")}, more, kw)


def end(parent, cn=HOST, more=(), **kw):
    exts = {k: kw.pop(k) for k in ("bc", "ku", "ski", "aki", "san", "nc", "eku") if k in kw}
    kw.setdefault("subject", name("CN=" + cn) if cn else name())
    defaults = {"ku": usage("sign"), "eku": purposes("server"), "san": san(dns(HOST))}
    return issued(parent, exts, defaults, more, kw)


def leaf_case(title, fault=None, r=None, host=HOST, address=None, options=(), purpose="tls-server", time="2024-06-01T00:00:00Z", **kw):
    """Root and leaf; kw describes the leaf."""
    r = r or R
    case(title, fault, end(r, **kw), [r], dns_name=host, address=address, options=options, purpose=purpose, time=time)


def root_case(title, fault=None, leaf=None, host=HOST, address=None, options=(), purpose="tls-server", **kw):
    """Root and leaf; kw describes the root."""
    r = root(**kw)
    case(title, fault, end(r, **(leaf or {})), [r], dns_name=host, address=address, options=options, purpose=purpose)


def ica_case(title, fault=None, leaf=None, host=HOST, address=None, options=(), purpose="tls-server", **kw):
    """Root, intermediate and leaf; kw describes the intermediate."""
    i = ica(R, **kw)
    case(title, fault, end(i, **(leaf or {})), [R], [i], dns_name=host, address=address, options=options, purpose=purpose)


R = root()
I = ica(R)
WEB = ("--strictness", "webpki")
PATH = ("--strictness", "path")
BARE = ()

# -- profile: how certificates are made (RFC 5280 section 4, CA/B BR 7.1.2) --------------------

leaf_case("profile: root and leaf")
ica_case("profile: root, intermediate and leaf")
leaf_case("profile: leaf issuer empty", "no path to a trust anchor", issuer=name())
root_case("profile: root subject empty", "empty", subject=name())
ica_case("profile: intermediate subject empty", "empty subject (RFC 5280 4.1.2.6)", subject=name())
leaf_case("profile: unknown extension, leaf", more=[unknown(False)])
leaf_case("profile: unknown critical extension, leaf", "unknown critical extension", more=[unknown(True)])
root_case("profile: unknown critical extension, root", "unknown critical extension", more=[unknown(True)])
ica_case("profile: unknown critical extension, intermediate", "unknown critical extension", more=[unknown(True)])
case("profile: unknown critical extension in a root that is not needed", None, end(R), [root("Other", more=[unknown(True)]), R])
case("profile: unknown critical extension in an intermediate that is not needed", None, end(I), [R],
     [ica(R, "Other", more=[unknown(True)]), I])
case("profile: unknown critical extension in one of two intermediates of one key", None,
     (lambda k: end(ica(R, own_key=k)))(new_key("p384")), [R],
     [ica(R, own_key=new_key("p384"), more=[unknown(True)]), ica(R, own_key=new_key("p384"))])
ica_case("profile: intermediate says it is no CA", "is not a CA", bc=basic(False))
ica_case("profile: intermediate without basicConstraints", "no basicConstraints", bc=None)
ica_case("profile: intermediate's basicConstraints not critical", "4.2.1.9", bc=basic(critical=False))
root_case("profile: root without basicConstraints", "4.2.1.9", bc=None)
root_case("profile: root's basicConstraints not critical", "4.2.1.9", bc=basic(critical=False))
root_case("profile: root without keyCertSign", "4.2.1.3", ku=usage("crl"))
root_case("profile: root's keyUsage has no bit", "keyUsage", ku=usage(""))
root_case("profile: root without keyUsage", None, ku=None)
ica_case("profile: intermediate without keyCertSign", "keyCertSign", ku=usage("crl"), length=0)
ica_case("profile: intermediate without keyUsage", None, ku=None)
leaf_case("profile: leaf may sign certificates but is no CA", "keyCertSign", ku=usage("sign cert"), bc=basic(False))
leaf_case("profile: leaf is a CA whose keyUsage does not sign certificates", "keyCertSign", bc=basic(), ku=usage("sign"))
leaf_case("profile: leaf has pathLenConstraint and is no CA", "pathLenConstraint", bc=basic(False, 0))
leaf_case("profile: leaf with basicConstraints", None, bc=basic(False))
leaf_case("profile: leaf without keyUsage", None, ku=None)
case("profile: CA in the leaf's place", None, ica(R, san=san(dns(HOST))), [R])
case("profile: CA in the leaf's place, other host", "RFC 9525", ica(R, san=san(dns("ca.example.com"))), [R])
case("profile: CA in the leaf's place, web", "7.1.2.7.8", ica(R, san=san(dns(HOST)), eku=purposes("server")), [R], options=WEB)
leaf_case("profile: authorityInfoAccess", None, more=[access()])
leaf_case("profile: critical authorityInfoAccess", "4.2.2", more=[access(critical=True)])
leaf_case("profile: authorityInfoAccess that is not DER", "authorityInfoAccess", more=[access(b"malformed")])
leaf_case("profile: empty authorityInfoAccess", "authorityInfoAccess", more=[access(seq())])
leaf_case("profile: an extension twice", "twice", more=[san(dns(HOST))])
leaf_case("profile: an unknown extension twice", "twice", more=[unknown(False), unknown(False)])

leaf_case("profile: version 1", "RFC 5280 4.1.2.1", version=1, ku=None, eku=None, san=None, ski=None, aki=None, host=None)
leaf_case("profile: version 1 with extensions", "version", version=1)
leaf_case("profile: version 2", "version", version=2)
leaf_case("profile: version 4", "version", version=4)
leaf_case("profile: outer signature algorithm differs, leaf", "signature", outer=algorithm(new_key("rsa2048"), "sha256"))
root_case("profile: outer signature algorithm differs, root", "", outer=algorithm(new_key("rsa2048"), "sha256"))
ica_case("profile: outer signature algorithm differs, intermediate", "", outer=seq(oid("1.2.840.10045.4.3.3")))
leaf_case("profile: parameters of the signature algorithm that do not belong there", "signature",
          outer=seq(oid("1.2.840.10045.4.3.2"), NULL), inner=seq(oid("1.2.840.10045.4.3.2"), NULL))
leaf_case("profile: wrong signature", "signature", flip=True)
ica_case("profile: wrong signature of the intermediate", "signature", flip=True)
root_case("profile: wrong signature of the root itself", None, flip=True)
case("profile: leaf signed by its own key", "no path", Cert(subject=name("CN=" + HOST), exts=[usage("sign"), san(dns(HOST)), purposes("server")]), [R])

# -- identifiers of keys -------------------------------------------------------------------------

root_case("identifier: critical authorityKeyIdentifier, root", "4.2.1.1", aki=aki(b"\x01" * 20, critical=True))
leaf_case("identifier: critical authorityKeyIdentifier, leaf", "4.2.1.1", aki=aki(R.id, critical=True))
leaf_case("identifier: leaf without authorityKeyIdentifier", "4.2.1.1", aki=None)
leaf_case("identifier: leaf's authorityKeyIdentifier without key", "4.2.1.1", aki=aki(issuer=R.subject, serial=R.serial))
ica_case("identifier: intermediate without authorityKeyIdentifier", "4.2.1.1", aki=None, length=0)
root_case("identifier: self-signed root without authorityKeyIdentifier", None)
case("identifier: cross-signed root as anchor without authorityKeyIdentifier", "4.2.1.1",
     (lambda c: (end(c), case.__setattr__("kept", c)))(ica(R, aki=None, length=0))[0], [case.kept])
case("identifier: cross-signed root as anchor", None, end(I), [I])
root_case("identifier: critical subjectKeyIdentifier, root", "4.2.1.2", ski=ski(b"\x01" * 20, critical=True))
root_case("identifier: root without subjectKeyIdentifier", "4.2.1.2", ski=None)
ica_case("identifier: intermediate without subjectKeyIdentifier", "4.2.1.2", ski=None)
leaf_case("identifier: leaf without subjectKeyIdentifier", None, ski=None)
leaf_case("identifier: authorityKeyIdentifier of another key", None, aki=aki(b"\x02" * 20), options=PATH)
K = new_key("p256")
KID = key_id(spki_of(K))


def keyed_root(more_aki, **kw):
    r = Cert(own_key=K, subject=name("CN=Path Root"), exts=[basic(), usage("cert crl"), ski(KID), more_aki], **kw)
    return r


for title, value, fault in (
        ("with its own key", aki(KID), None),
        ("without a key", aki(), "7.1.2.1.3"),
        ("with an issuer", aki(KID, issuer=name("CN=Path Root")), "4.2.1.1"),
        ("with a serial number", aki(KID, serial=0x1234567812345678), "4.2.1.1"),
        ("with all fields", aki(KID, issuer=name("CN=Path Root"), serial=0x1234567812345678), "7.1.2.1.3"),
        ("of another key", aki(b"\x03" * 20), "7.1.2.1.3")):
    r = keyed_root(value)
    case("identifier: root's authorityKeyIdentifier " + title, fault, end(r), [r])

# -- serial numbers ---------------------------------------------------------------------------------

leaf_case("serial: zero", "4.1.2.2", serial=0)
leaf_case("serial: negative", "4.1.2.2", serial=-5)
leaf_case("serial: 20 octets", None, serial=b"\x7f" + b"\x01" * 19)
leaf_case("serial: 21 octets with a leading zero", "4.1.2.2", serial=b"\x00\x80" + b"\x01" * 19)
leaf_case("serial: 22 octets", "4.1.2.2", serial=b"\x01" * 22)
leaf_case("serial: empty INTEGER", "serialNumber", serial=b"")
leaf_case("serial: not minimal", "serialNumber", serial=b"\x00\x01")
ica_case("serial: negative, intermediate", "4.1.2.2", serial=-1)
N = Cert(subject=name("CN=" + HOST), serial=-77, exts=[usage("sign"), san(dns(HOST)), purposes("server")])
case("serial: negative, self-signed leaf that is trusted itself", "4.1.2.2", N, [N])

# -- validity -------------------------------------------------------------------------------------------

leaf_case("validity: expired leaf", "expired", begins="2018-01-01", ends="2021-01-01", time="2022-01-01T00:00:00Z")
leaf_case("validity: leaf not yet valid", "not valid before", begins="2030-01-01")
T = {"begins": "2024-03-01", "ends": "2024-04-01"}
V = root(**T)
for title, when, fault in (("first second", "2024-03-01T00:00:00Z", None), ("last second", "2024-04-01T00:00:00Z", None),
                           ("just before", "2024-02-29T23:59:59.999Z", "not valid before"),
                           ("a fraction after the last second", "2024-04-01T00:00:00.005Z", None),
                           ("a second after", "2024-04-01T00:00:01Z", "expired"),
                           ("an offset", "2024-04-01T08:00:00+08:00", None),
                           ("an offset, too late", "2024-04-01T00:00:01+00:00", "expired")):
    leaf_case("validity: " + title, fault, r=V, time=when, **T)
old = root(begins="2016-01-01", ends="2020-01-02")
case("validity: expired root", "expired", end(old), [old])
new = root(begins="2030-01-01")
case("validity: root not yet valid", "not valid before", end(new), [new])
ica_case("validity: expired intermediate", "expired", begins="2016-01-01", ends="2020-01-02")
for title, begins, ends, fault in (
        ("GeneralizedTime before 2050", tlv(0x18, b"20200101000000Z"), "2040-01-01", "4.1.2.5"),
        ("GeneralizedTime before 2050 at the end", "2020-01-01", tlv(0x18, b"20490101000000Z"), "4.1.2.5"),
        ("GeneralizedTime in 2050", "2020-01-01", "2050-01-01", None),
        ("no end (99991231235959Z)", "2020-01-01", tlv(0x18, b"99991231235959Z"), None),
        ("UTCTime without seconds", tlv(0x17, b"2001010000Z"), "2040-01-01", "4.1.2.5"),
        ("UTCTime with an offset", tlv(0x17, b"200101000000+0100"), "2040-01-01", "4.1.2.5"),
        ("UTCTime without Z", tlv(0x17, b"200101000000"), "2040-01-01", "4.1.2.5"),
        ("GeneralizedTime with a fraction", "2020-01-01", tlv(0x18, b"20500101000000.5Z"), "4.1.2.5"),
        ("GeneralizedTime with an offset", "2020-01-01", tlv(0x18, b"20500101000000+0000"), "4.1.2.5"),
        ("month 13", tlv(0x17, b"201301000000Z"), "2040-01-01", "4.1.2.5"),
        ("30 February", tlv(0x17, b"200230000000Z"), "2040-01-01", "4.1.2.5"),
        ("year 1950", tlv(0x17, b"500101000000Z"), "2040-01-01", None),
        ("year 1970, end of 2969", "1970-01-01T00:00:01", "2969-05-03", None),
        ("ends before it begins", "2040-01-01", "2020-01-01", "not valid before")):
    leaf_case("validity: " + title, fault, begins=begins, ends=ends)

# -- keys and algorithms ------------------------------------------------------------------------------------

for kind, fault in (("p384", None), ("p521", None), ("ed25519", None), ("rsa2048", None), ("rsa3072", None), ("p192", "key"), ("p224", "key"),
                    ("k256", "key"), ("dsa", "key"), ("rsa1024", "key"), ("rsa2052", "multiple of 8"), ("explicit", "key")):
    leaf_case("key: leaf " + kind, fault, key=kind)
    root_case("key: root " + kind, fault, key=kind)
leaf_case("key: broken", "subjectPublicKeyInfo", key="broken")
case("key: intermediate's key cannot be read", "subjectPublicKeyInfo", (lambda b: (end(b), case.__setattr__("kept", b)))(ica(R, key="broken"))[0],
     [R], [case.kept])
leaf_case("key: Ed25519 with parameters", "signature", r=root(key="ed25519"), outer=seq(oid("1.3.101.112"), NULL), inner=seq(oid("1.3.101.112"), NULL))
leaf_case("key: Ed25519, wrong signature", "signature", r=root(key="ed25519"), flip=True)
leaf_case("key: ECDSA with SHA-1", "SHA-1", digest="sha1")
RSA = root("Path RSA", key="rsa2048")
leaf_case("key: RSA with SHA-1", "SHA-1", r=RSA, digest="sha1")
leaf_case("key: RSA with MD5", "MD5", r=RSA, digest="md5")
leaf_case("key: RSA with SHA-384", None, r=RSA, digest="sha384")
ica_case("key: intermediate signed with SHA-1", "SHA-1", digest="sha1")
root_case("key: root signed with SHA-1 by itself", None, digest="sha1")

# -- names of hosts -------------------------------------------------------------------------------------------

for title, names, host, fault in (
        ("exact", [dns("example.com")], "example.com", None),
        ("single label", [dns("localhost")], "localhost", None),
        ("upper case", [dns("EXAMPLE.com")], "example.COM", None),
        ("other domain", [dns("example.com")], "example2.com", "RFC 9525"),
        ("sibling", [dns("abc.example.com")], "def.example.com", "RFC 9525"),
        ("below", [dns("example.com")], "abc.example.com", "RFC 9525"),
        ("above", [dns("abc.example.com")], "example.com", "RFC 9525"),
        ("second name", [dns("a.example.com"), dns("b.example.com")], "b.example.com", None),
        ("wildcard", [dns("*.example.com")], "foo.example.com", None),
        ("wildcard and two labels", [dns("*.example.com")], "foo.bar.example.com", "RFC 9525"),
        ("wildcard and no label", [dns("*.example.com")], "example.com", "RFC 9525"),
        ("wildcard in part", [dns("ba*.example.com")], "baz.example.com", "dNSName"),
        ("wildcard at the end of a label", [dns("*z.example.com")], "baz.example.com", "dNSName"),
        ("wildcard in the middle", [dns("foo.*.example.com")], "foo.bar.example.com", "dNSName"),
        ("two wildcards", [dns("*.*.example.com")], "foo.bar.example.com", "dNSName"),
        ("wildcard in an A-label", [dns("xn--*-1b3c148a.example.com")], "xn--bliss-1b3c148a.example.com", "dNSName"),
        ("wildcard alone", [dns("*")], "example.com", "dNSName"),
        ("wildcard alone, top level", [dns("*")], "com", "dNSName"),
        ("wildcard under a top level", [dns("*.com")], "example.com", "public suffix"),
        ("wildcard under a public suffix of two labels", [dns("*.co.uk")], "example.co.uk", "public suffix"),
        ("wildcard under a suffix of private registrations", [dns("*.github.io")], "example.github.io", "public suffix"),
        ("wildcard under a name that is no suffix", [dns("*.bank.co.uk")], "www.bank.co.uk", None),
        ("UTF-8", [dns("\N{SNOWMAN}.example.com")], "xn--n3h.example.com", ""),
        ("A-label", [dns("xn--n3h.example.com")], "xn--n3h.example.com", None),
        ("underscore", [dns("foo_bar.example.com"), dns("example.com")], "example.com", "dNSName"),
        ("leading dot", [dns(".example.com"), dns("example.com")], "example.com", "dNSName"),
        ("last dot", [dns("example.com."), dns("example.com")], "example.com", "dNSName"),
        ("blank", [dns("exa mple.com"), dns("example.com")], "example.com", "dNSName"),
        ("NUL inside", [dns("example.com\0.evil.test"), dns("example.com")], "example.com", "subjectAltName"),
        ("empty dNSName", [dns(""), dns("example.com")], "example.com", "subjectAltName"),
        ("label of 64 octets", [dns("a" * 64 + ".example.com"), dns("example.com")], "example.com", "dNSName"),
        ("two names in one", [dns("bad.test, DNS:example.com")], "example.com", "dNSName"),
        ("address in a dNSName", [dns("192.0.2.1"), dns("example.com")], "example.com", "dNSName"),
        ("no names for this host but a URI", [dns("www.example.com"), uri("http://example.com/")], "example.com", "RFC 9525"),
        ("empty subjectAltName", [], "example.com", "subjectAltName")):
    leaf_case("name: " + title, fault, host=host, cn="Somebody", san=san(*names))
leaf_case("name: address", None, address="192.0.2.1", cn="Somebody", san=san(ip("192.0.2.1")))
leaf_case("name: IPv6 address", None, address="2001:DB8::1", cn="Somebody", san=san(ip("2001:db8::1")))
leaf_case("name: another address", "iPAddress", address="192.0.2.2", cn="Somebody", san=san(ip("192.0.2.1")))
leaf_case("name: address only in a dNSName", "dNSName", address="192.0.2.1", cn="Somebody", san=san(dns("192.0.2.1")))
leaf_case("name: address in commonName", "iPAddress", address="192.0.2.1", cn="192.0.2.1", san=san(dns(HOST)))
leaf_case("name: address with a mask", "subjectAltName", address="192.0.2.1", cn="Somebody",
          san=san(ip("192.0.2.1"), raw_ip(b"\xc0\x00\x02\x00\xff\xff\xff\x00")))
leaf_case("name: commonName alone", "RFC 9525", san=None)
leaf_case("name: commonName beside other names", "RFC 9525", san=san(dns("www.example.com")))
leaf_case("name: subjectAltName that is not DER", "subjectAltName", san=("2.5.29.17", False, b"example.com"))
root_case("name: root's subjectAltName is not DER", "subjectAltName", san=("2.5.29.17", False, b"example.com"))
leaf_case("name: critical subjectAltName beside a subject", "CA/B BR", cn="Somebody", san=san(dns(HOST), critical=True))
leaf_case("name: critical subjectAltName without subject", None, cn=None, san=san(dns(HOST), critical=True))
leaf_case("name: empty subject, subjectAltName not critical", "4.2.1.6", cn=None)

# commonName: what it says must stand in subjectAltName, written the same way (CA/B BR 7.1.4.3)
for title, cn, names, address, host, fault in (
        ("hexadecimal address", "0xC0A80101", [ip("192.168.1.1")], "192.168.1.1", None, "7.1.4.3"),
        ("address with zeros in front", "192.168.001.001", [ip("192.168.1.1")], "192.168.1.1", None, "7.1.4.3"),
        ("the address", "192.168.1.1", [ip("192.168.1.1")], "192.168.1.1", None, None),
        ("IPv6 in upper case", "2001:DB8::8A2E:370:7334", [ip("2001:db8::8a2e:370:7334")], "2001:db8::8a2e:370:7334", None, "7.1.4.3"),
        ("IPv6 in full", "2001:0db8:0000:0000:0000:0000:0000:0001", [ip("2001:db8::1")], "2001:db8::1", None, "7.1.4.3"),
        ("IPv6 without the longest ::", "2001:db8:0:0:1:0:0:1", [ip("2001:db8::1:0:0:1")], "2001:db8::1:0:0:1", None, "7.1.4.3"),
        ("IPv6 as RFC 5952 has it", "2001:db8::1:0:0:1", [ip("2001:db8::1:0:0:1")], "2001:db8::1:0:0:1", None, None),
        ("U-labels", "b\u00fccher.example", [dns("xn--bcher-kva.example")], None, "xn--bcher-kva.example", "7.1.4.3"),
        ("U-labels of more scripts", "test-\u6e2c\u8a66.com", [dns("test-\u6e2c\u8a66.com".encode("idna").decode())], None,
         "test-\u6e2c\u8a66.com".encode("idna").decode(), "7.1.4.3"),
        ("other case", "Example.COM", [dns("example.com")], None, "example.com", "7.1.4.3"),
        ("wildcard as in subjectAltName", "*.example.com", [dns("*.example.com")], None, "a.example.com", None),
        ("a person's name", "Somebody", [dns("example.com")], None, "example.com", None)):
    leaf_case("commonName: " + title, fault, address=address, host=host or HOST, cn=cn, san=san(*names))
leaf_case("commonName: another host", None, cn="other.example.com")
leaf_case("commonName: another host, web", "7.1.4.3", cn="other.example.com", options=WEB)
leaf_case("commonName: another A-label, web", "7.1.4.3", cn="xn--n3h.com", options=WEB)

# -- name constraints ---------------------------------------------------------------------------------------------

dn_foo, dn_bar = directory(name("CN=foo")), directory(name("CN=bar"))
for title, permitted, excluded, names, host, fault in (
        ("permitted", ["example.com"], None, ["example.com"], "example.com", None),
        ("permitted, below", ["example.com"], None, ["foo.bar.example.com"], "foo.bar.example.com", None),
        ("not permitted", ["example.com"], None, ["not-example.com"], "not-example.com", "no permitted subtree"),
        ("not permitted, end of a label", ["example.com"], None, ["notexample.com"], "notexample.com", "no permitted subtree"),
        ("excluded", None, ["example.com"], ["example.com"], "example.com", "excluded"),
        ("excluded second name", None, ["not.example.com"], ["example.com", "not.example.com"], "example.com", "excluded"),
        ("excluded in another case", None, ["EXAMPLE.com"], ["www.example.COM"], "www.example.com", "excluded"),
        ("permitted and excluded", ["example.com"], ["example.com"], ["example.com"], "example.com", "excluded"),
        ("wildcard constraint", ["*.example.com"], None, ["foo.example.com"], "foo.example.com", "malformed"),
        ("constraint with a leading dot", [".example.com"], None, ["foo.example.com"], "foo.example.com", "malformed"),
        ("constraint of nothing permits all", [""], None, ["foo.example.com"], "foo.example.com", None),
        ("constraint of nothing excludes all", None, [""], ["foo.example.com"], "foo.example.com", "excluded"),
        ("malformed name", ["example.com"], None, [".example.com", "foo.example.com"], "foo.example.com", "dNSName \".example.com\""),
        ("wildcard inside what is permitted", ["example.com"], None, ["*.example.com"], "foo.example.com", None),
        ("wildcard beyond what is permitted", ["foo.example.com"], None, ["*.example.com"], "foo.example.com", "no permitted subtree"),
        ("wildcard that reaches what is excluded", ["example.com"], ["bar.example.com"], ["*.example.com"], "bar.example.com", "excluded"),
        ("wildcard that reaches deeper than what is excluded", None, ["a.bar.example.com"], ["*.example.com"], "foo.example.com", None)):
    wrap = lambda l: None if l is None else [dns(x) for x in l]  # noqa: E731
    for place, make in (("root", root_case), ("intermediate", ica_case)):
        make(f"constraint: dNSName {title}, {place}", fault, nc=constraints(wrap(permitted), wrap(excluded)), host=host,
             leaf={"cn": "Somebody", "san": san(*wrap(names))})
for title, permitted, excluded, value, fault in (
        ("address permitted", [net("192.0.2.0/24")], None, "192.0.2.1", None),
        ("address not permitted", [net("192.0.2.0/24")], None, "192.0.3.1", "no permitted subtree"),
        ("address excluded", None, [net("192.0.2.0/24")], "192.0.2.1", "excluded"),
        ("IPv6 permitted", [net("::1/128")], None, "::1", None),
        ("IPv6 excluded", None, [net("::1/128")], "::1", "excluded"),
        ("IPv6 under constraints for IPv4", [net("192.0.2.0/24")], None, "::1", "no permitted subtree"),
        ("IPv6 when all of IPv4 is excluded", None, [net("0.0.0.0/0")], "::1", None),
        ("no mask, IPv4", [raw_ip(b"\x7f\0\0\1")], None, "127.0.0.1", "nameConstraints"),
        ("no mask, IPv6", [raw_ip(ipaddress.ip_address("::1").packed)], None, "::1", "nameConstraints"),
        ("mask with holes", [raw_ip(b"\xc0\0\2\0\xff\0\xff\0")], None, "192.0.2.1", "nameConstraints")):
    root_case("constraint: " + title, fault, nc=constraints(permitted, excluded), address=value,
              leaf={"cn": "Somebody", "san": san(ip(value))})
leaf_case("constraint: address that is a range", "subjectAltName", address="192.0.2.1", cn="Somebody",
          r=root(nc=constraints([net("192.0.2.0/24")])), san=san(raw_ip(b"\xc0\0\2\0\xff\xff\xff\0"), ip("192.0.2.1")))
for title, permitted, excluded, subject, alt, fault in (
        ("permitted", [dn_foo], None, "foo", dn_foo, None),
        ("not permitted", [dn_foo], None, "not-foo", directory(name("CN=not-foo")), "no permitted subtree"),
        ("excluded", None, [dn_foo], "foo", dn_foo, "excluded"),
        ("subject not permitted, alternative name permitted", [dn_foo], None, "bar", dn_foo, "no permitted subtree"),
        ("subject excluded, alternative name not", None, [dn_foo], "foo", dn_bar, "excluded"),
        ("alternative name excluded, subject not", None, [dn_foo], "bar", dn_foo, "excluded"),
        ("excluded in other case and spacing", None, [directory(name("CN=Foo  Bar"))], "foo bar", dn_bar, "excluded")):
    root_case("constraint: directoryName " + title, fault, nc=constraints(permitted, excluded),
              leaf={"cn": subject, "san": san(dns(HOST), alt)})
for title, permitted, mails, fault in (
        ("mailbox", ["foo@example.com"], ["foo@example.com"], None),
        ("host", ["example.com"], ["foo@example.com"], None),
        ("host, not below", ["example.com"], ["foo@a.example.com"], "no permitted subtree"),
        ("domain", [".example.com"], ["foo@a.example.com"], None),
        ("domain, not its host", [".example.com"], ["foo@example.com"], "no permitted subtree"),
        ("another mailbox", ["foo@example.com"], ["bar@example.com"], "no permitted subtree"),
        ("mailbox in another case", ["foo@example.com"], ["FOO@example.com"], "no permitted subtree"),
        ("two @", ["example.com"], ["good@example.com", "in@valid@example.com"], "malformed"),
        ("asterisk is a letter", ["*@example.com"], ["*@example.com"], None),
        ("asterisk stands for nobody else", ["*@example.com"], ["user@example.com"], "no permitted subtree"),
        ("asterisk stands for no domain", ["*@example.com"], ["*@sub.example.com"], "no permitted subtree"),
        ("two asterisks", ["**@example.com"], ["**@example.com"], None),
        ("two asterisks are not one", ["**@example.com"], ["*@example.com"], "no permitted subtree"),
        ("asterisk inside", ["foo*bar@example.com"], ["foo*bar@example.com"], None),
        ("asterisk as host", ["*.example.com"], ["foo@a.example.com"], "malformed")):
    ica_case("constraint: rfc822Name " + title, fault, nc=constraints([email(m) for m in permitted]), purpose="tls-client", host=None,
             leaf={"cn": "Somebody", "eku": purposes("client"), "san": san(*(email(m) for m in mails))})
ica_case("constraint: emailAddress in the subject", "excluded", nc=constraints(None, [email("example.com")]), purpose="tls-client",
         host=None, leaf={"subject": name("CN=Somebody", "email=a@example.com"), "eku": purposes("client"), "san": None})
for title, nc, leaf, host, fault in (
        ("for another kind, permitted", constraints([net("192.0.2.0/24")]), {}, HOST, None),
        ("for another kind, excluded", constraints(None, [net("192.0.2.0/24")]), {}, HOST, None),
        ("otherName excluded, one is there", constraints([dns(HOST)], [other()]), {"san": san(dns(HOST), other())}, HOST, "unknown form"),
        ("otherName excluded, none is there", constraints([dns(HOST)], [other()]), {}, HOST, None),
        ("registeredID excluded, one is there", constraints(None, [ctx(8, b"\x2a\x03", constructed=False)]),
         {"san": san(dns(HOST), ctx(8, b"\x2a\x04", constructed=False))}, HOST, "unknown form"),
        ("neither permitted nor excluded", constraints(), {}, HOST, "nameConstraints"),
        ("both empty", constraints([], []), {}, HOST, "nameConstraints"),
        ("permitted empty", constraints([], [dns("example.org")]), {}, HOST, "nameConstraints"),
        ("excluded empty", constraints([dns(HOST)], []), {}, HOST, "nameConstraints"),
        ("minimum that is not zero", ("2.5.29.30", True, seq(ctx(0, seq(dns(HOST), ctx(0, b"\1", constructed=False))))), {}, HOST,
         "nameConstraints"),
        ("maximum", ("2.5.29.30", True, seq(ctx(0, seq(dns(HOST), ctx(1, b"\1", constructed=False))))), {}, HOST, "nameConstraints"),
        ("not critical", constraints([dns(HOST)], critical=False), {}, HOST, "4.2.1.10")):
    ica_case("constraint: " + title, fault, nc=nc, leaf=leaf, host=host)
root_case("constraint: root's is not critical", "4.2.1.10", nc=constraints([dns(HOST)], critical=False))
leaf_case("constraint: in a leaf", "4.2.1.10", nc=constraints([dns(HOST)]))
leaf_case("constraint: in a leaf, not critical", "4.2.1.10", nc=constraints([dns(HOST)], critical=False))
for title, tops, mid, leaf, fault in (
        ("intermediate's own name excluded above it", [None, constraints([dns("ok.example.com")], [dns("no.example.com")]), None],
         "no.example.com", "ok.example.com", "excluded"),
        ("intermediate's own name excluded by the root", [constraints([dns("ok.example.com")], [dns("no.example.com")]), None, None],
         "no.example.com", "ok.example.com", "excluded"),
        ("narrowed below", [None, constraints([dns("a.example.com"), dns("b.example.com")]), constraints([dns("b.example.com")])], None,
         "a.example.com", "no permitted subtree"),
        ("not widened below", [None, constraints([dns("b.example.com")]), constraints([dns("a.example.com"), dns("b.example.com")])],
         None, "a.example.com", "no permitted subtree")):
    top = root(nc=tops[0])
    one = ica(top, "One", nc=tops[1])
    two = ica(one, "Two", nc=tops[2], san=san(dns(mid)) if mid else None)
    case("constraint: " + title, fault, end(two, cn="Somebody", san=san(dns(leaf))), [top], [one, two], dns_name=leaf)
top = root("not-example.com", nc=constraints([dns(HOST)]), san=san(dns("not-example.com")))
same = ica(top, "not-example.com", san=san(dns("not-example.com")))
case("constraint: not applied to a self-issued intermediate", None, end(same), [top], [same])
top = root(nc=constraints([dns(HOST)]))
mid = ica(top, "not-example.com")
case("constraint: applied to a self-issued leaf", "no permitted subtree",
     end(mid, "not-example.com", san=san(dns("not-example.com"))), [top], [mid], dns_name="not-example.com")
key = new_key("p256")
gone, kept_root = root(), root()
limiter = ica(kept_root, "Limiter", nc=constraints([dns("ok.example.com")], [dns("no.example.com")]))
dead = ica(gone, "Twin", own_key=key, san=san(dns("no.example.com")))
live = ica(limiter, "Twin", own_key=key)
case("constraint: second certificate of an intermediate leads to the root", None,
     end(dead, cn="ok.example.com", san=san(dns("ok.example.com"))), [kept_root], [limiter, dead, live], dns_name="ok.example.com")
root_b = root()
limiter = ica(R, "Limiter", nc=constraints(None, [dns("no.example.com")]))
bad = ica(limiter, "Twin", own_key=key, san=san(dns("no.example.com")))
good = ica(root_b, "Twin", own_key=key, san=san(dns("free.example.com")))
case("constraint: path through the other root where the first is forbidden", None,
     end(bad, cn="x.example.com", san=san(dns("x.example.com"))), [R, root_b], [limiter, bad, good], dns_name="x.example.com")

# -- purposes and usage -------------------------------------------------------------------------------------------------

for title, eku, fault in (
        ("client only", purposes("client"), "serverAuth"), ("server and client", purposes("server client"), None),
        ("any", purposes("any"), "anyExtendedKeyUsage"), ("server and any", purposes("server any"), "anyExtendedKeyUsage"),
        ("critical", purposes("server", critical=True), "7.1.2.7.6"), ("precertificates", purposes("precert"), "extKeyUsage"),
        ("server and precertificates", purposes("server precert"), "7.1.2.7.10"),
        ("server and code", purposes("server code"), "7.1.2.7.10"), ("server and mail", purposes("server email"), "7.1.2.7.10"),
        ("server and time", purposes("server time"), "7.1.2.7.10"), ("server and OCSP", purposes("server ocsp"), "7.1.2.7.10"),
        ("empty", ("2.5.29.37", False, seq()), "extKeyUsage"), ("missing", None, None)):
    leaf_case("purpose: leaf, " + title, fault, eku=eku)
leaf_case("purpose: leaf, missing, web", "7.1.2.7.6", eku=None, options=WEB)
for title, eku, fault in (
        ("client only", purposes("client"), "serverAuth"), ("server", purposes("server"), None),
        ("server and client", purposes("server client"), None), ("precertificates", purposes("precert"), "serverAuth"),
        ("server and precertificates", purposes("server precert"), "7.1.2.10.6"),
        ("server and code", purposes("server code"), "7.1.2.10.6"), ("server and mail", purposes("server email"), "7.1.2.10.6"),
        ("server and time", purposes("server time"), "7.1.2.10.6"), ("server and OCSP", purposes("server ocsp"), "7.1.2.10.6"),
        ("server and any", purposes("server any"), "7.1.2.10.6")):
    ica_case("purpose: intermediate, " + title, fault, eku=eku)
root_case("purpose: root with extKeyUsage", "7.1.2.1.2", eku=purposes("server"))
leaf_case("purpose: client", None, purpose="tls-client", host=None, eku=purposes("client"))
leaf_case("purpose: client with a server's certificate", "clientAuth", purpose="tls-client", host=None)
leaf_case("purpose: any purpose", None, purpose="any", host=None, eku=purposes("code"))
for title, key, ku, fault in (
        ("RSA without any bit", "rsa2048", usage(""), "keyUsage"), ("P-256 without any bit", "p256", usage(""), "keyUsage"),
        ("P-256 that only agrees", "p256", usage("agree"), None), ("RSA that encrypts keys", "rsa2048", usage("keyenc"), None),
        ("RSA that signs and encrypts keys", "rsa2048", usage("sign keyenc"), None), ("signs CRLs", "p256", usage("crl"), "keyUsage"),
        ("not critical", "p256", usage("sign", critical=False), None)):
    leaf_case("usage: leaf, " + title, fault, key=key, ku=ku)

leaf_case("usage: leaf, P-256 that only agrees, web", "7.1.2.7.11", ku=usage("agree"), options=WEB)

# -- mail (S/MIME BR) -------------------------------------------------------------------------------------------------------

BOX = san(email("user@example.com"))
MAIL = {"purpose": "email", "host": None}


def mail_case(title, fault=None, to="user@example.com", r=None, **kw):
    kw = {"cn": "Somebody", "eku": purposes("email"), "san": BOX, **kw}
    leaf_case("mail: " + title, fault, r=r, options=("--email", to) if to else (), **MAIL, **kw)


def mail_ica_case(title, fault=None, **kw):
    ica_case("mail: " + title, fault, leaf={"cn": "Somebody", "eku": purposes("email"), "san": BOX}, length=0,
             options=("--email", "user@example.com"), **MAIL, **kw)


mail_case("root and leaf")
mail_case("address not asked for", to=None)
mail_case("another mailbox", "rfc822Name", to="other@example.com")
mail_case("another domain", "rfc822Name", to="user@example.org")
mail_case("domain in another case", None, to="user@EXAMPLE.com")
mail_case("mailbox in another case", "rfc822Name", to="User@example.com")
mail_case("second address", None, san=san(email("other@example.com"), email("user@example.com")))
mail_case("address in commonName alone", "7.1.4.2.1", cn="user@example.com", san=None)
mail_case("only a host", "7.1.4.2.1", san=san(dns(HOST)))
mail_case("critical subjectAltName beside a subject", "7.1.2.3 (h)", san=san(email("user@example.com"), critical=True))
mail_case("critical subjectAltName without subject", None, cn=None, san=san(email("user@example.com"), critical=True))
for title, eku, fault in (("client only", purposes("client"), "emailProtection"), ("missing", None, "7.1.2.3 (f)"),
                          ("mail and client", purposes("email client"), None), ("mail and server", purposes("email server"), "7.1.2.3 (f)"),
                          ("mail and code", purposes("email code"), "7.1.2.3 (f)"), ("mail and time", purposes("email time"), "7.1.2.3 (f)"),
                          ("mail and any", purposes("email any"), "7.1.2.3 (f)"), ("any", purposes("any"), "emailProtection")):
    mail_case("extKeyUsage of the leaf, " + title, fault, eku=eku)
for title, eku, fault in (("mail", purposes("email"), None), ("missing", None, None), ("server only", purposes("server"), "emailProtection"),
                          ("mail and server", purposes("email server"), "7.1.2.2 (g)"), ("mail and any", purposes("email any"), "7.1.2.2 (g)"),
                          ("mail and code", purposes("email code"), "7.1.2.2 (g)"), ("mail and time", purposes("email time"), "7.1.2.2 (g)")):
    mail_ica_case("extKeyUsage of the intermediate, " + title, fault, eku=eku)
mail_ica_case("intermediate without cRLSign", "7.1.2.2 (e)", ku=usage("cert"))
mail_ica_case("intermediate without keyCertSign", "keyCertSign", ku=usage("crl"))
mail_case("root with extKeyUsage", "7.1.2.1 (d)", r=root(eku=purposes("email")))
for title, key, ku, fault in (("RSA that signs", "rsa2048", usage("sign"), None), ("RSA that encrypts keys", "rsa2048", usage("keyenc"), None),
                              ("RSA for both", "rsa2048", usage("sign keyenc"), None), ("that also commits", "p256", usage("sign nonrep"), None),
                              ("P-256 that agrees", "p256", usage("agree"), None), ("missing", "p256", None, "7.1.2.3 (e)"),
                              ("signs certificates", "p256", usage("sign cert"), "keyCertSign"), ("not critical", "p256", usage("sign", critical=False), None)):
    mail_case("keyUsage, " + title, fault, key=key, ku=ku)
for kind in ("rsa1024", "p192", "dsa", "rsa2052"):
    mail_case("leaf's key " + kind, "multiple of 8" if kind == "rsa2052" else "key", key=kind)
    mail_case("root's key " + kind, "multiple of 8" if kind == "rsa2052" else "key", r=root(key=kind))
mail_case("version 1", "S/MIME BR", version=1, ku=None, eku=None, san=None, ski=None, aki=None)
mail_case("leaf is a CA", "7.1.2.3 (d)", bc=basic(), ku=usage("sign cert"))
mail_case("CA in the leaf's place", "7.1.2.3 (d)", bc=basic(length=0), ku=usage("cert crl"), eku=None)

# -- policies --------------------------------------------------------------------------------------------------------------

ica_case("policy: policyConstraints not critical", "4.2.1.11", more=[policy_limits(explicit=3, critical=False)])
ica_case("policy: explicit policy later", None, more=[policy_limits(explicit=3)])
ica_case("policy: explicit policy now", "6.1", more=[policy_limits(explicit=0)])
ica_case("policy: empty policyConstraints", "policyConstraints", more=[policy_limits()])
ica_case("policy: inhibitAnyPolicy not critical", "4.2.1.14", more=[("2.5.29.54", False, integer(0))])

# -- lengths -----------------------------------------------------------------------------------------------------------------


def line(*steps, top=None, cn="Line"):
    """Intermediates one below the other; a step is a path length, or (path length, "same") for a self-issued one."""
    out, above = [], top or R
    for i, step in enumerate(steps):
        length, same = step if isinstance(step, tuple) else (step, None)
        above = ica(above, length=length, subject=above.subject if same else name(f"CN={cn} {i}"))
        out.append(above)
    return out


for title, steps, fault in (("0", [0], None), ("1", [1], None), ("2", [2], None), ("0 and 0", [0, 0], "6.1.4 (l)"),
                            ("1 and 2", [1, 2], None), ("1, 0 and 0", [1, 0, 0], "6.1.4 (l)"),
                            ("1, self-issued 1, 0", [1, (1, "same"), 0], None), ("15 intermediates", [None] * 15, None),
                            ("16 intermediates", [None] * 16, None)):
    row = line(*steps)
    case("length: " + title, fault, end(row[-1]), [R], row)
row = line(0, 0)
case("length: none left for a leaf that is a CA", None, ica(row[0], "Last", length=0, san=san(dns(HOST))), [R], row[:1])
short = root(bc=basic(length=0))
row = line(None, top=short)
case("length: the root's own", "6.1.4 (l)", end(row[0]), [short], row)
for depth, steps, fault in ((0, 0, None), (0, 1, "6.1.4 (l)"), (1, 1, None), (1, 2, "6.1.4 (l)"), (255, 3, None)):
    row = line(*[None] * steps)
    case(f"length: --max-depth {depth}, {steps} intermediates", fault, end(row[-1] if row else R), [R], row,
         options=("--max-depth", str(depth)))
row = line(None, (None, "same"))
case("length: --max-depth 1, self-issued one is not counted", None, end(row[-1]), [R], row, options=("--max-depth", "1"))
row = line(*[None] * 40)
case("length: 40 intermediates", "no path", end(row[-1]), [R], row)

# -- searching -----------------------------------------------------------------------------------------------------------------

O = root("Unrelated")
case("search: root not trusted", "no path", end(I), [O], [R, I])
case("search: intermediate missing", "no path", end(I), [R])
case("search: intermediate trusted, root not", None, end(I), [I], [R])
case("search: intermediate and root trusted", None, end(I), [I, R], [I])
case("search: many anchors", None, end(I), [root(f"Other {i}") for i in range(20)] + [R], [I])
case("search: anchors with one name", None, end(I), [root() for _ in range(8)] + [R], [I])
S = Cert(subject=name("CN=" + HOST), exts=[usage("sign"), san(dns(HOST)), purposes("server")])
case("search: self-signed leaf, trusted itself", None, S, [S])
case("search: self-signed leaf, not trusted", "no path", S, [R])
case("search: self-signed leaf, another one of that name trusted", "signature",
     Cert(subject=name("CN=" + HOST), exts=[usage("sign"), san(dns(HOST)), purposes("server")]), [S])
L = end(R)
case("search: leaf trusted, its issuer not", None, L, [L])
case("search: expired leaf that is trusted itself", "expired", *(lambda e: (e, [e]))(end(R, begins="2010-01-01", ends="2011-01-01")))
two = root("Second")
cross = ica(two, subject=R.subject, own_key=R.key, length=1, ends="2021-11-25")
case("search: expired cross certificate beside a good root", None, end(R), [R, two], [cross])
case("search: expired cross certificate is the only way", "expired", end(R), [two], [cross])
case("search: cross certificate to another root", None, end(R), [two], [ica(two, subject=R.subject, own_key=R.key)])
keys = [new_key("ed25519") for _ in range(3)]


def ring(names_):
    """CAs that sign each other, none of which leads to a root."""
    makers = [Cert(own_key=k, subject=name("CN=" + n), exts=[basic()]) for k, n in zip(keys, names_)]
    return [ica(makers[(i + 1) % len(makers)], subject=m.subject, own_key=m.key) for i, m in enumerate(makers)]


for title, names_, options in (("two CAs", ["Ring 0", "Ring 1"], ()), ("two CAs, --max-depth 255", ["Ring 0", "Ring 1"], ("--max-depth", "255")),
                               ("one name, two keys", ["Ring", "Ring"], ()), ("three CAs", ["Ring 0", "Ring 1", "Ring 2"], ())):
    row = ring(names_)
    case("search: a ring without root, " + title, "signature" if title.startswith("one name") else "no path", end(row[0]), [R], row, options=options)
A = root("Root A", key="ed25519")
B, C = (Cert(own_key=k, subject=name("CN=" + n), exts=[basic()]) for k, n in zip(keys, ("Root B", "Root C")))
a1 = ica(A, "Sub A", key="ed25519")
web_of = [ica(x, subject=y.subject, own_key=y.key) for x in (A, B, C) for y in (A, B, C) if x is not y]
case("search: roots that signed each other", None, end(a1), [A], [a1] + web_of)
case("search: roots that signed each other, last one trusted", None, end(a1), [
     Cert(own_key=keys[1], subject=name("CN=Root C"), exts=[basic(), usage("cert"), ski(key_id(spki_of(keys[1])))])], [a1] + web_of)
crowd_key = new_key("p256")
crowd_ca = Cert(own_key=crowd_key, subject=name("CN=Crowd"), exts=[basic()])
crowd = [ica(crowd_ca, subject=crowd_ca.subject, own_key=crowd_key) for _ in range(100)]
case("search: 100 self-issued intermediates of one name and key, no way up", "", end(crowd_ca), [R], crowd)
chain_, above = [], R
for _ in range(100):
    above = ica(above, "Crowd")
    chain_.append(above)
case("search: 100 intermediates of one name and many keys", "", end(above), [R], chain_, seconds=6)
fan_keys = [new_key("p256") for _ in range(6)]
fans = [Cert(own_key=k, subject=name("CN=Fan"), exts=[basic()]) for k in fan_keys]
fan = [ica(x, subject=y.subject, own_key=y.key, aki=aki(b"\x09" * 20), ski=ski(b"\x09" * 20)) for x in fans for y in fans if x is not y]
case("search: exponentially many ways between CAs of one name", "", end(fans[0]), [R], fan, seconds=6)
decoys = [ica(O, "Path Sub") for _ in range(60)]
case("search: 60 decoys with the issuer's name before the right one", None, end(I), [R], decoys + [I])
case("search: same certificate many times", None, end(I), [R], [I] * 50)
case("search: wrong signature, but another issuer of that name is right", None, end(I), [R], [ica(O, "Path Sub", ski=ski(I.id)), I])

# -- much work ---------------------------------------------------------------------------------------------------------------------

many = [dns(f"t{i}.test") for i in range(2048)]
top = root(nc=constraints(many + [dns("test")], [dns(f"x{i}.test") for i in range(2048)]))
case("load: 2,048 names under 4,096 constraints", "name comparisons", end(top, cn=None, san=san(*many, critical=True)), [top],
     dns_name="t0.test")
subject = name(*(f"CN=t{i}.test" for i in range(1024)))
case("load: 1,024 common names and 1,024 names under 4,096 constraints", "", end(top, subject=subject, san=san(*many[:1024])), [top],
     dns_name="t0.test")
subject = name(*(f"email=t{i}@test" for i in range(1025)), "CN=t0.test")
top = root(nc=constraints([email(f"t{i}@test") for i in range(1025)] + [email("test")], [email(f"x{i}@test") for i in range(1025)]))
case("load: 1,025 mail addresses in the subject under 2,051 constraints", "larger than the agreed maximum",
     end(top, subject=subject, san=san(dns("t0.test"))), [top], dns_name="t0.test")
top = root(nc=constraints([dns("test")], [dns(f"x{i}.test") for i in range(100)]))
case("load: 100 names under 101 constraints", None, end(top, cn=None, san=san(*many[:100], critical=True)), [top], dns_name="t0.test")
for count, fault in ((1000, None), (12000, "name comparisons")):
    leaf_case(f"load: {count:,} wildcards", fault, cn="Somebody", san=san(dns(HOST), *[dns(f"*.x{i}.test") for i in range(count)]))
leaf_case("load: 1,024 common names beside 5,000 names", "name comparisons", subject=name(*(f"CN=t{i}" for i in range(1024))),
          san=san(dns(HOST), *[dns(f"x{i}.example.com") for i in range(5000)]))

# -- CRLs ----------------------------------------------------------------------------------------------------------------------------


def crl_case(title, fault=None, make=None, r=None, leaf=None, more=()):
    r = r or R
    e = end(r, **(leaf or {}))
    case("crl: " + title, fault, e, [r] + list(more), crls=make(e))


UNKNOWN = "revocation status is not known"
URL = uri("http://crl.example.com/part.crl")
crl_case("revoked", "revoked", lambda e: [crl(R, [e.serial])])
crl_case("not on it", None, lambda e: [crl(R, [1, 2, 3])])
crl_case("empty", None, lambda e: [crl(R)])
crl_case("10,000 entries", None, lambda e: [crl(R, range(1, 10001))])
crl_case("10,000 entries and this one", "revoked", lambda e: [crl(R, list(range(1, 10001)) + [e.serial])])
crl_case("without cRLNumber", "5.2.3", lambda e: [crl(R, [1], number=None)])
crl_case("critical cRLNumber", "5.2.3", lambda e: [crl(R, [1], number_critical=True)])
crl_case("of 21 octets of cRLNumber", "cRLNumber", lambda e: [crl(R, [1], number=1 << 167)])
other_root = root("Root Two")
crl_case("this serial number, revoked by another CA", None, lambda e: [crl(R), crl(other_root, [e.serial])], more=[other_root])
crl_case("only of another CA", UNKNOWN, lambda e: [crl(other_root)], more=[other_root])
mute = root("No CRLs", ku=usage("cert"))
crl_case("issuer may not sign CRLs", "cRLSign", lambda e: [crl(mute)], r=mute)
quiet = root("No usage", ku=None)
crl_case("issuer without keyUsage", None, lambda e: [crl(quiet)], r=quiet)
crl_case("wrong signature", "signature", lambda e: [crl(R, [1], key=new_key("p256"))])
crl_case("signed by another root", "signature", lambda e: [crl(R, [1], key=other_root.key)], more=[other_root])
crl_case("unknown critical extension", "5.2", lambda e: [crl(R, [1], exts=[unknown(True)])])
crl_case("unknown extension", None, lambda e: [crl(R, [1], exts=[unknown(False)])])
crl_case("entry with an unknown critical extension", "5.3", lambda e: [crl(R, [(e.serial, "2024-05-15", [unknown(True)])])])
crl_case("another's entry with an unknown critical extension", "5.3", lambda e: [crl(R, [(77, "2024-05-15", [unknown(True)])])])
crl_case("entry with an unknown extension", "revoked", lambda e: [crl(R, [(e.serial, "2024-05-15", [unknown(False)])])])
crl_case("from the future", "not yet", lambda e: [crl(R, begins="2024-06-02")])
crl_case("out of date", "no longer", lambda e: [crl(R, ends="2024-05-31")])
crl_case("revoked from tomorrow on", "revoked", lambda e: [crl(R, [(e.serial, "2024-06-02", ())])])
crl_case("revoked before it was made", "revoked", lambda e: [crl(R, [(e.serial, "2010-01-01", ())])])
crl_case("same serial number twice", "twice", lambda e: [crl(R, [5, 5])])
crl_case("without nextUpdate", "nextUpdate", lambda e: [crl(R, [e.serial], ends=None)])
crl_case("version 1", "5.2.3", lambda e: [crl(R, [e.serial], version=0, number=None, with_aki=False)])
crl_case("version 3", "version", lambda e: [crl(R, [e.serial], version=3)])
crl_case("GeneralizedTime before 2050", "5.1.2.4", lambda e: [crl(R, [e.serial], begins=tlv(0x18, b"20240501000000Z"))])
crl_case("signed with SHA-1", "SHA-1", lambda e: [crl(R, digest="sha1")])
crl_case("delta alone", UNKNOWN, lambda e: [crl(R, exts=[("2.5.29.27", True, integer(1))], number=2)])
crl_case("delta beside its base", "revoked", lambda e: [crl(R), crl(R, [e.serial], exts=[("2.5.29.27", True, integer(1))], number=2)])
crl_case("unreadable", "", lambda e: [b"\x30\x03\x02\x01\x01"])
for title, scope, cdp, fault in (
        ("of another distribution point", idp([uri("http://crl.example.com/other.crl")]), [points(URL)], UNKNOWN),
        ("of the distribution point", idp([URL]), [points(URL)], None),
        ("of a distribution point, certificate without", idp([URL]), [], UNKNOWN),
        ("for CAs", idp(ca=True), [], UNKNOWN), ("for users", idp(user=True), [], None),
        ("for attribute certificates", idp(attribute=True), [], "attribute"),
        ("name relative to the issuer", idp(relative=seq(oid("2.5.4.3"), tlv(0x0C, b"part"))), [], UNKNOWN),
        ("names that are not all URIs", idp([URL, dns(HOST)]), [points(URL)], "7.2.2.1"),
        ("certificate's names are not all URIs", idp([URL]), [points(URL, dns(HOST))], "7.1.2.11.2"),
        ("indirect", idp([URL], indirect=True), [points(URL)], "7.2.2.1"),
        ("for some reasons", idp([URL], reasons=[1]), [points(URL)], UNKNOWN),
        ("URI written otherwise", idp([uri("http://crl.example.com/shard.crl")]), [points(uri("http://crl.example.com/%73hard.crl"))], UNKNOWN),
        ("scope not critical", idp([URL], critical=False), [points(URL)], "5.2.5"),
        ("empty scope", idp(), [], "")):
    crl_case("scope: " + title, fault, (lambda s: lambda e: [crl(R, exts=[s])])(scope), leaf={"more": cdp})
case("crl: scope: for users, against the intermediate", UNKNOWN, end(I), [R], [I], crls=[crl(R, exts=[idp(user=True)]), crl(I)])
case("crl: intermediate revoked", "revoked", end(I), [R], [I], crls=[crl(R, [I.serial]), crl(I)])
case("crl: only the leaf's issuer has one", None, end(I), [R], [I], crls=[crl(I)])
case("crl: only the root has one", UNKNOWN, end(I), [R], [I], crls=[crl(R)])
