# SPDX-License-Identifier: ISC
"""
A million mutated packets and forty thousand hostile TCP sessions, less with sanitizers: who asks honestly in between is
answered, and neither memory nor descriptors grow.
"""

import os
import random
import resource
import select
import socket
import struct
import time

import pytest
from harness import SOA, Server, wait_until
from honest import address_in, over_tcp, query
from mutants import Mutants
from proc import descriptors, memory_kib

SANITIZED = os.environ.get("GSLBD_TEST_EVERY", "1") != "1"
PACKETS, SESSIONS = (300_000, 10_000) if SANITIZED else (1_000_000, 40_000)
BURST = 100  # packets that a socket's buffer surely takes
AT_ONCE = 250  # sessions
WARM = 0.25  # of all: then memory is what it will be, but for how it happens to be cut up
GROWTH_KIB = 8192 if SANITIZED else 4096
RIGHT = {"192.0.2.1", "192.0.2.2"}

CONF = """listen 127.0.0.1:@PORT@
tcp per-client=0
workers 2
explain-from 127.0.0.0/8
datacenter fra location=50,8
datacenter iad location=39,-77
geomap world * iad fra
geomap world 10.0.0.0/8 fra ...
key k secret=MDEyMzQ1Njc4OWFiY2RlZg==
zone example z.zone allow-transfer=127.0.0.0/8 allow-transfer=key:k
zone app.example.com z.zone
"""
ZONE = SOA + """www STEER geo world
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
rr STEER pool pick=round-robin
rr AT fra A 192.0.2.1
rr AT iad A 192.0.2.2
*.w CNAME www
d DNAME w
""" + "".join(f'long TXT "{i:04} {"x" * 200}"\n' for i in range(200))


@pytest.fixture
def server(monkeypatch):
    if SANITIZED:  # what is freed is kept back for a while: that is no leak
        monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1")
    with Server({"gslbd.conf": CONF, "z.zone": ZONE}) as server:
        yield server


class Watch:
    """What the server takes up, from the warm-up on."""

    def __init__(self, server):
        self.pid, self.memory = server.process.pid, None
        self.descriptors = descriptors(self.pid)

    def look(self, share):
        if self.memory is None and share >= WARM:
            self.memory = memory_kib(self.pid)

    def check(self):
        wait_until(lambda: descriptors(self.pid) <= self.descriptors, 30, "descriptors are given back")
        grown = memory_kib(self.pid) - self.memory
        print(f"{self.memory} KiB, grown by {grown} KiB; {self.descriptors} descriptors")
        assert grown < GROWTH_KIB, f"from {self.memory} KiB by {grown} KiB"


def asks(sock, ident):
    """Honestly, on a socket on which answers to mutants may wait. They have other questions or ids; those are few."""
    asked = query(ident, "www.app.example.com")
    sock.send(asked)
    while True:
        reply = sock.recv(4096)
        if reply[:2] == asked[:2] and reply[12:len(asked)] == asked[12:]:
            assert address_in(reply, asked) in RIGHT
            return


def test_mutated_packets(server):
    mutants, watch = Mutants(), Watch(server)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hostile, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as honest:
        for sock in (hostile, honest):
            sock.connect((server.address, server.port))
        honest.settimeout(10)
        hostile.setblocking(False)
        for sent in range(0, PACKETS, BURST):
            for _ in range(BURST):
                hostile.send(mutants.next())
            asks(honest, sent // BURST & 0xFFFF)
            try:
                while True:
                    hostile.recv(4096)
            except BlockingIOError:
                pass
            watch.look(sent / PACKETS)
    assert over_tcp(server) in RIGHT
    watch.check()


def framed(message):
    return struct.pack("!H", len(message)) + message


class Sessions:
    """A hostile session each call: it may return a socket that is to stay open for a while."""

    def __init__(self, server):
        self.server, self.random, self.mutants = server, random.Random(2), Mutants(2)
        self.kinds = [self.garbage, self.half, self.nothing, self.reset, self.huge, self.mutated, self.greedy,
                      self.ended, self.transfer]

    def connect(self):
        sock = socket.create_connection((self.server.address, self.server.port), 20)
        sock.setblocking(False)
        return sock

    def one(self):
        sock = self.connect()
        try:
            self.random.choice(self.kinds)(sock)
        except OSError:
            pass  # it may have been closed already, for what it sent
        return sock

    def garbage(self, sock):
        sock.send(self.random.randbytes(self.random.randrange(1, 3000)))

    def half(self, sock):
        message = framed(query(1, "www.app.example.com"))
        sock.send(message + message[:self.random.randrange(len(message))])

    def nothing(self, sock):
        pass

    def reset(self, sock):
        sock.send(framed(query(1, "long.app.example.com", 16)) * 20)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    def huge(self, sock):
        sock.send(b"\xff\xff" + self.random.randbytes(self.random.randrange(5000)))

    def mutated(self, sock):
        sock.send(b"".join(framed(self.mutants.next()) for _ in range(self.random.randrange(1, 20))))

    def greedy(self, sock):
        """Asks for a lot, and reads nothing of it."""
        sock.send(framed(query(1, "long.app.example.com", 16)) * self.random.randrange(1, 100))

    def ended(self, sock):
        sock.send(framed(query(1, "www.app.example.com")) * 3)
        sock.shutdown(socket.SHUT_WR)

    def transfer(self, sock):
        sock.send(framed(query(1, "example", 252)) * 2)


def trickle(sock, octet):
    try:
        sock.send(octet)
    except OSError:
        pass


def many_sessions(server, sessions, honest, n):
    open_ones = []
    for i in range(n):
        open_ones.append(sessions.one())
        if len(open_ones) > AT_ONCE:
            open_ones.pop(0).close()
        if i % 10 == 0:
            trickle(sessions.random.choice(open_ones), b"\0")
            asks(honest, i & 0xFFFF)
        if i % 50 == 0:
            assert over_tcp(server) in RIGHT
    for sock in open_ones:
        sock.close()
    assert over_tcp(server) in RIGHT


def test_hostile_sessions(server):
    """So many at once; each of them sends an octet more now and then, until it is the oldest and goes."""
    sessions, watch = Sessions(server), Watch(server)
    warm = int(SESSIONS * WARM)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as honest:
        honest.connect((server.address, server.port))
        honest.settimeout(10)
        many_sessions(server, sessions, honest, warm)
        wait_until(lambda: descriptors(server.process.pid) <= watch.descriptors, 30, "descriptors are given back")
        watch.look(WARM)
        many_sessions(server, sessions, honest, SESSIONS - warm)
    watch.check()


def test_more_sessions_than_there_is_room_for(server):
    """All come at once and stay; each that is in the way of another goes, and an honest one is answered at any time."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = min(2500, hard - 100)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, many + 100), hard))
    watch, open_ones = Watch(server), []
    try:
        for n in range(many):
            sock = socket.create_connection((server.address, server.port), 20)
            sock.send(b"\0")
            open_ones.append(sock)
            if n % 100 == 0:
                assert over_tcp(server) in RIGHT
        assert over_tcp(server) in RIGHT
        poll = select.poll()
        for sock in open_ones:
            poll.register(sock, select.POLLRDHUP)
        begin = time.monotonic()
        wait_until(lambda: len(poll.poll(0)) == many, 60, "who says nothing is closed")  # 10 s, as it happens
        print(f"all were closed within {time.monotonic() - begin:.1f} s")
    finally:
        for sock in open_ones:
            sock.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    watch.look(1)
    watch.check()
