# SPDX-License-Identifier: ISC
"""Signed messages of any kind, and what is told of wrong ones."""

import base64
import socket
import struct
import time

import dns.message
import dns.rcode
import dns.tsig
import dns.tsigkeyring
import pytest

from primary import MOVER, OTHERS, SECRET, reply_of


@pytest.mark.parametrize("tcp", [False, True])
def test_an_ordinary_query_that_is_signed_is_answered_signed(server, tcp):
    for keyring in (MOVER, OTHERS):
        query, wire = server.ask("ns1.app.example.com", "A", keyring, tcp)
        reply = reply_of(query, wire, keyring)
        assert reply.had_tsig and reply.answer[0][0].address == "192.0.2.53"


LONG = ".".join(["k" * 63, "e" * 63, "y" * 63, "z" * 61])  # 255 octets
LONGS = dns.tsigkeyring.from_text({LONG: (dns.tsig.HMAC_SHA512, SECRET)})


@pytest.mark.parametrize("name, edns", [("ns1.app.example.com", None), (f"{'x' * 63}.app.example.com", 0)])
def test_a_key_may_have_the_longest_name(server, name, edns):
    server.write("gslbd.conf", (server.folder / "gslbd.conf").read_text() + f"key {LONG} algorithm=hmac-sha512 secret={SECRET}\n")
    server.reload()
    query = dns.message.make_query(name, "A", use_edns=edns)
    query.use_tsig(LONGS)
    reply = reply_of(query, server.exchange(query.to_wire()), LONGS)
    assert reply.had_tsig and reply.rcode() == (0 if edns is None else 3)
    reply = reply_of(query, server.exchange(query.to_wire(), tcp=True), LONGS)
    assert reply.had_tsig
    assert len(server.transfer(zone="open.example", keyring=OTHERS)) > 0
    query = dns.message.make_query(LONG, "A")  # there is no room for its signature in 512 octets: no reply
    query.use_tsig(LONGS)
    dropped = query.to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(dropped, ("127.0.0.1", server.port))
    assert reply_of(query, server.exchange(query.to_wire(), tcp=True), LONGS).rcode() == 5


def damage(wire):
    """Another letter in the question."""
    return wire.replace(b"\3ns1", b"\3ns2", 1)


WRONG = dns.tsigkeyring.from_text({"mover.": (dns.tsig.HMAC_SHA256, base64.b64encode(b"x" * 32).decode())})
UNKNOWN = dns.tsigkeyring.from_text({"nobody.": (dns.tsig.HMAC_SHA256, SECRET)})
WEAK = dns.tsigkeyring.from_text({"mover.": (dns.tsig.HMAC_SHA1, SECRET)})


@pytest.mark.parametrize("keyring, change, error", [
    (WRONG, None, dns.tsig.PeerBadSignature),
    (MOVER, damage, dns.tsig.PeerBadSignature),
    (UNKNOWN, None, dns.tsig.PeerBadKey),
    (WEAK, None, dns.tsig.PeerBadKey),
    (LONGS, None, dns.tsig.PeerBadKey),
])
def test_a_bad_signature_is_refused(server, keyring, change, error):
    query, wire = server.ask("ns1.app.example.com", "A", keyring, change=change)
    assert struct.unpack("!H", wire[2:4])[0] & 0xF == 9 and struct.unpack("!H", wire[6:8])[0] == 0
    with pytest.raises(error):
        reply_of(query, wire, keyring)
    assert server.metric('gslbd_query_events_total{event="tsig_refused"}') == 1


def signed(name, when, cut=None):
    """A query signed at another time, with its MAC cut to so many octets."""
    query = dns.message.make_query(name, "A")
    query.use_tsig(MOVER)
    key = query.keyring
    wire = query.to_wire()
    body = dns.message.make_query(name, "A", id=query.id).to_wire()
    rdata = query.tsig[0].replace(time_signed=when)
    rdata, _ = dns.tsig.sign(body, key, rdata, when, b"")
    mac = rdata.mac[:cut]
    alg = key.algorithm.to_wire()
    tsig = (alg + struct.pack("!HIHH", when >> 32, when & 0xFFFFFFFF, 300, len(mac)) + mac +
            struct.pack("!HHH", query.id, 0, 0))
    wire = body[:10] + struct.pack("!H", 1) + body[12:]
    wire += key.name.to_wire() + struct.pack("!HHIH", 250, 255, 0, len(tsig)) + tsig
    return rdata.mac[:cut], wire


@pytest.mark.parametrize("shift, cut, error", [
    (-301, None, dns.tsig.PeerBadTime), (400, None, dns.tsig.PeerBadTime), (0, 16, dns.tsig.PeerBadTruncation),
])
def test_a_signature_of_another_time_or_cut_short_is_told_signed(server, shift, cut, error):
    mac, wire = signed("ns1.app.example.com", int(time.time()) + shift, cut)
    with pytest.raises(error):
        dns.message.from_wire(server.exchange(wire), keyring=MOVER, request_mac=mac)


@pytest.mark.parametrize("cut, rcode", [(9, "FORMERR"), (15, "FORMERR")])
def test_a_mac_that_is_too_short_to_be_one_is_malformed(server, cut, rcode):
    _, wire = signed("ns1.app.example.com", int(time.time()), cut)
    assert dns.rcode.to_text(dns.message.from_wire(server.exchange(wire)).rcode()) == rcode


def test_a_secret_that_others_can_read_is_refused(server):
    (server.folder / "mover.secret").chmod(0o644)
    server.reload()
    assert "mover.secret: others than its owner and group can use it; chmod 640" in server.log()
    (server.folder / "mover.secret").chmod(0o640)
    server.reload()
    assert "reload: done" in server.log()


def test_a_secret_in_a_file_that_everyone_reads_is_warned_of(server):
    assert "everyone can read this file; secret-file= would keep the secret apart" in server.log()
