#!/usr/bin/env python3
"""Runs the path cases through "hufu cert verify": the table, the grid of name constraints, the graphs.

    path_cases.py HUFU [--all] [--only TEXT] [--keep DIR] [--list]

Verdict, exit status and reason must agree, and the answer must come in time.
The grid has 7,290 questions; without --all every ninth is asked.
"""
import argparse
import base64
import concurrent.futures
import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile

from path_make import *  # noqa: F401,F403
import path_table
from path_table import case, end, ica, root


# -- The grid: each combination of names in a leaf and constraints above it ----------------------

GOOD, BAD = "test.localhost", "bad.example.com"
GOOD_IP, BAD_IP = "127.0.0.1", "1.1.1.1"


def expected(by_ip, cn, dns_san, ip_san, dns_in, dns_out, ip_in, ip_out):
    """What RFC 5280 4.2.1.10 and RFC 9525 say; a commonName counts only where it is the leaf's only host."""
    if (ip_san if by_ip else dns_san) != "good":
        return False
    for names, inside, outside in ((dns_san, dns_in, dns_out), (ip_san, ip_in, ip_out)):
        if names and (inside and inside != names or outside == names):
            return False
    return True


def grid(step):
    top = root("Grid Root")
    local = ica(top, "Grid Local")
    signs = (None, "good", "bad")
    leaves = list(itertools.product((None, GOOD, BAD, GOOD_IP, BAD_IP), signs, signs))
    rows = itertools.product(itertools.product(signs, repeat=4), leaves, (False, True))
    above = {}
    for n, (limits, (cn, dns_san, ip_san), by_ip) in enumerate(rows):
        if n % step != 0:
            continue
        dns_in, dns_out, ip_in, ip_out = limits
        if limits not in above:
            tree = {"good": dns("localhost"), "bad": dns("example.com")}
            nets = {"good": net("127.0.0.0/24"), "bad": net("1.1.1.0/24")}
            inside = [t[k] for t, k in ((tree, dns_in), (nets, ip_in)) if k]
            outside = [t[k] for t, k in ((tree, dns_out), (nets, ip_out)) if k]
            nc = constraints(inside or None, outside or None) if inside or outside else None
            above[limits] = ica(local, "Grid Sub", nc=nc)
        names = [dns(GOOD if dns_san == "good" else BAD)] if dns_san else []
        names += [ip(GOOD_IP if ip_san == "good" else BAD_IP)] if ip_san else []
        leaf = end(above[limits], subject=name("O=Grid", *(["CN=" + cn] if cn else [])), san=san(*names) if names else None)
        good = expected(by_ip, cn, dns_san, ip_san, dns_in, dns_out, ip_in, ip_out)
        wanted = ip_san if by_ip else dns_san
        hint = None if good else "4.2.1.10" if wanted == "good" else "(RFC "
        case(f"grid {n}: cn {cn}, dns {dns_san}, ip {ip_san}; permitted {dns_in}/{ip_in}, excluded {dns_out}/{ip_out}", hint, leaf,
             [top], [above[limits], local], dns_name=GOOD, address=GOOD_IP if by_ip else None)
    # the host under another tag, or put after another name with a separator
    strict = ica(local, "Grid Sub", nc=constraints([dns("example.com")]))
    loose = ica(local, "Grid Sub", nc=constraints(None, [dns("localhost")]))
    texts = [GOOD] + [s + "://" + GOOD for s in ("http", "https", "spiffe", "unspec")]
    texts += [lead + mark + tag + GOOD for mark in (", ", ",", ";", ":") for tag in ("", "DNS:") for lead in (BAD, "http://" + BAD)]
    for n, (text, tag, sub) in enumerate(itertools.product(texts, range(16), (strict, loose))):
        if n % step != 0:
            continue
        extra = bytes([0x80 | tag, len(text)]) + text.encode()
        case(f"smuggle {n}: tag {tag} \"{text}\"", "", end(sub, cn="Somebody", san=san(dns(BAD), extra)), [top], [sub, local], dns_name=GOOD)


# -- The graphs: CAs that certify each other, some certificates of which are bad --------------------

LINE = ["ICA>EE", "TA>ICA"]
PAIR = ["ICA>EE", "Root1>ICA", "Root2>ICA"]
SEVEN = ["B>EE", "C>B", "A>B", "C>A", "A>C", "TA>C", "TA>A"]  # RFC 4158, figure 7
BRIDGE = ("F>H F>G G>F H>I I>H G>I W>F W>G J>K N>EE L>N L>M X>J X>L B>E B>D A>B C>B A>C C>A Y>A Y>C "
          "R>S O>R O>Q P>S Z>O Z>P W>Br Br>W X>Br Br>X Y>Br Br>Y Z>Br Br>Z").split()  # RFC 4158, figure 9
GRAPHS = [  # edges, trusted, leaf, bad edges
    (LINE, "TA", "EE", []), (LINE, "TA", "EE", ["TA>ICA"]), (LINE, "ICA", "EE", ["TA>ICA"]),
    (PAIR, "Root1", "EE", []), (PAIR, "Root2", "EE", []), (PAIR, "Root1", "EE", ["Root2>ICA"]), (PAIR, "Root2", "EE", ["Root1>ICA"]),
    (PAIR, "Root1", "EE", ["Root1>ICA"]), (PAIR, "Root2", "EE", ["Root2>ICA"]),
    (SEVEN, "TA", "EE", []), (SEVEN, "TA", "EE", ["TA>C", "A>B"]), (SEVEN, "TA", "EE", ["TA>A", "C>B"]),
    (BRIDGE, "Z", "D", []), (BRIDGE, "Z", "EE", []), (BRIDGE, "Z", "EE", ["X>Br"]), (BRIDGE, "Z", "EE", ["Br>X"]),
    (BRIDGE, "Z", "EE", ["Z>Br"]),
]
FAULTS = {
    "expired": ({"ends": "2024-05-01"}, "expired"),
    "constraints": ({"nc": constraints([dns("bad.example.com")])}, "permitted subtree"),
    "purpose": ({"eku": purposes("email")}, "extKeyUsage"),
    "no basicConstraints": ({"bc": None, "ski": None}, "basicConstraints"),
    "no CA": ({"bc": basic(False), "ski": None}, "CA"),
    "SHA-1": ({"digest": "sha1"}, "SHA-1"),
}


def reachable(edges, start, goal, seen=()):
    if start == goal:
        return True
    return any(reachable(edges, e.split(">")[1], goal, seen + (start,)) for e in edges
               if e.split(">")[0] == start and e.split(">")[1] not in seen)


def graphs():
    for n, (edges, trusted, leaf, bad) in enumerate(GRAPHS):
        for fault, (change, reason) in (FAULTS.items() if bad else [("none", ({}, None))]):
            nodes = sorted({x for e in edges for x in e.split(">")})
            own = {x: root("Graph " + x) for x in nodes}
            certs, leaf_cert = [], None
            for edge in edges:
                a, b = edge.split(">")
                if b == leaf:
                    leaf_cert = end(own[a], cn=b, san=san(dns("localhost")))
                else:
                    certs.append(ica(own[a], subject=own[b].subject, own_key=own[b].key, **(change if edge in bad else {})))
            good = reachable([e for e in edges if e not in bad], trusted, leaf)
            case(f"graph {n}, {fault}", None if good else reason, leaf_cert, [own[trusted]], certs, dns_name="localhost")


# -- Asking ------------------------------------------------------------------------------------------


def pem(label, *ders):
    out = []
    for der in ders:
        text = base64.b64encode(der).decode()
        out.append(f"-----BEGIN {label}-----\n" + "\n".join(text[i:i + 64] for i in range(0, len(text), 64)) +
                   f"\n-----END {label}-----\n")
    return "".join(out)


def write(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    return path


def ask(hufu, folder, number, row):
    base = os.path.join(folder, str(number))
    # seconds of the processor, not of the clock: other work on the machine must not count
    command = ["prlimit", f"--cpu={row['seconds']}", hufu, "cert", "verify", "--trust", write(base + ".trust", pem("CERTIFICATE", *(c.der for c in row["trust"])))]
    if row["untrusted"]:
        command += ["--untrusted", write(base + ".others", pem("CERTIFICATE", *(c.der for c in row["untrusted"])))]
    if row["crls"]:
        command += ["--crl", write(base + ".crl", pem("X509 CRL", *row["crls"]))]
    command += ["--time", row["time"], "--purpose", row["purpose"], *row["options"]]
    command += ["--ip", row["ip"]] if row["ip"] else ["--dns", row["dns"]] if row["dns"] else []
    command.append(write(base + ".leaf", pem("CERTIFICATE", row["leaf"].der)))
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return command, "no answer in 120 s", ""
    return command, judge(row, run), run.stdout + run.stderr


def judge(row, run):
    """None if all is as it should be."""
    fault = row["fault"]
    if run.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"takes more than {row['seconds']} s"
    if run.returncode not in (0, 1):
        return f"exit status {run.returncode}"
    if (run.returncode == 0) != (run.stdout == "valid\n"):
        return "exit status and answer do not agree"
    if fault is None and run.returncode != 0:
        return "should be valid"
    if fault is not None and run.returncode == 0:
        return f"should be invalid: \"{fault}\""
    if fault and fault not in run.stdout:
        return f"should be invalid for \"{fault}\""
    if fault is not None and not re.search(r"RFC \d|CA/B BR|S/MIME BR|FIPS|SEC 1|GM/T|X\.6|the search is given up", run.stdout):
        return "the reason names no clause"
    return None


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("hufu")
    parse.add_argument("--all", action="store_true")
    parse.add_argument("--only", default="")
    parse.add_argument("--keep")
    parse.add_argument("--list", action="store_true")
    args = parse.parse_args()
    graphs()
    grid(1 if args.all else 9)
    rows = [r for r in path_table.ROWS if args.only in r["title"]]
    wrong = 0
    groups = {}
    with tempfile.TemporaryDirectory(prefix="hufu-path-") as temporary, \
            concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        folder = args.keep or temporary
        os.makedirs(folder, exist_ok=True)
        answers = pool.map(lambda x: ask(args.hufu, folder, *x), enumerate(rows))
        for row, (command, problem, output) in zip(rows, answers):
            group = row["title"].split(" ")[0].rstrip(":,")
            groups[group] = groups.get(group, 0) + 1
            if args.list:
                print(f"{row['title']}\t{output.strip()}")
            if problem:
                wrong += 1
                print(f"FAIL {row['title']}: {problem}; the answer was:\n    {output.strip()}")
                if args.keep:
                    print("    " + " ".join(command))
    print(", ".join(f"{g} {n}" for g, n in sorted(groups.items())))
    print(f"{len(rows) - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
