# SPDX-License-Identifier: ISC
"""Messages that are read together, of which some are signed: each is answered as if it had come alone."""

import os
import signal
import socket
import struct

import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from primary import MOVER, OTHERS, reply_of
from streams import Replies, connect

ROUNDS = 2  # of more than are read together


def messages():
    """Some of each sort, as queries and what is to come of them."""
    for _ in range(ROUNDS):
        for keyring in (None, MOVER, None, OTHERS, None, None, MOVER):
            for name, kind, rcode in (("ns1.app.example.com", "A", "NOERROR"), (f"{'x' * 60}.app.example.com", "TXT", "NXDOMAIN"),
                                      ("elsewhere.example", "A", "REFUSED")):
                query = dns.message.make_query(name, kind, use_edns=0 if kind == "TXT" else None)
                if keyring:
                    query.use_tsig(keyring)
                yield query, keyring, query.to_wire(), rcode


def right(query, keyring, wire, rcode):
    reply = reply_of(query, wire, keyring)
    assert dns.rcode.to_text(reply.rcode()) == rcode and reply.had_tsig == (keyring is not None)
    assert reply.question == query.question
    assert [rrset[0].address for rrset in reply.answer] == (["192.0.2.53"] if rcode == "NOERROR" else [])


def forged():
    query = dns.message.make_query("ns1.app.example.com", "A")
    query.use_tsig(MOVER)
    return query.to_wire().replace(b"\3ns1", b"\3ns2", 1)


@pytest.fixture(params=["", "query-log queries.log\n"])
def server(server, request):
    server.write("gslbd.conf", (server.folder / "gslbd.conf").read_text() + request.param)
    server.reload()
    return server


def test_over_tcp(server):
    asked = list(messages())
    moved = dns.message.make_query("app.example.com", "AXFR")
    moved.use_tsig(MOVER)
    wires = [wire for _, _, wire, _ in asked]
    wires[5:5] = [forged(), moved.to_wire()]
    with connect(server) as sock:
        sock.sendall(b"".join(struct.pack("!H", len(wire)) + wire for wire in wires))
        replies = Replies(sock)
        for query, keyring, _, rcode in asked[:5]:
            right(query, keyring, replies.octets(), rcode)
        assert replies.octets()[3] & 15 == dns.rcode.NOTAUTH
        zone = dns.message.from_wire(replies.octets(), keyring=MOVER, request_mac=moved.mac, one_rr_per_rrset=True).answer
        assert zone[0].rdtype == zone[-1].rdtype == dns.rdatatype.SOA
        for query, keyring, _, rcode in asked[5:]:
            right(query, keyring, replies.octets(), rcode)


def test_over_udp(server):
    asked = {query.id: (query, keyring, wire, rcode) for query, keyring, wire, rcode in messages()}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(20)
        sock.connect(("127.0.0.1", server.port))
        os.kill(server.process.pid, signal.SIGSTOP)  # so that they come at once
        for _, _, wire, _ in asked.values():
            sock.send(wire)
            sock.send(wire[:7])  # which is dropped
        os.kill(server.process.pid, signal.SIGCONT)
        while asked:
            wire = sock.recv(4096)
            query, keyring, _, rcode = asked.pop(struct.unpack("!H", wire[:2])[0])
            right(query, keyring, wire, rcode)
