# SPDX-License-Identifier: ISC
"""Zones of many messages: beside other clients, across reloads, and to who takes nothing."""

import socket
import struct
import threading
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype
import pytest

from harness import wait_until
from primary import Primary


def many(n, value="192.0.2.7"):
    return "".join(f"n{i} IN A {value}\n" for i in range(n))


def test_many_messages_while_others_are_answered(server):
    """Each is signed; the whole of it, while ordinary queries are answered."""
    server.serial(8, many(30_000))
    asked, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            query = dns.message.make_query("ns1.app.example.com", "A")
            asked.append(dns.query.udp(query, "127.0.0.1", port=server.port, timeout=5).answer[0][0].address)

    clients = [threading.Thread(target=ask) for _ in range(2)]
    for client in clients:
        client.start()
    messages = server.transfer()
    stop.set()
    for client in clients:
        client.join()
    assert sum(len(rrset) for m in messages for rrset in m.answer) == 30_019
    assert len(messages) > 30 and set(asked) == {"192.0.2.53"}
    assert "complete, 30019 records" in server.log()


def begin(server, receive_buffer=4096):
    """Asks for the zone unsigned, and takes nothing of it for now."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(60)
    sock.connect(("127.0.0.1", server.port))
    wire = dns.message.make_query("app.example.com", "AXFR").to_wire()
    sock.sendall(struct.pack("!H", len(wire)) + wire)
    return sock


def serials_of(sock):
    """The SOAs in what comes until the zone or the stream ends, and the number of records."""
    stream, serials, records = sock.makefile("rb"), [], 0
    while len(serials) < 2 and (length := stream.read(2)):
        wire = stream.read(struct.unpack("!H", length)[0])
        records += struct.unpack_from("!H", wire, 6)[0]
        if b"\0\6\0\1" in wire:  # only these messages are worth reading: that takes longer than all else
            answer = dns.message.from_wire(wire).answer
            serials += [rdata.serial for rrset in answer for rdata in rrset if rrset.rdtype == dns.rdatatype.SOA]
    return serials, records


HERE = Path(__file__).parent
CONF = (HERE / "gslbd.conf").read_text().replace("allow-transfer=127.0.0.0/8,key:mover", "allow-transfer=127.0.0.1")
LARGE = (HERE / "app.zone").read_text() + many(60_000)


@pytest.fixture
def large(listener, centers, request):
    """Several times what the sockets' buffers hold, and without a key, so that tests can be slow. `param` ends its conf."""
    with Primary(listener, centers, {"gslbd.conf": CONF + getattr(request, "param", "tcp idle=1m\n"), "app.zone": LARGE}) as server:
        yield server


def test_a_transfer_goes_on_over_a_reload_that_leaves_the_zone_as_it_was(large):
    with begin(large) as sock:
        sock.recv(1, socket.MSG_PEEK)
        large.write("open.zone", (HERE / "open.zone").read_text() + "x IN A 192.0.2.1\n")
        large.reload()
        assert serials_of(sock) == ([7, 7], 60_019)


def test_a_transfer_is_cut_by_a_reload_that_changes_the_zone(large):
    with begin(large) as sock:
        sock.recv(1, socket.MSG_PEEK)
        large.serial(8, many(60_000, "192.0.2.8"))
        serials, records = serials_of(sock)
        assert serials == [7] and records < 60_000
    assert "cut, as the zone has changed" in large.log()
    with begin(large) as sock:
        assert serials_of(sock) == ([8, 8], 60_019)


@pytest.mark.parametrize("large", ["tcp idle=1s\n"], indirect=True, ids=["within a second"])
def test_who_takes_nothing_is_cut_off(large):
    with begin(large) as sock:
        wait_until(lambda: "serial 7 to 127.0.0.1: not taken to its end" in large.log(), 60, "the end of it")
        assert large.answers("ns1.app.example.com") == ["192.0.2.53"]
        with pytest.raises(OSError):
            while sock.recv(65536):
                pass
