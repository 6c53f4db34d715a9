# SPDX-License-Identifier: ISC
"""What attackers would send: at most twice the cost of the plain case."""

import ipaddress
import random
import string

import queries
import setups
import speed
from measure import Workload

CANDIDATES = 64
DEEP = {"e": setups.SOA}  # a zone with one letter, so that names can have 127 labels
WILDCARD = "*.w A 192.0.2.1\n"


def word(rng, n):
    return "".join(rng.choices(string.ascii_lowercase, k=n))


def nxdomain(rng):
    return f"{word(rng, 12)}.example. A - 3 -"


def labels(rng):
    return ".".join(rng.choices(string.ascii_lowercase, k=126)) + ".e. A - 3 -"


def long(rng):
    """Labels as long as can be: 255 octets."""
    return ".".join([word(rng, 63), word(rng, 63), word(rng, 63), word(rng, 53)]) + ".example. A - 3 -"


def wildcard(rng):
    return f"{word(rng, 12)}.w.example. A - 0 192.0.2.1"


def deep_wildcard(rng):
    return ".".join(rng.choices(string.ascii_lowercase, k=121)) + ".w.example. A - 0 192.0.2.1"


PLAIN = {"nxdomain": (nxdomain, "names that are not there"), "labels": (labels, "127 labels, 255 octets"),
         "long": (long, "5 labels, 255 octets"), "wildcard": (wildcard, "random names under a wildcard"),
         "deep-wildcard": (deep_wildcard, "123 labels, 255 octets, under a wildcard")}


def plain_workloads(bench):
    rng = random.Random(3)
    setup = setups.static(extra=WILDCARD)
    setup.zones.update(DEEP)
    yield Workload("flood-none", "names that are there, as the measure of floods", setup, queries.plain(), bench.named,
                   half_load=False)
    for kind, (make, title) in PLAIN.items():
        yield Workload(f"flood-{kind}", f"flood: {title}", setup, [make(rng) for _ in range(queries.COUNT)], bench.named,
                       half_load=False)


def any_prefix(rng):
    if rng.random() < 0.5:
        bits = rng.randrange(1, 33)
        return ipaddress.IPv4Network((rng.getrandbits(32) >> (32 - bits) << (32 - bits), bits))
    bits = rng.randrange(1, 129)
    return ipaddress.IPv6Network(((1 << 125 | rng.getrandbits(125)) >> (128 - bits) << (128 - bits), bits))


def steered_workloads(bench):
    rng = random.Random(4)
    places = setups.Steered(speed.COUNTRY, setups.CONTINENTS)
    conf = f"geoip {places.database}\n" + "".join(f"datacenter {dc}\n" for dc in places.records) + "".join(
        f"geomap world {place or '*'} {order}\n" for place, order in places.places.items())
    zone = setups.SOA + "".join(
        f"n{i} AT {dc} A {next(iter(records))}\n" for i in range(setups.NAMES) for dc, records in places.records.items())
    zone += "".join(f"c{i} STEER pool\n" + "".join(f"c{i} AT * weight={k + 1} A 127.1.4.{k + 1}\n" for k in range(CANDIDATES))
                    for i in range(1000))
    own = setups.Own(conf, zone)
    asked = queries.placed(places)
    yield Workload("flood-steered", "steered names, as the measure of the next two", own, asked, bench.own, half_load=False)
    yield Workload("flood-candidates", "flood: names with 64 candidates of other weights each", own,
                   [f"c{rng.randrange(1000)}.example. A {line.split()[2]} 0 127.1.4.0/24" for line in asked], bench.own,
                   half_load=False)
    yield Workload("flood-subnets", "flood: client-subnets of every length, IPv4 and IPv6", own,
                   [f"{line.split()[0]} A {any_prefix(rng)} 0 127.1.0.0/16" for line in asked], bench.own, half_load=False)


def run(bench):
    for workload in plain_workloads(bench):
        bench.contest(workload)
    if speed.database(bench, speed.COUNTRY):
        for workload in steered_workloads(bench):
            bench.contest(workload)
