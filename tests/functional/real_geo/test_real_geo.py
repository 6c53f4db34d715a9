# SPDX-License-Identifier: ISC
"""10,000 random clients over a real country database go exactly where the rules say."""

import random
import socket

import dns.edns
import dns.message
import maxminddb
import pytest
from harness import ROOT, SOA, Server

MAP = {"*": "iad fra sin", "EU": "fra iad", "EU/FR": "sin", "NA": "iad", "*/SG": "sin fra", "AS": "sin iad fra",
       "SA/BR": "iad sin", "OC/AU": "sin", "203.0.113.0/24": "fra", "8.8.0.0/16": "sin"}
ADDRESS = {"fra": "192.0.2.1", "iad": "192.0.2.2", "sin": "192.0.2.3"}

CONF = "listen 127.0.0.1:@PORT@\nworkers 2\ngeoip @DATABASE@\n" + \
    "".join(f"datacenter {name}\n" for name in ADDRESS) + \
    "".join(f"geomap world {key} {order}\n" for key, order in MAP.items()) + "zone app.example.com z.zone\n"
ZONE = SOA + "www STEER geo world\n" + "".join(f"www AT {name} A {a}\n" for name, a in ADDRESS.items())

CONTINENTS = {}


def continent_of(country):
    """The continent of a country for databases that have none, out of the same table as the server's."""
    if not CONTINENTS:
        import re
        for code, continent in re.findall(r'\{"([A-Z]{2})", "([A-Z]{2})"', (ROOT / "src/base/country.c").read_text()):
            CONTINENTS[code] = continent
    return CONTINENTS.get(country)


def country_and_continent(record):
    if not record:
        return None, None
    if "country_code" in record:
        country = record["country_code"]
        return country, record.get("continent_code") or continent_of(country)
    country = (record.get("country") or record.get("registered_country") or {}).get("iso_code")
    return country, record.get("continent", {}).get("code") or continent_of(country)


def expected(reader, address):
    if address.startswith("203.0.113."):
        return "fra"
    if address.startswith("8.8."):
        return "sin"
    country, continent = country_and_continent(reader.get(address))
    for key in (f"{continent}/{country}", f"*/{country}", continent, "*"):
        if key in MAP:
            return MAP[key].split()[0]


def random_address(generator, version):
    if version == 4:
        if generator.random() < 0.02:
            return generator.choice(["203.0.113.", "8.8.4."]) + str(generator.randrange(256))
        return ".".join(str(generator.randrange(1, 224) if i == 0 else generator.randrange(256)) for i in range(4))
    top = generator.choice([0x2001, 0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00]) + generator.randrange(0x20)
    return f"{top:x}:{generator.randrange(0x10000):x}:{generator.randrange(0x10000):x}::{generator.randrange(1, 0x10000):x}"


@pytest.mark.parametrize("name", ["dbip-country.mmdb", "GeoLite2-Country.mmdb"])
def test_random_clients(name):
    path = ROOT / "geoip" / name
    if not path.exists():
        pytest.skip(f"{path.name} has not been fetched: tools/geoip-fetch country geolite2-country")
    generator, counts = random.Random(1), {}
    reader = maxminddb.open_database(str(path), maxminddb.MODE_MEMORY)
    with Server({"gslbd.conf": CONF, "z.zone": ZONE}, DATABASE=path) as server, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.connect(("127.0.0.1", server.port))
        for i in range(10_000):
            version = 6 if i % 4 == 0 else 4
            address = random_address(generator, version)
            query = dns.message.make_query("www.app.example.com.", "A")
            query.use_edns(0, 0, 1232, options=[dns.edns.ECSOption(address, 32 if version == 4 else 128)])
            sock.send(query.to_wire())
            reply = dns.message.from_wire(sock.recv(4096))
            place = expected(reader, address)
            assert reply.answer[0][0].address == ADDRESS[place], f"{address}: {reader.get(address)}"
            counts[place] = counts.get(place, 0) + 1
    print(counts)
    assert min(counts.values()) > 300  # each datacenter had its clients
