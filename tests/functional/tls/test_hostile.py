# SPDX-License-Identifier: ISC
"""Clients of TLS that mean no good: honest ones are served beside them, and nothing is left of them."""

import functools
import os
import socket
import struct

import pytest
from harness import wait_until
from proc import descriptors, memory_kib
from secure import HEAD, NAME, Secure, ask, hello
from streams import framed, many
from targets import Certificates


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    certificates = Certificates(tmp_path_factory.mktemp("certificates"))
    certificates.signed("ns1", NAME)
    with Secure(certificates, head=HEAD + "tcp connections=400 per-client=0 idle=2s\n") as server:
        yield server


@functools.cache
def context_of(server):
    """Making one takes longer than a handshake."""
    return server.context()


def raw(server, octets):
    sock = socket.create_connection(("127.0.0.1", server.tls), 30)
    sock.sendall(octets)
    return sock


def secured(server, octets, beneath=b"", receive_buffer=None):
    """A whole handshake, then a message, then octets that are no record of it."""
    sock = server.connect(context_of(server), receive_buffer=receive_buffer)
    sock.sendall(octets)
    if beneath:
        os.write(sock.fileno(), beneath)
    return sock


def hostile(server, kind, octets):
    ways = [lambda: raw(server, octets[:40]), lambda: raw(server, octets), lambda: raw(server, octets + os.urandom(2000)),
            lambda: raw(server, os.urandom(500)), lambda: raw(server, framed()), lambda: raw(server, b"\x16\x03\x01\x40\x00"),
            lambda: secured(server, many(40, "huge", "TXT"), receive_buffer=16384), lambda: secured(server, framed()[:-1]),
            lambda: secured(server, struct.pack("!H", 65535) + b"x" * 100), lambda: secured(server, framed(), os.urandom(300)),
            lambda: secured(server, framed() + b"\0\0")]
    return ways[kind % len(ways)]()


def wave(server, n):
    socks, octets = [], hello()
    for i in range(n):
        try:
            socks.append(hostile(server, i, octets))
        except OSError:
            pass
        if i % 20 == 0:
            with server.connect() as sock:
                assert ask(sock, i) == [i]
            assert server.answers("www.app.example.com") == ["192.0.2.1"]
    wait_until(lambda: server.metric("gslbd_connections", transport="tls") == 0, 30, "all are closed")
    for sock in socks:
        sock.close()
    return memory_kib(server.process.pid), descriptors(server.process.pid)


def test_hundreds_of_hostile_connections(server):
    wave(server, 110)
    before, had = wave(server, 110)
    after, _ = wave(server, 110)
    wait_until(lambda: descriptors(server.process.pid) <= had, 10, "descriptors are given back")
    if "sanitizers" not in server.log():  # which keep what is freed for a while
        assert after - before < 4 * 1024
    for reason in ("slow", "broken"):
        assert server.metric("gslbd_connections_closed_total", transport="tls", reason=reason) > 30
