# SPDX-License-Identifier: ISC
"""What is asked, and what must come: lines for the load generators, `NAME TYPE SUBNET RCODE NETWORK`."""

import ipaddress
import random

import setups

COUNT = 65536


def plain(setup_names=setups.NAMES, rng=None):
    rng = rng or random.Random(1)
    picks = (rng.randrange(setup_names) for _ in range(COUNT))
    return [f"n{i}.example. A - 0 {setups.static_address(i)}" for i in picks]


def place_of(record, places):
    """The most specific of the places that hold what a database says of a network; None: it can't be told."""
    if record is None:
        return ""
    if "continent" not in record or ("country" not in record and "registered_country" in record):
        return None  # servers differ in what they make of these
    steps = [record["continent"]["code"]]
    if "country" in record:
        steps.append(record["country"]["iso_code"])
        steps += [s["iso_code"] for s in record.get("subdivisions", [])[:1] if "iso_code" in s]
    while steps and "/".join(steps) not in places:
        steps.pop()
    return "/".join(steps)


def placed(setup):
    """Random client networks of 24 bits, each with the datacenter that the database and the places demand."""
    import maxminddb
    rng, lines = random.Random(2), []
    with maxminddb.open_database(str(setup.database)) as database:
        while len(lines) < COUNT:
            subnet = ipaddress.IPv4Network((rng.randrange(1 << 24, 224 << 24) & 0xffffff00, 24))
            if subnet.is_loopback:
                continue
            record, bits = database.get_with_prefix_len(str(subnet.network_address))
            place = place_of(record, setup.places)
            if bits > 24 or place is None:
                continue
            network = setup.network(setup.places[place].split()[0])
            lines.append(f"n{rng.randrange(setup.n)}.example. A {subnet} 0 {network}")
    return lines


def any_answer(lines):
    """The same queries for a server that does not know the right answers."""
    return [" ".join(line.split()[:3]) for line in lines]
