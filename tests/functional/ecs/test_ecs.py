# SPDX-License-Identifier: ISC
"""The client-subnet option to the letter of RFC 7871: echoed with a scope, or refused as malformed."""

import socket
import struct

import pytest
from harness import SOA, Server

CONF = """listen 127.0.0.1:@PORT@
datacenter fra
datacenter iad
geomap world * iad fra
geomap world 10.0.0.0/9 fra iad
geomap world 10.128.0.0/9 fra iad
geomap world 2001:db8::/32 fra iad
zone app.example.com z.zone
"""
ZONE = SOA + "www STEER geo world\nwww AT fra A 192.0.2.1\nwww AT iad A 192.0.2.2\n"


@pytest.fixture(scope="module")
def server():
    with Server({"gslbd.conf": CONF, "z.zone": ZONE}) as server:
        yield server


def ask(server, option, name=b"\x03www\x03app\x07example\x03com\x00"):
    """The reply's rcode, its address's last octet, and the option in it, raw."""
    opt = b"\x00" + struct.pack("!HHIH", 41, 1232, 0, len(option)) + option
    query = struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 1) + name + b"\x00\x01\x00\x01" + opt
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.sendto(query, ("127.0.0.1", server.port))
        reply = sock.recv(4096)
    answers = struct.unpack("!H", reply[6:8])[0]
    at = 12 + len(name) + 4 + 16 * answers
    address = reply[at - 1] if answers else None
    rdlength = struct.unpack("!H", reply[at + 9:at + 11])[0]
    assert len(reply) == at + 11 + rdlength
    return reply[3] & 15, address, reply[at + 11:]


def subnet(family, source, scope, address):
    data = struct.pack("!HBB", family, source, scope) + bytes(address)
    return struct.pack("!HH", 8, len(data)) + data


@pytest.mark.parametrize("family, source, address, expected, scope", [
    (1, 24, [10, 1, 2], 1, 8),       # the two halves of 10/8 agree, so they are one
    (1, 32, [10, 200, 1, 1], 1, 8),
    (1, 4, [0], 2, 5),               # shorter than the scope: 8.0.0.0/5 holds 10/8, so 0.0.0.0/5 is as wide as can be
    (1, 24, [11, 1, 2], 2, 8),
    (1, 24, [192, 0, 2], 2, 1),
    (2, 56, [0x20, 1, 0xd, 0xb8, 0, 0, 0], 1, 32),
    (2, 48, [0x20, 1, 0xd, 0xb9, 0, 0], 2, 32),
    (2, 128, [0] * 10 + [255, 255, 10, 1, 2, 3], 1, 104),  # an IPv4-mapped address is its IPv4 address
])
def test_echo_with_the_shortest_scope(server, family, source, address, expected, scope):
    rcode, answered, option = ask(server, subnet(family, source, 0, address))
    assert rcode == 0
    assert answered == expected
    assert option == subnet(family, source, scope, address)


def test_source_zero_has_scope_zero(server):
    for family in (0, 1, 2):
        rcode, _, option = ask(server, subnet(family, 0, 0, []))
        assert rcode == 0 and option == subnet(family, 0, 0, [])


def test_other_options_are_passed_over(server):
    other = struct.pack("!HH", 65001, 3) + b"abc"
    rcode, answered, option = ask(server, other + subnet(1, 24, 0, [10, 1, 2]) + other)
    assert (rcode, answered) == (0, 1)
    assert option == subnet(1, 24, 8, [10, 1, 2])


@pytest.mark.parametrize("option", [
    subnet(1, 33, 0, [10, 0, 0, 0, 0]), subnet(2, 129, 0, [0] * 17), subnet(3, 8, 0, [10]), subnet(0, 8, 0, [10]),
    subnet(1, 24, 24, [10, 1, 2]), subnet(1, 24, 0, [10, 1]), subnet(1, 24, 0, [10, 1, 2, 0]),
    subnet(1, 20, 0, [10, 1, 0x1f]), struct.pack("!HH", 8, 3) + b"\0\1\0", struct.pack("!HH", 8, 0),
    struct.pack("!HH", 8, 99) + b"\0\1\0\0", subnet(1, 8, 0, [10]) * 2, b"\0\x08\0",
])
def test_malformed_gets_formerr(server, option):
    rcode, answered, _ = ask(server, option)
    assert rcode == 1 and answered is None


def test_scopes_do_not_follow_health(server):
    """Whether fra is up or down is no matter of the client's place (seen here as: the scope is of the map alone)."""
    assert ask(server, subnet(1, 24, 0, [10, 1, 2]))[2][7] == 8
