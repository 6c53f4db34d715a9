# SPDX-License-Identifier: ISC
"""Who takes more than its share of connections, or too long, is cut off, and it is counted why."""

import contextlib
import socket
import struct
import threading
import time

import dns.message
import pytest
from admin import AdminServer
from harness import wait_until
from proc import descriptors, memory_kib
from streams import Replies, framed, many

HEAD = """listen 127.0.0.1:@PORT@
workers 1
admin 127.0.0.1:@ADMIN@ token-file=admin.token
tcp @TCP@
"""
ZONE = "www A 192.0.2.1\n" + "".join(f"huge TXT \"{i:04} {'x' * 240}\"\n" for i in range(210))
LARGE = ZONE + "".join(f"t{i} TXT \"{'x' * 240}\"\n" for i in range(8000))


def limited(tcp, zone=ZONE):
    return AdminServer("", zone, head=HEAD, peers="allow-transfer=127.0.0.0/8", TCP=tcp)


def connect(server, source="127.0.0.1", receive_buffer=None):
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.bind((source, 0))
    sock.settimeout(30)
    sock.connect(("127.0.0.1", server.port))
    return sock


def ask(sock, ident=1):
    sock.sendall(framed(ident=ident))
    return Replies(sock).idents(1) == [ident]


def is_served(server, source="127.0.0.1"):
    try:
        with connect(server, source) as sock:
            return ask(sock)
    except ConnectionError:
        return False


def closed(server, reason):
    return server.metric("gslbd_connections_closed_total", transport="tcp", reason=reason)


def test_a_client_has_no_more_than_its_share():
    with limited("per-client=5") as server, contextlib.ExitStack() as stack:
        mine = [stack.enter_context(connect(server)) for _ in range(5)]
        assert all(ask(sock) for sock in mine)
        assert not is_served(server)
        assert closed(server, "per_client") == 1
        assert is_served(server, "127.0.0.2")
        assert all(ask(sock, 2) for sock in mine)
        assert server.metric("gslbd_connections", transport="tcp") in (5, 6)
        mine[0].close()
        wait_until(lambda: is_served(server), 10, "there is room for another")
        opened = server.metric("gslbd_connections_opened_total", transport="tcp")
        wait_until(lambda: server.metric("gslbd_connections", transport="tcp") == 4, 10, "who is gone is not counted")
        assert opened == 4 + sum(closed(server, reason) for reason in ("done", "broken", "per_client"))


def test_the_longest_idle_gives_way():
    with limited("connections=5 per-client=0") as server, contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connect(server)) for _ in range(5)]
        assert all(ask(sock) for sock in socks)
        assert ask(socks[0], 2)
        assert is_served(server)
        assert socks[1].recv(1) == b"" and ask(socks[0], 3)
        assert closed(server, "crowded") == 1


def test_less_patience_where_there_is_less_room():
    """Of 8 s a quarter is left where all connections are taken."""
    with limited("connections=8 idle=8s") as server, contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connect(server)) for _ in range(8)]
        assert all(ask(sock) for sock in socks)
        begin = time.monotonic()
        assert socks[0].recv(1) == b""
        assert time.monotonic() - begin < 7
        assert closed(server, "idle") >= 1
        assert is_served(server)


def trickle(sock, octets):
    """An octet at a time, until the other side has had enough. Returns how many it took."""
    for n, octet in enumerate(octets):
        try:
            sock.send(bytes([octet]))
        except OSError:
            return n
        time.sleep(0.05)
    return len(octets)


@pytest.mark.parametrize("octets", [framed()[:-1], struct.pack("!H", 60000) + b"x" * 2000], ids=["short", "long"])
def test_a_query_that_never_ends(octets):
    """It is cut off though something comes all the time; who sends slowly, but is done in time, is served."""
    with limited("idle=1s") as server:
        with connect(server) as sock:
            if len(octets) < 100:
                sock.sendall(octets)
                assert sock.recv(1) == b""
            else:
                assert trickle(sock, octets) < 200
        wait_until(lambda: closed(server, "slow") == 1, 10, "it is counted")
        assert closed(server, "idle") == 0
        with connect(server) as sock:
            for i in range(3):
                sock.sendall(framed(ident=i)[:10])
                time.sleep(0.6)  # more than the time for a connection, but less than that for a query
                sock.sendall(framed(ident=i)[10:])
                assert Replies(sock).idents(1) == [i]


def test_replies_that_are_taken_an_octet_at_a_time():
    with limited("idle=1s") as server, connect(server, receive_buffer=2048) as sock:
        sock.sendall(many(200, "huge", "TXT"))

        def sip():
            try:
                while closed(server, "slow") < 1:
                    sock.recv(1)
            except ConnectionResetError:
                pass
        sipping = threading.Thread(target=sip)
        sipping.start()
        wait_until(lambda: closed(server, "slow") == 1, 20, "it is cut off")
        sipping.join()


def axfr(sock):
    query = dns.message.make_query("app.example.com.", "AXFR", id=7).to_wire()
    sock.sendall(struct.pack("!H", len(query)) + query)
    return sock


def rcode(sock):
    return dns.message.from_wire(Replies(sock).octets(), one_rr_per_rrset=True).rcode()


def test_transfers_at_once():
    with limited("transfers=1 idle=1s", LARGE) as server:
        with axfr(connect(server, receive_buffer=2048)) as first:
            assert first.recv(2) != b""
            for refused in range(1, 4):
                with axfr(connect(server, "127.0.0.9")) as more:
                    assert rcode(more) == 2
                assert server.metric("gslbd_query_events_total", event="transfers_limited") == refused
            assert server.metric("gslbd_query_events_total", event="transfers_refused") == 0
            said = [line for line in server.log().splitlines() if "transfer: app.example.com. refused to 127.0.0.9" in line]
            assert len(said) == 1 and "as 1, this worker's share of tcp transfers=, are under way" in said[0], said
            wait_until(lambda: closed(server, "slow") == 1, 20, "who does not take it is cut off")
        with axfr(connect(server)) as third:
            assert rcode(third) == 0


def hostile(server, i):
    """A connection of one of many kinds, from one of many addresses, that its client then leaves alone."""
    sock = connect(server, f"127.0.{1 + i % 50}.1", receive_buffer=2048)
    say = [b"", b"\0", struct.pack("!H", 65535), framed()[:-1], struct.pack("!H", 60000) + b"x" * 5000, many(40, "huge", "TXT"),
           framed() + b"\0\0", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\0\x01" * 10, framed()][i % 10]
    try:
        sock.sendall(say)
        if i % 10 == 9:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
    except OSError:
        pass
    return sock


def wave(server, n):
    """Honest clients are served all the while; in the end all of the others are gone."""
    socks = []
    for i in range(n):
        socks.append(hostile(server, i))
        if i % 20 == 0:
            assert is_served(server, "127.0.99.1")
            assert server.answers("www.app.example.com") == ["192.0.2.1"]
    wait_until(lambda: server.metric("gslbd_connections", transport="tcp") == 0, 30, "all are closed")
    for sock in socks:
        sock.close()
    return memory_kib(server.process.pid), descriptors(server.process.pid)


def test_a_thousand_hostile_connections():
    """Once memory has been taken and given back, more of them take no more."""
    with limited("connections=250 idle=1s") as server:
        wave(server, 300)
        before, had = wave(server, 400)
        after, _ = wave(server, 300)
        wait_until(lambda: descriptors(server.process.pid) <= had, 10, "descriptors are given back")
        if "sanitizers" not in server.log():  # which keep what is freed for a while
            assert after - before < 4 * 1024
        assert closed(server, "slow") > 0
        assert server.metric("gslbd_connections_opened_total", transport="tcp") >= 1000
        assert is_served(server)
