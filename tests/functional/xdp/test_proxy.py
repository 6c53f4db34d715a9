# SPDX-License-Identifier: ISC
"""Proxies before a server that takes queries at its interface: the client of the header is the client there too."""

import ipaddress
import re
import struct

import dns.message
import pytest
from api import Api
from harness import wait_until
from lab import ADMIN, CLIENT_V4, CLIENT_V6, LISTENS, V4, V6, Gslbd, Lab, inside

FRA, IAD = "198.51.100.1", "198.51.100.2"
STEERED = """datacenter fra
datacenter iad
geomap world * iad
geomap world 192.0.2.0/24 fra
geomap world 2001:db8::/32 fra
zone geo.example geo.zone allow-transfer=192.0.2.7
query-log queries.log
"""
GEO = "$TTL 30\n@ SOA ns h 1 1h 15m 14d 30s\n@ NS ns\nns A 192.0.2.53\nwww AT fra A 198.51.100.1\nwww AT iad A 198.51.100.2\n" + \
    "".join(f"big A 192.0.2.{i}\n" for i in range(1, 101))
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def header(client, values=b""):
    """Of a client; None: of the proxy itself, which asks on its own behalf."""
    if client is None:
        return SIGNATURE + struct.pack("!BBH", 0x20, 0, len(values)) + values
    address = ipaddress.ip_address(client)
    body = address.packed * 2 + struct.pack("!HH", 12345, 53) + values
    return SIGNATURE + struct.pack("!BBH", 0x21, 0x12 if address.version == 4 else 0x22, len(body)) + body


def ask(name="www", **options):
    return dns.message.make_query(f"{name}.geo.example.", "A", id=1, **options).to_wire()


def told(wire):
    return [str(record) for rrset in dns.message.from_wire(wire).answer for record in rrset]


@pytest.fixture(scope="module")
def lab():
    lab = Lab()
    yield lab
    lab.close()


def conf(proxies):
    return f"{LISTENS}{ADMIN}proxy-from {proxies}\n{STEERED}workers 2\nzone app.example.com z.zone\n"


class Proxied(Gslbd):
    def __init__(self, lab):
        super().__init__(lab, conf(f"{CLIENT_V4} {CLIENT_V6}"))

    def start(self, wait=True):
        self.write("geo.zone", GEO)
        super().start(wait)

    def trust(self, proxies):
        self.write("gslbd.conf", conf(proxies))
        self.reload()

    def malformed(self):
        with inside(self.lab.server):
            text = Api(8053).ask("GET", "/metrics").text
        return int(re.search(r'^gslbd_query_events_total\{event="proxy_malformed"\} (\d+)', text, re.M)[1])


@pytest.fixture(scope="module")
def server(lab):
    with Proxied(lab) as server:
        assert lab.attached()
        yield server


CLIENTS = [("192.0.2.7", FRA), ("198.51.100.7", IAD), ("2001:db8::7", FRA), ("2001:db9::7", IAD), ("::ffff:192.0.2.7", FRA), (None, IAD)]


@pytest.mark.parametrize("address", [V4, V6])
@pytest.mark.parametrize("values", [b"", b"\xe0\x00\x02hi" * 60], ids=["bare", "values"])
@pytest.mark.parametrize("client, answer", CLIENTS)
def test_the_client_of_the_header_is_the_client(lab, server, client, answer, values, address):
    before = server.counts()["xdp"]
    reply = lab.ask(header(client, values) + ask(), address)
    assert told(reply) == [answer] and reply[:2] == b"\0\1"  # without a header of its own
    assert server.counts()["xdp"] == before + 1


@pytest.mark.parametrize("values", [b"", b"\xe0\x00\x02hi" * 200], ids=["bare", "values"])
def test_the_frame_of_a_reply_goes_by_what_the_client_takes_not_by_the_header(lab, server, values):
    """A reply takes the place of header and query, shorter or longer than both."""
    for options, truncated in (({}, True), ({"use_edns": 0, "payload": 1232}, True), ({"use_edns": 0, "payload": 512}, True)):
        reply = lab.ask(header("192.0.2.7", values) + ask("big", **options))
        assert len(reply) <= options.get("payload", 512)
        assert bool(dns.message.from_wire(reply).flags & 0x200) == truncated
    assert told(lab.ask(header("192.0.2.7", values) + ask())) == [FRA]


BAD = {"no header": ask(), "its beginning alone": SIGNATURE, "cut in the address": header("192.0.2.7")[:20],
       "version 3": header("192.0.2.7").replace(b"\x21", b"\x31") + ask(),
       "version 1": b"PROXY UDP4 192.0.2.7 10.77.0.1 1 53\r\n" + ask()}


@pytest.mark.parametrize("row", BAD)
def test_a_proxy_without_a_sound_header_is_not_answered(lab, server, row):
    before = server.malformed()
    assert lab.ask(BAD[row], timeout=0.5) is None
    assert server.malformed() == before + 1
    assert told(lab.ask(header("192.0.2.7") + ask())) == [FRA]


def test_it_is_recorded_as_of_the_client(lab, server):
    log = server.folder / "queries.log"
    assert told(lab.ask(header("192.0.2.99") + ask())) == [FRA]
    wait_until(lambda: log.exists() and "192.0.2.99" in log.read_text(), 10, "a line of the query log")


def test_who_is_no_proxy_says_nothing_of_clients(lab, server):
    before = server.counts()["xdp"]
    server.trust("192.0.2.1")
    assert dns.message.from_wire(lab.ask(header("192.0.2.7") + ask())).rcode() != 0  # an opcode that there is not
    assert told(lab.ask(ask())) == [IAD]
    server.trust(f"{CLIENT_V4}/32 {CLIENT_V6}/128")
    assert told(lab.ask(header("192.0.2.7") + ask())) == [FRA]
    assert lab.ask(ask(), timeout=0.5) is None
    assert server.counts()["xdp"] == before + 3
