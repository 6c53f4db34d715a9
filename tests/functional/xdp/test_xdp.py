# SPDX-License-Identifier: ISC
"""Queries taken at the interface are answered as those that come by sockets, and nothing else is touched."""

import random
import socket
import struct

import dns.edns
import dns.flags
import dns.message
import pytest
from harness import wait_until
from lab import PORT, V4, V6, Echo, inside, query


@pytest.fixture(scope="module")
def server(lab):
    with lab.gslbd() as server:
        assert "xdp=veth0: 1 queue, in the driver, copied" in server.log()
        assert lab.attached()
        yield server
    assert not lab.attached()


QUERIES = {
    "an address": query(),
    "IPv6 address": query(kind="AAAA"),
    "an alias": query("alias"),
    "a wildcard": query("x.y.wild", "TXT"),
    "no such name": query("none"),
    "no data": query(kind="TXT"),
    "another zone": dns.message.make_query("example.net.", "A", id=1),
    "letter case": query("wWw"),
    "EDNS": query(use_edns=0, payload=1232),
    "EDNS with DO": query(use_edns=0, want_dnssec=True),
    "client subnet": query(use_edns=0, options=[dns.edns.ECSOption("203.0.113.0", 24)]),
    "EDNS version 1": query(use_edns=1),
    "truncated at 512": query("big"),
    "fits with EDNS": query("tall", use_edns=0, payload=1232),
    "truncated at 1232": query("big", use_edns=0, payload=4096),
    "class CH": dns.message.make_query("www.app.example.com.", "TXT", "CH", id=1),
    "a notify": b"\0\1\x20\0\0\1\0\0\0\0\0\0" + query().to_wire()[12:],
    "a header alone": b"\0\1" + b"\0" * 10,
    "garbage in the question": b"\0\1\0\0\0\1\0\0\0\0\0\0\xff\xff",
    "garbage behind it": query().to_wire() + b"x",
}


@pytest.mark.parametrize("address", [V4, V6])
@pytest.mark.parametrize("name", QUERIES)
def test_the_same_answer_as_over_a_socket(lab, server, name, address):
    before = server.counts()
    by_xdp = lab.ask(QUERIES[name], address)
    by_socket = lab.ask(QUERIES[name], address, side=lab.server)  # by loopback
    assert by_xdp == by_socket is not None
    after = server.counts()
    assert [after[t] - before[t] for t in ("xdp", "udp", "tcp")] == [1, 1, 0]


@pytest.mark.parametrize("raw", [b"", b"x", b"\0" * 11, b"\0\1\x80\0" + b"\0" * 8])
def test_no_reply_to_what_is_no_query(lab, server, raw):
    assert lab.ask(raw, timeout=0.3) is None
    assert lab.ask(query()) is not None


@pytest.mark.parametrize("address", [V4, V6])
def test_dig_tries_again_over_tcp(server, address):
    server.address = address
    assert len(server.dig("big.app.example.com").answers) == 100
    assert server.dig("www.app.example.com").answers == ["192.0.2.1"]
    assert server.dig("www.app.example.com", tcp=True).answers == ["192.0.2.1"]
    server.address = V4


@pytest.mark.parametrize("address", [V4, V6])
def test_another_service_on_the_same_address(lab, server, address):
    Echo(lab, address, PORT + 1)
    for length in (1, 12, 500, 1400):
        octets = random.randbytes(length)
        assert lab.ask(octets, address, PORT + 1) == octets


def icmp_sum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def test_ping(lab, server):
    request = struct.pack("!BBHHH", 8, 0, 0, 99, 1) + b"ping"
    request = request[:2] + struct.pack("!H", icmp_sum(request)) + request[4:]
    with inside(lab.client), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        sock.settimeout(5)
        sock.sendto(request, (V4, 0))
        while True:
            reply = sock.recv(2048)[20:]
            if reply[4:6] == request[4:6]:
                break
        assert reply[0] == 0 and reply[8:] == b"ping"


def test_many_more_than_there_are_frames(lab, server):
    """Each of the rings goes round several times, with up to 64 queries under way."""
    before = server.counts()["xdp"]
    wire, n, under_way, got = query().to_wire()[2:], 20000, 64, 0
    with inside(lab.client), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.connect((V4, PORT))
        for i in range(n):
            sock.send(struct.pack("!H", i) + wire)
            while i - got >= under_way or (i == n - 1 and got < n):
                assert sock.recv(512)[:2] == struct.pack("!H", got)  # in order, as there is one queue
                got += 1
    assert server.counts()["xdp"] - before == n


def test_a_burst_that_nobody_reads(lab, server):
    """Replies go to a port that is closed by then; all frames come back."""
    wire = query("big", use_edns=0, payload=1232).to_wire()
    for _ in range(3):
        with inside(lab.client), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect((V4, PORT))
            for _ in range(6000):
                try:
                    sock.send(wire)
                except ConnectionRefusedError:
                    pass
        wait_until(lambda: lab.ask(query(), timeout=0.5) is not None, what="an answer")


def test_reload(lab, server):
    server.write("z.zone", (server.folder / "z.zone").read_text().replace("192.0.2.1\n", "192.0.2.99\n", 1))
    server.reload()
    assert server.dig("www.app.example.com").answers == ["192.0.2.99"]
    conf = (server.folder / "gslbd.conf").read_text()
    server.write("gslbd.conf", conf.replace(" xdp=veth0", "", 1))
    server.reload()
    assert "reload: a change of listen takes effect at the next start" in server.log()
    before = server.counts()["xdp"]
    assert server.dig("www.app.example.com").answers == ["192.0.2.99"]
    assert server.counts()["xdp"] == before + 1
    server.write("gslbd.conf", conf)
    server.reload()
