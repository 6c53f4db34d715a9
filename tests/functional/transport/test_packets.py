# SPDX-License-Identifier: ISC
"""What a connection costs in packets: a reply carries the acknowledgement, unless the client waits for that alone."""

import select
import socket
import struct
import time

import pytest
from harness import SOA, Server
from streams import Replies, connect, framed

CONF = "listen 127.0.0.1:@PORT@\nworkers 1\ndatacenter fra\nzone app.example.com z.zone\n"
ATTEMPTS = 100  # a machine that is busy for 40 ms is slow to reply, and the kernel acknowledges on its own
SOONER_THAN_THE_KERNEL_S = 0.03


@pytest.fixture(scope="module")
def server():
    with Server({"gslbd.conf": CONF, "z.zone": SOA + "www A 192.0.2.1\n"}) as server:
        yield server


def tcp_info(sock, offset):
    """A 32-bit member of struct tcp_info."""
    return struct.unpack_from("=I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 144), offset)[0]


def received_segments(sock):
    return tcp_info(sock, 140)


def unacknowledged_segments(sock):
    return tcp_info(sock, 24)


def test_the_first_reply_acknowledges_its_query(server):
    def segments():
        with connect(server) as sock:
            sock.sendall(framed())
            assert Replies(sock).idents(1) == [1]
            return received_segments(sock)

    assert any(segments() == 2 for _ in range(ATTEMPTS)), "there was more than SYN+ACK and reply"


@pytest.mark.parametrize("octets", [1, 2, 20])
def test_what_begins_a_query_is_acknowledged_at_once(server, octets):
    """Clients that write a length, then a message, send that only then, unless they turn Nagle's algorithm off."""

    def acknowledged_soon():
        with connect(server) as sock:
            sock.sendall(framed()[:octets])
            end = time.monotonic() + SOONER_THAN_THE_KERNEL_S
            while unacknowledged_segments(sock) > 0 and time.monotonic() < end:
                select.select([], [], [], 0.001)
            soon = unacknowledged_segments(sock) == 0 and time.monotonic() < end
            sock.sendall(framed()[octets:])
            assert Replies(sock).idents(1) == [1]
            return soon

    assert any(acknowledged_soon() for _ in range(ATTEMPTS))
