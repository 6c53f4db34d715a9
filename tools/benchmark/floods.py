# SPDX-License-Identifier: ISC
"""What attackers would send: at most twice the cost of the plain case."""

import ipaddress
import random
import string

import queries
import setups
import speed
from measure import Workload
from servers import Gslbd

CANDIDATES = 64
DEEP = {"e": setups.SOA}  # a zone with one letter, so that names can have 127 labels
WILDCARD = "*.w A 192.0.2.1\n"
CUT = "".join(f"cut NS ns{i}.cut\nns{i}.cut A 192.0.2.{i}\n" for i in (1, 2))


def word(rng, n):
    return "".join(rng.choices(string.ascii_lowercase, k=n))


def nxdomain(rng):
    return f"{word(rng, 12)}.example. A - 3 -"


def labels(rng):
    """127 labels, 255 octets."""
    return ".".join(rng.choices(string.ascii_lowercase, k=126)) + ".e. A - 3 -"


def mixed(rng):
    """Labels of one octet and of two by turns, 253 octets: those that can't be read several at a time."""
    return ".".join(word(rng, 1 + i % 2) for i in range(100)) + ".e. A - 3 -"


def long(rng):
    """Labels as long as can be: 255 octets."""
    return ".".join([word(rng, 63), word(rng, 63), word(rng, 63), word(rng, 53)]) + ".example. A - 3 -"


def wildcard(rng):
    return f"{word(rng, 12)}.w.example. A - 0 192.0.2.1"


def deep_wildcard(rng):
    """123 labels, 255 octets."""
    return ".".join(rng.choices(string.ascii_lowercase, k=121)) + ".w.example. A - 0 192.0.2.1"


def referral(rng):
    """Below a cut whose servers are there too, so that each reply takes their addresses along."""
    return f"{word(rng, 12)}.cut.example. A - 0 -"


PLAIN = {"nxdomain": nxdomain, "labels": labels, "mixed": mixed, "long": long, "wildcard": wildcard, "deep-wildcard": deep_wildcard,
         "referral": referral}


def plain_rows(kinds):
    rng = random.Random(3)
    setup = setups.static(extra=WILDCARD + CUT)
    setup.zones.update(DEEP)
    asked = {"plain": queries.plain(), **{kind: [make(rng) for _ in range(queries.COUNT)] for kind, make in PLAIN.items()}}
    return [(kind if server is Gslbd else f"{kind}, {server.name}", server, Workload(setup, lines, half_load=False))
            for kind, lines in asked.items() for server in kinds]


def any_prefix(rng):
    if rng.random() < 0.5:
        bits = rng.randrange(1, 33)
        return ipaddress.IPv4Network((rng.getrandbits(32) >> (32 - bits) << (32 - bits), bits))
    bits = rng.randrange(1, 129)
    return ipaddress.IPv6Network(((1 << 125 | rng.getrandbits(125)) >> (128 - bits) << (128 - bits), bits))


def steered_rows():
    rng = random.Random(4)
    places = setups.Steered(speed.COUNTRY, setups.CONTINENTS)
    conf = f"geoip {places.database}\n" + "".join(f"datacenter {dc}\n" for dc in places.records) + "".join(
        f"geomap world {place or '*'} {order}\n" for place, order in places.places.items())
    zone = setups.SOA + "".join(
        f"n{i} AT {dc} A {next(iter(records))}\n" for i in range(setups.NAMES) for dc, records in places.records.items())
    zone += "".join(f"c{i} STEER pool\n" + "".join(f"c{i} AT * weight={k + 1} A 127.1.4.{k + 1}\n" for k in range(CANDIDATES))
                    for i in range(1000))
    own, plain = setups.Own(conf, zone), queries.placed(places)
    candidates = [f"c{rng.randrange(1000)}.example. A {line.split()[2]} 0 127.1.4.0/24" for line in plain]
    subnets = [f"{line.split()[0]} A {any_prefix(rng)} 0 127.1.0.0/16" for line in plain]
    return [(kind, Gslbd, Workload(own, lines, half_load=False))
            for kind, lines in (("steered", plain), ("candidates", candidates), ("subnets", subnets))]


def rows(bench, kinds):
    return plain_rows(kinds) + (steered_rows() if speed.database(bench, speed.COUNTRY) else [])


def run(bench):
    bench.table("floods", "Floods, beside what is plain (64 candidates and every client-subnet length: beside what is steered)",
                rows(bench, bench.named), brief=True)
