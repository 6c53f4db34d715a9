# SPDX-License-Identifier: ISC
"""Frames as no honest client sends them: what is for the kernel reaches it, and nothing does harm."""

import socket
import struct

import pytest
from lab import CLIENT_V4, CLIENT_V6, PORT, V4, V6, Wire, query

SPORT = 4444


@pytest.fixture(scope="module")
def server(lab):
    with lab.gslbd() as server:
        yield server


@pytest.fixture
def wire(lab, server):
    lab.ask(query(), V4), lab.ask(query(), V6)  # who is where is known from here on
    wire = Wire(lab)
    yield wire
    wire.close()


def total(octets):
    octets += b"\0" * (len(octets) % 2)
    n = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return n


def udp(payload, pseudo, port=PORT, length=None):
    length = 8 + len(payload) if length is None else length
    packet = struct.pack("!HHHH", SPORT, port, length, 0) + payload
    checksum = ~total(pseudo + struct.pack("!HH", 17, length) + packet) & 0xffff or 0xffff
    return packet[:6] + struct.pack("!H", checksum) + packet[8:]


def ipv4(payload, options=b"", flags=0, protocol=17, length=None, source=CLIENT_V4):
    addresses = socket.inet_aton(source) + socket.inet_aton(V4)
    length = 20 + len(options) + len(payload) if length is None else length
    head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, length, 77, flags, 64, protocol, 0) + addresses + options
    return head[:10] + struct.pack("!H", ~total(head) & 0xffff) + head[12:] + payload


def ipv6(payload, following=17, length=None):
    length = len(payload) if length is None else length
    return struct.pack("!IHBB", 6 << 28, length, following, 64) + socket.inet_pton(socket.AF_INET6, CLIENT_V6) + \
        socket.inet_pton(socket.AF_INET6, V6) + payload


PSEUDO4 = socket.inet_aton(CLIENT_V4) + socket.inet_aton(V4)
PSEUDO6 = socket.inet_pton(socket.AF_INET6, CLIENT_V6) + socket.inet_pton(socket.AF_INET6, V6)
QUERY = query(ident=0x7a7a).to_wire()
QUERY += b"\0" * (-len(QUERY) % 8)  # fragments are cut at multiples of 8; what is behind it makes a FORMERR
UDP4, UDP6 = udp(QUERY, PSEUDO4), udp(QUERY, PSEUDO6)
IPV4, IPV6, VLAN = b"\x08\x00", b"\x86\xdd", b"\x81\x00"


def damaged(octets, at):
    return octets[:at] + bytes([octets[at] ^ 0x10]) + octets[at + 1:]


def fragments6():
    return [ipv6(struct.pack("!BBHI", 17, 0, offset | more, 5) + part, 44)
            for offset, more, part in ((0, 1, UDP6[:24]), (24, 0, UDP6[24:]))]


# Frames, and by which way they are answered; None: not at all.
SENT = {
    "sound IPv4": ([IPV4 + ipv4(UDP4)], "xdp"),
    "sound IPv6": ([IPV6 + ipv6(UDP6)], "xdp"),
    "no checksum, IPv4": ([IPV4 + ipv4(UDP4[:6] + b"\0\0" + UDP4[8:])], "xdp"),
    "no checksum, IPv6": ([IPV6 + ipv6(UDP6[:6] + b"\0\0" + UDP6[8:])], None),
    "wrong checksum, IPv4": ([IPV4 + ipv4(damaged(UDP4, 20))], None),
    "wrong checksum, IPv6": ([IPV6 + ipv6(damaged(UDP6, 20))], None),
    "wrong IPv4 checksum": ([IPV4 + damaged(ipv4(UDP4), 10)], None),
    "IPv4 options": ([IPV4 + ipv4(UDP4, options=b"\1\1\1\0")], "udp"),
    "IPv4 fragments": ([IPV4 + ipv4(UDP4[:24], flags=0x2000), IPV4 + ipv4(UDP4[24:], flags=3)], "udp"),
    "the last fragment first": ([IPV4 + ipv4(UDP4[24:], flags=3), IPV4 + ipv4(UDP4[:24], flags=0x2000)], "udp"),
    "a first fragment alone": ([IPV4 + ipv4(UDP4, flags=0x2000)], None),
    "IPv6 destination options": ([IPV6 + ipv6(b"\x11\0\1\4\0\0\0\0" + UDP6, 60)], "udp"),
    "IPv6 fragments": ([IPV6 + fragment for fragment in fragments6()], "udp"),
    "a VLAN that is not there": ([VLAN + b"\0\7" + IPV4 + ipv4(UDP4)], None),
    "VLAN 0": ([VLAN + b"\0\0" + IPV4 + ipv4(UDP4)], "udp"),
    "IPv4 length over the frame": ([IPV4 + ipv4(UDP4, length=400)], None),
    "IPv4 length under UDP's": ([IPV4 + ipv4(UDP4, length=27)], None),
    "IPv6 length over the frame": ([IPV6 + ipv6(UDP6, length=400)], None),
    "IPv6 length 0": ([IPV6 + ipv6(UDP6, length=0)], None),
    "UDP length over the packet": ([IPV4 + ipv4(udp(QUERY, PSEUDO4, length=300))], None),
    "UDP length 7": ([IPV4 + ipv4(udp(QUERY, PSEUDO4, length=7))], None),
    "from loopback": ([IPV4 + ipv4(UDP4, source="127.0.0.1")], None),
    "from multicast": ([IPV4 + ipv4(UDP4, source="224.0.0.1")], None),
    "cut off in the UDP header": ([IPV4 + ipv4(UDP4)[:26]], None),
    "cut off in the IP header": ([IPV4 + ipv4(UDP4)[:11]], None),
    "an Ethernet header alone": ([IPV4], None),
    "longer than a reply gets": ([IPV4 + ipv4(udp(QUERY + b"\0" * (1480 - 8 - len(QUERY)), PSEUDO4))], "xdp"),
}


def is_reply(frame):
    return struct.pack("!HH", PORT, SPORT) in frame and QUERY[:2] in frame


@pytest.mark.parametrize("name", SENT)
def test_by_which_way(lab, server, wire, name):
    frames, way = SENT[name]
    before = server.counts()
    for frame in frames:
        wire.send(wire.head + frame)
    assert (wire.receive(is_reply, 5 if way else 0.3) is not None) == (way is not None)
    after = server.counts()
    assert {t: after[t] - before[t] for t in after if after[t] != before[t]} == ({way: 1} if way else {})
    assert lab.ask(query(), V4) and lab.ask(query(), V6)


@pytest.mark.parametrize("packet, family", [(ipv4(UDP4), IPV4), (ipv6(UDP6), IPV6)], ids=["IPv4", "IPv6"])
def test_every_length_and_every_damaged_octet(lab, server, wire, packet, family):
    frame = wire.head + family + packet
    for length in range(14, len(frame)):
        wire.send(frame[:length])
    for at in range(12, len(frame)):
        wire.send(damaged(frame, at))
    assert lab.ask(query(), V4) and lab.ask(query(), V6)


def test_to_another_ethernet_address(lab, server, wire):
    before = server.counts()
    for mac in (b"\xff" * 6, b"\2\0\0\0\0\7"):
        wire.send(mac + wire.head[6:] + IPV4 + ipv4(UDP4))
    reply = wire.receive(is_reply, 0.5)  # what is sent to all is the kernel's to judge
    after = server.counts()
    assert after["xdp"] == before["xdp"] and after["udp"] - before["udp"] == (reply is not None)


@pytest.mark.parametrize("packet, family", [(ipv4(UDP4), IPV4), (ipv6(UDP6), IPV6)], ids=["IPv4", "IPv6"])
def test_a_reply_goes_straight_back(server, wire, family, packet):
    wire.send(wire.head + family + packet)
    reply = wire.receive(is_reply)
    assert reply[:6] == wire.head[6:] and reply[6:12] == wire.head[:6] and reply[12:14] == family
    ip = reply[14:]
    if family == IPV4:
        assert ip[:2] == b"\x45\0" and total(ip[:20]) == 0xffff and ip[12:20] == PSEUDO4[4:] + PSEUDO4[:4]
        pseudo, packet = ip[12:20], ip[20:]
    else:
        assert ip[:4] == b"\x60\0\0\0" and ip[8:40] == PSEUDO6[16:] + PSEUDO6[:16]
        pseudo, packet = ip[8:40], ip[40:]
    length = struct.unpack("!H", packet[4:6])[0]
    assert length == len(packet)
    assert total(pseudo + struct.pack("!HH", 17, length) + packet) == 0xffff
